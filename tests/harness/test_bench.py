"""The benchmark refuses to time what does not agree, and says only what its intervals say."""

from __future__ import annotations

import csv
import importlib
from types import SimpleNamespace

import numpy as np
import pytest

from harness import bench
from harness.backends import MINITORCH, TORCH
from harness.timing import Ratio, Times
from harness.workloads import READ_EVERY, WORKLOADS, Program, Workload, block, regression

TINY = Workload("tiny", "a small regression", 2, 1.5, lambda torch: regression(torch, batch=4))


class Loss(float):
    """A loss that counts how often the host reads it."""

    reads = 0

    def item(self) -> float:
        Loss.reads += 1
        return float(self)


def program(losses, gradient=(1.0, 2.0)) -> Program:
    """A program with the given losses, step by step, and one gradient."""
    values = iter(losses)
    return Program(lambda: Loss(next(values)), [SimpleNamespace(grad=np.array(gradient))])


ARRAYS = SimpleNamespace(numpy=np.asarray)
SAME = [5.0, 4.0, 3.0, 2.0, 1.0]


def result(ratio: Ratio, goal: float = 2.0) -> bench.Result:
    """A timed result with the given ratio."""
    workload = TINY._replace(goal=goal)
    return bench.Result(workload, Times([0.001] * 3, [0.002] * 3), ratio, Ratio(1, 0.99, 1.01))


@pytest.mark.parametrize(
    ("losses", "gradient", "expected"),
    [
        (SAME, (1.0, 2.0), ""),
        ([5.0, 4.0, 3.0, 2.0009, 1.0], (1.0, 2.0), ""),
        ([5.0, 4.0, 3.004, 2.0, 1.0], (1.0, 2.0), "step 3: loss 3 against 3.004"),
        ([float("nan")] * 5, (1.0, 2.0), "step 1: loss 5 against nan"),
        (SAME, (1.0, 2.01), "step 5: gradient of parameter 0"),
        (SAME, (1.0, 2.0, 3.0), "step 5: gradient of parameter 0"),
    ],
)
def test_disagreement_is_found_and_named(losses, gradient, expected):
    other = program(losses, gradient)
    assert bench.disagreement(program(SAME), other, ARRAYS, ARRAYS) == expected


def test_loss_is_read_once_in_ten_steps_and_at_the_end():
    Loss.reads = 0
    block(program(range(1, 100)), 2 * READ_EVERY)()
    assert Loss.reads == 2
    block(program(range(1, 100)), 1)()
    assert Loss.reads == 3


def test_disagreeing_workload_is_not_timed():
    engine = SimpleNamespace(**vars(ARRAYS), namespace=lambda: None)
    programs = iter([program(SAME), program([9.0] * 5)])
    workload = TINY._replace(build=lambda torch: next(programs))
    refused = bench.measure(workload, engine, engine, pairs=2)
    assert refused.ratio is None
    assert refused.times == Times([], [])
    assert "not timed: step 1: loss 5 against 9" in bench.table([refused], ["a", "b"])


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (Ratio(2.5, 2.2, 2.8), {"faster", "yes"}),
        (Ratio(1.5, 1.2, 1.8), {"faster", "no"}),
        (Ratio(2.1, 1.9, 2.3), {"faster", "within noise"}),
        (Ratio(0.5, 0.4, 0.6), {"slower", "no"}),
        (Ratio(1.0, 0.9, 1.1), {"no"}),
    ],
)
def test_table_says_what_the_interval_says(ratio, words):
    row = bench.table([result(ratio)], ["a", "b"]).splitlines()[-1]
    said = {w for w in ("faster", "slower", "yes", "within noise", "no") if f"  {w}" in f"{row}  "}
    assert said == words


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["W99"], "unknown workload 'W99'"),
        (["--pairs", "0"], "at least 1"),
        (["--threads", "0"], "at least 1"),
        (["--pairs", "many"], "invalid int value"),
        (["--backends", "minitorch"], "takes two names, A,B; got 'minitorch'"),
        (["--what"], "unrecognized arguments: --what"),
    ],
)
def test_bad_usage_is_answered_by_one_line_and_exit_code_3(argv, expected, capsys):
    with pytest.raises(SystemExit, match="3"):
        bench.main(argv)
    error = capsys.readouterr().err
    assert expected in error
    assert error.count("\n") == 1


@pytest.fixture
def tiny_bench(monkeypatch):
    """`main` on one small workload, in this process."""
    for name in bench.THREAD_VARIABLES:
        monkeypatch.setenv(name, "1")
    monkeypatch.setattr(bench, "WORKLOADS", {"tiny": TINY})
    monkeypatch.setattr(bench, "import_seconds", lambda modules: (0.1, [0.02] * len(modules)))
    monkeypatch.setattr(bench, "peak_megabytes", lambda module, workload: 12.0)
    return lambda *argv: bench.main(["--threads", "1", "--pairs", "3", *argv])


def test_unknown_backend_is_named_with_exit_code_3(tiny_bench, capsys):
    with pytest.raises(SystemExit, match="3"):
        tiny_bench("--backends", "minitorch,nothing")
    error = capsys.readouterr().err
    assert "nothing" in error
    assert error.count("\n") == 1


def test_main_writes_every_pair_the_table_and_the_picture(tiny_bench, tmp_path, capsys):
    assert tiny_bench("--backends", "minitorch,minitorch", "--out", str(tmp_path)) == 0
    assert "tiny" in capsys.readouterr().out
    with (tmp_path / "timing.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0][:2] == ["workload", "pair"]
    assert [row[:2] for row in rows[1:]] == [["tiny", "0"], ["tiny", "1"], ["tiny", "2"]]
    assert all(float(value) > 0 for row in rows[1:] for value in row[2:])
    report = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "| tiny " in report
    assert "peak memory of W2: minitorch 12 MB" in report
    assert "import on top of numpy (0.100 s): minitorch 0.020 s" in report
    assert (tmp_path / "ratios.png").read_bytes().startswith(b"\x89PNG")


def test_main_reports_disagreement_with_exit_code_1(tiny_bench, monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "disagreement", lambda *_: "step 2: loss 1 against 2")
    assert tiny_bench("--backends", "minitorch,minitorch", "--out", str(tmp_path)) == 1
    assert "step 2: loss 1 against 2" in (tmp_path / "report.md").read_text(encoding="utf-8")
    assert not (tmp_path / "ratios.png").exists()


def test_import_time_counts_the_module_apart_from_numpy():
    numpy_alone, (nothing_more, something) = bench.import_seconds(["numpy", "sqlite3"], rounds=2)
    assert numpy_alone > 10 * nothing_more > 0
    assert something > 10 * nothing_more


def test_peak_memory_is_that_of_the_child(monkeypatch):
    ballast = np.ones(200 * 2**20, np.uint8)
    peak = bench.peak_megabytes("minitorch", "W1")
    assert peak is None or 10 < peak < 190, ballast.nbytes


@pytest.mark.parametrize("name", WORKLOADS)
def test_workload_trains_on_every_parameter(name):
    torch = importlib.import_module("minitorch")
    made = WORKLOADS[name].build(torch)
    first = made.step().item()
    assert np.isfinite(first)
    assert all(p.grad is not None for p in made.parameters)
    if name.startswith(("W1", "W2")):
        for _ in range(20):
            last = made.step().item()
        assert last < first


@pytest.mark.differential
@pytest.mark.parametrize("name", WORKLOADS)
def test_workload_agrees_with_torch(name):
    torch = pytest.importorskip("torch")
    programs = [WORKLOADS[name].build(importlib.import_module("minitorch"))]
    programs.append(WORKLOADS[name].build(torch))
    assert bench.disagreement(*programs, MINITORCH, TORCH) == ""
