"""torch's functions that give a tensor another shape or put tensors together: compositions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from minitorch import errors
from minitorch.calls import composition
from minitorch.errors import wrap_dim
from minitorch.ops import shape
from minitorch.ops._dims import axes, flat, tensors_of, whole

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "broadcast_tensors",
    "cat",
    "chunk",
    "clone",
    "diag",
    "flatten",
    "flip",
    "hstack",
    "movedim",
    "narrow",
    "permute",
    "roll",
    "split",
    "tile",
    "unflatten",
    "vstack",
]


@composition
def flatten(input, start_dim=0, end_dim=-1) -> Tensor:
    """The axes from start_dim to end_dim as one: a view where possible.

    Raises: RuntimeError where they are in the wrong order.
    """
    ndim = input.ndim
    start, end = wrap_dim(start_dim, ndim), wrap_dim(end_dim, ndim)
    if start > end:
        whole((start_dim, end_dim), "start_dim, end_dim")
        raise RuntimeError(
            f"flatten: expected start_dim before end_dim, got {start_dim} and {end_dim} of shape "
            f"{list(input.shape)}"
        )
    if not ndim:
        return shape.reshape(input, (1,))
    size = tuple(input.shape)
    total = 1
    for n in size[start : end + 1]:
        total *= n
    return shape.reshape(input, (*size[:start], total, *size[end + 1 :]))


@composition
def unflatten(input, dim, sizes) -> Tensor:
    """Axis `dim` as several axes of the given sizes, one of which may be -1."""
    at, size = wrap_dim(dim, input.ndim), tuple(input.shape)
    known = 1
    for n in sizes:
        known *= n if n != -1 else 1
    found = tuple(size[at] // known if n == -1 and known else n for n in sizes)
    if math.prod(found) != size[at]:
        raise RuntimeError(f"unflatten: expected sizes for {size[at]} elements, got {list(sizes)}")
    return shape.view(input, size=(*size[:at], *found, *size[at + 1 :]))


def view(input, *size) -> Tensor:
    """The same memory with other sizes, or read as another dtype of the same width.

    Raises: RuntimeError where the sizes do not fit or a copy would be needed.
    """
    from minitorch import _tensor, dtypes

    if len(size) == 1 and isinstance(size[0], dtypes.dtype):
        try:
            return _tensor.share(_tensor.wrap(input._array.view(size[0].np)), input._cell)
        except ValueError:
            raise RuntimeError(
                f"view: expected a last size and strides that hold whole elements of {size[0]}, "
                f"got {input.dtype} of shape {list(input.shape)}"
            ) from None
    if not size:
        raise TypeError("view(): missing required argument 'size' (position 1)")
    return shape.view(input, size=flat(size))


@composition
def view_as(input, other) -> Tensor:
    """`input` viewed in the shape of `other`."""
    return shape.view(input, size=tuple(other.shape))


@composition
def reshape_as(input, other) -> Tensor:
    """`input` reshaped to the shape of `other`."""
    return shape.reshape(input, tuple(other.shape))


def permute(input, *order, dims=None) -> Tensor:
    """The axes in another order, a view."""
    return shape.permute(input, dims=flat(order, dims))


def expand(input, *sizes, size=None) -> Tensor:
    """Repeated along axes of size 1 to the given sizes, without a copy; -1 keeps a size."""
    return shape.expand(input, size=flat(sizes, size))


@composition
def expand_as(input, other) -> Tensor:
    """`input` expanded to the shape of `other`."""
    return shape.expand(input, size=tuple(other.shape))


@composition
def broadcast_tensors(*tensors) -> tuple[Tensor, ...]:
    """The tensors expanded to their common shape."""
    size = errors.broadcast_shapes(*(t.shape for t in tensors))
    return tuple(t if t.shape == size else shape.expand(t, size=size) for t in tensors)


def repeat(input, *counts, repeats=None) -> Tensor:
    """Laid side by side, so many times along each axis."""
    return shape.repeat(input, repeats=flat(counts, repeats))


@composition
def tile(input, *counts, dims=None) -> Tensor:
    """As repeat, with missing leading counts taken as 1."""
    if not counts and dims is None:
        raise TypeError("tile(): missing required argument 'dims'")
    dims = whole(flat(counts, dims), "dims")
    return shape.repeat(input, repeats=(1,) * (input.ndim - len(dims)) + tuple(dims))


def flip(input, *axes, dims=None) -> Tensor:
    """The axes `dims` in reverse order, a copy."""
    return shape.flip(input, dims=flat(axes, dims))


@composition
def roll(input, shifts, dims=None) -> Tensor:
    """The elements moved along `dims`; without `dims`, along the flattened tensor."""
    shifts = whole((shifts,) if isinstance(shifts, int) else shifts, "shifts")
    if dims is None:
        return shape.roll(input.reshape(-1), shifts=shifts, dims=(0,)).reshape(input.shape)
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    if len(shifts) != len(dims):
        raise RuntimeError(f"roll: expected one shift for each dim, got {shifts} and {dims}")
    return shape.roll(input, shifts=shifts, dims=dims)


@composition
def movedim(input, source, destination) -> Tensor:
    """Axes `source` moved to the places `destination`, a view."""
    n = input.ndim
    source, destination = axes(source, n, "movedim"), axes(destination, n, "movedim")
    if len(source) != len(destination):
        raise RuntimeError(
            f"movedim: expected a destination for each source, got {len(source)} sources and "
            f"{len(destination)} destinations"
        )
    order = [i for i in range(n) if i not in source]
    for place, axis in sorted(zip(destination, source)):
        order.insert(place, axis)
    return shape.permute(input, dims=tuple(order))


@composition
def narrow(input, dim, start, length) -> Tensor:
    """`length` slices along `dim` from `start`, a view. Raises: RuntimeError beyond the end."""
    at, n = wrap_dim(dim, input.ndim), input.shape[dim]
    start = int(start) + (n if start < 0 else 0)
    if length < 0 or not 0 <= start <= n - length:
        raise RuntimeError(
            f"narrow: expected a part of dimension {dim} of size {n}, got start {start} and length "
            f"{length}"
        )
    return shape.basic_index(input, at=(slice(None),) * at + (slice(start, start + length), ...))


@composition
def split(tensor, split_size_or_sections, dim=0) -> tuple[Tensor, ...]:
    """Consecutive views of the given size (the last may be smaller) or sizes along `dim`."""
    at = wrap_dim(dim, tensor.ndim)
    n, each = tensor.shape[at], split_size_or_sections
    if isinstance(each, int):
        if each < 0 or (each == 0 and n):
            raise RuntimeError(f"split: expected a size above 0 for {n} elements, got {each}")
        count = -(-n // each) if each else 1
        each = [each] * (count - 1) + [n - each * (count - 1)] if count else [0]
    return shape.split_with_sizes(tensor, sections=tuple(each), dim=dim)


@composition
def chunk(input, chunks, dim=0) -> tuple[Tensor, ...]:
    """At most `chunks` views of equal size along `dim`, the last may be smaller."""
    (chunks,) = whole((chunks,), "chunks")
    if chunks < 1:
        raise RuntimeError(f"chunk: expected at least 1 chunk, got {chunks}")
    if not input.ndim:
        raise RuntimeError("chunk: expected at least one dimension, got a 0-d tensor")
    n = input.shape[wrap_dim(dim, input.ndim)]
    return split(input, -(-n // chunks), dim) if n else split(input, [0] * chunks, dim)


def cat(tensors, dim=0, *, out=None) -> Tensor:
    """The tensors one after another along `dim`. Raises: ValueError for none."""
    if not tensors_of(tensors, "cat"):
        raise ValueError("cat: expected at least one tensor, got none")
    return shape.cat(tensors, dim=dim, **({} if out is None else {"out": out}))


@composition
def hstack(tensors) -> Tensor:
    """Side by side: along axis 1, or 0 for vectors. Raises: RuntimeError for none."""
    if not tensors_of(tensors, "hstack"):
        raise RuntimeError("hstack: expected at least one tensor, got none")
    return shape.cat(tensors, dim=0 if tensors[0].ndim < 2 else 1)


@composition
def vstack(tensors) -> Tensor:
    """One below the other, vectors as rows. Raises: RuntimeError for none."""
    if not tensors_of(tensors, "vstack"):
        raise RuntimeError("vstack: expected at least one tensor, got none")
    return shape.cat([shape.reshape(t, (1, -1)) if t.ndim < 2 else t for t in tensors], dim=0)


@composition
def diag(input, diagonal=0) -> Tensor:
    """The diagonal of a matrix; of a vector, the matrix that has it as diagonal."""
    if input.ndim == 2:
        return shape.clone(shape.diagonal(input, offset=diagonal))
    if input.ndim != 1:
        raise RuntimeError(f"diag: expected a vector or a matrix, got shape {list(input.shape)}")
    n = input.shape[0] + (diagonal if diagonal > 0 else -diagonal)
    return shape.undiagonal(input, size=(n, n), offset=diagonal, dim1=0, dim2=1)


@composition
def contiguous(input, memory_format=None) -> Tensor:
    """`input` itself where its memory is in row-major order, else a copy that is."""
    return input if input._array.flags.c_contiguous else shape.contiguous_copy(input)


def clone(input, *, memory_format=None) -> Tensor:
    """A copy with history."""
    return shape.clone(input)
