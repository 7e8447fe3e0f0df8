"""Comparisons, logic and bits: one result per element, and no gradient."""

from __future__ import annotations

from minitorch.calls import tensors
from minitorch.primitive import compare, elementwise

__all__ = [
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "eq",
    "ge",
    "gt",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "le",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "ne",
    "signbit",
]

# ------------------------------------------------------------------ comparisons


@tensors(1)
@compare()
def eq(xp, x, y):
    """x == y."""
    return xp.equal(x, y)


@tensors(1)
@compare()
def ne(xp, x, y):
    """x != y."""
    return xp.not_equal(x, y)


@tensors(1)
@compare()
def lt(xp, x, y):
    """x < y."""
    return xp.less(x, y)


@tensors(1)
@compare()
def le(xp, x, y):
    """x <= y."""
    return xp.less_equal(x, y)


@tensors(1)
@compare()
def gt(xp, x, y):
    """x > y."""
    return xp.greater(x, y)


@tensors(1)
@compare()
def ge(xp, x, y):
    """x >= y."""
    return xp.greater_equal(x, y)


@tensors(2)
@compare()
def logical_and(xp, x, y):
    """Both are not 0."""
    return xp.logical_and(x, y)


@tensors(2)
@compare()
def logical_or(xp, x, y):
    """One at least is not 0."""
    return xp.logical_or(x, y)


@tensors(2)
@compare()
def logical_xor(xp, x, y):
    """Just one is not 0."""
    return xp.logical_xor(x, y)


@compare()
def logical_not(xp, x):
    """x is 0."""
    return xp.logical_not(x)


@compare()
def isnan(xp, x):
    """x is not a number."""
    return xp.isnan(x)


@compare()
def isinf(xp, x):
    """x is infinite."""
    return xp.isinf(x)


@compare()
def isfinite(xp, x):
    """x is neither NaN nor infinite."""
    return xp.isfinite(x)


@compare()
def isposinf(xp, x):
    """x is infinity."""
    return xp.equal(x, xp.inf)


@compare()
def isneginf(xp, x):
    """x is minus infinity."""
    return xp.equal(x, -xp.inf)


@compare()
def isreal(xp, x):
    """True: there are no complex numbers here."""
    return xp.ones(x.shape, bool)


@compare()
def signbit(xp, x):
    """x is negative, -0.0 included."""
    return xp.less(x, 0) if x.dtype.kind in "iub" else xp.signbit(x)


@compare()
def close(xp, x, y, *, rtol=1e-05, atol=1e-08, equal_nan=False):
    """|x - y| <= atol + rtol |y|, or both the same; NaN is the same as NaN if `equal_nan`."""
    if x.dtype.kind in "iub":  # integers as they are where no tolerance is wanted, else in double
        x, y = (x, y) if rtol == atol == 0 else (x.astype(xp.float64), y.astype(xp.float64))
    same = xp.equal(x, y)
    if rtol or atol:
        apart = xp.absolute(xp.subtract(x, y))
        allowed = xp.absolute(y) * rtol + atol
        same |= xp.isfinite(apart) & xp.less_equal(apart, allowed)
    return same | (xp.isnan(x) & xp.isnan(y)) if equal_nan else same


# ------------------------------------------------------------------ bits


@elementwise((None, None))
def bitwise_and(xp, x, y):
    """x & y, for integers and bools."""
    return xp.bitwise_and(x, y)


@elementwise((None, None))
def bitwise_or(xp, x, y):
    """x | y, for integers and bools."""
    return xp.bitwise_or(x, y)


@elementwise((None, None))
def bitwise_xor(xp, x, y):
    """x ^ y, for integers and bools."""
    return xp.bitwise_xor(x, y)


@elementwise(None)
def bitwise_not(xp, x):
    """~x, for integers and bools."""
    return xp.bitwise_not(x)


@elementwise((None, None), bools=None)
def bitwise_left_shift(xp, x, y):
    """x 2 ** y, for integers; 0 where y is negative or at least the number of bits."""
    return xp.left_shift(x, y)


@elementwise((None, None), bools=None)
def bitwise_right_shift(xp, x, y):
    """x 2 ** -y rounded down, for integers; its sign where y is negative or large."""
    return xp.right_shift(x, y)
