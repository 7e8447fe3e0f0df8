"""A whole script as a workload: any training script, unchanged, timed step by step in turns."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.bench.child import AGREE_STEPS
from harness.bench.legs import Side
from harness.bench.measure import Result, close
from harness.channel import Message
from harness.conductor import Moment, conducting
from harness.follow import Task
from harness.processes import Leg, RunFailed, Script
from harness.turns import WARMUP, take_turns
from harness.workloads import Workload

BLOCK, ROUNDS = 10, 20
"""Steps of a turn, and turns, unless told otherwise."""


def script_workload(path: str, arguments: Sequence[str]) -> Workload:
    """What the tables call a script. Raises: LookupError where there is none."""
    if not Path(path).is_file():
        raise LookupError(f"{path}: no such script")
    return Workload(Path(path).stem, shlex.join([path, *arguments]), BLOCK, None, None)


def measure_script(
    path: str,
    arguments: Sequence[str],
    sides: Sequence[Side],
    threads: int,
    rounds: int | None = None,
    tick: Callable[[str], object] = lambda what: None,
) -> Result:
    """Time a script's steps on both sides where its first steps agree, each against itself too."""
    workload = script_workload(path, arguments)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        script = Script(path, arguments, Path(folder))

        def leg(side: Side, purpose: str, steps: int | None = None, again: str = "") -> Leg:
            task = Task(side.backend, threads, purpose, steps=steps)
            return Leg(script, f"{side.title}{again}", task)

        try:
            tick(f"{workload.name}: first steps")
            versions, differs = _first_steps([leg(s, "record", AGREE_STEPS) for s in sides])
            if differs:
                return Result(workload, "differs", differs, versions=versions)
            again = ("", ", a second process")
            legs = [leg(side, "time", again=name) for side in sides for name in again]
            times = take_turns(legs, rounds or ROUNDS, BLOCK, lambda _: tick(""))
        except RunFailed as error:
            return Result(workload, "failed", str(error).splitlines()[0])
    seconds = [times.seconds[leg.title] for leg in legs]
    if not seconds[0]:
        needed = (WARMUP + 1) * BLOCK
        return Result(workload, "failed", f"it has fewer than the {needed} steps of three turns")
    return Result(workload, "timed", "", seconds, versions=versions)


def _first_steps(legs: Sequence[Leg]) -> tuple[tuple[str, ...], str]:
    """The engines' versions, and what differs between the first steps; '' where nothing does."""
    with conducting(legs) as conductor:
        conductor.start()
        versions = tuple(leg.header["version"] for leg in legs)
        for number, moment in enumerate(conductor.steps(), 1):
            differs = _moment_differs(legs, moment, gradients=number == AGREE_STEPS)
            if differs:
                return versions, f"step {number}: {differs}"
    return versions, ""


def _moment_differs(legs: Sequence[Leg], moment: Moment, gradients: bool) -> str:
    messages = [moment.get(leg.title) for leg in legs]
    for leg, message in zip(legs, messages):
        if message is None:
            return f"{leg.title} has ended"
    a, b = (message for message in messages if message is not None)
    keys = [key for key in b.arrays if key == "loss" or (gradients and key.startswith("gradient "))]
    return next((_named(key, a, b) for key in keys if not _agree(key, a, b)), "")


def _agree(key: str, a: Message, b: Message) -> bool:
    return key in a.arrays and close(a.arrays[key], b.arrays[key])


def _named(key: str, a: Message, b: Message) -> str:
    """What differs, in words; of a loss with its numbers."""
    if key == "loss" and key in a.arrays:
        return f"loss {a.arrays[key].sum():.6g} against {b.arrays[key].sum():.6g}"
    return key
