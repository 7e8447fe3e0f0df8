"""Sizes and matrices of transformed pictures: plain numbers."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from typing import Any

__all__ = ["borders", "inverse_affine", "resized", "turned_size"]


def resized(height: int, width: int, size: Any, max_size: int | None) -> tuple[int, int]:
    """(height, width) with the shorter side `size` and the longer at most `max_size`; with
    `size=None` the longer side is `max_size`.

    Raises: ValueError for a `max_size` that is no larger than `size`, and for neither.
    """
    short, long = min(height, width), max(height, width)
    if size is None:
        if max_size is None:
            raise ValueError("resize: expected size or max_size, got neither")
        short, long = int(max_size * short / long), max_size
    else:
        wanted = size if isinstance(size, int) else size[0]
        if max_size is not None and max_size <= wanted:
            raise ValueError(f"resize: expected max_size > size, got {max_size} <= {wanted}")
        short, long = wanted, int(wanted * long / short)
        if max_size is not None and long > max_size:
            short, long = int(max_size * short / long), max_size
    return (long, short) if width <= height else (short, long)


def borders(padding: Any) -> list[int]:
    """[left, top, right, bottom] of one number, two, or four. Raises: TypeError, ValueError."""
    if isinstance(padding, numbers.Number):
        return [padding] * 4  # type: ignore[list-item]
    if not isinstance(padding, (tuple, list)):
        raise TypeError(f"pad: expected padding as a number or a sequence, got {padding!r}")
    if len(padding) not in (1, 2, 4):
        raise ValueError(f"pad: expected padding of 1, 2 or 4 numbers, got {len(padding)}")
    return list(padding) * (4 // len(padding))


def inverse_affine(
    center: Sequence[float],
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: Sequence[float],
) -> list[float]:
    """[a, b, c, d, e, f]: the point (x, y) of the result shows (ax + by + c, dx + ey + f).

    What is inverted is: move `center` to the origin, shear, turn, scale, move back, translate.
    """
    turn, sx, sy = math.radians(angle), math.radians(shear[0]), math.radians(shear[1])
    a = math.cos(turn - sy) / math.cos(sy)
    b = -math.cos(turn - sy) * math.tan(sx) / math.cos(sy) - math.sin(turn)
    c = math.sin(turn - sy) / math.cos(sy)
    d = -math.sin(turn - sy) * math.tan(sx) / math.cos(sy) + math.cos(turn)
    p, q, r, s = d / scale, -b / scale, -c / scale, a / scale  # ad - bc = 1
    x, y = -center[0] - translate[0], -center[1] - translate[1]
    return [p, q, p * x + q * y + center[0], r, s, r * x + s * y + center[1]]


def turned_size(matrix: Sequence[float], width: int, height: int) -> tuple[int, int]:
    """(width, height) of the frame around the picture after `matrix`, in whole pixels."""
    a, b, c, d, e, f = matrix
    corners = [(x * width / 2, y * height / 2) for x in (-1, 1) for y in (-1, 1)]
    xs = [a * x + b * y + c + width / 2 for x, y in corners]
    ys = [d * x + e * y + f + height / 2 for x, y in corners]

    def span(values: list[float]) -> int:
        kept = [round(v, 4) for v in values]  # a rounding error is no pixel
        return math.ceil(max(kept)) - math.floor(min(kept))

    return span(xs), span(ys)
