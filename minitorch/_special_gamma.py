"""The logarithm of the gamma function and its derivatives, on arrays.

    lgamma(x)        log|Γ(x)|
    digamma(x)       ψ(x), its derivative
    polygamma(n, x)  the n-th derivative of ψ, (-1)ⁿ⁺¹ n! ζ(n+1, x)
    zeta(s, q)       Hurwitz' sum of (q + k)⁻ˢ over k >= 0

Near their zeros at 1, 2 and 1.4616 the first two are the distance from the zero times a quotient of
polynomials; from 8 on they are Stirling's series, its tail a polynomial in 1/x². Left of -1/2 they
are reflected. All coefficients are this module's own: minimax fits by Remez exchange in 50-digit
arithmetic, to a relative error of at most 6e-17.
"""

from __future__ import annotations

from math import factorial, pi
from typing import Any

from ._pieces import in_double, piecewise, polynomial, ratio

Array = Any

# Coefficients, from the highest power down.
# (lgamma(1 + t) / t + γ) / t in t + 1/2, |t| <= 1/2; (lgamma(2 + t) / t + γ - 1) / t in t + 1/2,
# -1/2 <= t <= 1; lgamma(3 + t), 0 <= t <= 5; x (lgamma(x) - Stirling's formula) in 1/x², x >= 8.
_LG_ONE_P = (
    0.00033872127471012254, 0.07576933401444856, 1.190933315520401, 5.905514439449446,
    12.619069462987508, 12.921838000050164, 6.232976941775662, 1.1350284418957346,
)  # fmt: skip
_LG_ONE_Q = (
    0.020116541265564933, 0.5222080626104855, 3.9113101235997587, 12.447998978825721,
    19.550529691535875, 15.877894170133732, 6.376968498325236, 1.0,
)  # fmt: skip
_LG_TWO_P = (
    9.459518628490556e-07, 0.00036033763219022364, 0.010361131824965874, 0.09440405107211855,
    0.35984056971124156, 0.600573178321603, 0.3624397196559534,
)  # fmt: skip
_LG_TWO_Q = (
    0.00010559494564544185, 0.005279458275487009, 0.07708788974861128, 0.47511281446451936,
    1.3930626980231944, 1.9202965525909321, 1.0,
)  # fmt: skip
_LG_MID_P = (
    3.7754428538317146e-06, 0.00031658574096651767, 0.007994459381073557, 0.0869042858058752,
    0.4625040049239641, 1.2360959458836, 1.545961758586491, 0.6931471805599453,
)  # fmt: skip
_LG_MID_Q = (
    -6.036120520338449e-10, 7.739500560770507e-07, 9.908370162425904e-05, 0.0033745871285782033,
    0.04677440879080923, 0.301516139437299, 0.8990549784601287, 1.0,
)  # fmt: skip
_LG_FAR = (
    0.005069240409343165, -0.001890539621070038, 0.000841472844983005, -0.000595236606933063,
    0.0007936507898348778, -0.0027777777777740994, 0.08333333333333333,
)  # fmt: skip
# digamma(1 + t) / (1 + t - zero) in t + 1/2, -1/2 <= t <= 2; digamma(3 + t), 0 <= t <= 5; and
# x² (log(x) - 1/(2x) - digamma(x)) in 1/x², x >= 8.
_PSI_NEAR_P = (
    2.544440507679075e-07, 0.00021159612671101306, 0.010465593494488487, 0.1613711579796568,
    1.0540326169414758, 3.195678177779511, 4.33255118078393, 2.041851487905516,
)  # fmt: skip
_PSI_NEAR_Q = (
    4.08520125727519e-05, 0.0028975669737764513, 0.05932766281415475, 0.5086387350632132,
    2.076727567581306, 4.108901303084656, 3.595230533202585, 1.0,
)  # fmt: skip
_PSI_MID_P = (
    9.363565420091456e-08, 1.839583154333614e-05, 0.0008816430026150158, 0.016649076997228132,
    0.14730104838077282, 0.6406755503020878, 1.29267508987696, 0.9227843350984671,
)  # fmt: skip
_PSI_MID_Q = (
    1.3645120405002915e-08, 3.872570638343508e-06, 0.00024185972149071104, 0.005786049651170827,
    0.06470072355093454, 0.36142404359774877, 0.9728611430458872, 1.0,
)  # fmt: skip
_PSI_FAR = (
    -0.29981065552987224, 0.08004449601034926, -0.021051515992142885, 0.0075754647853719815,
    -0.004166665528235582, 0.0039682539660696545, -0.008333333333331734, 0.08333333333333333,
)  # fmt: skip
_PSI_ZERO = (1.4616321449683622, 9.549995429965697e-17)  # the sum of the two

_EULER = 0.5772156649015329
_HALF_LOG_TAU = 0.9189385332046728


def _far_lgamma(xp: Any, x: Array) -> Array:
    tail = polynomial(xp, 1 / (x * x), _LG_FAR) / x
    return (x - 0.5) * (xp.log(x) - 1) + (_HALF_LOG_TAU - 0.5 + tail)


def _two_lgamma(xp: Any, t: Array) -> Array:
    return t * (1 - _EULER + t * ratio(xp, t + 0.5, _LG_TWO_P, _LG_TWO_Q))


def _one_lgamma(xp: Any, t: Array) -> Array:
    return t * (t * ratio(xp, t + 0.5, _LG_ONE_P, _LG_ONE_Q) - _EULER)


def _right_lgamma(xp: Any, x: Array) -> Array:
    return piecewise(
        xp,
        x,
        (x < 0.5, lambda x: _one_lgamma(xp, x) - xp.log(xp.absolute(x))),
        (x < 1.5, lambda x: _one_lgamma(xp, x - 1) + 0.0),  # 0 at 1, not -0
        (x < 3, lambda x: _two_lgamma(xp, x - 2)),
        (x < 8, lambda x: ratio(xp, x - 3, _LG_MID_P, _LG_MID_Q)),
        (x >= 8, lambda x: _far_lgamma(xp, x)),
    )


def _left_lgamma(xp: Any, x: Array) -> Array:
    """log(π / |x sin(πx)|) - lgamma(-x)."""
    sine = xp.absolute(xp.sin(pi * (x - xp.rint(x))))
    out = xp.log(pi / sine) - xp.log(-x) - _right_lgamma(xp, -x)
    return xp.where(sine == 0, xp.inf, out)


@in_double
def lgamma(xp: Any, x: Array) -> Array:
    """log|Γ(x)|; infinite at 0, -1, -2, ...

    Units: at most 5 ulp from the truth for x > -2; around its zeros left of -2 the error is some
    1e-15 absolute.
    """
    return piecewise(
        xp,
        x,
        (x >= -0.5, lambda x: _right_lgamma(xp, x)),
        (x == -xp.inf, xp.absolute),
        (x < -0.5, lambda x: _left_lgamma(xp, x)),
    )


def _near_digamma(xp: Any, t: Array) -> Array:
    above, rest = _PSI_ZERO
    return (t - (above - 1) - rest) * ratio(xp, t + 0.5, _PSI_NEAR_P, _PSI_NEAR_Q)


def _far_digamma(xp: Any, x: Array) -> Array:
    y = 1 / (x * x)
    return xp.log(x) - 0.5 / x - y * polynomial(xp, y, _PSI_FAR)


def _right_digamma(xp: Any, x: Array) -> Array:
    return piecewise(
        xp,
        x,
        (x < 1, lambda x: _near_digamma(xp, x) - 1 / x),
        (x < 3, lambda x: _near_digamma(xp, x - 1)),
        (x < 8, lambda x: ratio(xp, x - 3, _PSI_MID_P, _PSI_MID_Q)),
        (x >= 8, lambda x: _far_digamma(xp, x)),
    )


def _left_digamma(xp: Any, x: Array) -> Array:
    """ψ(-x) - 1/x - π/tan(πx); NaN where x is whole."""
    part = x - xp.rint(x)
    out = _right_digamma(xp, -x) - 1 / x - pi / xp.tan(pi * part)
    return xp.where(part == 0, xp.nan, out)


@in_double
def digamma(xp: Any, x: Array) -> Array:
    """The derivative of lgamma; infinite at 0, NaN at -1, -2, ...

    Units: at most 5 ulp from the truth for x > 0; around its zeros left of 0 the error is some
    1e-15 absolute.
    """
    return piecewise(
        xp,
        x,
        (x >= -0.5, lambda x: _right_digamma(xp, x)),
        (x < -0.5, lambda x: _left_digamma(xp, x)),
    )


# B(2j) / (2j)!: Bernoulli's numbers over factorials, j = 1, 2, ...
_BERNOULLI = (
    1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000,
    1 / 74724249600, -3617 / 10670622842880000, 43867 / 5109094217170944000,
    -174611 / 802857662698291200000, 77683 / 14101100039391805440000,
    -236364091 / 1693824136731743669452800000,
)  # fmt: skip
_TERMS = 10


def _right_zeta(xp: Any, s: Any, q: Array) -> Array:
    """Ten terms, and an integral with Euler and Maclaurin's corrections for the rest; q > 0."""
    total = q**-s
    for k in range(1, _TERMS):
        total += (q + k) ** -s
    end = q + _TERMS
    power = end**-s
    total += end ** (1 - s) / (s - 1) + power * 0.5
    factor = s * power / end
    for j, c in enumerate(_BERNOULLI):
        total += c * factor
        factor *= (s + 2 * j + 1) * (s + 2 * j + 2) / (end * end)
    return total


def _cotangent(xp: Any, n: int, x: Array) -> Array:
    """The n-th derivative of cot(πx), a polynomial in cot(πx); infinite where x is whole."""
    c = [0, 1]  # of cot itself, from the lowest power up; each derivative is -π(1 + cot²) d/dcot
    for _ in range(n):
        slope = [i * a for i, a in enumerate(c)][1:]
        c = [a + b for a, b in zip([*slope, 0, 0], [0, 0, *slope])]
    cot = 1 / xp.tan(pi * (x - xp.rint(x)))
    return (-pi) ** n * polynomial(xp, cot, [float(a) for a in reversed(c)])


def trigamma(xp: Any, x: Array) -> Array:
    """The derivative of digamma: ζ(2, x), left of 0 (π / sin(πx))² - ζ(2, 1 - x).

    Units: at most 4 ulp from the truth for x > 0. The sine is that of πx rounded, as in torch:
    near the poles it has lost as many digits as x has before the point.
    """
    left = x < 0
    other = polygamma(xp, xp.where(left, 1 - x, x), 1)
    return xp.where(left, (pi / xp.sin(pi * x)) ** 2 - other, other)


@in_double
def polygamma(xp: Any, x: Array, n: int) -> Array:
    """The n-th derivative of digamma, n > 0: (-1)ⁿ⁺¹ n! ζ(n+1, x), reflected left of 0.

    NaN at infinity for n > 1, as in torch. Units: at most 8 ulp from the truth for x > 0.
    """
    sign = 1 if n % 2 else -1
    scale = sign * (float(factorial(n)) if n < 171 else xp.inf)

    def left(x: Array) -> Array:
        other = scale * _right_zeta(xp, float(n + 1), 1 - x)
        out = -sign * other - pi * _cotangent(xp, n, x)
        return xp.where(x == xp.rint(x), sign * xp.inf, out)

    return piecewise(
        xp,
        x,
        (x == xp.inf, lambda x: xp.full(x.shape, xp.nan if n > 1 else 0.0)),
        (x > 0, lambda x: scale * _right_zeta(xp, float(n + 1), x)),
        (x == 0, lambda x: xp.full(x.shape, sign * xp.inf)),
        (x < 0, left),
    )


@in_double
def zeta(xp: Any, s: Array, q: Array) -> Array:
    """Σ (q + k)⁻ˢ over k = 0, 1, ...; infinite at s = 1 and where q is 0, -1, -2, ...

    NaN where s < 1, and for q < 0 unless s is whole.
    """
    s, q = xp.broadcast_arrays(s, xp.asarray(q, xp.float64))
    out = _right_zeta(xp, xp.where(s > 1, s, 2.0), xp.where(q > 0, q, 1.0))
    out = xp.where(s == xp.inf, xp.where(q > 1, 0, xp.where(q == 1, 1, xp.inf)), out)
    whole = (q <= 0) & (q == xp.rint(q))
    out = xp.where((s == 1) | whole, xp.inf, out)
    out = xp.where(
        (s < 1) | (q != q) | (s != s) | ((q < 0) & ~whole & (s != xp.rint(s))), xp.nan, out
    )
    left = (q < 0) & ~whole & (s > 1) & (s == xp.rint(s))
    for n in xp.unique(s[left]).tolist():
        here = left & (s == n)
        order = int(n) - 1
        out[here] = polygamma(xp, q[here], order) / ((-1) ** (order + 1) * factorial(order))
    return out
