"""Normalizations in C: sizes, threads, layouts, special numbers, accuracy beside torch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch import native

Case = tuple[str, tuple[int, ...]]
CASES: list[Case] = [
    *(("layer", shape) for shape in [(1, 5), (33, 128), (301, 37), (7, 1000), (2, 3, 2500)]),
    *(("rms", shape) for shape in [(3, 7), (70, 129), (2, 3000)]),
    *(("group", shape) for shape in [(3, 8), (5, 8, 3), (4, 12, 7, 9), (2, 4, 50, 51)]),
    *(("instance", shape) for shape in [(3, 5, 20), (2, 3, 40, 41)]),
    *(("batch", shape) for shape in [(9, 3), (150, 37), (70, 300), (2, 40, 1)]),
    *(("batch", shape) for shape in [(5, 3, 4), (80, 33, 7), (3, 90, 8, 8), (4, 5, 40, 41)]),
    *(("fixed", shape) for shape in [(9, 3), (70, 300), (3, 90, 7), (4, 5, 40, 41)]),
]


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def parameters(case: Case) -> list[np.ndarray]:
    name, shape = case
    size = shape[1:] if name == "layer" else shape[1:2]
    return [] if name == "rms" else [numbers(*size, seed=1) + 1, numbers(*size, seed=2)]


def call(T: Any, case: Case, x: Any, w: Any = None, b: Any = None) -> Any:
    """The normalization of `case` on engine `T`."""
    name, shape = case
    F = T.nn.functional
    if name == "layer":
        return F.layer_norm(x, shape[1:], w, b)
    if name == "rms":
        return F.rms_norm(x, shape[1:])
    if name == "group":
        return F.group_norm(x, 2, w, b)
    if name == "instance":
        return F.instance_norm(x, None, None, w, b)
    mean, variance = T.zeros(shape[1], dtype=x.dtype) + 0.5, T.ones(shape[1], dtype=x.dtype) * 2
    return F.batch_norm(x, mean, variance, w, b, training=name == "batch")


def results(
    T: Any, case: Case, arrays: list, dtype: str, layout: Callable = np.array, g: Any = None
) -> list[np.ndarray]:
    """The value and the gradients for an uneven incoming one."""
    made = [T.from_numpy(layout(a.astype(dtype))).requires_grad_() for a in arrays]
    out = call(T, case, *made)
    g = numbers(*case[1], seed=3) if g is None else g
    grads = T.autograd.grad(out, made, T.from_numpy(layout(g.astype(dtype))))
    return [np.array(t.detach().numpy()) for t in (out, *grads)]


def inputs(case: Case, shift: float = 0.0) -> list[np.ndarray]:
    return [numbers(*case[1]) + shift, *parameters(case)]


def apart(found: np.ndarray, exact: np.ndarray) -> float:
    return float(np.abs(found - exact).max() / max(np.abs(exact).max(), 1e-30))


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[0]}{c[1]}")
@pytest.mark.parametrize("shift", [0.0, 100.0])
def test_as_exact_as_torch(case: Case, shift: float) -> None:
    arrays = [a.astype("f4") for a in inputs(case, shift)]
    exact = results(torch, case, arrays, "f8")
    theirs = results(torch, case, arrays, "f4")
    for mine, other, true in zip(results(minitorch, case, arrays, "f4"), theirs, exact):
        assert mine.dtype == "f4"
        assert apart(mine, true) < max(2 * apart(other, true), 4e-7)
    for mine, true in zip(results(minitorch, case, arrays, "f8"), exact):
        assert apart(mine, true) < 1e-13 * (1 + shift)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[0]}{c[1]}")
def test_the_same_bits_with_any_number_of_threads(case: Case) -> None:
    before, found = native.load().get_threads(), []
    try:
        for n in (1, 2, 5):
            native.load().set_threads(n)
            found.append(results(minitorch, case, inputs(case), "f4"))
    finally:
        native.load().set_threads(before)
    for other in found[1:]:
        assert all(map(np.array_equal, found[0], other))


def turned(a: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(a.T).T


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[0]}{c[1]}")
def test_any_layout(case: Case) -> None:
    plain = results(minitorch, case, inputs(case), "f4")
    for found, expected in zip(results(minitorch, case, inputs(case), "f4", turned), plain):
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[0]}{c[1]}")
def test_one_gradient_for_all(case: Case) -> None:
    x, *rest = [minitorch.from_numpy(a.astype("f4")).requires_grad_() for a in inputs(case)]
    call(minitorch, case, x, *rest).sum().backward()
    ones = results(minitorch, case, inputs(case), "f4", g=np.ones(case[1]))
    for t, expected in zip((x, *rest), ones[1:]):
        assert np.array_equal(t.grad.numpy(), expected)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[0]}{c[1]}")
def test_only_the_gradients_that_are_wanted(case: Case) -> None:
    arrays = inputs(case)
    _, *all_grads = results(minitorch, case, arrays, "f4")
    g = minitorch.from_numpy(numbers(*case[1], seed=3).astype("f4"))
    for i in range(len(arrays)):
        made = [minitorch.from_numpy(a.astype("f4")) for a in arrays]
        made[i].requires_grad_()
        (found,) = minitorch.autograd.grad(call(minitorch, case, *made), [made[i]], g)
        assert np.array_equal(found.numpy(), all_grads[i])
    x = minitorch.from_numpy(arrays[0].astype("f4")).requires_grad_()
    (alone,) = minitorch.autograd.grad(call(minitorch, case, x), [x], g)
    (theirs,) = results(torch, case, arrays[:1], "f4")[1:]
    assert apart(alone.numpy(), theirs) < 1e-5


@pytest.mark.parametrize("case", [c for c in CASES if c[1][0] > 2], ids=lambda c: f"{c[0]}{c[1]}")
def test_nan_and_infinity_as_in_the_row(case: Case) -> None:
    arrays = inputs(case)
    flat = arrays[0].reshape(case[1][0], -1)
    flat[0, 0], flat[1, 1], flat[2, -1] = np.nan, np.inf, -np.inf
    found = results(minitorch, case, arrays, "f4")
    native.disable()
    try:
        expected = results(minitorch, case, arrays, "f4")
    finally:
        native.enable(least=1)
    for a, b in zip(found, expected):
        assert np.array_equal(np.isnan(a), np.isnan(b))
        assert np.allclose(a, b, 1e-4, 1e-4, equal_nan=True)


def test_running_statistics() -> None:
    for shape in ((40, 6), (5, 6, 7), (3, 6, 9, 9)):
        kept = []
        for T in (minitorch, torch):
            layer = (T.nn.BatchNorm1d if len(shape) < 4 else T.nn.BatchNorm2d)(6)
            for seed in range(3):
                layer(T.from_numpy(numbers(*shape, seed=seed).astype("f4") * 3 + 2))
            kept.append([np.array(b.numpy()) for b in (layer.running_mean, layer.running_var)])
        for mine, theirs in zip(*kept):
            assert apart(mine, theirs) < 1e-6


def test_gradients_of_the_statistics_are_the_rows_own() -> None:
    from minitorch.ops.normalize import normalize_batch

    x = minitorch.from_numpy(numbers(6, 5, 8)).requires_grad_()
    out, mean, variance = normalize_batch(x, over=(0, 2), size=(5, 1), eps=1e-3)
    (g,) = minitorch.autograd.grad([out.square().sum() + mean.sum() + variance.square().sum()], [x])
    y = torch.from_numpy(numbers(6, 5, 8)).requires_grad_()
    centre, spread = y.mean((0, 2), keepdim=True), y.var((0, 2), correction=0, keepdim=True)
    total = ((y - centre) * (spread + 1e-3).rsqrt()).square().sum()
    (expected,) = torch.autograd.grad([total + centre.sum() + spread.square().sum()], [y])
    assert apart(g.numpy(), expected.numpy()) < 1e-12
