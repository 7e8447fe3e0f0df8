"""Convolution and its transpose, of signals, images and volumes; also lazily."""

from __future__ import annotations

import math
from typing import Any

from minitorch import creation
from minitorch._tensor import Tensor
from minitorch.nn import functional as F
from minitorch.nn import init
from minitorch.nn.modules.lazy import LazyModuleMixin
from minitorch.nn.modules.module import Module
from minitorch.nn.modules.utils import _ntuple, _reverse_repeat_tuple
from minitorch.nn.parameter import UninitializedParameter
from minitorch.parameter import Parameter

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
]

_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """What all convolutions share; subclasses say how many `axes` and which `function`.

    Parameters start uniform in (-k, k), k = 1 / sqrt(fan_in of the weight).

    Raises: ValueError for groups that do not divide the channels, and for a padding that is not.
    """

    axes: int
    function: Any

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: tuple, stride: tuple, padding: Any,
        dilation: tuple, transposed: bool, output_padding: tuple, groups: int, bias: bool,
        padding_mode: str, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.dilation, self.transposed, self.output_padding = dilation, transposed, output_padding
        self.padding_mode = padding_mode
        self._check()
        self._reversed_padding_repeated_twice = self._sides()
        how = {"device": device, "dtype": dtype}
        a, b = (in_channels, out_channels) if transposed else (out_channels, in_channels)
        self.weight = Parameter(creation.empty((a, b // groups, *kernel_size), **how))
        if bias:
            self.bias = Parameter(creation.empty(out_channels, **how))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _check(self) -> None:
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
        if self.padding_mode not in _PADDING_MODES:
            raise ValueError(
                f"padding_mode must be one of {_PADDING_MODES}, but got {self.padding_mode!r}"
            )

    def _sides(self) -> Any:
        """The padding as `F.pad` takes it: two numbers for each axis, the last axis first."""
        if not isinstance(self.padding, str):
            return _reverse_repeat_tuple(self.padding, 2)
        sides = []
        for d, k in zip(self.dilation[::-1], self.kernel_size[::-1]):
            total = d * (k - 1) if self.padding == "same" else 0
            sides += [total // 2, total - total // 2]
        return sides

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in != 0:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        """What differs from the defaults, as torch prints it."""
        parts = [
            f"{self.in_channels}, {self.out_channels}",
            f"kernel_size={self.kernel_size}",
            f"stride={self.stride}",
        ]
        for name, usual in (("padding", 0), ("dilation", 1), ("output_padding", 0)):
            value = getattr(self, name)
            if value != (usual,) * len(value):
                parts.append(f"{name}={value}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)


# ------------------------------------------------------------------ convolution


class _Conv(_ConvNd):
    """The cross-correlation of the input with learned kernels, plus a bias per channel.

    `padding` is a number, one for each axis, 'valid' or 'same'; `padding_mode` says what is there.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
        padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        each = _ntuple(self.axes)
        super().__init__(
            in_channels, out_channels, each(kernel_size), each(stride),
            padding if isinstance(padding, str) else each(padding), each(dilation), False, each(0),
            groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The convolution with another weight: what scripts call that rescale it."""
        padding = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._reversed_padding_repeated_twice, self.padding_mode)
            padding = 0
        return self.function(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def forward(self, input):
        """The convolution."""
        return self._conv_forward(input, self.weight, self.bias)


class Conv1d(_Conv):
    """The cross-correlation of signals with learned kernels, plus a bias per channel.

    Shape: (N, C_in, L) or (C_in, L) -> (N, C_out, l)
    """

    axes, function = 1, staticmethod(F.conv1d)


class Conv2d(_Conv):
    """The cross-correlation of images with learned kernels, plus a bias per channel.

    Shape: (N, C_in, H, W) or (C_in, H, W) -> (N, C_out, h, w)
    """

    axes, function = 2, staticmethod(F.conv2d)


class Conv3d(_Conv):
    """The cross-correlation of volumes with learned kernels, plus a bias per channel.

    Shape: (N, C_in, D, H, W) or (C_in, D, H, W) -> (N, C_out, d, h, w)
    """

    axes, function = 3, staticmethod(F.conv3d)


# ------------------------------------------------------------------ its transpose


class _ConvTransposeNd(_ConvNd):
    """The adjoint of a convolution: every element spreads a kernel over the output.

    `output_padding` adds to one side of the output, whose size is not determined by the input's.

    Raises: ValueError for a padding_mode other than 'zeros'.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, output_padding: Any = 0, groups: int = 1, bias: bool = True,
        dilation: Any = 1, padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        if padding_mode != "zeros":
            raise ValueError(
                f"{type(self).__name__}: expected padding_mode 'zeros', got {padding_mode!r}"
            )
        each = _ntuple(self.axes)
        super().__init__(
            in_channels, out_channels, each(kernel_size), each(stride), each(padding),
            each(dilation), True, each(output_padding), groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input, output_size=None):
        """The transposed convolution; `output_size` chooses among the sizes that are possible."""
        extra = self.output_padding
        if output_size is not None:
            extra = self._output_padding(input, output_size)
        return self.function(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups,
            self.dilation,
        )  # fmt: skip

    def _output_padding(self, input: Tensor, output_size: Any) -> tuple[int, ...]:
        """How much to add to one side to get `output_size`, with or without batch and channels."""
        axes, name = self.axes, type(self).__name__
        if len(output_size) == input.dim():
            output_size = output_size[-axes:]
        if len(output_size) != axes:
            raise ValueError(
                f"{name}: expected an output_size of {axes} or {input.dim()} numbers for an input "
                f"of {input.dim()} dimensions, got {tuple(output_size)}"
            )
        least = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1
            for n, s, p, d, k in zip(
                input.shape[-axes:], self.stride, self.padding, self.dilation, self.kernel_size
            )
        ]
        most = [n + s - 1 for n, s in zip(least, self.stride)]
        if not all(a <= n <= b for a, n, b in zip(least, output_size, most)):
            raise ValueError(
                f"{name}: expected an output_size from {least} to {most} for an input of shape "
                f"{list(input.shape)}, got {list(output_size)}"
            )
        return tuple(n - a for n, a in zip(output_size, least))


class ConvTranspose1d(_ConvTransposeNd):
    """The adjoint of `Conv1d`. Shape: (N, C_in, L) or (C_in, L) -> (N, C_out, l)"""

    axes, function = 1, staticmethod(F.conv_transpose1d)


class ConvTranspose2d(_ConvTransposeNd):
    """The adjoint of `Conv2d`. Shape: (N, C_in, H, W) or (C_in, H, W) -> (N, C_out, h, w)"""

    axes, function = 2, staticmethod(F.conv_transpose2d)


class ConvTranspose3d(_ConvTransposeNd):
    """The adjoint of `Conv3d`. Shape: (N, C_in, D, H, W) -> (N, C_out, d, h, w)"""

    axes, function = 3, staticmethod(F.conv_transpose3d)


# ------------------------------------------------------------------ channels from the first batch


class _LazyConvXdMixin(LazyModuleMixin):
    """A convolution that learns from its first input how many channels it has."""

    def _wait(self, out_channels: int, bias: bool, device: Any, dtype: Any) -> None:
        how = {"device": device, "dtype": dtype}
        self.out_channels = out_channels
        self.weight = UninitializedParameter(**how)
        if bias:
            self.bias = UninitializedParameter(**how)

    def reset_parameters(self) -> None:
        """Draw the parameters anew, once they have a shape."""
        if not self.has_uninitialized_params() and self.in_channels != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        """Make the parameters for the channels of `input`.

        Raises: RuntimeError for another number of dimensions, ValueError unless groups divide them.
        """
        if not self.has_uninitialized_params():
            return
        axes = self.axes
        if input.dim() not in (axes + 1, axes + 2):
            raise RuntimeError(
                f"Expected {axes + 1}D (unbatched) or {axes + 2}D (batched) input to "
                f"{type(self).__name__}, but got input of size: {list(input.shape)}"
            )
        self.in_channels = input.shape[-axes - 1]
        self._check()
        a, b = self.out_channels, self.in_channels
        a, b = (b, a) if self.transposed else (a, b)
        self.weight.materialize((a, b // self.groups, *self.kernel_size))
        if self.bias is not None:
            self.bias.materialize((self.out_channels,))
        self.reset_parameters()


class _LazyConv(_LazyConvXdMixin):
    """The constructor of lazy convolutions."""

    def __init__(
        self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros",
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device, dtype
        )
        self._wait(out_channels, bias, device, dtype)


class LazyConv1d(_LazyConv, Conv1d):
    """A `Conv1d` whose in_channels are those of the first input."""

    cls_to_become = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """A `Conv2d` whose in_channels are those of the first input."""

    cls_to_become = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """A `Conv3d` whose in_channels are those of the first input."""

    cls_to_become = Conv3d


class _LazyConvTranspose(_LazyConvXdMixin):
    """The constructor of lazy transposed convolutions."""

    def __init__(
        self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, bias: bool = True, dilation: Any = 1,
        padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation,
            padding_mode, device, dtype,
        )  # fmt: skip
        self._wait(out_channels, bias, device, dtype)


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """A `ConvTranspose1d` whose in_channels are those of the first input."""

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """A `ConvTranspose2d` whose in_channels are those of the first input."""

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """A `ConvTranspose3d` whose in_channels are those of the first input."""

    cls_to_become = ConvTranspose3d
