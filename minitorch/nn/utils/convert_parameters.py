"""All parameters as one vector, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minitorch._tensor import Tensor
from minitorch.ops.pieces import cat

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The elements of all parameters, one after the other. Raises: ValueError for none."""
    return cat([p.view(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Let the parameters be the parts of `vec`, whose memory they share from now on.

    Raises: TypeError for no tensor; RuntimeError where it is too short.
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters: expected a Tensor, got {type(vec).__name__}")
    start = 0
    for p in parameters:
        stop = start + p.numel()
        p.data = vec[start:stop].view(p.shape).data
        start = stop
