"""What forced optimizers are tried on: every optimizer of torch's with every option, schedulers.

Parameters are small and steps large, so that the update decides the last digits. Gradients come in
all sizes down to where epsilon decides, some parameters get none for a while, and learning rates
change on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.forced import Gradient, Objective, Scenario

STEPS = 4


def scenarios() -> Iterator[Scenario]:
    """All of them, the same in every run."""
    for name, options, steps in OPTIONS:
        matrices = name == "Muon"
        yield Scenario(
            _said(name, options),
            lambda T, params, name=name, options=options: getattr(T.optim, name)(params, **options),
            _parameters(matrices),
            _gradients(matrices, steps or STEPS),
        )
    for name in ("SGD", "Adam", "NAdam", "ASGD", "Adafactor", "RMSprop", "Adagrad", "Rprop"):
        yield Scenario(
            f"{name}, lr changed between steps",
            lambda T, params, name=name: getattr(T.optim, name)(params, lr=0.1),
            _parameters(),
            _gradients(),
            change=_halved,
        )
        yield Scenario(
            f"{name}, two groups",
            lambda T, params, name=name: getattr(T.optim, name)(
                [{"params": params[:1]}, {"params": params[1:], "lr": 0.5, "maximize": True}],
                lr=0.1,
            ),
            _parameters(),
            _gradients(),
        )
    for name, options in DIFFERENTIABLE:
        yield Scenario(
            f"{_said(name, options)}, differentiable",
            lambda T, params, name=name, options=options: getattr(T.optim, name)(
                params, differentiable=True, **options
            ),
            _parameters(),
            _gradients(),
            frozen=True,
        )
    for options, objective, steps in LBFGS:
        yield Scenario(
            f"{_said('LBFGS', options)}, {objective.__name__[1:]}",
            lambda T, params, options=options: T.optim.LBFGS(params, **options),
            [np.array([-1.2, 1.0], np.float32), np.array([[0.3], [-0.7]], np.float32)],
            objective,
            steps=steps,
        )
    yield from _searches()
    yield from _odd()
    for name, options, steps in SCHEDULES:
        yield Scenario(
            _said(name, options),
            lambda T, params, name=name, options=options: _scheduled(T, params, name, options),
            [np.array([0.5], np.float32)],
            [[np.array([0.1], np.float32)]] * steps,
        )


def _scheduled(T: Any, params: list, name: str, options: dict) -> tuple:
    optimizer = T.optim.SGD(params, lr=0.5, momentum=0.9)
    return optimizer, getattr(T.optim.lr_scheduler, name)(optimizer, **options)


def _said(name: str, options: dict[str, Any]) -> str:
    said = [f"{k}={v}" for k, v in options.items() if not callable(v)]
    return ", ".join([name, *said])


BORDER = 0.842
"""With this second beta RAdam's rho, which turns at 5, is once between 5 and 5.05."""

ADAM = {"lr": 0.1, "betas": (0.7, 0.9)}
OPTIONS: list[tuple[str, dict[str, Any], int]] = [
    ("SGD", {"lr": 0.1}, 0),
    ("SGD", {"lr": 0.1, "maximize": True}, 0),
    ("SGD", {"lr": 0.1, "weight_decay": 0.3}, 0),
    ("SGD", {"lr": 0.1, "momentum": 0.9}, 0),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}, 0),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 1}, 0),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}, 0),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.3}, 0),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "dampening": 0.5, "weight_decay": 0.3,
             "maximize": True}, 0),
    ("Adam", {}, 0),
    ("Adam", ADAM, 0),
    ("Adam", {**ADAM, "amsgrad": True}, 5),
    ("Adam", {**ADAM, "weight_decay": 0.3}, 0),
    ("Adam", {**ADAM, "weight_decay": 0.3, "maximize": True, "amsgrad": True}, 5),
    ("Adam", {**ADAM, "weight_decay": 0.3, "decoupled_weight_decay": True}, 0),
    ("Adam", {"lr": 0.1, "betas": (0.3, 0.9), "eps": 1e-3}, 0),
    ("AdamW", {}, 0),
    ("AdamW", {**ADAM, "weight_decay": 0.3}, 0),
    ("AdamW", {**ADAM, "amsgrad": True, "maximize": True}, 5),
    ("RMSprop", {}, 0),
    ("RMSprop", {"lr": 0.1, "alpha": 0.7}, 0),
    ("RMSprop", {"lr": 0.1, "alpha": 0.3, "centered": True, "eps": 1e-4}, 0),
    ("RMSprop", {"lr": 0.1, "alpha": 0.7, "momentum": 0.9}, 0),
    ("RMSprop", {"lr": 0.1, "alpha": 0.8, "momentum": 0.5, "centered": True, "eps": 1e-4,
                 "weight_decay": 0.3, "maximize": True}, 0),
    ("Adagrad", {}, 0),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.5, "weight_decay": 0.3, "maximize": True}, 0),
    ("Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-3}, 0),
    ("Adadelta", {}, 0),
    ("Adadelta", {"lr": 0.5, "rho": 0.7, "eps": 1e-3, "weight_decay": 0.3, "maximize": True}, 0),
    ("Adamax", {}, 0),
    ("Adamax", {**ADAM, "eps": 1e-3, "weight_decay": 0.3, "maximize": True}, 0),
    ("Adamax", {"lr": 0.1, "betas": (0.3, 0.5)}, 0),
    ("NAdam", {}, 0),
    ("NAdam", {**ADAM, "momentum_decay": 0.3, "weight_decay": 0.3, "maximize": True}, 0),
    ("NAdam", {**ADAM, "weight_decay": 0.3, "decoupled_weight_decay": True}, 0),
    ("RAdam", {}, 8),
    ("RAdam", {"lr": 0.1, "betas": (0.7, BORDER)}, 8),
    ("RAdam", {"lr": 0.1, "betas": (0.7, 0.99), "eps": 1e-3, "weight_decay": 0.3,
               "maximize": True}, 8),
    ("RAdam", {**ADAM, "weight_decay": 0.3, "decoupled_weight_decay": True}, 8),
    ("Rprop", {}, 5),
    ("Rprop", {"lr": 0.1, "etas": (0.3, 1.7), "step_sizes": (0.05, 0.2), "maximize": True}, 5),
    ("ASGD", {}, 0),
    ("ASGD", {"lr": 0.1, "lambd": 0.3, "alpha": 0.5, "t0": 1, "weight_decay": 0.3,
              "maximize": True}, 5),
    ("Adafactor", {}, 0),
    ("Adafactor", {"lr": 0.7, "beta2_decay": -0.5, "eps": (1e-3, 0.3), "d": 1.5,
                   "weight_decay": 0.3, "maximize": True}, 0),
    ("Adafactor", {"lr": 2.0, "d": 1.0}, 0),
    ("Muon", {"lr": 0.1}, 0),
    ("Muon", {"lr": 0.1, "nesterov": False, "momentum": 0.3, "weight_decay": 0.5}, 0),
    ("Muon", {"lr": 0.1, "adjust_lr_fn": "match_rms_adamw", "ns_steps": 3, "eps": 1e-2}, 0),
    ("Muon", {"lr": 0.1, "ns_coefficients": (2.0, -1.5, 0.5)}, 0),
]  # fmt: skip

DIFFERENTIABLE: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("Adam", ADAM),
    ("Adagrad", {"lr": 0.1}),
]

SCHEDULES: list[tuple[str, dict[str, Any], int]] = [
    ("StepLR", {"step_size": 2, "gamma": 0.3}, 5),
    ("MultiStepLR", {"milestones": [1, 3, 3], "gamma": 0.3}, 5),
    ("LambdaLR", {"lr_lambda": lambda epoch: 0.9**epoch + epoch}, 4),
    ("MultiplicativeLR", {"lr_lambda": lambda epoch: 0.5 + 0.1 * epoch}, 4),
    ("ExponentialLR", {"gamma": 0.7}, 3),
    ("CosineAnnealingLR", {"T_max": 4, "eta_min": 0.05}, 15),
    ("CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 2, "eta_min": 0.05}, 8),
    ("LinearLR", {"start_factor": 0.2, "end_factor": 0.9, "total_iters": 3}, 5),
    ("ConstantLR", {"factor": 0.3, "total_iters": 2}, 4),
    ("PolynomialLR", {"total_iters": 3, "power": 2.0}, 5),
    ("PolynomialLR", {"total_iters": 4, "power": 3.0}, 5),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 8}, 10),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 9, "anneal_strategy": "linear",
                    "three_phase": True, "pct_start": 0.4}, 8),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 2, "step_size_down": 3}, 7),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 2, "mode": "triangular2"}, 9),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 2, "mode": "exp_range",
                  "gamma": 0.8}, 7),
]  # fmt: skip


def _normal(seed: int, *shape: int, scale: float = 1.0) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(np.float32)


def _parameters(matrices: bool = False) -> list[np.ndarray]:
    if matrices:
        return [_normal(0, 3, 5, scale=0.1), _normal(1, 5, 3, scale=0.1), _normal(2, 4, 4)]
    return [
        _normal(0, 3, 4, scale=0.1),
        _normal(1, 10, scale=1e-3),
        _normal(2, 3, scale=0.1),
        np.asarray(0.05, np.float32),
        _normal(3, 2, 3, 2, scale=0.1),
    ]


def _gradients(matrices: bool = False, steps: int = STEPS) -> list[list[np.ndarray | None]]:
    """In each step: ordinary ones, ones of all sizes, ones that stay away, a number, a cube."""
    if matrices:
        return [
            [_normal(s, 3, 5), _normal(s + 1, 5, 3, scale=1e-3), _normal(s + 2, 4, 4)]
            for s in range(10, 10 + steps)
        ]
    sizes = np.logspace(-12, -2, 10)
    return [
        [
            _normal(10 + s, 3, 4, scale=1 / (1 + 2 * s)),
            (_normal(20 + s, 10) * sizes).astype(np.float32),
            None if s % 3 == 1 else _normal(30 + s, 3) * (s > 0),
            np.asarray((-1) ** s * 0.3, np.float32),
            _normal(40 + s, 2, 3, 2),
        ]
        for s in range(steps)
    ]


def _odd() -> Iterator[Scenario]:
    """Gradients of zeros or with NaN, memory that is not clean, a number of steps too many."""
    zeros = [[g if g is None else g * bool(step) for g in some]
             for step, some in enumerate(_gradients())]  # fmt: skip
    for name in ("Adafactor", "Adam", "RMSprop", "Adagrad", "Adadelta", "Adamax"):
        make = lambda T, params, name=name: getattr(T.optim, name)(params, lr=0.1)  # noqa: E731
        yield Scenario(f"{name}, first all zeros", make, _parameters(), zeros)
        yield Scenario(f"{name}, littered", make, _parameters(), _gradients(), change=_littered)
    gone = [[np.array([np.nan, 1.0, -0.5, 0.0], np.float32) * sign] for sign in (1, -1, -1)]
    yield Scenario(
        "Rprop, NaN", lambda T, params: T.optim.Rprop(params, lr=0.1), [_normal(0, 4)], gone
    )
    yield Scenario(
        "Muon, ns_steps=100",
        lambda T, params: T.optim.Muon(params, ns_steps=100),
        _parameters(matrices=True),
        _gradients(matrices=True),
    )
    yield Scenario(
        "LBFGS, four parameters, one without gradient",
        lambda T, params: T.optim.LBFGS(params, lr=0.1, max_iter=3),
        [_normal(0, 2), _normal(1, 2, 1), _normal(2, 3), _normal(3, 2)],
        _waves_but_one,
        steps=2,
    )
    yield Scenario(
        "LBFGS, near its end",
        lambda T, params: T.optim.LBFGS(params, lr=0.5, max_iter=2),
        [np.array([1.01, 1.02], np.float32), np.array([[0.01], [0.0]], np.float32)],
        _valley,
        steps=2,
    )
    yield Scenario(
        "LBFGS, large",
        lambda T, params: T.optim.LBFGS(params, lr=0.1, max_iter=3),
        [_normal(0, 130, 130)],
        _waves,
        steps=1,
    )
    yield Scenario(
        "SGD, large",
        lambda T, params: T.optim.SGD(params, lr=0.1, momentum=0.9),
        [_normal(0, 130, 130)],
        [[_normal(s, 130, 130)] for s in (1, 2)],
    )


def _littered(step: int, optimizer: Any) -> None:
    """Leave NaN where small arrays are allocated next."""
    for size in (1, 3, 10, 12):
        [np.full(size, np.nan, np.float32) for _ in range(20)]


def _halved(step: int, optimizer: Any) -> None:
    for group in optimizer.param_groups:
        group["lr"] *= 0.5 if step else 1.0


def _valley(parameters: list[np.ndarray]) -> tuple[float, list[np.ndarray]]:
    """Rosenbrock's curved valley in two coordinates, a bowl in the others."""
    (x, y), z = parameters[0], parameters[1]
    loss = (1 - x) ** 2 + 5 * (y - x * x) ** 2 + float((z**2 * [[1.0], [3.0]]).sum())
    slope = np.array([-2 * (1 - x) - 20 * x * (y - x * x), 10 * (y - x * x)])
    return loss, [slope, z * [[2.0], [6.0]]]


def _waves(parameters: list[np.ndarray]) -> tuple[float, list]:
    """A bowl with waves, so that a line search meets several minima."""
    loss = sum(float((0.2 * p * p + 1 - np.cos(3 * p)).sum()) for p in parameters)
    return loss, [0.4 * p + 3 * np.sin(3 * p) for p in parameters]


def _waves_but_one(parameters: list[np.ndarray]) -> tuple[float, list]:
    """Waves; the second parameter gets no gradient."""
    loss, slopes = _waves([parameters[0], *parameters[2:]])
    return loss, [slopes[0], None, *slopes[1:]]


def _steep(parameters: list[np.ndarray]) -> tuple[float, list[np.ndarray]]:
    """Exponential walls: a cubic goes wrong there."""
    loss = sum(float((np.exp(2 * p) + np.exp(-p)).sum()) for p in parameters)
    return loss, [2 * np.exp(2 * p) - np.exp(-p) for p in parameters]


def _searches() -> Iterator[Scenario]:
    """One line search each: where several points are tried, and which of them counts as too high.

    Without `max_eval` a single iteration has no evaluation left for a second point.
    """
    for start, lr, *shape in SEARCHES:
        options = {"lr": lr, "max_iter": 1, "max_eval": 25, **_WOLFE}
        yield Scenario(
            f"{_said('LBFGS', options)}, from {start} on {shape}",
            lambda T, params, options=options: T.optim.LBFGS(params, **options),
            [np.array([start], np.float32)],
            _rough(*shape),
            steps=1,
        )


def _rough(tilt: float, bowl: float, height: float, pace: float) -> Objective:
    """A slope, a bowl and waves."""

    def objective(parameters: list[np.ndarray]) -> tuple[float, list[Gradient]]:
        loss = sum(
            float((tilt * p + bowl * p * p + height * np.cos(pace * p)).sum()) for p in parameters
        )
        return loss, [tilt + 2 * bowl * p - height * pace * np.sin(pace * p) for p in parameters]

    return objective


SEARCHES = [  # start, lr, and the numbers of _rough
    (-0.5, np.pi, -1.1e-4, 0.0, -1.0, 2.0),  # a whole wave on, lower by less than c1 asks for
    (1.0, 1.0, 0.7, 0.02, 1.1, 0.6),
    (0.0, 3.0, -0.03, 0.5, 0.8, 1.8),
    (1.8, 0.1, 0.8, 0.1, 0.2, 3.8),
    (1.7, 0.03, -0.05, 0.1, 0.3, 1.4),
    (-1.7, 1.0, -0.8, 0.3, 0.4, 5.7),
]


_WOLFE = {"line_search_fn": "strong_wolfe"}
LBFGS: list[tuple[dict[str, Any], Objective, int]] = [
    ({"lr": 0.3, "max_iter": 3}, _valley, 3),
    ({"lr": 0.5, "max_iter": 4, "history_size": 2}, _valley, 3),
    ({"lr": 0.1, "max_iter": 6, "max_eval": 4}, _valley, 3),
    ({"lr": 0.1, "max_iter": 6, "tolerance_grad": 3.0}, _valley, 3),
    ({"lr": 0.01, "max_iter": 6, "tolerance_change": 0.05}, _valley, 3),
    ({"lr": 1, "max_iter": 3, **_WOLFE}, _valley, 1),
    ({"lr": 4, "max_iter": 5, "history_size": 3, **_WOLFE}, _valley, 1),
    ({"lr": 0.02, "max_iter": 2, **_WOLFE}, _valley, 2),
    ({"lr": 3, "max_iter": 3, "max_eval": 3, **_WOLFE}, _steep, 2),
    *[
        ({"lr": lr, "max_iter": most, **_WOLFE}, objective, 2)
        for lr in (0.1, 0.5, 2, 10, 40)
        for most in (1, 2)
        for objective in (_valley, _waves, _steep)
    ],
]
