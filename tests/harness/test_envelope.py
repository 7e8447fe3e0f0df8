"""The envelope, the budget made from it, and where judging stops."""

from __future__ import annotations

import pytest

from harness.envelope import CHAOS, FIRST_LOSS, FIRST_STEPS, FLOOR, Envelope
from harness.tolerance import FACTOR

KEY = "gradient w"


def allowed(*runs: list[float], own: list[float] | None = None, local=False, norm=2.0, key=KEY):
    """The allowance of every step for runs that drift as told."""
    envelope = Envelope(len(runs), local)
    steps = max(map(len, [*runs, own or []]))
    return [
        envelope.step(
            {key: norm},
            [{key: run[i]} if i < len(run) else None for run in runs],
            {key: own[i]} if own else None,
        )[key]
        for i in range(steps)
    ]


def test_the_envelope_is_the_largest_of_all_runs_so_far():
    before = [0.0] * FIRST_STEPS
    found = allowed([*before, 1, 5, 2], [*before, 3, 1, 1])
    assert [a.budget for a in found[FIRST_STEPS:]] == [FACTOR * 3, FACTOR * 5, FACTOR * 5]
    assert {a.term for a in found[FIRST_STEPS:]} == {"one ulp"}


def test_a_leap_of_one_run_counts_only_after_the_first_steps():
    calm, leap = [1e-3] * (FIRST_STEPS + 1), [1e-3, *[1e-2] * FIRST_STEPS]
    found = [a.budget / FACTOR for a in allowed(calm, leap, calm)]
    assert found == pytest.approx([1e-3] * FIRST_STEPS + [1e-2])


def test_a_run_that_stopped_early_counts_with_what_it_had_reached():
    found = [a.budget / FACTOR for a in allowed([1, 2], [1, 1, 1, 1])]
    assert found == [1, 1, 1, 1]
    assert [a.budget / FACTOR for a in allowed([1, 2], own=[0.0] * 4)] == [1, 2, 2, 2]


def test_the_reference_s_own_error_may_set_the_budget():
    (found,) = allowed([1e-4], own=[1e-3])
    assert found == (FACTOR * 1e-3, "reference")


def test_a_budget_is_never_below_two_roundings():
    (found,) = allowed([0.0])
    assert found == (FACTOR * FLOOR, "rounding")


def test_a_tensor_that_shrinks_keeps_the_rounding_errors_it_had():
    envelope = Envelope(0)
    norms = 10.0, 0.1, 0.0
    budgets = [envelope.step({KEY: norm}, [])[KEY].budget for norm in norms]
    assert budgets[1] * norms[1] == pytest.approx(budgets[0] * norms[0])
    assert budgets[2] == FACTOR * FLOOR


def test_the_first_losses_have_a_fixed_tolerance():
    found = allowed([1e-8] * (FIRST_STEPS + 2), key="loss")
    assert [a.budget for a in found[:FIRST_STEPS]] == [FIRST_LOSS] * FIRST_STEPS
    assert {a.term for a in found[:FIRST_STEPS]} == {"first losses"}
    assert found[-1] == (FACTOR * FLOOR, "rounding")


def test_where_the_reference_needs_more_at_once_so_may_the_candidate():
    found = allowed([1e-5], [1e-5], key="loss")
    assert found == [(FACTOR * 1e-5, "one ulp")]


def test_in_lockstep_nothing_is_carried_from_step_to_step():
    found = [a.budget for a in allowed([1, 1e-3, 2e-3], local=True)]
    assert found == pytest.approx([FACTOR, FACTOR * 1e-3, FACTOR * 2e-3])


@pytest.mark.parametrize(
    ("key", "local", "chaotic"),
    [("parameter w", False, True), ("loss", False, True), ("gradient w", False, False),
     ("parameter w", True, False)],
)  # fmt: skip
def test_judging_stops_where_the_reference_leaves_itself(key, local, chaotic):
    envelope = Envelope(1, local)
    seen = []
    for apart in (CHAOS / 2, CHAOS * 2, CHAOS / 2):
        envelope.step({key: 1.0}, [{key: apart}])
        seen.append(envelope.chaotic)
    assert seen == [False, chaotic, chaotic]


def test_a_parameter_that_is_but_noise_does_not_end_the_judging():
    envelope = Envelope(1)
    norms = {"parameter noise": 1e-3, "parameter w": 10.0}
    found = envelope.step(norms, [{"parameter noise": 0.5, "parameter w": 1e-6}])
    assert not envelope.chaotic
    assert found["parameter w"].budget == FACTOR * 1e-6
    envelope.step(norms, [{"parameter noise": 0.5, "parameter w": CHAOS * 2}])
    assert envelope.chaotic


def test_a_loss_near_zero_is_compared_with_what_it_was():
    envelope = Envelope(1)
    envelope.step({"loss": 1.0}, [{"loss": 0.0}])
    envelope.step({"loss": 1e-6}, [{"loss": CHAOS * 2}])
    assert not envelope.chaotic
    envelope.step({"loss": 1.0}, [{"loss": 1e-6}])  # large again, and not by what was small
    assert not envelope.chaotic


def test_one_run_of_several_that_leaps_is_no_chaos():
    envelope = Envelope(3)
    calm, leap = {"parameter w": 1e-6}, {"parameter w": CHAOS * 2}
    for _ in range(FIRST_STEPS + 2):
        envelope.step({"parameter w": 1.0}, [calm, leap, calm])
    assert not envelope.chaotic
    envelope.step({"parameter w": 1.0}, [calm, leap, leap])
    assert envelope.chaotic
