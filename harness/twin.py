"""A function or a training step on two engines, compared and told in words: what `twin` does.

>>> from harness import Twin, find
>>> twin = Twin(find("minitorch"), find("minitorch"))
>>> made = twin(lambda T, x: T.softmax(x, -1), shapes=[(4, 5)])  # raises Differs
>>> made.ok, made.order, [finding.what for finding in made.findings][:2]
(True, 2, ['value', 'gradient of input 0'])

In a test the fixture `twin` of pytest_plugin.py is one of these.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from harness.backends import Backend
from harness.judging import TERM_NAMES
from harness.local import Comparison, Finding, compare, evaluate
from harness.ops.measure import ratio
from harness.tolerance import FACTOR, SAID
from harness.trial import Build, Trial, train

SMALL, LARGE = np.float32(0.01), np.float32(30)

GIVEN = "as given"

Record = dict[str, Any]
"""What is kept of a comparison: plain values, as `harness.twin/1` in JSON has them."""


class Differs(AssertionError):
    """The engines differ; the message says where, by how much, and what allowed how much."""


@dataclass
class Twin:
    """Compares what it is called with on two engines, raises where they differ, and keeps records.

    `records` hold every comparison, also those that passed.
    """

    candidate: Backend
    reference: Backend
    steps: int = 10
    test: str = ""
    records: list[Record] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<{self.candidate.name} beside {self.reference.name}>"

    def __call__(
        self,
        function: Callable | tuple[Callable, Callable],
        shapes: Sequence[Sequence[int]] = (),
        inputs: Sequence[Any] | None = None,
        order: int = 2,
        constant: Sequence[int] = (),
        edges: bool = False,
        seed: int = 0,
        raises: bool = False,
    ) -> Comparison:
        """Compare `function(T, *tensors)`: values, gradients and, up to `order`, second ones.

        The tensors are normal numbers of these `shapes`, or the given `inputs`; no gradient is
        asked of those in `constant`. With `edges` also zeros, ties, other scales, empty and
        broadcast inputs. On the given inputs something has to be compared, or, with `raises`, both
        engines have to raise the same. Returns the comparison that used most of its budget.
        Raises: Differs.
        """
        __tracebackhide__ = True  # a test's traceback ends at its own line
        arrays = draw(shapes, seed) if inputs is None else [as_input(a) for a in inputs]
        found: list[Comparison] = []
        place = calling_line()
        for label, tried in variants(arrays, edges):
            made = compare(function, tried, self.candidate, self.reference, order, constant, seed)
            if label == GIVEN and made.ok and not (made.agreed if raises else made.findings):
                made.problem = "nothing raised" if raises else f"nothing compared: {made}"
            record = self._record(label, tried, made, place)
            self.records.append(record)
            found.append(made)
            if made.ok:
                continue
            message, located = self._message(label, tried, made), None
            if made.problem:
                record |= self._raised_at(function, tried, order, frozenset(constant), seed)
            elif not made.unsupported and not isinstance(function, tuple):
                located = self._locate(function, tried, frozenset(constant), seed)
            raise Differs(f"{message}{born(located, record)}")
        return max(found, key=_share)

    def train(self, build: Build, steps: int | None = None, seed: int = 0) -> Trial:
        """Train what `build(T)` makes, `steps` times, on both engines; see trial.py.

        Every loss, gradient, parameter and random state of every step is compared.
        Raises: Differs.
        """
        __tracebackhide__ = True
        place = calling_line()
        made = train(build, self.candidate, self.reference, steps or self.steps, seed)
        record = {"test": self.test, "file": place[0], "line": place[1], "inputs": "training"}
        self.records.append(record | trained(made))
        if not made.ok:
            mine, theirs = self.candidate.name, self.reference.name
            verb = "lacks what is trained on" if made.unsupported else "trains otherwise than"
            told = born(made.located, self.records[-1])
            raise Differs(f"{mine} {verb} {theirs}: {made}{told}")
        return made

    def _record(
        self, label: str, inputs: Sequence[np.ndarray], made: Comparison, place: tuple[str, int]
    ) -> Record:
        """What is kept of a comparison."""
        record: Record = {
            "test": self.test,
            "file": place[0],
            "line": place[1],
            "inputs": label,
            "shapes": [list(a.shape) for a in inputs],
            "dtypes": [str(a.dtype) for a in inputs],
            "order": made.order,
            "verdict": verdict(made),
            "said": str(made),
            "odd": made.odd,
        }
        return record | (judged(made.worst) if made.worst else {})

    def _message(self, label: str, inputs: Sequence[np.ndarray], made: Comparison) -> str:
        """The difference in a few lines."""
        mine, theirs = self.candidate.name, self.reference.name
        shown = ", ".join(f"{a.dtype}{list(a.shape)}" for a in inputs)
        if made.unsupported:
            first, more = f"{mine} lacks what {theirs} has", [f"  lacks    {made.unsupported}"]
        elif made.problem:
            first, more = f"{mine} differs from {theirs}", [f"  problem  {made.problem}"]
        else:
            wrong = [f for f in made.findings if not f.ok]
            first = f"{wrong[0].what} differs on {mine} and {theirs}"
            more = [*_told(wrong[0]), f"  wrong    {mine}: the other witnesses contradict it"]
            if also := ", ".join(f.what for f in wrong[1:]):
                more.insert(-1, f"  also     {also}")
        return "\n".join([first, f"  inputs   {label}: {shown}", *more])

    def _locate(self, function: Callable, inputs: Any, constant: Any, seed: int) -> Any:
        """The first call of the function that differs, where both engines can be listened to."""
        engines = self.candidate, self.reference
        if any("training" not in engine.capabilities for engine in engines):
            return None
        from harness import locate
        from harness.locate.observe import observing

        traces = []
        for engine in engines:
            with observing(engine) as trace:
                evaluate(function, inputs, engine, 1, constant, seed)
            traces.append(trace)
        if not all(trace.calls for trace in traces):  # names that could not be replaced
            return None
        return locate.step(*traces, *engines)

    def _raised_at(
        self, function: Any, inputs: Any, order: int, constant: Any, seed: int
    ) -> Record:
        """The line of the engine that raised, where the candidate did."""
        mine = function[0] if isinstance(function, tuple) else function
        raised = evaluate(mine, inputs, self.candidate, order, constant, seed).raised
        place = engine_line(raised.error.__traceback__, self.candidate) if raised else None
        return {"engine_file": place[0], "engine_line": place[1]} if place else {}


# --- what is compared -----------------------------------------------------------------------------


def draw(shapes: Sequence[Sequence[int]], seed: int = 0) -> list[np.ndarray]:
    """Normal numbers of these shapes.

    >>> [a.shape for a in draw([(2, 3), ()])]
    [(2, 3), ()]
    """
    random = np.random.default_rng(seed)
    return [np.asarray(random.standard_normal(tuple(shape)), np.float32) for shape in shapes]


def as_input(value: Any) -> np.ndarray:
    """An array; Python's and NumPy's float64 become float32, as torch's default is."""
    array = np.asarray(value)
    return array.astype(np.float32) if array.dtype == np.float64 else array


def variants(
    inputs: Sequence[np.ndarray], edges: bool = True
) -> Iterator[tuple[str, list[np.ndarray]]]:
    """The inputs as they are and, with `edges`, where engines go wrong.

    >>> [label for label, _ in variants(draw([(2, 3), (2, 3)]))]
    ['as given', 'zeros', 'ties', 'small', 'large', 'empty', 'broadcast']
    """
    given = list(inputs)
    yield GIVEN, given
    if not edges:
        return
    changes: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "zeros": np.zeros_like,
        "ties": np.round,
        "small": lambda a: a * SMALL,
        "large": lambda a: a * LARGE,
    }
    for label, change in changes.items():
        yield label, [change(a) if a.dtype.kind == "f" else a for a in given]
    if any(a.ndim for a in given):
        yield "empty", [a[:0] if a.ndim else a for a in given]
    if len(given) > 1 and given[-1].ndim:
        yield "broadcast", [*given[:-1], given[-1][:1]]


# --- what is told ---------------------------------------------------------------------------------


def verdict(made: Comparison) -> str:
    """One word: pass, numbers, structure, unsupported; reference or undefined where those say so.

    `reference`: that is the engine that is wrong. `undefined`: there is no derivative.
    """
    if made.unsupported:
        return "unsupported"
    if made.problem:
        return "structure"
    if all(f.ok for f in made.findings):
        return "pass"
    return made.odd if made.ok else "numbers"


def judged(finding: Finding) -> Record:
    """The numbers of one tensor."""
    j = finding.judgement
    return {
        "tensor": finding.what,
        "error": j.error,
        "budget": j.budget,
        "term": j.term,
        "share": j.share,
        "err_ratio": ratio(j),
    }


def born(located: Any, record: Record) -> str:
    """Where a difference was born, in lines for the message; the record learns it too."""
    if located is None:
        return ""
    record["first_op"] = f"{located.direction} of {located.op}"
    file, _, line = located.engine_line.rpartition(":")
    if file:
        record |= {"engine_file": file, "engine_line": int(line)}
    lines = [f"  born in  {record['first_op']}"]
    if located.engine_line:
        lines.append(f"  engine   {located.engine_line}   {located.engine_source_text}")
    lines.append(f"  test     {located.model_line}   {located.model_source_text}")
    return "".join(f"\n{line.rstrip()}" for line in lines)


def trained(made: Trial) -> Record:
    """What is kept of a training."""
    share, key, step = made.worst
    record: Record = {"steps": made.judge.steps, "said": str(made), "odd": ""}
    if key:
        series = made.judge.series[key]
        at = step - 1
        record |= {
            "tensor": f"{key}, step {step}",
            "error": float(series["relative"][at]),
            "budget": float(series["budget"][at]),
            "term": TERM_NAMES[int(series["term"][at])],
            "share": share,
        }
        ratio = made.judge.accuracy()
        record |= {"err_ratio": ratio[0]} if ratio else {}
    if made.unsupported or made.judge.problem:
        return record | {"verdict": "unsupported" if made.unsupported else "structure"}
    return record | {"verdict": "numbers" if made.divergence else "pass"}


def calling_line() -> tuple[str, int]:
    """The file and line outside of the harness that is being executed."""
    frame = inspect.currentframe()
    here = str(Path(__file__).parent)
    while frame is not None and frame.f_code.co_filename.startswith(here):
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) if frame else ("", 0)


def engine_line(traceback: TracebackType | None, backend: Backend) -> tuple[str, int] | None:
    """The innermost line of a traceback that is the engine's own."""
    home = getattr(backend.namespace(), "__file__", None)
    if home is None:
        home = getattr(sys.modules[type(backend).__module__], "__file__", None)
    found = None
    while traceback is not None and home:
        file = traceback.tb_frame.f_code.co_filename
        inside = Path(home).parent if Path(home).name == "__init__.py" else Path(home)
        if Path(file) == inside or inside in Path(file).parents:
            found = file, traceback.tb_lineno
        traceback = traceback.tb_next
    return found


def _told(finding: Finding) -> list[str]:
    j = finding.judgement
    lines = [f"  tensor   {finding.what}, element {j.where}"]
    if j.term == "exact":
        return [*lines, "  error    not equal, where it is a whole number, a NaN or an infinity"]
    return [
        *lines,
        f"  error    {j.error:.3g}, budget {j.budget:.3g}: {j.share:.3g} times the budget",
        f"  set by   {SAID[j.term]}{j.budget / FACTOR:.3g} x {FACTOR:g}",
    ]


def _share(made: Comparison) -> float:
    return made.worst.judgement.share if made.worst else -1.0
