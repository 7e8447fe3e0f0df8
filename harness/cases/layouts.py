"""Cases of the database again on tensors that lie otherwise in memory, and on other scales.

The leaf lies in memory as usual; what the operation is given is a view of it, so that the gradient
is checked through the view too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from harness.cases.case import Case

LAYOUTS = ("transposed", "strided", "expanded")
SCALES = (0.01, 30.0, 1e-15, 1e15)

BY_MEMORY = re.compile(r"as_strided|view$|view_as|bmm.triton")
"""Operations whose meaning depends on how the tensor lies in memory."""

AMBIGUOUS = re.compile(
    r"sort|topk|median|mode|kthvalue|unique|pinv|inv|eigh|svd|cholesky|solve|lu|det|qr|lstsq"
    r"|linalg.*norm|cond|rank"
)
"""Not to be expanded: which of equal elements is taken is anybody's choice; singular matrices."""


FAR_OUT = {"nn.functional.soft_margin_loss", "matrix_exp", "linalg.matrix_exp"}
"""Where torch takes e ** x of numbers that are too large, in float64 too: nobody is a witness."""

FLAT = re.compile(r"tanh|sigmoid")
"""Far out to first order alone: a second derivative there is what rounding leaves of 0."""


def cases(found: Sequence[Case]) -> Iterator[Case]:
    """One case of each operation in every layout and on every scale."""
    largest: dict[str, Case] = {}
    for one in found:
        if one.inputs and one.label.startswith("sample") and _weight(one) > 0:
            largest.setdefault(one.op, one)
            if _weight(one) > _weight(largest[one.op]):
                largest[one.op] = one
    for op, one in largest.items():
        if not BY_MEMORY.search(op):
            for layout in LAYOUTS:
                if layout != "expanded" or not AMBIGUOUS.search(op):
                    yield from laid(one, layout)
        for scale in SCALES:
            if scale < 1 or op not in FAR_OUT:
                yield scaled(one, scale)


def _weight(one: Case) -> int:
    """How much a case tells of layouts: by its axes, then its elements, unless these are many."""
    if not all(a.size for a in one.inputs):
        return 0
    floating = [a for a in one.inputs if a.dtype.kind == "f"]
    size = sum(a.size for a in floating)
    return sum(a.ndim for a in floating) * 1000 + size if size < 500 else bool(floating)


def laid(one: Case, layout: str) -> Iterator[Case]:
    """`one` on tensors in another layout, where any of them can be."""
    where = {"transposed": 2, "strided": 1, "expanded": 2}[layout]
    which = [i for i, a in enumerate(one.inputs) if a.ndim >= where and a.dtype.kind == "f"]
    if not which:
        return
    inputs, views = list(one.inputs), {}
    for i in which:
        inputs[i], views[i] = _LAID[layout](one.inputs[i])

    def function(T: Any, *tensors: Any) -> Any:
        return one.function(T, *(views.get(i, _same)(x) for i, x in enumerate(tensors)))

    yield one._replace(label=f"{one.label}, {layout}", function=function, inputs=tuple(inputs))


def scaled(one: Case, scale: float) -> Case:
    """`one` with every floating input `scale` times as large; far out only to first order.

    Second derivatives of numbers around 1e15 overflow on one way or another.
    """
    inputs = tuple((a * scale).astype(a.dtype) if a.dtype.kind == "f" else a for a in one.inputs)
    near = 1e-3 < scale < (1 if FLAT.search(one.op) else 1e3)
    order = one.order if near else min(one.order, 1)
    return one._replace(label=f"{one.label}, times {scale:g}", inputs=inputs, order=order)


def _same(x: Any) -> Any:
    return x


def _transposed(a: np.ndarray) -> tuple[np.ndarray, Any]:
    axes = tuple(reversed(range(a.ndim)))
    return np.ascontiguousarray(a.transpose(axes)), lambda x: x.permute(axes)


def _strided(a: np.ndarray) -> tuple[np.ndarray, Any]:
    return np.repeat(a, 2, axis=-1), lambda x: x[..., ::2]


def _expanded(a: np.ndarray) -> tuple[np.ndarray, Any]:
    return np.ascontiguousarray(a[:1]), lambda x: x.expand(a.shape)


_LAID = {"transposed": _transposed, "strided": _strided, "expanded": _expanded}
