"""Linear, Bilinear and Identity; Linear also lazily."""

from __future__ import annotations

import math
from typing import Any

from minitorch import creation
from minitorch.nn import functional as F
from minitorch.nn import init
from minitorch.nn.modules.lazy import LazyModuleMixin
from minitorch.nn.modules.module import Module
from minitorch.nn.parameter import UninitializedParameter
from minitorch.parameter import Parameter

__all__ = ["Bilinear", "Identity", "LazyLinear", "Linear"]


class Identity(Module):
    """Returns its input; takes any arguments and ignores them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input):
        """The input."""
        return input


class Linear(Module):
    """y = x W^T + b.

    Shape: (*, in_features) -> (*, out_features)

    Both parameters start uniform in (-k, k), k = 1 / sqrt(in_features).

    >>> import minitorch as torch
    >>> torch.nn.Linear(20, 30)(torch.ones(128, 20)).shape
    torch.Size([128, 30])
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        how = {"device": device, "dtype": dtype}
        self.weight = Parameter(creation.empty((out_features, in_features), **how))
        if bias:
            self.bias = Parameter(creation.empty(out_features, **how))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input):
        """x W^T + b."""
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Bilinear(Module):
    """y[k] = x1^T W[k] x2 + b[k].

    Shape: (*, in1_features), (*, in2_features) -> (*, out_features)

    Both parameters start uniform in (-k, k), k = 1 / sqrt(in1_features).
    Raises: ValueError for in1_features of 0.
    """

    def __init__(
        self, in1_features: int, in2_features: int, out_features: int, bias: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if in1_features == 0:
            raise ValueError("Bilinear: expected in1_features above 0, got 0")
        self.in1_features, self.in2_features = in1_features, in2_features
        self.out_features = out_features
        how = {"device": device, "dtype": dtype}
        size = (out_features, in1_features, in2_features)
        self.weight = Parameter(creation.empty(size, **how))
        self.register_parameter(
            "bias", Parameter(creation.empty(out_features, **how)) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1, input2):
        """x1^T W x2 + b."""
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


class LazyLinear(LazyModuleMixin, Linear):
    """A `Linear` whose in_features are the last size of the first input."""

    cls_to_become = Linear

    def __init__(
        self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        how = {"device": device, "dtype": dtype}
        super().__init__(0, 0, False, **how)
        self.out_features = out_features
        self.weight = UninitializedParameter(**how)
        if bias:
            self.bias = UninitializedParameter(**how)

    def reset_parameters(self) -> None:
        """Draw the parameters anew, once they have a shape."""
        if not self.has_uninitialized_params() and self.in_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input) -> None:
        """Make the parameters for the last size of `input`."""
        self.in_features = input.shape[-1]
        if not self.has_uninitialized_params():  # they were loaded
            return
        self.weight.materialize((self.out_features, self.in_features))
        if self.bias is not None:
            self.bias.materialize((self.out_features,))
        self.reset_parameters()


class NonDynamicallyQuantizableLinear(Linear):
    """`Linear` under the name that torch prints for the output of `MultiheadAttention`."""
