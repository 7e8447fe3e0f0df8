"""`python -m harness report`: one page over every report, index.html, and the same as index.md."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from harness.report import beside, page, parts
from harness.report.data import SCHEMA
from harness.timing import Ratio, format_ratio

Told = dict[str, Any]


def write(out: Path) -> Path:
    """Write index.html and index.md over the reports in `out`; the former's path."""
    runs = sorted((_read(path) for path in out.glob("*/run.json")), key=lambda run: run["name"])
    runs = [run for run in runs if run.get("schema") == SCHEMA]
    others = beside.read(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "index.md").write_text("\n".join(_markdown(runs, others)), encoding="utf-8")
    index = out / "index.html"
    index.write_text(page.document("Reports", _body(runs, others)), encoding="utf-8")
    return index


def _markdown(runs: list[Told], others: dict[str, Told]) -> list[str]:
    lines = ["# Reports\n", "Each row is one script, run on two engines from the same seed.\n"]
    if runs:
        lines.append(pd.DataFrame(map(_row, runs)).to_markdown(index=False) + "\n")
    for name, told in others.items():
        link = f"[{beside.COMMANDS[name]}]({name}/{beside.page_of(name)})"
        lines.append(f"- {link}: {beside.headline(name, told)}")
    for run in runs:
        name = run["name"]
        lines += [f"\n## {name}\n", f"{run['headline']}\n", f"![{name}]({name}/loss.png)\n"]
    return lines


def _row(run: Told) -> dict[str, str]:
    return {"run": f"[{run['name']}]({run['name']}/report.md)", **_facts(run)}


def _facts(run: Told) -> dict[str, str]:
    """The columns of a run, in words."""
    speed, accuracy = run["speed"], run["accuracy"]
    scores = [f"{name} {score['value']:.4g}" for name, score in run["scores"].items()]
    shares = [t["worst"]["share"] for t in run["tensors"]]
    worst = max((s if s is not None else float("inf") for s in shares), default=0.0)
    return {
        "engines": " against ".join(run["backends"]),
        "verdict": run["outcome"].upper(),
        "steps": f"{run['steps']:,}",
        "worst of budget": f"{worst:.0%}",
        "error ratio": f"{accuracy['mean']:.2f}" if accuracy else "",
        "final score": ", ".join(scores),
        "speed": format_ratio(Ratio(speed["median"], speed["low"], speed["high"])) if speed else "",
    }


def _body(runs: list[Told], others: dict[str, Told]) -> str:
    button = '<button id="theme" title="dark or light" aria-label="dark or light">◐</button>'
    good = all(run["outcome"] == "pass" for run in runs)
    head = (
        f'<header class="{"pass" if good else "fail"}"><div><h1>Reports</h1>'
        "<p>Each row is one script, run on two engines from the same seed.</p></div>"
        f"{button}</header>"
    )
    rows = "".join(_line(run) for run in runs)
    table = parts.table(("run", *_facts(runs[0])), rows) if runs else "<p>No run yet.</p>"
    return f"<main>{head}{table}{''.join(beside.sections(others, ''))}</main>"


def _line(run: Told) -> str:
    name = escape(run["name"])
    cells = "".join(f"<td>{escape(value)}</td>" for value in _facts(run).values())
    return (
        f'<tr class="{run["outcome"]}"><td><a href="{name}/index.html">{name}</a></td>{cells}</tr>'
    )


def _read(path: Path) -> Told:
    return json.loads(path.read_text(encoding="utf-8"))
