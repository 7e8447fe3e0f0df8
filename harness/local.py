"""One function on two engines: values, gradients, second gradients, and who is right.

    found = compare(lambda T, x: T.softmax(x, -1), [x], candidate, reference)
    found.ok            # within the derived budget: see tolerance.py
    found.worst         # the tensor that uses most of it
    found.odd           # where they differ: "candidate", or "reference" when that is the wrong one

Four witnesses are heard: both engines in float32, the reference in float64 on the same numbers,
and, where they disagree, the difference quotient in float64 of the candidate's own: quotient.py.
Cotangents are uneven random numbers: with ones, softmax and normalizations have no gradient.
"""

from __future__ import annotations

import re
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from harness.backends import Backend
from harness.tolerance import Judgement, judge, one_ulp_away

MOVES = 2
"""How many times the inputs are moved by an ulp."""

CLOSER = 6
"""How many times more where a result seems wrong."""

FARTHER, ULPS = 4, 256
"""And how many times by how many ulps, for what the reference is off alone: where a function is
flat, as tanh is of large numbers, it rounds alike on all inputs an ulp apart, by luck or not."""

Function = Callable[..., Any]
"""`function(T, *tensors)`: torch's words on engine T; returns tensors, in lists as it may."""

Cotangents = Sequence["np.ndarray | None"]
"""The gradients that are sent back, one for each output; None, or none at all, for random ones."""


FAULTS = ("raised", "lenient", "exception", "wants", "tensors", "shape", "dtype")
"""Problems of structure: the candidate raises, the reference alone raises, they raise different
types; another output requires a gradient, there are other tensors, of other shapes or dtypes."""


class With(NamedTuple):
    """What a function may return: its value, and further leaves to differentiate by, by name."""

    value: Any
    leaves: dict[str, Any]


class Finding(NamedTuple):
    """One tensor: what it is, and how it was judged; `problem` where it could not be."""

    what: str  # "value", "gradient of input 1", "second gradient of input 0" ...
    judgement: Judgement | None = None
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether the candidate is right here."""
        return self.judgement is not None and self.judgement.ok


@dataclass
class Comparison:
    """What one function on one set of inputs shows."""

    findings: list[Finding] = field(default_factory=list)
    problem: str = ""  # of structure: shapes, dtypes, exceptions
    fault: str = ""  # what kind of problem: one of FAULTS
    unsupported: str = ""  # what the candidate lacks; nothing was compared
    agreed: str = ""  # the exception that both raise
    beyond: str = ""  # what the reference says it has not, though the candidate has
    odd: str = ""  # "candidate" or "reference": whom the others contradict; or "undefined"
    order: int = 0  # the highest derivative that was compared

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against the candidate."""
        fine = not self.problem and all(f.ok for f in self.findings)
        return not self.unsupported and (fine or self.odd in ("reference", "undefined"))

    @property
    def worst(self) -> Finding | None:
        """The tensor that uses most of its budget; None where none was compared."""
        judged = [f for f in self.findings if f.judgement]
        return max(judged, key=lambda f: f.judgement.share, default=None)

    def __str__(self) -> str:
        if self.unsupported:
            return f"unsupported: {self.unsupported}"
        if self.problem:
            return self.problem
        if self.beyond:
            return f"beyond the reference: {self.beyond}"
        if self.agreed:
            return f"both raise {self.agreed}"
        worst = self.worst
        return "nothing to compare" if worst is None else f"{worst.what}: {worst.judgement}"


STAGES = ("forward", "backward", "double backward")


class Raised(NamedTuple):
    """An exception in place of a result."""

    error: Exception
    when: str  # one of STAGES

    @property
    def name(self) -> str:
        """The exception's type."""
        return type(self.error).__name__.lstrip("_")

    @property
    def lacking(self) -> bool:
        """Whether it says that an engine does not have something; backwards it says so plainly."""
        plain = isinstance(self.error, NotImplementedError)
        return is_missing(self.error) and (plain or self.when == "forward")

    def __str__(self) -> str:
        said = str(self.error).strip().splitlines()
        return f"{self.name} in {self.when}{f': {said[0]:.200}' if said else ''}"


class Outcome(NamedTuple):
    """What one engine makes of a function: arrays by what they are."""

    arrays: dict[str, np.ndarray]
    wants: tuple[bool, ...]  # which outputs require a gradient
    order: int
    raised: Raised | None = None

    def up_to(self, order: int) -> Outcome:
        """What there is of it up to the derivative of `order`."""
        beyond = ("gradient", "second gradient")[order:]
        arrays = {k: a for k, a in self.arrays.items() if not k.startswith(beyond)}
        return self._replace(arrays=arrays, order=min(order, self.order), raised=None)


class Expected:
    """What the reference says of a function on some inputs, computed when it is first asked for.

    Kept, it spares `compare` three quarters of its work on another candidate.
    """

    def __init__(
        self,
        function: Function,
        inputs: Sequence[np.ndarray],
        reference: Backend,
        order: int = 2,
        constant: Sequence[int] = (),
        seed: int = 0,
        moves: int = MOVES,
        cotangents: Cotangents = (),
    ) -> None:
        self.function, self.inputs, self.reference = function, inputs, reference
        self.order, self.moves = order, moves
        self.ask: dict[str, Any] = {
            "constant": frozenset(constant), "seed": seed, "cotangents": cotangents
        }  # fmt: skip

    @cached_property
    def outcome(self) -> Outcome:
        """The reference in float32."""
        return evaluate(self.function, self.inputs, self.reference, self.order, **self.ask)

    @cached_property
    def witnesses(self) -> tuple[dict[str, np.ndarray], list[dict[str, np.ndarray]]]:
        """The reference in float64, see `witnesses`."""
        order = self.outcome.order
        return witnesses(self.function, self.inputs, self.reference, order, self.moves, **self.ask)

    @cached_property
    def closer(self) -> list[tuple[dict[str, np.ndarray], dict[str, np.ndarray]]]:
        """The reference on inputs an ulp away, the last ones ULPS, in float32 and in float64.

        One float32 result may be right by luck, most of all a short one; what the reference is off
        is the most that it is off here.
        """
        made = []
        for seed in range(MOVES, MOVES + CLOSER + FARTHER):
            ulps = 1 if seed < MOVES + CLOSER else ULPS
            narrow = [_moved(a, seed, ulps).astype(a.dtype) for a in self.inputs]
            moved = [a.astype(np.float64) if a.dtype.kind == "f" else a for a in narrow]
            order, ask = self.outcome.order, {**self.ask, "moved": seed}
            theirs = evaluate(self.function, narrow, self.reference, order, **ask)
            with self.reference.widened():
                truth = evaluate(self.function, moved, self.reference, order, **ask)
            made.append((theirs.arrays, truth.arrays))
        return made

    def judged(
        self, what: str, array: np.ndarray, theirs: np.ndarray, thoroughly: bool = False
    ) -> Judgement:
        """The candidate's `array` against the reference's; `thoroughly`: on `closer` inputs too."""
        truth, moved = self.witnesses
        true, others = truth.get(what), [m[what] for m in moved if what in m]
        if true is not None and true.shape != array.shape:
            true, others = None, []
        pairs: list[tuple[np.ndarray, np.ndarray]] = []
        if thoroughly and true is not None:
            fit = [
                what in a and what in b and a[what].shape == b[what].shape == array.shape
                for a, b in self.closer
            ]
            pairs = [(a[what], b[what]) for (a, b), fits in zip(self.closer, fit) if fits]
            others += [b for _, b in pairs[: sum(fit[:CLOSER])]]
        least = floor(what, self.ask["cotangents"])
        return judge(array, theirs, true, others, least, pairs)

    def up_to(self, order: int) -> Outcome:
        """The reference in float32 up to the derivative of `order`, which is 1 at least."""
        whole = self.outcome
        there = STAGES.index(whole.raised.when) if whole.raised else whole.order
        return whole if order >= there else whole.up_to(order)


def compare(
    function: Function | tuple[Function, Function],
    inputs: Sequence[np.ndarray],
    candidate: Backend,
    reference: Backend,
    order: int = 2,
    constant: Sequence[int] = (),
    seed: int = 0,
    moves: int = MOVES,
    known: Expected | None = None,
    cotangents: Cotangents = (),
) -> Comparison:
    """Compare `function` on the two engines, up to the derivative of `order`.

    `function` may be a pair: the candidate's words and the reference's. Floating inputs ask for a
    gradient, those in `constant` apart. What an exception is for one engine has to be one of the
    same type for the other; what the candidate does not have at all is `unsupported`. `known` is
    what the reference said when it was asked before. `cotangents` are those of the outputs in
    order, None for a random one.
    """
    mine, theirs = function if isinstance(function, tuple) else (function, function)
    ask = {"constant": frozenset(constant), "seed": seed, "cotangents": cotangents}
    if order > 1 and "double backward" not in candidate.capabilities:
        order = 1
    known = known or Expected(theirs, inputs, reference, order, constant, seed, moves, cotangents)
    expected = known.up_to(order)
    found = evaluate(mine, inputs, candidate, order, **ask)
    made = Comparison(order=min(found.order, expected.order))
    if found.raised and found.raised.lacking and not expected.raised:
        made.unsupported = str(found.raised)
        return made
    if lacks(expected) and (not found.raised or lacks(found)):
        made.order = min(found.order, expected.order)
        wants = expected.wants  # torch's outputs ask for gradients that it then has not
        found, expected = (o.up_to(made.order)._replace(wants=wants) for o in (found, expected))
    if expected.raised and not found.raised and _NARROW.search(str(expected.raised.error)):
        made.beyond = str(expected.raised)
        return made
    made.fault, made.problem = structure(found, expected, candidate.name, reference.name)
    if found.raised and expected.raised and not made.problem:
        made.agreed = found.raised.name
    if made.problem:
        return made
    truth = known.witnesses[0]
    for what, array in found.arrays.items():
        if what not in expected.arrays:
            continue
        judgement = known.judged(what, array, expected.arrays[what])
        if not judgement.ok and judgement.term != "exact":
            judgement = known.judged(what, array, expected.arrays[what], thoroughly=True)
        made.findings.append(Finding(what, judgement))
    wrong = [f.what for f in made.findings if not f.ok]
    if wrong:
        from harness import quotient

        seen = {
            quotient.verdict(
                what, found.arrays[what], truth.get(what), mine, inputs, candidate, found.wants, ask
            )
            for what in wrong
        }
        made.odd = next(odd for odd in ("candidate", "reference", "undefined") if odd in seen)
    return made


def evaluate(
    function: Function,
    inputs: Sequence[np.ndarray],
    backend: Backend,
    order: int = 2,
    constant: frozenset[int] = frozenset(),
    seed: int = 0,
    moved: int | None = None,
    cotangents: Cotangents = (),
) -> Outcome:
    """Values and derivatives of `function` on one engine, as arrays.

    `moved`: the cotangents are moved by an ulp too, with this seed.
    """
    made, when = Outcome({}, (), 0), "forward"
    arrays: dict[str, np.ndarray] = {}
    backend.seed(seed)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wanted = [
                i
                for i, a in enumerate(inputs)
                if order > 0 and a.dtype.kind in "fV" and i not in constant
            ]
            leaves = [backend.tensor(a, i in wanted) for i, a in enumerate(inputs)]
            made_of = function(backend.namespace(), *leaves)
            value, further = made_of if isinstance(made_of, With) else (made_of, {})
            outputs = list(tensors_in(value, backend))
            arrays |= _named("value", [backend.numpy(o) for o in outputs])
            made = Outcome(arrays, tuple(map(backend.wants_gradient, outputs)), 0)
            starts = [o for o in outputs if backend.wants_gradient(o)]
            fixed = _for_starts(made.wants, cotangents)
            asked = [*(leaves[i] for i in wanted), *further.values()]
            if not (order and starts and asked):
                return made
            when = "backward"
            given = [
                _cotangent(backend, o, moved, k, fixed[k], order > 1) for k, o in enumerate(starts)
            ]
            names = [*(f"input {i}" for i in wanted), *further]
            first = backend.grad(starts, asked, given, create_graph=order > 1)
            arrays |= _gradients("gradient", names, first, asked, backend)
            made = made._replace(order=1)
            if order < 2:
                return made
            when = "double backward"
            again = [
                (k, g) for k, g in enumerate(first) if g is not None and backend.wants_gradient(g)
            ]
            weights = [_cotangent(backend, g, moved, 50 + k) for k, g in again]
            second = [None] * (len(asked) + len(given))  # a constant gradient has derivative 0
            if again:
                second = backend.grad([g for _, g in again], [*asked, *given], weights)
            names += [f"input {len(inputs) + k}" for k in range(len(given))]
            arrays |= _gradients("second gradient", names, second, [*asked, *given], backend)
            return made._replace(order=2)
    except Exception as error:  # an engine may refuse in any words
        return made._replace(raised=Raised(error, when))


def witnesses(
    function: Function,
    inputs: Sequence[np.ndarray],
    reference: Backend,
    order: int,
    moves: int = MOVES,
    **ask: Any,
) -> tuple[dict[str, np.ndarray], list[dict[str, np.ndarray]]]:
    """The reference in float64: the truth, and what it is with every input moved by an ulp."""
    if "float64" not in reference.capabilities:
        return {}, []
    with reference.widened():
        wide = [a.astype(np.float64) if a.dtype.kind in "fV" else a for a in inputs]
        truth = evaluate(function, wide, reference, order, **ask)
        moved = [
            evaluate(
                function, [_moved(a, seed) for a in inputs], reference, order, moved=seed, **ask
            ).arrays
            for seed in range(moves)
        ]
    return truth.arrays, moved


def tensors_in(value: Any, backend: Backend) -> Iterator[Any]:
    """The tensors of a nest of lists, tuples and dicts, in order."""
    if backend.is_tensor(value):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from tensors_in(part, backend)
    elif isinstance(value, dict):
        for part in value.values():
            yield from tensors_in(part, backend)


def is_missing(error: Exception) -> bool:
    """Whether an exception says that an engine does not have something."""
    return isinstance(error, (NotImplementedError, AttributeError))


def cotangent(shape: Sequence[int], number: int = 0) -> np.ndarray:
    """Uneven numbers in [-1, 1) that float32 holds too, the same in every run."""
    key = zlib.crc32(repr((tuple(shape), number)).encode())
    return np.random.default_rng(key).uniform(-1, 1, tuple(shape)).astype(np.float32)


_LACKS = re.compile(r"not (yet )?(implemented|differentiable)|undefined Tensor")


_NARROW = re.compile(r"not implemented for '|contiguous|with a bool tensor is not supported")
"""What torch says where a kernel of its lacks a dtype or a layout that its other kernels take."""


def lacks(outcome: Outcome) -> bool:
    """Whether an engine has the value but says of a derivative that it is not written."""
    raised = outcome.raised
    return (
        raised is not None and raised.when != "forward" and bool(_LACKS.search(str(raised.error)))
    )


def _for_starts(wants: Sequence[bool], cotangents: Cotangents) -> list[np.ndarray | None]:
    """The given cotangents of those outputs that require a gradient."""
    padded = [*cotangents, *[None] * len(wants)]
    return [c for c, wanted in zip(padded, wants) if wanted]


def _cotangent(
    backend: Backend,
    output: Any,
    moved: int | None,
    number: int,
    fixed: np.ndarray | None = None,
    wants: bool = False,
) -> Any:
    values = backend.numpy(output)
    given = cotangent(values.shape, number) if fixed is None else fixed
    wide = given if moved is None else one_ulp_away(given, moved)
    made = backend.tensor(wide.astype(values.dtype), wants)
    narrow = backend.dtype(output) == "bfloat16"
    return made.bfloat16() if narrow else made


def _moved(array: np.ndarray, seed: int, ulps: int = 1) -> np.ndarray:
    if array.dtype.kind != "f":
        return array
    moved, wide = one_ulp_away(array, seed, array.dtype), array.astype(np.float64)
    far = ulps if array.itemsize > 2 else 1  # of a half these are many
    with np.errstate(invalid="ignore"):  # infinities stay where they are
        return moved if far == 1 else np.where(np.isinf(wide), wide, wide + far * (moved - wide))


def _named(what: str, arrays: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    if len(arrays) == 1:
        return {what: arrays[0]}
    return {f"{what} {number}": array for number, array in enumerate(arrays)}


def _gradients(
    what: str, names: Sequence[str], found: Sequence[Any], asked: Sequence[Any], backend: Backend
) -> dict[str, np.ndarray]:
    """Arrays by what they are; zeros where no gradient arrives."""
    return {
        f"{what} of {name}": np.zeros_like(backend.numpy(x)) if g is None else backend.numpy(g)
        for name, g, x in zip(names, found, asked)
    }


def floor(what: str, cotangents: Cotangents = ()) -> float:
    """The scale below which a gradient is rounding: a part of what was sent backwards.

    Random cotangents are 1 at most.
    """
    if what.startswith("value"):
        return 0.0
    given = [float(np.abs(c).max(initial=0.0)) for c in cotangents if c is not None]
    part = 2.0**-8 if what.startswith("second") else 2.0**-10  # what is differentiated again grows
    return part * max(given, default=1.0)


def structure(found: Outcome, expected: Outcome, mine: str, theirs: str) -> tuple[str, str]:
    """What differs before numbers are looked at: one of FAULTS, and in words."""
    a, b = found.raised, expected.raised
    if (a is None) != (b is None):
        fine, raised = (theirs, f"{mine} raises {a}") if a else (mine, f"{theirs} raises {b}")
        return "raised" if a else "lenient", f"{raised}; {fine} does not"
    if a and b and (a.name, a.when) != (b.name, b.when):
        return "exception", f"{mine} raises {a}; {theirs} {b}"
    if a and b:
        return "", ""
    both = "{} on " + mine + ", {} on " + theirs
    if found.wants != expected.wants:
        wants = both.format(list(found.wants), list(expected.wants))
        return "wants", f"outputs that require a gradient: {wants}"
    if found.arrays.keys() != expected.arrays.keys():
        return "tensors", both.format(sorted(found.arrays), sorted(expected.arrays))
    for what, array in found.arrays.items():
        for fact in ("shape", "dtype"):
            values = getattr(array, fact), getattr(expected.arrays[what], fact)
            if values[0] != values[1]:
                return fact, f"{what}: {fact} {both.format(*values)}"
    return "", ""


# --- difference quotients -----------------------------------------------------------------------

STEP = 1e-6
"""Relative step of the difference quotient: the cube root of float64's eps would be 6e-6."""


def directions(inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """A direction to walk each floating input in."""
    return [cotangent(a.shape, 90 + i).astype(np.float64) for i, a in enumerate(inputs)]


def directional(
    function: Function,
    inputs: Sequence[np.ndarray],
    backend: Backend,
    constant: frozenset[int] = frozenset(),
    seed: int = 0,
    cotangents: Cotangents = (),
    along: Sequence[np.ndarray] = (),
) -> float | None:
    """The difference quotient in float64 of what the cotangents see, along `along`: `directions`.

    None where the function cannot be computed there.
    """
    along = along or directions(inputs)
    seen = []
    for sign in (1.0, -1.0):
        moved = [
            a.astype(np.float64) + sign * STEP * along[i]
            if a.dtype.kind == "f" and i not in constant
            else a
            for i, a in enumerate(inputs)
        ]
        made = evaluate(function, moved, backend, 1, constant, seed, cotangents=cotangents)
        if made.raised and made.raised.when == "forward":
            return None
        values = [a for what, a in made.arrays.items() if what.startswith("value")]
        starts = [a for a, wants in zip(values, made.wants) if wants]
        fixed = _for_starts(made.wants, cotangents)
        given = [
            cotangent(a.shape, k) if fixed[k] is None else fixed[k] for k, a in enumerate(starts)
        ]
        seen.append(sum(float((a * g).sum()) for a, g in zip(starts, given)))
    return (seen[0] - seen[1]) / (2 * STEP)
