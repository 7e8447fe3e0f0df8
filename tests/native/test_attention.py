"""Attention in C: sizes, masks, strides, heads that share keys, threads, accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch import backend, native
from minitorch.native import attention
from tests.checks import array

SHAPES = (  # batch, queries, keys, width, width of the values
    ((2, 3), 7, 9, 5, 4),
    ((3,), 64, 64, 32, 32),
    ((), 50, 130, 20, 33),
    ((1, 2), 100, 70, 17, 40),
    ((2,), 200, 1100, 8, 8),
)


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def operands(shape: tuple, dtype: str) -> list[np.ndarray]:
    batch, queries, keys, width, value_width = shape
    sizes = ((queries, width), (keys, width), (keys, value_width))
    return [numbers(*batch, *size, seed=i).astype(dtype) for i, size in enumerate(sizes)]


def run(T: Any, arrays: list, masks: tuple = (), **options: Any) -> list:
    """The output and the gradients of one call."""
    given = [T.from_numpy(a.copy()).requires_grad_() for a in arrays]
    more = [T.from_numpy(m) for m in masks]
    out = T.nn.functional.scaled_dot_product_attention(*given, *more, **options)
    out.backward(T.from_numpy(numbers(*out.shape, seed=9).astype(arrays[0].dtype)))
    return [array(x) for x in (out, *(x.grad for x in given))]


def largest_error(found: list, expected: list) -> float:
    return max(np.abs(a - b).max() / (np.abs(b).max() or 1) for a, b in zip(found, expected))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("how", ["open", "causal", "padding", "added", "rows"])
def test_as_torch(shape: tuple, how: str) -> None:
    arrays = operands(shape, "float64")
    queries, keys = shape[1:3]
    masks: tuple = ()
    if how == "padding":
        masks = (np.arange(keys)[None] < keys // 3,)
    elif how == "added":
        masks = (numbers(queries, keys, seed=5),)
    elif how == "rows":
        masks = (numbers(queries, keys, seed=6) > 0.5,)
    options = {"is_causal": how == "causal"}
    found, expected = (run(T, arrays, masks, **options) for T in (minitorch, torch))
    assert largest_error(found, expected) < 1e-12


def test_a_mask_of_each_head_and_its_gradient() -> None:
    arrays, added = operands(((2, 3), 40, 35, 8, 12), "float64"), numbers(3, 40, 35, seed=4)
    added[:, :, 20:] = -np.inf

    def gradients(T: Any) -> list:
        mask = T.from_numpy(added).requires_grad_()
        given = [T.from_numpy(a) for a in arrays]
        T.nn.functional.scaled_dot_product_attention(*given, mask).square().sum().backward()
        return [array(mask.grad)]

    assert largest_error(gradients(minitorch), gradients(torch)) < 1e-12


def test_heads_that_lie_between_each_other_and_share_keys() -> None:
    together = numbers(2, 33, 6 * 8)

    def gradient(T: Any) -> list:
        x = T.from_numpy(together).requires_grad_()
        heads = x.view(2, 33, 6, 8).transpose(1, 2)
        q, k, v = heads[:, :4], heads[:, 4:5], heads[:, 5:]
        out = T.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        out.square().sum().backward()
        return [array(out), array(x.grad)]

    assert largest_error(gradient(minitorch), gradient(torch)) < 1e-12


def test_chances_that_fall() -> None:
    q, k, v = operands(((2,), 40, 70, 6, 10), "float64")
    kept = (numbers(2, 40, 70, seed=3) > 0) * 2.0
    row, options = backend.ROWS["attend"], {"scale": 0.3}
    out, facts = row.run(np, q, k, v, None, kept, **options)
    own, chances = row.forward(np, q, k, v, None, kept, **options)
    assert facts.ndim == 1
    assert np.allclose(out, own, rtol=1e-12)
    needs, rule = (True, True, True, False, False), backend.own_rule(row, "joint")
    g = numbers(*out.shape, seed=8)
    found = row.joint(g, q, k, v, None, kept, facts, 0.3, needs=needs)
    for other in (chances, facts):  # the row's own rule copes with what the kernel left
        expected = rule(g, q, k, v, None, kept, other, 0.3, needs=needs)
        assert largest_error(found[:3], expected[:3]) < 1e-12


@pytest.mark.parametrize("causal", [False, True])
def test_no_less_accurate_than_torch(causal: bool) -> None:
    arrays = operands(((2, 4), 120, 120, 32, 32), "float32")
    exact = run(torch, [a.astype("f8") for a in arrays], is_causal=causal)
    ours, theirs = (run(T, arrays, is_causal=causal) for T in (minitorch, torch))
    assert largest_error(ours, exact) < 2 * largest_error(theirs, exact)


def test_large_scores() -> None:
    arrays = [60 * a for a in operands(((2,), 30, 40, 16, 8), "float32")]
    exact = run(torch, [a.astype("f8") for a in arrays])
    assert largest_error(run(minitorch, arrays)[:1], exact[:1]) < 1e-3


def test_the_same_bits_with_any_number_of_threads() -> None:
    before = native.load().get_threads()
    arrays = operands(((1, 3), 150, 150, 24, 24), "float32")
    found = []
    try:
        for n in (1, 2, 5):
            native.load().set_threads(n)
            found.append(run(minitorch, arrays, is_causal=True))
    finally:
        native.load().set_threads(before)
    for other in found[1:]:
        for a, b in zip(found[0], other):
            assert np.array_equal(a, b)


def test_nan_and_infinity_as_the_row() -> None:
    q, k, v = operands(((2,), 40, 40, 8, 8), "float32")
    q[0, 5, 2], v[1, 7, 3], k[1, 9, 0] = np.nan, np.inf, np.inf
    row = backend.ROWS["attend"]
    found, expected = (f(np, q, k, v, scale=0.5)[0] for f in (row.run, row.forward))
    assert np.allclose(found, expected, atol=1e-5, equal_nan=True)


def test_a_query_that_sees_nothing_is_zero() -> None:
    arrays = operands(((2,), 70, 70, 8, 8), "float32")
    mask = np.ones((70, 70), bool)
    mask[3], mask[32:64] = False, False
    out, g_query, g_key, _ = run(minitorch, arrays, (mask,))
    assert not out[:, 3].any()
    assert not out[:, 32:64].any()
    assert not g_query[:, 32:64].any()
    assert np.isfinite(g_key).all()


def test_few_queries_are_left_to_the_row() -> None:
    q, k, v = operands(((2,), 1, 40, 8, 8), "float32")
    assert attention.attend(np, q, k, v, scale=0.5) is NotImplemented
