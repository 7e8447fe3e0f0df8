"""Losses: rows for the smooth ones, and compositions under the names that torch itself has.

torch's own functions take `reduction` as a number, 0 for none, 1 for the mean and 2 for the sum;
those of torch.nn.functional, which say it in words, are made of them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from minitorch import errors
from minitorch.calls import composition
from minitorch.ops import fused
from minitorch.ops.arithmetic import logistic
from minitorch.ops.elementwise import abs, clamp, exp, log, minimum, where
from minitorch.ops.fused import _reduce_array, _share, reduced
from minitorch.ops.reduce import sum
from minitorch.ops.similarity import pairwise_distance
from minitorch.primitive import elementwise

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "kl_div",
    "margin_ranking_loss",
    "poisson_nll_loss",
    "triplet_margin_loss",
]

_IN_WORDS = {0: "none", 1: "mean", 2: "sum"}


def in_words(reduction):
    """'none', 'mean' or 'sum' for torch's number; words stay, other numbers reduce nothing."""
    return reduction if isinstance(reduction, str) else _IN_WORDS.get(reduction, "none")


# ------------------------------------------------------------------ rows


def _mirrored(rule):
    """The rules of the two inputs of a loss that depends on their difference alone."""
    return rule, lambda g, x, y, reduction, width: -rule(g, x, y, reduction, width)


def _huber_rule(g, x, y, reduction, width):
    apart = x - y
    return clamp(apart, min=-width, max=width) * _share(g, apart.shape, reduction)


def _quadratic_then_linear(xp, x, y, width):
    """m (d - m / 2) with d = |x - y| and m = min(d, width)."""
    apart = xp.absolute(x - y)
    near = xp.minimum(apart, width)
    return near * (apart - near / 2)


def _huber_like(x, y, reduction="mean", width=1.0):
    apart = abs(x - y)
    near = apart * apart / 2
    return reduced(where(apart < width, near, (apart - width / 2) * width), reduction)


@elementwise(
    _mirrored(_huber_rule), like=_huber_like, kind="fused", torch_name="HuberLossBackward0"
)
def huber(xp, x, y, *, reduction="mean", width=1.0):
    """d² / 2 where d = |x - y| is below `width`, else width (d - width / 2).

    Source: Huber 1964, https://doi.org/10.1214/aoms/1177703732
    """
    errors.check_floating(x, "huber_loss")
    return _reduce_array(xp, _quadratic_then_linear(xp, x, y, width), reduction)


@elementwise(
    _mirrored(lambda g, x, y, reduction, width: _huber_rule(g, x, y, reduction, width) / width),
    like=lambda x, y, reduction="mean", width=1.0: _huber_like(x, y, reduction, width) / width,
    kind="fused",
    torch_name="SmoothL1LossBackward0",
)
def smooth_l1(xp, x, y, *, reduction="mean", width=1.0):
    """d² / (2 width) where d = |x - y| is below `width`, else d - width / 2.

    Source: Girshick 2015, https://arxiv.org/abs/1504.08083
    """
    errors.check_floating(x, "smooth_l1_loss")
    return _reduce_array(xp, _quadratic_then_linear(xp, x, y, width) / width, reduction)


def _soft_margin_rule(g, x, y, reduction):
    apart = x * y
    return -(logistic(-apart) * _share(g, apart.shape, reduction))


@elementwise(
    (
        lambda g, x, y, reduction: _soft_margin_rule(g, x, y, reduction) * y,
        lambda g, x, y, reduction: _soft_margin_rule(g, x, y, reduction) * x,
    ),
    like=lambda x, y, reduction="mean": reduced(log(exp(-(x * y)) + 1), reduction),
    kind="fused",
    torch_name="SoftMarginLossBackward0",
)
def soft_margin(xp, x, y, *, reduction="mean"):
    """log(1 + e ** (-x y)), without overflow."""
    errors.check_floating(x, "soft_margin_loss", RuntimeError)
    apart = -(x * y)
    losses = xp.log1p(xp.exp(-xp.absolute(apart)))
    losses += xp.maximum(apart, 0)
    return _reduce_array(xp, losses, reduction)


def _divergence_rule(g, x, y, log_target):
    return g * (exp(y) * (y - x + 1) if log_target else log(y) + 1 - x)


@elementwise(
    (lambda g, y, log_target: -g * (exp(y) if log_target else y), _divergence_rule), kind="fused"
)
def divergence(xp, x, y, *, log_target=False):
    """y (log y - x), 0 where y = 0; with `log_target` e ** y (y - x)."""
    errors.check_floating(x, "kl_div", RuntimeError)
    if log_target:
        return xp.exp(y) * (y - x)
    return y * xp.log(y + (y == 0)) - y * x


# ------------------------------------------------------------------ torch's own functions


@composition
def kl_div(input, target, reduction=1, *, log_target=False) -> Tensor:
    """target (log(target) - input) for log-probabilities `input`: Kullback-Leibler's divergence.

    With `log_target` the target is a logarithm too.
    Raises: RuntimeError for integers.
    """
    for x in (input, target):
        errors.check_floating(x._array, "kl_div", RuntimeError)
    return reduced(divergence(input, target, log_target=log_target), in_words(reduction))


@composition
def binary_cross_entropy_with_logits(
    input, target, weight=None, pos_weight=None, reduction=1
) -> Tensor:
    """Cross-entropy of sigmoid(input) against target in [0, 1], without overflow."""
    errors.check_tensor(target, "binary_cross_entropy_with_logits", "target", 2)
    words = in_words(reduction)
    return fused.bce_with_logits(input, target, weight, pos_weight, reduction=words)


@composition
def poisson_nll_loss(input, target, log_input, full, eps, reduction) -> Tensor:
    """e ** input - target input; input - target log(input + eps) unless `log_input`.

    `full` adds Stirling's approximation of log(target!) where target > 1.
    """
    errors.refuse_bool(input._array, "poisson_nll_loss")
    if log_input:
        losses = exp(input) - target * input
    else:
        losses = input - target * log(input + eps)
    if full:
        many = target > 1
        n = where(many, target, 1)
        stirling = n * log(n) - n + log(n * (2 * math.pi)) * 0.5
        losses = losses + where(many, stirling, 0)
    return reduced(losses, in_words(reduction))


def positive(x):
    """max(x, 0); the derivative at 0 is 1."""
    return clamp(x, min=0)


@composition
def hinge_embedding_loss(input, target, margin=1.0, reduction=1) -> Tensor:
    """input where target is 1, max(0, margin - input) where it is -1."""
    errors.refuse_bool(input._array, "hinge_embedding_loss")
    margin = margin if input.dtype.is_floating_point else int(margin)  # in the dtype of the input
    apart = where(target != 1, positive(margin - input), 0)
    return reduced(apart + where(target != -1, input, 0), in_words(reduction))


@composition
def margin_ranking_loss(input1, input2, target, margin=0.0, reduction=1) -> Tensor:
    """max(0, -target (input1 - input2) + margin).

    Raises: RuntimeError where the numbers of dimensions differ.
    """
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError(
            "margin_ranking_loss: expected one number of dimensions, got shapes "
            f"{list(input1.shape)}, {list(input2.shape)} and {list(target.shape)}"
        )
    return reduced(positive(-target * (input1 - input2) + margin), in_words(reduction))


@composition
def cosine_embedding_loss(input1, input2, target, margin=0.0, reduction=1) -> Tensor:
    """1 - cos where target is 1, max(0, cos - margin) where it is -1.

    Shape: (N, D), (N, D), (N) -> (N) or (); (D), (D), () -> ()
    Raises: RuntimeError for other numbers of dimensions.
    """
    if target.ndim > 1 or not input1.ndim == input2.ndim == target.ndim + 1:
        raise RuntimeError(
            "cosine_embedding_loss: expected inputs (N, D), (N, D) and a target (N), or (D), (D) "
            f"and (), got {list(input1.shape)}, {list(input2.shape)} and {list(target.shape)}"
        )
    dim, tiny = target.ndim, 1e-12
    lengths = (sum(input1 * input1, dim=dim) + tiny) * (sum(input2 * input2, dim=dim) + tiny)
    cos = sum(input1 * input2, dim=dim) / lengths.sqrt()
    losses = where(target == 1, 1 - cos, 0) + where(target == -1, positive(cos - margin), 0)
    return reduced(losses, in_words(reduction))


def triplet(positive_distance, negative_distance, margin, swapped, reduction):
    """max(0, margin + d(anchor, positive) - d(anchor, negative)), reduced.

    `swapped` is d(positive, negative), if that is to count where it is smaller, else None.
    """
    if swapped is not None:
        negative_distance = minimum(negative_distance, swapped)
    return reduced(positive(positive_distance - negative_distance + margin), reduction)


def check_triplet(anchor, positive, negative, name):
    """Raise RuntimeError unless the three tensors have one number of dimensions."""
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            f"{name}: expected one number of dimensions, got shapes {list(anchor.shape)}, "
            f"{list(positive.shape)} and {list(negative.shape)}"
        )


@composition
def triplet_margin_loss(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-06, swap=False, reduction=1
) -> Tensor:
    """max(0, margin + d(anchor, positive) - d(anchor, negative)), d the p-norm distance.

    `swap` takes d(positive, negative) instead where it is smaller than d(anchor, negative).
    Source: Balntas et al. 2016, https://doi.org/10.5244/C.30.119
    Raises: RuntimeError where the numbers of dimensions differ.
    """
    check_triplet(anchor, positive, negative, "triplet_margin_loss")
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    swapped = pairwise_distance(positive, negative, p, eps) if swap else None
    return triplet(near, far, margin, swapped, in_words(reduction))
