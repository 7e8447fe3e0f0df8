"""SqueezeNet: few channels between many.

Source: Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters, 2016.
"""

from __future__ import annotations

from typing import Any

from minitorch import cat, nn
from minitorch.vision.models._weights import build, chosen, trained

__all__ = [
    "SqueezeNet",
    "SqueezeNet1_0_Weights",
    "SqueezeNet1_1_Weights",
    "squeezenet1_0",
    "squeezenet1_1",
]


class Fire(nn.Module):
    """1 x 1 to few channels, then 1 x 1 and 3 x 3 to many, side by side."""

    def __init__(self, inplanes: int, squeeze: int, expand1x1: int, expand3x3: int) -> None:
        super().__init__()
        self.inplanes = inplanes
        self.squeeze = nn.Conv2d(inplanes, squeeze, kernel_size=1)
        self.squeeze_activation = nn.ReLU(inplace=True)
        self.expand1x1 = nn.Conv2d(squeeze, expand1x1, kernel_size=1)
        self.expand1x1_activation = nn.ReLU(inplace=True)
        self.expand3x3 = nn.Conv2d(squeeze, expand3x3, kernel_size=3, padding=1)
        self.expand3x3_activation = nn.ReLU(inplace=True)

    def forward(self, x: Any) -> Any:
        x = self.squeeze_activation(self.squeeze(x))
        small = self.expand1x1_activation(self.expand1x1(x))
        return cat([small, self.expand3x3_activation(self.expand3x3(x))], 1)


_FIRES = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))
_POOLED = {"1_0": (2, 6), "1_1": (1, 3)}  # after these


class SqueezeNet(nn.Module):
    """A convolution, eight fires, a convolution to the classes, the mean over all places.

    Shape: (n, 3, height, width) -> (n, num_classes). Raises: ValueError for another version.
    """

    def __init__(self, version: str = "1_0", num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        if version not in _POOLED:
            raise ValueError(f"SqueezeNet: expected version 1_0 or 1_1, got {version}")
        self.num_classes = num_classes
        channels, size = (96, 7) if version == "1_0" else (64, 3)
        pool = lambda: nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)  # noqa: E731
        features = [nn.Conv2d(3, channels, kernel_size=size, stride=2), nn.ReLU(True), pool()]
        for i, (few, many) in enumerate(_FIRES):
            features.append(Fire(channels, few, many, many))
            channels = 2 * many
            if i in _POOLED[version]:
                features.append(pool())
        self.features = nn.Sequential(*features)
        last = nn.Conv2d(channels, num_classes, kernel_size=1)
        self.classifier = nn.Sequential(
            nn.Dropout(p=dropout), last, nn.ReLU(True), nn.AdaptiveAvgPool2d((1, 1))
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                if module is last:
                    nn.init.normal_(module.weight, mean=0.0, std=0.01)
                else:
                    nn.init.kaiming_uniform_(module.weight)
                nn.init.constant_(module.bias, 0)

    def forward(self, x: Any) -> Any:
        return self.classifier(self.features(x)).flatten(1)


SqueezeNet1_0_Weights = trained("SqueezeNet1_0_Weights", "squeezenet1_0-b66bff10.pth")
SqueezeNet1_1_Weights = trained("SqueezeNet1_1_Weights", "squeezenet1_1-b8a52dc0.pth")


def squeezenet1_0(weights: Any = None, progress: bool = True, **kwargs: Any) -> SqueezeNet:
    """SqueezeNet as published, 1,248,424 parameters."""
    weights = chosen(SqueezeNet1_0_Weights, weights, kwargs)
    return build(SqueezeNet, weights, version="1_0", **kwargs)  # type: ignore[return-value]


def squeezenet1_1(weights: Any = None, progress: bool = True, **kwargs: Any) -> SqueezeNet:
    """SqueezeNet with 2.4 times less to compute, 1,235,496 parameters."""
    weights = chosen(SqueezeNet1_1_Weights, weights, kwargs)
    return build(SqueezeNet, weights, version="1_1", **kwargs)  # type: ignore[return-value]
