"""Picture files as tensors (channels, height, width) of uint8."""

from __future__ import annotations

import io
import os
from enum import Enum
from typing import Any

import numpy as np

import minitorch
from minitorch import Tensor, _png
from minitorch.vision._pictures import pillow
from minitorch.vision.io import _netpbm

__all__ = [
    "ImageReadMode",
    "decode_image",
    "decode_jpeg",
    "decode_png",
    "encode_jpeg",
    "encode_png",
    "read_file",
    "read_image",
    "write_file",
    "write_jpeg",
    "write_png",
]


class ImageReadMode(Enum):
    """Which channels a picture is read with; UNCHANGED: the file's own."""

    UNCHANGED = 0
    GRAY = 1
    GRAY_ALPHA = 2
    RGB = 3
    RGB_ALPHA = 4


_PILLOWS = {"GRAY": "L", "GRAY_ALPHA": "LA", "RGB": "RGB", "RGB_ALPHA": "RGBA"}


def read_file(path: Any) -> Tensor:
    """The bytes of a file, as uint8."""
    with open(path, "rb") as file:
        return minitorch.from_numpy(np.frombuffer(bytearray(file.read()), np.uint8))


def write_file(filename: Any, data: Tensor) -> None:
    """Write a uint8 tensor as bytes."""
    with open(filename, "wb") as file:
        file.write(data.numpy().tobytes())


def read_image(path: Any, mode: Any = ImageReadMode.UNCHANGED, apply_exif_orientation: Any = False):
    """The picture in a file: `decode_image` of its bytes."""
    return decode_image(read_file(path), mode, apply_exif_orientation)


def decode_image(
    input: Any, mode: Any = ImageReadMode.UNCHANGED, apply_exif_orientation: Any = False
) -> Tensor:
    """The picture in the bytes of a file, or in the file of that path.

    Raises: RuntimeError for bytes that are no picture; ImportError where that needs Pillow.
    Differs: without Pillow, PNG without palette or interlacing and PPM are read alone.
    """
    if isinstance(input, (str, os.PathLike)):
        input = read_file(input)
    mode = ImageReadMode[mode.upper()] if isinstance(mode, str) else mode
    data = input.numpy().tobytes()
    try:
        image = pillow()
    except ImportError:
        return _as_tensor(_in_mode(_own(data), mode))
    try:
        picture = image.open(io.BytesIO(data))
        picture.load()
    except (OSError, SyntaxError, ValueError, image.DecompressionBombError) as error:
        raise RuntimeError(f"decode_image: no picture in these {len(data)} bytes") from error
    if apply_exif_orientation:
        from PIL import ImageOps

        picture = ImageOps.exif_transpose(picture)
    if mode is not ImageReadMode.UNCHANGED:
        picture = picture.convert(_PILLOWS[mode.name])
    elif picture.mode == "P":
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    elif picture.mode == "1":
        picture = picture.convert("L")
    return _as_tensor(np.array(picture))


decode_png = decode_jpeg = decode_image


def _own(data: bytes) -> np.ndarray:
    """(height, width, channels) without Pillow. Raises: ImportError where it is needed."""
    if _netpbm.is_ppm(data):
        return _netpbm.decode_ppm(data)
    array = _png.decode_png(data)
    if array is None:
        pillow()
    return array  # type: ignore[return-value]


def _in_mode(array: np.ndarray, mode: ImageReadMode) -> np.ndarray:
    if mode is ImageReadMode.UNCHANGED:
        return array
    channels = array.shape[2]
    alpha = array[:, :, -1:] if channels in (2, 4) else np.full_like(array[:, :, :1], 255)
    colours = array[:, :, : 3 if channels > 2 else 1]
    if mode.value < 3 and colours.shape[2] == 3:  # as Pillow weighs them
        red, green, blue = colours.astype(np.uint32).transpose(2, 0, 1)
        grey = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
        colours = grey.astype(np.uint8)[:, :, None]
    elif mode.value >= 3:
        colours = np.broadcast_to(colours, (*array.shape[:2], 3))
    return colours if mode.value % 2 else np.concatenate([colours, alpha], 2)


def _as_tensor(array: np.ndarray) -> Tensor:
    array = array[:, :, None] if array.ndim == 2 else array
    return minitorch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))


def _pixels(input: Tensor, name: str) -> np.ndarray:
    """(height, width, channels). Raises: RuntimeError unless uint8 with 1 or 3 channels."""
    if input.dtype != minitorch.uint8 or input.ndim != 3 or input.shape[0] not in (1, 3):
        raise RuntimeError(
            f"{name}: expected a uint8 tensor (1 or 3, height, width), got {input.dtype}, "
            f"{list(input.shape)}"
        )
    return np.ascontiguousarray(input.numpy().transpose(1, 2, 0))


def encode_png(input: Tensor, compression_level: int = 6) -> Tensor:
    """The bytes of a PNG file."""
    data = _png.encode_png(_pixels(input, "encode_png"), compression_level)
    return minitorch.from_numpy(np.frombuffer(bytearray(data), np.uint8))


def write_png(input: Tensor, filename: Any, compression_level: int = 6) -> None:
    """Write a PNG file."""
    write_file(filename, encode_png(input, compression_level))


def encode_jpeg(input: Tensor, quality: int = 75) -> Tensor:
    """The bytes of a JPEG file, made by Pillow."""
    pixels = _pixels(input, "encode_jpeg")
    out = io.BytesIO()
    pixels = pixels[:, :, 0] if pixels.shape[2] == 1 else pixels
    pillow().fromarray(pixels).save(out, format="jpeg", quality=quality)
    return minitorch.from_numpy(np.frombuffer(bytearray(out.getvalue()), np.uint8))


def write_jpeg(input: Tensor, filename: Any, quality: int = 75) -> None:
    """Write a JPEG file."""
    write_file(filename, encode_jpeg(input, quality))
