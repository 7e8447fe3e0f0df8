"""The losses of `functional`."""

from __future__ import annotations

import math
import warnings
from typing import Any

from minitorch._tensor import Tensor
from minitorch.calls import reads_numbers
from minitorch.grad_mode import no_grad
from minitorch.nn._reduction import reduction_of
from minitorch.ops import ctc, elementwise, fused, loss, reduce, shape

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "ctc_loss",
    "gaussian_nll_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "linear_cross_entropy",
    "mse_loss",
    "nll_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
]


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
    reduction = reduction_of(size_average, reduce, reduction)
    _same_size(input, target, "mse_loss")
    if weight is not None:
        return _weighted_loss((input - target) ** 2, weight, reduction, "mse_loss")
    return fused.mse_loss(input, target, reduction=reduction)


def l1_loss(
    input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean", weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """|input - target|, averaged (by weight), summed or as it is."""
    reduction = reduction_of(size_average, reduce, reduction)
    _same_size(input, target, "l1_loss")
    if weight is not None:
        return _weighted_loss((input - target).abs(), weight, reduction, "l1_loss")
    return fused.l1_loss(input, target, reduction=reduction)


def smooth_l1_loss(
    input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean", beta: float = 1.0,
) -> Tensor:  # fmt: skip
    """d ** 2 / (2 beta) where d = |input - target| is below beta, else d - beta / 2.

    Raises: RuntimeError for a negative beta.
    """
    reduction = reduction_of(size_average, reduce, reduction)
    _same_size(input, target, "smooth_l1_loss")
    if beta == 0:
        return fused.l1_loss(input, target, reduction=reduction)
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss: expected beta of at least 0, got {beta}")
    return loss.smooth_l1(input, target, reduction=reduction, width=beta)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """d ** 2 / 2 where d = |input - target| is below delta, else delta (d - delta / 2).

    Raises: RuntimeError for a delta that is not positive.
    """
    fused.check_reduction(reduction)
    _same_size(input, target, "huber_loss")
    if delta <= 0:
        raise RuntimeError(f"huber_loss: expected delta above 0, got {delta}")
    if weight is not None:
        losses = loss.huber(input, target, reduction="none", width=delta)
        _check_loss_weight(losses, weight, "huber_loss")
        return fused.reduced(losses * weight, reduction)
    return loss.huber(input, target, reduction=reduction, width=delta)


def soft_margin_loss(
    input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """log(1 + e ** (-target input)) for targets 1 and -1."""
    reduction = reduction_of(size_average, reduce, reduction)
    return loss.soft_margin(input, target, reduction=reduction)


def _check_loss_weight(losses: Tensor, weight: Tensor, name: str) -> None:
    if weight.shape != losses.shape:
        raise ValueError(
            f"{name}: expected a weight of shape {list(losses.shape)}, got {list(weight.shape)}"
        )


def _weighted_loss(losses: Tensor, weight: Tensor, reduction: str, name: str) -> Tensor:
    _check_loss_weight(losses, weight, name)
    if reduction == "mean":
        return (losses * weight).sum() / weight.sum()
    return fused.reduced(losses * weight, reduction)


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None,
    ignore_index: int = -100, reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """-weight[target] input[target] for log-probabilities `input`, averaged by weight, or summed.

    Shape: (N, C, *), (N, *) -> () or (N, *); (C), () or (1) -> ()
    Raises: IndexError for a target that is no class, naming it.
    """
    reduction = reduction_of(size_average, reduce, reduction)
    target = _class_alone(input, target)
    return fused.nll_loss(input, target, weight, ignore_index=ignore_index, reduction=reduction)


def _class_alone(input: Any, target: Any) -> Any:
    """The class of one sample (C), which may come as one element."""
    if (
        input.ndim == 1
        and getattr(target, "shape", None) == (1,)
        and not target.is_floating_point()
    ):
        return shape.reshape(target, ())
    return target


def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None,
    ignore_index: int = -100, reduce: Any = None, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """-log(softmax(input)) at the target: a class (int64) or probabilities (as input).

    Shape: (N, C, *), (N, *) or (N, C, *) -> () or (N, *); (C), (), (1) or (C) -> ()
    Raises: IndexError for a target that is no class; RuntimeError, ValueError for sizes, dtypes.
    """
    reduction = reduction_of(size_average, reduce, reduction)
    if not isinstance(target, Tensor):
        raise TypeError(
            "cross_entropy_loss(): argument 'target' (position 2) must be Tensor, not "
            f"{type(target).__name__}"
        )
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    at = 1 if input.ndim > 1 else 0
    if target.shape == input.shape and not target.is_floating_point():
        raise RuntimeError(
            "cross_entropy: expected target probabilities of a floating-point dtype in the shape "
            f"of input, got {target.dtype}"
        )
    target = _class_alone(input, target)
    logp = fused.log_softmax(input, dim=at)
    if target._array.dtype.kind in "fV":
        if ignore_index >= 0:
            raise RuntimeError(
                "cross_entropy: ignore_index is for targets that are classes, not probabilities"
            )
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
        if logp.ndim > 1 and target.ndim and target.shape[0] != logp.shape[0]:
            raise ValueError(
                f"Expected input batch_size ({logp.shape[0]}) to match target batch_size "
                f"({target.shape[0]}): shapes {list(logp.shape)} and {list(target.shape)}"
            )
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
    reduction = reduction_of(size_average, reduce, reduction)
    if target.shape != input.shape:
        raise ValueError(
            f"Target size ({target.shape}) must be the same as input size ({input.shape})"
        )
    return fused.bce_with_logits(input, target, weight, pos_weight, reduction=reduction)


@reads_numbers
def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None,
    reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """-(target log(input) + (1 - target) log(1 - input)), logarithms not below -100.

    Raises: ValueError where the sizes differ, RuntimeError for an input outside [0, 1].
    """
    reduction = reduction_of(size_average, reduce, reduction)
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
    losses = fused.bce(input, target)
    return fused.reduced(losses if weight is None else losses * weight, reduction)


# ------------------------------------------------------------------ of distributions


def kl_div(
    input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean", log_target: bool = False,
) -> Tensor:  # fmt: skip
    """target (log(target) - input) for log-probabilities `input`: Kullback-Leibler's divergence.

    The divergence of distributions is reduction="batchmean", the sum over the size of the batch.
    Raises: RuntimeError for integers.
    """
    per_batch = reduction == "batchmean" and size_average is None and reduce is None
    reduction = "sum" if per_batch else reduction_of(size_average, reduce, reduction)
    if reduction == "mean" and size_average is None and reduce is None:
        warnings.warn(
            "kl_div: reduction='mean' averages over all elements; the divergence is 'batchmean'",
            stacklevel=2,
        )
    reduced = loss.kl_div(input, target, reduction, log_target=log_target)
    if not per_batch or not input.ndim:
        return reduced
    return reduced / input.shape[0] if input.shape[0] else reduced * math.nan


def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool = True, full: bool = False,
    size_average: Any = None, eps: float = 1e-8, reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """e ** input - target input; input - target log(input + eps) unless `log_input`.

    `full` adds Stirling's approximation of log(target!) where target > 1.
    """
    reduction = reduction_of(size_average, reduce, reduction)
    return loss.poisson_nll_loss(input, target, log_input, full, eps, reduction)


@reads_numbers
def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Any, full: bool = False, eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """(log(var) + (input - target) ** 2 / var) / 2 with var at least eps; `full`: + log(2 pi) / 2.

    Source: Nix and Weigend 1994, https://doi.org/10.1109/ICNN.1994.374138
    Raises: ValueError for a variance that is negative or of a size that does not fit.
    """
    if not isinstance(var, Tensor):
        var = elementwise.zero(input) + var
    elif var.shape != input.shape:
        if tuple(var.shape) == tuple(input.shape[:-1]) and input.ndim:
            var = var.unsqueeze(-1)
        elif not _one_size_is_1(var.shape, input.shape):
            raise ValueError(
                f"gaussian_nll_loss: expected a variance of shape {list(input.shape)}, one of its "
                f"sizes 1 or without the last one, got {list(var.shape)}"
            )
    fused.check_reduction(reduction)
    if (var._array < 0).any():
        raise ValueError(f"gaussian_nll_loss: expected no negative variance, got {var.min()}")
    var = var.clone()
    with no_grad():  # what was raised to eps gets its gradient all the same
        var.clamp_(min=eps)
    losses = (var.log() + (input - target) ** 2 / var) * 0.5
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return fused.reduced(losses, reduction)


def _one_size_is_1(shape: tuple, whole: tuple) -> bool:
    """Whether `shape` is `whole` but for one size, which is 1."""
    return len(shape) == len(whole) and [a for a, b in zip(shape, whole) if a != b] == [1]


def linear_cross_entropy(
    input: Tensor, linear_weight: Tensor, target: Tensor, *, linear_bias: Tensor | None = None,
    weight: Tensor | None = None, reduction: str = "mean", ignore_index: int | None = None,
    label_smoothing: float = 0.0, options: Any = None,
) -> Tensor:  # fmt: skip
    """cross_entropy(linear(input, linear_weight, linear_bias), target, ...).

    Shape: (N, I), (C, *, I), (N, *) or (N, C, *) -> () or (N, *); also (I), (C, I), () or (C)
    Differs: `options`, which say how to save memory, change nothing: all logits are made at once.
    Raises: RuntimeError for sizes that do not fit.
    """
    _check_linear_loss(input, linear_weight, linear_bias)
    if ignore_index is None:
        ignore_index = -100
    elif target.dtype.is_floating_point:
        raise RuntimeError(
            "linear_cross_entropy: ignore_index is for targets that are classes, not probabilities"
        )
    *size, width = linear_weight.shape
    bias = None if linear_bias is None else linear_bias.reshape(-1)
    logits = fused.linear(input, linear_weight.reshape(-1, width), bias)
    logits = logits.reshape(*input.shape[:-1], *size)
    return cross_entropy(
        logits, target, weight, None, ignore_index, None, reduction, label_smoothing
    )


def _check_linear_loss(x: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    name = "linear_cross_entropy"
    if x.ndim not in (1, 2):
        raise RuntimeError(f"{name}: expected an input of 1 or 2 dimensions, got {x.ndim}")
    if weight.ndim < 2:
        raise RuntimeError(
            f"{name}: expected a linear_weight of at least 2 dimensions, got {weight.ndim}"
        )
    if x.shape[-1] != weight.shape[-1]:
        raise RuntimeError(
            f"{name}: expected equal last sizes, got {x.shape[-1]} and {weight.shape[-1]}"
        )
    if weight.ndim > 2 and x.ndim == 1:
        raise RuntimeError(
            f"{name}: a linear_weight of shape {list(weight.shape)} requires inputs (N, "
            f"{weight.shape[-1]}), got {list(x.shape)}"
        )
    if bias is not None and bias.shape != weight.shape[:-1]:
        raise RuntimeError(
            f"{name}: expected a linear_bias of shape {list(weight.shape[:-1])}, got "
            f"{list(bias.shape)}"
        )


def ctc_loss(
    log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any, blank: int = 0,
    reduction: str = "mean", zero_infinity: bool = False,
) -> Tensor:  # fmt: skip
    """-log of the probability that log-probabilities spell the targets; see `torch.ctc_loss`."""
    fused.check_reduction(reduction)
    return ctc.ctc_loss(
        log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity
    )
