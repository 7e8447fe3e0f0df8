"""train.py as a user runs it: what it prints, draws and answers, and that it agrees with torch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def train(*arguments: str, blocked: str = "") -> subprocess.CompletedProcess[str]:
    """Run train.py; the module `blocked` cannot be imported."""
    command = [sys.executable, "train.py", *arguments]
    if blocked:
        code = f"import sys, runpy; sys.modules[{blocked!r}] = None; sys.argv[:] = sys.argv[1:]"
        command[1:2] = [
            "-c",
            f"{code}; runpy.run_path('train.py', run_name='__main__')",
            "train.py",
        ]
    environment = {k: v for k, v in os.environ.items() if k != "HARNESS_PROBE"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def scores(run: subprocess.CompletedProcess[str]) -> list[float]:
    """The score at the end of every line."""
    assert run.returncode == 0, run.stderr
    return [float(line.split()[-1]) for line in run.stdout.splitlines()]


def test_two_moons_are_learned_without_scikit_learn():
    run = train("--data", "moons", "--epochs", "4", "--optimizer", "adam", blocked="sklearn")
    assert len(scores(run)) == 4
    assert scores(run)[-1] > 0.85
    assert run.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "least"),
    [
        (("--model", "mlp", "--data", "breast_cancer", "--weight-decay", "1e-3"), 0.9),
        (("--model", "cnn", "--dropout", "0.2"), 0.6),
        (("--model", "regression", "--l1", "1e-4"), 0.2),
    ],
)
def test_real_data_is_learned(arguments, least):
    pytest.importorskip("sklearn")
    assert scores(train(*arguments, "--epochs", "2"))[-1] > least


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    runs = [train("--data", "moons", "--epochs", "1", "--seed", seed).stdout for seed in "112"]
    assert runs[0] == runs[1] != runs[2]


def test_a_run_draws_its_loss_its_gradients_and_its_graph(tmp_path):
    pytest.importorskip("matplotlib")
    run = train(
        "--data", "moons", "--epochs", "1", "--out", str(tmp_path), "--graph", blocked="torch"
    )
    assert run.returncode == 0, run.stderr
    for name in ("loss.png", "gradient_flow.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    graph = (tmp_path / "graph.svg").read_text()
    assert ">Addmm<" in graph
    assert "fc1.weight" in graph


@pytest.mark.parametrize(
    ("arguments", "blocked", "said"),
    [
        (("--backend", "numpy"), "", "--backend numpy: not an engine"),
        (("--backend", "nothing"), "", "--backend nothing: no such engine; known are minitorch"),
        (("--backend", "torch"), "torch", "--backend torch needs PyTorch: pip install torch"),
        ((), "sklearn", "--data digits comes with scikit-learn: pip install scikit-learn"),
        (
            ("--data", "moons", "--out", "{folder}"),
            "matplotlib",
            "--out draws with matplotlib: pip install matplotlib",
        ),
        (("--model", "transformer"), "", "invalid choice: 'transformer'"),
        (("--model", "cnn", "--data", "moons"), "", "--data moons: --model cnn trains on digits"),
        (("--epochs", "0"), "", "--epochs 0: expected at least 1"),
        (("--epochs", "many"), "", "invalid int value: 'many'"),
        (("--lr", "-1"), "", "--lr -1.0: expected at least 0"),
        (("--dropout", "1"), "", "--dropout 1.0: expected at least 0 and less than 1"),
        (("--graph",), "", "--graph needs --out DIR"),
        (("--speed", "9"), "", "unrecognized arguments: --speed 9"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, arguments, blocked, said):
    arguments = [part.format(folder=tmp_path) for part in arguments]
    run = train(*arguments, blocked=blocked)
    assert run.returncode == 2
    assert said in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert run.stdout == ""


@pytest.mark.differential
@pytest.mark.parametrize(
    "arguments",
    [
        ("--model", "mlp", "--optimizer", "adam", "--weight-decay", "1e-3"),
        ("--model", "cnn"),
        ("--model", "regression", "--l1", "1e-4"),
    ],
    ids=lambda arguments: arguments[1],
)
def test_a_training_run_with_dropout_agrees_with_torch(tmp_path, arguments):
    pytest.importorskip("torch")
    options = ["--no-timing", "--ensemble", "2", "--threads", "1", "--out", str(tmp_path)]
    script = ["train.py", "--", *arguments, "--epochs", "2", "--dropout", "0.2"]
    run = subprocess.run(
        [sys.executable, "-m", "harness", "run", *options, *script],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.startswith("PASS")
