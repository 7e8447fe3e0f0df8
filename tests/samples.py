"""What the operations are tried on: for every row sample calls, in words that torch knows too.

A sample's `call(T, *inputs)` runs on either engine T. A row that torch has no word for is called by
`ours` and compared with what `theirs` makes of torch's words. Floating inputs are stored as
float64 and cast to the dtype under test; integer and bool inputs are operands as they are.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minitorch.backend import ROWS
from minitorch.ops.index import ALL, ARRAY

INF = float("inf")


@dataclass(frozen=True)
class Sample:
    """One call of one operation."""

    name: str
    kind: str
    label: str
    inputs: tuple[np.ndarray, ...]
    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    params: dict[str, Any]
    derivatives: int = 2
    plain: bool = False  # T.name(*inputs, **params), so x.name(...) and x.name_(...) may exist

    @property
    def id(self) -> str:
        """As pytest shows it: 'sum-dim1-2x3'."""
        shapes = ",".join("x".join(map(str, a.shape)) or "0d" for a in self.inputs)
        return "-".join(part for part in (self.name, self.label, shapes) if part)

    def run(self, T: Any, *inputs: Any) -> Any:
        """The call on engine `T`."""
        return (self.ours if T.__name__ == "minitorch" else self.theirs)(T, *inputs)

    def floating(self) -> list[int]:
        """Which inputs a gradient may flow to."""
        return [i for i, a in enumerate(self.inputs) if a.dtype.kind == "f"]


def numbers(*shape: int, low: float = -2.0, high: float = 2.0, seed: int = 0) -> np.ndarray:
    """Uneven numbers in [low, high), no two alike, the same in every run."""
    key = zlib.crc32(repr((shape, low, high, seed)).encode())
    return np.random.default_rng(key).uniform(low, high, shape)


def rough(*shape: int, seed: int = 0) -> np.ndarray:
    """Numbers away from 0, the whole numbers and the halves: where kinks and steps are."""
    whole = np.floor(numbers(*shape, seed=seed))
    part = numbers(*shape, low=0.1, high=0.4, seed=seed)
    return whole + part + np.where(numbers(*shape, seed=seed + 1) > 0, 0.5, 0.0)


def integers(*shape: int, low: int = 0, high: int = 3, seed: int = 0) -> np.ndarray:
    """Whole numbers in [low, high) as int64."""
    return np.floor(numbers(*shape, low=low, high=high, seed=seed)).astype(np.int64)


def mask(*shape: int, seed: int = 0) -> np.ndarray:
    """A bool array with both values."""
    return numbers(*shape, seed=seed) > 0


def _text(value: Any) -> str:
    plain = str(value).replace(" ", "").replace("slice(None,None,None)", ":")
    return plain.replace("None", "_")


def _label(params: dict[str, Any]) -> str:
    return ",".join(f"{k}={_text(v)}" for k, v in params.items() if not callable(v))


def word(name: str, **params: Any) -> Callable[..., Any]:
    """`T.name(*inputs, **params)`, wherever the engine keeps it."""
    return lambda T, *inputs: getattr(T, name)(*inputs, **params)


def row(name: str, **params: Any) -> Callable[..., Any]:
    """Our row `name`, public or not."""
    return lambda T, *inputs: ROWS[name].public(*inputs, **params)


def functional(name: str, **params: Any) -> Callable[..., Any]:
    """`T.nn.functional.name(*inputs, **params)`."""
    return lambda T, *inputs: getattr(T.nn.functional, name)(*inputs, **params)


def _kind(name: str) -> str:
    return ROWS[name].kind if name in ROWS else "composite"


def both(name: str, *inputs: Any, kind: str = "", derivatives: int = 2, **params: Any) -> Sample:
    """A sample of an operation that both engines call `T.name`."""
    call = word(name, **params)
    arrays = tuple(map(np.asarray, inputs))
    return Sample(
        name, kind or _kind(name), _label(params), arrays, call, call, params, derivatives, True
    )


def ours(
    name: str, theirs: Callable, *inputs: Any, label: str = "", derivatives: int = 2, **params: Any
) -> Sample:
    """A sample of our row `name`, which torch calls otherwise."""
    arrays = tuple(map(np.asarray, inputs))
    label = label or _label(params)
    return Sample(
        name, _kind(name), label, arrays, row(name, **params), theirs, params, derivatives
    )


def phrase(
    name: str, call: Callable, *inputs: Any, label: str = "", kind: str = "", derivatives: int = 2
) -> Sample:
    """A sample whose call is the same expression on both engines."""
    arrays = tuple(map(np.asarray, inputs))
    return Sample(name, kind or _kind(name), label, arrays, call, call, {}, derivatives)


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
    for power in (0, 1, 2, 3, 0.5, -1, -2.5):
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


# ------------------------------------------------------------------ shapes


def _views() -> Iterator[Sample]:
    x = numbers(2, 3, 4)
    for size in [(6, 4), (-1,), (2, 1, 12), (2, -1, 2)]:
        yield ours("view", lambda T, x, size=size: x.view(size), x, size=size)
        yield phrase(
            "reshape", lambda T, x, size=size: T.reshape(x, size), x, label=str(size), kind="view"
        )
    yield ours("view", lambda T, x: x.view(1, 1), numbers(), size=(1, 1))
    yield ours("view", lambda T, x: x.view(0, 5), numbers(2, 0), size=(0, 5))
    for dims in [(2, 0, 1), (0, 1, 2), (-1, 1, 0)]:
        yield both("permute", x, dims=dims)
    yield both("permute", numbers(), dims=())
    for dim0, dim1 in [(0, 2), (-1, 1), (0, 0)]:
        yield both("transpose", x, dim0=dim0, dim1=dim1)
    yield both("transpose", numbers(), dim0=0, dim1=-1)
    for shape in [(2, 3), (3,), ()]:
        yield both("t", numbers(*shape))
    for shape, size in [
        ((3, 1), (3, 4)),
        ((3,), (2, 3)),
        ((1, 3), (-1, 3)),
        ((), (2, 2)),
        ((2, 1), (0, 2, 5)),
    ]:
        yield ours("expand", lambda T, x, size=size: x.expand(size), numbers(*shape), size=size)
    yield both("squeeze", numbers(1, 3, 1))
    for dim in (0, 1, -1, (0, 2)):
        yield both("squeeze", numbers(1, 3, 1), dim=dim)
    yield both("squeeze", numbers(), dim=0)
    for dim in (0, 1, -1):
        yield both("unsqueeze", numbers(2, 3), dim=dim)
    yield both("unsqueeze", numbers(), dim=0)
    for dim, index in [(0, 1), (1, -1), (-1, 2)]:
        yield both("select", x, dim=dim, index=index)
    for at in [
        (0,),
        (ALL, 1),
        (slice(1, None), ALL, slice(None, None, 2)),
        (None, 1, ..., 0),
        (...,),
        (slice(2, 1),),
    ]:
        yield ours("basic_index", lambda T, x, at=at: x[at], x, at=at)
    for offset, dim1, dim2 in [(0, 0, 1), (1, 0, 1), (-1, 1, 2), (0, -1, 0), (9, 0, 1)]:
        yield both("diagonal", x, offset=offset, dim1=dim1, dim2=dim2)
    for dim in (0, 1, -1):
        yield both("unbind", x, dim=dim)
    for sections, dim in [((1, 2), 1), ((2, 0, 2), 2), ((2,), 0)]:
        theirs = lambda T, x, sections=sections, dim=dim: T.split(x, list(sections), dim)  # noqa: E731
        yield ours("split_with_sizes", theirs, x, sections=sections, dim=dim)


def _copies() -> Iterator[Sample]:
    x, y = numbers(2, 3, 4), numbers(2, 3, 4, seed=1)
    yield both("clone", x)
    yield both("clone", numbers())
    yield ours("contiguous_copy", lambda T, x: x * 1, x)
    unsafe = lambda T, x: x.transpose(0, 2).reshape(-1)  # noqa: E731
    yield phrase("reshape_copy", unsafe, x)
    yield phrase("to", lambda T, x: x.to(T.float64), x, label="float64")
    yield phrase("to", lambda T, x: x.to(T.float32), x, label="float32", derivatives=1)
    yield phrase("to", lambda T, x: x.to(T.int64), x, label="int64", derivatives=0)
    for size in [(3, 4), (1, 4), (2, 1, 4), (2, 3, 4)]:
        yield ours("sum_to", lambda T, x, size=size: x.sum_to_size(size), x, size=size)
    yield ours("copy", lambda T, x, y: x.clone().copy_(y), numbers(2, 3), numbers(3))
    yield ours("fill", lambda T, x, y: x.clone().fill_(y), numbers(2, 3), numbers())
    yield phrase("cat", lambda T, *x: T.cat(x), x, y)
    for dim in (1, -1):
        yield phrase("cat", lambda T, *x, dim=dim: T.cat(x, dim=dim), x, y, label=f"{dim}")
    yield phrase("cat", lambda T, *x: T.cat(x, 1), numbers(2, 3), numbers(2, 1), numbers(2, 0))
    yield phrase("cat", lambda T, *x: T.cat(x), numbers(0), numbers(2, 3))
    for dim in (0, 1, -1):
        yield phrase("stack", lambda T, *x, dim=dim: T.stack(x, dim=dim), x, y, label=f"{dim}")
    yield phrase("stack", lambda T, *x: T.stack(x), numbers(), numbers(seed=1))
    for dims in [(0,), (0, 2), (-1,), ()]:
        yield both("flip", x, dims=dims)
    for name in ("tril", "triu"):
        for diagonal in (0, 1, -1, 5):
            yield both(name, x, diagonal=diagonal)
    for shifts, dims in [((1,), (0,)), ((2, -1), (1, 2)), ((7,), (1,))]:
        yield both("roll", x, shifts=shifts, dims=dims)
    for repeats in [(2, 1, 3), (2, 2, 1, 1), (1, 0, 1)]:
        yield ours("repeat", lambda T, x, repeats=repeats: x.repeat(repeats), x, repeats=repeats)
    pad = lambda T, x: T.nn.functional.pad(x, (1, 2, 0, 1), value=0.5)  # noqa: E731
    yield ours("constant_pad", pad, numbers(2, 3), before=(0, 1), after=(1, 2), value=0.5)
    undiagonal = lambda T, x: T.diag_embed(x, 1)  # noqa: E731
    yield ours("undiagonal", undiagonal, numbers(2, 2), size=(2, 3, 3), offset=1, dim1=1, dim2=2)
    unslice = lambda T, x: T.nn.functional.pad(x, (0, 0, 1, 0))  # noqa: E731
    yield ours("unslice", unslice, numbers(2, 3), size=(3, 3), at=(slice(1, None),))


# ------------------------------------------------------------------ indices

REPEATED = np.array([2, 0, 2, 1])


def _indices() -> Iterator[Sample]:
    x = numbers(3, 4)
    first, second = (ARRAY,), (ALL, ARRAY)
    yield ours("take", lambda T, x, i: x[i], x, REPEATED, spec=first, label="first")
    yield ours("take", lambda T, x, i: x[:, i], x, REPEATED, spec=second, label="second")
    pair = np.array([[0], [2]]), np.array([1, 3])
    yield ours("take", lambda T, x, i, j: x[i, j], x, *pair, spec=(ARRAY, ARRAY), label="pair")
    apart = lambda T, x, i, j: x[i, :, j]  # noqa: E731
    yield ours("take", apart, numbers(3, 2, 4), *pair, spec=(ARRAY, ALL, ARRAY), label="apart")
    yield ours("take", lambda T, x, m: x[m], x, mask(3, 4), spec=first, label="mask")
    yield ours("take", lambda T, x, m: x[m], x, mask(3), spec=first, label="mask of rows")
    yield ours("take", lambda T, x, i: x[i], x, integers(0), spec=first, label="none")
    put = lambda T, g, i: T.zeros(3, 4, dtype=g.dtype).index_put((i,), g, accumulate=True)  # noqa: E731
    yield ours("put_add", put, numbers(4, 4), REPEATED, size=(3, 4), spec=first, label="repeated")
    for accumulate in (False, True):
        for value in (numbers(2, 4, seed=1), numbers(4, seed=1), numbers(seed=1)):
            theirs = lambda T, x, v, i, a=accumulate: x.index_put((i,), v, a)  # noqa: E731
            yield ours(
                "index_put", theirs, x, value, np.array([2, 0]), spec=first, accumulate=accumulate
            )
    theirs = lambda T, x, v, m: x.index_put((m,), v)  # noqa: E731
    yield ours("index_put", theirs, x, numbers(), mask(3, 4), spec=first, label="mask")
    repeated = lambda T, x, v, i: x.index_put((i,), v, True)  # noqa: E731
    yield ours(
        "index_put", repeated, x, numbers(4, 4), REPEATED, spec=first, accumulate=True, label="add"
    )
    for dim in (0, 1, -1):
        index = integers(2, 3)
        yield phrase("gather", lambda T, x, i, d=dim: T.gather(x, d, i), x, index, label=f"{dim}")
        put = lambda T, g, i, d=dim: T.zeros(3, 4, dtype=g.dtype).scatter_add(d, i, g)  # noqa: E731
        yield ours("put_along", put, numbers(2, 3), index, size=(3, 4), dim=dim)
        apart = np.array([[0, 1, 2], [1, 2, 0]])
        yield phrase("scatter", lambda T, x, i, v, d=dim: T.scatter(x, d, i, v), x, apart,
        numbers(2, 3),
                     label=f"{dim}")  # fmt: skip
        yield phrase("scatter_add", lambda T, x, i, v, d=dim: T.scatter_add(x, d, i, v), x, index,
                     numbers(2, 3, seed=2), label=f"{dim}", kind="index")  # fmt: skip
    yield phrase(
        "scatter", lambda T, x, i: T.scatter(x, 1, i, 2.5), x, integers(3, 1), label="number"
    )
    for padding in (None, 1):
        theirs = lambda T, w, i, p=padding: T.nn.functional.embedding(i, w, p)  # noqa: E731
        yield ours("embedding", theirs, numbers(3, 4), integers(2, 5), padding_idx=padding)
    put = lambda T, g, i: T.zeros(3, 4, dtype=g.dtype).index_put((i,), g, accumulate=True)  # noqa: E731
    yield ours("embedding_grad", put, numbers(2, 5, 4), integers(2, 5), rows=3)
    for descending in (False, True):
        for dim in (0, -1):
            yield both("sort", x, dim=dim, descending=descending)
    ties = np.array([2.0, 1.0, 2.0, np.nan, 1.0, -INF])
    yield both("sort", ties, derivatives=0, stable=True)
    yield both("sort", ties, derivatives=0, descending=True, stable=True)
    for k, dim, largest in [(2, -1, True), (1, 0, False), (3, 0, True), (0, 1, True)]:
        yield both("topk", x, k=k, dim=dim, largest=largest)
    yield both("nonzero", np.array([[0.0, 1.5], [2.0, 0.0]]), derivatives=0)
    yield both("nonzero", np.array(2.0), derivatives=0)


# ------------------------------------------------------------------ products and windows


def _products() -> Iterator[Sample]:
    for a, b in [((2, 3), (3, 4)), ((1, 1), (1, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 2))]:
        yield both("mm", numbers(*a), numbers(*b, seed=1))
    yield both("bmm", numbers(2, 2, 3), numbers(2, 3, 4, seed=1))
    yield both("bmm", numbers(0, 2, 3), numbers(0, 3, 4, seed=1))
    yield both("mv", numbers(2, 3), numbers(3, seed=1))
    yield both("dot", numbers(3), numbers(3, seed=1))
    yield both("dot", numbers(0), numbers(0))
    yield both("outer", numbers(2), numbers(3, seed=1), kind="contract")
    for a, b in [
        ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 2)), ((4, 2, 3), (3, 2)),
        ((4, 2, 3), (3,)), ((3,), (4, 3, 2)), ((4, 2, 3), (4, 3, 2)), ((5, 1, 2, 3), (4, 3, 2)),
    ]:  # fmt: skip
        yield both("matmul", numbers(*a), numbers(*b, seed=1), kind="contract")
    for beta, alpha in [(1, 1), (0.5, 2.0)]:
        yield both(
            "addmm",
            numbers(4),
            numbers(2, 3),
            numbers(3, 4),
            kind="contract",
            beta=beta,
            alpha=alpha,
        )
        yield both("baddbmm", numbers(1, 2, 4), numbers(2, 2, 3), numbers(2, 3, 4), kind="contract",
                   beta=beta, alpha=alpha)  # fmt: skip
    for equation, *shapes in [
        ("ij,jk->ik", (2, 3), (3, 4)), ("ij->ji", (2, 3)), ("ii->i", (3, 3)), ("ii", (3, 3)),
        ("ij->", (2, 3)), ("bij,bjk", (2, 2, 3), (2, 3, 4)), ("i,j->ij", (2,), (3,)),
        ("...ij,...jk->...ik", (4, 2, 3), (3, 2)), ("ij,kj,lj->ikl", (2, 3), (4, 3), (2, 3)),
        ("bhqd,bhkd->bhqk", (1, 2, 3, 4), (1, 2, 5, 4)), ("ij,ij->", (2, 3), (2, 3)),
    ]:  # fmt: skip
        arrays = [numbers(*s, seed=k) for k, s in enumerate(shapes)]
        yield phrase(
            "einsum",
            lambda T, *x, e=equation: T.einsum(e, *x),
            *arrays,
            label=equation,
            kind="contract",
        )
    linear = functional("linear")
    w, b = numbers(4, 3, seed=1), numbers(4, seed=2)
    for shape in [(2, 3), (3,), (2, 5, 3), (0, 3)]:
        yield ours("linear", linear, numbers(*shape), w, b)
    yield ours("linear", linear, numbers(2, 3), w)
    yield ours("linear", linear, numbers(2, 3), numbers(3))


def _geometry(stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1) -> dict[str, Any]:
    return {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


def _windows() -> Iterator[Sample]:
    x, w, b = numbers(2, 2, 5, 6), numbers(4, 2, 3, 2, seed=1), numbers(4, seed=2)
    for how in [
        _geometry(),
        _geometry((2, 1), (1, 0)),
        _geometry((1, 2), (2, 1), (2, 1)),
        _geometry(groups=2),
    ]:
        weight = w[:, : 2 // how["groups"]]
        yield ours("convolution2d", functional("conv2d", **how), x, weight, b, **how)
        yield ours("convolution2d", functional("conv2d", **how), x[:1], weight, **how)
        yield from _convolution_gradients(x, weight, how)
    for kernel, stride, padding, ceil in [
        ((2, 2), (2, 2), (0, 0), False), ((3, 2), (1, 2), (1, 1), False),
        ((2, 3), (2, 2), (1, 0), True),
    ]:  # fmt: skip
        shared = {"stride": stride, "padding": padding, "ceil_mode": ceil}
        pool = functional("max_pool2d", kernel_size=kernel, dilation=(1, 1), **shared)
        yield ours("max_pooling2d", pool, x, kernel=kernel, dilation=(1, 1), **shared)
        where = functional("max_pool2d", kernel_size=kernel, return_indices=True, **shared)
        second = lambda T, x, pool=where: pool(T, x)[1]  # noqa: E731
        yield ours("max_pool2d_indices", second, x, derivatives=0, kernel=kernel, dilation=(1, 1),
                   **shared)  # fmt: skip
        for count, divisor in [(True, None), (False, None), (True, 3)]:
            more = {"count_include_pad": count, "divisor_override": divisor, **shared}
            pool = functional("avg_pool2d", kernel_size=kernel, **more)
            yield ours("avg_pooling2d", pool, x, kernel=kernel, **more)
    dilated = {"kernel": (2, 2), "stride": (1, 2), "padding": (1, 0), "dilation": (2, 1)}
    pool = functional(
        "max_pool2d", kernel_size=(2, 2), stride=(1, 2), padding=(1, 0), dilation=(2, 1)
    )
    yield ours("max_pooling2d", pool, x, ceil_mode=False, **dilated)
    yield from _pooling_gradients()


def _convolution_gradients(x: np.ndarray, w: np.ndarray, how: dict[str, Any]) -> Iterator[Sample]:
    """The two adjoints of convolution; torch has them in torch.nn.grad."""
    size = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(
            x.shape[2:], w.shape[2:], how["stride"], how["padding"], how["dilation"]
        )
    ]
    g = numbers(2, 4, *size, seed=3)
    to_input = lambda T, g, w: T.nn.grad.conv2d_input(x.shape, w, g, **how)  # noqa: E731
    to_weight = lambda T, g, x: T.nn.grad.conv2d_weight(x, w.shape, g, **how)  # noqa: E731
    yield ours("conv2d_input_grad", to_input, g, w, size=x.shape, **how)
    yield ours("conv2d_weight_grad", to_weight, g, x, size=w.shape, **how)


def _pooling_gradients() -> Iterator[Sample]:
    """Windows of 2 by 2 without overlap: picking and spreading are then plain indexing."""
    how = {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0)}
    nth = integers(1, 2, 2, 3, high=4)
    at = _positions(nth)
    spread = lambda T, g, n: T.zeros(1, 2, 24, dtype=g.dtype).scatter_add(  # noqa: E731
        2, at(T), g.flatten(2)).view(1, 2, 4, 6)  # fmt: skip
    pick = lambda T, x, n: x.flatten(2).gather(2, at(T)).view(1, 2, 2, 3)  # noqa: E731
    dilated = {"dilation": (1, 1), **how}
    yield ours("max_pool2d_grad", spread, numbers(1, 2, 2, 3), nth, size=(1, 2, 4, 6), **dilated)
    yield ours("max_pool2d_pick", pick, numbers(1, 2, 4, 6), nth, **dilated)
    share = lambda T, g: T.nn.functional.interpolate(g, scale_factor=2, mode="nearest") / 4  # noqa: E731
    yield ours("avg_pool2d_grad", share, numbers(1, 2, 2, 3), size=(1, 2, 4, 6), ceil_mode=False,
               count_include_pad=True, divisor_override=None, **how)  # fmt: skip


def _positions(nth: np.ndarray) -> Callable:
    rows, columns = np.arange(2)[:, None] * 2 + nth // 2, np.arange(3) * 2 + nth % 2
    return lambda T: T.from_numpy((rows * 6 + columns).reshape(1, 2, 6))


# ------------------------------------------------------------------ fused


def _fused() -> Iterator[Sample]:
    x = numbers(2, 3, 4)
    for name in ("softmax", "log_softmax"):
        for dim in (0, 1, -1):
            yield ours(name, word(name, dim=dim), x, dim=dim)
        yield ours(name, word(name, dim=0), numbers(), dim=0)
        yield ours(name, word(name, dim=1), numbers(2, 0), dim=1)
    for reduction in ("mean", "sum", "none"):
        for name in ("mse_loss", "l1_loss"):
            loss = functional(name, reduction=reduction)
            yield ours(name, loss, numbers(2, 3), numbers(2, 3, seed=1), reduction=reduction)
        yield from _class_losses(reduction)
        yield from _logit_losses(reduction)
    layer = lambda T, x, *wb: T.nn.functional.layer_norm(x, (4,), *wb, eps=1e-3)  # noqa: E731
    batch = lambda T, x, *wb: T.nn.functional.batch_norm(  # noqa: E731
        x, None, None, *wb, training=True, eps=1e-3)  # fmt: skip
    for wb in [(), (4,), (4, 4)]:
        parameters = [numbers(n, seed=k) for k, n in enumerate(wb, 1)]
        yield ours("normalize", layer, x, *parameters, over=(2,), size=(1, 1, 4), eps=1e-3)
        parameters = [numbers(n - 1, seed=k) for k, n in enumerate(wb, 1)]
        yield ours("normalize", batch, x, *parameters, over=(0, 2), size=(1, 3, 1), eps=1e-3)


def _class_losses(reduction: str) -> Iterator[Sample]:
    for shape, places in [((4, 3), (4,)), ((2, 3, 2), (2, 2)), ((3,), ())]:
        x, target, w = numbers(*shape), integers(*places), numbers(3, low=0.5, high=2)
        for weight, ignore in [((), -100), ((w,), -100), ((), 1), ((w,), 1)]:
            if shape == (3,) and ignore == 1:
                continue
            loss = functional("nll_loss", ignore_index=ignore, reduction=reduction)
            params = {"ignore_index": ignore, "reduction": reduction}
            # The class weights are constants to torch.
            fixed = _with_constants(row("nll_loss", **params), 2), _with_constants(loss, 2)
            name = "weighted" if weight else ""
            label = f"{name}{ignore},{reduction}"
            yield Sample("nll_loss", "fused", label, (x, target, *weight), *fixed, params)
    size = (4, 3)
    g = numbers() if reduction != "none" else numbers(4)
    params = {"size": size, "ignore_index": -100, "reduction": reduction}
    yield ours("nll_grad", _nll_grad(reduction), g, integers(4), **params)


def _with_constants(call: Callable, first: int) -> Callable:
    return lambda T, *inputs: call(T, *inputs[:first], *(x.detach() for x in inputs[first:]))


def _nll_grad(reduction: str) -> Callable:
    def theirs(T: Any, g: Any, target: Any) -> Any:
        share = -g / 4 if reduction == "mean" else -g
        return T.nn.functional.one_hot(target, 3).to(g.dtype) * share.reshape(-1, 1)

    return theirs


def _logit_losses(reduction: str) -> Iterator[Sample]:
    x, y = numbers(2, 3), numbers(2, 3, low=0.1, high=0.9, seed=1)
    w, p = numbers(3, low=0.5, high=2), numbers(3, low=0.5, high=2, seed=1)
    name = "binary_cross_entropy_with_logits"
    for keys in [(), ("weight",), ("pos_weight",), ("weight", "pos_weight")]:
        extra = [{"weight": w, "pos_weight": p}[k] for k in keys]

        def theirs(T: Any, x: Any, y: Any, *rest: Any, keys: tuple = keys) -> Any:
            options = dict(zip(keys, (r.detach() for r in rest)))
            return getattr(T.nn.functional, name)(x, y, reduction=reduction, **options)

        def call(T: Any, x: Any, y: Any, *rest: Any, keys: tuple = keys) -> Any:
            options = dict(zip(keys, (r.detach() for r in rest)))
            weights = options.get("weight"), options.get("pos_weight")
            return ROWS["bce_with_logits"].public(x, y, *weights, reduction=reduction)

        label = ",".join([*keys, reduction])
        params = {"reduction": reduction}
        yield Sample("bce_with_logits", "fused", label, (x, y, *extra), call, theirs, params)


# ------------------------------------------------------------------ random


def _seeded(call: Callable) -> Callable:
    def run(T: Any, *inputs: Any) -> Any:
        T.manual_seed(5)
        return call(T, *inputs)

    return run


def _draws() -> Iterator[Sample]:
    for name, call in {
        "uniform": lambda T: T.rand(2, 3, dtype=T.float64),
        "normal": lambda T: T.randn(2, 9),
        "randint": lambda T: T.randint(-3, 9, (20,)),
        "randperm": lambda T: T.randperm(10),
        "bernoulli": lambda T: T.bernoulli(T.ones(20), 0.3),
        "random": lambda T: T.empty(20, dtype=T.int64).random_(),
    }.items():
        yield phrase(name, _seeded(call), kind="random", derivatives=0)
    draw = _seeded(lambda T, p: T.bernoulli(p))
    yield phrase("bernoulli_tensor", draw, numbers(20, low=0, high=1), kind="random", derivatives=0)


# ------------------------------------------------------------------ compositions torch has a name for


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


SAMPLES = [
    *_one_number(), *_two_numbers(), *_choosing(), *_reductions(), *_views(), *_copies(),
    *_indices(), *_products(), *_windows(), *_fused(), *_draws(), *_compositions(),
]  # fmt: skip
