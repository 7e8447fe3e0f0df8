"""The error function and what is made of it, on arrays, from arithmetic, `exp` and `tanh` alone.

    m(z)        Φ(-z) exp(z²/2), Mills' ratio over √(2π), as P(z) / Q(z) for z >= 0
    gelu(x)     x Φ(x),  Φ(-|x|) = exp(-x²/2) m(|x|)
    gelu'(x)    Φ(x) + x exp(-x²/2) / √(2π)
    erfc(x)     2 exp(-x²) m(√2 x) for x >= 0, else 2 - erfc(-x)
    erf(x)      float32: tanh(x + x p(x²)), where x + x p(x²) is artanh(erf(x)) for |x| <= 4
                float64: x + x q(x²) for |x| <= 1, else ±(1 - erfc(|x|))

The coefficients are this module's own: weighted minimax fits by Remez exchange in 40-digit
arithmetic, the error measured relative to the *function* (p's weight is the slope of tanh; m in
single precision may err 1 + z²/8 times more, as exp(-z²/2) then does). P and Q have only positive
coefficients, so Horner's rule loses nothing; in x + x p and 1 - erfc the second term is small, and
so is its rounding. Φ of a negative number keeps its leading digits, which 1 + erf has lost.

Arrays are worked through in blocks that stay in the second-level cache, every step in place.
"""

from __future__ import annotations

from functools import cache
from math import pi
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Array = Any  # of the namespace xp
    Kernel = Callable[..., None]

_BLOCK_BYTES = 1 << 17  # five such arrays are in use at a time

# Coefficients, from the highest power down; Q's first is 1.
# m in single precision, z <= 14.5: relative error 5e-9 (1 + z²/8); P(0) / Q(0) is 1/2 exactly.
_P_SINGLE = (
    0.39895153045654297,
    4.087479114532471,
    18.928295135498047,
    46.270050048828125,
    54.252193450927734,
)
_Q_SINGLE = (
    10.24692153930664,
    48.42252731323242,
    126.51656341552734,
    179.1140899658203,
    108.50438690185547,
)
# m in double precision, z <= 39: relative error 5.2e-17.
_P_DOUBLE = (
    0.3989422804002492,
    10.725191915853657,
    141.18484366982705,
    1177.2422142562527,
    6800.392142842271,
    28125.21540815149,
    83290.75688906298,
    171007.51869416327,
    223059.9884085635,
    143931.5648658184,
)
_Q_DOUBLE = (
    26.884069306508355,
    354.89792114948915,
    2977.792686431762,
    17397.953267347082,
    73396.5972819814,
    225127.29585848202,
    493517.6241927177,
    737295.0744134908,
    675801.5236543894,
    287863.1297316368,
)
# p: relative error of erf 1.4e-8.
_ARTANH_ERF = (
    1.4349541e-10,
    -7.1526456e-09,
    1.3694323e-07,
    -1.1474086e-06,
    7.5927136e-07,
    7.056207e-05,
    -0.0005967188,
    -0.0002059146,
    0.10277203,
    0.12837918,
)
# q: relative error of erf 7e-18.
_ERF_NEAR = (
    -7.779492160121402e-10,
    1.3710993665396414e-08,
    -1.6206316975765018e-07,
    1.644713201342904e-06,
    -1.492471233992181e-05,
    0.00012055293579006753,
    -0.0008548325929390815,
    0.005223977606120247,
    -0.02686617064311172,
    0.11283791670944186,
    -0.3761263890318352,
    0.12837916709551256,
)


def erf(xp: Any, x: Array) -> Array:
    """2/√π ∫₀ˣ exp(-t²) dt, exactly odd.

    Units: at most 1.94 ulp from the truth in float32 (every number from 0.001 to 5 tried),
    1.3 in float64.
    """
    return _map(xp, x, _erf_single, _erf_double)


def erfc(xp: Any, x: Array) -> Array:
    """1 - erf(x), to full relative precision however small it gets.

    Units: at most 8 ulp from the truth in float32, 9 in float64; 3 for x < 0.
    """
    return _map(xp, x, _erfc, _erfc)


def gelu(xp: Any, x: Array) -> Array:
    """x Φ(x), Φ the normal distribution function; NaN at -inf, as the product is.

    Units: at most 4.2 ulp from the truth for x > 0, 5 + x²/2 for x < 0, in float32 and float64.
    Differs: torch is at 4.8 for x > 0, and in float32 has no correct digit left from x = -5.5 on;
    its float32 result at +inf is NaN.
    """
    return _map(xp, x, _gelu, _gelu)


def gelu_grad(xp: Any, x: Array) -> Array:
    """Φ(x) + x φ(x), the derivative of gelu; NaN at ±inf, as the product is.

    Units: at most 3 ulp from the truth for x > 0 and 6 + x²/2 for x < 0, in float32 and float64;
    around the zero at x = -0.7518 at most 2e-7 absolute in float32.
    """
    return _map(xp, x, _gelu_grad, _gelu_grad)


def ndtr(xp: Any, x: Array) -> Array:
    """Φ(x), the normal distribution function.

    Units: at most 3 ulp from the truth for x > 0, 5 + x²/2 for x < 0, in float32 and float64.
    """
    return _map(xp, x, _ndtr, _ndtr)


def _map(xp: Any, x: Array, single: Kernel, double: Kernel) -> Array:
    """Run a kernel over the blocks of `x`; narrower floats go by way of float32."""
    char = x.dtype.char
    if char not in "fd":
        return _map(xp, x.astype(xp.float32), single, double).astype(x.dtype)
    dense = x if x.flags.c_contiguous else x.copy(order="K")
    result = xp.empty_like(dense)
    source, target = dense.ravel(order="K"), result.ravel(order="K")
    kernel, constants = (single if char == "f" else double), _constants(xp, char)
    size = min(source.size, _BLOCK_BYTES // x.dtype.itemsize)
    scratch = xp.empty((3, size), x.dtype)
    for start in range(0, source.size, size or 1):
        block = source[start : start + size]
        kernel(xp, constants, block, target[start : start + size], *scratch[:, : block.size])
    return result


@cache
def _constants(xp: Any, char: str) -> SimpleNamespace:
    """What the kernels need in one precision, as arrays: a ufunc takes a 0-d array fastest."""
    single = char == "f"
    p, q = (_P_SINGLE, _Q_SINGLE) if single else (_P_DOUBLE, _Q_DOUBLE)
    far = 15.0 if single else 39.0  # exp(-far²/2) is 0

    def fixed(value: float) -> Array:
        return xp.asarray(value, char)

    def block_of(value: float) -> Array:
        """`minimum` of two arrays is four times faster than of an array and a number."""
        return xp.full(_BLOCK_BYTES // fixed(0).itemsize, value, char)

    return SimpleNamespace(
        zero=fixed(0),
        one=fixed(1),
        two=fixed(2),
        minus_half=fixed(-0.5),
        density=fixed((2 * pi) ** -0.5),
        far=block_of(far),
        p=[*map(fixed, p)],
        q=[*map(fixed, q)],
        # 2 m(√2 z), as P and Q in z, again with 1 before Q's highest power
        far_erfc=block_of(far / 2**0.5),
        p_erfc=[fixed(2 * c * 2 ** (-(i + 1) / 2)) for i, c in enumerate(p)],
        q_erfc=[fixed(c * 2 ** (-(i + 1) / 2)) for i, c in enumerate(q)],
        artanh_erf=[*map(fixed, _ARTANH_ERF)],
        artanh_limits=(block_of(-4.25), block_of(4.25)),
        erf_near=[*map(fixed, _ERF_NEAR)],
        integer="i4" if single else "i8",
        upper_half=-(1 << 12) if single else -(1 << 27),
    )


def _horner(xp: Any, z: Array, coefficients: Sequence[Array], out: Array) -> None:
    """out = c₀ zⁿ + c₁ zⁿ⁻¹ + ... + cₙ."""
    xp.multiply(z, coefficients[0], out)
    _horner_steps(xp, z, coefficients[1:], out)


def _horner_monic(xp: Any, z: Array, coefficients: Sequence[Array], out: Array) -> None:
    """out = zⁿ + c₁ zⁿ⁻¹ + ... + cₙ."""
    xp.add(z, coefficients[0], out)
    xp.multiply(out, z, out)
    _horner_steps(xp, z, coefficients[1:], out)


def _horner_steps(xp: Any, z: Array, coefficients: Sequence[Array], out: Array) -> None:
    """Add a coefficient and multiply by z, in turn; the last is only added."""
    *inner, last = coefficients
    for c in inner:
        xp.add(out, c, out)
        xp.multiply(out, z, out)
    xp.add(out, last, out)


def _normal(xp: Any, c: Any, x: Array, out: Array, density: Array, a: Array) -> None:
    """out = Φ(x), density = √(2π) φ(x) = exp(-x²/2)."""
    z = density
    xp.absolute(x, z)
    xp.minimum(z, c.far[: z.size], out=z)
    _horner(xp, z, c.p, out)
    _horner_monic(xp, z, c.q, a)
    xp.divide(out, a, out)
    xp.square(z, z)
    xp.multiply(z, c.minus_half, z)
    xp.exp(z, density)
    xp.multiply(out, density, out)
    xp.greater(x, c.zero, a)
    xp.subtract(a, out, out)  # Φ = |1 - tail| right of 0, |0 - tail| left of it
    xp.absolute(out, out)


def _ndtr(xp: Any, c: Any, x: Array, out: Array, a: Array, b: Array, _: Array) -> None:
    _normal(xp, c, x, out, a, b)


def _gelu(xp: Any, c: Any, x: Array, out: Array, a: Array, b: Array, _: Array) -> None:
    _normal(xp, c, x, out, a, b)
    xp.multiply(out, x, out)


def _gelu_grad(xp: Any, c: Any, x: Array, out: Array, a: Array, b: Array, _: Array) -> None:
    _normal(xp, c, x, out, a, b)
    xp.multiply(a, x, a)
    xp.multiply(a, c.density, a)
    xp.add(out, a, out)


def _tail(xp: Any, c: Any, x: Array, out: Array, z: Array, a: Array, b: Array) -> None:
    """out = erfc(|x|).

    exp(-z²) is exp(-h²) exp(h² - z²), where h has the upper half of z's digits and h² is exact.
    """
    xp.absolute(x, z)
    xp.minimum(z, c.far_erfc[: z.size], out=z)
    _horner(xp, z, c.p_erfc, out)
    _horner_monic(xp, z, c.q_erfc, a)
    xp.divide(out, a, out)
    h = a
    xp.bitwise_and(z.view(c.integer), c.upper_half, h.view(c.integer))
    xp.add(h, z, b)
    xp.subtract(h, z, z)
    xp.multiply(b, z, b)
    xp.exp(b, b)
    xp.multiply(out, b, out)
    xp.square(h, h)
    xp.negative(h, h)
    xp.exp(h, h)
    xp.multiply(out, h, out)


def _erfc(xp: Any, c: Any, x: Array, out: Array, a: Array, b: Array, z: Array) -> None:
    _tail(xp, c, x, out, z, a, b)
    xp.less(x, c.zero, a)
    xp.multiply(a, c.two, a)
    xp.subtract(a, out, out)  # |0 - tail| right of 0, |2 - tail| left of it
    xp.absolute(out, out)


def _erf_single(xp: Any, c: Any, x: Array, out: Array, y: Array, d: Array, e: Array) -> None:
    """tanh(x + d): what the sum y = x + d loses is added again, times the slope 1 - tanh(y)²."""
    low, high = c.artanh_limits
    clipped = e
    xp.maximum(x, low[: x.size], out=clipped)
    xp.minimum(clipped, high[: x.size], out=clipped)
    xp.square(clipped, y)
    _horner(xp, y, c.artanh_erf, d)
    xp.multiply(d, clipped, d)
    xp.add(clipped, d, y)
    xp.subtract(y, clipped, e)
    xp.subtract(d, e, d)
    xp.tanh(y, y)
    xp.square(y, e)
    xp.subtract(c.one, e, e)
    xp.multiply(d, e, d)
    xp.add(y, d, out)


def _erf_double(xp: Any, c: Any, x: Array, out: Array, a: Array, b: Array, z: Array) -> None:
    _tail(xp, c, x, b, z, a, out)
    xp.subtract(c.one, b, b)
    xp.copysign(b, x, b)
    xp.square(x, a)
    _horner(xp, a, c.erf_near, out)
    xp.multiply(out, x, out)
    xp.add(out, x, out)
    xp.putmask(out, xp.greater(a, c.one), b)
