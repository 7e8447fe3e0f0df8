"""Who is right about a derivative: the difference quotient in float64 of what was differentiated.

A gradient is held against the engine's own forward, a second gradient against its own gradient.
Where the quotient agrees with the candidate and not with the reference, the reference is the odd
one out. Where it has different limits from the two sides, a second derivative does not exist: the
first one jumps there, as those of `abs` and `clamp` do, and any number is as good as another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.backends import Backend
from harness.local import cotangent, directions, evaluate

STEP = 1e-6
"""Step relative to the input's largest element: the cube root of float64's eps is 6e-6."""

AGREES = 1e-4
"""How close a derivative along the direction has to be to the quotient, relative to its terms."""

JUMPS = 1e-2
"""How far the quotients of the two sides lie apart where there is no derivative."""


def verdict(
    what: str,
    mine: np.ndarray,
    truth: np.ndarray | None,
    function: Callable[..., Any],
    inputs: Sequence[np.ndarray],
    candidate: Backend,
    wants: Sequence[bool],
    ask: Mapping[str, Any],
) -> str:
    """Whom the quotient contradicts: "candidate", "reference", or "undefined".

    `what` is how local.py calls the derivative, `truth` the reference's in float64, `wants` which
    outputs require a gradient.
    """
    named = re.fullmatch(r"(second )?gradient of input (\d+)", what)
    if truth is None or named is None or "float64" not in candidate.capabilities:
        return "candidate"
    second, number = bool(named[1]), int(named[2])
    along = _along(number, mine, inputs, second)
    moved = inputs[number] if number < len(inputs) else np.zeros(0)
    step = STEP * float(np.abs(moved[np.isfinite(moved)]).max(initial=0.0)) or STEP
    seen = []
    for part in (-1.0, -0.5, 0.0, 0.5, 1.0):
        moved = _moved(number, part * step * along, inputs, wants, mine, ask)
        made = evaluate(function, moved[0], candidate, 1 if second else 0, **moved[1])
        if made.raised:
            return "candidate"
        seen.append(_seen(made.arrays, second, moved[1]["cotangents"], wants))
    with np.errstate(invalid="ignore", over="ignore"):
        slopes = np.diff(seen)[[0, 3]] / (step / 2), np.diff(seen[::2]) / step
        quotients = np.concatenate(slopes)
        sizes = [np.abs(a * along).sum() for a in (mine.astype(np.float64), truth)]
        if not np.isfinite(quotients).all():  # out of what float64 can say
            return "undefined" if second else "candidate"
        scale = max(float(s) for s in (*sizes, np.abs(quotients).min()) if np.isfinite(s)) or 1.0
        if second and not np.ptp(quotients) <= JUMPS * scale:
            return "undefined"
        near = [
            abs(float((a * along).sum()) - quotients.mean()) <= AGREES * scale
            for a in (mine.astype(np.float64), truth)
        ]
    return "reference" if near[0] and not near[1] else "candidate"


def _along(number: int, mine: np.ndarray, inputs: Sequence[np.ndarray], second: bool) -> np.ndarray:
    """The direction in which an input, or a cotangent, is moved."""
    if number < len(inputs):
        return directions(inputs)[number]
    return cotangent(mine.shape, 90 + number).astype(np.float64)


def _moved(
    number: int,
    step: np.ndarray,
    inputs: Sequence[np.ndarray],
    wants: Sequence[bool],
    mine: np.ndarray,
    ask: Mapping[str, Any],
) -> tuple[list[np.ndarray], dict[str, Any]]:
    """Inputs in float64 and the rest of the question, one of them moved by `step`."""
    wide = [a.astype(np.float64) if a.dtype.kind == "f" else a for a in inputs]
    given = [*ask.get("cotangents", ()), *[None] * len(wants)][: len(wants)]
    if number < len(inputs):
        wide[number] = wide[number] + step
    else:
        start = number - len(inputs)
        output = [i for i, wanted in enumerate(wants) if wanted][start]
        base = cotangent(mine.shape, start) if given[output] is None else given[output]
        given[output] = base.astype(np.float64) + step
    return wide, {**ask, "cotangents": given}


def _seen(
    arrays: Mapping[str, np.ndarray],
    second: bool,
    given: Sequence[np.ndarray | None],
    wants: Sequence[bool],
) -> float:
    """What the cotangents see of the values, or the weights of the gradients."""
    if second:
        found = [a for what, a in arrays.items() if what.startswith("gradient")]
        return sum(float((g * cotangent(g.shape, 50 + k)).sum()) for k, g in enumerate(found))
    values = [a for what, a in arrays.items() if what.startswith("value")]
    starts = [(a, g) for a, g, wanted in zip(values, given, wants) if wanted]
    return sum(
        float((a * (cotangent(a.shape, k) if g is None else g)).sum())
        for k, (a, g) in enumerate(starts)
    )
