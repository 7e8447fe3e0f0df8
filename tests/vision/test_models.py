"""Models: torchvision's names and sizes, and on torch's layers the same numbers."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import minitorch
from minitorch.vision import models
from minitorch.vision.models import mobilenet, resnet, squeezenet, vgg

INSIDE = {  # parameters, entries of the state, some of their names
    "resnet18": (
        11_689_512,
        122,
        "conv1.weight layer2.0.downsample.0.weight layer4.1.bn2.bias fc.bias",
    ),
    "resnet50": (
        25_557_032,
        320,
        "layer1.0.downsample.1.running_var layer3.5.conv3.weight fc.weight",
    ),
    "mobilenet_v2": (
        3_504_872,
        314,
        "features.0.0.weight features.1.conv.0.1.running_mean features.1.conv.1.weight "
        "features.2.conv.3.bias features.18.0.weight classifier.1.weight",
    ),
    "squeezenet1_0": (1_248_424, 52, "features.0.bias features.3.squeeze.weight"),
    "squeezenet1_1": (1_235_496, 52, "features.12.expand3x3.bias classifier.1.weight"),
}


@pytest.mark.parametrize("name", INSIDE)
def test_sizes_and_names_are_torchvisions(name):
    parameters, entries, names = INSIDE[name]
    model = models.get_model(name, weights=None)
    assert sum(p.numel() for p in model.parameters()) == parameters
    assert set(names.split()) <= set(model.state_dict())
    assert len(model.state_dict()) == entries


def test_spread_of_the_first_weights():
    minitorch.manual_seed(0)
    for make, of_conv in (
        (lambda: resnet.ResNet(resnet.BasicBlock, [1, 1, 1, 1]).conv1, (2 / (64 * 49)) ** 0.5),
        (lambda: mobilenet.MobileNetV2().features[0][0], (2 / (32 * 9)) ** 0.5),
        (lambda: squeezenet.SqueezeNet().classifier[1], 0.01),
    ):
        assert make().weight.std().item() == pytest.approx(of_conv, rel=0.05)


def test_sizes_of_deep_and_wide_ones():
    for many, width, count in (
        ([3, 4, 23, 3], 64, 44_549_160),
        ([3, 8, 36, 3], 64, 60_192_808),
        ([3, 4, 6, 3], 128, 68_883_240),
    ):
        small = resnet.ResNet(resnet.Bottleneck, [1, 1, 1, 1], width_per_group=width)
        whole = sum(p.numel() for p in small.parameters())
        for i, n in enumerate(many, 1):  # every block but the first of a layer is like the next
            planes, inside = 32 << i, (32 << i) * width // 64
            whole += (n - 1) * (8 * planes * inside + 9 * inside**2 + 4 * inside + 8 * planes)
        assert whole == count


def test_layers_of_vgg():
    for cfg, count in {"A": 9_220_480, "B": 9_404_992, "D": 14_714_688, "E": 20_024_384}.items():
        assert sum(p.numel() for p in vgg.make_layers(vgg.cfgs[cfg]).parameters()) == count
    assert list(vgg.make_layers([8, 16], True).state_dict())[7] == "3.weight"


def on_torch(module, torch):
    """The module's classes over torch's layers."""
    source = inspect.getsource(module).replace("from minitorch import", "from torch import")
    found: dict = {"__name__": module.__name__}
    exec(source, found)
    return found


SMALL = {
    "basic": (resnet, lambda m: m["ResNet"](m["BasicBlock"], [1, 2, 1, 1], num_classes=5)),
    "bottleneck": (
        resnet,
        lambda m: m["ResNet"](
            m["Bottleneck"], [1, 1, 2, 1], num_classes=5, groups=2, width_per_group=8,
            zero_init_residual=True, replace_stride_with_dilation=[False, True, True],
        ),
    ),
    "mobile": (mobilenet, lambda m: m["MobileNetV2"](num_classes=5, width_mult=0.3, dropout=0.0)),
    "squeeze": (squeezenet, lambda m: m["SqueezeNet"]("1_1", num_classes=5, dropout=0.0)),
    "vgg": (vgg, lambda m: m["make_layers"]([8, "M", 16, 16, "M"], True)),
}  # fmt: skip


@pytest.mark.differential
@pytest.mark.parametrize("case", SMALL)
def test_the_same_on_torchs_layers(case):
    torch = pytest.importorskip("torch")
    module, make = SMALL[case]
    results = []
    for t, names in ((minitorch, vars(module)), (torch, on_torch(module, torch))):
        t.manual_seed(3)
        model = make(names)
        start = {name: x.detach().numpy().copy() for name, x in model.state_dict().items()}
        x = t.randn(2, 3, 48, 40)
        loss = model(x).square().mean()
        loss.backward()
        grads = {name: p.grad.numpy() for name, p in model.named_parameters()}
        results.append((start, grads, loss.item(), model.state_dict()))
    (ours, our_grads, our_loss, our_state), (theirs, their_grads, their_loss, state) = results
    assert list(ours) == list(theirs)
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name])
        np.testing.assert_allclose(
            our_state[name].numpy(), state[name].numpy(), rtol=1e-4, atol=1e-5
        )
    assert our_loss == pytest.approx(their_loss, rel=1e-4)
    for name in our_grads:
        apart = np.linalg.norm(our_grads[name] - their_grads[name])
        assert apart <= 1e-2 * np.linalg.norm(their_grads[name]) + 1e-6, name


def test_weights_come_from_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"checkpoints.resnet18-f37072fd\.pth.*download"):
        models.resnet18(weights="DEFAULT")
    with pytest.raises(RuntimeError, match=r"resnet18-f37072fd"):
        models.resnet18(pretrained=True)
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    trained = models.squeezenet1_1(pretrained=False)
    minitorch.save(trained.state_dict(), folder / "squeezenet1_1-b8a52dc0.pth")
    model = models.squeezenet1_1(weights="IMAGENET1K_V1")
    for name, x in trained.state_dict().items():
        assert (model.state_dict()[name] == x).all()


def test_weights_are_named():
    assert models.ResNet50_Weights.DEFAULT is models.ResNet50_Weights.IMAGENET1K_V2
    assert models.ResNet50_Weights.DEFAULT.url.endswith("/resnet50-11ad3fa6.pth")
    image = pytest.importorskip("PIL.Image")
    x = models.ResNet18_Weights.DEFAULT.transforms()(image.new("RGB", (300, 280), (124, 116, 104)))
    assert tuple(x.shape) == (3, 224, 224)
    assert x.abs().max() < 0.02
    for name in ("DEFAULT", "ResNet18_Weights.IMAGENET1K_V1", models.ResNet18_Weights.DEFAULT):
        assert models.ResNet18_Weights.verify(name) is models.ResNet18_Weights.DEFAULT
    with pytest.raises(KeyError):
        models.resnet18(weights="BEST")
    with pytest.raises(TypeError, match="ResNet18_Weights"):
        models.resnet18(weights=3)
    with pytest.raises(ValueError, match="resnet19"):
        models.get_model("resnet19")
    with pytest.raises(AttributeError, match=r"inception_v3.*resnet18"):
        _ = models.inception_v3
    assert {"resnet18", "vgg16_bn", "alexnet"} <= set(models.list_models())


def test_a_picture_without_training():
    model = models.squeezenet1_1(num_classes=3).eval()
    with minitorch.no_grad():
        assert tuple(model(minitorch.randn(1, 3, 64, 64)).shape) == (1, 3)
    with pytest.raises(ValueError, match="2_0"):
        squeezenet.SqueezeNet("2_0")
    with pytest.raises(ValueError, match="3 flags"):
        resnet.ResNet(resnet.BasicBlock, [1, 1, 1, 1], replace_stride_with_dilation=[True])
    with pytest.raises(NotImplementedError):
        resnet.BasicBlock(4, 4, dilation=2)
    with pytest.raises(ValueError, match="stride"):
        mobilenet.InvertedResidual(4, 4, 3, 1)
