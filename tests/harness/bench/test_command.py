"""The command line: what is refused, what is written, and what an interrupt leaves."""

from __future__ import annotations

import csv
import json

import pytest

from harness.bench import command, main
from harness.workloads import WORKLOADS


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["W99"], "unknown workload 'W99'"),
        (["W1", "--pairs", "0"], "at least 1"),
        (["--threads", "0"], "at least 1"),
        (["--pairs", "many"], "invalid int value"),
        (["--backends", "minitorch"], "takes two names or more, A,B; got 'minitorch'"),
        (["--backends", "minitorch,nothing"], "unknown backend 'nothing'"),
        (["nowhere.py:mine"], "nowhere.py: no such file"),
        (["--what"], "unrecognized arguments: --what"),
    ],
)
def test_bad_usage_is_answered_by_one_line_and_exit_code_3(argv, expected, capsys):
    with pytest.raises(SystemExit, match="3"):
        main(argv)
    error = capsys.readouterr().err
    assert expected in error
    assert error.count("\n") == 1


@pytest.fixture
def bench(own, tmp_path, monkeypatch):
    """`main` on workloads of the test's own; returns the exit code and what bench.json says."""
    monkeypatch.setattr(command, "_warm", lambda *_: None)

    def run(*names: str, options: tuple[str, ...] = ()) -> tuple[int, dict]:
        out = tmp_path / "out"
        argv = [*options, "--backends", "minitorch,minitorch", "--threads", "1", "--pairs", "3"]
        code = main([*argv, "--out", str(out), *(f"{own}:{name}" for name in names)])
        return code, json.loads((out / "bench.json").read_text(encoding="utf-8"))

    return run


def test_whole_report_is_written(bench, tmp_path, capsys):
    code, said = bench("tiny")
    assert code == 0
    assert "tiny" in capsys.readouterr().out
    assert said["schema"] == "harness.bench/1"
    (tiny,) = said["workloads"]
    assert (tiny["name"], tiny["status"], tiny["rounds"]) == ("tiny", "timed", 3)
    assert list(tiny["seconds"]) == ["minitorch", "minitorch again"]
    assert tiny["ratio"]["low"] <= tiny["ratio"]["median"] <= tiny["ratio"]["high"]
    assert tiny["start"]["minitorch"]["first_call_seconds"] > 0
    folder = tmp_path / "out"
    with (folder / "timing.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0][:2] == ["workload", "round"]
    assert [row[:2] for row in rows[1:]] == [["tiny", "0"], ["tiny", "1"], ["tiny", "2"]]
    assert all(float(value) > 0 for row in rows[1:] for value in row[2:])
    page = (folder / "report.md").read_text(encoding="utf-8")
    assert page.startswith("# minitorch against minitorch again\n")
    assert "| tiny " in page
    assert (folder / "ratios.png").read_bytes().startswith(b"\x89PNG")
    assert len((folder / "history.jsonl").read_text(encoding="utf-8").splitlines()) == 1


def test_what_cannot_run_is_reported_with_exit_code_3_beside_what_can(bench, capsys):
    code, said = bench("broken", "tiny")
    assert code == 3
    assert [w["status"] for w in said["workloads"]] == ["failed", "timed"]
    assert "not timed: minitorch: RuntimeError: no such layer here" in capsys.readouterr().out


def test_disagreement_has_exit_code_1_and_no_picture(bench, monkeypatch, tmp_path):
    monkeypatch.setattr("harness.bench.measure.disagreement", lambda *_: "loss 1 against 2")
    code, said = bench("tiny")
    assert code == 1
    assert said["workloads"][0]["why"] == "loss 1 against 2"
    assert not (tmp_path / "out" / "ratios.png").exists()
    assert "not timed: loss 1 against 2" in (tmp_path / "out" / "report.md").read_text()


def test_interrupt_leaves_what_was_measured_and_names_what_was_not(
    bench, monkeypatch, capsys, result, tmp_path
):
    answers = iter([result(2.0)])

    def measured(*_):
        try:
            return next(answers)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(command, "_measured", measured)
    code, said = bench("tiny", "broken")
    assert code == 3
    assert said["skipped"] == ["broken"]
    assert "interrupted; skipped broken" in capsys.readouterr().err
    page = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "Interrupted: broken skipped." in page


def test_slower_run_is_told_from_the_last_one(bench, monkeypatch, capsys, result, tmp_path):
    ratios = iter([3.0, 2.0])
    monkeypatch.setattr(command, "_measured", lambda *_: result(next(ratios)))
    assert bench("tiny")[1]["changes"] == []
    _, said = bench("tiny")
    (change,) = said["changes"]
    assert change.startswith("slower: tiny 2.0")
    assert change in capsys.readouterr().out
    assert change in (tmp_path / "out" / "report.md").read_text(encoding="utf-8")


def test_commit_that_was_never_measured_is_said(bench, monkeypatch, result):
    monkeypatch.setattr(command, "_measured", lambda *_: result(2.0))
    monkeypatch.setattr(command.history, "commit", lambda folder: "1a2b3c4")
    bench("tiny", options=("--against", "1a2b"))
    _, said = bench("tiny", options=("--against", "1a2b"))
    assert said["changes"] == []
    _, said = bench("tiny", options=("--against", "9f9f"))
    assert said["changes"][0].startswith("no run of the kind at 9f9f is in ")


def test_interrupted_self_check_is_one_line(monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "self_check", interrupted)
    with pytest.raises(SystemExit, match="3"):
        main(["--self-check"])
    assert capsys.readouterr().err == "bench: interrupted\n"


def test_self_check_answers_with_its_verdict(monkeypatch, capsys):
    short = lambda step, tick: command_self_check(step, 2, 4, 1e-4, tick)  # noqa: E731
    command_self_check = command.self_check
    monkeypatch.setattr(command, "self_check", short)
    code = main(["--self-check"])
    said = capsys.readouterr().out
    assert "W1 of minitorch against itself" in said
    assert ("NOT honest" in said) == (code == 1)


def test_help_names_every_workload(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    said = capsys.readouterr().out
    assert all(f"  {name}" in said for name in WORKLOADS)
