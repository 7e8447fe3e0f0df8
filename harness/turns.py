"""The step time of a whole script on several backends, side by side.

One process per backend stands ready; the harness gives them short turns in random order, so that
all of them meet the same weather, and never runs two at once. A second process of the reference
runs along as a control: against itself its ratio has to be 1.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness.conductor import conducting
from harness.processes import Leg
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
    legs: Sequence[Leg], rounds: int, block: int, tick: Callable[[int], object]
) -> Times:
    """Time `rounds` turns of `block` steps on every leg, interleaved.

    It ends early where the script has no steps left. Raises: RunFailed when a script does.
    """
    times = Times(block, {leg.title: [] for leg in legs}, {leg.title: [] for leg in legs})
    with conducting(legs):
        for leg in legs:
            leg.launch()
        for number, order in enumerate(orders(legs, WARMUP + rounds)):
            answers = {leg.title: _turn(leg, block) for leg in order}
            if None in answers.values():
                break
            if number >= WARMUP:
                _note(times, answers)
            tick(number + 1)
    return times


def _turn(leg: Leg, block: int) -> dict | None:
    """Let one process run `block` steps while the others wait; None where it has none left."""
    time.sleep(PAUSE)
    leg.send("turn", steps=block)
    answer = leg.receive("turn")
    return None if answer is None else answer.facts


def _note(times: Times, answers: dict[str, dict]) -> None:
    for title, answer in answers.items():
        times.seconds[title].append(answer["seconds"] / times.block)
        phases = {name: value / times.block for name, value in answer["phases"].items()}
        times.phases[title].append(phases)
