"""The table: one row per operation, grouped by kind. `ROWS` holds every row by name."""

from minitorch.backend import ROWS
from minitorch.ops import (
    adaptive,
    compare,
    composite,
    contract,
    convolve,
    elementwise,
    fused,
    index,
    pooling,
    random,
    reduce,
    shape,
)

__all__ = [
    "ROWS",
    "adaptive",
    "compare",
    "composite",
    "contract",
    "convolve",
    "elementwise",
    "fused",
    "index",
    "pooling",
    "random",
    "reduce",
    "shape",
]
