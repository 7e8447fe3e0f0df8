"""How long a statement takes, and how that is printed."""

from __future__ import annotations

import itertools
import pickle
import re

import pytest

import minitorch
from minitorch.utils.benchmark import Compare, Measurement, TaskSpec, Timer, select_unit

benchmark = pytest.importorskip("torch.utils.benchmark")
TIMES = [1.0e-3, 1.02e-3, 1.01e-3, 1.3e-3, 1.0e-3, 1.05e-3]


def both(times=TIMES, runs=100, **spec):
    """A measurement of torch's and one of ours."""
    spec = {"stmt": "x + 1", "setup": "pass", **spec}
    mine = Measurement(runs, times, TaskSpec(**spec))
    theirs = benchmark.Measurement(runs, times, benchmark.utils.common.TaskSpec(**spec))
    return mine, theirs


def text(m) -> str:
    """The text of a measurement without the object's address and its advice."""
    return re.sub(r"<.*>|\n +WARNING: (.|\n)*", "", repr(m))


@pytest.mark.differential
@pytest.mark.parametrize(
    ("times", "runs", "spec"),
    [
        (TIMES, 100, {}), (TIMES[:1], 1, {}), (TIMES[:3], 1, {"label": "L"}),
        ([5.0, 5.0, 5.0, 5.0], 1, {"label": "L", "sub_label": "S", "description": "D"}),
        (TIMES, 10, {"setup": "x = 1", "num_threads": 2}), ([1e-9] * 5, 1, {}),
        (TIMES, 10, {"setup": "x = 1\ny = 2", "stmt": "x\ny"}),
    ],
)  # fmt: skip
def test_measurements_are_torchs(times, runs, spec):
    mine, theirs = both(times, runs, **spec)
    assert text(mine) == text(theirs)
    assert mine.title.strip() == theirs.title.strip()
    for name in ("median", "mean", "iqr", "times", "as_row_name", "num_threads"):
        assert getattr(mine, name) == pytest.approx(getattr(theirs, name))
    assert mine.has_warnings == theirs.has_warnings
    assert mine.meets_confidence() == theirs.meets_confidence()
    assert not mine.iqr or abs(mine.significant_figures - theirs.significant_figures) <= 1


@pytest.mark.differential
def test_units_are_torchs():
    for seconds in (1e-9, 5e-7, 1e-6, 2e-3, 0.5, 1.0, 90.0):
        assert select_unit(seconds) == benchmark.select_unit(seconds)


def test_a_timer_measures():
    calls = []
    timer = Timer("f()", "calls.clear()", globals={"f": lambda: calls.append(1), "calls": calls})
    assert len(timer.timeit(50).times) == 1
    assert len(calls) == 50
    blocks = []
    found = timer.blocked_autorange(lambda n, t: blocks.append((n, t)), min_run_time=0.01)
    assert sum(found.raw_times) >= 0.01
    assert [t for _, t in blocks] == found.raw_times
    assert {n for n, _ in blocks} == {found.number_per_run}
    assert len(timer.adaptive_autorange(max_run_time=0.02).raw_times) >= 3


def test_the_clock_and_the_threads_are_those_that_were_chosen():
    ticks = itertools.count(0.0, 2.0)
    seen = []
    timer = Timer(
        "seen.append(threads())",
        timer=lambda: next(ticks),
        globals={"seen": seen, "threads": minitorch.get_num_threads},
        num_threads=1,
    )
    before = minitorch.get_num_threads()
    assert timer.timeit(4).raw_times == [2.0]
    assert set(seen) == {1}
    assert minitorch.get_num_threads() == before


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(NotImplementedError, match="Python"):
        Timer("1", language="c++")
    with pytest.raises(ValueError, match="global_setup"):
        Timer("1", global_setup="#include <x>")
    with pytest.raises(ValueError, match="Measurements"):
        Compare([3])


def test_measurements_are_merged_compared_and_kept():
    fast, theirs = both([1e-6] * 3, 1, label="L", sub_label="a", description="one")
    slow, theirs_slow = both([2e-6] * 3, 1, label="L", sub_label="a", description="two")
    assert [len(m.times) for m in Measurement.merge([fast, slow, fast])] == [6, 3]
    assert pickle.loads(pickle.dumps(fast)).times == fast.times
    table = Compare([fast, slow])
    table.trim_significant_figures()
    assert str(table) == str(benchmark.Compare([theirs, theirs_slow]))
