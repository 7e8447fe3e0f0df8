"""`python -m harness report`: one page that lists every run under reports/."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from harness.report import SCHEMA
from harness.timing import Ratio, format_ratio

PAGES = {
    "accuracy.md": "How accurate every operation is",
    "bench/report.md": "How fast the standard workloads are",
}


def write(out: Path) -> Path:
    """Write `index.md` over the runs in `out` and return its path."""
    runs = sorted((_read(path) for path in out.glob("*/run.json")), key=lambda run: run["name"])
    runs = [run for run in runs if run.get("schema") == SCHEMA]
    lines = ["# Reports\n", "Each row is one script, run on two engines from the same seed.\n"]
    if runs:
        lines.append(pd.DataFrame(map(_row, runs)).to_markdown(index=False) + "\n")
    for page, what in PAGES.items():
        if (out / page).exists():
            lines.append(f"[{what}]({page})\n")
    for run in runs:
        name = run["name"]
        lines += [f"## {name}\n", f"{run['headline']}\n", f"![{name}]({name}/loss.png)\n"]
    out.mkdir(parents=True, exist_ok=True)
    index = out / "index.md"
    index.write_text("\n".join(lines))
    return index


def _row(run: dict[str, Any]) -> dict[str, str]:
    speed = run.get("speed")
    scores = [f"{name} {score['value']:.4g}" for name, score in run["scores"].items()]
    return {
        "run": f"[{run['name']}]({run['name']}/report.md)",
        "engines": " against ".join(run["backends"]),
        "verdict": run["outcome"].upper(),
        "steps": str(run["steps"]),
        "gradients": run["checks"].get("gradients", ""),
        "final score": ", ".join(scores),
        "speed": format_ratio(Ratio(speed["median"], speed["low"], speed["high"])) if speed else "",
    }


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())
