"""The table: one row per operation, grouped by kind. `ROWS` holds every row by name."""

from minitorch.backend import ROWS
from minitorch.ops import (
    compare,
    composite,
    contract,
    elementwise,
    fused,
    index,
    random,
    reduce,
    shape,
    window,
)

__all__ = [
    "ROWS",
    "compare",
    "composite",
    "contract",
    "elementwise",
    "fused",
    "index",
    "random",
    "reduce",
    "shape",
    "window",
]
