"""Legs: runs of the script, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import harness
from harness.probe import VARIABLE

TAIL = 12
"""Lines of a failed script's output that are shown."""


class RunFailed(Exception):
    """A run could not be made; the message is for the user."""


@dataclass(frozen=True)
class Leg:
    """One run of the script: on what, what for, and where its files go."""

    title: str
    mode: str  # record, compare or time
    backend: str
    folder: str
    threads: int
    steps: int | None = None
    against: str | None = None  # the record to compare with
    perturb: int | None = None  # seed of the one-ulp moves
    lockstep: bool = False

    @property
    def log(self) -> Path:
        """What the script printed."""
        return Path(self.folder, "log.txt")


@dataclass(frozen=True)
class Script:
    """A script and its arguments."""

    path: str
    arguments: Sequence[str]
    _running: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, leg: Leg) -> subprocess.Popen[str]:
        """Start a leg; a timed one talks through stdin and stdout."""
        Path(leg.folder).mkdir(parents=True, exist_ok=True)
        pipe = subprocess.PIPE if leg.mode == "time" else None
        with open(leg.log, "w") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "harness.child", self.path, *self.arguments],
                env=_environment(leg),
                stdin=pipe or subprocess.DEVNULL,
                stdout=pipe or log,
                stderr=log,
                text=True,
            )

    def run(self, leg: Leg) -> None:
        """Run a leg to its end. Raises: RunFailed when the script does."""
        process = self.start(leg)
        self._running.append(process)
        if code := process.wait():
            raise RunFailed(self.failure(leg, code))

    def stop(self) -> None:
        """End every leg that is still running."""
        for process in self._running:
            process.kill()

    def failure(self, leg: Leg, code: int) -> str:
        """What went wrong in a leg, with the last lines it printed."""
        lines = leg.log.read_text(errors="replace").rstrip().splitlines()[-TAIL:]
        said = "".join(f"\n  | {line}" for line in lines)
        return f"{self.path} ended with exit code {code} on {leg.title}{said}"


def _environment(leg: Leg) -> dict[str, Any]:
    """The environment of a leg: its task, its threads, and where to find the harness."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    here = str(Path(harness.__file__).resolve().parent.parent)
    path = os.environ.get("PYTHONPATH")
    # Recorded runs share the cores: a thread that waits must not burn the other run's time.
    patience = {} if leg.mode == "time" else {"OMP_WAIT_POLICY": "PASSIVE"}
    return {
        **os.environ,
        **patience,
        **dict.fromkeys(threads, str(leg.threads)),
        "PYTHONPATH": f"{here}{os.pathsep}{path}" if path else here,
        VARIABLE: json.dumps(asdict(leg)),
    }
