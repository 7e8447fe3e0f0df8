"""The kernel table: which kernel stands in for which row or rule, and from which size on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ENTRIES", "UPDATES", "Entry", "c", "forward", "joint", "rule"]

c: Any = SimpleNamespace()
"""The C functions by name, once they are loaded; see `bind.py` for how they are called."""


class Entry(NamedTuple):
    """One kernel: for the forward of `row`, for the rule of its input `part`, or its joint rule."""

    row: str
    part: int | str  # "forward", "joint", or the number of an input
    kernel: Callable[..., Any]
    least: int  # elements of the largest array, from which on it is faster than what it replaces


ENTRIES: list[Entry] = []

UPDATES: dict[str, Callable[..., bool]] = {}
"""The update rules of optimizers, by name, over all parameters at once; see `backend.UPDATES`."""


def forward(*rows: str, least: int) -> Callable:
    """Let the decorated function run in place of the forward of `rows`, from `least` elements on.

    It is called as the row's own body is, with at least one floating array; what it is not made
    for it gives back by returning NotImplemented.
    """
    return _entered(rows, "forward", least)


def rule(row: str, part: int, *, least: int) -> Callable:
    """The same for the rule of the input `part` of `row`; called on arrays, as the rule is."""
    return _entered((row,), part, least)


def joint(*rows: str, least: int) -> Callable:
    """The same for a joint rule."""
    return _entered(rows, "joint", least)


def _entered(rows: tuple[str, ...], part: int | str, least: int) -> Callable:
    def decorate(kernel: Callable) -> Callable:
        ENTRIES.extend(Entry(row, part, kernel, least) for row in rows)
        return kernel

    return decorate
