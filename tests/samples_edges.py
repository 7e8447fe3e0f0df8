"""Where rules turn: ties, borders, zeros, single elements, what is left out."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

import minitorch
from minitorch.backend import ROWS
from tests.sampling import Sample, both, functional, integers, numbers, ours, phrase, word

NAN = float("nan")


def samples() -> Iterator[Sample]:
    """One sample of each side that a rule distinguishes and that plain numbers never meet."""
    for sample in (*_borders(), *_bounds(), *_powers(), *_zeros(), *_bessel(), *_products()):
        yield replace(sample, smooth=False)
    yield from _sizes()


def _borders() -> Iterator[Sample]:
    x = np.array([-1.0, 0.0, 0.5, 2.0])
    yield phrase("mish", functional("mish"), x, label="border")
    yield both("abs", x)
    yield both("clamp", x, kind="elementwise", min=-1.0, max=2.0)
    yield ours("above", word("threshold", threshold=0.5, value=3), x, threshold=0.5, value=3)
    yield both("logit", np.array([-0.5, 0.0, 0.25, 1.0, 1.5]), derivatives=1)
    yield both("logit", np.array([0.125, 0.25, 0.5, 0.75, 0.875]), derivatives=1, eps=0.25)
    y = np.array([-1.0, 0.5, 0.5, 1.0])
    yield both("nextafter", x, y)
    yield both("maximum", x, y)
    yield both("minimum", x, y)
    tied = np.array([[1.0, 2.0, 2.0], [3.0, 3.0, 3.0]])
    for name in ("amax", "amin"):
        for dim in (0, 1, (0, 1)):
            yield both(name, tied, dim=dim)
    for name, how in [("leaky_relu", {}), ("elu", {"alpha": 0.3}), ("softplus", {"threshold": 2})]:
        call = functional(name, **how)
        order = 2 if name == "elu" else 1
        yield phrase(name, call, x, label=f"border{how or ''}", derivatives=order)
    for name in ("hardshrink", "softshrink", "hardtanh", "hardsigmoid", "hardswish"):
        border = 3.0 if name in ("hardsigmoid", "hardswish") else 1.0 if name == "hardtanh" else 0.5
        at = np.array([-border, border])
        order = 1 if name == "hardsigmoid" else 2  # torch's own has no more
        yield phrase(name, functional(name), at, label="border", derivatives=order)
    below = lambda T, x, weight: T.where(x > 0, x, x * weight)  # noqa: E731
    yield ours("sloped", below, np.array([[0.0, -1.0, 2.0]]), numbers(3, seed=1))


def _bounds() -> Iterator[Sample]:
    x, low, high = np.meshgrid(*[np.array([-1.0, 0.0, 1.0])] * 3, indexing="ij")
    between = lambda T, x, low, high: T.clamp(x, low, high)  # noqa: E731
    yield phrase("clamp_between", between, x, low, high, label="ties")
    yield phrase("clamp_between", lambda T, x, low: T.clamp(x, min=low), x[..., 0], low[..., 0],
                 label="low")  # fmt: skip
    yield phrase("clamp_between", lambda T, x, high: T.clamp(x, max=high), x[:, 0], high[:, 0],
                 label="high")  # fmt: skip


def _powers() -> Iterator[Sample]:
    x, y = np.array([0.0, 0.0, 0.0, 0.0, 2.0, 3.0]), np.array([-1.0, 0.0, 1.0, 2.0, 0.0, 2.0])
    yield both("pow", x, y, derivatives=1)
    yield phrase("pow", lambda T, x: x**0, x, label="0")
    yield phrase("pow", lambda T, x: x**0.0, x, label="0.0")
    yield phrase("pow", lambda T, y: 2**y, y, label="of 2")
    yield phrase("pow", lambda T, y: 0**y, y, label="of 0", derivatives=1)


def _zeros() -> Iterator[Sample]:
    lengths, flat = np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[2.0, 2.0], [3.0, 5.0]])
    yield ours("norm2", lambda T, x: T.linalg.vector_norm(x, dim=1), lengths, dim=1, derivatives=1)
    yield both("std", flat, dim=1, derivatives=1)
    x, y = np.array([0.0, 0.0, 0.0, -2.0, 3.0]), np.array([0.0, -0.5, 2.0, 0.0, 0.0])
    yield both("atan2", x, y, derivatives=1)
    yield both("copysign", x, y, derivatives=1)
    x, y = np.array([0.0, 0.0, 0.0, 0.0, 2.0, 0.0]), np.array([-2.0, -1.0, -0.5, 0.5, -0.5, NAN])
    yield both("xlogy", x, y, derivatives=1)
    xlog1py = lambda T, x, y: T.special.xlog1py(x, y)  # noqa: E731
    yield phrase("xlog1py", xlog1py, x, y, derivatives=1)


def _bessel() -> Iterator[Sample]:
    x = np.array([-1.5, -0.2, 0.0, 0.7])
    for name in ("i0e", "i1", "i1e"):
        call = lambda T, x, name=name: getattr(T.special, name)(x)  # noqa: E731
        yield phrase(name, call, x, label="0", derivatives=1)


def _products() -> Iterator[Sample]:
    # torch differentiates a product with two zeros only once.
    products = lambda T, x, i, v: T.stack([  # noqa: E731
        x[0] * v[0] * v[1] * v[2], x[1] * v[3] * v[4], x[2] * v[5] * v[6] * v[7]])  # fmt: skip
    values = np.array([0.0, 2.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0])
    places = np.array([0, 0, 0, 1, 1, 2, 2, 2])
    yield ours("scatter_prod", products, numbers(3), places, values, dim=0, label="two zeros")


def _sizes() -> Iterator[Sample]:
    yield phrase("var", _var_of_one, numbers(3, 1), label="of one", derivatives=1)
    yield both("prod", numbers(1, 3), dim=0, derivatives=1)
    yield both("prod", numbers(2, 1), dim=1, derivatives=1)
    x, nothing = numbers(2, 3), np.zeros(0)
    yield phrase("cat", lambda T, x, y: T.cat((x, y), dim=1), x, nothing, label="dim1")
    yield phrase("cat", lambda T, x, y: T.cat((x, y), dim=1), nothing, nothing, label="dim1")
    yield ours("channel_shuffle", lambda T, x: x * 1, numbers(2, 0, 3), groups=2)
    blocks = lambda T, *x: ROWS["blocks"].public(x) if T is minitorch else T.block_diag(*x)  # noqa: E731
    yield phrase("blocks", blocks, numbers(2), numbers(), numbers(3, 2), label="of all kinds")
    gone = np.array([[2.0, np.nan, 1.0], [1.0, 0.5, np.nan]])
    yield ours("median_all", word("nanmedian"), gone, ignore_nan=True, derivatives=1)
    put = lambda T, x, i: T.zeros(3, 4, dtype=x.dtype).index_put(  # noqa: E731
        (i.flatten(),), x.flatten(0, 1) * (i.flatten() != 1).unsqueeze(1), accumulate=True
    )
    yield ours("embedding_grad", put, numbers(2, 5, 4), integers(2, 5), rows=3, padding_idx=1)


def _var_of_one(T: Any, x: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says that nothing is left to vary
        return T.var(x, dim=1)
