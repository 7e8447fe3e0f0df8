"""Layers and losses beside torch's: initial bits, repr, output, gradients of both orders, state."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch
import minitorch.nn.functional as F

torch = pytest.importorskip("torch")
trials = pytest.importorskip("tests.nn.trials")
build, compare = trials.build, trials.compare

pytestmark = [
    pytest.mark.differential,
    pytest.mark.filterwarnings("ignore:Using padding='same'"),  # torch says it may copy
]

rng = np.random.default_rng(0)


def numbers(*shape: int) -> np.ndarray:
    return rng.standard_normal(shape)


IMAGES, ROWS_, SIGNAL = numbers(3, 4, 7, 6), numbers(5, 4), numbers(5, 4, 3)
LONG, VOLUME = numbers(2, 4, 9), numbers(2, 4, 5, 4, 6)

LAYERS = [
    ("Linear(4, 3)", ROWS_),
    ("Linear(4, 3, bias=False)", numbers(2, 5, 4)),
    ("Linear(4, 1)", numbers(4)),
    ("Identity(3, a=1)", ROWS_),
    ("Conv2d(4, 6, 3)", IMAGES),
    ("Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2))", IMAGES),
    ("Conv2d(4, 6, 3, groups=2, bias=False)", IMAGES),
    ("Conv2d(4, 4, 3, groups=4, padding='same')", IMAGES),
    ("Conv2d(4, 4, (2, 4), padding='same')", IMAGES),
    ("Conv2d(4, 2, 3, padding='valid')", numbers(4, 5, 5)),
    ("Conv1d(4, 6, 3)", LONG),
    ("Conv1d(4, 6, (3,), stride=2, padding=1, dilation=2, groups=2)", LONG[0]),
    ("Conv1d(4, 2, 4, padding='same', padding_mode='reflect')", LONG),
    ("Conv2d(4, 2, 3, padding=1, padding_mode='circular')", IMAGES),
    ("Conv2d(4, 2, (3, 2), padding=(2, 1), padding_mode='replicate', stride=2)", IMAGES[0]),
    ("Conv3d(4, 3, 2)", VOLUME),
    ("Conv3d(4, 4, (2, 3, 1), padding=(0, 1, 2), groups=4, bias=False)", VOLUME),
    ("Conv3d(4, 1, 3, padding='same', padding_mode='circular')", VOLUME),
    ("ConvTranspose1d(4, 6, 3)", LONG),
    ("ConvTranspose1d(4, 6, 3, 2, 1, 1, groups=2)", LONG[0]),
    ("ConvTranspose2d(4, 3, 3, stride=2, padding=1, output_padding=1)", IMAGES),
    ("ConvTranspose2d(4, 6, (2, 3), groups=2, dilation=(2, 1), bias=False)", IMAGES),
    ("ConvTranspose3d(4, 2, 2, stride=2)", VOLUME),
    ("MaxPool1d(2)", LONG),
    ("MaxPool1d(3, padding=1, ceil_mode=True)", LONG[0]),
    ("MaxPool3d((1, 2, 3), stride=2)", VOLUME),
    ("AvgPool1d(3, padding=1, count_include_pad=False)", LONG),
    ("AvgPool1d([2])", LONG),
    ("AvgPool3d(2, stride=(1, 2, 2), divisor_override=3)", VOLUME),
    ("LPPool1d(2, 3, stride=2)", LONG),
    ("LPPool2d(3, (2, 3), ceil_mode=True)", IMAGES),
    ("LPPool3d(2, 2)", VOLUME),
    ("AdaptiveAvgPool1d(4)", LONG),
    ("AdaptiveAvgPool2d((None, 5))", IMAGES),
    ("AdaptiveAvgPool3d((2, None, 3))", VOLUME),
    ("AdaptiveMaxPool1d(4)", LONG),
    ("AdaptiveMaxPool2d((3, 5))", IMAGES),
    ("AdaptiveMaxPool3d(2)", VOLUME),
    ("FractionalMaxPool2d(2, output_size=(3, 4))", IMAGES),
    ("FractionalMaxPool2d((2, 1), output_ratio=(0.5, 0.8))", IMAGES),
    ("FractionalMaxPool3d(2, output_size=(3, 2, 4))", VOLUME),
    ("FractionalMaxPool3d(2, output_ratio=0.6)", VOLUME),
    ("ConstantPad1d((1, 2), 3.5)", LONG),
    ("ConstantPad2d(2, -1.0)", IMAGES),
    ("ConstantPad3d((1, 0, 2, 1, 0, 1), 0.5)", VOLUME),
    ("ZeroPad1d(1)", LONG),
    ("ZeroPad2d((1, -1, 2, 0))", IMAGES),
    ("ZeroPad3d(1)", VOLUME),
    ("ReflectionPad1d((3, 2))", LONG),
    ("ReflectionPad2d(2)", IMAGES[0]),
    ("ReflectionPad3d(1)", VOLUME),
    ("ReplicationPad1d(2)", LONG),
    ("ReplicationPad2d((1, 2, 0, 3))", IMAGES),
    ("ReplicationPad3d(1)", VOLUME),
    ("CircularPad1d((2, 1))", LONG),
    ("CircularPad2d(1)", IMAGES[0]),
    ("CircularPad3d((1, 2, 0, 1, 2, 1))", VOLUME),
    ("Upsample(scale_factor=2)", LONG),
    ("Upsample((5, 9), mode='bilinear')", IMAGES),
    ("Upsample(scale_factor=(1.5, 2, 0.5), mode='trilinear', align_corners=True)", VOLUME),
    ("Upsample(scale_factor=1.3, mode='bicubic', recompute_scale_factor=True)", IMAGES),
    ("UpsamplingNearest2d(scale_factor=3)", IMAGES),
    ("UpsamplingBilinear2d(size=(4, 9))", IMAGES),
    ("PixelShuffle(2)", IMAGES),
    ("PixelUnshuffle(2)", IMAGES[:, :, :6]),
    ("ChannelShuffle(2)", IMAGES),
    ("Unfold((2, 3), dilation=(2, 1), padding=1, stride=2)", IMAGES),
    ("Fold((4, 5), (2, 2), padding=(1, 0))", numbers(2, 8, 20)),
    ("MaxPool2d(2)", IMAGES),
    ("MaxPool2d(3, stride=2, padding=1)", IMAGES),
    ("MaxPool2d((2, 3), stride=(1, 2), dilation=(2, 1), ceil_mode=True)", IMAGES),
    ("AvgPool2d(2)", IMAGES),
    ("AvgPool2d(3, stride=2, padding=1)", IMAGES),
    ("AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False)", IMAGES),
    ("AvgPool2d((2, 3), divisor_override=5)", numbers(4, 5, 5)),
    ("Flatten()", IMAGES),
    ("Flatten(0, 2)", IMAGES),
    ("Unflatten(1, (2, 2))", IMAGES),
    ("ReLU()", ROWS_),
    ("ReLU(inplace=True)", ROWS_),
    ("Tanh()", ROWS_),
    ("Sigmoid()", ROWS_),
    ("LogSigmoid()", ROWS_ * 20),
    ("SiLU()", ROWS_),
    ("GELU()", ROWS_),
    ("GELU(approximate='tanh')", ROWS_),
    ("Softplus()", ROWS_ * 20),
    ("Softplus(beta=2, threshold=3)", ROWS_),
    ("LeakyReLU(0.2)", ROWS_),
    ("ELU(alpha=0.5)", ROWS_),
    ("ELU(inplace=True)", ROWS_),
    ("CELU(2.0)", ROWS_),
    ("SELU()", ROWS_),
    ("SELU(inplace=True)", ROWS_),
    ("Mish()", ROWS_),
    ("Hardsigmoid()", ROWS_ * 4),
    ("Hardswish()", ROWS_ * 4),
    ("Hardswish(inplace=True)", ROWS_ * 4),
    ("Hardtanh()", ROWS_),
    ("Hardtanh(-0.5, 2, inplace=True)", ROWS_),
    ("ReLU6()", ROWS_ * 5),
    ("ReLU6(inplace=True)", ROWS_ * 5),
    ("Threshold(0.1, 20)", ROWS_),
    ("Threshold(0.1, 20, inplace=True)", ROWS_),
    ("RReLU()", ROWS_),
    ("RReLU(0.1, 0.4, inplace=True)", ROWS_),
    ("Hardshrink(0.3)", ROWS_),
    ("Softshrink()", ROWS_),
    ("Softsign()", ROWS_),
    ("Tanhshrink()", ROWS_),
    ("PReLU()", ROWS_),
    ("PReLU(4, init=0.1)", IMAGES),
    ("GLU()", ROWS_),
    ("GLU(1)", IMAGES),
    ("Softmin(1)", ROWS_),
    ("Softmax2d()", IMAGES),
    ("Softmax(dim=1)", ROWS_),
    ("Softmax(dim=0)", SIGNAL),
    ("LogSoftmax(dim=-1)", ROWS_ * 30),
    ("Dropout(0.3)", ROWS_),
    ("Dropout(0.0)", ROWS_),
    ("Dropout(1.0)", ROWS_),
    ("Dropout(0.5, inplace=True)", ROWS_),
    ("Dropout1d(0.4)", SIGNAL),
    ("Dropout1d(0.4, inplace=True)", SIGNAL[0]),
    ("Dropout2d(0.4)", IMAGES),
    ("Dropout3d(0.4)", IMAGES.reshape(3, 4, 7, 3, 2)),
    ("AlphaDropout(0.3)", ROWS_),
    ("FeatureAlphaDropout(0.3)", SIGNAL),
    ("BatchNorm1d(4)", ROWS_),
    ("BatchNorm1d(4, momentum=None)", SIGNAL),
    ("BatchNorm1d(4, affine=False, eps=0.1)", SIGNAL),
    ("BatchNorm1d(4, bias=False)", SIGNAL),
    ("BatchNorm1d(4, track_running_stats=False)", ROWS_),
    ("BatchNorm2d(4, momentum=0.3)", IMAGES),
    ("BatchNorm3d(4)", VOLUME),
    ("SyncBatchNorm(4)", SIGNAL),
    ("SyncBatchNorm(4, momentum=None, affine=False)", VOLUME),
    ("InstanceNorm1d(4)", LONG),
    ("InstanceNorm1d(4, affine=True, bias=False)", LONG[0]),
    ("InstanceNorm2d(4, affine=True, track_running_stats=True, momentum=0.3)", IMAGES),
    ("InstanceNorm3d(4, track_running_stats=True)", VOLUME),
    ("GroupNorm(2, 4)", IMAGES),
    ("GroupNorm(4, 4, eps=0.1, bias=False)", LONG),
    ("GroupNorm(1, 4, affine=False)", VOLUME),
    ("RMSNorm(4)", ROWS_),
    ("RMSNorm((4, 3), eps=0.1, elementwise_affine=False)", SIGNAL),
    ("LocalResponseNorm(3, alpha=0.5, k=2.0)", IMAGES),
    ("LayerNorm(4)", ROWS_),
    ("LayerNorm((4, 3), eps=0.1)", SIGNAL),
    ("LayerNorm(4, bias=False)", ROWS_),
    ("LayerNorm(4, elementwise_affine=False)", ROWS_),
    ("Embedding(7, 3)", rng.integers(0, 7, (4, 5))),
    ("Embedding(7, 3, padding_idx=2)", rng.integers(0, 4, (4, 5))),
    ("Embedding(7, 3, max_norm=1.0)", rng.integers(0, 4, (6,))),
    ("EmbeddingBag(7, 3)", rng.integers(0, 7, (4, 5))),
    ("EmbeddingBag(7, 3, mode='sum', padding_idx=2)", rng.integers(0, 4, (4, 5))),
    ("EmbeddingBag(7, 3, mode='max', max_norm=1.0, norm_type=3.0)", rng.integers(0, 7, (2, 5))),
]

CLASSES, DENSE = rng.integers(0, 4, (5,)), rng.integers(0, 4, (5, 3))
PROBABILITIES = rng.dirichlet(np.ones(4), 5)
WITH_DTYPE = """
    Linear Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d BatchNorm1d
    BatchNorm2d BatchNorm3d SyncBatchNorm InstanceNorm2d GroupNorm LayerNorm RMSNorm PReLU
    Embedding EmbeddingBag
""".split()
SIGNS, COUNTS = np.sign(numbers(5, 4)), rng.integers(2, 9, (5, 4)).astype(float)
LOGITS, TEXTS = np.log(rng.dirichlet(np.ones(5), (6, 2))), np.array([[2, 4, 4], [3, 2, 0]])
LOSSES = [
    ("MSELoss()", ROWS_, numbers(5, 4)),
    ("MSELoss(reduction='sum')", ROWS_, numbers(5, 4)),
    ("MSELoss(reduction='none')", ROWS_, numbers(5, 4)),
    ("L1Loss()", ROWS_, numbers(5, 4)),
    ("L1Loss(reduction='none')", ROWS_, ROWS_),
    ("CrossEntropyLoss()", ROWS_, CLASSES),
    ("CrossEntropyLoss(reduction='sum')", ROWS_ * 50, CLASSES),
    ("CrossEntropyLoss(reduction='none')", SIGNAL, DENSE),
    ("CrossEntropyLoss(ignore_index=1)", SIGNAL, DENSE),
    ("CrossEntropyLoss(T.tensor([0.1, 2.0, 1.0, 0.5]))", ROWS_, CLASSES),
    ("CrossEntropyLoss(T.tensor([0.1, 2.0, 1.0, 0.5]), ignore_index=2)", SIGNAL, DENSE),
    ("CrossEntropyLoss(label_smoothing=0.2)", ROWS_, CLASSES),
    (
        "CrossEntropyLoss(T.tensor([0.1, 2.0, 1.0, 0.5]), label_smoothing=0.1, ignore_index=0)",
        SIGNAL,
        DENSE,
    ),
    ("CrossEntropyLoss(label_smoothing=0.1, reduction='none')", SIGNAL, DENSE),
    ("CrossEntropyLoss(label_smoothing=0.1)", ROWS_, PROBABILITIES),
    ("CrossEntropyLoss(T.tensor([0.1, 2.0, 1.0, 0.5]), reduction='sum')", ROWS_, PROBABILITIES),
    ("CrossEntropyLoss()", numbers(4), np.int64(2)),
    ("NLLLoss()", ROWS_, CLASSES),
    ("NLLLoss(T.tensor([0.1, 2.0, 1.0, 0.5]), reduction='none')", SIGNAL, DENSE),
    ("NLLLoss(ignore_index=3, reduction='sum')", SIGNAL, DENSE),
    ("BCEWithLogitsLoss()", ROWS_ * 30, rng.random((5, 4))),
    ("BCEWithLogitsLoss(reduction='none')", ROWS_, rng.random((5, 4))),
    ("BCEWithLogitsLoss(T.tensor([0.1, 2.0, 1.0, 0.5]))", ROWS_, rng.random((5, 4))),
    ("BCEWithLogitsLoss(pos_weight=T.tensor([0.1, 2.0, 1.0, 9.0]))", ROWS_, rng.random((5, 4))),
    ("BCELoss()", rng.random((5, 4)), rng.random((5, 4))),
    ("BCELoss(reduction='sum')", rng.random((5, 4)), rng.random((5, 4))),
    ("SmoothL1Loss(beta=0.5)", ROWS_, numbers(5, 4)),
    ("HuberLoss('sum', 0.7)", ROWS_, numbers(5, 4)),
    ("PoissonNLLLoss()", ROWS_, rng.random((5, 4))),
    ("PoissonNLLLoss(log_input=False, full=True, reduction='sum')", rng.random((5, 4)), COUNTS),
    ("GaussianNLLLoss()", ROWS_, numbers(5, 4), rng.random((5, 4))),
    ("GaussianNLLLoss(full=True, reduction='none')", ROWS_, numbers(5, 4), rng.random((1, 4))),
    ("KLDivLoss(reduction='batchmean')", ROWS_, PROBABILITIES),
    ("KLDivLoss(reduction='sum', log_target=True)", ROWS_, numbers(5, 4)),
    ("HingeEmbeddingLoss(0.5)", ROWS_, SIGNS),
    ("SoftMarginLoss()", ROWS_, SIGNS.astype(int)),
    ("MultiLabelMarginLoss()", ROWS_, np.array([[1, 3, -1, 0]] * 5)),
    ("MultiLabelSoftMarginLoss(T.tensor([0.1, 2.0, 1.0, 0.5]))", ROWS_, (SIGNS + 1) / 2),
    ("MultiMarginLoss()", ROWS_, CLASSES),
    ("MultiMarginLoss(2, 0.5, T.tensor([0.1, 2.0, 1.0, 0.5]), reduction='sum')", ROWS_, CLASSES),
    ("MarginRankingLoss(0.3)", ROWS_, numbers(5, 4), SIGNS),
    ("CosineEmbeddingLoss(0.1, reduction='sum')", ROWS_, numbers(5, 4), SIGNS[:, 0]),
    ("TripletMarginLoss(p=1.5, swap=True)", ROWS_, numbers(5, 4), numbers(5, 4)),
    ("TripletMarginWithDistanceLoss(margin=2.0)", ROWS_, numbers(5, 4), numbers(5, 4)),
    (
        "TripletMarginWithDistanceLoss(distance_function=T.nn.PairwiseDistance(1), swap=True)",
        ROWS_,
        numbers(5, 4),
        numbers(5, 4),
    ),
    ("CTCLoss(blank=1)", LOGITS, TEXTS, np.array([6, 5]), np.array([3, 2])),
    ("LinearCrossEntropyLoss(4, 3)", ROWS_, CLASSES % 3),
    ("LinearCrossEntropyLoss(4, 3, bias=True, label_smoothing=0.1)", ROWS_, CLASSES % 3),
    ("LinearCrossEntropyLoss(4, 2, out_features=(3,), bias=True)", ROWS_, DENSE % 2),
    ("Bilinear(4, 2, 3)", ROWS_, numbers(5, 2)),
    ("Bilinear(4, 3, 2, bias=False)", numbers(2, 5, 4), numbers(2, 5, 3)),
    ("EmbeddingBag(7, 3, mode='max')", np.array([1, 2, 4, 5, 4, 3]), np.array([0, 2, 5])),
    (
        "EmbeddingBag(7, 3, mode='sum', include_last_offset=True)",
        np.array([1, 2, 4, 5, 4, 3]),
        np.array([0, 2, 5, 6]),
        numbers(6),
    ),
    ("CosineSimilarity()", ROWS_, numbers(5, 4)),
    ("PairwiseDistance(3, keepdim=True)", ROWS_, numbers(5, 4)),
    ("MaxUnpool1d(2)", numbers(1, 1, 3), np.array([[[1, 2, 5]]])),
    ("MaxUnpool2d(2, stride=(2, 1))", numbers(1, 2, 2), np.array([[[0, 1], [3, 5]]])),
    ("MaxUnpool3d(2)", numbers(1, 1, 1, 2), np.array([[[[3, 4]]]])),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("text", "x"), LAYERS, ids=lambda v: v if isinstance(v, str) else "")
def test_layer_computes_what_torch_computes(text: str, x: np.ndarray, dtype: str) -> None:
    compare(text, (x,), dtype)


@pytest.mark.parametrize(("text", "x"), LAYERS, ids=lambda v: v if isinstance(v, str) else "")
def test_layer_in_evaluation(text: str, x: np.ndarray) -> None:
    compare(text, (x,), "float32", training=False)


MADE_OF = [text for text, _ in LAYERS if text.split("(")[0] in WITH_DTYPE]


@pytest.mark.parametrize("text", MADE_OF)
def test_layer_is_made_in_the_dtype_asked_for(text: str) -> None:
    text = text[:-1] + ", " * (text[-2] != "(") + "dtype=T.float64)"
    states = [build(T, text, None).state_dict() for T in (minitorch, torch)]
    ours, theirs = ({k: v.numpy() for k, v in state.items()} for state in states)
    assert {k: v.dtype for k, v in ours.items()} == {k: v.dtype for k, v in theirs.items()}
    assert all(v.tobytes() == theirs[k].tobytes() for k, v in ours.items())


def converted(T: Any) -> list:
    model = T.nn.Sequential(
        T.nn.Linear(2, 3), T.nn.BatchNorm1d(3, 0.1, None), T.nn.Sequential(T.nn.BatchNorm2d(3))
    )
    model[1].weight.data.fill_(0.5)
    model[2].eval()
    weight, mean = model[1].weight, model[1].running_mean
    made = T.nn.SyncBatchNorm.convert_sync_batchnorm(model, "group")
    return [
        repr(made), made is model, made[1].weight is weight, made[1].running_mean is mean,
        made[1].process_group, made[1].training, made[2][0].training, list(made.state_dict()),
        repr(T.nn.SyncBatchNorm.convert_sync_batchnorm(T.nn.BatchNorm3d(2, affine=False))),
    ]  # fmt: skip


def test_batch_norms_become_synchronized() -> None:
    assert converted(minitorch) == converted(torch)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", LOSSES, ids=lambda case: case[0])
def test_loss_computes_what_torch_computes(case: tuple, dtype: str) -> None:
    text, *inputs = case
    compare(text, tuple(np.asarray(x) for x in inputs), dtype)


@pytest.mark.parametrize("text", sorted({t for t, *_ in LAYERS} | {t for t, *_ in LOSSES}))
def test_repr_is_torchs(text: str) -> None:
    assert repr(build(minitorch, text, "float32")) == repr(build(torch, text, "float32"))


def test_layers_are_where_torch_has_them() -> None:
    moved = [
        name
        for name in minitorch.nn.modules.__all__
        if getattr(minitorch.nn, name).__module__
        != getattr(torch.nn, name).__module__.replace("torch", "minitorch", 1)
    ]
    assert moved == []


def test_bases_that_scripts_derive_from_are_where_torch_has_them() -> None:
    from minitorch.nn.common_types import _size_2_t
    from minitorch.nn.modules.batchnorm import _BatchNorm, _NormBase
    from minitorch.nn.modules.conv import _ConvNd, _ConvTransposeNd
    from minitorch.nn.modules.instancenorm import _InstanceNorm
    from minitorch.nn.modules.loss import _Loss, _WeightedLoss

    nn = minitorch.nn
    for base, layer in (
        (_BatchNorm, nn.SyncBatchNorm), (_NormBase, nn.InstanceNorm1d), (_ConvNd, nn.Conv3d),
        (_ConvTransposeNd, nn.LazyConvTranspose1d), (_InstanceNorm, nn.InstanceNorm3d),
        (_Loss, nn.CTCLoss), (_WeightedLoss, nn.BCELoss), (nn.Linear, nn.LazyLinear),
    ):  # fmt: skip
        assert issubclass(layer, base)
    assert not isinstance(nn.Hardswish(), nn.Hardsigmoid)
    assert _size_2_t == int | tuple[int, int]


def test_the_room_of_layers_lists_what_its_files_do() -> None:
    import importlib

    for family, names in minitorch.nn.modules.FAMILIES.items():
        if family in ("lazy", "utils"):  # whose names torch does not show either
            continue
        found = importlib.import_module(f"minitorch.nn.modules.{family}").__all__
        assert sorted(names.split()) == sorted(found), family


def test_the_room_of_layers_lists_them_all() -> None:
    assert {"Conv1d", "Sequential", "functional", "Parameter"} <= set(dir(minitorch.nn))
    assert minitorch.nn.modules.Conv1d is minitorch.nn.Conv1d
    assert not hasattr(minitorch.nn, "Conv4d")


def test_constructors_take_torchs_arguments() -> None:
    import inspect

    for name in minitorch.nn.__all__:
        ours, theirs = getattr(minitorch.nn, name), getattr(torch.nn, name)
        if inspect.isclass(ours):
            a, b = (list(inspect.signature(c.__init__).parameters) for c in (ours, theirs))
            assert a == b, name


def test_max_pool_returns_torchs_indices() -> None:
    for options in ({}, {"stride": 1}, {"padding": 1, "kernel_size": 3}, {"ceil_mode": True}):
        how = {"kernel_size": 2, "return_indices": True, **options}
        a = minitorch.nn.functional.max_pool2d(minitorch.tensor(IMAGES), **how)
        b = torch.nn.functional.max_pool2d(torch.tensor(IMAGES), **how)
        assert [x.tolist() for x in a] == [x.tolist() for x in b]


def test_max_pool_lets_nan_through() -> None:
    x = IMAGES.copy()
    x[0, 0, 2, 3] = np.nan
    a = minitorch.nn.MaxPool2d(2)(minitorch.tensor(x)).numpy()
    np.testing.assert_array_equal(a, torch.nn.MaxPool2d(2)(torch.tensor(x)).numpy())


def test_extreme_inputs_give_finite_gradients() -> None:
    for text in ("Softmax(1)", "LogSoftmax(1)", "Sigmoid()", "Softplus()", "GELU()", "SiLU()"):
        x = minitorch.tensor([[-1e4, 0.0, 1e4, 88.0]], requires_grad=True)
        y = build(minitorch, text, "float32")(x)
        (g,) = minitorch.autograd.grad(y.sum(), x, create_graph=True)
        (gg,) = minitorch.autograd.grad(g.sum(), x)
        assert np.isfinite(g.detach().numpy()).all(), text
        assert np.isfinite(gg.numpy()).all(), text


def test_an_embeddings_gradient_may_be_scaled_by_frequency() -> None:
    found = []
    for T in (minitorch, torch):
        table = build(T, "Embedding(7, 3, padding_idx=1, scale_grad_by_freq=True)", "float32")
        table(T.tensor([[0, 1, 0, 2, 0], [1, 2, 6, 0, 5]])).cos().sum().backward()
        found.append(table.weight.grad.numpy())
    np.testing.assert_allclose(*found, rtol=1e-6)


def test_the_gradient_of_a_response_norm_over_maps_is_its_own() -> None:
    lrn = minitorch.nn.CrossMapLRN2d(3, alpha=0.5, k=2)
    x = minitorch.tensor(numbers(1, 5, 2, 1), requires_grad=True)
    assert minitorch.autograd.gradcheck(lrn, x)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
def test_the_warning_about_a_missing_dim_names_the_callers_line(name: str) -> None:
    layer = {"softmax": "Softmax", "log_softmax": "LogSoftmax", "softmin": "Softmin"}[name]
    for call in (getattr(F, name), getattr(minitorch.nn, layer)()):
        with pytest.warns(UserWarning, match="Implicit dimension") as caught:
            call(minitorch.ones(3))
        assert [w.filename for w in caught] == [__file__]
