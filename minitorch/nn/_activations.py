"""The activations of `functional`."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch import noise
from minitorch._tensor import Tensor
from minitorch.inplace import inplace as in_place
from minitorch.inplace import overwrite
from minitorch.ops import activation, composite, elementwise, fused, scattering
from minitorch.row import named

__all__ = [
    "celu",
    "celu_",
    "elu",
    "elu_",
    "gelu",
    "glu",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "leaky_relu",
    "leaky_relu_",
    "log_softmax",
    "logsigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "threshold_",
]


def form(name: str, public: Any) -> Any:
    """The function of torch.nn.functional for an elementwise row: (input, inplace=False)."""

    def function(input: Tensor, inplace: bool = False) -> Tensor:
        out = public(input)
        return into(input, out, name) if inplace else out

    return named(function, name, public.__doc__)


def into(input: Tensor, out: Tensor, name: str) -> Tensor:
    return overwrite(input, out, f"{name}_")


relu = form("relu", elementwise.relu)
silu = form("silu", fused.silu)
mish = form("mish", activation.mish)
selu = form("selu", activation.selu)
hardsigmoid = form("hardsigmoid", activation.hardsigmoid)
hardswish = form("hardswish", activation.hardswish)
tanh = elementwise.tanh
sigmoid = elementwise.sigmoid
logsigmoid = fused.logsigmoid
gelu = fused.gelu
softplus = fused.softplus
hardshrink = activation.hardshrink
softshrink = activation.softshrink
prelu = activation.prelu
relu_, celu_, selu_ = activation.relu_, activation.celu_, activation.selu_
threshold_, rrelu_ = activation.threshold_, noise.rrelu_
elu_ = in_place(fused.elu, "elu_")
leaky_relu_ = in_place(fused.leaky_relu, "leaky_relu_")


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """input where it is positive, else negative_slope input."""
    out = fused.leaky_relu(input, negative_slope=negative_slope)
    return into(input, out, "leaky_relu") if inplace else out


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input where it is positive, else alpha (e ** input - 1)."""
    out = fused.elu(input, alpha=alpha)
    return into(input, out, "elu") if inplace else out


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input where it is positive, else alpha (e ** (input / alpha) - 1)."""
    out = activation.celu(input, alpha=alpha)
    return into(input, out, "celu") if inplace else out


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """input limited to [min_val, max_val].

    Raises: ValueError for min_val > max_val.
    """
    if min_val > max_val:
        raise ValueError(f"hardtanh: expected min_val <= max_val, got {min_val} and {max_val}")
    out = activation.hardtanh(input, min_val=min_val, max_val=max_val)
    return into(input, out, "hardtanh") if inplace else out


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """In-place form of `hardtanh`."""
    return hardtanh(input, min_val, max_val, inplace=True)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """input limited to [0, 6]."""
    return hardtanh(input, 0, 6, inplace)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """input where it is above the threshold, else `value`."""
    out = activation.threshold(input, threshold, value)
    return into(input, out, "threshold") if inplace else out


def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """input where it is positive, else a random slope times it; see `torch.rrelu`."""
    return (noise.rrelu_ if inplace else noise.rrelu)(input, lower, upper, training)


def softsign(input: Tensor) -> Tensor:
    """input / (1 + |input|)."""
    return input / (input.abs() + 1)


def tanhshrink(input: Tensor) -> Tensor:
    """input - tanh(input). Raises: RuntimeError for bools."""
    if input._array.dtype.kind == "b":
        raise RuntimeError("tanhshrink: expected numbers, got torch.bool")
    return input - input.tanh()


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half of input along `dim` times the sigmoid of the second.

    Raises: RuntimeError where the size along `dim` is odd.
    """
    return activation.glu(input, dim=dim)


# ------------------------------------------------------------------ softmax


def _softmax_dim(name: str, ndim: int, stacklevel: int) -> int:
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include "
        "dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """e ** input over its sum along `dim`."""
    dim = _softmax_dim("softmax", input.ndim, _stacklevel) if dim is None else dim
    return composite.softmax(input, dim, dtype)


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """softmax of -input."""
    dim = _softmax_dim("softmin", input.ndim, _stacklevel) if dim is None else dim
    return composite.softmax(-input, dim, dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """log(softmax(input)), computed stably."""
    dim = _softmax_dim("log_softmax", input.ndim, _stacklevel) if dim is None else dim
    return composite.log_softmax(input, dim, dtype)


def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """A sample of the categorical distribution of `logits`, softened by the temperature `tau`.

    softmax((logits + G) / tau) with G = -log(E), E exponential; `hard` gives the class as 1 and
    the others as 0, with the gradient of the soft sample. `eps` is not used, as in torch.
    Source: Jang et al. 2016, https://arxiv.org/abs/1611.01144
    """
    drawn = logits.detach().new_empty(logits.shape).exponential_()
    soft = composite.softmax((logits - elementwise.log(drawn)) / tau, dim)
    if not hard:
        return soft
    found = soft.detach().max(dim, keepdim=True).indices
    one = scattering.scatter(elementwise.zero(soft.detach()), dim, found, 1.0)
    return one - soft.detach() + soft
