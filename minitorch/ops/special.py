"""Functions of one number beyond the elementary ones, and what torch.special adds."""

from __future__ import annotations

from math import log, pi, sqrt
from typing import TYPE_CHECKING

from minitorch import (
    _special,
    _special_bessel,
    _special_gamma,
    _special_incomplete,
    _special_tails,
)
from minitorch.calls import composition, tensors
from minitorch.errors import check_floating
from minitorch.ops import elementwise as ew
from minitorch.ops.elementwise import exp, gate, where
from minitorch.ops.random import standard_gamma_grad
from minitorch.primitive import elementwise

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "acos",
    "acosh",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctanh",
    "asin",
    "asinh",
    "atanh",
    "cosh",
    "digamma",
    "erfc",
    "erfinv",
    "exp2",
    "i0",
    "igamma",
    "igammac",
    "lgamma",
    "log10",
    "log2",
    "logit",
    "mvlgamma",
    "polygamma",
    "sinc",
    "sinh",
    "xlogy",
]

# ------------------------------------------------------------------ powers and logarithms


@elementwise(lambda g, out: g * (out * 0.6931471805599453), floats=True)
def exp2(xp, x):
    """2 ** x."""
    return xp.exp2(x)


@elementwise(lambda g, x: g / (x * 0.6931471805599453), floats=True)
def log2(xp, x):
    """The logarithm to base 2."""
    return xp.log2(x)


@elementwise(lambda g, x: g / (x * 2.302585092994046), floats=True)
def log10(xp, x):
    """The logarithm to base 10."""
    return xp.log10(x)


def _logit_rule(g, x, eps):
    if eps is None:
        return where((x >= 0) & (x <= 1), g / (x * (1 - x)), float("nan"))
    return gate(g / (x * (1 - x)), (x >= eps) & (x <= 1 - eps))


@elementwise(_logit_rule, floats=True)
def logit(xp, x, *, eps=None):
    """log(x / (1 - x)), x first limited to [eps, 1 - eps] if eps is given."""
    if eps is not None:
        x = xp.clip(x, eps, 1 - eps)
    return xp.log(x / (1 - x))


def _xlogy_rule(g, x, y):
    return gate(xlogy(g, y), (x != 0) | ((y <= 0) != True))  # noqa: E712


@elementwise((_xlogy_rule, lambda g, x, y: g * (x / y)), floats=True)
def xlogy(xp, x, y):
    """x log(y), and 0 where x = 0 unless y is NaN."""
    x, y = _arrays(xp, x, y)
    return xp.where((x == 0) & (y == y), 0, x * xp.log(y))


def _xlog1py_rule(g, x, y):
    return gate(xlog1py(g, y), (x != 0) | ((y <= -1) != True))  # noqa: E712


@elementwise(
    (_xlog1py_rule, lambda g, x, y: g * (x / (y + 1))),
    floats=True,
    torch_name="SpecialXlog1PyBackward0",
)
def xlog1py(xp, x, y):
    """x log(1 + y), and 0 where x = 0 unless y is NaN."""
    x, y = _arrays(xp, x, y)
    return xp.where((x == 0) & (y == y), 0, x * xp.log1p(y))


def _arrays(xp, x, y):
    """Both operands as arrays of one dtype: the logarithm of a Python number would be float64."""
    if x is None or y is None:
        raise TypeError("expected two operands")
    dtype = x.dtype if hasattr(x, "dtype") else y.dtype
    return xp.asarray(x, dtype), xp.asarray(y, dtype)


@elementwise(lambda g, x: g * (-1 - ew.log(x)), floats=True, torch_name="SpecialEntrBackward0")
def entr(xp, x):
    """-x log(x), 0 at 0 and -inf below."""
    return xp.where(x < 0, -xp.inf, xp.where(x == 0, 0, -x * xp.log(x)))


# ------------------------------------------------------------------ trigonometry


@elementwise(lambda g, x: -g * ew.rsqrt(1 - x * x), floats=True)
def acos(xp, x):
    """The inverse cosine, in radians."""
    return xp.arccos(x)


@elementwise(lambda g, x: g * ew.rsqrt(1 - x * x), floats=True)
def asin(xp, x):
    """The inverse sine, in radians."""
    return xp.arcsin(x)


@elementwise(lambda g, x: g * ew.rsqrt(x * x - 1), floats=True)
def acosh(xp, x):
    """The inverse hyperbolic cosine."""
    return xp.arccosh(x)


@elementwise(lambda g, x: g / length_with_one(x), floats=True)
def asinh(xp, x):
    """The inverse hyperbolic sine."""
    return xp.arcsinh(x)


@elementwise(lambda g, x, out: g * (x / out))
def length_with_one(xp, x):
    """sqrt(x ** 2 + 1), without overflow."""
    return xp.hypot(x, x.dtype.type(1))


@elementwise(lambda g, x: g / (1 - x * x), floats=True)
def atanh(xp, x):
    """The inverse hyperbolic tangent."""
    return xp.arctanh(x)


@elementwise(lambda g, x: g * sinh(x), floats=True)
def cosh(xp, x):
    """The hyperbolic cosine."""
    return xp.cosh(x)


@elementwise(lambda g, x: g * cosh(x), floats=True)
def sinh(xp, x):
    """The hyperbolic sine."""
    return xp.sinh(x)


@elementwise(lambda g, x: g * sinc_slope(x), floats=True)
def sinc(xp, x):
    """sin(pi x) / (pi x), 1 at 0."""
    angle = x * x.dtype.type(pi)
    return xp.where(x == 0, 1, xp.sin(angle) / angle)


def _sinc_curvature(g, x, out):
    bent = sinc(x) * -(pi * pi) - out * 2 / x
    return g * where(abs(x) < 1e-9, -pi * pi / 3, bent)


@elementwise(_sinc_curvature)
def sinc_slope(xp, x):
    """The derivative of sinc, (cos(pi x) - sinc(x)) / x; a series where the two nearly cancel."""
    angle = x * pi
    square = angle * angle
    small = square < 1
    series = x * 0
    for k in range(8, 0, -1):  # -2k (pi x)**(2k - 2) / (2k + 1)! with alternating signs
        series = series * square + _SINC_SERIES[k]
    whole = (xp.cos(angle) - xp.sin(angle) / angle) / x
    return xp.where(small, series * x * (pi * pi), whole)


def _sinc_series():
    terms, factorial = [0.0], 1.0
    for k in range(1, 9):
        factorial *= 2 * k * (2 * k + 1)
        terms.append((-1) ** k * 2 * k / factorial)
    return terms


_SINC_SERIES = _sinc_series()

# ------------------------------------------------------------------ the normal distribution


@elementwise(lambda g, x: g * (exp(-(x * x)) * -1.1283791670955126), floats=True)
def erfc(xp, x):
    """1 - erf(x), to full precision however small."""
    return _special.erfc(xp, x)


@elementwise(lambda g, x: g * (exp(erfinv(x) ** 2) * (sqrt(pi) / 2)), floats=True)
def erfinv(xp, x):
    """The y with erf(y) = x, for |x| <= 1."""
    return _special_tails.erfinv(xp, x)


@elementwise(lambda g, x: g * (exp(x * x * -0.5) * (2 * pi) ** -0.5), floats=True)
def ndtr(xp, x):
    """The area under the normal density left of x."""
    return _special.ndtr(xp, x)


@elementwise(lambda g, x: g * normal_hazard(x), floats=True, torch_name="SpecialLogNdtrBackward0")
def log_ndtr(xp, x):
    """The logarithm of ndtr, to full precision however far left."""
    return _special_tails.log_ndtr(xp, x)


@elementwise(lambda g, x, out: -g * (out * (x + out)))
def normal_hazard(xp, x):
    """The normal density over ndtr, the slope of log_ndtr."""
    return _special_tails.normal_hazard(xp, x)


def _erfcx_rule(g, x, out):
    return g * (x * out * 2 - 2 / sqrt(pi))


@elementwise(_erfcx_rule, floats=True, torch_name="SpecialErfcxBackward0")
def erfcx(xp, x):
    """erfc(x) e ** x**2, without underflow."""
    return _special_tails.erfcx(xp, x)


# ------------------------------------------------------------------ gamma and Bessel functions


@elementwise(lambda g, x: g * digamma(x), floats=True)
def lgamma(xp, x):
    """log|gamma(x)|."""
    return _special_gamma.lgamma(xp, x)


@elementwise(lambda g, x: g * polygamma_n(x, n=1), floats=True)
def digamma(xp, x):
    """The derivative of lgamma."""
    return _special_gamma.digamma(xp, x)


def _next_derivative(g, x, n):
    return g * polygamma_n(x, n=n + 1)


@elementwise(_next_derivative, floats=True, torch_name="PolygammaBackward0")
def polygamma_n(xp, x, *, n):
    """The n-th derivative of digamma."""
    if n > 1:
        return _special_gamma.polygamma(xp, x, n)
    return (_special_gamma.trigamma if n else _special_gamma.digamma)(xp, x)


def _check_whole(n, function, name):
    if not isinstance(n, int):
        raise TypeError(f"{function}(): argument '{name}' must be int, not {type(n).__name__}")


@composition
def polygamma(n, input) -> Tensor:
    """The n-th derivative of digamma. Raises: RuntimeError for n < 0."""
    _check_whole(n, "polygamma", "n")
    if n < 0:
        raise RuntimeError(f"polygamma: expected n of at least 0, got {n}")
    return polygamma_n(input, n=n)


@elementwise((None, lambda g, s, q: g * -s * zeta(s + 1, q)), floats=True)
def zeta(xp, s, q):
    """Hurwitz' zeta function, the sum of (q + k) ** -s over k = 0, 1, ..."""
    return _special_gamma.zeta(xp, *_arrays(xp, s, q))


def _incomplete_slope(x, a):
    """The density of gamma numbers."""
    return exp(xlogy(a - 1, x) - x - lgamma(a))


@tensors(2)
@elementwise(
    (
        lambda g, a, x: -g * (_incomplete_slope(x, a) * standard_gamma_grad(a, x)),
        lambda g, a, x: g * _incomplete_slope(x, a),
    ),
    torch_name="IgammaBackward0",
)
def igamma(xp, a, x):
    """The share of the gamma integral of a that lies below x, P(a, x)."""
    check_floating(x, "igamma")
    return _special_incomplete.gammainc(xp, *_arrays(xp, a, x))


@tensors(2)
@elementwise(
    (
        lambda g, a, x: g * (_incomplete_slope(x, a) * standard_gamma_grad(a, x)),
        lambda g, a, x: -g * _incomplete_slope(x, a),
    ),
    torch_name="IgammacBackward0",
)
def igammac(xp, a, x):
    """The share of the gamma integral of a that lies above x, 1 - P(a, x)."""
    check_floating(x, "igammac")
    return _special_incomplete.gammaincc(xp, *_arrays(xp, a, x))


@composition
def mvlgamma(input, p) -> Tensor:
    """The log of the p-dimensional gamma function.

    p(p-1)/4 log(pi) + the sum of lgamma(input - k/2) over k < p.

    Raises: RuntimeError for p < 1.
    """
    _check_whole(p, "mvlgamma", "p")
    if p < 1:
        raise RuntimeError(f"mvlgamma: expected p of at least 1, got {p}")
    total = p * (p - 1) / 4 * log(pi)
    for k in range(p):
        total = lgamma(input - k / 2) + total
    return total


@elementwise(lambda g, x: g * i1(x), floats=True)
def i0(xp, x):
    """The modified Bessel function of order 0."""
    return _special_bessel.i0(xp, x)


def _i1_rule(g, x, out):
    return g * where(abs(x) > 1e-9, i0(x) - out / x, 0.5)


@elementwise(_i1_rule, floats=True, torch_name="SpecialI1Backward0")
def i1(xp, x):
    """The modified Bessel function of order 1."""
    return _special_bessel.i1(xp, x)


@elementwise(
    lambda g, x, out: g * (i1e(x) - ew.sign(x) * out), floats=True, torch_name="SpecialI0EBackward0"
)
def i0e(xp, x):
    """i0(x) e ** -|x|."""
    return _special_bessel.i0e(xp, x)


def _i1e_rule(g, x, out):
    return g * where(abs(x) > 1e-9, i0e(x) - ew.sign(x) * out - out / x, 0.5)


@elementwise(_i1e_rule, floats=True, torch_name="SpecialI1EBackward0")
def i1e(xp, x):
    """i1(x) e ** -|x|."""
    return _special_bessel.i1e(xp, x)


arccos, arcsin, arccosh, arcsinh, arctanh = acos, asin, acosh, asinh, atanh
