"""Pooling in C against the rows' own bodies, and against torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import minitorch
from minitorch import backend
from minitorch.backend import ROWS
from minitorch.ops.window import out_size

F, TF = minitorch.nn.functional, torch.nn.functional


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest):
    before = minitorch.get_num_threads()
    minitorch.set_num_threads(request.param)
    yield
    minitorch.set_num_threads(before)


def both(name: str, *inputs: np.ndarray, **params) -> tuple:
    """What the kernel makes, and what the row itself makes of the same."""
    row = ROWS[name]
    assert row.run is not row.forward
    ours, own = (f(backend.xp, *inputs, **params) for f in (row.run, row.forward))
    pair = (ours, own) if type(ours) is tuple else ((ours,), (own,))
    for x, y in zip(*pair):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
    return pair


def assert_same(pair: tuple) -> None:
    for x, y in zip(*pair):
        np.testing.assert_array_equal(x, y)


def numbers(rng, shape, dtype) -> np.ndarray:
    """Few values, so that many are equal, and some that are special."""
    x = rng.integers(-3, 4, shape).astype(dtype)
    special = rng.random(shape)
    x[special < 0.06] = np.nan
    x[special > 0.9] = -np.inf
    x[(special > 0.85) & (special < 0.87)] = np.inf
    return x


def geometries(axes: int):
    """Windows of all kinds: (image, how)."""
    rng = np.random.default_rng(axes)
    usual = [(2, 2, 0, 1), (3, 2, 1, 1), (3, 1, 1, 1), (1, 1, 0, 1), (2, 1, 0, 1), (2, 3, 1, 2)]
    for trial in range(60):
        picked = [usual[rng.integers(6)] for _ in range(axes)] if trial < 30 else []
        for _ in range(axes - len(picked)):
            k, d = int(rng.integers(1, 5)), int(rng.integers(1, 4))
            most = ((k - 1) * d + 1) // 2
            picked.append((k, int(rng.integers(1, 4)), int(rng.integers(0, most + 1)), d))
        if trial < 12:
            picked = [picked[0]] * axes
        kernel, stride, padding, dilation = zip(*picked)
        ceil = bool(rng.integers(2))
        image = tuple(int(rng.integers(1, 41 if i == axes - 1 else 8)) for i in range(axes))
        if min(out_size(*a, ceil) for a in zip(image, kernel, stride, padding, dilation)) < 1:
            continue
        how = {"kernel": kernel, "stride": stride, "padding": padding}
        yield image, how | {"dilation": dilation, "ceil_mode": ceil}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_the_largest(axes: int, dtype: str) -> None:
    rng = np.random.default_rng(7)
    for image, how in geometries(axes):
        x = numbers(rng, (3, 2, *image), dtype)
        pair = both("max_pooling", x, **how)
        assert_same(pair)
        assert_same(both("max_pooling_indices", x, **how))
        best, nth = pair[0]
        del how["ceil_mode"]
        g = rng.integers(-4, 5, best.shape).astype(dtype)  # sums of integers are exact
        assert_same(both("max_pooling_grad", g, nth, size=x.shape, **how))
        assert_same(both("max_pooling_pick", x, nth, **how))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_the_mean(axes: int, dtype: str) -> None:
    rng = np.random.default_rng(8)
    for i, (image, how) in enumerate(geometries(axes)):
        del how["dilation"]
        room = zip(image, how["kernel"], how["stride"], how["padding"], (1,) * axes)
        how["padding"] = tuple(min(p, k // 2) for p, k in zip(how["padding"], how["kernel"]))
        if min(out_size(*a, how["ceil_mode"]) for a in room) < 1:
            continue
        more = {"count_include_pad": bool(i % 2), "divisor_override": 3 if i % 5 == 0 else None}
        x = rng.standard_normal((3, 2, *image)).astype(dtype)
        pair = both("avg_pooling", x, **how, **more)
        assert_same(pair)
        g = rng.standard_normal(pair[0][0].shape).astype(dtype)
        ours, own = both("avg_pooling_grad", g, size=x.shape, **how, **more)
        near = {"float32": 1e-6, "float64": 1e-15}[dtype]
        np.testing.assert_allclose(ours[0], own[0], rtol=near, atol=4 * near)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_windows_that_cover_evenly(axes: int, dtype: str) -> None:
    rng = np.random.default_rng(9)
    near = {"float32": 1e-6, "float64": 1e-15}[dtype]
    for trial in range(30):
        image = tuple(int(rng.integers(1, 50 if i == axes - 1 else 9)) for i in range(axes))
        count = tuple(int(rng.integers(1, 10)) for _ in range(axes)) if trial else (1,) * axes
        x = rng.standard_normal((3, 2, *image)).astype(dtype)
        ours, own = both("adaptive_mean", x, count=count)
        np.testing.assert_allclose(ours[0], own[0], rtol=0, atol=4 * near)
        ours, own = both("adaptive_mean_grad", ours[0], size=x.shape)
        np.testing.assert_allclose(ours[0], own[0], rtol=4 * near, atol=4 * near)
        assert_same(both("adaptive_max", numbers(rng, x.shape, dtype), count=count))


@pytest.mark.parametrize("shape", [(1, 1, 2, 2), (3, 5, 7, 9), (64, 64, 24, 24), (2, 3, 200, 150)])
@pytest.mark.parametrize("kernel", [2, 3])
def test_threads_and_layouts(shape: tuple, kernel: int, threads: None) -> None:
    """Several chunks, an expanded gradient, columns before rows, half of the images."""
    if min(shape[2:]) < kernel:
        return
    rng = np.random.default_rng(10)
    x = rng.standard_normal(shape).astype(np.float32)
    for T, pool in ((torch, TF), (minitorch, F)):
        a = T.tensor(x, requires_grad=True)
        b = T.tensor(np.repeat(x, 2, 0), requires_grad=True)
        y = pool.max_pool2d(a.transpose(2, 3), kernel)
        z = pool.max_pool2d(b[::2], kernel, 2, 1)
        (y.sum() + pool.avg_pool2d(b[::2], kernel, 1, 1).sum() + (z * z).sum()).backward()
        made = [y, z, a.grad, b.grad]
        if T is torch:
            expected = made
    for theirs, ours in zip(expected, made):
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=2e-6)


@pytest.mark.differential
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_special_numbers_as_torch(dtype: str) -> None:
    x = numbers(np.random.default_rng(11), (4, 3, 17, 35), dtype)
    x[0, 0] = np.nan
    x[0, 1] = -np.inf
    for kernel, stride, padding, dilation in [
        (2, 2, 0, 1),
        (3, 2, 1, 1),
        (3, 1, 1, 2),
        (5, 3, 2, 1),
    ]:
        how = {"stride": stride, "padding": padding, "dilation": dilation, "return_indices": True}
        theirs = TF.max_pool2d(torch.tensor(x), kernel, **how)
        for a, b in zip(F.max_pool2d(minitorch.tensor(x), kernel, **how), theirs):
            np.testing.assert_array_equal(a.numpy(), b.numpy())
    theirs = TF.adaptive_max_pool2d(torch.tensor(x), (5, 4), return_indices=True)
    for a, b in zip(F.adaptive_max_pool2d(minitorch.tensor(x), (5, 4), True), theirs):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_windows_of_many_elements_run_on_numpy() -> None:
    x = np.random.default_rng(12).standard_normal((1, 2, 20, 20)).astype(np.float32)
    theirs = TF.max_pool2d(torch.tensor(x), 17, 1)
    assert F.max_pool2d(minitorch.tensor(x), 17, 1).tolist() == theirs.tolist()
    assert F.avg_pool2d(minitorch.tensor(x), 17, 1).shape == theirs.shape


def test_positions() -> None:
    rng = np.random.default_rng(13)
    for area, windows in ((6, 10), (40, 7), (1, 3)):
        x = rng.integers(-5, 6, (300, 4, area)).astype(np.float32)
        g = rng.integers(-5, 6, (300, 4, windows)).astype(np.float32)
        at = rng.integers(0, area, g.shape)
        assert_same(both("pick_in_image", x, at))
        assert_same(both("put_in_image", g, at, size=x.shape))
        assert_same(both("max_unpooling", g, at, size=x.shape))
    at[2, 1, 1] = 1
    for place in (1, -1):
        at[2, 1, 1] = place
        with pytest.raises(RuntimeError, match="expected indices from 0 to 0"):
            ROWS["max_unpooling"].run(backend.xp, g, at, size=x.shape)


@pytest.mark.parametrize("name", ["avg_pool2d", "adaptive_avg_pool2d"])
def test_means_are_no_less_exact_than_torchs(name: str) -> None:
    x = np.random.default_rng(14).random((8, 8, 64, 64)) + 1000
    how = (16,) if name == "avg_pool2d" else (1,)
    exact = getattr(TF, name)(torch.tensor(x), *how).numpy()

    def error(T, functions) -> float:
        out = getattr(functions, name)(T.tensor(x.astype(np.float32)), *how).numpy()
        return float(np.abs(out - exact).max())

    assert error(minitorch, F) <= 2 * error(torch, TF) + 1e-4
