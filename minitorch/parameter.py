"""Parameter and Buffer: the tensors a module keeps, told apart by their type."""

from __future__ import annotations

from typing import Any

from ._tensor import Tensor, edge, leaf
from .backend import xp
from .dtypes import get_default_dtype

__all__ = ["Buffer", "Parameter"]


class Parameter(Tensor):
    """A tensor that is to be learned: a module that is assigned one registers it.

    It shares the memory of `data` and is a leaf, whatever history `data` has.

    Raises: RuntimeError where a gradient is asked of integers; AttributeError for no tensor.
    """

    __slots__ = ()

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        made = leaf(_memory(cls, data), requires_grad, cls)
        if data is not None:
            made._cell = cell = data._cell
            if requires_grad:
                cell[0]  # which a tensor made for inference refuses
        return made

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"

    __str__ = __repr__

    def __deepcopy__(self, memo: dict) -> Parameter:
        """A copy of the values alone: neither the gradient nor the user's attributes."""
        if id(self) not in memo:
            copied = leaf(self._array.copy(order="K"), self.requires_grad, type(self))
            memo[id(self)] = copied
        return memo[id(self)]


class _IsBuffer(type):
    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, Tensor) and x.__dict__.get("_is_buffer", False)


class Buffer(Tensor, metaclass=_IsBuffer):
    """A tensor that belongs to a module's state but is not learned: a running mean, a mask.

    `Buffer(data)` returns a plain tensor that carries a mark; a module that is assigned one
    registers it, and leaves it out of its `state_dict` where `persistent` is False.
    """

    __slots__ = ()

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Any:
        array = _memory(cls, data)
        made = leaf(array, data is not None and edge(data) is not None)
        if data is not None:
            made._cell = data._cell
        made.persistent, made._is_buffer = persistent, True
        return made


def _memory(cls: type, data: Tensor | None) -> Any:
    if data is None:
        return xp.empty(0, get_default_dtype().np)
    if not isinstance(data, Tensor):
        raise AttributeError(
            f"{cls.__name__}(data): expected a Tensor, got {type(data).__name__}; "
            "make one with tensor(data)"
        )
    return data._array
