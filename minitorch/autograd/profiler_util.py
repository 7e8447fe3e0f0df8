"""Events of a profile, their averages, and torch's table of them."""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

__all__ = ["EventList", "FunctionEvent", "FunctionEventAvg"]

_WIDTH = 12  # of a column of numbers


def _time(us: float) -> str:
    """Microseconds with a unit: '46.923us', '58.639ms', '1.200s'."""
    for unit, scale in (("s", 1e6), ("ms", 1e3)):
        if us >= scale:
            return f"{us / scale:.3f}{unit}"
    return f"{us:.3f}us"


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.2f}%" if whole else "0.00%"


class _Times:
    """What an event and an average of events have in common: times, and none of other devices."""

    key: str
    count: int
    cpu_time_total: float
    self_cpu_time_total: float
    input_shapes: list
    device_time_total = self_device_time_total = device_time = 0.0
    cuda_time_total = self_cuda_time_total = cuda_time = 0.0
    cpu_memory_usage = self_cpu_memory_usage = device_memory_usage = flops = 0

    @property
    def cpu_time(self) -> float:
        """Microseconds of one call."""
        return self.cpu_time_total / self.count if self.count else 0.0

    @property
    def cpu_time_str(self) -> str:
        """The same with a unit."""
        return _time(self.cpu_time)

    @property
    def cpu_time_total_str(self) -> str:
        """The time of all calls with a unit."""
        return _time(self.cpu_time_total)

    @property
    def self_cpu_time_total_str(self) -> str:
        """The time of all calls without what they call, with a unit."""
        return _time(self.self_cpu_time_total)

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} key={self.key} self_cpu_time={self.self_cpu_time_total_str} "
            f"cpu_time={self.cpu_time_str} count={self.count} input_shapes={self.input_shapes}>"
        )


class FunctionEvent(_Times):
    """One call: its name, when it began and ended, what it called."""

    count = 1

    def __init__(
        self,
        name: str,
        start_us: float,
        thread: int,
        input_shapes: list,
        parent: FunctionEvent | None,
    ) -> None:
        self.name, self.thread, self.input_shapes = name, thread, input_shapes
        self.start_us = self.end_us = start_us
        self.cpu_parent, self.cpu_children = parent, []  # type: ignore[var-annotated]
        if parent is not None:
            parent.cpu_children.append(self)

    @property
    def key(self) -> str:  # type: ignore[override]
        """What is averaged with it: steps of all numbers are one."""
        return re.sub(r"^ProfilerStep#\d+$", "ProfilerStep*", self.name)

    @property
    def cpu_time_total(self) -> float:  # type: ignore[override]
        """Microseconds from begin to end."""
        return self.end_us - self.start_us

    @property
    def self_cpu_time_total(self) -> float:  # type: ignore[override]
        """Microseconds without what it called."""
        return self.cpu_time_total - sum(child.cpu_time_total for child in self.cpu_children)


class FunctionEventAvg(_Times):
    """All calls of one name."""

    def __init__(self, key: str, events: Iterable[_Times] = ()) -> None:
        self.key, self.count, self.input_shapes = key, 0, []
        self.cpu_time_total = self.self_cpu_time_total = 0.0
        for event in events:
            self.add(event)

    def add(self, other: _Times) -> FunctionEventAvg:
        """Count another call, or another average."""
        self.count += other.count
        self.cpu_time_total += other.cpu_time_total
        self.self_cpu_time_total += other.self_cpu_time_total
        self.input_shapes = self.input_shapes or other.input_shapes
        return self

    __iadd__ = add


class EventList(list):
    """Events, or averages of them."""

    _shapes = False

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds in all."""
        return sum(event.self_cpu_time_total for event in self)

    def key_averages(self, group_by_input_shapes: bool = False, **how: Any) -> EventList:
        """One average for each name, and each list of shapes where they are asked for."""
        groups: dict[tuple, list] = defaultdict(list)
        for event in self:
            shapes = str(event.input_shapes) if group_by_input_shapes else ""
            groups[event.key, shapes].append(event)
        found = EventList(FunctionEventAvg(key, group) for (key, _), group in groups.items())
        found._shapes = group_by_input_shapes
        return found

    def total_average(self) -> FunctionEventAvg:
        """All events as one."""
        return FunctionEventAvg("Total", self)

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_src_column_width: int = 75,
        max_name_column_width: int = 55,
        max_shapes_column_width: int = 80,
        header: str | None = None,
        top_level_events_only: bool = False,
        **how: Any,
    ) -> str:
        """A line for each, the largest `sort_by` first, in torch's form.

        Raises: AttributeError for a `sort_by` that events do not have.
        """
        lines = [e for e in self if not (top_level_events_only and getattr(e, "cpu_parent", None))]
        if sort_by is not None:
            lines.sort(key=lambda event: getattr(event, sort_by), reverse=True)
        columns = _columns(lines, self.self_cpu_time_total, max_name_column_width)
        if self._shapes:
            texts = [str(e.input_shapes)[:max_shapes_column_width] for e in lines]
            columns.append(("Input Shapes", texts))
        return _written(columns, header, row_limit, self.self_cpu_time_total)

    def export_chrome_trace(self, path: str | os.PathLike) -> None:
        """Write the events for chrome://tracing, or perfetto."""
        trace = [
            {
                "ph": "X", "cat": "cpu_op" if e.name.startswith("aten::") else "user_annotation",
                "name": e.name, "pid": os.getpid(), "tid": e.thread, "ts": e.start_us,
                "dur": e.cpu_time_total, "args": {"Input Dims": e.input_shapes},
            }
            for e in self
        ]  # fmt: skip
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"schemaVersion": 1, "displayTimeUnit": "ms", "traceEvents": trace}, file)

    def __str__(self) -> str:
        return self.table()


def _columns(lines: list, total: float, name_width: int) -> list[tuple[str, list[str]]]:
    """The columns of a table, each its title and its texts."""
    names = [e.key if len(e.key) <= name_width else e.key[: name_width - 3] + "..." for e in lines]
    return [
        ("Name", names),
        ("Self CPU %", [_share(e.self_cpu_time_total, total) for e in lines]),
        ("Self CPU", [e.self_cpu_time_total_str for e in lines]),
        ("CPU total %", [_share(e.cpu_time_total, total) for e in lines]),
        ("CPU total", [e.cpu_time_total_str for e in lines]),
        ("CPU time avg", [e.cpu_time_str for e in lines]),
        ("# of Calls", [str(e.count) for e in lines]),
    ]


def _written(columns: list, header: str | None, row_limit: int, total: float) -> str:
    widths = [
        max(map(len, texts), default=0) + 4 if title in ("Name", "Input Shapes") else _WIDTH
        for title, texts in columns
    ]
    rule = "".join("-" * width + "  " for width in widths)

    def line(texts: Iterable[str]) -> str:
        return "".join(text.rjust(width) + "  " for text, width in zip(texts, widths))

    rows = list(zip(*(texts for _, texts in columns)))
    rows = rows if row_limit < 0 else rows[:row_limit]
    above = [] if header is None else ["=" * len(rule), header]
    body = [rule, line(title for title, _ in columns), rule, *map(line, rows), rule]
    return "\n".join([*above, *body, f"Self CPU time total: {_time(total)}", ""])
