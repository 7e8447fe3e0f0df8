"""Comparisons, logic and bits: one result per element, and no gradient."""

from __future__ import annotations

from minitorch.primitive import compare, elementwise

__all__ = [
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "eq",
    "ge",
    "gt",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "ne",
]

# ------------------------------------------------------------------ comparisons


@compare()
def eq(xp, x, y):
    """x == y."""
    return xp.equal(x, y)


@compare()
def ne(xp, x, y):
    """x != y."""
    return xp.not_equal(x, y)


@compare()
def lt(xp, x, y):
    """x < y."""
    return xp.less(x, y)


@compare()
def le(xp, x, y):
    """x <= y."""
    return xp.less_equal(x, y)


@compare()
def gt(xp, x, y):
    """x > y."""
    return xp.greater(x, y)


@compare()
def ge(xp, x, y):
    """x >= y."""
    return xp.greater_equal(x, y)


@compare()
def logical_and(xp, x, y):
    """Both are not 0."""
    return xp.logical_and(x, y)


@compare()
def logical_or(xp, x, y):
    """One at least is not 0."""
    return xp.logical_or(x, y)


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
