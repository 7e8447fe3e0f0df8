"""Programs one after the other; a difference is shrunk, confirmed and written as a script.

Hypothesis reads the programs from random bytes and shrinks those that differ. They are given to it
by `fuzz_one_input`, since its own generator repeats each program five times with small changes.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.database import InMemoryExampleDatabase

from harness.backends import Backend
from harness.fuzz import script
from harness.fuzz.coverage import Coverage
from harness.fuzz.grammar import Program, bypassed, without
from harness.fuzz.judge import Difference, Trial
from harness.fuzz.ledger import excuse
from harness.fuzz.runner import Runner
from harness.fuzz.strategies import BYTES, programs

SHRINKING = 5.0
"""Seconds that shrinking one difference may take."""


class Finding(NamedTuple):
    """A difference in the smallest program that shows it, and where it came from."""

    difference: Difference
    program: Program
    number: int
    seconds: float
    text: str
    answers: list[str]
    path: str = ""

    @property
    def confirmed(self) -> bool:
        """Whether the script, run anew, gave two answers."""
        return len(set(self.answers)) > 1


class _Different(Exception):
    """A program differs: tells Hypothesis to keep it, and to shrink it."""


class _Enough(KeyboardInterrupt):
    """Ends shrinking: Hypothesis lets this one through at once."""


class Hunt:
    """Random programs on a candidate and a reference, from one seed."""

    def __init__(
        self, candidate: Backend, reference: Backend, seed: int = 0, out: Path | None = None
    ) -> None:
        self.runners = Runner(candidate), Runner(reference)
        self.seed, self.out = seed, out
        self.coverage = Coverage()
        self.findings: list[Finding] = []
        self.repeated: Counter[tuple[str, str]] = Counter()
        self.started = time.perf_counter()

    def programs(self) -> Iterator[tuple[bytes, Program]]:
        """The programs of this seed without end, with the bytes they are read from."""
        draw = random.Random(self.seed)
        found: list[Program] = []
        read = _reader(found.append)
        while True:
            data = draw.randbytes(BYTES)
            read(data)
            if found:  # else the bytes were no program
                yield data, found.pop()

    def run(self, goes_on: Callable[[int], bool], most: int = 20) -> None:
        """Run programs while told to go on, and fewer than `most` differences are found."""
        for data, program in self.programs():
            if not goes_on(self.coverage.programs) or len(self.findings) >= most:
                return
            trial = self.trial(program)
            self.coverage.add(trial)
            if trial.difference is not None:
                self._keep(trial, trial.difference, data)

    def trial(self, program: Program) -> Trial:
        """A program on both engines; what the ledger excuses is no difference."""
        trial = Trial(program, *self.runners)
        if trial.difference is not None:
            trial.excuse = excuse(trial)
            if trial.excuse:
                trial.difference = None
        return trial

    def _keep(self, trial: Trial, difference: Difference, data: bytes) -> None:
        """Shrink a difference of a kind that is new, and write its script."""
        kinds = {f.difference.kind for f in self.findings}
        if difference.kind in kinds:
            self.repeated[difference.kind] += 1
            return
        number, seconds = self.coverage.programs, time.perf_counter() - self.started
        smallest = self._tidied(self._shrunk(trial, data))
        found = smallest.difference
        assert found is not None
        names = [runner.engine.__name__ for runner in self.runners]
        origin = f"Found by python -m harness fuzz --seed {self.seed}, in program {number:,}."
        text = script.render(smallest.program, found, smallest.agreed, names, origin)
        finding = Finding(found, smallest.program, number, seconds, text, script.answers(text))
        if self.out is not None:
            self.out.mkdir(parents=True, exist_ok=True)
            path = self.out / f"difference_{len(self.findings) + 1}_{_slug(found)}.py"
            path.write_text(text, encoding="utf-8")
            finding = finding._replace(path=path.name)
        self.findings.append(finding)

    def _shrunk(self, trial: Trial, data: bytes) -> Trial:
        """The smallest program that Hypothesis finds with a difference of the same kind."""
        assert trial.difference is not None
        best, kind, until = trial, trial.difference.kind, time.perf_counter() + SHRINKING

        def shrink(program: Program) -> None:
            nonlocal best
            if time.perf_counter() > until:
                raise _Enough
            found = self.trial(program)
            if found.difference is not None and found.difference.kind == kind:
                if _size(found.program) <= _size(best.program):
                    best = found
                raise _Different

        read = _reader(shrink, InMemoryExampleDatabase())
        try:
            try:
                read(data)  # keeps it in the database
            except _Different:
                read.test()  # takes it from there, and shrinks
        except (_Different, _Enough):
            return best
        return best

    def _tidied(self, trial: Trial) -> Trial:
        """Without each statement that the difference does not need."""
        assert trial.difference is not None
        kind = trial.difference.kind
        at = len(trial.program)
        while at:
            at -= 1
            for shorten in (without, bypassed):
                shorter = shorten(trial.program, at) if at < len(trial.program) else None
                tried = self.trial(shorter) if shorter else None
                if tried is not None and tried.difference and tried.difference.kind == kind:
                    trial = tried
                    break
        return trial


def _reader(test: Callable[[Program], None], database: Any = None) -> Any:
    """A function of bytes that hands the program in them to `test`, and `.test`, which shrinks."""

    @settings(
        database=database,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.reuse, Phase.shrink),
        report_multiple_bugs=False,
    )
    @given(programs())
    def given_program(program: Program) -> None:
        test(program)

    def read(data: bytes) -> None:
        given_program.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]

    read.test = given_program  # type: ignore[attr-defined]
    return read


def _size(program: Program) -> tuple[int, int]:
    return len(program), len(repr(program))


def _slug(difference: Difference) -> str:
    words = f"{difference.op} {difference.what}".lower()
    return "_".join("".join(c if c.isalnum() else " " for c in words).split())
