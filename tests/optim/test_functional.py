"""Optimizers as functions of lists, beside torch's."""

from __future__ import annotations

import importlib

import pytest

import minitorch
from tests.programs import same

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.differential

CASES = {
    "sgd": (
        ["momentum"],
        {
            "lr": 0.1,
            "momentum": 0.9,
            "dampening": 0.0,
            "nesterov": False,
            "maximize": False,
            "weight_decay": 0.1,
        },
    ),
    "adam": (
        ["zeros", "zeros", "zeros", "step"],
        {
            "amsgrad": True,
            "beta1": 0.8,
            "beta2": 0.9,
            "lr": 0.1,
            "weight_decay": 0.1,
            "eps": 1e-8,
            "maximize": False,
        },
    ),
    "adamw": (
        ["zeros", "zeros", "none", "step"],
        {
            "amsgrad": False,
            "beta1": 0.8,
            "beta2": 0.9,
            "lr": 0.1,
            "weight_decay": 0.1,
            "eps": 1e-8,
            "maximize": True,
        },
    ),
    "rmsprop": (
        ["zeros", "zeros", "zeros", "step"],
        {
            "lr": 0.1,
            "alpha": 0.9,
            "eps": 1e-8,
            "weight_decay": 0.0,
            "momentum": 0.5,
            "centered": True,
        },
    ),
    "adagrad": (
        ["zeros", "step"],
        {"lr": 0.1, "weight_decay": 0.1, "lr_decay": 0.1, "eps": 1e-8, "maximize": False},
    ),
    "adadelta": (
        ["zeros", "zeros", "step"],
        {"lr": 0.1, "rho": 0.9, "eps": 1e-6, "weight_decay": 0.0, "maximize": False},
    ),
    "adamax": (
        ["zeros", "zeros", "step"],
        {"eps": 1e-8, "beta1": 0.9, "beta2": 0.99, "lr": 0.1, "weight_decay": 0.0},
    ),
    "asgd": (
        ["zeros", "one", "rate", "step"],
        {"lambd": 0.1, "lr": 0.1, "t0": 1.0, "alpha": 0.75, "weight_decay": 0.0},
    ),
    "nadam": (
        ["zeros", "zeros", "one", "step"],
        {
            "beta1": 0.9,
            "beta2": 0.99,
            "lr": 0.1,
            "weight_decay": 0.1,
            "momentum_decay": 0.004,
            "eps": 1e-8,
        },
    ),
    "radam": (
        ["zeros", "zeros", "step"],
        {"beta1": 0.9, "beta2": 0.99, "lr": 0.1, "weight_decay": 0.1, "eps": 1e-8},
    ),
    "rprop": (
        ["zeros", "rates", "step"],
        {"step_size_min": 1e-6, "step_size_max": 50.0, "etaminus": 0.5, "etaplus": 1.2},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_three_steps_as_torch(name: str) -> None:
    kinds, how = CASES[name]

    def program(T):
        params = [T.tensor([1.0, -2.0, 3.0]), T.ones(2, 2)]
        make = {
            "zeros": T.zeros_like, "momentum": lambda p: None, "step": lambda p: T.tensor(0.0),
            "one": lambda p: T.tensor(1.0), "rate": lambda p: T.tensor(0.1),
            "rates": lambda p: T.full_like(p, 0.1),
        }  # fmt: skip
        lists = [[make[k](p) for p in params] if k in make else [] for k in kinds]
        own = params[0].grad = T.ones(3)
        step = getattr(importlib.import_module(f"{T.__name__}.optim.{name}"), name)
        for i in range(3):
            step(params, [T.tensor([0.5, 0.1, -1.0]) * (1 - i), T.ones(2, 2) + i], *lists, **how)
        return params, lists, params[0].grad is own

    same(program)


def test_in_one_room_and_by_name() -> None:
    functions = minitorch.optim._functional
    assert functions.adam is minitorch.optim.adam.adam
    p, g, buffers = minitorch.ones(2), minitorch.ones(2), [None]
    how = {"lr": 0.1, "momentum": 0.9, "has_sparse_grad": False, "foreach": True}
    functions.sgd([p], [g], momentum_buffer_list=buffers, **how)
    assert bool((buffers[0] == 1).all())
    assert bool((p == 1 - minitorch.tensor(0.1)).all())
    with pytest.raises(TypeError, match="momentun"):
        functions.sgd([p], [g], buffers, momentun=0.9)
