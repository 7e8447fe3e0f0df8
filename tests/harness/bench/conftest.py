"""A workload that takes no time, and results whose times we made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.bench.measure import Result, Start
from harness.workloads import Workload, regression

TINY = Workload("tiny", "a small regression", 2, 1.5, lambda torch: regression(torch, batch=4))
START = Start(numpy=0.1, engine=0.02, build=0.01, first=0.003, held=30.0, peak=42.0)

OWN = """
from harness.workloads import Workload, regression

def _broken(torch):
    print("this goes nowhere")
    raise RuntimeError("no such layer here")

tiny = Workload("tiny", "a small regression", 2, 1.5, lambda torch: regression(torch, batch=4))
broken = Workload("broken", "raises", 1, None, _broken)
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A file with workloads of one's own."""
    file = tmp_path / "own.py"
    file.write_text(OWN)
    return file


def made(ratio: float, noise: float = 0.01, goal: float | None = 1.5, aa: float = 1.0) -> Result:
    """A timed result with about that ratio; `aa` is how far the reference is from itself."""
    rng = np.random.default_rng(0)
    sides = [1.0, 1.0, ratio, ratio / aa]
    seconds = [list(1e-3 * side * np.exp(noise * rng.standard_normal(30))) for side in sides]
    workload = TINY._replace(goal=goal)
    return Result(workload, "timed", "", seconds, (START, START), ("1", "2"))


@pytest.fixture
def result():
    """The function that makes up results."""
    return made
