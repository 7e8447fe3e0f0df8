"""Copies and rows by their indices, by kernels: odd sizes, strides, threads, indices not there."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

import minitorch
from minitorch.backend import ROWS
from minitorch.native import copies
from minitorch.ops.index import ALL, ARRAY
from tests.native.threads import same_bits

RNG = np.random.default_rng(0)


def case(*shape: int, dtype: str = "float32") -> np.ndarray:
    return RNG.standard_normal(shape).astype(dtype)


# ------------------------------------------------------------------ copies

SHAPES = [(5,), (16, 16), (33, 70), (128, 256), (7, 19, 23), (3, 1, 40, 18), (2, 17, 5, 33)]
ORDERS = [(s, o) for s in SHAPES for o in itertools.permutations(range(len(s)))]


@pytest.mark.parametrize(("shape", "order"), ORDERS, ids=str)
def test_copies_of_any_order(shape: tuple, order: tuple) -> None:
    copied = ROWS["reshape_copy"].run
    for dtype in ("float32", "float64"):
        x = case(*shape, dtype=dtype).transpose(order)
        assert np.array_equal(same_bits(lambda y=x: copied(np, y, size=y.shape)), x)
        assert np.array_equal(copied(np, x, size=(-1,)), x.reshape(-1))
        kept = ROWS["clone"].run(np, x)
        assert np.array_equal(kept, x)
        assert kept.strides == ROWS["clone"].forward(np, x).strides
        back = np.empty(shape, dtype).transpose(order)
        copies.copy_into(back, x.copy())
        assert np.array_equal(back, x)


def test_copies_of_parts() -> None:
    x = case(40, 50, 60)
    views = [x[::2], x[:, ::3], x[..., ::2], x[::-1], x[..., ::-1], x[3:, 7:, 5:9], x[..., 4]]
    views += [np.broadcast_to(x[:, :1], x.shape), np.broadcast_to(x[0, 0], x.shape), x[4, 5, 6:7]]
    views += [v.T for v in views]
    for v in views:
        assert np.array_equal(copies.row_major(v), v)
        assert np.array_equal(ROWS["clone"].run(np, v), v)


@pytest.mark.parametrize("form", ["channels_last", "contiguous_format", "preserve_format"])
def test_formats(form: str) -> None:
    x = minitorch.randn(3, 20, 9, 11)
    for y in (x, x.contiguous(memory_format=minitorch.channels_last)):
        found = y.clone(memory_format=getattr(minitorch, form))
        theirs = torch.from_numpy(x.numpy())
        if y is not x:
            theirs = theirs.contiguous(memory_format=torch.channels_last)
        assert found.stride() == theirs.clone(memory_format=getattr(torch, form)).stride()
        assert np.array_equal(found.numpy(), x.numpy())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cat_and_stack(dtype: str) -> None:
    parts = [case(7, n, 31, dtype=dtype) for n in (40, 1, 33)]
    for order in itertools.permutations(range(3)):
        moved = [x.transpose(order) for x in parts]
        at = order.index(1)
        found = same_bits(lambda m=moved, a=at: ROWS["cat"].run(np, *m, dim=a))
        assert np.array_equal(found, np.concatenate(moved, at))
    empty = [parts[0], parts[0][:, :0], np.empty(0, dtype)]
    assert np.array_equal(ROWS["cat"].run(np, *empty, dim=1), parts[0])
    same = [parts[0], parts[0] + 1, parts[0][::-1]]
    for dim in range(4):
        found = same_bits(lambda d=dim: ROWS["stack"].run(np, *same, dim=d))
        assert np.array_equal(found, np.stack(same, dim))
    with pytest.raises(RuntimeError):
        minitorch.cat([minitorch.ones(3, 4), minitorch.ones(3, 5)], 0)
    mixed = minitorch.cat([minitorch.ones(3, 4), minitorch.ones(3, 4, dtype=minitorch.float64)])
    assert mixed.dtype is minitorch.float64


def test_adding_in_place() -> None:
    for n in (1, 7, 8, 100003):
        x, y = case(n), case(n)
        wanted = x + y
        assert copies.add_into(x, y)
        assert np.array_equal(x, wanted)
        assert n == 1 or not copies.add_into(x[::2], y[::2])
        assert not copies.add_into(x, y.astype("float64"))
    frozen = case(5)
    frozen.flags.writeable = False
    assert not copies.add_into(frozen, case(5))


def test_gradients_of_what_is_used_often() -> None:
    for size in ((300, 400), (3, 4)):
        x, w = case(*size), case(*size)
        grads = []
        for t in (minitorch, torch):
            a, b = (t.tensor(v).requires_grad_() for v in (x, w))
            bias = t.zeros(size[1]).requires_grad_()
            for _ in range(2):
                y = a * b + bias
                (y * a + y * 2 + y.t().t() * b + y.exp()).sum().backward()
            grads.append([v.grad.numpy() for v in (a, b, bias)])
        for ours, theirs in zip(*grads):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-3)


# ------------------------------------------------------------------ rows by their indices

TABLES = [(10, 1, 5), (100, 3, 40000), (50, 33, 700), (1000, 64, 3000), (7, 200, 900), (3, 600, 90)]


@pytest.mark.parametrize(("rows", "width", "n"), TABLES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_embedding(rows: int, width: int, n: int, dtype: str) -> None:
    weight, g = case(rows, width, dtype=dtype), case(n, width, dtype=dtype)
    at = RNG.integers(0, rows, n)
    for indices in (at, at.astype("int32"), np.repeat(at, 2)[::2]):
        found = same_bits(lambda i=indices: ROWS["embedding"].run(np, weight, i))
        assert np.array_equal(found, weight[indices])
        grad = same_bits(lambda i=indices: ROWS["embedding_grad"].run(np, g, i, rows=rows))
        wanted = ROWS["embedding_grad"].forward(np, g, indices, rows=rows)
        assert np.array_equal(grad, wanted)  # added in the order of the indices
    padded = ROWS["embedding_grad"].run(np, g, at, rows=rows, padding_idx=2)
    assert not padded[2].any()
    spread = np.broadcast_to(g[:1], g.shape)
    found = ROWS["embedding_grad"].run(np, spread, at, rows=rows)
    assert np.array_equal(found, ROWS["embedding_grad"].forward(np, spread, at, rows=rows))
    bags = np.sort(at)
    np.testing.assert_allclose(
        ROWS["bag_sum"].run(np, g, bags, count=rows + 2),
        ROWS["bag_sum"].forward(np, g, bags, count=rows + 2),
        rtol=1e-4, atol=1e-4,
    )  # fmt: skip


@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_take_along_any_axis(at: int) -> None:
    x = case(6, 7, 8, 300)
    for size in ((5,), (300,), (2, 3)):
        indices = RNG.integers(-x.shape[at], x.shape[at], size)
        spec = (ALL,) * at + (ARRAY,)
        found = same_bits(lambda i=indices, s=spec: ROWS["take"].run(np, x, i, spec=s))
        assert np.array_equal(found, ROWS["take"].forward(np, x, indices, spec=spec))
        put = ROWS["put_add"]
        back = same_bits(
            lambda f=found, i=indices, s=spec, p=put: p.run(np, f, i, size=x.shape, spec=s)
        )
        wanted = put.forward(np, found, indices, size=x.shape, spec=spec)
        assert np.array_equal(back, wanted)
        kept = ROWS["index_put"].run(np, x, found, indices, spec=spec, accumulate=True)
        wanted = ROWS["index_put"].forward(np, x, found, indices, spec=spec, accumulate=True)
        assert np.array_equal(kept, wanted)


@pytest.mark.parametrize("shape", [(40,), (50, 33), (9, 20, 31)], ids=str)
def test_each_its_own_index(shape: tuple) -> None:
    for at, n in itertools.product(range(len(shape)), (1, 5, 100)):
        size = (*shape[:at], n, *shape[at + 1 :])
        x, g, indices = case(*shape), case(*size), RNG.integers(0, shape[at], size)
        found = same_bits(lambda i=indices, a=at, y=x: ROWS["gather"].run(np, y, i, dim=a))
        assert np.array_equal(found, np.take_along_axis(x, indices, at))
        assert np.array_equal(
            ROWS["gather"].run(np, x, indices[:1], dim=at),
            ROWS["gather"].forward(np, x, indices[:1], dim=at),
        )
        for name, args in (("put_along", (g, indices)), ("scatter_add", (x, indices, g))):
            more = {"size": shape} if name == "put_along" else {}
            row = ROWS[name]
            found = same_bits(lambda r=row, a=args, m=more, d=at: r.run(np, *a, dim=d, **m))
            assert np.array_equal(found, row.forward(np, *args, dim=at, **more))


@pytest.mark.parametrize("wrong", [-1, 5, -(2**63), 2**63 - 1, 2**40])
def test_indices_that_are_not_there(wrong: int) -> None:
    for places in ([wrong], [0, 1, 2, wrong, 4, 3, 2, 1], [0] * 9 + [wrong]):
        weight, at = minitorch.randn(5, 8), minitorch.tensor(places)
        with pytest.raises(IndexError, match=str(wrong)):
            minitorch.nn.functional.embedding(at, weight)
        with pytest.raises(RuntimeError):
            minitorch.gather(weight, 0, at.reshape(-1, 1))
        with pytest.raises(IndexError):
            minitorch.index_select(weight, 0, at)
        if wrong != -1:
            with pytest.raises(IndexError):
                weight[at]
