"""Do two runs of a program agree? The first statement where they do not, and how.

Structure has to be equal: exceptions by type, dtypes, shapes, strides, flags, who shares memory,
where gradients arrive. Numbers are judged by the derived tolerance of `harness.tolerance`, with the
reference's run in float64 as the truth.

A difference is no fault where the number itself is undetermined. That is told from the reference
alone: its results in float64, with the inputs, or with the inputs and every intermediate result,
moved by one float32 ulp. A float's budget grows by what they move; a whole number or a bool that
becomes another one in any of these runs, and what a branch on it led to, is *ill-conditioned*:
counted, not reported. So is a NaN or an infinity where the reference itself overflowed and float64
does not.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from harness.fuzz.grammar import Program, Statement
from harness.fuzz.runner import Facts, Run, Runner, Witness
from harness.tolerance import judge as judge_array

WITNESSES = (Witness(True), Witness(True, 0), Witness(True, 1), Witness(True, 2, True))
"""The truth, and three runs that say how far it can be trusted."""

SMALLEST = 4.0
"""A gradient that is 0 on paper is rounding of numbers about as large as what was sent backwards,
which is 4 at most: the scale of a gradient's rounding is not smaller."""

WILD = 0.01
"""A relative budget above this says that hardly a digit is determined: what follows has none."""

UNEVEN = 2.25
"""The largest factor in the sum of products at the end of a program."""

STANDARD = frozenset(("layer_norm", "batch_norm", "group_norm", "instance_norm"))
"""They divide by sqrt(variance + 1e-5): of equal numbers, their rounding times 316."""

_BY_OP = frozenset(("value", "dtype", "shape", "strides"))
"""What is wrong in one operation; the rest is wrong in the history of tensors, whatever made it."""


class Difference(NamedTuple):
    """Where two runs part: a statement, or the end (None); a name; what about it."""

    at: int | None
    name: str
    what: str
    op: str
    detail: str
    other: str = ""  # of memory: the name that shares it on one engine alone
    pair: tuple[np.ndarray, np.ndarray] | None = None  # of a value

    @property
    def kind(self) -> tuple[str, str]:
        """What makes two differences the same."""
        return self.op if self.what in _BY_OP or "exc" in self.what else "", self.what

    def __str__(self) -> str:
        where = "at the end" if self.at is None else f"at statement {self.at + 1} ({self.op})"
        return f"{self.what}{f' of {self.name}' if self.name else ''} {where}: {self.detail}"


class Trial:
    """A program on a candidate and a reference; the witnesses run when they are first needed."""

    def __init__(
        self, program: Program, candidate: Runner, reference: Runner, lenient: bool = False
    ) -> None:
        self.program, self.candidate, self.reference = program, candidate, reference
        self.lenient = lenient
        self.mine = candidate.run(program)
        self.theirs = reference.run(program, Witness(lenient=lenient))
        self.ill = 0
        self.excuse = ""
        self.difference = self._first()

    @property
    def agreed(self) -> list[str]:
        """The exception of each statement that both raise."""
        return [
            a.raised if a.raised == b.raised else ""
            for a, b in zip(self.mine.steps, self.theirs.steps)
        ]

    @cached_property
    def witnesses(self) -> list[Run]:
        """The reference's runs in float64."""
        return [
            self.reference.run(self.program, w._replace(lenient=self.lenient)) for w in WITNESSES
        ]

    def _first(self) -> Difference | None:
        """The first difference; what follows an ill-conditioned number is not looked at."""
        for i, (a, b) in enumerate(zip(self.mine.steps, self.theirs.steps)):
            op = self.program.statements[i].op
            if a.raised != b.raised:
                said = (
                    f"{self.candidate.backend.name} {_said(a)}; "
                    f"{self.reference.backend.name} {_said(b)}"
                )
                found = Difference(
                    i, "", f"exception {a.raised or '-'}/{b.raised or '-'}", op, said
                )
                self.ill += self._branched(i)
                return None if self.ill else found
            found = self._parts(i, op, a.facts, b.facts)
            if found or self.ill:
                return found
        op = "end"
        found = self._parts(None, op, self.mine.end, self.theirs.end)
        if found or self.ill:
            return found
        for name, other in self.theirs.shared.items():
            mine = self.mine.shared.get(name)
            if mine != other and self._shares_alike(name):
                return Difference(
                    None,
                    name,
                    "memory",
                    self._maker(name),
                    f"shared with {mine}, not {other}",
                    other if other != name else mine,
                )
        return None

    def _parts(self, i: int | None, op: str, mine: dict, theirs: dict) -> Difference | None:
        for name in [*theirs, *(n for n in mine if n not in theirs)]:
            a, b = mine.get(name), theirs.get(name)
            if a is b is None:
                continue
            said = self._apart(i, name, a, b)
            made = self._maker(name) if i is None else op
            if said:
                pair = (a.value, b.value) if said[0] == "value" and a and b else None
                return Difference(i, name, said[0], made, said[1], pair=pair)
            if self.ill:
                return None
        return None

    def _apart(
        self, i: int | None, name: str, a: Facts | None, b: Facts | None
    ) -> tuple[str, str] | None:
        """What is different about two tensors, and how."""
        if a is None or b is None:
            return "presence", f"{'none' if a is None else 'there'}, not the reference's"
        for fact in ("raised", "dtype", "shape", "requires_grad", "is_leaf", "has_history"):
            if getattr(a, fact) != getattr(b, fact):
                return fact, f"{getattr(a, fact)}, not {getattr(b, fact)}"
        if not np.array_equal(a.value, b.value, equal_nan=a.value.dtype.kind == "f"):
            found = self._numbers(i, name, a.value, b.value)
            if found:
                return found
        if _strides(a) != _strides(b) and self._laid_out_alike(i):
            return "strides", f"{a.strides}, not {b.strides} for shape {a.shape}"
        return None

    def _numbers(
        self, i: int | None, name: str, a: np.ndarray, b: np.ndarray
    ) -> tuple[str, str] | None:
        floating = a.dtype.kind == "f"
        if floating and judge_array(a, b).ok:
            return None
        others = [_of(run, i, name) for run in self.witnesses]
        if any(o is None or o.shape != a.shape for o in others):
            self.ill += 1
            return None
        truth, *moved = others
        if not floating:
            if all(np.array_equal(o, b) for o in others):
                return "value", f"{_short(a)}, not {_short(b)}"
            self.ill += 1
            return None
        judgement = judge_array(a, b, truth, moved, self._floor(name))
        if judgement.ok:
            self.ill += judgement.budget > WILD
            return None
        if self._signs_apart(i):
            self.ill += 1
            return None
        if judgement.term == "exact":  # NaN or infinite
            strange = ~np.isfinite(a) | ~np.isfinite(b)
            clear = np.isfinite(b) | ~np.isfinite(truth) & _same_special(b, truth, moved)
            if not (strange & clear).any():
                self.ill += 1
                return None
        return "value", f"{judgement}: {_short(a)}, not {_short(b)}"

    def _floor(self, name: str) -> float:
        """The scale of the rounding on the way to a tensor, where its own numbers may cancel."""
        statement = self._source(name)
        if name.endswith(".grad") or statement.op.startswith("grad"):
            return SMALLEST
        at = self.program.statements.index(statement)
        sizes = [
            np.abs(f.value[np.isfinite(f.value)], dtype=np.float64)
            for f in (last_seen(self.theirs, at, n) for n in statement.reads)
            if f is not None and f.value.dtype.kind == "f"
        ]
        if statement.op in ("var", "std", "var_mean"):
            return 1e-12
        if statement.op == "loss":
            return UNEVEN * sum(float(size.sum()) for size in sizes)
        if statement.op in STANDARD and (truth := self.theirs.steps[at].facts.get(name)):
            same = np.abs(truth.value).max(initial=0.0) < 0.01  # what differs is rounding alone
            return max((float(s.max(initial=0.0)) for s in sizes), default=0.0) * 316 * same
        return 0.0

    def _source(self, name: str) -> Statement:
        """The statement that made a name, or what it is a view of."""
        statements = self.program.statements
        made = next(s for s in statements if name.removesuffix(".grad") in s.outs)
        return self._source(made.reads[0]) if made.kind == "view" and made.reads else made

    def _signs_apart(self, i: int | None) -> bool:
        """Whether a statement reads a zero or a NaN whose sign is not the reference's.

        These signs are not compared: rounding and the order of equals set them.
        """
        for n in self.program.statements[i].reads if i is not None else ():
            a, b = last_seen(self.mine, i, n), last_seen(self.theirs, i, n)
            if a and b and a.value.shape == b.value.shape and a.value.dtype.kind == "f":
                same = (a.value == b.value) | (np.isnan(a.value) & np.isnan(b.value))
                if (same & (np.signbit(a.value) != np.signbit(b.value))).any():
                    return True
        return False

    def _shares_alike(self, name: str) -> bool:
        """Whether sharing memory says something: not of gradients, nor of what copies or not by
        the strides of a tensor that the two engines lay out differently."""
        if self._maker(name).startswith("grad"):
            return False
        at = next(i for i, s in enumerate(self.program.statements) if name in s.outs)
        pairs = [
            (last_seen(self.mine, at, n), last_seen(self.theirs, at, n))
            for n in self.program.statements[at].reads
        ]
        return all(a and b and a.strides == b.strides for a, b in pairs)

    def _laid_out_alike(self, i: int | None) -> bool:
        """Whether the strides of a statement's results say something.

        Those of views do, and of results of row-major tensors; where a kernel walks others, or
        returns a gradient, is up to the kernel.
        """
        if i is None:
            return False  # they were compared where they were made
        s = self.program.statements[i]
        pairs = [(last_seen(self.mine, i, n), last_seen(self.theirs, i, n)) for n in s.reads]
        if s.kind not in ("view", "call") or any(a is None or b is None for a, b in pairs):
            return False
        alike = {b.shape for _, b in pairs if b}
        return all(
            a.strides == b.strides
            and (s.kind == "view" or layout(b) in ("contiguous", "0-d"))
            and (len(alike) < 2 or _by_rows(b))
            for a, b in pairs
            if a and b
        )

    def _branched(self, i: int) -> bool:
        """Whether the reference itself raises or not at statement `i` depending on an ulp."""
        return any(
            len(run.steps) <= i or run.steps[i].raised != self.theirs.steps[i].raised
            for run in self.witnesses
        )

    def _maker(self, name: str) -> str:
        """The operation that made a name."""
        name = name.removesuffix(".grad")
        return next((s.op for s in self.program.statements if name in s.outs), "")


def _same_special(b: np.ndarray, truth: np.ndarray, moved: list) -> np.ndarray:
    """Where the reference's NaN or infinity is the truth's, and stays it."""
    same = np.ones(b.shape, bool)
    for other in (truth, *moved):
        same &= (b == other) | (np.isnan(b) & np.isnan(other))
    return same


def _said(step: object) -> str:
    raised, message = step.raised, step.message  # type: ignore[attr-defined]
    return f"raises {raised}: {message.splitlines()[0]:.150}" if raised else "does not raise"


def _strides(f: Facts) -> tuple:
    """The strides that matter: of sizes above 1, where there are elements."""
    if 0 in f.shape:
        return ()
    return tuple(s for s, n in zip(f.strides, f.shape) if n > 1)


def _by_rows(f: Facts) -> bool:
    """Whether the strides are those of rows also where a size of 1 leaves them open."""
    return f.strides == tuple(int(np.prod(f.shape[i + 1 :])) for i in range(len(f.shape)))


def _of(run: Run, i: int | None, name: str) -> np.ndarray | None:
    facts = run.end if i is None else run.steps[i].facts if i < len(run.steps) else {}
    found = facts.get(name)
    return None if found is None else found.value


def last_seen(run: Run, i: int, name: str) -> Facts | None:
    """A tensor as it was last seen before statement `i`."""
    found = (step.facts[name] for step in reversed(run.steps[:i]) if name in step.facts)
    return next(found, None)


def layout(facts: Facts) -> str:
    """How a tensor lies in memory."""
    if not facts.shape:
        return "0-d"
    if 0 in facts.shape:
        return "empty"
    dense = 1
    for size, stride in zip(reversed(facts.shape), reversed(facts.strides)):
        if size > 1 and stride == 0:
            return "expanded"
        if size > 1 and stride != dense:
            dense = -1
        dense *= size
    return "contiguous" if dense > 0 else "strided"


def _short(array: np.ndarray) -> str:
    with np.printoptions(precision=7, threshold=8, edgeitems=2):
        return " ".join(str(array).split())
