"""The step time of a whole script on several backends, side by side.

One process per backend stands ready; the harness gives them short turns in random order, so that
all of them meet the same weather, and never runs two at once. A second process of the reference
runs along as a control: against itself its ratio has to be 1.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from harness.processes import Leg, RunFailed, Script
from harness.timing import PAUSE, Ratio, orders, paired_ratio

WARMUP = 2
"""Turns that are not counted."""


@dataclass
class Times:
    """Seconds per step of every round, and of every phase in it, for each leg by its title."""

    block: int
    seconds: dict[str, list[float]] = field(default_factory=dict)
    phases: dict[str, list[dict[str, float]]] = field(default_factory=dict)

    def ratio(self, candidate: str, reference: str) -> Ratio:
        """How many times faster the candidate is: median over rounds with its 95 % interval."""
        return paired_ratio(self.seconds[candidate], self.seconds[reference])


def take_turns(
    script: Script, legs: Sequence[Leg], rounds: int, block: int, tick: Callable[[], object]
) -> Times:
    """Time `rounds` turns of `block` steps on every leg, interleaved.

    It ends early where the script has no steps left. Raises: RunFailed when a script does.
    """
    times = Times(block, {leg.title: [] for leg in legs}, {leg.title: [] for leg in legs})
    processes = {leg.title: script.start(leg) for leg in legs}
    try:
        for number, order in enumerate(orders(legs, WARMUP + rounds)):
            answers = {leg.title: _turn(script, leg, processes[leg.title], block) for leg in order}
            if any("finished" in answer for answer in answers.values()):
                break
            if number >= WARMUP:
                _note(times, answers)
            tick()
    finally:
        for process in processes.values():
            process.kill()
            process.communicate()
    return times


def _turn(script: Script, leg: Leg, process: subprocess.Popen[str], block: int) -> dict:
    """Let one process run `block` steps while the others wait."""
    time.sleep(PAUSE)
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):  # where it has ended, what it said last is still to be read
        process.stdin.write(f"{block}\n")
        process.stdin.flush()
    answer = process.stdout.readline()
    if answer:
        return json.loads(answer)
    if code := process.wait():
        raise RunFailed(script.failure(leg, code))
    return {"finished": True}


def _note(times: Times, answers: dict[str, dict]) -> None:
    for title, answer in answers.items():
        times.seconds[title].append(answer["seconds"] / times.block)
        phases = {name: value / times.block for name, value in answer["phases"].items()}
        times.phases[title].append(phases)
