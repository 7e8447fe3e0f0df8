"""What a loss does with its elements: 'mean', 'sum' or 'none', and the two flags of old."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch.ops.fused import check_reduction


def reduction_of(size_average: Any, reduce: Any, reduction: str) -> str:
    """`reduction`, or torch's old two flags as one.

    Raises: ValueError unless it is 'none', 'mean' or 'sum'.
    """
    if size_average is not None or reduce is not None:
        return legacy_get_string(size_average, reduce, stacklevel=4)
    if reduction == "elementwise_mean":
        _deprecated("reduction='elementwise_mean' is deprecated: say reduction='mean'", 4)
        return "mean"
    check_reduction(reduction)
    return reduction


def _deprecated(text: str, stacklevel: int) -> None:
    warnings.warn(text, stacklevel=stacklevel + 1)


def legacy_get_string(
    size_average: Any, reduce: Any, emit_warning: bool = True, stacklevel: int = 3
) -> str:
    """The reduction that two flags ask for: `reduce` at all, and by `size_average` or the sum."""
    if reduce is False:
        found = "none"
    else:
        found = "sum" if size_average is False else "mean"
    if emit_warning:
        text = f"size_average and reduce args will be deprecated: say reduction='{found}'"
        _deprecated(text, stacklevel)
    return found


def get_enum(reduction: str) -> int:
    """The number torch gives a reduction. Raises: ValueError for one that is not."""
    return ("none", "mean", "sum").index(reduction_of(None, None, reduction))


def legacy_get_enum(size_average: Any, reduce: Any, emit_warning: bool = True) -> int:
    """The number of the reduction that two flags ask for."""
    return get_enum(legacy_get_string(size_average, reduce, emit_warning, 4))
