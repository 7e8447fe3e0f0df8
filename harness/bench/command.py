"""The command line of the benchmark: what to time, on what, and where the report goes."""

from __future__ import annotations

import argparse
import contextlib
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from harness.backends import BackendError, find
from harness.bench import history, report
from harness.bench.legs import Side
from harness.bench.measure import MOST, Result, measure
from harness.bench.past import side_at
from harness.bench.scripts import measure_script, script_workload
from harness.bench.self_check import TRIALS, self_check
from harness.stop import stop
from harness.workloads import QUICK, WORKLOADS, Workload, find_workload

_stop = partial(stop, "bench")

DEFAULT = "minitorch,minitorch-numpy,torch"
Chosen = dict[str, Workload]
EXAMPLES = """\
workloads:
{workloads}

examples:
  python -m harness bench                                all of them, three minutes
  python -m harness bench --quick                        those whose steps are short
  python -m harness bench W2 --ops                       and where a step's time goes
  python -m harness bench W2 W5 --backends engine.py:mine,torch
  python -m harness bench train.py -- --model mlp        the steps of a whole script
  python -m harness bench mine.py:GAN                    a harness.workloads.Workload of your own
  python -m harness bench W2 --compare-commit HEAD~5     this engine against its own past
  python -m harness bench --self-check                   is the timer honest on this machine?
  python -m harness bench --kernels softmax linear       each kernel beside NumPy and torch

exit codes:
  0 timed    1 first losses or gradients differ    3 could not run"""


def main(argv: Sequence[str]) -> int:
    """Time, print the tables, write the report; 0: timed, 1: losses differ, 3: could not run."""
    options = _options(argv)
    if options.kernels:
        return _kernels(options)
    with contextlib.ExitStack() as stack:
        try:
            chosen = {spec: _find(spec, options.arguments) for spec in options.workloads}
            sides = _sides(options, stack)
        except (BackendError, LookupError) as error:
            _stop(str(error))
        if options.self_check:
            return _self_check(sides[0])
        bench = _run(options, chosen, sides)
    _publish(bench, options)
    if bench.skipped:
        _complain(f"interrupted; skipped {', '.join(bench.skipped)}; the rest is in {options.out}")
        return 3
    statuses = {result.status for result in bench.results}
    return 1 if "differs" in statuses else 3 if "failed" in statuses else 0


def _options(argv: Sequence[str]) -> argparse.Namespace:
    lines = (f"  {w.name:<6} {w.what}" for w in WORKLOADS.values())
    parser = argparse.ArgumentParser(
        prog="python -m harness bench",
        description="Time two engines on the same workloads, in interleaved turns.",
        epilog=EXAMPLES.format(workloads="\n".join(lines)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.error = _stop  # type: ignore[method-assign]
    add = parser.add_argument
    what = "names (all), path/to/file.py:name, or a script, its arguments after --"
    add("workloads", nargs="*", metavar="WORKLOAD", help=what)
    add("--quick", action="store_true", help=" ".join(QUICK))
    add("--pairs", type=int, help=f"rounds per workload (as many as 8 s hold, at most {MOST})")
    add("--threads", type=int, default=2, help="threads of each engine (2)")
    names = "candidate, others that are timed beside it, reference"
    add("--backends", default=DEFAULT, metavar="A,..,B", help=f"{names} ({DEFAULT})")
    add("--ops", action="store_true", help="print where a step's time goes, call by call")
    add("--against", metavar="COMMIT", help="compare with the run at COMMIT (the last one)")
    past = "time the first engine against itself at REV"
    add("--compare-commit", metavar="REV", help=past)
    add("--self-check", action="store_true", help="time identical code: is the timer honest?")
    add("--kernels", action="store_true", help="time kernels in C; words are patterns of rows")
    add("--out", type=Path, help="folder of the report (reports/bench, or reports/bench-REV)")
    cut = list(argv).index("--") if "--" in argv else len(argv)
    options = parser.parse_args(argv[:cut])
    options.arguments = argv[cut + 1 :]
    if options.compare_commit and any(map(_is_script, options.workloads)):
        parser.error("--compare-commit times workloads, not scripts")
    options.rows = options.workloads if options.kernels else []
    options.workloads = options.workloads or list(QUICK if options.quick else WORKLOADS)
    if (options.pairs is not None and options.pairs < 1) or options.threads < 1:
        parser.error("--pairs and --threads have to be at least 1")
    options.backends = options.backends.split(",")
    if len(options.backends) < 2:
        parser.error(f"--backends takes two names or more, A,B; got {','.join(options.backends)!r}")
    if options.out is None:
        revision = re.sub(r"[^\w.-]+", "-", options.compare_commit or "")
        options.out = Path("reports", f"bench-{revision}" if revision else "bench")
    return options


def _kernels(options: argparse.Namespace) -> int:
    """Time every kernel alone, print the table, write it; 3: there are none."""
    from harness.bench import kernels

    native = find("minitorch").namespace().native
    if not native.is_enabled():
        _stop(f"kernels are off: {native.status()['native kernels']}")
    found: list[kernels.Line] = []
    pattern = "|".join(f"^({row})$" for row in options.rows)
    with tqdm(disable=None, leave=False) as bar:
        try:
            for line in kernels.lines(pattern, options.threads, bar.set_description):
                found.append(line)
                bar.update()
        except KeyboardInterrupt:
            _complain("interrupted; the rest is written")
    where = history.machine()
    facts = f"{where['processor']}, {where['cores']} cores, {options.threads} threads each"
    print(kernels.table(found), kernels.summary(found), facts, sep="\n\n")
    print(f"report: {kernels.write(options.out, found, facts)}")
    return 0


def _complain(message: str) -> None:
    print(f"bench: {message}", file=sys.stderr)


def _is_script(spec: str) -> bool:
    return spec.endswith(".py")


def _find(spec: str, arguments: Sequence[str]) -> Workload:
    """What a word of the command line names. Raises: LookupError for nothing."""
    return script_workload(spec, arguments) if _is_script(spec) else find_workload(spec)


def _sides(options: argparse.Namespace, stack: contextlib.ExitStack) -> tuple[Side, Side]:
    """The engines that are compared. Raises: BackendError where one is missing."""
    past = options.compare_commit
    specs = options.backends[:1] if past else [options.backends[0], options.backends[-1]]
    engines = [find(spec) for spec in specs]
    for engine in (*engines, *map(find, options.backends[1:-1])):
        engine.check()
    first = Side(engines[0].name, options.backends[0])
    if past:
        return first, stack.enter_context(side_at(past, first))
    again = " again" if engines[0].name == engines[1].name else ""
    return first, Side(engines[1].name + again, specs[1])


def _beside(options: argparse.Namespace) -> list[Side]:
    """The engines that are timed besides."""
    return [Side(find(spec).name, spec) for spec in options.backends[1:-1]]


def _run(options: argparse.Namespace, chosen: Chosen, sides: tuple[Side, Side]) -> report.Bench:
    """Every workload in turn; an interrupt skips what is left."""
    results: list[Result] = []
    if options.compare_commit:  # goals are set against another engine
        chosen = {spec: workload._replace(goal=None) for spec, workload in chosen.items()}
    with tqdm(total=len(chosen), disable=None, leave=False) as bar:
        try:
            _warm(sides, options.threads)
            for spec, workload in chosen.items():
                results.append(_measured(options, spec, workload, sides, bar))
                bar.update()
        except KeyboardInterrupt:
            left = list(chosen.values())[len(results) :]
            results += [Result(workload, "skipped", "interrupted") for workload in left]
    titles = sides[0].title, sides[1].title
    return report.Bench(titles, results, _facts(options, sides, results))


def _measured(
    options: argparse.Namespace, spec: str, workload: Workload, sides: tuple[Side, Side], bar: Any
) -> Result:
    tick: Callable[[str], object] = lambda what: bar.set_description(what or workload.name)  # noqa: E731
    if _is_script(spec):
        return measure_script(spec, options.arguments, sides, options.threads, options.pairs, tick)
    beside = [] if options.compare_commit else _beside(options)
    return measure(spec, workload, sides, options.threads, options.pairs, tick, beside)


def _warm(sides: Sequence[Side], threads: int) -> None:
    """Import each engine once, so that its files are compiled and in memory."""
    for side in sides:
        command = [sys.executable, "-c", side.importing()]
        environment = side.environment(threads)
        subprocess.run(command, env=environment, capture_output=True, check=False)


def _facts(
    options: argparse.Namespace, sides: Sequence[Side], results: Sequence[Result]
) -> dict[str, Any]:
    """What a measurement depends on."""
    versions = next((result.versions for result in results if result.versions), ("", ""))
    return {
        "commit": history.commit(Path(__file__).parent),
        "machine": history.machine(),
        "threads": options.threads,
        "engines": {side.title: version for side, version in zip(sides, versions)},
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def _publish(bench: report.Bench, options: argparse.Namespace) -> None:
    """Compare with the history, print, and write."""
    line = history.entry(bench.results, bench.facts)
    bench.date = line["date"]
    if not options.compare_commit:
        path = options.out / "history.jsonl"
        past = history.read(path)
        bench.changes = list(history.changes(line, past, options.against))
        if options.against and not history.known(line, past, options.against):
            bench.changes.append(f"no run of the kind at {options.against} is in {path}")
        history.append(path, line)
    print(report.table(bench))
    if bench.started:
        print("", report.memory_table(bench), sep="\n")
    lines = [report.imports(bench), report.setting(bench), *bench.changes]
    print("", *filter(None, lines), sep="\n")
    for result in bench.timed if options.ops else ():
        if result.ops:
            print("", report.ops_table(bench, result), report.clock_cost(bench, result), sep="\n")
        elif result.unclocked:
            print(f"\n{result.workload.name}: no clock could be put on: {result.unclocked}")
    report.write(bench, options.out)


def _self_check(side: Side) -> int:
    """Time the candidate's W1 against itself, and say whether the ratio of that is 1."""
    side.engine.set_threads(1)  # no pool of threads: what is tested is the timer
    program = WORKLOADS["W1"].build(side.engine.namespace())
    try:
        with tqdm(total=TRIALS, disable=None, leave=False) as bar:
            trials = self_check(program.step, tick=bar.update)
    except KeyboardInterrupt:
        _stop("interrupted")
    print(f"W1 of {side.title} against itself, {TRIALS} trials of each kind:")
    print(*trials, sep="\n")
    print(f"interleaved turns are {'honest' if trials[0].honest else 'NOT honest'} here")
    return int(not trials[0].honest)
