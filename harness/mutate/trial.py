"""The trial of the checks: every chosen mutant is planted, and what the checks say is written down.

What the reference says of a case is computed once for all mutants. Several processes may share the
work: each is a fork of this one, so that what is recorded is recorded once.
"""

from __future__ import annotations

import multiprocessing
import random
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from harness.backends import Backend
from harness.mutate import programs, scenarios
from harness.mutate.checks import OfCase, OfScenario, Suite, Verdict
from harness.mutate.equivalent import reason
from harness.mutate.sites import OPTIMIZERS, RULES, SWEEP, Mutant, Site, own_cases

KILLED, SURVIVED, EXCUSED, STALE, IDLE = (
    "killed", "survived", "equivalent", "stale excuse", "without effect",
)  # fmt: skip


class Outcome(NamedTuple):
    """What became of one mutant."""

    status: str
    site: str
    room: str
    by: str
    kind: str
    mistake: str
    path: str
    line: int
    before: str
    after: str
    structural: bool
    check: str = ""
    said: str = ""
    tried: int = 0
    reason: str = ""


Chosen = list[tuple[int, list[int]]]
"""Sites by number, and of each the mutants by number."""


def choose(sites: Sequence[Site], sample: int | None, seed: int) -> Chosen:
    """All mutants of the sites, or so many of them drawn at random."""
    every = [(s, m) for s, site in enumerate(sites) for m, _ in enumerate(site.mutants())]
    if sample is not None and sample < len(every):
        every = sorted(random.Random(seed).sample(every, sample))
    chosen: dict[int, list[int]] = {}
    for s, m in every:
        chosen.setdefault(s, []).append(m)
    return list(chosen.items())


def suites(
    candidate: Backend, reference: Backend, wanted: Iterable[str], quick: bool = False
) -> dict[str, Suite]:
    """The checks of each sort that is wanted.

    `quick`: few samples of each operation, and all only for what those do not see.
    """
    package = f"/{candidate.module}/"
    makers: dict[str, Callable[[], Suite]] = {
        RULES: partial(_of_rules, candidate, reference, package, quick),
        OPTIMIZERS: lambda: Suite(
            [OfScenario(s, candidate, reference) for s in scenarios.scenarios()], package
        ),
        SWEEP: lambda: Suite(
            [OfCase(c, candidate, reference) for c in programs.cases()], package
        ),
    }  # fmt: skip
    return {by: makers[by]() for by in dict.fromkeys(wanted)}


FEW = 1
"""How many samples of each operation make a quick suite."""


def _of_rules(candidate: Backend, reference: Backend, package: str, quick: bool) -> Suite:
    from harness import cases

    how = {"limit": FEW} if quick else {}
    found = (*own_cases(candidate), *cases.table(**how))
    checks = [OfCase(c, candidate, reference) for c in found if c.order]
    deeper = partial(_of_rules, candidate, reference, package, False) if quick else None
    return Suite(checks, package, deeper)


def outcome(site: Site, mutant: Mutant, verdict: Verdict, root: Path) -> Outcome:
    """A mutant and what the checks made of it."""
    excuse = reason(site.title, mutant.text)
    if verdict.caught:
        status = STALE if excuse else KILLED
    else:
        status = EXCUSED if excuse else SURVIVED if verdict.changed else IDLE
    path = Path(mutant.path)
    path = path.relative_to(root) if path.is_relative_to(root) else path
    return Outcome(
        status, site.title, site.room, site.by, mutant.kind, mutant.text, path.as_posix(),
        mutant.line, *mutant.shown, mutant.structural, verdict.check,
        verdict.said[:300], verdict.tried, excuse,
    )  # fmt: skip


class Trial:
    """Chosen mutants before suites; `jobs` processes share them."""

    def __init__(self, sites: Sequence[Site], by_sort: dict[str, Suite], root: Path) -> None:
        self.sites, self.suites, self.root = sites, by_sort, root

    def run(self, chosen: Chosen, jobs: int = 1) -> Iterator[list[Outcome]]:
        """What became of the mutants of one site after the other; the order may vary."""
        if jobs < 2 or "fork" not in multiprocessing.get_all_start_methods():
            yield from map(self._of_site, chosen)
            return
        for suite in self.suites.values():
            suite.reach  # noqa: B018  recorded once, before the processes part
        global _shared
        _shared = self
        context = multiprocessing.get_context("fork")
        with context.Pool(jobs, initializer=_deaf) as pool:
            yield from pool.imap_unordered(_of_site, _in_pieces(chosen))

    def _of_site(self, task: tuple[int, list[int]]) -> list[Outcome]:
        number, wanted = task
        site = self.sites[number]
        suite = self.suites[site.by]
        numbers = frozenset(wanted)
        return [
            outcome(site, mutant, suite.judge(site, mutant), self.root)
            for m, mutant in enumerate(site.mutants())
            if m in numbers
        ]


PIECE = 40


def _in_pieces(chosen: Chosen) -> Chosen:
    """Large sites in pieces, so that no process is left with one at the end."""
    return [(s, m[i : i + PIECE]) for s, m in chosen for i in range(0, len(m), PIECE)]


_shared: Trial | None = None


def _of_site(task: tuple[int, list[int]]) -> list[Outcome]:
    assert _shared is not None
    return _shared._of_site(task)


def _deaf() -> None:
    """Ctrl-C is for the process that writes the report."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
