"""Where time goes: blocks that a script names, and every row while a profile runs.

A profile puts a clock around each row's forward, which serves backward too, and takes it off again;
without one nothing is measured and nothing costs time.
Differs: times of the CPU alone. What a rule computes with operators on arrays counts as its
caller's own time; memory, stacks and flops are not measured.
"""

from __future__ import annotations

import enum
import functools
import threading
import time
from collections.abc import Callable
from typing import Any

from minitorch.autograd.profiler_util import EventList, FunctionEvent, FunctionEventAvg
from minitorch.backend import ROWS

__all__ = ["ProfilerActivity", "profile", "record_function"]


class ProfilerActivity(enum.Enum):
    """What is measured: the CPU; other devices are names."""

    CPU = 0
    XPU = 1
    MTIA = 2
    CUDA = 3
    HPU = 4
    PrivateUse1 = 5

    def __str__(self) -> str:
        return f"ProfilerActivity.{self.name}"


class Recorder:
    """The events of one profile, as they begin and end in each thread."""

    def __init__(self, record_shapes: bool = False) -> None:
        self.events: list[FunctionEvent] = []
        self.began = time.perf_counter_ns()
        self.record_shapes = record_shapes
        self._threads = threading.local()

    def start(self) -> None:
        """Measure from now on."""
        with _lock:
            if not _running:
                for name, row in ROWS.items():
                    _unclocked[name] = row.run
                    row.run = _clocked(f"aten::{row.name}", row.run)
            _running.append(self)

    def stop(self) -> None:
        """Measure no more; the last one takes the clocks off."""
        with _lock:
            _running.remove(self)
            if not _running:
                for name, run in _unclocked.items():
                    ROWS[name].run = run
                _unclocked.clear()

    def now(self) -> float:
        """Microseconds since the profile began."""
        return (time.perf_counter_ns() - self.began) / 1000

    def enter(self, name: str, input_shapes: list) -> FunctionEvent:
        """Begin an event, inside the one that is open in this thread."""
        open_ones = self._threads.__dict__.setdefault("open", [])
        parent = open_ones[-1] if open_ones else None
        event = FunctionEvent(name, self.now(), threading.get_ident(), input_shapes, parent)
        self.events.append(event)
        open_ones.append(event)
        return event

    def leave(self, event: FunctionEvent) -> None:
        """End an event."""
        event.end_us = self.now()
        self._threads.open.remove(event)


_lock = threading.Lock()
_running: list[Recorder] = []
_unclocked: dict[str, Any] = {}  # what each row runs when nobody measures


def _enter(name: str, arrays: tuple = ()) -> list[tuple[Recorder, FunctionEvent]]:
    """Begin an event in every profile that runs."""
    begun = []
    for recorder in _running:
        shapes = [list(getattr(a, "shape", ())) for a in arrays] if recorder.record_shapes else []
        begun.append((recorder, recorder.enter(name, shapes)))
    return begun


def _leave(begun: list[tuple[Recorder, FunctionEvent]]) -> None:
    for recorder, event in begun:
        recorder.leave(event)


def _clocked(name: str, run: Callable) -> Callable:
    """`run`, what a row does on arrays, as an event."""

    def clocked(xp: Any, *arrays: Any, **params: Any) -> Any:
        begun = _enter(name, arrays)
        try:
            return run(xp, *arrays, **params)
        finally:
            _leave(begun)

    return clocked


class record_function:
    """A block by this name in the profiles that run; a context, or a decorator."""

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name, self.args = name, args
        self._begun: list[list] = []

    def __enter__(self) -> record_function:
        self._begun.append(_enter(self.name))
        return self

    def __exit__(self, *error: Any) -> None:
        _leave(self._begun.pop())

    def __call__(self, function: Callable) -> Callable:
        @functools.wraps(function)
        def named(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return named


class profile:
    """Measures what happens inside: rows, and blocks of `record_function`.

    Raises: RuntimeError when entered twice; AssertionError where it is asked before it ended.
    """

    def __init__(
        self,
        enabled: bool = True,
        *,
        use_cuda: bool = False,
        use_device: str | None = None,
        record_shapes: bool = False,
        with_flops: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_modules: bool = False,
        use_kineto: bool = False,
        use_cpu: bool = True,
        **how: Any,
    ) -> None:
        self.enabled, self.record_shapes = enabled, record_shapes
        self._recorder: Recorder | None = None
        self._events: EventList | None = None

    def __enter__(self) -> profile:
        if not self.enabled:
            return self
        if self._recorder is not None:
            raise RuntimeError("a profile measures once: make another one")
        self._recorder = Recorder(self.record_shapes)
        self._recorder.start()
        return self

    def __exit__(self, *error: Any) -> None:
        if self._recorder is not None:
            self._recorder.stop()
            self._events = EventList(self._recorder.events)

    @property
    def function_events(self) -> EventList | None:
        """What was measured, None before the end."""
        return self._events

    def _found(self) -> EventList:
        if self._events is None:
            raise AssertionError("the profile did not run to its end, there is nothing to show")
        return self._events

    def key_averages(self, group_by_input_shape: bool = False, **how: Any) -> EventList:
        """One line for each name, and each list of shapes where they are asked for."""
        return self._found().key_averages(group_by_input_shape)

    def table(self, sort_by: str | None = None, row_limit: int = 100, **how: Any) -> str:
        """Every event as a table."""
        return self._found().table(sort_by, row_limit, **how)

    def total_average(self) -> FunctionEventAvg:
        """All events as one."""
        return self._found().total_average()

    def export_chrome_trace(self, path: str) -> None:
        """Write the events for chrome://tracing."""
        self._found().export_chrome_trace(path)

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds in all."""
        return self._found().self_cpu_time_total

    def __str__(self) -> str:
        return "<unfinished profile>" if self._events is None else str(self._events)
