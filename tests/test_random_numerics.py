"""The arithmetic under the random streams, against exact fractions and plain loops."""

from __future__ import annotations

import math
import sys
from fractions import Fraction

import numpy as np
import pytest

from minitorch import _random_numerics as numerics


def nearest_float32(exact: Fraction) -> np.float32:
    """`exact` rounded once to float32, ties to even."""
    near = np.float32(float(exact))
    around = [np.nextafter(near, np.float32(-np.inf)), near, np.nextafter(near, np.float32(np.inf))]
    return min(around, key=lambda v: (abs(Fraction(float(v)) - exact), int(v.view(np.int32)) & 1))


def uniforms(n: int, dtype: type) -> np.ndarray:
    return np.random.RandomState(0).random_sample(n).astype(dtype)


FACTORS = [(0.2, -0.1), (0.37, 1e-4), (3.3, -7.0), (1e-5, 1.0), (2 / 3, -1 / 3), (4.0, 0.3), (0, 1)]
EXTREMES = [(1e-300, 1e-310), (1e308, 1e300), (5e-324, 1.0), (1e200, -1e-200)]


@pytest.mark.parametrize(("scale", "shift"), FACTORS)
def test_float32_multiply_add_rounds_once(scale, shift):
    x, scale, shift = uniforms(500, np.float32), np.float32(scale), np.float32(shift)
    expected = [
        nearest_float32(Fraction(float(v)) * Fraction(float(scale)) + Fraction(float(shift)))
        for v in x
    ]
    assert numerics.scale_shift(x, scale, shift, fused=True).tolist() == expected


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("shift", "expected"), [(2**-60, 1 + 2**-23), (0, 1), (-(2**-60), 1)])
def test_float32_multiply_add_where_float64_lands_halfway(sign, shift, expected):
    x, scale = np.float32([24929, 1]), sign * 673 * 2.0**-24  # their product is 1 + 2**-24
    assert numerics.scale_shift(x, scale, sign * shift, fused=True)[0] == sign * expected


@pytest.mark.parametrize(("scale", "shift"), FACTORS + EXTREMES)
def test_float64_multiply_add_rounds_once(scale, shift):
    x = uniforms(500, np.float64)
    expected = [float(Fraction(v) * Fraction(scale) + Fraction(shift)) for v in x.tolist()]
    assert numerics.scale_shift(x, scale, shift, fused=True).tolist() == expected


def test_float64_multiply_add_halfway_is_decided_by_fractions():
    x = np.array([1.0, 1 + 2**-52, 0.1])
    expected = [float(Fraction(v) * 3 + Fraction(2**-52)) for v in x.tolist()]
    assert numerics.scale_shift(x, 3.0, 2.0**-52, fused=True).tolist() == expected


@pytest.mark.parametrize(("scale", "shift"), [(math.inf, 1.0), (2.0, math.inf), (math.nan, 0.0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_multiply_add_of_infinities(dtype, scale, shift):
    x = np.array([0.0, 0.5, -2.0], dtype)
    with np.errstate(invalid="ignore"):
        expected = x * dtype(scale) + dtype(shift)
        got = numerics.scale_shift(x, scale, shift, fused=True)
    np.testing.assert_array_equal(got, expected)


def test_float64_multiply_add_among_the_smallest_numbers():
    least = 5e-324
    assert numerics.scale_shift(np.array([0.5]), 3 * least, least, fused=True) == 2 * least


def test_multiply_add_overflows_to_infinity():
    x = np.array([0.5, 3.0, -3.0])
    assert numerics.scale_shift(x, 1e308, 1.0, fused=True).tolist() == [5e307, np.inf, -np.inf]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_multiply_add_that_is_not_fused_rounds_twice(dtype):
    x = uniforms(100, dtype)
    expected = x * dtype(0.2) - dtype(0.1)
    assert (numerics.scale_shift(x, 0.2, -0.1, fused=False) == expected).all()
    assert (numerics.scale_shift(x, 0.2, -0.1, fused=True) != expected).any()


def test_three_ways_to_make_normals_agree():
    a, b = 1 - uniforms(999, np.float32), uniforms(999, np.float32)
    cos, sin = numerics.polar_float64(a.astype(np.float64), b.astype(np.float64))
    for polar in (numerics.polar_lanes, numerics.polar_float32):
        for ours, exact in zip(polar(a, b), (cos, sin)):
            np.testing.assert_allclose(ours, exact, rtol=0, atol=4e-6)


def test_swaps_in_turn():
    choose = np.random.RandomState(0)
    for n in (0, 1, 2, 3, 10, 1000):
        for _ in range(20):
            to = np.array([choose.randint(i, n) for i in range(n)], np.int64)
            expected = list(range(n))
            for i, j in enumerate(to):
                expected[i], expected[j] = expected[j], expected[i]
            assert numerics.swap_in_turn(to).tolist() == expected


def test_swaps_in_turn_through_the_longest_chain():
    to = np.minimum(np.arange(1, 1001), 999)
    assert numerics.swap_in_turn(to).tolist() == [*range(1, 1000), 0]


def test_instruction_set(monkeypatch):
    detect = numerics.cpu_is_fused.__wrapped__
    features = "numpy._core._multiarray_umath"
    monkeypatch.setitem(sys.modules, features, None)  # as if NumPy had moved it
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "default")
    assert detect() == (False, False)
    monkeypatch.delenv("ATEN_CPU_CAPABILITY")
    assert detect() == (True, True)
    for has, expected in (
        ({"SSE": True, "AVX2": True, "FMA3": True}, (True, True)),
        ({"SSE": True, "AVX2": False, "FMA3": False}, (False, False)),
        ({"SSE": False, "NEON": True}, (True, False)),
    ):
        module = type("module", (), {"__cpu_features__": has})
        monkeypatch.setitem(sys.modules, features, module)
        assert detect() == expected
