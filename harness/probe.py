"""What a script calls once per optimizer step.

    probe = open_probe(torch, model)             # before the loop
    for x, y in loader:
        ...
        optimizer.step()
        probe.step(loss, model, optimizer)       # after every optimizer step
        probe.metrics(accuracy=...)              # where there is something to tell
    probe.close()

and, for the times of the phases, `probe.mark("forward")` wherever one ends. A script without these
lines is watched from outside (watch.py). What the probe does is decided by the process that started
the script. Where that is no harness, every method is an empty function.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from harness import follow
from harness.backends import Backend
from harness.flow import GradientFlow
from harness.state import Subject, as_array, step_arrays


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
    follower = follow.current()
    if follower is None:
        return Drawer(Backend(torch.__name__), Path(out)) if out else Probe()
    follower.begin(Subject.of(model), name=name, told=True)
    return Following(follower)


class Following(Probe):
    """Hands everything to whoever follows this run."""

    def __init__(self, follower: follow.Follower) -> None:
        self._follower = follower

    def mark(self, phase: str) -> None:
        """Tell the end of a phase."""
        self._follower.mark(phase)

    def step(self, loss: Any, model: Any, optimizer: Any = None) -> None:
        """Tell the step."""
        backend = self._follower.backend
        self._follower.step(lambda: (Subject.of(model, optimizer), as_array(backend, loss)))

    def metrics(self, **values: float) -> None:
        """Tell the scores."""
        self._follower.metrics({name: float(value) for name, value in values.items()})

    def close(self) -> None:
        """Tell the end."""
        self._follower.end()


class Drawer(Probe):
    """Draws the run of one engine, without a harness: its loss and its gradient flow."""

    def __init__(self, backend: Backend, folder: Path) -> None:
        from harness import plots

        self._plots, self._backend, self._folder = plots, backend, folder
        self._losses: list[float] = []
        self._flow = GradientFlow()

    def step(self, loss: Any, model: Any, optimizer: Any = None) -> None:
        """Keep the loss and the size of every gradient."""
        value = as_array(self._backend, loss)
        self._losses.append(float(np.sum(value)))
        self._flow.add(step_arrays(self._backend, Subject.of(model), value))

    def close(self) -> None:
        """Draw."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = self._backend.name
        self._plots.loss(self._folder / "loss.png", {name: self._losses})
        self._plots.gradient_flow(self._folder / "gradient_flow.png", {name: self._flow})
