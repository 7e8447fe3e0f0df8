"""What other commands have found out, for the page of a run and for the index.

Each leaves one JSON file: reports/COMMAND/COMMAND.json with a `schema`. findings.py has the tables.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from math import exp, log
from pathlib import Path
from typing import Any

from harness.report import findings
from harness.report.parts import section

COMMANDS = {
    "ops": "Operations, each alone",
    "opinfo": "PyTorch's own test databases",
    "mutate": "Mistakes planted in the engine",
    "fuzz": "Random programs",
    "bench": "Standard workloads, timed",
    "locate": "Whether planted mistakes are located",
    "overhead": "What it costs to be followed",
    "twin": "Functions compared in tests",
}
"""What each says, by name."""

PAGES = {"bench": "report.md", "locate": "locate.json", "fuzz": "fuzz.json"}
"""The file that findings can be read in, where it is not COMMAND.md."""

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
    said = told.get("headline")
    if isinstance(said, str) and said:
        return said
    return HEADLINES[name](told) if name in HEADLINES else COMMANDS[name]


def _mutate(told: Told) -> str:
    killed, count, survived = _kills(told)
    return f"{killed:,} of {count:,} caught, {survived:,} survived"


def _fuzz(told: Told) -> str:
    programs = told.get("coverage", {}).get("programs", 0)
    found = len(told.get("findings", []))
    cut = ", interrupted" if told.get("interrupted") else ""
    said = f"{found or 'no'} difference{'s' * (found != 1)}"
    return f"{said} in {programs:,} programs, seed {told.get('seed')}{cut}"


def _bench(told: Told) -> str:
    medians = [w["ratio"]["median"] for w in told.get("workloads", []) if w.get("ratio")]
    if not medians:
        return "nothing was timed"
    mean = exp(sum(map(log, medians)) / len(medians))
    return (
        f"{mean:.2f} times as fast as {told['reference']} (geometric mean of {len(medians)}"
        f" workloads, {min(medians):.2f} to {max(medians):.2f})"
    )


def _locate(told: Told) -> str:
    found = told.get("rules") or {}
    call, line = found.get("call_right"), found.get("line_right")
    if call is None or line is None:
        return "no mistake was noticed"
    return (
        f"of {found['killed']:,} mistakes in rules the call is right in {call:.1%},"
        f" the engine's line in {line:.1%}"
    )


def _twin(told: Told) -> str:
    verdicts = told.get("verdicts", {})
    return ", ".join(f"{count:,} {word}" for word, count in verdicts.items())


HEADLINES = {
    "mutate": _mutate, "fuzz": _fuzz, "bench": _bench, "locate": _locate, "twin": _twin,
}  # fmt: skip


def _kills(told: Told) -> tuple[int, int, int]:
    """(caught, planted without those that are no mistakes, survived)."""
    totals = told.get("totals", {})
    killed, survived = totals.get("killed", 0), totals.get("survived", 0)
    return killed, killed + survived, survived


def mutation_tile(others: dict[str, Told]) -> tuple[str, str, str, str]:
    """The harness's own rate of catching mistakes."""
    told = others.get("mutate")
    if not told:
        return "Planted mistakes", "–", "python -m harness mutate plants them", ""
    killed, count, _ = _kills(told)
    rate = killed / count if count else 0.0
    big = "100%" if killed == count else f"{min(rate, 0.9999):.2%}"
    return "Planted mistakes", big, _mutate(told), "good" if rate >= 0.99 else "bad"


def sections(others: dict[str, Told], up: str = "../") -> Iterator[str]:
    """A line for each command's findings, then their tables; `up` leads to all reports."""
    rows = "".join(
        f'<tr><th scope="row"><a href="{up}{name}/{page_of(name)}">{escape(COMMANDS[name])}</a>'
        f"</th><td>{escape(headline(name, told))}</td></tr>"
        for name, told in others.items()
    )
    yield section("Other findings", rows and f'<table class="pairs">{rows}</table>')
    yield from findings.sections(others)


def page_of(name: str) -> str:
    """The file that a command's findings can be read in."""
    return PAGES.get(name, f"{name}.md")
