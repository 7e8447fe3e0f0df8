"""The activations of `functional`."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch._tensor import Tensor
from minitorch.inplace import overwrite
from minitorch.ops import composite, elementwise, fused
from minitorch.row import named

__all__ = [
    "elu",
    "gelu",
    "leaky_relu",
    "log_softmax",
    "logsigmoid",
    "relu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
]


def activation(name: str, public: Any) -> Any:
    """The function of torch.nn.functional for an elementwise row: (input, inplace=False)."""

    def function(input: Tensor, inplace: bool = False) -> Tensor:
        out = public(input)
        return into(input, out, name) if inplace else out

    return named(function, name, public.__doc__)


def into(input: Tensor, out: Tensor, name: str) -> Tensor:
    return overwrite(input, out, f"{name}_")


relu = activation("relu", elementwise.relu)
silu = activation("silu", fused.silu)
tanh = elementwise.tanh
sigmoid = elementwise.sigmoid
logsigmoid = fused.logsigmoid
gelu = fused.gelu
softplus = fused.softplus


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """input where it is positive, else negative_slope input."""
    out = fused.leaky_relu(input, negative_slope=negative_slope)
    return into(input, out, "leaky_relu") if inplace else out


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input where it is positive, else alpha (e ** input - 1)."""
    out = fused.elu(input, alpha=alpha)
    return into(input, out, "elu") if inplace else out


def _softmax_dim(name: str, ndim: int) -> int:
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include "
        "dim=X as an argument.",
        stacklevel=4,
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """e ** input over its sum along `dim`."""
    dim = _softmax_dim("softmax", input.ndim) if dim is None else dim
    return composite.softmax(input, dim, dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """log(softmax(input)), computed stably."""
    dim = _softmax_dim("log_softmax", input.ndim) if dim is None else dim
    return composite.log_softmax(input, dim, dtype)
