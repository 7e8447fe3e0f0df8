"""Matrix products of the rows `mm` and `bmm`: sizes, strides, threads, special numbers."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch
from minitorch import native
from minitorch.native import products

SIZES = ((4, 4, 4), (5, 17, 7), (33, 70, 300), (130, 65, 40), (64, 600, 96), (6, 16, 1030))


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def layouts(a: np.ndarray) -> list[np.ndarray]:
    """The same numbers next to each other, transposed in memory, and with gaps."""
    room = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), a.dtype)
    room[..., ::2] = a
    turned = np.ascontiguousarray(a.swapaxes(-1, -2)).swapaxes(-1, -2)
    return [a, turned, room[..., ::2]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", SIZES)
def test_products_of_any_layout(size: tuple[int, int, int], dtype: str) -> None:
    m, k, n = size
    limit = 4 * np.finfo(dtype).eps * k**0.5
    x, y = numbers(3, m, k), numbers(3, k, n, seed=1)
    expected = x.astype(dtype).astype("f8") @ y.astype(dtype).astype("f8")
    for a in layouts(x.astype(dtype)):
        for b in layouts(y.astype(dtype)):
            found = products.bmm(np, a, b)
            assert found.dtype == dtype
            assert np.abs(found - expected).max() < limit * np.abs(expected).max()
            assert np.array_equal(products.mm(np, a[1], b[1]), found[1])
            assert np.array_equal(products.bmm(np, a[:1], b[:1])[0], found[0])


def test_the_same_bits_with_any_number_of_threads() -> None:
    before = native.load().get_threads()
    x, y = numbers(5, 150, 333).astype("f4"), numbers(5, 333, 170, seed=1).astype("f4")
    found = []
    try:
        for n in (1, 2, 5):
            native.load().set_threads(n)
            found.append((products.bmm(np, x, y), products.mm(np, x[0], y[0])))
    finally:
        native.load().set_threads(before)
    for stacked, single in found[1:]:
        assert np.array_equal(stacked, found[0][0])
        assert np.array_equal(single, found[0][1])


def test_a_matrix_that_is_repeated() -> None:
    x, y = numbers(4, 12, 9).astype("f4"), numbers(9, 20, seed=1).astype("f4")
    repeated = np.broadcast_to(y, (4, 9, 20))
    assert np.array_equal(products.bmm(np, x, repeated), products.bmm(np, x, repeated.copy()))


def test_nothing_to_sum_is_zero() -> None:
    empty = minitorch.zeros(3, 5, 0) @ minitorch.zeros(3, 0, 7)
    assert empty.shape == (3, 5, 7)
    assert not empty.any()
    assert minitorch.zeros(0, 5, 4).bmm(minitorch.zeros(0, 4, 7)).shape == (0, 5, 7)


def test_nan_and_infinity_stay_in_their_row() -> None:
    x, y = np.ones((20, 30), "f4"), np.ones((30, 40), "f4")
    x[3, 4], x[5, 6] = np.nan, np.inf
    found = products.mm(np, x, y)
    assert np.isnan(found[3]).all()
    assert np.isposinf(found[5]).all()
    assert np.isfinite(np.delete(found, (3, 5), axis=0)).all()


def test_errors_are_the_rows_own() -> None:
    with pytest.raises(RuntimeError, match="inner sizes differ"):
        minitorch.ones(3, 4).mm(minitorch.ones(5, 6))
    with pytest.raises(RuntimeError, match="one dtype"):
        minitorch.ones(3, 4).mm(minitorch.ones(4, 6, dtype=minitorch.float64))
    with pytest.raises(RuntimeError, match="to the right of"):
        minitorch.ones(2, 3, 4).bmm(minitorch.ones(3, 4, 6))
