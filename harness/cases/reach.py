"""Which rows of minitorch's table a case runs, forwards and backwards."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from harness.backends import MINITORCH_NUMPY
from harness.cases.case import Case
from harness.local import evaluate


def reached(cases: Sequence[Case]) -> dict[str, list[Case]]:
    """For each row the cases in whose derivatives one of its rules runs, in the given order."""
    by_row: dict[str, list[Case]] = {}
    differentiable()
    with recorded() as names:
        for case in cases:
            names.clear()
            evaluate(
                case.function, case.inputs, MINITORCH_NUMPY, case.order, frozenset(case.constant)
            )
            for name in names:
                by_row.setdefault(name, []).append(case)
    return by_row


def differentiable() -> list[str]:
    """The rows that have a rule."""
    from minitorch import ops
    from minitorch.backend import ROWS

    for module in pkgutil.iter_modules(ops.__path__, "minitorch.ops."):
        importlib.import_module(module.name)  # some rows are there once they are used
    return sorted(n for n, row in ROWS.items() if row.joint or any(row.rules))


@contextmanager
def recorded() -> Iterator[dict[str, None]]:
    """Inside, the names of the rows whose rules run are collected, on NumPy."""
    from minitorch.backend import ROWS

    MINITORCH_NUMPY.namespace()  # kernels have no rules to be noted

    names: dict[str, None] = {}
    before = {name: (row.rules, row.joint) for name, row in ROWS.items()}
    try:
        for name, row in ROWS.items():
            row.rules = tuple(rule and _noting(rule, name, names) for rule in row.rules)
            row.joint = row.joint and _noting(row.joint, name, names)
            row.plans.clear()
        yield names
    finally:
        for name, (rules, joint) in before.items():
            ROWS[name].rules, ROWS[name].joint = rules, joint
            ROWS[name].plans.clear()


def _noting(rule: Callable, name: str, names: dict[str, None]) -> Callable:
    def plain(*saved: Any) -> Any:
        names[name] = None
        return rule(*saved)

    def asked(*saved: Any, needs: Any) -> Any:
        names[name] = None
        return rule(*saved, needs=needs)

    return asked if "needs" in rule.__code__.co_varnames else plain
