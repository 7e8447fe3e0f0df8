"""Who is right about a derivative: torch wrong, the candidate wrong, or nobody can be."""

from __future__ import annotations

import numpy as np
import pytest

from harness.backends import MINITORCH
from harness.local import compare, evaluate
from harness.quotient import verdict
from tests.harness.test_local import Altered, tanh

X = np.array([0.3, -0.7, 1.9, 0.0], np.float32)


def asked(function, what, mine, truth, x=X):
    made = evaluate(function, [x], MINITORCH, 2)
    return verdict(what, mine, truth, function, [x], MINITORCH, made.wants, {})


@pytest.mark.parametrize(
    "what", ["gradient of input 0", "second gradient of input 0", "second gradient of input 1"]
)
def test_the_one_whom_the_quotient_contradicts_is_named(what):
    right = evaluate(tanh, [X], MINITORCH, 2).arrays[what].astype(float)
    assert asked(tanh, what, right, right * 1.01) == "reference"
    assert asked(tanh, what, right * 1.01, right) == "candidate"
    assert asked(tanh, what, right * 1.00001, right) == "candidate"
    assert asked(tanh, what, right, np.full(4, np.nan)) == "reference"


def test_a_second_derivative_where_the_first_jumps_is_nobodys_fault():
    function = lambda T, x: T.abs(x) * x.detach()  # noqa: E731
    bent = lambda T, x: T.where(x > 0, x * x, x)  # noqa: E731
    assert asked(bent, "second gradient of input 0", np.ones(4), np.zeros(4)) == "undefined"
    smooth = X[:3]
    found = asked(bent, "second gradient of input 0", np.ones(3), np.zeros(3), smooth)
    assert found == "candidate"
    assert asked(function, "gradient of input 0", np.ones(4), np.zeros(4)) == "candidate"


def test_small_and_large_inputs_are_moved_by_their_own_measure():
    cube = lambda T, x: x * x * x  # noqa: E731
    for scale in (1e-12, 1e12):
        x = np.array([1.0, -2.0], np.float32) * np.float32(scale)
        right = evaluate(cube, [x], MINITORCH, 2).arrays["gradient of input 0"].astype(float)
        assert asked(cube, "gradient of input 0", right, right * 2, x) == "reference"


def test_values_are_not_differentiated():
    assert asked(tanh, "value", np.ones(4), np.zeros(4)) == "candidate"


def test_a_reference_that_is_wrong_twice_only_is_the_odd_one_out():
    def bent(T, x):
        out = T.tanh(x)
        return out + 0.1 * (out - out.detach()) ** 2

    found = compare(tanh, [X], MINITORCH, Altered(bent))
    wrong = [f.what for f in found.findings if not f.ok]
    assert wrong == ["second gradient of input 0"]
    assert (found.odd, found.ok) == ("reference", True)
