"""How the elements of an array lie in memory: formats, strides, and the block they are part of."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from . import errors

__all__ = [
    "address",
    "allocate",
    "as_strided",
    "copy_as",
    "dense_like",
    "first",
    "is_dense",
    "laid_as",
    "lies_in",
    "memory_order",
    "owner",
    "steps",
]


class memory_format:
    """The order of the dimensions in memory; prints as torch's (`torch.channels_last`)."""

    __slots__ = ("name", "order")

    def __init__(self, name: str, order: tuple[int, ...] = ()) -> None:
        self.name = name
        self.order = order  # of the dimensions, from the largest stride to the smallest

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last", (0, 2, 3, 1))
channels_last_3d = memory_format("channels_last_3d", (0, 2, 3, 4, 1))


class layout:
    """How the elements are stored; prints as torch's. All tensors here are `torch.strided`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


strided, sparse_coo = layout("strided"), layout("sparse_coo")
sparse_csr, sparse_csc = layout("sparse_csr"), layout("sparse_csc")
sparse_bsr, sparse_bsc = layout("sparse_bsr"), layout("sparse_bsc")


def require_layout(wanted: Any) -> None:
    """Accept a `layout=` that is dense, refuse all others."""
    if wanted is None or wanted is strided:
        return
    if not isinstance(wanted, layout):
        raise TypeError(f"argument 'layout' must be torch.layout, not {type(wanted).__name__}")
    raise NotImplementedError(f"tensors of {wanted!r} are not supported")


def checked_format(given: Any, called: str, default: memory_format = preserve_format) -> Any:
    """The `memory_format=` argument of the function `called`; None is `default`.

    Raises: TypeError for what is no format.
    """
    if given is None:
        return default
    if not isinstance(given, memory_format):
        raise TypeError(
            f"{called}(): argument 'memory_format' must be torch.memory_format, not "
            f"{type(given).__name__}"
        )
    return given


# ------------------------------------------------------------------ strides


def steps(array: np.ndarray) -> tuple[int, ...]:
    """The strides of `array` in elements, as torch counts them.

    NumPy writes 0 for a new axis of size 1, and wherever there is no element; torch writes what
    a row-major axis would have.
    """
    item = array.itemsize
    found = tuple(s // item for s in array.strides)
    if 0 not in found:
        return found
    shape = array.shape
    if 0 in shape and not any(found):
        return row_major(shape)
    told, beyond = list(found), 1
    for dim in reversed(range(len(told))):
        if shape[dim] == 1 and told[dim] == 0:
            told[dim] = beyond
        beyond = told[dim] * max(shape[dim], 1)
    return tuple(told)


def row_major(size: Any) -> tuple[int, ...]:
    """The strides, in elements, of sizes laid out in row-major order."""
    return strides_in(size, range(len(size)))


def strides_in(size: Any, order: Any) -> tuple[int, ...]:
    """The strides of `size` without gaps, the dimensions in `order` from the outermost in."""
    found, step = [0] * len(size), 1
    for dim in reversed(order):
        found[dim] = step
        step *= max(size[dim], 1)
    return tuple(found)


def memory_order(array: np.ndarray) -> list[int]:
    """The dimensions from the largest stride to the smallest."""
    errors.check_overlap(array)
    return sorted(range(array.ndim), key=array.strides.__getitem__, reverse=True)


def is_dense(array: np.ndarray) -> bool:
    """Whether the elements fill a block of memory, each at a place of its own."""
    flags = array.flags
    if flags.c_contiguous or flags.f_contiguous:
        return True
    expected = array.itemsize
    for stride, n in sorted((s, n) for s, n in zip(array.strides, array.shape) if n != 1):
        if stride != expected:
            return False
        expected *= n
    return True


def lies_in(array: np.ndarray, form: memory_format) -> bool:
    """Whether the elements lie in the order of `form`, without gaps."""
    if not form.order:
        return bool(array.flags.c_contiguous)
    if len(form.order) != array.ndim:
        return False
    stride, expected = steps(array), 1
    for dim in reversed(form.order):
        if array.shape[dim] != 1 and stride[dim] != expected:
            return False
        expected *= array.shape[dim]
    return True


def suggested(array: np.ndarray) -> memory_format:
    """The format that the strides suggest: channels last where the channels vary fastest."""
    for form in (channels_last, channels_last_3d):
        if array.ndim == len(form.order) and _looks_like(array, form.order):
            return form
    return contiguous_format


def _looks_like(array: np.ndarray, order: tuple[int, ...]) -> bool:
    """Whether strides grow from the channels outwards. Ambiguous sizes of 1 count as row-major."""
    size, stride = array.shape, steps(array)
    if stride[1] == 0 or 0 in size:
        return False
    reached = 0
    for dim in reversed(order):
        if stride[dim] < reached or (dim == 0 and reached == stride[1]):
            return False
        reached = stride[dim] * size[dim]
    return True


def order_of(array: np.ndarray) -> list[int]:
    """The dimensions from the outermost in memory to the innermost.

    Differs from NumPy's order "K": expanded dimensions stay where they stand.
    """
    shape, strides = array.shape, steps(array)
    order = list(reversed(range(array.ndim)))  # to be sorted by strides, the innermost first
    for last in range(1, array.ndim):
        at = last
        for before in reversed(range(last)):
            a, b = order[before], order[at]
            if not (strides[a] and strides[b]):
                continue
            if (strides[a], shape[a]) > (strides[b], shape[b]):
                order[before], order[at] = b, a
                at = before
            elif strides[a] < strides[b]:
                break
    order.reverse()
    return order


def dense_strides(array: np.ndarray) -> tuple[int, ...]:
    """The strides, in elements, of a copy that keeps the order of the dimensions, without gaps."""
    return strides_in(array.shape, order_of(array))


def laid_as(array: np.ndarray, model: np.ndarray) -> np.ndarray:
    """`array` with its dimensions in the memory order of `model`, where they have one shape.

    So torch lays out a result whose operands disagree: the first one decides. NumPy takes row-major
    order then, in which a dropout would draw for other elements.
    """
    strides = model.strides
    if model.shape != array.shape or all(map(operator.ge, strides, strides[1:])):
        return array
    wanted = dense_strides(model)
    if steps(array) == wanted:
        return array
    made = allocate(array.shape, array.dtype, wanted)
    np.copyto(made, array)
    return made


# ------------------------------------------------------------------ new memory


def allocate(size: Any, dtype: Any, strides: tuple[int, ...]) -> np.ndarray:
    """Memory for `size` with the given strides in elements, holding whatever it holds."""
    extent = 1 + sum((n - 1) * s for n, s in zip(size, strides)) if math.prod(size) else 0
    array = np.empty(extent, dtype)
    return np.ndarray(size, array.dtype, array, 0, [s * array.itemsize for s in strides])


def empty_in(size: tuple, dtype: Any, form: memory_format) -> np.ndarray:
    """Memory of `size` in the format `form`. Raises: RuntimeError where the rank does not fit."""
    if form is preserve_format:
        raise RuntimeError(
            "empty: expected a memory format that says an order, got preserve_format"
        )
    if not form.order:
        return np.empty(size, dtype)
    if len(form.order) != len(size):
        raise RuntimeError(
            f"expected {len(form.order)} dimensions for {form!r}, got shape {list(size)}"
        )
    return allocate(size, dtype, strides_in(size, form.order))


def dense_like(
    array: np.ndarray, dtype: Any = None, form: memory_format = preserve_format
) -> np.ndarray:
    """Memory of the shape of `array`, in its order or the order of `form`: torch's empty_like.

    In this order dropout draws its mask.
    """
    if form is not preserve_format:
        return empty_in(array.shape, dtype or array.dtype, form)
    if array.flags.c_contiguous:
        return _with_steps_of(np.empty(array.shape, dtype or array.dtype), array)
    wanted = steps(array) if is_dense(array) else dense_strides(array)
    return allocate(array.shape, dtype or array.dtype, wanted)


def _with_steps_of(made: np.ndarray, array: np.ndarray) -> np.ndarray:
    """`made`, row-major as `array` is, with its strides at sizes of 1 too, where any will do."""
    if 1 not in made.shape or (found := steps(array)) == steps(made):
        return made
    return np.ndarray(made.shape, made.dtype, made, 0, [s * made.itemsize for s in found])


def copy_as(
    array: np.ndarray, form: memory_format = preserve_format, dtype: Any = None
) -> np.ndarray:
    """A copy of `array` in the format `form`, cast to `dtype`."""
    if array.flags.c_contiguous and not form.order:
        made = array.astype(dtype or array.dtype, order="C")
        return _with_steps_of(made, array) if form is preserve_format else made
    made = dense_like(array, dtype, form)
    np.copyto(made, array, casting="unsafe")
    return made


# ------------------------------------------------------------------ the block of memory


def owner(array: Any) -> np.ndarray:
    """The array whose memory `array` is a part of."""
    found = array
    while (array := getattr(array, "base", None)) is not None:
        if isinstance(array, np.ndarray):
            found = array
    return found


def first(array: np.ndarray) -> int:
    """How many elements of the memory's block stand before the first one of `array`."""
    block = owner(array)
    return (address(array) - address(block)) // array.itemsize


def address(array: np.ndarray) -> int:
    """Where the first element of `array` is."""
    return array.__array_interface__["data"][0]


def flat(array: np.ndarray, dtype: Any = None) -> np.ndarray:
    """The whole block that `array` is a part of, as one dimension of elements of `dtype` or its."""
    block, dtype = owner(array), dtype or array.dtype
    if not block.flags.c_contiguous:
        order = sorted(range(block.ndim), key=block.strides.__getitem__, reverse=True)
        block = block.transpose(order)
        if not block.flags.c_contiguous:  # a part of memory that NumPy does not own
            raise NotImplementedError(
                f"storage: expected memory in one piece, got strides {list(steps(block))}"
            )
    block = block.reshape(-1)
    if block.dtype == dtype:
        return block
    return block.view(np.uint8)[: block.nbytes // dtype.itemsize * dtype.itemsize].view(dtype)


def as_strided(
    array: np.ndarray, size: tuple[int, ...], stride: tuple[int, ...], offset: int
) -> np.ndarray:
    """The block of memory of `array` seen with `size` and `stride` (in elements) from `offset` on.

    Raises: RuntimeError where that reaches beyond the block.
    """
    block = flat(array)
    check_within(block.size, block.itemsize, size, stride, offset)
    item = block.itemsize
    if not math.prod(size):
        offset = min(offset, block.size)
    return np.ndarray(size, block.dtype, block, offset * item, [s * item for s in stride])


def check_within(room: int, item: int, size: tuple, stride: tuple, offset: int) -> None:
    """Refuse sizes and strides that are none, or that reach beyond `room` elements."""
    if len(size) != len(stride):
        raise RuntimeError(
            f"expected one stride for each size, got {len(stride)} for {len(size)}: {list(size)} "
            f"and {list(stride)}"
        )
    if min(size, default=0) < 0 or min(stride, default=0) < 0 or offset < 0:
        raise RuntimeError(
            f"expected sizes, strides and offset of at least 0, got {list(size)}, {list(stride)}, "
            f"{offset}"
        )
    if math.prod(size):
        last = offset + sum((n - 1) * s for n, s in zip(size, stride))
        if last >= room:
            raise RuntimeError(
                f"expected a part of {room} elements ({room * item} bytes), got sizes {list(size)} "
                f"and strides {list(stride)} from {offset} on: they reach element {last}"
            )
