"""Reductions by kernels: sizes that leave remainders, several pieces and threads, NaN, accuracy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from minitorch.backend import ROWS
from tests.native.threads import on_each_number

SHAPES = [(7,), (1000,), (70001,), (3, 5), (513, 65), (40000, 3), (9, 20000), (300, 1500)]
SHAPES += [(5, 33, 7), (40, 3, 500), (3, 700, 40), (8, 6, 9, 11), (2, 3, 1, 4, 5)]
CASES = [
    (shape, over)
    for shape in SHAPES
    for n in range(1, len(shape) + 1)
    for over in itertools.combinations(range(len(shape)), n)
]


def case(shape: tuple, dtype: str = "float32") -> np.ndarray:
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize(("shape", "over"), CASES, ids=str)
def test_sum_and_extremes_over_any_axes(shape: tuple, over: tuple) -> None:
    x = case(shape)
    for keepdim in (False, True):
        wanted = x.sum(axis=over, dtype=np.float64, keepdims=keepdim)
        found = on_each_number(lambda k=keepdim: ROWS["sum"].run(np, x, dim=over, keepdim=k))
        assert all(np.array_equal(f, found[0]) for f in found)
        assert np.shape(found[0]) == wanted.shape
        assert found[0].dtype == np.float32
        np.testing.assert_allclose(found[0], wanted, rtol=2e-6, atol=2e-6 * x.size**0.5)
        top = ROWS["amax"].run(np, x, dim=over, keepdim=keepdim)
        assert np.array_equal(top, x.max(axis=over, keepdims=keepdim))
    assert np.array_equal(ROWS["amin"].run(np, x, dim=over), x.min(axis=over))
    mean = ROWS["mean"].run(np, x.astype("float64"), dim=over)
    np.testing.assert_allclose(mean, x.mean(axis=over, dtype="float64"), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_places(shape: tuple) -> None:
    for dtype in ("float32", "float64"):
        x = case(shape, dtype).round(1)  # many are equal: the first counts
        for at in range(len(shape)):
            for row, arg, top in (("max_dim", x.argmax, x.max), ("min_dim", x.argmin, x.min)):
                found = on_each_number(lambda r=row, a=at, y=x: ROWS[r].run(np, y, dim=a))
                for values, places in found:
                    assert np.array_equal(values, top(axis=at))
                    assert np.array_equal(places, arg(axis=at))
                    assert places.dtype == np.int64
        assert ROWS["argmax"].run(np, x, dim=None) == x.argmax()
        assert ROWS["argmin"].run(np, x, dim=None) == x.argmin()


@pytest.mark.parametrize("shape", [(3, 5), (40, 50), (70, 3000), (1500, 70), (4, 20, 40)], ids=str)
def test_not_finite(shape: tuple) -> None:
    x = case(shape)
    flat = x.reshape(-1)
    flat[3], flat[-2], flat[flat.size // 2] = np.nan, np.inf, -np.inf
    flat[7] = np.nan
    for at in range(len(shape)):
        values, places = ROWS["max_dim"].run(np, x, dim=at)
        assert np.array_equal(values, x.max(axis=at), equal_nan=True)
        assert np.array_equal(places, x.argmax(axis=at))
        assert np.array_equal(places, torch.from_numpy(x).argmax(at).numpy())
        values, places = ROWS["min_dim"].run(np, x, dim=at)
        assert np.array_equal(values, x.min(axis=at), equal_nan=True)
        assert np.array_equal(places, x.argmin(axis=at))
        total = ROWS["sum"].run(np, x, dim=at)
        assert np.array_equal(np.isnan(total), np.isnan(x.sum(axis=at)))
        own, rule = ROWS["amax"].forward(np, x, dim=at), ROWS["amax"].rules[0]
        g = np.ones_like(own)
        wanted = torch.from_numpy(x).requires_grad_()
        wanted.amax(at).backward(torch.ones(own.shape))
        found = rule(g, x, own, at, False)
        clean = ~np.isnan(np.expand_dims(own, at) + np.zeros_like(x))
        assert np.array_equal(found[clean], wanted.grad.numpy()[clean])
        assert np.isnan(found[~clean]).all()
    assert np.isnan(ROWS["max_all"].run(np, x))
    assert ROWS["argmax"].run(np, x, dim=None) == 3
    assert (
        ROWS["amax"].run(np, np.full((3, 100), -np.inf, "float32"), dim=1).tolist() == [-np.inf] * 3
    )


@pytest.mark.parametrize("shape", [(3000000,), (1000, 3000), (3000, 1000), (30000, 10)], ids=str)
def test_sums_are_as_accurate_as_the_others(shape: tuple) -> None:
    x = np.abs(case(shape))
    for at in range(len(shape)):
        exact = x.sum(axis=at, dtype="float64")
        ours, numpys, torchs = (
            np.abs(found - exact).max()
            for found in (
                ROWS["sum"].run(np, x, dim=at),
                x.sum(axis=at),
                torch.from_numpy(x).sum(at).numpy(),
            )
        )
        assert ours <= max(1.01 * numpys, 2 * torchs, np.max(exact) * 6e-8)


def test_what_lies_otherwise() -> None:
    x = case((40, 30, 50))
    for order in itertools.permutations(range(3)):
        y = x.transpose(order)
        for over in [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]:
            for keepdim in (False, True):
                found = ROWS["sum"].run(np, y, dim=over, keepdim=keepdim)
                wanted = y.sum(axis=over, dtype="float64", keepdims=keepdim)
                assert np.shape(found) == wanted.shape
                np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-3)
    spread = np.broadcast_to(case((30, 1)), (200, 30, 50))
    for over in [(0,), (0, 2), (0, 1, 2), (1,)]:
        wanted = spread.sum(axis=over, dtype="float64")
        np.testing.assert_allclose(ROWS["sum"].run(np, spread, dim=over), wanted, rtol=1e-5)
        np.testing.assert_allclose(
            ROWS["mean"].run(np, spread, dim=over), spread.mean(axis=over), rtol=1e-5
        )
    assert ROWS["sum"].run(np, np.zeros((0, 3), "float32"), dim=0).tolist() == [0, 0, 0]
    found = ROWS["sum"].run(np, x[:, ::2], dim=1)
    np.testing.assert_allclose(found, x[:, ::2].sum(axis=1), rtol=1e-4, atol=1e-5)


def test_sum_to() -> None:
    x = case((6, 7, 8, 9))
    for size in [(9,), (8, 9), (1, 7, 1, 1), (6, 1, 8, 1), (7, 1, 1), (1, 1, 1, 1), ()]:
        found = ROWS["sum_to"].run(np, x, size=size)
        wanted = torch.from_numpy(x).double().sum_to_size(size).numpy()
        assert np.shape(found) == size
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-4)
