"""Evenly spaced numbers, rounded as torch's kernels round them."""

from __future__ import annotations

import math
import warnings
from typing import Any

from . import dtypes
from ._random_numerics import cpu_is_fused, scale_shift, two_sum
from ._tensor import Tensor, leaf
from .backend import xp
from .ops._dims import whole
from .sized import _number, finish, kind_of, require_place

__all__ = ["arange", "linspace", "logspace", "range"]


def arange(
    *bounds: Any,
    start: Any = None,
    end: Any = None,
    step: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, ... below end; `arange(end)` starts at 0.

    Dtype: int64 if all three are ints, else the default dtype
    Raises: RuntimeError for a step of 0 or of the wrong sign, and for what is not finite.
    """
    require_place(device, layout, pin_memory)
    if _is_count(bounds) and start is end is step is dtype is out is None:
        return leaf(xp.arange(bounds[0]), requires_grad)
    given = _bounds("arange", bounds, start, end, step)
    ints = all(isinstance(x, int) for x in given)
    to = kind_of("arange", dtype, out, dtypes.int64 if ints else None)
    if to.kind == "b":
        raise NotImplementedError("arange: not implemented for torch.bool")
    first, last, pace = _checked("arange", given, to)
    if to.name == "int64":
        count = -((first - last) // pace)
    else:
        count = math.ceil((float(given[1]) - float(given[0])) / float(given[2]))
    return finish("arange", _steps(first, pace, count, to), out, requires_grad)


def range(
    *bounds: Any,
    start: Any = None,
    end: Any = None,
    step: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, ... up to and including end: deprecated, see `arange`."""
    warnings.warn("torch.range is deprecated: use torch.arange", UserWarning, stacklevel=2)
    require_place(device, layout, pin_memory)
    if len(bounds) == 1 and end is None:
        raise TypeError("range() missing required argument 'end' (position 2)")
    given = _bounds("range", bounds, start, end, step)
    to = kind_of("range", dtype, out)
    first, last, pace = _checked("range", given, to)
    count = int((last - first) / pace) + 1
    return finish("range", _steps(first, pace, count, to), out, requires_grad)


def _is_count(bounds: tuple) -> bool:
    return len(bounds) == 1 and type(bounds[0]) is int and 0 <= bounds[0] < 2**63


def _bounds(name: str, bounds: tuple, start: Any, end: Any, step: Any) -> tuple:
    """(start, end, step) as numbers. Raises: TypeError for none or too many."""
    if len(bounds) > 3:
        raise TypeError(f"{name}() takes at most 3 positional arguments, got {len(bounds)}")
    if len(bounds) == 1 and end is None and start is None and step is None:
        bounds = (0, *bounds)
    given = [*bounds, *(None,) * (3 - len(bounds))]
    for i, value in enumerate((start, end, step)):
        given[i] = value if given[i] is None else given[i]
    if given[0] is None and step is None:
        given[0] = 0
    for value, which in zip(given, ("start", "end")):
        if value is None:
            raise TypeError(f"{name}() missing required argument '{which}'")
    given[2] = 1 if given[2] is None else given[2]
    return tuple(_number(x, name, n) for x, n in zip(given, ("start", "end", "step")))


def _checked(name: str, given: tuple, to: Any) -> tuple:
    """The bounds as the kernel takes them: as ints for integers, else as floats."""
    if not all(math.isfinite(x) for x in given[:2]):
        raise RuntimeError(f"{name}: expected finite bounds, got {given[0]} and {given[1]}")
    first, last, step = (int(x) if to.kind in "iu" and math.isfinite(x) else x for x in given)
    if to.name == "int64" and step == 0 != given[2]:
        raise ValueError(f"{name}: expected a step that is not 0 as an integer, got {given[2]}")
    if not (given[2] > 0 or given[2] < 0):
        raise RuntimeError(f"{name}: expected a step that is not 0, got {given[2]}")
    if (last - first) * given[2] < 0:
        raise RuntimeError(
            f"{name}: expected a step that leads from start to end, got {first}, {last}, {step}"
        )
    if (last - first) / given[2] >= 2**63:
        raise RuntimeError(f"{name}: expected fewer than 2**63 numbers, got {given}")
    return first, last, step


def _steps(start: Any, step: Any, count: int, to: Any) -> Any:
    """start + step * i in dtype `to`.

    Floats are computed in groups that fill 32 bytes, each from its first number, already rounded;
    two groups at a time, so that what is left at the end is on its own. Computed in float64, for
    float16 in float32.
    """
    i = xp.arange(count)
    if to.kind in "iu":
        return (i * step + start).astype(to)
    wide = xp.dtype(xp.float32 if to.itemsize == 2 else xp.float64)
    fused, lanes = cpu_is_fused()[0], 32 // to.itemsize
    out = scale_shift(i.astype(wide), step, start, fused).astype(to)
    lane, step = xp.arange(lanes), wide.type(step)
    group = out[: count // (2 * lanes) * (2 * lanes)].reshape(-1, lanes)
    if to.itemsize == 8 and fused:
        for k in lane.tolist():
            group[:, k] = _plus_multiple(group[:, 0], k, float(step))
    elif to.itemsize == 2 and fused:  # float64 holds the product and the sum
        group[...] = (group[:, :1] + lane * xp.float64(step)).astype(wide)
    else:
        group[...] = group[:, :1] + lane.astype(wide) * step
    return out


def _plus_multiple(x: Any, k: int, step: float) -> Any:
    """x + k * step rounded once to float64."""
    from fractions import Fraction  # on demand: importing it takes a millisecond or two

    product = k * step
    rest = float(Fraction(k) * Fraction(step) - Fraction(product)) if product - product == 0 else 0
    if not rest:
        return x + product
    total, lost = two_sum(x, product)
    lost = lost + rest
    high, low = total + lost * (1 + 2.0**-52), total + lost * (1 - 2.0**-52)
    for i in xp.flatnonzero(high != low):  # too close to the middle of two numbers
        high[i] = float(Fraction(float(x[i])) + k * Fraction(step))
    return high


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers from start to end, both included."""
    require_place(device, layout, pin_memory)
    start, end, steps = _ends("linspace", start, end, steps)
    to = kind_of("linspace", dtype, out)
    return finish("linspace", _spaced("linspace", start, end, steps, to), out, requires_grad)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers from base**start to base**end, each the same factor apart."""
    require_place(device, layout, pin_memory)
    start, end, steps = _ends("logspace", start, end, steps)
    to = kind_of("logspace", dtype, out)
    if to.kind == "f":
        start, end = float(to.type(start)), float(to.type(end))
    exponents = _spaced("logspace", start, end, steps, to, fused=False)
    return finish("logspace", _powers(float(base), exponents).astype(to), out, requires_grad)


def _powers(base: float, exponents: Any) -> Any:
    """base**exponents by the C library, whose last digit is not always NumPy's."""
    found = []
    for x in exponents.tolist():
        try:
            found.append(math.pow(base, x))
        except (OverflowError, ValueError):
            found.append(float(xp.power(base, x)))
    return xp.array(found, xp.float64)


def _ends(name: str, start: Any, end: Any, steps: Any) -> tuple:
    """(start, end, steps) as numbers. Raises: RuntimeError for tensors with dimensions."""
    for x, which in ((start, "start"), (end, "end")):
        if isinstance(x, Tensor) and x.ndim:
            raise RuntimeError(f"{name}: expected a 0-d {which}, got shape {list(x.shape)}")
    (steps,) = whole((steps,), "steps")
    if steps < 0:
        raise RuntimeError(f"{name}: expected at least 0 steps, got {steps}")
    return _number(start, name, "start"), _number(end, name, "end"), steps


def _spaced(name: str, start: Any, end: Any, steps: int, to: Any, fused: bool = True) -> Any:
    """From both ends towards the middle, so that the end is exact.

    The step is a number of dtype `to`, a float64 for integers; each term is rounded once where
    torch's kernels fuse. Powers are made of terms in float64.
    """
    if to.kind == "b":
        raise NotImplementedError(f"{name}: not implemented for torch.bool")
    fused = fused and cpu_is_fused()[0]
    kind = to if to.kind == "f" and name == "linspace" else xp.dtype(xp.float64)
    number = kind.type
    if to.kind in "iu":
        start, end = int(start), int(end)
    start, end = number(start), number(end)
    if steps < 2:
        return xp.full(steps, start).astype(to if name == "linspace" else kind)
    step = number((end - start) / number(steps - 1))
    half, i = steps // 2, xp.arange(steps).astype(kind)
    if kind.itemsize < 4:
        back = xp.arange(steps - 1, -1, -1).astype(kind)
        out = xp.where(xp.arange(steps) < half, start + step * i, end - step * back)
    else:
        out = xp.empty(steps, kind)
        out[:half] = scale_shift(i[:half], step, start, fused)
        out[half:] = scale_shift(i[: steps - half][::-1], -step, end, fused)
    return out.astype(to) if name == "linspace" else out
