"""`python -m harness run`: the same script on two engines, from the runs to the verdict.

Three modes. *Free*: every engine trains for itself, and drift is judged. *Lock-step*: each step
starts from the reference's state, so that it shows its own error and none that it inherited.
*Forced*: in lock-step, and the optimizer is given the reference's gradients, so that the error is
the optimizer's own.
"""

from __future__ import annotations

import hashlib
import math
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import ledger
from harness.backends import find
from harness.compare import Divergence, Outcome
from harness.conductor import HOW, conducting
from harness.follow import Task
from harness.judging import Judge, Roles, replayed
from harness.ledger import Entry
from harness.locate import apart
from harness.processes import Leg, RunFailed, Script, values
from harness.store import Store
from harness.turns import WARMUP, Times, take_turns

METRIC_ALLOWANCE = 0.003
"""A final score may lie this far outside the range of the reference's runs: about one example of
the smallest test set here (1 of 359 digits), which a score near a tie may lose to rounding."""

BLOCK = 10
"""Steps of a turn, where there are enough."""

REPLAYS = 8
"""Runs that decide whether what left its budget is a fault: chance is wrong once in 2**8."""

MODES = ("free", "lockstep", "forced")


@dataclass(frozen=True)
class Options:
    """What `python -m harness run` was asked for."""

    script: str
    arguments: Sequence[str]
    backends: tuple[str, str] = ("minitorch", "torch")
    mode: str = "free"
    steps: int | None = None
    ensemble: int = 4
    threads: int = 2
    seed: int = 0
    pairs: int = 20  # 0: no timing
    name: str | None = None
    out: Path = Path("reports")
    oracle: bool = True
    locate: bool = True
    ops: bool = False  # replay every call of one step
    sketch: bool = False
    keep: int = 0  # megabytes of tensors to keep on disk
    ledger: Path = Path(ledger.NAME)


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


@dataclass(eq=False)
class Result:
    """All that a run found out; the report is written from it."""

    options: Options
    name: str
    labels: tuple[str, str]  # candidate, reference
    headers: tuple[dict[str, Any], dict[str, Any]]
    judge: Judge
    divergence: Divergence | None = None
    parted: Divergence | None = None  # left its budget by drift, not by a fault
    scores: dict[str, Score] = field(default_factory=dict)
    printed: str = ""  # how the two runs' printed text compares
    located: Any = None  # harness.locate.Located
    repro: Any = None  # harness.locate.repro.Script
    survey: Any = None  # harness.locate.survey.Survey
    expired: list[Entry] = field(default_factory=list)  # of the ledger
    times: Times | None = None
    skipped: dict[str, int] = field(default_factory=dict)
    interrupted: str = ""  # during what
    seconds: float = 0.0

    @property
    def steps(self) -> int:
        """How many steps were compared."""
        return self.judge.steps

    @property
    def timed(self) -> bool:
        """Whether at least one round of turns was completed."""
        return self.times is not None and bool(self.times.seconds[self.labels[0]])

    @property
    def outcome(self) -> Outcome:
        """The verdict."""
        if self.judge.problem:
            return Outcome.STRUCTURE
        if self.divergence or not all(score.within for score in self.scores.values()):
            return Outcome.NUMBERS
        return Outcome.FAILED if self.interrupted and not self.steps else Outcome.PASS


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
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result.seconds = time.perf_counter() - started
    return result


class _Run:
    """The passes of one run, in the order in which they depend on each other."""

    def __init__(self, options: Options, folder: Path, tick: Callable[..., object]) -> None:
        self.options, self.tick = options, tick
        self.script = Script(options.script, options.arguments, folder)
        self.labels = _labels(options.backends)
        self.traced: dict[int, tuple[Any, Any]] = {}
        try:
            self.ledger = ledger.read(options.ledger)
        except ledger.LedgerError as error:
            raise RunFailed(str(error)) from None

    def result(self) -> Result:
        """Compare, confirm what is out, locate it, time both."""
        result = self._compare()
        if result.interrupted:
            return result
        for what, do, wanted in (
            ("confirming", self._confirm, bool(result.judge.outs) and not result.judge.problem),
            ("locating", self._locate, self.options.locate),
            ("surveying", self._survey, self.options.ops and not result.judge.problem),
            ("timing", self._time, bool(self.options.pairs) and not result.judge.problem),
        ):
            try:
                if wanted:
                    do(result)
            except KeyboardInterrupt:
                result.interrupted = what
                return result
        return result

    # ---------------------------------------------------------------- comparing

    def _compare(self) -> Result:
        """All witnesses, step by step."""
        legs, roles = self._witnesses()
        by_title = {leg.title: leg for leg in legs}
        candidate, reference = by_title[roles.candidate], by_title[roles.reference]
        interrupted = ""
        with conducting(legs) as conductor:
            moment = conductor.start()
            headers = candidate.header, reference.header
            judge = Judge(roles, self.labels, self._accepted, self.options.mode != "free")
            judge.start(moment, headers)
            store = self._store(reference)
            try:
                for moment in conductor.steps() if not judge.problem else ():
                    if not judge.step(moment):
                        break
                    if store:
                        both = {label: values(moment[label]) for label in self.labels}
                        store.add(judge.steps, both)
                    self.tick("comparing", judge.steps)
            except KeyboardInterrupt:
                interrupted = "comparing"
        if store:
            store.close()
        if not (judge.steps or judge.problem or interrupted):
            raise RunFailed(f"{self.script.path} on {self.labels[1]}: {HOW}")
        result = Result(self.options, self._name(reference), self.labels, headers, judge)
        result.interrupted = interrupted
        result.skipped = candidate.skipped
        result.expired = self.ledger.expired(self.script.path)
        result.divergence = judge.initial or judge.random
        result.printed = _printed(candidate, reference)
        self._score(result, candidate, reference, legs)
        return result

    def _witnesses(self) -> tuple[list[Leg], Roles]:
        """The reference first, then the candidate, float64, one-ulp runs, other threads."""
        options = self.options
        mine, theirs = self.labels
        candidate, reference = options.backends
        together = {"lockstep": options.mode != "free", "forced": options.mode == "forced"}
        legs = [self._leg(theirs, reference), self._leg(mine, candidate, **together)]
        truth = f"{theirs} in float64"
        if options.oracle and "float64" in find(reference).capabilities:
            legs.append(self._leg(truth, reference, wide=True, **together))
        seeds = range(1, options.ensemble + 1)
        moved = [f"{theirs}, one ulp away ({seed})" for seed in seeds]
        legs += [
            self._leg(title, reference, perturb=seed, **together)
            for title, seed in zip(moved, seeds)
        ]
        threads = None
        if options.mode == "free":
            other = other_threads(options.threads)
            threads = f"{theirs}, {other} threads"
            legs.append(self._leg(threads, reference, threads=other))
        wide = truth if any(leg.task.wide for leg in legs) else None
        return legs, Roles(mine, theirs, wide, moved, threads)

    def _score(self, result: Result, mine: Leg, theirs: Leg, legs: Sequence[Leg]) -> None:
        """The final metrics, each with the range of the reference's runs."""
        if result.options.mode != "free":
            return
        for name in filter(theirs.metrics.__contains__, mine.metrics):
            others = [leg for leg in legs if leg is not mine and name in leg.metrics]
            span = [leg.metrics[name][-1][1] for leg in others]
            result.scores[name] = Score(mine.metrics[name][-1][1], min(span), max(span))

    def _accepted(self, key: str) -> Entry | None:
        return self.ledger.accepts(self.script.path, key)

    def _store(self, reference: Leg) -> Store | None:
        """Where tensors are kept, anew, if they are to be."""
        if not self.options.keep:
            return None
        folder = self.options.out / self._name(reference) / "store"
        shutil.rmtree(folder, ignore_errors=True)
        return Store(folder, self.options.keep * 1_000_000)

    # ---------------------------------------------------------------- confirming and locating

    def _confirm(self, result: Result) -> None:
        """Whether what left its budget does so in every replay: see judging.replayed."""
        outs = result.judge.outs
        first, last = outs[0][0], outs[-1][0].step
        if result.divergence is not None and result.divergence.step <= first.step:
            return
        mine, theirs = self.labels
        forced = self.options.mode == "forced"
        replays = [
            self._leg(
                f"{mine}, replay {seed}",
                self.options.backends[0],
                perturb=seed,
                lockstep=True,
                forced=forced,
                steps=last,
            )
            for seed in range(1, REPLAYS + 1)
        ]
        confirmed = None
        with conducting([self._leg(theirs, self.options.backends[1], steps=last), *replays]) as c:
            c.start()
            for moment in c.steps():
                runs = [values(moment[leg.title]) for leg in replays if leg.title in moment]
                reference = moment.get(theirs)
                if reference is None or not runs:
                    break
                confirmed = replayed(outs, reference.step, runs, values(reference))
                self.tick("confirming", reference.step)
                if confirmed:
                    break
        result.divergence = confirmed or result.divergence
        result.parted = None if confirmed else first

    def _locate(self, result: Result) -> None:
        """Trace both engines at the first step that differs; the call, its line, a small script."""
        first = result.divergence
        if first is None or not first.step or result.judge.random is first:
            return
        traces = self._traces(first.step, result)
        if traces is None:
            return
        try:
            found = apart.run(apart.located, traces, self.options.backends, first.step)
        except apart.Crashed as error:
            result.skipped[f"locating step {first.step}: {error}"] = 1
            return
        result.located, result.repro = found

    def _survey(self, result: Result) -> None:
        """Every call of one step, alone on both engines: the one that differs, or an early one."""
        first = result.divergence
        step = first.step if first else min(2, result.steps)
        try:
            traces = self._traces(step, result) if step else None
        except RunFailed as error:  # what was compared stands, whatever tracing meets
            result.skipped[f"operations of step {step}: {str(error).splitlines()[0]}"] = 1
            return
        if traces is None:
            return
        try:
            result.survey = apart.run(apart.surveyed, traces, self.options.backends, step)
        except apart.Crashed as error:
            result.skipped[f"operations of step {step}: {error}"] = 1

    def _traces(self, step: int, result: Result) -> tuple[Any, Any] | None:
        """Both engines' traces of a step, the candidate's first; None where they have none."""
        mine, theirs = self.labels
        candidate, reference = self.options.backends
        if any("training" not in find(b).capabilities for b in (candidate, reference)):
            result.skipped["tracing: an engine has no modules and hooks with torch's names"] = 1
            return None
        if step not in self.traced:
            trace = {"purpose": "trace", "trace": step, "steps": step}
            legs = [
                self._leg(theirs, reference, **trace),
                self._leg(mine, candidate, lockstep=True, **trace),
            ]
            with conducting(legs) as conductor:
                conductor.start()
                for moment in conductor.steps():
                    self.tick("tracing", moment[theirs].step)
            self.traced = {step: (legs[1].trace, legs[0].trace)}
        return self.traced[step] if all(self.traced[step]) else None

    # ---------------------------------------------------------------- timing

    def _time(self, result: Result) -> None:
        """Time both backends, and the reference against itself."""
        pairs = self.options.pairs
        block = max(1, min(BLOCK, result.steps // (pairs + WARMUP)))
        labels = (*self.labels, f"{self.labels[1]} (control)")
        backends = (*self.options.backends, self.options.backends[1])
        legs = [
            self._leg(label, backend, purpose="time", steps=None)
            for label, backend in zip(labels, backends)
        ]
        ticks = lambda number: self.tick("timing", number)  # noqa: E731
        result.times = take_turns(legs, pairs, block, ticks)

    # ---------------------------------------------------------------- small things

    def _leg(self, title: str, backend: str, **more: Any) -> Leg:
        common = {
            "threads": self.options.threads,
            "steps": self.options.steps,
            "sketch": self.options.sketch,
            "seed": self.options.seed,
        }
        return Leg(self.script, title, Task(backend, **{**common, **more}))

    def _name(self, reference: Leg) -> str:
        """The report's folder: what the script calls itself, mode and backends if unusual."""
        options = self.options
        digest = hashlib.sha256("\0".join(options.arguments).encode()).hexdigest()[:6]
        told = f"-{digest}" if options.arguments else ""
        own = reference.header["name"] or f"{Path(options.script).stem}{told}"
        if options.mode != "free":
            own = f"{own}-{options.mode}"
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


def _printed(mine: Leg, theirs: Leg) -> str:
    """How the text that the two runs printed compares, in one sentence."""
    texts = [leg.log.read_text(errors="replace").splitlines() for leg in (mine, theirs)]
    count = max(map(len, texts))
    for number, (a, b) in enumerate(zip(*texts), start=1):
        if a != b:
            return f"first differs in line {number} of {count}: {a[:60]!r}, {b[:60]!r}"
    if len(texts[0]) != len(texts[1]):
        return f"{len(texts[0])} lines, {len(texts[1])} on {theirs.title}"
    return f"identical, {count} lines" if count else ""


@contextmanager
def _progress(options: Options) -> Iterator[Callable[..., object]]:
    """A progress bar on a terminal; what it yields is called after every step of every pass."""
    from tqdm import tqdm

    with tqdm(
        total=options.steps, leave=False, unit="step", disable=not sys.stderr.isatty()
    ) as bar:
        shown = ""

        def tick(title: str, number: int) -> None:
            nonlocal shown
            if shown != title:
                shown = title
                bar.set_description(title)
                bar.reset(options.pairs + WARMUP if title == "timing" else options.steps)
            bar.update(number - bar.n)

        yield tick
