"""The gradients of convolutions, in their input and in their weight, as functions."""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.ops.convolve import convolve_transposed, convolve_weight_grad
from minitorch.ops.window import each
from minitorch.row import named

__all__ = [
    "conv1d_input",
    "conv1d_weight",
    "conv2d_input",
    "conv2d_weight",
    "conv3d_input",
    "conv3d_weight",
]


def _geometry(axes: int, stride: Any, padding: Any, dilation: Any, groups: int) -> dict:
    return {
        "stride": each(stride, axes, "stride"),
        "padding": each(padding, axes, "padding"),
        "dilation": each(dilation, axes, "dilation"),
        "groups": groups,
    }


def _of_input(axes: int) -> Any:
    def function(
        input_size: Any, weight: Tensor, grad_output: Tensor, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1,
    ) -> Tensor:  # fmt: skip
        how = _geometry(axes, stride, padding, dilation, groups)
        return convolve_transposed(grad_output, weight, None, size=tuple(input_size), **how)

    doc = f"The gradient of conv{axes}d in its input of `input_size`, (N, C, ...)."
    return named(function, f"conv{axes}d_input", doc)


def _of_weight(axes: int) -> Any:
    def function(
        input: Tensor, weight_size: Any, grad_output: Tensor, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1,
    ) -> Tensor:  # fmt: skip
        how = _geometry(axes, stride, padding, dilation, groups)
        return convolve_weight_grad(grad_output, input, size=tuple(weight_size), **how)

    doc = f"The gradient of conv{axes}d in its weight of `weight_size`, (O, C / groups, ...)."
    return named(function, f"conv{axes}d_weight", doc)


conv1d_input, conv2d_input, conv3d_input = map(_of_input, (1, 2, 3))
conv1d_weight, conv2d_weight, conv3d_weight = map(_of_weight, (1, 2, 3))
