"""What every test starts from: one thread, no window, and the same seeds."""

from __future__ import annotations

import os

# Before NumPy is imported: the suite runs in parallel, so each worker keeps to one core.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ["MPLBACKEND"] = "Agg"

import random
import sys

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Seed every generator that is loaded, so that no test depends on the ones before it."""
    random.seed(0)
    np.random.seed(0)
    for name in ("minitorch", "torch"):
        engine = sys.modules.get(name)
        if engine is not None:
            engine.manual_seed(0)
