"""Transforms that move, cut or turn at random."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from typing import Any

import minitorch
from minitorch import Tensor
from minitorch.vision.transforms import functional as F
from minitorch.vision.transforms._base import Transform, happens, integer, size_of, uniform
from minitorch.vision.transforms.functional import InterpolationMode

__all__ = [
    "RandomAffine",
    "RandomCrop",
    "RandomErasing",
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomVerticalFlip",
]

_TRIES = 10  # for a rectangle that fits


class RandomHorizontalFlip(Transform):
    """Left and right exchanged with probability p."""

    shown = ("p",)

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        return F.hflip(img) if happens(self.p) else img


class RandomVerticalFlip(Transform):
    """Top and bottom exchanged with probability p."""

    shown = ("p",)

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        return F.vflip(img) if happens(self.p) else img


class RandomCrop(Transform):
    """A part of (height, width) `size`, after borders of `padding`.

    Raises: ValueError, when used, for a picture that is too small (unless `pad_if_needed`).
    """

    shown = ("size", "padding")

    def __init__(
        self,
        size: Any,
        padding: Any = None,
        pad_if_needed: bool = False,
        fill: Any = 0,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        self.size, self.padding, self.pad_if_needed = size_of(size), padding, pad_if_needed
        self.fill, self.padding_mode = fill, padding_mode

    @staticmethod
    def get_params(img: Any, output_size: tuple[int, int]) -> tuple[int, int, int, int]:
        """(top, left, height, width), drawn; nothing is drawn where the picture has that size."""
        _, h, w = F.get_dimensions(img)
        th, tw = output_size
        if h < th or w < tw:
            raise ValueError(
                f"Required crop size {(th, tw)} is larger than input image size {(h, w)}"
            )
        if (h, w) == (th, tw):
            return 0, 0, h, w
        top = integer(h - th + 1)
        return top, integer(w - tw + 1), th, tw

    def forward(self, img: Any) -> Any:
        if self.padding is not None:
            img = F.pad(img, self.padding, self.fill, self.padding_mode)
        _, height, width = F.get_dimensions(img)
        if self.pad_if_needed and width < self.size[1]:
            img = F.pad(img, [self.size[1] - width, 0], self.fill, self.padding_mode)
        if self.pad_if_needed and height < self.size[0]:
            img = F.pad(img, [0, self.size[0] - height], self.fill, self.padding_mode)
        return F.crop(img, *self.get_params(img, self.size))


class RandomResizedCrop(Transform):
    """A part with a share of the area in `scale` and a width : height in `ratio`, resized."""

    shown = ("size", "scale", "ratio", "interpolation", "antialias")

    def __init__(
        self,
        size: Any,
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: Any = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.size, self.antialias = size_of(size), antialias
        self.scale, self.ratio = _two("scale", scale), _two("ratio", ratio)
        self.interpolation = InterpolationMode(F.mode_of(interpolation))

    @staticmethod
    def get_params(
        img: Any, scale: Sequence[float], ratio: Sequence[float]
    ) -> tuple[int, int, int, int]:
        """(top, left, height, width), drawn; the middle where ten draws gave none that fits."""
        _, height, width = F.get_dimensions(img)
        log_ratio = minitorch.log(minitorch.tensor(ratio))
        for _ in range(_TRIES):
            area, aspect = _area_and_aspect(height * width, scale, log_ratio)
            w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
            if 0 < w <= width and 0 < h <= height:
                top = integer(height - h + 1)
                return top, integer(width - w + 1), h, w
        w, h = width, height
        if width / height < min(ratio):
            h = round(w / min(ratio))
        elif width / height > max(ratio):
            w = round(h * max(ratio))
        return (height - h) // 2, (width - w) // 2, h, w

    def forward(self, img: Any) -> Any:
        part = self.get_params(img, self.scale, self.ratio)
        return F.resized_crop(img, *part, self.size, self.interpolation, self.antialias)


def _two(name: str, values: Sequence[float]) -> Sequence[float]:
    if not isinstance(values, Sequence):
        raise TypeError(f"{name}: expected (smallest, largest), got {values!r}")
    if values[0] > values[1]:
        import warnings

        warnings.warn(f"{name}: expected (smallest, largest), got {values}", stacklevel=3)
    return values


def _area_and_aspect(area: int, scale: Sequence[float], log_ratio: Tensor) -> tuple[float, float]:
    wanted = area * uniform(*scale)
    log_aspect = minitorch.empty(1).uniform_(log_ratio[0].item(), log_ratio[1].item())
    return wanted, minitorch.exp(log_aspect).item()


class RandomRotation(Transform):
    """Turned by an angle in `degrees`, one number d meaning (-d, d)."""

    shown = ("degrees", "interpolation", "expand", "fill")

    def __init__(
        self,
        degrees: Any,
        interpolation: Any = InterpolationMode.NEAREST,
        expand: bool = False,
        center: Sequence[float] | None = None,
        fill: Any = 0,
    ) -> None:
        super().__init__()
        self.degrees = _angles("degrees", degrees, (2,))
        self.interpolation = InterpolationMode(F.mode_of(interpolation))
        self.center, self.expand, self.fill = center, expand, fill

    @staticmethod
    def get_params(degrees: Sequence[float]) -> float:
        """The angle, drawn."""
        return uniform(degrees[0], degrees[1])

    def forward(self, img: Any) -> Any:
        angle = self.get_params(self.degrees)
        return F.rotate(img, angle, self.interpolation, self.expand, self.center, self.fill)


def _angles(name: str, value: Any, sizes: tuple[int, ...]) -> list[float]:
    if isinstance(value, numbers.Number):
        if value < 0:  # type: ignore[operator]
            raise ValueError(f"{name}: expected one number >= 0 or (from, to), got {value}")
        return [-float(value), float(value)]  # type: ignore[arg-type]
    if not isinstance(value, Sequence):
        raise TypeError(f"{name}: expected a number or a sequence, got {value!r}")
    if len(value) not in sizes:
        raise ValueError(f"{name}: expected a sequence of {sizes} numbers, got {value}")
    return [float(d) for d in value]


class RandomAffine(Transform):
    """Turned, moved (by at most these parts of width and height), scaled and sheared."""

    shown = ("degrees", "translate", "scale", "shear", "interpolation", "fill", "center")

    def __init__(
        self,
        degrees: Any,
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: Any = None,
        interpolation: Any = InterpolationMode.NEAREST,
        fill: Any = 0,
        center: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.degrees = _angles("degrees", degrees, (2,))
        if translate is not None and not all(0.0 <= t <= 1.0 for t in translate):
            raise ValueError(f"translate: expected numbers in [0, 1], got {translate}")
        if scale is not None and not all(s > 0 for s in scale):
            raise ValueError(f"scale: expected numbers > 0, got {scale}")
        self.translate, self.scale = translate, scale
        self.shear = None if shear is None else _angles("shear", shear, (2, 4))
        self.interpolation = InterpolationMode(F.mode_of(interpolation))
        self.fill, self.center = fill, center

    @staticmethod
    def get_params(
        degrees: Sequence[float],
        translate: Sequence[float] | None,
        scale_ranges: Sequence[float] | None,
        shears: Sequence[float] | None,
        img_size: Sequence[int],
    ) -> tuple:
        """(angle, (x, y) to move by, scale, shears), drawn for a picture (width, height)."""
        angle = uniform(degrees[0], degrees[1])
        move, scale, shear_x, shear_y = (0, 0), 1.0, 0.0, 0.0
        if translate is not None:
            far = [float(part * size) for part, size in zip(translate, img_size)]
            move = tuple(round(uniform(-d, d)) for d in far)
        if scale_ranges is not None:
            scale = uniform(scale_ranges[0], scale_ranges[1])
        if shears is not None:
            shear_x = uniform(shears[0], shears[1])
            shear_y = uniform(shears[2], shears[3]) if len(shears) == 4 else 0.0
        return angle, move, scale, (shear_x, shear_y)

    def forward(self, img: Any) -> Any:
        drawn = self.get_params(
            self.degrees, self.translate, self.scale, self.shear, F.get_image_size(img)
        )
        return F.affine(img, *drawn, self.interpolation, self.fill, self.center)


class RandomErasing(Transform):
    """With probability p, a rectangle of a tensor set to `value`, or to noise if "random"."""

    shown = ("p", "scale", "ratio", "value", "inplace")

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: Any = 0,
        inplace: bool = False,
    ) -> None:
        super().__init__()
        if not isinstance(value, (numbers.Number, str, tuple, list)):
            raise TypeError(f"value: expected a number, 'random' or a sequence, got {value!r}")
        if isinstance(value, str) and value != "random":
            raise ValueError(f"value: expected a number, 'random' or a sequence, got {value!r}")
        if not (scale[0] >= 0 and scale[1] <= 1 and 0 <= p <= 1):
            raise ValueError(f"expected scale and p within [0, 1], got scale={scale}, p={p}")
        self.p, self.inplace, self.value = p, inplace, value
        self.scale, self.ratio = _two("scale", scale), _two("ratio", ratio)

    @staticmethod
    def get_params(
        img: Tensor, scale: Sequence[float], ratio: Sequence[float], value: list | None = None
    ) -> tuple:
        """(top, left, height, width, colour), drawn; all of the picture where none fits."""
        channels, height, width = img.shape[-3:]
        log_ratio = minitorch.log(minitorch.tensor(ratio))
        for _ in range(_TRIES):
            area, aspect = _area_and_aspect(height * width, scale, log_ratio)
            h, w = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
            if h >= height or w >= width:
                continue
            if value is None:
                colour = minitorch.empty([channels, h, w], dtype=minitorch.float32).normal_()
            else:
                colour = minitorch.tensor(value)[:, None, None]
            top = integer(height - h + 1)
            return top, integer(width - w + 1), h, w, colour
        return 0, 0, height, width, img

    def forward(self, img: Tensor) -> Tensor:
        if not happens(self.p):
            return img
        value = [self.value] if isinstance(self.value, numbers.Number) else self.value
        value = None if isinstance(value, str) else list(value)
        if value is not None and len(value) not in (1, img.shape[-3]):
            raise ValueError(f"value: expected 1 or {img.shape[-3]} numbers, got {value}")
        return F.erase(img, *self.get_params(img, self.scale, self.ratio, value), self.inplace)
