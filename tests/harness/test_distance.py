"""Distances against what is computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from harness.distance import EPS, distance, kind_of, name_of, step_distances, step_norms


def f32(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_the_three_measures():
    apart = distance(f32(3, 4.5), f32(3, 4), scale=5.0)
    assert apart.max_abs == 0.5
    assert apart.relative == pytest.approx(0.1)
    assert apart.ulp == 0.5 / np.spacing(np.float32(4))


def test_one_ulp_is_one_ulp():
    one = f32(1)
    assert distance(np.nextafter(one, f32(2)), one, scale=1.0).ulp == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0])
def test_the_same_special_value_is_no_difference(value):
    assert distance(f32(value, 1), f32(value, 1), scale=1.0) == (0, 0, 0)


@pytest.mark.parametrize(("mine", "theirs"), [(np.nan, 1), (1, np.nan), (np.inf, -np.inf)])
def test_a_number_against_none_is_infinitely_far(mine, theirs):
    assert distance(f32(mine), f32(theirs), scale=1.0).relative == np.inf


def test_float64_has_finer_ulps():
    assert distance(np.array([1 + 2.0**-52]), np.array([1.0]), scale=1.0).ulp == 1


def test_integers_and_empty_arrays():
    assert distance(np.array([3]), np.array([1]), scale=1.0).max_abs == 2
    assert distance(f32(), f32(), scale=0.0) == (0, 0, 0)


def test_zeros_that_differ_are_infinitely_far():
    assert distance(f32(1), f32(0), scale=0.0).relative == np.inf


def test_a_gradient_that_is_rounding_noise_is_measured_on_the_scale_of_the_others():
    reference = {"gradient w": f32(100.0), "gradient b": f32(1e-9), "parameter b": f32(1e-9)}
    norms = step_norms(reference)
    assert norms["gradient w"] == pytest.approx(100)
    assert norms["gradient b"] == pytest.approx(100 * EPS)
    assert norms["parameter b"] == pytest.approx(1e-9)
    apart = step_distances(reference | {"gradient b": f32(-1e-9)}, reference)
    assert apart["gradient b"].relative < 1e-3


def test_one_element_of_a_parameter_may_be_at_odds_but_not_of_a_gradient():
    reference = np.ones(500, np.float32)
    odd = reference.copy()
    odd[7] = 2
    apart = step_distances(
        {"parameter w": odd, "gradient w": odd}, {"parameter w": reference, "gradient w": reference}
    )
    assert apart["parameter w"].relative == 0
    assert apart["parameter w"].max_abs == 1
    assert apart["gradient w"].relative == pytest.approx(1 / np.sqrt(500))


def test_small_parameters_spare_nothing():
    apart = step_distances({"parameter b": f32(1, 2)}, {"parameter b": f32(1, 1)})
    assert apart["parameter b"].relative > 0.5


def test_keys():
    assert [kind_of(k) for k in ("loss", "learning rate", "buffer a.b")] == [
        "loss",
        "learning rate",
        "buffer",
    ]
    assert [name_of(k) for k in ("loss", "learning rate", "buffer a.b")] == ["", "", "a.b"]
