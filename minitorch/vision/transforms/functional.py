"""Transformations of one picture, or of tensors of shape (..., channels, height, width)."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from enum import Enum
from typing import Any

import numpy as np

import minitorch
from minitorch import Tensor
from minitorch.vision._pictures import is_picture
from minitorch.vision.transforms import _geometry, _pixels, _tensors
from minitorch.vision.transforms._convert import (
    convert_image_dtype,
    pil_to_tensor,
    to_pil_image,
    to_tensor,
)

__all__ = [
    "InterpolationMode",
    "adjust_brightness",
    "adjust_contrast",
    "adjust_gamma",
    "adjust_hue",
    "adjust_saturation",
    "adjust_sharpness",
    "affine",
    "autocontrast",
    "center_crop",
    "convert_image_dtype",
    "crop",
    "equalize",
    "erase",
    "five_crop",
    "gaussian_blur",
    "get_dimensions",
    "get_image_num_channels",
    "get_image_size",
    "hflip",
    "invert",
    "normalize",
    "pad",
    "pil_to_tensor",
    "posterize",
    "resize",
    "resized_crop",
    "rgb_to_grayscale",
    "rotate",
    "solarize",
    "ten_crop",
    "to_grayscale",
    "to_pil_image",
    "to_tensor",
    "vflip",
]


class InterpolationMode(Enum):
    """How colours between pixels are found. BOX, HAMMING and LANCZOS are for pictures alone."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


_BY_NUMBER = dict(enumerate("nearest lanczos bilinear bicubic box hamming".split()))  # Pillow's


def mode_of(interpolation: Any) -> str:
    """The name of an InterpolationMode, or of Pillow's number for it.

    Raises: TypeError for anything else.
    """
    if isinstance(interpolation, InterpolationMode):
        return interpolation.value
    if isinstance(interpolation, int) and interpolation in _BY_NUMBER:
        return _BY_NUMBER[int(interpolation)]
    raise TypeError(f"interpolation: expected an InterpolationMode, got {interpolation!r}")


# -------------------------------------------------------------------- what a picture is


def _home(img: Any) -> Any:
    """The functions for tensors, or those for pictures."""
    if isinstance(img, Tensor):
        if img.ndim < 2:
            raise TypeError(
                f"expected a tensor (..., channels, height, width), got shape {list(img.shape)}"
            )
        return _tensors
    if is_picture(img):
        from minitorch.vision.transforms import _pillow

        return _pillow
    raise TypeError(f"img should be PIL Image or Tensor. Got {type(img).__name__}")


def get_dimensions(img: Any) -> list[int]:
    """[channels, height, width]."""
    return _home(img).dimensions(img)


def get_image_size(img: Any) -> list[int]:
    """[width, height]."""
    return get_dimensions(img)[:0:-1]


def get_image_num_channels(img: Any) -> int:
    """The number of channels."""
    return get_dimensions(img)[0]


# -------------------------------------------------------------------- sizes and places


def pair(size: Any, message: str = "size: expected one number or (height, width)") -> list:
    """(height, width) of one number, of [one], or of two. Raises: ValueError for others."""
    if isinstance(size, numbers.Number):
        return [size, size]
    if len(size) == 1:
        return [size[0], size[0]]
    if len(size) != 2:
        raise ValueError(f"{message}, got {size}")
    return list(size)


def resize(
    img: Any,
    size: Any,
    interpolation: Any = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """The picture with (height, width) `size`; one number is the length of the shorter side.

    Raises: ValueError where `max_size`, of the longer side, contradicts `size`.
    """
    _, height, width = get_dimensions(img)
    mode = mode_of(interpolation)
    if size is None or isinstance(size, int) or len(size) == 1:
        new = _geometry.resized(height, width, size, max_size)
    elif max_size is not None or len(size) != 2:
        raise ValueError(
            f"resize: expected size as (height, width), or one number (with or without max_size), "
            f"got size={size}, max_size={max_size}"
        )
    else:
        new = tuple(size)
    if new == (height, width):
        return img
    return _home(img).resize(img, new, mode, True if antialias is None else antialias)


def pad(img: Any, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> Any:
    """Borders around: one width, (left and right, top and bottom) or (left, top, right, bottom).

    `padding_mode` is constant, edge, reflect or symmetric.
    """
    if padding_mode not in ("constant", "edge", "reflect", "symmetric"):
        raise ValueError(
            f"pad: expected padding_mode constant, edge, reflect or symmetric, got {padding_mode!r}"
        )
    return _home(img).pad(img, _geometry.borders(padding), fill, padding_mode)


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """The part with this corner and size; what lies outside is black."""
    return _home(img).crop(img, top, left, height, width)


def center_crop(img: Any, output_size: Any) -> Any:
    """The middle, with black borders where the picture is smaller."""
    wanted_h, wanted_w = pair(output_size)
    _, height, width = get_dimensions(img)
    if wanted_h > height or wanted_w > width:
        over_h, over_w = max(wanted_h - height, 0), max(wanted_w - width, 0)
        img = pad(img, [over_w // 2, over_h // 2, (over_w + 1) // 2, (over_h + 1) // 2])
        _, height, width = get_dimensions(img)
        if (wanted_h, wanted_w) == (height, width):
            return img
    top, left = round((height - wanted_h) / 2), round((width - wanted_w) / 2)
    return crop(img, top, left, wanted_h, wanted_w)


def resized_crop(
    img: Any,
    top: int,
    left: int,
    height: int,
    width: int,
    size: Any,
    interpolation: Any = InterpolationMode.BILINEAR,
    antialias: bool | None = True,
) -> Any:
    """A part of the picture, resized."""
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)


def hflip(img: Any) -> Any:
    """Left and right exchanged."""
    return _home(img).hflip(img)


def vflip(img: Any) -> Any:
    """Top and bottom exchanged."""
    return _home(img).vflip(img)


def five_crop(img: Any, size: Any) -> tuple:
    """The four corners (top left, top right, bottom left, bottom right) and the middle."""
    h, w = pair(size)
    _, height, width = get_dimensions(img)
    if w > width or h > height:
        raise ValueError(f"five_crop: expected size within {(height, width)}, got {(h, w)}")
    corners = [(t, x) for t in (0, height - h) for x in (0, width - w)]
    return (*(crop(img, t, x, h, w) for t, x in corners), center_crop(img, [h, w]))


def ten_crop(img: Any, size: Any, vertical_flip: bool = False) -> tuple:
    """`five_crop` of the picture and of its mirror image."""
    mirrored = vflip(img) if vertical_flip else hflip(img)
    return five_crop(img, size) + five_crop(mirrored, size)


def rotate(
    img: Any,
    angle: float,
    interpolation: Any = InterpolationMode.NEAREST,
    expand: bool = False,
    center: Sequence[float] | None = None,
    fill: Any = None,
) -> Any:
    """Turned by `angle` degrees against the clock around `center` (x, y), the middle if None."""
    if not isinstance(angle, numbers.Number):
        raise TypeError(f"rotate: expected a number of degrees, got {angle!r}")
    if center is not None and not isinstance(center, (list, tuple)):
        raise TypeError(f"rotate: expected center as (x, y), got {center!r}")
    return _home(img).rotate(img, angle, mode_of(interpolation), expand, center, fill)


def affine(
    img: Any,
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: Any,
    interpolation: Any = InterpolationMode.NEAREST,
    fill: Any = None,
    center: Sequence[float] | None = None,
) -> Any:
    """Sheared (degrees), turned clockwise by `angle`, scaled, and moved by `translate` pixels."""
    if len(translate) != 2:
        raise ValueError(f"affine: expected translate as (x, y), got {translate}")
    if scale <= 0:
        raise ValueError(f"affine: expected scale > 0, got {scale}")
    shear = [shear, 0.0] if isinstance(shear, numbers.Number) else list(shear)
    shear = shear if len(shear) == 2 else [shear[0], shear[0]]
    return _home(img).affine(
        img, angle, list(translate), scale, shear, mode_of(interpolation), fill, center
    )


# -------------------------------------------------------------------- colours


def normalize(tensor: Tensor, mean: Any, std: Any, inplace: bool = False) -> Tensor:
    """(tensor - mean) / std, channel by channel.

    Raises: TypeError unless it is a tensor of floating-point numbers; ValueError for std 0.
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"normalize: expected a tensor, got {type(tensor).__name__}")
    if not tensor.is_floating_point():
        raise TypeError(f"normalize: expected a floating-point tensor, got {tensor.dtype}")
    if tensor.ndim < 3:
        raise ValueError(
            f"normalize: expected (..., channels, height, width), got {list(tensor.shape)}"
        )
    array = tensor.detach().numpy()
    mean, std = (np.asarray(v, array.dtype) for v in (mean, std))
    if not std.all():
        raise ValueError(f"normalize: std is 0 in {tensor.dtype}, division by zero")
    mean, std = (v.reshape(-1, 1, 1) if v.ndim == 1 else v for v in (mean, std))
    if not inplace and not tensor.requires_grad:  # a sample of a dataset: a fifth of the time
        out = array - mean
        out /= std
        return minitorch.from_numpy(out)
    mean, std = minitorch.from_numpy(mean), minitorch.from_numpy(std)
    return (tensor if inplace else tensor.clone()).sub_(mean).div_(std)


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """0 is black, 1 the picture itself."""
    return _home(img).brightness(img, _factor("brightness", brightness_factor))


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """0 is the mean grey, 1 the picture itself."""
    return _home(img).contrast(img, _factor("contrast", contrast_factor))


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """0 is without colour, 1 the picture itself."""
    return _home(img).saturation(img, _factor("saturation", saturation_factor))


def adjust_sharpness(img: Any, sharpness_factor: float) -> Any:
    """0 is blurred, 1 the picture itself."""
    return _home(img).sharpness(img, _factor("sharpness", sharpness_factor))


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """All colours turned by a part of their circle, from -0.5 to 0.5."""
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"adjust_hue: expected hue_factor in [-0.5, 0.5], got {hue_factor}")
    return _home(img).hue(img, hue_factor)


def adjust_gamma(img: Any, gamma: float, gain: float = 1) -> Any:
    """gain * img ** gamma, of colours in [0, 1]."""
    if gamma < 0:
        raise ValueError(f"adjust_gamma: expected gamma >= 0, got {gamma}")
    return _home(img).gamma(img, gamma, gain)


def _factor(name: str, factor: float) -> float:
    if factor < 0:
        raise ValueError(f"adjust_{name}: expected a factor >= 0, got {factor}")
    return factor


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """0.2989 red + 0.587 green + 0.114 blue, once or in 3 equal channels."""
    if num_output_channels not in (1, 3):
        raise ValueError(f"expected num_output_channels 1 or 3, got {num_output_channels}")
    return _home(img).grayscale(img, num_output_channels)


to_grayscale = rgb_to_grayscale


def invert(img: Any) -> Any:
    """The negative."""
    return _home(img).invert(img)


def posterize(img: Any, bits: int) -> Any:
    """The `bits` highest bits of each colour."""
    if not 0 <= bits <= 8:
        raise ValueError(f"posterize: expected bits in [0, 8], got {bits}")
    return _home(img).posterize(img, bits)


def solarize(img: Any, threshold: float) -> Any:
    """The negative of what is not below `threshold`."""
    return _home(img).solarize(img, threshold)


def autocontrast(img: Any) -> Any:
    """Each channel stretched from black to white."""
    return _home(img).autocontrast(img)


def equalize(img: Any) -> Any:
    """Each channel with its colours spread evenly."""
    return _home(img).equalize(img)


def gaussian_blur(img: Any, kernel_size: Any, sigma: Any = None) -> Any:
    """Smoothed with a bell of `kernel_size` (x, y) pixels; sigma is 0.15 size + 0.35 if None."""
    size = [kernel_size] * 2 if isinstance(kernel_size, int) else list(kernel_size)
    if len(size) != 2 or any(n % 2 == 0 or n < 0 for n in size):
        raise ValueError(f"gaussian_blur: expected odd and positive kernel sizes, got {size}")
    if sigma is None:
        sigma = [n * 0.15 + 0.35 for n in size]
    sigma = pair(sigma, "gaussian_blur: expected sigma as one number or two")
    if any(s <= 0 for s in sigma):
        raise ValueError(f"gaussian_blur: expected sigma > 0, got {sigma}")
    if isinstance(img, Tensor):
        return _pixels.blurred(img, size, sigma)
    _home(img)
    blurred = _pixels.blurred(pil_to_tensor(img), size, sigma)
    return to_pil_image(blurred, mode=img.mode)


def erase(img: Tensor, i: int, j: int, h: int, w: int, v: Tensor, inplace: bool = False) -> Tensor:
    """A tensor with the rectangle at row i, column j, of size (h, w), set to `v`."""
    if not isinstance(img, Tensor):
        raise TypeError(f"erase: expected a tensor, got {type(img).__name__}")
    img = img if inplace else img.clone()
    img[..., i : i + h, j : j + w] = v
    return img
