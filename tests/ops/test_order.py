"""Sorting and selecting: which of equal elements is named, results with names, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch.ops import _selection
from tests.raising import assert_refused_alike

pytestmark = pytest.mark.differential

# ------------------------------------------------------------------ results with names


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("max", {"dim": 0}), ("min", {"dim": 0}), ("sort", {}), ("topk", {"k": 2}),
        ("median", {"dim": 0}),
        ("nanmedian", {"dim": 0}), ("mode", {}), ("kthvalue", {"k": 2}), ("cummax", {"dim": 0}),
        ("cummin", {"dim": 0}), ("aminmax", {}), ("histogram", {"bins": 2}),
    ],
)  # fmt: skip
def test_results_have_names(name: str, arguments: dict) -> None:
    texts = []
    for T in (minitorch, torch):
        found = getattr(T, name)(T.tensor([3.0, 1.0, 2.0, 2.0]), **arguments)
        assert isinstance(found, getattr(T.return_types, name))
        texts.append((repr(found), [getattr(found, field).tolist() for field in fields(found)]))
    assert texts[0] == texts[1]


def fields(found: Any) -> list[str]:
    """The names of a result's parts, in order."""
    return [
        f for f in ("values", "min", "indices", "max", "hist", "bin_edges") if hasattr(found, f)
    ]


def test_results_fill_out() -> None:
    for T in (minitorch, torch):
        values, indices = T.empty(2), T.empty(2, dtype=T.int64)
        found = T.topk(T.tensor([3.0, 1.0, 2.0]), 2, out=(values, indices))
        assert (found.values is values, found.indices is indices) == (True, True)
        assert (values.tolist(), indices.tolist()) == ([3.0, 2.0], [0, 2])


# ------------------------------------------------------------------ which of equal elements


def lines(seed: int) -> Any:
    """Lines of whole numbers with more or fewer ties, some with NaN."""
    rng = np.random.default_rng(seed)
    for _ in range(60):
        n = int(rng.integers(1, 60) if rng.random() < 0.7 else rng.integers(60, 700))
        line = rng.integers(0, max(2, int(n * rng.random())), n).astype(float)
        yield rng, line


@pytest.mark.parametrize("seed", range(3))
def test_ties_are_broken_as_torch_breaks_them(seed: int) -> None:
    for rng, line in lines(seed):
        k = int(rng.integers(1, len(line) + 1))
        calls = {
            "topk": lambda x, k=k: x.topk(k),
            "the smallest": lambda x, k=k: x.topk(k, largest=False),
            "unsorted": lambda x, k=k: x.topk(k, sorted=False),
            "kthvalue": lambda x, k=k: x.kthvalue(k),
            "median": lambda x: x.median(0),
            "mode": lambda x: x.mode(),
            "max": lambda x: x.max(0),
            "cummin": lambda x: x.cummin(0),
        }
        for name, call in calls.items():
            found, expected = (
                [part.tolist() for part in call(T.tensor(line))] for T in (minitorch, torch)
            )
            assert found == expected, f"{name} of {line.tolist()}, k={k}"


@pytest.mark.parametrize("largest", [False, True])
def test_ties_among_nans(largest: bool) -> None:
    rng = np.random.default_rng(5)
    for _ in range(60):
        line = rng.integers(0, 4, int(rng.integers(1, 40))).astype(float)
        line[rng.random(line.size) < 0.3] = np.nan
        k = int(rng.integers(1, line.size + 1))
        found, expected = (T.tensor(line).topk(k, largest=largest)[1] for T in (minitorch, torch))
        assert found.tolist() == expected.tolist()
        found, expected = (T.tensor(line).kthvalue(k)[1] for T in (minitorch, torch))
        assert found.item() == expected.item()


def test_the_heap_is_used_where_pivots_are_bad() -> None:
    """A line on which the median of three is always the second smallest."""
    n = 200
    keys = [0.0] * n
    keys[: n // 2] = range(1, n, 2)
    keys[n // 2 :] = range(2, n + 2, 2)
    order = list(range(n))
    _selection.sort(keys, order, n)
    assert [keys[i] for i in order] == sorted(keys)
    order = list(range(n))
    _selection.nth_element(keys, order, 57)
    assert keys[order[57]] == sorted(keys)[57]


def test_many_ties_name_one_of_the_equal() -> None:
    line = np.zeros(_selection.TOO_MANY + 1)
    line[7] = 1
    values, indices = minitorch.tensor(line).topk(3)
    assert values.tolist() == [1.0, 0.0, 0.0]
    assert line[indices.numpy()].tolist() == [1.0, 0.0, 0.0]
    assert len(set(indices.tolist())) == 3


def test_equal_elements_keep_their_order() -> None:
    x = np.random.default_rng(3).integers(0, 5, (4, 50))
    for descending in (False, True):
        how = {"dim": 1, "descending": descending, "stable": True}
        found, expected = (T.sort(T.tensor(x), **how)[1].tolist() for T in (minitorch, torch))
        assert found == expected


# ------------------------------------------------------------------ errors

WRONG = {
    "k beyond the size": (lambda T: T.ones(3).topk(4), ("3", "4")),
    "k below 0": (lambda T: T.ones(3).topk(-1), ("-1",)),
    "topk of bools": (lambda T: T.ones(3).bool().topk(1), ("bool",)),
    "kthvalue from 1": (lambda T: T.ones(3).kthvalue(0), ("1 to 3", "0")),
    "kthvalue of nothing": (lambda T: T.ones(0, 2).kthvalue(1, 0), ("[0, 2]",)),
    "median of nothing": (lambda T: T.ones(0, 2).median(0), ("[0, 2]",)),
    "median of bools": (lambda T: T.ones(2).bool().median(), ("bool",)),
    "mode of nothing": (lambda T: T.ones(0).mode(), ("[0]",)),
    "unique along nothing": (lambda T: T.ones(0, 2).unique(dim=1), ("[0, 2]",)),
    "unique of 0-d": (lambda T: T.tensor(1.0).unique(dim=0), ("0-d",)),
    "isin of bools": (lambda T: T.isin(T.tensor([True]), T.tensor([True])), ("bool",)),
    "isin of numbers": (lambda T: T.isin(1, 2), ("int",)),
    "searchsorted of ranks": (lambda T: T.searchsorted(T.ones(2, 3), T.ones(3)), ("[2, 3]",)),
    "searchsorted sides": (
        lambda T: T.searchsorted(T.ones(3), 1.0, side="left", right=True), ("left", "True")),
    "searchsorted side": (lambda T: T.searchsorted(T.ones(3), 1.0, side="up"), ("up",)),
    "sorter of another size": (
        lambda T: T.searchsorted(T.ones(3), 1.0, sorter=T.tensor([0])), ("[3]", "[1]")),
    "sorter beyond the end": (
        lambda T: T.searchsorted(T.ones(2), 1.0, sorter=T.tensor([0, 2])), ("2",)),
    "boundaries of a matrix": (lambda T: T.bucketize(T.ones(2), T.ones(2, 2)), ("[2, 2]",)),
    "out that is read": (lambda T: (lambda x: T.take(x, T.tensor([0]), out=x))(T.ones(3)),
                         ("out",)),
    "out in one place": (
        lambda T: T.take(T.ones(3), T.tensor([0, 1]), out=T.ones(1).expand(2)), ("[2]",)),
    "out of another dtype": (
        lambda T: T.gather(T.ones(3), 0, T.tensor([0]), out=T.ones(1).double()), ("float64",)),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_arguments(case: str) -> None:
    call, words = WRONG[case]
    assert_refused_alike(torch, call, words)
