"""Samples of products with sparse matrices: torch's words are indexing and dense products."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import minitorch.ops.coordinates  # noqa: F401  (its rows are there once it is loaded)
from tests.sampling import Sample, numbers, ours

PLACES = [
    ([2, 0, 2, 3, 2, 0], [1, 0, 1, 2, 0, 2]),  # unsorted, one place twice, an empty row
    ([1], [2]),
    ([0, 0, 0], [0, 1, 2]),
]


def samples() -> Iterator[Sample]:
    for at, where in enumerate(PLACES):
        rows, cols = map(np.array, where)

        def dense_product(T: Any, values: Any, x: Any, rows: Any = rows, cols: Any = cols) -> Any:
            at = (T.from_numpy(rows), T.from_numpy(cols))
            zeros = T.zeros(4, 3, dtype=values.dtype)
            return zeros.index_put(at, values, accumulate=True) @ x

        def elements(T: Any, x: Any, y: Any, rows: Any = rows, cols: Any = cols) -> Any:
            return (x[T.from_numpy(rows)] * y[T.from_numpy(cols)]).sum(1)

        how = {"label": f"places {at}", "rows": rows, "cols": cols}
        yield ours(
            "coo_mm", dense_product, numbers(len(rows)), numbers(3, 2, seed=1), size=4, **how
        )
        yield ours("coo_dots", elements, numbers(4, 2), numbers(3, 2, seed=1), **how)
