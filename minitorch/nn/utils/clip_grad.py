"""Gradients clipped to a norm or to values, in place."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterable
from typing import Any

from minitorch import creation
from minitorch._tensor import Tensor
from minitorch.grad_mode import no_grad
from minitorch.ops.norms import vector_norm
from minitorch.ops.shape import stack

__all__ = ["clip_grad_norm", "clip_grad_norm_", "clip_grad_value_"]


def _listed(tensors: Any) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


@no_grad()
def get_total_norm(
    tensors: Tensor | Iterable[Tensor], norm_type: float = 2.0, error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:  # fmt: skip
    """The norm of all `tensors` taken together: the norm of their norms.

    Raises: RuntimeError for NaN or infinity where `error_if_nonfinite`.
    """
    norm_type = float(norm_type)
    listed = _listed(tensors)
    if not listed:
        return creation.tensor(0.0)
    norms = [vector_norm(t, norm_type) for t in listed]
    total = norms[0] if len(norms) == 1 else vector_norm(stack(norms), norm_type)
    if error_if_nonfinite and not bool(total.isfinite()):
        raise RuntimeError(
            f"the norm of order {norm_type} of the gradients is {total.item()}: not finite, so "
            "nothing is clipped; error_if_nonfinite=False scales them by it anyway"
        )
    return total


@no_grad()
def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor,
    foreach: bool | None = None,
) -> None:  # fmt: skip
    """Multiply the gradients by max_norm / (total_norm + 1e-6), where that is less than 1."""
    factor = (float(max_norm) / (total_norm + 1e-6)).clamp(max=1.0)
    for p in _listed(parameters):
        if p.grad is not None:
            p.grad.mul_(factor)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0,
    error_if_nonfinite: bool = False, foreach: bool | None = None,
) -> Tensor:  # fmt: skip
    """Scale the gradients so that their norm, taken together, is at most `max_norm`; that norm.

    `norm_type` may be inf. `foreach` changes nothing.

    Source: Pascanu et al. 2013, https://arxiv.org/abs/1211.5063
    Raises: RuntimeError for NaN or infinity where `error_if_nonfinite`.

    >>> import minitorch as torch
    >>> w = torch.zeros(2, requires_grad=True)
    >>> w.grad = torch.tensor([3.0, 4.0])
    >>> torch.nn.utils.clip_grad_norm_(w, max_norm=1.0), w.grad
    (tensor(5.), tensor([0.6000, 0.8000]))
    """
    listed = _listed(parameters)
    if not listed and isinstance(parameters, types.GeneratorType):
        warnings.warn(
            "`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=2
        )
    grads = [p.grad for p in listed if p.grad is not None]
    total = get_total_norm(grads, norm_type, error_if_nonfinite)
    clip_grads_with_norm_(listed, max_norm, total)
    return total


def clip_grad_norm(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0,
    error_if_nonfinite: bool = False, foreach: bool | None = None,
) -> Tensor:  # fmt: skip
    """`clip_grad_norm_` under its old name, with a warning."""
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is deprecated: it is `clip_grad_norm_` now",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


@no_grad()
def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Bring every element of the gradients into [-clip_value, clip_value]."""
    clip_value = float(clip_value)
    for p in _listed(parameters):
        if p.grad is not None:
            p.grad.clamp_(-clip_value, clip_value)
