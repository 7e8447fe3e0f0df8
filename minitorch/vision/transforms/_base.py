"""What transforms have in common: a text that shows their settings, and how they draw."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch import default_generator, empty
from minitorch.nn import Module
from minitorch.vision.transforms import functional as F

__all__ = ["Transform", "happens", "integer", "size_of", "uniform"]


class Transform(Module):
    """A transform whose text names the settings listed in `shown`."""

    shown: tuple[str, ...] = ()

    def __repr__(self) -> str:
        settings = (f"{name}={_text(getattr(self, name))}" for name in self.shown)
        return f"{type(self).__name__}({', '.join(settings)})"


def _text(value: Any) -> str:
    if isinstance(value, F.InterpolationMode):
        return value.value
    if isinstance(value, tuple) and any(isinstance(x, float) for x in value):
        return str(tuple(round(x, 4) for x in value))
    return str(value)


def size_of(size: Any) -> tuple[int, int]:
    """(height, width) of one number or two. Raises: ValueError for more."""
    return tuple(F.pair(size, "Please provide only two dimensions (h, w) for size"))


def uniform(low: float, high: float) -> float:
    """A number between, drawn and rounded as `empty(1).uniform_(low, high)` does."""
    return empty(1).uniform_(low, high).item()


def integer(end: int) -> int:
    """One of 0 ... end - 1, drawn as `randint(0, end, (1,))` does."""
    return default_generator.integers(0, end, 1, np.dtype(np.int64)).item()


def happens(p: float) -> bool:
    """True with probability p, drawn as `rand(1)` does."""
    return uniform(0.0, 1.0) < p
