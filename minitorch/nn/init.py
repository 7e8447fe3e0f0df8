"""Initial values of parameters, drawn as torch draws them: same seed, same bits.

Every function writes in place, records nothing, and returns its tensor.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

from minitorch._tensor import Tensor, wrap
from minitorch.backend import xp
from minitorch.creation import empty_like
from minitorch.grad_mode import no_grad
from minitorch.ops.index import where
from minitorch.row import named
from minitorch.sampling import randperm


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor that keeps the variance through a nonlinearity.

    Raises: ValueError for one that is not known.
    """
    linear = (
        "linear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d sigmoid"
    )
    if nonlinearity in linear.split():
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "selu":
        return 3.0 / 4
    if nonlinearity == "leaky_relu":
        if param is not None and (isinstance(param, bool) or not isinstance(param, (int, float))):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2))
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs an output sees, and how many outputs an input reaches."""
    if tensor.ndim < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions: "
            f"shape {list(tensor.shape)}"
        )
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return _calculate_fan_in_and_fan_out(tensor)[mode == "fan_out"]


@no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Uniform in [a, b)."""
    return tensor.uniform_(a, b, generator=generator)


@no_grad()
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Normal of the given mean and standard deviation."""
    return tensor.normal_(mean, std, generator=generator)


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """`val` everywhere."""
    return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """1 everywhere."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """0 everywhere."""
    return constant_(tensor, 0.0)


@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix. Raises: ValueError unless there are two dimensions."""
    if tensor.ndim != 2:
        raise ValueError(f"Only tensors with 2 dimensions are supported, got {tensor.ndim}")
    tensor.zero_()
    for i in range(min(tensor.shape)):
        tensor[i, i] = 1
    return tensor


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Uniform in (-a, a), a = gain sqrt(6 / (fan_in + fan_out)).

    Source: Glorot and Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html
    """
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    std = gain * math.sqrt(2.0 / float(fan_in + fan_out))
    a = math.sqrt(3.0) * std
    return uniform_(tensor, -a, a, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Normal with standard deviation gain sqrt(2 / (fan_in + fan_out)).

    Source: Glorot and Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html
    """
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / float(fan_in + fan_out)), generator)


def _no_elements(tensor: Tensor) -> bool:
    if 0 not in tensor.shape:
        return False
    warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
    return True


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:  # fmt: skip
    """Uniform in (-b, b), b = gain sqrt(3 / fan).

    Source: He et al. 2015, https://arxiv.org/abs/1502.01852
    """
    if _no_elements(tensor):
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_calculate_correct_fan(tensor, mode))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:  # fmt: skip
    """Normal with standard deviation gain / sqrt(fan).

    Source: He et al. 2015, https://arxiv.org/abs/1502.01852
    """
    if _no_elements(tensor):
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_calculate_correct_fan(tensor, mode))
    return normal_(tensor, 0.0, std, generator)


@no_grad()
def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0,
    generator: Any = None,
) -> Tensor:  # fmt: skip
    """Normal, but within [a, b]: what falls outside is drawn again.

    Where [a, b] holds less than 0.3 of the distribution, candidates uniform on it are accepted by
    the density instead; a step takes the words of a whole tensor each time, as in torch.
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in trunc_normal_: the distribution of values may "
            "be incorrect",
            stacklevel=3,
        )
    inside = _normal_cdf((b - mean) / std) - _normal_cdf((a - mean) / std)
    values = empty_like(tensor)
    if inside > 0.3:
        tensor.normal_(mean, std, generator=generator)
        while (pending := (tensor < a) | (tensor > b)).any():
            tensor.copy_(where(pending, values.normal_(mean, std, generator=generator), tensor))
        return tensor
    chance = empty_like(tensor)
    log_peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
    pending = None
    while pending is None or pending.any():
        values.uniform_(a, b, generator=generator)
        tensor.copy_(values if pending is None else where(pending, values, tensor))
        log_density = ((values - mean) / std) ** 2 * -0.5 - log_peak
        rejected = chance.uniform_(generator=generator).log() > log_density
        pending = rejected if pending is None else pending & rejected
    return tensor


def _normal_cdf(x: float) -> float:
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


@no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """A (semi-)orthogonal matrix of `tensor` seen as (rows, everything else), times gain.

    The QR factors of a normal matrix, with the signs of R's diagonal: uniform among all of them.
    Random numbers and state are torch's; the factors are those of NumPy's LAPACK, so they can
    differ from torch's by rounding.

    Source: Saxe et al. 2013, https://arxiv.org/abs/1312.6120
    Raises: ValueError for fewer than 2 dimensions; NotImplementedError for half precision.
    """
    if tensor.ndim < 2:
        raise ValueError(
            f"Only tensors with 2 or more dimensions are supported, got {tensor.shape}"
        )
    if not tensor.numel():
        return tensor
    if tensor.dtype.itemsize < 4:
        raise NotImplementedError(f"orthogonal_ is not implemented for {tensor.dtype!r}")
    rows = tensor.shape[0]
    flat = tensor.new_empty((rows, tensor.numel() // rows)).normal_(0, 1, generator=generator)
    matrix = flat._array
    if rows < flat.shape[1]:
        matrix = matrix.T
    q, r = xp.linalg.qr(matrix)
    q *= xp.sign(r.diagonal())
    if rows < flat.shape[1]:
        q = q.T
    tensor.copy_(wrap(q).reshape(tensor.shape))
    return tensor.mul_(gain)


@no_grad()
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Normal of standard deviation `std`, with a share `sparsity` of each column 0.

    Which rows are 0 is drawn from the default generator, as in torch.

    Source: Martens 2010, https://www.cs.toronto.edu/~jmartens/docs/Deep_HessianFree.pdf
    Raises: ValueError unless there are two dimensions.
    """
    if tensor.ndim != 2:
        raise ValueError(f"Only tensors with 2 dimensions are supported, got {tensor.ndim}")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    tensor.normal_(0, std, generator=generator)
    for column in range(columns):
        tensor[randperm(rows)[:zeros], column] = 0
    return tensor


@no_grad()
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """A convolution's weight that passes its input on: 1 at the centre from channel i to i.

    Raises: ValueError unless there are 3 to 5 dimensions and the first divides by `groups`.
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(f"Only tensors with 3 to 5 dimensions are supported, got {tensor.ndim}")
    out_channels, in_channels, *window = tensor.shape
    if out_channels % groups:
        raise ValueError(f"dim 0 must be divisible by groups, got {out_channels} and {groups}")
    tensor.zero_()
    centre = [size // 2 for size in window]
    channels = out_channels // groups
    for group in range(groups):
        for i in range(min(channels, in_channels)):
            tensor[(group * channels + i, i, *centre)] = 1
    return tensor


# ------------------------------------------------------------------ former names


def _former(function: Any) -> Any:
    name = function.__name__[:-1]

    def call(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(
            f"`nn.init.{name}` is now deprecated in favor of `nn.init.{name}_`.",
            FutureWarning,
            stacklevel=2,
        )
        return function(*args, **kwargs)

    return named(call, name, f"The former name of `{name}_`.")


uniform, normal, constant = map(_former, (uniform_, normal_, constant_))
eye, dirac, sparse, orthogonal = map(_former, (eye_, dirac_, sparse_, orthogonal_))
xavier_uniform, xavier_normal = map(_former, (xavier_uniform_, xavier_normal_))
kaiming_uniform, kaiming_normal = map(_former, (kaiming_uniform_, kaiming_normal_))

# What torch's functions call, and scripts that write initializations of their own.
_no_grad_uniform_, _no_grad_normal_, _no_grad_trunc_normal_ = uniform_, normal_, trunc_normal_
_no_grad_fill_, _no_grad_zero_ = constant_, zeros_
