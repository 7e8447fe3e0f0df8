"""One number out for the numbers at one place of some arrays, on the kernels of elementwise.h."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch.backend import xp

from .table import c, forward, rule

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CHEAP", "COSTLY", "DEAR", "enter", "enter_rule", "layout", "run"]

_ndarray, _empty = xp.ndarray, xp.empty
_DTYPES = (xp.dtype("float32"), xp.dtype("float64"))
_MOST_INTEGERS = 60  # of a call

CHEAP, DEAR, COSTLY = 65536, 1024, 64
"""From how many elements on a kernel is not slower than NumPy: arithmetic; functions, and rules
that take NumPy several passes; functions that take NumPy many."""

# ------------------------------------------------------------------ how a kernel is called


def run(name: str, operands: tuple, numbers: tuple = (), *, follows: bool = True) -> Any:
    """The kernel `name` on arrays that broadcast and Python's numbers; NotImplemented for others.

    With `follows` the result must be laid out in memory as NumPy's would be.
    """
    first: Any = None
    for x in operands:
        if type(x) is not _ndarray:
            break
        if first is None:
            first = x
        elif x.dtype is not first.dtype:
            return NotImplemented
        if x.shape != first.shape or not x.flags.c_contiguous:
            break
    else:
        out = _empty(first.shape, first.dtype)
        getattr(c, name)(*operands, out, out.size, 0, *numbers)
        return out
    return _run_unlike(name, operands, numbers, follows)


def pair(name: str, x: Any, y: Any, *, follows: bool = True) -> Any:
    """The same for two operands, sooner."""
    if type(x) is not _ndarray or not x.flags.c_contiguous:
        if type(y) is _ndarray and type(x) is y.dtype.type and y.flags.c_contiguous:
            out = _empty(y.shape, y.dtype)
            getattr(c, name)(None, y, out, out.size, 0, float(x))
            return out
        return run(name, (x, y), follows=follows)
    if type(y) is not _ndarray:
        if type(y) is not float and type(y) is not x.dtype.type:
            return run(name, (x, y), follows=follows)
        out = _empty(x.shape, x.dtype)
        getattr(c, name)(x, None, out, out.size, 0, float(y))
        return out
    if x.dtype is not y.dtype:
        return NotImplemented
    if y.flags.c_contiguous:
        if x.shape == y.shape:
            out = _empty(x.shape, x.dtype)
            getattr(c, name)(x, y, out, out.size, 0)
            return out
        wide, end = (x, y) if x.ndim > y.ndim or x.size > y.size else (y, x)
        if end.ndim <= wide.ndim and _ends(wide.shape, end.shape):
            out = _empty(wide.shape, x.dtype)
            getattr(c, name)(x, y, out, out.size, 2, x.size, y.size)
            return out
        if y.ndim and y.shape[-1] == 1 and 1 < x.shape[-1] < 32:
            return NotImplemented  # a number for every few: NumPy is as fast
    return run(name, (x, y), follows=follows)


def _ends(shape: tuple, end: tuple) -> bool:
    """Whether `shape` ends in `end`, a shorter one, but for sizes of 1 that `end` begins with."""
    for i, n in enumerate(end):
        if n != 1:
            return shape[len(shape) - len(end) + i :] == end[i:]
    return len(end) <= len(shape)


def _run_unlike(name: str, operands: tuple, numbers: tuple, follows: bool) -> Any:
    arrays = [x for x in operands if type(x) is _ndarray]
    dtype = arrays[0].dtype
    given = _numbers(operands, dtype.type)
    if given is None or any(x.dtype is not dtype for x in arrays):
        return NotImplemented
    out, told = result(arrays, dtype, follows)
    if out is None:
        return NotImplemented
    call = [x if type(x) is _ndarray else None for x in operands]
    getattr(c, name)(*call, out, out.size, told, *given, *numbers)
    return out


def _numbers(operands: tuple, kind: Any) -> list[float] | None:
    """The operands that are numbers, None where one is neither that nor an array."""
    given = [x for x in operands if type(x) is not _ndarray]
    if all(type(x) in (float, kind) or (type(x) is int and abs(x) < 1 << 53) for x in given):
        return [float(x) for x in given]
    return None


def result(arrays: list, dtype: Any, follows: bool) -> tuple[Any, tuple[int, ...]]:
    """(an array for the result, what the kernel is told of the shapes); None where that fails."""
    first = arrays[0]
    if all(x.shape == first.shape and x.strides == first.strides for x in arrays):
        out = xp.empty_like(first, dtype)
        if first.flags.c_contiguous or (out.strides == first.strides and out.dtype is first.dtype):
            return out, (0,)
    if follows and not all(map(_ordered, arrays)):
        return None, ()
    shape, told = layout(arrays)
    return (_empty(shape, dtype), told) if told else (None, ())


def _ordered(x: Any) -> bool:
    """Whether NumPy lays out in row-major order what it computes from `x`."""
    if x.flags.c_contiguous:
        return True
    last = float("inf")
    for n, stride in zip(x.shape, x.strides):
        if n > 1:
            if not 0 < stride <= last:
                return False
            last = stride
    return True


def layout(arrays: list) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(the shape that they broadcast to, what the kernel is told of it); () where they do not."""
    shape = arrays[0].shape
    for x in arrays[1:]:
        if x.shape != shape:
            try:
                shape = xp.broadcast(*arrays).shape
            except ValueError:
                return (), ()
            break
    told = [1, len(shape), *shape]
    for x in arrays:
        told += (x.ndim, *x.shape, *x.strides)
    return shape, tuple(told) if len(told) <= _MOST_INTEGERS else ()


def enter(row: str, name: str = "", *, least: int) -> None:
    """Enter the forward of `row`, a function of one array without parameters."""
    name = name or row

    def kernel(xp: Any, x: Any) -> Any:
        if type(x) is _ndarray and x.flags.c_contiguous:
            out = _empty(x.shape, x.dtype)
            getattr(c, name)(x, out, x.size, 0)
            return out
        return run(name, (x,))

    forward(row, least=least)(kernel)


def _is_spread(g: Any, x: Any) -> bool:
    """Whether `g` is one number, spread over the shape of an array in row-major order."""
    return (
        type(g) is type(x) is _ndarray
        and g.size > 1
        and not any(g.strides)
        and g.shape == x.shape
        and x.flags.c_contiguous
    )


def enter_pair(row: str, least: int) -> None:
    """Enter the forward of `row`, a function of two operands without parameters."""

    def kernel(xp: Any, x: Any, y: Any) -> Any:
        return pair(row, x, y)

    forward(row, least=least)(kernel)


def enter_rule(row: str, part: int, name: str, *, least: int) -> None:
    """Enter the rule of an input that is a function of g and one array."""

    def kernel(g: Any, x: Any) -> Any:
        if _is_spread(g, x):
            return pair(name, g[(0,) * g.ndim], x)
        return pair(name, g, x, follows=False)

    rule(row, part, least=least)(kernel)


# ------------------------------------------------------------------ rows of one operand

for _row in ("neg", "abs", "square", "reciprocal"):
    enter(_row, least=CHEAP)
for _row in ("relu", "exp", "expm1", "log", "log1p", "tanh", "sqrt", "rsqrt"):
    enter(_row, least=DEAR)
for _row in ("sigmoid", "erf"):
    enter(_row, least=COSTLY)

_RULES = {
    "abs": "abs_rule",
    "reciprocal": "reciprocal_rule",
    "square": "square_rule",
    "sqrt": "sqrt_rule",
    "rsqrt": "rsqrt_rule",
    "exp": "mul",
    "expm1": "expm1_rule",
    "log": "div",
    "log1p": "log1p_rule",
    "tanh": "tanh_rule",
    "sigmoid": "sigmoid_rule",
    "erf": "erf_rule",
    "relu": "relu_rule",
}
for _row, _name in _RULES.items():
    enter_rule(_row, 0, _name, least=CHEAP if _name in ("mul", "div") else DEAR)


@rule("neg", 0, least=CHEAP)
@rule("sub", 1, least=CHEAP)
def negative(g: Any) -> Any:
    return run("neg", (g,), follows=False)


# ------------------------------------------------------------------ rows of two operands

for _row in ("add", "sub", "mul", "div", "maximum", "minimum"):
    enter_pair(_row, CHEAP)
enter_rule("mul", 0, "mul", least=CHEAP)
enter_rule("mul", 1, "mul", least=CHEAP)
enter_rule("div", 0, "div", least=CHEAP)


@rule("div", 1, least=DEAR)
def div_divisor(g: Any, x: Any, y: Any) -> Any:
    return run("div_rule", (g, x, y), follows=False)


def _ties(name: str, swapped: bool) -> Callable:
    def first(g: Any, x: Any, y: Any) -> Any:
        return run(name, (g, x, y), follows=False)

    def second(g: Any, x: Any, y: Any) -> Any:
        return run(name, (g, y, x), follows=False)

    return second if swapped else first


for _row in ("maximum", "minimum"):
    for _part in (0, 1):
        rule(_row, _part, least=DEAR)(_ties(f"{_row}_rule", _part == 1))

# ------------------------------------------------------------------ powers

_POWERS = {2: "square", 3: "cube", 0.5: "sqrt", -1: "reciprocal"}
_POWER_RULES = {2: "square_rule", 3: "cube_rule"}


@forward("pow", least=DEAR)
def power(xp: Any, x: Any, y: Any) -> Any:
    name = _POWERS.get(y) if type(y) in (int, float) else None
    return run(name, (x,)) if name and type(x) is _ndarray else NotImplemented


@rule("pow", 0, least=DEAR)
def power_base(g: Any, x: Any, y: Any) -> Any:
    name = _POWER_RULES.get(y) if type(y) in (int, float) else None
    return run(name, (g, x), follows=False) if name else NotImplemented


# ------------------------------------------------------------------ choosing


@forward("clamp", least=DEAR)
def clamp(xp: Any, x: Any, *, min: Any = None, max: Any = None) -> Any:
    bounds = _bounds(min, max)
    return run("clamp", (x,), bounds) if bounds else NotImplemented


@rule("clamp", 0, least=DEAR)
def clamp_input(g: Any, x: Any, min: Any, max: Any) -> Any:
    bounds = _bounds(min, max)
    return run("clamp_rule", (g, x), bounds, follows=False) if bounds else NotImplemented


def _bounds(low: Any, high: Any) -> tuple:
    """Two floats, an infinity for an absent bound; () where neither is given, or no number is."""
    numbers = {type(low), type(high)}
    if numbers == {type(None)} or numbers - {int, float, type(None)}:
        return ()
    infinity = float("inf")
    if low != low or high != high:
        return ()
    return (-infinity if low is None else float(low), infinity if high is None else float(high))


def by_mask(name: str, mask: Any, *operands: Any, follows: bool = True) -> Any:
    """`gate` or `where`, the operands in order of the kernel's."""
    arrays = [x for x in operands if type(x) is _ndarray]
    if type(mask) is not _ndarray or mask.dtype != bool or not arrays:
        return NotImplemented
    dtype = arrays[0].dtype
    given = _numbers(operands, dtype.type)
    if given is None or dtype not in _DTYPES or any(x.dtype is not dtype for x in arrays):
        return NotImplemented
    out, told = result([mask, *arrays], dtype, follows)
    if out is None:
        return NotImplemented
    call = [x if type(x) is _ndarray else None for x in operands]
    getattr(c, name)(mask, *call, out, out.size, told, *given)
    return out


@forward("gate", least=CHEAP)
def gate(xp: Any, x: Any, mask: Any) -> Any:
    return by_mask("gate", mask, x)


@rule("gate", 0, least=CHEAP)
def gate_input(g: Any, mask: Any) -> Any:
    return by_mask("gate", mask, g, follows=False)


@forward("where", least=CHEAP)
def where(xp: Any, c: Any, x: Any, y: Any) -> Any:
    return by_mask("where", c, x, y)


@rule("where", 1, least=CHEAP)
def where_first(g: Any, c: Any) -> Any:
    return by_mask("gate", c, g, follows=False)


@rule("where", 2, least=CHEAP)
def where_second(g: Any, c: Any) -> Any:
    return by_mask("where", c, 0.0, g, follows=False)


@forward("masked_fill", least=CHEAP)
def masked_fill(xp: Any, x: Any, mask: Any, value: Any) -> Any:
    if type(value) is _ndarray and not value.ndim:
        value = value.item()
    if type(value) not in (int, float) or type(x) is not _ndarray or type(mask) is not _ndarray:
        return NotImplemented
    return by_mask("where", mask, value, x, follows=False)


@rule("masked_fill", 0, least=CHEAP)
def masked_fill_input(g: Any, mask: Any) -> Any:
    return by_mask("where", mask, 0.0, g, follows=False)
