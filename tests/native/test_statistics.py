"""Variances, norms, logsumexp and running sums by kernels: sizes, extremes, accuracy, gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import minitorch
from minitorch.backend import ROWS
from tests.native.threads import same_bits

RNG = np.random.default_rng(0)
SHAPES = [(5,), (40000,), (3, 7), (700, 130), (130, 700), (9, 20000), (6, 5, 40), (4, 3, 9, 11)]


def case(shape: tuple, dtype: str = "float32") -> np.ndarray:
    return RNG.standard_normal(shape).astype(dtype) * 3 + 100


def dims(shape: tuple) -> list:
    return [*range(len(shape)), None, *([(0, 2, 3), (0, 1), (2, 3)] if len(shape) == 4 else [])]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_variance(shape: tuple, dtype: str) -> None:
    x = case(shape, dtype)
    rtol = 3e-7 if dtype == "float32" else 1e-13
    for dim in dims(shape):
        for keepdim, correction in ((False, 1), (True, 0)):
            wanted = x.astype("float64").var(axis=dim, ddof=correction, keepdims=keepdim)
            given = {"dim": dim, "correction": correction, "keepdim": keepdim}
            found = same_bits(lambda v=given: ROWS["var"].run(np, x, **v))
            assert np.shape(found) == wanted.shape
            assert found.dtype == dtype
            np.testing.assert_allclose(found, wanted, rtol=rtol)
            root = ROWS["std"].run(np, x, **given)
            np.testing.assert_allclose(root, np.sqrt(wanted), rtol=rtol)
    mine, theirs = (t.tensor(x).requires_grad_() for t in (minitorch, torch))
    for t in (mine, theirs):
        (t.var(0).sum() + t.std(-1, keepdim=True).sum() * 2 + t.var()).backward()
    error = np.abs(mine.grad.numpy() - theirs.grad.numpy()).max()
    assert error <= 3e-4 * np.abs(theirs.grad.numpy()).max()


def test_extremes_of_variance() -> None:
    x = case((4, 500)).astype("float32")
    x[0, 3], x[1, 4], x[2] = np.nan, np.inf, 1e30
    for dim, y in ((1, x), (0, x.T.copy())):
        found = ROWS["var"].run(np, y, dim=dim)
        assert np.isnan(found[:2]).all()
        assert found[2] == 0
    assert np.isnan(ROWS["var"].run(np, x[:, :1].copy(), dim=1)).all()
    huge = ROWS["std"].run(np, np.float32([1e25, -1e25] * 4000), dim=0)
    np.testing.assert_allclose(huge, 1e25, rtol=1e-4)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_norm(shape: tuple) -> None:
    x = case(shape)
    for dim in dims(shape):
        wanted = np.sqrt(np.square(x.astype("float64")).sum(axis=dim))
        np.testing.assert_allclose(ROWS["norm2"].run(np, x, dim=dim), wanted, rtol=5e-7)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logsumexp(shape: tuple, dtype: str) -> None:
    x = case(shape, dtype) / 5
    x.reshape(-1)[1] = -np.inf
    mine, theirs = (t.tensor(x).requires_grad_() for t in (minitorch, torch))
    ours = same_bits(lambda: mine.logsumexp(-1).detach().numpy())
    expected = theirs.logsumexp(-1)
    rtol = 5e-7 if dtype == "float32" else 1e-14
    np.testing.assert_allclose(ours, expected.detach().numpy(), rtol=rtol)
    mine.logsumexp(-1, keepdim=True).square().sum().backward()
    expected.square().sum().backward()
    np.testing.assert_allclose(mine.grad.numpy(), theirs.grad.numpy(), rtol=100 * rtol)


def test_extremes_of_logsumexp() -> None:
    for width in (3, 8, 21):
        x = np.zeros((5, width), "float32")
        x[0], x[1, 2], x[2, 1], x[3] = -np.inf, np.inf, np.nan, 1e30
        wanted = torch.from_numpy(x).logsumexp(1).numpy()
        assert np.array_equal(ROWS["logsumexp"].run(np, x, dim=1), wanted, equal_nan=True)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cumsum(shape: tuple, dtype: str) -> None:
    x = case(shape, dtype)
    for dim in range(len(shape)):
        found = same_bits(lambda d=dim: ROWS["cumsum"].run(np, x, dim=d))
        assert np.array_equal(found, np.cumsum(x, dim, dtype="float64").astype(dtype))
        back = ROWS["cumsum"].rules[0](x, dim)
        wanted = np.flip(np.cumsum(np.flip(x, dim), dim, dtype="float64"), dim).astype(dtype)
        assert np.array_equal(back, wanted)
