"""One step of an optimizer, alone: the same gradients on both engines and in float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from harness import local
from harness.backends import Backend
from harness.tolerance import Judgement
from harness.trace import Update, said


class Wrong(NamedTuple):
    """What a step makes wrong: the tensor's name, and how it was judged or what else differs."""

    tensor: str
    judgement: Judgement | None
    problem: str


def same(mine: Update, theirs: Update) -> bool:
    """Whether both made the same bits of it: then there is nothing to look for."""
    a, b = (
        [*u.after, *(v for s in u.state_after for v in s.values() if isinstance(v, np.ndarray))]
        for u in (mine, theirs)
    )
    return len(a) == len(b) and all(np.array_equal(x, y, equal_nan=True) for x, y in zip(a, b))


def compare(update: Update, candidate: Backend, reference: Backend) -> Wrong | None:
    """What the candidate makes wrong of what the reference's optimizer saw; None for nothing.

    The step is taken twice, from the recorded parameters and from 0, where the update is not
    hidden by the rounding of what it is added to.
    """
    arrays, names = flat(update)
    for zeros in (False, True):
        count = len(update.parameters)
        given = [np.zeros_like(a) if zeros and i < count else a for i, a in enumerate(arrays)]
        try:
            seen = local.compare(
                stepping(update), given, candidate, reference, 0, range(len(given))
            )
        except ValueError:  # a hyper-parameter is a tensor
            return None
        if seen.problem:
            return Wrong("", None, seen.problem)
        wrong = [
            (f, name)
            for f, name in zip(seen.findings, names)
            if not f.ok and f.judgement is not None
        ]
        if wrong and not seen.ok:
            finding, name = max(wrong, key=lambda w: w[0].judgement.share)
            return Wrong(name, finding.judgement, "")
    return None


def flat(update: Update) -> tuple[list[np.ndarray], list[str]]:
    """The arrays of a step as `stepping` takes them, and the names of those that it returns."""
    arrays = [v.array for v in update.parameters]
    arrays += [g for g in update.gradients if g is not None]
    arrays += [state[key] for state in update.state for key in _kept(state)]
    names = [f"parameter {i}" for i in range(len(update.parameters))]
    for i, state in enumerate(update.state_after):
        names += [f"{key} of parameter {i}" for key in _kept(state)]
    return arrays, names


def stepping(update: Update) -> local.Function:
    """The step as a function of `flat` arrays: parameters and state after it."""

    def run(T: Any, *tensors: Any) -> list[Any]:
        given = iter(tensors)
        parameters = [T.nn.Parameter(next(given).clone()) for _ in update.parameters]
        for parameter, gradient in zip(parameters, update.gradients):
            if gradient is not None:
                parameter.grad = next(given).clone()
        optimizer = made(T, update, parameters)
        for parameter, state in zip(parameters, update.state):
            if state:
                optimizer.state[parameter] = {
                    key: next(given).clone() if isinstance(value, np.ndarray) else value
                    for key, value in sorted(state.items())
                }
        optimizer.step()
        found = [p.detach() for p in parameters]
        for parameter, state in zip(parameters, update.state_after):
            found += [optimizer.state[parameter][key] for key in _kept(state)]
        return found

    return run


def made(T: Any, update: Update, parameters: Sequence[Any]) -> Any:
    """The optimizer on engine `T`, with its groups and hyper-parameters."""
    groups = [
        {"params": [p for p, m in zip(parameters, update.members) if m == number]}
        for number in range(len(update.groups))
    ]
    optimizer = getattr(T.optim, update.name.rpartition(".")[2])(groups)
    for group, hyper in zip(optimizer.param_groups, update.groups):
        told = said(hyper, T, [])
        group.update({key: value for key, value in told.items() if key in group})
    return optimizer


def _kept(state: dict[str, Any]) -> list[str]:
    return sorted(key for key, value in state.items() if isinstance(value, np.ndarray))
