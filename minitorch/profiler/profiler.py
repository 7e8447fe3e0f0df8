"""`profile` with a schedule: which steps of a training are measured, and what is done with them."""

from __future__ import annotations

import enum
import gzip
import json
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

from minitorch.autograd.profiler import ProfilerActivity, Recorder, record_function
from minitorch.autograd.profiler_util import EventList

__all__ = [
    "ProfilerAction",
    "profile",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]


class ProfilerAction(enum.Enum):
    """What happens in a step."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3  # and then `on_trace_ready` is called


_RECORDING = (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)


def schedule(
    *,
    wait: int,
    warmup: int,
    active: int,
    repeat: int = 0,
    skip_first: int = 0,
    skip_first_wait: int = 0,
) -> Callable[[int], ProfilerAction]:
    """What to do in each step: skip some, then in turns wait, warm up and measure.

    `repeat` 0 goes on for ever; with `skip_first_wait` the first turn does not wait.
    Raises: AssertionError for negative numbers, or nothing to measure.
    """
    given = {"wait": wait, "warmup": warmup, "repeat": repeat, "skip_first": skip_first}
    if min(given.values()) < 0 or active < 1:
        raise AssertionError(f"schedule: expected numbers of steps, active at least 1, got {given}")
    if not warmup:
        import warnings

        warnings.warn("schedule: without warmup the first step is skewed", stacklevel=2)
    turn = wait + warmup + active

    def action(step: int) -> ProfilerAction:
        step -= skip_first
        if step < 0:
            return ProfilerAction.NONE
        step += wait if skip_first_wait else 0
        if repeat and step >= repeat * turn:
            return ProfilerAction.NONE
        at = step % turn
        if at < wait:
            return ProfilerAction.NONE
        if at < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD if at < turn - 1 else ProfilerAction.RECORD_AND_SAVE

    return action


def _always(step: int) -> ProfilerAction:
    return ProfilerAction.RECORD


def supported_activities() -> set[ProfilerActivity]:
    """What can be measured: the CPU."""
    return {ProfilerActivity.CPU}


def tensorboard_trace_handler(
    dir_name: str, worker_name: str | None = None, use_gzip: bool = False, **how: Any
) -> Callable[[Any], None]:
    """An `on_trace_ready` that writes each trace into a folder, for TensorBoard's plugin."""

    def write(measured: profile) -> None:
        os.makedirs(dir_name, exist_ok=True)
        worker = worker_name or f"{socket.gethostname()}_{os.getpid()}"
        name = f"{worker}.{time.time_ns()}.pt.trace.json" + (".gz" if use_gzip else "")
        measured.export_chrome_trace(os.path.join(dir_name, name))

    return write


class profile:
    """Measures rows and blocks of `record_function` inside, in the steps of `schedule`.

    `step()` ends a step. `on_trace_ready(self)` is called when a turn of the schedule is over, or
    at the end.
    Raises: AssertionError where no activity is given that exists.
    """

    def __init__(
        self,
        *,
        activities: Iterable[ProfilerActivity] | None = None,
        schedule: Callable[[int], ProfilerAction] | None = None,
        on_trace_ready: Callable[[Any], Any] | None = None,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_flops: bool = False,
        with_modules: bool = False,
        acc_events: bool = False,
        use_cuda: bool | None = None,
        **how: Any,
    ) -> None:
        self.activities = supported_activities() if activities is None else set(activities)
        if not self.activities or not all(isinstance(a, ProfilerActivity) for a in self.activities):
            raise AssertionError(f"profile: expected activities, got {activities!r}")
        self.schedule, self.on_trace_ready = schedule or _always, on_trace_ready
        self._steps_are_named = schedule is not None
        self.record_shapes, self.with_stack = record_shapes, with_stack
        self.acc_events = acc_events
        self.step_num = 0
        self.current_action = ProfilerAction.NONE
        self._recorder: Recorder | None = None
        self._step: record_function | None = None
        self._events: EventList | None = None
        self._metadata: dict[str, str] = {}

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.stop()

    def start(self) -> None:
        """Begin with step 0."""
        self._turn_to(self.schedule(self.step_num))

    def step(self) -> None:
        """End a step and begin the next."""
        self._end_step()
        self.step_num += 1
        before, after = self.current_action, self.schedule(self.step_num)
        if before is ProfilerAction.RECORD_AND_SAVE or after not in _RECORDING:
            self._finish(ready=before is ProfilerAction.RECORD_AND_SAVE)
        self._turn_to(after)

    def stop(self) -> None:
        """End the last step."""
        self._end_step()
        self._finish(ready=self.current_action in _RECORDING)
        self.current_action = ProfilerAction.NONE

    def _turn_to(self, action: ProfilerAction) -> None:
        self.current_action = action
        if action in _RECORDING and self._recorder is None:
            self._recorder = Recorder(self.record_shapes)
            self._recorder.start()
        if self._recorder is not None and self._steps_are_named:
            self._step = record_function(f"ProfilerStep#{self.step_num}")
            self._step.__enter__()

    def _end_step(self) -> None:
        if self._step is not None:
            self._step.__exit__()
            self._step = None

    def _finish(self, ready: bool) -> None:
        if self._recorder is None:
            return
        self._recorder.stop()
        found = self._recorder.events
        kept = self._events if self.acc_events and self._events is not None else []
        self._events, self._recorder = EventList([*kept, *found]), None
        if ready and self.on_trace_ready is not None:
            self.on_trace_ready(self)

    # What was measured

    def events(self) -> EventList:
        """The calls, in the order in which they began. Raises: AssertionError where none ended."""
        if self._events is None:
            raise AssertionError("the profile measured nothing yet: no step of it ended")
        return self._events

    def key_averages(self, group_by_input_shape: bool = False, **how: Any) -> EventList:
        """One line for each name, and each list of shapes where they are asked for."""
        return self.events().key_averages(group_by_input_shape)

    def export_chrome_trace(self, path: str) -> None:
        """Write the events for chrome://tracing, compressed where the name ends in .gz."""
        plain = path.removesuffix(".gz")
        self.events().export_chrome_trace(plain)
        if self._metadata:
            with open(plain, encoding="utf-8") as file:
                trace = json.load(file)
            with open(plain, "w", encoding="utf-8") as file:
                json.dump({**trace, **self._metadata}, file)
        if plain != path:
            with open(plain, "rb") as source, gzip.open(path, "wb") as target:
                shutil.copyfileobj(source, target)
            os.remove(plain)

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """Write stacks of Python. Raises: NotImplementedError, as they are not measured."""
        if not self.with_stack:
            raise AssertionError("export_stacks() requires with_stack=True")
        raise NotImplementedError("export_stacks: stacks are not measured")

    def add_metadata(self, key: str, value: str) -> None:
        """Write this text into the trace, too."""
        self._metadata[key] = value

    def add_metadata_json(self, key: str, value: str) -> None:
        """Write this JSON into the trace, too."""
        self._metadata[key] = json.loads(value)
