"""Legs: runs of the script, each in a process of its own that tells the harness every step."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import harness
from harness.backends import find
from harness.channel import RANDOM, Arrays, Channel, Message, close_descriptor, pair
from harness.follow import VARIABLE, Task

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What the engines' libraries read their thread count from, when they are loaded."""

TAIL = 12
"""Lines of a failed script's output that are shown."""


class RunFailed(Exception):
    """A run could not be made; the message is for the user."""


@dataclass(frozen=True)
class Script:
    """A script, its arguments, and the folder for what its runs print."""

    path: str
    arguments: Sequence[str]
    folder: Path


class Leg:
    """One run of a script; reading from it is waiting for it."""

    def __init__(self, script: Script, title: str, task: Task) -> None:
        self.script, self.title, self.task = script, title, task
        self.header: dict[str, Any] = {}
        self.metrics: dict[str, list[tuple[int, float]]] = {}
        self.trace: Any = None
        self.skipped: dict[str, int] = {}
        self.steps = 0
        self.ended = False
        self.start: Message | None = None
        self._process: subprocess.Popen | None = None
        self._channel: Channel | None = None

    @property
    def log(self) -> Path:
        """What the script printed."""
        return self.script.folder / (re.sub(r"\W+", "-", self.title) + ".txt")

    def launch(self) -> None:
        """Start the process."""
        self._channel, theirs = pair()
        task = replace(self.task, descriptor=theirs)
        with open(self.log, "wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "harness.child", self.script.path, *self.script.arguments],
                env=_environment(task),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs],
                start_new_session=True,  # Ctrl-C is for the harness, which then ends its legs
            )
        close_descriptor(theirs)

    def send(self, kind: str, arrays: Arrays | None = None, **facts: Any) -> None:
        """Say something to the run; one that has ended does not hear it."""
        assert self._channel is not None
        if not self.ended:
            try:
                self._channel.send(kind, self.steps, arrays, **facts)
            except OSError:
                self._finish()

    def receive(self, *kinds: str) -> Message | None:
        """The next message of one of these kinds; None where the run has ended.

        Raises: RunFailed when the script did not end well.
        """
        assert self._channel is not None
        while not self.ended:
            message = self._channel.receive()
            if message is None:
                self._finish()
                break
            self._note(message)
            if message.kind in kinds:
                return message
        return None

    def stop(self) -> None:
        """End the process, with those that it started."""
        if self._process is not None and self._process.poll() is None:
            try:
                os.killpg(self._process.pid, 9)
            except OSError:
                self._process.kill()
            self._process.wait()
        if self._channel is not None:
            self._channel.close()
        self.ended = True

    def _note(self, message: Message) -> None:
        if message.kind == "start":
            self.header, self.start = message.facts["header"], message
        elif message.kind == "step":
            self.steps = message.step
        elif message.kind == "metrics":
            for name, value in message.facts["values"].items():
                self.metrics.setdefault(name, []).append((message.step, value))
        elif message.kind == "trace":
            self.trace = message.facts["trace"]
        elif message.kind == "end":
            self.skipped = message.facts["skipped"]

    def _finish(self) -> None:
        assert self._process is not None
        self.ended = True
        if code := self._process.wait():
            raise RunFailed(self.failure(code))

    def failure(self, code: int) -> str:
        """What went wrong, with the last lines that the script printed."""
        lines = self.log.read_text(errors="replace").rstrip().splitlines()[-TAIL:]
        said = "".join(f"\n  | {line}" for line in lines)
        return f"{self.script.path} ended with exit code {code} on {self.title}{said}"


def random_state(message: Message) -> bytes | None:
    """The generator's state in a message; None where the engine does not show it."""
    state = message.arrays.get(RANDOM)
    return None if state is None else state.tobytes()


def values(message: Message) -> Arrays:
    """The arrays of a message, the random state apart."""
    return {key: array for key, array in message.arrays.items() if key != RANDOM}


def _environment(task: Task) -> dict[str, str]:
    """The environment of a leg: its task, its threads, and where to find the harness."""
    here = str(Path(harness.__file__).resolve().parent.parent)
    path = os.environ.get("PYTHONPATH")
    # Runs that share the cores: a thread that waits must not burn the other run's time.
    patience = {} if task.purpose == "time" else {"OMP_WAIT_POLICY": "PASSIVE"}
    return {
        **os.environ,
        **patience,
        **dict.fromkeys(THREAD_VARIABLES, str(task.threads)),
        "PYTHONPATH": f"{here}{os.pathsep}{path}" if path else here,
        "PYTHONUNBUFFERED": "1",
        "PYTHONHASHSEED": str(task.seed),  # the order of sets
        **find(task.backend).environment,
        VARIABLE: task.text(),
    }
