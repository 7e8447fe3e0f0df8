"""minitorch's table of operations as a place for mistakes: each rule of each row.

A rule is rewritten in every place of its source, and so are its helpers; besides, mistakes that fit
any rule are made where it is called.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from harness.mutate.kinds import Kind
from harness.mutate.rewrite import helpers
from harness.mutate.sites import RULES, Mutant, Site, codes, of_function
from minitorch._tensor import Tensor
from minitorch.backend import ROWS, own_rule
from minitorch.row import Row

# ------------------------------------------------------------------ the code of rules


class Code(NamedTuple):
    """A rule or a helper of rules: the rows it serves, and what those call their arrays."""

    function: FunctionType
    rows: list[str]
    operands: set[str]


def code_of_rules(names: Iterable[str] | None = None) -> dict[str, Code]:
    """All code that the rules of rows run, by title: 'mul by x' for a lambda, else
    'reduce._var_rule'."""
    found: dict[str, Code] = {}
    for name in differentiable() if names is None else names:
        row = ROWS[name]
        parts = [("joint", "inputs")] if row.joint else [*enumerate(row.inputs)]
        for part, wanted in parts:
            rule = own_rule(row, part)
            for function in (rule, *helpers(rule)) if rule else ():
                room, own = function.__module__.rpartition(".")[2], function.__name__
                title = f"{name} by {wanted}" if own == "<lambda>" else f"{room}.{own}"
                if title in found and found[title].function is not function:
                    title += f" of {name}"  # one made by a function, as others are
                code = found.setdefault(title, Code(function, [], set()))
                code.rows.extend({name}.difference(code.rows))
                code.operands.update(operands_of(row))
    return found


def differentiable() -> list[str]:
    """The names of the rows that have a rule."""
    return [name for name, row in sorted(ROWS.items()) if row.differentiable]


def operands_of(row: Row) -> set[str]:
    """What the rules of a row call their arrays."""
    return {"g", "out", *row.inputs, *row.outs}


def sites() -> Iterator[Site]:
    """Every rule and helper, and every input of every row."""
    for title, code in code_of_rules().items():
        room = code.function.__module__.rpartition(".")[2]
        rewriting = of_function(code.function, code.operands)
        yield Site(title, room, RULES, codes([code.function]), tuple(code.rows), [rewriting])
    for name in differentiable():
        row = ROWS[name]
        for i in places(row):
            rule = row.joint or row.rules[0 if row.starred else i]
            room = row.forward.__module__.rpartition(".")[2]
            title = f"{name}, input {i}"
            makers = [partial(_spoiled, row, i, rule)]
            yield Site(title, room, RULES, codes([rule]), (name,), makers)


def _spoiled(row: Row, i: int, rule: FunctionType) -> Iterator[Mutant]:
    code = rule.__code__
    for text, (kind, mistake) in GENERAL.items():
        plant = partial(planted, row, i, mistake)
        yield Mutant(text, kind, plant, code.co_filename, code.co_firstlineno)


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
            self.changed = not np.array_equal(_array(right), _array(wrong), equal_nan=True)
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
        if i < len(made) and made[i] is not None:
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


def _array(x: Any) -> np.ndarray:
    return x.detach().numpy(force=True) if isinstance(x, Tensor) else np.asarray(x)


def _after(change: Callable) -> Callable:
    """A mistake in what the rule returns."""
    return lambda rule, g, saved: change(rule(g, *saved))


def _before(change: Callable) -> Callable:
    """A mistake in what the rule was left by the forward."""
    return lambda rule, g, saved: rule(g, *change(list(saved)))


def _without_last(g: Any) -> Any:
    keep = np.ones(g.shape, _array(g).dtype)
    keep[(-1,) * g.ndim if keep.size else ...] = 0
    return g * keep


def _backwards(g: Any) -> Any:
    return ROWS["flip"].public(g, dims=tuple(range(g.ndim))) if g.ndim else g


def _is_float(value: Any) -> bool:
    return isinstance(value, (Tensor, np.ndarray, np.generic)) and _array(value).dtype.kind == "f"


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


GENERAL: dict[str, tuple[Kind, Callable]] = {
    "wrong sign": ("sign", _after(lambda g: -g)),
    "wrong factor": ("factor", _after(lambda g: g * 1.01)),
    "no gradient": ("dropped term", _after(lambda g: g * 0)),
    "something added": ("wrong number", _after(lambda g: g + 0.01)),
    "one element forgotten": ("wrong elements", _after(_without_last)),
    "wrong order": ("wrong elements", _after(_backwards)),
    "stale operand": ("stale value", _before(_stale)),
    "swapped operands": ("swapped operands", _before(_swapped)),
    "right once, wrong twice": ("second order", _after(_steeper)),
    "no history": ("second order", _before(_constants)),
}
