"""One step of an optimizer, alone: the same gradients on both engines and in float64."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from harness import local
from harness.backends import Backend
from harness.locate.trace import Update, said
from harness.tolerance import FACTOR, Judgement


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
    return wrong(update, candidate, reference) or wrong(from_zero(update), candidate, reference)


def wrong(update: Update, candidate: Backend, reference: Backend) -> Wrong | None:
    """What the candidate makes wrong of one step."""
    arrays, names = flat(update)
    try:
        seen = local.compare(stepping(update), arrays, candidate, reference, 0, range(len(arrays)))
    except ValueError:  # a hyper-parameter is a tensor
        return None
    if seen.problem or seen.unsupported:  # it had the optimizer: what it lacks, it lacks by mistake
        return Wrong("", None, seen.problem or f"{candidate.name} raises {seen.unsupported}")
    found = [(f, name) for f, name in zip(seen.findings, names) if not f.ok and f.judgement]
    if not found or seen.ok:
        return None
    finding, name = max(found, key=lambda w: w[0].judgement.share)
    return Wrong(name, finding.judgement, "")


def from_zero(update: Update) -> Update:
    """The same step from parameters that are 0."""
    zeros = [replace(v, array=np.zeros_like(v.array)) for v in update.parameters]
    return replace(update, parameters=zeros)


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


# ------------------------------------------------------------------ made small


def shrunk(update: Update, tensor: str, candidate: Backend, reference: Backend) -> Update | None:
    """One parameter, one element, no state and round numbers, as far as the step stays wrong.

    `tensor` names what is wrong, as `Wrong` does. None where one parameter alone is right.
    """

    def fails(other: Update) -> bool:
        found = wrong(other, candidate, reference)
        if found is None or found.judgement is not None:
            return found is not None and plain(found.judgement)
        return alone_raises(found.problem, candidate)

    number = tensor.rpartition(" ")[2]
    alone = [_only(update, int(number))] if number.isdecimal() else [update]
    start = next((u for u in (*alone, *map(from_zero, alone), update) if fails(u)), None)
    if start is None:
        return None
    made = start
    for tries in (_elements, _stateless, _rounder, _defaults):
        for other in tries(made) if tries is not _rounder else ():
            if fails(other):
                made = other
                break
    again = True
    while again:
        again = False
        for other in (*_rounder(made), *_defaults(made)):
            if fails(other):
                made, again = other, True
                break
    return made


def alone_raises(problem: str, candidate: Backend) -> bool:
    """Whether a difference of structure is that the candidate raises and the reference does not."""
    return problem.startswith(f"{candidate.name} raises") and ("; " not in problem) | (
        problem.endswith("does not")
    )


def plain(judgement: Judgement) -> bool:
    """Whether the budget is not set by what the inputs' last digits do: a script knows no other."""
    set_by = max(2.0**-23, judgement.reference_error)
    return judgement.term != "one ulp" or judgement.budget <= 4 * FACTOR * set_by


def _only(update: Update, i: int) -> Update:
    """The step of parameter `i` alone."""
    parts = ("parameters", "gradients", "state", "after", "state_after")
    return replace(
        update,
        groups=[update.groups[update.members[i]]],
        members=[0],
        **{part: [getattr(update, part)[i]] for part in parts},
    )


def _elements(update: Update) -> Iterator[Update]:
    """One element of everything that has the parameter's shape, or the first two."""
    if len(update.parameters) != 1:
        return
    shape = update.parameters[0].array.shape
    size = update.parameters[0].array.size
    for cut in [*(slice(j, j + 1) for j in range(min(size, 8))), slice(0, 2)]:

        def part(array: Any, cut: slice = cut) -> Any:
            same = isinstance(array, np.ndarray) and array.shape == shape
            return array.reshape(-1)[cut] if same else array

        value = update.parameters[0]
        yield replace(
            update,
            parameters=[replace(value, array=part(value.array))],
            gradients=[part(g) for g in update.gradients],
            state=[{k: part(v) for k, v in s.items()} for s in update.state],
            state_after=[{k: part(v) for k, v in s.items()} for s in update.state_after],
        )


def _stateless(update: Update) -> Iterator[Update]:
    yield replace(update, state=[{} for _ in update.state])


def _rounder(update: Update) -> Iterator[Update]:
    """Rounder numbers for one array."""
    for i, value in enumerate(update.parameters):
        for other in plainer(value.array):
            values = list(update.parameters)
            values[i] = replace(value, array=other)
            yield replace(update, parameters=values)
    for i, gradient in enumerate(update.gradients):
        for other in plainer(gradient) if gradient is not None else ():
            gradients = list(update.gradients)
            gradients[i] = other
            yield replace(update, gradients=gradients)
    for i, state in enumerate(update.state):
        for key in _kept(state):
            for other in plainer(state[key]):
                states = list(update.state)
                states[i] = {**state, key: other}
                yield replace(update, state=states)


def _defaults(update: Update) -> Iterator[Update]:
    """Without one hyper-parameter: the optimizer has its own."""
    for i, group in enumerate(update.groups):
        for key in group:
            groups = list(update.groups)
            groups[i] = {k: v for k, v in group.items() if k != key}
            yield replace(update, groups=groups)


def plainer(array: np.ndarray) -> Iterator[np.ndarray]:
    """Rounder numbers in the place of an array's, the plainest first: 1, 0, whole numbers ..."""
    if array.dtype.kind != "f":
        return
    tries = [np.ones_like(array), np.zeros_like(array), np.rint(array), np.rint(array * 2) / 2,
             np.round(array, 1), np.round(array, 2)]  # fmt: skip
    for other in tries:
        if np.array_equal(array, other, equal_nan=True):
            return
        yield other.astype(array.dtype)
