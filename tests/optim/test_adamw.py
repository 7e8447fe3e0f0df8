"""AdamW against torch's, step by step."""

from __future__ import annotations

import itertools

import pytest

import minitorch

FLAGS = [
    {"weight_decay": decay, "amsgrad": amsgrad, "maximize": maximize}
    for decay, amsgrad, maximize in itertools.product((0, 0.1), (False, True), (False, True))
]


@pytest.mark.differential
@pytest.mark.parametrize("flags", FLAGS, ids=str)
def test_same_steps_as_torch(runs, difference, flags):
    ours, theirs = runs("AdamW", lr=0.01, **flags)
    assert difference(ours.steps(12), theirs.steps(12)) <= 2


def test_decay_does_not_pass_through_the_means():
    p = minitorch.nn.Parameter(minitorch.ones(2))
    optimizer = minitorch.optim.AdamW([p], lr=0.5, weight_decay=0.5)
    p.grad = minitorch.zeros(2)
    optimizer.step()
    assert p.tolist() == [0.75, 0.75]
    assert optimizer.state[p]["exp_avg"].tolist() == [0.0, 0.0]


def test_a_state_of_plain_adam_stays_decoupled():
    p = minitorch.nn.Parameter(minitorch.ones(2))
    optimizer = minitorch.optim.AdamW([p])
    optimizer.load_state_dict(minitorch.optim.Adam([p]).state_dict())
    assert optimizer.param_groups[0]["decoupled_weight_decay"] is True
