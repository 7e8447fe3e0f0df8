"""How a tensor is put together again from what a checkpoint says of it.

The names are torch's, because they stand in the files. Every argument is checked before memory is
looked at: they come from files that anybody may have written.
"""

from __future__ import annotations

from typing import Any

from . import dtypes, memory
from ._tensor import Tensor, edge, leaf
from .parameter import Parameter
from .storage import TypedStorage, UntypedStorage

MAX_VIEW = 2**31
"""As many elements may a view show that holds fewer: an expanded one, which repeats them."""


def _rebuild_tensor(storage: Any, storage_offset: int, size: Any, stride: Any) -> Tensor:
    """The part of `storage` from `storage_offset` on with these sizes and strides, in elements."""
    if not isinstance(storage, TypedStorage):
        raise TypeError(f"tensor: expected a storage, got {type(storage).__name__}")
    return leaf(_part(storage.untyped(), storage.dtype, storage_offset, size, stride))


def _rebuild_tensor_v2(
    storage: Any,
    storage_offset: int,
    size: Any,
    stride: Any,
    requires_grad: bool,
    backward_hooks: Any,
    metadata: Any = None,
) -> Tensor:
    """The same, with what autograd has to know."""
    made = _rebuild_tensor(storage, storage_offset, size, stride)
    return _finished(made, requires_grad, backward_hooks, metadata)


def _rebuild_tensor_v3(
    storage: Any,
    storage_offset: int,
    size: Any,
    stride: Any,
    requires_grad: bool,
    backward_hooks: Any,
    dtype: Any,
    metadata: Any = None,
) -> Tensor:
    """The same of bytes that are to be numbers of `dtype`."""
    if not isinstance(storage, (TypedStorage, UntypedStorage)):
        raise TypeError(f"tensor: expected a storage, got {type(storage).__name__}")
    if type(dtype) is not dtypes.dtype:
        raise TypeError(f"tensor: expected a dtype, got {type(dtype).__name__}")
    made = leaf(_part(storage.untyped(), dtype, storage_offset, size, stride))
    return _finished(made, requires_grad, backward_hooks, metadata)


def _part(storage: UntypedStorage, dtype: Any, offset: Any, size: Any, stride: Any) -> Any:
    numbers = storage._as(dtypes.to_numpy(dtype))
    for name, given in (("size", size), ("stride", stride)):
        if not isinstance(given, (tuple, list)) or any(type(n) is not int for n in given):
            raise TypeError(f"tensor: expected a tuple of ints as {name}, got {given!r}")
    if type(offset) is not int:
        raise TypeError(f"tensor: expected an int as offset, got {type(offset).__name__}")
    if len(size) > 64:
        raise RuntimeError(f"tensor: expected at most 64 dimensions, got {len(size)}")
    shown = dtypes.Size(size).numel()
    if shown > max(numbers.size, MAX_VIEW):
        raise RuntimeError(
            f"tensor: sizes {list(size)} show {shown} elements of a storage of {numbers.size}"
        )
    return memory.as_strided(numbers, tuple(size), tuple(stride), offset)


def _finished(made: Tensor, requires_grad: Any, backward_hooks: Any, metadata: Any) -> Tensor:
    if type(requires_grad) is not bool:
        raise TypeError(f"tensor: expected a bool as requires_grad, got {requires_grad!r}")
    if backward_hooks:
        raise RuntimeError("tensor: hooks are no part of a checkpoint")
    if metadata:
        raise NotImplementedError(f"tensor: not supported: {', '.join(map(str, metadata))}")
    return made.requires_grad_(True) if requires_grad else made


def _rebuild_parameter(data: Any, requires_grad: bool, backward_hooks: Any) -> Parameter:
    """A parameter over the memory of the tensor `data`."""
    if not isinstance(data, Tensor):
        raise TypeError(f"parameter: expected a tensor, got {type(data).__name__}")
    made = Parameter(data, requires_grad=False)
    _finished(made, requires_grad, backward_hooks, None)
    return made


def _rebuild_parameter_with_state(
    data: Any, requires_grad: bool, backward_hooks: Any, state: Any
) -> Parameter:
    """The same with the attributes that somebody gave it."""
    return _with_state(_rebuild_parameter(data, requires_grad, backward_hooks), state)


def _rebuild_from_type_v2(func: Any, new_type: Any, args: Any, state: Any) -> Tensor:
    """The tensor `func(*args)` as one of class `new_type`, with the attributes in `state`."""
    if func not in _REBUILD:
        raise TypeError(f"tensor: expected a function that rebuilds one, got {func!r}")
    if not (isinstance(new_type, type) and issubclass(new_type, Tensor)):
        raise TypeError(f"tensor: expected a class of tensors, got {new_type!r}")
    made = func(*args)
    if type(made) is not new_type:
        made = leaf(made._array, edge(made) is not None, new_type)
    return _with_state(made, state)


def _with_state(made: Any, state: Any) -> Any:
    attributes, slots = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
    for given in (attributes, slots):
        if given is None:
            continue
        if type(given) is not dict or any(type(name) is not str for name in given):
            raise TypeError(f"tensor: expected attributes by name, got {type(given).__name__}")
        for name, value in given.items():
            if hasattr(Tensor, name):
                raise TypeError(f"tensor: expected attributes of the user's, got {name!r}")
            made.__dict__[name] = value
    return made


_REBUILD = (_rebuild_tensor, _rebuild_tensor_v2, _rebuild_tensor_v3, _rebuild_parameter)
