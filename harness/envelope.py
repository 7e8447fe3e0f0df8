"""How far two correct engines may drift apart, step by step and tensor by tensor.

Rounding errors grow in training, at a pace that depends on the model, the data and the step, and a
unit that lands on the other side of a ReLU's kink moves everything behind it. No fixed tolerance
fits. A tensor's budget at a step is `FACTOR` times the largest of three terms (tolerance.py):

    rounding     2 eps of the largest norm that the tensor has had
    reference    how far the reference has got from its own float64 run
    one ulp      how far it has got from itself when every parameter was moved by one ulp at the
                 start: the envelope of a few such runs

An engine within its budget differs from the reference no more than the reference does from itself.
Where the envelope of the loss or of all parameters together passes `CHAOS`, a comparison means
nothing any more, and judging stops.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from harness.distance import EPS, kind_of
from harness.tolerance import FACTOR, TERMS

FLOOR = 2 * EPS
"""An envelope is never taken for narrower than this, relative to the largest norm the tensor has
had: when a model is nearly right its gradients are small differences (`softmax - target`), and
their rounding errors are still those of large numbers."""

CHAOS = 1e-2
"""The relative distance of the reference from itself at which judging stops."""

FIRST_STEPS = 20
FIRST_LOSS = 1e-5
"""Over the first steps the loss has this tolerance at least, relative."""

Level = Mapping[str, float]
"""A relative distance for every tensor, by its key."""


class Allowance(NamedTuple):
    """What a tensor may be off by, relative, and which term says so."""

    budget: float
    term: str


class Envelope:
    """Follows the witnesses and allows each tensor its budget.

    With `local`, for steps that all start from the same state, nothing is carried from step to
    step: what a witness was off by once says nothing about the next step.
    """

    def __init__(self, runs: int, local: bool = False) -> None:
        self._runs, self._local = runs, local
        self._steps = 0
        self._reached: dict[str, list[float]] = {}  # by each one-ulp run
        self._own: dict[str, float] = {}  # by the reference from its float64 run
        self._largest: dict[str, float] = {}  # norms
        self.level: dict[str, float] = {}
        self.widest = 0.0  # of the loss, and of all parameters together
        self.chaotic = False

    def step(
        self, norms: Level, runs: Sequence[Level | None], own: Level | None = None
    ) -> dict[str, Allowance]:
        """The allowance of every tensor in `norms`, the reference's norms of this step.

        `runs` holds the distances of each one-ulp run, None for one that has ended; `own` those
        of the reference from its float64 run.
        """
        self._steps += 1
        if self._local:
            self._reached.clear()
            self._own.clear()
        for number, run in enumerate(runs):
            for key, apart in (run or {}).items():
                reached = self._reached.setdefault(key, [0.0] * self._runs)
                reached[number] = max(reached[number], apart)
        for key, apart in (own or {}).items():
            self._own[key] = max(self._own.get(key, 0.0), apart)
        # Over the first steps the second largest: where one run in four lands on the other side
        # of a kink, its leap must not hide a fault that is there from the first step on.
        rank = -2 if self._steps <= FIRST_STEPS and self._runs > 1 else -1
        self.level = {key: sorted(reached)[rank] for key, reached in self._reached.items()}
        allowed = {key: self._allow(key, size) for key, size in norms.items()}
        apart = sorted(self._wide(norms, run) for run in runs if run)
        # The second largest: one run that landed on the other side of a kink is no chaos.
        self.widest = apart[-min(2, len(apart))] if apart else 0.0
        self.chaotic = self.chaotic or (not self._local and self.widest > CHAOS)
        return allowed

    def _wide(self, norms: Level, run: Level) -> float:
        """How far a run is from the reference now: in its loss, and in its parameters together.

        A single parameter may be nothing but noise, as a bias before batch normalization is, and
        says nothing of the others; a loss near zero is measured by what it was.
        """
        apart, size, widest = 0.0, 0.0, 0.0
        for key, norm in norms.items():
            if not norm:
                continue
            off = run.get(key, 0.0) * norm
            if kind_of(key) == "parameter":
                apart, size = math.hypot(apart, off), math.hypot(size, norm)
            elif kind_of(key) == "loss":
                widest = max(widest, off / self._largest[key])
        return max(widest, apart / size if size else 0.0)

    def _allow(self, key: str, size: float) -> Allowance:
        largest = self._largest[key] = max(size, self._largest.get(key, 0.0))
        floor = FLOOR * largest / size if size else FLOOR
        terms = floor, self._own.get(key, 0.0), self.level.get(key, 0.0)
        worst = max(range(3), key=terms.__getitem__)
        budget = FACTOR * terms[worst]
        if key == "loss" and self._steps <= FIRST_STEPS and budget < FIRST_LOSS:
            return Allowance(FIRST_LOSS, "first losses")
        return Allowance(budget, TERMS[worst])
