"""The samples of every row and public function: a list of calls, see tests/sampling.py."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests import samples_layers, samples_memory
from tests.sampling import (
    INF,
    Sample,
    both,
    functional,
    integers,
    mask,
    numbers,
    ours,
    phrase,
    rough,
    word,
)

# ------------------------------------------------------------------ elementwise, by name

SHAPES = [(), (3,), (2, 3), (1, 1), (0,), (2, 0, 3)]
PAIRS = [
    ((2, 3), (2, 3)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 1), (1, 3)), ((), (2, 3)),
    ((2, 3), ()), ((), ()), ((1,), (1, 1)), ((0,), (1,)), ((2, 0), (1,)),
]  # fmt: skip

# The interval in which a function of one number is defined and curved enough to be telling.
SMOOTH = {
    "exp": (-2, 2), "expm1": (-2, 2), "exp2": (-2, 2), "log": (0.3, 4), "log2": (0.3, 4),
    "log10": (0.3, 4), "log1p": (-0.7, 3), "sqrt": (0.3, 4), "rsqrt": (0.3, 4), "sin": (-3, 3),
    "cos": (-3, 3), "tan": (-1.2, 1.2), "atan": (-3, 3), "tanh": (-2, 2), "sigmoid": (-4, 4),
    "erf": (-2, 2), "reciprocal": (0.4, 3), "neg": (-2, 2), "square": (-2, 2),
}  # fmt: skip
KINKED = ("abs", "sign", "floor", "ceil", "trunc", "round", "relu")
TESTS = ("isnan", "isinf", "isfinite", "logical_not")
SMOOTH_PAIRS = {"add": (-2, 2), "sub": (-2, 2), "mul": (-2, 2), "div": (0.5, 2), "pow": (0.5, 2)}
KINKED_PAIRS = ("maximum", "minimum", "remainder", "fmod", "floor_divide")
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor")
BITS = ("bitwise_and", "bitwise_or", "bitwise_xor")
ACTIVATIONS = ("gelu", "silu", "softplus", "logsigmoid")


def _one_number() -> Iterator[Sample]:
    for name, (low, high) in SMOOTH.items():
        for shape in SHAPES:
            yield both(name, numbers(*shape, low=low, high=high))
    for name in KINKED:
        for shape in SHAPES:
            yield both(name, rough(*shape))
    for name in TESTS:
        for values in ([0.0, 1.5, np.nan, INF, -INF, -0.0], [[1.0], [0.0]], 0.0, []):
            yield both(name, np.array(values, float), derivatives=0)
    yield both("round", rough(2, 3), decimals=1)
    yield both("round", np.array([25.0, 35.0, -15.0]), derivatives=0, decimals=-1)
    yield ours("zero", word("zeros_like"), rough(2, 3), derivatives=0)
    yield both("bitwise_not", integers(2, 3, low=-4, high=4), derivatives=0)
    yield both("bitwise_not", mask(3), derivatives=0)


def _two_numbers() -> Iterator[Sample]:
    for name, (low, high) in SMOOTH_PAIRS.items():
        for a, b in PAIRS:
            yield both(
                name, numbers(*a, low=low, high=high), numbers(*b, low=low, high=high, seed=1)
            )
        yield phrase(name, _with_number(name, 3), numbers(2, 3, low=low, high=high), label="number")
        yield phrase(
            name, _with_number(name, 1.5), numbers(2, 3, low=low, high=high), label="float"
        )
    for name in KINKED_PAIRS:
        for a, b in PAIRS:
            # torch has no derivative of floor_divide
            order = 0 if name == "floor_divide" else 2
            y = np.abs(rough(*b, seed=5)) + 0.07
            yield both(name, rough(*a, seed=3), y, derivatives=order)
    for name in ("remainder", "fmod", "floor_divide"):
        signs = np.array([5.3, -5.3, 5.3, -5.3]), np.array([3.1, 3.1, -3.1, -3.1])
        order = 0 if name == "floor_divide" else 2
        yield both(name, *signs, derivatives=order)
        yield phrase(name, _with_number(name, 0.7), rough(2, 3), label="number", derivatives=order)
    for name in COMPARISONS:
        for a, b in PAIRS:
            x, y = integers(*a).astype(float), integers(*b, seed=1).astype(float)
            yield both(name, x, y, derivatives=0)
        yield phrase(name, _with_tensor_like(name), rough(3), label="self", derivatives=0)
    for name in BITS:
        yield both(name, integers(2, 3, low=-4, high=4), integers(3, high=9), derivatives=0)
        yield both(name, mask(2, 3), mask(3, seed=1), derivatives=0)
        yield both(name, mask(2, 3), integers(3, high=9), derivatives=0)
    for power in (0, 1, 2, 3, 4, 0.5, -1, -2, -2.5):
        yield phrase(
            "pow", _with_number("pow", power), numbers(2, 3, low=0.5, high=2), label=f"{power}"
        )
    yield phrase("pow", lambda T, x: x**3, numbers(2, 3), label="negative base")
    yield phrase("pow", lambda T, x: 2.5**x, numbers(2, 3), label="number to the x")


def _with_number(name: str, number: Any) -> Callable:
    return lambda T, x: getattr(T, name)(x, number)


def _with_tensor_like(name: str) -> Callable:
    return lambda T, x: getattr(T, name)(x, x)


def _choosing() -> Iterator[Sample]:
    for shapes in [
        ((2, 3),) * 3,
        ((3,), (2, 1), ()),
        ((2, 1), (1, 3), (3,)),
        ((0,), (), ()),
        ((),) * 3,
    ]:
        c, a, b = shapes
        yield both("where", mask(*c), numbers(*a), numbers(*b, seed=1))
    yield phrase(
        "where", lambda T, c, x: T.where(c, x, 0.0), mask(2, 3), numbers(2, 3), label="number"
    )
    for shape in [(2, 3), (3,), ()]:
        zeroed = lambda T, x, m: T.where(m, x, T.zeros_like(x))  # noqa: E731
        yield ours("gate", zeroed, numbers(2, 3), mask(*shape))
    gone = np.array([INF, -INF, np.nan, 1.0])
    yield ours("gate", zeroed, gone, np.array([False, False, False, True]), derivatives=1)
    for low, high in [(-1.0, 1.0), (None, 0.5), (-0.5, None), (1.0, -1.0), (0, 1)]:
        yield both("clamp", rough(2, 4), min=low, max=high)
    for shape in [(2, 3), (3,), ()]:
        yield ours("masked_fill", word("masked_fill"), numbers(2, 3), mask(*shape), np.float64(1.5))
    yield phrase("masked_fill", lambda T, x, m: T.masked_fill(x, m, -1), numbers(2, 3), mask(2, 3))
    for name in ACTIVATIONS:
        for shape in SHAPES:
            yield ours(name, functional(name), numbers(*shape, low=-4, high=4))
    yield ours("gelu", functional("gelu", approximate="tanh"), numbers(2, 3), approximate="tanh")
    yield ours("gelu_slope", _gelu_slope, numbers(2, 3))
    yield ours("softplus", functional("softplus", beta=2.0, threshold=3.0),
    numbers(2, 5, low=-3, high=3),
               beta=2.0, threshold=3.0)  # fmt: skip
    yield ours("leaky_relu", functional("leaky_relu"), rough(2, 3))
    yield ours(
        "leaky_relu", functional("leaky_relu", negative_slope=0.2), rough(3), negative_slope=0.2
    )
    yield ours("elu", functional("elu"), rough(2, 3))
    yield ours("elu", functional("elu", alpha=0.5), rough(2, 3), alpha=0.5)


def _gelu_slope(T: Any, x: Any) -> Any:
    normal = 0.5 * (1 + T.erf(x * 0.7071067811865476))
    return normal + x * T.exp(-0.5 * x * x) * 0.3989422804014327


# ------------------------------------------------------------------ reductions

DIMS = [
    {},
    {"dim": 1},
    {"dim": -1, "keepdim": True},
    {"dim": (0, 2)},
    {"dim": (0, -1), "keepdim": True},
]


def _reductions() -> Iterator[Sample]:
    x = numbers(2, 3, 4)
    for name in ("sum", "mean", "amax", "amin"):
        for params in DIMS:
            yield both(name, x, **params)
        yield both(name, numbers())
        yield both(name, numbers(), dim=0)
        empty = numbers(3, 0) if name in ("sum", "mean") else numbers(0, 3)
        # A mean of nothing is NaN, and so is its derivative; torch's second one is 0.
        yield both(name, empty, derivatives=1 if name == "mean" else 2, dim=1)
    yield both("sum", numbers(0))
    yield both("sum", x, dim=())
    for params in [{}, {"dim": 0}, {"dim": 1, "keepdim": True}, {"dim": -1}]:
        yield both("prod", x, **params)
        for name in ("argmax", "argmin"):
            yield both(name, x, derivatives=0, **params)
        for name in ("all", "any"):
            yield both(name, integers(2, 3, 4).astype(float), derivatives=0, **params)
            yield both(name, mask(2, 3, 4), derivatives=0, **params)
    yield both("prod", np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 2.0], [1.0, 2.0, 3.0]]), dim=1)
    yield both("prod", numbers(0))
    for name in ("argmax", "argmin"):
        yield both(name, x, derivatives=0, keepdim=True)
        yield both(name, np.array([[1.0, 2.0, 2.0], [3.0, np.nan, np.nan]]), derivatives=0, dim=1)
        yield both(name, numbers(), derivatives=0)
    for correction in (0, 1, 2):
        for dims in ({}, {"dim": 1}, {"dim": (0, 2), "keepdim": True}):
            yield both("var", x, correction=correction, **dims)
            yield both("std", x, correction=correction, **dims)
    yield phrase("var", lambda T, x: T.var(x, False), x, label="biased")
    yield phrase("std", lambda T, x: T.std(x, 1, unbiased=False), x, label="biased")
    for params in [{"dim": 0}, {"dim": -1, "keepdim": True}, {"dim": (0, 2)}]:
        yield both("logsumexp", x, **params)
    yield both("logsumexp", numbers(), dim=0)
    for dim in (0, 1, -1):
        yield both("cumsum", x, dim=dim)
    yield both("cumsum", numbers(), dim=0)
    yield both("cumsum", numbers(2, 0), dim=1)
    for keep in (False, True):
        for name, pick in (("max_dim", "max"), ("min_dim", "min")):
            yield ours(name, word(pick, dim=1, keepdim=keep), x, dim=1, keepdim=keep)
    yield ours("max_dim", word("max", dim=0), numbers(), dim=0)
    yield ours("min_dim", word("min", dim=-1), numbers(2, 3), dim=-1)
    for params in DIMS:
        yield ours("norm2", word("norm", p=2, **params), x, **params)
    for p in (1, 2, 3, 2.5, 0, INF, -INF):
        yield both("norm", x, kind="reduce", p=p, dim=1)
        yield both("norm", x, kind="reduce", p=p)


# ------------------------------------------------------------------ compositions


def _compositions() -> Iterator[Sample]:
    x, y, z = numbers(2, 3), numbers(2, 3, low=0.5, high=2, seed=1), numbers(3, seed=2)
    cube = numbers(2, 3, 4)
    for alpha in (2, 0.5):
        for name in ("add", "sub", "rsub"):
            yield both(name, x, y, kind="elementwise", alpha=alpha)
    yield both("true_divide", x, y, kind="elementwise")
    yield both("div", x * 5, y, kind="elementwise", rounding_mode="floor")
    yield both("div", x * 5, y, kind="elementwise", rounding_mode="trunc")
    trunc = word("div", rounding_mode="trunc")
    yield ours("trunc_divide", trunc, rough(4, seed=3) * 5, np.array([2.0, -2.0, 0.7, -0.7]))
    for name in ("addcmul", "addcdiv"):
        yield both(name, z, x, y, kind="elementwise", value=2)
        yield both(name, z, x, y, kind="elementwise", value=0.5)
    yield both("lerp", x, y, z, kind="elementwise")
    yield phrase(
        "lerp", lambda T, x, y: T.lerp(x, y, 0.3), x, y, label="number", kind="elementwise"
    )
    yield both("clamp_min", rough(2, 3), kind="elementwise", min=0.2)
    yield both("clamp_min", rough(2, 3), rough(3, seed=1), kind="elementwise")
    yield both("clamp_max", rough(2, 3), rough(2, 1, seed=1), kind="elementwise")
    yield both("clamp", rough(2, 3), rough(3, seed=1), rough(2, 3, seed=2), kind="elementwise")
    yield both("clamp_max", rough(2, 3), kind="elementwise", max=0.2)
    yield both("logaddexp", x, y, kind="fused")
    near = np.array([1.0, 1.0, np.nan, INF]), np.array([1.0, 1.00002, np.nan, INF])
    for params in ({}, {"equal_nan": True}, {"rtol": 0.1}):
        yield both("isclose", *near, kind="compare", derivatives=0, **params)
        yield both("allclose", *near, kind="compare", derivatives=0, **params)
    yield both("equal", x, x, kind="compare", derivatives=0)
    yield both("equal", x, z, kind="compare", derivatives=0)
    yield both("numel", cube, kind="compare", derivatives=0)
    for name in ("max", "min"):
        yield both(name, cube, kind="reduce")
        yield both(name, cube, kind="reduce", dim=1)
        yield both(name, x, y, kind="elementwise")
    for name in ("var_mean", "std_mean"):
        yield both(name, cube, kind="reduce", dim=1)
        yield both(name, cube, kind="reduce")
    yield both("count_nonzero", integers(2, 3), kind="reduce", derivatives=0, dim=1)
    yield phrase("where", lambda T, x: T.where(x > 0), x, label="positions", derivatives=0)
    for start, end in [(0, -1), (1, 2), (0, 1)]:
        yield both("flatten", cube, kind="view", start_dim=start, end_dim=end)
    yield both("flatten", numbers(), kind="view")
    yield both("unflatten", cube, kind="view", dim=2, sizes=(2, -1))
    yield both("broadcast_to", z, kind="view", size=(2, 3))
    yield phrase("broadcast_tensors", lambda T, *x: T.broadcast_tensors(*x), x, z, kind="view")
    yield both("tile", x, kind="shape", dims=(2,))
    yield phrase("tile", lambda T, x: x.tile(2, 1, 2), x, label="one by one", kind="shape")
    two = lambda T, c: (T.where(c, 1.0, 2), T.where(c, 1, 2))  # noqa: E731
    yield phrase("where", two, mask(3), label="two numbers", derivatives=0)
    yield phrase("roll", lambda T, x: T.roll(x, 2), x, label="flat")
    yield both("movedim", cube, kind="view", source=0, destination=-1)
    yield both("movedim", cube, kind="view", source=(0, 1), destination=(2, 0))
    yield both("narrow", cube, kind="view", dim=-1, start=1, length=2)
    for size in (2, [1, 3], 4, 3):
        yield phrase(
            "split", lambda T, x, n=size: T.split(x, n, 2), cube, label=f"{size}", kind="view"
        )
    for chunks in (1, 2, 3, 7):
        yield both("chunk", cube, kind="view", chunks=chunks, dim=2)
    for name in ("hstack", "vstack"):
        yield phrase(name, lambda T, *x, n=name: getattr(T, n)(x), x, y, kind="shape")
        yield phrase(
            name, lambda T, *x, n=name: getattr(T, n)(x), z, z, kind="shape", label="vectors"
        )
    for diagonal in (0, 1, -1):
        yield both("diag", x, kind="shape", diagonal=diagonal)
        yield both("diag", z, kind="shape", diagonal=diagonal)
    yield both("masked_select", x, mask(2, 3), kind="index")
    yield both("masked_select", x, mask(3), kind="index")
    yield both("argsort", x, kind="index", derivatives=0, descending=True)
    yield phrase(
        "nonzero", lambda T, x: T.nonzero(x, as_tuple=True), x, label="tuple", derivatives=0
    )
    index = integers(3)
    yield phrase("index_put", lambda T, x, i, v: T.index_put(x, (i,), v), numbers(3, 2),
    np.array([1, 0]),
                 numbers(2, 2), label="public")  # fmt: skip
    yield phrase("index_fill", lambda T, x, i: T.index_fill(x, 1, i, 2.0), x, index, kind="index")
    yield phrase("index_select", lambda T, x, i: T.index_select(x, 1, i), x, index, kind="index")
    yield phrase(
        "index_add", lambda T, x, i, s: T.index_add(x, 1, i, s, alpha=2), x, index, y, kind="index"
    )
    yield phrase(
        "take_along_dim", lambda T, x, i: T.take_along_dim(x, i, 1), x, integers(2, 2), kind="index"
    )
    yield phrase(
        "take_along_dim",
        lambda T, x, i: T.take_along_dim(x, i),
        x,
        integers(4),
        kind="index",
        label="flat",
    )
    yield phrase(
        "result_type", lambda T, x: T.result_type(x, 1) == x.dtype, x, kind="compare", derivatives=0
    )


def _rooms() -> Iterator[Sample]:
    """What the modules `samples_*` with a function `samples` hold."""
    for path in sorted(Path(__file__).parent.glob("samples_*.py")):
        module = importlib.import_module(f"tests.{path.stem}")
        if hasattr(module, "samples"):
            yield from module.samples()


SAMPLES = [
    *_one_number(),
    *_two_numbers(),
    *_choosing(),
    *_reductions(),
    *_compositions(),
    *samples_memory.views(),
    *samples_memory.copies(),
    *samples_memory.indices(),
    *samples_layers.products(),
    *samples_layers.fused(),
    *samples_layers.draws(),
    *_rooms(),
]
