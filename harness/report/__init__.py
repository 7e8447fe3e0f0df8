"""The report of a run, a folder: a page, Markdown, tables, pictures, JSON and JUnit.

index.html    the page: offline, one file
report.md     the same as text, with loss.png, gradient_flow.png, timing.png
run.json      the same as data; what it holds is told by run.schema.json beside this file
tensors.csv, steps.csv, timing.csv    every number
junit.xml     a test case for every question, for continuous integration
repro.py      where something differs: a small script that shows it
"""

from __future__ import annotations

import json
from pathlib import Path

from harness import annotations
from harness.report import data, facts, junit, markdown, page, pictures
from harness.run import Result

MOST_ROWS = 200_000
"""Rows of tensors.csv; of a longer run every nth step is written."""


def write(result: Result) -> Path:
    """Write the folder of one run and return it."""
    folder = result.options.out / result.name
    folder.mkdir(parents=True, exist_ok=True)
    if result.judge.series:
        tensors = facts.tensor_table(result)
        every = -(-len(tensors) // MOST_ROWS)
        kept = tensors[tensors.step % every == 0] if every > 1 else tensors
        kept.to_csv(folder / "tensors.csv", index=False, float_format="%.3g")
        facts.step_table(result).to_csv(folder / "steps.csv", index=False, float_format="%.9g")
    if result.timed:
        facts.round_table(result).to_csv(folder / "timing.csv", index=False, float_format="%.4g")
    script = getattr(result.repro, "text", "")
    if script:
        (folder / "repro.py").write_text(script, encoding="utf-8")
    pictures.draw(result, folder)
    told = data.of(result)
    (folder / "run.json").write_text(json.dumps(told, allow_nan=False) + "\n", encoding="utf-8")
    junit.write(told, folder / "junit.xml")
    page.write(told, folder / "index.html", result.options.out)
    markdown.write(result, folder)
    return folder


def summary(result: Result, folder: Path) -> str:
    """What is printed at the end: the verdict, then one line per question."""
    answers = {
        **facts.checks(result),
        "report": f"{folder / 'index.html'}  ({result.seconds:.0f} s)",
    }
    width = max(map(len, answers))
    lines = [facts.headline(result), *(f"{q:<{width}}  {a}" for q, a in answers.items())]
    if result.located:
        lines.append(str(result.located))
    if annotations.wanted() and result.outcome:
        lines.append(_annotation(result))
    return "\n".join(lines)


def _annotation(result: Result) -> str:
    """The verdict as a note at the engine's line, or else the script's."""
    place = getattr(result.located, "engine_line", "") or f"{result.options.script}:1"
    file, _, line = place.rpartition(":")
    return annotations.annotate("error", facts.headline(result), file, int(line))
