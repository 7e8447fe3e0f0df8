"""Transformations of tensors (..., channels, height, width): colours."""

from __future__ import annotations

import minitorch
from minitorch import Tensor
from minitorch.nn import functional as F

__all__ = [
    "autocontrast",
    "blurred",
    "brightness",
    "contrast",
    "equalize",
    "gamma",
    "grayscale",
    "hue",
    "invert",
    "posterize",
    "saturation",
    "sharpness",
    "solarize",
]


def _white(img: Tensor) -> int:
    return 1 if img.is_floating_point() else minitorch.iinfo(img.dtype).max


def _real(img: Tensor) -> Tensor:
    return img if img.is_floating_point() else img.float()


def _colours(img: Tensor, name: str, allowed: tuple = (1, 3)) -> int:
    channels = img.shape[-3] if img.ndim > 2 else 1
    if channels not in allowed:
        raise TypeError(f"{name}: expected {allowed} channels, got {channels}")
    return channels


def _blend(img: Tensor, other: Tensor, ratio: float) -> Tensor:
    """ratio img + (1 - ratio) other, within black and white."""
    return (ratio * img + (1.0 - ratio) * other).clamp(0, _white(img)).to(img.dtype)


def brightness(img: Tensor, factor: float) -> Tensor:
    """0 is black."""
    _colours(img, "adjust_brightness")
    return _blend(img, minitorch.zeros_like(img), factor)


def contrast(img: Tensor, factor: float) -> Tensor:
    """0 is the mean grey."""
    grey = grayscale(img, 1) if _colours(img, "adjust_contrast") == 3 else img
    return _blend(img, _real(grey).mean((-3, -2, -1), keepdim=True), factor)


def saturation(img: Tensor, factor: float) -> Tensor:
    """0 is without colour."""
    return (
        img if _colours(img, "adjust_saturation") == 1 else _blend(img, grayscale(img, 1), factor)
    )


def sharpness(img: Tensor, factor: float) -> Tensor:
    """0 is smoothed by the weights 1 1 1, 1 5 1, 1 1 1."""
    _colours(img, "adjust_sharpness")
    if min(img.shape[-2:]) <= 2:
        return img
    weights = minitorch.ones(3, 3, dtype=_real(img).dtype)
    weights[1, 1] = 5
    smooth = img.clone()
    smooth[..., 1:-1, 1:-1] = _filtered(img, weights / weights.sum())
    return _blend(img, smooth, factor)


def _filtered(img: Tensor, weights: Tensor) -> Tensor:
    """Every channel correlated with `weights`, in its own dtype."""
    batch = _real(img).reshape(-1, *img.shape[-3:])
    kernel = weights.expand(batch.shape[1], 1, *weights.shape)
    out = F.conv2d(batch, kernel, groups=batch.shape[1])
    out = out if img.is_floating_point() else out.round().to(img.dtype)
    return out.reshape(*img.shape[:-2], *out.shape[-2:])


def blurred(img: Tensor, size: list[int], sigma: list[float]) -> Tensor:
    """Smoothed with a bell of `size` (x, y), its borders a mirror."""
    kind = _real(img).dtype
    across, down = (_bell(n, s, kind) for n, s in zip(size, sigma))
    sides = [size[0] // 2, size[0] // 2, size[1] // 2, size[1] // 2]
    padded = F.pad(_real(img).reshape(-1, *img.shape[-3:]), sides, mode="reflect")
    out = _filtered(padded, down[:, None] * across)
    out = out if img.is_floating_point() else out.round().to(img.dtype)
    return out.reshape(img.shape)


def _bell(n: int, sigma: float, dtype: minitorch.dtype) -> Tensor:
    half = (n - 1) * 0.5
    x = minitorch.linspace(-half, half, steps=n, dtype=dtype)
    height = minitorch.exp(-0.5 * (x / sigma).pow(2))
    return height / height.sum()


def hue(img: Tensor, factor: float) -> Tensor:
    """The hue of HSV moved along its circle."""
    if _colours(img, "adjust_hue") == 1:
        return img
    colours = _real(img) / _white(img)
    h, s, v = _hsv(colours)
    out = _rgb((h + factor) % 1.0, s, v)
    if img.is_floating_point():
        return out
    return (out * (_white(img) + 1.0 - 1e-3)).to(img.dtype)


def _hsv(img: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue, saturation and value, each in [0, 1]."""
    r, g, b = img.unbind(-3)
    high, low = img.amax(-3), img.amin(-3)
    span = high - low
    safe = minitorch.where(span == 0, minitorch.ones_like(span), span)
    rc, gc, bc = (high - r) / safe, (high - g) / safe, (high - b) / safe
    sixths = minitorch.where(
        high == r, bc - gc, minitorch.where(high == g, 2.0 + rc - bc, 4.0 + gc - rc)
    )
    s = span / minitorch.where(span == 0, minitorch.ones_like(high), high)
    return (sixths / 6.0 + 1.0) % 1.0, s, high


def _rgb(h: Tensor, s: Tensor, v: Tensor) -> Tensor:
    """The colours of hue, saturation and value."""
    sector = (h * 6.0).floor()
    f = h * 6.0 - sector
    p, q, t = ((v * (1.0 - part)).clamp(0.0, 1.0) for part in (s, s * f, s * (1.0 - f)))
    sector = sector.long() % 6
    by_sector = ((v, q, p, p, t, v), (t, v, v, q, p, p), (p, p, t, v, v, q))
    channels = [minitorch.stack(c, -3).gather(-3, sector[..., None, :, :]) for c in by_sector]
    return minitorch.cat(channels, -3)


def gamma(img: Tensor, gamma: float, gain: float) -> Tensor:
    """gain * img ** gamma, of colours in [0, 1]."""
    _colours(img, "adjust_gamma")
    out = (gain * (_real(img) / _white(img)) ** gamma).clamp(0, 1)
    if img.is_floating_point():
        return out
    return (out * (_white(img) + 1.0 - 1e-3)).to(img.dtype)


def grayscale(img: Tensor, channels: int) -> Tensor:
    """0.2989 red + 0.587 green + 0.114 blue."""
    if img.ndim < 3:
        raise TypeError(f"expected (..., channels, height, width), got {list(img.shape)}")
    if _colours(img, "rgb_to_grayscale") == 3:
        r, g, b = img.unbind(-3)
        img = (0.2989 * r + 0.587 * g + 0.114 * b).to(img.dtype).unsqueeze(-3)
    return img.expand(*img.shape[:-3], 3, *img.shape[-2:]) if channels == 3 else img.clone()


def invert(img: Tensor) -> Tensor:
    """White minus the colour."""
    _colours(img, "invert")
    return _white(img) - img


def posterize(img: Tensor, bits: int) -> Tensor:
    """The highest bits. Raises: TypeError unless uint8."""
    if img.dtype != minitorch.uint8:
        raise TypeError(f"posterize: expected uint8, got {img.dtype}")
    return img & (-(2 ** (8 - bits)) & 255)


def solarize(img: Tensor, threshold: float) -> Tensor:
    """The negative of what is bright."""
    if threshold > _white(img):
        raise TypeError(f"solarize: expected threshold <= {_white(img)}, got {threshold}")
    return minitorch.where(img >= threshold, invert(img), img)


def autocontrast(img: Tensor) -> Tensor:
    """From black to white; a channel of one colour stays."""
    _colours(img, "autocontrast")
    low, high = (_real(x) for x in (img.amin((-2, -1), True), img.amax((-2, -1), True)))
    scale = _white(img) / (high - low)
    flat = high == low
    low = minitorch.where(flat, minitorch.zeros_like(low), low)
    scale = minitorch.where(flat, minitorch.ones_like(scale), scale)
    return ((img - low) * scale).clamp(0, _white(img)).to(img.dtype)


def equalize(img: Tensor) -> Tensor:
    """The histogram of each channel flattened. Raises: TypeError unless uint8."""
    if img.dtype != minitorch.uint8:
        raise TypeError(f"equalize: expected uint8, got {img.dtype}")
    planes = [_equalized(plane) for plane in img.reshape(-1, *img.shape[-2:])]
    return minitorch.stack(planes).reshape(img.shape)


def _equalized(plane: Tensor) -> Tensor:
    counts = minitorch.bincount(plane.reshape(-1).long(), minlength=256)
    filled = counts[counts != 0]
    step = int(filled[:-1].sum()) // 255
    if step == 0:
        return plane
    table = (counts.cumsum(0) + step // 2) // step
    table = minitorch.cat([table.new_zeros(1), table[:-1]]).clamp(0, 255)
    return table[plane.long()].to(minitorch.uint8)
