"""Legs: the processes in which engines run a workload, one turn at a time."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import harness
from harness.backends import Backend, find
from harness.processes import THREAD_VARIABLES

# What is imported is timed before anything else is loaded: NumPy alone, the engine on top of it.
START = """\
import time
clock = time.perf_counter
start = clock()
import numpy
first = clock()
{engine}
second = clock()
from harness.bench.child import serve
serve(first - start, second - first)
"""


class LegFailed(Exception):
    """A process ended before its time; the message is the last line that it said."""


@dataclass(frozen=True)
class Side:
    """One side of a benchmark: what it is called, which engine it is, and where that is found."""

    title: str
    backend: str
    path: str | None = None  # a folder to import the engine from, before any other

    @property
    def engine(self) -> Backend:
        """The backend."""
        return find(self.backend)

    def importing(self) -> str:
        """The line that imports the engine by itself; for one that loads otherwise, that.

        PYTHONPATH would come after the current folder, which may hold the engine as it is now.
        """
        first = "" if self.path is None else f"import sys; sys.path.insert(0, {self.path!r}); "
        if type(self.engine).namespace is Backend.namespace:
            return f"{first}import {self.engine.module}"
        return f"{first}from harness.backends import find; find({self.backend!r}).namespace()"

    def environment(self, threads: int) -> dict[str, str]:
        """The environment of its processes."""
        here = str(Path(harness.__file__).resolve().parent.parent)
        path = [here, os.environ.get("PYTHONPATH")]
        return {
            **os.environ,
            **dict.fromkeys(THREAD_VARIABLES, str(threads)),
            "PYTHONPATH": os.pathsep.join(filter(None, path)),
            "PYTHONDONTWRITEBYTECODE": "",  # an import is timed as it is the second time
            **self.engine.environment,
        }


class Leg:
    """A process that runs one workload on one engine; `began` is what it said of its start.

    Raises: LegFailed where it does not get there.
    """

    def __init__(
        self, side: Side, workload: str, threads: int, gradients: Path | None = None
    ) -> None:
        self.side = side
        task = {
            "workload": workload,
            "backend": side.backend,
            "threads": threads,
            "gradients": None if gradients is None else str(gradients),
        }
        self._said = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-c", START.format(engine=side.importing()), json.dumps(task)],
            env=side.environment(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            start_new_session=True,  # Ctrl-C is ours to answer
        )
        try:
            self.began: dict[str, Any] = self._answer()
        except BaseException:
            self.stop()
            raise

    def ask(self, **question: Any) -> dict[str, Any]:
        """What the process answers. Raises: LegFailed where it has ended."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # what it said last is read below
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        return self._answer()

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._said.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        code = self._process.wait()
        self._said.seek(0)
        said = self._said.read().strip().splitlines()
        last = said[-1] if said else f"exit code {code}"
        raise LegFailed(f"{self.side.title}: {last}")
