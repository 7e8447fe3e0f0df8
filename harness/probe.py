"""What a script calls once per optimizer step.

    probe = open_probe(torch, model)             # before the loop
    for x, y in loader:
        ...
        optimizer.step()
        probe.step(loss, model, optimizer)       # after every optimizer step
        probe.metrics(accuracy=...)              # where there is something to tell
    probe.close()

and, for the times of the phases, `probe.mark("forward")` wherever one ends. What the probe does is
decided by the process that started the script, in the environment variable HARNESS_PROBE. Where
that is not set every method is an empty function.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from harness.backends import Backend, find
from harness.distance import Distance, Distances, step_distances
from harness.flow import GradientFlow
from harness.record import Arrays, Record, Writer

VARIABLE = "HARNESS_PROBE"


Named = Iterator[tuple[str, Any]]


class Probe:
    """Does nothing: the script runs as if it were not there."""

    def mark(self, phase: str) -> None:
        """Tell that the phase called `phase` has just ended."""

    def step(self, loss: Any, model: Any, optimizer: Any = None) -> None:
        """Tell that one optimizer step has been done."""

    def metrics(self, **values: float) -> None:
        """Tell what the model scores now."""

    def close(self) -> None:
        """Tell that the training is over."""


def open_probe(torch: Any, model: Any, name: str = "", out: str | None = None) -> Probe:
    """The probe that this run was started for; `torch` is the engine's namespace.

    `model` is a module or a dict of modules. `name` names the report's folder. Without a harness,
    `out` is a folder to draw loss.png and gradient_flow.png into.
    """
    if VARIABLE not in os.environ:
        return Drawer(Backend(torch.__name__), Path(out)) if out else Probe()
    task = json.loads(os.environ[VARIABLE])
    backend = find(task["backend"])
    backend.set_threads(task["threads"])
    if task["mode"] == "time":
        return Timer()
    moves = None if task["perturb"] is None else np.random.default_rng(task["perturb"])
    if moves:
        _move_one_ulp(backend, model, moves)
    folder = Path(task["folder"])
    if task["mode"] == "compare":
        reference = Record(Path(task["against"]))
        lockstep = moves if task["lockstep"] else None
        return Comparer(backend, folder, task["steps"], reference, lockstep)
    return Recorder(
        backend, folder, task["steps"], model, {"name": name, "threads": task["threads"]}
    )


class _Follower(Probe):
    """Counts the steps, reads what each one left behind, and ends the script after the last."""

    def __init__(self, backend: Backend, steps: int | None) -> None:
        self._backend = backend
        self._last = steps
        self._steps = 0

    def step(self, loss: Any, model: Any, optimizer: Any = None) -> None:
        """Read the step; after the last one asked for, end the script."""
        self._steps += 1
        self._take(_step_arrays(self._backend, loss, model, optimizer), model)
        if self._steps == self._last:
            self.close()
            sys.exit(0)

    def _take(self, arrays: Arrays, model: Any) -> None:
        raise NotImplementedError


class Recorder(_Follower):
    """Writes every loss, gradient, parameter and buffer, and the random state, to disk."""

    def __init__(
        self, backend: Backend, folder: Path, steps: int | None, model: Any, header: dict[str, Any]
    ) -> None:
        super().__init__(backend, steps)
        self._writer = Writer(folder, {**header, **_describe(backend, model)})
        start = {key: backend.numpy(tensor) for key, tensor in _named_state(model)}
        self._writer.step(0, start, backend.random_state())

    def _take(self, arrays: Arrays, model: Any) -> None:
        self._writer.step(self._steps, arrays, self._backend.random_state())

    def metrics(self, **values: float) -> None:
        """Write the scores."""
        self._writer.metrics(self._steps, {name: float(value) for name, value in values.items()})

    def close(self) -> None:
        """Close the record."""
        self._writer.close()


class Comparer(_Follower):
    """Writes only how far each step lies from the same step of a recorded run.

    In lock-step, parameters and buffers are set back to the recorded ones after every step, moved
    by one ulp, so that each step shows its own error and none that it inherited.
    """

    def __init__(
        self,
        backend: Backend,
        folder: Path,
        steps: int | None,
        reference: Record,
        lockstep: np.random.Generator | None,
    ) -> None:
        super().__init__(backend, steps)
        self._reference = reference
        self._lockstep = lockstep
        folder.mkdir(parents=True, exist_ok=True)
        self._lines = open(folder / "distances.jsonl", "w", buffering=1)  # noqa: SIM115

    def _take(self, arrays: Arrays, model: Any) -> None:
        if self._steps > len(self._reference):
            self.close()
            sys.exit(0)
        recorded = self._reference.arrays(self._steps)
        self._write({"distances": step_distances(arrays, recorded)})
        if self._lockstep:
            for key, tensor in _named_state(model):
                self._backend.assign(tensor, recorded[key])
            _move_one_ulp(self._backend, model, self._lockstep)

    def metrics(self, **values: float) -> None:
        """Write the scores."""
        self._write({"metrics": {name: float(value) for name, value in values.items()}})

    def close(self) -> None:
        """Close the file."""
        self._lines.close()

    def _write(self, entry: dict[str, Any]) -> None:
        self._lines.write(json.dumps(entry) + "\n")


def read_comparison(folder: Path) -> tuple[Distances, dict[str, float]]:
    """What a Comparer wrote: the distances of every step, and the last of each metric."""
    distances: Distances = []
    metrics: dict[str, float] = {}
    for line in (folder / "distances.jsonl").read_text().splitlines():
        entry = json.loads(line)
        metrics.update(entry.get("metrics", {}))
        if "distances" in entry:
            step = {key: Distance(*values) for key, values in entry["distances"].items()}
            distances.append(step)
    return distances, metrics


class Timer(Probe):
    """Runs a few steps whenever the harness gives this process its turn, and tells their time."""

    turn: TextIO
    """Where the harness writes how many steps to run; closed when there are to be no more."""
    answer: TextIO
    """Where one line goes after every turn: seconds of all, and of each phase."""

    def __init__(self) -> None:
        self._wait()

    def mark(self, phase: str) -> None:
        """Add the time since the last mark to a phase."""
        now = time.perf_counter()
        self._phases[phase] = self._phases.get(phase, 0.0) + now - self._marked
        self._marked = now

    def step(self, loss: Any, model: Any, optimizer: Any = None) -> None:
        """Count the step; at the end of the turn, answer and wait for the next."""
        self._marked = time.perf_counter()
        self._left -= 1
        if self._left == 0:
            seconds = self._marked - self._started
            self._tell({"seconds": seconds, "phases": self._phases})
            self._wait()

    def close(self) -> None:
        """Tell that there are no steps left."""
        self._tell({"finished": True})

    def _tell(self, message: dict[str, Any]) -> None:
        self.answer.write(json.dumps(message) + "\n")
        self.answer.flush()

    def _wait(self) -> None:
        line = self.turn.readline()
        if not line:
            sys.exit(0)
        self._left = int(line)
        self._phases: dict[str, float] = {}
        self._started = self._marked = time.perf_counter()


class Drawer(Probe):
    """Draws the run of one engine, without a harness: its loss and its gradient flow."""

    def __init__(self, backend: Backend, folder: Path) -> None:
        from harness import plots

        self._plots, self._backend, self._folder = plots, backend, folder
        self._losses: list[float] = []
        self._flow = GradientFlow()

    def step(self, loss: Any, model: Any, optimizer: Any = None) -> None:
        """Keep the loss and the size of every gradient."""
        arrays = _step_arrays(self._backend, loss, model, None)
        self._losses.append(float(arrays["loss"]))
        self._flow.add(arrays)

    def close(self) -> None:
        """Draw."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = self._backend.name
        self._plots.loss(self._folder / "loss.png", {name: self._losses})
        self._plots.gradient_flow(self._folder / "gradient_flow.png", {name: self._flow})


def _named_state(model: Any) -> Named:
    """The parameters and buffers of a model, or of a dict of models, by key."""
    models = model if isinstance(model, dict) else {"": model}
    for prefix, module in models.items():
        dot = f"{prefix}." if prefix else ""
        yield from ((f"parameter {dot}{name}", p) for name, p in module.named_parameters())
        yield from ((f"buffer {dot}{name}", b) for name, b in module.named_buffers())


def _step_arrays(backend: Backend, loss: Any, model: Any, optimizer: Any) -> Arrays:
    """Everything that a step leaves behind, in the order in which it comes about."""
    state = dict(_named_state(model))
    arrays = {key: t for key, t in state.items() if key.startswith("buffer ")}
    arrays["loss"] = loss
    for key, tensor in state.items():
        if key.startswith("parameter ") and tensor.grad is not None:
            arrays[key.replace("parameter", "gradient", 1)] = tensor.grad
    arrays |= {key: t for key, t in state.items() if key.startswith("parameter ")}
    arrays = {
        key: backend.numpy(value) if hasattr(value, "detach") else np.float64(value)
        for key, value in arrays.items()
    }
    if optimizer is not None:
        rates = [float(group["lr"]) for group in optimizer.param_groups]
        arrays["learning rate"] = np.array(rates)
    return arrays


def _describe(backend: Backend, model: Any) -> dict[str, Any]:
    """The header of a record: who ran, and what the model is made of."""
    return {
        "backend": backend.name,
        "version": backend.version(),
        "numpy": np.__version__,
        "tensors": [
            {
                "key": key,
                "shape": list(tensor.shape),
                "dtype": str(tensor.dtype).rpartition(".")[2],
                "requires_grad": bool(tensor.requires_grad),
            }
            for key, tensor in _named_state(model)
        ],
    }


def _move_one_ulp(backend: Backend, model: Any, rng: np.random.Generator) -> None:
    """Move every parameter up or down to the next floating-point number; zeros stay."""
    for key, tensor in _named_state(model):
        values = backend.numpy(tensor)
        if key.startswith("parameter ") and values.dtype.kind == "f":
            towards = rng.choice(np.array([-np.inf, np.inf], values.dtype), values.shape)
            moved = np.where(values == 0, values, np.nextafter(values, towards))
            backend.assign(tensor, moved)
