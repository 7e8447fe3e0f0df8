"""Transformations of tensors (..., channels, height, width): sizes and places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import minitorch
from minitorch import Tensor
from minitorch.nn import functional as F
from minitorch.vision.transforms._geometry import inverse_affine, turned_size
from minitorch.vision.transforms._pixels import (
    autocontrast,
    brightness,
    contrast,
    equalize,
    gamma,
    grayscale,
    hue,
    invert,
    posterize,
    saturation,
    sharpness,
    solarize,
)

__all__ = [
    "affine",
    "autocontrast",
    "brightness",
    "contrast",
    "crop",
    "dimensions",
    "equalize",
    "gamma",
    "grayscale",
    "hflip",
    "hue",
    "invert",
    "pad",
    "posterize",
    "resize",
    "rotate",
    "saturation",
    "sharpness",
    "solarize",
    "vflip",
]


def dimensions(img: Tensor) -> list[int]:
    """[channels, height, width]."""
    return [1 if img.ndim == 2 else img.shape[-3], *img.shape[-2:]]


def _as_batch(img: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """`function` of a batch (n, channels, height, width) of floating-point numbers, and back."""
    batch = img.reshape(-1, *dimensions(img))
    if not img.is_floating_point():
        batch = batch.float()
    out = function(batch)
    if not img.is_floating_point():
        out = out.round().to(img.dtype)
    return out.reshape(*img.shape[:-2], *out.shape[-2:])


def resize(img: Tensor, size: tuple[int, int], mode: str, antialias: bool) -> Tensor:
    """By interpolation. Raises: ValueError for a mode that only pictures have."""
    if mode not in ("nearest", "nearest-exact", "bilinear", "bicubic"):
        raise ValueError(f"resize: mode {mode} is for pictures, not for tensors")
    smooth = mode in ("bilinear", "bicubic")

    def resized(batch: Tensor) -> Tensor:
        out = F.interpolate(
            batch,
            size=list(size),
            mode=mode,
            align_corners=False if smooth else None,
            antialias=antialias and smooth,
        )
        return out.clamp(0, 255) if mode == "bicubic" and img.dtype == minitorch.uint8 else out

    return _as_batch(img, resized)


def pad(img: Tensor, sides: list[int], fill: Any, mode: str) -> Tensor:
    """Borders of a colour, or of what lies inside."""
    left, top, right, bottom = sides
    if mode == "constant":
        if isinstance(fill, (tuple, list)):
            if len(fill) > 1:
                raise ValueError(f"pad: expected one fill for a tensor, got {fill}")
            fill = fill[0]
        return F.pad(img, [left, right, top, bottom], value=fill)
    rows = _places(img.shape[-2], top, bottom, mode)
    columns = _places(img.shape[-1], left, right, mode)
    return img[..., rows[:, None], columns]


def _places(n: int, before: int, after: int, mode: str) -> Tensor:
    """Which of n rows stand in a padded picture."""
    at = minitorch.arange(-before, n + after)
    if mode == "edge":
        return at.clamp(0, n - 1)
    period = 2 * n if mode == "symmetric" else 2 * max(n - 1, 1)
    at = at % period
    return minitorch.where(at < n, at, period - at - int(mode == "symmetric"))


def crop(img: Tensor, top: int, left: int, height: int, width: int) -> Tensor:
    """Zeros outside."""
    h, w = img.shape[-2:]
    inside = img[..., max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]
    if top >= 0 and left >= 0 and top + height <= h and left + width <= w:
        return inside
    right, bottom = max(min(left + width - w, width), 0), max(min(top + height - h, height), 0)
    return F.pad(inside, [min(max(-left, 0), width), right, min(max(-top, 0), height), bottom])


def hflip(img: Tensor) -> Tensor:
    """Left and right exchanged."""
    return img.flip(-1)


def vflip(img: Tensor) -> Tensor:
    """Top and bottom exchanged."""
    return img.flip(-2)


def rotate(
    img: Tensor, angle: float, mode: str, expand: bool, center: Sequence[float] | None, fill: Any
) -> Tensor:
    """Against the clock."""
    _, height, width = dimensions(img)
    around = _from_the_middle(center, height, width)
    matrix = inverse_affine(around, -angle, [0.0, 0.0], 1.0, [0.0, 0.0])
    size = turned_size(matrix, width, height) if expand else (width, height)
    return _sampled(img, matrix, size, mode, fill)


def affine(
    img: Tensor,
    angle: float,
    translate: list[float],
    scale: float,
    shear: list[float],
    mode: str,
    fill: Any,
    center: Sequence[float] | None,
) -> Tensor:
    """Around the middle, where no `center` is given."""
    _, height, width = dimensions(img)
    around = _from_the_middle(center, height, width)
    matrix = inverse_affine(around, angle, translate, scale, shear)
    return _sampled(img, matrix, (width, height), mode, fill)


def _from_the_middle(center: Sequence[float] | None, height: int, width: int) -> list[float]:
    return [0.0, 0.0] if center is None else [center[0] - width / 2, center[1] - height / 2]


def _sampled(
    img: Tensor, matrix: list[float], size: tuple[int, int], mode: str, fill: Any
) -> Tensor:
    """The picture of (width, height) `size` that shows `img` where `matrix` leads."""
    if mode not in ("nearest", "bilinear"):
        raise ValueError(f"expected interpolation nearest or bilinear for a tensor, got {mode}")
    _, height, width = dimensions(img)
    x, y = ((minitorch.arange(n) - (n - 1) / 2).float() for n in size)
    theta = minitorch.tensor(matrix).reshape(2, 3)
    points = minitorch.stack(
        [*minitorch.meshgrid(x, y, indexing="xy"), minitorch.ones(*size[::-1])], -1
    )
    grid = points @ (theta.t() / minitorch.tensor([0.5 * width, 0.5 * height]))

    def sampled(batch: Tensor) -> Tensor:
        if fill is not None:
            batch = minitorch.cat([batch, minitorch.ones_like(batch[:, :1])], 1)
        where = grid.to(batch.dtype).expand(len(batch), -1, -1, -1)
        out = F.grid_sample(batch, where, mode=mode, padding_mode="zeros", align_corners=False)
        return out if fill is None else _filled(out[:, :-1], out[:, -1:], fill, mode)

    return _as_batch(img, sampled)


def _filled(out: Tensor, mask: Tensor, fill: Any, mode: str) -> Tensor:
    """The colour `fill` where `mask` says that nothing was seen."""
    colour = minitorch.tensor(fill, dtype=out.dtype).reshape(1, -1, 1, 1).expand_as(out)
    if mode == "nearest":
        return minitorch.where(mask < 0.5, colour, out)
    return out * mask + (1 - mask) * colour
