"""Two engines, and how one function of told tensors is compared on both."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import numpy as np

from harness.backends import CAPABILITIES, Backend
from harness.local import Comparison, Outcome, compare, evaluate, structure
from harness.opinfo.found import Entry
from harness.opinfo.telling import Told


class Engines(NamedTuple):
    """Who is compared, and with how many samples."""

    candidate: Backend
    reference: Backend
    samples: int = 6
    few: int = 2  # for a dtype, and for another form of a call
    same_numbers: bool = True  # the candidate draws the reference's random numbers

    def compare(self, function: Callable, told: Told, order: int, **how: Any) -> Comparison:
        """`compare` of a function of the told tensors.

        The float64 run draws other random numbers: for what is random the reference stands alone.
        """
        how |= {"order": order, "constant": told.constant}
        found = compare(function, told.arrays, self.candidate, self.reference, **how)
        if found.ok or found.problem or found.unsupported or not self.is_random(function, told):
            return found
        if self.same_numbers:
            return compare(function, told.arrays, self.candidate, NARROW, **how)
        return self.alike(function, told)

    def alike(self, function: Callable, told: Told) -> Comparison:
        """Shapes and dtypes alone."""
        found, expected = self.outcomes(function, told)
        fault, problem = structure(found, expected, self.candidate.name, self.reference.name)
        return Comparison(problem=problem, fault=fault)

    def outcomes(self, function: Callable, told: Told) -> tuple[Outcome, Outcome]:
        """What the candidate and the reference make of a function, without derivatives."""
        return tuple(
            evaluate(function, told.arrays, engine, 0)
            for engine in (self.candidate, self.reference)
        )

    def is_random(self, function: Callable, told: Told) -> bool:
        """Whether the reference's result depends on the seed."""
        one, other = (
            evaluate(function, told.arrays, self.reference, 0, seed=seed).arrays for seed in (0, 1)
        )
        return not all(np.array_equal(one[k], other.get(k), equal_nan=True) for k in one)


class Plain(Backend):
    """torch, as the reference of told calls: they widen themselves, the engine need not."""

    def widened(self) -> AbstractContextManager[Any]:
        """Nothing to do."""
        return nullcontext()


class Narrow(Backend):
    """torch without its float64."""

    capabilities = CAPABILITIES - {"float64"}


REFERENCE = Plain("torch")
NARROW = Narrow("torch")


Job = tuple[str, Callable[[Engines], Entry]]
"""The name of an entry and what examines it."""


def job(examine: Callable, *about: Any) -> Callable[[Engines], Entry]:
    """What examines an entry when it is told the engines."""
    return lambda engines: examine(*about, engines)
