"""torch's functions that give a tensor another shape or put tensors together: compositions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from minitorch import errors
from minitorch.calls import composition
from minitorch.dtypes import Size
from minitorch.errors import wrap_dim
from minitorch.memory import checked_format, contiguous_format, lies_in, preserve_format
from minitorch.ops import shape
from minitorch.ops._dims import axes, flat, whole
from minitorch.ops.reduce import sum as sum_

if TYPE_CHECKING:
    from typing import Any

    from minitorch._tensor import Tensor

__all__ = [
    "adjoint",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_shapes",
    "broadcast_tensors",
    "diag",
    "diag_embed",
    "diagflat",
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "movedim",
    "permute",
    "ravel",
    "roll",
    "rot90",
    "tile",
    "trace",
    "unflatten",
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
    if start == end:
        return input
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


def view(input, *size, dtype=None) -> Tensor:
    """The same memory with other sizes, or read as another dtype of the same width.

    Raises: RuntimeError where the sizes do not fit or a copy would be needed.
    """
    from minitorch import _tensor, dtypes

    if len(size) == 1 and isinstance(size[0], dtypes.dtype):
        dtype, size = size[0], ()
    if dtype is not None and not size:
        kind = dtypes.to_numpy(dtype, "view")
        try:
            return _tensor.share(_tensor.wrap(input._array.view(kind)), input._cell)
        except ValueError:
            raise RuntimeError(
                f"view: expected a last size and strides that hold whole elements of {dtype}, "
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
def roll(input, shifts, dims=()) -> Tensor:
    """The elements moved along `dims`; without `dims`, along the flattened tensor."""
    shifts = whole((shifts,) if isinstance(shifts, int) else shifts, "shifts")
    if not shifts:
        raise RuntimeError("roll: expected at least one shift, got none")
    dims = () if dims is None else (dims,) if isinstance(dims, int) else whole(dims, "dims")
    if len(shifts) == 1 and not dims:
        return shape.roll(input.reshape(-1), shifts=shifts, dims=(0,)).reshape(input.shape)
    if len(shifts) != len(dims):
        raise RuntimeError(f"roll: expected one shift for each dim, got {shifts} and {dims}")
    if not input.numel():
        return shape.clone(input)
    return shape.roll(input, shifts=shifts, dims=dims)


@composition
def movedim(input, source, destination) -> Tensor:
    """Axes `source` moved to the places `destination`, a view."""
    n = input.ndim
    if isinstance(source, int) != isinstance(destination, int):
        raise TypeError("movedim(): 'source' and 'destination' must be ints both or tuples both")
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
def diag(input, diagonal=0) -> Tensor:
    """The diagonal of a matrix; of a vector, the matrix that has it as diagonal."""
    if input.ndim == 2:
        seen = shape.diagonal(input, offset=diagonal)
        return shape.clone(seen, memory_format=contiguous_format)
    if input.ndim != 1:
        raise RuntimeError(f"diag: expected a vector or a matrix, got shape {list(input.shape)}")
    n = input.shape[0] + (diagonal if diagonal > 0 else -diagonal)
    return shape.undiagonal(input, size=(n, n), offset=diagonal, dim1=0, dim2=1)


@composition
def contiguous(input, memory_format=contiguous_format) -> Tensor:
    """`input` itself where its memory is in row-major order (or `memory_format`), else a copy."""
    form = checked_format(memory_format, "contiguous", contiguous_format)
    if lies_in(input._array, form):
        return input
    if form is preserve_format:
        raise RuntimeError("contiguous: expected an order of memory, got torch.preserve_format")
    return shape.clone(input, memory_format=form)


@composition
def ravel(input) -> Tensor:
    """All elements as one axis: a view where they lie in row-major order, else a copy."""
    return shape.view(contiguous(input), size=(-1,))


@composition
def sum_to_size(input, *size) -> Tensor:
    """The sum over the axes along which `size` would broadcast to the shape of `input`."""
    size, n = whole(flat(size)), input.ndim
    fits = len(size) <= n and all(a in (1, b) for a, b in zip(size, input.shape[n - len(size) :]))
    if not fits:
        raise RuntimeError(
            f"sum_to_size: expected a size that broadcasts to {list(input.shape)}, got {list(size)}"
        )
    if not size:
        return sum_(input)
    return input if size == input.shape else sum_to(input, size)


def sum_to(input, size):
    """As the row, but integers are summed in int64, as torch's sums are."""
    gone = input.ndim - len(size)
    return shape.reshape(sum_(input, dim=tuple(
        i for i in range(input.ndim) if i < gone or size[i - gone] != input.shape[i]
    ), keepdim=True), size)  # fmt: skip


@composition
def atleast_1d(*tensors) -> Any:
    """`tensors`, one or several, with a 0-d one as a vector of one element."""
    return _each(tensors, lambda x: shape.reshape(x, (1,)) if not x.ndim else x)


@composition
def atleast_2d(*tensors) -> Any:
    """`tensors`, one or several, with vectors as rows of a matrix."""

    def wide(x):
        return shape.reshape(x, (1, 1)) if not x.ndim else x if x.ndim > 1 else _unsqueeze(x, 0)

    return _each(tensors, wide)


@composition
def atleast_3d(*tensors) -> Any:
    """`tensors`, one or several, with (n,) as (1, n, 1) and (n, m) as (n, m, 1)."""

    def deep(x):
        if not x.ndim:
            return shape.reshape(x, (1, 1, 1))
        x = _unsqueeze(x, 0) if x.ndim == 1 else x
        return _unsqueeze(x, -1) if x.ndim == 2 else x

    return _each(tensors, deep)


def _unsqueeze(x, dim):
    return shape.unsqueeze(x, dim=dim)


def _each(tensors, change):
    if len(tensors) == 1:
        if not isinstance(tensors[0], (list, tuple)):
            return change(tensors[0])
        tensors = tensors[0]
    return tuple(change(x) for x in tensors)


@composition
def diag_embed(input, offset=0, dim1=-2, dim2=-1) -> Tensor:
    """The last axis as the diagonal of two new axes `dim1` and `dim2`, zeros beside it."""
    n = input.ndim + 1
    a, b = wrap_dim(dim1, n), wrap_dim(dim2, n)
    if a == b:
        raise RuntimeError(f"diag_embed: expected two dims, got {dim1} and {dim2} of {n}")
    side = input.shape[-1] + abs(offset)
    size = list(input.shape[:-1])
    for at in sorted((a, b)):
        size.insert(at, side)
    return shape.undiagonal(input, size=tuple(size), offset=offset, dim1=a, dim2=b)


@composition
def diagflat(input, offset=0) -> Tensor:
    """The matrix with the elements of `input` on its diagonal."""
    return diag(shape.reshape(input, (-1,)), *whole((offset,), "offset"))


@composition
def trace(input) -> Tensor:
    """The sum of the diagonal of a matrix. Raises: RuntimeError for what is no matrix."""
    errors.refuse_bool(input._array, "trace")
    if input.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, got shape {list(input.shape)}")
    return sum_(shape.diagonal(input))


@composition
def fliplr(input) -> Tensor:
    """The columns in reverse order, a copy."""
    if input.ndim < 2:
        raise RuntimeError(f"fliplr: expected two dimensions, got shape {list(input.shape)}")
    return shape.flip(input, dims=(1,))


@composition
def flipud(input) -> Tensor:
    """The rows in reverse order, a copy."""
    if not input.ndim:
        raise RuntimeError("flipud: expected at least one dimension, got a 0-d tensor")
    return shape.flip(input, dims=(0,))


@composition
def rot90(input, k=1, dims=(0, 1)) -> Tensor:
    """Turned `k` times by 90 degrees in the plane of two axes, from the first towards the second.

    Raises: RuntimeError unless `dims` are two different axes.
    """
    (k,), dims = whole((k,), "k"), whole(dims, "dims")
    if len(dims) != 2 or input.ndim < 2:
        raise RuntimeError(
            f"rot90: expected two of at least two dims, got {list(dims)} of {input.ndim}"
        )
    a, b = (wrap_dim(d, input.ndim) for d in dims)
    if a == b:
        raise RuntimeError(f"rot90: expected two different dims, got {list(dims)}")
    k %= 4
    if k % 2 == 0:
        return shape.flip(input, dims=(a, b)) if k else shape.clone(
            input, memory_format=contiguous_format)  # fmt: skip
    return shape.flip(shape.transpose(input, dim0=a, dim1=b), dims=(a if k == 1 else b,))


@composition
def adjoint(input) -> Tensor:
    """The last two axes exchanged, a view; a 0-d tensor as it is."""
    if not input.ndim:
        return input
    if input.ndim < 2:
        raise RuntimeError(
            f"adjoint: expected at least two dimensions, got shape {list(input.shape)}"
        )
    return shape.transpose(input, dim0=-2, dim1=-1)


def broadcast_shapes(*shapes) -> Size:
    """The shape that all `shapes`, ints or sequences of them, broadcast to."""
    sizes = [(s,) if isinstance(s, int) else s for s in shapes]
    for size in sizes:
        if not isinstance(size, (tuple, list)) or not all(hasattr(n, "__index__") for n in size):
            raise RuntimeError(f"broadcast_shapes: expected ints or tuples of ints, got {size!r}")
        if min(size, default=0) < 0:
            raise ValueError(f"broadcast_shapes: expected sizes of at least 0, got {list(size)}")
    return Size(errors.broadcast_shapes(*sizes))
