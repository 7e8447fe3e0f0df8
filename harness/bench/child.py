"""One engine on one workload, in a process of its own: says how it began, then waits for turns.

It is started by `harness.bench.legs`, which speaks to it in lines of JSON: `{"steps": 30}` is
answered by the seconds they took, `{"memory": true}` by the most memory held so far, and with
`"clocks": true` steps are answered by where their time went.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from harness.backends import Backend, find
from harness.timing import clocked
from harness.workloads import Program, block, find_workload

AGREE_STEPS = 5
"""How many first steps have to agree."""


def serve(numpy_seconds: float, engine_seconds: float) -> None:
    """Build the workload, take its first steps, and answer until there are no more questions."""
    questions, answers = sys.stdin, os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what an engine prints is no answer
    task = json.loads(sys.argv[1])
    workload = find_workload(task["workload"])
    engine = find(task["backend"])
    engine.namespace()
    held = memory_megabytes("VmRSS")
    engine.set_threads(task["threads"])
    program, began = _begin(workload.build, engine, task["gradients"])
    began |= {"numpy": numpy_seconds, "import": engine_seconds, "held": held}
    _tell(answers, {"version": engine.version(), **began})
    # A collection would walk all that lives already, the engine's own modules included; the
    # collector itself stays on, since a user's run pays for it too.
    gc.collect()
    gc.freeze()
    for line in questions:
        question = json.loads(line)
        if "memory" in question:
            _tell(answers, {"peak": memory_megabytes("VmHWM")})
        elif "clocks" in question:
            _tell(answers, _clocked(engine, program, question["steps"]))
        else:
            _tell(answers, {"seconds": clocked(block(program, question["steps"]))})


def _begin(build: Any, engine: Backend, gradients: str | None) -> tuple[Program, dict[str, Any]]:
    """The program, and what its first steps took and computed; gradients go into a file."""
    start = time.perf_counter()
    program = build(engine.namespace())
    built = time.perf_counter()
    losses = [float(program.step().item())]
    first = time.perf_counter()
    losses += [float(program.step().item()) for _ in range(AGREE_STEPS - 1)]
    if gradients is not None:
        np.savez(gradients, *map(engine.gradient, program.parameters))
    return program, {"build": built - start, "first": first - built, "losses": losses}


def _clocked(engine: Backend, program: Program, steps: int) -> dict[str, Any]:
    """Where the time of steps goes, with clocks on."""
    from harness.bench.attribution import attribute

    seconds, rows = attribute(engine.namespace(), program.step, steps)
    return {"seconds": seconds, "rows": rows}


def memory_megabytes(kind: str) -> float | None:
    """What this process holds now (VmRSS) or held at most (VmHWM); None where no one can tell.

    Where /proc is missing, both are the most so far.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        return int(next(line for line in lines if line.startswith(kind)).split()[1]) / 1024
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def _tell(answers: Any, what: dict[str, Any]) -> None:
    answers.write(json.dumps(what) + "\n")
    answers.flush()
