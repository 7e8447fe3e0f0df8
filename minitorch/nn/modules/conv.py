"""Convolution."""

from __future__ import annotations

import math
from typing import Any

from minitorch import creation
from minitorch.nn import functional as F
from minitorch.nn import init
from minitorch.nn.modules.module import Module
from minitorch.ops.window import each
from minitorch.parameter import Parameter

__all__ = ["Conv2d"]


class Conv2d(Module):
    """The cross-correlation of images with learned kernels, plus a bias per channel.

    Shape: (N, C_in, H, W) or (C_in, H, W) -> (N, C_out, H_out, W_out)

    Parameters start uniform in (-k, k), k = 1 / sqrt(C_in / groups kh kw). `padding` is a number, a
    pair, 'valid' or 'same'. Raises: ValueError for groups that do not divide the channels, or an
    unknown padding; NotImplementedError for a padding_mode other than 'zeros'.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
        padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = each(kernel_size, 2, "kernel_size")
        self.stride = each(stride, 2, "stride")
        self.dilation = each(dilation, 2, "dilation")
        self.padding = padding if isinstance(padding, str) else each(padding, 2, "padding")
        self.padding_mode = padding_mode
        self._check(padding_mode)
        how = {"device": device, "dtype": dtype}
        size = (out_channels, in_channels // groups, *self.kernel_size)
        self.weight = Parameter(creation.empty(size, **how))
        if bias:
            self.bias = Parameter(creation.empty(out_channels, **how))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _check(self, padding_mode: str) -> None:
        if self.groups <= 0:
            raise ValueError(f"groups must be a positive integer, got {self.groups}")
        for name in ("in_channels", "out_channels"):
            if getattr(self, name) % self.groups:
                raise ValueError(
                    f"{name} must be divisible by groups: {getattr(self, name)} and {self.groups}"
                )
        if isinstance(self.padding, str):
            if self.padding not in ("same", "valid"):
                raise ValueError(
                    f"Invalid padding string {self.padding!r}, should be one of {{'same', 'valid'}}"
                )
            if self.padding == "same" and any(s != 1 for s in self.stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        modes = ("zeros", "reflect", "replicate", "circular")
        if padding_mode not in modes:
            raise ValueError(f"padding_mode must be one of {modes}, but got {padding_mode!r}")
        if padding_mode != "zeros":
            raise NotImplementedError(f"Conv2d: padding_mode={padding_mode!r} is not supported")

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in != 0:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def forward(self, input):
        """The convolution."""
        return F.conv2d(
            input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )

    def extra_repr(self) -> str:
        """What differs from the defaults, as torch prints it."""
        parts = [
            f"{self.in_channels}, {self.out_channels}",
            f"kernel_size={self.kernel_size}",
            f"stride={self.stride}",
        ]
        if self.padding != (0, 0):
            parts.append(f"padding={self.padding}")
        if self.dilation != (1, 1):
            parts.append(f"dilation={self.dilation}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        return ", ".join(parts)
