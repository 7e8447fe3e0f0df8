"""A script nobody wrote for this is timed, where it trains alike on both engines."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from harness.bench import main, scripts
from harness.bench.legs import Side

OURS = Side("minitorch", "minitorch"), Side("again", "minitorch")


def timed(script, *arguments: str, sides=OURS):
    return scripts.measure_script(str(script), arguments, sides, threads=1, rounds=2)


def test_script_is_timed_in_four_processes(script):
    found = timed(script, "--epochs", "40")
    assert (found.status, found.why) == ("timed", "")
    assert [len(side) for side in found.seconds] == [2] * 4
    assert all(0 < seconds < 0.5 for side in found.seconds for seconds in side)
    assert found.workload.what == f"{script} --epochs 40"


def test_script_with_few_steps_says_how_many_it_takes(script):
    found = timed(script, "--epochs", "12")
    assert found.status == "failed"
    assert found.why == "it has fewer than the 30 steps of three turns"


@pytest.mark.parametrize(
    ("engine", "differs"), [("reshaped", "step 1: loss "), ("scaled", "step 5: gradient ")]
)
def test_script_that_trains_otherwise_is_not_timed(script, backends, engine, differs):
    backends.write_text(backends.read_text().replace("1.001", "1.002"))
    sides = Side(engine, f"{backends}:{engine}"), OURS[0]
    found = timed(script, "--epochs", "40", sides=sides)
    assert found.status == "differs"
    assert found.why.startswith(differs)
    assert found.seconds == []


def test_script_that_fails_is_named_with_its_exit_code(script):
    found = timed(script, "--what")
    assert found.status == "failed"
    assert "ended with exit code 2 on minitorch" in found.why


def message(**arrays) -> SimpleNamespace:
    named = {key.replace("_", " "): np.array(value) for key, value in arrays.items()}
    return SimpleNamespace(arrays=named)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ({"a": message(loss=[1.0]), "b": message(loss=[1.0])}, ""),
        ({"a": message(loss=[1.0]), "b": message(loss=[2.0])}, "loss 1 against 2"),
        ({"b": message(loss=[2.0])}, "a has ended"),
        ({"a": message(), "b": message(loss=[2.0])}, "loss"),
        (
            {
                "a": message(loss=[1.0], gradient_w=[1.0, 2.0]),
                "b": message(loss=[1.0], gradient_w=[1.0, 2.1]),
            },
            "gradient w",
        ),
    ],
)
def test_first_steps_are_compared(moment, expected):
    legs = SimpleNamespace(title="a"), SimpleNamespace(title="b")
    assert scripts._moment_differs(legs, moment, gradients=True) == expected
    alone = "" if expected == "gradient w" else expected
    assert scripts._moment_differs(legs, moment, gradients=False) == alone


def test_command_takes_a_script_and_its_arguments(script, tmp_path, capsys):
    engines = "--backends", "minitorch,minitorch", "--threads", "1", "--pairs", "2"
    out = tmp_path / "out"
    argv = [str(script), *engines, "--out", str(out), "--", "--epochs", "40"]
    assert main(argv) == 0
    assert script.stem in capsys.readouterr().out
    (workload,) = json.loads((out / "bench.json").read_text(encoding="utf-8"))["workloads"]
    assert workload["what"].endswith("--epochs 40")
    assert "Memory" not in (out / "report.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["nowhere.py"], "nowhere.py: no such script"),
        (["a.py", "--compare-commit", "HEAD"], "--compare-commit times workloads, not scripts"),
    ],
)
def test_script_that_cannot_be_timed_is_one_line_and_exit_code_3(argv, expected, capsys):
    with pytest.raises(SystemExit, match="3"):
        main(argv)
    assert capsys.readouterr().err == f"bench: {expected}\n"
