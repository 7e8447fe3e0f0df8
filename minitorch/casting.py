"""Tensors in another dtype or order of memory, and new ones like a given one."""

from __future__ import annotations

from typing import Any

from . import backend, creation, dtypes
from ._tensor import Tensor
from .backend import require
from .memory import checked_format, preserve_format, suggested
from .ops import shape
from .row import named

_PYTHON_TYPES = (float, int, bool)


def to(
    self: Tensor,
    *args: Any,
    dtype: Any = None,
    device: Any = None,
    non_blocking: bool = False,
    copy: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """This tensor in another dtype or order of memory; itself where nothing changes, unless `copy`.

    Called as to(dtype), to(device, dtype) or to(other), then non_blocking and copy.
    """
    if args:
        dtype, device, flags = _target(args, dtype, device)
        if flags:
            copy = flags[-1] if len(flags) > 1 else copy
    if device is not None:
        require(device)
    array = self._array
    form = checked_format(memory_format, "to")
    if dtype is None:
        same = True
    else:
        kind = dtypes.to_numpy(dtype, "to")
        same = kind == array.dtype
        dtype = dtypes.from_numpy_dtype(kind)
    if same and not copy and (form is preserve_format or form is suggested(array)):
        return self
    if same:
        return shape.clone(self, memory_format=form)
    return shape.to(
        self if dtype.is_floating_point else self.detach(), dtype=dtype, memory_format=form
    )


def _target(args: tuple, dtype: Any, device: Any) -> tuple:
    """(dtype, device, the rest) of the positional arguments. Raises: TypeError for other forms."""
    first, *rest = args
    if isinstance(first, Tensor):
        dtype = first.dtype
    elif type(first) is dtypes.dtype or first in _PYTHON_TYPES:
        dtype = first
    elif first is None or isinstance(first, (str, backend.device, int)):
        device = first
        if rest and not isinstance(rest[0], bool):
            dtype = rest.pop(0)
    else:
        raise TypeError(
            f"to(): argument 1 must be torch.dtype, torch.device or Tensor, not "
            f"{type(first).__name__}"
        )
    if len(rest) > 2 or not all(isinstance(flag, (bool, int)) for flag in rest):
        kinds = ", ".join(type(a).__name__ for a in args)
        raise TypeError(f"to(): expected dtype, device or tensor, then two bools, got ({kinds})")
    return dtype, device, rest


def _cast(name: str) -> Any:
    target = next(t for t in dtypes.ALL if name in (t.name, t.alias, t.title.lower()))

    def method(self: Tensor, memory_format: Any = None) -> Tensor:
        return to(self, dtype=target, memory_format=memory_format)

    return named(method, name, f"This tensor as {target!r}.")


CASTS = {
    name: _cast(name)
    for name in (
        "double", "float", "half", "bfloat16", "long", "int", "short", "char", "byte", "bool",
    )
}  # fmt: skip


def type_as(self: Tensor, other: Tensor) -> Tensor:
    """This tensor in the dtype of `other`."""
    return to(self, dtype=other.dtype)


def type_(self: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The name of this tensor's legacy type; with `dtype`, the tensor cast to it."""
    if dtype is None:
        return f"torch.{self.dtype.title}Tensor"
    if isinstance(dtype, str):
        prefix, _, title = dtype.removesuffix("Tensor").rpartition(".")
        found = next((t for t in dtypes._SUPPORTED if t.title == title), None)
        if found is None or prefix not in ("torch", "torch.cuda") or dtype[-6:] != "Tensor":
            raise ValueError(f"type: expected the name of a tensor type, got {dtype!r}")
        if prefix == "torch.cuda":
            raise RuntimeError(f"type: {dtype} needs CUDA: minitorch computes on the CPU")
        return to(self, dtype=found)
    if dtype is Tensor:  # as a type, torch.Tensor is the default one
        return to(self, dtype=dtypes.get_default_dtype())
    if getattr(dtype, "is_cuda", False) is True:
        raise RuntimeError(f"type: {dtype} needs CUDA: minitorch computes on the CPU")
    kind = getattr(dtype, "dtype", dtype)
    if not isinstance(kind, dtypes.dtype):
        raise ValueError(f"type: expected a tensor type or a dtype, got {dtype!r}")
    return to(self, dtype=kind)


# ------------------------------------------------------------------ new ones


def _new(make: Any) -> Any:
    def method(self: Tensor, *size: Any, dtype: Any = None, **options: Any) -> Tensor:
        return make(*size, dtype=dtype or self.dtype, **options)

    return named(method, f"new_{make.__name__}", f"As `{make.__name__}`, in this tensor's dtype.")


def new(self: Tensor, *data: Any, device: Any = None) -> Tensor:
    """`new(2, 3)`: memory of these sizes; `new([1, 2])`: these numbers; in this tensor's dtype."""
    return creation.legacy("new", self.dtype, data, device)


def new_full(self: Tensor, size: Any, fill_value: Any, dtype: Any = None, **how: Any) -> Tensor:
    """`fill_value` in sizes `size`, in the dtype of this tensor."""
    return creation.full(size, fill_value, dtype=dtype or self.dtype, **how)


def new_tensor(self: Tensor, data: Any, dtype: Any = None, **how: Any) -> Tensor:
    """A copy of `data` in the dtype of this tensor."""
    return creation.tensor(data, dtype=dtype or self.dtype, **how)


NEW = {
    "new": new,
    "new_empty": _new(creation.empty),
    "new_empty_strided": _new(creation.empty_strided),
    "new_full": new_full,
    "new_ones": _new(creation.ones),
    "new_tensor": new_tensor,
    "new_zeros": _new(creation.zeros),
}
