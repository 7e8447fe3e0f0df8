"""Which steps are measured, what is counted, how it is written."""

from __future__ import annotations

import gzip
import json
import re
import threading

import pytest

import minitorch
from minitorch.backend import ROWS
from tests.programs import same

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore:.*[Ww]ithout warmup|.*skewed|.*warmup:UserWarning")


def work(T, x):
    with T.profiler.record_function("block"):
        y = (x @ x).relu()
    return y.sum()


def counts(measured):
    """How often each name was called, without what torch calls inside."""
    known = ("aten::mm", "aten::relu", "aten::sum", "block", "ProfilerStep*")
    return {e.key: e.count for e in measured.key_averages() if e.key in known}


def unclocked():
    return [name for name, row in ROWS.items() if row.run.__name__ == "clocked"] == []


@pytest.mark.differential
@pytest.mark.parametrize(
    "steps",
    [
        {"wait": 1, "warmup": 1, "active": 2, "repeat": 2, "skip_first": 1},
        {"wait": 1, "warmup": 1, "active": 1}, {"wait": 0, "warmup": 2, "active": 3},
        {"wait": 2, "warmup": 1, "active": 1, "skip_first": 3, "skip_first_wait": 1},
        {"wait": 2, "warmup": 1, "active": 1, "repeat": 2, "skip_first_wait": 1},
        {"wait": -1, "warmup": 1, "active": 1}, {"wait": 1, "warmup": 1, "active": 0},
    ],
)  # fmt: skip
def test_schedules_are_torchs(steps):
    def program(T):
        action = T.profiler.schedule(**steps)
        return [action(i).name for i in range(20)]

    same(program)


ONCE = {"block": 1, "aten::mm": 1, "aten::relu": 1, "aten::sum": 1}


@pytest.mark.parametrize(
    ("wait", "warmup", "active", "repeat", "total", "ready"),
    [  # what torch 2.13 does; it is not run here, its profiler may crash the process
        (1, 1, 2, 1, 6, [(4, 2, 2)]), (0, 1, 1, 0, 3, [(2, 1, 1), (3, 1, 0)]),
        (1, 1, 3, 0, 4, [(4, 3, 2)]), (0, 1, 2, 2, 9, [(3, 2, 2), (6, 2, 2)]),
        (1, 1, 1, 0, 2, [(2, 1, 0)]), (0, 1, 3, 1, 3, [(3, 3, 2)]),
        (0, 0, 2, 0, 4, [(2, 2, 2), (4, 2, 2), (4, 1, 0)]), (0, 0, 1, 2, 3, [(1, 1, 1), (2, 1, 1)]),
    ],
)  # fmt: skip
def test_steps_are_measured_as_by_torch(wait, warmup, active, repeat, total, ready):
    x, found = minitorch.ones(4, 4), []
    with minitorch.profiler.profile(
        activities=[minitorch.profiler.ProfilerActivity.CPU],
        schedule=minitorch.profiler.schedule(
            wait=wait, warmup=warmup, active=active, repeat=repeat
        ),
        on_trace_ready=lambda p: found.append((p.step_num, counts(p))),
    ) as p:
        for _ in range(total):
            work(minitorch, x)
            p.step()
    assert p.step_num == total
    assert found == [
        (step, {"ProfilerStep*": steps} | {name: n for name in ONCE if n})
        for step, steps, n in ready
    ]


def test_the_table_has_torchs_form():
    with minitorch.profiler.profile() as p:
        work(minitorch, minitorch.ones(4, 4))
        work(minitorch, minitorch.ones(4, 4))
    averages = {e.key: e for e in p.key_averages()}
    assert counts(p) == dict.fromkeys(ONCE, 2)
    assert averages["block"].cpu_time_total >= averages["aten::mm"].cpu_time_total > 0
    assert averages["block"].cpu_time * 2 == averages["block"].cpu_time_total
    lines = p.key_averages().table(sort_by="cpu_time_total", row_limit=1).splitlines()
    rule = "  ".join(["-" * 14, *["-" * 12] * 6, ""])
    assert lines[0] == lines[2] == lines[4] == rule
    assert lines[1] == "  ".join(
        ["          Name", "  Self CPU %", "    Self CPU", " CPU total %", "   CPU total",
         "CPU time avg", "  # of Calls", ""]
    )  # fmt: skip
    longest = max(averages.values(), key=lambda e: e.cpu_time_total).key
    assert re.fullmatch(rf" +{longest}( +[\d.]+(%|us|ms)){{5}} +2  ", lines[3])
    assert re.fullmatch(r"Self CPU time total: [\d.]+(us|ms)", lines[5])
    with pytest.raises(AttributeError, match="nonsense"):
        p.key_averages().table(sort_by="nonsense")


def test_shapes_and_names_are_shown():
    with minitorch.profiler.profile(record_shapes=True) as p:
        minitorch.ones(2, 3) + minitorch.ones(3)
        minitorch.ones(2) + minitorch.ones(2)
    shapes = [e.input_shapes for e in p.key_averages(group_by_input_shape=True)]
    assert [[2, 3], [3]] in shapes
    assert [[2], [2]] in shapes
    text = p.key_averages(group_by_input_shape=True).table(
        header="mine", top_level_events_only=True
    )
    assert "Input Shapes" in text
    assert "mine" in text
    assert "[[2, 3], [3]]" in text


def test_clocks_come_off_and_errors_pass():
    first, second = minitorch.profiler.profile(), minitorch.profiler.profile()
    x = minitorch.ones(2)
    first.start()
    _ = x + 1
    second.start()
    _ = x * 2
    first.stop()
    _ = x * 2
    with pytest.raises(RuntimeError):
        minitorch.ones(2) @ minitorch.ones(3)
    assert not unclocked()
    second.stop()
    assert unclocked()
    keys = [[e.name for e in p.events()] for p in (first, second)]
    assert keys[0] == ["aten::add", "aten::mul"]
    assert keys[1].count("aten::mul") == 2
    assert "aten::add" not in keys[1]


def test_time_of_what_is_called_is_not_counted_twice():
    ticks = iter(range(0, 10_000_000, 1_000_000))
    clock = minitorch.autograd.profiler.time
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "perf_counter_ns", lambda: next(ticks))
        block = minitorch.profiler.record_function
        with minitorch.profiler.profile() as p, block("outer"), block("inner"):
            pass
    outer, inner = p.key_averages()
    assert (outer.cpu_time_total, outer.self_cpu_time_total) == (3000.0, 2000.0)
    assert (inner.cpu_time_total, inner.self_cpu_time_total) == (1000.0, 1000.0)
    assert p.key_averages().self_cpu_time_total == 3000.0
    assert outer.cpu_time_total_str == "3.000ms"


def test_threads_have_their_own_blocks():
    def block(name):
        with minitorch.profiler.record_function(name):
            minitorch.ones(2).exp()

    with minitorch.profiler.profile() as p:
        threads = [threading.Thread(target=block, args=(f"t{i}",)) for i in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    parents = {e.cpu_parent.name for e in p.events() if e.name == "aten::exp"}
    assert parents == {"t0", "t1", "t2"}


def test_traces_are_written(tmp_path):
    handler = minitorch.profiler.tensorboard_trace_handler(str(tmp_path / "log"), "me")
    with minitorch.profiler.profile(on_trace_ready=handler) as p:
        work(minitorch, minitorch.ones(2, 2))
    (written,) = (tmp_path / "log").iterdir()
    assert re.fullmatch(r"me\.\d+\.pt\.trace\.json", written.name)
    p.add_metadata("run", "7")
    p.add_metadata_json("list", "[1]")
    p.export_chrome_trace(str(tmp_path / "trace.json.gz"))
    trace = json.loads(gzip.decompress((tmp_path / "trace.json.gz").read_bytes()))
    assert (trace["run"], trace["list"]) == ("7", [1])
    assert {e["name"] for e in trace["traceEvents"]} >= {"block", "aten::mm"}
    assert all(e["dur"] >= 0 for e in trace["traceEvents"])


def test_misuse_is_refused():
    p = minitorch.profiler.profile()
    with pytest.raises(AssertionError, match="nothing yet"):
        p.key_averages()
    with pytest.raises(AssertionError, match="with_stack"):
        p.export_stacks("x")
    with pytest.raises(AssertionError, match="activities"):
        minitorch.profiler.profile(activities=[3])
    with minitorch.profiler.profile(with_stack=True) as p:
        pass
    with pytest.raises(NotImplementedError, match="stacks"):
        p.export_stacks("x")
    for T in (minitorch, torch):
        assert str(T.autograd.ProfilerActivity.CPU) == "ProfilerActivity.CPU"
        assert T.profiler.supported_activities() == {T.profiler.ProfilerActivity.CPU}


def test_the_older_profile():
    @minitorch.autograd.profiler.record_function("decorated")
    def decorated():
        return minitorch.ones(2) + 1

    p = minitorch.autograd.profiler.profile()
    assert str(p) == "<unfinished profile>"
    with p:
        decorated()
    with minitorch.autograd.profiler.profile(enabled=False) as off:
        decorated()
    assert [e.key for e in p.key_averages()] == ["decorated", "aten::add"]
    assert "decorated" in p.table()
    assert p.total_average().count == 2
    assert p.self_cpu_time_total == pytest.approx(p.total_average().self_cpu_time_total)
    assert off.function_events is None
    with pytest.raises(RuntimeError, match="once"):
        p.__enter__()
