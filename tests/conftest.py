"""What every test starts from: one thread, no window, and the same seeds."""

from __future__ import annotations

import os

# Before NumPy is imported: the suite runs in parallel, so each worker keeps to one core.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ["MPLBACKEND"] = "Agg"
# The rows themselves are what is tested; tests/native puts the kernels over them.
os.environ.setdefault("MINITORCH_NATIVE", "0")

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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many of the mistakes that test_the_tests.py planted were caught."""
    counts: dict[str, list[int]] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", []):
                if name == "mistakes":
                    kind, planted, missed = value
                    total = counts.setdefault(kind, [0, 0, 0])
                    counts[kind] = [a + b for a, b in zip(total, (1, planted, missed))]
    for kind, (rules, planted, missed) in sorted(counts.items()):
        rate = (planted - missed) / max(planted, 1)
        terminalreporter.write_line(
            f"{kind}: {planted - missed:,} of {planted:,} planted mistakes caught "
            f"({rate:.1%}), in {rules} places"
        )
