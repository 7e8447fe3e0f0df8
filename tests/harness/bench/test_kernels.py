"""Every kernel has a call that it is timed on, which runs its row."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from harness.backends import MINITORCH_NUMPY
from harness.bench import kernels
from harness.bench.kernel_calls import CALLS
from harness.bench.kernels import Line
from harness.cases.reach import differentiable

pytestmark = pytest.mark.differential


REMOTE = {"relaid", "put_in_image", "pick_in_image", "max_pooling_pick"}
"""Rows that no public call runs by itself; the table says that they are missing."""


def test_every_kernel_is_timed():
    assert set(kernels.missing()) <= REMOTE


@pytest.fixture(scope="module")
def ran():
    """The rows that each call runs, forwards and backwards."""
    from minitorch.backend import ROWS

    differentiable()  # some rows are there once they are used
    MINITORCH_NUMPY.namespace()  # the kernels are off
    found = {}
    for name in set(kernels.standing()) & set(CALLS):
        seen = found[name] = set()

        def noting(row, run, seen=seen):
            def note(*args, **kwargs):
                seen.add(row)
                return run(*args, **kwargs)

            return note

        before = {row: ROWS[row].run for row in ROWS}
        for row, run in before.items():
            ROWS[row].run = noting(row, run)
        try:
            arrays = CALLS[name].inputs(np.random.default_rng(0), 4096)
            kernels._values(CALLS[name], MINITORCH_NUMPY, arrays, np.float32)
        finally:
            for row, run in before.items():
                ROWS[row].run = run
    return found


def test_every_call_runs_its_row(ran):
    assert {name for name, rows in ran.items() if name not in rows} == set()


def test_every_call_runs_the_rows_it_stands_for(ran):
    standing = set(kernels.standing())
    silent = {
        (row, name)
        for row, name in kernels.within().items()
        if row in standing and name in ran and row not in ran[name]
    }
    assert silent == set()


def test_a_row_is_timed_and_told(monkeypatch, tmp_path):
    monkeypatch.setattr(kernels, "SIZES", (4096,))
    monkeypatch.setattr(kernels, "TURNS", 1)
    monkeypatch.setattr(kernels, "TURN", 0.001)
    (line,) = kernels.lines("^softmax$", threads=1)
    assert line.row == "softmax"
    assert not line.failed
    assert len(line.forward) == len(line.backward) == len(line.errors) == 3
    path = kernels.write(tmp_path, [line], "here")
    assert "| softmax | 4,096" in path.read_text()
    (told,) = csv.DictReader((tmp_path / "kernels.csv").read_text().splitlines())
    assert float(told["forward_kernel_seconds"]) > 0


def test_what_is_worse_than_torch_is_flagged():
    line = Line("exp", 4096, (1.0,) * 3, (), (2.1, 0.5, 1.0))
    assert line.worse
    assert not line._replace(errors=(0.9, 0.5, 0.0)).worse
    assert line._replace(errors=(float("nan"), 0.5, 0.0)).worse
    assert "worse than torch" in kernels.table([line])
    assert "error above twice torch's: exp" in kernels.summary([line])


def test_what_fails_is_told():
    line = Line("exp", 4096, (), (), (), "no such thing")
    assert "not timed: no such thing" in kernels.table([line])
