"""Samples of functions beyond the elementary ones, of two numbers, of parts of numbers, of bits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from tests.sampling import INF, Sample, both, integers, mask, numbers, ours, phrase, rough

SHAPES = [(), (3,), (2, 3), (0,)]
PAIRS = [((2, 3), (2, 3)), ((2, 1), (1, 3)), ((), (2, 3)), ((2, 3), ()), ((), ()), ((0,), (1,))]

# The interval in which a function of one number is defined and curved enough to be telling.
SMOOTH = {
    "acos": (-0.9, 0.9), "asin": (-0.9, 0.9), "atanh": (-0.9, 0.9), "acosh": (1.2, 4),
    "asinh": (-3, 3), "cosh": (-2, 2), "sinh": (-2, 2), "sinc": (-2, 2), "deg2rad": (-200, 200),
    "rad2deg": (-3, 3), "erfc": (-2, 2), "erfinv": (-0.95, 0.95), "logit": (0.05, 0.95),
    "i0": (-12, 12),
}  # fmt: skip
SPECIAL = {
    "entr": (0.1, 3), "ndtr": (-3, 3), "log_ndtr": (-5, 3), "erfcx": (-2, 4), "i1": (-12, 12),
    "i0e": (0.1, 2), "i1e": (0.1, 1.5),
}  # fmt: skip
KINKED_PAIRS = ("fmax", "fmin", "copysign", "nextafter")
SMOOTH_PAIRS = {
    "atan2": (-2, 2), "hypot": (-2, 2), "logaddexp": (-2, 2), "logaddexp2": (-2, 2),
    "xlogy": (0.4, 3),
}  # fmt: skip


def _special(name: str) -> Any:
    return lambda T, *x: getattr(T.special, name)(*x)


def _one_number() -> Iterator[Sample]:
    for name, (low, high) in SMOOTH.items():
        for shape in SHAPES:
            yield both(name, numbers(*shape, low=low, high=high))
    for name, (low, high) in SPECIAL.items():
        for shape in SHAPES:
            yield phrase(name, _special(name), numbers(*shape, low=low, high=high))
    for name, jet in (("lgamma", _lgamma), ("digamma", _digamma)):
        for shape in SHAPES:
            yield both(name, numbers(*shape, low=0.1, high=12), derivatives=name == "lgamma")
            yield ours(name, jet, numbers(*shape, low=0.1, high=12), label="exact slopes")
        yield both(name, np.array([-0.3, -1.7, -2.6, -3.2]), derivatives=name == "lgamma")
    yield ours("sinc", _sinc_near_zero, numbers(6, low=-0.3, high=0.3), label="near zero")
    yield both("logit", numbers(9, low=-0.2, high=1.2), eps=0.1)
    yield ours("length_with_one", lambda T, x: T.hypot(x, T.ones_like(x)), numbers(2, 3))
    yield ours("sinc_slope", _sinc_slope, rough(2, 3))
    flat = np.array([1.4302966531242028, 0.9])  # the first is an extreme of sinc
    yield ours("sinc_slope", _sinc_slope, flat, label="extreme")
    near = np.array([-0.2, 0.0, 0.1])
    yield ours("sinc_slope", _sinc_slope_near_zero, near, label="near zero", derivatives=1)
    hazard = ours("normal_hazard", _normal_hazard, numbers(2, 4, low=-3, high=2))
    yield replace(hazard, kind="fused")
    for n in (1, 2, 5):
        for shape in SHAPES:
            x = numbers(*shape, low=0.5, high=9)
            yield ours("polygamma_n", lambda T, x, n=n: _polygamma(T, x, n), x, n=n)
    yield ours("polygamma_n", _digamma, numbers(2, 3, low=0.2, high=9), n=0)
    left = np.array([-0.6, -1.4, -2.3])
    yield ours("polygamma_n", _reflected_trigamma, left, label="left of 0", n=1)
    for n in (0, 2, 3):
        call = lambda T, x, n=n: T.polygamma(n, x)  # noqa: E731
        yield phrase("polygamma", call, left, label=f"{n}", kind="fused", derivatives=0)
    for p in (1, 2, 4):
        x = numbers(2, 3, low=2, high=6)
        yield both("mvlgamma", x, kind="elementwise", derivatives=1, p=p)


def _sinc_slope(T: Any, x: Any) -> Any:
    angle = x * np.pi
    return (T.cos(angle) - T.sin(angle) / angle) / x


def _sinc_near_zero(T: Any, x: Any) -> Any:
    square = (x * np.pi) ** 2
    return sum((-1) ** k * square**k / math.factorial(2 * k + 1) for k in range(9))


def _sinc_slope_near_zero(T: Any, x: Any) -> Any:
    square = (x * np.pi) ** 2
    terms = [(-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(1, 9)]
    return sum(term * square**k for k, term in enumerate(terms)) * x * np.pi**2


def _reflected_trigamma(T: Any, x: Any) -> Any:
    return (np.pi / T.sin(np.pi * x)) ** 2 - _polygamma(T, 1 - x, 1)


def _normal_hazard(T: Any, x: Any) -> Any:
    return (2 / np.pi) ** 0.5 / T.special.erfcx(x * -(0.5**0.5))


# torch's own trigamma, polygamma(1, x), is right to 1e-9 only; its zeta(2, x) is exact. What it
# makes of lgamma and digamma beside it have the right slopes only so.


def _polygamma(T: Any, x: Any, n: int) -> Any:
    scale = math.factorial(n) * (-1) ** (n + 1)
    return T.special.zeta(T.full_like(x, n + 1), x) * scale


def _digamma(T: Any, x: Any) -> Any:
    at = x.detach()
    return (
        T.digamma(at) + _polygamma(T, at, 1) * (x - at) + _polygamma(T, at, 2) * (x - at) ** 2 / 2
    )


def _lgamma(T: Any, x: Any) -> Any:
    at = x.detach()
    return T.lgamma(at) + T.digamma(at) * (x - at) + _polygamma(T, at, 1) * (x - at) ** 2 / 2


def _parts() -> Iterator[Sample]:
    gone = np.array([0.0, -0.0, 1.5, np.nan, INF, -INF])
    for name in ("isposinf", "isneginf", "isreal", "signbit"):
        for values in (gone, np.array(1.0), np.array([[2.0, -1.0]]), np.array([])):
            yield both(name, values, derivatives=0)
    for name in ("frac", "angle", "sgn"):
        for shape in SHAPES:
            yield both(name, rough(*shape), kind="elementwise")
    yield both("angle", gone, derivatives=0)
    for shape in SHAPES:
        yield phrase("frexp", lambda T, x: T.frexp(x), rough(*shape))
    yield both("frexp", gone, derivatives=0)
    yield both("nan_to_num", rough(2, 3))
    yield both("nan_to_num", gone)
    yield both("nan_to_num", gone, nan=2.0, posinf=7.0, neginf=-3.0)
    for name in ("real", "conj", "conj_physical", "resolve_conj", "resolve_neg", "positive"):
        yield both(name, numbers(2, 3), kind="elementwise")


def _two_numbers() -> Iterator[Sample]:
    for name, (low, high) in SMOOTH_PAIRS.items():
        for a, b in PAIRS:
            yield both(
                name, numbers(*a, low=low, high=high), numbers(*b, low=low, high=high, seed=1)
            )
    for a, b in PAIRS:
        yield phrase("xlog1py", _special("xlog1py"), numbers(*a), numbers(*b, low=-0.6, seed=1))
    zeros = np.array([0.0, 0.0, 0.0, 2.0]), np.array([0.0, np.nan, 2.0, 3.0])
    yield both("xlogy", *zeros, derivatives=1)
    yield phrase("xlogy", lambda T, x: T.xlogy(x, 2), numbers(3), label="number")
    yield phrase("xlogy", lambda T, x: T.xlogy(2, x), numbers(3, low=1), label="to a number")
    yield phrase("xlog1py", _special("xlog1py"), *zeros, derivatives=1, label="zeros")
    for name in KINKED_PAIRS:
        for a, b in PAIRS:
            order = 1 if name == "copysign" else 2  # torch's second one is rounding noise
            yield both(name, rough(*a, seed=3), rough(*b, seed=5), derivatives=order)
    yield ours("copysign", _copysign, rough(2, 3), rough(3, seed=1))
    for name in ("fmax", "fmin"):
        some = np.array([np.nan, 1.0, np.nan, 2.0, 3.0]), np.array([1.0, np.nan, np.nan, 2.0, 4.0])
        yield both(name, *some, derivatives=1)
    number = lambda T, x: T.copysign(x, -1.5)  # noqa: E731
    yield phrase("copysign", number, rough(3), label="number", derivatives=1)
    yield ours("sign_change", _sign_change, rough(2, 3), rough(3, seed=1), derivatives=0)
    x, step = np.array([-1.5, 0.0, 0.0, 2.0]), numbers(4, seed=1)
    yield both("heaviside", x, step, derivatives=0)
    beside = lambda T, x, y: (x > 0).to(x.dtype) + x * 0 + y * 0  # noqa: E731
    yield ours("heaviside", beside, rough(3), step[:3], label="beside its step")
    in_step = lambda T, y, x=x: T.heaviside(_like(T, x, y), y)  # noqa: E731
    theirs = lambda T, y, x=x: _heaviside(T, _like(T, x, y), y)  # noqa: E731
    yield Sample("heaviside", "elementwise", "in its step", (step,), in_step, theirs, {})
    # torch's derivative of x 2 ** k is 0 for negative integers k: there 2 ** k is 0 to it.
    for exponent in (integers(2, 3, high=4), numbers(2, 3), numbers()):
        yield both("ldexp", numbers(2, 3), exponent, kind="elementwise")
    yield ours("shift_point", _power_of_two, numbers(2, 3), integers(3, low=-2, high=3))
    yield ours("times_power", _power_of_two, numbers(2, 3), numbers(3, seed=1))
    yield both("float_power", numbers(2, 3, low=0.5, high=2), numbers(3), kind="elementwise")
    for power in (2, 0.5, -1.5):
        call = lambda T, x, n=power: T.float_power(x, n)  # noqa: E731
        x = numbers(2, 3, low=0.5, high=2)
        yield phrase("float_power", call, x, label=f"{power}", kind="elementwise")
    s, q = numbers(2, 3, low=1.5, high=5), numbers(2, 3, low=0.2, high=4)
    yield ours("zeta", _special("zeta"), s, q, derivatives=0)
    in_q = lambda T, q: T.special.zeta(T.full_like(q, 3.0), q)  # noqa: E731
    yield phrase("zeta", in_q, q, label="in q")


def _copysign(T: Any, x: Any, y: Any) -> Any:
    return T.abs(x) * T.sign(y)


def _sign_change(T: Any, x: Any, y: Any) -> Any:
    return T.sign(x) * T.sign(y)


def _like(T: Any, a: np.ndarray, y: Any) -> Any:
    return T.tensor(a.tolist(), dtype=y.dtype)


def _heaviside(T: Any, x: Any, y: Any) -> Any:
    return T.where(x == 0, y, (x > 0).to(x.dtype))


def _power_of_two(T: Any, x: Any, y: Any) -> Any:
    return x * 2.0**y


def _bounds() -> Iterator[Sample]:
    x, low, high = rough(4, 6), rough(6, seed=1) - 1, rough(4, 1, seed=2) + 1
    between = lambda T, x, low, high: T.clamp(x, low, high)  # noqa: E731
    yield ours("clamp_between", between, x, low, high)
    yield ours("clamp_between", between, rough(3), rough(seed=1), rough(seed=2))
    yield phrase("clamp", lambda T, x, low: T.clamp(x, min=low), x, low, label="from below")
    yield phrase("clamp", lambda T, x, high: T.clamp(x, max=high), x, high, label="from above")
    gone = np.array([np.nan, 1.0, 2.0, 3.0]), np.array([1.0, np.nan, 2.0, 4.0])
    for name in ("clamp_min", "clamp_max"):
        yield both(name, *gone, kind="elementwise", derivatives=1)


def _whole_numbers() -> Iterator[Sample]:
    a, b = integers(3, 4, low=-40, high=40), integers(4, low=-30, high=30, seed=1)
    for name in ("gcd", "lcm"):
        yield both(name, a, b, derivatives=0)
        yield both(name, np.array([0, 0, 6, -4]), np.array([0, 5, 0, 6]), derivatives=0)
    steps = integers(4, low=0, high=5, seed=2)
    for name in ("bitwise_left_shift", "bitwise_right_shift"):
        yield both(name, a, steps, derivatives=0)
        yield both(name, a[:, :3], np.array([-1, 63, 64]), derivatives=0)
        yield phrase(
            name, lambda T, x, n=name: getattr(T, n)(x, 2), a, label="number", derivatives=0
        )
        yield phrase(name, lambda T, x, n=name: getattr(T, n)(9, x), steps, label="of a number",
                     derivatives=0)  # fmt: skip
    near = np.array([1.0, 1.0, np.nan, INF, INF]), np.array([1.0, 1.00002, np.nan, INF, -INF])
    for params in ({}, {"equal_nan": True}, {"rtol": 0.1, "atol": 0.0}, {"rtol": 0, "atol": 0}):
        yield ours("close", lambda T, x, y, p=params: T.isclose(x, y, **p), *near,
                   derivatives=0, **params)  # fmt: skip
    yield both("isclose", mask(3), mask(3, seed=1), kind="compare", derivatives=0)
    yield both("isclose", integers(5), integers(5, seed=1), kind="compare", derivatives=0, atol=1)


def samples() -> Iterator[Sample]:
    """All of them."""
    yield from _one_number()
    yield from _parts()
    yield from _two_numbers()
    yield from _bounds()
    yield from _whole_numbers()
