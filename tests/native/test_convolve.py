"""Convolution's kernels: every geometry against the rows' own bodies in float64."""

from __future__ import annotations

import random
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch import backend
from tests.native.threads import on_each_number

NAMES = ("convolve", "convolve_transposed", "convolve_weight_grad")
LIMITS = {"float32": 2e-6, "float64": 4e-15}  # for each row, of the largest number times a root


def drawn(shape: tuple, seed: int, dtype: str = "float64") -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def out_sizes(size: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> tuple:
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(size, kernel, stride, padding, dilation)
    )


def calls(
    n: int, groups: int, ins: int, outs: int, size: tuple, kernel: tuple, bias: bool,
    dtype: str, count: tuple | None = None, **how: Any,
) -> dict:  # fmt: skip
    """The arguments of the three rows for one geometry."""
    count = count or out_sizes(size, kernel, **how)
    how["groups"] = groups
    x = drawn((n, groups * ins, *size), 1, dtype)
    w = drawn((groups * outs, ins, *kernel), 2, dtype)
    y = drawn((n, groups * outs, *count), 3, dtype)
    b, c = (drawn((groups * m,), 4, dtype) if bias else None for m in (outs, ins))
    return {
        "convolve": ((x, w, b), {"count": count, **how}),
        "convolve_transposed": ((y, w, c), {"size": x.shape, **how}),
        "convolve_weight_grad": ((y, x), {"size": w.shape, **how}),
    }


def both(name: str, args: tuple, how: dict) -> tuple[np.ndarray, np.ndarray]:
    """A row's kernel, and its body in float64."""
    row = backend.ROWS[name]
    wide = [None if a is None else a.astype("float64") for a in args]
    return row.run(np, *args, **how), row.forward(np, *wide, **how)


def agree(name: str, args: tuple, how: dict) -> None:
    found, expected = both(name, args, how)
    assert found.shape == expected.shape
    assert found.dtype == args[0].dtype
    assert found.flags.c_contiguous
    if found.size:
        limit = LIMITS[str(found.dtype)] * max(1.0, np.abs(expected).max()) * 8
        assert np.abs(found - expected).max() <= limit, (name, args[0].shape, args[1].shape, how)


@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("groups", [1, 2, 5])
def test_grid(kernel: int, groups: int) -> None:
    for stride, padding, dilation, outs in product((1, 2, 3), (0, 1, 2), (1, 2), (1, 3)):
        how = {"stride": (stride, 1), "padding": (padding, 0), "dilation": (dilation, 1)}
        for name, call in calls(
            2, groups, 2, outs, (11, 9), (kernel, 3), True, "float64", **how
        ).items():
            agree(name, *call)


def geometry(chance: random.Random) -> dict | None:
    axes = chance.choice([1, 2, 2, 2, 3])
    pick = lambda *of: tuple(chance.choice(of) for _ in range(axes))  # noqa: E731
    how = {"stride": pick(1, 1, 2, 3), "padding": pick(0, 1, 1, 4), "dilation": pick(1, 1, 2)}
    kernel = pick(1, 2, 3, 3, 5)
    if chance.random() < 0.4:
        how |= {"stride": (1,) * axes, "dilation": (1,) * axes}
        kernel = (3,) * axes
    size = pick(*{1: (5, 17, 300), 2: (4, 7, 14, 26), 3: (3, 5, 9)}[axes])
    count = out_sizes(size, kernel, **how)
    if min(count) < 1:
        return None
    if chance.random() < 0.1:
        count = tuple(max(1, n - 1) for n in count)  # fewer windows than fit
    return {
        "n": chance.choice([1, 2, 3, 17]), "groups": chance.choice([1, 1, 2, 9]),
        "ins": chance.choice([1, 2, 5, 24]), "outs": chance.choice([1, 3, 8, 18, 33]),
        "size": size, "kernel": kernel, "bias": chance.random() < 0.5, "count": count,
        "dtype": chance.choice(["float32", "float64"]), **how,
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_any_geometry(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(16):
        found = geometry(chance)
        for name, call in calls(**found).items() if found else ():
            agree(name, *call)


TILES = [  # 3 x 3 moved by one, which is computed in tiles: odd sizes, few and many channels
    (1, 16, 16, (12, 12)), (2, 17, 33, (13, 15)), (3, 64, 70, (9, 8)), (1, 80, 20, (5, 100)),
    (2, 20, 16, (50, 31)),
]  # fmt: skip


@pytest.mark.parametrize(("n", "ins", "outs", "size"), TILES)
def test_three_by_three(n: int, ins: int, outs: int, size: tuple) -> None:
    for padding in ((0, 0), (1, 1), (2, 0), (0, 3)):
        how = {"stride": (1, 1), "padding": padding, "dilation": (1, 1)}
        todo = calls(n, 1, ins, outs, size, (3, 3), n > 1, "float32", **how)
        for name, call in todo.items():
            agree(name, *call)


def test_few_windows() -> None:
    how = {"stride": (2, 1), "padding": (1, 1), "dilation": (1, 1)}
    for call in calls(5, 1, 130, 140, (7, 4), (3, 3), True, "float32", **how).items():
        agree(call[0], *call[1])


LARGE = [  # several blocks, runs of channels, parts of the output channels and of the images
    {"n": 1, "groups": 1, "ins": 150, "outs": 70, "size": (40, 70), "kernel": (3, 3)},
    {"n": 9, "groups": 1, "ins": 40, "outs": 70, "size": (26, 25), "kernel": (3, 3)},
    {"n": 20, "groups": 1, "ins": 70, "outs": 90, "size": (5, 6), "kernel": (3, 3)},
    {"n": 2, "groups": 1, "ins": 3, "outs": 40, "size": (5000,), "kernel": (5,)},
    {"n": 3, "groups": 40, "ins": 1, "outs": 1, "size": (30, 31), "kernel": (3, 3)},
    {"n": 2, "groups": 1, "ins": 60, "outs": 20, "size": (9, 12, 14), "kernel": (3, 3, 3)},
]


@pytest.mark.parametrize("shape", LARGE, ids=lambda s: f"{s['ins']}-{s['outs']}-{s['size']}")
def test_many_pieces_and_any_number_of_threads(shape: dict) -> None:
    axes = len(shape["size"])
    how = {"stride": (1,) * axes, "padding": (1,) * axes, "dilation": (1,) * axes}
    for name, (args, more) in calls(**shape, bias=True, dtype="float32", **how).items():
        agree(name, args, more)
        run = partial(backend.ROWS[name].run, np, *args, **more)
        found = on_each_number(run)
        np.testing.assert_array_equal(found[0], found[1])
        np.testing.assert_array_equal(found[0], found[2])


def test_strided_and_expanded() -> None:
    how = {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1)}
    for name, (args, more) in calls(2, 1, 4, 6, (8, 9), (3, 3), True, "float64", **how).items():
        mixed = [
            np.broadcast_to(a[:1, :1, :1, :1], a.shape) if i == 0 else np.asfortranarray(a)
            for i, a in enumerate(args)
            if a is not None
        ]
        agree(name, tuple(mixed), more)


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_what_is_not_finite_stays_where_it_is(bad: float) -> None:
    """In a corner, so that vectors which reach over a row's end meet it too."""
    for ins, outs, size in ((3, 5, (6, 11)), (16, 16, (12, 40)), (1, 1, (9, 13))):
        for at in ((0, 0, 0, 0), (0, 0, -1, -1), (1, 0, 2, 0), (0, 0, 4, 10)):
            how = {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1)}
            todo = calls(2, 1, ins, outs, size, (3, 3), False, "float32", **how)
            for name, (args, more) in todo.items():
                for i in (0, 1) if name == "convolve_weight_grad" else (0,):
                    args[i][at] = bad
                with np.errstate(invalid="ignore"):
                    found, expected = both(name, args, more)
                    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_empty_batch() -> None:
    x = minitorch.zeros(0, 3, 8, 8, requires_grad=True)
    w = minitorch.randn(4, 3, 3, 3, requires_grad=True)
    b = minitorch.randn(4, requires_grad=True)
    y = minitorch.nn.functional.conv2d(x, w, b, padding=1)
    assert tuple(y.shape) == (0, 4, 8, 8)
    y.sum().backward()
    for t in (x, w, b):
        assert t.grad.shape == t.shape
        assert not t.grad.numpy().any()


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_gradients_are_torchs(axes: int) -> None:
    """Through the public functions, transposed with output_padding too."""
    size = (9, 8, 7)[:axes]
    cases = [(f"conv{axes}d", (6, 2, *(3,) * axes), 6, {"stride": 2, "padding": 1, "groups": 2}),
             (f"conv_transpose{axes}d", (4, 3, *(3,) * axes), 6,
              {"stride": 2, "padding": 1, "output_padding": 1, "groups": 2})]  # fmt: skip
    for name, weight, outs, how in cases:
        arrays = drawn((2, 4, *size), 1), drawn(weight, 2), drawn((outs,), 3)
        grads = []
        for T in (minitorch, torch):
            inputs = [T.from_numpy(a.copy()).requires_grad_() for a in arrays]
            y = getattr(T.nn.functional, name)(*inputs, **how)
            (y * y).sum().backward()
            grads.append([y.detach().numpy(), *(t.grad.numpy() for t in inputs)])
        for a, b in zip(*grads):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("ins", [1, 32, 128])
def test_no_less_accurate_than_torch(ins: int) -> None:
    how = {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1)}
    geometry = [(1, 1), (1, 1), (1, 1), False, (0, 0), 1]
    for name, (args, more) in calls(
        4, 1, ins, 32, (26, 26), (3, 3), False, "float32", **how
    ).items():
        found, expected = both(name, args, more)
        other = [None if a is None else torch.from_numpy(a) for a in args]
        if name == "convolve":
            theirs = torch.nn.functional.conv2d(*other, padding=1)
        else:
            g, x = other[0], torch.zeros(4, ins, 26, 26)
            w = torch.zeros(32, ins, 3, 3)
            x, w = (x, other[1]) if name == "convolve_transposed" else (other[1], w)
            wanted = [name == "convolve_transposed", name == "convolve_weight_grad", False]
            made = torch.ops.aten.convolution_backward(g, x, w, None, *geometry, wanted)
            theirs = made[wanted.index(True)]
        errors = [np.sqrt(np.mean((e - expected) ** 2)) for e in (found, theirs.numpy())]
        assert errors[0] <= 2 * errors[1], (name, errors)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bias_gradient(dtype: str) -> None:
    rule = backend.ROWS["convolve"].rules[2]
    for shape in ((2, 3, 5), (64, 33, 26, 26), (3, 2, 4, 5, 67)):
        g = drawn(shape, 0, dtype)
        expected = g.astype("float64").sum((0, *range(2, g.ndim)))
        scale = np.abs(g).sum((0, *range(2, g.ndim))).max()
        np.testing.assert_allclose(rule(g), expected, atol=scale * LIMITS[dtype] / 4)
        seen = np.broadcast_to(g[:, :, :1, ...], shape)
        np.testing.assert_allclose(
            rule(seen),
            seen.astype("float64").sum((0, *range(2, g.ndim))),
            atol=scale * LIMITS[dtype],
        )
