"""Pooling: of windows, of a given number of windows, of windows at random steps, and back."""

from __future__ import annotations

from typing import Any

from minitorch.nn import functional as F
from minitorch.nn.modules.module import Module
from minitorch.nn.modules.utils import _ntuple

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]

# ------------------------------------------------------------------ the largest of each window


class _MaxPoolNd(Module):
    """The largest of each window; with `return_indices`, also where it is."""

    function: Any

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
        return_indices: bool = False, ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input):
        """The largest of each window."""
        return self.function(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode,
            self.return_indices,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """The window."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPoolNd):
    """The largest of each window. Shape: (N, C, L) or (C, L) -> (N, C, l)"""

    function = staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPoolNd):
    """The largest of each window. Shape: (N, C, H, W) or (C, H, W) -> (N, C, h, w)"""

    function = staticmethod(F.max_pool2d)


class MaxPool3d(_MaxPoolNd):
    """The largest of each window. Shape: (N, C, D, H, W) or (C, D, H, W) -> (N, C, d, h, w)"""

    function = staticmethod(F.max_pool3d)


class _MaxUnpoolNd(Module):
    """Zeros with the elements of the input at `indices`, the places that the pooling returned."""

    axes: int
    function: Any

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        each = _ntuple(self.axes)
        self.kernel_size = each(kernel_size)
        self.stride = each(stride if stride is not None else kernel_size)
        self.padding = each(padding)

    def forward(self, input, indices, output_size=None):
        """The elements put back; `output_size` tells apart sizes that pool to the same one."""
        return self.function(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )

    def extra_repr(self) -> str:
        """The window."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpoolNd):
    """Undoes `MaxPool1d`, with 0 for what was not the largest."""

    axes, function = 1, staticmethod(F.max_unpool1d)


class MaxUnpool2d(_MaxUnpoolNd):
    """Undoes `MaxPool2d`, with 0 for what was not the largest."""

    axes, function = 2, staticmethod(F.max_unpool2d)


class MaxUnpool3d(_MaxUnpoolNd):
    """Undoes `MaxPool3d`, with 0 for what was not the largest."""

    axes, function = 3, staticmethod(F.max_unpool3d)


# ------------------------------------------------------------------ means and norms of each window


class _AvgPoolNd(Module):
    """The mean of each window."""

    def extra_repr(self) -> str:
        """The window."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPoolNd):
    """The mean of each window. Shape: (N, C, L) or (C, L) -> (N, C, l)"""

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        each = _ntuple(1)
        self.kernel_size = each(kernel_size)
        self.stride = each(stride if stride is not None else kernel_size)
        self.padding = each(padding)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input):
        """The mean of each window."""
        return F.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad,
        )  # fmt: skip


class _AvgPool(_AvgPoolNd):
    """The mean of each window of two axes or three, or its sum over a divisor of one's own."""

    function: Any

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input):
        """The mean of each window."""
        return self.function(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad, self.divisor_override,
        )  # fmt: skip


class AvgPool2d(_AvgPool):
    """The mean of each window. Shape: (N, C, H, W) or (C, H, W) -> (N, C, h, w)"""

    function = staticmethod(F.avg_pool2d)


class AvgPool3d(_AvgPool):
    """The mean of each window. Shape: (N, C, D, H, W) or (C, D, H, W) -> (N, C, d, h, w)"""

    function = staticmethod(F.avg_pool3d)


class _LPPoolNd(Module):
    """(sum of x ** p) ** (1 / p) of each window, p the `norm_type`."""

    function: Any

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type, self.kernel_size = norm_type, kernel_size
        self.stride, self.ceil_mode = stride, ceil_mode

    def forward(self, input):
        """The norm of each window."""
        return self.function(
            input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode
        )

    def extra_repr(self) -> str:
        """The norm and the window."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPoolNd):
    """The p-norm of each window. Shape: (N, C, L) or (C, L) -> (N, C, l)"""

    function = staticmethod(F.lp_pool1d)


class LPPool2d(_LPPoolNd):
    """The p-norm of each window. Shape: (N, C, H, W) or (C, H, W) -> (N, C, h, w)"""

    function = staticmethod(F.lp_pool2d)


class LPPool3d(_LPPoolNd):
    """The p-norm of each window. Shape: (N, C, D, H, W) or (C, D, H, W) -> (N, C, d, h, w)"""

    function = staticmethod(F.lp_pool3d)


# ------------------------------------------------------------------ windows at uneven steps


class _FractionalMaxPoolNd(Module):
    """The largest of windows at random steps: `output_size` of them, or a share of the input.

    Raises: ValueError unless exactly one of output_size and output_ratio is given, and for a ratio
    that is not between 0 and 1.
    Source: Graham 2014, https://arxiv.org/abs/1412.6071
    """

    axes: int
    function: Any

    def __init__(
        self, kernel_size: Any, output_size: Any = None, output_ratio: Any = None,
        return_indices: bool = False, _random_samples: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        each, name = _ntuple(self.axes), type(self).__name__
        self.kernel_size = each(kernel_size)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = each(output_size) if output_size is not None else None
        self.output_ratio = each(output_ratio) if output_ratio is not None else None
        if (output_size is None) == (output_ratio is None):
            raise ValueError(
                f"{name}: expected either output_size or output_ratio, got {output_size} and "
                f"{output_ratio}"
            )
        if self.output_ratio is not None and not all(0 < r < 1 for r in self.output_ratio):
            raise ValueError(f"{name}: output_ratio must be between 0 and 1 (got {output_ratio})")

    def forward(self, input):
        """The largest of each window."""
        return self.function(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices,
            _random_samples=self._random_samples,
        )  # fmt: skip


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """The largest of windows at random steps. Shape: (N, C, H, W) or (C, H, W) -> (N, C, h, w)"""

    axes, function = 2, staticmethod(F.fractional_max_pool2d)


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """The largest of windows at random steps. Shape: (N, C, D, H, W) -> (N, C, d, h, w)"""

    axes, function = 3, staticmethod(F.fractional_max_pool3d)


# ------------------------------------------------------------------ a given number of windows


class _Adaptive(Module):
    """As many windows as `output_size` says; None keeps the size of an axis."""

    function: Any

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        """The number of windows."""
        return f"output_size={self.output_size}"


class _AdaptiveAvgPoolNd(_Adaptive):
    """The means of a given number of windows."""

    def forward(self, input):
        """The means."""
        return self.function(input, self.output_size)


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The means of `output_size` windows. Shape: (N, C, L) or (C, L) -> (N, C, l)"""

    function = staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The means of `output_size` windows. Shape: (N, C, H, W) or (C, H, W) -> (N, C, h, w)"""

    function = staticmethod(F.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The means of `output_size` windows. Shape: (N, C, D, H, W) -> (N, C, d, h, w)"""

    function = staticmethod(F.adaptive_avg_pool3d)


class _AdaptiveMaxPoolNd(_Adaptive):
    """The largest of each of a given number of windows; with `return_indices`, also where it is."""

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input):
        """The largest of each window."""
        return self.function(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The largest of `output_size` windows. Shape: (N, C, L) or (C, L) -> (N, C, l)"""

    function = staticmethod(F.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The largest of `output_size` windows. Shape: (N, C, H, W) or (C, H, W) -> (N, C, h, w)"""

    function = staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The largest of `output_size` windows. Shape: (N, C, D, H, W) -> (N, C, d, h, w)"""

    function = staticmethod(F.adaptive_max_pool3d)
