"""One number in, one number out: arithmetic, functions, choices.

Inputs broadcast; the edges of the graph sum each gradient back to its input's shape.
"""

from __future__ import annotations

from minitorch import dtypes, errors
from minitorch._special import erf as _erf
from minitorch.calls import tensors
from minitorch.primitive import elementwise

__all__ = [
    "abs", "atan", "ceil", "cos", "erf", "exp", "expm1", "floor", "floor_divide", "log", "log1p",
    "maximum", "minimum", "mul", "neg", "pow", "reciprocal", "relu", "remainder", "round", "rsqrt",
    "sigmoid", "sign", "sin", "sqrt", "square", "tan", "tanh", "trunc",
]  # fmt: skip

# ------------------------------------------------------------------ arithmetic


@elementwise((lambda g: g, lambda g: g), numbers=True)
def add(xp, x, y):
    """x + y."""
    return x + y


@elementwise((lambda g: g, lambda g: -g), numbers=True, bools=False)
def sub(xp, x, y):
    """x - y."""
    return x - y


@elementwise((lambda g, y: g * y, lambda g, x: g * x), numbers=True)
def mul(xp, x, y):
    """x y."""
    return x * y


@elementwise((lambda g, y: g / y, lambda g, x, y: -g * (x / y / y)), floats=True, numbers=True)
def div(xp, x, y):
    """x / y, integers as floats."""
    return x / y


@elementwise(lambda g: -g)
def neg(xp, x):
    """-x."""
    return -x


_POWERS = {3: lambda x: x * x * x, -2: lambda x: 1 / (x * x)}
"""Exponents for which torch multiplies, as NumPy does for 2: a fortieth of the general power."""


def _pow_base(g, x, y):
    if isinstance(y, (int, float)):
        return zero(g) if y == 0 else g * (pow(x, y - 1) * y)
    return where(y == 0, 0, g * (y * x ** (y - 1)))


def _pow_exponent(g, x, y, out):
    base = zero(out) + x if isinstance(x, (int, float)) else x
    return g * where((x == 0) & (y >= 0), 0, out * log(base))


@elementwise((_pow_base, _pow_exponent), bools=None)
def pow(xp, x, y):
    """x ** y; d/dx is 0 where y = 0, d/dy is 0 where x = 0 and y >= 0."""
    if type(y) in (int, float) and y in _POWERS and x.dtype.kind == "f":
        return _POWERS[y](x)
    try:
        return x**y
    except ValueError:  # integers with a negative exponent, or sizes that do not broadcast
        return _reciprocal_power(xp, x, y)


def _reciprocal_power(xp, x, y):
    """Integers to powers of either sign: what is no integer becomes 0.

    Raises: RuntimeError where the exponent is a negative number.
    """
    if not isinstance(y, xp.ndarray):
        raise RuntimeError(f"pow: expected an exponent of at least 0 for integers, got {y}")
    whole = xp.where(x == -1, 1 - y % 2 * 2, x == 1).astype(x.dtype)
    return xp.where(y < 0, whole, x ** xp.maximum(y, 0))


@elementwise((lambda g: zero(g), lambda g: zero(g)), numbers=True)
def floor_divide(xp, x, y):
    """The largest whole number not above x / y."""
    errors.check_divisor(x, y, "floor_divide")
    return xp.floor_divide(x, y)


@elementwise((lambda g: g, lambda g, x, y: -g * floor_divide(x, y)))
def remainder(xp, x, y):
    """x - y floor(x / y): has the sign of y."""
    errors.check_divisor(x, y, "remainder")
    return xp.remainder(x, y)


@elementwise(lambda g, out: -g * (out * out), floats=True)
def reciprocal(xp, x):
    """1 / x."""
    return xp.reciprocal(x)


@elementwise(lambda g, x: g * (x * 2), torch_name="PowBackward0")
def square(xp, x):
    """x ** 2."""
    return xp.square(x, dtype=xp.int64 if x.dtype.kind == "b" else None)


@elementwise(lambda g: zero(g))
def zero(xp, x):
    """0 for every x."""
    return xp.zeros(xp.shape(x), x.dtype)


# ------------------------------------------------------------------ functions


@elementwise(lambda g, out: g * out, floats=True)
def exp(xp, x):
    """e ** x."""
    return xp.exp(x)


@elementwise(lambda g, out: g * (out + 1), floats=True)
def expm1(xp, x):
    """e ** x - 1, exact near 0."""
    return xp.expm1(x)


@elementwise(lambda g, x: g / x, floats=True)
def log(xp, x):
    """The natural logarithm."""
    return xp.log(x)


@elementwise(lambda g, x: g / (x + 1), floats=True)
def log1p(xp, x):
    """log(1 + x), exact near 0."""
    return xp.log1p(x)


@elementwise(lambda g, out: g / (out * 2), floats=True)
def sqrt(xp, x):
    """The square root."""
    return xp.sqrt(x)


@elementwise(lambda g, out: g * (out * out * out * -0.5), floats=True)
def rsqrt(xp, x):
    """1 / sqrt(x)."""
    return xp.reciprocal(xp.sqrt(x))


@elementwise(lambda g, x: g * cos(x), floats=True)
def sin(xp, x):
    """The sine; x in radians."""
    return xp.sin(x)


@elementwise(lambda g, x: -g * sin(x), floats=True)
def cos(xp, x):
    """The cosine; x in radians."""
    return xp.cos(x)


@elementwise(lambda g, out: g * (out * out + 1), floats=True)
def tan(xp, x):
    """The tangent; x in radians."""
    return xp.tan(x)


@elementwise(lambda g, x: g / (x * x + 1), floats=True)
def atan(xp, x):
    """The inverse tangent, in radians."""
    return xp.arctan(x)


@elementwise(lambda g, out: g * (1 - out * out), floats=True)
def tanh(xp, x):
    """The hyperbolic tangent."""
    return xp.tanh(x)


@elementwise(lambda g, out: g * ((1 - out) * out), floats=True)
def sigmoid(xp, x):
    """1 / (1 + e ** -x)."""
    return xp.reciprocal(xp.exp(-x) + 1)


@elementwise(lambda g, x: g * (exp(-(x * x)) * 1.1283791670955126), floats=True)
def erf(xp, x):
    """2 / sqrt(pi) times the integral of e ** -t**2 from 0 to x."""
    return _erf(xp, x)


@elementwise(lambda g, x: g * sign(x))
def abs(xp, x):
    """|x|; the derivative at 0 is 0."""
    return xp.absolute(x)


@elementwise(lambda g: zero(g))
def sign(xp, x):
    """-1, 0 or 1; 0 where x is NaN."""
    return xp.subtract(x > 0, x < 0, dtype=x.dtype) if x.dtype.kind != "b" else x.copy()


@elementwise(lambda g: zero(g))
def floor(xp, x):
    """The largest whole number not above x."""
    return _whole(x, "floor") if x.dtype.kind in "iub" else xp.floor(x)


@elementwise(lambda g: zero(g))
def ceil(xp, x):
    """The smallest whole number not below x."""
    return _whole(x, "ceil") if x.dtype.kind in "iub" else xp.ceil(x)


@elementwise(lambda g: zero(g))
def trunc(xp, x):
    """The whole part, towards 0."""
    return _whole(x, "trunc") if x.dtype.kind in "iub" else xp.trunc(x)


def _whole(x, name):
    """Integers are their own whole part. Raises: NotImplementedError for bools."""
    errors.refuse_bool(x, name)
    return x.copy()


@elementwise(lambda g: zero(g))
def round(xp, x, *, decimals=0):
    """The nearest number of that many decimals, halves to even."""
    errors.refuse_bool(x, "round")
    return xp.round(x, decimals)


# ------------------------------------------------------------------ choosing


@elementwise((None, lambda g, c: gate(g, c), lambda g, c: gate(g, ~c)), masks=1)
def where(xp, c, x, y):
    """x where the condition holds, else y."""
    errors.check_condition(c)
    out = xp.where(c, x, y)
    if type(x) in (int, float) and type(y) in (int, float):
        out = out.astype(dtypes.get_default_dtype().np)
    return out


@elementwise((lambda g, mask: gate(g, mask), None), promote=False)
def gate(xp, x, mask):
    """x where the mask holds, else 0, also in place of an infinity or a NaN.

    Works on the bits: to choose by a mask without pattern mispredicts branches, 7 ns a number.
    """
    whole = {4: xp.int32, 8: xp.int64}.get(x.dtype.itemsize)
    if x.dtype.kind != "f" or whole is None or not x.ndim or x.shape != mask.shape:
        return xp.where(mask, x, x.dtype.type(0))
    bits = mask.astype(whole)
    xp.negative(bits, bits)  # all bits set, or none
    bits &= x.view(whole)
    return bits.view(x.dtype)


def _wins(g, x, y):
    return gate(where(x == y, g / 2, g), ~(x < y))


@tensors(2)
@elementwise((_wins, lambda g, x, y: _wins(g, y, x)))
def maximum(xp, x, y):
    """The larger; NaN where one is NaN; a tie shares the gradient."""
    return xp.maximum(x, y)


@tensors(2)
@elementwise((lambda g, x, y: _wins(g, -x, -y), lambda g, x, y: _wins(g, -y, -x)))
def minimum(xp, x, y):
    """The smaller; NaN where one is NaN; a tie shares the gradient."""
    return xp.minimum(x, y)


def _inside(g, x, min, max):
    low = True if min is None else x >= min
    high = True if max is None else x <= max
    return gate(g, low & high)


@elementwise(_inside, torch_name="ClampBackward1")
def clamp(xp, x, *, min=None, max=None):
    """x limited to [min, max]; the gradient passes where min <= x <= max."""
    if min is None and max is None:
        raise RuntimeError("clamp: expected min, max or both, got neither")
    if x.dtype.kind != "f" and (isinstance(min, float) or isinstance(max, float)):
        x = x.astype(dtypes.get_default_dtype().np)
    return xp.clip(x, min, max)


@elementwise(
    (lambda g, mask: gate(g, ~mask), None, lambda g, mask: gate(g, mask)),
    promote=False,
    row_major=True,
)
def masked_fill(xp, x, mask, value):
    """value where the mask holds, else x; in the dtype of x."""
    errors.check_condition(mask, "masked_fill")
    return xp.where(mask, xp.asarray(value).astype(x.dtype), x)


@elementwise(lambda g, out: gate(g, out != 0))
def relu(xp, x):
    """max(x, 0); the derivative at 0 is 0."""
    return xp.maximum(x, 0)
