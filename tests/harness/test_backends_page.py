"""BACKENDS.md is true: its engine runs, its output is what is printed, nothing is left out."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.backends import CAPABILITIES, Backend

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "harness" / "BACKENDS.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def first_column(title: str) -> set[str]:
    """What stands in backquotes in the first column of the table under `title`."""
    table = PAGE.partition(f"| {title} |")[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `([\w ]+)", table, re.MULTILINE))


def test_the_example_finds_what_the_page_says(tmp_path):
    engine, tests = blocks("python")
    (tmp_path / "engine.py").write_text(engine)
    (tmp_path / "test_mine.py").write_text(tests)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    plugins = ["-p", "harness.pytest_plugin", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *plugins, "--twin-backends=engine.py:mine,minitorch"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert "2 failed, 1 passed" in done.stdout
    (said,) = blocks("text")
    printed = done.stdout.replace("minitorch", "torch")
    for line in said.splitlines():
        assert line.strip() in printed


def test_every_method_and_capability_is_told():
    methods = {name for name in vars(Backend) if not name.startswith("_")}
    assert first_column("method") == methods - {"capabilities"}
    assert first_column("capability") == CAPABILITIES


COMMANDS = re.findall(r"`python -m harness (\w+)([^`]*)`", PAGE)


@pytest.mark.parametrize(("name", "rest"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_command_is_there(name, rest):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as end:
        main([name, "--help"])
    assert end.value.code == 0
    for flag in re.findall(r"--\w+", rest):
        assert flag in printed.getvalue()


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)]+)\)", PAGE)
    assert len(links) > 3
    assert [link for link in links if not (ROOT / "harness" / link).exists()] == []
