"""Scaled dot-product attention in one row."""

from __future__ import annotations

from functools import partial

from minitorch.errors import check_floating
from minitorch.memory import dense_like
from minitorch.ops.elementwise import exp, gate
from minitorch.ops.fused import residual
from minitorch.ops.reduce import amax, sum
from minitorch.ops.shape import transpose
from minitorch.primitive import fused

_BLOCK = 1 << 15  # elements that are made probabilities at a time: they stay in the cache


def _swapped(x):
    return transpose(x, dim0=-2, dim1=-1)


def _chances(query, key, mask, scale):
    """The probabilities by which a query chooses among the keys, all 0 where all are masked."""
    scores = (query * scale) @ _swapped(key)
    scores = scores if mask is None else scores + mask
    if not scores.shape[-1]:
        return scores
    top = amax(scores, dim=-1, keepdim=True)
    raised = exp(scores - gate(top, top != -float("inf")))
    total = sum(raised, dim=-1, keepdim=True)
    return raised / (total + (total == 0))


def _rule(g, query, key, value, mask, kept, _chances_, scale, needs):
    """With P the probabilities: dP = g v^T, dS = P (dP - sum(P dP)), S = scale q k^T + mask.

    sum(P dP) is also g out, which is cheaper, but differs from dP by a rounding where P is 1. A
    kernel that finds P again by itself leaves for it but a few numbers of each query, in one row.
    """
    again = partial(_chances, key=key, mask=mask, scale=scale)
    p = residual(_chances_, again, query) if _chances_.ndim > 1 else again(query)
    g_value = None
    if needs[2]:
        g_value = _swapped(p if kept is None else p * kept) @ g
    if needs == (False, False, True, False, False):
        return None, None, g_value, None, None
    g_chances = g @ _swapped(value)
    g_kept = g_chances * p if needs[4] else None
    g_chances = g_chances if kept is None else g_chances * kept
    g_scores = (g_chances - sum(g_chances * p, dim=-1, keepdim=True)) * p
    return (
        (g_scores @ key) * scale if needs[0] else None,
        _swapped(g_scores) @ (query * scale) if needs[1] else None,
        g_value,
        g_scores if needs[3] else None,
        g_kept,
    )


def _like(query, key, value, mask=None, kept=None, *, scale):
    chances = _chances(query, key, mask, scale)
    return (chances if kept is None else chances * kept) @ value


@fused(
    joint=_rule,
    like=_like,
    outs=("out", "_chances_"),
    row_major=False,
    torch_name="ScaledDotProductFlashAttentionForCpuBackward0",
)
def attend(xp, query, key, value, mask=None, kept=None, *, scale):
    """softmax(scale query key^T + mask) value, the probabilities times `kept` if that is given.

    Shape: (*, L, E), (*, S, E), (*, S, D), (L, S), (*, L, S) -> (*, L, D)
    Source: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
    """
    check_floating(query, "scaled_dot_product_attention", RuntimeError)
    chances = xp.matmul(query * scale, key.swapaxes(-1, -2), order="C")
    if mask is not None:
        chances += mask
    if chances.size:
        flat = chances.reshape(-1, chances.shape[-1])
        rows = max(_BLOCK // flat.shape[1], 1)
        for start in range(0, len(flat), rows):
            _softmax_in_place(xp, flat[start : start + rows], mask is not None)
    if kept is not None:
        return (chances * kept) @ value, chances
    size = (*chances.shape[:-1], value.shape[-1])
    if query.ndim != 4 or query.shape != size or query.strides[-1] != query.itemsize:
        return chances @ value, chances
    return xp.matmul(chances, value, out=dense_like(query)), chances  # the heads lie as the query's


def _softmax_in_place(xp, x, masked):
    """Each row of `x` as probabilities; 0 where all of it is minus infinity."""
    top = xp.maximum.reduce(x, axis=1, keepdims=True)
    if masked:
        top[top == -xp.inf] = 0
    x -= top
    xp.exp(x, out=x)
    total = xp.add.reduce(x, axis=1, keepdims=True)
    if masked:
        total[total == 0] = 1
    x /= total
