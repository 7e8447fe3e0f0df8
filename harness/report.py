"""The report of a run: report.md, steps.csv, tensors.csv, timing.csv, run.json and pictures."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness import plots
from harness.compare import Outcome
from harness.distance import kind_of, name_of
from harness.envelope import CHAOS, FIRST_LOSS, FIRST_STEPS
from harness.judging import TERM_NAMES
from harness.run import METRIC_ALLOWANCE, REPLAYS, Options, Result, Score, other_threads
from harness.timing import format_ratio, verdict
from harness.tolerance import FACTOR

SCHEMA = "harness.run/2"

PLURAL = {
    "gradient": "gradients",
    "parameter": "parameters",
    "buffer": "buffers",
    "optimizer": "optimizer state",
}

NOTES = f"""\
## How to read this

- **Nothing is copied** between the engines: both start from the same seed, so initial values and
  random states have to be equal, bit by bit.
- **Relative** is the 2-norm of a tensor's difference over the 2-norm of the reference's tensor;
  **ulp** is the largest difference in units of the spacing at the reference's largest element.
- **The budget** of a tensor is {FACTOR:g} times the largest of three terms: 2 eps of the largest
  norm it has had (*rounding*); how far the reference has got from its own float64 run
  (*reference*); how far it got from itself when every parameter was moved by one ulp at the start
  (*one ulp*). The first {FIRST_STEPS} losses have a fixed tolerance, {FIRST_LOSS:g} relative.
- **Accuracy** is the error against a float64 run of the same script, which draws the same random
  numbers: the candidate's over the reference's.
- **Chaos**: where the reference is more than {CHAOS:g} from itself, one ulp away, no comparison
  means anything, and judging stops.
- **Parted**: two correct engines go separate ways where a unit lands on different sides of a
  kink, as the reference does from itself on another number of threads. So what leaves its budget
  counts as a fault only if it does so in all of {REPLAYS} replays, each of which starts every step
  from the reference's own state, moved by one ulp.
- **A final score** has to lie in the range of the reference's runs, give or take
  {METRIC_ALLOWANCE:g}.
- **Times** are of runs that record nothing: the engines take turns of a few steps in random order,
  and the ratio is the median over all rounds with its 95 % bootstrap interval. The control is the
  reference against a second process of itself: it has to be 1.
"""


def write(result: Result) -> Path:
    """Write the folder of one run and return it."""
    folder = result.options.out / result.name
    folder.mkdir(parents=True, exist_ok=True)
    if result.judge.series:
        tensors = tensor_table(result)
        tensors.to_csv(folder / "tensors.csv", index=False, float_format="%.3g")
        step_table(result).to_csv(folder / "steps.csv", index=False, float_format="%.9g")
    if result.timed:
        round_table(result).to_csv(folder / "timing.csv", index=False, float_format="%.4g")
    _draw(result, folder)
    (folder / "run.json").write_text(json.dumps(_json(result), indent=1) + "\n")
    (folder / "report.md").write_text("\n".join(_markdown(result, folder)))
    return folder


def summary(result: Result, folder: Path) -> str:
    """What is printed at the end: the verdict, then one line per question."""
    answers = {**checks(result), "report": f"{folder / 'report.md'}  ({result.seconds:.0f} s)"}
    width = max(map(len, answers))
    lines = [headline(result), *(f"{q:<{width}}  {a}" for q, a in answers.items())]
    return "\n".join([*lines, *([str(result.located)] if result.located else [])])


def headline(result: Result) -> str:
    """The verdict in one line."""
    mine, theirs = (
        f"{label} {header['version']}".rstrip()
        for label, header in zip(result.labels, result.headers)
    )
    if result.outcome == Outcome.PASS:
        return f"PASS  {mine} computed what {theirs} computes, over {result.steps} steps"
    if result.judge.problem:
        return f"FAIL  the structure differs: {result.judge.problem}"
    if result.divergence:
        return f"FAIL  {result.divergence}"
    name, score = next((n, s) for n, s in result.scores.items() if not s.within)
    return f"FAIL  final {name} {score.value:.4g} is outside {_span(score)}, {theirs}"


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
    for name, score in result.scores.items():
        answers[f"final {name}"] = f"{score.value:.4g}  ({result.labels[1]}'s runs: {_span(score)})"
    if result.timed:
        answers["time of a step"] = _speed(result)
    return answers


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
    table[f"loss relative {_thread_counts(result)}"] = result.judge.threads
    table["envelope"] = result.judge.levels
    for kind in PLURAL:
        worst = _worst(tensors[tensors.kind == kind], by="step").set_index("step")
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
    if isinstance(worst, pd.DataFrame):
        worst = worst.iloc[0]
    at = f"{worst['name']}, step {worst.step}".removeprefix(", ")
    if worst.of_budget > 1:
        return f"worst {worst.of_budget:,.0f} times the budget ({at})"
    return f"worst {worst.of_budget:.2f} of the budget ({at})"


def _worst(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Of each group the row that uses most of its budget."""
    return table.loc[table.groupby(by, sort=False).of_budget.idxmax()]


def _random_states(result: Result) -> str:
    if not result.judge.random_states:
        return "not compared: one of the two does not show it"
    return f"byte-equal at all {result.judge.random_states} points"


def _span(score: Score) -> str:
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


def _draw(result: Result, folder: Path) -> None:
    """Draw what there is to draw."""
    drift, apart = None, None
    mine, theirs = result.labels
    judge = result.judge
    if "loss" in judge.series:
        loss = judge.series["loss"]
        drift = plots.Drift(
            loss["relative"],
            loss["budget"],
            judge.threads,
            (f"{mine} against {theirs}", _thread_counts(result)),
            result.divergence.step if result.divergence else None,
        )
        early = tensor_table(result).query(f"kind == 'gradient' and step <= {FIRST_STEPS}")
        apart = early.groupby("name").relative.max().to_dict()
    if judge.steps:
        plots.loss(folder / "loss.png", dict(zip(result.labels, judge.losses)), drift)
        flows = dict(zip(result.labels, judge.flows))
        plots.gradient_flow(folder / "gradient_flow.png", flows, apart)
    if result.timed:
        assert result.times is not None
        seconds = result.times.seconds
        ratios = {
            label: (np.divide(seconds[theirs], seconds[label]), result.times.ratio(label, theirs))
            for label in seconds
            if label != theirs
        }
        plots.timing(folder / "timing.png", _phases(result), ratios)


def _thread_counts(result: Result) -> str:
    """What the reference is compared with itself on."""
    threads = result.options.threads
    return f"{result.labels[1]}, {other_threads(threads)} against {threads} threads"


def _phases(result: Result) -> dict[str, dict[str, float]]:
    """Median milliseconds of every phase of a step, per engine."""
    table = round_table(result).drop(columns=["round", "ms"]).groupby("process").median()
    return {label: table.loc[label].to_dict() for label in result.labels}


def _markdown(result: Result, folder: Path) -> Iterator[str]:
    """The lines of report.md: the verdict first, then evidence, then how it was obtained."""
    yield f"# {headline(result)}\n"
    yield from _table(pd.DataFrame(checks(result).items(), columns=["question", "answer"]))
    yield "![Training loss of both engines and their difference](loss.png)\n"
    yield "![Gradient size per layer of both engines](gradient_flow.png)\n"
    if result.timed:
        yield "## Time\n"
        yield "![Time of a step by phase, and the ratio of every round](timing.png)\n"
        yield from _table(_time_table(result))
    if result.judge.series:
        yield "## Every tensor at its worst step\n"
        tensors = tensor_table(result).query("kind != 'learning rate'")
        worst = _worst(tensors.assign(key=tensors.kind + tensors["name"]), by="key")
        yield from _table(worst.drop(columns="key").rename(columns={"of_budget": "of budget"}))
    yield NOTES
    yield "## Environment\n"
    yield from _table(pd.DataFrame(_environment(result).items(), columns=["", "value"]))
    files = [f"[{path.name}]({path.name})" for path in sorted(folder.iterdir()) if path.is_file()]
    yield f"Files: {', '.join(files)}\n"


def _time_table(result: Result) -> pd.DataFrame:
    phases = pd.DataFrame(_phases(result)).round(3)
    phases.loc["whole step"] = [
        1e3 * float(np.median(result.times.seconds[label])) for label in result.labels
    ]
    return phases.rename_axis("median, ms").reset_index()


def _table(table: pd.DataFrame) -> Iterator[str]:
    yield table.to_markdown(index=False, floatfmt=".3g") + "\n"


def _environment(result: Result) -> dict[str, str]:
    mine, theirs = result.headers
    options = result.options
    chosen = f" --backends {','.join(options.backends)}" * (options.backends != Options.backends)
    command = " ".join((options.script + chosen, "--", *options.arguments))
    return {
        "command": f"`python -m harness run {command}`",
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


def _json(result: Result) -> dict[str, Any]:
    """What run.json says; other tools may rely on it as long as `schema` stays the same."""
    first = result.divergence
    report = {
        "schema": SCHEMA,
        "name": result.name,
        "outcome": result.outcome.name.lower(),
        "exit_code": int(result.outcome),
        "headline": headline(result),
        "backends": list(result.labels),
        "steps": result.steps,
        "checks": checks(result),
        "first_divergence": first and {"step": first.step, "tensor": first.key},
        "scores": {name: vars(score) for name, score in result.scores.items()},
        "environment": _environment(result),
    }
    if result.timed:
        ratio = result.times.ratio(*result.labels)
        report["speed"] = {**ratio._asdict(), "rounds": len(result.times.seconds[result.labels[0]])}
    return report
