"""Work done on several numbers of threads, which give the same bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import minitorch


def on_threads(n: int, work: Callable) -> Any:
    """What `work()` returns on `n` threads."""
    before = minitorch.get_num_threads()
    minitorch.set_num_threads(n)
    try:
        return work()
    finally:
        minitorch.set_num_threads(before)


def on_each_number(work: Callable) -> list:
    """What `work()` returns on one, two and three threads."""
    return [on_threads(n, work) for n in (1, 2, 3)]


def same_bits(work: Callable) -> np.ndarray:
    """The array that `work()` returns, on any number of threads alike."""
    found = on_each_number(work)
    assert all(np.array_equal(f, found[0], equal_nan=True) for f in found)
    return found[0]
