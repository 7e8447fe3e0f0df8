"""All optimizers with one rule per parameter against torch's, step by step."""

from __future__ import annotations

import pytest

# Options beside the defaults, which are tried as well.
OPTIONS = {
    "Adadelta": [{"rho": 0.5, "weight_decay": 0.1, "maximize": True}],
    "Adafactor": [{"weight_decay": 0.1, "maximize": True, "eps": (1e-2, 0.1), "d": 2.0}],
    "Adagrad": [
        {"lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.3, "maximize": True}
    ],
    "Adamax": [{"betas": (0.3, 0.9), "weight_decay": 0.1, "maximize": True}],
    "ASGD": [{"t0": 3, "lambd": 0.1, "alpha": 0.6, "weight_decay": 0.1, "maximize": True}],
    "NAdam": [
        {"weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True},
        {"betas": (0.4, 0.8), "weight_decay": 0.1, "momentum_decay": 0.1},
    ],
    "RAdam": [
        {"weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True},
        {"betas": (0.4, 0.8), "weight_decay": 0.1},
    ],
    "RMSprop": [
        {"momentum": 0.9, "weight_decay": 0.1, "eps": 1e-3, "maximize": True},
        {"alpha": 0.4, "centered": True, "eps": 1e-3},
    ],
    "Rprop": [{"etas": (0.3, 1.5), "step_sizes": (1e-3, 0.05), "maximize": True}],
}
CASES = [(name, options) for name, others in OPTIONS.items() for options in ({}, *others)]
UNITS = {"RMSprop": 16}  # the momentum of the parameter with one element passes near 0


@pytest.mark.differential
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_same_steps_as_torch(runs, difference, name, options, dtype):
    ours, theirs = runs(name, dtype=dtype, **options)
    assert difference(ours.steps(10), theirs.steps(10)) <= UNITS.get(name, 2)
