"""One workload on two engines: do they agree, and then how long does each take."""

from __future__ import annotations

import contextlib
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from harness.bench.legs import Leg, LegFailed, Side
from harness.timing import PAUSE, Ratio, interleave, orders, paired_ratio, settled, verdict
from harness.workloads import Workload

AGREE = 1e-3
"""To what relative difference the first losses, and the gradients after them, have to agree."""

BUDGET, FEWEST, MOST = 8.0, 12, 32
"""Seconds that one workload is timed for, unless told otherwise, and the limits of its rounds:
whole blocks of `orders`."""

WARMUP = 2
CLOCKED = 5
"""Turns with clocks on, after all others; each row is their median."""


class Start(NamedTuple):
    """How an engine began in a fresh process: seconds, and megabytes where they are known."""

    numpy: float
    engine: float
    build: float
    first: float
    held: float | None
    peak: float | None

    @property
    def call(self) -> float:
        """Seconds from a bare interpreter with NumPy to the first loss."""
        return self.engine + self.build + self.first

    @property
    def own(self) -> float | None:
        """Megabytes on top of what the imports hold."""
        return None if self.peak is None or self.held is None else self.peak - self.held


class Row(NamedTuple):
    """What a public call takes in a step: how often it is called, seconds forward and backward."""

    calls: float
    forward: float
    backward: float

    @property
    def total(self) -> float:
        """Seconds of both."""
        return self.forward + self.backward


class Attribution(NamedTuple):
    """Where a step's time goes: seconds of a step with clocks on, and of each call in it."""

    seconds: float
    rows: dict[str, Row]


@dataclass
class Result:
    """One workload: seconds per step of every round, and what they say. Without times, why not."""

    workload: Workload
    status: str = "timed"  # or differs, failed, skipped
    why: str = ""
    seconds: list[list[float]] = field(default_factory=list)  # two of each side: A, A, B, B
    starts: tuple[Start, ...] = ()
    versions: tuple[str, ...] = ()
    ops: tuple[Attribution, ...] = ()  # of both sides
    unclocked: str = ""  # why there are none
    beside: dict[str, list[float]] = field(default_factory=dict)  # seconds of further engines
    apart: dict[str, str] = field(default_factory=dict)  # those without, and why

    @property
    def times(self) -> tuple[list[float], list[float]]:
        """Seconds per step of both sides in every round, the mean of their two processes."""
        a, again, b, bgain = self.seconds
        return _means(a, again), _means(b, bgain)

    @property
    def medians(self) -> tuple[float, float]:
        """Median seconds per step of both sides."""
        a, b = self.times
        return statistics.median(a), statistics.median(b)

    @cached_property
    def ratio(self) -> Ratio:
        """How many times faster the first side is than the second."""
        return paired_ratio(*self.times)

    @cached_property
    def controls(self) -> tuple[Ratio, Ratio]:
        """Each side against itself."""
        a, again, b, bgain = self.seconds
        return paired_ratio(a, again), paired_ratio(b, bgain)

    def beside_ratio(self, title: str) -> Ratio:
        """How many times faster a further engine is than the second side."""
        return paired_ratio(self.beside[title], self.times[1])

    @property
    def settled(self) -> bool:
        """Whether both controls are in order."""
        return self.status == "timed" and settled(*self.controls)

    @property
    def verdict(self) -> str:
        """What may be said of the ratio, in a word."""
        return verdict(self.ratio, *self.controls)

    @property
    def reached(self) -> str:
        """Whether the goal is reached, said only where the whole interval says it."""
        goal = self.workload.goal
        if goal is None or not self.settled:
            return ""
        if self.ratio.low >= goal:
            return "yes"
        return "no" if self.ratio.high < goal else "within noise"


def _means(a: Sequence[float], b: Sequence[float]) -> list[float]:
    return [(x + y) / 2 for x, y in zip(a, b)]


def measure(
    spec: str,
    workload: Workload,
    sides: Sequence[Side],
    threads: int,
    rounds: int | None = None,
    tick: Callable[[str], object] = lambda what: None,
    beside: Sequence[Side] = (),
) -> Result:
    """Time both sides where they agree, each against itself as well, and others beside them.

    A side that cannot run the workload is named in the result. `tick` hears of each round.
    """
    apart: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        files = [folder / f"{place}.npz" for place in range(2)]

        def start(side: Side, file: Path | None = None) -> Leg:
            tick(f"{workload.name}: {side.title}")
            leg = Leg(side, spec, threads, file)
            stack.callback(leg.stop)
            return leg

        try:
            firsts = [start(side, file) for side, file in zip(sides, files)]
            versions = tuple(leg.began["version"] for leg in firsts)
            differs = disagreement(*(leg.began["losses"] for leg in firsts), *files)
            if differs:
                return Result(workload, "differs", differs, versions=versions)
            seconds = [start(side) for side in sides]
            others = _others(start, beside, firsts[1].began["losses"], apart)
            legs = [firsts[0], seconds[0], firsts[1], seconds[1], *others]
            times = _take_turns(legs, workload, rounds, tick)
            starts = tuple(map(_start, firsts, seconds))
        except LegFailed as error:
            return Result(workload, "failed", str(error))
        result = Result(workload, "timed", "", times[:4], starts, versions)
        result.beside = {leg.side.title: times[4 + i] for i, leg in enumerate(others)}
        result.apart = apart
        try:  # an engine that no clock fits has been timed all the same
            result.ops = _attributions(firsts, workload.steps)
        except LegFailed as error:
            result.unclocked = str(error)
    return result


def _others(
    start: Callable[[Side], Leg], beside: Sequence[Side], losses: Sequence[float],
    apart: dict[str, str],
) -> list[Leg]:  # fmt: skip
    """A process of each further engine whose first losses agree; why not, for the others."""
    legs = []
    for side in beside:
        try:
            leg = start(side)
        except LegFailed as error:
            apart[side.title] = str(error)
            continue
        if all(map(close, leg.began["losses"], losses)):
            legs.append(leg)
        else:
            apart[side.title] = "its first losses differ"
            leg.stop()
    return legs


def _attributions(legs: Sequence[Leg], steps: int) -> tuple[Attribution, ...]:
    """Where the time of a step goes on each leg."""
    turns: list[list[dict[str, Any]]] = [[] for _ in legs]
    for order in orders(range(len(legs)), CLOCKED):
        for place in order:
            turns[place].append(legs[place].ask(steps=steps, clocks=True))
    return tuple(map(_attribution, turns))


def _attribution(turns: Sequence[dict[str, Any]]) -> Attribution:
    """The median of several turns, row by row."""
    middle = sorted(turns, key=lambda turn: turn["seconds"])[len(turns) // 2]
    rows = {
        name: Row(*(statistics.median(v) for v in zip(*(turn["rows"][name] for turn in turns))))
        for name in middle["rows"]
        if all(name in turn["rows"] for turn in turns)
    }
    return Attribution(middle["seconds"], rows)


def _take_turns(
    legs: Sequence[Leg], workload: Workload, rounds: int | None, tick: Callable[[str], object]
) -> list[list[float]]:
    """Seconds per step of every leg in each round."""
    steps = workload.steps
    runs = [lambda leg=leg: leg.ask(steps=steps)["seconds"] / steps for leg in legs]
    warm = interleave(runs, WARMUP)
    if rounds is None:
        turn = sum(side[-1] * steps + PAUSE for side in warm)
        rounds = max(FEWEST, min(MOST, int(BUDGET / turn) // len(legs) * len(legs)))

    def counted(run: Callable[[], float]) -> Callable[[], float]:
        def turn() -> float:
            tick("")
            return run()

        return turn

    return interleave([counted(run) for run in runs], rounds, seed=workload.name)


def _start(first: Leg, second: Leg) -> Start:
    """How one side began, from its two processes; memory is that of the second.

    The first one has written its gradients, which takes memory.
    """
    keys = ("numpy", "import", "build", "first")
    began = (min(leg.began[key] for leg in (first, second)) for key in keys)
    return Start(*began, held=second.began["held"], peak=second.ask(memory=True)["peak"])


def disagreement(a: Sequence[float], b: Sequence[float], file_a: Path, file_b: Path) -> str:
    """What differs between the first steps of two programs, in one line; '' where nothing does."""
    for step, losses in enumerate(zip(a, b), 1):
        if not close(*losses):
            return f"step {step}: loss {losses[0]:.6g} against {losses[1]:.6g}"
    with np.load(file_a) as gradients_a, np.load(file_b) as gradients_b:
        if len(gradients_a) != len(gradients_b):
            return f"{len(gradients_a)} parameters against {len(gradients_b)}"
        for number, name in enumerate(gradients_a):
            if not close(gradients_a[name], gradients_b[name]):
                return f"step {len(a)}: gradient of parameter {number}"
    return ""


def close(a: Any, b: Any) -> bool:
    """|a - b| <= 1e-3 |b| in the Euclidean norm; False where one of them is not finite."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return a.shape == b.shape and bool(np.linalg.norm(a - b) <= AGREE * np.linalg.norm(b))
