"""Rows on batches: elements by index, products, images."""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.errors import wrap_dim
from minitorch.ops import contract, elementwise, index, reduce, shape
from minitorch.ranges import arange

from .rules import aligned, call, each, given, loop, one_by_one, rule, spread, value_of

# ------------------------------------------------------------------ by index


@rule("gather scatter scatter_add put_along")
def by_index_along(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Indices along one dimension, counted behind the batch."""
    x = inputs[0]
    if not x.ndim or any(i.ndim != x.ndim for i in inputs if isinstance(i, Tensor)):
        return loop(level, row, inputs, params)
    how = {**params, "dim": wrap_dim(params["dim"], x.ndim) + 1}
    if "size" in how:
        how["size"] = (level.size, *how["size"])
    return call(row, [spread(level, i) for i in inputs], how)


@rule("embedding")
def looked_up(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Rows of one table, or of a table for each sample."""
    weight, at = inputs
    if not level.holds(weight):
        return call(row, (weight, at.value), params)
    padding = given(row, params, "padding_idx")
    if padding is not None:
        return loop(level, row, inputs, params)
    start = arange(level.size) * weight.shape[0]
    moved = spread(level, at) + shape.reshape(start, (-1, *(1,) * at.ndim))
    tables = shape.reshape(weight.value, (-1, weight.shape[1]))
    return call(row, (tables, moved), params)


@rule("take index_put")
def by_index(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Index arrays: the number of the sample is one more of them, and stands first."""
    first = len(row.inputs)
    x, indices = inputs[0], inputs[first:]
    if any(i.dtype.name == "bool" for i in indices):
        return _masked(level, row, inputs, params)
    ndim = max(i.ndim for i in indices)
    numbers = shape.reshape(arange(level.size), (-1, *(1,) * ndim))
    arrays = [numbers, *(aligned(level, i, ndim) for i in indices)]
    spec = (index.ARRAY, *params["spec"])
    order = _behind_the_batch(params["spec"], ndim, x.ndim)
    how = {**params, "spec": spec}
    if row.name == "take":
        return shape.permute(call(row, (spread(level, x), *arrays), how), dims=order)
    value = inputs[1]
    if isinstance(value, Tensor) and level.holds(value):
        value = aligned(level, value, len(order) - 1)
    if isinstance(value, Tensor) and value.ndim:
        lead = (None,) * (len(order) - value.ndim)
        value = shape.basic_index(value, at=(*lead, ...))
        value = shape.permute(value, dims=shape.inverse(order, len(order)))
    return call(row, (spread(level, x), value, *arrays), how)


def _behind_the_batch(spec: tuple, chosen: int, ndim: int) -> tuple:
    """The order that puts what index arrays chose where NumPy would without a batch in front."""
    spec = (*spec, *[index.ALL] * (ndim - len(spec)))
    places = [i for i, s in enumerate(spec) if s is index.ARRAY]
    together = places[-1] - places[0] < len(places)
    lead = places[0] if together else 0
    rest = ndim - len(places)
    free = range(1 + chosen, 1 + chosen + rest)
    return (0, *free[:lead], *range(1, 1 + chosen), *free[lead:])


def _masked(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """A mask for all samples names places; one for each can only say where a number is put."""
    first = len(row.inputs)
    x, indices = inputs[0], inputs[first:]
    if any(level.holds(i) for i in indices):
        value = inputs[1] if row.name == "index_put" else None
        whole = len(indices) == 1 and indices[0].ndim == x.ndim and not params.get("accumulate")
        if value is None or not whole or getattr(value, "ndim", 0):
            raise RuntimeError(
                f"vmap: {row.name} with a mask that differs between samples gives results of "
                "different sizes; use torch.where"
            )
        row = elementwise.where.row
        return one_by_one(level, row, (indices[0], value, x), {})
    arrays: list = []
    spec: list = []
    rest = iter(indices)
    for s in params["spec"]:
        found = [s]
        if s is index.ARRAY:
            one = next(rest)
            found = [index.ARRAY] * (one.ndim if one.dtype.name == "bool" else 1)
            arrays += shape.unbind(index.nonzero(one), dim=1) if one.dtype.name == "bool" else [one]
        spec += found
    return by_index(level, row, (*inputs[:first], *arrays), {**params, "spec": tuple(spec)})


# ------------------------------------------------------------------ products


@rule("mm bmm")
def multiplied(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Matrix products broadcast over the batch."""
    x, y = inputs
    _check_inner(row, x, y)
    if row.name == "bmm":
        return contract.matmul(spread(level, x), spread(level, y))
    return contract.matmul(value_of(level, x), value_of(level, y))


@rule("mv")
def applied(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """A matrix times a vector."""
    x, y = inputs
    _check_inner(row, x, y)
    if not level.holds(y):
        return contract.matmul(x.value, y)
    if not level.holds(x):
        return contract.matmul(y.value, shape.transpose(x, dim0=0, dim1=1))
    return shape.select(contract.matmul(x.value, shape.unsqueeze(y.value, dim=2)), dim=2, index=0)


@rule("dot")
def dotted(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Inner products."""
    x, y = inputs
    _check_inner(row, x, y)
    if not level.holds(y):
        return contract.matmul(x.value, y)
    if not level.holds(x):
        return contract.matmul(y.value, x)
    return reduce.sum(x.value * y.value, dim=1)


def _check_inner(row: Any, x: Any, y: Any) -> None:
    """Raises: RuntimeError for sizes that the batch would hide from the row."""
    a, b = x.shape[-1], y.shape[-2] if y.ndim > 1 else y.shape[0]
    if a != b:
        raise RuntimeError(
            f"{row.name}: inner sizes differ: {list(x.shape)} and {list(y.shape)}: {a} != {b}"
        )


@rule("linear")
def mapped(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """One layer for all samples at once; a layer for each sample as a batch of products."""
    x, weight, bias = inputs
    if level.holds(x) and not (level.holds(weight) or level.holds(bias)):
        return call(row, (x.value, weight, bias), params)
    if weight.ndim != 2:
        return loop(level, row, inputs, params)
    if x.shape[-1] != weight.shape[-1]:
        raise RuntimeError(f"linear: inner sizes differ: {list(x.shape)} and {list(weight.shape)}")
    turned_ = shape.transpose(value_of(level, weight), dim0=-2, dim1=-1)
    flat = shape.reshape(spread(level, x), (level.size, -1, x.shape[-1]))
    out = contract.matmul(flat, turned_)
    if bias is not None:
        out = out + aligned(level, bias, 2)
    return shape.reshape(out, (level.size, *x.shape[:-1], weight.shape[0]))


# ------------------------------------------------------------------ images


@rule("max_pooling avg_pooling adaptive_mean adaptive_max im2col col2im resample "
      "max_pooling_indices channel_shuffle")  # fmt: skip
def folded(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Rows on (N, C, *size): all samples are one longer batch."""
    (x,) = inputs
    out = call(row, (joined_samples(x.value),), params)
    return each(out, lambda o: parted_samples(level, o))


def joined_samples(x: Any) -> Any:
    """The first two dimensions as one."""
    return shape.reshape(x, (x.shape[0] * x.shape[1], *x.shape[2:]))


def parted_samples(level: Any, out: Any) -> Any:
    """The inverse of `joined_samples`."""
    return shape.reshape(out, (level.size, out.shape[0] // level.size, *out.shape[1:]))


@rule("convolve")
def convolved(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Images of all samples in one batch; a kernel for each sample is a group of its own."""
    x, weight, bias = inputs
    if not level.holds(weight):
        images = call(row, (joined_samples(x.value) if level.holds(x) else x, weight, None), params)
        out = parted_samples(level, images) if level.holds(x) else spread(level, images)
    else:
        groups, count = params["groups"], level.size
        image = shape.transpose(spread(level, x), dim0=0, dim1=1)
        n, size = image.shape[0], image.shape[3:]
        image = shape.reshape(image, (n, count * x.shape[1], *size))
        out = call(
            row, (image, joined_samples(weight.value), None), {**params, "groups": groups * count}
        )
        out = shape.reshape(out, (n, count, weight.shape[0], *out.shape[2:]))
        out = shape.transpose(out, dim0=0, dim1=1)
    if bias is None:
        return out
    ones = (1,) * (out.ndim - 3)
    if level.holds(bias):
        return out + shape.reshape(bias.value, (level.size, 1, -1, *ones))
    return out + shape.reshape(bias, (-1, *ones))


@rule("normalize normalize_groups normalize_batch normalize_rms")
def composed(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """What the row fuses, as its parts on samples."""
    out = row.like(*inputs, **params)
    if isinstance(out, tuple):
        return tuple(spread(level, o) for o in out)
    return spread(level, out)
