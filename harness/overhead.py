"""`python -m harness overhead`: what it costs a script to be followed.

The reference runs the script alone; telling norms and projections; telling every tensor; and with a
candidate and a float64 run in lock-step beside it. Times are of the steps, not of the start, and
the four take turns.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from harness.backends import BackendError, find
from harness.conductor import conducting
from harness.follow import Task
from harness.judging import Judge, Roles
from harness.processes import Leg, RunFailed, Script
from harness.stop import stop

_stop = partial(stop, "overhead")

SCHEMA = "harness.overhead/1"
GOALS = {"norms and projections": 1.15, "every tensor": 2.0, "lock-step with float64": 6.0}
"""How many times the script alone each may take."""


class Runs(NamedTuple):
    """What is run, how far, on what."""

    script: Script
    steps: int
    candidate: str
    reference: str
    threads: int


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write; 0: within the goals, 1: above one, 3: could not run."""
    argv = list(sys.argv[1:] if argv is None else argv)
    cut = argv.index("--") if "--" in argv else len(argv)
    options = _options(argv[:cut])
    candidate, reference = options.backends.split(",")
    try:
        for name in (candidate, reference):
            find(name).check()
        with tempfile.TemporaryDirectory(prefix="harness-") as folder:
            script = Script(options.script, argv[cut + 1 :], Path(folder))
            runs = Runs(script, options.steps, candidate, reference, options.threads)
            times = measure(runs, options.rounds)
    except (RunFailed, BackendError) as error:
        print(f"overhead: {error}", file=sys.stderr)
        return 3
    told = findings(runs, times)
    _write(options.out, told)
    print(_text(told))
    return int(any(row["ratio"] > row["goal"] for row in told["ways"]))


def measure(runs: Runs, rounds: int) -> dict[str, list[float]]:
    """Seconds per step of every way of following, a number for each round."""
    ways: dict[str, Callable[[Runs], float]] = {
        "alone": alone,
        "norms and projections": lambda r: told(r, sketch=True),
        "every tensor": lambda r: told(r, sketch=False),
        "lock-step with float64": in_lockstep,
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        order = list(ways)[:: 1 if number % 2 else -1]
        for name in order:
            times[name].append(ways[name](runs) / runs.steps)
    return times


def alone(runs: Runs) -> float:
    """The script's own time for its steps: it tells nothing before the last."""
    leg = Leg(runs.script, "alone", Task(runs.reference, runs.threads, "time"))
    with conducting([leg]):
        leg.launch()
        leg.send("turn", steps=runs.steps)
        answer = leg.receive("turn")
    if answer is None:
        raise RunFailed(f"{runs.script.path} makes fewer than {runs.steps} steps")
    return answer.facts["seconds"]


def told(runs: Runs, sketch: bool) -> float:
    """The time from the start to the last step of a run that tells every step."""
    task = Task(runs.reference, runs.threads, steps=runs.steps, sketch=sketch)
    with conducting([Leg(runs.script, "told", task)]) as conductor:
        conductor.start()
        started = time.perf_counter()
        for _ in conductor.steps():
            ended = time.perf_counter()
    return ended - started


def in_lockstep(runs: Runs) -> float:
    """The same for candidate, reference and float64, compared at every step."""
    together: dict[str, Any] = {"threads": runs.threads, "steps": runs.steps}
    legs = [
        Leg(runs.script, "reference", Task(runs.reference, **together)),
        Leg(runs.script, "candidate", Task(runs.candidate, lockstep=True, **together)),
        Leg(runs.script, "float64", Task(runs.reference, lockstep=True, wide=True, **together)),
    ]
    judge = Judge(Roles("candidate", "reference", "float64"), ("candidate", "reference"))
    with conducting(legs) as conductor:
        judge.start(conductor.start(), [legs[1].header, legs[0].header])
        started = time.perf_counter()
        for moment in conductor.steps():
            judge.step(moment)
        return time.perf_counter() - started


def findings(runs: Runs, times: dict[str, list[float]]) -> dict[str, Any]:
    """The ratio of every way to the script alone, round by round, and its median."""
    ways = [
        {
            "way": name,
            "ratio": statistics.median(a / b for a, b in zip(times[name], times["alone"])),
            "goal": goal,
            "milliseconds": 1e3 * statistics.median(times[name]),
        }
        for name, goal in GOALS.items()
    ]
    return {
        "schema": SCHEMA,
        "script": runs.script.path,
        "arguments": list(runs.script.arguments),
        "reference": runs.reference,
        "steps": runs.steps,
        "alone_milliseconds": 1e3 * statistics.median(times["alone"]),
        "ways": ways,
        "headline": ", ".join(f"{w['way']} {w['ratio']:.2f}x" for w in ways),
    }


def _text(told: dict[str, Any]) -> str:
    lines = [f"{told['script']} on {told['reference']}, {told['steps']} steps",
             f"{'alone':<24} {told['alone_milliseconds']:8.2f} ms a step"]  # fmt: skip
    for way in told["ways"]:
        kept = "" if way["ratio"] <= way["goal"] else "  above it"
        lines.append(
            f"{way['way']:<24} {way['milliseconds']:8.2f} ms  {way['ratio']:.2f}x"
            f"  (goal {way['goal']:g}x){kept}"
        )
    return "\n".join(lines)


def _write(out: Path, told: dict[str, Any]) -> None:
    folder = out / "overhead"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "overhead.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    (folder / "overhead.md").write_text(
        f"# What it costs to be followed\n\n```\n{_text(told)}\n```\n", encoding="utf-8"
    )


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m harness overhead", description=main.__doc__)
    parser.error = _stop  # type: ignore[method-assign]
    parser.add_argument(
        "script", nargs="?", default="train.py", help="train.py; arguments after --"
    )
    parser.add_argument("--steps", type=int, default=200, help="steps of every run (200)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (3)")
    parser.add_argument("--threads", type=int, default=1, help="threads of every engine (1)")
    parser.add_argument("--backends", default="minitorch,torch", metavar="A,B")
    parser.add_argument("--out", type=Path, default=Path("reports"), help="folder (reports/)")
    return parser.parse_args(argv)
