"""All witnesses of a script at once, step by step: nothing is recorded, everything is compared.

Each witness runs in a process of its own and is read in turn, so that all stand at the same step.
In lock-step the reference's state after a step is sent to the others, and where the optimizer is
forced, its gradients before the update.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from harness.channel import RANDOM, Message
from harness.processes import Leg, RunFailed

HOW = (
    "no optimizer step and no backward call was seen, and it opened no probe"
    " (`probe = open_probe(torch, model)` before the loop, `probe.step(loss, model, optimizer)`"
    " after every step)"
)

Moment = dict[str, Message]
"""What every witness that is still running left at one step, by its title."""


class Conductor:
    """Runs legs side by side; the first one is the reference."""

    def __init__(self, legs: Sequence[Leg]) -> None:
        self.legs = list(legs)
        self.reference = self.legs[0]

    def start(self) -> Moment:
        """Launch all; what each starts from. Raises: RunFailed for a script that never starts."""
        for leg in self.legs:
            leg.launch()
        found = {leg.title: leg.receive("start") for leg in self.legs}
        for title, message in found.items():
            if message is None:
                raise RunFailed(f"{self.reference.script.path} on {title}: {HOW}")
        return {title: message for title, message in found.items() if message is not None}

    def steps(self) -> Iterator[Moment]:
        """What every witness left behind, step by step, until all have ended."""
        while True:
            moment = {}
            for leg in self.legs:
                message = self._next(leg, moment)
                if message is not None:
                    moment[leg.title] = message
            if not moment:
                return
            yield moment
            self._synchronize(moment.get(self.reference.title))

    def stop(self) -> None:
        """End all legs that still run."""
        for leg in self.legs:
            leg.stop()

    def _next(self, leg: Leg, moment: Moment) -> Message | None:
        message = leg.receive("step", "waiting")
        if message is not None and message.kind == "waiting":
            given = moment.get(self.reference.title)
            leg.send("gradients", given.arrays if given else {})
            message = leg.receive("step")
        return message

    def _synchronize(self, reference: Message | None) -> None:
        """Send the reference's state to those in lock-step with it."""
        kinds = ("parameter ", "buffer ", "optimizer ", RANDOM)
        arrays = reference.arrays if reference else {}
        state = {key: array for key, array in arrays.items() if key.startswith(kinds)}
        for leg in self.legs:
            if leg.task.lockstep and not leg.ended:
                if reference is None:
                    leg.stop()
                else:
                    leg.send("sync", state)


@contextmanager
def conducting(legs: Sequence[Leg]) -> Iterator[Conductor]:
    """A conductor whose legs end with the block, whatever happens."""
    conductor = Conductor(legs)
    try:
        yield conductor
    finally:
        conductor.stop()
