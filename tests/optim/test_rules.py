"""All optimizers with one rule per parameter against torch's, step by step."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch
from tests.raising import assert_refused_alike

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


def one_step(t, name, **options):
    p = t.nn.Parameter(t.ones(2, 2))
    p.grad = t.ones(2, 2)
    getattr(t.optim, name)([p], **options).step()


REFUSED = {
    **{name: ["lr weight_decay"] for name in OPTIONS},
    "Adadelta": ["lr weight_decay eps rho"],
    "Adagrad": ["lr weight_decay eps lr_decay initial_accumulator_value"],
    "Adamax": ["lr weight_decay eps"],
    "NAdam": ["lr weight_decay eps momentum_decay"],
    "RAdam": ["lr weight_decay eps"],
    "RMSprop": ["lr weight_decay eps momentum alpha"],
    "Rprop": ["lr"],
    "SparseAdam": ["lr eps"],
}
ERRORS = {
    f"{name}, {option} below 0": (name, {option: -1.0}, [option, "-1.0"])
    for name, (options,) in REFUSED.items()
    for option in options.split()
}
ERRORS |= {
    "Adadelta, rho above 1": ("Adadelta", {"rho": 1.5}, ["rho", "1.5"]),
    "Adafactor, decay": ("Adafactor", {"beta2_decay": 0.5}, ["beta2_decay", "0.5"]),
    "Adafactor, first eps": ("Adafactor", {"eps": (-1.0, 1.0)}, ["eps[0]", "-1.0"]),
    "Adafactor, second eps": ("Adafactor", {"eps": (None, -1.0)}, ["eps[1]", "-1.0"]),
    "Adafactor, d": ("Adafactor", {"d": 0.5}, ["d:", "0.5"]),
    "Adamax, betas": ("Adamax", {"betas": (0.9, 1.0)}, ["betas[1]", "1.0"]),
    "NAdam, betas": ("NAdam", {"betas": (1.0, 0.9)}, ["betas[0]", "1.0"]),
    "RAdam, betas": ("RAdam", {"betas": (-0.1, 0.9)}, ["betas[0]", "-0.1"]),
    "Rprop, first eta": ("Rprop", {"etas": (1.5, 1.2)}, ["etas", "1.5"]),
    "Rprop, second eta": ("Rprop", {"etas": (0.5, 0.9)}, ["etas", "0.9"]),
    "SparseAdam, lr of 0": ("SparseAdam", {"lr": 0}, ["lr", "0"]),
    "SparseAdam, betas": ("SparseAdam", {"betas": (0.9, 1.0)}, ["betas[1]"]),
    "SparseAdam, dense gradients": ("SparseAdam", {}, ["sparse", "dense"]),
    "fused and foreach": ("Adagrad", {"fused": True, "foreach": True}, ["fused", "foreach"]),
    **{
        f"{name}, capturable": (name, {"capturable": True}, ["capturable", "cpu"])
        for name in ("Adadelta", "Adamax", "ASGD", "NAdam", "RAdam", "RMSprop", "Rprop")
    },
}


@pytest.mark.differential
@pytest.mark.parametrize("case", ERRORS)
def test_error_is_of_torchs_type_and_names_the_culprit(torch, case):
    name, options, words = ERRORS[case]
    assert_refused_alike(torch, lambda t: one_step(t, name, **options), words)


def learning_rate_as_tensor(t):
    results = []
    for name in OPTIONS:
        p = t.nn.Parameter(t.ones(2, 2, dtype=t.float64))
        optimizer = getattr(t.optim, name)([p], lr=t.tensor(0.25), foreach=True)
        for _ in range(2):
            p.grad = t.ones(2, 2, dtype=t.float64)
            optimizer.step()
        results.append(round(p[0, 0].item(), 6))
    return results


def state_of_double_numbers(t):
    before = t.get_default_dtype()
    t.set_default_dtype(t.float64)
    try:
        p = t.nn.Parameter(t.ones(1, dtype=t.float32))
        p.grad = t.ones(1, dtype=t.float32)
        optimizer = t.optim.ASGD([p])
        optimizer.step()
        return {name: str(x.dtype) for name, x in optimizer.state[p].items()}
    finally:
        t.set_default_dtype(before)


def state_from_the_start(t):
    p = t.nn.Parameter(t.ones(2))
    optimizer = t.optim.Adagrad([p], initial_accumulator_value=0.5)
    return {name: x.tolist() for name, x in optimizer.state[p].items()}


def not_a_number(t):
    results = []
    for name in OPTIONS:
        p = t.nn.Parameter(t.ones(3))
        optimizer = getattr(t.optim, name)([p])
        for _ in range(2):
            p.grad = t.tensor([1.0, float("nan"), float("inf")])
            optimizer.step()
        results.append((name, p.isnan().tolist()))
    return results


@pytest.mark.differential
@pytest.mark.parametrize(
    "scenario",
    [learning_rate_as_tensor, state_of_double_numbers, state_from_the_start, not_a_number],
    ids=lambda f: f.__name__,
)
def test_same_as_torch(torch, scenario):
    assert scenario(minitorch) == scenario(torch)


STEPS = [
    (name, options)
    for name, options in [
        *CASES,
        ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
        ("SGD", {}),
        ("Adam", {"amsgrad": True, "maximize": True}),
        ("AdamW", {}),
    ]
    if name != "Adafactor"
]


def loss_after_steps(t, name, options, begin):
    """A loss after three steps from `begin`."""
    target = t.from_numpy(np.random.default_rng(1).standard_normal((3, 2)))
    p = begin * 1
    optimizer = getattr(t.optim, name)([p], **{"lr": 0.1, **options}, differentiable=True)
    for _ in range(3):
        with t.enable_grad():
            q = p if p.requires_grad else p.detach().requires_grad_()
            (p.grad,) = t.autograd.grad(((q - target) ** 2).sum(), q, create_graph=True)
        optimizer.step()
    return ((p - target) ** 3).sum()


def gradient_through_steps(t, name, options):
    begin = t.from_numpy(np.random.default_rng(0).standard_normal((3, 2))).requires_grad_()
    loss_after_steps(t, name, options, begin).backward()
    return begin.grad.numpy()


@pytest.mark.parametrize(("name", "options"), STEPS, ids=str)
def test_steps_are_differentiable(name, options):
    rng = np.random.default_rng(0)
    begin, direction = rng.standard_normal((2, 3, 2))
    with minitorch.no_grad():
        after, before = (
            loss_after_steps(minitorch, name, options, minitorch.from_numpy(x)).item()
            for x in (begin + 1e-6 * direction, begin - 1e-6 * direction)
        )
    expected = (after - before) / 2e-6
    found = np.vdot(gradient_through_steps(minitorch, name, options), direction)
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-7)


@pytest.mark.differential
@pytest.mark.parametrize("name", ["Adadelta", "Adagrad", "AdamW", "ASGD", "NAdam", "RMSprop"])
def test_gradient_through_steps_as_torchs(torch, name):
    ours, theirs = (gradient_through_steps(t, name, {}) for t in (minitorch, torch))
    np.testing.assert_allclose(ours, theirs, rtol=1e-3)  # torch rounds powers of beta to float32


def test_a_leaf_cannot_take_a_differentiable_step():
    with pytest.raises(RuntimeError, match="leaf"):
        one_step(minitorch, "Adam", differentiable=True)
