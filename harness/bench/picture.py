"""The picture of a benchmark: every ratio with its interval."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.timing import Ratio

if TYPE_CHECKING:
    from harness.bench.report import Bench

CANDIDATE, CONTROL, GOAL = "#0b6e8f", "#9aa3ad", "#d07a3c"


def plot(path: Path, bench: Bench) -> None:
    """One line per workload: the ratio with its interval, the goal, and the controls."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    candidate, reference = bench.titles
    results = bench.timed
    figure, axes = pyplot.subplots(figsize=(8, 1.5 + 0.6 * len(results)), layout="constrained")
    for place, result in enumerate(results):
        _interval(axes, place, result.ratio, CANDIDATE, 8, f"{candidate}, 95 % interval")
        for offset, control in zip((0.24, 0.36), result.controls):
            _interval(axes, place + offset, control, CONTROL, 4, "each against itself (A/A)")
        if result.workload.goal is not None:
            axes.plot([result.workload.goal] * 2, [place - 0.3, place + 0.3], color=GOAL, lw=2.2)
            axes.plot([], [], color=GOAL, lw=2.2, label="goal")
        middle = (result.ratio.median, place - 0.2)
        ground = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        text = f"{result.ratio.median:.2f}x"
        axes.annotate(text, middle, ha="center", va="bottom", bbox=ground)
    _dress(axes, [result.workload.name for result in results])
    axes.set_xlabel(f"times as fast as {reference} (right is faster)")
    handles = dict(zip(*reversed(axes.get_legend_handles_labels())))
    figure.legend(
        handles.values(), handles.keys(), loc="outside upper center", ncols=3, frameon=False
    )
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def _interval(axes: Any, y: float, ratio: Ratio, color: str, size: float, label: str) -> None:
    axes.plot([ratio.low, ratio.high], [y, y], color=color, lw=size / 3, solid_capstyle="butt")
    axes.plot([ratio.median], [y], "o", color=color, ms=size, label=label)


def _dress(axes: Any, names: list[str]) -> None:
    """Axes, names and the line of no difference."""
    axes.axvline(1, color="#555555", lw=1, zorder=0)
    axes.set_xscale("log", base=2)
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, 0.7), max(high, 1.5))
    axes.xaxis.set_major_formatter("{x:g}x")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.7)
    axes.grid(axis="x", color="#e3e6ea")
    axes.spines[["top", "right", "left"]].set_visible(False)
