"""How samples become a batch."""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from typing import TYPE_CHECKING, Any

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.backend import xp
from minitorch.creation import as_tensor, tensor
from minitorch.ops.shape import stack

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["default_collate", "default_convert"]


def default_collate(batch: Any) -> Any:
    """A list of samples as one sample with an outer dimension: tensors are stacked, numbers become
    tensors, and the same is done inside dicts, tuples and lists; strings stay a list.

    >>> default_collate([{"x": 1, "y": "a"}, {"x": 2, "y": "b"}])
    {'x': tensor([1, 2]), 'y': ['a', 'b']}

    Raises: TypeError for samples of another type; RuntimeError for tensors or lists of unequal
        sizes.
    """
    elem = batch[0]
    if isinstance(elem, Tensor):
        return stack(batch)
    if isinstance(elem, xp.ndarray):
        if elem.dtype.kind in "SUO":
            raise TypeError(_cannot(elem.dtype))
        return stack([as_tensor(array) for array in batch])
    if isinstance(elem, (xp.bool_, xp.number)):
        return as_tensor(xp.asarray(batch))
    if isinstance(elem, float):
        return tensor(batch, dtype=dtypes.float64)
    if isinstance(elem, int):
        return tensor(batch)
    if isinstance(elem, (str, bytes)):
        return batch
    if isinstance(elem, Mapping):
        return _like_mapping(elem, lambda key: default_collate([sample[key] for sample in batch]))
    if isinstance(elem, tuple) and hasattr(elem, "_fields"):
        return type(elem)(*(default_collate(samples) for samples in zip(*batch)))
    if isinstance(elem, Sequence):
        if any(len(sample) != len(elem) for sample in batch):
            raise RuntimeError(
                "default_collate: expected lists of equal size, got sizes "
                f"{[len(sample) for sample in batch]}"
            )
        parts = [default_collate(samples) for samples in zip(*batch)]
        return parts if isinstance(elem, tuple) else _like_sequence(elem, parts)
    raise TypeError(_cannot(type(elem)))


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
    if isinstance(data, Mapping):
        return _like_mapping(data, lambda key: default_convert(data[key]))
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, tuple):
        return [default_convert(part) for part in data]
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _like_sequence(data, [default_convert(part) for part in data])
    return data


def _like_mapping(model: Mapping, value_of: Callable[[Any], Any]) -> Any:
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


def _like_sequence(model: Sequence, parts: list) -> Any:
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
