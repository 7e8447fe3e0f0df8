"""Made-up runs to write reports of."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from harness.channel import RANDOM, Message
from harness.judging import Judge, Roles
from harness.locate.survey import Errors, Survey, Surveyed
from harness.run import Options, Result
from harness.turns import Times

ROLES = Roles("mine", "theirs", "float64", ["moved 1", "moved 2"], "threads")
HEADER = {
    "backend": "mine",
    "version": "1.0",
    "numpy": "2.0",
    "name": "it",
    "tensors": [
        {"key": "parameter a", "shape": [3], "dtype": "float32", "requires_grad": True},
        {"key": "parameter <b>", "shape": [2], "dtype": "float32", "requires_grad": True},
    ],
    "optimizers": [],
}
NAMES = "a", "<b>"


def a_run(tmp_path: Path, steps: int = 30, fault: int | None = None, timed: bool = True) -> Result:
    """A run of made-up tensors; from step `fault` on the gradient of `<b>` is 1 % too large."""
    draw = np.random.default_rng(0)
    judge = Judge(ROLES, ("mine", "theirs"))

    def message(kind: str, step: int, arrays: dict) -> Message:
        return Message(kind, step, {**arrays, RANDOM: np.zeros(4, np.uint8)}, {})

    def noisy(arrays: dict, size: float) -> dict:
        return {
            k: (v * (1 + size * draw.uniform(-1, 1, v.shape))).astype("f")
            for k, v in arrays.items()
        }

    start = {f"parameter {name}": np.ones(3 - i, np.float32) for i, name in enumerate(NAMES)}
    titles = (ROLES.candidate, ROLES.reference, "float64", *ROLES.moved, "threads")
    judge.start(dict.fromkeys(titles, message("start", 0, start)), (HEADER, HEADER))
    for step in range(1, steps + 1):
        truth = {"loss": np.array(3.0 / step)}
        truth |= {f"gradient {n}": draw.standard_normal(3 - i) for i, n in enumerate(NAMES)}
        truth |= {f"parameter {n}": 1 + draw.standard_normal(3 - i) for i, n in enumerate(NAMES)}
        moment = {title: message("step", step, noisy(truth, 1e-7)) for title in titles}
        moment["float64"] = message("step", step, truth)
        if fault and step >= fault:
            spoiled = dict(moment["mine"].arrays)
            spoiled["gradient <b>"] = spoiled["gradient <b>"] * np.float32(1.01)
            moment["mine"] = Message("step", step, spoiled, {})
        assert judge.step(moment)
    result = Result(
        Options("it.py", [], out=tmp_path), "it", ("mine", "theirs"), (HEADER, HEADER), judge
    )
    if fault:
        result.divergence = judge.outs[0][0]
    if timed:
        seconds = {
            name: list(0.01 * draw.uniform(0.9, 1.1, 8)) for name in ("mine", "theirs", "control")
        }
        phases = {
            name: [{"forward": s / 2, "backward": s / 2} for s in every]
            for name, every in seconds.items()
        }
        result.times = Times(1, seconds, phases)
    return result


def a_survey() -> Survey:
    """A step of five calls in two layers; a gradient of the last is out of budget."""
    fine, off = Errors(1e-7, 2e-7, 0.05, "rounding"), Errors(1e-3, 1e-7, np.inf, "reference")
    layers = [Surveyed("mm", "it.py:3", "x @ w", f"body.{i % 2}", fine, fine) for i in range(3)]
    refused = Surveyed("where", "it.py:4", "", "", note="an argument <cannot> be said")
    return Survey(2, [*layers, refused, Surveyed("relu", "it.py:5", "", "", fine, off, "", True)])
