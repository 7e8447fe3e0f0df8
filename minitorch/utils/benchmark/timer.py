"""`Timer`: runs a statement often enough to say how long it takes."""

from __future__ import annotations

import enum
import timeit
from collections.abc import Callable
from typing import Any

from minitorch.backend import get_num_threads, set_num_threads
from minitorch.utils.benchmark.measurement import Measurement, TaskSpec

__all__ = ["Language", "Timer"]


class Language(enum.Enum):
    """What the statement is written in."""

    PYTHON = 0
    CPP = 1


class Timer:
    """Measures `stmt` with `num_threads` threads, after `setup`.

    Raises: NotImplementedError for C++.
    Source: https://docs.pytorch.org/docs/stable/benchmark_utils.html
    """

    default_clock = staticmethod(timeit.default_timer)

    def __init__(
        self,
        stmt: str = "pass",
        setup: str = "pass",
        global_setup: str = "",
        timer: Callable[[], float] = timeit.default_timer,
        globals: dict[str, Any] | None = None,
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
        language: Any = Language.PYTHON,
    ) -> None:
        if language not in (Language.PYTHON, "py", "python"):
            raise NotImplementedError(f"Timer: expected a statement in Python, got {language}")
        if global_setup:
            raise ValueError("Timer: global_setup is for C++: use setup")
        self._timer = timeit.Timer(stmt, setup, timer, dict(globals or {}))
        self._task_spec = TaskSpec(stmt, setup, "", label, sub_label, description, env, num_threads)

    def _time(self, number: int) -> float:
        before = get_num_threads()
        set_num_threads(self._task_spec.num_threads)
        try:
            return max(self._timer.timeit(number), 1e-9)
        finally:
            set_num_threads(before)

    def timeit(self, number: int = 1000000) -> Measurement:
        """One run of `number` executions, after a short one to warm up."""
        self._time(max(number // 100, 2))
        return Measurement(number, [self._time(number)], self._task_spec)

    def _block_size(self, min_run_time: float) -> int:
        """How many executions take so long that reading the clock costs nothing."""
        number = 1
        while (taken := self._time(number)) < min_run_time / 1000 or taken < 1e-4:
            if taken >= min_run_time:
                break
            number *= 10
        return number

    def _collect(self, number: int, enough: Callable[[list[float]], bool]) -> Measurement:
        times: list[float] = []
        while not enough(times):
            times.append(self._time(number))
        return Measurement(number, times, self._task_spec)

    def blocked_autorange(
        self, callback: Callable[[int, float], Any] | None = None, min_run_time: float = 0.2
    ) -> Measurement:
        """Runs until `min_run_time` seconds were measured, in blocks long enough for the clock.

        `callback(number, seconds)` is called for each block.
        """
        number = self._block_size(min_run_time)

        def enough(times: list[float]) -> bool:
            if callback is not None and times:
                callback(number, times[-1])
            return sum(times) >= min_run_time

        return self._collect(number, enough)

    def adaptive_autorange(
        self,
        threshold: float = 0.1,
        *,
        min_run_time: float = 0.01,
        max_run_time: float = 10.0,
        callback: Callable[[int, float], Any] | None = None,
    ) -> Measurement:
        """Runs until the spread is below `threshold` of the median, or the time is up."""
        number = self._block_size(0.05)

        def enough(times: list[float]) -> bool:
            if callback is not None and times:
                callback(number, times[-1])
            total = sum(times)
            if total < min_run_time or len(times) < 3:
                return False
            sure = Measurement(number, times, self._task_spec).meets_confidence(threshold)
            return sure or total > max_run_time

        return self._collect(number, enough)
