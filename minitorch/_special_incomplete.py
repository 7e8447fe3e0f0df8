"""Incomplete gamma and beta integrals on arrays: values, and how a sample moves with a parameter.

A number x of the distribution with density f(.; a) stays at its quantile when a moves by

    dx/da = -(dF/da) / f,     F(x; a) the distribution function.

Where log x is below its mean c = E log X, dF/da is the integral of f(u) (log u - c) up to x; where
it is above, minus the integral from x on. All terms have one sign, so nothing cancels.

Source: Figurnov, Mohamed and Mnih 2018, https://arxiv.org/abs/1805.08498 (implicit
reparameterization); Jankowiak and Obermeyer 2018, https://arxiv.org/abs/1806.01851
"""

from __future__ import annotations

import functools
from math import factorial
from typing import Any

from ._pieces import in_double, polynomial
from ._special_gamma import digamma, lgamma

Array = Any

_TERMS = 80  # of a series whose terms fall at least by half once they fall
_SMALL = 8.0  # parameters up to which the series serves
_NODES = 64
_GONE = 42.0  # e ** -42 is below half an ulp


@functools.cache
def _gauss(xp: Any) -> tuple[Array, Array]:
    """Nodes and weights of Gauss and Legendre's rule on [0, 1], as columns."""
    nodes, weights = xp.polynomial.legendre.leggauss(_NODES)
    return ((nodes + 1) / 2)[:, None], (weights / 2)[:, None]


def _by_element(function: Any) -> Any:
    """A function of flat float64 arrays for arrays that broadcast."""

    def flat(xp: Any, x: Array, *more: Array) -> Any:
        arrays = xp.broadcast_arrays(x, *(xp.asarray(m, xp.float64) for m in more))
        out = function(xp, *(a.reshape(-1) for a in arrays))
        return out.reshape(arrays[0].shape)

    return flat


def _each(xp: Any, inside: Array, formula: Any, out: Array, *arrays: Array) -> None:
    """Write `formula` to `out` where `inside` holds."""
    if inside.any():
        out[..., inside] = formula(xp, *(a[inside] for a in arrays))


def _reach(xp: Any, reach: Array, exponent: Any) -> Array:
    """`reach`, halved as long as the exponent there is below -_GONE: at most twice too far."""
    while True:
        half = exponent(reach / 2) < -_GONE
        if not half.any():
            return reach
        reach = xp.where(half, reach / 2, reach)


# ------------------------------------------------------------------ gamma


def _gamma_series(xp: Any, a: Array, x: Array) -> Array:
    """(P, dx/da f) / (f / x) for small x: the sum of t, and of t (digamma(a + n + 1) - log x).

    t is x**n / (a (a+1) ... (a+n)).
    """
    n = xp.arange(1.0, _TERMS)[:, None]
    terms = xp.empty((_TERMS, a.size))
    terms[0] = 1 / a
    terms[1:] = x / (a + n)
    terms = xp.multiply.accumulate(terms, axis=0)
    above = xp.empty_like(terms)
    above[0] = digamma(xp, a + 1) - xp.log(x)
    above[1:] = 1 / (a + n)
    above = xp.add.accumulate(above, axis=0)
    return xp.stack((terms.sum(0), (terms * above).sum(0)))


def _gamma_integral(xp: Any, a: Array, x: Array, side: Array) -> Array:
    """The same by the integral over log u from log x to where the density is gone.

    `side` is 1 for the part above x, -1 for the part below.
    """
    away = side * (x - a)
    root = xp.sqrt(away * away + 2 * _GONE * x)

    def exponent(s: Array) -> Array:
        v = side * s
        return (a - x) * v - x * _exp_beyond_line(xp, v)

    reach = _reach(xp, xp.where(side > 0, (root - away) / x, (_GONE + x) / a), exponent)
    nodes, weights = _gauss(xp)
    s = nodes * reach
    density = xp.exp(exponent(s)) * (weights * reach)
    above = side * xp.where(a < 100, xp.log(x) - digamma(xp, a), _log_over_mean(xp, a, x))
    return xp.stack((density.sum(0), (density * (above + s)).sum(0)))


def _exp_beyond_line(xp: Any, v: Array) -> Array:
    """e**v - 1 - v, near 0 by its series."""
    near = xp.where(xp.absolute(v) < 0.1, v, 0.0)
    series = polynomial(xp, near, _INVERSE_FACTORIALS) * near * near
    return xp.where(near == v, series, xp.expm1(v) - v)


_INVERSE_FACTORIALS = [1 / factorial(n) for n in range(10, 1, -1)]


def _log_over_mean(xp: Any, a: Array, x: Array) -> Array:
    """log x - digamma(a), by Stirling's series for digamma: for large a nothing cancels."""
    inverse = 1 / (a * a)
    return (
        xp.log1p((x - a) / a) + 0.5 / a + inverse * (1 / 12 - inverse * (1 / 120 - inverse / 252))
    )


def _gamma_parts(xp: Any, a: Array, x: Array) -> tuple[Array, Array]:
    """(P or Q, dx/da f) / (f / x), and which it is: -1 for P, 1 for Q."""
    log_x = xp.log(x)
    series = (a < _SMALL) & (log_x <= digamma(xp, a + 1))
    side = xp.where(~series & (log_x > digamma(xp, a)), 1.0, -1.0)
    out = xp.empty((2, a.size))
    _each(xp, series, _gamma_series, out, a, x)
    _each(xp, ~series, _gamma_integral, out, a, x, side)
    return out, side


@in_double
@_by_element
def gamma_slope(xp: Any, a: Array, x: Array) -> Array:
    """dx/da of a gamma number x with shape a and scale 1. Units: some 1e-14 relative."""
    good = (a > 0) & (x > 0) & (x < xp.inf) & (a < xp.inf)
    a, x = xp.where(good, a, 1.0), xp.where(good, x, 1.0)
    return xp.where(good, _gamma_parts(xp, a, x)[0][1] * x, xp.nan)


@in_double
@_by_element
def gammainc(xp: Any, a: Array, x: Array) -> Array:
    """P(a, x), the regularized lower incomplete gamma function."""
    return _incomplete(xp, a, x, -1.0)


@in_double
@_by_element
def gammaincc(xp: Any, a: Array, x: Array) -> Array:
    """Q(a, x) = 1 - P(a, x), the regularized upper incomplete gamma function."""
    return _incomplete(xp, a, x, 1.0)


def _incomplete(xp: Any, a: Array, x: Array, wanted: float) -> Array:
    good = (a > 0) & (x > 0) & (x < xp.inf) & (a < xp.inf)
    safe_a, safe_x = xp.where(good, a, 1.0), xp.where(good, x, 1.0)
    parts, side = _gamma_parts(xp, safe_a, safe_x)
    found = parts[0] * xp.exp(log_density(xp, safe_a, safe_x))
    found = xp.where(side == wanted, found, 1 - found)
    none = 0.0 if wanted < 0 else 1.0  # of the integral is below x
    outside = xp.where((x == xp.inf) & (a != xp.inf) & ~(a < 0), 1 - none, xp.nan)
    outside = xp.where((a == xp.inf) & (x != xp.inf) & ~(x < 0), none, outside)
    outside = xp.where((x == 0) & (a != 0) & ~(a < 0), none, outside)
    outside = xp.where((a == 0) & (x > 0), 1 - none, outside)
    return xp.where(good, found, outside)


def log_density(xp: Any, a: Array, x: Array) -> Array:
    """a log x - x - lgamma(a), from a = 100 on around x = a, where the terms nearly cancel."""
    plain = a * xp.log(x) - x - lgamma(xp, a)
    away = (x - a) / a
    tail = 1 / (12 * a) - 1 / (360 * a**3) + 1 / (1260 * a**5)
    around = a * (xp.log1p(away) - away) + 0.5 * xp.log(a / (2 * xp.pi)) - tail
    return xp.where(a < 100, plain, around)


# ------------------------------------------------------------------ beta


def _beta_series(xp: Any, near: Array, far: Array, z: Array, start: Array, step: Any) -> Array:
    """The sum of t (start + what `step` adds up): t is z**n (near+far)_n / (near)_(n+1)."""
    n = xp.arange(0.0, _TERMS)[:, None]
    terms = xp.empty((_TERMS, near.size))
    terms[0] = 1 / near
    terms[1:] = z * (near + far + n[:-1]) / (near + n[1:])
    terms = xp.multiply.accumulate(terms, axis=0)
    factor = xp.empty_like(terms)
    factor[0] = start
    factor[1:] = step(n[1:])
    return (terms * xp.add.accumulate(factor, axis=0)).sum(0)


def _beta_below(xp: Any, a: Array, b: Array, x: Array) -> Array:
    """The integral of density (c - log u) from 0 to x over x**a (1 - x)**b."""
    start = digamma(xp, a + 1) - digamma(xp, a + b) - xp.log(x)
    return _beta_series(xp, a, b, x, start, lambda n: 1 / (a + n) - 1 / (a + b + n - 1))


def _beta_above(xp: Any, a: Array, b: Array, x: Array) -> Array:
    """The integral of density (log u - c) from x to 1 over x**a (1 - x)**b."""
    start = xp.log(x) + digamma(xp, a + b) - digamma(xp, a)
    return _beta_series(xp, b, a, 1 - x, start, lambda n: 1 / (a + b + n - 1))


def _log_sigmoids(xp: Any, w: Array) -> tuple[Array, Array]:
    """log(1 / (1 + e**-w)) and log(1 / (1 + e**w))."""
    common = -xp.log1p(xp.exp(-xp.absolute(w)))
    return common + xp.minimum(w, 0), common - xp.maximum(w, 0)


def _beta_integral(xp: Any, a: Array, b: Array, x: Array, c: Array, side: Array) -> Array:
    """Either of the two, over the logit of u: up to 1/2 if that is on the way, and its series on.

    The density over the logit is log-concave, analytic around the real line and falls at least as
    e ** -(near parameter) away from x: from 8 on it is gone soon.
    """
    near = xp.where(side > 0, b, a)
    start = xp.log(x) - xp.log1p(-x)
    crossing = (near < _SMALL) & (side * start < 0)
    log_u, log_rest = _log_sigmoids(xp, start)
    top = a * log_u + b * log_rest

    def exponent(w: Array) -> Array:
        log_u, log_rest = _log_sigmoids(xp, w)
        return a * log_u + b * log_rest - top

    far = xp.absolute(start) + _GONE / near + 8
    reach = _reach(xp, xp.where(near < _SMALL, 0.0, far), lambda s: exponent(start + side * s))
    reach = xp.where(crossing, -side * start, reach)
    nodes, weights = _gauss(xp)
    w = start + side * (nodes * reach)
    above = side * (_log_sigmoids(xp, w)[0] - c)
    out = (xp.exp(exponent(w)) * above * (weights * reach)).sum(0)
    end, rest = xp.where(crossing, 0.5, x), xp.zeros(a.size)
    for sign, series in ((1.0, _beta_above), (-1.0, _beta_below)):
        here = (near < _SMALL) & (side == sign)
        if here.any():
            rest[here] = series(xp, a[here], b[here], end[here])
    return out + rest * xp.exp(exponent(xp.where(crossing, 0.0, start)))


@in_double
@_by_element
def beta_slope(xp: Any, x: Array, a: Array, b: Array) -> Array:
    """dx/da over 1 - x for a beta number x of (a, b). Units: mostly 1e-13 relative, at worst 1e-10.

    Times x, this is what a sample of a Dirichlet distribution moves by in the direction in which
    its other elements shrink alike.
    """
    good = (a > 0) & (b > 0) & (x >= 0) & (x <= 1)
    a, b, x = xp.where(good, a, 1.0), xp.where(good, b, 1.0), xp.where(good, x, 0.5)
    x = xp.clip(x, 2.0**-1022, 1 - 2.0**-53)
    log_x = xp.log(x)
    c = digamma(xp, a) - digamma(xp, a + b)
    later = digamma(xp, a + 1) - digamma(xp, a + b)
    below = (x <= 0.5) & (a < _SMALL) & (log_x <= later)
    above = ~below & (x >= 0.5) & (b < _SMALL) & (log_x >= c)
    side = xp.where(log_x >= c, 1.0, -1.0)
    out = xp.empty(a.size)
    _each(xp, below, _beta_below, out, a, b, x)
    _each(xp, above, _beta_above, out, a, b, x)
    _each(xp, ~below & ~above, _beta_integral, out, a, b, x, c, side)
    return xp.where(good, out * x, xp.nan)
