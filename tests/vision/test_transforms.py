"""Transforms: pictures and tensors agree, and random numbers are drawn in torchvision's order."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

import minitorch
from minitorch.vision import transforms as T
from minitorch.vision.transforms import functional as F
from minitorch.vision.transforms import v2

Image = pytest.importorskip("PIL.Image")
PIXELS = np.random.RandomState(0).randint(0, 256, (30, 40, 3)).astype(np.uint8)
SMOOTH = (np.kron(np.random.RandomState(1).rand(6, 8, 3), np.ones((5, 5, 1))) * 255).astype(
    np.uint8
)
PICTURE, GREY = Image.fromarray(PIXELS), Image.fromarray(PIXELS[:, :, 0])


def tensor_of(picture):
    return F.pil_to_tensor(picture)


# -------------------------------------------------------------------- from and to tensors


def test_to_tensor():
    x = T.ToTensor()(PICTURE)
    assert (x.dtype, tuple(x.shape)) == (minitorch.float32, (3, 30, 40))
    assert (x.numpy() == PIXELS.transpose(2, 0, 1).astype(np.float32) / np.float32(255)).all()
    assert (T.ToTensor()(PIXELS) == x).all()
    assert (
        tuple(T.ToTensor()(GREY).shape) == tuple(T.ToTensor()(PIXELS[:, :, 0]).shape) == (1, 30, 40)
    )
    assert T.ToTensor()(PIXELS.astype(np.int64)).dtype == minitorch.int64
    assert T.ToTensor()(Image.new("F", (2, 2), 0.3)).dtype == minitorch.float32
    assert T.ToTensor()(Image.new("1", (2, 2), 1)).tolist() == [[[1.0, 1.0], [1.0, 1.0]]]
    assert T.ToTensor()(Image.new("I", (2, 2), 300)).tolist() == [[[300, 300], [300, 300]]]
    for wrong, kind in ((minitorch.ones(3), TypeError), (np.zeros(3), ValueError)):
        with pytest.raises(kind):
            T.ToTensor()(wrong)


@pytest.mark.parametrize("picture", [PICTURE, GREY], ids=["RGB", "L"])
def test_there_and_back(picture):
    for read in (T.ToTensor(), T.PILToTensor()):
        again = T.ToPILImage()(read(picture))
        assert again.mode == picture.mode
        assert (np.asarray(again) == np.asarray(picture)).all()
    assert T.ToPILImage("F")(minitorch.rand(1, 3, 4)).mode == "F"
    assert T.ToPILImage("HSV")(tensor_of(PICTURE)).mode == "HSV"
    assert T.ToPILImage()(np.zeros((3, 4, 4), np.uint8)).mode == "RGBA"
    for wrong, kind in (
        (minitorch.rand(5, 2, 2), ValueError),
        (minitorch.rand(2), ValueError),
        ("picture", TypeError),
        (np.zeros((2, 2, 3)), TypeError),
    ):
        with pytest.raises(kind):
            T.ToPILImage()(wrong)


@pytest.mark.parametrize(
    ("source", "target", "values", "expected"),
    [
        ("uint8", "float32", [0, 51, 255], [0, 0.2, 1]),
        ("float32", "uint8", [0, 0.5, 1], [0, 127, 255]),
        ("uint8", "int16", [0, 1, 255], [0, 128, 32640]),
        ("int16", "uint8", [0, 128, 32767], [0, 1, 255]),
        ("float32", "float64", [0.5], [0.5]),
    ],
)
def test_colours_in_other_dtypes(source, target, values, expected):
    x = minitorch.tensor(values, dtype=getattr(minitorch, source))
    for transform in (T.ConvertImageDtype, lambda dtype: v2.ToDtype(dtype, scale=True)):
        y = transform(getattr(minitorch, target))(x)
        assert y.dtype == getattr(minitorch, target)
        np.testing.assert_allclose(y.numpy(), expected, rtol=1e-6)


def test_colours_that_do_not_fit_are_refused():
    with pytest.raises(RuntimeError, match="cannot be performed safely"):
        F.convert_image_dtype(minitorch.rand(2), minitorch.int32)


def test_normalize():
    x = minitorch.rand(2, 3, 4, 5)
    mean, std = [0.1, 0.2, 0.3], [0.5, 0.6, 0.7]
    y = T.Normalize(mean, std)(x)
    expected = (x.numpy() - np.float32(mean)[:, None, None]) / np.float32(std)[:, None, None]
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-6)
    z = x.clone().requires_grad_()
    assert (T.Normalize(mean, std)(z) == y).all()
    assert T.Normalize(mean, minitorch.tensor(std), inplace=True)(x) is x
    assert (x == y).all()
    for wrong, kind in ((x.byte(), TypeError), (x[0, 0], ValueError), (PICTURE, TypeError)):
        with pytest.raises(kind):
            T.Normalize(mean, std)(wrong)
    with pytest.raises(ValueError, match="division by zero"):
        T.Normalize(mean, [0.0, 1, 1])(x)


# -------------------------------------------------------------------- pictures and tensors agree

EXACT = {
    "hflip": F.hflip,
    "vflip": F.vflip,
    "crop": lambda x: F.crop(x, 3, 4, 10, 12),
    "crop outside": lambda x: F.crop(x, -3, 30, 40, 20),
    "crop far outside": lambda x: F.crop(x, 40, 50, 4, 5),
    "center crop": lambda x: F.center_crop(x, [11, 14]),
    "center crop, larger": lambda x: F.center_crop(x, (37, 21)),
    "pad": lambda x: F.pad(x, 3),
    "pad, two": lambda x: F.pad(x, [3, 5], fill=7),
    "pad, four": lambda x: F.pad(x, (1, 2, 3, 4), padding_mode="reflect"),
    "pad, edge": lambda x: F.pad(x, [4, 2], padding_mode="edge"),
    "pad, symmetric": lambda x: F.pad(x, [4, 2, 0, 9], padding_mode="symmetric"),
    "five crops": lambda x: F.five_crop(x, 9),
    "ten crops": lambda x: F.ten_crop(x, (9, 8), vertical_flip=True),
    "resize, nearest": lambda x: F.resize(x, [60, 80], F.InterpolationMode.NEAREST),
    "rotate by a right angle": lambda x: F.rotate(x, 90, expand=True),
    "rotate upside down": lambda x: F.rotate(x, 180),
    "move": lambda x: F.affine(x, 0, [5, -3], 1.0, 0),
    "move, filled": lambda x: F.affine(x, 0, [5, -3], 1.0, [0], fill=[9]),
    "invert": F.invert,
    "posterize": lambda x: F.posterize(x, 3),
    "solarize": lambda x: F.solarize(x, 100),
    "equalize": F.equalize,
}
CLOSE = {  # and how far apart colours may lie, as Pillow rounds between its steps
    "resize": (lambda x: F.resize(x, [13, 17]), 1),
    "resize, shorter side": (lambda x: F.resize(x, 12), 1),
    "resize, longer side": (lambda x: F.resize(x, 20, max_size=22), 1),
    "resize, larger": (lambda x: F.resize(x, (45, 50)), 1),
    "resize, bicubic": (lambda x: F.resize(x, 20, 3), 4),
    "resized crop": (lambda x: F.resized_crop(x, 2, 3, 20, 15, [8, 8]), 1),
    "brightness": (lambda x: F.adjust_brightness(x, 1.3), 1),
    "contrast": (lambda x: F.adjust_contrast(x, 0.4), 1),
    "saturation": (lambda x: F.adjust_saturation(x, 1.7), 2),
    "sharpness": (lambda x: F.adjust_sharpness(x, 1.7), 2),
    "hue": (lambda x: F.adjust_hue(x, 0.2), 8),
    "hue, backwards": (lambda x: F.adjust_hue(x, -0.3), 8),
    "gamma": (lambda x: F.adjust_gamma(x, 1.5, 0.8), 1),
    "grayscale": (lambda x: F.rgb_to_grayscale(x), 1),
    "grayscale in three": (lambda x: F.to_grayscale(x, 3), 1),
    "autocontrast": (F.autocontrast, 1),
    "blur": (lambda x: F.gaussian_blur(x, [3, 5], 0.8), 0),
}


def arrays(result):
    parts = result if isinstance(result, tuple) else (result,)
    return [(x if isinstance(x, minitorch.Tensor) else tensor_of(x)).numpy() for x in parts]


@pytest.mark.parametrize("case", EXACT)
def test_equal_for_pictures_and_tensors(case):
    for a, b in zip(arrays(EXACT[case](PICTURE)), arrays(EXACT[case](tensor_of(PICTURE)))):
        assert a.dtype == b.dtype == np.uint8
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("case", CLOSE)
def test_close_for_pictures_and_tensors(case):
    function, apart = CLOSE[case]
    picture = Image.fromarray(SMOOTH)
    of_picture, of_tensor = arrays(function(picture))[0], arrays(function(tensor_of(picture)))[0]
    assert of_picture.shape == of_tensor.shape
    assert np.abs(of_picture.astype(int) - of_tensor.astype(int)).max() <= apart
    if case in ("blur", "resize, bicubic"):  # floats lie between, and beyond, those of 8 bits
        return
    of_float = arrays(function(T.ToTensor()(picture)))[0] * 255
    assert np.abs(of_float - of_tensor).max() <= 2


def test_which_way_things_move():
    corner = minitorch.zeros(1, 9, 9)
    corner[0, 1, 2] = 1  # row 1, column 2: up and to the left of the middle

    def where(x):
        return (x[0] > 0.5).nonzero().tolist()

    assert where(F.affine(corner, 0, [3, 1], 1.0, 0)) == [[2, 5]]
    assert where(F.rotate(corner, 90)) == [[6, 1]]  # against the clock
    assert where(F.affine(corner, 90, [0, 0], 1.0, 0)) == [[2, 7]]  # with it
    assert where(F.affine(corner, 0, [0, 0], 1.0, [45, 0])) == [[1, 5]]  # rows above go right
    assert where(F.affine(corner, 0, [0, 0], 1.0, [0, 45])) == [[3, 2]]
    assert where(F.rotate(corner, 180, center=[3, 1])) == [[0, 3]]


def test_turned_pictures_agree_but_for_borders():
    for expand in (False, True):
        a = arrays(F.rotate(Image.fromarray(SMOOTH), 20, expand=expand, fill=7))[0]
        b = arrays(F.rotate(tensor_of(Image.fromarray(SMOOTH)), 20, expand=expand, fill=[7, 7, 7]))[
            0
        ]
        assert a.shape == b.shape
        assert (a == b).mean() > 0.99
    a = arrays(F.affine(PICTURE, 15, [2, 3], 1.2, [10, 5], center=[10, 8]))[0]
    b = arrays(F.affine(tensor_of(PICTURE), 15, [2, 3], 1.2, [10, 5], center=[10, 8]))[0]
    assert (a == b).mean() > 0.99


def test_batches_are_transformed_alike():
    batch = minitorch.rand(4, 3, 12, 14)
    for function in (
        F.hflip, lambda x: F.resize(x, 7), lambda x: F.pad(x, 2, padding_mode="reflect"),
        lambda x: F.rotate(x, 30, T.InterpolationMode.BILINEAR, fill=[0.5]),
        lambda x: F.adjust_hue(x, 0.1), lambda x: F.gaussian_blur(x, 3),
        lambda x: F.adjust_contrast(x, 0.3), F.autocontrast,
    ):  # fmt: skip
        whole, one = function(batch), function(batch[2])
        np.testing.assert_allclose(whole[2].numpy(), one.numpy(), atol=1e-6)


def test_gradients_flow_through_tensors():
    x = minitorch.rand(3, 8, 9, requires_grad=True)
    F.normalize(F.resize(F.rotate(F.hflip(x), 10), 5), [0.5], [0.5]).sum().backward()
    assert x.grad is not None
    assert (x.grad != 0).any()


def test_nothing_else_is_taken():
    for wrong in ("picture", PIXELS, 3):
        with pytest.raises(TypeError, match="PIL Image or Tensor"):
            F.hflip(wrong)


# -------------------------------------------------------------------- what is drawn


def uniform(t, a, b):
    return t.empty(1).uniform_(a, b).item()


def below(t, n):
    return t.randint(0, n, size=(1,)).item()


def rectangle(t, height, width, scale, ratio, swapped=False):
    """The draws of a random rectangle, as torchvision documents and orders them."""
    log_ratio = t.log(t.tensor(ratio))
    for _ in range(10):
        area = height * width * uniform(t, *scale)
        aspect = t.exp(t.empty(1).uniform_(log_ratio[0].item(), log_ratio[1].item())).item()
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if swapped:
            w, h = h, w
            if h < height and w < width:
                return below(t, height - h + 1), below(t, width - w + 1), h, w
        elif 0 < w <= width and 0 < h <= height:
            return below(t, height - h + 1), below(t, width - w + 1), h, w
    raise AssertionError("no rectangle fits: another seed")


DRAWS = {
    "crop": (
        lambda: T.RandomCrop.get_params(PICTURE, (20, 25)),
        lambda t: (below(t, 11), below(t, 16), 20, 25),
    ),
    "crop of the size itself": (
        lambda: T.RandomCrop.get_params(PICTURE, (30, 40)),
        lambda t: (0, 0, 30, 40),
    ),
    "crop of the second kind": (
        lambda: v2.RandomCrop.get_params(PICTURE, (30, 25)),
        lambda t: (0, below(t, 16), 30, 25),
    ),
    "resized crop": (
        lambda: T.RandomResizedCrop.get_params(PICTURE, (0.08, 1.0), (3 / 4, 4 / 3)),
        lambda t: rectangle(t, 30, 40, (0.08, 1.0), (3 / 4, 4 / 3)),
    ),
    "erasing": (
        lambda: T.RandomErasing.get_params(tensor_of(PICTURE), (0.02, 0.33), (0.3, 3.3), [0])[:4],
        lambda t: rectangle(t, 30, 40, (0.02, 0.33), (0.3, 3.3), swapped=True),
    ),
    "rotation": (
        lambda: T.RandomRotation.get_params([-10, 10]),
        lambda t: uniform(t, -10, 10),
    ),
    "affine": (
        lambda: T.RandomAffine.get_params([-9, 9], (0.1, 0.2), (0.8, 1.2), [-5, 5], [40, 30]),
        lambda t: (
            uniform(t, -9, 9),
            (round(uniform(t, -4.0, 4.0)), round(uniform(t, -6.0, 6.0))),
            uniform(t, 0.8, 1.2),
            (uniform(t, -5, 5), 0.0),
        ),
    ),
    "colours": (
        lambda: [
            x if isinstance(x, float) or x is None else x.tolist()
            for x in T.ColorJitter.get_params((0.6, 1.4), None, (0.5, 1.5), (-0.1, 0.1))
        ],
        lambda t: [
            t.randperm(4).tolist(),
            uniform(t, 0.6, 1.4),
            None,
            uniform(t, 0.5, 1.5),
            uniform(t, -0.1, 0.1),
        ],
    ),
    "blur": (lambda: T.GaussianBlur.get_params(0.1, 2.0), lambda t: uniform(t, 0.1, 2.0)),
}


@pytest.mark.differential
@pytest.mark.parametrize("case", DRAWS)
def test_drawn_as_torchvision_draws(case):
    torch = pytest.importorskip("torch")
    ours, recipe = DRAWS[case]
    for seed in range(5):
        minitorch.manual_seed(seed)
        torch.manual_seed(seed)
        assert ours() == recipe(torch)
        assert minitorch.get_rng_state().tolist() == torch.get_rng_state().tolist()


@pytest.mark.differential
def test_a_training_pipeline_draws_as_torchvision_does():
    torch = pytest.importorskip("torch")
    pipeline = T.Compose(
        [T.RandomCrop(30, padding=4), T.RandomHorizontalFlip(), T.ToTensor(), T.RandomErasing(1.0)]
    )
    minitorch.manual_seed(4)
    torch.manual_seed(4)
    out = pipeline(PICTURE)
    top, left, flipped = below(torch, 9), below(torch, 19), torch.rand(1).item() < 0.5
    assert torch.rand(1).item() < 1
    i, j, h, w = rectangle(torch, 30, 30, (0.02, 0.33), (0.3, 3.3), swapped=True)
    expected = np.pad(PIXELS, [(4, 4), (4, 4), (0, 0)])[top : top + 30, left : left + 30]
    expected = (expected[:, ::-1] if flipped else expected).copy()
    expected[i : i + h, j : j + w] = 0
    assert (out.mul(255).round().numpy() == expected.transpose(2, 0, 1)).all()


def test_what_happens_with_a_probability():
    minitorch.manual_seed(0)
    flips = [T.RandomHorizontalFlip(0.3)(PICTURE) is not PICTURE for _ in range(400)]
    minitorch.manual_seed(0)
    assert flips == [minitorch.rand(1).item() < 0.3 for _ in range(400)]
    assert 80 < sum(flips) < 160
    for transform, changed in (
        (T.RandomVerticalFlip(1), F.vflip(PICTURE)),
        (T.RandomInvert(1), F.invert(PICTURE)),
        (T.RandomPosterize(2, 1), F.posterize(PICTURE, 2)),
        (T.RandomSolarize(9, 1), F.solarize(PICTURE, 9)),
        (T.RandomGrayscale(1), F.to_grayscale(PICTURE, 3)),
        (T.RandomApply([F.hflip], 1), F.hflip(PICTURE)),
        (T.RandomApply([F.hflip], 0), PICTURE),
    ):
        assert (np.asarray(transform(PICTURE)) == np.asarray(changed)).all()


def test_transforms_of_transforms():
    choices = [lambda x: x + "a", lambda x: x + "b"]
    random.seed(3)
    expected = random.choices(choices, weights=None)[0]("")
    random.seed(3)
    assert T.RandomChoice(choices)("") == expected
    order = [0, 1]
    random.seed(5)
    random.shuffle(order)
    random.seed(5)
    assert T.RandomOrder(choices)("") == "".join("ab"[i] for i in order)
    minitorch.manual_seed(1)
    assert {v2.RandomChoice(choices, p=[0, 1])("") for _ in range(9)} == {"b"}
    assert {v2.RandomOrder(choices)("") for _ in range(20)} == {"ab", "ba"}
    assert v2.Compose([v2.ToImage(), v2.ToDtype(minitorch.float32, True)])(PICTURE, 3)[1] == 3
    assert T.Compose([str, T.Lambda(len)])(123) == 3


@pytest.mark.parametrize("augment", [T.TrivialAugmentWide(), T.RandAugment(2, 9)], ids=str)
def test_augmentation_draws_from_its_list(augment):
    minitorch.manual_seed(0)
    results = {np.asarray(augment(PICTURE)).tobytes() for _ in range(30)}
    assert len(results) > 12
    minitorch.manual_seed(3)
    of_picture = augment(PICTURE)
    minitorch.manual_seed(3)
    of_tensor = augment(tensor_of(PICTURE))
    assert (tensor_of(of_picture).int() - of_tensor.int()).abs().float().mean() < 2


TEXTS = {
    "Resize(size=256, interpolation=bilinear, max_size=None, antialias=True)": lambda: T.Resize(
        256
    ),
    "CenterCrop(size=(224, 224))": lambda: T.CenterCrop(224),
    "RandomCrop(size=(32, 32), padding=4)": lambda: T.RandomCrop(32, 4),
    "RandomHorizontalFlip(p=0.5)": T.RandomHorizontalFlip,
    "RandomResizedCrop(size=(8, 8), scale=(0.08, 1.0), ratio=(0.75, 1.3333), "
    "interpolation=bilinear, antialias=True)": lambda: T.RandomResizedCrop(8),
    "ColorJitter(brightness=(0.6, 1.4), contrast=None, saturation=None, hue=None)": lambda: (
        T.ColorJitter(0.4)
    ),
    "RandomRotation(degrees=[-10.0, 10.0], interpolation=nearest, expand=False, fill=0)": lambda: (
        T.RandomRotation(10)
    ),
    "Pad(padding=2, fill=0, padding_mode=constant)": lambda: T.Pad(2),
    "RandomApply(\n    p=0.5\n    ToTensor()\n)": lambda: T.RandomApply([T.ToTensor()]),
    "RandomSolarize(threshold=9,p=0.5)".replace(",", ", "): lambda: T.RandomSolarize(9),
    "Lambda()": lambda: T.Lambda(len),
    "ToPILImage()": T.ToPILImage,
}


@pytest.mark.parametrize("text", TEXTS)
def test_settings_are_shown(text):
    assert repr(TEXTS[text]()) == text


REFUSED = [
    lambda: T.Resize("big"),
    lambda: T.Resize([1, 2, 3]),
    lambda: F.resize(PICTURE, 20, max_size=20),
    lambda: F.resize(PICTURE, [20, 20], max_size=30),
    lambda: F.resize(tensor_of(PICTURE), 20, T.InterpolationMode.LANCZOS),
    lambda: T.CenterCrop((1, 2, 3)),
    lambda: F.pad(PICTURE, (1, 2, 3)),
    lambda: F.pad(PICTURE, 1, padding_mode="wrap"),
    lambda: F.pad(PICTURE, "1"),
    lambda: T.RandomCrop(50)(PICTURE),
    lambda: T.RandomRotation(-1),
    lambda: T.RandomRotation((1, 2, 3)),
    lambda: T.RandomAffine(1, translate=(2, 0)),
    lambda: T.RandomAffine(1, scale=(0, 1)),
    lambda: T.ColorJitter(brightness=-1),
    lambda: T.ColorJitter(hue=0.7),
    lambda: F.adjust_hue(PICTURE, 0.7),
    lambda: F.adjust_contrast(PICTURE, -1),
    lambda: F.adjust_gamma(PICTURE, -1),
    lambda: T.GaussianBlur(4),
    lambda: T.GaussianBlur(3, -1),
    lambda: F.five_crop(PICTURE, 50),
    lambda: F.rgb_to_grayscale(PICTURE, 2),
    lambda: F.affine(PICTURE, 0, [1], 1, 0),
    lambda: F.affine(PICTURE, 0, [1, 1], 0, 0),
    lambda: F.rotate(PICTURE, "far"),
    lambda: T.RandomErasing(value="grey"),
    lambda: T.RandomErasing(p=2),
    lambda: T.RandomErasing(1, value=(1, 2))(tensor_of(PICTURE)),
    lambda: T.Lambda(3),
    lambda: T.RandomChoice(3),
    lambda: F.erase(PICTURE, 1, 1, 1, 1, 0),
    lambda: F.posterize(T.ToTensor()(PICTURE), 2),
]


@pytest.mark.parametrize("case", range(len(REFUSED)))
def test_refused(case):
    with pytest.raises((TypeError, ValueError)):
        REFUSED[case]()


def test_old_names_remain():
    assert T.Scale(20)(PICTURE).size == (26, 20)
    assert T.RandomSizedCrop(5)(PICTURE).size == (5, 5)
    assert T.transforms.Compose is T.Compose
    assert F.get_image_size(PICTURE) == F.get_image_size(tensor_of(PICTURE)) == [40, 30]
    with pytest.raises(AttributeError, match="Mosaic"):
        _ = T.Mosaic
