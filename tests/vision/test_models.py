"""Models: torchvision's names and sizes, and on torch's layers the same numbers."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import minitorch
from minitorch.vision import models
from minitorch.vision.models import mobilenet, resnet, vgg

COUNTS = {
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnext50_32x4d": 25_028_904,
    "mobilenet_v2": 3_504_872,
}


@pytest.mark.parametrize("name", COUNTS)
def test_sizes_are_torchvisions(name):
    model = models.get_model(name, weights=None)
    assert sum(p.numel() for p in model.parameters()) == COUNTS[name]


def test_sizes_of_deep_and_wide_ones():
    for block, layers, options, count in (
        (resnet.Bottleneck, [3, 4, 23, 3], {}, 44_549_160),
        (resnet.Bottleneck, [3, 8, 36, 3], {}, 60_192_808),
        (resnet.Bottleneck, [3, 4, 6, 3], {"width_per_group": 128}, 68_883_240),
    ):
        with minitorch.no_grad():
            small = resnet.ResNet(block, [1, 1, 1, 1], num_classes=1000, **options)
        whole = sum(p.numel() for p in small.parameters())
        for i, n in enumerate(layers, 1):  # every block but the first of a layer is like the next
            planes, width = 32 << i, (32 << i) * options.get("width_per_group", 64) // 64
            again = 2 * 4 * planes * width + 9 * width * width + 2 * (2 * width + 4 * planes)
            whole += (n - 1) * again
        assert whole == count
    features = {
        "A": 9_220_480, "B": 9_404_992, "D": 14_714_688, "E": 20_024_384,
    }  # fmt: skip
    for cfg, count in features.items():
        assert sum(p.numel() for p in vgg.make_layers(vgg.cfgs[cfg]).parameters()) == count


def test_names_inside_are_torchvisions():
    names = list(models.resnet18(num_classes=2).state_dict())
    assert names[:7] == [
        "conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var",
        "bn1.num_batches_tracked", "layer1.0.conv1.weight",
    ]  # fmt: skip
    assert {"layer2.0.downsample.0.weight", "layer4.1.bn2.bias", "fc.bias"} <= set(names)
    assert len(names) == 122
    assert len(models.resnet50(num_classes=2).state_dict()) == 320
    names = list(models.mobilenet_v2(num_classes=2).state_dict())
    assert {
        "features.0.0.weight", "features.1.conv.0.1.running_mean", "features.1.conv.1.weight",
        "features.2.conv.3.bias", "features.18.0.weight", "classifier.1.weight",
    } <= set(names)  # fmt: skip
    assert len(names) == 314
    assert list(vgg.make_layers(vgg.cfgs["A"], True).state_dict())[7] == "4.weight"


def on_torch(module, torch):
    """The module's classes over torch's layers."""
    source = inspect.getsource(module).replace("from minitorch import nn", "from torch import nn")
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
    minitorch.manual_seed(0)
    trained = models.resnet18()
    minitorch.save(trained.state_dict(), folder / "resnet18-f37072fd.pth")
    minitorch.manual_seed(1)
    model = models.resnet18(weights="IMAGENET1K_V1")
    assert (model.layer3[1].conv2.weight == trained.layer3[1].conv2.weight).all()


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
    model = models.resnet18(num_classes=3).eval()
    with minitorch.no_grad():
        assert tuple(model(minitorch.randn(1, 3, 64, 64)).shape) == (1, 3)
    with pytest.raises(ValueError, match="3 flags"):
        resnet.ResNet(resnet.BasicBlock, [1, 1, 1, 1], replace_stride_with_dilation=[True])
    with pytest.raises(NotImplementedError):
        resnet.BasicBlock(4, 4, dilation=2)
    with pytest.raises(ValueError, match="stride"):
        mobilenet.InvertedResidual(4, 4, 3, 1)
