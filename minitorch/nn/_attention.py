"""Attention: part of `functional`."""

from __future__ import annotations

import math
import warnings
from functools import lru_cache
from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch._tensor import Tensor, wrap
from minitorch.calls import per_sample, reads_numbers
from minitorch.errors import broadcast_shapes, check_floating, check_tensor
from minitorch.nn._dropout import dropout
from minitorch.ops import attention, contract, fused
from minitorch.ops.elementwise import zero
from minitorch.ops.pieces import cat
from minitorch.random import default_generator

__all__ = ["multi_head_attention_forward", "scaled_dot_product_attention"]

_KEPT = 1 << 16  # elements of a causal mask that is kept for the next call


@reads_numbers
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(query key^T scale + attn_mask) value; the scale is 1 / sqrt(E) unless it is given.

    A bool mask holds where a query may look at a key; another is added to the scores. `is_causal`
    lets a query look at the keys up to its own place. `dropout_p` falls on the probabilities,
    whether in training or not. `enable_gqa` lets several heads of the query share one of the key.

    Shape: (*, H, L, E), (*, H, S, E), (*, H, S, D) -> (*, H, L, D)
    Source: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
    Differs: a mask and `is_causal` go together; in torch they do on some of its kernels.
    Raises: RuntimeError for sizes and dtypes that do not fit.
    """
    _check(query, key, value, attn_mask, dropout_p)
    if enable_gqa:
        key, value = (_shared_heads(x, query) for x in (key, value))
    size = broadcast_shapes(query.shape[:-2], key.shape[:-2])
    size = (*broadcast_shapes(size, value.shape[:-2]), query.shape[-2], key.shape[-2])
    mask = _added(attn_mask, query)
    if is_causal:
        causal = _causal(query, size[-2:])
        mask = causal if mask is None else mask + causal
    kept = _kept(query, size, dropout_p) if dropout_p > 0 else None
    scale = 1 / math.sqrt(max(query.shape[-1], 1)) if scale is None else scale
    return attention.attend(query, key, value, mask, kept, scale=scale)


def _check(q: Any, k: Any, v: Any, mask: Any, dropout_p: float) -> None:
    name = "scaled_dot_product_attention"
    for i, (x, what) in enumerate(((q, "query"), (k, "key"), (v, "value"))):
        check_tensor(x, name, what, i + 1)
    if mask is not None:
        check_tensor(mask, name, "attn_mask", 4)
    check_floating(q._array, name, RuntimeError)
    shapes = f"{list(q.shape)}, {list(k.shape)} and {list(v.shape)}"
    if min(q.ndim, k.ndim, v.ndim) < 2:
        raise RuntimeError(f"{name}: expected at least two dimensions, got shapes {shapes}")
    if not q.dtype is k.dtype is v.dtype:
        raise RuntimeError(f"{name}: expected one dtype, got {q.dtype}, {k.dtype} and {v.dtype}")
    if q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise RuntimeError(
            f"{name}: expected query (*, L, E), key (*, S, E) and value (*, S, D), got {shapes}"
        )
    if dropout_p > 1:
        raise RuntimeError(f"{name}: dropout_p has to be between 0 and 1, but got {dropout_p}")
    if mask is None:
        return
    if mask.dtype.name not in ("bool", "float32") and mask.dtype is not q.dtype:
        raise RuntimeError(
            f"{name}: expected an attn_mask of bools or of {q.dtype}, got {mask.dtype}"
        )


def _shared_heads(x: Tensor, query: Tensor) -> Tensor:
    """`x` with each head repeated until there are as many as the query has."""
    if x.ndim < 3 or query.ndim < 3 or query.shape[-3] % x.shape[-3]:
        raise RuntimeError(
            "scaled_dot_product_attention: expected heads that divide those of the query, got "
            f"shapes {list(x.shape)} and {list(query.shape)}"
        )
    times = query.shape[-3] // x.shape[-3]
    if times == 1:
        return x
    size = (*x.shape[:-2], times, *x.shape[-2:])
    return x.unsqueeze(-3).expand(size).reshape(*x.shape[:-3], -1, *x.shape[-2:])


def _causal(query: Tensor, size: tuple) -> Tensor:
    """0 up to the diagonal, minus infinity above it."""
    make = _above if math.prod(size) <= _KEPT else _above.__wrapped__
    return wrap(make(size, query._array.dtype))


@lru_cache(maxsize=8)
def _above(size: tuple, dtype: Any) -> Any:
    return np.triu(np.full(size, -math.inf, dtype), 1)


def _added(mask: Tensor | None, query: Tensor) -> Tensor | None:
    """The mask as what is added to the scores."""
    if mask is None:
        return None
    if mask.dtype.name == "bool":
        closed = np.zeros(mask.shape, query._array.dtype)
        closed[~mask._array] = -math.inf
        return wrap(closed)
    return mask if mask.dtype is query.dtype else mask.to(dtype=query.dtype)


def _kept(query: Tensor, size: tuple, p: float) -> Tensor:
    """0 for a probability that falls, 1 / (1 - p) for one that stays."""
    return _falling(query.detach().new_empty(size), p)


def _drawn(like: Tensor, p: float) -> Tensor:
    noise = np.zeros(like.shape, like._array.dtype)
    if p < 1:
        default_generator.fill_noise(noise, 1 - p)
    return wrap(noise)


_falling = per_sample(_drawn, random=True)


# ------------------------------------------------------------------ several heads


def multi_head_attention_forward(
    query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: int, num_heads: int,
    in_proj_weight: Tensor | None, in_proj_bias: Tensor | None, bias_k: Tensor | None,
    bias_v: Tensor | None, add_zero_attn: bool, dropout_p: float, out_proj_weight: Tensor,
    out_proj_bias: Tensor | None, training: bool = True, key_padding_mask: Tensor | None = None,
    need_weights: bool = True, attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False, q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None, v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None, static_v: Tensor | None = None,
    average_attn_weights: bool = True, is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:  # fmt: skip
    """(attention of several heads on projections of query, key and value; its probabilities).

    The projections of all three are rows of `in_proj_weight`, or one matrix for each. `bias_k` and
    `bias_v` are one more key and value, as are zeros with `add_zero_attn`. A bool mask holds where
    a query may not look; `is_causal` says that `attn_mask` is the causal one.

    Shape: (L, N, E), (S, N, K), (S, N, V) -> (L, N, E), (N, L, S); also without N
    Source: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
    Raises: AssertionError, RuntimeError for sizes, masks and weights that do not fit.
    """
    batched = _check_batched(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = (x.unsqueeze(1) for x in (query, key, value))
        if key_padding_mask is not None:
            key_padding_mask = key_padding_mask.unsqueeze(0)
    target, batch, width = query.shape
    if is_causal and attn_mask is None:
        raise RuntimeError("multi_head_attention_forward: is_causal=True needs the attn_mask too")
    causal = is_causal and key_padding_mask is None and not need_weights
    _check_heads(width, embed_dim_to_check, num_heads, key, value, use_separate_proj_weight)
    if use_separate_proj_weight:
        weights: Any = q_proj_weight, k_proj_weight, v_proj_weight
        _require(weights, ("q_proj_weight", "k_proj_weight", "v_proj_weight"))
    else:
        _require((in_proj_weight,), ("in_proj_weight",))
        weights = in_proj_weight.chunk(3)  # type: ignore[union-attr]
    biases: Any = (None,) * 3 if in_proj_bias is None else in_proj_bias.chunk(3)
    q, k, v = _in_projection(query, key, value, *weights, *biases)
    if (bias_k is None) != (bias_v is None):
        raise AssertionError("expected both of bias_k and bias_v or none of them")
    extra = 0
    if bias_k is not None:
        k, v = cat((k, bias_k.expand(1, batch, -1))), cat((v, bias_v.expand(1, batch, -1)))
        extra += 1
    q = _by_head(q, num_heads)
    k = _by_head(k, num_heads) if static_k is None else _static(static_k, q, "static_k")
    v = _by_head(v, num_heads) if static_v is None else _static(static_v, q, "static_v")
    if add_zero_attn:
        k, v = (cat((x, zero(x[:, :1]).detach()), dim=1) for x in (k, v))
        extra += 1
    mask = None if causal else _both_masks(query, key, attn_mask, key_padding_mask, num_heads)
    if mask is not None and extra:
        mask = cat((mask, wrap(np.zeros((*mask.shape[:-1], extra), mask._array.dtype))), dim=-1)
    dropout_p = dropout_p if training else 0.0
    if need_weights:
        out, chances = _with_chances(q, k, v, mask, dropout_p)
        chances = chances.reshape(batch, num_heads, target, -1)
        chances = chances.mean(1) if average_attn_weights else chances
    else:
        q, k, v = (x.reshape(batch, num_heads, *x.shape[1:]) for x in (q, k, v))
        if mask is not None:
            mask = mask.reshape(-1, num_heads if mask.shape[0] > 1 else 1, *mask.shape[1:])
        out = scaled_dot_product_attention(q, k, v, mask, dropout_p, causal)
        out, chances = out.reshape(-1, target, width // num_heads), None
    out = out.transpose(0, 1).reshape(target * batch, width)
    out = fused.linear(out, out_proj_weight, out_proj_bias).reshape(target, batch, -1)
    if batched:
        return out, chances
    return out.squeeze(1), None if chances is None else chances.squeeze(0)


def _in_projection(
    q: Tensor, k: Tensor, v: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor,
    b_q: Tensor | None = None, b_k: Tensor | None = None, b_v: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Query, key and value, each by its own matrix."""
    return fused.linear(q, w_q, b_q), fused.linear(k, w_k, b_k), fused.linear(v, w_v, b_v)


def _in_projection_packed(
    q: Tensor, k: Tensor, v: Tensor, w: Tensor, b: Tensor | None = None
) -> list[Tensor]:
    """Query, key and value by the three parts of the matrix `w`."""
    return [*_in_projection(q, k, v, *w.chunk(3), *(() if b is None else b.chunk(3)))]


def _require(given: Any, names: tuple[str, ...]) -> None:
    for x, name in zip(given, names):
        if x is None:
            raise AssertionError(f"multi_head_attention_forward: expected {name}, got None")


def _check_batched(q: Any, k: Any, v: Any, padding: Any, mask: Any, heads: int) -> bool:
    """Whether the query has a batch. Raises: AssertionError where the others do not follow."""
    if q.ndim not in (2, 3):
        raise AssertionError(f"expected a query (L, N, E) or (L, E), got {list(q.shape)}")
    if not k.ndim == v.ndim == q.ndim:
        raise AssertionError(
            f"expected key and value of {q.ndim} dimensions, got {list(k.shape)} and "
            f"{list(v.shape)}"
        )
    if padding is not None and padding.ndim != q.ndim - 1:
        raise AssertionError(
            f"expected a key_padding_mask of {q.ndim - 1} dimensions, got {list(padding.shape)}"
        )
    if mask is not None and mask.ndim not in (2, 3):
        raise AssertionError(f"expected an attn_mask (L, S), or one a head, got {mask.shape}")
    if mask is not None and q.ndim == 2 and mask.ndim == 3:
        expected = (heads, q.shape[0], k.shape[0])
        if tuple(mask.shape) != expected:
            raise AssertionError(f"expected an attn_mask {list(expected)}, got {list(mask.shape)}")
    return q.ndim == 3


def _check_heads(width: int, expected: int, heads: int, k: Any, v: Any, separate: bool) -> None:
    if width != expected:
        raise AssertionError(f"expected an embedding of {expected}, got {width}")
    if width % heads:
        raise AssertionError(f"expected heads that divide {width}, got {heads}")
    if separate:
        same = k.shape[:2] == v.shape[:2]
    else:
        same = k.shape == v.shape
    if not same:
        raise AssertionError(
            f"expected key and value alike, got {list(k.shape)} and {list(v.shape)}"
        )


def _by_head(x: Tensor, heads: int) -> Tensor:
    """(L, N, E) as (N H, L, E / H)."""
    length, batch, width = x.shape
    return x.reshape(length, batch * heads, width // heads).transpose(0, 1)


def _static(x: Tensor, q: Tensor, name: str) -> Tensor:
    if (x.shape[0], x.shape[2]) != (q.shape[0], q.shape[2]):
        raise AssertionError(
            f"expected {name} of shape [{q.shape[0]}, S, {q.shape[2]}], got {list(x.shape)}"
        )
    return x


def _both_masks(q: Tensor, k: Tensor, mask: Any, padding: Any, heads: int) -> Tensor | None:
    """What is added to the scores, of shape (1 or N H, L or 1, S); None where nothing is."""
    target, batch, _ = q.shape
    source = k.shape[0]
    if mask is not None and padding is not None and mask.dtype is not padding.dtype:
        warnings.warn(
            f"attn_mask and key_padding_mask of different types: {mask.dtype}, {padding.dtype}",
            stacklevel=3,
        )
    if padding is not None:
        padding = closing(padding, q, "key_padding_mask")
        if tuple(padding.shape) != (batch, source):
            raise AssertionError(
                f"expected a key_padding_mask [{batch}, {source}], got {list(padding.shape)}"
            )
        padding = padding.reshape(batch, 1, 1, source).expand(batch, heads, 1, source)
        padding = padding.reshape(batch * heads, 1, source)
    if mask is None:
        return padding
    mask = closing(mask, q, "attn_mask")
    mask = mask.unsqueeze(0) if mask.ndim == 2 else mask
    expected = (1 if mask.shape[0] == 1 else batch * heads, target, source)
    if tuple(mask.shape) != expected:
        raise RuntimeError(f"expected an attn_mask {list(expected)}, got {list(mask.shape)}")
    return mask if padding is None else mask + padding


def closing(mask: Tensor, q: Tensor, name: str, other: Tensor | None = None) -> Tensor:
    """A mask that is added: minus infinity where a bool mask holds."""
    added = _canonical_mask(mask, name, _none_or_dtype(other), "mask", q.dtype)
    if added.dtype is not q.dtype:
        raise RuntimeError(f"expected a {name} of {q.dtype}, got {mask.dtype}")
    return added


def _canonical_mask(
    mask: Tensor | None, mask_name: str, other_type: Any, other_name: str, target_type: Any,
    check_other: bool = True,
) -> Tensor | None:  # fmt: skip
    """A mask that is added, under the name that layers derived from torch's call it by."""
    if mask is None:
        return None
    if mask.dtype.name != "bool" and not mask.dtype.is_floating_point:
        raise AssertionError(f"expected a {mask_name} of bools or of floats, got {mask.dtype}")
    if check_other and other_type is not None and mask.dtype is not other_type:
        warnings.warn(
            f"{mask_name} and {other_name} of different types: {mask.dtype}, {other_type}; that is "
            "deprecated, use one type for both",
            stacklevel=3,
        )
    if mask.dtype.is_floating_point:
        return mask
    closed = np.zeros(mask.shape, dtypes.to_numpy(target_type))
    closed[mask._array] = -math.inf
    return wrap(closed)


def _none_or_dtype(input: Tensor | None) -> Any:
    if not (input is None or isinstance(input, Tensor)):
        raise RuntimeError(f"expected None or a Tensor, got {type(input).__name__}")
    return None if input is None else input.dtype


def _with_chances(q: Any, k: Any, v: Any, mask: Any, p: float) -> tuple[Tensor, Tensor]:
    """(attention, the probabilities, after the dropout)."""
    scores = contract.bmm(q * (1 / math.sqrt(q.shape[-1])), k.transpose(1, 2))
    chances = fused.softmax(scores if mask is None else scores + mask, dim=-1)
    chances = dropout(chances, p) if p else chances
    return contract.bmm(chances, v), chances
