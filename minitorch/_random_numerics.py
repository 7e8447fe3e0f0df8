"""How torch's compiled samplers compute: fused multiply-add, lanes, libm, order of equal numbers.

Apart from the streams, which say which random words make which number, because nothing here draws
or knows a generator: arrays go in, arrays come out, and each function can be checked on its own.
"""

from __future__ import annotations

import cmath
import functools
import math
import os
from typing import Any

import numpy as np

from .ops import _selection

_TWO_PI = 2.0 * math.pi


@functools.cache
def cpu_is_fused() -> tuple[bool, bool]:
    """(a*b + c is rounded once, float32 normals come from the AVX2 lanes) in torch's build here.

    As torch does, ATEN_CPU_CAPABILITY=default turns both off on x86.
    Differs: away from x86 compilers fuse and there are no AVX2 lanes; that case is untested.
    """
    try:
        from numpy._core._multiarray_umath import __cpu_features__ as has
    except ImportError:  # a private name: without it, take the machine to be a common one
        has = {"SSE": True, "AVX2": True, "FMA3": True}
    if not has.get("SSE"):
        return True, False
    asked = os.environ.get("ATEN_CPU_CAPABILITY", "")
    avx2 = bool(has.get("AVX2") and has.get("FMA3") and asked != "default")
    return avx2, avx2


# Multiply-add


def scale_shift(x: np.ndarray, scale: float, shift: float, fused: bool) -> np.ndarray:
    """x * scale + shift in the dtype of `x`, rounded once if `fused`, else twice."""
    number = x.dtype.type
    scale, shift = number(scale), number(shift)
    if scale == 1 and shift == 0:
        return x + shift  # which makes -0 a 0
    if not fused or scale == 1:
        return x * scale + shift
    if number is np.float32:  # the product of two float32 is exact in float64
        return _sum_to_float32(np.multiply(x, scale, dtype=np.float64), float(shift))
    return _fma64(x, float(scale), float(shift))


def _sum_to_float32(x: np.ndarray, y: float) -> np.ndarray:
    """The float64 sum x + y rounded once to float32.

    Narrowing the float64 sum rounds a second time. That is wrong only where the first rounding
    landed halfway between two float32: there, what it lost decides.
    """
    total = x + y
    out = total.astype(np.float32)
    halfway = (total.view(np.int64) & 0x1FFFFFFF) == 0x10000000
    if halfway.any():
        total, lost = two_sum(x[halfway], y)
        out[halfway] = np.nextafter(total, np.where(lost == 0, total, np.copysign(np.inf, lost)))
    return out


def _fma64(x: np.ndarray, scale: float, shift: float) -> np.ndarray:
    """x * scale + shift rounded once to float64.

    The exact value is a sum of two, total + lost, but for the rounding of `lost`. Where both ends
    of the interval that leaves round to the same number, that is the one; elsewhere (hardly ever)
    fractions decide.
    """
    if shift == 0 or math.frexp(scale)[0] in (0.5, -0.5):  # the product, or the sum, is exact
        return x * scale + shift
    if not (_is_moderate(scale) and _is_moderate(shift)):
        return np.array([_fma_of_fractions(v, scale, shift) for v in x.flat]).reshape(x.shape)
    product, lost = _two_product(x, scale)
    total, rest = two_sum(product, shift)
    lost += rest
    end = lost * (1 + 2.0**-52)
    end += total
    lost *= 1 - 2.0**-52
    lost += total
    unsure = end != lost
    if unsure.any():
        end[unsure] = [_fma_of_fractions(v, scale, shift) for v in x[unsure].tolist()]
    return end


def _is_moderate(v: float) -> bool:
    """Whether products of `v` with uniform and normal numbers neither overflow nor underflow."""
    return v == 0 or 2.0**-400 < abs(v) < 2.0**400


def _fma_of_fractions(x: float, scale: float, shift: float) -> float:
    """x * scale + shift rounded once, for any numbers."""
    from fractions import Fraction

    if not (math.isfinite(scale) and math.isfinite(shift)):
        return x * scale + shift
    exact = Fraction(x) * Fraction(scale) + Fraction(shift)
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def two_sum(x: np.ndarray, y: float) -> tuple[np.ndarray, np.ndarray]:
    """The rounded sum and what rounding lost."""
    total = x + y
    part = total - x
    return total, (x - (total - part)) + (y - part)


def _two_product(x: np.ndarray, y: float) -> tuple[np.ndarray, np.ndarray]:
    """The rounded product and what rounding lost, by halves whose products are exact."""
    product = x * y
    x_high = (x.view(np.int64) & (-1 << 27)).view(np.float64)
    x_low = x - x_high
    y_high = y * 134217729.0
    y_high -= y_high - y
    y_low = y - y_high
    lost = x_high * y_high
    lost -= product
    lost += x_high * y_low
    lost += x_low * y_high
    lost += x_low * y_low
    return product, lost


# Box-Muller: (r cos t, r sin t) with r = sqrt(-2 log a), t = 2 pi b. torch has it three times.


def polar_float64(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Box-Muller by the C library, which NumPy's own log, sin and cos do not always equal."""
    z = rect(np.sqrt(-2.0 * by_libm(math.log, a)), _TWO_PI * b)
    return z.real, z.imag


def rect(r: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """r cos t + i r sin t for float64 arrays, by the C library."""
    pairs = map(cmath.rect, r.ravel().tolist(), angle.ravel().tolist())
    return np.fromiter(pairs, np.complex128, r.size).reshape(r.shape)


def by_libm(function: Any, x: np.ndarray) -> np.ndarray:
    """A function of `math` or of the C library, element by element: NumPy's own may round apart."""
    return np.fromiter(map(function, x.ravel().tolist()), x.dtype, x.size).reshape(x.shape)


def polar_float32(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Box-Muller by the C library's float32 functions: torch's kernel where there is no AVX2."""
    r = np.sqrt(np.float32(-2) * by_libm(_libm_float("logf"), a))
    angle = np.multiply(b, _TWO_PI, dtype=np.float64).astype(np.float32)
    return r * by_libm(_libm_float("cosf"), angle), r * by_libm(_libm_float("sinf"), angle)


@functools.cache
def _libm_float(name: str) -> Any:
    import ctypes

    function = getattr(ctypes.CDLL("ucrtbase" if os.name == "nt" else None), name)
    function.argtypes, function.restype = [ctypes.c_float], ctypes.c_float
    return function


def polar_lanes(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Box-Muller in float32 as torch's AVX2 kernel rounds it, for multiples of 2**-24 in [0, 1].

    Checked for every such `a` and `b`.
    Source: the Cephes library's logf, sinf and cosf (Moshier), each multiply-add fused.
    """
    r = np.sqrt(np.float32(-2) * _log_lanes(a))
    cos, sin = _cos_sin_lanes(np.float32(_TWO_PI) * b)
    return r * cos, r * sin


_SQRT_HALF_BITS = 0x3F3504F3
_LOG2_HIGH, _LOG2_LOW = np.array([0.693359375, -2.12194440e-4], np.float32)
_QUARTER_PI = np.array([0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8], np.float32)
_COS = np.array([2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2], np.float32)
_SIN = np.array([-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1], np.float32)
_LOG = np.array(
    [7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1]
    + [-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1],
    np.float32,
)

# In these ranges a float64 sum of a float32 and a product of two is exact, or its second rounding
# is harmless (tested on all arguments), so a plain narrowing stands for each fused multiply-add.


def _horner(coefficients: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The polynomial in float64 `x`, rounded to float32 after each multiply-add."""
    wide = np.empty_like(x)
    y = coefficients[0]
    for c in coefficients[1:].tolist():
        np.multiply(y, x, out=wide)
        wide += c
        y = wide.astype(np.float32)
    return y


def _log_lanes(x: np.ndarray) -> np.ndarray:
    """log x for float32 in (0, 1], x = 2**e (1 + m) with 1 + m around 1."""
    bits = x.view(np.int32)
    e = (bits - _SQRT_HALF_BITS) >> 23
    m = (bits - (e << 23)).view(np.float32) - np.float32(1)
    e = e.astype(np.float32)
    square = m * m
    y = _horner(_LOG, m.astype(np.float64))
    y *= m
    wide = np.multiply(y, square, dtype=np.float64)
    wide += e * _LOG2_LOW
    y = wide.astype(np.float32)
    y -= square * np.float32(0.5)
    m += y
    return m + e * _LOG2_HIGH


def _cos_sin_lanes(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """cos x and sin x for float32 x in [0, 2 pi], reduced by the octant j."""
    j = (x * np.float32(4 / math.pi)).astype(np.int32)
    j += 1
    j &= ~1
    octant = j.astype(np.float32)
    x = x - octant * _QUARTER_PI[0]
    x -= octant * _QUARTER_PI[1]
    x = (x - np.multiply(octant, _QUARTER_PI[2], dtype=np.float64)).astype(np.float32)
    square = x * x
    wide = square.astype(np.float64)
    cos = _horner(_COS, wide)
    cos *= square
    wide *= cos
    wide -= square * np.float32(0.5)
    cos = wide.astype(np.float32)
    cos += np.float32(1)
    sin = _horner(_SIN, square.astype(np.float64))
    sin *= square
    sin = (np.multiply(sin, x, dtype=np.float64) + x).astype(np.float32)
    swap = (j & 2) != 0
    cos, sin = np.where(swap, sin, cos), np.where(swap, cos, sin)
    cos.view(np.int32)[...] ^= (~(j - 2) & 4) << 29  # bit 2 of the octant is the sign
    sin.view(np.int32)[...] ^= (j & 4) << 29
    return cos, sin


# Shuffling


def swap_in_turn(to: np.ndarray) -> np.ndarray:
    """0 ... n-1 after swapping the elements at i and to[i] for i = 0, 1, ..., where to[i] >= i.

    Without a loop, 12 times faster for a million. Swap i puts what lay at to[i] at i, for good, and
    what lay at i at to[i]. So what lies at i was put there by the last swap into i, which took it
    from its own place, where the last swap into that had put it, and so on: a chain to follow to
    its start. What lies at to[i] was put there by the last earlier swap into to[i], or never moved.
    """
    n = to.size
    place = np.arange(n)
    start = place.copy()
    moved = to != place
    start[to[moved]] = place[moved]  # of several, the last one stays
    while True:
        further = start.take(start)
        if np.array_equal(further, start):
            break
        start = further
    in_turn = (to << 32) | place
    in_turn.sort()
    target, swap = in_turn >> 32, in_turn & 0xFFFFFFFF
    again = target[1:] == target[:-1]
    target[1:] = np.where(again, start.take(swap[:-1]), target[1:])
    x = np.empty(n, np.int64)
    x[swap] = target
    return x


# Choosing the largest


def largest(score: np.ndarray, k: int) -> np.ndarray:
    """For each row the indices of its k largest scores, the largest first.

    Of equal scores k = 1 takes the first; else they come as torch's selection leaves them, which is
    that of GNU's C++ library.
    Differs: where torch is built with another C++ library, it may order equal scores otherwise.
    """
    if k == 1:
        return score.argmax(-1)[..., None]
    order = (-score).argsort(axis=-1, kind="stable")
    found = order[:, :k].copy()
    top = np.take_along_axis(score, order[:, : k + 1], axis=-1)
    tied = (top[:, 1:] == top[:, :-1]).any(axis=-1)
    for i in np.flatnonzero(tied):
        keys = (-score[i]).tolist()
        found[i] = _selection.lowest(keys, list(range(len(keys))), k)
    return found
