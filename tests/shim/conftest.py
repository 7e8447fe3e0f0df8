"""Scripts in a folder of their own, run by `python` or by `python -m minitorch`."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent


class Desk:
    """A folder of scripts, and the processes that run them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, source: str) -> Path:
        """A script with that text, indented as it may be."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        return path

    def python(self, *args: str, **how: Any) -> subprocess.CompletedProcess[str]:
        """`python args` in that folder."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        return subprocess.run(
            [sys.executable, *args],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
            **how,
        )

    def shim(self, *args: str, **how: Any) -> subprocess.CompletedProcess[str]:
        """`python -m minitorch args` in that folder."""
        return self.python("-m", "minitorch", *args, **how)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)
