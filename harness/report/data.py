"""A run as plain data: what run.json holds and the page shows.

Its shape is told by run.schema.json; other tools may rely on it as long as `schema` is the same.
Numbers that are none (NaN, infinities) are null. Long series are thinned to `POINTS` points: of
the steps that one point stands for it shows the largest value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.distance import kind_of, name_of
from harness.histogram import LOW
from harness.judging import TERM_NAMES, Series
from harness.report import facts, operations
from harness.run import Result
from harness.timing import verdict

SCHEMA = "harness.run/2"

POINTS = 400
TENSOR_POINTS = 100
TENSORS = 150
"""Tensors with their series; of more, those that use most of their budget."""


LOCATED = (
    "step", "tensor", "op", "direction", "engine_line", "engine_source_text", "model_line",
    "model_source_text", "error", "budget", "term", "interaction",
)  # fmt: skip


def of(result: Result) -> dict[str, Any]:
    """Everything that the report says."""
    judge = result.judge
    first = result.divergence
    accuracy = judge.accuracy()
    return clean(
        {
            "schema": SCHEMA,
            "name": result.name,
            "script": result.options.script,
            "mode": result.options.mode,
            "outcome": result.outcome.name.lower(),
            "exit_code": int(result.outcome),
            "headline": facts.headline(result),
            "interrupted": result.interrupted,
            "backends": list(result.labels),
            "versions": [header["version"] for header in result.headers],
            "steps": result.steps,
            "checks": facts.checks(result),
            "random_states": judge.random_states if judge.random is None else 0,
            "first_divergence": first and _divergence(first),
            "parted": result.parted and _divergence(result.parted),
            "chaos": judge.chaos,
            "float64_until": judge.truth_until,
            "accuracy": accuracy and dict(zip(("mean", "worst", "tensor", "step"), accuracy)),
            "located": _located(result),
            "scores": {name: vars(score) for name, score in result.scores.items()},
            "speed": _speed(result),
            "phases": facts.phases(result) if result.timed else None,
            "course": _course(result),
            "tensors": _tensors(result),
            "operations": operations.of(result.survey),
            "tensors_in_all": len(judge.series),
            "flow": _flow(result),
            "accepted": judge.accepted,
            "expired": {entry.tensor: str(entry) for entry in result.expired},
            "skipped": result.skipped,
            "environment": facts.environment(result),
            "seconds": result.seconds,
        }
    )


def clean(value: Any) -> Any:
    """As JSON has it: no NaN and no infinity, six digits."""
    if isinstance(value, Mapping):
        return {str(key): clean(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [clean(part) for part in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def thinned(steps: np.ndarray, points: int) -> list[np.ndarray]:
    """Where to cut a series into at most `points` pieces."""
    return np.array_split(np.arange(len(steps)), min(points, len(steps))) if len(steps) else []


def _divergence(found: Any) -> dict[str, Any]:
    told = found.distance
    return {
        "step": found.step,
        "tensor": found.key,
        "relative": told.relative if told else None,
        "budget": found.budget,
        "term": found.term,
    }


def _located(result: Result) -> dict[str, Any] | None:
    """Where the difference was born, and the script that shows it."""
    if result.located is None:
        return None
    told = {name: getattr(result.located, name, None) for name in LOCATED}
    return {**told, "text": str(result.located), "repro": getattr(result.repro, "text", "")}


def _speed(result: Result) -> dict[str, Any] | None:
    if not result.timed:
        return None
    assert result.times is not None
    mine, theirs = result.labels
    control = list(result.times.seconds)[-1]
    ratio = result.times.ratio(mine, theirs)
    return {
        **ratio._asdict(),
        "verdict": verdict(ratio),
        "rounds": len(result.times.seconds[mine]),
        "milliseconds": [1e3 * float(np.median(result.times.seconds[m])) for m in result.labels],
        "control": result.times.ratio(control, theirs)._asdict(),
        "all": np.divide(result.times.seconds[theirs], result.times.seconds[mine]),
    }


def _course(result: Result) -> dict[str, Any]:
    """The run as a whole, step by step."""
    judge = result.judge
    if not judge.steps or "loss" not in judge.series:
        return {}
    loss = judge.series["loss"]
    steps, drift, envelope = (np.array(column) for column in zip(*judge.drift()))
    pieces = thinned(steps, POINTS)
    columns = {
        "loss_mine": judge.losses[0],
        "loss_theirs": judge.losses[1],
        "loss_relative": loss["relative"],
        "loss_budget": loss["budget"],
        "drift": drift,
        "envelope": envelope,
        "threads": judge.threads,
    }
    return {
        "step": [int(steps[piece[-1]]) for piece in pieces],
        **{name: _largest(column, pieces) for name, column in columns.items()},
    }


def _tensors(result: Result) -> list[dict[str, Any]]:
    """Every tensor: where it used most of its budget, and its series."""
    found = []
    for key, series in result.judge.series.items():
        share = series.share
        worst = int(np.argmax(np.nan_to_num(share, nan=np.inf)))
        pieces = thinned(series["step"], TENSOR_POINTS)
        found.append(
            {
                "key": key,
                "kind": kind_of(key),
                "name": name_of(key),
                "worst": {
                    "step": int(series["step"][worst]),
                    "share": share[worst],
                    **{c: series[c][worst] for c in ("relative", "budget", "ulp", "max_abs")},
                    "term": TERM_NAMES[int(series["term"][worst])],
                },
                "ratio": _mean_ratio(series),
                "histogram": None if result.options.sketch else _histogram(series),
                "step": [int(series["step"][piece[-1]]) for piece in pieces],
                "share": _largest(share, pieces),
                **{
                    c: _largest(series[c], pieces) for c in ("relative", "budget", "mine", "theirs")
                },
            }
        )
    if len(found) > TENSORS:
        keep = sorted(found, key=lambda t: -(t["worst"]["share"] or 0))[:TENSORS]
        kept = {t["key"] for t in keep}
        found = [t for t in found if t["key"] in kept]
    return found


def _histogram(series: Series) -> dict[str, Any] | None:
    """Elements by their error, of both engines: see harness/histogram.py."""
    if series.elements is None:
        return None
    mine, theirs = series.elements.counts()
    return {"step": series.elements.step, "low": LOW, "mine": mine, "theirs": theirs}


def _mean_ratio(series: Series) -> float | None:
    """The geometric mean of the ratio of errors against float64."""
    ratio = series.ratio
    ratio = ratio[np.isfinite(ratio)]
    return float(np.exp(np.log(ratio).mean())) if len(ratio) else None


def _largest(column: Sequence[float], pieces: list[np.ndarray]) -> list[float | None]:
    values = np.asarray(column, np.float64)
    return [float(np.nanmax(v)) if np.isfinite(v := values[piece]).any() else None
            for piece in pieces]  # fmt: skip


def _flow(result: Result) -> list[dict[str, Any]]:
    """Mean and largest |gradient| of every parameter, of both engines."""
    mine, theirs = result.judge.flows
    return [
        {
            "name": name,
            "mine": [mine.mean(name), mine.largest(name)] if name in mine.names else None,
            "theirs": [theirs.mean(name), theirs.largest(name)],
            "apart": abs(mine.mean(name) / theirs.mean(name) - 1)
            if name in mine.names and theirs.mean(name)
            else None,
        }
        for name in theirs.names
    ]
