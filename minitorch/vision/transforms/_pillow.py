"""Transformations of Pillow's images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from minitorch.vision.transforms._geometry import inverse_affine

_FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "nearest-exact": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "box": Image.Resampling.BOX,
    "hamming": Image.Resampling.HAMMING,
    "lanczos": Image.Resampling.LANCZOS,
}


def dimensions(img: Any) -> list[int]:
    """[channels, height, width]."""
    return [len(img.getbands()), img.height, img.width]


def _colour(img: Any, fill: Any, name: str) -> Any:
    """What Pillow takes for a colour: one number is meant for every band."""
    bands = len(img.getbands())
    if fill is None:
        fill = 0
    if isinstance(fill, (int, float)):
        fill = [fill] * bands
    if len(fill) == 1:
        fill = list(fill) * bands
    if len(fill) != bands:
        raise ValueError(f"{name}: expected one fill or {bands}, got {len(fill)}")
    if img.mode != "F":
        fill = [int(f) for f in fill]
    return tuple(fill) if bands > 1 else fill[0]


def resize(img: Any, size: tuple[int, int], mode: str, antialias: bool) -> Any:
    """Always without aliasing."""
    return img.resize(tuple(size[::-1]), _FILTERS[mode])


def pad(img: Any, sides: list[int], fill: Any, mode: str) -> Any:
    """By Pillow for one colour, by NumPy otherwise, also for a palette."""
    left, top, right, bottom = sides
    if mode == "constant":
        out = ImageOps.expand(img, border=tuple(sides), fill=_colour(img, fill, "pad"))
        if img.mode == "P":
            out.putpalette(img.getpalette())
        return out
    cut = [-min(side, 0) for side in sides]
    if any(cut):
        img = img.crop((cut[0], cut[1], img.width - cut[2], img.height - cut[3]))
        left, top, right, bottom = (max(side, 0) for side in sides)
    array = np.asarray(img)
    widths = [(top, bottom), (left, right)] + [(0, 0)] * (array.ndim - 2)
    out = Image.fromarray(np.pad(array, widths, mode))
    if img.mode == "P":
        out.putpalette(img.getpalette())
    return out


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """Black outside."""
    return img.crop((left, top, left + width, top + height))


def hflip(img: Any) -> Any:
    """Left and right exchanged."""
    return img.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def vflip(img: Any) -> Any:
    """Top and bottom exchanged."""
    return img.transpose(Image.Transpose.FLIP_TOP_BOTTOM)


def rotate(
    img: Any, angle: float, mode: str, expand: bool, center: Sequence[float] | None, fill: Any
) -> Any:
    """Against the clock."""
    colour = _colour(img, fill, "rotate")
    return img.rotate(angle, _FILTERS[mode], expand, center, fillcolor=colour)


def affine(
    img: Any,
    angle: float,
    translate: list[float],
    scale: float,
    shear: list[float],
    mode: str,
    fill: Any,
    center: Sequence[float] | None,
) -> Any:
    """Around the middle, where no `center` is given."""
    around = center or [img.width * 0.5, img.height * 0.5]
    matrix = inverse_affine(around, angle, translate, scale, shear)
    colour = _colour(img, fill, "affine")
    return img.transform(img.size, Image.Transform.AFFINE, matrix, _FILTERS[mode], fillcolor=colour)


def brightness(img: Any, factor: float) -> Any:
    """0 is black."""
    return ImageEnhance.Brightness(img).enhance(factor)


def contrast(img: Any, factor: float) -> Any:
    """0 is the mean grey."""
    return ImageEnhance.Contrast(img).enhance(factor)


def saturation(img: Any, factor: float) -> Any:
    """0 is without colour."""
    return ImageEnhance.Color(img).enhance(factor)


def sharpness(img: Any, factor: float) -> Any:
    """0 is blurred."""
    return ImageEnhance.Sharpness(img).enhance(factor)


def hue(img: Any, factor: float) -> Any:
    """The hue of HSV moved, around its circle of 256 steps."""
    if img.mode in ("L", "1", "I", "F"):
        return img
    h, s, v = img.convert("HSV").split()
    moved = np.asarray(h) + np.uint8(int(factor * 255) & 255)
    return Image.merge("HSV", (Image.fromarray(moved), s, v)).convert(img.mode)


def gamma(img: Any, gamma: float, gain: float) -> Any:
    """By a table of 256 entries."""
    table = [int((255 + 1 - 1e-3) * gain * (c / 255.0) ** gamma) for c in range(256)]
    return img.convert("RGB").point([min(c, 255) for c in table] * 3).convert(img.mode)


def grayscale(img: Any, channels: int) -> Any:
    """Mode L, or RGB with three equal bands."""
    grey = img.convert("L")
    return grey if channels == 1 else Image.merge("RGB", (grey, grey, grey))


def invert(img: Any) -> Any:
    """The negative."""
    return ImageOps.invert(img)


def posterize(img: Any, bits: int) -> Any:
    """The highest bits."""
    return ImageOps.posterize(img, bits)


def solarize(img: Any, threshold: float) -> Any:
    """The negative of what is bright."""
    return ImageOps.solarize(img, threshold)


def autocontrast(img: Any) -> Any:
    """From black to white."""
    return ImageOps.autocontrast(img)


def equalize(img: Any) -> Any:
    """Spread evenly."""
    return ImageOps.equalize(img)
