"""Inside a run: tells the harness every step, takes over what it sends, ends after the last step.

What to do is a `Task`, in the environment variable HARNESS_PROBE of the process.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from harness.backends import Backend, find
from harness.channel import RANDOM, Arrays, Channel
from harness.state import (
    Subject,
    assign,
    assign_gradients,
    describe,
    initial_arrays,
    move_one_ulp,
    sketched,
    step_arrays,
)

VARIABLE = "HARNESS_PROBE"


@dataclass(frozen=True)
class Task:
    """What one run is for."""

    backend: str
    threads: int = 1
    purpose: str = "record"  # record, time or trace
    descriptor: int = -1  # of the channel
    steps: int | None = None
    perturb: int | None = None  # seed of the one-ulp moves
    wide: bool = False  # in float64, from the same random numbers
    lockstep: bool = False  # every step starts from the state that the harness sends
    forced: bool = False  # the optimizer is given the gradients that the harness sends
    sketch: bool = False  # norms and projections in place of tensors
    trace: int | None = None  # the step whose calls are traced
    seed: int = 0  # of all generators, for a script that seeds none

    def text(self) -> str:
        """As it stands in the environment."""
        return json.dumps(asdict(self))


def task() -> Task | None:
    """What this process was started for; None where no harness started it."""
    text = os.environ.get(VARIABLE)
    return Task(**json.loads(text)) if text else None


class Follower:
    """Follows one run, told by a probe or by a watch."""

    def __init__(self, task: Task, channel: Channel) -> None:
        self.task, self.channel = task, channel
        self.backend: Backend = find(task.backend)
        self.told = False  # by a probe in the script; a watch then keeps silent
        self.steps = 0
        self.skipped: dict[str, int] = {}  # what could not be done, and how often
        self.begun = self._ended = False
        self._moves = None if task.perturb is None else np.random.default_rng(task.perturb)
        self._subject = Subject()
        self._own_gradients: Arrays = {}  # as they were before others were forced on the optimizer
        self._tracing: ExitStack | None = None
        self._trace: Any = None
        self._timer = _Timer(self) if task.purpose == "time" else None
        self._maybe_trace()

    @property
    def timing(self) -> bool:
        """Whether time is taken: nothing is told then, so nothing is to be gathered."""
        return self._timer is not None

    # ---------------------------------------------------------------- what a probe or a watch says

    def begin(
        self, subject: Subject, name: str = "", told: bool = False, fresh: bool = True
    ) -> None:
        """The models are made: send the start, and move what is to be moved.

        Where they are not `fresh` they have computed before, and buffers may have rounded.
        """
        if self.begun:
            return
        self.begun, self.told, self._subject = True, told, subject
        if self._moves is not None:
            move_one_ulp(self.backend, subject, self._moves)
        if self._timer:
            self._timer.wait()
            return
        header = {
            **describe(self.backend, subject),
            "name": name,
            "threads": self.task.threads,
            "fresh": fresh,
        }
        self.channel.send("start", 0, self._with_random(initial_arrays(self.backend, subject)),
                          header=header)  # fmt: skip

    def mark(self, phase: str) -> None:
        """A phase of the step has ended."""
        if self._timer:
            self._timer.mark(phase)

    def before_update(self, gather: Callable[[], Subject] | None, closure: bool) -> None:
        """The gradients are there and the optimizer is about to use them.

        `gather` tells what is trained, where that is asked for; None: what a probe has told.
        """
        if not self.task.forced or self._timer:
            return
        if closure:
            self.skip("forced gradients: the optimizer computes its own, in a closure")
            return
        subject = gather() if gather else self._subject
        self.channel.send("waiting", self.steps + 1)
        given = self.channel.receive()
        if given is None:
            self._quit()
        self._own_gradients = {
            key: array.copy()
            for key, array in step_arrays(self.backend, subject, np.zeros(0)).items()
            if key.startswith("gradient ")
        }
        assign_gradients(self.backend, subject, given.arrays)

    def step(self, gather: Callable[[], tuple[Subject, np.ndarray]]) -> None:
        """A step is done: send it; take over what comes back; after the last one, end the run.

        `gather` tells what is trained, and the losses; it is not called while time is taken.
        """
        self.steps += 1
        if self._timer:
            self._timer.step()
            return
        subject, loss = gather()
        if self._tracing and self.steps == self.task.trace:
            self._send_trace()
        seen = subject.without_optimizers() if self.task.sketch else subject
        arrays = step_arrays(self.backend, seen, loss)
        arrays.update((key, a) for key, a in self._own_gradients.items() if key in arrays)
        self._own_gradients = {}
        sent = sketched(arrays) if self.task.sketch else arrays
        self.channel.send("step", self.steps, self._with_random(sent))
        if self.steps == self.task.steps:
            self.end()
            self._quit()
        if self.task.lockstep:
            self._take_over(subject)
        self._maybe_trace()

    def metrics(self, values: dict[str, float]) -> None:
        """The script has measured something."""
        if not self._timer:
            self.channel.send("metrics", self.steps, values=values)

    def skip(self, what: str) -> None:
        """Count something that could not be done."""
        self.skipped[what] = self.skipped.get(what, 0) + 1

    def end(self) -> None:
        """The training is over."""
        if not self._ended:
            self._ended = True
            self.channel.send("end", self.steps, skipped=self.skipped)

    # ---------------------------------------------------------------- how

    def _with_random(self, arrays: Arrays) -> Arrays:
        state = self.backend.random_state()
        return arrays if state is None else {**arrays, RANDOM: np.frombuffer(state, np.uint8)}

    def _take_over(self, subject: Subject) -> None:
        sync = self.channel.receive()
        if sync is None:
            self._quit()
        assign(self.backend, subject, sync.arrays)
        if RANDOM in sync.arrays:
            self.backend.set_random_state(sync.arrays[RANDOM].tobytes())
        if self._moves is not None:
            move_one_ulp(self.backend, subject, self._moves)

    def _maybe_trace(self) -> None:
        """Record the calls of the step that is wanted.

        The names are replaced from the beginning, so that what a script imports by name is seen.
        """
        if self.task.purpose != "trace":
            return
        if self._tracing is None:
            from harness.locate.observe import observing

            self._tracing = ExitStack()
            self._trace = self._tracing.enter_context(observing(self.backend, recording=False))
        self._trace.recording = self.task.trace == self.steps + 1

    def _send_trace(self) -> None:
        assert self._tracing is not None
        self._tracing.close()
        self.channel.send("trace", self.steps, trace=self._trace)

    def _quit(self) -> None:
        """End the process now: a script may catch SystemExit, and has nothing left to do."""
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


class _Timer:
    """Runs a few steps whenever the harness gives the turn, and tells their time."""

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._left = 0
        self._phases: dict[str, float] = {}
        self._started = self._marked = 0.0

    def mark(self, phase: str) -> None:
        """Add the time since the last mark to a phase."""
        now = time.perf_counter()
        self._phases[phase] = self._phases.get(phase, 0.0) + now - self._marked
        self._marked = now

    def step(self) -> None:
        """Count the step; at the end of the turn, answer and wait for the next."""
        self._marked = time.perf_counter()
        self._left -= 1
        if self._left == 0:
            seconds = self._marked - self._started
            self._follower.channel.send("turn", seconds=seconds, phases=self._phases)
            self.wait()

    def wait(self) -> None:
        """Wait for the next turn."""
        turn = self._follower.channel.receive()
        if turn is None:
            self._follower._quit()
        self._left = turn.facts["steps"]
        self._phases = {}
        self._started = self._marked = time.perf_counter()


_current: Follower | None = None


def current() -> Follower | None:
    """Who follows this process; None where no harness started it."""
    global _current
    if _current is None and (given := task()) is not None:
        _current = Follower(given, Channel(given.descriptor))
        _current.backend.set_threads(given.threads)
    return _current
