"""From the command line to the verdict: every exit code, and a fault that is named."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.run import Options, Score, run

for _needed in ("matplotlib", "pandas", "tabulate", "tqdm"):
    pytest.importorskip(_needed)


@pytest.fixture
def harness(script, tmp_path, capfd):
    """A function that runs the harness and returns exit code, output and the report's folder."""

    def run(backends: str, *options: str, arguments: tuple[str, ...] = ()) -> tuple[int, str, Path]:
        out = tmp_path / "reports"
        common = [
            "--threads",
            "1",
            "--ensemble",
            "2",
            "--no-locate",
            "--no-ops",
            "--out",
            str(out),
            "--name",
            "it",
            *options,
        ]
        command = ["run", str(script), "--backends", backends, *common, "--", *arguments]
        code = main(command)
        captured = capfd.readouterr()
        return code, captured.out + captured.err, out / "it"

    return run


def test_an_engine_agrees_with_itself(harness):
    code, said, folder = harness("minitorch,minitorch", "--no-timing")
    assert code == 0, said
    assert said.startswith("PASS")
    assert "random state     byte-equal at all 13 points" in said
    assert "initial values   9 tensors bit-equal" in said
    files = {path.name for path in folder.iterdir()}
    assert files == {
        "gradient_flow.png", "index.html", "junit.xml", "loss.png", "report.md", "run.json",
        "steps.csv", "tensors.csv",
    }  # fmt: skip
    run = json.loads((folder / "run.json").read_text())
    assert (run["schema"], run["outcome"], run["steps"]) == ("harness.run/2", "pass", 12)
    with open(folder / "steps.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert rows[0]["loss minitorch"] == rows[0]["loss minitorch again"]
    index = (folder.parent / "index.md").read_text()
    assert "[it](it/report.md)" in index


def test_a_gradient_that_is_a_thousandth_too_large_is_named(harness, backends):
    code, said, folder = harness(f"{backends}:scaled,minitorch", "--no-timing")
    assert code == 1, said
    assert said.startswith("FAIL  step 1  gradient 4.weight: relative difference 0.001,")
    run = json.loads((folder / "run.json").read_text())
    assert run["first_divergence"]["step"] == 1
    assert run["first_divergence"]["tensor"] == "gradient 4.weight"


def test_a_leap_that_no_replay_repeats_is_no_fault(harness, backends):
    code, said, folder = harness(f"{backends}:kinked,minitorch", "--no-timing")
    assert code == 0, said
    assert "parted           step 1  gradient 4.weight: relative difference 0.01," in said
    assert "parted" in (folder / "report.md").read_text()


def test_another_structure_is_told_before_any_number(harness, backends):
    code, said, folder = harness(f"{backends}:reshaped,minitorch", "--no-timing")
    assert code == 2, said
    assert "4.bias is missing on reshaped" in said.splitlines()[0]
    assert (folder / "report.md").read_text().startswith("# FAIL  the structure differs")


def test_a_script_that_fails_is_shown_with_its_last_lines(harness, backends):
    code, said, _ = harness(f"{backends}:broken,minitorch", "--no-timing")
    assert code == 3
    assert "ended with exit code 1 on broken" in said
    assert "ArithmeticError: the sum does not add up" in said


@pytest.mark.parametrize(("pairs", "epochs", "rounds"), [(3, 30, 3), (50, 12, 10)])
def test_times_are_taken_in_turns_while_there_are_steps(harness, pairs, epochs, rounds):
    timing = "--pairs", str(pairs)
    code, said, folder = harness(
        "minitorch,minitorch", *timing, arguments=("--epochs", str(epochs))
    )
    assert code == 0, said
    assert "time of a step" in said
    with open(folder / "timing.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * rounds  # candidate, reference, control
    assert all(0 < float(row["forward"]) < float(row["ms"]) for row in rows)
    assert (folder / "timing.png").exists()


@pytest.mark.parametrize("mode", ["--lockstep", "--forced"])
def test_a_run_can_be_cut_short_and_kept_in_step(harness, mode):
    code, said, _ = harness("minitorch,minitorch", "--no-timing", "--steps", "4", mode)
    assert code == 0, said
    assert "4 steps" in said
    assert "optimizer state  24 tensors, worst 0.00 of the budget" in said


def test_a_script_that_never_steps_is_told_how_steps_are_seen(harness, script):
    script.write_text("import torch")
    code, output, _ = harness("minitorch,minitorch", "--no-timing")
    assert code == 3
    assert "no optimizer step and no backward call was seen" in output
    assert len(output.splitlines()) == 1


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["run", "nowhere.py"], "no such script: nowhere.py"),
        (["run", "{script}", "--backends", "minitorch,nothing"], "unknown backend 'nothing'"),
        (["run", "{script}", "--backends", "minitorch"], "expected two backends"),
        (["run", "{script}", "--model", "mlp"], "the script's own arguments go after --"),
        (["run", "{script}", "--steps", "0"], "at least 1"),
        (["run", "{script}", "--", "--backend", "torch"], "choose with --backends"),
        (["walk"], "invalid choice: 'walk'"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_code_3(command, said, script, capsys):
    command = [part.format(script=script) for part in command]
    try:
        code = main(command)
    except SystemExit as end:
        code = end.code
    error = capsys.readouterr().err
    assert code == 3
    assert said in error
    assert len(error.splitlines()) == 1


def test_a_missing_engine_is_one_line(script, monkeypatch, capsys):
    monkeypatch.setattr("harness.backends.TORCH.module", "no_such_engine")
    monkeypatch.setattr("harness.backends.INSTALL", {"no_such_engine": "pip install it"})
    assert main(["run", str(script)]) == 3
    assert capsys.readouterr().err == "harness: backend torch is not installed: pip install it\n"


def test_a_final_score_may_miss_the_range_by_one_example():
    assert Score(0.970, 0.972, 0.975).within
    assert not Score(0.965, 0.972, 0.975).within
    assert Score(float("nan"), float("nan"), float("nan")).within


def test_the_operations_of_the_second_step_are_surveyed(script, tmp_path):
    options = Options(
        str(script), [], ("minitorch", "minitorch"), steps=3, ensemble=1, threads=1, pairs=0,
        oracle=False, ops=True, out=tmp_path,
    )  # fmt: skip
    result = run(options)
    assert result.outcome == 0
    assert result.survey.step == 2
    rows = result.survey.rows()
    assert "linear" in {row.op for row in rows}
    assert max(row.share for row in rows if row.share is not None) <= 1
    assert not any(row.wrong or row.note for row in rows)
