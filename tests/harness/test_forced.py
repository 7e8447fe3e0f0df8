"""Optimizers on forced gradients: agreement, and the step in which one errs."""

from __future__ import annotations

import numpy as np
import pytest

from harness import forced
from harness.backends import MINITORCH, TORCH, Backend
from harness.mutate.scenarios import scenarios

pytestmark = pytest.mark.differential
pytest.importorskip("torch")

TABLE = {s.name: s for s in scenarios()}
REFUSED = {"Muon, ns_steps=100", "OneCycleLR, max_lr=1.0, total_steps=8"}


@pytest.mark.parametrize("name", TABLE)
def test_engines_agree_after_every_step(name):
    found = forced.compare(TABLE[name], MINITORCH, TORCH)
    assert found.ok, str(found)
    assert (len(found.steps) < TABLE[name].steps) == (name in REFUSED)


def one(make, steps=3, **how):
    parameters = [np.linspace(-0.1, 0.1, 6, dtype=np.float32).reshape(2, 3)]
    gradients = [[np.full((2, 3), 0.3 + s, np.float32)] for s in range(steps)]
    return forced.Scenario("one", make, parameters, gradients, **how)


def by_name(mine, theirs):
    """A scenario whose optimizer has other options on minitorch."""
    return one(lambda T, params: (mine if T.__name__ == "minitorch" else theirs)(T, params))


@pytest.mark.parametrize(
    ("options", "step", "what"),
    [
        ({"lr": 0.1 * (1 + 1e-5)}, 1, "parameter 0"),
        ({"lr": 0.1, "eps": 1e-6}, 1, "parameter 0"),
        ({"lr": 0.1, "betas": (0.9, 0.998)}, 1, "exp_avg_sq of parameter 0"),
        ({"lr": 0.1, "amsgrad": True}, 1, "max_exp_avg_sq of parameter 0 is on minitorch alone"),
    ],
)
def test_a_difference_is_named_with_its_step(options, step, what):
    scenario = by_name(
        lambda T, params: T.optim.Adam(params, **options),
        lambda T, params: T.optim.Adam(params, lr=0.1),
    )
    found = forced.compare(scenario, MINITORCH, TORCH)
    assert not found.ok
    assert found.first == step
    assert what in [found.problem, *(f.what for f in found.steps[0] if not f.ok)] if (
        found.steps
    ) else found.problem == what  # fmt: skip


def test_a_step_that_differs_late_is_found_late():
    def late(step, optimizer):
        if step == 2 and type(optimizer).__module__.startswith("minitorch"):
            optimizer.param_groups[0]["lr"] *= 1.01

    found = forced.compare(one(lambda T, p: T.optim.SGD(p, lr=0.1), change=late), MINITORCH, TORCH)
    assert (found.ok, found.first) == (False, 3)
    assert str(found).startswith("step 3: ")


def test_an_exception_of_one_engine_alone_is_a_difference():
    def refuse(step, optimizer):
        if step == 1 and type(optimizer).__module__.startswith("minitorch"):
            raise ValueError("no")

    found = forced.compare(
        one(lambda T, p: T.optim.SGD(p, lr=0.1), change=refuse), MINITORCH, TORCH
    )
    assert found.problem == "minitorch raises ValueError in step 2, torch goes on"
    assert found.first == 2


def test_what_the_reference_said_is_asked_once():
    scenario = one(lambda T, params: T.optim.SGD(params, lr=0.1, momentum=0.9))
    known = forced.Known(scenario, TORCH)
    before = forced.compare(scenario, MINITORCH, TORCH, known)

    class Silent(Backend):
        """torch that answers nothing."""

        def namespace(self):
            raise AssertionError("asked again")

    assert forced.compare(scenario, MINITORCH, Silent("torch"), known) == before
