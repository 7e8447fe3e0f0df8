"""Scripts written for PyTorch, run unmodified on both engines, print the same."""

from __future__ import annotations

import math
import os
import re
import shutil
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.differential

SCRIPTS = Path(__file__).parent.parent / "scripts"
NUMBER = re.compile(r"[-+]?(?:\d+\.\d*(?:e[-+]?\d+)?|inf|nan)")
RELATIVE, ABSOLUTE = 2e-3, 2e-4
"""Printed numbers have four to six digits, and the two engines drift over the steps of a script."""


def text_and_numbers(printed: str) -> tuple[str, list[float]]:
    return NUMBER.sub("#", printed), [float(n) for n in NUMBER.findall(printed)]


@pytest.mark.parametrize("name", sorted(path.name for path in SCRIPTS.glob("*.py")))
def test_a_script_prints_what_it_prints_with_pytorch(desk, name):
    shutil.copy(SCRIPTS / name, desk.folder)
    theirs, ours = desk.python(name), desk.shim(name)
    assert theirs.returncode == 0, theirs.stderr
    assert ours.returncode == 0, ours.stderr
    expected, found = text_and_numbers(theirs.stdout), text_and_numbers(ours.stdout)
    assert found[0] == expected[0]
    wrong = [
        (a, b)
        for a, b in zip(found[1], expected[1])
        if not math.isclose(a, b, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    ]
    assert wrong == []
    assert len(found[1]) > 10
    assert [file for file in os.listdir(desk.folder) if file.startswith(".")] == []
