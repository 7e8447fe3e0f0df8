"""What was found, as a headline, Markdown, CSV and JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness.opinfo.found import COLUMNS, RIGHT, Entry, asked

SCHEMA = "harness.opinfo/1"
NAMED = 12
"""How many names a printed line lists."""

ABOUT = """\
The entries and their samples are those of PyTorch's own tests (`op_db`, `module_db`, `optim_db` of
`torch.testing._internal`); the schedulers are a table of the harness. Values and gradients are
judged against float64 by the derived budget of `harness/tolerance.py`; *share* is the largest part
of a budget that something right used, *term* what set that budget. **Supported**: every value,
derivative, shape and dtype that was asked for is right. **Complete**: so is every other dtype, form
(method, in place, `out=`, alias), exception and text. **Partly**: some samples are refused, the
others are right. *Not asked*: torch has no sample that can be told to another engine."""


class Found(NamedTuple):
    """Everything that was found about one engine."""

    engine: str
    versions: str
    entries: list[Entry]
    complete: bool = True  # whether the run came to its end
    same_numbers: bool = True

    @property
    def wrong(self) -> list[Entry]:
        """Those that give wrong numbers."""
        return [e for e in self.entries if e.status == "wrong"]

    def of(self, kind: str) -> list[Entry]:
        """The entries of one kind about which there was something to ask."""
        return asked(e for e in self.entries if e.kind == kind)


def headline(found: Found) -> str:
    """How much is supported, in one line: 'minitorch: 553 of 558 operations, ...'."""
    parts = []
    for kind in COLUMNS:
        entries = found.of(kind)
        if entries:
            parts.append(f"{sum(e.supported for e in entries)} of {len(entries)} {kind}")
    return f"{found.engine}: " + ", ".join(parts or ["nothing was asked"])


def lines(found: Found) -> list[str]:
    """The rest of what is printed, one finding a line."""
    entries = asked(found.entries)
    complete = sum(e.status == "complete" for e in entries)
    said = [
        f"complete, every dtype, form and exception included: {complete} of {len(entries)}",
    ]
    for status, words in STATUSES.items():
        names = [e.name for e in found.entries if e.status == status]
        if names:
            said.append(f"{words}: {len(names)}, {_listed(names)}")
    notes = [f"{e.name}: {note}" for e in found.entries for note in e.said]
    said += notes[:NAMED] + ([f"{len(notes) - NAMED} more notes"] if len(notes) > NAMED else [])
    if not found.same_numbers:
        said.append("it draws random numbers of its own: of what is random the shape is compared")
    skipped = _skipped(found.entries)
    if skipped:
        said.append(
            "not asked: " + ", ".join(f"{reason} ({n})" for reason, n in skipped.most_common(NAMED))
        )
    if not found.complete:
        said.append("interrupted: what came later was not asked")
    return said


STATUSES = {
    "wrong": "WRONG NUMBERS",
    "partly": "in part",
    "unsupported": "unsupported",
    "absent": "absent",
}
"""What is printed of which entries, the worst first."""


def write(folder: Path, found: Found) -> Path:
    """Write opinfo.json, opinfo.csv and opinfo.md; the latter's path."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "schema": SCHEMA,
        "engine": found.engine,
        "versions": found.versions,
        "headline": headline(found),
        "complete": found.complete,
        "tiers": [row for kind in COLUMNS for row in tiers(found.of(kind))],
        "skipped": dict(_skipped(found.entries)),
        "entries": [e.as_json() for e in found.entries],
    }
    text = json.dumps(about, indent=1, ensure_ascii=False)
    (folder / "opinfo.json").write_text(text + "\n", encoding="utf-8")
    _csv(folder / "opinfo.csv", found.entries)
    path = folder / "opinfo.md"
    path.write_text(markdown(found), encoding="utf-8")
    return path


def tiers(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """One row for each tier: how many entries have a column full, of those asked about it."""
    rows = []
    for tier in sorted({e.tier for e in entries}):
        some = [e for e in entries if e.tier == tier]
        row: dict[str, Any] = {"kind": some[0].kind, "tier": tier}
        row["supported"] = _of(sum(e.supported for e in some), len(some))
        row["complete"] = _of(sum(e.status == "complete" for e in some), len(some))
        for column in COLUMNS[some[0].kind]:
            cells = [e.cells[column] for e in some if column in e.cells]
            row[column] = _of(sum(c.full for c in cells), len(cells))
        rows.append(row)
    return rows


def markdown(found: Found) -> str:
    """The whole report."""
    text = [f"# {headline(found)}", "", f"{found.versions}.", "", ABOUT, ""]
    text += [f"- {line}." for line in lines(found)]
    for kind in COLUMNS:
        entries = found.of(kind)
        if not entries:
            continue
        rows = [{k: v for k, v in row.items() if k != "kind"} for row in tiers(entries)]
        text += ["", f"## {kind.capitalize()}", "", *_table(rows)]
        lacking = [
            {"name": f"`{e.name}`", "tier": e.tier, "": e.status, "reason": reason}
            for e in found.entries
            if e.kind == kind and e.status != "complete"
            for reason in (e.reasons or _reasons_of_none(e))
        ]
        if lacking:
            text += ["", f"### {kind.capitalize()} that are not complete, and why", ""]
            text += _table(lacking)
        text += ["", f"### Every one of the {kind}", "", *_table([_row(e) for e in entries])]
    skipped = [{"reason": r, "count": n} for r, n in _skipped(found.entries).most_common()]
    if skipped:
        text += ["", "## What was not asked, and why", "", *_table(skipped)]
    return "\n".join(text) + "\n"


def _reasons_of_none(entry: Entry) -> list[str]:
    return [f"not asked: {reason}" for reason in entry.skipped] or ["not asked"]


def _row(entry: Entry) -> dict[str, str]:
    """An entry as a row of the table: what is full, how near the worst came to its budget."""
    row = {"name": f"`{entry.name}`", "tier": entry.tier, "": entry.status}
    row |= {column: str(entry.cells.get(column, "")) for column in COLUMNS[entry.kind]}
    worst = max(entry.cells.values(), key=lambda c: c.share, default=None)
    near = worst is not None and worst.share > 0
    return row | {"share": f"{worst.share:.2g}" if near else "", "term": worst.term if near else ""}


def _csv(path: Path, entries: Iterable[Entry]) -> None:
    """One line for each column of each entry."""
    import csv

    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(
            [
                "kind",
                "name",
                "tier",
                "status",
                "column",
                "asked",
                "right",
                "share",
                "term",
                "reason",
            ]
        )
        for e in entries:
            known = [e.kind, e.name, e.tier, e.status]
            for column, c in e.cells.items():
                share = f"{c.share:.3g}"
                reason = "; ".join(c.reasons)
                out.writerow([*known, column, c.asked, c.counts[RIGHT], share, c.term, reason])
            if not e.cells:
                out.writerow([*known, "", 0, 0, "", "", "; ".join(e.reasons)])


def _skipped(entries: Iterable[Entry]) -> Counter:
    return sum((e.skipped for e in entries), Counter())


def _of(count: int, of: int) -> str:
    return f"{count} of {of}" if of else ""


def _listed(names: Sequence[str]) -> str:
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
    return ", ".join([*names[:NAMED], *more])


def _table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Rows as Markdown; a bar in a cell would end it."""
    head = list(rows[0])
    cells = [[str(row[k]).replace("|", "\\|").replace("\n", " ") for k in head] for row in rows]
    return ["| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *cells]]
