"""torch.overrides: what can be asked about types that behave like a Tensor.

Differs: of subclasses of Tensor `__torch_function__` is asked for methods and operators, not for
functions; of operands that are no Tensors, for both.
"""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.subclass import (
    handle_torch_function,
    has_torch_function,
    has_torch_function_unary,
    has_torch_function_variadic,
)

__all__ = [
    "handle_torch_function",
    "has_torch_function",
    "has_torch_function_unary",
    "has_torch_function_variadic",
    "is_tensor_like",
    "is_tensor_method_or_property",
]


def is_tensor_like(inp: Any) -> bool:
    """Whether `inp` is a Tensor, or of a type that says how torch's functions treat it."""
    return isinstance(inp, Tensor) or hasattr(type(inp), "__torch_function__")


def is_tensor_method_or_property(func: Any) -> bool:
    """Whether `func` is one of Tensor's methods, or the getter of one of its properties."""
    name = getattr(func, "__name__", "")
    found = getattr(Tensor, name, None)
    return name == "__get__" or (found is not None and found is func)
