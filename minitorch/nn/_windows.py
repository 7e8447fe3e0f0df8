"""What the functions on windows have in common: sizes for each axis, inputs without a batch."""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.ops import shape

__all__ = [
    "batched",
    "pair",
]


def pair(n: Any, name: str) -> tuple[int, int]:
    if isinstance(n, int):
        return (n, n)
    found = tuple(n)
    if len(found) == 1:
        return (found[0], found[0])
    if len(found) != 2:
        raise RuntimeError(f"{name} must be an int or two of them, got {n}")
    return found


def batched(function: Any, input: Tensor, *args: Any) -> Any:
    """Call `function` on a batch: one image (C, H, W) goes in and comes out as itself."""
    if input.ndim != 3:
        return function(input, *args)
    out = function(shape.unsqueeze(input, dim=0), *args)
    if isinstance(out, tuple):
        return tuple(shape.squeeze(o, dim=0) for o in out)
    return shape.squeeze(out, dim=0)
