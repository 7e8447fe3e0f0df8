"""Where two recorded runs first differ: structure, then initial values, then every step."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from harness.distance import Distance, Distances, kind_of, step_distances, step_norms
from harness.envelope import Levels
from harness.record import RANDOM, Record

CAUSE_FIRST = ("buffer", "loss", "gradient", "parameter", "learning rate")
"""The order in which a step brings its tensors about: the first kind that differs is the cause."""


class Outcome(IntEnum):
    """What a comparison ends with; the exit code of `python -m harness run`."""

    PASS = 0
    NUMBERS = 1
    STRUCTURE = 2
    FAILED = 3


@dataclass(frozen=True)
class Divergence:
    """The first value that left its tolerance. Step 0 is the state before the first step."""

    step: int
    key: str
    distance: Distance | None = None
    budget: float = 0.0

    def __str__(self) -> str:
        where = f"step {self.step}  {self.key}" if self.step else f"initial {self.key}"
        if self.distance is None:
            return f"{where}: not byte-equal"
        return (
            f"{where}: relative difference {self.distance.relative:.2g}, tolerance"
            f" {self.budget:.2g} (largest {self.distance.max_abs:.2g}, {self.distance.ulp:.3g} ulp)"
        )


def structure(candidate: Record, reference: Record) -> str | None:
    """What differs before any number is looked at, in one sentence; None where nothing does."""
    names = candidate.header["backend"], reference.header["backend"]
    mine, theirs = ({t["key"]: t for t in r.header["tensors"]} for r in (candidate, reference))
    if list(mine) != list(theirs):
        return _order(list(mine), list(theirs), names)
    for key, field in itertools.product(theirs, ("shape", "dtype", "requires_grad")):
        values = mine[key][field], theirs[key][field]
        if values[0] != values[1]:
            return f"{key} has {field} {values[0]} on {names[0]}, {values[1]} on {names[1]}"
    for step in range(1, min(len(candidate), len(reference)) + 1):
        if candidate.keys(step) != reference.keys(step):
            return f"step {step}: {_order(candidate.keys(step), reference.keys(step), names)}"
        for key in reference.keys(step):
            shapes = candidate.array(step, key).shape, reference.array(step, key).shape
            if shapes[0] != shapes[1]:
                return f"step {step}: {key} is {shapes[0]} on {names[0]}, {shapes[1]} on {names[1]}"
    if len(candidate) != len(reference):
        return f"{names[0]} made {len(candidate)} steps, {names[1]} {len(reference)}"
    return None


def initial_values(candidate: Record, reference: Record) -> Divergence | None:
    """The first parameter or buffer that does not start bit-equal."""
    for key, theirs in reference.arrays(0).items():
        mine = candidate.array(0, key)
        if mine.tobytes() != theirs.tobytes():
            apart = step_distances({key: mine}, {key: theirs})[key]
            return Divergence(0, key, apart)
    return None


def random_states(candidate: Record, reference: Record) -> tuple[int, Divergence | None]:
    """How many states both runs show, and the first that is not byte-equal."""
    compared = 0
    for step in range(len(reference) + 1):
        mine, theirs = candidate.random_state(step), reference.random_state(step)
        if mine is None or theirs is None:
            continue
        compared += 1
        if mine != theirs:
            return compared, Divergence(step, RANDOM)
    return compared, None


def norms(reference: Record) -> Levels:
    """The norm of every tensor at every step."""
    return [step_norms(reference.arrays(step)) for step in range(1, len(reference) + 1)]


def distances(candidate: Record, reference: Record) -> Distances:
    """The distance of every tensor at every step."""
    return [
        step_distances(candidate.arrays(step), reference.arrays(step))
        for step in range(1, len(reference) + 1)
    ]


def first_out(
    run: Distances, budgets: Levels, replays: Sequence[Distances] = ()
) -> Divergence | None:
    """The first value that is out of its budget, in all the replays too; in a step, the cause."""
    for step, (allowed, *runs) in enumerate(zip(budgets, run, *replays), start=1):
        out = [key for key in allowed if all(not at[key].relative <= allowed[key] for at in runs)]
        if out:
            key = _cause(out, runs[0], allowed)
            return Divergence(step, key, runs[0][key], allowed[key])
    return None


def _cause(out: list[str], measured: dict[str, Distance], allowed: dict[str, float]) -> str:
    kind = min((kind_of(key) for key in out), key=CAUSE_FIRST.index)
    of_kind = [key for key in out if kind_of(key) == kind]
    if kind == "gradient":
        return of_kind[-1]  # backward begins at the last layer
    if kind == "parameter":
        return max(of_kind, key=lambda key: measured[key].relative / allowed[key])
    return of_kind[0]


def _order(mine: list[str], theirs: list[str], names: tuple[str, str]) -> str:
    """What differs between two lists of keys."""
    for key in theirs:
        if key not in mine:
            return f"{key} is missing on {names[0]}"
    for key in mine:
        if key not in theirs:
            return f"{key} is missing on {names[1]}"
    first = next(pair for pair in zip(mine, theirs) if pair[0] != pair[1])
    return f"the order differs: {first[0]} on {names[0]} where {names[1]} has {first[1]}"
