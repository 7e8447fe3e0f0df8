"""The order in which the elements of an array lie in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import errors

__all__ = ["dense_like", "memory_order"]


def memory_order(array: np.ndarray) -> list[int]:
    """The dimensions from the largest stride to the smallest."""
    errors.check_overlap(array)
    return sorted(range(array.ndim), key=array.strides.__getitem__, reverse=True)


def dense_like(array: np.ndarray, dtype: Any = None) -> np.ndarray:
    """An empty array of the same shape and order of dimensions without gaps: torch's empty_like.

    As NumPy's, but for expanded dimensions, which torch leaves where they stand. In this order
    dropout draws its mask.
    """
    shape, strides = array.shape, array.strides
    order = list(reversed(range(array.ndim)))  # to be sorted by strides, the innermost first
    for last in range(1, array.ndim):
        at = last
        for before in reversed(range(last)):
            a, b = order[before], order[at]
            if not (strides[a] and strides[b]):
                continue
            if (strides[a], shape[a]) > (strides[b], shape[b]):
                order[before], order[at] = b, a
                at = before
            elif strides[a] < strides[b]:
                break
    order.reverse()
    back = sorted(range(array.ndim), key=order.__getitem__)
    return np.empty([shape[dim] for dim in order], dtype or array.dtype).transpose(back)
