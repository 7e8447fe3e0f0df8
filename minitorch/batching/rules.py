"""Rows on batches: what each kind of row does to a batch in front of its operands.

A rule is a function of (level, row, inputs, params) that returns the row's results with the batch
as their first dimension, made of rows on values. A row without a rule runs sample by sample.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.errors import broadcast_shapes, wrap_dim
from minitorch.ops import elementwise, reduce, shape
from minitorch.ops._dims import axes

if TYPE_CHECKING:
    from collections.abc import Callable

RULES: dict[str, Callable] = {}


def rule(names: str) -> Callable:
    """A decorator: the rule of these rows."""

    def keep(function: Callable) -> Callable:
        RULES.update(dict.fromkeys(names.split(), function))
        return function

    return keep


def call(row: Any, inputs: Any, params: dict) -> Any:
    """The row on values, as a user calls it."""
    return row.public(list(inputs), **params) if row.starred else row.public(*inputs, **params)


# ------------------------------------------------------------------ operands


def value_of(level: Any, x: Any) -> Any:
    """The values behind a batch of this level; anything else as it is."""
    return x.value if level.holds(x) else x


def spread(level: Any, x: Any) -> Any:
    """A tensor with the batch in front: seen again for each sample where it is the same for all."""
    if level.holds(x) or not isinstance(x, Tensor):
        return value_of(level, x)
    return shape.expand(x, size=(level.size, *x.shape))


def aligned(level: Any, x: Any, ndim: int) -> Any:
    """The values of `x` with ones behind the batch, so that samples of `ndim` broadcast."""
    if not level.holds(x) or x.ndim >= ndim:
        return value_of(level, x)
    ones = (None,) * (ndim - x.ndim)
    return shape.basic_index(x.value, at=(slice(None), *ones, ...))


def ranks(inputs: tuple) -> int:
    """The most dimensions that a sample has."""
    return max((x.ndim for x in inputs if isinstance(x, Tensor)), default=0)


def given(row: Any, params: dict, name: str) -> Any:
    """A parameter of the call, or its default."""
    return params[name] if name in params else row.defaults.get(name)


# ------------------------------------------------------------------ sample by sample


def loop(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Each sample on its own, and the results stacked.

    Raises: RuntimeError where their sizes differ; a view cannot be made so.
    """
    if row.kind == "view":
        raise RuntimeError(f"vmap: {row.name} has no batched form, and a copy would be no view")
    parts = [shape.unbind(x.value, dim=0) if level.holds(x) else None for x in inputs]
    outs = []
    for i in range(level.size):
        one = [x if part is None else part[i] for x, part in zip(inputs, parts)]
        outs.append(call(row, one, params))
    if isinstance(outs[0], Tensor):
        return stacked(row.name, outs)
    made = [stacked(row.name, part) for part in zip(*outs)]
    return type(outs[0])(*made) if hasattr(outs[0], "_fields") else tuple(made)


def stacked(name: str, outs: Any) -> Tensor:
    """The results of `name` for each sample. Raises: RuntimeError where their sizes differ."""
    if any(o.shape != outs[0].shape for o in outs):
        raise RuntimeError(
            f"vmap: {name} gives results of different sizes for the samples, "
            f"{list(outs[0].shape)} and others; they cannot be stacked"
        )
    return shape.stack(list(outs))


RULES["isin"] = loop  # no broadcast: the second operand is a set


@rule("nonzero distinct")
def refused(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Raises: RuntimeError, as the sizes of the results depend on the numbers."""
    raise RuntimeError(
        f"vmap: {row.name} gives results of different sizes for the samples; use torch.where"
    )


# ------------------------------------------------------------------ one element, one element


def one_by_one(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Elementwise rows: samples broadcast behind the batch."""
    ndim = ranks(inputs)
    values = [aligned(level, x, ndim) for x in inputs]
    if row.promote and sum(isinstance(x, Tensor) for x in inputs) > 1:
        values = _promoted(row, inputs, values)
    return call(row, values, params)


def _promoted(row: Any, inputs: tuple, values: list) -> list:
    """The values in the dtype of samples: a 0-d sample counts less, though its batch does not."""
    tensors = [x for x in inputs[row.masks :] if isinstance(x, Tensor)]
    if all(x.dtype is tensors[0].dtype for x in tensors):
        return values
    operands = [(x.dtype, 2 if x.ndim else 1) for x in tensors]
    operands += [
        (dtypes.of_number(x), 0) for x in inputs[row.masks :] if isinstance(x, (int, float))
    ]
    to = dtypes.result_type_of(operands)
    rest = values[row.masks :]
    return values[: row.masks] + [x.to(to) if isinstance(x, Tensor) else x for x in rest]


@rule("mse_loss l1_loss huber smooth_l1 soft_margin bce_with_logits")
def losses(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Losses of two tensors: each element's own, then the sum or mean of each sample."""
    how = given(row, params, "reduction")
    each = one_by_one(level, row, inputs, {**params, "reduction": "none"})
    if how == "none":
        return each
    size = broadcast_shapes(*(x.shape for x in inputs if isinstance(x, Tensor)))
    flat = shape.reshape(each, (level.size, math.prod(size)))
    return (reduce.mean if how == "mean" else reduce.sum)(flat, dim=1)


@rule("nll_loss")
def class_losses(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """The samples' own batches in one, then the weighted mean of each."""
    x, target, weight = inputs
    how, ignored = given(row, params, "reduction"), given(row, params, "ignore_index")
    if weight is not None and level.holds(weight):
        return loop(level, row, inputs, params)
    lead = (level.size, *x.shape[:1]) if x.ndim > 1 else (level.size,)
    x, target = spread(level, x), spread(level, target)
    n = math.prod(lead)
    flat_x = shape.reshape(x, (n, *x.shape[len(lead) :]))
    flat_target = shape.reshape(target, (n, *target.shape[len(lead) :]))
    each = call(row, (flat_x, flat_target, weight), {**params, "reduction": "none"})
    each = shape.reshape(each, target.shape)
    if how == "none":
        return each
    each = shape.reshape(each, (level.size, -1))
    total = reduce.sum(each, dim=1)
    if how == "sum":
        return total
    counts = target != ignored
    weights = counts.to(x.dtype)
    if weight is not None:
        weights = weights * weight[elementwise.where(counts, target, 0)]
    return total / reduce.sum(shape.reshape(weights, (level.size, -1)), dim=1)


# ------------------------------------------------------------------ along dimensions

_KEEPS = frozenset(
    "softmax log_softmax glu cumsum cumprod cummax cummin logcumsumexp recurrence sort topk".split()
)


@rule(
    "sum mean prod amax amin argmax argmin all any var std logsumexp norm2 power_norm zero_norm "
    "max_dim min_dim kthvalue median_dim mode " + " ".join(_KEEPS)
)
def along(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Rows with a `dim`: the same one, counted behind the batch; all but the batch for None."""
    x = inputs[0]
    dim = given(row, params, "dim")
    values = [spread(level, i) for i in inputs]
    if x.ndim and isinstance(dim, int):
        return call(row, values, {**params, "dim": wrap_dim(dim, x.ndim) + 1})
    if x.ndim and dim is not None and len(dim):
        return call(row, values, {**params, "dim": tuple(d + 1 for d in axes(dim, x.ndim))})
    if dim is not None:
        axes(dim, x.ndim)  # is it there?
    values = [shape.reshape(v, (level.size, -1)) for v in values]
    out = call(row, values, {**params, "dim": 1, **_not_kept(row)})
    keep = given(row, params, "keepdim")
    size = x.shape if row.name in _KEEPS else (1,) * x.ndim if keep else None
    if size is None:
        return out
    return each(out, lambda o: shape.reshape(o, (level.size, *size)))


def _not_kept(row: Any) -> dict:
    return {"keepdim": False} if "keepdim" in row.params else {}


def each(out: Any, function: Callable) -> Any:
    """`function` of a tensor, or of each of a tuple of them."""
    if isinstance(out, Tensor):
        return function(out)
    parts = [function(o) for o in out]
    return type(out)(*parts) if hasattr(out, "_fields") else tuple(parts)


@rule("max_all min_all")
def extremes(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """The largest or smallest element of each sample; the gradient of a NaN is NaN."""
    flat = shape.reshape(inputs[0].value, (level.size, -1))
    return (reduce.amax if row.name == "max_all" else reduce.amin)(flat, dim=1)
