"""The harness's own checks, which have to notice a mutant, and which of them reach it.

Every check is run once on the healthy engine while the code that it runs is written down. A mutant
is shown to the checks that reach its code alone, those first that have caught most there.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from types import CodeType, FrameType
from typing import Any, NamedTuple, Protocol

from harness import forced
from harness.backends import Backend
from harness.local import Expected, compare, evaluate
from harness.mutate.sites import Mutant, Site

FIRST = 3
"""So many checks are asked for first derivatives alone first: half the work, mostly enough."""

PATIENCE = 20.0
"""Seconds after which a check is stopped: a mutant that never ends is noticed."""


class Check(Protocol):
    """One thing that the harness looks at."""

    @property
    def name(self) -> str:
        """As reports show it."""

    def run(self) -> None:
        """Do once on the healthy engine what the check does, to see what code that runs."""

    def wrong(self, quick: bool) -> str:
        """What is wrong with the engine as it is now; "" for nothing. `quick`: a part will do."""


class Verdict(NamedTuple):
    """What the checks make of one mutant: the check that saw it, what it said, how many tried."""

    check: str
    said: str
    tried: int
    changed: bool = True

    @property
    def caught(self) -> bool:
        """Whether a check saw it."""
        return bool(self.check)


class OfCase:
    """One case of an operation, judged as `python -m harness ops` judges it.

    Its function may be a pair: the engine's words and the reference's.
    """

    def __init__(self, case: Any, candidate: Backend, reference: Backend) -> None:
        self.case, self.candidate, self.reference = case, candidate, reference
        self.name: str = case.id
        size = [a.size for a in case.inputs]
        self.cost = (min(size, default=0) < 2, sum(size))
        self.words = case.function if isinstance(case.function, tuple) else (case.function,) * 2
        self.expected = Expected(
            self.words[1], case.inputs, reference, case.order, tuple(case.constant)
        )

    def run(self) -> None:
        """The case on the engine, its derivatives included."""
        case = self.case
        evaluate(self.words[0], case.inputs, self.candidate, case.order, frozenset(case.constant))

    def wrong(self, quick: bool) -> str:
        """What `compare` says against the engine; the first derivative alone where quick.

        The first is looked at by itself in any case: the sweep then runs on arrays, not on tensors.
        Where the reference becomes the odd one out a report says so, and somebody looks there.
        """
        case = self.case
        first = min(case.order, 1)
        for order in (first,) if quick else dict.fromkeys((first, case.order)):
            found = compare(
                self.words, case.inputs, self.candidate, self.reference, order, case.constant,
                known=self.expected,
            )  # fmt: skip
            if found.odd == "reference":
                return f"{self.reference.name} is the odd one out: {found}"
            if not found.ok:
                return str(found)
        return ""


class OfScenario:
    """An optimizer on forced gradients, judged as `harness.forced` judges it."""

    def __init__(self, scenario: forced.Scenario, candidate: Backend, reference: Backend) -> None:
        self.scenario, self.candidate, self.reference = scenario, candidate, reference
        self.name = scenario.name
        self.known = forced.Known(scenario, reference)

    def run(self) -> None:
        """All steps on the engine."""
        forced.run(self.scenario, self.candidate)

    def wrong(self, quick: bool) -> str:
        """What `compare` says against the engine."""
        found = forced.compare(self.scenario, self.candidate, self.reference, self.known)
        return "" if found.ok else str(found)


class Suite:
    """Checks, and which code of an engine each of them runs.

    `deeper` makes a suite of more checks, for what these do not see.
    """

    def __init__(
        self, checks: Iterable[Check], package: str, deeper: Callable[[], Suite] | None = None
    ) -> None:
        self.checks = list(checks)
        self.package = package
        self._deeper = deeper
        self._healthy: dict[int, bool] = {}
        self._kills: defaultdict[str, Counter[int]] = defaultdict(Counter)

    @cached_property
    def reach(self) -> dict[CodeType, list[int]]:
        """The checks that run a code, by number, the quickest first."""
        found: dict[CodeType, list[tuple[Any, int]]] = {}
        for number, check in enumerate(self.checks):
            begin = time.perf_counter()
            with heard(self.package) as codes:
                check.run()
            cost = getattr(check, "cost", time.perf_counter() - begin)
            for code in codes:
                found.setdefault(code, []).append((cost, number))
        return {code: [number for _, number in sorted(some)] for code, some in found.items()}

    @cached_property
    def deeper(self) -> Suite | None:
        """The suite of more checks, where there is one."""
        return None if self._deeper is None else self._deeper()

    def reaching(self, site: Site) -> list[int]:
        """The checks that reach a site, those first that caught most there."""
        some = {n: None for code in site.reached for n in self.reach.get(code, ())}
        kills = self._kills[site.title]
        return sorted(some, key=lambda n: -kills[n])

    def judge(self, site: Site, mutant: Mutant) -> Verdict:
        """Plant a mutant and ask one check after the other until one sees it.

        What a check says of the mutant counts where it is silent without.
        """
        numbers = [n for n in self.reaching(site) if self._healthy.get(n, True)]
        while True:
            with mutant.plant() as effect:
                number, verdict = self._asked(numbers, mutant)
            if number < 0:
                verdict = verdict._replace(changed=getattr(effect, "changed", True))
                if self.deeper is None or not (verdict.changed or not verdict.tried):
                    return verdict
                return self.deeper.judge(site, mutant)
            if self._is_healthy(number):
                self._kills[site.title][number] += 1
                return verdict
            numbers.remove(number)

    def _asked(self, numbers: Sequence[int], mutant: Mutant) -> tuple[int, Verdict]:
        """The first check that sees something, and what: some quickly, then all in full."""
        asked = [] if mutant.kind == "second order" else [(n, True) for n in numbers[:FIRST]]
        asked += [(n, False) for n in numbers]
        for tried, (number, quick) in enumerate(asked, start=1):
            said = _answer(self.checks[number], quick)
            if said:
                return number, Verdict(self.checks[number].name, said, tried)
        return -1, Verdict("", "", len(numbers))

    def _is_healthy(self, number: int) -> bool:
        if number not in self._healthy:
            self._healthy[number] = not _answer(self.checks[number], False)
        return self._healthy[number]


class _Endless(Exception):
    """A check did not end."""


def _answer(check: Check, quick: bool) -> str:
    """What a check says, an exception and no end in sight included."""
    try:
        with _patience():
            return check.wrong(quick)
    except Exception as error:  # a mutant may break anything
        return f"{type(error).__name__}: {error}"


@contextmanager
def _patience() -> Iterator[None]:
    """Inside, whatever takes too long is stopped, where the system can."""
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def stop(*_: Any) -> None:
        raise _Endless(f"no end after {PATIENCE:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def heard(package: str) -> Iterator[set[CodeType]]:
    """The code of a package that is run inside."""
    codes: set[CodeType] = set()
    seen: dict[CodeType, bool] = {}

    def hear(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            code = frame.f_code
            if code not in seen:
                seen[code] = package in code.co_filename
                if seen[code]:
                    codes.add(code)

    before = sys.getprofile()
    sys.setprofile(hear)
    try:
        yield codes
    finally:
        sys.setprofile(before)
