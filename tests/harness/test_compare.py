"""Comparisons name the first difference, and nothing where there is none."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest

from harness import compare
from harness.distance import Distances

BUDGET = 1e-5


def budgets(run: Distances) -> list[dict[str, float]]:
    return [dict.fromkeys(step, BUDGET) for step in run]


def test_equal_runs_differ_nowhere(record, steps):
    mine, theirs = record(steps), record(steps)
    run = compare.distances(mine, theirs)
    assert compare.structure(mine, theirs) is None
    assert compare.initial_values(mine, theirs) is None
    assert compare.random_states(mine, theirs) == (4, None)
    assert compare.first_out(run, budgets(run)) is None


def test_nan_on_both_sides_is_equal(record, steps):
    steps[2]["loss"] = np.array(np.nan, np.float32)
    run = compare.distances(record(steps), record(deepcopy(steps)))
    assert compare.first_out(run, budgets(run)) is None


def test_the_first_step_and_tensor_out_of_budget_are_named(record, steps):
    changed = deepcopy(steps)
    changed[2]["gradient b"] *= np.float32(1.001)
    changed[2]["parameter b"] *= np.float32(1.001)
    changed[3]["loss"] *= np.float32(2)
    run = compare.distances(record(changed), record(steps))
    first = compare.first_out(run, budgets(run))
    assert (first.step, first.key) == (2, "gradient b")
    assert first.distance.relative == pytest.approx(1e-3, rel=1e-3)
    assert "step 2  gradient b: relative difference 0.001, tolerance 1e-05" in str(first)


def test_of_several_gradients_the_one_nearest_the_loss_is_named(record, steps):
    changed = deepcopy(steps)
    changed[1]["gradient a"] *= np.float32(1.5)
    changed[1]["gradient b"] *= np.float32(1.001)
    run = compare.distances(record(changed), record(steps))
    assert compare.first_out(run, budgets(run)).key == "gradient b"


def test_a_loss_that_differs_comes_before_its_gradients(record, steps):
    changed = deepcopy(steps)
    changed[1]["gradient b"] *= np.float32(2)
    changed[1]["loss"] *= np.float32(1.001)
    run = compare.distances(record(changed), record(steps))
    assert compare.first_out(run, budgets(run)).key == "loss"


def test_what_is_not_out_in_every_replay_is_not_a_fault(record, steps):
    once, always = deepcopy(steps), deepcopy(steps)
    once[1]["gradient a"] *= np.float32(1.01)
    for run in (once, always):
        run[3]["gradient b"] *= np.float32(1.01)
    reference = record(steps)
    runs = [compare.distances(record(run), reference) for run in (once, always, once)]
    assert compare.first_out(runs[0], budgets(runs[0])).step == 1
    first = compare.first_out(runs[0], budgets(runs[0]), runs[1:])
    assert (first.step, first.key) == (3, "gradient b")


def test_a_value_that_is_no_number_is_out_of_any_budget(record, steps):
    changed = deepcopy(steps)
    changed[1]["gradient a"][0, 0] = np.nan
    run = compare.distances(record(changed), record(steps))
    assert compare.first_out(run, budgets(run)).key == "gradient a"


def test_initial_values_have_to_be_bit_equal(record, steps):
    changed = deepcopy(steps)
    changed[0]["parameter b"] = np.nextafter(changed[0]["parameter b"], np.float32(9))
    first = compare.initial_values(record(changed), record(steps))
    assert (first.step, first.key) == (0, "parameter b")
    assert str(first).startswith("initial parameter b: ")


def test_random_states_have_to_be_byte_equal(record, steps):
    compared, first = compare.random_states(record(steps, b"mine"), record(steps, b"theirs"))
    assert compared == 1
    assert str(first) == "initial random state: not byte-equal"


def rename(tensors):
    tensors[1]["key"] = "parameter c"


def reshape(tensors):
    tensors[0]["shape"] = [4, 3]


def retype(tensors):
    tensors[0]["dtype"] = "float64"


def freeze(tensors):
    tensors[1]["requires_grad"] = False


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (rename, "parameter b is missing on engine1"),
        (reshape, "parameter a has shape [4, 3] on engine1, [3, 4] on engine2"),
        (retype, "parameter a has dtype float64 on engine1, float32 on engine2"),
        (freeze, "parameter b has requires_grad False on engine1, True on engine2"),
        (list.pop, "parameter b is missing on engine1"),
    ],
)
def test_a_difference_in_the_model_is_put_in_words(record, steps, change, said):
    mine, theirs = record(steps), record(steps)
    change(mine.header["tensors"])
    assert compare.structure(mine, theirs) == said


def test_a_missing_gradient_is_a_difference_of_structure(record, steps):
    changed = deepcopy(steps)
    del changed[2]["gradient a"]
    assert compare.structure(record(changed), record(steps)) == (
        "step 2: gradient a is missing on engine1"
    )


def test_another_order_of_tensors_is_a_difference_of_structure(record, steps):
    changed = deepcopy(steps)
    changed[1] = dict(reversed(changed[1].items()))
    assert compare.structure(record(changed), record(steps)) == (
        "step 1: the order differs: parameter b on engine1 where engine2 has loss"
    )


def test_another_shape_of_a_gradient_is_a_difference_of_structure(record, steps):
    changed = deepcopy(steps)
    changed[3]["gradient a"] = changed[3]["gradient a"].T.copy()
    assert compare.structure(record(changed), record(steps)) == (
        "step 3: gradient a is (4, 3) on engine1, (3, 4) on engine2"
    )


def test_another_number_of_steps_is_a_difference_of_structure(record, steps):
    assert compare.structure(record(steps[:-1]), record(steps)) == (
        "engine1 made 2 steps, engine2 3"
    )
