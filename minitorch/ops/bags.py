"""Rows of a table by their indices, alone or in bags: sums, means and maxima of several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch import errors
from minitorch.calls import composition
from minitorch.ops import index as indexing
from minitorch.ops.elementwise import gate
from minitorch.ops.shape import unsqueeze
from minitorch.primitive import index

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "embedding",
    "embedding_bag",
]

_MODES = ("sum", "mean", "max")


@composition
def embedding(weight, indices, padding_idx=-1, scale_grad_by_freq=False, sparse=False) -> Tensor:
    """The rows of `weight` at `indices`; the row `padding_idx` gets no gradient.

    Differs: the gradient is dense also with `sparse`.
    Raises: RuntimeError for a weight that is no matrix, IndexError for an index that is not there,
    NotImplementedError for `scale_grad_by_freq`, which is in `nn.functional.embedding`.
    """
    refuse_scaling("embedding", scale_grad_by_freq)
    if weight.ndim != 2:
        raise RuntimeError(f"embedding: expected a 2-D weight, got shape {list(weight.shape)}")
    check_indices(indices._array, "embedding")
    padding = padding_idx if 0 <= padding_idx < weight.shape[0] else None
    return indexing.embedding(weight, indices, padding_idx=padding)


def refuse_scaling(name: str, scale_grad_by_freq: bool) -> None:
    """Raise NotImplementedError for what is not supported."""
    if scale_grad_by_freq:
        raise NotImplementedError(f"{name}: scale_grad_by_freq=True is not supported")


def check_indices(indices: Any, name: str) -> None:
    """Raise RuntimeError for indices that are neither int64 nor int32."""
    if indices.dtype not in ("int64", "int32"):
        raise RuntimeError(
            f"{name}: expected indices of torch.int64 or torch.int32, got "
            f"{errors.name_of(indices.dtype)}"
        )


@index((lambda g, bags: indexing.embedding(g, bags), None), torch_name="EmbeddingBagBackward0")
def bag_sum(xp, x, bags, *, count):
    """The sums of those rows of `x` that lie in each of `count` bags; `bags` ascend."""
    out = xp.zeros((count, *x.shape[1:]), x.dtype)
    if bags.size:
        starts = xp.flatnonzero(xp.concatenate(([True], bags[1:] != bags[:-1])))
        out[bags[starts]] = xp.add.reduceat(x, starts, axis=0)
    return out


@composition
def embedding_bag(
    weight,
    indices,
    offsets,
    scale_grad_by_freq=False,
    mode=0,
    sparse=False,
    per_sample_weights=None,
    include_last_offset=False,
    padding_idx=None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(sums, means or maxima of the rows of each bag, bags, sizes of bags, where maxima are).

    Bag i holds the indices from offsets[i] up to offsets[i + 1]; what equals `padding_idx` does
    not count. `mode` is 0 for sums, 1 for means and 2 for maxima; a bag with nothing in it is 0.
    Differs: the gradient is dense also with `sparse`.
    Raises: RuntimeError, ValueError for indices, offsets and weights that do not fit.
    """
    from minitorch._tensor import wrap
    from minitorch.backend import xp

    for given, what in ((scale_grad_by_freq, "scale_grad_by_freq"), (sparse, "sparse")):
        errors.check_number(given, "embedding_bag", what)
    refuse_scaling("embedding_bag", scale_grad_by_freq)
    if mode not in (0, 1, 2):
        raise RuntimeError(f"embedding_bag: expected mode 0, 1 or 2, got {mode}")
    mode = _MODES[mode]
    at, starts = indices._array, offsets._array.astype(xp.int64)
    _check_bags(weight, at, offsets._array, mode, per_sample_weights, include_last_offset)
    ends = starts[1:]
    if include_last_offset:
        starts = starts[:-1]
    else:
        ends = xp.append(ends, at.size)
    bags = xp.repeat(xp.arange(starts.size), ends - starts)
    at = at[: bags.size]
    weights = per_sample_weights
    if padding_idx is not None:
        rows = weight.shape[0]
        if not -rows <= padding_idx < rows:
            raise RuntimeError(
                f"embedding_bag: expected padding_idx in [{-rows}, {rows}), got {padding_idx}"
            )
        counts = at != padding_idx % rows
        at, bags = at[counts], bags[counts]
        weights = None if weights is None else weights[wrap(counts)]
    sizes = xp.bincount(bags, minlength=starts.size)
    if mode == "max":
        out, found = _maxima(weight, at, bags, sizes)
    else:
        found = wrap(sizes)
        picked = indexing.embedding(weight, wrap(at))
        picked = picked if weights is None else picked * unsqueeze(weights, dim=-1)
        out = bag_sum(picked, wrap(bags), count=starts.size)
        if mode == "mean":
            out = out / wrap(sizes.clip(1)[:, None].astype(weight._array.dtype))
    return out, wrap(bags), wrap(sizes), found


def _maxima(weight: Any, at: Any, bags: Any, sizes: Any) -> tuple[Tensor, Tensor]:
    """(the largest of each column in each bag, 0 where there is none; the rows they are in)."""
    from minitorch._tensor import wrap
    from minitorch.backend import xp

    width = weight.shape[1]
    found = xp.zeros((sizes.size, width), xp.int64)
    filled = sizes > 0
    if at.size:
        starts = (xp.cumsum(sizes) - sizes)[filled]
        x = weight._array[at]
        top = xp.repeat(xp.maximum.reduceat(x, starts, axis=0), sizes[filled], axis=0)
        places = xp.where((x == top) | (x != x), xp.arange(at.size)[:, None], at.size)
        found[filled] = at[xp.minimum.reduceat(places, starts, axis=0)]
    columns = xp.arange(width)
    spec = (indexing.ARRAY, indexing.ARRAY)
    out = indexing.take(weight, wrap(found), wrap(columns), spec=spec)
    mask = wrap(xp.broadcast_to(filled[:, None], found.shape).copy())
    return gate(out, mask), wrap(found)


def _check_bags(
    weight: Any, at: Any, offsets: Any, mode: str, weights: Any, include_last: bool
) -> None:
    check_indices(at, "embedding_bag")
    check_indices(offsets, "embedding_bag")
    errors.check_floating(weight._array, "embedding_bag", RuntimeError)
    if weight.ndim != 2 or at.ndim != 1 or offsets.ndim != 1:
        raise RuntimeError(
            "embedding_bag: expected a 2-D weight and 1-D indices and offsets, got shapes "
            f"{list(weight.shape)}, {list(at.shape)} and {list(offsets.shape)}"
        )
    if offsets.size < include_last:
        raise RuntimeError("embedding_bag: include_last_offset expects at least one offset")
    rows = weight.shape[0]
    if at.size and not (at.min() >= 0 and at.max() < rows):
        raise RuntimeError(
            f"embedding_bag: expected indices in [0, {rows}), got {at[(at < 0) | (at >= rows)][0]}"
        )
    if offsets.size and (offsets[0] != 0 or offsets.max() > at.size):
        raise RuntimeError(
            f"embedding_bag: expected offsets that begin with 0 and are at most {at.size}, the "
            f"number of indices, got {offsets.tolist()}"
        )
    if (offsets[1:] < offsets[:-1]).any():
        raise RuntimeError(f"embedding_bag: expected ascending offsets, got {offsets.tolist()}")
    if weights is not None:
        if mode != "sum":
            raise RuntimeError(f"embedding_bag: per_sample_weights go with sums, not with {mode}")
        if weights.dtype is not weight.dtype or weights._array.shape != at.shape:
            raise RuntimeError(
                f"embedding_bag: expected per_sample_weights of {weight.dtype} and shape "
                f"{list(at.shape)}, got {weights.dtype} and {list(weights.shape)}"
            )
