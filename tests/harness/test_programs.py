"""The training scripts of `programs/`, on which false alarms are counted, run on both engines."""

from __future__ import annotations

import contextlib
import io
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))
NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")

EACH = """
import contextlib, io, json, runpy, sys, minitorch
minitorch.shim.install()
said = {}
for script in sys.argv[1:]:
    sys.argv = [script, "--seed", "5", "--steps", "3"]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        runpy.run_path(script, run_name="__main__")
    said[script] = output.getvalue()
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def on_minitorch() -> dict[str, str]:
    """What each program prints on minitorch; one process runs them all."""
    import json

    paths = [str(path) for path in PROGRAMS]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", EACH, *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_there_are_eleven() -> None:
    assert len(PROGRAMS) == 11


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_knows_nothing_of_the_harness(program: Path) -> None:
    source = program.read_text(encoding="utf-8")
    assert "import torch" in source
    assert not re.search("harness|minitorch|probe", source)


@pytest.mark.differential
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_says_the_same_on_both_engines(
    program: Path, on_minitorch: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    monkeypatch.setattr(sys, "argv", [str(program), "--seed", "5", "--steps", "3"])
    with contextlib.redirect_stdout(io.StringIO()) as output:
        runpy.run_path(str(program), run_name="__main__")
    ours, theirs = on_minitorch[str(program)], output.getvalue()
    assert NUMBER.sub("#", ours) == NUMBER.sub("#", theirs)
    numbers = [[float(x) for x in NUMBER.findall(said)] for said in (ours, theirs)]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-2, abs=1e-4)  # Adam makes lr of noise
