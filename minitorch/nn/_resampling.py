"""Padding and resampling: part of `functional`."""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.ops import shape

__all__ = [
    "pad",
]


_PAD_MODES = ("constant", "reflect", "replicate", "circular")


def pad(input: Tensor, pad: Any, mode: str = "constant", value: float | None = None) -> Tensor:
    """`value` around the last axes: pad = (left, right, top, bottom, ...); negative numbers crop.

    Raises: RuntimeError for an odd count or too many; NotImplementedError for other modes.
    """
    pad = tuple(pad)
    if len(pad) % 2:
        raise RuntimeError(f"Padding length must be divisible by 2, got {len(pad)}: {pad}")
    if len(pad) > 2 * input.ndim:
        raise RuntimeError(
            f"Padding length should be less than or equal to two times the input dimension but got "
            f"padding length {len(pad)} and input of dimension {input.ndim}"
        )
    if mode != "constant":
        if mode in _PAD_MODES:
            raise NotImplementedError(f"pad: mode={mode!r} is not supported")
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    sides = [(0, 0)] * (input.ndim - len(pad) // 2) + list(zip(pad[0::2], pad[1::2]))[::-1]
    crop = tuple(slice(max(-b, 0), n - max(-a, 0)) for (b, a), n in zip(sides, input.shape))
    if any(b < 0 or a < 0 for b, a in sides):
        input = shape.basic_index(input, at=crop)
    return shape.constant_pad(
        input,
        before=tuple(max(b, 0) for b, _ in sides),
        after=tuple(max(a, 0) for _, a in sides),
        value=0 if value is None else value,
    )
