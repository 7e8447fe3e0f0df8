"""Gamma, Bessel and normal functions on arrays against the truth: in ulp, at the edges."""

from __future__ import annotations

import math

import numpy as np
import pytest

from minitorch import _special, _special_bessel, _special_gamma, _special_tails

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # inf and overflow on purpose


def trigamma(xp, x):
    return _special_gamma.polygamma(xp, x, 1)


def fifth(xp, x):
    return _special_gamma.polygamma(xp, x, 5)


def thirds(xp, x):
    return _special_gamma.zeta(xp, np.full_like(x, 3.5), x)


FUNCTIONS = {
    "lgamma": _special_gamma.lgamma, "digamma": _special_gamma.digamma, "trigamma": trigamma,
    "polygamma": fifth, "zeta": thirds, "i0": _special_bessel.i0, "i1": _special_bessel.i1,
    "i0e": _special_bessel.i0e, "i1e": _special_bessel.i1e, "erfinv": _special_tails.erfinv,
    "erfcx": _special_tails.erfcx, "log_ndtr": _special_tails.log_ndtr, "ndtr": _special.ndtr,
    "hazard": _special_tails.normal_hazard,
}  # fmt: skip


def truths():
    mpmath = pytest.importorskip("mpmath")
    mpmath.mp.dps = 40
    return {
        "lgamma": lambda x: mpmath.re(mpmath.loggamma(x)),
        "digamma": mpmath.digamma,
        "trigamma": lambda x: mpmath.polygamma(1, x),
        "polygamma": lambda x: mpmath.polygamma(5, x),
        "zeta": lambda x: mpmath.zeta(3.5, x),
        "i0": lambda x: mpmath.besseli(0, x),
        "i1": lambda x: mpmath.besseli(1, x),
        "i0e": lambda x: mpmath.besseli(0, x) * mpmath.exp(-abs(x)),
        "i1e": lambda x: mpmath.besseli(1, x) * mpmath.exp(-abs(x)),
        "erfinv": mpmath.erfinv,
        "erfcx": lambda x: mpmath.erfc(x) * mpmath.exp(x * x),
        "ndtr": lambda x: mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
        "log_ndtr": lambda x: mpmath.log(mpmath.erfc(-x / mpmath.sqrt(2)) / 2),
        "hazard": lambda x: mpmath.npdf(x) / (mpmath.erfc(-x / mpmath.sqrt(2)) / 2),
    }


def spread(low: float, high: float, count: int = 150) -> np.ndarray:
    """Numbers between two bounds of one sign, as dense near 0 as floats are."""
    draw = np.random.default_rng(11)
    if low * high > 0 and max(abs(low), abs(high)) > 50 * min(abs(low), abs(high)):
        ends = sorted((math.log(abs(low)), math.log(abs(high))))
        return np.sign(low) * np.exp(draw.uniform(*ends, count))
    return draw.uniform(low, high, count)


# The bounds the docstrings state.
@pytest.mark.parametrize(
    ("name", "low", "high", "bound"),
    [
        ("lgamma", 1e-300, 0.5, 4), ("lgamma", 0.5, 3, 5), ("lgamma", 1.99, 2.01, 4),
        ("lgamma", 3, 8, 4), ("lgamma", 8, 1e300, 4), ("lgamma", -2, -1e-9, 4),
        ("digamma", 1e-300, 1, 5), ("digamma", 1, 3, 5), ("digamma", 1.461, 1.462, 5),
        ("digamma", 3, 8, 5), ("digamma", 8, 1e300, 5),
        ("trigamma", 1e-100, 1, 4), ("trigamma", 1, 1e10, 4), ("trigamma", -5, -0.1, 8),
        ("polygamma", 1e-20, 1, 8), ("polygamma", 1, 1e10, 8), ("zeta", 1e-20, 1e10, 8),
        ("i0", 0, 8, 4), ("i0", 8, 16, 12), ("i0", 16, 700, 6), ("i0", 705, 713, 6),
        ("i1", 1e-100, 8, 4), ("i1", 8, 16, 12), ("i1", -700, -16, 6),
        ("i0e", 0.1, 16, 12), ("i0e", 16, 1e10, 6), ("i1e", 0.1, 16, 12), ("i1e", 16, 1e10, 6),
        ("erfinv", 1e-300, 0.5, 3), ("erfinv", 0.5, 0.75, 4), ("erfinv", 0.75, 1, 8),
        ("erfinv", -0.9999999, -0.99, 8),
        ("erfcx", 1e-9, 25, 8), ("erfcx", 25, 1e9, 5), ("erfcx", -3, -0.1, 22),
        ("ndtr", 1e-9, 8, 3), ("ndtr", -3, -1e-9, 10), ("hazard", -1e9, -1e-9, 5),
        ("hazard", 1e-9, 5, 17), ("log_ndtr", -1e9, -3, 4), ("log_ndtr", -3, 1e-9, 6),
        ("log_ndtr", 0.1, 6, 22),
    ],
)  # fmt: skip
def test_float64_is_within_its_stated_ulps(name, low, high, bound):
    mpmath = pytest.importorskip("mpmath")
    truth, x = truths()[name], spread(low, high)
    for at, got in zip(x.tolist(), FUNCTIONS[name](np, x).tolist()):
        expected = truth(mpmath.mpf(at))
        assert abs(got - expected) <= bound * math.ulp(abs(float(expected))), at


@pytest.mark.parametrize("name", ["lgamma", "digamma", "i0", "i1", "erfinv", "log_ndtr", "erfcx"])
def test_float32_is_the_rounded_truth(name):
    low, high = (-0.999, 0.999) if name == "erfinv" else (0.01, 30)
    x = np.random.default_rng(2).uniform(low, high, 2000).astype("f4")
    found = FUNCTIONS[name](np, x)
    assert found.dtype == np.float32
    assert np.array_equal(found, FUNCTIONS[name](np, x.astype("f8")).astype("f4"))


INF, NAN = math.inf, math.nan
EDGES = {
    "lgamma": [(0.0, INF), (-1.0, INF), (-7.0, INF), (INF, INF), (-INF, INF), (1.0, 0), (2.0, 0)],
    "digamma": [(0.0, -INF), (-0.0, INF), (-1.0, NAN), (INF, INF), (-INF, NAN)],
    "trigamma": [(0.0, INF), (-2.0, INF), (INF, 0)],
    "polygamma": [(0.0, INF), (-2.0, INF), (INF, NAN), (-INF, INF)],
    "i0": [(0.0, 1), (714.5, INF)],
    "i1": [(0.0, 0), (-714.5, -INF)],
    "i0e": [(INF, 0), (-INF, 0)],
    "erfinv": [(0.0, 0), (1.0, INF), (-1.0, -INF), (1.5, NAN), (INF, NAN)],
    "erfcx": [(INF, 0), (-INF, INF), (0.0, 1)],
    "log_ndtr": [(INF, 0), (-INF, -INF)],
    "ndtr": [(INF, 1), (-INF, 0), (0.0, 0.5)],
    "hazard": [(INF, 0), (-INF, INF)],
}


@pytest.mark.parametrize("name", EDGES)
def test_values_at_the_ends(name):
    x, expected = np.array([*EDGES[name], (NAN, NAN)], float).T
    found = FUNCTIONS[name](np, x)
    assert np.array_equal(found, expected, equal_nan=True), found


def test_the_zeros_of_lgamma_are_positive():
    assert not np.signbit(_special_gamma.lgamma(np, np.array([1.0, 2.0]))).any()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_layout_gives_the_same_numbers(name):
    x = np.random.default_rng(3).uniform(0.1, 0.9, (4, 6)) * (1 if name == "erfinv" else 20)
    expected, before = FUNCTIONS[name](np, x), x.copy()
    for view in (lambda a: a.T, lambda a: a[::2, ::-1], lambda a: a[1, 2, ...], lambda a: a[:0]):
        assert np.array_equal(FUNCTIONS[name](np, view(x)), view(expected))
    assert np.array_equal(x, before)


def test_zeta_of_other_orders():
    mpmath = pytest.importorskip("mpmath")
    s, q = np.array([1.5, 2.0, 7.25, 40.0, 3.0, 4.0]), np.array([0.3, 5.0, 2.0, 1.5, -1.5, -0.25])
    found = _special_gamma.zeta(np, s, q)
    expected = [float(mpmath.zeta(mpmath.mpf(a), mpmath.mpf(b)).real) for a, b in zip(s[:4], q[:4])]
    assert np.allclose(found[:4], expected, rtol=1e-14)
    shifted = [
        (-1.5) ** -3 + (-0.5) ** -3 + float(mpmath.zeta(3, 0.5)),
        0.25**-4 + float(mpmath.zeta(4, 0.75)),
    ]
    assert np.allclose(found[4:], shifted, rtol=1e-13)
    odd = _special_gamma.zeta(
        np, np.array([1.0, 0.5, 2.5, 2.0, 2.5]), np.array([2, 2, -1.5, -3, -3])
    )
    assert np.array_equal(odd, [INF, NAN, NAN, INF, INF], equal_nan=True)
