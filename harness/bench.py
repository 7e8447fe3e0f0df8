"""`python -m harness bench [W0 W1 ...]`: how fast two engines run the same workloads.

Both engines live in one process, with as many threads each, and take turns in random order with a
pause between them. A time counts only where the first losses and gradients of both agree.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
from tabulate import tabulate
from tqdm import tqdm

from harness.backends import Backend, BackendError, find
from harness.timing import Ratio, Times, format_ratio, paired, paired_ratio, verdict
from harness.workloads import WORKLOADS, Program, Workload, block

AGREE_STEPS, AGREE = 5, 1e-3
"""How many first steps have to agree, and to what relative difference."""

PEAK_STEPS = 50
COLUMNS = ("speed-up", "verdict", "A/A", "goal", "reached")
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Result(NamedTuple):
    """One workload: seconds per step of every pair, and what they say. Without times, why not."""

    workload: Workload
    times: Times
    ratio: Ratio | None
    control: Ratio | None
    differs: str = ""


class Facts(NamedTuple):
    """What the machine and the engines are, as lines of the report."""

    engines: tuple[str, str]
    threads: int
    lines: list[str]


def main(argv: Sequence[str]) -> int:
    """Time, print the table, write the report; 0: timed, 1: losses differ, 3: could not run."""
    options = _options(argv)
    wanted = {name: str(options.threads) for name in THREAD_VARIABLES}
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        # NumPy's BLAS reads its thread count when it is loaded: start again with it set.
        command = [sys.executable, "-m", "harness.bench", *argv]
        return subprocess.run(command, env={**os.environ, **wanted}, check=False).returncode
    try:
        engines = [find(name) for name in options.backends]
        for engine in engines:
            engine.namespace()
            engine.set_threads(options.threads)
    except BackendError as error:
        _stop(str(error))
    chosen = [WORKLOADS[name] for name in options.workloads or WORKLOADS]
    bar = tqdm(chosen, disable=None, leave=False)
    results = [measure(workload, *engines, pairs=options.pairs) for workload in bar]
    facts = _facts(engines, options)
    print(table(results, facts.engines))
    print(*facts.lines, sep="\n")
    write(Path(options.out), results, facts)
    return int(any(result.differs for result in results))


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m harness bench",
        description="Time two engines on the same workloads, in interleaved pairs.",
        epilog="; ".join(f"{workload.name}: {workload.what}" for workload in WORKLOADS.values()),
    )
    parser.error = _stop  # type: ignore[method-assign]
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=" ".join(WORKLOADS))
    parser.add_argument("--pairs", type=int, default=30, help="pairs per workload (30)")
    parser.add_argument("--threads", type=int, default=2, help="threads of each engine (2)")
    parser.add_argument("--backends", default="minitorch,torch", help="minitorch,torch")
    parser.add_argument("--out", default="reports/bench", help="folder of the report")
    options = parser.parse_args(argv)
    unknown = [name for name in options.workloads if name not in WORKLOADS]
    if unknown:
        parser.error(f"unknown workload {unknown[0]!r}: known are {', '.join(WORKLOADS)}")
    if options.pairs < 1 or options.threads < 1:
        parser.error("--pairs and --threads have to be at least 1")
    options.backends = options.backends.split(",")
    if len(options.backends) != 2:
        parser.error(f"--backends takes two names, A,B; got {','.join(options.backends)!r}")
    return options


def _stop(message: str) -> NoReturn:
    """End with one line on stderr and the exit code of a run that failed."""
    print(f"bench: {message}", file=sys.stderr)
    sys.exit(3)


# --- measuring ------------------------------------------------------------------------------------


def measure(workload: Workload, candidate: Backend, reference: Backend, pairs: int) -> Result:
    """Time `candidate` against `reference`, and `reference` against itself, where they agree."""
    programs = [workload.build(engine.namespace()) for engine in (candidate, reference)]
    differs = disagreement(*programs, candidate, reference)
    if differs:
        return Result(workload, Times([], []), None, None, differs)
    first, second = (block(program, workload.steps) for program in programs)
    times = paired(first, second, pairs)
    control = paired(second, second, pairs, warmup=0)
    seconds = Times(*([t / workload.steps for t in side] for side in times))
    return Result(workload, seconds, paired_ratio(*times), paired_ratio(*control))


def disagreement(a: Program, b: Program, engine_a: Backend, engine_b: Backend) -> str:
    """What differs between the first steps of two programs, in one line; '' where nothing does."""
    for step in range(1, AGREE_STEPS + 1):
        losses = a.step().item(), b.step().item()
        if not _close(*losses):
            return f"step {step}: loss {losses[0]:.6g} against {losses[1]:.6g}"
    for number, (p, q) in enumerate(zip(a.parameters, b.parameters, strict=True)):
        if not _close(engine_a.numpy(p.grad), engine_b.numpy(q.grad)):
            return f"step {AGREE_STEPS}: gradient of parameter {number}"
    return ""


def _close(a: Any, b: Any) -> bool:
    """|a - b| <= 1e-3 |b| in the Euclidean norm; False where one of them is not finite."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return a.shape == b.shape and bool(np.linalg.norm(a - b) <= AGREE * np.linalg.norm(b))


def import_seconds(modules: Sequence[str], rounds: int = 9) -> tuple[float, list[float]]:
    """Median seconds to import NumPy in a fresh process, and then each module on top of it.

    Compiled once before, as any installed package is; the modules take turns.
    """
    code = (
        "import time; a = time.perf_counter(); import numpy; b = time.perf_counter(); "
        "import {}; print(b - a, time.perf_counter() - b)"
    )
    with tempfile.TemporaryDirectory() as cache:
        compiled = {"PYTHONPYCACHEPREFIX": cache, "PYTHONDONTWRITEBYTECODE": ""}
        seconds = [
            [[float(s) for s in _python(code.format(m), compiled).split()] for m in modules]
            for _ in range(rounds + 1)
        ][1:]
    above = [statistics.median(turn[i][1] for turn in seconds) for i in range(len(modules))]
    return statistics.median(first for turn in seconds for first, _ in turn), above


def peak_megabytes(module: str, workload: str) -> float | None:
    """Most memory a fresh process holds in 50 steps of a workload; None where no one can tell."""
    if not Path("/proc/self/status").exists():
        return None
    # ru_maxrss would count the parent, whose memory the child shares until it starts Python.
    code = (
        f"import {module} as torch; from harness.workloads import WORKLOADS, block; "
        f"block(WORKLOADS[{workload!r}].build(torch), {PEAK_STEPS})(); "
        "print(next(l for l in open('/proc/self/status') if l.startswith('VmHWM')).split()[1])"
    )
    return float(_python(code)) / 1024


def _python(code: str, variables: Mapping[str, str] | None = None) -> str:
    """What `code` prints in a fresh process."""
    environment = {**os.environ, **(variables or {})}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


# --- reporting ------------------------------------------------------------------------------------


def table(results: Sequence[Result], names: Sequence[str], style: str = "simple") -> str:
    """The results as people read them."""
    headers = ["workload", *(f"{name} ms" for name in names), *COLUMNS]
    return tabulate([_row(result) for result in results], headers, style, disable_numparse=True)


def _row(result: Result) -> list[str]:
    name, goal = result.workload.name, result.workload.goal
    if result.ratio is None or result.control is None:
        return [name, "", "", "", f"not timed: {result.differs}", "", f"{goal:g}x", ""]
    return [
        name,
        *(f"{1e3 * statistics.median(side):.3f}" for side in result.times),
        format_ratio(result.ratio),
        verdict(result.ratio),
        format_ratio(result.control),
        f"{goal:g}x",
        _against(goal, result.ratio),
    ]


def _against(goal: float, ratio: Ratio) -> str:
    """Whether the goal is reached, said only where the whole interval says it."""
    if ratio.low >= goal:
        return "yes"
    return "no" if ratio.high < goal else "within noise"


def _facts(engines: Sequence[Backend], options: argparse.Namespace) -> Facts:
    """Import time and memory of both engines, and what they ran on."""
    modules = [engine.module for engine in engines]
    numpy_alone, seconds = import_seconds(modules)
    above = ", ".join(f"{name} {s:.3f} s" for name, s in zip(modules, seconds))
    lines = [f"import on top of numpy ({numpy_alone:.3f} s): {above}"]
    peaks = [(module, peak_megabytes(module, "W2")) for module in modules]
    known = [f"{module} {peak:.0f} MB" for module, peak in peaks if peak is not None]
    if known:
        lines.append(f"peak memory of W2: {', '.join(known)}")
    versions = ", ".join(f"{engine.name} {engine.version()}" for engine in engines)
    lines.append(
        f"{versions}, numpy {np.__version__}, Python {platform.python_version()}, "
        f"{platform.machine()}, {os.cpu_count()} cores, {options.threads} threads each, "
        f"{options.pairs} pairs"
    )
    return Facts((engines[0].name, engines[1].name), options.threads, lines)


def write(folder: Path, results: Sequence[Result], facts: Facts) -> None:
    """Write timing.csv (every pair), ratios.png and report.md."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "timing.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["workload", "pair", *(f"{name}_seconds" for name in facts.engines)])
        for result in results:
            for pair, seconds in enumerate(zip(*result.times)):
                writer.writerow([result.workload.name, pair, *(f"{s:.9f}" for s in seconds)])
    timed = [result for result in results if result.ratio is not None]
    if timed:
        _plot(folder / "ratios.png", timed, facts)
    (folder / "report.md").write_text(_markdown(results, facts), encoding="utf-8")


def _markdown(results: Sequence[Result], facts: Facts) -> str:
    candidate, reference = facts.engines
    lines = [
        f"# {candidate} against {reference}",
        "",
        "Milliseconds are medians per step. The speed-up is the median over interleaved pairs",
        f"with its 95 % bootstrap interval, above 1 where {candidate} is faster; A/A is the same",
        f"measurement of {reference} against itself. A time counts only where the first",
        f"{AGREE_STEPS} losses, and the gradients after them, agree to {AGREE:g}.",
        "",
        table(results, facts.engines, "github"),
        "",
        *(["![speed-ups](ratios.png)", ""] if any(result.ratio for result in results) else []),
        *(f"- {result.workload.name}: {result.workload.what}" for result in results),
        "",
        *itertools.chain.from_iterable((f"{line}.", "") for line in facts.lines),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _plot(path: Path, results: Sequence[Result], facts: Facts) -> None:
    """One line per workload: the ratio with its interval, the goal, and the control."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    candidate, reference = facts.engines
    figure, axes = pyplot.subplots(figsize=(8, 1.5 + 0.6 * len(results)), layout="constrained")
    for place, result in enumerate(results):
        _interval(axes, place, result.ratio, "#0b6e8f", 8, f"{candidate}, 95 % interval")
        _interval(axes, place + 0.28, result.control, "#9aa3ad", 4, f"{reference} against itself")
        axes.plot([result.workload.goal] * 2, [place - 0.3, place + 0.3], color="#d07a3c", lw=2.2)
        axes.annotate(
            f"{result.ratio.median:.2f}x",
            (result.ratio.median, place - 0.2),
            ha="center",
            va="bottom",
        )
    axes.plot([], [], color="#d07a3c", lw=2.2, label="goal")
    axes.axvline(1, color="#555555", lw=1, zorder=0)
    axes.set_xscale("log", base=2)
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, 0.7), max(high, 4.5))
    axes.xaxis.set_major_formatter("{x:g}x")
    axes.set_yticks(range(len(results)), [result.workload.name for result in results])
    axes.set_ylim(len(results) - 0.4, -0.7)
    axes.set_xlabel(f"times as fast as {reference} (right is faster)")
    axes.grid(axis="x", color="#e3e6ea")
    axes.spines[["top", "right", "left"]].set_visible(False)
    handles = dict(zip(*reversed(axes.get_legend_handles_labels())))
    figure.legend(
        handles.values(), handles.keys(), loc="outside upper center", ncols=3, frameon=False
    )
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def _interval(axes: Any, y: float, ratio: Ratio, color: str, size: float, label: str) -> None:
    axes.plot([ratio.low, ratio.high], [y, y], color=color, lw=size / 3, solid_capstyle="butt")
    axes.plot([ratio.median], [y], "o", color=color, ms=size, label=label)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
