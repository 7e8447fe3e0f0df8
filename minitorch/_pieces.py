"""Functions on arrays that have another formula in each of several intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Array = Any  # of the namespace xp


def in_double(function: Callable) -> Callable:
    """`function(xp, x, ...)` of float64 arrays for any floats: narrower ones are widened.

    What it returns is then the truth rounded once, which no formula in float32 is.
    """

    def widened(xp: Any, x: Array, *more: Any) -> Array:
        dtype = x.dtype
        wide = x if dtype == xp.float64 else x.astype(xp.float64)
        out = function(xp, xp.asarray(wide), *more)
        return out if dtype == xp.float64 else out.astype(dtype)

    return widened


def piecewise(xp: Any, x: Array, *pieces: tuple[Array, Callable]) -> Array:
    """At each element the formula of the first interval, (mask, formula), that it lies in."""
    out = xp.full(x.shape, xp.nan, x.dtype)
    left = xp.ones(x.shape, bool)
    for inside, formula in pieces:
        here = inside & left
        if here.all():
            return formula(x)
        if here.any():
            out[here] = formula(x[here])
            left &= ~here
    return out


def polynomial(xp: Any, x: Array, coefficients: Sequence[float]) -> Array:
    """c0 x**n + c1 x**(n-1) + ... + cn."""
    first, second, *rest = coefficients
    out = x * first
    out += second
    for c in rest:
        out *= x
        out += c
    return out


def ratio(xp: Any, x: Array, over: Sequence[float], under: Sequence[float]) -> Array:
    """The quotient of two polynomials."""
    return polynomial(xp, x, over) / polynomial(xp, x, under)
