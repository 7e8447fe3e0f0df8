"""The envelope and the budget made from it."""

from __future__ import annotations

import pytest

from harness.distance import Distance, Distances
from harness.envelope import FACTOR, FIRST_LOSS, FIRST_STEPS, FLOOR, budget, envelope


def run(*relative: float, key: str = "gradient w") -> Distances:
    return [{key: Distance(0.0, value, 0.0)} for value in relative]


def test_the_envelope_is_the_largest_of_all_runs_so_far():
    before = [0.0] * FIRST_STEPS
    levels = envelope([run(*before, 1, 5, 2), run(*before, 3, 1, 1)], FIRST_STEPS + 3)
    assert [level["gradient w"] for level in levels[FIRST_STEPS:]] == [3, 5, 5]


def test_a_leap_of_one_run_counts_only_after_the_first_steps():
    calm, leap = [1e-7] * (FIRST_STEPS + 1), [1e-7, *[1e-2] * FIRST_STEPS]
    levels = envelope([run(*calm), run(*leap), run(*calm)], FIRST_STEPS + 1)
    assert [level["gradient w"] for level in levels] == [1e-7] * FIRST_STEPS + [1e-2]


def test_a_single_run_is_its_own_envelope():
    assert [level["gradient w"] for level in envelope([run(1, 5, 2)], 3)] == [1, 5, 5]


def test_a_run_that_stopped_early_counts_with_what_it_had_reached():
    assert [level["gradient w"] for level in envelope([run(1, 2)], 4)] == [1, 2, 2, 2]


def test_a_tensor_without_an_envelope_has_the_least_budget():
    assert budget([{}], [{"gradient w": 2.0}]) == [{"gradient w": FACTOR * FLOOR}]


def test_the_budget_is_eight_envelopes():
    (allowed,) = budget([{"gradient w": 1e-3}], [{"gradient w": 2.0}])
    assert allowed == {"gradient w": FACTOR * 1e-3}


def test_a_budget_is_never_below_two_roundings():
    (allowed,) = budget([{"gradient w": 0.0}], [{"gradient w": 2.0}])
    assert allowed["gradient w"] == FACTOR * FLOOR


def test_a_tensor_that_shrinks_keeps_the_rounding_errors_it_had():
    norms = [{"gradient w": 10.0}, {"gradient w": 0.1}, {"gradient w": 0.0}]
    allowed = budget([{"gradient w": 0.0}] * 3, norms)
    absolute = [a["gradient w"] * norm["gradient w"] for a, norm in zip(allowed, norms)]
    assert absolute[1] == pytest.approx(absolute[0])
    assert allowed[2]["gradient w"] == FACTOR * FLOOR


def test_the_first_losses_have_a_fixed_tolerance():
    count = FIRST_STEPS + 2
    allowed = budget(
        [{"loss": 1.0, "gradient w": 1.0}] * count, [{"loss": 1, "gradient w": 1}] * count
    )
    assert [step["loss"] for step in allowed] == [FIRST_LOSS] * FIRST_STEPS + [FACTOR] * 2
    assert {step["gradient w"] for step in allowed} == {FACTOR}
