"""SGD against torch's, step by step."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import minitorch

FLAGS = [
    {
        "momentum": momentum,
        "dampening": dampening,
        "weight_decay": decay,
        "nesterov": nesterov,
        "maximize": maximize,
    }
    for momentum, dampening, decay, nesterov, maximize in itertools.product(
        (0, 0.9), (0, 0.1), (0, 0.01), (False, True), (False, True)
    )
    if not (nesterov and (dampening or not momentum))
]


@pytest.mark.differential
@pytest.mark.parametrize("flags", FLAGS, ids=str)
def test_same_steps_as_torch(runs, difference, flags):
    ours, theirs = runs("SGD", lr=0.1, **flags)
    assert difference(ours.steps(12), theirs.steps(12)) <= 2


def test_formula():
    p = minitorch.nn.Parameter(minitorch.tensor([1.0, -2.0]))
    optimizer = minitorch.optim.SGD([p], lr=0.5, momentum=0.5, weight_decay=0.25)
    for _ in range(2):
        p.grad = minitorch.tensor([1.0, 1.0])
        optimizer.step()
    # d = 1.25, 0.5; v = d; p = 0.375, -2.25; d = 1.09375, 0.4375; v = 1.71875, 0.6875
    assert p.tolist() == [0.375 - 0.859375, -2.25 - 0.34375]
    assert optimizer.state[p]["momentum_buffer"].tolist() == [1.71875, 0.6875]


def test_first_momentum_is_a_copy_of_the_gradient():
    p = minitorch.nn.Parameter(minitorch.zeros(3))
    p.grad = minitorch.ones(3)
    optimizer = minitorch.optim.SGD([p], lr=1.0, momentum=0.9)
    optimizer.step()
    p.grad.fill_(7)
    assert optimizer.state[p]["momentum_buffer"].tolist() == [1.0, 1.0, 1.0]


def test_plain_sgd_keeps_no_state():
    p = minitorch.nn.Parameter(minitorch.zeros(3))
    p.grad = minitorch.ones(3)
    optimizer = minitorch.optim.SGD([p], lr=1.0)
    optimizer.step()
    assert dict(optimizer.state) == {}


@pytest.mark.parametrize("size", [(200, 200), (4, 4)])
def test_strided_parameters_and_gradients(size):
    base = minitorch.randn(*size)
    p = minitorch.nn.Parameter(base.t())
    p.grad = minitorch.ones(*size)
    before = base.clone()
    optimizer = minitorch.optim.SGD([p], lr=0.5, momentum=0.9)
    optimizer.step()
    assert (base == before - 0.5).all()
    assert optimizer.state[p]["momentum_buffer"].stride() == p.stride()


def test_gradients_are_left_as_they_are():
    p = minitorch.nn.Parameter(minitorch.ones(20000))
    p.grad = minitorch.ones(20000)
    minitorch.optim.SGD(
        [p], lr=0.5, momentum=0.9, weight_decay=0.1, nesterov=True, maximize=True
    ).step()
    assert (p.grad == 1).all()


def test_each_parameter_is_computed_in_its_own_dtype():
    single = minitorch.nn.Parameter(minitorch.ones(2))
    double = minitorch.nn.Parameter(minitorch.ones(2, dtype=minitorch.float64))
    single.grad = minitorch.ones(2)
    double.grad = minitorch.ones(2, dtype=minitorch.float64)
    minitorch.optim.SGD([single, double], lr=0.1).step()
    assert single.dtype is minitorch.float32
    assert single.tolist() == [float(np.float32(1) - np.float32(0.1))] * 2
    assert double.tolist() == [1 - 0.1] * 2
