"""Incomplete gamma integrals, and how samples move with their parameters, against exact values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

from minitorch import _special_incomplete as incomplete

GAMMA = [
    (a, a * r)
    for a in (1e-3, 0.05, 0.4, 1.0, 3.0, 7.9, 8.1, 60.0, 2e3)
    for r in (0.3, 0.9, 1.0, 1.2, 3.0)
    if abs(r - 1) < 6 / a**0.5
]
BETA = [
    (a, b, x)
    for a in (0.02, 0.6, 3.0, 9.0, 150.0)
    for b in (0.02, 0.6, 3.0, 9.0, 150.0)
    for x in {0.03, 0.5, 0.97, a / (a + b), min(0.999, 1.2 * a / (a + b))}
]


def relative(found: Any, expected: Any) -> float:
    expected = np.array([float(e) for e in expected])
    return float(np.max(np.abs(found / expected - 1)))


def test_incomplete_gamma() -> None:
    a, x = map(np.array, zip(*GAMMA))
    with mp.workdps(40):
        below = [mp.gammainc(mpf(s), 0, mpf(y), regularized=True) for s, y in GAMMA]
        above = [mp.gammainc(mpf(s), mpf(y), mp.inf, regularized=True) for s, y in GAMMA]
    assert relative(incomplete.gammainc(np, a, x), below) < 1e-12
    assert relative(incomplete.gammaincc(np, a, x), above) < 1e-12


def test_how_gamma_numbers_move() -> None:
    a, x = map(np.array, zip(*GAMMA))

    def exact(s: mpf, y: mpf) -> mpf:
        lower = y < s
        ends = (0, y) if lower else (y, mp.inf)
        slope = mp.diff(lambda t: mp.gammainc(t, *ends, regularized=True), s, h=s * mpf(10) ** -15)
        return (-slope if lower else slope) / (y ** (s - 1) * mp.exp(-y) / mp.gamma(s))

    with mp.workdps(50):
        expected = [exact(mpf(s), mpf(y)) for s, y in GAMMA]
    assert relative(incomplete.gamma_slope(np, a, x), expected) < 1e-12


def test_how_beta_numbers_move() -> None:
    a, b, x = map(np.array, zip(*BETA))

    def exact(a: mpf, b: mpf, x: mpf) -> mpf:
        lower = x < a / (a + b)

        def tail(t: mpf) -> mpf:
            ends = (t, b, 0, x) if lower else (b, t, 0, 1 - x)
            return mp.betainc(*ends, regularized=True)

        slope = mp.diff(tail, a, h=a * mpf(10) ** -18)
        density = x ** (a - 1) * (1 - x) ** (b - 1) / mp.beta(a, b)
        return (-slope if lower else slope) / density / (1 - x)

    with mp.workdps(90):
        expected = [exact(mpf(s), mpf(t), mpf(y)) for s, t, y in BETA]
    assert relative(incomplete.beta_slope(np, x, a, b), expected) < 1e-11


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_dtypes_and_what_is_no_number(dtype: type) -> None:
    a = np.array([[1.0], [2.0]], dtype)
    out = incomplete.gamma_slope(np, a, np.array([0.5, 1.0, 3.0]))
    assert (out.shape, out.dtype) == ((2, 3), dtype)
    assert np.isnan(incomplete.gamma_slope(np, np.array([1.0, -1.0]), np.array([-1.0, 1.0]))).all()
    ends = incomplete.beta_slope(np, np.array([0.0, 1.0]), np.ones(2), np.full(2, 2.0))
    np.testing.assert_allclose(ends, [0.0, 0.75], atol=1e-12)
    assert np.isnan(incomplete.beta_slope(np, np.array([-0.1]), np.ones(1), np.ones(1))).all()
