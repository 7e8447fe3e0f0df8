"""VGG: convolutions 3 x 3, one after another.

Source: Simonyan and Zisserman, Very Deep Convolutional Networks, 2014.
"""

from __future__ import annotations

from typing import Any

from minitorch import nn
from minitorch.vision.models._weights import build, chosen, trained

__all__ = [
    "VGG",
    "VGG11_BN_Weights",
    "VGG11_Weights",
    "VGG13_BN_Weights",
    "VGG13_Weights",
    "VGG16_BN_Weights",
    "VGG16_Weights",
    "VGG19_BN_Weights",
    "VGG19_Weights",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
]


class VGG(nn.Module):
    """`features`, averaged to 7 x 7 places, then three linear layers with dropout between.

    Shape: (n, 3, height, width) -> (n, num_classes).
    """

    def __init__(
        self,
        features: nn.Module,
        num_classes: int = 1000,
        init_weights: bool = True,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, num_classes),
        )
        if init_weights:
            self._initialize()

    def _initialize(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                nn.init.constant_(module.bias, 0)
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.constant_(module.weight, 1)
                nn.init.constant_(module.bias, 0)
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, 0, 0.01)
                nn.init.constant_(module.bias, 0)

    def forward(self, x: Any) -> Any:
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


cfgs: dict[str, list[str | int]] = {
    "A": [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "B": [64, 64, "M", 128, 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "D": [64, 64, "M", 128, 128, "M", *[256] * 3, "M", *[512] * 3, "M", *[512] * 3, "M"],
    "E": [64, 64, "M", 128, 128, "M", *[256] * 4, "M", *[512] * 4, "M", *[512] * 4, "M"],
}


def make_layers(cfg: list[str | int], batch_norm: bool = False) -> nn.Sequential:
    """Convolutions with these numbers of channels, a pooling for each "M"."""
    layers: list[nn.Module] = []
    channels = 3
    for step in cfg:
        if step == "M":
            layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
            continue
        layers.append(nn.Conv2d(channels, step, kernel_size=3, padding=1))
        if batch_norm:
            layers.append(nn.BatchNorm2d(step))
        layers.append(nn.ReLU(inplace=True))
        channels = int(step)
    return nn.Sequential(*layers)


VGG11_Weights = trained("VGG11_Weights", "vgg11-8a719046.pth")
VGG11_BN_Weights = trained("VGG11_BN_Weights", "vgg11_bn-6002323d.pth")
VGG13_Weights = trained("VGG13_Weights", "vgg13-19584684.pth")
VGG13_BN_Weights = trained("VGG13_BN_Weights", "vgg13_bn-abd245e5.pth")
VGG16_Weights = trained("VGG16_Weights", "vgg16-397923af.pth")
VGG16_BN_Weights = trained("VGG16_BN_Weights", "vgg16_bn-6c64b313.pth")
VGG19_Weights = trained("VGG19_Weights", "vgg19-dcbb9e9d.pth")
VGG19_BN_Weights = trained("VGG19_BN_Weights", "vgg19_bn-c79401a0.pth")


def _made(kinds: Any, weights: Any, kwargs: dict, cfg: str, batch_norm: bool) -> VGG:
    weights = chosen(kinds, weights, kwargs)
    if weights is not None:
        kwargs["init_weights"] = False
    make = lambda **options: VGG(make_layers(cfgs[cfg], batch_norm), **options)  # noqa: E731
    return build(make, weights, **kwargs)  # type: ignore[return-value]


def vgg11(weights: Any = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG with 11 layers."""
    return _made(VGG11_Weights, weights, kwargs, "A", False)


def vgg11_bn(weights: Any = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG with 11 layers and batch normalization."""
    return _made(VGG11_BN_Weights, weights, kwargs, "A", True)


def vgg13(weights: Any = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG with 13 layers."""
    return _made(VGG13_Weights, weights, kwargs, "B", False)


def vgg13_bn(weights: Any = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG with 13 layers and batch normalization."""
    return _made(VGG13_BN_Weights, weights, kwargs, "B", True)


def vgg16(weights: Any = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG with 16 layers."""
    return _made(VGG16_Weights, weights, kwargs, "D", False)


def vgg16_bn(weights: Any = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG with 16 layers and batch normalization."""
    return _made(VGG16_BN_Weights, weights, kwargs, "D", True)


def vgg19(weights: Any = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG with 19 layers."""
    return _made(VGG19_Weights, weights, kwargs, "E", False)


def vgg19_bn(weights: Any = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG with 19 layers and batch normalization."""
    return _made(VGG19_BN_Weights, weights, kwargs, "E", True)
