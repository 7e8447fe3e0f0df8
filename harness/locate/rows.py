"""Which row of minitorch's table is at fault in a call, and where it is written.

The call runs again and the rows that it runs are noted. A rule is wrong where it does not agree
with the difference quotient, in float64, of its own row: no reference is needed to say so. A
forward is wrong where the reference's function of that name says otherwise. Where a kernel stands
over either, it is at fault if what it stands over is right.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from harness import local
from harness.backends import Backend
from harness.locate import sources
from harness.locate.replay import Replay
from harness.locate.trace import Call, Update

WRONG = 1e-6
"""How far a rule may be from the quotient, relative: where there is no kink, 1e-9 is usual."""

_MOST = 200
"""How many runs of rows are looked at: a layer over a sequence runs the same ones many times."""


class Run(NamedTuple):
    """A row and the operands it ran on."""

    row: Any
    operands: tuple
    parameters: dict[str, Any]


def source(
    backend: Backend, call: Call | Update, direction: str, reference: Backend
) -> sources.Line | None:
    """The line of the rule or the forward at fault; that of the public function where none is."""
    if isinstance(call, Update):
        cls = getattr(backend.namespace().optim, call.name.rpartition(".")[2])
        rule = _update_rule(cls)
        if rule is not None:
            return sources.of_code(rule.__code__)
    else:
        runs = ran(backend, call)
        found = (_wrong_rule if direction == "backward" else _wrong_forward)(
            backend, runs, reference
        )
        named = next((run.row for run in runs if run.row.name == call.op), None)
        if found is None and named is not None:
            rules = [_rule(named, 0)] if direction == "backward" else []
            found = next(filter(None, rules), named.forward)
        if found is not None:
            return sources.of_code(found.__code__)
    return sources.public(backend.namespace(), call)


def _update_rule(cls: type) -> Callable | None:
    """The function on arrays that an optimizer updates a parameter with, or what calls it."""
    own = [
        f
        for f in vars(sys.modules[cls.__module__]).values()
        if isinstance(f, FunctionType) and f.__module__ == cls.__module__
        and f.__code__.co_varnames[:1] == ("xp",)
    ]  # fmt: skip
    return getattr(cls, "_rule", None) or next(iter(own), getattr(cls, "_update_group", None))


def ran(backend: Backend, call: Call) -> list[Run]:
    """The rows that run in a call, each once for the same shapes."""
    replay = Replay(call)
    found: dict[tuple, Run] = {}
    with _noted(lambda run: found.setdefault(_key(run), run)):
        local.evaluate(replay.on(backend), replay.arrays, backend, 0, frozenset(replay.constant))
    return list(found.values())[:_MOST]


@contextmanager
def _noted(note: Callable[[Run], Any]) -> Iterator[None]:
    from minitorch.backend import ROWS

    before = {name: row.run for name, row in ROWS.items()}
    for row in ROWS.values():
        row.run = _noting(row, row.run, note)
    try:
        yield
    finally:
        for name, run in before.items():
            ROWS[name].run = run


def _noting(row: Any, run: Callable, note: Callable[[Run], Any]) -> Callable:
    def noting(xp: Any, *operands: Any, **parameters: Any) -> Any:
        kept = tuple(
            np.array(a) if isinstance(a, (np.ndarray, np.generic)) else a for a in operands
        )
        note(Run(row, kept, dict(parameters)))
        return run(xp, *operands, **parameters)

    return noting


def _key(run: Run) -> tuple:
    shapes = tuple(a.shape if isinstance(a, np.ndarray) else repr(a) for a in run.operands)
    return run.row.name, shapes, repr(sorted(run.parameters.items(), key=lambda item: item[0]))


# ------------------------------------------------------------------ the rule


def _wrong_rule(backend: Backend, runs: list[Run], reference: Backend) -> Callable | None:
    """The rule that is furthest from the quotient of its own row."""
    judged = [
        (_distance(backend, run, i), n, _rule(run.row, i), i)
        for n, run in enumerate(runs)
        for i in _live(run)
    ]
    if not judged:
        return None
    distance, n, rule, i = max(judged, key=lambda j: (j[0], j[1]))
    alone = len({id(rule) for _, _, rule, _ in judged}) == 1
    if distance <= WRONG:
        return rule if alone else None
    kernel = _kernel(runs[n].row, "joint" if runs[n].row.joint else i)
    if kernel is not None and _distance(backend.plain(), runs[n], i) <= WRONG:
        return kernel
    return rule


def _live(run: Run) -> list[int]:
    """The operands that a rule of the row is for."""
    row = run.row
    return [
        i
        for i, a in enumerate(run.operands)
        if isinstance(a, np.ndarray) and a.dtype.kind in "fV" and a.size
        and _rule(row, i) is not None
    ]  # fmt: skip


def own_rules(row: Any) -> list[Callable | None]:
    """All rules of a row as they are written."""
    return [_rule(row, i) for i in range(len(row.inputs))]


def _rule(row: Any, i: int) -> Callable | None:
    """The rule of operand `i` as it is written, the joint one where that is it."""
    from minitorch.backend import own_rule

    return own_rule(row, "joint" if row.joint else 0 if row.starred else i)


def _distance(backend: Backend, run: Run, i: int) -> float:
    """How far the rule of operand `i` is from the quotient of the forward, relative."""
    arrays = [a for a in run.operands if isinstance(a, np.ndarray)]
    wide = [a.astype(np.float64) if a.dtype.kind in "fV" else a for a in arrays]
    place = sum(isinstance(a, np.ndarray) for a in run.operands[:i])
    constant = frozenset(range(len(arrays))) - {place}
    function = _applied(run)
    made = local.evaluate(function, wide, backend, 1, constant)
    gradient = made.arrays.get(f"gradient of input {place}")
    if gradient is None:
        return WRONG * 2 if made.raised and made.raised.when == "backward" else 0.0
    # Uphill in every element: what a factor is off by does not cancel in the sum.
    along = local.directions(wide)
    along[place] = np.abs(along[place]) * np.where(gradient < 0, -1.0, 1.0)
    quotient = local.directional(function, wide, backend, constant, along=along)
    slope = float((gradient * along[place]).sum())
    if quotient is None:
        return 0.0
    if not np.isfinite(slope) or not np.isfinite(quotient):
        return 0.0 if np.isfinite(slope) else WRONG * 2
    return abs(slope - quotient) / max(abs(quotient), abs(slope), 1e-12)


def _applied(run: Run) -> local.Function:
    """The row as a function of its arrays."""

    def function(T: Any, *tensors: Any) -> Any:
        from minitorch.primitive import apply

        given = iter(tensors)
        operands = [next(given) if isinstance(a, np.ndarray) else a for a in run.operands]
        return apply(run.row, tuple(operands), run.parameters)

    return function


# ------------------------------------------------------------------ the forward


def _wrong_forward(backend: Backend, runs: list[Run], reference: Backend) -> Callable | None:
    """The row whose result the reference's function of that name contradicts."""
    if len({run.row.name for run in runs}) == 1:
        return _forward(runs[0])
    for run in runs:
        theirs = _named_like(run, reference.namespace())
        if theirs is None:
            continue
        arrays = [a for a in run.operands if isinstance(a, np.ndarray)]
        seen = local.compare(
            (_applied(run), theirs), arrays, backend, reference, 0, range(len(arrays))
        )
        if not seen.ok and not seen.problem and not seen.agreed:
            return _forward(run)
    return None


def _forward(run: Run) -> Callable:
    """The forward of a row that is wrong, or the kernel over it where that is what is wrong."""
    row, kernel = run.row, _kernel(run.row, "forward")
    if kernel is None or row.run is row.forward:
        return row.forward
    own, other = (f(np, *run.operands, **run.parameters) for f in (row.forward, row.run))
    pairs = zip(*(x if isinstance(x, tuple) else (x,) for x in (own, other)))
    near = all(np.allclose(a, b, 1e-4, 1e-6, equal_nan=True) for a, b in pairs)
    return row.forward if near else kernel


def _kernel(row: Any, part: int | str) -> Callable | None:
    """The kernel that stands over a part of a row."""
    from minitorch import native
    from minitorch.native.table import ENTRIES

    if not native.is_enabled():
        return None
    return next((e.kernel for e in ENTRIES if (e.row, e.part) == (row.name, part)), None)


def _named_like(run: Run, T: Any) -> local.Function | None:
    for room in (T, T.nn.functional, T.special, T.linalg):
        public = getattr(room, run.row.name, None)
        if public is not None:
            break
    else:
        return None

    def function(T: Any, *tensors: Any) -> Any:
        given = iter(tensors)
        operands = [next(given) if isinstance(a, np.ndarray) else a for a in run.operands]
        return public(*([operands] if run.row.starred else operands), **run.parameters)

    return function
