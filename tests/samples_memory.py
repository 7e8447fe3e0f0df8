"""Samples of what moves elements or shares them: views, copies, indices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from minitorch.ops.index import ALL, ARRAY
from tests.sampling import (
    INF,
    Sample,
    both,
    integers,
    mask,
    numbers,
    ours,
    phrase,
)

# ------------------------------------------------------------------ shapes


def _spread_back(T: Any, x: Any) -> Any:
    """A sum over the middle axis of (2, 4, 3), seen in that shape again."""
    return (x.unsqueeze(1) if x.ndim == 2 else x).expand(2, 4, 3).clone()


def views() -> Iterator[Sample]:
    x = numbers(2, 3, 4)
    for size in [(6, 4), (-1,), (2, 1, 12), (2, -1, 2)]:
        yield ours("view", lambda T, x, size=size: x.view(size), x, size=size)
        yield phrase(
            "reshape", lambda T, x, size=size: T.reshape(x, size), x, label=str(size), kind="view"
        )
    yield ours("view", lambda T, x: x.view(1, 1), numbers(), size=(1, 1))
    yield ours("view", lambda T, x: x.view(0, 5), numbers(2, 0), size=(0, 5))
    for dims in [(2, 0, 1), (0, 1, 2), (-1, 1, 0)]:
        yield both("permute", x, dims=dims)
    yield both("permute", numbers(), dims=())
    for dim0, dim1 in [(0, 2), (-1, 1), (0, 0)]:
        yield both("transpose", x, dim0=dim0, dim1=dim1)
    yield both("transpose", numbers(), dim0=0, dim1=-1)
    for shape in [(2, 3), (3,), ()]:
        yield both("t", numbers(*shape))
    for shape, size in [
        ((3, 1), (3, 4)),
        ((3,), (2, 3)),
        ((1, 3), (-1, 3)),
        ((), (2, 2)),
        ((2, 1), (0, 2, 5)),
    ]:
        yield ours("expand", lambda T, x, size=size: x.expand(size), numbers(*shape), size=size)
    yield both("squeeze", numbers(1, 3, 1))
    for dim in (0, 1, -1, (0, 2)):
        yield both("squeeze", numbers(1, 3, 1), dim=dim)
    yield both("squeeze", numbers(), dim=0)
    for dim in (0, 1, -1):
        yield both("unsqueeze", numbers(2, 3), dim=dim)
    yield both("unsqueeze", numbers(), dim=0)
    for dim, index in [(0, 1), (1, -1), (-1, 2)]:
        yield both("select", x, dim=dim, index=index)
    for at in [
        (0,),
        (ALL, 1),
        (slice(1, None), ALL, slice(None, None, 2)),
        (None, 1, ..., 0),
        (...,),
        (slice(2, 1),),
    ]:
        yield ours("basic_index", lambda T, x, at=at: x[at], x, at=at)
    for offset, dim1, dim2 in [(0, 0, 1), (1, 0, 1), (-1, 1, 2), (0, -1, 0), (9, 0, 1)]:
        yield both("diagonal", x, offset=offset, dim1=dim1, dim2=dim2)
    for dim in (0, 1, -1):
        yield both("unbind", x, dim=dim)
    for sections, dim in [((1, 2), 1), ((2, 0, 2), 2), ((2,), 0)]:
        theirs = lambda T, x, sections=sections, dim=dim: T.split(x, list(sections), dim)  # noqa: E731
        yield ours("split_with_sizes", theirs, x, split_sizes=sections, dim=dim)


def copies() -> Iterator[Sample]:
    x, y = numbers(2, 3, 4), numbers(2, 3, 4, seed=1)
    yield both("clone", x)
    yield both("clone", numbers())
    unsafe = lambda T, x: x.transpose(0, 2).reshape(-1)  # noqa: E731
    yield phrase("reshape_copy", unsafe, x)
    yield ours("unsafe_view", lambda T, x: x.reshape(4, 6), x, size=(4, 6))
    yield phrase("to", lambda T, x: x.to(T.float64), x, label="float64")
    yield phrase("to", lambda T, x: x.to(T.float32), x, label="float32", derivatives=1)
    yield phrase("to", lambda T, x: x.to(T.int64), x, label="int64", derivatives=0)
    for size in [(3, 4), (1, 4), (2, 1, 4), (2, 3, 4)]:
        yield ours("sum_to", lambda T, x, size=size: x.sum_to_size(size), x, size=size)
    for shape, dim, keepdim in [((2, 3), 1, False), ((2, 1, 3), 1, True), ((), None, False)]:
        how = {"size": (2, 4, 3), "dim": dim, "keepdim": keepdim}
        yield ours("spread_back", _spread_back, numbers(*shape), **how)
    yield ours("copy", lambda T, x, y: x.clone().copy_(y), numbers(2, 3), numbers(3))
    yield ours("fill", lambda T, x, y: x.clone().fill_(y), numbers(2, 3), numbers())
    yield phrase("cat", lambda T, *x: T.cat(x), x, y)
    for dim in (1, -1):
        yield phrase("cat", lambda T, *x, dim=dim: T.cat(x, dim=dim), x, y, label=f"{dim}")
    yield phrase("cat", lambda T, *x: T.cat(x, 1), numbers(2, 3), numbers(2, 1), numbers(2, 0))
    yield phrase("cat", lambda T, *x: T.cat(x), numbers(0), numbers(2, 3))
    for dim in (0, 1, -1):
        yield phrase("stack", lambda T, *x, dim=dim: T.stack(x, dim=dim), x, y, label=f"{dim}")
    yield phrase("stack", lambda T, *x: T.stack(x), numbers(), numbers(seed=1))
    for dims in [(0,), (0, 2), (-1,), ()]:
        yield both("flip", x, dims=dims)
    for name in ("tril", "triu"):
        for diagonal in (0, 1, -1, 5):
            yield both(name, x, diagonal=diagonal)
    for shifts, dims in [((1,), (0,)), ((2, -1), (1, 2)), ((7,), (1,))]:
        yield both("roll", x, shifts=shifts, dims=dims)
    for repeats in [(2, 1, 3), (2, 2, 1, 1), (1, 0, 1)]:
        yield ours("repeat", lambda T, x, repeats=repeats: x.repeat(repeats), x, repeats=repeats)
    pad = lambda T, x: T.nn.functional.pad(x, (1, 2, 0, 1), value=0.5)  # noqa: E731
    yield ours("constant_pad", pad, numbers(2, 3), before=(0, 1), after=(1, 2), value=0.5)
    undiagonal = lambda T, x: T.diag_embed(x, 1)  # noqa: E731
    yield ours("undiagonal", undiagonal, numbers(2, 2), size=(2, 3, 3), offset=1, dim1=1, dim2=2)
    unslice = lambda T, x: T.nn.functional.pad(x, (0, 0, 1, 0))  # noqa: E731
    yield ours("unslice", unslice, numbers(2, 3), size=(3, 3), at=(slice(1, None),))


# ------------------------------------------------------------------ indices

REPEATED = np.array([2, 0, 2, 1])


def indices() -> Iterator[Sample]:
    x = numbers(3, 4)
    first, second = (ARRAY,), (ALL, ARRAY)
    yield ours("take", lambda T, x, i: x[i], x, REPEATED, spec=first, label="first")
    yield ours("take", lambda T, x, i: x[:, i], x, REPEATED, spec=second, label="second")
    pair = np.array([[0], [2]]), np.array([1, 3])
    yield ours("take", lambda T, x, i, j: x[i, j], x, *pair, spec=(ARRAY, ARRAY), label="pair")
    apart = lambda T, x, i, j: x[i, :, j]  # noqa: E731
    yield ours("take", apart, numbers(3, 2, 4), *pair, spec=(ARRAY, ALL, ARRAY), label="apart")
    yield ours("take", lambda T, x, m: x[m], x, mask(3, 4), spec=first, label="mask")
    yield ours("take", lambda T, x, m: x[m], x, mask(3), spec=first, label="mask of rows")
    yield ours("take", lambda T, x, i: x[i], x, integers(0), spec=first, label="none")
    put = lambda T, g, i: T.zeros(3, 4, dtype=g.dtype).index_put((i,), g, accumulate=True)  # noqa: E731
    yield ours("put_add", put, numbers(4, 4), REPEATED, size=(3, 4), spec=first, label="repeated")
    for accumulate in (False, True):
        for value in (numbers(2, 4, seed=1), numbers(4, seed=1), numbers(seed=1)):
            theirs = lambda T, x, v, i, a=accumulate: x.index_put((i,), v, a)  # noqa: E731
            yield ours(
                "index_put", theirs, x, value, np.array([2, 0]), spec=first, accumulate=accumulate
            )
    theirs = lambda T, x, v, m: x.index_put((m,), v)  # noqa: E731
    yield ours("index_put", theirs, x, numbers(), mask(3, 4), spec=first, label="mask")
    repeated = lambda T, x, v, i: x.index_put((i,), v, True)  # noqa: E731
    yield ours(
        "index_put", repeated, x, numbers(4, 4), REPEATED, spec=first, accumulate=True, label="add"
    )
    for dim in (0, 1, -1):
        index = integers(2, 3)
        yield phrase("gather", lambda T, x, i, d=dim: T.gather(x, d, i), x, index, label=f"{dim}")
        put = lambda T, g, i, d=dim: T.zeros(3, 4, dtype=g.dtype).scatter_add(d, i, g)  # noqa: E731
        yield ours("put_along", put, numbers(2, 3), index, size=(3, 4), dim=dim)
        apart = np.array([[0, 1, 2], [1, 2, 0]])
        yield phrase("scatter", lambda T, x, i, v, d=dim: T.scatter(x, d, i, v), x, apart,
        numbers(2, 3),
                     label=f"{dim}")  # fmt: skip
        yield phrase("scatter_add", lambda T, x, i, v, d=dim: T.scatter_add(x, d, i, v), x, index,
                     numbers(2, 3, seed=2), label=f"{dim}", kind="index")  # fmt: skip
    yield phrase(
        "scatter", lambda T, x, i: T.scatter(x, 1, i, 2.5), x, integers(3, 1), label="number"
    )
    for padding in (None, 1):
        theirs = lambda T, w, i, p=padding: T.nn.functional.embedding(i, w, p)  # noqa: E731
        yield ours("embedding", theirs, numbers(3, 4), integers(2, 5), padding_idx=padding)
    put = lambda T, g, i: T.zeros(3, 4, dtype=g.dtype).index_put((i,), g, accumulate=True)  # noqa: E731
    yield ours("embedding_grad", put, numbers(2, 5, 4), integers(2, 5), rows=3)
    for descending in (False, True):
        for dim in (0, -1):
            yield both("sort", x, dim=dim, descending=descending)
    ties = np.array([2.0, 1.0, 2.0, np.nan, 1.0, -INF])
    yield both("sort", ties, derivatives=0, stable=True)
    yield both("sort", ties, derivatives=0, descending=True, stable=True)
    for k, dim, largest in [(2, -1, True), (1, 0, False), (3, 0, True), (0, 1, True)]:
        yield both("topk", x, k=k, dim=dim, largest=largest)
    yield both("nonzero", np.array([[0.0, 1.5], [2.0, 0.0]]), derivatives=0)
    yield both("nonzero", np.array(2.0), derivatives=0)
