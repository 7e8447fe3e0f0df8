"""Normalization by layer, by group and by neighbouring channels."""

from __future__ import annotations

from typing import Any

from minitorch import creation
from minitorch.nn import functional as F
from minitorch.nn import init
from minitorch.nn.modules.module import Module
from minitorch.parameter import Parameter

__all__ = ["CrossMapLRN2d", "GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"]


class _Affine(Module):
    """A normalization with a weight, 1 at first, and a bias, 0 at first, or without."""

    def _learn(self, shape: Any, weight: bool, bias: bool, device: Any, dtype: Any) -> None:
        for name, wanted in (("weight", weight), ("bias", bias)):
            made = creation.empty(shape, device=device, dtype=dtype) if wanted else None
            self.register_parameter(name, None if made is None else Parameter(made))

    def reset_parameters(self) -> None:
        """Weight 1, bias 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self._parameters.get("bias") is not None:
            init.zeros_(self.bias)


class LayerNorm(_Affine):
    """(x - mean) / sqrt(variance + eps) over the last axes, times weight, plus bias.

    Shape: (*, *normalized_shape) -> the same
    Source: Ba et al. 2016, https://arxiv.org/abs/1607.06450
    """

    def __init__(
        self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        one = isinstance(normalized_shape, int)
        self.normalized_shape = (normalized_shape,) if one else tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        learned = elementwise_affine, elementwise_affine and bias
        self._learn(self.normalized_shape, *learned, device, dtype)
        self.reset_parameters()

    def forward(self, input):
        """The normalized input."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Sizes and settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class RMSNorm(_Affine):
    """x / sqrt(mean of x ** 2 + eps) over the last axes, times weight; eps: that of the dtype.

    Shape: (*, *normalized_shape) -> the same
    Source: Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467
    """

    def __init__(
        self, normalized_shape: Any, eps: float | None = None, elementwise_affine: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        one = isinstance(normalized_shape, int)
        self.normalized_shape = (normalized_shape,) if one else tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        made = creation.empty(self.normalized_shape, device=device, dtype=dtype)
        self.register_parameter("weight", Parameter(made) if elementwise_affine else None)
        self.reset_parameters()

    def forward(self, x):
        """The normalized input."""
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """Sizes and settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class GroupNorm(_Affine):
    """(x - mean) / sqrt(variance + eps) over groups of channels, times weight, plus bias.

    Shape: (N, C, *) -> the same
    Source: Wu and He 2018, https://arxiv.org/abs/1803.08494
    Raises: ValueError unless the channels can be divided.
    """

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True,
        device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(
                f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})"
            )
        self.num_groups, self.num_channels = num_groups, num_channels
        self.eps, self.affine = eps, affine
        self._learn(num_channels, affine, affine and bias, device, dtype)
        self.reset_parameters()

    def forward(self, input):
        """The normalized input."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Sizes and settings."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class _ByNeighbours(Module):
    """A normalization by the squares in channels around."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def extra_repr(self) -> str:
        """The number of channels and the constants."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class LocalResponseNorm(_ByNeighbours):
    """x / (k + alpha mean of x ** 2 over `size` channels around) ** beta.

    Shape: (N, C, *) -> the same
    Source: Krizhevsky et al. 2012, "ImageNet classification with deep convolutional networks"
    """

    def forward(self, input):
        """The normalized input."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)


class CrossMapLRN2d(_ByNeighbours):
    """x / (k + alpha / size S) ** beta, S the sum of x ** 2 over channels around, as in Lua Torch.

    The window reaches (size - 1) // 2 channels to both sides, and the first channel, once in it,
    stays: torch's running sum never takes it out.

    Shape: (N, C, H, W) -> the same
    Differs: the gradient is that of this formula; torch's is of windows that lie otherwise.
    Raises: ValueError for another number of dimensions.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__(size, alpha, beta, k)

    def forward(self, input):
        """The normalized input."""
        if input.dim() != 4:
            raise ValueError(f"CrossMapLRN2d: expected input to be 4D, got {input.dim()}D")
        n, c, h, w = input.shape
        reach = (self.size + 1) // 2  # channels of a window on each side, its centre with them
        squares = (input * input).reshape(n, 1, c, h * w)
        around = F.pad(squares, (0, 0, reach - 1, reach - 1))
        sums = F.avg_pool2d(around, (2 * reach - 1, 1), stride=1, divisor_override=1)
        stays = (creation.arange(c) >= reach).reshape(c, 1)
        sums = (sums + squares[:, :, :1] * stays).reshape(n, c, h, w)
        return input * (sums * (self.alpha / self.size) + self.k) ** -self.beta
