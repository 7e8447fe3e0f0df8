"""Takes what all witnesses left at every step, and keeps what that shows, not the tensors."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from harness import compare
from harness.channel import Arrays
from harness.compare import Divergence
from harness.conductor import Moment
from harness.distance import Distance, kind_of, step_distances, step_norms
from harness.envelope import Allowance, Envelope
from harness.flow import GradientFlow
from harness.histogram import Elements, elements
from harness.ledger import Entry
from harness.processes import random_state, values
from harness.tolerance import TERMS

COLUMNS = ("step", "max_abs", "relative", "ulp", "budget", "term", "mine", "theirs")
TERM_NAMES = ("", *TERMS, "first losses")
ROUNDING = 2.0**-24
"""An error below this, relative, is nobody's: no engine is better than another there."""


@dataclass(frozen=True)
class Roles:
    """Which witness is which, by title."""

    candidate: str
    reference: str
    truth: str | None = None
    moved: Sequence[str] = ()
    threads: str | None = None
    replays: Sequence[str] = ()


class Series:
    """One tensor over all steps, in columns: see COLUMNS.

    `mine` and `theirs` are the errors of candidate and reference against float64, relative; NaN
    where there is none.
    """

    def __init__(self) -> None:
        self._columns = {name: array("d") for name in COLUMNS}
        self._most = -1.0
        self.elements: Elements | None = None  # of the step that used most of its budget

    def add(self, **row: float) -> None:
        """Append one step."""
        for name, column in self._columns.items():
            column.append(row[name])

    def keep(self, mine: np.ndarray, theirs: np.ndarray, truth: np.ndarray | None) -> None:
        """Keep elements of the step that was added last if none used more of its budget."""
        step, relative, budget = (self._columns[c][-1] for c in ("step", "relative", "budget"))
        share = relative / budget if budget > 0 else 0.0
        if not share <= self._most:
            self._most = np.inf if np.isnan(share) else share
            self.elements = elements(int(step), mine, theirs, truth)

    def __len__(self) -> int:
        return len(self._columns["step"])

    def __getitem__(self, name: str) -> np.ndarray:
        return np.array(self._columns[name])

    @property
    def share(self) -> np.ndarray:
        """The share of the budget that is used, at every step."""
        budget = self["budget"]
        return np.divide(self["relative"], budget, out=np.zeros(len(self)), where=budget > 0)

    @property
    def ratio(self) -> np.ndarray:
        """How many times as far from float64 the candidate is as the reference, at every step."""
        mine, theirs = (np.maximum(self[name], ROUNDING) for name in ("mine", "theirs"))
        with np.errstate(invalid="ignore"):  # both infinitely far: no number
            return mine / theirs


@dataclass
class Judge:
    """What a comparison has shown so far."""

    roles: Roles
    names: tuple[str, str]
    accepts: Callable[[str], Entry | None] = lambda key: None
    local: bool = False  # every step starts from the reference's state
    steps: int = 0
    problem: str | None = None
    initial: Divergence | None = None
    random: Divergence | None = None
    random_states: int = 0
    truth_until: int | None = None  # the step from which the float64 run draws otherwise
    chaos: int | None = None  # the step from which nothing is judged
    series: dict[str, Series] = field(default_factory=dict)
    losses: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))
    threads: list[float] = field(default_factory=list)  # the loss on another number of threads
    flows: tuple[GradientFlow, GradientFlow] = field(
        default_factory=lambda: (GradientFlow(), GradientFlow())
    )
    levels: list[float] = field(default_factory=list)  # the widest envelope of every step
    accepted: dict[str, str] = field(default_factory=dict)  # what was out, and why it may be
    outs: list[tuple[Divergence, tuple[str, ...], Mapping[str, Allowance]]] = field(
        default_factory=list
    )

    def __post_init__(self) -> None:
        self._envelope = Envelope(len(self.roles.moved), self.local)

    # ---------------------------------------------------------------- taking

    def start(self, moment: Moment, headers: Sequence[Mapping]) -> None:
        """Compare what the witnesses start from; the first two headers are the engines'."""
        self.problem = compare.structure(*headers[:2])
        mine, theirs = (moment[t] for t in (self.roles.candidate, self.roles.reference))
        if not self.problem:
            fresh = headers[0].get("fresh", True) and headers[1].get("fresh", True)
            ours, reference = (_started(values(m), fresh) for m in (mine, theirs))
            self.initial = compare.initial_values(ours, reference)
            self._compare_random(0, moment)

    def step(self, moment: Moment) -> bool:
        """Take one step; False where nothing more can be compared."""
        mine, theirs = (moment.get(t) for t in (self.roles.candidate, self.roles.reference))
        if mine is None or theirs is None:
            gone = self.names[mine is not None]
            other = self.names[mine is None]
            self.problem = f"{gone} made {self.steps} steps, {other} more"
            return False
        self.steps = number = theirs.step
        ours, reference = values(mine), values(theirs)
        self.problem = compare.step_structure(number, ours, reference, self.names)
        if self.problem:
            return False
        self._compare_random(number, moment)
        self._compare_numbers(number, ours, reference, moment)
        return True

    def _compare_random(self, number: int, moment: Moment) -> None:
        reference = random_state(moment[self.roles.reference])
        mine = random_state(moment[self.roles.candidate])
        if mine is not None and reference is not None and self.random is None:
            self.random_states += 1
            if mine != reference:
                self.random = Divergence(number, "random state")
        truth = moment.get(self.roles.truth or "")
        usable = self.truth_until is None and truth is not None and reference is not None
        if usable and random_state(truth) != reference:
            self.truth_until = number

    def _compare_numbers(
        self, number: int, ours: Arrays, reference: Arrays, moment: Moment
    ) -> None:
        norms = step_norms(reference)
        apart = _distances(ours, reference)
        truth = self._truth(moment)
        own = _relative(_distances(truth, reference)) if truth else None
        errors = [_relative(_distances(x, truth)) if truth else {} for x in (ours, reference)]
        runs = [self._others(moment, title, reference) for title in self.roles.moved]
        allowed = self._envelope.step(norms, runs, own)
        if self._envelope.chaotic and self.chaos is None:
            self.chaos = number
        self.levels.append(self._envelope.widest)
        for key, distance in apart.items():
            budget, term = allowed[key]
            self.series.setdefault(key, Series()).add(
                step=number,
                max_abs=distance.max_abs,
                relative=distance.relative,
                ulp=distance.ulp,
                budget=budget,
                term=TERM_NAMES.index(term),
                mine=errors[0].get(key, np.nan),
                theirs=errors[1].get(key, np.nan),
            )
            self.series[key].keep(ours[key], reference[key], (truth or {}).get(key))
        for side, arrays in enumerate((ours, reference)):
            self.losses[side].append(float(np.sum(arrays["loss"], dtype=np.float64)))
            self.flows[side].add(arrays)
        other = self._others(moment, self.roles.threads, reference)
        self.threads.append(other["loss"] if other else np.nan)
        self._note_out(number, apart, allowed)

    def _note_out(
        self,
        number: int,
        apart: Mapping[str, Distance],
        allowed: Mapping[str, Allowance],
    ) -> None:
        """Keep what is out of its budget, while that can be told from chaos."""
        if self.chaos is not None:
            return
        out = [key for key, d in apart.items() if not d.relative <= allowed[key].budget]
        excused = {key: entry for key in out if (entry := self.accepts(key)) is not None}
        self.accepted.update((key, str(entry)) for key, entry in excused.items())
        out = tuple(key for key in out if key not in excused)
        if out:
            first = compare.worst_out(number, apart, allowed, out)
            self.outs.append((first, out, {key: allowed[key] for key in out}))

    def _truth(self, moment: Moment) -> Arrays | None:
        message = moment.get(self.roles.truth or "")
        usable = message is not None and self.truth_until is None
        return values(message) if usable else None

    def _others(self, moment: Moment, title: str | None, reference: Arrays) -> dict | None:
        message = moment.get(title or "")
        if message is None or message.arrays.keys() < reference.keys():
            return None
        return _relative(_distances(values(message), reference))

    # ---------------------------------------------------------------- telling

    def accuracy(self) -> tuple[float, float, str, int] | None:
        """(geometric mean, worst, its tensor, its step) of the ratio of errors against float64.

        Over every gradient, parameter and loss of every step that is judged.
        """
        logs: list[np.ndarray] = []
        worst = (0.0, "", 0)
        for key, series in self.series.items():
            if kind_of(key) not in ("gradient", "parameter", "loss"):
                continue
            keep = np.isfinite(series["mine"]) & np.isfinite(series["theirs"])
            keep &= series["step"] < (self.chaos or np.inf)
            ratio = series.ratio[keep]
            if len(ratio):
                logs.append(np.log(ratio))
                at = int(np.argmax(ratio))
                worst = max(worst, (float(ratio[at]), key, int(series["step"][keep][at])))
        if not logs:
            return None
        return float(np.exp(np.concatenate(logs).mean())), *worst

    def drift(self) -> Iterator[tuple[int, float, float]]:
        """(step, the candidate's largest distance, the widest envelope), parameters only."""
        columns = [s["relative"] for key, s in self.series.items() if kind_of(key) == "parameter"]
        for at in range(self.steps):
            rows = [column[at] for column in columns if len(column) > at]
            yield at + 1, float(max(rows, default=0.0)), self.levels[at]


def replayed(outs: Sequence, number: int, replays: Sequence[Arrays], reference: Arrays):
    """The divergence of step `number` in `outs` that every replay shows too; None where none does.

    Two correct engines part for good when a unit lands on different sides of a kink. A replay
    starts each step from the reference's state, moved by one ulp: a unit at a kink lands on
    the reference's side every other time, while a wrong rule is wrong every time.
    """
    for first, out, allowed in outs:
        if first.step != number:
            continue
        runs = [_distances(arrays, reference) for arrays in replays]
        left = [
            key
            for key in out
            if all(key not in run or not run[key].relative <= allowed[key].budget for run in runs)
        ]
        if left and runs:
            return compare.worst_out(number, runs[0], allowed, left)
    return None


def _distances(arrays: Arrays, reference: Arrays) -> dict[str, Distance]:
    """Distances of what both have; a list of losses of another length is infinitely far."""
    fitting = {k: a for k, a in arrays.items() if k in reference and a.shape == reference[k].shape}
    found = step_distances(fitting, reference)
    for key in arrays.keys() & reference.keys() - fitting.keys():
        found[key] = Distance(np.inf, np.inf, np.inf)
    return {key: found[key] for key in reference if key in found}


def _started(arrays: Arrays, fresh: bool) -> Arrays:
    """What has to start bit-equal: where models have computed before, not their buffers."""
    return {key: a for key, a in arrays.items() if fresh or not key.startswith("buffer ")}


def _relative(apart: Mapping[str, Distance]) -> dict[str, float]:
    return {key: distance.relative for key, distance in apart.items()}
