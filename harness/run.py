"""`python -m harness run`: the same script on two backends, from the runs to the verdict."""

from __future__ import annotations

import hashlib
import math
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from harness import compare
from harness.backends import find
from harness.compare import Divergence, Outcome
from harness.distance import Distances
from harness.envelope import Levels, budget, envelope
from harness.flow import GradientFlow
from harness.probe import read_comparison
from harness.processes import Leg, RunFailed, Script
from harness.record import Record
from harness.turns import WARMUP, Times, take_turns

METRIC_ALLOWANCE = 0.003
"""A final score may lie this far outside the range of the reference's runs: about one example of
the smallest test set here (1 of 359 digits), which a score near a tie may lose to rounding."""


BLOCK = 10
"""Steps of a turn, where there are enough."""

REPLAYS = 8
"""Runs that decide whether what left its budget is a fault: chance is wrong once in 2**8."""

HOW_TO_PROBE = (
    "it needs `probe = open_probe(torch, model)` (from harness) before its loop and"
    " `probe.step(loss, model, optimizer)` after every optimizer step"
)


@dataclass(frozen=True)
class Options:
    """What `python -m harness run` was asked for."""

    script: str
    arguments: Sequence[str]
    backends: tuple[str, str] = ("minitorch", "torch")
    steps: int | None = None
    ensemble: int = 4
    threads: int = 2
    pairs: int = 20  # 0: no timing
    jobs: int = 2
    name: str | None = None
    out: Path = Path("reports")
    keep: bool = False


@dataclass
class Score:
    """A final metric of the candidate, and the range of the reference's runs."""

    value: float
    low: float
    high: float

    @property
    def within(self) -> bool:
        """Whether the candidate's score lies in the range, give or take `METRIC_ALLOWANCE`."""
        slack = METRIC_ALLOWANCE * max(1.0, abs(self.low), abs(self.high))
        same = math.isnan(self.value) and math.isnan(self.low)
        return same or self.low - slack <= self.value <= self.high + slack


@dataclass
class Result:
    """All that a run found out; the report is written from it."""

    options: Options
    name: str
    labels: tuple[str, str]  # candidate, reference
    headers: tuple[dict[str, Any], dict[str, Any]]
    steps: int
    problem: str | None = None  # a difference of structure
    divergence: Divergence | None = None
    parted: Divergence | None = None  # left its budget by drift, not by a fault
    losses: tuple[np.ndarray, np.ndarray] = (np.array([]), np.array([]))
    initial: Divergence | None = None  # the first value that does not start bit-equal
    random: Divergence | None = None  # the first random state that is not byte-equal
    random_states: int = 0  # how many were compared
    distances: Distances = field(default_factory=list)
    budgets: Levels = field(default_factory=list)
    other_threads: Distances = field(default_factory=list)
    flows: dict[str, GradientFlow] = field(default_factory=dict)
    scores: dict[str, Score] = field(default_factory=dict)
    times: Times | None = None
    seconds: float = 0.0

    @property
    def timed(self) -> bool:
        """Whether at least one round of turns was completed."""
        return self.times is not None and bool(self.times.seconds[self.labels[0]])

    @property
    def outcome(self) -> Outcome:
        """The verdict."""
        if self.problem:
            return Outcome.STRUCTURE
        if self.divergence or not all(score.within for score in self.scores.values()):
            return Outcome.NUMBERS
        return Outcome.PASS


def run(options: Options) -> Result:
    """Run, compare and time the script. Raises: RunFailed, BackendError."""
    started = time.perf_counter()
    if not Path(options.script).is_file():
        raise RunFailed(f"no such script: {options.script}")
    for backend in options.backends:
        find(backend).check()
    folder = Path(tempfile.mkdtemp(prefix="harness-"))
    try:
        with _progress(options) as tick:
            result = _Run(options, folder, tick).result()
        if options.keep:
            kept = options.out / result.name / "records"
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder, kept)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result.seconds = time.perf_counter() - started
    return result


class _Run:
    """The legs of one run, in the order in which they depend on each other."""

    def __init__(self, options: Options, folder: Path, tick: Callable[[str], object]) -> None:
        self.options, self.folder, self.tick = options, folder, tick
        self.script = Script(options.script, options.arguments)
        self.labels = _labels(options.backends)

    def result(self) -> Result:
        """Record both backends, compare them, time them."""
        legs = [
            self._leg(label, backend, "record", steps=self.options.steps)
            for label, backend in zip(self.labels, self.options.backends)
        ]
        self._run_all(legs)
        candidate, reference = (self._record(leg) for leg in legs)
        result = Result(
            options=self.options,
            name=self._name(reference),
            labels=self.labels,
            headers=(candidate.header, reference.header),
            steps=len(reference),
            losses=(candidate.losses, reference.losses),
            problem=compare.structure(candidate, reference),
            flows={
                self.labels[0]: GradientFlow.of(candidate),
                self.labels[1]: GradientFlow.of(reference),
            },
        )
        if not result.problem:
            self._judge(result, candidate, reference)
        if self.options.pairs and not result.problem:
            result.times = self._time(len(reference))
        return result

    def _judge(self, result: Result, candidate: Record, reference: Record) -> None:
        """Fill in what the numbers say."""
        runs, scores = self._ensemble(reference)
        *perturbed, result.other_threads = runs
        result.budgets = budget(envelope(perturbed, result.steps), compare.norms(reference))
        result.distances = compare.distances(candidate, reference)
        result.initial = compare.initial_values(candidate, reference)
        result.random_states, result.random = compare.random_states(candidate, reference)
        result.divergence = result.initial or result.random
        out = compare.first_out(result.distances, result.budgets)
        if out and (result.divergence is None or out.step < result.divergence.step):
            confirmed = self._confirm(result, reference)
            result.divergence = confirmed or result.divergence
            result.parted = None if confirmed else out
        for name in filter(reference.metrics.__contains__, candidate.metrics):
            final = [run.metrics[name][-1][1] for run in (candidate, reference)]
            span = [final[1], *(score[name] for score in scores if name in score)]
            result.scores[name] = Score(final[0], min(span), max(span))

    def _ensemble(self, reference: Record) -> tuple[list[Distances], list[dict[str, float]]]:
        """What the reference drifts from itself by: one ulp away, and on other threads (last)."""
        label, backend = self.labels[1], self.options.backends[1]
        shared = {"mode": "compare", "against": str(reference.folder), "steps": self.options.steps}
        other = other_threads(self.options.threads)
        legs = [
            self._leg(f"{label}, 1 ulp away ({seed})", backend, perturb=seed, **shared)
            for seed in range(1, self.options.ensemble + 1)
        ]
        legs.append(self._leg(f"{label}, {other} threads", backend, threads=other, **shared))
        self._run_all(legs)
        runs, scores = zip(*(read_comparison(Path(leg.folder)) for leg in legs))
        return list(runs), list(scores)

    def _confirm(self, result: Result, reference: Record) -> Divergence | None:
        """The first value that leaves its budget in every replay too.

        Two correct engines part for good when a unit lands on different sides of a kink. A replay
        starts each step from the reference's state, moved by one ulp: a unit at a kink lands on
        the reference's side every other time, while a wrong rule is wrong every time.
        """
        shared = {"mode": "compare", "against": str(reference.folder), "steps": self.options.steps}
        legs = [
            self._leg(
                f"{self.labels[0]}, replay {seed}",
                self.options.backends[0],
                perturb=seed,
                lockstep=True,
                **shared,
            )
            for seed in range(1, REPLAYS + 1)
        ]
        self._run_all(legs)
        replays = [read_comparison(Path(leg.folder))[0] for leg in legs]
        return compare.first_out(result.distances, result.budgets, replays)

    def _time(self, steps: int) -> Times:
        """Time both backends, and the reference against itself."""
        pairs = self.options.pairs
        block = max(1, min(BLOCK, steps // (pairs + WARMUP)))
        labels = (*self.labels, f"{self.labels[1]} (control)")
        backends = (*self.options.backends, self.options.backends[1])
        legs = [self._leg(*leg, "time") for leg in zip(labels, backends)]
        return take_turns(self.script, legs, pairs, block, lambda: self.tick("timing in turns"))

    def _leg(self, title: str, backend: str, mode: str, **more: Any) -> Leg:
        folder = str(self.folder / re.sub(r"\W+", "-", f"{mode} {title}"))
        more.setdefault("threads", self.options.threads)
        return Leg(title, mode, backend, folder, **more)

    def _run_all(self, legs: Sequence[Leg]) -> None:
        """Run legs, a few at once. Raises: RunFailed for the first that fails."""

        def run(leg: Leg) -> None:
            self.script.run(leg)
            self.tick(leg.title)

        with ThreadPoolExecutor(self.options.jobs) as pool:
            futures = [pool.submit(run, leg) for leg in legs]
            try:
                for future in as_completed(futures):
                    future.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self.script.stop()
                raise

    def _record(self, leg: Leg) -> Record:
        """What a leg recorded. Raises: RunFailed when its script never called the probe."""
        folder = Path(leg.folder)
        record = Record(folder) if (folder / "header.json").exists() else None
        if record is None or not len(record):
            what = "opened no probe" if record is None else "never called probe.step"
            raise RunFailed(f"{self.options.script} {what} on {leg.title}: {HOW_TO_PROBE}")
        return record

    def _name(self, reference: Record) -> str:
        """The report's folder: what the script calls itself, and the backends if unusual."""
        options = self.options
        digest = hashlib.sha256("\0".join(options.arguments).encode()).hexdigest()[:6]
        own = reference.header["name"] or f"{Path(options.script).stem}-{digest}"
        if options.backends != Options.backends:
            own = "-".join((own, *self.labels))
        return re.sub(r"[^\w.-]+", "-", options.name or own)


def other_threads(threads: int) -> int:
    """The number of threads that the reference is run on to compare it with itself."""
    return 1 if threads > 1 else 2


def _labels(backends: tuple[str, str]) -> tuple[str, str]:
    """What the report calls the two backends."""
    candidate, reference = (find(backend).name for backend in backends)
    return candidate, f"{reference} again" if candidate == reference else reference


@contextmanager
def _progress(options: Options) -> Iterator[Callable[[str], object]]:
    """A progress bar on a terminal; what it yields is called after every piece of work."""
    from tqdm import tqdm

    turns = WARMUP + options.pairs if options.pairs else 0
    total = 2 + options.ensemble + 1 + turns
    with tqdm(total=total, leave=False, disable=not sys.stderr.isatty()) as bar:

        def tick(title: str) -> None:
            bar.set_description(title)
            bar.update()

        yield tick
