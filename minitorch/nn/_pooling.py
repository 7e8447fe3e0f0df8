"""The poolings of `functional`."""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.nn._windows import batched, pair
from minitorch.ops import window

__all__ = [
    "avg_pool2d",
    "max_pool2d",
    "max_pool2d_with_indices",
]


def max_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest of each window; with `return_indices`, also its flat place in its image.

    Shape: (N, C, H, W) or (C, H, W) -> (N, C, oh, ow)
    Raises: RuntimeError where the window does not fit.
    """
    kernel = pair(kernel_size, "kernel_size")
    how = {
        "kernel": kernel,
        "stride": kernel if stride in (None, (), []) else pair(stride, "stride"),
        "padding": pair(padding, "padding"),
        "dilation": pair(dilation, "dilation"),
    }

    def pool(x: Tensor) -> Any:
        out = window.max_pooling2d(x, ceil_mode=ceil_mode, **how)
        if not return_indices:
            return out
        return out, window.max_pool2d_indices(x, ceil_mode=ceil_mode, **how)

    return batched(pool, input)


def max_pool2d_with_indices(*args: Any, **kwargs: Any) -> tuple:
    """As max_pool2d(..., return_indices=True)."""
    return max_pool2d(*args, **{**kwargs, "return_indices": True})


def avg_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window.

    Shape: (N, C, H, W) or (C, H, W) -> (N, C, oh, ow)
    """
    kernel = pair(kernel_size, "kernel_size")

    def pool(x: Tensor) -> Tensor:
        return window.avg_pooling2d(
            x,
            kernel=kernel,
            stride=kernel if stride in (None, (), []) else pair(stride, "stride"),
            padding=pair(padding, "padding"),
            ceil_mode=ceil_mode,
            count_include_pad=count_include_pad,
            divisor_override=divisor_override,
        )

    return batched(pool, input)
