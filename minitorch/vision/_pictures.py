"""Pillow's images, where Pillow is installed."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

__all__ = ["is_picture", "picture_of", "pillow"]


def pillow() -> Any:
    """The module PIL.Image. Raises: ImportError that says what needs it."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            "Pillow is not installed, which reads, writes and transforms pictures: pip install "
            "pillow. Without it, tensors, PNG and PPM files remain."
        ) from error
    return Image


def is_picture(x: Any) -> bool:
    """Whether `x` is an image of Pillow's."""
    image = sys.modules.get("PIL.Image")
    return image is not None and isinstance(x, image.Image)


def picture_of(array: np.ndarray) -> Any:
    """An image of Pillow's with these uint8 pixels, (height, width) or with 3 channels behind.

    Differs: without Pillow the array itself, which `ToTensor` takes as well.
    """
    try:
        return pillow().fromarray(array)
    except ImportError:
        return array
