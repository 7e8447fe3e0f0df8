"""`optim_db` against an engine: the same gradients to every optimizer, step by step."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np

from harness import samples
from harness.coverage import find, has
from harness.forced import Forced, Known, Scenario, compare, run
from harness.local import evaluate
from harness.opinfo.engines import Engines, Job, job
from harness.opinfo.found import RIGHT, UNSUPPORTED, WRONG, Check, Entry
from harness.opinfo.operations import refused
from harness.opinfo.telling import Told, tell
from harness.tolerance import one_ulp_away

STEPS, PAUSE = 6, 3
"""How many steps an optimizer makes, and after how many it is stopped and taken up again."""

SHAPES = {"Muon": ((4, 3), (3, 5))}
"""What the parameters are of an optimizer that takes matrices alone."""

DRAWS = 8

BESIDE = {"LBFGS": {"max_iter": 4}}
"""Options beside torch's: near its minimum what L-BFGS keeps is the rounding of differences."""

Build = Callable[[Any, list], Any]
"""`build(T, parameters)`: an optimizer in torch's words."""


def jobs(only: str) -> Iterator[Job]:
    """The entries of optim_db whose name matches."""
    from torch.testing._internal.common_optimizers import optim_db

    tier = {n: t for t, row in samples.tiers()["tiers"].items() for n in row["optimizers"]}
    for info in optim_db:
        name = info.optim_cls.__name__
        if re.search(only, name):
            yield name, job(examine, info, name, tier.get(name, "T4"))


def examine(info: Any, name: str, tier: str, engines: Engines) -> Entry:
    """Everything about one optimizer."""
    import torch

    made = Entry("optimizers", name, tier)
    if info.only_supports_sparse_grads:
        made.skipped["sparse gradients"] += 1
        return made
    if not has(engines.candidate.namespace(), f"optim.{name}"):
        made.absent = f"optim.{name}"
        return made
    inputs = info.optim_inputs_func(device="cpu", dtype=torch.float32)
    limit = engines.samples if engines.samples < 4 else len(inputs)
    for given in samples.spread(inputs, limit):
        told = tell(given.kwargs)
        for groups in (False, True) if info.supports_param_groups else (False,):
            build = builder(name, told, groups)
            scenario = of(name, given.desc, build, info.step_requires_closure)
            known = (Drawn if callable(scenario.gradients) else Known)(scenario, engines.reference)
            steps(made, compare(scenario, engines.candidate, engines.reference, known), engines)
            reloaded(made, scenario, build, engines)
        text(made, builder(name, told, False), engines)
    errors(made, info, name, engines)
    return made


def builder(name: str, told: Told, groups: bool) -> Build:
    """The optimizer with what was told of its options; `groups`: a group for each parameter."""

    def build(T: Any, parameters: list) -> Any:
        tensors = [
            T.tensor(a.tolist(), dtype=getattr(T, n)) for a, n in zip(told.arrays, told.names)
        ]
        given: list = parameters
        if groups:
            first, *rest = parameters
            given = [{"params": [first]}, {"params": rest, "lr": 0.003}]
        return find(T, f"optim.{name}")(given, **BESIDE.get(name, {}), **told.fill(T, tensors))

    return build


def of(name: str, about: str, build: Callable, closure: bool = False, steps: int = STEPS) -> Any:
    """What an optimizer starts from and is given; one parameter has no gradient once."""
    draw = np.random.default_rng(0)

    def numbers() -> list[np.ndarray]:
        shapes = SHAPES.get(name, ((4, 3), (3,)))
        return [draw.standard_normal(shape).astype(np.float32) for shape in shapes]

    start, gradients = numbers(), [numbers() for _ in range(steps)]
    gradients[2][1] = None
    if closure:
        return Scenario(about, build, start, bowl, PAUSE + 1)  # before it is at the minimum
    return Scenario(about, build, start, gradients)


class Drawn(Known):
    """The reference of an optimizer that divides by differences of gradients.

    It amplifies rounding by a factor that one run does not tell: more runs in float32, from starts
    an ulp away, are heard too.
    """

    @cached_property
    def witnesses(self) -> list[list[dict[str, np.ndarray]]]:
        """Those of float64, and those draws."""
        s = self.scenario
        starts = (
            [one_ulp_away(p, DRAWS + n).astype(np.float32) for p in s.parameters]
            for n in range(DRAWS)
        )
        runs = (
            run(Scenario(s.name, s.make, p, s.gradients, s.steps), self.reference) for p in starts
        )
        return [*Known(s, self.reference, self.moves).witnesses, *(steps for steps, _ in runs)]


def bowl(arrays: list[np.ndarray]) -> tuple[float, list[np.ndarray]]:
    """A loss that is curved unevenly, and its gradients."""
    curved = [np.linspace(0.3, 1.7, a.size).reshape(a.shape) for a in arrays]
    loss = sum(float((c * a**2 + np.cos(a)).sum()) for c, a in zip(curved, arrays))
    return loss, [2 * c * a - np.sin(a) for c, a in zip(curved, arrays)]


def steps(made: Entry, found: Forced, engines: Engines, column: str = "steps") -> None:
    """Count what the optimizers made: parameters in `column`, what they keep in 'state'."""
    if found.problem.startswith(f"{engines.candidate.name} raises"):
        made.add(column, Check(UNSUPPORTED, str(found)))
        return
    if found.problem:
        made.add("state", Check(WRONG, str(found)))
        return
    kinds: dict[str, list] = {column: [], "state": []}
    for number, step in enumerate(found.steps, 1):
        for f in step:
            mine = f.what.startswith(("parameter", "lr of group")[column == "rates"])
            kinds[column if mine else "state"].append((number, f))
    for kind, some in kinds.items():
        wrong = [(n, f) for n, f in some if not f.ok]
        worst = max((f.judgement for _, f in some), key=lambda j: j.share, default=None)
        if wrong:
            number, f = wrong[0]
            made.add(kind, Check(WRONG, f"step {number}: {f.what}: {f.judgement}"))
        elif worst is not None:
            made.add(kind, Check(RIGHT, "", worst.share, worst.term))


class Resumed:
    """An optimizer that is given up after some steps; another one goes on from its state."""

    def __init__(self, build: Callable[[], Any]) -> None:
        self.build, self.inner, self.count = build, build(), 0

    def step(self, *closure: Any) -> None:
        """A step of the one or the other."""
        if self.count == PAUSE:
            kept = self.inner.state_dict()
            self.inner = self.build()
            self.inner.load_state_dict(kept)
        self.count += 1
        self.inner.step(*closure)

    def state_dict(self) -> dict:
        """What the one in use keeps."""
        return self.inner.state_dict()


def reloaded(made: Entry, scenario: Scenario, build: Build, engines: Engines) -> None:
    """A stopped and resumed run has to make the steps of one that went through."""

    def resumed(T: Any, parameters: list) -> Resumed:
        return Resumed(lambda: build(T, parameters))

    there = Scenario(
        scenario.name, resumed, scenario.parameters, scenario.gradients, scenario.steps
    )
    through, problem = run(scenario, engines.candidate)
    again, other = run(there, engines.candidate)
    if problem:
        return
    if other:
        made.add("reload", Check(UNSUPPORTED, f"{scenario.name}: {other}"))
        return
    pairs = [
        f"step {n}: {what}"
        for n, (a, b) in enumerate(zip(through, again), 1)
        for what in a
        if not np.array_equal(a[what], b.get(what), equal_nan=True)
    ]
    said = f"{scenario.name}: {pairs[0]} is not as without a stop" if pairs else ""
    made.add("reload", Check(WRONG, said) if said else Check(RIGHT))


def text(made: Entry, build: Build, engines: Engines) -> None:
    """What an optimizer prints as."""
    said = []
    for engine in (engines.candidate, engines.reference):
        try:
            parameter = engine.tensor(np.ones((2, 2), np.float32), True)
            said.append(repr(build(engine.namespace(), [parameter])))
        except Exception:  # the steps say what it raises
            return
    same = said[0] == said[1]
    made.add("repr", Check(RIGHT) if same else Check(WRONG, f"{said[0]}; torch's {said[1]}"))


def errors(made: Entry, info: Any, name: str, engines: Engines) -> None:
    """What torch refuses, when an optimizer is built or steps."""
    import torch

    for wrong in info.optim_error_inputs_func(device="cpu", dtype=torch.float32):
        given = wrong.optimizer_error_input
        parameters = given.params
        if parameters is None:
            parameters = [torch.ones(2, 2, requires_grad=True)]
        try:
            told = tell((parameters, given.kwargs))
        except samples.Untold as reason:
            made.skipped[f"error input: {reason}"] += 1
            continue

        def function(
            T: Any, *tensors: Any, told: Told = told, on: str = wrong.error_on.name
        ) -> list:
            parameters, kwargs = told.fill(T, tensors)
            optimizer = find(T, f"optim.{name}")(parameters, **kwargs)
            if on == "STEP_ERROR":
                optimizer.step()
            return []

        outcomes = (
            evaluate(function, told.arrays, e, 1, frozenset(told.constant))
            for e in (engines.candidate, engines.reference)
        )
        refused(made, *(o.raised for o in outcomes))
