"""softmax, log_softmax and the loss at a class in C: sizes, threads, layouts, special numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch import native

Case = tuple[tuple[int, ...], int]
CASES: list[Case] = [
    *(
        ((n, length), 1)
        for n, length in [(5, 2), (300, 3), (64, 10), (70, 65), (9, 1000), (3, 2500)]
    ),
    ((2, 3, 17), -1),
    *(((3, 21, inner), 1) for inner in (3, 4, 8, 33, 64, 100)),
    *(((2, 4, inner), 1) for inner in (2, 7)),
    ((33, 50), 0),
    ((2, 5, 40, 41), 1),
    ((700, 6), 0),
]
NAMES = ("softmax", "log_softmax")


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape) * 4


def results(
    T: Any, name: str, case: Case, dtype: str, layout: Any = np.array, g: Any = None
) -> list:
    x = T.from_numpy(layout(numbers(*case[0]).astype(dtype))).requires_grad_()
    out = getattr(T, name)(x, case[1])
    g = numbers(*case[0], seed=1) if g is None else g
    (gx,) = T.autograd.grad(out, [x], T.from_numpy(layout(g.astype(dtype))))
    return [out.detach().numpy(), gx.numpy()]


def apart(found: np.ndarray, exact: np.ndarray) -> float:
    return float(np.abs(found - exact).max() / np.abs(exact).max())


over_cases = pytest.mark.parametrize("case", CASES, ids=str)
over_names = pytest.mark.parametrize("name", NAMES)


@over_names
@over_cases
def test_as_exact_as_torch(name: str, case: Case) -> None:
    x = torch.from_numpy(numbers(*case[0]).astype("f4").astype("f8")).requires_grad_()
    out = getattr(torch, name)(x, case[1])
    g = torch.from_numpy(numbers(*case[0], seed=1).astype("f4").astype("f8"))
    exact = [out.detach().numpy(), torch.autograd.grad(out, [x], g)[0].numpy()]
    theirs = results(torch, name, case, "f4")
    for mine, other, true in zip(results(minitorch, name, case, "f4"), theirs, exact):
        assert mine.dtype == "f4"
        assert apart(mine, true) < max(2 * apart(other, true), 4e-7)
    double = zip(results(minitorch, name, case, "f8"), results(torch, name, case, "f8"))
    assert all(apart(mine, other) < 1e-14 for mine, other in double)


@over_names
@over_cases
def test_the_same_bits_with_any_number_of_threads_and_layout(name: str, case: Case) -> None:
    before, found = native.load().get_threads(), []
    try:
        for n in (1, 2, 5):
            native.load().set_threads(n)
            found.append(results(minitorch, name, case, "f4"))
    finally:
        native.load().set_threads(before)
    found.append(results(minitorch, name, case, "f4", lambda a: np.ascontiguousarray(a.T).T))
    for other in found[1:]:
        assert all(map(np.array_equal, found[0], other))


@over_names
@over_cases
def test_one_gradient_for_all(name: str, case: Case) -> None:
    x = minitorch.from_numpy(numbers(*case[0]).astype("f4")).requires_grad_()
    getattr(minitorch, name)(x, case[1]).sum().backward()
    expected = results(minitorch, name, case, "f4", g=np.ones(case[0]))[1]
    assert np.array_equal(x.grad.numpy(), expected)


@over_names
@over_cases
def test_special_numbers(name: str, case: Case) -> None:
    shape, dim = case
    for numbers_there in [
        (np.nan,),
        (np.inf,),
        (-np.inf,),
        (-np.inf, np.inf),
        (3e38, -3e38),
        (-200,),
    ]:
        found = []
        for T in (minitorch, torch):
            a = np.moveaxis(numbers(*shape).astype("f4"), dim, 0).copy()
            for i, special in enumerate(numbers_there):
                a[i].flat[:2] = special
            x = T.from_numpy(np.moveaxis(a, 0, dim).copy()).requires_grad_()
            out = getattr(T, name)(x, dim)
            (gx,) = T.autograd.grad(out, [x], T.from_numpy(numbers(*shape, seed=1).astype("f4")))
            found.append((out.detach().numpy(), gx.numpy()))
        for mine, theirs in zip(*found):
            assert np.allclose(mine, theirs, 1e-5, 3e-5, equal_nan=True)


@over_names
def test_rows_of_minus_infinity_and_nothing(name: str) -> None:
    for length in (3, 40):
        x = np.full((2, length), -np.inf, "f4")
        assert np.isnan(getattr(minitorch, name)(minitorch.from_numpy(x), 1).numpy()).all()
    assert getattr(minitorch, name)(minitorch.zeros(0, 5), 1).shape == (0, 5)
    assert getattr(minitorch, name)(minitorch.zeros(5, 0), 1).shape == (5, 0)
    with pytest.raises(IndexError):
        getattr(minitorch, name)(minitorch.zeros(2, 3), 2)


# ------------------------------------------------------------------ the loss at a class


@pytest.mark.parametrize("shape", [(7,), (64, 10), (9000, 3), (3, 5, 7), (2, 4, 60, 70)], ids=str)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("ignore", [-100, 1])
@pytest.mark.parametrize("weighted", [False, True])
def test_class_loss(shape: tuple, reduction: str, ignore: int, weighted: bool) -> None:
    classes = shape[1] if len(shape) > 1 else shape[0]
    places = (shape[0], *shape[2:]) if len(shape) > 1 else ()
    y = np.random.default_rng(5).integers(0, classes, places)
    if not places:
        y = np.array(2)
    w = np.random.default_rng(6).random(classes) + 0.5
    for dtype, limit in (("f4", 2e-6), ("f8", 1e-13)):
        found = []
        for T in (minitorch, torch):
            x = T.from_numpy(numbers(*shape).astype(dtype)).requires_grad_()
            weight = T.from_numpy(w.astype(dtype)) if weighted else None
            loss = T.nn.functional.cross_entropy(
                x, T.from_numpy(y), weight, ignore_index=ignore, reduction=reduction
            )
            g = T.from_numpy(np.asarray(numbers(*loss.shape, seed=8), dtype=dtype))
            (gx,) = T.autograd.grad(loss, [x], g)
            found.append((loss.detach().numpy(), gx.numpy()))
        for mine, theirs in zip(*found):
            assert mine.shape == theirs.shape
            assert mine.dtype == theirs.dtype
            assert np.allclose(mine, theirs, limit, limit)


def test_places_to_ignore_count_for_nothing() -> None:
    x = np.full((4, 3), -np.inf, "f4")
    x[:, 2] = -1
    y = np.array([2, -100, 2, -100])
    for reduction in ("mean", "sum", "none"):
        for on in (True, False):
            if not on:
                native.disable()
            try:
                mine = minitorch.nn.functional.nll_loss(
                    minitorch.from_numpy(x), minitorch.from_numpy(y), reduction=reduction
                )
            finally:
                native.enable(least=1)
            theirs = torch.nn.functional.nll_loss(
                torch.from_numpy(x), torch.from_numpy(y), reduction=reduction
            )
            assert np.array_equal(mine.numpy(), theirs.numpy())
    nothing = minitorch.nn.functional.nll_loss(
        minitorch.from_numpy(x).requires_grad_(), minitorch.from_numpy(np.full(4, -100))
    )
    assert np.isnan(nothing.item())


def test_a_target_that_is_no_class_is_named() -> None:
    x = minitorch.zeros(5000, 3)
    for wrong in (3, -1):
        y = minitorch.zeros(5000, dtype=minitorch.int64)
        y[4999] = wrong
        with pytest.raises(IndexError, match=str(wrong)):
            minitorch.nn.functional.cross_entropy(x, y)


def test_the_same_loss_with_any_number_of_threads() -> None:
    before, found = native.load().get_threads(), []
    x = minitorch.from_numpy(numbers(20000, 3).astype("f4")).requires_grad_()
    y = minitorch.from_numpy(np.random.default_rng(5).integers(0, 3, 20000))
    try:
        for n in (1, 2, 5):
            native.load().set_threads(n)
            loss = minitorch.nn.functional.cross_entropy(x, y)
            found.append((loss.item(), minitorch.autograd.grad(loss, [x])[0].numpy()))
    finally:
        native.load().set_threads(before)
    for value, grad in found[1:]:
        assert value == found[0][0]
        assert np.array_equal(grad, found[0][1])


def test_the_gradient_of_a_loss_is_a_number_beside_an_array() -> None:
    binding = native.load()
    if binding.how != "module":
        pytest.skip("what goes through ctypes has arrays that are large")
    guarded = binding.guard(lambda *given: "row", lambda *given: "kernel", 1)
    assert guarded(np.float32(1), np.zeros(3, "i8")) == "kernel"
    assert guarded(np.float64(1), np.zeros(3, "i8")) == "kernel"
    assert guarded(np.float32(1), None) == "row"
    assert guarded(np.int64(1), np.zeros(3, "i8")) == "row"
    assert binding.guard(lambda *_: "row", lambda *_: "kernel", 2)(
        np.float32(1), np.zeros(3, "i8")
    ) == "row"  # fmt: skip
