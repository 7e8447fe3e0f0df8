"""MobileNetV2: a convolution for each channel, between two that mix channels.

Source: Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, 2018.
"""

from __future__ import annotations

from typing import Any

from minitorch import nn
from minitorch.vision.models._weights import build, chosen, trained

__all__ = ["InvertedResidual", "MobileNetV2", "MobileNet_V2_Weights", "mobilenet_v2"]

_SETTING = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
            (6, 160, 3, 2), (6, 320, 1, 1))  # fmt: skip
"""(how many times wider inside, channels, blocks, stride of the first)."""


def _layer(inside: int, outside: int, size: int = 3, stride: int = 1, groups: int = 1) -> Any:
    return nn.Sequential(
        nn.Conv2d(inside, outside, size, stride, (size - 1) // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU6(inplace=True),
    )


class InvertedResidual(nn.Module):
    """Wider, 3 x 3 by channel, narrow again; plus the input where that has the same size."""

    def __init__(self, inp: int, oup: int, stride: int, expand_ratio: int) -> None:
        super().__init__()
        if stride not in (1, 2):
            raise ValueError(f"stride should be 1 or 2 instead of {stride}")
        hidden = round(inp * expand_ratio)
        self.stride, self.out_channels = stride, oup
        self.use_res_connect = stride == 1 and inp == oup
        wider = [] if expand_ratio == 1 else [_layer(inp, hidden, 1)]
        self.conv = nn.Sequential(
            *wider,
            _layer(hidden, hidden, stride=stride, groups=hidden),
            nn.Conv2d(hidden, oup, 1, 1, 0, bias=False),
            nn.BatchNorm2d(oup),
        )

    def forward(self, x: Any) -> Any:
        return x + self.conv(x) if self.use_res_connect else self.conv(x)


def _eights(channels: float) -> int:
    """The nearest multiple of 8, at least 8 and no less than 90 %."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * channels else nearest


class MobileNetV2(nn.Module):
    """17 inverted residuals between two convolutions, then dropout and a linear layer.

    Shape: (n, 3, height, width) -> (n, num_classes).
    """

    def __init__(
        self, num_classes: int = 1000, width_mult: float = 1.0, dropout: float = 0.2
    ) -> None:
        super().__init__()
        channels = _eights(32 * width_mult)
        self.last_channel = _eights(1280 * max(1.0, width_mult))
        features: list[nn.Module] = [_layer(3, channels, stride=2)]
        for wider, width, blocks, stride in _SETTING:
            outside = _eights(width * width_mult)
            for i in range(blocks):
                features.append(InvertedResidual(channels, outside, 1 if i else stride, wider))
                channels = outside
        features.append(_layer(channels, self.last_channel, 1))
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(
            nn.Dropout(p=dropout), nn.Linear(self.last_channel, num_classes)
        )
        self._initialize()

    def _initialize(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.ones_(module.weight)
                nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, 0, 0.01)
                nn.init.zeros_(module.bias)

    def forward(self, x: Any) -> Any:
        return self.classifier(self.features(x).mean((2, 3)))


MobileNet_V2_Weights = trained(
    "MobileNet_V2_Weights", "mobilenet_v2-b0353104.pth", "mobilenet_v2-7ebf99e0.pth"
)


def mobilenet_v2(weights: Any = None, progress: bool = True, **kwargs: Any) -> MobileNetV2:
    """MobileNetV2, 3,504,872 parameters."""
    weights = chosen(MobileNet_V2_Weights, weights, kwargs)
    return build(MobileNetV2, weights, **kwargs)  # type: ignore[return-value]
