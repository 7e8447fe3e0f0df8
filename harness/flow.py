"""The size of every gradient over a run, for the gradient-flow plot."""

from __future__ import annotations

import numpy as np

from harness.channel import Arrays


class GradientFlow:
    """Mean and largest |gradient| of every parameter, step by step."""

    def __init__(self) -> None:
        self._mean: dict[str, list[float]] = {}
        self._largest: dict[str, list[float]] = {}

    def add(self, arrays: Arrays) -> None:
        """Add the gradients of one step."""
        for key, array in arrays.items():
            if key.startswith("gradient ") and array.size:
                size, name = np.abs(array), key.removeprefix("gradient ")
                self._mean.setdefault(name, []).append(float(size.mean()))
                self._largest.setdefault(name, []).append(float(size.max()))

    @property
    def names(self) -> list[str]:
        """The parameters, in the model's order."""
        return list(self._mean)

    def mean(self, name: str) -> float:
        """The mean |gradient| over all elements and steps."""
        return float(np.mean(self._mean[name]))

    def largest(self, name: str) -> float:
        """The largest |gradient| of any element at any step; NaN where one was NaN."""
        return float(np.max(self._largest[name]))
