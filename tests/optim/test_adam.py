"""Adam against torch's, step by step."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import minitorch

FLAGS = [
    {"weight_decay": decay, "amsgrad": amsgrad, "maximize": maximize}
    for decay, amsgrad, maximize in itertools.product((0, 0.01), (False, True), (False, True))
]
BETAS = [(0.9, 0.999), (0.5, 0.999), (0.4, 0.9), (0.0, 0.0)]


@pytest.mark.differential
@pytest.mark.parametrize("flags", FLAGS, ids=str)
def test_same_steps_as_torch(runs, difference, flags):
    ours, theirs = runs("Adam", lr=0.01, **flags)
    assert difference(ours.steps(12), theirs.steps(12)) <= 2


@pytest.mark.differential
@pytest.mark.parametrize("betas", BETAS, ids=str)
def test_same_steps_with_other_betas(runs, difference, betas):
    ours, theirs = runs("Adam", lr=0.01, betas=betas, eps=1e-6)
    assert difference(ours.steps(12), theirs.steps(12)) <= 2


@pytest.mark.differential
def test_same_steps_decoupled(runs, difference):
    ours, theirs = runs("Adam", weight_decay=0.1, decoupled_weight_decay=True)
    assert difference(ours.steps(12), theirs.steps(12)) <= 2


@pytest.mark.parametrize("size", [3, 40000])
def test_first_step_is_lr_in_the_direction_of_the_gradient(size):
    p = minitorch.nn.Parameter(minitorch.zeros(size))
    p.grad = minitorch.full((size,), -3.0)
    minitorch.optim.Adam([p], lr=0.25).step()
    assert p.detach().numpy() == pytest.approx(0.25)


def test_amsgrad_keeps_the_largest_second_moment():
    p = minitorch.nn.Parameter(minitorch.zeros(1))
    optimizer = minitorch.optim.Adam([p], amsgrad=True, betas=(0.9, 0.5))
    for g in (4.0, 0.0, 0.0):
        p.grad = minitorch.tensor([g])
        optimizer.step()
    state = optimizer.state[p]
    assert state["max_exp_avg_sq"].tolist() == [8.0]
    assert state["exp_avg_sq"].tolist() == [2.0]
    assert state["step"].item() == 3.0


def test_gradients_are_left_as_they_are():
    p = minitorch.nn.Parameter(minitorch.ones(20000))
    p.grad = minitorch.ones(20000)
    minitorch.optim.Adam([p], weight_decay=0.1, amsgrad=True, maximize=True).step()
    assert (p.grad == 1).all()


def test_step_counts_that_were_numbers_become_tensors():
    p = minitorch.nn.Parameter(minitorch.ones(2))
    optimizer = minitorch.optim.Adam([p])
    p.grad = minitorch.ones(2)
    optimizer.step()
    saved = optimizer.state_dict()
    saved["state"][0]["step"] = 5
    del saved["param_groups"][0]["decoupled_weight_decay"]
    optimizer.load_state_dict(saved)
    optimizer.step()
    assert optimizer.state[p]["step"].item() == 6.0
    assert optimizer.param_groups[0]["decoupled_weight_decay"] is False


def test_each_parameter_is_computed_in_its_own_dtype():
    single = minitorch.nn.Parameter(minitorch.zeros(1))
    double = minitorch.nn.Parameter(minitorch.zeros(1, dtype=minitorch.float64))
    for p in (single, double):
        p.grad = minitorch.ones(1, dtype=p.dtype)
    optimizer = minitorch.optim.Adam([single, double], lr=0.1)
    optimizer.step()
    assert optimizer.state[single]["exp_avg"].tolist() == [float(np.float32(1 - 0.9))]
    assert optimizer.state[double]["exp_avg"].tolist() == [1 - 0.9]


def test_loaded_moments_take_the_parameters_dtype_and_the_step_count_does_not():
    p = minitorch.nn.Parameter(minitorch.zeros(1))
    q = minitorch.nn.Parameter(minitorch.zeros(1, dtype=minitorch.float64))
    source, target = minitorch.optim.Adam([p]), minitorch.optim.Adam([q])
    p.grad = minitorch.ones(1)
    source.step()
    target.load_state_dict(source.state_dict())
    assert target.state[q]["exp_avg"].dtype is minitorch.float64
    assert target.state[q]["step"].dtype is minitorch.float32


def test_capturable_is_refused_on_the_cpu():
    p = minitorch.nn.Parameter(minitorch.ones(2))
    optimizer = minitorch.optim.Adam([p], capturable=True)
    p.grad = minitorch.ones(2)
    with pytest.raises(AssertionError, match="capturable"):
        optimizer.step()
