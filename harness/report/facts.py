"""What a run found out, in words and tables."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator
from datetime import datetime, timezone
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from harness.compare import Outcome
from harness.distance import kind_of, name_of
from harness.envelope import FIRST_LOSS, FIRST_STEPS
from harness.judging import TERM_NAMES
from harness.run import Options, Result, Score, other_threads
from harness.timing import format_ratio, verdict

PLURAL = {
    "gradient": "gradients",
    "parameter": "parameters",
    "buffer": "buffers",
    "optimizer": "optimizer state",
}


def headline(result: Result) -> str:
    """The verdict in one line."""
    mine, theirs = (
        f"{label} {header['version']}".rstrip()
        for label, header in zip(result.labels, result.headers)
    )
    if result.outcome == Outcome.PASS:
        cut = f", interrupted while {result.interrupted}" if result.interrupted else ""
        return f"PASS  {mine} computed what {theirs} computes, over {result.steps} steps{cut}"
    if result.judge.problem:
        return f"FAIL  the structure differs: {result.judge.problem}"
    if result.divergence:
        return f"FAIL  {result.divergence}"
    name, score = next((n, s) for n, s in result.scores.items() if not s.within)
    return f"FAIL  final {name} {score.value:.4g} is outside {span(score)}, {theirs}"


def checks(result: Result) -> dict[str, str]:
    """What was asked, and the answer."""
    judge = result.judge
    if judge.problem:
        return {"structure": judge.problem}
    kinds = [kind_of(tensor["key"]) for tensor in result.headers[1]["tensors"]]
    counts = [f"{kinds.count(kind)} {PLURAL[kind]}" for kind in ("parameter", "buffer")]
    answers = {
        "structure": f"{counts[0]}, {counts[1]}, {result.steps} steps: identical",
        "initial values": str(judge.initial or f"{len(kinds)} tensors bit-equal"),
        "random state": str(judge.random or _random_states(result)),
        **dict(_number_checks(result)),
    }
    if result.printed:
        answers["printed text"] = result.printed
    for key, reason in judge.accepted.items():
        answers[f"accepted: {key}"] = reason
    for entry in result.expired:
        answers[f"no longer accepted: {entry.tensor}"] = str(entry)
    for what, count in result.skipped.items():
        answers["skipped"] = f"{what} ({count} times)"
    for name, score in result.scores.items():
        answers[f"final {name}"] = f"{score.value:.4g}  ({result.labels[1]}'s runs: {span(score)})"
    if result.timed:
        answers["time of a step"] = _speed(result)
    return answers


@cache
def tensor_table(result: Result) -> pd.DataFrame:
    """Every distance: one row per step and tensor."""
    tables = [
        pd.DataFrame(
            {
                "step": series["step"].astype(int),
                "kind": kind_of(key),
                "name": name_of(key),
                **{name: series[name] for name in ("max_abs", "relative", "ulp", "budget")},
                "term": np.array(TERM_NAMES)[series["term"].astype(int)],
                "of_budget": series.share,
                "error": series["mine"],
                "reference_error": series["theirs"],
            }
        )
        for key, series in result.judge.series.items()
    ]
    return pd.concat(tables, ignore_index=True).sort_values("step", kind="stable")


def step_table(result: Result) -> pd.DataFrame:
    """One row per step: both losses, and the tensor of each kind that is worst off."""
    tensors = tensor_table(result)
    loss = tensors[tensors.kind == "loss"]
    table = pd.DataFrame({"step": range(1, result.steps + 1)})
    for label, losses in zip(result.labels, result.judge.losses):
        table[f"loss {label}"] = losses
    table["loss relative"], table["loss budget"] = loss.relative.values, loss.budget.values
    table[f"loss relative {thread_counts(result)}"] = result.judge.threads
    table["envelope"] = result.judge.levels
    for kind in PLURAL:
        worst = worst_rows(tensors[tensors.kind == kind], by="step").set_index("step")
        if len(worst):
            table[f"worst {kind}"] = table.step.map(worst["name"])
            table[f"worst {kind} of budget"] = table.step.map(worst.of_budget)
    return table


def round_table(result: Result) -> pd.DataFrame:
    """One row per round and process: milliseconds per step, and of each phase in it."""
    assert result.times is not None
    rows = [
        {"round": number, "process": label, "ms": 1e3 * seconds}
        | {phase: 1e3 * spent for phase, spent in result.times.phases[label][number - 1].items()}
        for label, every in result.times.seconds.items()
        for number, seconds in enumerate(every, start=1)
    ]
    return pd.DataFrame(rows).sort_values("round", kind="stable")


def _number_checks(result: Result) -> Iterator[tuple[str, str]]:
    """How the losses, gradients, parameters and buffers of all steps fared."""
    tensors = tensor_table(result)
    loss = tensors[tensors.kind == "loss"]
    first, later = loss[loss.step <= FIRST_STEPS], loss[loss.step > FIRST_STEPS]
    largest = first.relative.max()
    yield f"first {len(first)} losses", f"differ by {largest:.1e} (tolerance {FIRST_LOSS:.0e})"
    if len(later):
        yield "later losses", _fared(later)
    for kind, plural in PLURAL.items():
        of_kind = tensors[tensors.kind == kind]
        if len(of_kind):
            yield plural, f"{len(of_kind):,} tensors, {_fared(of_kind)}"
    if result.parted:
        yield "parted", f"{result.parted}; not repeated from the reference's state: no fault"
    if found := result.judge.accuracy():
        mean, worst, key, step = found
        yield (
            "accuracy",
            f"error against float64 {mean:.2f} times {result.labels[1]}'s (geometric mean), worst"
            f" {worst:.2g} times ({key}, step {step})",
        )
    if result.judge.truth_until:
        yield "float64 run", f"draws other random numbers from step {result.judge.truth_until} on"
    if result.judge.chaos:
        yield "judged", f"until step {result.judge.chaos - 1}: from there on the runs are chaotic"


def _fared(table: pd.DataFrame) -> str:
    worst = table.loc[table.of_budget.idxmax()]
    at = f"{worst['name']}, step {worst.step}".removeprefix(", ")
    if worst.of_budget > 1:
        return f"worst {worst.of_budget:,.0f} times the budget ({at})"
    return f"worst {worst.of_budget:.2f} of the budget ({at})"


def worst_rows(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Of each group the row that uses most of its budget."""
    return table.loc[table.groupby(by, sort=False).of_budget.idxmax()]


def _random_states(result: Result) -> str:
    if not result.judge.random_states:
        return "not compared: one of the two does not show it"
    return f"byte-equal at all {result.judge.random_states} points"


def span(score: Score) -> str:
    """The range of a score, in words."""
    low, high = f"{score.low:.4g}", f"{score.high:.4g}"
    return low if low == high else f"{low} to {high}"


def _speed(result: Result) -> str:
    """The ratio in words, with the control beside it."""
    assert result.times is not None
    mine, theirs = result.labels
    control = list(result.times.seconds)[-1]
    ratio = result.times.ratio(mine, theirs)
    milliseconds = [1e3 * float(np.median(result.times.seconds[label])) for label in result.labels]
    word = verdict(ratio) or "no clear difference"
    return (
        f"{mine} {milliseconds[0]:.2f} ms, {theirs} {milliseconds[1]:.2f} ms;"
        f" {format_ratio(ratio)} as fast: {word}"
        f" ({theirs} against itself {format_ratio(result.times.ratio(control, theirs))})"
    )


def thread_counts(result: Result) -> str:
    """What the reference is compared with itself on."""
    threads = result.options.threads
    return f"{result.labels[1]}, {other_threads(threads)} against {threads} threads"


def phases(result: Result) -> dict[str, dict[str, float]]:
    """Median milliseconds of every phase of a step, per engine."""
    table = round_table(result).drop(columns=["round", "ms"]).groupby("process").median()
    return {label: table.loc[label].to_dict() for label in result.labels}


def time_table(result: Result) -> pd.DataFrame:
    """Median milliseconds of every phase and of the whole step, an engine a column."""
    assert result.times is not None
    table = pd.DataFrame(phases(result)).round(3)
    table.loc["whole step"] = [
        1e3 * float(np.median(result.times.seconds[label])) for label in result.labels
    ]
    return table.rename_axis("median, ms").reset_index()


@cache
def environment(result: Result) -> dict[str, str]:
    """Who computed what, where, and how to do it again."""
    mine, theirs = result.headers
    options = result.options
    chosen = f" --backends {','.join(options.backends)}" * (options.backends != Options.backends)
    chosen += f" --{options.mode}" * (options.mode != "free")
    own = ["--", *options.arguments] if options.arguments else []
    command = " ".join((options.script + chosen, *own))
    return {
        "command": f"python -m harness run {command}",
        mine["backend"]: mine["version"],
        theirs["backend"]: theirs["version"],
        "NumPy": mine["numpy"],
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "threads": str(result.options.threads),
        "commit": _commit(),
        "date": f"{datetime.now(timezone.utc):%Y-%m-%d}",
    }


def _processor() -> str:
    """The processor's name, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit() -> str:
    """The commit of the working directory, `-dirty` where files have changed since."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
