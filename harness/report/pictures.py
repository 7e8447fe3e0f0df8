"""The pictures of a run, as files: loss.png, gradient_flow.png, timing.png."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from harness import plots
from harness.envelope import FIRST_STEPS
from harness.report.facts import phases, tensor_table, thread_counts
from harness.run import Result


def draw(result: Result, folder: Path) -> None:
    """Draw what there is to draw."""
    drift, apart = None, None
    mine, theirs = result.labels
    judge = result.judge
    if "loss" in judge.series:
        loss = judge.series["loss"]
        drift = plots.Drift(
            loss["relative"],
            loss["budget"],
            judge.threads,
            (f"{mine} against {theirs}", thread_counts(result)),
            result.divergence.step if result.divergence else None,
        )
        early = tensor_table(result).query(f"kind == 'gradient' and step <= {FIRST_STEPS}")
        apart = early.groupby("name").relative.max().to_dict()
    if judge.steps:
        plots.loss(folder / "loss.png", dict(zip(result.labels, judge.losses)), drift)
        flows = dict(zip(result.labels, judge.flows))
        plots.gradient_flow(folder / "gradient_flow.png", flows, apart)
    if result.timed:
        assert result.times is not None
        seconds = result.times.seconds
        ratios = {
            label: (np.divide(seconds[theirs], seconds[label]), result.times.ratio(label, theirs))
            for label in seconds
            if label != theirs
        }
        plots.timing(folder / "timing.png", phases(result), ratios)
