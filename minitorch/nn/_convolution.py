"""The convolutions of `functional`."""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.nn._resampling import pad
from minitorch.nn._windows import batched, pair
from minitorch.ops import window

__all__ = [
    "conv2d",
]


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """The cross-correlation of images with kernels, plus bias.

    Shape: (N, C, H, W) or (C, H, W), (O, C / groups, kh, kw), (O) -> (N, O, oh, ow)
    Raises: RuntimeError for ranks, channels, dtypes or kernels that do not fit.
    """
    stride, dilation = pair(stride, "stride"), pair(dilation, "dilation")
    if isinstance(padding, str):
        input, padding = _string_padding(input, weight, padding, stride, dilation)
    padding = pair(padding, "padding")

    def convolve(x: Tensor) -> Tensor:
        return window.convolution2d(
            x, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups
        )

    return batched(convolve, input)


def _string_padding(input: Any, weight: Any, padding: str, stride: Any, dilation: Any) -> tuple:
    if padding == "valid":
        return input, 0
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}', expected 'same' or 'valid'")
    if any(s != 1 for s in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    total = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:])]
    if any(n % 2 for n in total):  # the odd element goes to the end
        input = pad(input, (0, total[1] % 2, 0, total[0] % 2))
    return input, tuple(n // 2 for n in total)
