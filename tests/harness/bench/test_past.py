"""An engine is timed against its own past, from the commit and not from the folder."""

from __future__ import annotations

import importlib
import json

import pytest

from harness.bench import main
from harness.bench.history import git

ENGINE = """
import time
import minitorch

__version__ = "{pause}"

def pace():
    time.sleep({pause})

def __getattr__(name):
    return getattr(minitorch, name)
"""

PACED = """
from harness.workloads import Program, Workload, regression

def build(torch):
    made = regression(torch, batch=4)

    def step():
        torch.pace()
        return made.step()

    return Program(step, made.parameters)

paced = Workload("paced", "sleeps", 1, 1.5, build)
"""


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with an engine that sleeps 4 ms at its first commit and 1 ms at its second."""
    package = tmp_path / "source" / "pacedengine"
    package.mkdir(parents=True)
    git(tmp_path, "init", "-q")
    for pause in (0.004, 0.001):
        (package / "__init__.py").write_text(ENGINE.format(pause=pause))
        git(tmp_path, "add", "source")
        who = "-c", "user.name=t", "-c", "user.email=t@t"
        git(tmp_path, *who, "commit", "-qm", "engine")
    (tmp_path / "paced.py").write_text(PACED)
    monkeypatch.syspath_prepend(package.parent)
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    monkeypatch.chdir(package.parent)
    importlib.invalidate_caches()
    return tmp_path


def bench(repository, *argv: str) -> int:
    engines = "--backends", "pacedengine,not_installed"
    out = "--threads", "1", "--pairs", "6", "--out", str(repository / "out")
    return main([f"{repository / 'paced.py'}:paced", *engines, *out, *argv])


def test_engine_is_timed_against_its_past(repository, capsys):
    assert bench(repository, "--compare-commit", "HEAD~1") == 0
    said = json.loads((repository / "out" / "bench.json").read_text(encoding="utf-8"))
    commit = git(repository, "rev-parse", "--short", "HEAD~1")
    assert list(said["engines"].items()) == [
        ("pacedengine", "0.001"),
        (f"pacedengine at {commit}", "0.004"),
    ]
    (paced,) = said["workloads"]
    assert paced["goal"] is None
    assert paced["ratio"]["median"] > 1.5
    assert "goal" not in capsys.readouterr().out
    assert not (repository / "out" / "history.jsonl").exists()


def test_unknown_commit_is_one_line_and_exit_code_3(repository, capsys):
    with pytest.raises(SystemExit, match="3"):
        bench(repository, "--compare-commit", "nothing")
    said = capsys.readouterr().err
    assert said == "bench: --compare-commit nothing: no commit where pacedengine lies\n"


def test_commit_without_the_engine_is_named(repository, capsys):
    git(repository, "checkout", "-q", "--orphan", "bare")
    git(repository, "rm", "-rqf", "--cached", ".")
    who = "-c", "user.name=t", "-c", "user.email=t@t"
    git(repository, *who, "commit", "-q", "--allow-empty", "-m", "no engine")
    with pytest.raises(SystemExit, match="3"):
        bench(repository, "--compare-commit", "HEAD")
    assert "it has no source/pacedengine" in capsys.readouterr().err
