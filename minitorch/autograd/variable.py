"""torch.autograd.variable: what tensors with a gradient were called before torch 0.4."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch._tensor import Tensor
from minitorch.sized import empty

__all__ = ["Variable"]


class _VariableMeta(type):
    def __instancecheck__(cls, other: Any) -> bool:
        return isinstance(other, Tensor)


class Variable(metaclass=_VariableMeta):
    """`Variable(x, requires_grad=True)` is a tensor that shares the memory of `x`.

    Every tensor is an instance. `volatile` warns and changes nothing, as in torch.

    >>> import minitorch as torch
    >>> from minitorch.autograd import Variable
    >>> x = Variable(torch.ones(2), requires_grad=True)
    >>> x, isinstance(x, Variable)
    (tensor([1., 1.], requires_grad=True), True)
    """

    def __new__(  # type: ignore[misc]
        cls, data: Any = None, requires_grad: bool = False, volatile: Any = None
    ) -> Tensor:
        if data is not None and not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        if volatile is not None:
            warnings.warn(
                "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.",
                stacklevel=2,
            )
        made = empty(0) if data is None else data.detach()
        return made.requires_grad_(requires_grad)
