"""What following a script costs is measured in turns, and told."""

from __future__ import annotations

import json

import pytest

from harness import overhead


def test_every_way_is_measured_and_written(script, tmp_path, capsys):
    out = tmp_path / "reports"
    options = ["--steps", "6", "--rounds", "1", "--backends", "minitorch,minitorch"]
    code = overhead.main([str(script), *options, "--out", str(out)])
    said = capsys.readouterr().out
    assert code in (0, 1)  # so short a run has no time to be judged by
    told = json.loads((out / "overhead" / "overhead.json").read_text())
    assert told["schema"] == overhead.SCHEMA
    assert [way["way"] for way in told["ways"]] == list(overhead.GOALS)
    assert all(way["ratio"] > 0 and way["milliseconds"] > 0 for way in told["ways"])
    assert "lock-step with float64" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["nowhere.py"], "nowhere.py"), (["{script}", "--steps", "40"], "fewer than 40 steps")],
)
def test_what_cannot_be_measured_is_one_line(script, tmp_path, capsys, arguments, said):
    arguments = [part.format(script=script) for part in arguments]
    options = ["--rounds", "1", "--backends", "minitorch,minitorch", "--out", str(tmp_path)]
    assert overhead.main([*arguments, *options]) == 3
    assert said in capsys.readouterr().err
