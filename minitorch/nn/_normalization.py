"""The normalizations of `functional`."""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.ops import fused, reduce, shape

__all__ = [
    "batch_norm",
    "layer_norm",
]


def layer_norm(
    input: Tensor,
    normalized_shape: Any,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) over the last axes, times weight, plus bias.

    Source: Ba et al. 2016, https://arxiv.org/abs/1607.06450
    Raises: RuntimeError unless the last sizes are `normalized_shape`.
    """
    size = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    found = tuple(input.shape[input.ndim - len(size) :]) if len(size) <= input.ndim else ()
    if not size or found != size:
        wanted = "".join(f", {n}" for n in size)
        raise RuntimeError(
            f"Given normalized_shape={list(size)}, expected input with shape [*{wanted}], but got "
            f"input of size{list(input.shape)}"
        )
    for other, name in ((weight, "weight"), (bias, "bias")):
        if other is not None and tuple(other.shape) != size:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(other.shape)} and normalized_shape = {list(size)}"
            )
    over = tuple(range(input.ndim - len(size), input.ndim))
    return fused.normalize(input, weight, bias, over=over, size=size, eps=eps)


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) per channel, times weight, plus bias.

    In training the batch's own statistics are used and the running ones moved towards them
    (the variance over n - 1); else the running ones are used.
    Source: Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167
    Raises: ValueError for one value per channel in training, RuntimeError for sizes that differ.
    """
    channels = input.shape[1] if input.ndim > 1 else 0
    for other, name in (
        (running_mean, "running_mean"), (running_var, "running_var"), (weight, "weight"),
        (bias, "bias"),
    ):  # fmt: skip
        if other is not None and other.numel() != channels:
            raise RuntimeError(
                f"{name} should contain {channels} elements not {other.numel()}: input "
                f"{list(input.shape)}"
            )
    size = (channels,) + (1,) * (input.ndim - 2)
    if not training:
        if running_mean is None or running_var is None:
            raise RuntimeError("batch_norm: running_mean and running_var are needed in evaluation")
        return _with_statistics(input, running_mean, running_var, weight, bias, size, eps)
    count = input.numel() // max(channels, 1)
    if count <= 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {input.shape}"
        )
    over = (0, *range(2, input.ndim))
    if running_mean is not None or running_var is not None:
        _update_running(input, running_mean, running_var, over, momentum)
    return fused.normalize(input, weight, bias, over=over, size=size, eps=eps)


def _update_running(input: Any, mean: Any, var: Any, over: tuple, momentum: float) -> None:
    x = input.detach()
    for running, found in ((mean, reduce.mean(x, dim=over)), (var, reduce.var(x, dim=over))):
        if running is not None:
            running._array[...] = (1 - momentum) * running._array + momentum * found._array
            running._cell[0] += 1


def _with_statistics(
    x: Any, mean: Any, var: Any, weight: Any, bias: Any, size: tuple, eps: float
) -> Tensor:
    scale = shape.reshape((var + eps).rsqrt(), size)
    scale = scale if weight is None else scale * shape.reshape(weight, size)
    out = (x - shape.reshape(mean, size)) * scale
    return out if bias is None else out + shape.reshape(bias, size)
