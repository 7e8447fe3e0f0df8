"""Elementwise arithmetic beyond the basic operations: signs, remainders, bits, extremes."""

from __future__ import annotations

from math import log, pi
from typing import TYPE_CHECKING, Any

from minitorch import dtypes, errors, return_types
from minitorch.calls import composition, tensors
from minitorch.ops import elementwise as ew
from minitorch.ops.elementwise import gate, zero
from minitorch.primitive import elementwise
from minitorch.row import named

if TYPE_CHECKING:
    from collections.abc import Callable

    from minitorch._tensor import Tensor

__all__ = [
    "angle",
    "atan2",
    "conj",
    "conj_physical",
    "copysign",
    "deg2rad",
    "float_power",
    "fmax",
    "fmin",
    "fmod",
    "frac",
    "frexp",
    "gcd",
    "heaviside",
    "hypot",
    "lcm",
    "ldexp",
    "logaddexp",
    "logaddexp2",
    "nan_to_num",
    "nextafter",
    "positive",
    "rad2deg",
    "real",
    "resolve_conj",
    "resolve_neg",
    "sgn",
]

# ------------------------------------------------------------------ whole parts


@elementwise((lambda g: zero(g), lambda g: zero(g)), torch_name="DivBackward1", numbers=True)
def trunc_divide(xp, x, y):
    """The whole part of x / y, towards 0."""
    errors.check_divisor(x, y, "div")
    if (x.dtype if hasattr(x, "dtype") else y.dtype).kind not in "iub":
        return xp.trunc(xp.true_divide(x, y))
    return xp.floor_divide(x - xp.fmod(x, y), y)


@tensors(1)
@elementwise((lambda g: g, lambda g, x, y: -g * trunc_divide(x, y)))
def fmod(xp, x, y):
    """x - y trunc(x / y): has the sign of x."""
    errors.check_divisor(x, y, "fmod")
    return xp.fmod(x, y)


@elementwise(lambda g: g)
def frac(xp, x):
    """x - trunc(x): what follows the point, with the sign of x."""
    errors.check_floating(x, "frac")
    return x - xp.trunc(x)


def _scaled_back(g, exponent):
    return shift_point(g[0], -exponent)


@elementwise(
    _scaled_back,
    promote=False,
    outs=("mantissa", "exponent"),
    returns=return_types.frexp,
)
def frexp(xp, x):
    """(mantissa, exponent) with x = mantissa 2 ** exponent and 1/2 <= |mantissa| < 1."""
    errors.check_floating(x, "frexp", RuntimeError)
    mantissa, exponent = xp.frexp(x)
    return mantissa, xp.where(xp.isfinite(x), exponent, 0).astype(xp.int32)


# ------------------------------------------------------------------ signs and parts


def _copied_sign(g, x, out):
    return g * sign_change(x, out)


@tensors(1)
@elementwise((_copied_sign, lambda g: zero(g)), floats=True)
def copysign(xp, x, y):
    """|x| with the sign of y; the derivative at 0 is 0."""
    return xp.copysign(x, y)


@elementwise((lambda g: zero(g), lambda g: zero(g)))
def sign_change(xp, x, y):
    """1 where x has the sign of y, -1 where it has not, 0 where it is 0."""
    return xp.where(x == 0, 0, xp.copysign(x, y) / x)


@elementwise(lambda g: zero(g), floats=True)
def angle(xp, x):
    """0 for numbers from 0 on, pi for negative ones."""
    return xp.where(x == x, (x < 0) * x.dtype.type(pi), x)


@tensors(2)
@elementwise((lambda g: zero(g), lambda g, x: gate(g, x == 0)), promote=False)
def heaviside(xp, x, y):
    """y where x = 0, 1 where x > 0, else 0.

    Raises: RuntimeError where the dtypes differ.
    """
    if x.dtype != y.dtype:
        raise RuntimeError(
            f"heaviside: expected one dtype, got {errors.name_of(x.dtype)} and "
            f"{errors.name_of(y.dtype)}"
        )
    return xp.where(x == 0, y, (x > 0).astype(x.dtype))


def _itself(name: str, doc: str, bools: bool = True) -> Callable:
    """A function of complex numbers that changes nothing of real ones."""

    def function(input):
        if not hasattr(input, "_array"):
            raise TypeError(
                f"{name}(): argument 'input' must be Tensor, not {type(input).__name__}"
            )
        if not bools and input.dtype is dtypes.bool_:
            raise RuntimeError(f"{name}: expected numbers, got torch.bool")
        return input

    return composition(named(function, name, doc))


real = _itself("real", "`input` itself: there are no complex numbers here.")
conj = _itself("conj", "`input` itself: real numbers are their own conjugates.")
conj_physical = _itself("conj_physical", "`input` itself: real numbers are their own conjugates.")
resolve_conj = _itself("resolve_conj", "`input` itself: no conjugation is ever pending.")
resolve_neg = _itself("resolve_neg", "`input` itself: no change of sign is ever pending.")
positive = _itself("positive", "`input` itself. Raises: RuntimeError for bools.", bools=False)


# ------------------------------------------------------------------ lengths and angles


@elementwise(lambda g: deg2rad(g), floats=True)
def deg2rad(xp, x):
    """Degrees as radians."""
    return x * x.dtype.type(pi / 180)


@elementwise(lambda g: rad2deg(g), floats=True)
def rad2deg(xp, x):
    """Radians as degrees."""
    return x * x.dtype.type(180 / pi)


@tensors(2)
@elementwise((lambda g, x, out: g * (x / out), lambda g, y, out: g * (y / out)))
def hypot(xp, x, y):
    """sqrt(x ** 2 + y ** 2), without overflow."""
    errors.check_floating(x, "hypot")
    return xp.hypot(x, y)


def _over_square(g, x, y):
    """g / (x ** 2 + y ** 2) times what follows, in two steps that do not overflow."""
    size = ew.where((x == 0) & (y == 0), float("inf"), hypot(x, y))
    return lambda leg: g * (leg / size) / size


@tensors(2)
@elementwise(
    (lambda g, x, y: _over_square(g, x, y)(y), lambda g, x, y: _over_square(g, x, y)(-x)),
    floats=True,
)
def atan2(xp, x, y):
    """The angle of the point (y, x) seen from the origin, in (-pi, pi]; its slope there is 0."""
    return xp.arctan2(x, y)


# ------------------------------------------------------------------ exponents


def logistic(x):
    """sigmoid(x); its own derivative keeps its digits where 1 - sigmoid(x) has lost them."""
    return ew.where(x > 0, 1 - ew.sigmoid(-x), ew.sigmoid(x))


@tensors(2)
@elementwise((lambda g, x, y: g * logistic(x - y), lambda g, x, y: g * logistic(y - x)))
def logaddexp(xp, x, y):
    """log(e ** x + e ** y), without overflow."""
    errors.check_floating(x, "logaddexp")
    return xp.logaddexp(x, y)


def _share(g, x, y):
    return g * logistic((x - y) * log(2))


@tensors(2)
@elementwise((_share, lambda g, x, y: _share(g, y, x)))
def logaddexp2(xp, x, y):
    """log2(2 ** x + 2 ** y), without overflow."""
    errors.check_floating(x, "logaddexp2")
    return xp.logaddexp2(x, y)


@elementwise((lambda g, y: g * ew.pow(2.0, y), lambda g, out: g * out * log(2)), floats=True)
def times_power(xp, x, y):
    """x 2 ** y."""
    y = xp.asarray(y)
    return x * xp.exp2(y, dtype=xp.float64).astype(y.dtype)  # exact where y is whole


@elementwise((lambda g, k: shift_point(g, k), None), promote=False, torch_name="LdexpBackward0")
def shift_point(xp, x, k):
    """x 2 ** k for integers k, with no overflow on the way."""
    if x.dtype.kind in "iub":
        x = x.astype(dtypes.get_default_dtype().np)
    return xp.ldexp(x, k)


@tensors(2)
@composition
def ldexp(input, other) -> Tensor:
    """input 2 ** other."""
    made = times_power if other.dtype.is_floating_point else shift_point
    return made(input, other)


@composition
def float_power(input, exponent) -> Tensor:
    """input ** exponent in float64."""
    return ew.pow(_in_double(input), _in_double(exponent))


def _in_double(x: Any) -> Any:
    if isinstance(x, int):
        return float(x)
    return x.to(dtype=dtypes.float64) if hasattr(x, "_array") else x


# ------------------------------------------------------------------ extremes


def _or_alone(g, x, y):
    return gate(g, (x >= y) | (y != y))


@tensors(2)
@elementwise((_or_alone, lambda g, x, y: gate(g, (x < y) | ((x != x) & (y == y)))))
def fmax(xp, x, y):
    """The larger; the number where one is NaN; a tie gives the gradient to x."""
    return xp.fmax(x, y)


def _below_or_alone(g, x, y):
    return gate(g, (x <= y) | (y != y))


@tensors(2)
@elementwise((_below_or_alone, lambda g, x, y: gate(g, (x > y) | ((x != x) & (y == y)))))
def fmin(xp, x, y):
    """The smaller; the number where one is NaN; a tie gives the gradient to x."""
    return xp.fmin(x, y)


@elementwise(
    (
        lambda g, x, low, high: gate(g, _not_below(x, low) & _not_above(x, high)),
        lambda g, x, low, high: gate(g, (x < low) & (True if high is None else low < high)),
        lambda g, x, low, high: gate(g, (x > high) | (False if low is None else high < low)),
    ),
    torch_name="ClampBackward0",
)
def clamp_between(xp, x, low=None, high=None):
    """x limited to [low, high], tensors or one of them None; high wins where they cross."""
    out = x if low is None else xp.maximum(x, low)
    return out if high is None else xp.minimum(out, high)


def _not_below(x, low):
    return True if low is None else x >= low


def _not_above(x, high):
    return True if high is None else x <= high


@tensors(2)
@elementwise((lambda g, x, y: gate(g, x != y), lambda g: zero(g)))
def nextafter(xp, x, y):
    """The next number after x towards y."""
    errors.check_floating(x, "nextafter")
    return xp.nextafter(x, y)


@elementwise(lambda g, x: gate(g, abs(x) < float("inf")))
def nan_to_num(xp, x, *, nan=None, posinf=None, neginf=None):
    """x with NaN as 0, infinities as the largest numbers, or as the parameters say."""
    if x.dtype.kind in "iub":
        return x.copy()
    top = xp.nextafter(x.dtype.type(xp.inf), x.dtype.type(0))
    given = (nan, 0.0), (posinf, top), (neginf, -top)
    nan, posinf, neginf = (default if value is None else value for value, default in given)
    return xp.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


# ------------------------------------------------------------------ whole numbers


@tensors(2)
@elementwise((None, None))
def gcd(xp, x, y):
    """The greatest common divisor, at least 0; that of 0 and 0 is 0."""
    return xp.gcd(x, y)


@tensors(2)
@elementwise((None, None))
def lcm(xp, x, y):
    """The least common multiple, at least 0; that of 0 and anything is 0."""
    out = xp.lcm(x, y)
    return xp.absolute(out) if out.dtype.itemsize > 2 else out  # torch's signs of what overflows


sgn = ew.sign
