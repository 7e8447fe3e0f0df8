"""Forced optimizers: the same gradients to both engines' optimizers, from the same parameters.

    found = compare(lambda T, params: T.optim.Adam(params), parameters, gradients, mine, reference)
    found.ok       # parameters, state and hyper-parameters agree after every step
    found.first    # the first step that differs, from 1

A wrong update is invisible where only gradients are compared in lock step, and drowns in drift
where both run freely. Here nothing but the optimizer differs. Each tensor is judged after each step
by the derived tolerance of `tolerance.py`: the truth is the reference in float64, and once more
from parameters and gradients that are one ulp away.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from harness.backends import Backend
from harness.local import MOVES, Finding
from harness.tolerance import judge, one_ulp_away

Make = Callable[[Any, list[Any]], Any]
"""`make(T, parameters)`: the optimizer in torch's words, or a tuple of it and schedulers."""

Gradient = np.ndarray | None
Objective = Callable[[list[np.ndarray]], tuple[float, list[Gradient]]]
"""The loss and its gradients in NumPy, for an optimizer that asks for several in one step."""

Change = Callable[[int, Any], Any]
"""`change(step, optimizer)`, called before each step."""


class Forced(NamedTuple):
    """What two optimizers made of the same gradients."""

    steps: list[list[Finding]]
    problem: str = ""  # of structure: what the state holds, shapes, dtypes, exceptions

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against the candidate."""
        return not self.problem and all(f.ok for step in self.steps for f in step)

    @property
    def first(self) -> int:
        """The first step that differs, from 1; 0 where none does."""
        wrong = [n for n, step in enumerate(self.steps, 1) if not all(f.ok for f in step)]
        return wrong[0] if wrong else len(self.steps) + 1 if self.problem else 0

    @property
    def worst(self) -> Finding | None:
        """The tensor that uses most of its budget in the first step that differs, or in all."""
        steps = self.steps[self.first - 1 :][:1] if 0 < self.first <= len(self.steps) else None
        judged = [f for step in steps or self.steps for f in step if f.judgement]
        return max(judged, key=lambda f: f.judgement.share, default=None)  # type: ignore[union-attr]

    def __str__(self) -> str:
        if self.problem:
            return f"step {self.first}: {self.problem}"
        worst = self.worst
        said = "nothing to compare" if worst is None else f"{worst.what}: {worst.judgement}"
        return f"step {self.first}: {said}" if self.first else said


class Scenario:
    """An optimizer, the parameters it starts from, and the gradients that it is given.

    `gradients` has for each step one array for each parameter, None for a parameter without; or is
    an objective, for `steps` steps. `frozen`: the parameters require no gradient themselves, as an
    optimizer that is differentiated wants them.
    """

    def __init__(
        self,
        name: str,
        make: Make,
        parameters: Sequence[np.ndarray],
        gradients: Sequence[Sequence[Gradient]] | Objective,
        steps: int = 0,
        change: Change | None = None,
        frozen: bool = False,
    ) -> None:
        self.name, self.make, self.change, self.frozen = name, make, change, frozen
        self.parameters, self.gradients = parameters, gradients
        self.steps = steps or len(gradients)  # type: ignore[arg-type]

    def trace(
        self, backend: Backend, wide: bool = False, moved: int | None = None
    ) -> Iterator[dict[str, np.ndarray]]:
        """What there is after each step, by name; `wide` in float64, `moved` one ulp away."""

        def given(array: np.ndarray) -> np.ndarray:
            if moved is not None and array.dtype == np.float32:
                return one_ulp_away(array, moved)
            return array.astype(np.float64) if wide and array.dtype == np.float32 else array

        leaves = [backend.tensor(given(p), not self.frozen) for p in self.parameters]
        made = self.make(backend.namespace(), leaves)
        optimizer, *schedulers = made if isinstance(made, tuple) else (made,)
        versions = [getattr(leaf, "_version", 0) for leaf in leaves]
        for step in range(self.steps):
            if self.change is not None:
                self.change(step, optimizer)
            if callable(self.gradients):
                optimizer.step(_closure(self.gradients, leaves, backend))
            else:
                for leaf, g in zip(leaves, self.gradients[step], strict=True):
                    leaf.grad = None if g is None else backend.tensor(given(g))
                optimizer.step()
            for scheduler in schedulers:
                scheduler.step()
            before, versions = versions, [getattr(leaf, "_version", 0) for leaf in leaves]
            written = [a != b for a, b in zip(before, versions)]
            yield dict(_snapshot(leaves, optimizer, backend), written=np.asarray(written))


class Known:
    """What the reference makes of a scenario, computed when it is first asked for."""

    def __init__(self, scenario: Scenario, reference: Backend, moves: int = MOVES) -> None:
        self.scenario, self.reference, self.moves = scenario, reference, moves

    @cached_property
    def steps(self) -> tuple[list[dict[str, np.ndarray]], str]:
        """The reference in float32: its steps, and the exception that ended them."""
        return run(self.scenario, self.reference)

    @cached_property
    def witnesses(self) -> list[list[dict[str, np.ndarray]]]:
        """The reference in float64, and the same one ulp away."""
        with self.reference.widened():
            moved = [run(self.scenario, self.reference, True, n)[0] for n in range(self.moves)]
            return [run(self.scenario, self.reference, True)[0], *moved]


def compare(
    scenario: Scenario, candidate: Backend, reference: Backend, known: Known | None = None
) -> Forced:
    """Compare what two engines' optimizers make of a scenario, step by step.

    `known` is what the reference made of it before.
    """
    known = known or Known(scenario, reference)
    expected, theirs = known.steps
    found, mine = run(scenario, candidate)
    made = Forced([])
    wide = known.witnesses if "float64" in reference.capabilities else []
    for number, (a, b) in enumerate(zip(found, expected)):
        problem = _structure(a, b, candidate.name, reference.name)
        if problem:
            return made._replace(problem=problem)
        truth, *moved = [w[number] for w in wide if number < len(w)] or [b]
        made.steps.append(
            [
                Finding(what, judge(array, b[what], truth[what], [m[what] for m in moved]))
                for what, array in a.items()
            ]
        )
    if mine != theirs:
        said = [f"{e.name} {text or 'goes on'}" for e, text in
                ((candidate, mine), (reference, theirs))]  # fmt: skip
        return made._replace(problem=", ".join(said))
    return made


def run(
    scenario: Scenario, backend: Backend, wide: bool = False, moved: int | None = None
) -> tuple[list[dict[str, np.ndarray]], str]:
    steps: list[dict[str, np.ndarray]] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for step in scenario.trace(backend, wide, moved):
                steps.append(step)  # noqa: PERF402  what came before an exception is kept
    except Exception as error:  # an engine may refuse in any words
        return steps, f"raises {type(error).__name__} in step {len(steps) + 1}"
    return steps, ""


def _closure(objective: Objective, leaves: list[Any], backend: Backend) -> Callable[[], Any]:
    """What a step calls to compute the loss anew, from the parameters as they are then."""

    def closure() -> Any:
        arrays = [backend.numpy(leaf) for leaf in leaves]
        loss, gradients = objective([a.astype(np.float64) for a in arrays])
        for leaf, g, a in zip(leaves, gradients, arrays, strict=True):
            leaf.grad = None if g is None else backend.tensor(g.astype(a.dtype))
        return backend.tensor(np.asarray(loss, arrays[0].dtype))

    return closure


def _snapshot(
    leaves: list[Any], optimizer: Any, backend: Backend
) -> Iterator[tuple[str, np.ndarray]]:
    """Parameters, state and the numbers of the groups, by name."""
    for i, leaf in enumerate(leaves):
        yield f"parameter {i}", backend.numpy(leaf).copy()
    kept = optimizer.state_dict()
    for i, state in sorted(kept["state"].items()):
        for key, value in sorted(state.items()):
            yield from _numbers(f"{key} of parameter {i}", value, backend)
    for i, group in enumerate(kept["param_groups"]):
        for key, value in sorted(group.items()):
            if key != "params":
                yield from _numbers(f"{key} of group {i}", value, backend)


def _numbers(name: str, value: Any, backend: Backend) -> Iterator[tuple[str, np.ndarray]]:
    if backend.is_tensor(value):
        yield name, backend.numpy(value).copy()
    elif isinstance(value, (list, tuple)):
        for i, part in enumerate(value):
            yield from _numbers(f"{name}, {i}", part, backend)
    elif isinstance(value, (int, float)):
        yield name, np.asarray(value, None if isinstance(value, bool) else np.float32)


def _structure(a: dict, b: dict, mine: str, theirs: str) -> str:
    if a.keys() != b.keys():
        apart = sorted(a.keys() ^ b.keys())
        return f"{apart[0]} is on {mine if apart[0] in a else theirs} alone"
    for what, array in a.items():
        for fact in ("shape", "dtype"):
            x, y = getattr(array, fact), getattr(b[what], fact)
            if x != y:
                return f"{what}: {fact} {x} on {mine}, {y} on {theirs}"
    return ""
