"""torch.overrides: what can be asked about types that behave like a Tensor.

Differs: `__torch_function__` is asked of operands that are no Tensors, not of Tensor's subclasses.
"""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor

__all__ = ["has_torch_function", "is_tensor_like", "is_tensor_method_or_property"]


def is_tensor_like(inp: Any) -> bool:
    """Whether `inp` is a Tensor, or of a type that says how torch's functions treat it."""
    return isinstance(inp, Tensor) or hasattr(type(inp), "__torch_function__")


def has_torch_function(relevant_args: Any) -> bool:
    """Whether an argument takes torch's functions over: never."""
    return False


def is_tensor_method_or_property(func: Any) -> bool:
    """Whether `func` is one of Tensor's methods, or the getter of one of its properties."""
    name = getattr(func, "__name__", "")
    found = getattr(Tensor, name, None)
    return name == "__get__" or (found is not None and found is func)
