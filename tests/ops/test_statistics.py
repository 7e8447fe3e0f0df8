"""Scans, reductions by index, quantiles and histograms: accuracy, histories, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.raising import assert_refused_alike

pytestmark = [pytest.mark.differential, pytest.mark.filterwarnings("ignore::UserWarning")]

# ------------------------------------------------------------------ accuracy


@pytest.mark.parametrize("name", ["cumsum", "cumprod", "logcumsumexp"])
def test_long_scans_are_as_accurate_as_torchs(name: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(0.99, 1.01, 20_000).astype(np.float32)
    exact = getattr(torch.tensor(x.astype(float)), name)(0).numpy()
    off = [np.abs(getattr(T.tensor(x), name)(0).numpy() - exact).max() for T in (minitorch, torch)]
    assert off[0] <= off[1] * 1.01


def test_running_products_pass_zeros_in_both_derivatives() -> None:
    x = minitorch.tensor([2.0, 0.0, 3.0, 0.0, 4.0], dtype=minitorch.float64, requires_grad=True)
    assert minitorch.autograd.gradcheck(lambda x: x.cumprod(0), (x,))
    assert minitorch.autograd.gradgradcheck(lambda x: x.cumprod(0), (x,))
    assert minitorch.autograd.gradcheck(lambda x: x.prod(), (x,))
    assert minitorch.autograd.gradgradcheck(lambda x: x.prod(), (x,))


def test_scattered_products_pass_zeros_in_both_derivatives() -> None:
    """torch refuses the second derivative where two zeros meet."""
    T = minitorch
    places = T.tensor([0, 0, 0, 1, 1, 1, 2, 2, 2])
    values = T.tensor([0.0, 2, 3, 0, 0, 5, 0, 0, 0], dtype=T.float64, requires_grad=True)
    start = T.tensor([1.5, 0.5, 2.0], dtype=T.float64, requires_grad=True)
    call = lambda x, v: x.scatter_reduce(0, places, v, "prod")  # noqa: E731
    assert T.autograd.gradcheck(call, (start, values))
    assert T.autograd.gradgradcheck(call, (start, values))


def test_far_logits_run_without_overflow() -> None:
    for T in (minitorch, torch):
        x = T.tensor([-1000.0, 0.0, 1000.0, 999.0], requires_grad=True)
        out = x.logcumsumexp(0)
        (g,) = T.autograd.grad(out.sum(), x, create_graph=True)
        (gg,) = T.autograd.grad((g * g).sum(), x)
        assert bool(T.isfinite(g).all())
        if T is minitorch:
            assert bool(T.isfinite(gg).all())


# ------------------------------------------------------------------ histories


def history(T: Any, name: str) -> list:
    """(value, gradient) of an in-place form made of several operations."""
    x = T.arange(6.0).reshape(2, 3) + 1
    x = (x * 1).requires_grad_()
    y, rows, ones = x * 2, T.tensor([0, 0]), T.ones(2, 3) * 3
    calls = {
        "renorm": lambda: y.renorm_(2, 0, 3.0),
        "mean": lambda: y.index_reduce_(0, rows, ones, "mean"),
        "prod": lambda: y.index_reduce_(0, rows, ones, "prod", include_self=False),
        "amax": lambda: y.scatter_reduce_(0, T.zeros(1, 3).long(), ones * 2, "amax"),
        "add": lambda: y.index_add_(0, rows, ones, alpha=2),
        "put": lambda: y.put_(rows, ones[0, :2], accumulate=True),
        "fill": lambda: y.index_fill_(1, rows, x.sum()),
    }
    calls[name]()
    (y * y).sum().backward()
    return [y.tolist(), x.grad.tolist()]


@pytest.mark.parametrize("name", ["renorm", "mean", "prod", "amax", "add", "put", "fill"])
def test_in_place_forms_of_several_operations(name: str) -> None:
    found, expected = (history(T, name) for T in (minitorch, torch))
    for a, b in zip(found, expected):
        assert np.allclose(a, b, rtol=1e-5, atol=1e-6)


def test_what_others_saved_is_not_spared_by_a_call_in_place() -> None:
    for T in (minitorch, torch):
        x = T.ones(2, 3, requires_grad=True) * 1
        kept = x * x
        x.renorm_(2, 0, 1.0)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            kept.sum().backward()


# ------------------------------------------------------------------ errors

WRONG = {
    "quantile of integers": (lambda T: T.quantile(T.tensor([1]), 0.5), ("int64",)),
    "quantile of nothing": (lambda T: T.quantile(T.ones(0), 0.5), ("[0]",)),
    "quantile above 1": (lambda T: T.quantile(T.ones(2), 1.5), ("1.5",)),
    "quantiles of a matrix": (lambda T: T.quantile(T.ones(2), T.ones(1, 1)), ("[1, 1]",)),
    "quantile of two dtypes": (lambda T: T.quantile(T.ones(2), T.ones(1).double()), ("float64",)),
    "quantile by guessing": (
        lambda T: T.quantile(T.ones(2), 0.5, interpolation="guess"), ("guess",)),
    "nanmean of integers": (lambda T: T.nanmean(T.tensor([1])), ("int64",)),
    "cov of a cube": (lambda T: T.cov(T.ones(2, 2, 2)), ("[2, 2, 2]",)),
    "cov with weights of floats": (lambda T: T.cov(T.ones(2), fweights=T.ones(2)), ("float32",)),
    "cov with too few weights": (lambda T: T.cov(T.ones(3), aweights=T.ones(2)), ("3", "[2]")),
    "cov with weights below 0": (lambda T: T.cov(T.ones(1), aweights=-T.ones(1)), ("at least 0",)),
    "bincount below 0": (lambda T: T.bincount(T.tensor([-1])), ("from 0",)),
    "bincount of a matrix": (lambda T: T.bincount(T.tensor([[1]])), ("[1, 1]",)),
    "bincount of floats": (lambda T: T.bincount(T.ones(2)), ("float32",)),
    "bincount of other weights": (
        lambda T: T.bincount(T.tensor([1]), T.ones(2)), ("[1]", "[2]")),
    "histc that descends": (lambda T: T.histc(T.ones(2), 3, 2, 1), ("2", "1")),
    "histc without bins": (lambda T: T.histc(T.ones(2), 0), ("0",)),
    "histc of infinity": (lambda T: T.histc(T.tensor([1.0, float("inf")])), ("inf",)),
    "histogram of a short range": (
        lambda T: T.histogram(T.ones(2), 3, range=(1.0,)), ("two", "1")),
    "histogram of other weights": (
        lambda T: T.histogram(T.ones(2), 3, weight=T.ones(3)), ("[2]", "[3]")),
    "histogram of other edges": (
        lambda T: T.histogram(T.ones(2), T.ones(3).double()), ("float32", "float64")),
    "diff of 0-d": (lambda T: T.diff(T.tensor(1.0)), ("0-d",)),
    "diff below 0": (lambda T: T.diff(T.ones(2), n=-1), ("-1",)),
    "diff with other ends": (
        lambda T: T.diff(T.ones(2, 3), prepend=T.ones(3, 1)), ("[2, 3]", "[3, 1]")),
    "trapezoid between too few": (lambda T: T.trapezoid(T.ones(3), T.ones(2)), ("3", "2")),
    "trapezoid of 0-d": (lambda T: T.trapezoid(T.tensor(1.0)), ("0-d",)),
    "gradient of too few": (lambda T: T.gradient(T.ones(2), edge_order=2), ("3", "2")),
    "gradient of another order": (lambda T: T.gradient(T.ones(5), edge_order=3), ("3",)),
    "gradient with one spacing": (lambda T: T.gradient(T.ones(2, 2), spacing=(1.0,)), ("2", "1")),
    "renorm of a vector": (lambda T: T.renorm(T.ones(2), 2, 0, 1.0), ("[2]",)),
    "renorm with p of 0": (lambda T: T.renorm(T.ones(2, 2), 0, 0, 1.0), ("0",)),
    "renorm to below 0": (lambda T: T.renorm(T.ones(2, 2), 2, 0, -1.0), ("-1",)),
    "scatter_reduce by another": (
        lambda T: T.ones(2).scatter_reduce(0, T.tensor([0]), T.ones(1), "middle"), ("middle",)),
    "scatter by another": (
        lambda T: T.ones(2).scatter(0, T.tensor([0]), 1.0, reduce="mean"), ("mean",)),
    "index_reduce by sum": (
        lambda T: T.ones(2).index_reduce(0, T.tensor([0]), T.ones(1), "sum"), ("sum",)),
    "index_copy of other sizes": (
        lambda T: T.ones(2, 3).index_copy(0, T.tensor([0]), T.ones(1, 2)), ("[2, 3]", "[1, 2]")),
    "index_copy of too many": (
        lambda T: T.ones(2).index_copy(0, T.tensor([0]), T.ones(2)), ("2", "1")),
    "index_copy beyond the end": (
        lambda T: T.ones(2).index_copy(0, T.tensor([2]), T.ones(1)), ("2", "size 2")),
    "index_fill at int32": (
        lambda T: T.ones(2).index_fill(0, T.tensor([0], dtype=T.int32), 1.0), ("int32",)),
    "put of another number": (lambda T: T.ones(2).put(T.tensor([0]), T.ones(2)), ("2", "1")),
    "put beyond the end": (lambda T: T.ones(2).put(T.tensor([2]), T.ones(1)), ("2", "size 2")),
    "take beyond the end": (lambda T: T.ones(2).take(T.tensor([2])), ("2", "size 2")),
    "masked_scatter of too few": (
        lambda T: T.ones(2).masked_scatter(T.ones(2) > 0, T.ones(1)), ("2", "1")),
    "unravel_index of floats": (lambda T: T.unravel_index(T.ones(1), (2,)), ("float32",)),
    "unravel_index of sizes below 0": (
        lambda T: T.unravel_index(T.tensor([1]), (-2,)), ("-2",)),
    "nonzero_static below 0": (lambda T: T.nonzero_static(T.ones(1), size=-1), ("-1",)),
    "aminmax of two dimensions": (lambda T: T.aminmax(T.ones(2, 2), dim=(0, 1)), ("tuple",)),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_arguments(case: str) -> None:
    call, words = WRONG[case]
    assert_refused_alike(torch, call, words)
