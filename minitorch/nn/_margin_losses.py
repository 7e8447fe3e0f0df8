"""Losses by margins between pairs and between classes: part of `functional`."""

from __future__ import annotations

from typing import Any

from minitorch import creation, errors
from minitorch._tensor import Tensor
from minitorch.calls import reads_numbers
from minitorch.nn._reduction import reduction_of
from minitorch.ops import fused, index, loss, shape
from minitorch.ops.elementwise import gate, relu
from minitorch.ops.similarity import pairwise_distance

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]

# ------------------------------------------------------------------ of pairs and triplets


def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, size_average: Any = None,
    reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """input where target is 1, max(0, margin - input) where it is -1."""
    reduction = reduction_of(size_average, reduce, reduction)
    return loss.hinge_embedding_loss(input, target, margin, reduction)


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average: Any = None,
    reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """max(0, -target (input1 - input2) + margin).

    Raises: RuntimeError where the numbers of dimensions differ.
    """
    reduction = reduction_of(size_average, reduce, reduction)
    return loss.margin_ranking_loss(input1, input2, target, margin, reduction)


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average: Any = None,
    reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """1 - cos where target is 1, max(0, cos - margin) where it is -1.

    Raises: RuntimeError for other shapes than (N, D), (N, D), (N) and (D), (D), ().
    """
    reduction = reduction_of(size_average, reduce, reduction)
    return loss.cosine_embedding_loss(input1, input2, target, margin, reduction)


def _check_margin(margin: float, name: str) -> None:
    if margin <= 0:
        raise ValueError(f"{name}: expected a margin above 0, got {margin}")


def triplet_margin_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2,
    eps: float = 1e-6, swap: bool = False, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """max(0, margin + d(anchor, positive) - d(anchor, negative)), d the p-norm distance.

    Raises: ValueError for a margin that is not positive, RuntimeError where dimensions differ.
    """
    reduction = reduction_of(size_average, reduce, reduction)
    _check_margin(margin, "triplet_margin_loss")
    return loss.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, *, distance_function: Any = None,
    margin: float = 1.0, swap: bool = False, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """`triplet_margin_loss` with a distance of one's own.

    Raises: ValueError for a margin that is not positive, RuntimeError where dimensions differ.
    """
    name = "triplet_margin_with_distance_loss"
    fused.check_reduction(reduction)
    _check_margin(margin, name)
    distance = pairwise_distance if distance_function is None else distance_function
    loss.check_triplet(anchor, positive, negative, name)
    near, far = distance(anchor, positive), distance(anchor, negative)
    swapped = distance(positive, negative) if swap else None
    return loss.triplet(near, far, margin, swapped, reduction)


# ------------------------------------------------------------------ of classes


@reads_numbers
def multi_margin_loss(
    input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0, weight: Tensor | None = None,
    size_average: Any = None, reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """The sum over classes i other than y = target of max(0, margin - x[y] + x[i]) ** p, over C.

    Shape: (N, C), (N) -> (N) or (); (C), () or (1) -> ()
    Raises: RuntimeError for sizes and classes that do not fit, ValueError for p other than 1 and 2.
    """
    reduction = reduction_of(size_average, reduce, reduction)
    if p not in (1, 2):
        raise ValueError(f"multi_margin_loss: expected p of 1 or 2, got {p}")
    x, classes = _rows(input, "multi_margin_loss")
    if target.ndim > 1 or target.numel() != x.shape[0]:
        raise RuntimeError(
            f"multi_margin_loss: expected a class for each of {x.shape[0]} rows, got a target of "
            f"shape {list(target.shape)}"
        )
    if weight is not None and weight.ndim != 1:
        raise ValueError(f"multi_margin_loss: expected 1-D weights, got {list(weight.shape)}")
    if weight is not None and weight.numel() != classes:
        raise RuntimeError(f"multi_margin_loss: expected {classes} weights, got {weight.numel()}")
    _check_classes(target, 0, classes, "multi_margin_loss")
    own = target.reshape(-1, 1)
    apart = relu(x - index.gather(x, own, dim=1) + margin)
    losses = gate(apart if p == 1 else apart * apart, own != creation.arange(classes))
    if weight is not None:
        losses = losses * shape.reshape(weight, (-1,))[own]
    losses = losses.sum(1) / classes
    if reduction == "none" and not target.ndim:
        return shape.reshape(losses, ())
    return fused.reduced(losses, reduction)


@reads_numbers
def multilabel_margin_loss(
    input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """The sum over classes j in target and i not in it of max(0, 1 - (x[j] - x[i])), over C.

    A row of the target lists classes up to the first -1.

    Shape: (N, C), (N, C) -> (N) or (); (C), (C) -> ()
    Raises: RuntimeError for sizes and classes that do not fit.
    """
    reduction = reduction_of(size_average, reduce, reduction)
    if target.shape != input.shape:
        raise RuntimeError(
            f"multilabel_margin_loss: expected a target of shape {list(input.shape)}, got "
            f"{list(target.shape)}"
        )
    x, classes = _rows(input, "multilabel_margin_loss")
    _check_classes(target, -1, classes, "multilabel_margin_loss")
    listed, own = _listed(target.reshape(-1, classes))
    ours = index.gather(x, shape.reshape(listed[1], (-1, classes)), dim=1)
    apart = relu(x.unsqueeze(1) - ours.unsqueeze(2) + 1)  # (N, listed j, class i)
    counts = listed[0].unsqueeze(2) & ~own.unsqueeze(1)
    losses = gate(apart, counts).sum((1, 2)) / classes
    if reduction == "none" and input.ndim < 2:
        return shape.reshape(losses, ())
    return fused.reduced(losses, reduction)


def _listed(target: Tensor) -> tuple[tuple[Tensor, Tensor], Tensor]:
    """((which entries of each row are before the first -1, the entries, 0 elsewhere), which
    classes are among them)."""
    before = (target < 0).long().cumsum(1) == 0
    entries = target * before
    own = (entries.unsqueeze(2) == creation.arange(target.shape[1])) & before.unsqueeze(2)
    return (before, entries), own.any(1)


def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None,
    reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """The mean over classes of -(y log(sigmoid(x)) + (1 - y) log(sigmoid(-x))), y the target."""
    reduction = reduction_of(size_average, reduce, reduction)
    losses = -(target * fused.logsigmoid(input) + (1 - target) * fused.logsigmoid(-input))
    losses = losses if weight is None else losses * weight
    if not input.ndim:
        raise IndexError("multilabel_soft_margin_loss: expected a dimension of classes, got none")
    return fused.reduced(losses.sum(-1) / input.shape[-1], reduction)


def _rows(input: Tensor, name: str) -> tuple[Tensor, int]:
    """The input as (N, C), and C."""
    errors.check_floating(input._array, name)
    if input.ndim > 2 or (input.ndim and not input.shape[-1]):
        raise RuntimeError(
            f"{name}: expected an input (N, C) or (C) with C above 0, got {list(input.shape)}"
        )
    classes = input.shape[-1] if input.ndim else 1
    return input.reshape(-1, classes), classes


def _check_classes(target: Tensor, low: int, classes: int, name: str) -> None:
    array = target._array
    if array.dtype != "int64":
        raise RuntimeError(f"{name}: expected targets of torch.int64, got {target.dtype}")
    wrong = array[(array < low) | (array >= classes)]
    if wrong.size:
        raise RuntimeError(f"{name}: expected targets in [{low}, {classes}), got {wrong[0]}")
