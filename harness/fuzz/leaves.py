"""The numbers of leaves: uneven ones, and what lies at an edge."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.fuzz.scope import Choices, Scope

SHAPES = (
    (2,), (3,), (2, 3), (), (2, 2), (3, 2), (2, 1), (1, 3), (3, 3), (4,), (2, 2, 3), (2, 3, 2),
    (6,), (1,), (2, 1, 3), (1, 1), (3, 1, 2), (0,), (2, 0), (2, 3, 1, 2),
)  # fmt: skip

POOL = (
    1.0, 0.5, -1.0, 2.0, 0.7, -0.3, 1.3, -1.7, 0.11, -0.61, 0.83, 1.9, -0.5, -0.07, 0.37, -1.1, 2.3,
)  # fmt: skip
"""Some that were chosen, and more that fill their mantissa: a move of one ulp moves only those."""

EDGES = {
    "zeros": (0.0, 0.0, -0.0, 0.7),
    "ties": (0.7, 0.7, -0.3),
    "huge": (2.0e18, -0.9, 7.0e17, 1.1),
    "tiny": (3.0e-20, 0.7, -7.0e-23, 0.0),
    "beyond": (float("inf"), 0.7, float("-inf"), 0.3),
    "nan": (float("nan"), 0.7, 1.3, -0.3),
}

CLASSES = ("plain",) * 20 + ("zeros", "ties", "zeros", "ties", "huge", "tiny", "beyond", "nan")
DTYPES = ("float32",) * 13 + ("float64", "int64", "bool", "int32", "uint8")


def leaf(scope: Scope, c: Choices) -> None:
    """Add a leaf; most are float32 and require a gradient."""
    shape, dtype = c.of(SHAPES), c.of(DTYPES)
    grad = dtype.startswith("float") and c.below(8) < 6
    pool = EDGES.get(c.of(CLASSES), POOL)
    start, step = c.byte(), c.byte() | 1
    size = int(np.prod(shape, dtype=int))
    numbers: Any = np.array([pool[(start + i * step) % len(pool)] for i in range(size)])
    if not dtype.startswith("float"):
        numbers = np.clip(np.nan_to_num(numbers), -50, 50) * 2
        numbers = np.abs(numbers) if dtype == "uint8" else numbers
        numbers = np.trunc(numbers) if dtype != "bool" else numbers > 0
    scope.leaf(numbers.astype(dtype).reshape(shape).tolist(), shape, dtype, grad)
