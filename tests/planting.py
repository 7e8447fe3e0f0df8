"""Mistakes planted in the rules of rows, and whether the samples of the rows show them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from typing import Any

import numpy as np
import torch

import minitorch
from minitorch._tensor import Tensor
from minitorch.backend import ROWS
from minitorch.primitive import Row
from tests.checks import array, cast, first, second
from tests.samples import SAMPLES
from tests.sampling import Sample
from tests.tolerances import TOLERANCES, distance

# ------------------------------------------------------------------ do the samples show it


class Trial:
    """One sample in float64; what torch makes of it is computed once."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.arrays = [cast(a, "float64") for a in sample.inputs]
        limits = TOLERANCES[sample.kind]
        self.floor = limits.floor
        self.orders = [(first, limits.first), (second, limits.second)][: sample.derivatives]

    @cached_property
    def expected(self) -> list[list[np.ndarray]]:
        """torch's first and second derivatives."""
        return [self._arrays(torch, order) for order, _ in self.orders]

    def _arrays(self, T: Any, order: Callable) -> list[np.ndarray]:
        return [array(x) for x in order(T, self.sample, self.arrays)]

    def differs(self, which: int) -> bool:
        """Whether our first (0) or second (1) derivative is not what the tests allow."""
        expected = self.expected[which]
        order, limit = self.orders[which]
        try:
            found = self._arrays(minitorch, order)
        except Exception:  # a rule that raises fails every test there is
            return True
        return len(found) != len(expected) or any(
            a.shape != b.shape or a.dtype != b.dtype or distance(a, b, self.floor) > limit
            for a, b in zip(found, expected)
        )


@cache
def trials(name: str) -> tuple[Trial, ...]:
    """The differentiable samples of a row, those first that are cheap and tell much."""
    found = [Trial(s) for s in SAMPLES if s.name == name and s.derivatives]
    return tuple(sorted(found, key=lambda t: _cost(t.sample)))


def _cost(sample: Sample) -> tuple[bool, int]:
    sizes = [a.size for a in sample.inputs]
    return min(sizes, default=0) < 2, sum(sizes)


def caught(*names: str, orders: tuple[int, ...] = (0, 1)) -> bool:
    """Whether a sample of one of the rows has another derivative now than torch."""
    return any(
        trial.differs(which)
        for which in orders
        for name in names
        for trial in trials(name)
        if which < len(trial.orders)
    )


# ------------------------------------------------------------------ planting


@contextmanager
def replaced(row: Row, **parts: Any) -> Iterator[None]:
    """`row` with other `rules`, `joint` or `_needs`; its plans are made anew on both ends."""
    before = {part: getattr(row, part) for part in parts}
    try:
        for part, value in parts.items():
            setattr(row, part, value)
        row.plans.clear()
        yield
    finally:
        for part, value in before.items():
            setattr(row, part, value)
        row.plans.clear()


class Effect:
    """A mistake where a rule is called; `changed` is true once it made a difference there."""

    def __init__(self, mistake: Callable) -> None:
        self.mistake, self.changed = mistake, False

    def __call__(self, rule: Callable, g: Any, saved: tuple) -> Any:
        right, wrong = rule(g, *saved), self.mistake(rule, g, saved)
        if not self.changed:
            self.changed = not np.array_equal(array(right), array(wrong), equal_nan=True)
        return wrong


@contextmanager
def planted(row: Row, i: int, mistake: Callable) -> Iterator[Effect]:
    """`mistake(rule, g, saved)` stands for the rule of input `i`, or for its part of a joint."""
    effect = Effect(mistake)
    if row.joint is None:
        rules = list(row.rules)
        rule = rules[i]
        rules[i] = lambda g, *saved: effect(rule, g, saved)
        parts: dict[str, Any] = {"rules": tuple(rules)}
    else:
        parts = {"joint": _spoiled_joint(row.joint, i, effect)}
    with replaced(row, **parts):
        yield effect


def _spoiled_joint(joint: Callable, i: int, effect: Effect) -> Callable:
    def run(g: Any, saved: tuple, **needs: Any) -> list:
        made = list(joint(g, *saved, **needs))
        if made[i] is not None:
            made[i] = effect(lambda g, *saved: joint(g, *saved, **needs)[i], g, saved)
        return made

    if "needs" in joint.__code__.co_varnames:
        return lambda g, *saved, needs: run(g, saved, needs=needs)
    return lambda g, *saved: run(g, saved)


def places(row: Row) -> list[int]:
    """The inputs whose gradient can be spoiled; of a list of tensors the first two."""
    if row.starred:
        return [0, 1]
    if row.joint is not None:
        return list(range(len(row.inputs)))
    return [i for i, rule in enumerate(row.rules) if rule is not None]


# ------------------------------------------------------------------ mistakes that fit any rule


def _after(change: Callable) -> Callable:
    """A mistake in what the rule returns."""
    return lambda rule, g, saved: change(rule(g, *saved))


def _before(change: Callable) -> Callable:
    """A mistake in what the rule was left by the forward."""
    return lambda rule, g, saved: rule(g, *change(list(saved)))


def _without_last(g: Any) -> Any:
    keep = np.ones(g.shape)
    keep[(-1,) * g.ndim if keep.size else ...] = 0
    return g * keep


def _backwards(g: Any) -> Any:
    return ROWS["flip"].public(g, dims=tuple(range(g.ndim))) if g.ndim else g


def _is_float(value: Any) -> bool:
    return isinstance(value, (Tensor, np.ndarray, np.generic)) and array(value).dtype.kind == "f"


def _stale(saved: list) -> list:
    return [x * (1 - 0.01 * k) if _is_float(x) else x for k, x in enumerate(saved, start=1)]


def _swapped(saved: list) -> list:
    at = [i for i, x in enumerate(saved) if _is_float(x)]
    for i, k in itertools.pairwise(at):
        if saved[i].shape == saved[k].shape:
            saved[i], saved[k] = saved[k], saved[i]
            break
    return saved


def _constants(saved: list) -> list:
    return [x.detach() if isinstance(x, Tensor) else x for x in saved]


def _steeper(g: Any) -> Any:
    """`g`, with a derivative that is 1 % too large."""
    return g * 1.01 - (g * 0.01).detach() if isinstance(g, Tensor) else g


GENERAL = {
    "wrong sign": _after(lambda g: -g),
    "wrong factor": _after(lambda g: g * 1.01),
    "no gradient": _after(lambda g: g * 0),
    "something added": _after(lambda g: g + 0.01),
    "one element forgotten": _after(_without_last),
    "wrong order": _after(_backwards),
    "stale operand": _before(_stale),
    "swapped operands": _before(_swapped),
    "right once, wrong twice": _after(_steeper),
    "no history": _before(_constants),
}
