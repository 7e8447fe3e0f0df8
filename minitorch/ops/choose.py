"""torch's functions that choose, sort and place elements by index: compositions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch import return_types
from minitorch.calls import composition
from minitorch.errors import wrap_dim
from minitorch.ops import elementwise as ew
from minitorch.ops import index, shape
from minitorch.ops.rearrange import broadcast_tensors

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "argsort",
    "gather",
    "index_fill",
    "index_put",
    "masked_fill",
    "masked_select",
    "nonzero",
    "scatter",
    "sort",
    "take_along_dim",
    "topk",
]


@composition
def masked_select(input, mask) -> Tensor:
    """The elements where the mask holds, as a vector. Raises: RuntimeError for no mask."""
    if mask.dtype.name != "bool":
        raise RuntimeError(f"masked_select: expected a torch.bool mask, got {mask.dtype}")
    input, mask = broadcast_tensors(input, mask)
    return index.take(input, mask, spec=(index.ARRAY,))


@composition
def masked_fill(input, mask, value) -> Tensor:
    """`value`, a number or 0-d, where the mask holds."""
    if getattr(value, "ndim", 0):
        raise RuntimeError(
            f"masked_fill: expected a number or a 0-d value, got shape {list(value.shape)}"
        )
    if mask.dtype.name != "bool":
        raise RuntimeError(f"masked_fill: expected a torch.bool mask, got {mask.dtype}")
    return ew.masked_fill(input, mask, value)


def gather(input, dim, index_=None, *, index=None, sparse_grad=False) -> Tensor:
    """The elements at `index` along `dim`."""
    from minitorch.ops.index import gather as row

    return row(input, index_ if index is None else index, dim=dim)


def scatter(input, dim, index_=None, src=None, *, index=None, value=None) -> Tensor:
    """A copy of `input` with `src`, a tensor or number, put at `index` along `dim`."""
    from minitorch.ops.index import check_source
    from minitorch.ops.index import scatter as row

    index = index_ if index is None else index
    value = src if value is None else value
    if hasattr(value, "_array") and value.dtype is not input.dtype:
        raise RuntimeError(f"scatter: expected one dtype, got {input.dtype} and {value.dtype}")
    if getattr(value, "ndim", 0) and value.shape != index.shape:
        check_source(index, value, "scatter")
        value = shape.basic_index(value, at=tuple(slice(n) for n in index.shape))
    return row(input, index, value, dim=dim)


def argsort(input, dim=-1, descending=False, stable=False) -> Tensor:
    """The positions that sort along `dim`."""
    return index.sort(input, dim=dim, descending=descending)[1]


def sort(input, dim=-1, descending=False, stable=False) -> return_types.sort:
    """(values, indices) in order along `dim`; equal elements keep their order."""
    return return_types.sort(*index.sort(input, dim=dim, descending=descending))


def topk(input, k, dim=-1, largest=True, sorted=True) -> return_types.topk:
    """(values, indices) of the k largest along `dim`, the largest first."""
    return return_types.topk(*index.topk(input, k=k, dim=dim, largest=largest))


def nonzero(input, *, as_tuple=False) -> Any:
    """The positions of the elements that are not 0: rows of a matrix, or one vector per axis."""
    found = index.nonzero(input)
    return shape.unbind(found, dim=1) if as_tuple else found


@composition
def index_put(input, indices, values, accumulate=False) -> Tensor:
    """A copy of `input` with `values` put (or added) at the index tensors `indices`."""
    if not isinstance(indices, (tuple, list)):
        kind = type(indices).__name__
        raise TypeError(f"index_put(): argument 'indices' must be a tuple of Tensors, not {kind}")
    spec = tuple(slice(None) if i is None else index.ARRAY for i in indices)
    arrays = [i for i in indices if i is not None]
    return index.index_put(input, values, *arrays, spec=spec, accumulate=accumulate)


@composition
def index_fill(input, dim, index_, value) -> Tensor:
    """A copy of `input` with `value` at `index` along `dim`."""
    spec = (slice(None),) * wrap_dim(dim, input.ndim) + (index.ARRAY,)
    return index.index_put(input, value, index_, spec=spec)


@composition
def take_along_dim(input, indices, dim=None) -> Tensor:
    """The elements at `indices` along `dim`; of the flattened tensor without it."""
    if dim is None:
        return index.gather(input.reshape(-1), indices.reshape(-1), dim=0)
    return index.gather(input, indices, dim=dim)
