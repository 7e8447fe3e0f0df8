"""The report of a benchmark: report.md, bench.json, timing.csv, ops.csv and ratios.png."""

from __future__ import annotations

import csv
import json
import statistics
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tabulate import tabulate

from harness.bench.attribution import CLOCKS
from harness.bench.child import AGREE_STEPS
from harness.bench.measure import AGREE, Attribution, Result, Row, Start
from harness.timing import DRIFT, Ratio, format_ratio

SCHEMA = "harness.bench/1"


@dataclass
class Bench:
    """A whole run: its results, and what it ran on."""

    titles: tuple[str, str]  # candidate and reference
    results: list[Result]
    facts: dict[str, Any]  # commit, machine, threads, engines with their versions
    date: str = ""
    changes: list[str] = field(default_factory=list)

    @property
    def timed(self) -> list[Result]:
        """The workloads that have times."""
        return [result for result in self.results if result.status == "timed"]

    @property
    def beside(self) -> list[str]:
        """The engines that were timed besides the two."""
        named = (title for result in self.results for title in (*result.beside, *result.apart))
        return list(dict.fromkeys(named))

    @property
    def started(self) -> list[Result]:
        """Those of which is known how they began."""
        return [result for result in self.timed if result.starts]

    @property
    def skipped(self) -> list[str]:
        """The workloads that an interrupt left out."""
        return [result.workload.name for result in self.results if result.status == "skipped"]


def write(bench: Bench, folder: Path) -> None:
    """Write every file of the report."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "timing.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(_rounds(bench))
    with (folder / "ops.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(_calls(bench))
    text = json.dumps(as_json(bench), indent=1, ensure_ascii=False)
    (folder / "bench.json").write_text(text + "\n", encoding="utf-8")
    if bench.timed:
        from harness.bench.picture import plot

        plot(folder / "ratios.png", bench)
    (folder / "report.md").write_text(markdown(bench), encoding="utf-8")


# --- tables ---------------------------------------------------------------------------------------


def table(bench: Bench, style: str = "simple") -> str:
    """The speeds as people read them."""
    goals = any(result.workload.goal is not None for result in bench.results)
    headers = ["workload", *(f"{title} ms" for title in bench.titles), "speed-up", "verdict"]
    headers += [f"{title} A/A" for title in bench.titles]
    headers += ["goal", "reached"] if goals else []
    for title in bench.beside:
        headers += [f"{title} ms", "speed-up"]
    rows = [_row(result, goals) + _others(result, bench.beside) for result in bench.results]
    return tabulate(rows, headers, style, disable_numparse=True)


def _others(result: Result, titles: Sequence[str]) -> list[str]:
    """Milliseconds and speed-up of the engines that were timed besides, or why there are none."""
    cells = []
    for title in titles:
        if title in result.beside:
            seconds = statistics.median(result.beside[title])
            cells += [f"{1e3 * seconds:.3f}", format_ratio(result.beside_ratio(title))]
        else:
            cells += ["", result.apart.get(title, "")]
    return cells


def _row(result: Result, goals: bool) -> list[str]:
    goal = result.workload.goal
    if result.status != "timed":
        why = f"not timed: {result.why}"
        return [result.workload.name, "", "", "", why, "", ""] + ["", ""] * goals
    return [
        result.workload.name,
        *(f"{1e3 * seconds:.3f}" for seconds in result.medians),
        format_ratio(result.ratio),
        result.verdict,
        *map(format_ratio, result.controls),
        *(["" if goal is None else f"{goal:g}x", result.reached] if goals else []),
    ]


def memory_table(bench: Bench, style: str = "simple") -> str:
    """Peak memory and the first call of a fresh process."""
    headers = ["workload"]
    for title in bench.titles:
        headers += [f"{title} peak MB", "own MB", "first call s", "first step ms"]
    rows = []
    for result in bench.started:
        row = [result.workload.name]
        for start, steady in zip(result.starts, result.medians):
            row += [_whole(start.peak), _whole(start.own), f"{start.call:.2f}"]
            row.append(f"{1e3 * start.first:.1f} ({start.first / steady:.1f}x)")
        rows.append(row)
    return tabulate(rows, headers, style, disable_numparse=True)


def _whole(megabytes: float | None) -> str:
    return "unknown" if megabytes is None else f"{megabytes:.0f}"


def ops_table(bench: Bench, result: Result, style: str = "simple", limit: int = 12) -> str:
    """Where a step's time goes on both engines, the longest first."""
    headers = ["", "calls"]
    for title in bench.titles:
        headers += [f"{title} forward ms", "backward ms"]
    told = sorted(_pairs(result), key=lambda row: -max(side.total for side in row[1]))
    shown, others = told[:limit], told[limit:]
    if others:
        sums = (Row(*map(sum, zip(*side))) for side in zip(*(sides for _, sides in others)))
        shown.append((f"{len(others)} others", tuple(sums)))
    rows = [_op_row(name, *sides) for name, sides in shown]
    return tabulate(rows, [*headers, "ratio"], style, disable_numparse=True)


def _pairs(result: Result) -> list[tuple[str, tuple[Row, ...]]]:
    """Every row of both engines by its name."""
    names = dict.fromkeys(name for side in result.ops for name in side.rows)
    nothing = Row(0, 0.0, 0.0)
    return [(name, tuple(s.rows.get(name, nothing) for s in result.ops)) for name in names]


def _op_row(name: str, a: Row, b: Row) -> list[str]:
    calls = f"{a.calls:g}" if a.calls == b.calls else f"{a.calls:g} / {b.calls:g}"
    times = (seconds for side in (a, b) for seconds in (side.forward, side.backward))
    counts = name != CLOCKS and a.total and b.total
    ratio = f"{b.total / a.total:.2f}x" if counts else ""
    return [name, calls, *(f"{1e3 * s:.3f}" if s else "" for s in times), ratio]


def clock_cost(bench: Bench, result: Result) -> str:
    """What the clocks cost, in one line."""
    costs = " and ".join(
        f"{side.seconds / seconds:.2f}x as long on {title}"
        for title, side, seconds in zip(bench.titles, result.ops, result.medians)
    )
    return f"With clocks on, {result.workload.name} takes {costs}"


def imports(bench: Bench) -> str:
    """Import times, in one line; '' where they were not measured."""
    if not bench.started:
        return ""
    sides = list(zip(*(result.starts for result in bench.started)))
    alone = statistics.median(start.numpy for side in sides for start in side)
    above = ", ".join(
        f"{title} {statistics.median(start.engine for start in side):.3f} s"
        for title, side in zip(bench.titles, sides)
    )
    return f"import on top of numpy ({alone:.3f} s): {above}"


def setting(bench: Bench) -> str:
    """What it ran on, in one line."""
    facts, where = bench.facts, bench.facts["machine"]
    engines = ", ".join(f"{name} {version}".rstrip() for name, version in facts["engines"].items())
    at = f" at {facts['commit']}" if facts["commit"] else ""
    return (
        f"{engines}{at}, numpy {facts['numpy']}, Python {facts['python']}, {where['processor']}, "
        f"{where['cores']} cores, {facts['threads']} thread{'s' * (facts['threads'] > 1)} each"
    )


def markdown(bench: Bench) -> str:
    """The page."""
    return "\n\n".join(_sections(bench)) + "\n"


def _sections(bench: Bench) -> Iterator[str]:
    candidate, reference = bench.titles
    yield f"# {candidate} against {reference}"
    yield _filled(
        "Milliseconds are medians per step. Each engine works in two processes, and all four take"
        " turns in random order. The speed-up is the median over these rounds with its 95 %"
        f" bootstrap interval, above 1 where {candidate} is faster; A/A is each engine's one"
        " process against its other one. Where that is off, its interval without 1 and its median"
        f" more than {DRIFT:.0%} from it, nothing is said of the speed-up."
        f" A time counts only where the first {AGREE_STEPS} losses, and the gradients after them,"
        f" agree to {AGREE:g}."
        + (f" Beside them, in one process each: {', '.join(bench.beside)}." if bench.beside else "")
    )
    yield table(bench, "github")
    if bench.skipped:
        yield f"Interrupted: {', '.join(bench.skipped)} skipped."
    if bench.timed:
        yield "![speed-ups](ratios.png)"
    yield "\n".join(f"- {result.workload.name}: {result.workload.what}" for result in bench.results)
    if bench.changes:
        yield "## Since the last run on this machine"
        yield "\n".join(f"- {line}" for line in bench.changes)
    if bench.started:
        yield "## Memory and the first call"
        yield _filled(
            "Of a fresh process with files warm: the most memory it held, and how much of that is"
            " its own rather than what the imports hold; the seconds from `import` (NumPy is there)"
            " to the first loss; and the first step, beside how many later steps that is."
        )
        yield memory_table(bench, "github")
        yield imports(bench) + "."
    if any(result.ops for result in bench.timed):
        yield "## Where a step's time goes"
        yield _filled(
            "Milliseconds of a step by public call, measured apart from the times above, since"
            " clocks cost time: how much stands below each table. Of calls inside each other the"
            " outermost counts. Backward is the time from the first of the call's nodes to the"
            " next call's; the ratio is of both together, above 1 where"
            f" {candidate} is faster. All rows are in ops.csv."
        )
    for result in bench.timed:
        if result.ops:
            yield f"### {result.workload.name}: {result.workload.what}"
            yield ops_table(bench, result, "github", 8)
            yield clock_cost(bench, result) + "."
    yield setting(bench) + "."


def _filled(text: str) -> str:
    return textwrap.fill(text, 100)


# --- for programs ---------------------------------------------------------------------------------


def _rounds(bench: Bench) -> Iterator[list[Any]]:
    """Seconds per step of every process in every round."""
    titles = [f"{title}{again}" for title in bench.titles for again in ("", "_again")]
    titles += bench.beside
    yield ["workload", "round", *(f"{title}_seconds" for title in titles)]
    for result in bench.timed:
        others = [result.beside.get(title, []) for title in bench.beside]
        for number, seconds in enumerate(zip(*result.seconds)):
            more = (f"{s[number]:.9f}" if s else "" for s in others)
            yield [result.workload.name, number, *(f"{s:.9f}" for s in seconds), *more]


def _calls(bench: Bench) -> Iterator[list[Any]]:
    """Every row of every attribution."""
    columns = ("calls", "forward_seconds", "backward_seconds")
    yield [
        "workload",
        "call",
        *(f"{title}_{column}" for title in bench.titles for column in columns),
    ]
    for result in bench.timed:
        for name, sides in _pairs(result):
            numbers = (value for calls, *seconds in sides for value in (f"{calls:g}", *seconds))
            yield [result.workload.name, name, *numbers]


def as_json(bench: Bench) -> dict[str, Any]:
    """All of it, for a program."""
    return {
        "schema": SCHEMA,
        "date": bench.date,
        "candidate": bench.titles[0],
        "reference": bench.titles[1],
        **bench.facts,
        "changes": bench.changes,
        "skipped": bench.skipped,
        "workloads": [_workload(bench, result) for result in bench.results],
    }


def _workload(bench: Bench, result: Result) -> dict[str, Any]:
    workload = result.workload
    about = {
        "name": workload.name,
        "what": workload.what,
        "goal": workload.goal,
        "status": result.status,
        "why": result.why,
    }
    if result.status != "timed":
        return about
    return {
        **about,
        "rounds": len(result.seconds[0]),
        "steps_of_a_turn": workload.steps,
        "seconds": dict(zip(bench.titles, result.medians)),
        "ratio": _numbers(result.ratio),
        "controls": {t: _numbers(c) for t, c in zip(bench.titles, result.controls)},
        "settled": result.settled,
        "verdict": result.verdict,
        "reached": result.reached,
        "start": {t: _begun(start) for t, start in zip(bench.titles, result.starts)},
        "ops": {t: _told(side) for t, side in zip(bench.titles, result.ops)},
        "unclocked": result.unclocked,
        "beside": {
            title: {
                "seconds": statistics.median(seconds),
                "ratio": _numbers(result.beside_ratio(title)),
            }
            for title, seconds in result.beside.items()
        },
        "apart": result.apart,
    }


def _numbers(ratio: Ratio) -> dict[str, float]:
    return ratio._asdict()


def _told(side: Attribution) -> dict[str, Any]:
    """An attribution, calls and seconds per step."""
    rows = {name: row._asdict() for name, row in side.rows.items()}
    return {"seconds_with_clocks": side.seconds, "calls": rows}


def _begun(start: Start) -> dict[str, Any]:
    """Seconds and megabytes of a fresh process."""
    return {
        "import_numpy_seconds": start.numpy,
        "import_seconds": start.engine,
        "build_seconds": start.build,
        "first_step_seconds": start.first,
        "first_call_seconds": start.call,
        "held_megabytes": start.held,
        "peak_megabytes": start.peak,
        "own_megabytes": start.own,
    }
