"""What layers compute, as functions of tensors: rows and compositions under torch's names."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch import creation, errors
from minitorch._tensor import Tensor
from minitorch.inplace import overwrite
from minitorch.nn._dropout import (
    alpha_dropout,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    feature_alpha_dropout,
)
from minitorch.nn._losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    l1_loss,
    mse_loss,
    nll_loss,
)
from minitorch.ops import composite, elementwise, fused, index, reduce, shape, window
from minitorch.row import named

__all__ = [
    "alpha_dropout",
    "avg_pool2d",
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "conv2d",
    "cross_entropy",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "elu",
    "embedding",
    "feature_alpha_dropout",
    "gelu",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "logsigmoid",
    "max_pool2d",
    "max_pool2d_with_indices",
    "mse_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "relu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
]

_PAD_MODES = ("constant", "reflect", "replicate", "circular")

# ------------------------------------------------------------------ linear, embedding


linear = fused.linear


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of `weight` at the indices `input`; the row `padding_idx` gets no gradient.

    Shape: (*), (V, D) -> (*, D)
    Raises: IndexError for an index outside [0, V).
    """
    for name, given in (("scale_grad_by_freq", scale_grad_by_freq), ("sparse", sparse)):
        if given:
            raise NotImplementedError(f"embedding: {name}=True is not supported")
    rows = weight.shape[0]
    if padding_idx is not None:
        if not -rows <= padding_idx < rows:
            raise AssertionError(
                f"Padding_idx must be within num_embeddings: {padding_idx}, {rows}"
            )
        padding_idx %= rows
    if max_norm is not None:
        _renormalize(weight, input, max_norm, norm_type)
    return index.embedding(weight, input, padding_idx=padding_idx)


def _renormalize(weight: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> None:
    """Shorten, in place, those of the rows used that are longer than `max_norm`."""
    from minitorch.backend import xp

    rows = xp.unique(indices._array)
    lengths = reduce.norm(weight.detach()[rows], norm_type, dim=1)._array
    long = lengths > max_norm
    scale = max_norm / (lengths[long] + 1e-7)
    weight._array[rows[long]] *= scale[:, None].astype(weight._array.dtype)
    weight._cell[0] += 1


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """1 at the class, 0 elsewhere, along a new last axis. int64.

    Raises: RuntimeError for a class below 0 or not below `num_classes`.
    """
    array = tensor._array
    if array.dtype != "int64":
        raise RuntimeError(
            "one_hot is only applicable to index tensor of type LongTensor, got "
            f"{errors.name_of(array.dtype)}"
        )
    if not array.size and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if array.size and array.min() < 0:
        raise RuntimeError(f"Class values must be non-negative, got {array.min()}.")
    if num_classes == -1:
        num_classes = int(array.max()) + 1
    elif array.size and array.max() >= num_classes:
        raise RuntimeError(
            f"Class values must be smaller than num_classes: {array.max()} >= {num_classes}."
        )
    return (tensor.unsqueeze(-1) == creation.arange(num_classes)).long()


# ------------------------------------------------------------------ activations


def _activation(name: str, public: Any) -> Any:
    """The function of torch.nn.functional for an elementwise row: (input, inplace=False)."""

    def function(input: Tensor, inplace: bool = False) -> Tensor:
        out = public(input)
        return _into(input, out, name) if inplace else out

    return named(function, name, public.__doc__)


def _into(input: Tensor, out: Tensor, name: str) -> Tensor:
    return overwrite(input, out, f"{name}_")


relu = _activation("relu", elementwise.relu)
silu = _activation("silu", fused.silu)
tanh = elementwise.tanh
sigmoid = elementwise.sigmoid
logsigmoid = fused.logsigmoid
gelu = fused.gelu
softplus = fused.softplus


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """input where it is positive, else negative_slope input."""
    out = fused.leaky_relu(input, negative_slope=negative_slope)
    return _into(input, out, "leaky_relu") if inplace else out


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input where it is positive, else alpha (e ** input - 1)."""
    out = fused.elu(input, alpha=alpha)
    return _into(input, out, "elu") if inplace else out


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


# ------------------------------------------------------------------ convolution and pooling


def _pair(n: Any, name: str) -> tuple[int, int]:
    if isinstance(n, int):
        return (n, n)
    found = tuple(n)
    if len(found) == 1:
        return (found[0], found[0])
    if len(found) != 2:
        raise RuntimeError(f"{name} must be an int or two of them, got {n}")
    return found


def _batched(function: Any, input: Tensor, *args: Any) -> Any:
    """Call `function` on a batch: one image (C, H, W) goes in and comes out as itself."""
    if input.ndim != 3:
        return function(input, *args)
    out = function(shape.unsqueeze(input, dim=0), *args)
    if isinstance(out, tuple):
        return tuple(shape.squeeze(o, dim=0) for o in out)
    return shape.squeeze(out, dim=0)


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
    stride, dilation = _pair(stride, "stride"), _pair(dilation, "dilation")
    if isinstance(padding, str):
        input, padding = _string_padding(input, weight, padding, stride, dilation)
    padding = _pair(padding, "padding")

    def convolve(x: Tensor) -> Tensor:
        return window.convolution2d(
            x, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups
        )

    return _batched(convolve, input)


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
    kernel = _pair(kernel_size, "kernel_size")
    how = {
        "kernel": kernel,
        "stride": kernel if stride in (None, (), []) else _pair(stride, "stride"),
        "padding": _pair(padding, "padding"),
        "dilation": _pair(dilation, "dilation"),
    }

    def pool(x: Tensor) -> Any:
        out = window.max_pooling2d(x, ceil_mode=ceil_mode, **how)
        if not return_indices:
            return out
        return out, window.max_pool2d_indices(x, ceil_mode=ceil_mode, **how)

    return _batched(pool, input)


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
    kernel = _pair(kernel_size, "kernel_size")

    def pool(x: Tensor) -> Tensor:
        return window.avg_pooling2d(
            x,
            kernel=kernel,
            stride=kernel if stride in (None, (), []) else _pair(stride, "stride"),
            padding=_pair(padding, "padding"),
            ceil_mode=ceil_mode,
            count_include_pad=count_include_pad,
            divisor_override=divisor_override,
        )

    return _batched(pool, input)


def pad(input: Tensor, pad: Any, mode: str = "constant", value: float | None = None) -> Tensor:
    """`value` around the last axes: pad = (left, right, top, bottom, ...); negative numbers crop.

    Raises: RuntimeError for an odd count or too many; NotImplementedError for other modes.
    """
    pad = tuple(pad)
    if len(pad) % 2:
        raise RuntimeError(f"Padding length must be divisible by 2, got {len(pad)}: {pad}")
    if len(pad) > 2 * input.ndim:
        raise RuntimeError(
            f"Padding length should be less than or equal to two times the input dimension but got "
            f"padding length {len(pad)} and input of dimension {input.ndim}"
        )
    if mode != "constant":
        if mode in _PAD_MODES:
            raise NotImplementedError(f"pad: mode={mode!r} is not supported")
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    sides = [(0, 0)] * (input.ndim - len(pad) // 2) + list(zip(pad[0::2], pad[1::2]))[::-1]
    crop = tuple(slice(max(-b, 0), n - max(-a, 0)) for (b, a), n in zip(sides, input.shape))
    if any(b < 0 or a < 0 for b, a in sides):
        input = shape.basic_index(input, at=crop)
    return shape.constant_pad(
        input,
        before=tuple(max(b, 0) for b, _ in sides),
        after=tuple(max(a, 0) for _, a in sides),
        value=0 if value is None else value,
    )


# ------------------------------------------------------------------ normalization


def layer_norm(
    input: Tensor,
    normalized_shape: Any,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) over the last axes, times weight, plus bias.

    Source: Ba et al. 2016, https://arxiv.org/abs/1607.06450
    Raises: RuntimeError unless the last sizes are `normalized_shape`.
    """
    size = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    found = tuple(input.shape[input.ndim - len(size) :]) if len(size) <= input.ndim else ()
    if not size or found != size:
        wanted = "".join(f", {n}" for n in size)
        raise RuntimeError(
            f"Given normalized_shape={list(size)}, expected input with shape [*{wanted}], but got "
            f"input of size{list(input.shape)}"
        )
    for other, name in ((weight, "weight"), (bias, "bias")):
        if other is not None and tuple(other.shape) != size:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(other.shape)} and normalized_shape = {list(size)}"
            )
    over = tuple(range(input.ndim - len(size), input.ndim))
    return fused.normalize(input, weight, bias, over=over, size=size, eps=eps)


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) per channel, times weight, plus bias.

    In training the batch's own statistics are used and the running ones moved towards them
    (the variance over n - 1); else the running ones are used.
    Source: Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167
    Raises: ValueError for one value per channel in training, RuntimeError for sizes that differ.
    """
    channels = input.shape[1] if input.ndim > 1 else 0
    for other, name in (
        (running_mean, "running_mean"), (running_var, "running_var"), (weight, "weight"),
        (bias, "bias"),
    ):  # fmt: skip
        if other is not None and other.numel() != channels:
            raise RuntimeError(
                f"{name} should contain {channels} elements not {other.numel()}: input "
                f"{list(input.shape)}"
            )
    size = (channels,) + (1,) * (input.ndim - 2)
    if not training:
        if running_mean is None or running_var is None:
            raise RuntimeError("batch_norm: running_mean and running_var are needed in evaluation")
        return _with_statistics(input, running_mean, running_var, weight, bias, size, eps)
    count = input.numel() // max(channels, 1)
    if count <= 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {input.shape}"
        )
    over = (0, *range(2, input.ndim))
    if running_mean is not None or running_var is not None:
        _update_running(input, running_mean, running_var, over, momentum)
    return fused.normalize(input, weight, bias, over=over, size=size, eps=eps)


def _update_running(input: Any, mean: Any, var: Any, over: tuple, momentum: float) -> None:
    x = input.detach()
    for running, found in ((mean, reduce.mean(x, dim=over)), (var, reduce.var(x, dim=over))):
        if running is not None:
            running._array[...] = (1 - momentum) * running._array + momentum * found._array
            running._cell[0] += 1


def _with_statistics(
    x: Any, mean: Any, var: Any, weight: Any, bias: Any, size: tuple, eps: float
) -> Tensor:
    scale = shape.reshape((var + eps).rsqrt(), size)
    scale = scale if weight is None else scale * shape.reshape(weight, size)
    out = (x - shape.reshape(mean, size)) * scale
    return out if bias is None else out + shape.reshape(bias, size)


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """input over its p-norm along `dim`, or over eps where the norm is smaller."""
    return input / reduce.norm(input, p, dim, keepdim=True).clamp_min(eps)
