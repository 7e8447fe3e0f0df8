"""Accepted deviations: `verify.toml`, each with its reason and the day on which it ends.

    [[accept]]
    tensor = "gradient norm*.bias"      # what differs: a key, with * and ?
    script = "train.py"                 # where; everywhere, if left out
    reason = "zero on paper; the engine sums in another order"
    until = 2027-06-30

What is accepted is no fault and stands in every report, on top. After its last day it is a fault
again: nothing is accepted for ever.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

NAME = "verify.toml"
FIELDS = {"tensor": str, "script": str, "reason": str, "until": datetime.date}


class LedgerError(Exception):
    """A ledger cannot be read; the message is one line for the user."""


class Entry(NamedTuple):
    """One accepted deviation."""

    tensor: str
    reason: str
    until: datetime.date
    script: str = "*"

    def covers(self, script: str, key: str) -> bool:
        """Whether it speaks of this tensor in this script, on whatever day."""
        return fnmatchcase(Path(script).name, self.script) and fnmatchcase(key, self.tensor)

    def __str__(self) -> str:
        return f"{self.reason} (until {self.until})"


class Ledger(NamedTuple):
    """All entries, and today."""

    entries: Sequence[Entry] = ()
    today: datetime.date = datetime.date.max

    def accepts(self, script: str, key: str) -> Entry | None:
        """The entry that accepts a deviation of this tensor; None where none is in force."""
        found = (e for e in self.entries if e.covers(script, key) and self.today <= e.until)
        return next(found, None)

    def expired(self, script: str) -> list[Entry]:
        """The entries for a script whose day has passed."""
        of_script = (e for e in self.entries if fnmatchcase(Path(script).name, e.script))
        return [entry for entry in of_script if entry.until < self.today]


def read(path: Path, today: datetime.date | None = None) -> Ledger:
    """The ledger in a file; an empty one where there is none.

    Raises: LedgerError for a file that is no ledger, naming the entry at fault.
    """
    today = today or datetime.date.today()
    if not path.exists():
        return Ledger((), today)
    try:
        import tomllib
    except ModuleNotFoundError:  # Python 3.10
        import tomli as tomllib
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LedgerError(f"{path}: {error}") from None
    if unknown := set(told) - {"accept"}:
        raise LedgerError(f"{path}: expected [[accept]], got {', '.join(sorted(unknown))}")
    entries = [_entry(path, n, each) for n, each in enumerate(told.get("accept", []), start=1)]
    return Ledger(entries, today)


def _entry(path: Path, number: int, told: dict[str, Any]) -> Entry:
    where = f"{path}: entry {number}"
    for name, value in told.items():
        if name not in FIELDS:
            raise LedgerError(f"{where}: unknown field {name!r}; known are {', '.join(FIELDS)}")
        if not isinstance(value, FIELDS[name]) or isinstance(value, datetime.datetime):
            kind = "a date" if name == "until" else "text"
            raise LedgerError(f"{where}: {name} has to be {kind}, got {value!r}")
    for name in ("tensor", "reason", "until"):
        if not told.get(name):
            raise LedgerError(f"{where}: {name} is missing")
    return Entry(**told)
