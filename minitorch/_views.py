"""How a view is remembered, and how memory is laid out like another's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .backend import ROWS

if TYPE_CHECKING:
    from ._tensor import Tensor


class View:
    """How a view came from its base: replay `chain`, a tuple of (function, keyword arguments).

    `version` is the base's version for which the view's node was made; `mode` forbids in-place
    operations: 'no_grad' = made while nothing was recorded, 'multiple' = one of several views.
    """

    __slots__ = ("base", "chain", "mode", "version")

    def __init__(self, base: Tensor, chain: tuple, version: int, mode: str) -> None:
        self.base, self.chain, self.version, self.mode = base, chain, version, mode


FROZEN = ("no_grad", "multiple")
"""The modes of views that are not made anew: a write to their base ends their history."""


def replay(chain: tuple, source: Any) -> Any:
    """The view of `source` (a tensor or an array) that `chain` made of another."""
    for function, params in chain:
        source = function(source, **params)
    return source


def laid_as(g: Any, model: np.ndarray) -> Any:
    """`g`, an array or a tensor, with the strides of `model`; row-major where that has gaps."""
    array = getattr(g, "_array", g)
    if type(array) is not np.ndarray:
        return np.asarray(array)  # a scalar
    if array.flags.c_contiguous and model.flags.c_contiguous:
        return g
    order = sorted(range(model.ndim), key=model.strides.__getitem__, reverse=True)
    dense = model.transpose(order).flags.c_contiguous and not model.flags.c_contiguous
    strides = tuple(s // model.itemsize for s in model.strides) if dense else None
    return ROWS["relaid"].public(g, strides=strides)
