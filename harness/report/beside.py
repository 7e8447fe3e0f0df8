"""What other commands have found out, for the page of a run and for the index.

Each leaves one JSON file: reports/COMMAND/COMMAND.json with a `schema` and a `headline`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

COMMANDS = {
    "ops": "Operations, each alone",
    "opinfo": "PyTorch's own test databases",
    "mutate": "Mistakes planted in the engine",
    "fuzz": "Random programs",
    "bench": "Standard workloads, timed",
    "locate": "Whether planted mistakes are located",
    "twin": "Functions compared in tests",
}
"""What each says, by name."""

Told = dict[str, Any]


def read(out: Path) -> dict[str, Told]:
    """The findings that lie under `out`, by command."""
    found = {}
    for name in COMMANDS:
        path = out / name / f"{name}.json"
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if str(told.get("schema", "")).startswith(f"harness.{name}/"):
            found[name] = told
    return found


def headline(name: str, told: Told) -> str:
    """What a command found out, in one line."""
    said = told.get("headline") or told.get("verdict") or ""
    return str(said) if isinstance(said, str) else COMMANDS[name]


def mutation_tile(others: dict[str, Told]) -> tuple[str, str, str, str]:
    """The harness's own rate of catching mistakes."""
    told = others.get("mutate")
    if not told:
        return "Planted mistakes", "–", "python -m harness mutate plants them", ""
    killed, count = told.get("killed", 0), told.get("mutants", 0) - told.get("equivalent", 0)
    rate = killed / count if count else 0.0
    survived = count - killed
    said = f"{killed:,} of {count:,} caught, {survived:,} survived"
    return "Planted mistakes", f"{rate:.1%}", said, "good" if rate >= 0.99 else "bad"


def sections(others: dict[str, Told], up: str = "../") -> Iterator[str]:
    """A line for each command's findings, with what it lists; `up` leads to all reports."""
    rows = "".join(
        f'<tr><th><a href="{up}{name}/{page_of(name)}">{escape(COMMANDS[name])}</a></th>'
        f"<td>{escape(headline(name, told))}</td></tr>"
        for name, told in others.items()
    )
    if rows:
        yield f'<section><h2>Other findings</h2><table class="pairs">{rows}</table></section>'
    yield from _survivors(others.get("mutate", {}))
    yield from _deviations(others)


def page_of(name: str) -> str:
    """The file that a command's findings can be read in."""
    return "report.md" if name == "bench" else f"{name}.md"


def _survivors(told: Told) -> Iterator[str]:
    survivors = told.get("survivors") or []
    if survivors:
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(str(v))}</td>" for v in _cells(entry)) + "</tr>"
            for entry in survivors
        )
        yield (
            "<section><h2>Mistakes that survived</h2>"
            f'<div class="scroll"><table>{rows}</table></div></section>'
        )


def _deviations(others: dict[str, Told]) -> Iterator[str]:
    found = {
        f"{name}: {_cells(entry)[0]}": " ".join(map(str, _cells(entry)[1:]))
        for name, told in others.items()
        for entry in told.get("accepted", [])
    }
    if found:
        rows = "".join(
            f"<tr><th>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in found.items()
        )
        yield (
            f'<section><h2>Accepted deviations</h2><table class="pairs">{rows}</table></section>'
        )


def _cells(entry: Any) -> list[Any]:
    if isinstance(entry, dict):
        return [v for v in entry.values() if not isinstance(v, (dict, list))]
    return list(entry) if isinstance(entry, (list, tuple)) else [entry]
