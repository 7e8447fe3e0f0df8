"""From pictures and arrays to tensors and back."""

from __future__ import annotations

from typing import Any

import numpy as np

import minitorch
from minitorch import Tensor
from minitorch.vision._pictures import is_picture, pillow

__all__ = ["convert_image_dtype", "pil_to_tensor", "to_pil_image", "to_tensor"]

_ARRAYS_OF = {"I": np.int32, "I;16": np.int16, "F": np.float32}  # others are uint8
_MODES = {np.dtype(np.uint8): "L", np.dtype(np.int16): "I;16", np.dtype(np.int32): "I",
          np.dtype(np.float32): "F"}  # fmt: skip
_BY_CHANNELS = {2: ("LA",), 3: ("RGB", "YCbCr", "HSV"), 4: ("RGBA", "CMYK", "RGBX")}


def to_tensor(pic: Any) -> Tensor:
    """A picture, or an array (height, width[, channels]), as a tensor (channels, height, width);
    uint8 colours are divided by 255.

    Raises: TypeError for anything else; ValueError for an array of other dimensions.
    """
    if isinstance(pic, np.ndarray):
        if pic.ndim not in (2, 3):
            raise ValueError(f"to_tensor: expected 2 or 3 dimensions, got {pic.ndim}")
        array = pic
    elif is_picture(pic):
        array = _array_of(pic)
    else:
        raise TypeError(
            f"pic should be PIL Image or ndarray. Got {type(pic).__module__}.{type(pic).__name__}"
        )
    array = _channels_first(array)
    if array.dtype == np.uint8:
        array = array.astype(minitorch.get_default_dtype().np)
        array /= 255
    return minitorch.from_numpy(array)


def pil_to_tensor(pic: Any) -> Tensor:
    """A picture as a tensor (channels, height, width) of its own integers.

    Raises: TypeError for what is no picture.
    """
    if not is_picture(pic):
        raise TypeError(f"pic should be PIL Image. Got {type(pic)}")
    return minitorch.from_numpy(_channels_first(_array_of(pic)))


def _array_of(pic: Any) -> np.ndarray:
    array = np.array(pic, _ARRAYS_OF.get(pic.mode, np.uint8), copy=True)
    return array * np.uint8(255) if pic.mode == "1" else array


def _channels_first(array: np.ndarray) -> np.ndarray:
    if array.ndim == 2:
        array = array[:, :, None]
    return np.ascontiguousarray(array.transpose(2, 0, 1))


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """A tensor (channels, height, width), or an array (height, width[, channels]), as a picture;
    the floating-point numbers of a tensor are multiplied by 255.

    Raises: TypeError for another type or dtype; ValueError for other dimensions, more than 4
        channels, a mode that has other channels.
    """
    if not isinstance(pic, (Tensor, np.ndarray)):
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    if pic.ndim not in (2, 3):
        raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
    if isinstance(pic, Tensor):
        array = pic.detach().numpy()
        if array.dtype.kind == "f" and mode != "F":
            array = (array * array.dtype.type(255)).astype(np.uint8)
        array = array if array.ndim == 2 else array.transpose(1, 2, 0)
    else:
        array = pic
    array = array[:, :, None] if array.ndim == 2 else array
    channels = array.shape[2]
    if channels > 4:
        raise ValueError(f"pic should not have > 4 channels. Got {channels} channels.")
    if channels == 1:
        expected, array = _MODES.get(array.dtype), array[:, :, 0]
        if mode is not None and mode != expected:
            raise ValueError(f"to_pil_image: {array.dtype} is mode {expected}, got mode={mode}")
    else:
        modes = _BY_CHANNELS[channels]
        if mode is not None and mode not in modes:
            raise ValueError(f"to_pil_image: {channels} channels are one of {modes}, got {mode}")
        expected = (mode or modes[0]) if array.dtype == np.uint8 else None
    if expected is None:
        raise TypeError(f"to_pil_image: no picture has {channels} channels of {array.dtype}")
    return _picture(np.ascontiguousarray(array), expected)


def _picture(array: np.ndarray, mode: str) -> Any:
    if mode in ("I;16", "YCbCr", "HSV", "CMYK", "RGBX"):  # not what Pillow reads from the dtype
        return pillow().frombytes(mode, array.shape[1::-1], array.tobytes())
    return pillow().fromarray(array)


def convert_image_dtype(image: Tensor, dtype: Any = None) -> Tensor:
    """Colours in another dtype: black stays 0, white becomes 1 or the largest integer.

    Raises: RuntimeError where float32 could not hold the integers asked for; TypeError for what
        is no tensor.
    """
    dtype = dtype or minitorch.float32
    if not isinstance(image, Tensor):
        raise TypeError(f"Input img should be Tensor Image, got {type(image).__name__}")
    if image.dtype == dtype:
        return image
    if image.is_floating_point():
        if dtype.is_floating_point:
            return image.to(dtype)
        short = image.dtype == minitorch.float32 and dtype in (minitorch.int32, minitorch.int64)
        if short or (image.dtype == minitorch.float64 and dtype == minitorch.int64):
            raise RuntimeError(f"The cast from {image.dtype} to {dtype} cannot be performed safely")
        return image.mul(_white(dtype) + 1.0 - 1e-3).to(dtype)
    if dtype.is_floating_point:
        return image.to(dtype) / _white(image.dtype)
    before, after = _white(image.dtype), _white(dtype)
    if before > after:
        return minitorch.div(image, (before + 1) // (after + 1), rounding_mode="floor").to(dtype)
    return image.to(dtype) * ((after + 1) // (before + 1))


def _white(dtype: Any) -> int:
    return 1 if dtype == minitorch.bool else minitorch.iinfo(dtype).max
