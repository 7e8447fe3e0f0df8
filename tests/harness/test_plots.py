"""Pictures are drawn whatever the numbers are, and trouble is marked."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from harness import plots
from harness.flow import GradientFlow
from harness.timing import paired_ratio

PNG = b"\x89PNG"


def flow(scale: float) -> GradientFlow:
    made = GradientFlow()
    for _ in range(3):
        made.add({"gradient fc1.weight": np.full((2, 2), scale), "gradient fc2.weight": np.ones(2)})
    return made


def test_the_flow_is_mean_and_largest_over_all_steps():
    made = GradientFlow()
    made.add({"gradient w": np.array([1.0, -3.0]), "parameter w": np.array([9.0])})
    made.add({"gradient w": np.array([0.0, 0.0])})
    assert made.names == ["w"]
    assert (made.mean("w"), made.largest("w")) == (1.0, 3.0)


@pytest.mark.parametrize("values", [[0, 0, 0], [1e-9, 1e-3, np.inf], [np.nan, 1e-7, 0]])
def test_the_loss_is_drawn_with_any_difference(tmp_path, values):
    drift = plots.Drift(values, [1e-5, 1e-6, 1e-4], [0, 1e-8, 0], ("mine", "theirs"), failed=2)
    plots.loss(tmp_path / "loss.png", {"a": [3, 2, np.nan], "b": [3, 2, 1]}, drift)
    assert (tmp_path / "loss.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize(
    ("scale", "said"),
    [
        (1e-3, "no layer vanishes or explodes"),
        (1e-8, "2 vanishing"),
        (1e3, "2 exploding"),
        (0.0, "2 vanishing"),
    ],
)
def test_vanishing_and_exploding_layers_are_marked(tmp_path, monkeypatch, scale, said):
    titles = []
    monkeypatch.setattr(plots, "_title", lambda axis, title, note: titles.append(title))
    plots.gradient_flow(
        tmp_path / "flow.png", {"a": flow(scale), "b": flow(scale)}, {"fc1.weight": 1e-7}
    )
    assert titles == [f"Gradient flow: {said}"]
    assert (tmp_path / "flow.png").read_bytes().startswith(PNG)


def test_times_are_drawn(tmp_path):
    a, b = [1.0, 1.1, 0.9], [2.0, 2.3, 1.9]
    ratios = {
        "mine": (np.divide(b, a), paired_ratio(a, b)),
        "control": ([1.0] * 3, paired_ratio(a, a)),
    }
    phases = {
        "mine": {"forward": 0.5, "backward": 0.4},
        "theirs": {"forward": 1.0, "backward": 1.2},
    }
    plots.timing(tmp_path / "timing.png", phases, ratios)
    assert (tmp_path / "timing.png").read_bytes().startswith(PNG)
