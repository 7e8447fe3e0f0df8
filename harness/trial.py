"""A training step on all witnesses in this process, judged as `python -m harness run` judges.

>>> def build(T):
...     model = T.nn.Linear(3, 1)
...     optimizer = T.optim.SGD(model.parameters(), lr=0.1)
...     x = T.randn(8, 3)
...
...     def step():
...         optimizer.zero_grad()
...         loss = model(x).square().mean()
...         loss.backward()
...         optimizer.step()
...         return loss
...
...     return model, optimizer, step
>>> from harness import find
>>> train(build, find("minitorch"), find("minitorch"), steps=3).ok
True

Both engines train freely; so do the reference in float64 and the reference moved by one ulp at the
start, which make the budget. What leaves it is replayed from the reference's state (judging.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from harness.backends import Backend
from harness.channel import RANDOM, Message
from harness.compare import Divergence
from harness.distance import kind_of
from harness.judging import Judge, Roles, replayed
from harness.local import is_missing
from harness.processes import values
from harness.state import (
    Subject,
    as_array,
    assign,
    describe,
    initial_arrays,
    move_one_ulp,
    step_arrays,
)

ENSEMBLE, REPLAYS = 4, 8
"""How many runs start one ulp away, and how many decide whether what is out is a fault."""

Build = Callable[[Any], Sequence[Any]]
"""`build(T)`: a model, or a dict of models or tensors; optimizers, if any; a step that returns its
loss."""


@dataclass
class Trial:
    """What a training has shown."""

    judge: Judge
    divergence: Divergence | None = None
    parted: Divergence | None = None  # left its budget by drift, not by a fault
    unsupported: str = ""  # what the candidate lacks
    located: Any = None  # harness.locate.Located

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against the candidate."""
        return not (self.unsupported or self.judge.problem or self.divergence)

    @property
    def worst(self) -> tuple[float, str, int]:
        """(share of the budget, key, step) of what used most of it."""
        judged = ("loss", "gradient", "parameter")
        found = [
            (float(series.share.max()), key, int(series["step"][series.share.argmax()]))
            for key, series in self.judge.series.items()
            if kind_of(key) in judged and len(series)
        ]
        return max(found, default=(0.0, "", 0))

    def __str__(self) -> str:
        if self.unsupported:
            return f"unsupported: {self.unsupported}"
        share, key, step = self.worst
        at_most = (
            f"{self.judge.steps} steps, at most {share:.2g} of the budget ({key}, step {step})"
        )
        if self.parted:
            at_most += f"; {self.parted.key} parted at step {self.parted.step}, as rounding may"
        return str(self.judge.problem or self.divergence or at_most)


class Run(NamedTuple):
    """What one witness left, from the start on, and what was raised."""

    header: dict[str, Any]
    messages: list[Message]
    error: Exception | None = None


def train(
    build: Build, candidate: Backend, reference: Backend, steps: int = 10, seed: int = 0
) -> Trial:
    """Train on all witnesses and compare every loss, gradient, parameter and random state.

    Every witness starts from the generator seeded with `seed`. What `build` or a step raises on
    the reference is raised here.
    """
    names = candidate.name, reference.name if reference is not candidate else "reference"
    roles = Roles(*names, "float64", [f"moved {n}" for n in range(ENSEMBLE)])
    judge = Judge(roles, names)
    theirs = run(build, reference, steps, seed)
    if theirs.error:
        raise theirs.error
    mine = run(build, candidate, steps, seed)
    if mine.error:
        return _stopped(judge, mine)
    runs = {names[0]: mine, names[1]: theirs}
    if "float64" in reference.capabilities:
        runs["float64"] = run(build, reference, steps, seed, wide=True)
    for number, title in enumerate(roles.moved):
        runs[title] = run(build, reference, steps, seed, moves=number)
    _compare(judge, runs, steps)
    trial = Trial(judge, judge.initial or judge.random)
    if judge.outs and not judge.problem and trial.divergence is None:
        _confirm(trial, build, candidate, theirs.messages, seed)
    first = trial.divergence
    if first is not None and first.step and first is not judge.random:
        trial.located = _locate(build, candidate, reference, first.step, theirs.messages, seed)
    return trial


def run(
    build: Build,
    backend: Backend,
    steps: int,
    seed: int,
    wide: bool = False,
    moves: int | None = None,
    against: Sequence[Message] = (),
    before: Callable[[int], None] = lambda number: None,
) -> Run:
    """One witness from its start to its last step.

    `wide`: in float64. `moves`: a seed, parameters start one ulp away. `against`: every step
    starts from the state of that run, moved. `before` is told the number of each step.
    """
    draw = None if moves is None else np.random.default_rng(moves)
    made = Run({}, [])
    with backend.widened() if wide else nullcontext():
        try:
            backend.seed(seed)
            model, *optimizers, step = build(backend.namespace())
            subject = Subject.of(model, *optimizers)
            made = made._replace(header=describe(backend, subject))
            if draw:
                move_one_ulp(backend, subject, draw)
            made.messages.append(_message(backend, 0, initial_arrays(backend, subject)))
            for number in range(1, steps + 1):
                before(number)
                loss = as_array(backend, step())
                made.messages.append(_message(backend, number, step_arrays(backend, subject, loss)))
                if against:
                    _take_over(backend, subject, against[number])
                    if draw:
                        move_one_ulp(backend, subject, draw)
        except Exception as error:  # an engine may refuse in any words
            return made._replace(error=error)
    return made


def _message(backend: Backend, number: int, arrays: dict[str, np.ndarray]) -> Message:
    state = backend.random_state()
    kept = {key: array.copy() for key, array in arrays.items()}
    if state is not None:
        kept[RANDOM] = np.frombuffer(state, np.uint8)
    return Message("step" if number else "start", number, kept, {})


def _take_over(backend: Backend, subject: Subject, message: Message) -> None:
    assign(backend, subject, message.arrays)
    if RANDOM in message.arrays and backend.random_state() is not None:
        backend.set_random_state(message.arrays[RANDOM].tobytes())


def _compare(judge: Judge, runs: dict[str, Run], steps: int) -> None:
    """Hand the judge all witnesses, step by step; one that raised ends there."""
    headers = [runs[title].header for title in judge.names]
    for number in range(steps + 1):
        moment = {
            title: made.messages[number]
            for title, made in runs.items()
            if len(made.messages) > number
        }
        if number == 0:
            judge.start(moment, headers)
        elif not judge.step(moment):
            return
        if judge.problem:
            return


def _stopped(judge: Judge, mine: Run) -> Trial:
    """The candidate raised where the reference did not."""
    said = f"{type(mine.error).__name__} at step {len(mine.messages)}: {mine.error}"
    if is_missing(mine.error):
        return Trial(judge, unsupported=said)
    judge.problem = f"{judge.names[0]} raises {said}; {judge.names[1]} does not"
    return Trial(judge)


def _locate(
    build: Build,
    candidate: Backend,
    reference: Backend,
    step: int,
    theirs: Sequence[Message],
    seed: int,
) -> Any:
    """Where step `step` differs: both engines traced there, from the reference's state."""
    engines = candidate, reference
    if any("training" not in engine.capabilities for engine in engines):
        return None
    from harness import locate
    from harness.locate.observe import observing

    traces = []
    for engine in engines:
        with observing(engine, recording=False) as trace:
            run(build, engine, step, seed, against=theirs, before=_recording(trace, step))
        traces.append(trace)
    return locate.step(*traces, *engines, number=step)


def _recording(trace: Any, step: int) -> Callable[[int], None]:
    def before(number: int) -> None:
        trace.recording = number == step

    return before


def _confirm(
    trial: Trial, build: Build, candidate: Backend, theirs: Sequence[Message], seed: int
) -> None:
    """A fault is what every replay from the reference's state shows too."""
    outs = trial.judge.outs
    last = outs[-1][0].step
    replays = [
        run(build, candidate, last, seed, moves=number, against=theirs) for number in range(REPLAYS)
    ]
    for number in range(1, last + 1):
        arrays = [values(made.messages[number]) for made in replays if not made.error]
        trial.divergence = replayed(outs, number, arrays, values(theirs[number]))
        if trial.divergence:
            return
    trial.parted = outs[0][0]
