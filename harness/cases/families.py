"""Edge inputs for whole families: functions of one number, of two, reductions.

Which operations are in a family is asked of torch's database; the inputs are ours: every kink,
bound and tie at once, what is no number, shapes of every kind, operands of other dtypes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from harness import samples
from harness.cases.case import Case, Draw, case
from harness.cases.layouts import FLAT

GRID = np.arange(-4, 4.25, 0.25)
"""Where functions of one number turn: whole numbers, halves, quarters."""

POINTS = np.array([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0])

SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-30, -1e-30, 1e30, -1e30, 1e-40])

TORN = {"logit", "special.log_ndtr"}
"""Slopes that torch does not have: logit's kernels for one number and for eight disagree at -0.0,
log_ndtr's slope is NaN at -inf, where it is infinite."""

SHAPES = [(), (1,), (0,), (2, 0, 3)]

PAIRS = [((2, 1), (1, 3)), ((), (2, 3)), ((2, 3), ()), ((), ()), ((0,), (1,)), ((3,), (2, 1, 1))]


def cases(pattern: str = "", seed: int = 0) -> Iterator[Case]:
    """The cases of every operation of a family whose name matches."""
    from torch.testing._internal import opinfo

    draw, kinds = Draw(seed), opinfo.core
    for name, entry in samples.entries():
        if not re.search(pattern, name) or entry.variant_test_name:
            continue
        if isinstance(entry, kinds.UnaryUfuncInfo):
            yield from one_number(name, entry, draw)
        elif isinstance(entry, kinds.BinaryUfuncInfo):
            yield from two_numbers(name, entry, draw)


def _word(entry: Any) -> Any:
    name = entry.name
    return lambda T, *tensors: samples.operation(T, name)(*tensors)


def _order(entry: Any) -> int:
    return entry.supports_autograd * (1 + entry.supports_gradgrad)


def one_number(name: str, entry: Any, draw: Draw) -> Iterator[Case]:
    """Kinks, special numbers, shapes and magnitudes of a function of one number."""
    import torch

    if torch.float32 not in entry.dtypes:
        return
    call, order = _word(entry), _order(entry)
    yield case(name, "kinks", call, np.concatenate([GRID, draw(9, low=-4, high=4)]), order=order)
    yield case(name, "special", call, SPECIAL, order=0 if name in TORN else min(order, 1))
    for shape in SHAPES:
        yield case(name, "shape", call, draw(*shape, low=0.1, high=0.9), order=order)
    yield case(name, "times 0.01", call, draw.normal(9, scale=0.01), order=order)
    far = min(order, 1) if FLAT.search(name) else order
    yield case(name, "times 30", call, draw.normal(9, scale=30), order=far)


def two_numbers(name: str, entry: Any, draw: Draw) -> Iterator[Case]:
    """Ties and kinks, shapes that broadcast and operands of other dtypes."""
    import torch

    if torch.float32 not in entry.dtypes:
        return
    call, order = _word(entry), _order(entry)
    x, y = np.meshgrid(POINTS, POINTS, indexing="ij")
    yield case(name, "ties", call, x, y, order=order)
    a, b = np.meshgrid(SPECIAL[:-1], SPECIAL[:-1], indexing="ij")
    yield case(name, "special", call, a, b, order=0)
    for one, other in PAIRS:
        yield case(name, "broadcast", call, draw(*one, low=0.2, high=2.0),
                   draw(*other, low=0.2, high=2.0), order=order)  # fmt: skip
    for scale in (0.01, 30):
        two = draw.normal(9, scale=scale), draw.normal(9, scale=scale)
        yield case(name, f"times {scale}", call, *two, order=order)
    yield case(name, "whole second", call, draw(2, 3), draw.integers(3, low=1), order=order)
    yield case(name, "whole first", call, draw.integers(2, 3, low=1), draw(3), order=order)
    yield case(name, "bool second", call, draw(2, 3), draw.mask(3), order=order)
