"""Differences that are meant, each with its reason; told by a rule, not by a list of programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from harness.fuzz.judge import Trial


class Deviation(NamedTuple):
    """A difference that is accepted, why, and how it is told."""

    name: str
    reason: str
    holds: Callable[[Trial], bool]


LEDGER: tuple[Deviation, ...] = ()


def excuse(trial: Trial) -> str:
    """The name of the deviation that explains a difference; nothing where none does."""
    return next((d.name for d in LEDGER if d.holds(trial)), "")
