"""What the layers on windows have in common: sizes for each axis."""

from __future__ import annotations

from typing import Any

from minitorch.ops.window import each

__all__ = [
    "pair",
]


def pair(n: Any, name: str) -> tuple[int, int]:
    """`n`, one int or two of them, as two."""
    return each(n, 2, name)
