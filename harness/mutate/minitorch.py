"""What can be spoiled in minitorch: the rules of its rows, its optimizers, its sweep."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FunctionType
from typing import Any

from harness.mutate import rows, structural
from harness.mutate.own_words import cases
from harness.mutate.rewrite import edited
from harness.mutate.sites import (
    OPTIMIZERS,
    Mutant,
    Site,
    codes,
    of_function,
    of_rewritten,
)

OPTIMIZER_MODULES = (
    "sgd", "adam", "adamw", "rmsprop", "adagrad", "adadelta", "adamax", "nadam", "radam", "rprop",
    "asgd", "adafactor", "muon", "lbfgs", "_rules",
)  # fmt: skip
SCHEDULE_MODULES = ("lr_scheduler", "_cycles")

_ARRAYS = {
    "p", "g", "m", "v", "v_max", "u", "mean", "buf", "prev", "size", "total", "rows", "columns",
    "x", "y", "d", "s", "t",
}  # fmt: skip
"""What optimizers call their arrays."""

_NO_UPDATE = {"record", "functional", "share_memory", "step", "in_blocks"}
"""Functions that no update rule is in. `step` counts evaluations, see the named mistakes."""


def sites() -> Iterator[Site]:
    """All of them: what is rewritten, and what somebody thought of."""
    yield from rows.sites()
    for module in OPTIMIZER_MODULES:
        for function in _functions(importlib.import_module(f"minitorch.optim.{module}")):
            yield _of_optimizer(function, f"optim.{module}")
    for module in SCHEDULE_MODULES:
        for function in _functions(importlib.import_module(f"minitorch.optim.{module}")):
            if function.__name__ == "get_lr":
                yield _of_optimizer(function, f"optim.{module}")
    for mistake in structural.MISTAKES:
        yield named(mistake)


def _of_optimizer(function: FunctionType, room: str) -> Site:
    make = of_function(function, _ARRAYS)
    title = f"{room.rpartition('.')[2]}.{function.__qualname__}"
    return Site(title, room, OPTIMIZERS, codes([function]), (), [lambda: map(_forgetful, make())])


def named(mistake: structural.Mistake) -> Site:
    """One mistake that somebody thought of, as a site of its own."""
    module, _, path = mistake.where.partition(":")
    function = importlib.import_module(module)
    for part in path.split("."):
        function = getattr(function, part)
    room = module.removeprefix("minitorch.").removeprefix("ops.")

    def make() -> Iterator[Mutant]:
        found = edited(function, mistake.kind, mistake.old, mistake.new)
        yield _forgetful(of_rewritten(function, found, mistake.title))

    return Site(mistake.title, room, mistake.by, codes([function]), (), [make])


def _functions(module: Any) -> list[FunctionType]:
    """The functions and methods of a module that compute an update."""
    found: list[FunctionType] = []
    for owner in (module, *(c for _, c in inspect.getmembers(module, inspect.isclass))):
        if owner is not module and owner.__module__ != module.__name__:
            continue
        for value in vars(owner).values():
            function = getattr(value, "__func__", getattr(value, "fget", value))
            if isinstance(function, FunctionType) and function.__module__ == module.__name__:
                found.append(function)
    return [f for f in dict.fromkeys(found) if _updates(f)]


def _updates(function: FunctionType) -> bool:
    name = function.__name__
    plain = not name.startswith(("__", "check", "_check")) and name not in _NO_UPDATE
    return plain and not hasattr(function, "__wrapped__") and function.__qualname__[0] != "<"


def _forgetful(mutant: Mutant) -> Mutant:
    """`mutant`, after which constants that it may have written to are made anew."""
    return Mutant(**{**vars(mutant), "plant": partial(_forgetting, mutant.plant)})


@contextmanager
def _forgetting(plant: Callable) -> Iterator[Any]:
    from minitorch import sums
    from minitorch.optim import _rules

    try:
        with plant() as effect:
            yield effect
    finally:
        _rules.scalars.cache_clear()
        sums._ONES.clear()


__all__ = ["cases", "named", "sites"]
