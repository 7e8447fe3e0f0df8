"""Where two runs first differ: structure, then initial values, then every step."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from harness.channel import Arrays
from harness.distance import Distance, kind_of, step_distances
from harness.envelope import Allowance

CAUSE_FIRST = ("buffer", "loss", "gradient", "optimizer", "parameter", "learning rate")
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
    term: str = ""

    def __str__(self) -> str:
        where = f"step {self.step}  {self.key}" if self.step else f"initial {self.key}"
        if self.distance is None:
            return f"{where}: not byte-equal"
        said = f" set by {self.term}" if self.term else ""
        return (
            f"{where}: relative difference {self.distance.relative:.2g}, budget"
            f" {self.budget:.2g}{said} (largest {self.distance.max_abs:.2g},"
            f" {self.distance.ulp:.3g} ulp)"
        )


def structure(candidate: Mapping[str, Any], reference: Mapping[str, Any]) -> str | None:
    """What differs between two headers, in one sentence; None where nothing does."""
    names = candidate["backend"], reference["backend"]
    mine, theirs = ({t["key"]: t for t in header["tensors"]} for header in (candidate, reference))
    if list(mine) != list(theirs):
        return order(list(mine), list(theirs), names)
    for key, field in itertools.product(theirs, ("shape", "dtype", "requires_grad")):
        values = mine[key][field], theirs[key][field]
        if values[0] != values[1]:
            return f"{key} has {field} {values[0]} on {names[0]}, {values[1]} on {names[1]}"
    return _optimizers(candidate["optimizers"], reference["optimizers"], names)


def _optimizers(mine: list, theirs: list, names: tuple[str, str]) -> str | None:
    for number, (a, b) in enumerate(zip(mine, theirs)):
        if a["class"] != b["class"]:
            return f"optimizer {number} is {a['class']} on {names[0]}, {b['class']} on {names[1]}"
        for group, (ours, other) in enumerate(zip(a["groups"], b["groups"])):
            for field in other:
                if field in ours and ours[field] != other[field]:
                    return (
                        f"{a['class']}, group {group}: {field} is {ours[field]} on {names[0]}, "
                        f"{other[field]} on {names[1]}"
                    )
    return None


def step_structure(step: int, mine: Arrays, theirs: Arrays, names: tuple[str, str]) -> str | None:
    """What differs at a step before any number is looked at; None where nothing does."""
    if mine.keys() != theirs.keys() or list(mine) != list(theirs):
        return f"step {step}: {order(list(mine), list(theirs), names)}"
    for key, array in theirs.items():
        if mine[key].shape != array.shape and key != "loss":
            shapes = mine[key].shape, array.shape
            return f"step {step}: {key} is {shapes[0]} on {names[0]}, {shapes[1]} on {names[1]}"
    return None


def initial_values(mine: Arrays, theirs: Arrays) -> Divergence | None:
    """The first parameter or buffer that does not start bit-equal."""
    for key, array in theirs.items():
        if key in mine and mine[key].tobytes() != array.tobytes():
            return Divergence(0, key, step_distances({key: mine[key]}, {key: array})[key])
    return None


def worst_out(
    step: int, apart: Mapping[str, Distance], allowed: Mapping[str, Allowance], out: Sequence[str]
) -> Divergence:
    """Of the tensors that left their budget at a step, the one that is the cause."""
    kind = min((kind_of(key) for key in out), key=CAUSE_FIRST.index)
    of_kind = [key for key in out if kind_of(key) == kind]
    if kind == "gradient":
        key = of_kind[-1]  # backward begins at the last layer
    elif kind in ("parameter", "optimizer"):
        key = max(of_kind, key=lambda key: apart[key].relative / (allowed[key].budget or 1e-300))
    else:
        key = of_kind[0]
    return Divergence(step, key, apart[key], *allowed[key])


def order(mine: list[str], theirs: list[str], names: tuple[str, str]) -> str:
    """What differs between two lists of keys."""
    for key in theirs:
        if key not in mine:
            return f"{key} is missing on {names[0]}"
    for key in mine:
        if key not in theirs:
            return f"{key} is missing on {names[1]}"
    first = next(pair for pair in zip(mine, theirs) if pair[0] != pair[1])
    return f"the order differs: {first[0]} on {names[0]} where {names[1]} has {first[1]}"
