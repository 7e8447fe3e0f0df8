"""How samples become a batch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

from minitorch import dtypes
from minitorch._tensor import Tensor, edge, wrap
from minitorch.backend import xp
from minitorch.creation import as_tensor, tensor
from minitorch.ops.shape import stack

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]


def default_collate(batch: Any) -> Any:
    """A list of samples as one sample with an outer dimension: tensors are stacked, numbers become
    tensors, and the same is done inside dicts, tuples and lists; strings stay a list.

    >>> default_collate([{"x": 1, "y": "a"}, {"x": 2, "y": "b"}])
    {'x': tensor([1, 2]), 'y': ['a', 'b']}

    Raises: TypeError for samples of another type; RuntimeError for tensors or lists of unequal
        sizes.
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def collate(batch: Any, *, collate_fn_map: Mapping | None = None) -> Any:
    """As `default_collate`, with functions of your own for the types (or tuples of types) that
    `collate_fn_map` has as keys; each is called as `f(samples, collate_fn_map=...)`.

    Raises: TypeError for a type that is no key, and neither dict, tuple nor list.
    """
    elem = batch[0]
    kind = type(elem)
    for known, function in (collate_fn_map or {}).items():
        if known is kind:
            return function(batch, collate_fn_map=collate_fn_map)
    for known, function in (collate_fn_map or {}).items():
        if isinstance(elem, known):
            return function(batch, collate_fn_map=collate_fn_map)
    if isinstance(elem, Mapping):
        return like_mapping(
            elem,
            lambda key: collate([sample[key] for sample in batch], collate_fn_map=collate_fn_map),
        )
    if isinstance(elem, tuple) and hasattr(elem, "_fields"):
        return kind(*(collate(part, collate_fn_map=collate_fn_map) for part in zip(*batch)))
    if isinstance(elem, Sequence):
        if any(len(sample) != len(elem) for sample in batch):
            raise RuntimeError(
                "default_collate: expected lists of equal size, got sizes "
                f"{[len(sample) for sample in batch]}"
            )
        parts = [collate(part, collate_fn_map=collate_fn_map) for part in zip(*batch)]
        return parts if isinstance(elem, tuple) else like_sequence(elem, parts)
    raise TypeError(_cannot(kind))


def collate_tensor_fn(batch: Any, *, collate_fn_map: Mapping | None = None) -> Tensor:
    """Tensors, stacked."""
    if all(type(x) is Tensor and edge(x) is None for x in batch):
        arrays = [x._array for x in batch]
        shape, kind = arrays[0].shape, arrays[0].dtype
        if all(a.shape == shape and a.dtype is kind for a in arrays):
            return wrap(xp.array(arrays))  # 64 rows of 20: 13 µs, by way of the row 40
    return stack(batch)


def collate_numpy_array_fn(batch: Any, *, collate_fn_map: Mapping | None = None) -> Any:
    """NumPy arrays, stacked as tensors. Raises: TypeError for arrays of texts or objects."""
    if batch[0].dtype.kind in "SUO":
        raise TypeError(_cannot(batch[0].dtype))
    return collate([as_tensor(array) for array in batch], collate_fn_map=collate_fn_map)


def collate_numpy_scalar_fn(batch: Any, *, collate_fn_map: Mapping | None = None) -> Tensor:
    """NumPy numbers as a tensor of their dtype."""
    return as_tensor(xp.asarray(batch))


def collate_float_fn(batch: Any, *, collate_fn_map: Mapping | None = None) -> Tensor:
    """Numbers as float64."""
    return tensor(batch, dtype=dtypes.float64)


def collate_int_fn(batch: Any, *, collate_fn_map: Mapping | None = None) -> Tensor:
    """Numbers as `tensor` takes them."""
    return tensor(batch)


def collate_str_fn(batch: Any, *, collate_fn_map: Mapping | None = None) -> Any:
    """Texts as they are."""
    return batch


default_collate_fn_map: dict[Any, Callable] = {
    Tensor: collate_tensor_fn,
    xp.ndarray: collate_numpy_array_fn,
    (xp.bool_, xp.number, xp.object_): collate_numpy_scalar_fn,
    float: collate_float_fn,
    int: collate_int_fn,
    str: collate_str_fn,
    bytes: collate_str_fn,
}
"""How the samples of each type are put together; a type that is added here is known to
`default_collate`."""
SHIPPED = dict(default_collate_fn_map)
"""The same before anybody changed it."""


def _cannot(what: Any) -> str:
    return (
        "default_collate: expected tensors, NumPy arrays, numbers, texts, dicts, tuples or lists, "
        f"got {what}"
    )


def default_convert(data: Any) -> Any:
    """A sample with its NumPy arrays and numbers as tensors: what is done without batches."""
    if isinstance(data, Tensor):
        return data
    if isinstance(data, (xp.ndarray, xp.generic)):
        return data if data.dtype.kind in "SUO" else as_tensor(data)
    if isinstance(data, tuple) and not hasattr(data, "_fields"):
        return [default_convert(part) for part in data]
    return by_parts(default_convert, data)


def by_parts(function: Callable[[Any], Any], data: Any) -> Any:
    """A dict, tuple or list with `function` of each part in its place; anything else as it is."""
    if isinstance(data, Mapping):
        return like_mapping(data, lambda key: function(data[key]))
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(function, data))
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return like_sequence(data, [function(part) for part in data])
    return data


def like_mapping(model: Mapping, value_of: Callable[[Any], Any]) -> Any:
    """{key: value_of(key)} for the keys of `model`, in its type where that can be made."""
    made = {key: value_of(key) for key in model}
    try:
        if isinstance(model, MutableMapping):
            clone = copy.copy(model)
            clone.update(made)
            return clone
        return type(model)(made)  # type: ignore[call-arg]
    except TypeError:
        return made


def like_sequence(model: Sequence, parts: list) -> Any:
    """`parts` in the type of `model` where that can be made."""
    try:
        if isinstance(model, MutableSequence):
            clone = copy.copy(model)
            for i, part in enumerate(parts):
                clone[i] = part
            return clone
        return type(model)(parts)  # type: ignore[call-arg]
    except TypeError:
        return parts
