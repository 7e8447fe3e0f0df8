"""The losses of `functional`."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch._tensor import Tensor
from minitorch.ops import elementwise, fused, reduce, shape

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "l1_loss",
    "mse_loss",
    "nll_loss",
]


def _reduction(size_average: Any, reduce_: Any, reduction: str) -> str:
    """torch's old two flags as a reduction."""
    if size_average is None and reduce_ is None:
        return reduction
    warnings.warn("size_average and reduce args will be deprecated, use reduction", stacklevel=3)
    if reduce_ is False:
        return "none"
    return "mean" if size_average in (None, True) else "sum"


def _same_size(input: Tensor, target: Tensor, name: str) -> None:
    if not isinstance(target, Tensor):
        raise TypeError(f"{name}: target must be Tensor, not {type(target).__name__}")
    if input._array.shape != target._array.shape:
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}). This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            stacklevel=3,
        )


def mse_loss(
    input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean", weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """(input - target) ** 2, averaged (by weight), summed or as it is."""
    reduction = _reduction(size_average, reduce, reduction)
    fused.check_reduction(reduction)
    _same_size(input, target, "mse_loss")
    if weight is not None:
        return _weighted_loss((input - target) ** 2, weight, reduction, "mse_loss")
    return fused.mse_loss(input, target, reduction=reduction)


def l1_loss(
    input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean", weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """|input - target|, averaged (by weight), summed or as it is."""
    reduction = _reduction(size_average, reduce, reduction)
    fused.check_reduction(reduction)
    _same_size(input, target, "l1_loss")
    if weight is not None:
        return _weighted_loss((input - target).abs(), weight, reduction, "l1_loss")
    return fused.l1_loss(input, target, reduction=reduction)


def _weighted_loss(losses: Tensor, weight: Tensor, reduction: str, name: str) -> Tensor:
    if weight.shape != losses.shape:
        raise ValueError(
            f"{name}: expected a weight of shape {list(losses.shape)}, got {list(weight.shape)}"
        )
    if reduction == "mean":
        return (losses * weight).sum() / weight.sum()
    return fused.reduced(losses * weight, reduction)


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None,
    ignore_index: int = -100, reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """-weight[target] input[target] for log-probabilities `input`, averaged by weight, or summed.

    Shape: (N, C, *), (N, *) -> () or (N, *); (C), () -> ()
    Raises: IndexError for a target that is no class, naming it.
    """
    reduction = _reduction(size_average, reduce, reduction)
    fused.check_reduction(reduction)
    return fused.nll_loss(input, target, weight, ignore_index=ignore_index, reduction=reduction)


def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None,
    ignore_index: int = -100, reduce: Any = None, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """-log(softmax(input)) at the target: a class (int64) or probabilities (as input).

    Shape: (N, C, *), (N, *) or (N, C, *) -> () or (N, *); (C), () or (C) -> ()
    Raises: IndexError for a target that is no class; RuntimeError, ValueError for sizes, dtypes.
    """
    reduction = _reduction(size_average, reduce, reduction)
    fused.check_reduction(reduction)
    if not isinstance(target, Tensor):
        raise TypeError(
            "cross_entropy_loss(): argument 'target' (position 2) must be Tensor, not "
            f"{type(target).__name__}"
        )
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    at = 1 if input.ndim > 1 else 0
    logp = fused.log_softmax(input, dim=at)
    if target._array.dtype.kind == "f":
        return _probability_loss(logp, target, weight, reduction, label_smoothing, at)
    loss = fused.nll_loss(logp, target, weight, ignore_index=ignore_index, reduction=reduction)
    if not label_smoothing:
        return loss
    smooth = _smooth_loss(logp, target, weight, ignore_index, reduction, at)
    return loss * (1 - label_smoothing) + smooth * (label_smoothing / input.shape[at])


def _weighted(x: Tensor, weight: Any, at: int) -> Tensor:
    if weight is None:
        return x
    return x * shape.reshape(weight, (-1,) + (1,) * (x.ndim - 1 - at))


def _probability_loss(
    logp: Any, target: Any, weight: Any, reduction: str, smoothing: float, at: int
) -> Tensor:
    if target.shape != logp.shape:
        raise RuntimeError(
            "Expected floating point type for target with class probabilities to have the shape "
            f"of input: {list(logp.shape)}, got {list(target.shape)}"
        )
    if smoothing:
        target = target * (1 - smoothing) + smoothing / logp.shape[at]
    losses = -reduce.sum(_weighted(logp * target, weight, at), dim=at)
    if reduction == "mean":
        return reduce.sum(losses) / max(losses.numel(), 1)
    return fused.reduced(losses, reduction)


def _smooth_loss(
    logp: Any, target: Any, weight: Any, ignore_index: int, reduction: str, at: int
) -> Tensor:
    """The part of a smoothed loss that is spread over all classes."""
    losses = -reduce.sum(_weighted(logp, weight, at), dim=at)
    counts = target != ignore_index
    losses = elementwise.where(counts, losses, 0)
    if reduction != "mean":
        return fused.reduced(losses, reduction)
    if weight is None:
        return reduce.sum(losses) / reduce.sum(counts)
    chosen = weight[elementwise.where(counts, target, 0)]
    return reduce.sum(losses) / reduce.sum(elementwise.where(counts, chosen, 0))


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None,
    reduce: Any = None, reduction: str = "mean", pos_weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Cross-entropy of sigmoid(input) against target in [0, 1], without overflow.

    Raises: ValueError where the sizes differ.
    """
    reduction = _reduction(size_average, reduce, reduction)
    fused.check_reduction(reduction)
    if target.shape != input.shape:
        raise ValueError(
            f"Target size ({target.shape}) must be the same as input size ({input.shape})"
        )
    return fused.bce_with_logits(input, target, weight, pos_weight, reduction=reduction)


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None,
    reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """-(target log(input) + (1 - target) log(1 - input)), logarithms not below -100.

    Raises: ValueError where the sizes differ, RuntimeError for an input outside [0, 1].
    """
    reduction = _reduction(size_average, reduce, reduction)
    fused.check_reduction(reduction)
    if target.shape != input.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}) is deprecated. Please ensure they have the same size."
        )
    if target._array.dtype != input._array.dtype:
        raise RuntimeError(f"Found dtype {target.dtype.title} but expected {input.dtype.title}")
    x = input._array
    if ((x < 0) | (x > 1)).any():
        raise RuntimeError("all elements of input should be between 0 and 1")
    losses = -(
        target * elementwise.log(input).clamp(min=-100)
        + (1 - target) * elementwise.log(1 - input).clamp(min=-100)
    )
    return fused.reduced(losses if weight is None else losses * weight, reduction)
