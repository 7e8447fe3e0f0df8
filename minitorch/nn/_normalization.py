"""The normalizations of `functional`."""

from __future__ import annotations

from math import prod
from typing import Any

from minitorch import dtypes, errors
from minitorch._tensor import Tensor
from minitorch.calls import write_out
from minitorch.nn._pooling import avg_pool2d
from minitorch.nn._resampling import pad
from minitorch.ops import elementwise, norms, shape
from minitorch.ops import normalize as rooms

__all__ = [
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "normalize",
    "rms_norm",
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
    try:
        return rooms.normalize_layer(input, normalized_shape, weight, bias, eps)
    except AttributeError as error:
        given = (("input", input), ("weight", weight), ("bias", bias))
        raise errors.not_a_tensor("layer_norm", given, error) from None


def rms_norm(
    input: Tensor, normalized_shape: Any, weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """x / sqrt(mean of x ** 2 + eps) over the last axes, times weight; eps: that of the dtype.

    Source: Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467
    """
    return rooms.rms_norm(input, normalized_shape, weight, eps)


def _several(size: tuple, count: int, what: str) -> None:
    """Raise ValueError where there is one value only to take a variance of."""
    if count == 1:
        raise ValueError(f"Expected more than 1 {what} when training, got input size {list(size)}")


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
    Raises: ValueError for one value per channel in training, and for an eps of 0 (then) or below;
    RuntimeError for sizes that differ.
    """
    try:
        if training:
            size = tuple(input.shape)
            _several(size, prod(size[:1] + size[2:]), "value per channel")
        if eps < 0 or (training and eps == 0):
            raise ValueError(f"batch_norm: eps must be positive, got {eps}")
        return rooms.normalize_channels(
            input, running_mean, running_var, weight, bias, training, momentum, eps
        )
    except AttributeError as error:
        given = (("input", input), ("running_mean", running_mean), ("running_var", running_var),
                 ("weight", weight), ("bias", bias))  # fmt: skip
        raise errors.not_a_tensor("batch_norm", given, error) from None


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) over groups of channels, times weight, plus bias.

    Source: Wu and He 2018, https://arxiv.org/abs/1803.08494
    Raises: ValueError for one value per group; RuntimeError unless the channels can be divided.
    """
    size = tuple(input.shape)
    if len(size) < 2:
        raise RuntimeError(f"group_norm: expected two dimensions at least, got shape {list(size)}")
    _several((*size[:2],), size[0] * size[1] // num_groups * prod(size[2:]), "value per channel")
    return rooms.group_norm(input, num_groups, weight, bias, eps)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) per image and channel, times weight, plus bias.

    Source: Ulyanov et al. 2016, https://arxiv.org/abs/1607.08022
    Raises: ValueError for one value per image and channel; RuntimeError for sizes that differ.
    """
    if use_input_stats:
        _several(tuple(input.shape), prod(input.shape[2:]), "spatial element")
    return rooms.instance_norm(
        input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, False
    )


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """x / (k + alpha mean of x ** 2 over `size` channels around) ** beta.

    Source: Krizhevsky et al. 2012, "ImageNet classification with deep convolutional networks"
    Raises: ValueError for fewer than three dimensions.
    """
    if input.ndim < 3:
        raise ValueError(
            f"local_response_norm: expected three dimensions at least, got {list(input.shape)}"
        )
    if not input.numel():
        return input
    if size < 1:
        raise RuntimeError(f"local_response_norm: expected a size above 0, got {size}")
    n, c = input.shape[:2]
    squares = shape.reshape(elementwise.mul(input, input), (n, 1, c, -1))
    around = pad(squares, (0, 0, size // 2, (size - 1) // 2))
    if input.is_floating_point():
        means = avg_pool2d(around, (size, 1), stride=1)
    else:  # whole means of whole numbers
        means = avg_pool2d(shape.to(around, dtype=dtypes.float64), (size, 1), stride=1)
        means = shape.to(elementwise.floor(means), dtype=dtypes.get_default_dtype())
    means = shape.reshape(means, input.shape)
    return input / (means * alpha + k) ** beta


def normalize(
    input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Tensor | None = None
) -> Tensor:
    """input over its p-norm along `dim`, or over eps where the norm is smaller."""
    made = input / norms.norm(input, p, dim, keepdim=True).clamp_min(eps)
    return made if out is None else write_out("normalize", made, out)
