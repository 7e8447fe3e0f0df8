"""Transforms that change colours at random."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import minitorch
from minitorch import Tensor
from minitorch.vision.transforms import functional as F
from minitorch.vision.transforms._base import Transform, happens, size_of, uniform

__all__ = [
    "ColorJitter",
    "GaussianBlur",
    "RandomAdjustSharpness",
    "RandomAutocontrast",
    "RandomEqualize",
    "RandomGrayscale",
    "RandomInvert",
    "RandomPosterize",
    "RandomSolarize",
]


class ColorJitter(Transform):
    """Brightness, contrast, saturation and hue changed in an order that is drawn.

    A number x draws a factor from [max(0, 1 - x), 1 + x], for hue from [-x, x]; two numbers are
    the range itself.
    """

    shown = ("brightness", "contrast", "saturation", "hue")

    def __init__(
        self, brightness: Any = 0, contrast: Any = 0, saturation: Any = 0, hue: Any = 0
    ) -> None:
        super().__init__()
        self.brightness = _range("brightness", brightness)
        self.contrast = _range("contrast", contrast)
        self.saturation = _range("saturation", saturation)
        self.hue = _range("hue", hue, center=0, bounds=(-0.5, 0.5), clip=False)

    @staticmethod
    def get_params(
        brightness: Sequence[float] | None,
        contrast: Sequence[float] | None,
        saturation: Sequence[float] | None,
        hue: Sequence[float] | None,
    ) -> tuple:
        """(order, brightness, contrast, saturation, hue), drawn; None for what does not change."""
        order: Tensor = minitorch.randperm(4)
        ranges = (brightness, contrast, saturation, hue)
        return (order, *(None if r is None else uniform(r[0], r[1]) for r in ranges))

    def forward(self, img: Any) -> Any:
        order, *factors = self.get_params(self.brightness, self.contrast, self.saturation, self.hue)
        adjust = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue)
        for i in order.tolist():
            if factors[i] is not None:
                img = adjust[i](img, factors[i])
        return img


def _range(
    name: str, value: Any, center: float = 1, bounds: Any = (0, float("inf")), clip: bool = True
) -> tuple | None:
    if isinstance(value, numbers.Number):
        if value < 0:  # type: ignore[operator]
            raise ValueError(f"{name}: expected one number >= 0 or (from, to), got {value}")
        low, high = center - float(value), center + float(value)  # type: ignore[arg-type]
        low = max(low, 0.0) if clip else low
    elif isinstance(value, (tuple, list)) and len(value) == 2:
        low, high = float(value[0]), float(value[1])
    else:
        raise TypeError(f"{name}: expected a number or (from, to), got {value!r}")
    if not bounds[0] <= low <= high <= bounds[1]:
        raise ValueError(f"{name}: expected values between {bounds}, got {(low, high)}")
    return None if low == high == center else (low, high)


class RandomGrayscale(Transform):
    """Without colour with probability p, in as many channels as before."""

    shown = ("p",)

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        channels = F.get_image_num_channels(img)
        return F.rgb_to_grayscale(img, channels) if happens(self.p) else img


class GaussianBlur(Transform):
    """Smoothed with a bell of `kernel_size` (x, y) pixels and a sigma drawn from a range."""

    shown = ("kernel_size", "sigma")

    def __init__(self, kernel_size: Any, sigma: Any = (0.1, 2.0)) -> None:
        super().__init__()
        self.kernel_size = size_of(kernel_size)
        if any(n <= 0 or n % 2 == 0 for n in self.kernel_size):
            raise ValueError(f"kernel_size: expected odd numbers > 0, got {self.kernel_size}")
        self.sigma = size_of(sigma)
        if not 0.0 < self.sigma[0] <= self.sigma[1]:
            raise ValueError(f"sigma: expected 0 < from <= to, got {self.sigma}")

    @staticmethod
    def get_params(sigma_min: float, sigma_max: float) -> float:
        """Sigma, drawn."""
        return uniform(sigma_min, sigma_max)

    def forward(self, img: Any) -> Any:
        sigma = self.get_params(*self.sigma)
        return F.gaussian_blur(img, self.kernel_size, [sigma, sigma])


class _WithProbability(Transform):
    """`F.function(img, setting)` with probability p."""

    def __init__(self, function: Any, p: float, **setting: Any) -> None:
        super().__init__()
        self.function, self.p = function, p
        self.shown = (*setting, "p")
        self.__dict__.update(setting)

    def forward(self, img: Any) -> Any:
        settings = (getattr(self, name) for name in self.shown[:-1])
        return self.function(img, *settings) if happens(self.p) else img


class RandomInvert(_WithProbability):
    """The negative with probability p."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(F.invert, p)


class RandomPosterize(_WithProbability):
    """The highest `bits` of each colour with probability p."""

    def __init__(self, bits: int, p: float = 0.5) -> None:
        super().__init__(F.posterize, p, bits=bits)


class RandomSolarize(_WithProbability):
    """The negative of what is not below `threshold` with probability p."""

    def __init__(self, threshold: float, p: float = 0.5) -> None:
        super().__init__(F.solarize, p, threshold=threshold)


class RandomAdjustSharpness(_WithProbability):
    """Sharper or smoother with probability p."""

    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        super().__init__(F.adjust_sharpness, p, sharpness_factor=sharpness_factor)


class RandomAutocontrast(_WithProbability):
    """Stretched from black to white with probability p."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(F.autocontrast, p)


class RandomEqualize(_WithProbability):
    """The histogram flattened with probability p."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(F.equalize, p)
