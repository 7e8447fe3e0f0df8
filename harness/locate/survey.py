"""Every call of one step, run alone on both engines and judged: the table of its operations.

    found = survey.of(mine, theirs, candidate, reference)    # two traces of the same step
    found.calls                                              # one entry a call, in order
    found.rows()                                             # one a line of the model

A call runs on the tensors that the reference gave it, so its errors are its own and none that it
inherited. Of a line that makes many calls, as in a loop, the first `EACH` run; the rest count only.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.backends import Backend
from harness.local import Comparison
from harness.locate.replay import Replay
from harness.locate.search import Pair, align, source_line
from harness.locate.trace import Call, Trace

EACH = 4
"""Calls of one operation at one line of the model that run again."""


class Errors(NamedTuple):
    """Both engines' errors against float64, relative, and what that is of the budget."""

    mine: float
    theirs: float
    share: float
    term: str


@dataclass
class Surveyed:
    """One call, alone. `note` says why there is no number, or what is wrong with its structure."""

    op: str
    line: str
    source: str
    module: str
    forward: Errors | None = None
    backward: Errors | None = None
    note: str = ""
    wrong: bool = False

    @property
    def worst(self) -> Errors | None:
        """The direction that uses most of its budget."""
        both = [e for e in (self.forward, self.backward) if e is not None]
        return max(both, key=lambda e: e.share, default=None)


@dataclass
class Row:
    """All calls of one operation at one line of the model, at their worst."""

    op: str
    line: str
    source: str
    modules: list[str]
    calls: int
    forward: Errors | None
    backward: Errors | None
    share: float | None
    term: str
    note: str
    wrong: bool


@dataclass
class Survey:
    """What one step shows, call by call; `alone` are calls that one engine makes and not both."""

    step: int
    calls: list[Surveyed] = field(default_factory=list)
    alone: tuple[int, int] = (0, 0)

    def rows(self) -> list[Row]:
        """The table: one row for each operation and line, the worst first."""
        groups: dict[tuple[str, str], list[Surveyed]] = {}
        for call in self.calls:
            groups.setdefault((call.op, call.line), []).append(call)
        rows = [_row(calls) for calls in groups.values()]
        return sorted(rows, key=lambda r: (not r.wrong, -(-1 if r.share is None else r.share)))


def of(
    candidate: Trace,
    reference: Trace,
    mine: Backend,
    theirs: Backend,
    number: int = 0,
    tick: Callable[[int], object] = lambda done: None,
) -> Survey:
    """Run every call that both engines make alone; `number` is that of the step."""
    aligned = align(candidate, reference)
    alone = len(aligned.only_candidate), len(aligned.only_reference)
    made = Survey(number, alone=alone)
    seen: Counter[tuple[str, str]] = Counter()
    for pair in aligned.pairs:
        found = _entry(pair.theirs)
        seen[found.op, found.line] += 1
        if seen[found.op, found.line] <= EACH:
            _replay(pair, mine, theirs, found)
        made.calls.append(found)
        tick(len(made.calls))
    return made


def _entry(call: Call) -> Surveyed:
    file = call.place.file.removeprefix(os.getcwd() + os.sep)
    source = source_line(call.place.file, call.place.line)
    return Surveyed(call.op, f"{file}:{call.place.line}", source, call.module)


def _replay(pair: Pair, mine: Backend, theirs: Backend, entry: Surveyed) -> None:
    """Fill in what the call shows alone."""
    try:
        seen = Replay(pair.theirs).compare(mine, theirs)
    except ValueError as error:
        entry.note = str(error)
        return
    entry.note = seen.problem or seen.unsupported or (seen.agreed and f"both raise {seen.agreed}")
    entry.wrong = not seen.ok and not seen.unsupported
    entry.forward = _errors(seen, "value")
    entry.backward = _errors(seen, "gradient")


def _errors(seen: Comparison, what: str) -> Errors | None:
    """Of the tensors of one direction the one that uses most of its budget."""
    judged = [f.judgement for f in seen.findings if f.judgement and f.what.startswith(what)]
    worst = max(judged, key=lambda j: j.share, default=None)
    return worst and Errors(worst.error, worst.reference_error, worst.share, worst.term)


def _row(calls: list[Surveyed]) -> Row:
    forward, backward = (
        max((e for e in errors if e is not None), key=lambda e: e.share, default=None)
        for errors in zip(*((c.forward, c.backward) for c in calls))
    )
    worst = max((e for e in (forward, backward) if e), key=lambda e: e.share, default=None)
    first, share = calls[0], worst.share if worst else None
    return Row(
        first.op,
        first.line,
        first.source,
        list(dict.fromkeys(c.module for c in calls if c.module)),
        len(calls),
        forward,
        backward,
        math.inf if share is not None and math.isnan(share) else share,
        worst.term if worst else "",
        next((c.note for c in calls if c.note), ""),
        any(c.wrong for c in calls),
    )
