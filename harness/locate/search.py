"""From "step k differs" to the operation, the engine's line and the model's line.

    with observing(candidate) as mine: ...      # the same step of the same script, from the same
    with observing(reference) as theirs: ...    # state, on both engines
    located = locate.step(mine, theirs, candidate, reference)

Calls are aligned by the model's line and the name; layers that call other functions inside on the
two engines are one call. A call is at fault when it differs on the tensors that the reference gave
it, run alone on both engines and in float64: the first in the forward, else the first in the
backward, else an optimizer's update. What differs in the trace and in no call alone is an
interaction: of calls that share memory, of hooks, of gradients that are added.
"""

from __future__ import annotations

import linecache
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np

from harness import local
from harness.backends import Backend
from harness.locate import updates
from harness.locate.replay import Replay
from harness.locate.trace import Call, Place, Trace, Update
from harness.tolerance import FACTOR, SAID, Judgement, judge


class Pair(NamedTuple):
    """The same call on both engines."""

    mine: Call
    theirs: Call


@dataclass
class Alignment:
    """The calls that both engines make, in the reference's order, and those that one makes."""

    pairs: list[Pair] = field(default_factory=list)
    only_candidate: list[Call] = field(default_factory=list)
    only_reference: list[Call] = field(default_factory=list)


@dataclass
class Located:
    """Where a step first differs.

    `direction` is "forward", "backward" or "update". `engine_line` and `model_line` are
    "file:line", the first empty where the engine does not tell. `error` and `budget` are relative,
    and `term` set the budget. `interaction` says what is between calls, where no call alone is at
    fault; `around` are the calls that it concerns. `problem` is a difference of structure.
    """

    step: int
    tensor: str
    op: str
    direction: str
    engine_line: str
    engine_source_text: str
    model_line: str
    model_source_text: str
    error: float
    budget: float
    term: str
    interaction: str = ""
    problem: str = ""
    module: str = ""
    unaligned: tuple[int, int] = (0, 0)
    call: Call | None = None
    update: Update | None = None
    around: list[Call] = field(default_factory=list)

    def __str__(self) -> str:
        why = "first op whose inputs agree and output does not"
        if self.interaction:
            why = self.interaction
        elif self.direction == "update":
            why = "gradients agree and what the optimizer makes of them does not"
        lines = [f"step {self.step}  {self.direction} of {self.op}   ({why})"]
        if self.problem:
            lines.append(f"{self.tensor}: {self.problem}" if self.tensor else self.problem)
        else:
            set_by = f"set by {SAID[self.term]}{self.budget / FACTOR:.1e} x {FACTOR:g}"
            lines.append(
                f"{self.tensor}: error {self.error:.1e}, budget {self.budget:.1e} ({set_by})"
            )
        wide = max(len(self.engine_line), len(self.model_line))
        for who, line, text in (
            ("engine", self.engine_line or "not told", self.engine_source_text),
            ("model", self.model_line, self.model_source_text),
        ):
            lines.append(f"{who:<7} {line:<{wide}}   {text}".rstrip())
        if any(self.unaligned):
            lines.append("calls of one engine alone: {} of the candidate, {} of the reference"
                         .format(*self.unaligned))  # fmt: skip
        return "\n      ".join(lines)


def step(
    candidate: Trace,
    reference: Trace,
    mine: Backend,
    theirs: Backend,
    number: int = 0,
) -> Located | None:
    """Where the candidate's step first leaves the reference's; None where nothing does.

    `number` is that of the step, for the report. The calls in question run again in this process,
    alone, on both engines.
    """
    aligned = align(candidate, reference)
    search = Search(aligned, mine, theirs)
    found = (
        search.forward()
        or search.backward()
        or search.added(candidate, reference)
        or search.update(candidate, reference)
        or search.interaction()
    )
    if found is not None:
        found.step = number
        alone = aligned.only_candidate, aligned.only_reference
        found.unaligned = tuple(sum(call.place.direct for call in calls) for calls in alone)
    return found


# ------------------------------------------------------------------ which call is which


def align(candidate: Trace, reference: Trace) -> Alignment:
    """The calls that are the same on both engines: by line, name and the nth there.

    A layer is looked into where both engines make the same calls in it, one by one; so is what else
    of the engine makes calls, as a constructor.
    """
    made = Alignment()
    mine, theirs = _inside(candidate), _inside(reference)
    outermost = mine[None], theirs[None]
    own = _of_engine(outermost[0]), _of_engine(outermost[1])
    alike = {line for line, ops in own[0].items() if own[1].get(line) == ops}
    direct = [[c for c in cs if c.place.direct or c.place[:2] in alike] for cs in outermost]
    made.only_candidate = [c for c in outermost[0] if not any(c is d for d in direct[0])]
    made.only_reference = [c for c in outermost[1] if not any(c is d for d in direct[1])]
    _align(mine, theirs, *direct, made)
    made.pairs.sort(key=lambda pair: pair.theirs.number)
    return made


def _inside(trace: Trace) -> Mapping[int | None, list[Call]]:
    """The calls inside of each layer, by the layer's number; None for those in no layer."""
    found: dict[int | None, list[Call]] = {None: []}
    for call in trace.calls:
        if call.is_layer:
            found.setdefault(call.number, [])
        found.setdefault(call.inside, []).append(call)
    return found


def _of_engine(calls: list[Call]) -> dict[tuple[str, int], list[str]]:
    """What the engine itself calls at each line of the model, outside of layers."""
    found: dict[tuple[str, int], list[str]] = {}
    for call in calls:
        if not call.place.direct:
            found.setdefault(call.place[:2], []).append(call.op)
    return found


def _align(mine: Mapping, theirs: Mapping, a: list[Call], b: list[Call], made: Alignment) -> None:
    left, right = _keyed(a), _keyed(b)
    for key, call in left.items():
        other = right.pop(key, None)
        if other is None:
            made.only_candidate.append(call)
            continue
        inner = mine.get(call.number, ()), theirs.get(other.number, ())
        looks = call.is_layer and inner[0] and [c.op for c in inner[0]] == [c.op for c in inner[1]]
        if looks:
            _align(mine, theirs, *inner, made)
        else:
            made.pairs.append(Pair(call, other))
    made.only_reference += right.values()


def _keyed(calls: list[Call]) -> dict[tuple, Call]:
    count: Counter[tuple] = Counter()
    found = {}
    for call in calls:
        key = (call.place.file, call.place.line, call.op)
        count[key] += 1
        found[(*key, count[key])] = call
    return found


# ------------------------------------------------------------------ which call is wrong


class Search:
    """Looks for the first call at fault, in the order in which the step ran."""

    def __init__(self, aligned: Alignment, mine: Backend, theirs: Backend) -> None:
        self.pairs, self.mine, self.theirs = aligned.pairs, mine, theirs

    def forward(self) -> Located | None:
        """The first call whose result differs on the same tensors."""
        for pair in self.pairs:
            if not _same_results(pair):
                found = self._replayed(pair, "forward")
                if found is not None:
                    return found
        return None

    def backward(self) -> Located | None:
        """The first call, as gradients flow, that sends other gradients for the same ones."""
        for pair in sorted(self.pairs, key=lambda p: p.theirs.when):
            if pair.theirs.when and not _same_gradients(pair):
                found = self._replayed(pair, "backward")
                if found is not None:
                    return found
        return None

    def _replayed(self, pair: Pair, direction: str) -> Located | None:
        """What the call alone shows; None where it agrees."""
        call = pair.theirs
        try:
            seen = Replay(call).compare(self.mine, self.theirs)
        except ValueError:  # it cannot be said to another engine: as the trace has it
            return self._as_traced(pair, direction)
        if seen.unsupported and not (pair.mine.outputs or pair.mine.written):  # it did raise
            return self._found(call, "forward", "", problem=f"it raises {seen.unsupported}")
        if seen.agreed or seen.unsupported:  # it cannot be run alone
            return self._as_traced(pair, direction)
        if seen.ok:
            return None
        if seen.problem:
            return self._found(call, direction, "", problem=seen.problem)
        wrong = [f for f in seen.findings if not f.ok]
        values = [f for f in wrong if f.what.startswith("value")]
        worst = max(values or wrong, key=lambda f: f.judgement.share if f.judgement else 0)
        way = "forward" if values else "backward"
        return self._found(call, way, worst.what, worst.judgement)

    def _as_traced(self, pair: Pair, direction: str) -> Located | None:
        forward = direction == "forward"
        agree = all(
            _close(a.array, b.array) for a, b in zip(pair.mine.inputs, pair.theirs.inputs)
        ) and (forward or _close_all(pair.mine.arrived, pair.theirs.arrived))
        if not agree:
            return None
        a, b = _results(pair) if forward else (pair.mine.sent, pair.theirs.sent)
        worst = _worst(a, b)
        what = "value" if forward else "gradient of input"
        return self._found(pair.theirs, direction, f"{what} {worst[0]}", worst[1])

    def _found(
        self,
        call: Call,
        direction: str,
        tensor: str,
        judgement: Judgement | None = None,
        **more: Any,
    ) -> Located:
        told = None if more.get("interaction") else self._source(call, direction)
        return _located(call.place, call.op, direction, tensor, told, judgement,
                        call=call, module=call.module, **more)  # fmt: skip

    def _source(self, call: Call | Update, direction: str) -> tuple[str, int] | None:
        try:
            return self.mine.source(call, direction, self.theirs)
        except Exception:  # what is located is worth more than its line
            return None

    # -------------------------------------------------------------- between calls

    def added(self, candidate: Trace, reference: Trace) -> Located | None:
        """A tensor whose whole gradient is another, though the calls sent it the same parts."""
        for numbers, producer, a, b in self._wholes(candidate, reference):
            if a is not None and _close(a, b):
                continue
            users = [p for p in self.pairs if _sent_to(p.theirs, numbers[1]) is not None]
            parts = [
                [_sent_to(call, n) for call in calls] for n, calls in zip(numbers, zip(*users))
            ]
            sums = [_sum(part) for part in parts]
            if sums[0] is None or sums[1] is None or not _close(*sums):
                continue
            if not _close(sums[1], b):
                continue  # views and what was written since take other ways
            told = f"the {len(users)} gradients sent to this tensor agree, what arrives does not"
            problem = "" if a is not None else "no gradient arrived"
            judgement = judge(a, b) if a is not None and a.shape == b.shape else None
            around = [p.theirs for p in users] + ([producer] if producer else [])
            call = producer or users[0].theirs
            return self._found(call, "backward", "its gradient", judgement, interaction=told,
                               problem=problem, around=around)  # fmt: skip
        return None

    def _wholes(self, candidate: Trace, reference: Trace) -> Iterator[tuple]:
        """(its numbers, the call it came from, both whole gradients) of each tensor."""
        for pair in sorted(self.pairs, key=lambda p: p.theirs.when):
            for k, b in pair.theirs.arrived.items():
                if k >= len(pair.mine.outputs):
                    continue
                numbers = tuple(call.outputs[k].tensor for call in pair)
                yield numbers, pair.theirs, pair.mine.arrived.get(k), b
        seen = set()
        for pair in self.pairs:
            for x, y in zip(pair.mine.inputs, pair.theirs.inputs):
                whole = reference.totals.get(y.tensor)
                if whole is not None and y.tensor not in seen:
                    seen.add(y.tensor)
                    yield (x.tensor, y.tensor), None, candidate.totals.get(x.tensor), whole

    def update(self, candidate: Trace, reference: Trace) -> Located | None:
        """An optimizer that makes something else of the same gradients."""
        for mine, theirs in zip_longest(candidate.updates, reference.updates):
            if theirs is None or (mine is not None and updates.same(mine, theirs)):
                continue
            finding = updates.compare(theirs, self.mine, self.theirs)
            if finding is None:
                continue
            tensor, judgement, problem = finding
            told = self._source(theirs, "update")
            op = theirs.name.rpartition(".")[2]
            return _located(theirs.place, op, "update", tensor, told, judgement,
                            problem=problem, update=theirs)  # fmt: skip
        return None

    def interaction(self) -> Located | None:
        """A call that agrees alone and not in the trace: in the forward, else in the backward."""
        sweep = sorted((p for p in self.pairs if p.theirs.when), key=lambda p: p.theirs.when)
        orders = ("forward", self.pairs, _same_results), ("backward", sweep, _same_gradients)
        for direction, pairs, same in orders:
            for pair in pairs:
                wrong = [] if same(pair) else self._in_trace(pair.mine, direction)
                if wrong:
                    worst = max(wrong, key=lambda f: f.judgement.share)
                    return self._between(pair, direction, worst.what, worst.judgement)
        return None

    def _in_trace(self, call: Call, direction: str) -> list[local.Finding]:
        """What a call left in the trace and the reference makes otherwise of the same tensors."""
        try:
            found = Replay(call).recorded(self.theirs)
        except ValueError:
            return []
        way = "value" if direction == "forward" else "gradient"
        return [f for f in found if not f.ok and f.what.startswith(way)]

    def _between(self, pair: Pair, direction: str, tensor: str, judgement: Judgement) -> Located:
        tensors = {v.tensor for v in (*pair.theirs.inputs, *pair.theirs.outputs)}
        around = [
            p.theirs
            for p in self.pairs
            if any(v.tensor in tensors for v in (*p.theirs.inputs, *p.theirs.outputs))
        ]
        said = "the call alone agrees: what differs is what it shares with the calls around it"
        return self._found(
            pair.theirs, direction, tensor, judgement, interaction=said, around=around
        )


def _located(
    place: Place,
    op: str,
    direction: str,
    tensor: str,
    told: tuple[str, int] | None,
    judgement: Judgement | None,
    **more: Any,
) -> Located:
    engine, text = "", ""
    if told is not None:
        engine, text = f"{short(told[0])}:{told[1]}", source_line(*told)
    error, budget, term = (
        (float("inf"), 0.0, "exact")
        if judgement is None
        else (judgement.error, judgement.budget, judgement.term)
    )
    model = f"{short(place.file)}:{place.line}", source_line(place.file, place.line)
    return Located(0, tensor, op, direction, engine, text, *model, error, budget, term, **more)


def source_line(file: str, line: int) -> str:
    """The text of one line of source."""
    return linecache.getline(file, line).strip()


def short(file: str) -> str:
    """A path as one reads it from here."""
    here = os.getcwd() + os.sep
    return file.removeprefix(here)


# ------------------------------------------------------------------ what agrees

Arrays = Mapping[int, np.ndarray]


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays differ by rounding at most: no replay is needed to say so."""
    return a.shape == b.shape and a.dtype == b.dtype and judge(a, b).ok


def _close_all(a: Arrays, b: Arrays) -> bool:
    """The same for arrays by number; one that is not there is 0."""
    return all(_close(*_both(a, b, key)) for key in {*a, *b})


def _both(a: Arrays, b: Arrays, key: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = a.get(key), b.get(key)
    return (
        np.zeros_like(b[key]) if x is None else x,
        np.zeros_like(a[key]) if y is None else y,
    )


def _results(pair: Pair) -> tuple[dict, dict]:
    """What came back and what was written, by number."""
    a, b = (
        dict(enumerate([*(v.array for v in call.outputs), *call.written.values()])) for call in pair
    )
    return a, b


def _same_results(pair: Pair) -> bool:
    a, b = _results(pair)
    return a.keys() == b.keys() and _close_all(a, b)


def _same_gradients(pair: Pair) -> bool:
    return _close_all(pair.mine.sent, pair.theirs.sent)


def _worst(a: Arrays, b: Arrays) -> tuple[int, Judgement]:
    """The number of the tensor that differs most, and by how much."""
    judged = {
        key: judge(x, y) if x.shape == y.shape else Judgement(np.inf, "exact", np.inf, 0.0, 0.0)
        for key in {*a, *b}
        for x, y in [_both(a, b, key)]
    }
    return max(judged.items(), key=lambda item: item[1].share)


def _sent_to(call: Call, tensor: int) -> np.ndarray | None:
    numbers = [i for i, v in enumerate(call.inputs) if v.tensor == tensor and i in call.sent]
    return _sum(call.sent[i] for i in numbers)


def _sum(arrays: Iterator[np.ndarray | None]) -> np.ndarray | None:
    total = None
    for array in arrays:
        if array is not None:
            total = array if total is None else total + array
    return total
