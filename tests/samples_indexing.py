"""Samples of choosing, placing, sorting, searching and scanning; see tests/sampling.py."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.sampling import INF, Sample, both, integers, mask, numbers, ours, phrase, word

TIES = np.array([[2.0, 1.0, 2.0, 3.0, 1.0, 2.0], [1.0, 1.0, 1.0, 1.0, 3.0, 3.0]])
NANS = np.array([[2.0, np.nan, 1.0, 3.0, np.nan], [1.0, 0.0, 5.0, 4.0, 2.0]])
# A 0 alone for its place, two for one place, three for another.
ZEROS = np.array([0.0, 2.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 1.5])
PLACES = np.array([0, 0, 1, 1, 1, 2, 2, 2, 3])


def _choosing() -> Iterator[Sample]:
    x, cube = numbers(3, 4), numbers(2, 3, 4)
    flat = np.array([[0, -1], [5, 0]])
    yield both("take", x, flat, kind="index")
    yield both("take", numbers(), np.array([0, 0]), kind="index")
    yield phrase("index_select", lambda T, x, i: T.index_select(x, 0, i), numbers(), np.array([0]),
                 kind="index", label="0-d")  # fmt: skip
    yield phrase("gather", lambda T, x, i: T.gather(x, 0, i), numbers(3), np.array(1), label="one")
    yield phrase("gather", lambda T, x, i: T.gather(x, 0, i), numbers(), np.array([0, 0]),
                 label="0-d")  # fmt: skip
    along = lambda T, x, i: T.take_along_dim(x, i, 1)  # noqa: E731
    yield phrase("take_along_dim", along, x, np.array([[-1, 0]]), kind="index", label="broadcast")
    yield phrase("take_along_dim", along, numbers(1, 4), integers(3, 2), kind="index",
                 label="input broadcast")  # fmt: skip
    yield both("argwhere", integers(2, 3).astype(float), kind="index", derivatives=0)
    for size in (2, 9):
        yield both("nonzero_static", integers(2, 3).astype(float), kind="index", derivatives=0,
                   size=size, fill_value=-7)  # fmt: skip
    yield phrase("nonzero", lambda T, x: T.nonzero(x, as_tuple=True), np.array(2.0), derivatives=0,
                 label="tuple of 0-d")  # fmt: skip
    yield _dense("unravel_index", integers(2, 3, high=24), derivatives=0, shape=(2, 3, 4))
    yield both("masked_select", cube, mask(3, 1), kind="index")


def _placing() -> Iterator[Sample]:
    x, pairs = numbers(3, 4), np.array([[0, 2], [1, 1], [2, 0]])
    for reduce in ("add", "multiply"):
        yield phrase("scatter", lambda T, x, i, r=reduce: T.scatter(x, 1, i, 1.5, reduce=r), x,
                     pairs, label=reduce, derivatives=0)  # fmt: skip
    yield phrase("scatter", lambda T, x, i, v: T.scatter(x, 0, i, v), numbers(), np.array(0),
                 numbers(seed=1), label="0-d")  # fmt: skip
    add = lambda T, x, i, v: T.scatter_add(x, 0, i, v)  # noqa: E731
    yield phrase("scatter_add", add, numbers(3, 2), np.array([[0, 2], [0, 1], [0, 2]]),
                 numbers(3, 2, seed=1), label="all")  # fmt: skip
    yield phrase("scatter_add", add, numbers(), np.array(0), numbers(seed=1), label="0-d")
    yield from _reducing()
    rows, slices = np.array([2, 0]), numbers(3, 2, seed=1)
    for name in ("index_copy", "index_add"):
        call = lambda T, x, i, s, n=name: getattr(T, n)(x, 1, i, s)  # noqa: E731
        yield phrase(name, call, x, rows, slices, kind="index")
        at = lambda T, x, i, s, n=name: getattr(T, n)(x, 0, i, s)  # noqa: E731
        yield phrase(name, at, numbers(), np.array(0), numbers(seed=1), kind="index", label="0-d")
    fill = lambda T, x, i, v: T.index_fill(x, -1, i, v)  # noqa: E731
    repeated = np.array([1, 3, 3])
    yield phrase("index_fill", fill, x, repeated, numbers(), kind="index", label="a tensor")
    places = np.array([[3, 0], [-1, 7]])
    for accumulate in (False, True):
        yield phrase("put", lambda T, x, i, v, a=accumulate: T.put(x, i, v, a), x, places,
                     numbers(2, 2, seed=1), kind="index", label=f"{accumulate=}")  # fmt: skip
    yield both("masked_scatter", x, mask(3, 4), numbers(12, seed=1), kind="index")
    yield both("masked_scatter", x, mask(4), numbers(4, 4, seed=1), kind="index")


def _dense(name: str, *inputs: Any, derivatives: int = 2, **params: Any) -> Sample:
    """As `both`, with results in one piece: torch leaves some of them lying with gaps."""

    def call(T: Any, *inputs: Any) -> Any:
        made = getattr(T, name)(*inputs, **params)
        return (
            [part.contiguous() for part in made] if isinstance(made, tuple) else made.contiguous()
        )

    label = ",".join(f"{k}={v}" for k, v in params.items())
    return phrase(name, call, *inputs, label=label, kind="index", derivatives=derivatives)


def _quiet(call: Callable) -> Callable:
    """`call` without torch's warning that index_reduce is new."""

    def quiet(T: Any, *inputs: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call(T, *inputs)

    return quiet


def _reducing() -> Iterator[Sample]:
    x, source = numbers(3, 4), numbers(2, 4, seed=1)
    index = np.array([[0, 2, 0, 1], [0, 1, 2, 1]])
    for reduce in ("sum", "prod", "mean", "amax", "amin"):
        for keep in (True, False):
            call = lambda T, x, i, s, r=reduce, k=keep: T.scatter_reduce(  # noqa: E731
                x, 0, i, s, r, include_self=k
            )
            # What is replaced has no part in a product: torch divides by it, and rounds.
            order = 1 if (reduce, keep) == ("prod", False) else 2
            yield phrase("scatter_reduce", call, x, index, source, kind="index",
                         label=f"{reduce},{keep}", derivatives=order)  # fmt: skip
            if reduce != "sum":
                call = lambda T, x, i, s, r=reduce, k=keep: T.index_reduce(  # noqa: E731
                    x, 0, i, s, r, include_self=k
                )
                yield phrase("index_reduce", _quiet(call), x, np.array([0, 0]), source,
                             kind="index", label=f"{reduce},{keep}", derivatives=order)  # fmt: skip
    for largest in (True, False):
        name = "amax" if largest else "amin"
        theirs = lambda T, x, i, v, r=name: T.scatter_reduce(x, 1, i, v, r)  # noqa: E731
        yield ours("scatter_extreme", theirs, x, integers(3, 5), numbers(3, 5, seed=2), dim=1,
                   largest=largest)  # fmt: skip
        ties = np.array([1.0, 2.0, 2.0, 2.0]), np.array([1, 1, 2, 2, 2])
        theirs = lambda T, x, i, v, r=name: T.scatter_reduce(x, 0, i, v, r)  # noqa: E731
        values = np.array([2.0, 2.0, 3.0, 1.0, 3.0])
        yield ours("scatter_extreme", theirs, *ties, values, dim=0, largest=largest, label="ties",
                   derivatives=1)  # fmt: skip
    theirs = lambda T, x, i, v: T.scatter_reduce(x, 0, i, v, "prod")  # noqa: E731
    yield ours("scatter_prod", theirs, x, integers(3, 4), numbers(3, 4, seed=3), dim=0)
    yield ours("scatter_prod", theirs, numbers(4), PLACES, ZEROS, dim=0, derivatives=1)
    yield ours("zero_rank", _zero_rank, ZEROS, PLACES, dim=0, derivatives=0)


def _zero_rank(T: Any, x: Any, places: Any) -> Any:
    before = [[x[j] == 0 and places[j] == places[i] for j in range(i + 1)] for i in range(len(x))]
    return T.tensor([int(sum(b)) if x[i] == 0 else 0 for i, b in enumerate(before)])


def _ordering() -> Iterator[Sample]:
    x = numbers(3, 4)
    for name in ("msort", "argsort"):
        yield both(name, x, kind="index", derivatives=0 if name == "argsort" else 2)
    for values in (TIES, NANS):
        for largest in (True, False):
            for k in (1, 2, 4):
                yield phrase("topk", lambda T, x, k=k, b=largest: T.topk(x, k, largest=b), values,
                             label=f"{k},{largest}", derivatives=1)  # fmt: skip
    long = integers(3, 150, high=9).astype(float)
    for k in (2, 20, 100):  # by a heap, by partition, by partition and sort
        yield both("topk", long, k=k, derivatives=0)
        yield both("topk", long, k=k, dim=0 if k == 2 else 1, largest=False, derivatives=0)
        yield both("topk", long, k=k, sorted=False, derivatives=0)
    for k, dim, keep in [(1, -1, False), (3, 0, True), (2, 1, False)]:
        yield _dense("kthvalue", x, k=k, dim=dim, keepdim=keep)
        yield _dense("kthvalue", TIES, k=k, dim=1, keepdim=keep, derivatives=1)
    yield _dense("kthvalue", NANS, k=4, derivatives=0)
    yield _dense("kthvalue", integers(150, high=20).astype(float), k=60, derivatives=0)
    yield _dense("kthvalue", numbers(), k=1)
    for name, ignore in (("median", False), ("nanmedian", True)):
        yield both(name, x, kind="reduce")
        yield both(name, TIES, kind="reduce", derivatives=1)
        yield both(name, NANS, kind="reduce", derivatives=1)
        for values in (x, TIES, NANS, integers(2, 50).astype(float)):
            yield both(name, values, kind="reduce", derivatives=1, dim=1, keepdim=True)
        pick = word(name, dim=0)
        yield ours("median_dim", pick, x, dim=0, ignore_nan=ignore)
        yield ours("median_dim", word(name, dim=1), NANS, dim=1, ignore_nan=ignore, derivatives=1)
        yield ours("median_all", word(name), x, ignore_nan=ignore)
    for name, row in (("max", "max_all"), ("min", "min_all")):
        yield ours(row, word(name), x)
        yield ours(row, word(name), TIES, derivatives=1)
        yield ours(row, word(name), NANS, derivatives=1)
    for values in (x, TIES):
        yield both("mode", values, derivatives=2 if values is x else 1)
        yield both("mode", values, dim=0, keepdim=True, derivatives=1)
    yield both("mode", integers(150, high=7).astype(float), derivatives=1)


def _searching() -> Iterator[Sample]:
    repeated = np.array([3.0, 1.0, 1.0, np.nan, 3.0, np.nan, 1.0])
    table = np.array([[2.0, 1.0], [2.0, 1.0], [0.0, 5.0]])
    every = {"return_inverse": True, "return_counts": True}
    for name in ("unique", "unique_consecutive"):
        yield both(name, repeated, kind="index", derivatives=0, **every)
        yield both(name, table, kind="index", derivatives=0)
        yield both(name, numbers(), kind="index", derivatives=0, **every)
        yield both(name, numbers(0), kind="index", derivatives=0, **every)
        for dim in (0, -1):
            yield _dense(name, table, derivatives=0, dim=dim, **every)
    yield ours("distinct", word("unique", **every), repeated, derivatives=0)
    yield both("isin", integers(2, 3).astype(float), np.array([1.0, 5.0]), derivatives=0)
    yield both("isin", np.array([1.0, np.nan]), np.array([np.nan]), derivatives=0, invert=True)
    yield phrase("isin", lambda T, x: T.isin(x, 1), integers(2, 3), derivatives=0, label="number")
    steps, wanted = np.array([-1.0, 0.0, 0.0, 2.0]), np.array([[0.0, -5.0], [2.0, 7.0]])
    for right in (False, True):
        look = _quiet(word("searchsorted", right=right))
        yield phrase("searchsorted", look, steps, wanted, label=f"{right}", kind="index",
                     derivatives=0)  # fmt: skip
        bucket = _quiet(word("bucketize", right=right))
        yield phrase("bucketize", bucket, wanted, steps, label=f"{right}", kind="index",
                     derivatives=0)  # fmt: skip
        lines = np.sort(numbers(2, 5), axis=1)
        yield phrase("searchsorted", look, lines, wanted, label=f"{right}", kind="index",
                     derivatives=0)  # fmt: skip
        yield ours("insertion_points", look, steps, wanted, right=right, derivatives=0)  # fmt: skip
    last = np.array([1.0, np.nan, np.nan, np.nan])
    look = _quiet(word("searchsorted"))
    yield phrase("searchsorted", look, last, np.array([0.0, np.nan]), kind="index", derivatives=0)
    unsorted = np.array([2.0, 0.0, 1.0]), np.array([0.5, 2.0]), np.array([1, 2, 0])
    sorted_by = _quiet(lambda T, x, y, s: T.searchsorted(x, y, sorter=s))
    yield phrase("searchsorted", sorted_by, *unsorted,
                 kind="index", derivatives=0, label="sorter")  # fmt: skip
    yield phrase("searchsorted", lambda T, x: T.searchsorted(x, 0.5, out_int32=True), steps,
                 kind="index", derivatives=0, label="number")  # fmt: skip


def _scanning() -> Iterator[Sample]:
    x, cube = numbers(3, 4), numbers(2, 3, 4)
    for name in ("cummax", "cummin"):
        for dim in (0, -1):
            yield both(name, cube, dim=dim)
        yield both(name, TIES, dim=1, derivatives=1)
        yield both(name, NANS, dim=1, derivatives=1)
        yield both(name, numbers(), dim=0)
    for name in ("cumprod", "logcumsumexp"):
        for dim in (0, 1, -1):
            yield both(name, cube, dim=dim)
        yield both(name, numbers(), dim=0)
        yield both(name, numbers(2, 0), dim=1)
    yield both("cumprod", np.array([[2.0, 0.0, 3.0, 4.0], [0.0, 1.5, 0.0, 2.0]]), dim=1)
    far = np.array([1000.0, -1000.0, 999.0, 1001.0])
    yield both("logcumsumexp", far, dim=0, derivatives=1)
    yield both("logcumsumexp", np.array([-INF, 0.0, INF]), dim=0, derivatives=0)
    for reverse in (False, True):
        yield ours("recurrence", _recurrence(reverse), cube, numbers(2, 3, 4, seed=1), dim=1,
                   reverse=reverse)  # fmt: skip
    for params in ({}, {"n": 2}, {"dim": 0}, {"n": 0}, {"n": 9}):
        yield both("diff", x, kind="reduce", **params)
    yield phrase("diff", lambda T, x, a, b: T.diff(x, prepend=a, append=b), x, numbers(3, 1),
                 numbers(3, 2), kind="reduce", label="ends")  # fmt: skip
    yield both("diff", mask(5), kind="reduce", derivatives=0)
    points = np.cumsum(numbers(4, low=0.5, high=2))
    for name in ("trapezoid", "trapz", "cumulative_trapezoid"):
        yield both(name, x, kind="reduce")
        yield both(name, x, kind="reduce", dx=0.5, dim=0)
        yield both(name, x, points, kind="reduce")
        yield both(name, x, np.cumsum(numbers(3, 4, low=0.5, high=2), axis=0), kind="reduce", dim=0)
    yield both("trapezoid", numbers(2, 0), kind="reduce", derivatives=0)
    for edge_order in (1, 2):
        yield both("gradient", cube, kind="reduce", dim=(2, 1), edge_order=edge_order)
        yield both("gradient", x, kind="reduce", spacing=0.5, edge_order=edge_order)
        between = lambda T, x, p, e=edge_order: T.gradient(x, spacing=(p,), dim=1, edge_order=e)  # noqa: E731
        yield phrase("gradient", between, x, points, kind="reduce", label=f"between,{edge_order}")


def _recurrence(reverse: bool) -> Callable:
    def theirs(T: Any, x: Any, a: Any) -> Any:
        n = x.shape[1]
        order = range(n)[::-1] if reverse else range(n)
        found: dict[int, Any] = {}
        for i in order:
            before = i + 1 if reverse else i - 1
            found[i] = x[:, i] + 0
            if before in found:
                found[i] = found[i] + a[:, before if reverse else i] * found[before]
        return T.stack([found[i] for i in range(n)], dim=1)

    return theirs


def samples() -> Iterator[Sample]:
    """All of this room."""
    yield from _choosing()
    yield from _placing()
    yield from _ordering()
    yield from _searching()
    yield from _scanning()
