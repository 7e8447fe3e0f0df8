"""Linear maps and tables of vectors: part of `functional`."""

from __future__ import annotations

from typing import Any

from minitorch import creation, errors
from minitorch._tensor import Tensor
from minitorch.autograd import Function
from minitorch.calls import reads_numbers
from minitorch.ops import bags, fused, norms, similarity

__all__ = [
    "bilinear",
    "cosine_similarity",
    "embedding",
    "embedding_bag",
    "linear",
    "one_hot",
    "pairwise_distance",
    "pdist",
]


linear = fused.linear
bilinear = similarity.bilinear
cosine_similarity = similarity.cosine_similarity
pairwise_distance = similarity.pairwise_distance
pdist = similarity.pdist


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of `weight` at the indices `input`; the row `padding_idx` gets no gradient.

    Shape: (*), (V, D) -> (*, D)
    With `scale_grad_by_freq` a row's gradient is the mean over where it is used, not the sum.
    Differs: the gradient is dense also with `sparse`.
    Raises: IndexError for an index outside [0, V).
    """
    if weight.ndim != 2:
        raise RuntimeError(f"embedding: expected a 2-D weight, got shape {list(weight.shape)}")
    rows = weight.shape[0]
    if padding_idx is not None:
        if not -rows <= padding_idx < rows:
            raise AssertionError(
                f"Padding_idx must be within num_embeddings: {padding_idx}, {rows}"
            )
        padding_idx %= rows
    if max_norm is not None:
        _renormalize(weight, input, max_norm, norm_type)
    padding = -1 if padding_idx is None else padding_idx
    rows = bags.embedding(weight, input, padding, sparse=sparse)
    if not scale_grad_by_freq:
        return rows
    _, at, counts = input.unique(return_inverse=True, return_counts=True)
    return _Scaled.apply(rows, (1 / counts.to(weight.dtype))[at].unsqueeze(-1))


class _Scaled(Function):
    """The identity, whose gradient is multiplied by `factors`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, factors: Tensor) -> Tensor:
        ctx.save_for_backward(factors)
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
        (factors,) = ctx.saved_tensors
        return g * factors, None


def _renormalize(weight: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> None:
    """Shorten, in place, those of the rows used that are longer than `max_norm`."""
    from minitorch.backend import xp

    rows = xp.unique(indices._array)
    lengths = norms.norm(weight.detach()[rows], norm_type, dim=1)._array
    long = lengths > max_norm
    scale = max_norm / (lengths[long] + 1e-7)
    weight._array[rows[long]] *= scale[:, None].astype(weight._array.dtype)
    weight._cell[0] += 1


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sums, means or maxima of the rows of `weight` at several indices, bag by bag.

    Shape: (N, S), (V, D) -> (N, D); or (all indices), (V, D), offsets (N) -> (N, D)
    Raises: ValueError, RuntimeError for indices, offsets and weights that do not fit;
    NotImplementedError for `scale_grad_by_freq`, and weights of means and maxima.
    Differs: the gradient is dense also with `sparse`.
    """
    if weight.ndim != 2:
        raise ValueError(f"embedding_bag: expected a 2-D weight, got shape {list(weight.shape)}")
    if per_sample_weights is not None and per_sample_weights.shape != input.shape:
        raise ValueError(
            f"embedding_bag: expected per_sample_weights of shape {list(input.shape)}, got "
            f"{list(per_sample_weights.shape)}"
        )
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"embedding_bag: expected mode 'sum', 'mean' or 'max', got {mode!r}")
    if mode == "max" and (scale_grad_by_freq or sparse):
        raise ValueError(
            "embedding_bag: mode 'max' goes neither with scale_grad_by_freq nor with sparse"
        )
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(f"embedding_bag: per_sample_weights with mode={mode!r}")
    starts = _offsets(input, offsets)
    if input.ndim == 2:
        input = input.reshape(-1)
        if per_sample_weights is not None:
            per_sample_weights = per_sample_weights.reshape(-1)
    if max_norm is not None:
        _renormalize(weight, input, max_norm, norm_type)
    return bags.embedding_bag(
        weight, input, starts, scale_grad_by_freq, ("sum", "mean", "max").index(mode), sparse,
        per_sample_weights, include_last_offset, padding_idx,
    )[0]  # fmt: skip


def _offsets(input: Tensor, offsets: Any) -> Tensor:
    """Where each bag begins: every row of a matrix is one."""
    if input.ndim == 2:
        if offsets is not None:
            raise ValueError("embedding_bag: expected no offsets beside a 2-D input")
        width = input.shape[1]
        return creation.arange(input.shape[0]) * width
    if input.ndim != 1:
        raise ValueError(f"embedding_bag: expected 1-D or 2-D input, got {list(input.shape)}")
    if getattr(offsets, "ndim", None) != 1:
        raise ValueError(f"embedding_bag: expected 1-D offsets for a 1-D input, got {offsets}")
    return offsets


@reads_numbers
def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """1 at the class, 0 elsewhere, along a new last axis. int64.

    Raises: RuntimeError for a class below 0 or not below `num_classes`.
    """
    array = tensor._array
    if array.dtype != "int64":
        raise RuntimeError(
            "one_hot is only applicable to index tensor of type LongTensor, got "
            f"{errors.name_of(array.dtype)}"
        )
    if not array.size and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if array.size and array.min() < 0:
        raise RuntimeError(f"Class values must be non-negative, got {array.min()}.")
    if num_classes == -1:
        num_classes = int(array.max()) + 1
    elif array.size and array.max() >= num_classes:
        raise RuntimeError(
            f"Class values must be smaller than num_classes: {array.max()} >= {num_classes}."
        )
    return (tensor.unsqueeze(-1) == creation.arange(num_classes)).long()
