"""Learning rate schedulers against an engine: torch's databases have none, here is a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from harness import samples
from harness.coverage import has
from harness.forced import compare, run
from harness.local import evaluate
from harness.opinfo.engines import Engines, Job, job
from harness.opinfo.found import RIGHT, UNSUPPORTED, WRONG, Check, Entry
from harness.opinfo.operations import refused
from harness.opinfo.optimizers import PAUSE, of, steps

STEPS = 14
METRICS = (1.0, 0.9, 0.9, 0.95, 0.9, 0.9, 0.9, 0.2, 0.3, 0.3, 0.3, 0.3, 0.3, 0.1)
"""What a scheduler that watches a metric sees."""

Schedule = Callable[[Any, Any], Any]
"""`schedule(S, optimizer)`: S is `torch.optim.lr_scheduler`."""


def chained(S: Any, o: Any) -> list:
    """Two that act together or one after the other."""
    return [S.ConstantLR(o, factor=0.1, total_iters=4), S.ExponentialLR(o, gamma=0.9)]


SCHEDULES: dict[str, list[Schedule]] = {
    "LambdaLR": [
        lambda S, o: S.LambdaLR(o, lambda n: 0.95**n),
        lambda S, o: S.LambdaLR(o, [lambda n: 1 / (n + 1), lambda n: 0.9**n]),
    ],
    "MultiplicativeLR": [lambda S, o: S.MultiplicativeLR(o, lambda n: 0.95)],
    "StepLR": [lambda S, o: S.StepLR(o, 3), lambda S, o: S.StepLR(o, 2, gamma=0.5)],
    "MultiStepLR": [
        lambda S, o: S.MultiStepLR(o, [2, 5, 9], gamma=0.3),
        lambda S, o: S.MultiStepLR(o, [3, 3, 6]),
    ],
    "ConstantLR": [
        lambda S, o: S.ConstantLR(o),
        lambda S, o: S.ConstantLR(o, factor=0.5, total_iters=4),
    ],
    "LinearLR": [
        lambda S, o: S.LinearLR(o),
        lambda S, o: S.LinearLR(o, start_factor=0.1, end_factor=0.7, total_iters=8),
    ],
    "ExponentialLR": [lambda S, o: S.ExponentialLR(o, gamma=0.8)],
    "PolynomialLR": [
        lambda S, o: S.PolynomialLR(o, total_iters=9, power=2.0),
        lambda S, o: S.PolynomialLR(o),
    ],
    "CosineAnnealingLR": [
        lambda S, o: S.CosineAnnealingLR(o, 10),
        lambda S, o: S.CosineAnnealingLR(o, 5, eta_min=0.001),
    ],
    "CosineAnnealingWarmRestarts": [
        lambda S, o: S.CosineAnnealingWarmRestarts(o, 4),
        lambda S, o: S.CosineAnnealingWarmRestarts(o, 2, T_mult=2, eta_min=0.001),
    ],
    "CyclicLR": [
        lambda S, o: S.CyclicLR(o, 0.001, 0.1, step_size_up=3),
        lambda S, o: S.CyclicLR(o, 0.001, 0.1, 2, 4, mode="triangular2"),
        lambda S, o: S.CyclicLR(o, 0.01, 0.1, 3, mode="exp_range", gamma=0.9),
    ],
    "OneCycleLR": [
        lambda S, o: S.OneCycleLR(o, 0.1, total_steps=20),
        lambda S, o: S.OneCycleLR(
            o, [0.1, 0.2], epochs=2, steps_per_epoch=8, anneal_strategy="linear", three_phase=True
        ),
    ],
    "ReduceLROnPlateau": [
        lambda S, o: S.ReduceLROnPlateau(o, patience=1),
        lambda S, o: S.ReduceLROnPlateau(o, "max", factor=0.5, patience=0, cooldown=2, min_lr=1e-3),
    ],
    "SequentialLR": [lambda S, o: S.SequentialLR(o, chained(S, o), milestones=[5])],
    "ChainedScheduler": [lambda S, o: S.ChainedScheduler(chained(S, o), optimizer=o)],
}

REFUSED: dict[str, list[Schedule]] = {
    "LambdaLR": [lambda S, o: S.LambdaLR(o, [lambda n: 1.0])],
    "MultiplicativeLR": [lambda S, o: S.MultiplicativeLR(o, [lambda n: 1.0])],
    "ConstantLR": [lambda S, o: S.ConstantLR(o, factor=1.5)],
    "LinearLR": [
        lambda S, o: S.LinearLR(o, start_factor=0),
        lambda S, o: S.LinearLR(o, end_factor=-1),
    ],
    "CosineAnnealingWarmRestarts": [
        lambda S, o: S.CosineAnnealingWarmRestarts(o, 0),
        lambda S, o: S.CosineAnnealingWarmRestarts(o, 2, T_mult=0),
    ],
    "CyclicLR": [
        lambda S, o: S.CyclicLR(o, 0.1, 0.2, mode="square"),
        lambda S, o: S.CyclicLR(o, [0.1], 0.2),
    ],
    "OneCycleLR": [
        lambda S, o: S.OneCycleLR(o, 0.1),
        lambda S, o: S.OneCycleLR(o, 0.1, total_steps=-1),
        lambda S, o: S.OneCycleLR(o, 0.1, total_steps=9, pct_start=2.0),
        lambda S, o: S.OneCycleLR(o, 0.1, total_steps=9, anneal_strategy="square"),
    ],
    "ReduceLROnPlateau": [
        lambda S, o: S.ReduceLROnPlateau(o, factor=1.0),
        lambda S, o: S.ReduceLROnPlateau(o, mode="median"),
        lambda S, o: S.ReduceLROnPlateau(o, min_lr=[0.1]),
    ],
    "SequentialLR": [
        lambda S, o: S.SequentialLR(o, [], milestones=[]),
        lambda S, o: S.SequentialLR(o, chained(S, o), milestones=[1, 2]),
    ],
    "ChainedScheduler": [lambda S, o: S.ChainedScheduler([])],
}
"""What torch refuses."""


def jobs(only: str) -> Iterator[Job]:
    """The schedulers whose name matches."""
    tier = {n: t for t, row in samples.tiers()["tiers"].items() for n in row["schedulers"]}
    for name in SCHEDULES:
        if re.search(only, name):
            yield name, job(examine, name, tier.get(name, "T4"))


def examine(name: str, tier: str, engines: Engines) -> Entry:
    """Everything about one scheduler."""
    made = Entry("schedulers", name, tier)
    if not has(engines.candidate.namespace(), f"optim.lr_scheduler.{name}"):
        made.absent = f"optim.lr_scheduler.{name}"
        return made
    for schedule in SCHEDULES[name]:
        scenario = of(name, name, builder(schedule), steps=STEPS)
        steps(made, compare(scenario, engines.candidate, engines.reference), engines, "rates")
        kept(made, schedule, engines)
        through, problem = run(scenario, engines.candidate)
        again, other = run(of(name, name, builder(schedule, True), steps=STEPS), engines.candidate)
        if other and not problem:
            made.add("reload", Check(UNSUPPORTED, other))
        elif not problem:
            same = all(
                np.array_equal(a[k], b.get(k))
                for a, b in zip(through, again, strict=True)
                for k in a
            )
            made.add("reload", Check(RIGHT) if same else Check(WRONG, "not as without a stop"))
    for schedule in REFUSED.get(name, ()):

        def function(T: Any, x: Any, schedule: Schedule = schedule) -> list:
            schedule(T.optim.lr_scheduler, optimizer(T, [x, T.ones(1, requires_grad=True)]))
            return []

        ones = [np.ones(1, np.float32)]
        both = (evaluate(function, ones, e, 1) for e in (engines.candidate, engines.reference))
        refused(made, *(o.raised for o in both))
    return made


def optimizer(T: Any, parameters: list) -> Any:
    """What is scheduled: two groups with their own rates, momentum for those that cycle it."""
    first, *rest = parameters
    groups = [{"params": [first]}, {"params": rest, "lr": 0.02}]
    return T.optim.SGD(groups, lr=0.05, momentum=0.9)


class Stepper:
    """A scheduler as the scenario steps it: with a metric where it wants one; `stops`: given up
    once, another one goes on from its state."""

    def __init__(self, T: Any, schedule: Schedule, of: Any, stops: bool = False) -> None:
        self.make = lambda: schedule(T.optim.lr_scheduler, of)
        self.inner, self.stops, self.count = self.make(), stops, 0

    def step(self) -> None:
        """One step."""
        if self.stops and self.count == PAUSE:
            state, rates = self.inner.state_dict(), self.inner.optimizer.state_dict()
            optimizer = self.inner.optimizer
            self.inner = self.make()
            self.inner.load_state_dict(state)
            optimizer.load_state_dict(rates)
        watches = "Plateau" in type(self.inner).__name__
        self.inner.step(*([METRICS[self.count]] if watches else []))
        self.count += 1


def builder(schedule: Schedule, stops: bool = False) -> Callable[[Any, list], tuple]:
    """An optimizer and its scheduler."""

    def build(T: Any, parameters: list) -> tuple:
        made = optimizer(T, parameters)
        return made, Stepper(T, schedule, made, stops)

    return build


def kept(made: Entry, schedule: Schedule, engines: Engines) -> None:
    """What a scheduler keeps after some steps: names and numbers."""
    states = []
    for engine in (engines.candidate, engines.reference):
        T = engine.namespace()
        parameters = [engine.tensor(np.ones(1, np.float32), True) for _ in range(2)]
        try:
            of = optimizer(T, parameters)
            stepper = Stepper(T, schedule, of)
            for _ in range(PAUSE):
                of.step()
                stepper.step()
            states.append(dict(_numbers("", stepper.inner.state_dict())))
        except Exception as error:  # an engine may refuse in any words
            made.add("state", Check(UNSUPPORTED, f"{type(error).__name__}: {error}"))
            return
    mine, theirs = states
    apart = sorted(k for k in mine.keys() | theirs.keys() if not _same(mine.get(k), theirs.get(k)))
    said = f"{apart[0]} is {mine.get(apart[0])}, torch's {theirs.get(apart[0])}" if apart else ""
    made.add("state", Check(WRONG, said) if apart else Check(RIGHT))


def _numbers(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Numbers and texts of a nest, by where they are."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _numbers(f"{name}.{key}" if name else str(key), part)
    elif isinstance(value, (list, tuple)):
        for number, part in enumerate(value):
            yield from _numbers(f"{name}.{number}", part)
    elif isinstance(value, (bool, int, float, str)):
        yield name, value


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, (int, float)):
        return bool(np.isclose(a, b, rtol=1e-12, atol=0))
    return a == b
