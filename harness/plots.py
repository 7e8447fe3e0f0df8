"""The pictures of a report. They need NumPy and matplotlib, and no engine.

Colours are one per engine: the reference is drawn first, wide and light, the candidate on top of
it, thin and dark, so that two equal curves are both seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter

from harness.flow import GradientFlow
from harness.timing import Ratio, format_ratio

CANDIDATE, REFERENCE = "#1f4e9c", "#f0935c"
PALE = {CANDIDATE: "#bccae3", REFERENCE: "#fadfd0"}
INK, SOFT, GRID = "#1f2430", "#6b7385", "#e6e9ef"
BAND, BAND_EDGE, ALARM, THREADS = "#dcebdf", "#7fb08a", "#c62839", "#a07fd0"

VANISHING = 1e-7
"""A layer whose mean |gradient| is smaller does not learn."""
EXPLODING = 1e2
"""A layer with a larger |gradient| is about to overflow."""

ENGINES = (CANDIDATE, REFERENCE)
THIN = {"color": CANDIDATE, "linewidth": 1.3, "zorder": 3}
WIDE = {"color": REFERENCE, "linewidth": 4.5, "alpha": 0.75, "solid_capstyle": "round"}

STYLE = {
    "font.size": 10.5,
    "font.family": "DejaVu Sans",
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "ytick.minor.size": 0,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "savefig.dpi": 144,
}


@dataclass(frozen=True)
class Drift:
    """The lower half of the loss plot: relative differences per step."""

    difference: Sequence[float]
    budget: Sequence[float]
    threads: Sequence[float]  # the reference against itself on another number of threads
    labels: tuple[str, str]  # of the first and the last
    failed: int | None = None  # the first step that differs


def loss(path: Path, losses: Mapping[str, Sequence[float]], drift: Drift | None = None) -> None:
    """Draw the training loss of one engine, or of two with their difference below."""
    with matplotlib.rc_context(STYLE):
        if drift is None:
            figure = Figure(figsize=(9, 4), layout="constrained")
            top = figure.subplots()
        else:
            figure = Figure(figsize=(9, 6.6), layout="constrained")
            top, bottom = figure.subplots(2, sharex=True, height_ratios=[1, 1])
            _draw_drift(bottom, drift)
        for (label, values), look in zip(losses.items(), (THIN, WIDE)):
            top.plot(range(1, len(values) + 1), values, label=label, **look)
        _title(top, "Training loss", "loss of every batch" if len(losses) == 1 else "")
        top.set_ylim(bottom=min([0.0, *(np.nanmin(v) for v in losses.values() if len(v))]))
        top.legend(loc="upper right", ncols=2)
        axis = top if drift is None else bottom
        axis.set_xlabel("step")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        axis.set_xlim(0, 1 + 1.005 * max(map(len, losses.values())))
        figure.savefig(path)


def gradient_flow(
    path: Path, flows: Mapping[str, GradientFlow], apart: Mapping[str, float] | None = None
) -> None:
    """Draw mean and largest |gradient| of every layer, the engines side by side.

    `apart` is the largest relative difference of each layer's gradients over the first steps; it is
    written above the bars.
    """
    names = list(dict.fromkeys(name for flow in flows.values() for name in flow.names))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(max(7.5, 2.2 + 0.75 * len(names)), 4.8), layout="constrained")
        axis = figure.subplots()
        width = 0.8 / len(flows)
        marks = []
        for engine, ((label, flow), colour) in enumerate(zip(flows.items(), ENGINES)):
            at = np.arange(len(names)) + (engine - (len(flows) - 1) / 2) * width
            mean = np.array([flow.mean(n) if n in flow.names else np.nan for n in names])
            largest = np.array([flow.largest(n) if n in flow.names else np.nan for n in names])
            axis.bar(at, largest, width * 0.92, color=PALE[colour], label=f"{label}, largest")
            axis.bar(at, mean, width * 0.92, color=colour, label=f"{label}, mean")
            marks += [(x, m, big) for x, m, big in zip(at, mean, largest)]
        _log_bars(axis, marks)
        trouble = _mark_trouble(axis, marks)
        for position, name in enumerate(names if apart else ()):
            _write_difference(axis, position, apart.get(name, 0.0))
        axis.set_xticks(range(len(names)), names)
        if len(names) > 7:
            axis.tick_params(axis="x", labelrotation=30)
            for text in axis.get_xticklabels():
                text.set_ha("right")
        axis.grid(axis="x", visible=False)
        _title(
            axis,
            f"Gradient flow: {trouble}",
            "above the bars: first steps' difference" if apart else "",
        )
        axis.set_ylabel("|gradient| over all steps")
        figure.legend(loc="outside lower center", ncols=4, fontsize=9.5)
        figure.savefig(path)


def timing(
    path: Path,
    phases: Mapping[str, Mapping[str, float]],
    ratios: Mapping[str, tuple[Sequence[float], Ratio]],
) -> None:
    """Draw what a step's time is spent on (milliseconds), and the ratio of every round."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9, 3.4), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=[3, 2])
        _draw_phases(left, phases)
        _draw_ratios(right, ratios)
        figure.savefig(path)


def _draw_drift(axis: Any, drift: Drift) -> None:
    """Relative loss difference on a log axis; equal losses lie on a line of their own, `0`."""
    steps = np.arange(1, len(drift.difference) + 1)
    curves = [np.asarray(c, float) for c in (drift.difference, drift.threads, drift.budget)]
    positive = np.concatenate([c[(c > 0) & np.isfinite(c)] for c in curves])
    lowest = np.floor(np.log10(positive.min(initial=1e-7)))
    highest = np.ceil(np.log10(positive.max(initial=1e-5)) + 0.9)  # the legend needs room
    zero = 10 ** (lowest - 0.6)
    ceiling = 10.0**highest
    mine, threads, budget = (np.nan_to_num(np.clip(c, zero, ceiling), nan=ceiling) for c in curves)

    axis.fill_between(steps, zero / 3, budget, color=BAND, step="mid", linewidth=0, label="budget")
    axis.plot(steps, budget, color=BAND_EDGE, linewidth=1, drawstyle="steps-mid")
    rings = {"marker": "o", "markersize": 6, "markerfacecolor": "none", "markeredgewidth": 1.1}
    at = steps[: len(threads)]
    axis.plot(at, threads, linestyle="", color=THREADS, label=drift.labels[1], **rings)
    axis.plot(steps, mine, ".", color=CANDIDATE, markersize=5, label=drift.labels[0])
    if drift.failed:
        axis.axvline(drift.failed, color=ALARM, linewidth=1.2)
        axis.annotate(
            f" first difference: step {drift.failed}",
            (drift.failed, ceiling),
            (0, -12),
            textcoords="offset points",
            color=ALARM,
            fontsize=9.5,
        )
    axis.set_yscale("log")
    axis.set_ylim(zero / 2.2, ceiling)
    decades = np.arange(lowest, highest + 1, 1 if highest - lowest < 8 else 2)
    axis.yaxis.set_major_locator(FixedLocator([zero, *(10**d for d in decades)]))
    axis.yaxis.set_major_formatter(
        FuncFormatter(lambda y, _: "0" if y == zero else f"$10^{{{round(np.log10(y))}}}$")
    )
    axis.yaxis.set_minor_formatter(NullFormatter())
    _title(axis, "Difference of the loss", "relative to the reference")
    axis.legend(
        *map(reversed, axis.get_legend_handles_labels()),
        loc="upper right",
        markerscale=1.3,
        ncols=3,
    )


def _log_bars(axis: Any, marks: list[tuple[float, float, float]]) -> None:
    """A log axis that begins a decade below the smallest mean."""
    means = np.array([mean for _, mean, _ in marks])
    largest = np.array([big for _, _, big in marks])
    low = means[means > 0].min(initial=1.0)
    high = largest[np.isfinite(largest)].max(initial=low)
    axis.set_yscale("log")
    axis.set_ylim(10 ** np.floor(np.log10(low) - 0.5), 10 ** np.ceil(np.log10(high) + 0.15))
    axis.yaxis.set_minor_formatter(NullFormatter())


def _write_difference(axis: Any, position: int, difference: float) -> None:
    """Write how far two bars lie apart, on one line along the top."""
    text = f"{difference:.0e}" if difference else "0"
    axis.annotate(
        text,
        (position, 1),
        (0, -12),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="center",
        color=SOFT,
        fontsize=9,
    )


def _mark_trouble(axis: Any, marks: list[tuple[float, float, float]]) -> str:
    """Write over every bar that vanishes or explodes; say in words what was found."""
    vanishing = [(x, big) for x, mean, big in marks if mean < VANISHING]
    exploding = [(x, big) for x, _, big in marks if not big <= EXPLODING and not np.isnan(big)]
    top = axis.get_ylim()[1]
    for word, bars in (("vanishing", vanishing), ("exploding", exploding)):
        for x, height in bars:
            y = min(max(height, axis.get_ylim()[0]), top)
            axis.annotate(
                word,
                (x, y),
                (0, 4),
                textcoords="offset points",
                color=ALARM,
                rotation=90,
                ha="center",
                va="bottom",
                fontsize=9,
            )
    if not vanishing and not exploding:
        return "no layer vanishes or explodes"
    axis.set_ylim(top=top * 30)
    found = {"vanishing": vanishing, "exploding": exploding}
    return ", ".join(f"{len(bars)} {word}" for word, bars in found.items() if bars)


def _draw_phases(axis: Any, phases: Mapping[str, Mapping[str, float]]) -> None:
    names = list(dict.fromkeys(name for spent in phases.values() for name in spent))
    shades = ["#3f5f8f", "#6f9bd1", "#9fc4a2", "#e9c46a", "#d9dde5"]
    for row, spent in enumerate(phases.values()):
        left = 0.0
        for index, name in enumerate(names):
            value = spent.get(name, 0.0)
            shade = shades[index % len(shades)]
            axis.barh(
                row, value, left=left, color=shade, height=0.55, label=name if row == 0 else None
            )
            left += value
        axis.text(left, row, f"  {left:.2f} ms", va="center", color=INK)
    axis.set_yticks(range(len(phases)), phases)
    axis.tick_params(axis="y", labelcolor=INK)
    axis.invert_yaxis()
    axis.margins(x=0.2)
    axis.grid(axis="y", visible=False)
    axis.set_xlabel("milliseconds per step")
    _title(axis, "Time of a step", "median")
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=5, fontsize=9.5)


def _draw_ratios(axis: Any, ratios: Mapping[str, tuple[Sequence[float], Ratio]]) -> None:
    for row, ((values, ratio), colour) in enumerate(zip(ratios.values(), (CANDIDATE, SOFT))):
        spread = np.linspace(-0.2, 0.2, len(values))
        axis.axvspan(ratio.low, ratio.high, *_rows(row, len(ratios)), color=colour, alpha=0.15)
        axis.plot(values, row + spread, ".", color=colour, alpha=0.7)
        axis.plot([ratio.median] * 2, [row - 0.27, row + 0.27], color=colour, linewidth=2.5)
        axis.text(
            0.01,
            row - 0.33,
            format_ratio(ratio),
            color=colour,
            weight="bold",
            transform=axis.get_yaxis_transform(),
            va="bottom",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
    every = np.concatenate([values for values, _ in ratios.values()])
    axis.axvline(1, color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
    axis.set_xscale("log", base=2)
    axis.set_xlim(min(0.7, every.min() * 0.9), max(1.45, every.max() * 1.1))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_yticks(range(len(ratios)), ratios)
    axis.tick_params(axis="y", labelcolor=INK)
    axis.set_ylim(len(ratios) - 0.5, -0.5)
    axis.grid(axis="y", visible=False)
    axis.set_xlabel("times faster than the reference")
    _title(axis, "Ratio of every round", "")


def _rows(row: int, count: int) -> tuple[float, float]:
    """The part of the axis' height that a row's bar takes, from below."""
    middle = 1 - (row + 0.5) / count
    return middle - 0.27 / count, middle + 0.27 / count


def _title(axis: Any, title: str, note: str) -> None:
    axis.set_title(title, loc="left", fontsize=12, weight="bold", color=INK)
    if note:
        axis.set_title(note, loc="right", fontsize=9.5, color=SOFT)
