"""Activations that are not elementary: rows for torch.nn.functional, and those torch itself has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minitorch import errors
from minitorch.calls import composition
from minitorch.inplace import inplace
from minitorch.ops import fused
from minitorch.ops.elementwise import clamp, exp, gate, relu, sigmoid
from minitorch.ops.pieces import narrow
from minitorch.ops.shape import cat, reshape
from minitorch.primitive import elementwise
from minitorch.primitive import fused as fused_row

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "celu",
    "celu_",
    "hardshrink",
    "prelu",
    "relu_",
    "selu",
    "selu_",
    "threshold",
    "threshold_",
]

# What makes mean 0 and variance 1 a fixed point: Klambauer et al. 2017.
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805

relu_ = inplace(relu, "relu_")

# ------------------------------------------------------------------ pieces of straight lines


@elementwise(lambda g, x, min_val, max_val: gate(g, ~((x <= min_val) | (x >= max_val))))
def hardtanh(xp, x, *, min_val=-1.0, max_val=1.0):
    """x limited to [min_val, max_val]; the gradient passes strictly between them.

    Raises: RuntimeError for bools and for negative bounds of unsigned integers.
    """
    if x.dtype.kind != "f":
        min_val, max_val = _whole_bounds(x, min_val, max_val)
    return xp.clip(x, min_val, max_val)


def _whole_bounds(x, low, high):
    if x.dtype.kind == "b":
        raise RuntimeError("hardtanh: expected numbers, got torch.bool")
    if x.dtype.kind == "u" and (low < 0 or high < 0):
        raise RuntimeError(
            f"hardtanh: expected bounds of at least 0 for {errors.name_of(x.dtype)}, got {low} "
            f"and {high}"
        )
    return int(low), int(high)


@elementwise(lambda g, x: gate(g / 6, (x > -3) & (x < 3)))
def hardsigmoid(xp, x):
    """x + 3 limited to [0, 6], over 6."""
    errors.check_floating(x, "hardsigmoid")
    return _hard_step(xp, x)


def _hard_step(xp, x):
    out = xp.clip(x + 3, 0, 6)
    out /= 6
    return out


def _hardswish_rule(g, x):
    return gate(g * (x / 3 + 0.5), (x > -3) & (x < 3)) + gate(g, ~(x < 3))


@elementwise(_hardswish_rule)
def hardswish(xp, x):
    """x times hardsigmoid(x).

    Source: Howard et al. 2019, https://arxiv.org/abs/1905.02244
    """
    errors.check_floating(x, "hardswish")
    return x * _hard_step(xp, x)


@elementwise(lambda g, x, lambd: gate(g, ~(abs(x) <= lambd)))
def hardshrink(xp, x, *, lambd=0.5):
    """x where |x| > lambd, else 0."""
    errors.check_floating(x, "hardshrink")
    errors.check_number(lambd, "hardshrink", "lambd")
    return gate(x, ~(xp.absolute(x) <= lambd))


@elementwise(lambda g, x, lambd: gate(g, ~(abs(x) <= lambd)))
def softshrink(xp, x, *, lambd=0.5):
    """x moved by lambd towards 0, and 0 where |x| <= lambd.

    Raises: RuntimeError for a negative or infinite lambd.
    """
    errors.check_floating(x, "softshrink")
    if not 0 <= lambd <= xp.finfo(x.dtype).max:
        raise RuntimeError(
            f"softshrink: expected lambd in [0, {xp.finfo(x.dtype).max:g}], got {lambd}"
        )
    return x - xp.clip(x, -lambd, lambd)


@elementwise(lambda g, x, threshold: gate(g, ~(x <= threshold)), torch_name="ThresholdBackward0")
def above(xp, x, *, threshold, value):
    """x where it is above the threshold, else `value`."""
    errors.refuse_bool(x, "threshold")
    if x.dtype.kind != "f":
        threshold, value = int(threshold), int(value)
    below = x <= threshold
    return gate(x, ~below) if value == 0 else xp.where(below, x.dtype.type(value), x)


@composition
def threshold(input, threshold, value) -> Tensor:
    """input where it is above the threshold, else `value`."""
    return above(input, threshold=threshold, value=value)


threshold_ = inplace(threshold, "threshold_")


@elementwise(
    (
        lambda g, x, weight: gate(g, x > 0) + gate(g, ~(x > 0)) * weight,
        lambda g, x: gate(g * x, ~(x > 0)),
    ),
    torch_name="PreluKernelBackward0",
)
def sloped(xp, x, weight):
    """x where it is positive, else weight x."""
    errors.check_floating(x, "prelu")
    return xp.maximum(x, 0) + xp.minimum(x, 0) * weight


@composition
def prelu(input, weight) -> Tensor:
    """input where it is positive, else weight input, with a weight for all or for each channel.

    Source: He et al. 2015, https://arxiv.org/abs/1502.01852
    Raises: RuntimeError for a weight of other sizes or of another dtype.
    """
    if weight.dtype is not input.dtype:
        raise RuntimeError(f"prelu: expected one dtype, got {input.dtype} and {weight.dtype}")
    if weight.ndim > 1:
        raise RuntimeError(
            f"prelu: expected a weight of no or one dimension, got shape {list(weight.shape)}"
        )
    n = weight._array.size
    if n == 1:
        return sloped(input, reshape(weight, (1,) * input.ndim))
    channels = input.shape[1] if input.ndim > 1 else 1
    if not input.ndim or n != channels:
        raise RuntimeError(
            f"prelu: expected a weight for each of {channels} channels, got {n} for shape "
            f"{list(input.shape)}"
        )
    return sloped(input, reshape(weight, (n,) + (1,) * (input.ndim - 2)))


# ------------------------------------------------------------------ exponential


@elementwise(lambda g, x, alpha: fused.elu_slope(g, x, alpha, 1.0, 1 / alpha))
def celu(xp, x, *, alpha=1.0):
    """x where it is positive, else alpha (e ** (x / alpha) - 1).

    Source: Barron 2017, https://arxiv.org/abs/1704.07483
    Raises: RuntimeError for alpha = 0.
    """
    errors.check_floating(x, "celu")
    errors.check_number(alpha, "celu", "alpha")
    if alpha == 0:
        raise RuntimeError("celu: expected an alpha other than 0, got 0")
    return fused.elu_of(xp, x, alpha, 1.0, 1 / alpha)


@composition
def selu(input) -> Tensor:
    """1.0507 input where it is positive, else 1.7581 (e ** input - 1).

    Source: Klambauer et al. 2017, https://arxiv.org/abs/1706.02515
    """
    return fused.elu(input, alpha=_SELU_ALPHA, scale=_SELU_SCALE)


celu_, selu_ = inplace(celu, "celu_"), inplace(selu, "selu_")


def _mish_rule(g, x):
    """Without cancellation: 1 - tanh(log(1 + e ** x)) is 2 q**2 over the denominator."""
    p, q = exp(clamp(x, max=0)), exp(-relu(x))  # at 0 one of them alone has a derivative
    below = p * p + p * q * 2 + q * q * 2
    rest = q * q * 2 / below
    return g * (p * (p + q * 2) / below + x * (rest * (2 - rest)) * (p / (p + q)))


@elementwise(_mish_rule)
def mish(xp, x):
    """x tanh(log(1 + e ** x)).

    With p = e ** min(x, 0) and q = e ** -max(x, 0) that is x p (p + 2 q) / (p² + 2 p q + 2 q²).
    Source: Misra 2019, https://arxiv.org/abs/1908.08681
    """
    errors.check_floating(x, "mish")
    p, q = xp.exp(xp.minimum(x, 0)), xp.exp(-xp.maximum(x, 0))
    above = p * (p + q + q)
    return x * (above / (above + 2 * q * q))


# ------------------------------------------------------------------ gated


def _halves(x, dim):
    """The two halves of `x` along `dim`."""
    at = errors.wrap_dim(dim, x.ndim)
    n = x.shape[at] // 2
    key = (slice(None),) * at
    return x[(*key, slice(n))], x[(*key, slice(n, None))]


def _glu_rule(g, x, dim):
    a, b = _halves(x, dim)
    s = sigmoid(b)
    return cat((g * s, g * a * (s * sigmoid(-b))), dim=dim)


@fused_row(
    _glu_rule,
    like=lambda x, dim=-1: (
        narrow(x, dim, 0, x.shape[dim] // 2)
        * sigmoid(narrow(x, dim, x.shape[dim] // 2, x.shape[dim] // 2))
    ),
    row_major=False,
)
def glu(xp, x, *, dim=-1):
    """The first half along `dim` times the sigmoid of the second.

    Source: Dauphin et al. 2016, https://arxiv.org/abs/1612.08083
    Raises: RuntimeError where the size along `dim` is odd.
    """
    if not x.ndim:
        raise RuntimeError("glu: expected at least one dimension to halve, got a 0-d tensor")
    at = errors.wrap_dim(dim, x.ndim)
    if x.shape[at] % 2:
        raise RuntimeError(f"glu: expected an even size along dim {at}, got {list(x.shape)}")
    errors.check_floating(x, "glu")
    a, b = _halves(x, at)
    return a / (xp.exp(-b) + 1)
