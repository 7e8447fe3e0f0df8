"""What the programs have reached: names x dtype x rank x layout x edge, and what else counts."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from harness.fuzz.build import NAMES
from harness.fuzz.judge import Trial, layout
from harness.fuzz.runner import Facts


class Cell(NamedTuple):
    """Where a name was tried: by the tensor it takes first."""

    op: str
    dtype: str
    rank: int
    layout: str
    edge: str


class Coverage:
    """Counters over all programs so far."""

    def __init__(self) -> None:
        self.programs = 0
        self.statements = 0
        self.cells: Counter[Cell] = Counter()
        self.reached: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.raised: Counter[str] = Counter()
        self.excused: Counter[str] = Counter()

    def add(self, trial: Trial) -> None:
        """Count one program, as the reference ran it."""
        self.programs += 1
        statements, steps = trial.program.statements, trial.theirs.steps
        self.statements += len(steps)
        facts: dict[str, Facts] = {}
        cells: dict[str, tuple] = {}
        views: set[str] = set()
        marks: set[str] = set()
        for s, step in zip(statements, steps):
            if step.skipped:
                continue
            if step.raised:
                self.raised[step.raised] += 1
                marks.add("exceptions agreed")
                continue
            self.reached[s.op] += 1
            for name in s.reads[:1]:
                if name in facts:
                    if name not in cells:
                        cells[name] = _cell(facts[name])
                    self.cells[Cell(s.op, *cells[name])] += 1
            marks.update(_marks(s, views))
            if s.kind == "view":
                views.update(s.outs)
            for name, seen in step.facts.items():
                if seen is not None:
                    facts[name] = seen
                    cells.pop(name, None)
        self.counts.update(marks)
        self.counts["ill-conditioned"] += bool(trial.ill)
        self.counts["judged by float64"] += "witnesses" in vars(trial)
        self.counts["cut short by a failed sweep"] += len(steps) < len(statements)
        if trial.excuse:
            self.excused[trial.excuse] += 1

    @property
    def unreached(self) -> list[str]:
        """The names of the grammar that ran in no program."""
        return sorted(NAMES - self.reached.keys())

    def table(self) -> dict[str, Any]:
        """Everything as plain numbers, for JSON."""
        axes = ("op", "dtype", "rank", "layout", "edge")
        shares = {a: Counter() for a in axes[1:]}
        for cell, count in self.cells.items():
            for axis in axes[1:]:
                shares[axis][str(getattr(cell, axis))] += count
        return {
            "programs": self.programs,
            "statements": self.statements,
            "names": len(NAMES),
            "unreached": self.unreached,
            "reached": dict(sorted(self.reached.items())),
            "cells": len(self.cells),
            "shares": {axis: dict(found.most_common()) for axis, found in shares.items()},
            "programs with": dict(sorted(self.counts.items())),
            "exceptions": dict(self.raised.most_common()),
            "accepted deviations": dict(self.excused.most_common()),
            "by cell": [[*cell, count] for cell, count in sorted(self.cells.items())],
        }


def _marks(s: Any, views: set[str]) -> set[str]:
    """What a statement makes of its program."""
    found = set()
    if s.op == "backward (second)":
        found.add("double backward")
    if s.op == "grad (create_graph)" or "create_graph=True" in s.text:
        found.add("create_graph")
    if s.kind == "write":
        found.add("writes in place")
        if s.reads[0] in views:
            found.add("writes to views")
    if s.op == "register_hook":
        found.add("hooks")
    if s.mode:
        found.add(s.mode)
    return found


def _cell(facts: Facts) -> tuple[str, int, str, str]:
    return facts.dtype, len(facts.shape), layout(facts), edge(facts.value)


def edge(array: np.ndarray) -> str:
    """What is special about the numbers."""
    if array.dtype.kind != "f" or not array.size:
        return "plain"
    large = np.abs(array)
    top = float(large.max())
    if top != top:
        return "nan"
    if top == np.inf:
        return "inf"
    if top > 1e12:
        return "huge"
    low = float(large.min())
    if low == 0:
        return "zeros"
    if low < 1e-12:
        return "tiny"
    return "ties" if np.unique(array).size < array.size else "plain"
