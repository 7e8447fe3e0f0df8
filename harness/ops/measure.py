"""Every case on both engines: how it went, and how accurate each was."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from harness.backends import Backend
from harness.cases import ODD, Case
from harness.local import Comparison, Finding, compare
from harness.tolerance import FACTOR, Judgement, accuracy

EPS = 2.0**-23
"""The spacing of float32 numbers just above 1: the unit of every error that is printed."""

FLOOR = 4 * EPS
"""Errors below this count as this in a ratio: no engine is better than another there. So do those
below half of what an ulp of the inputs does, where that is more."""

STATES = ("fault", "structure", "unsupported", "torch is wrong", "undefined", "beyond", "raises")


class Tried(NamedTuple):
    """One case and what came of it."""

    case: Case
    seed: int
    found: Comparison

    @property
    def state(self) -> str:
        """How it went: one of STATES, or "pass".

        torch is wrong only where it is known to be, see `harness/cases/odd.py`.
        """
        found = self.found
        if found.unsupported:
            return "unsupported"
        if found.problem:
            return "structure"
        if found.beyond:
            return "beyond"
        if found.agreed:
            return "raises"
        if all(f.ok for f in found.findings):
            return "pass"
        if found.odd == "reference":
            return "torch is wrong" if self.case.op in ODD else "fault"
        return "undefined" if found.odd == "undefined" else "fault"

    @property
    def wrong(self) -> bool:
        """Whether it speaks against the candidate."""
        return self.state in ("fault", "structure")

    @property
    def ratios(self) -> list[float]:
        """How many times as far from float64 as the reference the candidate is, tensor by tensor.

        Only where both are numbers and the reference is not the wrong one.
        """
        if self.state not in ("pass", "fault"):
            return []
        return [ratio(f.judgement) for f in self.found.findings if _measured(f)]


def _measured(finding: Finding) -> bool:
    return finding.judgement is not None and finding.judgement.term != "exact"


def ratio(judgement: Judgement) -> float:
    """The candidate's error by the reference's; 1 where both are as small as can be."""
    unsure = judgement.budget / FACTOR / 2 if judgement.term == "one ulp" else 0.0
    return accuracy(judgement.error, judgement.reference_error, max(FLOOR, unsure))


def pattern(names: Sequence[str]) -> str:
    """What the operations of `--op` match: names as they are, anything else as an expression."""
    plain = re.compile(r"[\w.]+")
    each = [f"^(nn\\.functional\\.)?{re.escape(n)}$" if plain.fullmatch(n) else n for n in names]
    return "|".join(each)


def run(
    found: Sequence[tuple[int, Case]], candidate: Backend, reference: Backend
) -> tuple[list[Tried], bool]:
    """What came of every case; and whether somebody stopped it before the end."""
    from tqdm import tqdm

    tried: list[Tried] = []
    try:
        with np.errstate(all="ignore"):
            for seed, case in tqdm(found, disable=None, leave=False):
                made = compare(
                    case.function,
                    case.inputs,
                    candidate,
                    reference,
                    case.order,
                    case.constant,
                    seed,
                )
                tried.append(Tried(case, seed, made))
    except KeyboardInterrupt:
        return tried, True
    return tried, False
