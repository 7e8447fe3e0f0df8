"""Comparisons name the first difference, and nothing where there is none."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest

from harness import compare
from harness.distance import step_distances
from harness.envelope import Allowance

HEADER = {
    "backend": "one",
    "tensors": [
        {"key": "parameter a", "shape": [3, 4], "dtype": "float32", "requires_grad": True},
        {"key": "parameter b", "shape": [3], "dtype": "float32", "requires_grad": True},
    ],
    "optimizers": [{"class": "SGD", "groups": [{"momentum": 0.9, "nesterov": False}]}],
}
NAMES = "one", "two"


def changed(change) -> dict:
    header = deepcopy(HEADER)
    header["backend"] = "two"
    change(header)
    return header


def test_equal_headers_differ_nowhere():
    assert compare.structure(HEADER, changed(lambda h: None)) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda h: h["tensors"].pop(), "parameter b is missing on two"),
        (lambda h: h["tensors"].reverse(), "the order differs: parameter a on one where two has"),
        (lambda h: h["tensors"][1].update(shape=[4]), "parameter b has shape [3] on one"),
        (lambda h: h["tensors"][0].update(dtype="float64"), "parameter a has dtype float32"),
        (lambda h: h["tensors"][0].update(requires_grad=False), "parameter a has requires_grad"),
        (lambda h: h["optimizers"][0].update({"class": "Adam"}), "optimizer 0 is SGD on one, Adam"),
        (lambda h: h["optimizers"][0]["groups"][0].update(momentum=0.8),
         "SGD, group 0: momentum is 0.9 on one, 0.8 on two"),
    ],
)  # fmt: skip
def test_structure_is_named(change, said):
    assert compare.structure(HEADER, changed(change)).startswith(said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a: a.pop("gradient b"), "step 3: gradient b is missing on one"),
        (lambda a: a.update({"gradient c": np.ones(1)}), "step 3: gradient c is missing on two"),
        (lambda a: a.update({"gradient b": np.ones(4)}), "step 3: gradient b is (4,) on one, (3,)"),
    ],
)
def test_the_structure_of_a_step_is_named(steps, change, said):
    mine = dict(steps[1])
    change(mine)
    assert compare.step_structure(3, mine, steps[1], NAMES).startswith(said)
    assert compare.step_structure(3, dict(steps[1]), steps[1], NAMES) is None


def test_a_changed_number_of_losses_is_no_difference_of_structure(steps):
    mine = dict(steps[1]) | {"loss": np.ones(2)}
    assert compare.step_structure(1, mine, steps[1], NAMES) is None


def test_initial_values_have_to_be_equal_to_the_bit(steps):
    start = steps[0]
    assert compare.initial_values(start, deepcopy(start)) is None
    moved = deepcopy(start)
    moved["parameter b"][1] = np.nextafter(moved["parameter b"][1], np.float32(9))
    first = compare.initial_values(moved, start)
    assert (first.step, first.key) == (0, "parameter b")
    assert first.distance.ulp == pytest.approx(1, abs=1)
    assert str(first).startswith("initial parameter b: relative difference")


@pytest.mark.parametrize(
    ("off", "cause"),
    [
        (["gradient a", "gradient b"], "gradient b"),  # backward begins at the last layer
        (["loss", "gradient b", "parameter a"], "loss"),
        (["parameter a", "optimizer exp_avg a"], "optimizer exp_avg a"),
    ],
)
def test_of_what_is_out_the_cause_is_named(steps, off, cause):
    reference = steps[1] | {"optimizer exp_avg a": np.ones((3, 4), np.float32)}
    mine = {k: a * np.float32(1.001) if k in off else a for k, a in reference.items()}
    apart = step_distances(mine, reference)
    allowed = dict.fromkeys(reference, Allowance(1e-5, "one ulp"))
    out = [key for key in reference if apart[key].relative > 1e-5]
    assert out == [key for key in reference if key in off]
    first = compare.worst_out(7, apart, allowed, out)
    assert (first.step, first.key, first.term) == (7, cause, "one ulp")
    assert f"step 7  {cause}: relative difference" in str(first)
    assert "budget 1e-05 set by one ulp" in str(first)
