"""PPM and PGM, the formats of three lines of text and the pixels.

Source: https://netpbm.sourceforge.net/doc/ppm.html
"""

from __future__ import annotations

import math
import re

import numpy as np

__all__ = ["decode_ppm", "encode_ppm", "is_ppm"]

_HEAD = re.compile(rb"P([56])(?:\s|#[^\n]*\n)+(\d+)(?:\s|#[^\n]*\n)+(\d+)(?:\s|#[^\n]*\n)+255\s")


def encode_ppm(array: np.ndarray) -> bytes:
    """The file of uint8 pixels (height, width, 1 or 3)."""
    height, width, channels = array.shape
    return f"P{5 if channels == 1 else 6}\n{width} {height}\n255\n".encode() + array.tobytes()


def is_ppm(data: bytes) -> bool:
    """Whether a file begins as PGM or PPM with 8 bits do."""
    return _HEAD.match(data) is not None


def decode_ppm(data: bytes) -> np.ndarray:
    """The uint8 pixels (height, width, 1 or 3). Raises: RuntimeError where some are missing."""
    head = _HEAD.match(data)
    if head is None:
        raise RuntimeError("decode_ppm: the data does not begin as PGM or PPM do")
    kind, width, height = map(int, head.groups())
    size = (height, width, 1 if kind == 5 else 3)
    if len(data) - head.end() < math.prod(size):
        raise RuntimeError(f"decode_ppm: expected {size} pixels, got {len(data) - head.end()}")
    return np.frombuffer(data, np.uint8, math.prod(size), head.end()).reshape(size)
