"""What an engine makes of one operation, layer or optimizer: cells of a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

RIGHT, WRONG, UNSUPPORTED = "right", "wrong", "unsupported"

KEPT = 3
"""How many reasons a cell keeps."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "operations": (
        "value", "gradient", "second gradient", "result", "dtypes", "method", "in place", "out=",
        "alias", "errors",
    ),
    "modules": ("value", "gradient", "result", "start", "state", "errors", "repr"),
    "optimizers": ("steps", "state", "reload", "errors", "repr"),
    "schedulers": ("rates", "state", "reload", "errors"),
}  # fmt: skip
CORE = {
    "operations": ("value", "gradient", "second gradient", "result"),
    "modules": ("value", "gradient", "result", "start", "state"),
    "optimizers": ("steps", "state", "reload"),
    "schedulers": ("rates", "state", "reload"),
}
"""What has to be right for an entry to count as supported."""

WORDS = ("errors", "repr")
"""Columns without numbers: what differs there is no wrong result."""


class Check(NamedTuple):
    """One thing that was asked."""

    verdict: str
    said: str = ""
    share: float = 0.0
    term: str = ""


@dataclass
class Cell:
    """All that was asked in one column."""

    counts: Counter = field(default_factory=Counter)
    share: float = 0.0  # the largest share of a budget, of what is right
    term: str = ""
    reasons: list[str] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """How many checks there were."""
        return sum(self.counts.values())

    @property
    def full(self) -> bool:
        """Whether all of them are right."""
        return self.counts[RIGHT] == self.asked

    def add(self, check: Check) -> None:
        """Count a check."""
        self.counts[check.verdict] += 1
        if check.verdict == RIGHT:
            if check.share >= self.share:
                self.share, self.term = check.share, check.term
        elif check.said not in self.reasons and len(self.reasons) < KEPT:
            self.reasons.append(check.said)

    def __str__(self) -> str:
        if not self.asked:
            return ""
        return "yes" if self.full else f"{self.counts[RIGHT]} of {self.asked}"


@dataclass
class Entry:
    """One entry of a database and what was found."""

    kind: str  # a key of COLUMNS
    name: str
    tier: str
    absent: str = ""  # the name that the engine lacks
    cells: dict[str, Cell] = field(default_factory=dict)
    skipped: Counter = field(default_factory=Counter)  # samples by the reason
    notes: dict[str, str] = field(default_factory=dict)

    def add(self, column: str, check: Check) -> None:
        """Count a check in its column."""
        self.cells.setdefault(column, Cell()).add(check)

    def note(self, text: str, example: str = "") -> None:
        """Say something once, with the first example of it."""
        self.notes.setdefault(text, example)

    @property
    def status(self) -> str:
        """One word: not asked, absent, wrong, unsupported, partly, supported, complete."""
        if self.absent:
            return "absent"
        core = [c for name, c in self.cells.items() if name in CORE[self.kind]]
        if not core:
            return "not asked"
        if self.wrong:
            return "wrong"
        if not any(c.counts[RIGHT] for c in core):
            return "unsupported"
        if not all(c.full for c in core):
            return "partly"
        return "complete" if all(c.full for c in self.cells.values()) else "supported"

    @property
    def supported(self) -> bool:
        """Whether every number that was asked for is right."""
        return self.status in ("supported", "complete")

    @property
    def wrong(self) -> list[str]:
        """The columns in which a number is wrong."""
        return [n for n, c in self.cells.items() if c.counts[WRONG] and n not in WORDS]

    @property
    def said(self) -> list[str]:
        """Its notes, each with its example."""
        return [f"{text}: {example}" if example else text for text, example in self.notes.items()]

    @property
    def reasons(self) -> list[str]:
        """Why it is not complete, column by column."""
        if self.absent:
            return [f"there is no {self.absent}"]
        worst_first = sorted(self.cells.items(), key=lambda item: item[0] not in self.wrong)
        return [f"{n}: {said}" for n, c in worst_first for said in c.reasons]

    def as_json(self) -> dict[str, Any]:
        """As the report's JSON has it."""
        return {
            "kind": self.kind,
            "name": self.name,
            "tier": self.tier,
            "status": self.status,
            "absent": self.absent,
            "columns": {
                name: {
                    **{verdict: cell.counts[verdict] for verdict in (RIGHT, WRONG, UNSUPPORTED)},
                    "share": cell.share,
                    "term": cell.term,
                    "reasons": cell.reasons,
                }
                for name, cell in self.cells.items()
            },
            "skipped": dict(self.skipped),
            "notes": self.said,
        }


def asked(entries: Iterable[Entry]) -> list[Entry]:
    """Those about which there was something to ask."""
    return [e for e in entries if e.status != "not asked"]
