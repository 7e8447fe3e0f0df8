"""Charts as inline SVG, coloured by the page's variables, so that they follow dark and light."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

Numbers = Sequence["float | None"]


class Scale(NamedTuple):
    """From values to places; logarithmic where `log`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """The place of a value, within the scale."""
        low, high = self.low, self.high
        value = min(max(value, low), high)
        if self.log:
            low, high, value = math.log10(low), math.log10(high), math.log10(value)
        part = (value - low) / (high - low) if high > low else 0.5
        return round(self.start + part * (self.end - self.start), 1)

    def decades(self) -> list[float]:
        """Powers of ten for the axis, seven at most."""
        first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
        stride = max(1, -(-(last - first + 1) // 7))
        return [10.0**k for k in range(first, last + 1, stride)]


class Chart:
    """A drawing that grows; `str` of it is the SVG element."""

    def __init__(self, width: int, height: int, label: str) -> None:
        self._head = (
            f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}"'
            ' preserveAspectRatio="xMidYMid meet">'
        )
        self._parts: list[str] = []

    def add(self, tag: str, cls: str = "", text: str = "", **attributes: object) -> None:
        """Add an element."""
        told = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in attributes.items())
        named = f' class="{cls}"' if cls else ""
        self._parts.append(f"<{tag}{named}{told}>{text}</{tag}>")

    def text(
        self, x: float, y: float, words: str, cls: str = "tick", anchor: str = "start"
    ) -> None:
        """Write."""
        self.add("text", cls, escape(words), x=x, y=y, text_anchor=anchor)

    def line(self, xs: Sequence[float], ys: Numbers, x: Scale, y: Scale, cls: str) -> None:
        """A line through the values that are there, a gap where one is none or cannot be shown."""
        for run in _runs(xs, ys, y.log):
            if len(run) == 1:
                self.add("circle", f"{cls} dot", cx=x.at(run[0][0]), cy=y.at(run[0][1]), r=2.4)
            points = " ".join(f"{x.at(a)},{y.at(b)}" for a, b in run)
            self.add("polyline", cls, points=points)

    def band(self, xs: Sequence[float], tops: Numbers, x: Scale, y: Scale, cls: str) -> None:
        """The area from the floor up to the values."""
        for run in _runs(xs, tops, y.log):
            edge = [f"{x.at(a)},{y.at(b)}" for a, b in run]
            corners = f"{x.at(run[0][0])},{y.start} {' '.join(edge)} {x.at(run[-1][0])},{y.start}"
            self.add("polygon", cls, points=corners)

    def grid(self, x: Scale, y: Scale, ticks: Iterable[float], said: str = "{:g}") -> None:
        """Horizontal lines with their values."""
        for value in ticks:
            place = y.at(value)
            self.add("line", "grid", x1=x.start, x2=x.end, y1=place, y2=place)
            words = f"1e{round(math.log10(value))}" if y.log else said.format(value)
            self.text(x.start - 8, place + 4, words, anchor="end")

    def __str__(self) -> str:
        return f"{self._head}{''.join(self._parts)}</svg>"


def steps_axis(chart: Chart, x: Scale, bottom: float, count: int = 8) -> None:
    """Numbers of steps below a chart."""
    for value in sorted({round(tick) for tick in round_ticks(x.low, x.high, count)}):
        side = "end" if x.at(value) > x.end - 20 else "middle"
        chart.text(x.at(value), bottom + 18, f"{value:,}", anchor=side)
    chart.text(x.end, bottom + 34, "step", anchor="end")


def round_ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers between two values."""
    if high <= low:
        return [low]
    rough = (high - low) / max(count, 1)
    base = 10 ** math.floor(math.log10(rough))
    stride = next(base * m for m in (1, 2, 5, 10) if base * m >= rough)
    first = math.ceil(low / stride) * stride
    return [first + k * stride for k in range(int((high - first) / stride) + 1)]


def extent(*series: Numbers, floor: float = 1e-12) -> tuple[float, float]:
    """The smallest and largest positive number of all, a little widened, for a log scale."""
    values = [v for numbers in series for v in numbers if v is not None and v > floor]
    if not values:
        return 1e-8, 1.0
    return min(values) / 1.6, max(values) * 1.6


def _runs(xs: Sequence[float], ys: Numbers, log: bool) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for a, b in zip(xs, ys):
        if b is None or (log and b <= 0):
            runs.append([])
        else:
            runs[-1].append((a, b))
    return [run for run in runs if run]
