"""One public operation on one set of inputs, in torch's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Function = Callable[..., Any]


class Case(NamedTuple):
    """`function(T, *tensors)` calls `op` of engine T on `inputs`.

    `order` is the highest derivative that is defined; no gradient is asked of `constant` inputs.
    """

    op: str
    label: str
    function: Function
    inputs: tuple[np.ndarray, ...]
    order: int = 2
    constant: tuple[int, ...] = ()

    @property
    def id(self) -> str:
        """As reports show it: 'softmax, ties, 2x3'."""
        shapes = " ".join("x".join(map(str, a.shape)) or "0d" for a in self.inputs)
        return ", ".join(part for part in (self.op, self.label, shapes) if part)


def case(
    op: str, label: str, function: Function, *inputs: Any, order: int = 2, constant: Any = ()
) -> Case:
    """A case whose inputs are numbers, lists or arrays; floats become float32."""
    arrays = [np.asarray(a) for a in inputs]
    arrays = [a.astype(np.float32) if a.dtype.kind == "f" else a for a in arrays]
    return Case(op, label, function, tuple(arrays), order, tuple(constant))


def word(op: str, *more: Any, **params: Any) -> Function:
    """The call `T.op(*tensors, *more, **params)`, with `op` as torch writes it after its own name.

    What is a method alone is called as one.
    """
    path = op.split(".")

    def call(T: Any, *tensors: Any) -> Any:
        found = T
        for part in path:
            found = getattr(found, part, None)
        found = found or getattr(T.Tensor, path[-1])
        return found(*tensors, *more, **params)

    return call


class Draw:
    """Random inputs, the same in every run with the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)

    def __call__(self, *shape: int, low: float = -2.0, high: float = 2.0) -> np.ndarray:
        """Uneven numbers in [low, high)."""
        return self.random.uniform(low, high, shape).astype(np.float32)

    def normal(self, *shape: int, scale: float = 1.0) -> np.ndarray:
        """Normal numbers."""
        return (self.random.standard_normal(shape) * scale).astype(np.float32)

    def integers(self, *shape: int, low: int = 0, high: int = 3) -> np.ndarray:
        """Whole numbers in [low, high), as int64."""
        return self.random.integers(low, high, shape)

    def mask(self, *shape: int) -> np.ndarray:
        """Bools."""
        return self.random.random(shape) < 0.5
