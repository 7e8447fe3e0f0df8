"""The kernels of one number out for the numbers at one place: sizes, layouts, threads, digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import minitorch
from minitorch.backend import ROWS, own_rule
from tests.native.threads import on_threads

SINGLE: dict[str, Callable] = {
    "exp": torch.exp,
    "expm1": torch.expm1,
    "log": torch.log,
    "log1p": torch.log1p,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "erf": torch.erf,
    "sqrt": torch.sqrt,
    "rsqrt": torch.rsqrt,
    "reciprocal": torch.reciprocal,
    "square": torch.square,
    "neg": torch.neg,
    "abs": torch.abs,
    "relu": torch.relu,
    "silu": F.silu,
    "softplus": F.softplus,
    "logsigmoid": F.logsigmoid,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
}
PAIRS = ("add", "sub", "mul", "div", "maximum", "minimum")
SIZES = (1, 7, 8, 9, 16, 31, 4095, 4097, 40001)


def numbers(*shape: int, dtype: Any = np.float32, seed: int = 0) -> Any:
    return (np.random.default_rng(seed).normal(size=shape) * 3).astype(dtype)


def single(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(name, SINGLE)


# ------------------------------------------------------------------ sizes, dtypes, threads


@single("name")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sizes(name: str, dtype: Any) -> None:
    row = ROWS[name]
    rtol = 1e-5 if dtype is np.float32 else 1e-13
    for n in SIZES:
        x = numbers(n, dtype=dtype, seed=n)
        with np.errstate(all="ignore"):
            wanted = row.forward(np, x)
        found = row.run(np, x)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, wanted, rtol=rtol, atol=1e-30, equal_nan=True)


@pytest.mark.parametrize("name", PAIRS)
def test_pairs_are_exact(name: str) -> None:
    row = ROWS[name]
    for n in SIZES:
        x, y = numbers(n), numbers(n, seed=1)
        np.testing.assert_array_equal(row.run(np, x, y), row.forward(np, x, y))
        np.testing.assert_array_equal(row.run(np, x, 2.5), row.forward(np, x, 2.5))
        np.testing.assert_array_equal(row.run(np, 2, y), row.forward(np, 2, y))


def test_any_number_of_threads_gives_the_same_bits() -> None:
    x, y = numbers(70001), np.abs(numbers(70001, seed=1)) / 20

    def work() -> list:
        found = [ROWS[name].run(np, x) for name in SINGLE]
        found += [ROWS[name].run(np, x, y) for name in PAIRS]
        found += [ROWS[name].run(np, x, y) for name in ("mse_loss", "l1_loss", "bce_with_logits")]
        return [a.tobytes() for a in found]

    with np.errstate(all="ignore"):
        one = on_threads(1, work)
        assert on_threads(2, work) == one
        assert on_threads(3, work) == one


# ------------------------------------------------------------------ layouts

SHAPES = [
    ((300, 40), (40,)),
    ((300, 40), (300, 1)),
    ((40,), (300, 40)),
    ((3, 500), (1, 500)),
    ((1, 40), (300, 40)),
    ((1, 1, 40), (300, 40)),
    ((2, 5, 40), (1, 5, 40)),
    ((5, 40), (2, 1, 40)),
    ((5, 1, 70), (1, 33, 1)),
    ((2, 3, 1, 5), (4, 1)),
    ((6, 2, 300), (2, 1)),
    ((7, 2, 3, 4), (2, 1, 4)),
    ((70, 900), ()),
    ((1, 1), (1,)),
    ((0, 3), (1, 3)),
]


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_broadcast(shapes: tuple, dtype: Any) -> None:
    x, y = numbers(*shapes[0], dtype=dtype), numbers(*shapes[1], dtype=dtype, seed=1)
    for name in ("sub", "div"):
        row = ROWS[name]
        np.testing.assert_array_equal(row.run(np, x, y), row.forward(np, x, y))


def layouts(x: Any) -> list:
    """The same numbers in other places."""
    room = np.zeros([2 * n for n in x.shape], x.dtype)
    room[::2, ::2] = x
    return [x, x.T.copy().T, room[::2, ::2], x[::-1, ::-1].copy()[::-1, ::-1], room[::2, ::2].T.T]


@pytest.mark.parametrize("name", ["sub", "mul"])
def test_layouts(name: str) -> None:
    row, x, y = ROWS[name], numbers(65, 130), numbers(65, 130, seed=1)
    rule = row.rules[0]
    for a in layouts(x):
        for b in [*layouts(y), y[:1], y[:, :1], np.broadcast_to(y[0, 0], y.shape)]:
            wanted = row.forward(np, a, b)
            found = row.run(np, a, b)
            np.testing.assert_array_equal(found, wanted)
            assert found.strides == wanted.strides
            if name == "mul":
                np.testing.assert_array_equal(rule(b, a), a * b)


def test_rules_take_gradients_of_any_layout() -> None:
    x = numbers(65, 130)
    for g in [*layouts(numbers(65, 130, seed=1)), np.broadcast_to(np.float32(0.5), x.shape)]:
        for a in layouts(x):
            for name in ("square", "tanh", "relu"):
                row = ROWS[name]
                wanted = own_rule(row, 0)(g, a)
                np.testing.assert_allclose(row.rules[0](g, a), wanted, rtol=2e-6, atol=2e-6)


def test_odd_operands_are_left_to_numpy() -> None:
    x = numbers(100)
    assert ROWS["mul"].run(np, x, np.float64(2)).dtype == np.float64
    assert ROWS["mul"].run(np, x, numbers(100, dtype=np.float64)).dtype == np.float64
    assert ROWS["mul"].run(np, x, np.arange(100)).dtype == np.float64
    assert ROWS["mul"].run(np, x, True).dtype == np.float32
    with pytest.raises(ValueError, match="broadcast"):
        ROWS["add"].run(np, x, numbers(99))
    with pytest.raises(RuntimeError, match=r"\(100\).*\(99\)|100.*99"):
        minitorch.from_numpy(x) + minitorch.from_numpy(numbers(99))


# ------------------------------------------------------------------ special numbers


def special(dtype: Any) -> Any:
    tiny, top = np.finfo(dtype).tiny, np.finfo(dtype).max
    some = [0.0, tiny / 8, tiny, 1e-3, 0.5, 1, 2, 20.5, 50, 88, 89, 104, 709, 710, 745, top, np.inf]
    return np.array([*some, *(-x for x in some), np.nan], dtype)


@single("name")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_special_numbers(name: str, dtype: Any) -> None:
    x = special(dtype)
    found, wanted = ROWS[name].run(np, x), SINGLE[name](torch.from_numpy(x)).numpy()
    rtol = 1e-5 if dtype is np.float32 else 1e-13
    least = float(np.finfo(dtype).tiny)
    np.testing.assert_allclose(found, wanted, rtol=rtol, atol=least, equal_nan=True)
    zero = (wanted == 0) & (found == 0) & (name != "logsigmoid")  # 0 - 0 there, -0 here
    assert (np.signbit(found) == np.signbit(wanted))[zero].all()


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu_of_special_numbers(approximate: str) -> None:
    row = ROWS["gelu"]
    for dtype in (np.float32, np.float64):
        x = special(dtype)
        with np.errstate(all="ignore"):
            wanted = row.forward(np, x, approximate=approximate)
            slope = own_rule(row, 0)(np.ones_like(x), x, approximate)
        found = row.run(np, x, approximate=approximate)
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6, equal_nan=True)
        found = row.rules[0](np.ones_like(x), x, approximate)
        np.testing.assert_allclose(found, slope, rtol=1e-5, atol=1e-6, equal_nan=True)


def test_choices_with_nan() -> None:
    x = special(np.float32)
    a, b = np.meshgrid(x, x)
    for name in ("maximum", "minimum"):
        row = ROWS[name]
        np.testing.assert_array_equal(row.run(np, a, b), row.forward(np, a, b))
        for i in (0, 1):
            g = numbers(*a.shape)
            np.testing.assert_array_equal(row.rules[i](g, a, b), own_rule(row, i)(g, a, b))
    row = ROWS["clamp"]
    for bounds in ((-1, 2), (None, 2), (-1.0, None), (2, -1), (float("nan"), 1)):
        low, high = bounds
        np.testing.assert_array_equal(
            row.run(np, x, min=low, max=high), row.forward(np, x, min=low, max=high)
        )
        g = np.ones_like(x)
        np.testing.assert_array_equal(row.rules[0](g, x, *bounds), own_rule(row, 0)(g, x, *bounds))


def test_choices_by_masks() -> None:
    x, y = numbers(65, 130), numbers(65, 130, seed=1)
    x[0], y[1] = np.nan, np.inf
    mask = numbers(65, 130, seed=2) > 0
    for m in (mask, mask[:1], mask[:, :1], mask[:, ::-1], mask[::-1].T.copy().T):
        for a, b in ((x, y), (x, 1.5), (-1, y[:1]), (x[:, :1], y), (x, np.float32(2))):
            np.testing.assert_array_equal(ROWS["where"].run(np, m, a, b), np.where(m, a, b))
        np.testing.assert_array_equal(ROWS["gate"].run(np, x, m), np.where(m, x, 0))
        filled = ROWS["masked_fill"].run(np, x, m, -np.inf)
        np.testing.assert_array_equal(filled, np.where(m, np.float32(-np.inf), x))
        for i, wanted in ((1, np.where(m, x, 0)), (2, np.where(m, 0, x))):
            np.testing.assert_array_equal(ROWS["where"].rules[i](x, m), wanted)


# ------------------------------------------------------------------ digits


def units(found: Any, wanted: Any) -> float:
    """The largest error in units in the last place, where results are normal numbers."""
    least = float(np.finfo(found.dtype).tiny)
    counts = (
        np.isfinite(wanted) & (abs(wanted) >= least) & (abs(wanted) < np.finfo(found.dtype).max)
    )
    wanted = wanted[counts]
    step = np.spacing(abs(wanted).astype(found.dtype)).astype(np.float64)
    return float((abs(found[counts] - wanted) / step).max())


@pytest.mark.parametrize("name", [n for n in SINGLE if n not in ("neg", "abs", "relu")])
def test_no_worse_than_twice_torch(name: str) -> None:
    some = np.random.default_rng(3)
    x = np.concatenate([some.uniform(-80, 80, 60000), some.normal(size=60000)]).astype(np.float32)
    if name in ("log", "sqrt", "rsqrt"):
        x = abs(x)
    elif name == "log1p":
        x = np.maximum(x, np.float32(-0.9))
    wanted = SINGLE[name](torch.from_numpy(x).double())
    if name in ("softplus", "logsigmoid"):
        wide = torch.from_numpy(x).double() * (1 if name == "softplus" else -1)
        wanted = torch.log1p(torch.exp(-wide.abs())) + wide.clamp(min=0)
        wanted = wanted if name == "softplus" else -wanted
    ours = units(ROWS[name].run(np, x), wanted.numpy())
    theirs = units(SINGLE[name](torch.from_numpy(x)).numpy(), wanted.numpy())
    assert ours <= max(2 * theirs, 1)


def test_gelu_keeps_digits_where_torch_has_none() -> None:
    x = np.random.default_rng(4).uniform(-12, 6, 50000).astype(np.float32)
    wide = torch.from_numpy(x).double()
    wanted = wide * torch.special.erfc(-wide * 0.5**0.5) * 0.5
    assert units(ROWS["gelu"].run(np, x), wanted.numpy()) <= 8
    slope = wanted / wide + wide * torch.exp(-wide * wide / 2) * 0.3989422804014327
    away = abs(slope.numpy()) > 1e-3
    for found in (ROWS["gelu_slope"].run(np, x), ROWS["gelu"].rules[0](x, x, "none") / x):
        error = abs(found - slope.numpy())
        assert error.max() < 5e-7
        assert (error / abs(slope.numpy()))[(x < -2) & away].max() < 2e-6


# ------------------------------------------------------------------ losses


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber", "smooth_l1", "bce_with_logits"])
def test_losses(name: str, reduction: str) -> None:
    row = ROWS[name]
    width = {"width": 0.7} if name in ("huber", "smooth_l1") else {}
    for shapes in (((40001,), (40001,)), ((300, 170), (300, 1)), ((300, 170), (170,))):
        for dtype in (np.float32, np.float64):
            x = numbers(*shapes[0], dtype=dtype)
            y = np.abs(numbers(*shapes[1], dtype=dtype, seed=1)) / 10
            wide = [x.astype(np.float64), y.astype(np.float64)]
            wanted = row.forward(np, *wide, reduction=reduction, **width)
            found = row.run(np, x, y, reduction=reduction, **width)
            rtol = 3e-6 if dtype is np.float32 else 1e-13
            np.testing.assert_allclose(found, wanted, rtol=rtol, atol=1e-6)
            assert found.dtype == dtype
            g = dtype(0.3) if reduction != "none" else numbers(*shapes[0], dtype=dtype, seed=2)
            if name == "bce_with_logits":
                args = (None, None, reduction, (True, False))
                found = [row.joint(g, x, y, *args)[0]]
                wanted = [own_rule(row, "joint")(g, x, y, *args)[0]]
            else:
                args = (reduction, *width.values())
                found = [rule(g, x, y, *args) for rule in row.rules]
                wanted = [own_rule(row, i)(g, x, y, *args) for i in (0, 1)]
            for a, b in zip(found, wanted):
                np.testing.assert_allclose(a, b, rtol=3e-6, atol=1e-6 * float(np.abs(b).max()))


def test_a_mean_of_many_losses_keeps_its_digits() -> None:
    x = np.full(3000001, 0.1, np.float32)
    found = ROWS["l1_loss"].run(np, x, np.zeros_like(x))
    assert abs(float(found) / float(np.float32(0.1)) - 1) < 2e-7


# ------------------------------------------------------------------ threaded activations


@pytest.mark.parametrize("name", ["mish", "hardswish", "hardsigmoid", "hardtanh"])
def test_activations_of_many_and_of_special_numbers(name: str) -> None:
    row = ROWS[name]
    bounds = (-1.0, 1.0) if name == "hardtanh" else ()
    for x in (numbers(40001), special(np.float32)):
        g = np.full_like(x, 0.5)
        with np.errstate(all="ignore"):
            wanted, slope = row.forward(np, x), own_rule(row, 0)(g, x, *bounds)
        np.testing.assert_allclose(row.run(np, x), wanted, rtol=2e-6, atol=1e-30)
        np.testing.assert_allclose(row.rules[0](g, x, *bounds), slope, rtol=3e-6, atol=1e-6)
