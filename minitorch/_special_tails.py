"""The inverse of the error function, and its tails without underflow, on arrays.

    m(z)          Mills' ratio over √(2π), see _special.py; beyond its fit a continued fraction
    erfcx(x)      exp(x²) erfc(x) = 2 m(√2 x) for x >= 0
    log_ndtr(x)   log(m(-x)) - x²/2 for x <= 0

    |x| <= 1/2    erfinv(x) is x times a quotient of polynomials in x²
    |x| <= 3/4    the same, of others in x² - 13/32
    |x| > 3/4     it is a quotient of polynomials in r = sqrt(-log(1 - |x|)), with the sign of x

The coefficients of erfinv are this module's own: minimax fits by Remez exchange in 50-digit
arithmetic, to a relative error of at most 2e-16.
"""

from __future__ import annotations

from math import pi
from typing import Any

from ._pieces import in_double, piecewise, ratio
from ._special import _P_DOUBLE, _Q_DOUBLE

Array = Any

# Coefficients, from the highest power down.
_NEAR_P = (
    -0.0016219391184770797, 0.07630521055074137, -0.6199307948825594, 1.7926352190897714,
    -2.128395751506636, 0.886226925452758,
)  # fmt: skip
_NEAR_Q = (
    -0.008901807923021884, 0.18704137814632213, -1.0882559180378957, 2.5761266316935147,
    -2.663436813133835, 1.0,
)  # fmt: skip
_MID_P = (
    -0.018946087938267103, 0.5837096651193775, -3.0098569691986503, 5.4244770346171665,
    -3.9679729048490686, 1.009975046969734,
)  # fmt: skip
_MID_Q = (
    -0.08813290717843668, 1.2220419867590904, -4.547944025838463, 6.758238290313913,
    -4.332497048584459, 1.0,
)  # fmt: skip
_FAR_P = (
    0.010256799769710766, 0.23843750919091128, 1.5555360362141313, 3.6114004345662236,
    3.1044330961348607, 2.1863144382210726, 0.8354312043963726, 0.009482529568593944,
    -0.0008189756112664085,
)  # fmt: skip
_FAR_Q = (
    1.2360925160514247e-08, 0.010255403099567559, 0.2385577992411552, 1.5790642559973163,
    3.970788622284001, 4.6621818698764015, 4.398510254330038, 2.2813365088571538, 1.0,
)  # fmt: skip


def _far(xp: Any, x: Array) -> Array:
    r = xp.sqrt(-xp.log(1 - xp.absolute(x)))
    size = xp.where(r == xp.inf, r, ratio(xp, r, _FAR_P, _FAR_Q))
    return xp.copysign(size, x)


@in_double
def erfinv(xp: Any, x: Array) -> Array:
    """The y with erf(y) = x; ±inf at ±1, NaN beyond.

    Units: at most 3 ulp from the truth for |x| <= 1/2, 8 beyond.
    """
    size = xp.absolute(x)
    return piecewise(
        xp,
        x,
        (size <= 0.5, lambda x: x * ratio(xp, x * x, _NEAR_P, _NEAR_Q)),
        (size <= 0.75, lambda x: x * ratio(xp, x * x - 0.40625, _MID_P, _MID_Q)),
        (size <= 1, lambda x: _far(xp, x)),
    )


def _mills_far(xp: Any, z: Array) -> Array:
    """1 / (z + 1 / (z + 2 / (z + 3 / ...))) over √(2π), for z > 39."""
    under = z
    for k in range(7, 0, -1):
        under = z + k / under
    return (2 * pi) ** -0.5 / under


def _mills(xp: Any, z: Array) -> Array:
    return piecewise(
        xp,
        z,
        (z <= 39, lambda z: ratio(xp, z, _P_DOUBLE, (1.0, *_Q_DOUBLE))),
        (z > 39, lambda z: _mills_far(xp, z)),
    )


@in_double
def erfcx(xp: Any, x: Array) -> Array:
    """exp(x²) erfc(x).

    Units: at most 8 ulp from the truth for x > 0, 4 + 2x² for x < 0.
    """
    right = 2 * _mills(xp, xp.absolute(x) * 2**0.5)
    return xp.where(x < 0, 2 * xp.exp(x * x) - right, right)


@in_double
def log_ndtr(xp: Any, x: Array) -> Array:
    """log(Φ(x)): log(1 - exp(-x²/2) m(x)) for x > 0."""
    m, half = _mills(xp, xp.absolute(x)), x * x * -0.5
    return xp.where(x > 0, xp.log1p(-m * xp.exp(half)), xp.log(m) + half)


@in_double
def normal_hazard(xp: Any, x: Array) -> Array:
    """φ(x) / Φ(x), the slope of log_ndtr: 1 / (√(2π) m(-x)) for x <= 0.

    Units: at most 4 ulp from the truth for x < 0, 4 + x²/2 for x > 0.
    """
    m, density = _mills(xp, xp.absolute(x)), xp.exp(x * x * -0.5)
    ratio = xp.where(x > 0, density / (1 - m * density), 1 / m)
    return ratio * (2 * pi) ** -0.5
