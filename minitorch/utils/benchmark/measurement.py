"""What was measured: the times of a statement, their median and spread, and their text."""

from __future__ import annotations

import dataclasses
import math
import textwrap
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

__all__ = ["Measurement", "TaskSpec", "select_unit", "significant"]

_UNITS = (("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1.0))
_NAMES = {"ns": "nanoseconds", "us": "microseconds", "ms": "milliseconds", "s": "seconds"}
_ENOUGH, _QUIET = 4, 0.1  # measurements for a spread; a spread that needs no warning


def select_unit(seconds: float) -> tuple[str, float]:
    """The unit in which `seconds` reads well, and how long it is: ("us", 1e-06)."""
    fitting = [unit for unit in _UNITS if seconds >= unit[1]]
    return (fitting or _UNITS)[-1 if fitting else 0]


def unit_name(unit: str) -> str:
    """'us' as a word."""
    return _NAMES[unit]


def significant(x: float, digits: int) -> float:
    """`x` rounded to this many digits."""
    return float(f"{x:.{digits}g}")


@dataclasses.dataclass(frozen=True)
class TaskSpec:
    """What is measured."""

    stmt: str
    setup: str
    global_setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1

    @property
    def title(self) -> str:
        """The label; the statement without one."""
        if self.label is not None:
            return self.label + (f": {self.sub_label}" if self.sub_label else "")
        return _named("stmt", self.stmt) if "\n" in self.stmt else self.stmt

    def summarize(self) -> str:
        """Title, description and setup, as a text of several lines."""
        parts = [self.title, self.description or ""]
        if self.setup and self.setup != "pass":
            parts.append(_named("setup", self.setup))
        return "\n".join(part for part in parts if part)


def _named(name: str, code: str) -> str:
    """`name: code`, the code below and indented where it has several lines."""
    code = code.strip()
    return f"{name}:\n{textwrap.indent(code, '  ')}\n" if "\n" in code else f"{name}: {code}"


class Measurement:
    """The times of some runs of a statement, each of `number_per_run` executions."""

    def __init__(
        self,
        number_per_run: int,
        raw_times: list[float],
        task_spec: TaskSpec,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.number_per_run, self.raw_times = number_per_run, list(raw_times)
        self.task_spec, self.metadata = task_spec, metadata

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "task_spec":  # and while being unpickled
            raise AttributeError(name)
        return getattr(self.task_spec, name)

    @property
    def times(self) -> list[float]:
        """Seconds of one execution, for each run."""
        return [t / self.number_per_run for t in self.raw_times]

    @property
    def median(self) -> float:
        """The median of the times."""
        return float(np.median(self.times))

    @property
    def mean(self) -> float:
        """The mean of the times."""
        return float(np.mean(self.times))

    @property
    def iqr(self) -> float:
        """How far the quarters of the times are apart: half of them lie in between."""
        low, high = np.quantile(self.times, (0.25, 0.75))
        return float(high - low)

    @property
    def significant_figures(self) -> int:
        """How many digits of the median are sure, from the spread: 1 to 5.

        Half the width of the median's 95 % interval is about 1.56 iqr / sqrt(n).
        """
        spread = 1.57 * self.iqr / math.sqrt(len(self.raw_times))
        if not spread or not self.median:
            return 5
        sure = math.floor(math.log10(self.median / spread)) + 1
        return min(5, max(1, sure))

    @property
    def has_warnings(self) -> bool:
        """Whether the times spread too far to be trusted, or are too few."""
        return len(self.raw_times) >= _ENOUGH and not self.meets_confidence()

    def meets_confidence(self, threshold: float = _QUIET) -> bool:
        """Whether the spread is below this share of the median."""
        return self.iqr / self.median < threshold if self.median else True

    @property
    def title(self) -> str:
        """What is measured, in a line."""
        return self.task_spec.title

    @property
    def as_row_name(self) -> str:
        """What is measured, as the name of a row in a table."""
        return self.task_spec.sub_label or self.task_spec.stmt or "[Unknown]"

    @staticmethod
    def merge(measurements: Iterable[Measurement]) -> list[Measurement]:
        """One measurement for each thing measured, with the times of all."""
        groups: dict[TaskSpec, list[Measurement]] = defaultdict(list)
        for m in measurements:
            groups[m.task_spec].append(m)
        return [
            Measurement(1, [t for m in group for t in m.times], spec)
            for spec, group in groups.items()
        ]

    def __repr__(self) -> str:
        unit, scale = select_unit(self.median)
        n, runs = len(self.raw_times), self.number_per_run
        counts = f"{n} measurement{'s' if n > 1 else ''}, {runs} runs "
        threads = (
            f"{self.task_spec.num_threads} thread{'s' if self.task_spec.num_threads > 1 else ''}"
        )
        lines = [f"{object.__repr__(self)}", self.task_spec.summarize()]
        if n == 1:
            lines += [f"  {self.median / scale:.2f} {unit}", f"  {counts}, {threads}"]
            return "\n".join(lines)
        lines.append(f"  Median: {self.median / scale:.2f} {unit}")
        if n >= _ENOUGH:
            low, high = np.quantile(self.times, (0.25, 0.75)) / scale
            lines.append(f"  IQR:    {self.iqr / scale:.2f} {unit} ({low:.2f} to {high:.2f})")
        lines.append(f"  {counts}per measurement, {threads}")
        if self.has_warnings:
            lines.append(
                f"  WARNING: the spread is {self.iqr / self.median:.1%} of the median: something "
                "else ran beside it"
            )
        return "\n".join(lines)
