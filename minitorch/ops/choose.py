"""torch's functions that choose elements by index or by mask, and their positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch.calls import apart, composition
from minitorch.errors import broadcast_shapes, check_index_dtype, name_of, wrap_dim
from minitorch.ops import index as rows
from minitorch.ops import shape
from minitorch.ops._dims import whole
from minitorch.ops.rearrange import broadcast_tensors

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "argwhere",
    "gather",
    "index_select",
    "masked_select",
    "nonzero",
    "nonzero_static",
    "take",
    "take_along_dim",
    "unravel_index",
]

# ------------------------------------------------------------------ by index


@apart
@composition
def gather(input, dim, index, *, sparse_grad=False) -> Tensor:
    """The elements at `index` along `dim`. Differs: the gradient is dense, whatever sparse_grad.

    Shape: out[i][j] = input[index[i][j]][j] for dim = 0
    Raises: RuntimeError for an index that is not there.
    """
    return rows.gather(input, index, dim=dim)


@apart
@composition
def index_select(input, dim, index) -> Tensor:
    """The slices of `input` along `dim` at the 1-D tensor `index`.

    Raises: IndexError for an index that is not there or not 1-D.
    """
    if index.ndim > 1:
        raise IndexError(f"index_select: expected a vector of indices, got {list(index.shape)}")
    _check_wide_index(index._array, "index_select")
    at = wrap_dim(dim, input.ndim)
    rows.check_indices(index._array, input.shape[at] if input.ndim else 1, at, IndexError, 0)
    index = shape.reshape(index, (-1,))
    if not input.ndim:
        if index.shape[0] != 1:
            raise RuntimeError(
                f"index_select: expected one index of a 0-d tensor, got {index.shape[0]}"
            )
        return shape.reshape(rows.take(shape.reshape(input, (1,)), index, spec=(rows.ARRAY,)), ())
    return rows.take(input, index, spec=(rows.ALL,) * at + (rows.ARRAY,))


def _check_wide_index(index, name):
    """Refuse indices that are neither int64 nor int32."""
    check_index_dtype(index, name)
    if index.dtype.itemsize < 4:
        raise RuntimeError(
            f"{name}: expected indices of torch.int64 or torch.int32, got {name_of(index.dtype)}"
        )


def check_long(index, name, error=RuntimeError):
    """Refuse indices that are not int64."""
    if index.dtype != "int64":
        raise error(f"{name}: expected indices of torch.int64, got {name_of(index.dtype)}")


@apart
@composition
def take(input, index) -> Tensor:
    """The elements of the flattened `input` at `index`.

    Shape: (*), (index) -> (index)
    Raises: IndexError for an index that is not there, RuntimeError for indices not int64.
    """
    check_long(index._array, "take")
    return rows.take(shape.reshape(input, (-1,)), index, spec=(rows.ARRAY,))


@apart
@composition
def take_along_dim(input, indices, dim=None) -> Tensor:
    """The elements at `indices` along `dim`, other sizes broadcast; without it of the flattened.

    Raises: RuntimeError for an index that is not there, or not int64.
    """
    check_long(indices._array, "take_along_dim")
    if dim is None:
        return rows.gather(shape.reshape(input, (-1,)), shape.reshape(indices, (-1,)), dim=0)
    at = wrap_dim(dim, input.ndim)
    if indices.ndim != input.ndim:
        raise RuntimeError(
            f"take_along_dim: expected indices of {input.ndim} dimensions for shape "
            f"{list(input.shape)}, got shape {list(indices.shape)}"
        )
    if not input.ndim:
        return rows.gather(input, indices, dim=0)
    n, count = input.shape[at], indices.shape[at]
    alike = [(*t.shape[:at], 1, *t.shape[at + 1 :]) for t in (input, indices)]
    others = broadcast_shapes(*alike)
    input = shape.expand(input, size=(*others[:at], n, *others[at + 1 :]))
    indices = shape.expand(indices, size=(*others[:at], count, *others[at + 1 :]))
    return rows.gather(input, indices + (indices < 0) * n, dim=at)


# ------------------------------------------------------------------ by mask


@apart
@composition
def masked_select(input, mask) -> Tensor:
    """The elements where the mask holds, as a vector. Raises: RuntimeError for no mask."""
    if mask.dtype.name != "bool":
        raise RuntimeError(f"masked_select: expected a torch.bool mask, got {mask.dtype}")
    input, mask = broadcast_tensors(input, mask)
    return rows.take(input, mask, spec=(rows.ARRAY,))


# ------------------------------------------------------------------ positions


@composition
def nonzero(input, *, as_tuple=False) -> Any:
    """The positions of the elements that are not 0: rows of a matrix, or one vector per axis."""
    if not as_tuple:
        return rows.nonzero(input)
    return shape.unbind(rows.nonzero(input if input.ndim else shape.reshape(input, (1,))), dim=1)


@composition
def argwhere(input) -> Tensor:
    """The positions of the elements that are not 0, as rows of a matrix."""
    return rows.nonzero(input)


@composition
def nonzero_static(input, *, size, fill_value=-1) -> Tensor:
    """As nonzero, cut or filled up with `fill_value` to `size` rows."""
    if size < 0:
        raise RuntimeError(f"nonzero_static: expected a size of at least 0, got {size}")
    found = shape.basic_index(rows.nonzero(input), at=(slice(size),))
    missing = size - found.shape[0]
    return shape.constant_pad(found, before=(0, 0), after=(missing, 0), value=fill_value)


@composition
def unravel_index(indices, shape) -> tuple[Tensor, ...]:
    """The coordinates, in a tensor of sizes `shape`, of places in its flattened form.

    Raises: TypeError for indices that are no integers, ValueError for sizes below 0 or an index
    that is not there.
    """
    if indices.dtype.is_floating_point or indices.dtype.name == "bool":
        raise TypeError(f"unravel_index: expected integer indices, got {indices.dtype}")
    indices = indices.long()
    sizes = (shape.__index__(),) if hasattr(shape, "__index__") else whole(shape, "shape")
    if min(sizes, default=0) < 0:
        raise ValueError(f"unravel_index: expected sizes of at least 0, got {list(sizes)}")
    places = []
    for n in reversed(sizes):
        n = n or int(not indices.numel())  # no index needs no divisor
        places.append(indices % n)
        indices = indices // n
    return tuple(reversed(places))
