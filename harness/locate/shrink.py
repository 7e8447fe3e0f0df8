"""Makes a failing call small: fewer elements, rounder numbers, while it still fails.

Every change is tried on both engines and kept only where the judge still says that the candidate
is wrong in the same direction; so what is left is what matters.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from harness import local
from harness.backends import Backend
from harness.locate.replay import Replay
from harness.locate.trace import Call, Slot, Value
from harness.locate.updates import alone_raises, plain, plainer

SMALL = 16
"""Elements of a tensor that need not be fewer."""


class Judge:
    """Whether a call fails on the candidate, in one direction, until the time is up.

    Where it started `well`-conditioned it has to stay so: a script knows of rounding alone.
    """

    def __init__(self, candidate: Backend, reference: Backend, direction: str, seconds: float):
        self.candidate, self.reference = candidate, reference
        self.direction, self.end = direction, time.monotonic() + seconds
        self.well = self.all_run = False

    def runs(self, call: Call) -> bool:
        """Whether the candidate takes `call`.

        It is asked first: torch reads beyond the weights of a recurrent layer whose sizes do not
        fit each other, and may end the process.
        """
        replay = Replay(call)
        made = local.evaluate(replay.on(self.candidate), replay.arrays, self.candidate, 0)
        return not made.raised

    def __call__(self, call: Call) -> bool:
        """Whether `call` is wrong on the candidate and right on the reference."""
        if time.monotonic() > self.end:
            return False
        try:
            seen = Replay(call).compare(self.candidate, self.reference)
        except Exception:  # what was shrunk is nothing that either engine can run
            return False
        if seen.ok or seen.agreed or seen.unsupported or seen.odd == "reference":
            return False
        if seen.problem:
            return alone_raises(seen.problem, self.candidate)
        if self.well and not all(plain(f.judgement) for f in seen.findings if f.judgement):
            return False
        wrong = [f.what for f in seen.findings if not f.ok]
        return ("forward" if any(w.startswith("value") for w in wrong) else "backward") == (
            self.direction
        )


def shrunk(call: Call, direction: str, candidate: Backend, reference: Backend, seconds: float = 2.5
           ) -> Call | None:  # fmt: skip
    """The smallest call that was found to fail like `call`; None where that does not fail alone."""
    judge = Judge(candidate, reference, direction, seconds)
    call = _started(call, direction, reference)
    if not judge(call):
        return None
    judge.all_run = judge.runs(call)  # else that is the mistake, and stays it
    judge.well = True
    judge.well = judge(call)
    call = _plain_cotangents(call, judge, reference)
    for _ in range(2):  # rounder numbers may let more go
        call = _fewer(call, judge, reference)
        call = _rounder(call, judge)
    return call


def _started(call: Call, direction: str, reference: Backend) -> Call:
    """The call as a script can say it: seeded where it draws, without gradients in the forward."""
    if direction == "forward":
        call = replace(call, arrived={}, sent={}, inputs=[replace(v, wants=False) for v in
                                                          call.inputs])  # fmt: skip
    if call.random is None:
        return call
    reference.seed(0)
    return replace(call, random=reference.random_state())


def _plain_cotangents(call: Call, judge: Judge, reference: Backend) -> Call:
    """Ones, or else 1, 2, 3 ... for what arrived."""
    for numbers in (np.ones, counting):
        other = _with_cotangents(call, reference, numbers)
        if other is not None and judge(other):
            return other
    return call


def _with_cotangents(call: Call, reference: Backend, numbers: Callable) -> Call | None:
    """`call` with cotangents as its outputs are now; None where it does not run."""
    if not call.arrived:
        return call
    replay = Replay(call)
    made = local.evaluate(replay.on(reference), replay.arrays, reference, 0)
    values = [a for what, a in made.arrays.items() if what.startswith("value")]
    if made.raised or len(values) < len(call.outputs):
        return None
    outputs = [replace(v, array=a) for v, a in zip(call.outputs, values)]
    arrived = {k: numbers(outputs[k].array.shape).astype(np.float32) for k in call.arrived}
    return replace(call, outputs=outputs, arrived=arrived)


def counting(shape: tuple[int, ...]) -> np.ndarray:
    """1, 2, 3 ... in this shape."""
    return np.arange(1.0, 1.0 + int(np.prod(shape))).reshape(shape)


# ------------------------------------------------------------------ fewer elements


def _fewer(call: Call, judge: Judge, reference: Backend) -> Call:
    """Sizes that are equal shrink together, then axes of single tensors, to 1, 2 or a half."""
    for shrink in (together, alone, _without_axes):
        again = True
        while again:
            again = False
            for other in shrink(call):
                fitted = _fitted(other, judge, reference)
                if fitted is not None and judge(fitted):
                    call, again = fitted, True
                    break
    return call


def _fitted(call: Call, judge: Judge, reference: Backend) -> Call | None:
    """`call` with cotangents of the kind it had, in the shapes that it now has."""
    ones = all((a == 1).all() for a in call.arrived.values())
    try:
        if judge.all_run and not judge.runs(call):
            return None
        return _with_cotangents(call, reference, np.ones if ones else counting)
    except Exception:  # the shapes do not fit each other
        return None


def together(call: Call) -> Iterator[Call]:
    """Every axis of one size, and every number among the arguments that is that size."""
    sizes = {n for v in call.inputs for n in v.array.shape if n > 1}
    for size in sorted(sizes, reverse=True):
        for new in sorted({1, 2, size // 2, size - 1} - {size}):
            if not 0 < new < size:
                continue
            for multiples, numbers in ((False, True), (False, False), (True, True)):
                yield _resized(call, size, new, multiples, numbers)


def _resized(call: Call, size: int, new: int, multiples: bool, numbers: bool) -> Call:
    def of(n: int) -> int:
        if n == size:
            return new
        if multiples and n % size == 0 and 1 < n // size <= 4:
            return n // size * new
        return n

    inputs = [_cut(v, tuple(of(n) for n in v.array.shape), size, new) for v in call.inputs]
    arguments = _numbered(call.arguments, of) if numbers else call.arguments
    settings = call.settings
    if settings is not None:
        settings = {k: _numbered(v, of) for k, v in settings.items()}
    return replace(call, inputs=inputs, arguments=arguments, settings=settings)


def _cut(value: Value, shape: tuple[int, ...], size: int = 0, new: int = 0) -> Value:
    """The first elements along each axis; indices that pointed behind point to the last."""
    array = value.array[tuple(slice(n) for n in shape)]
    if array.dtype.kind in "iu" and array.size and new <= int(array.max()) < size:
        array = np.minimum(array, new - 1)
    return replace(value, array=np.ascontiguousarray(array).reshape(shape))


def _numbered(value: Any, of: Callable[[int], int]) -> Any:
    """Arguments with every size among them replaced."""
    if isinstance(value, (Slot, bool)):
        return value
    if isinstance(value, int):
        return of(value)
    if type(value) in (list, tuple):
        return type(value)(_numbered(v, of) for v in value)
    if isinstance(value, dict):
        return {k: _numbered(v, of) for k, v in value.items()}
    return value


def alone(call: Call) -> Iterator[Call]:
    """One axis of one tensor."""
    for i, value in enumerate(call.inputs):
        for axis, n in enumerate(value.array.shape):
            for new in sorted({1, 2, n // 2} - {n}):
                if 0 < new < n:
                    shape = (*value.array.shape[:axis], new, *value.array.shape[axis + 1 :])
                    yield changed(call, i, _cut(value, shape).array)


def _without_axes(call: Call) -> Iterator[Call]:
    """No first axis, where that is 1 in every tensor that has two."""
    deep = [v for v in call.inputs if v.array.ndim > 1]
    if deep and all(v.array.shape[0] == 1 for v in deep):
        inputs = [replace(v, array=v.array[0]) if v.array.ndim > 1 else v for v in call.inputs]
        yield replace(call, inputs=inputs)
    for i, value in enumerate(call.inputs):
        if value.array.ndim and value.array.shape[0] == 1:
            yield changed(call, i, value.array[0])


# ------------------------------------------------------------------ rounder numbers


def _rounder(call: Call, judge: Judge) -> Call:
    """Each tensor, cotangents too: 1, 0, whole numbers, halves, one or two decimals."""
    for i, value in enumerate(call.inputs):
        if value.array.dtype.kind != "f":
            continue
        for other in plainer(value.array):
            trial = changed(call, i, other)
            if judge(trial):
                call = trial
                break
    for k, array in call.arrived.items():
        for other in plainer(array):
            trial = replace(call, arrived={**call.arrived, k: other})
            if judge(trial):
                call = trial
                break
    return _elements(call, judge)


def _elements(call: Call, judge: Judge) -> Call:
    """Single elements of small tensors that are not whole become 1 or 0."""
    for i, value in enumerate(call.inputs):
        array = value.array
        if array.dtype.kind != "f" or array.size > SMALL:
            continue
        for j in range(array.size):
            if call.inputs[i].array.flat[j] % 1 == 0:
                continue
            for number in (1.0, 0.0, 2.0):
                other = call.inputs[i].array.copy()
                other.flat[j] = number
                trial = changed(call, i, other)
                if judge(trial):
                    call = trial
                    break
    return call


def changed(call: Call, i: int, array: np.ndarray) -> Call:
    """`call` with other values for one tensor, wherever it is given."""
    tensor = call.inputs[i].tensor
    inputs = [replace(v, array=array) if v.tensor == tensor else v for v in call.inputs]
    return replace(call, inputs=inputs)
