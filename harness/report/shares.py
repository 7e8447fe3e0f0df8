"""Shares of a budget, in words and in colours."""

from __future__ import annotations

from itertools import pairwise

LEVELS = (0.01, 0.03, 0.1, 0.3, 1.0, 8.0)
"""Shares between the colours, which are named c0, c1, ..."""

ENDLESS = 1e9
"""A share above this is told as infinite."""


def in_words(share: float | None) -> str:
    """A share, in percent or times; None is one that is no number."""
    if share is None or share > ENDLESS:
        return "∞"
    return f"{share:.0%}" if share < 10 else f"{share:,.0f}×"


def level(share: float | None) -> int:
    """The number of its colour."""
    return len(LEVELS) if share is None else sum(share > limit for limit in LEVELS)


def meanings() -> list[str]:
    """What the colours mean, in order."""
    words = [f"up to {LEVELS[0]:.0%}"]
    words += [f"{low:.0%} to {high:.0%}" for low, high in pairwise(LEVELS[:4])]
    return [*words, "up to the budget", "out of budget", f"more than {LEVELS[-1]:g} times it"]
