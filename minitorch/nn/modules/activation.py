"""Activations: one thin class for each function."""

from __future__ import annotations

from minitorch.nn import functional as F
from minitorch.nn.modules.module import Module
from minitorch.ops import elementwise

__all__ = [
    "ELU",
    "GELU",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "ReLU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
]


class _InPlace(Module):
    """An activation with nothing to set but whether it overwrites its input."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        """`inplace`, where it is set."""
        return "inplace=True" if self.inplace else ""


class ReLU(_InPlace):
    """max(x, 0)."""

    def forward(self, input):
        """max(x, 0)."""
        return F.relu(input, inplace=True) if self.inplace else elementwise.relu(input)


class SiLU(_InPlace):
    """x sigmoid(x)."""

    def forward(self, input):
        """x sigmoid(x)."""
        return F.silu(input, inplace=self.inplace)


class Tanh(Module):
    """The hyperbolic tangent."""

    def forward(self, input):
        """tanh(x)."""
        return elementwise.tanh(input)


class Sigmoid(Module):
    """1 / (1 + e ** -x)."""

    def forward(self, input):
        """sigmoid(x)."""
        return elementwise.sigmoid(input)


class LogSigmoid(Module):
    """log(sigmoid(x)), without overflow."""

    def forward(self, input):
        """log(sigmoid(x))."""
        return F.logsigmoid(input)


class GELU(Module):
    """x Phi(x), Phi the normal distribution function; `approximate` is 'none' or 'tanh'."""

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input):
        """gelu(x)."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """The approximation."""
        return f"approximate={self.approximate!r}"


class Softplus(Module):
    """log(1 + e ** (beta x)) / beta; x itself where beta x > threshold."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, input):
        """softplus(x)."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """The parameters."""
        return f"beta={self.beta}, threshold={self.threshold}"


class LeakyReLU(Module):
    """x where it is positive, else negative_slope x."""

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, input):
        """leaky_relu(x)."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """The slope."""
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class ELU(Module):
    """x where it is positive, else alpha (e ** x - 1)."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, input):
        """elu(x)."""
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """alpha."""
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class _AlongDim(Module):
    """A function along one dimension."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        """The dimension."""
        return f"dim={self.dim}"


class Softmax(_AlongDim):
    """e ** x over its sum along `dim`."""

    def forward(self, input):
        """softmax(x)."""
        return F.softmax(input, self.dim)


class LogSoftmax(_AlongDim):
    """log(softmax(x)), computed stably."""

    def forward(self, input):
        """log_softmax(x)."""
        return F.log_softmax(input, self.dim)
