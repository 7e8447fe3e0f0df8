"""Linear maps and tables of vectors: part of `functional`."""

from __future__ import annotations

from minitorch import creation, errors
from minitorch._tensor import Tensor
from minitorch.ops import fused, index, norms

__all__ = [
    "embedding",
    "linear",
    "one_hot",
]


linear = fused.linear


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
    Raises: IndexError for an index outside [0, V).
    """
    for name, given in (("scale_grad_by_freq", scale_grad_by_freq), ("sparse", sparse)):
        if given:
            raise NotImplementedError(f"embedding: {name}=True is not supported")
    rows = weight.shape[0]
    if padding_idx is not None:
        if not -rows <= padding_idx < rows:
            raise AssertionError(
                f"Padding_idx must be within num_embeddings: {padding_idx}, {rows}"
            )
        padding_idx %= rows
    if max_norm is not None:
        _renormalize(weight, input, max_norm, norm_type)
    return index.embedding(weight, input, padding_idx=padding_idx)


def _renormalize(weight: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> None:
    """Shorten, in place, those of the rows used that are longer than `max_norm`."""
    from minitorch.backend import xp

    rows = xp.unique(indices._array)
    lengths = norms.norm(weight.detach()[rows], norm_type, dim=1)._array
    long = lengths > max_norm
    scale = max_norm / (lengths[long] + 1e-7)
    weight._array[rows[long]] *= scale[:, None].astype(weight._array.dtype)
    weight._cell[0] += 1


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
