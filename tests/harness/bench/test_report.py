"""The tables say what was measured, and the page holds all of them."""

from __future__ import annotations

import csv

import pytest

from harness.bench import report
from harness.bench.attribution import CLOCKS
from harness.bench.measure import Attribution, Result, Row

FACTS = {
    "commit": "1a2b3c4",
    "machine": {"processor": "P", "cores": 2, "system": "Linux"},
    "threads": 2,
    "engines": {"mine": "1", "torch": "2"},
    "numpy": "3",
    "python": "4",
}
OPS = (
    Attribution(0.003, {"nn.Linear": Row(2, 1e-3, 2e-3), "relu": Row(1, 1e-5, 0.0)}),
    Attribution(0.006, {"nn.Linear": Row(2, 2e-3, 4e-3), "gelu": Row(3, 1e-5, 1e-5)}),
)


@pytest.fixture
def bench(result):
    """A run with one timed workload, one that differs and one that was not reached."""
    timed = result(2.0)
    timed.ops = OPS
    rest = [
        Result(timed.workload._replace(name=name), name, "why not")
        for name in "differs skipped".split()
    ]
    return report.Bench(("mine", "torch"), [timed, *rest], FACTS, "today", ["slower: tiny"])


def test_speed_table_says_why_there_is_no_time(bench):
    lines = report.table(bench).splitlines()
    assert "mine A/A" in lines[0]
    assert "faster" in lines[2]
    assert "1.5x    yes" in lines[2]
    assert "not timed: why not" in lines[3]


def test_further_engines_stand_at_the_end(bench):
    timed = bench.timed[0]
    timed.beside = {"plain": [2 * s for s in timed.times[1]]}
    bench.results[1].apart = {"plain": "its first losses differ"}
    lines = report.table(bench).splitlines()
    assert lines[0].split()[-3:] == ["plain", "ms", "speed-up"]
    assert lines[2].endswith("0.50x [0.50, 0.50]")
    assert lines[3].endswith("its first losses differ")
    assert report.as_json(bench)["workloads"][0]["beside"]["plain"]["ratio"]["median"] == 0.5
    header, first, *_ = report._rounds(bench)
    assert header[-1] == "plain_seconds"
    assert len(first) == len(header)


def test_memory_and_first_call_are_shown_beside_each_other(bench):
    (row,) = report.memory_table(bench).splitlines()[2:]
    assert row.split()[:4] == ["tiny", "42", "12", "0.03"]
    assert report.imports(bench) == "import on top of numpy (0.100 s): mine 0.020 s, torch 0.020 s"
    assert report.setting(bench).startswith("mine 1, torch 2 at 1a2b3c4, numpy 3, Python 4, P, 2")


def test_ops_are_side_by_side_the_longest_first_and_the_rest_summed(bench):
    lines = report.ops_table(bench, bench.timed[0], limit=1).splitlines()
    assert lines[2].split() == "nn.Linear 2 1.000 2.000 2.000 4.000 2.00x".split()
    assert lines[3].split() == "2 others 1 / 3 0.010 0.010 0.010 2.00x".split()
    assert report._op_row(CLOCKS, Row(0, 1.0, 0.0), Row(0, 2.0, 0.0))[-1] == ""
    cost = report.clock_cost(bench, bench.timed[0])
    assert cost.startswith("With clocks on, tiny takes 3.0")
    assert cost.endswith("x as long on torch")


def test_nothing_timed_is_a_report_too(bench):
    bench.results = bench.results[1:]
    page = report.markdown(bench)
    assert "not timed: why not" in page
    assert "Interrupted: skipped skipped." in page
    assert "ratios.png" not in page
    assert report.imports(bench) == ""


def test_whole_report_holds_everything(bench, tmp_path):
    report.write(bench, tmp_path)
    page = (tmp_path / "report.md").read_text(encoding="utf-8")
    for part in ("# mine against torch", "- slower: tiny", "| nn.Linear ", "| tiny ", "mine 1,"):
        assert part in page
    with (tmp_path / "ops.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["call"] for row in rows] == ["nn.Linear", "relu", "gelu"]
    assert rows[0]["torch_backward_seconds"] == "0.004"
    assert rows[1]["torch_calls"] == "0"
    assert (tmp_path / "ratios.png").read_bytes().startswith(b"\x89PNG")


def test_json_holds_every_workload(bench):
    said = report.as_json(bench)
    assert said["schema"] == "harness.bench/1"
    assert said["skipped"] == ["skipped"]
    timed, differs, _ = said["workloads"]
    assert differs["why"] == "why not"
    assert timed["ops"]["torch"]["calls"]["gelu"] == {"calls": 3, "forward": 1e-5, "backward": 1e-5}
    assert timed["controls"]["mine"]["low"] <= 1 <= timed["controls"]["mine"]["high"]
    assert timed["start"]["mine"]["own_megabytes"] == 12.0
