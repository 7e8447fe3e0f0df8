"""(x - mean) / sqrt(variance + eps): over layers, batches, groups and instances; and by norms.

What the normalizations differ in is the axes they run over and the shape as which weight and bias
broadcast; so one forward and one backward serve them all.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from minitorch import errors
from minitorch.calls import composition
from minitorch.ops._dims import whole
from minitorch.ops.elementwise import rsqrt, square
from minitorch.ops.fused import residual
from minitorch.ops.reduce import mean, spread_out, var
from minitorch.ops.shape import reshape, select, sum_to, to
from minitorch.primitive import fused

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "native_batch_norm",
    "native_group_norm",
    "native_layer_norm",
    "rms_norm",
]

# ------------------------------------------------------------------ by mean and variance


def _normalized_grads(g, x, weight, centre, rstd, over, size, needs):
    """Gradients of ((x - centre) rstd) weight + bias, centre and rstd being those of `x`."""
    normal = (x - centre) * rstd
    gx = None
    if needs[0]:
        gn = g if weight is None else g * reshape(weight, size)
        gx = gn - mean(gn, dim=over, keepdim=True)
        gx = (gx - normal * mean(gn * normal, dim=over, keepdim=True)) * rstd
    return gx, (g * normal if needs[1] else None), (g if needs[2] else None)


def _to_weight(gw, size, weight_shape):
    """The gradient of a weight that was broadcast as `size`."""
    return None if gw is None else reshape(sum_to(gw, size=size), weight_shape)


def _norm_joint(g, x, weight, bias, _mean, _rstd, over, size, eps, needs):
    centre = residual(_mean, lambda x: mean(x, dim=over, keepdim=True), x)
    rstd = residual(_rstd, lambda x: rsqrt(var(x, dim=over, correction=0, keepdim=True) + eps), x)
    gx, gw, gb = _normalized_grads(g, x, weight, centre, rstd, over, size, needs)
    return (
        gx,
        None if gw is None else _to_weight(gw, size, weight.shape),
        None if gb is None else _to_weight(gb, size, bias.shape),
    )


def _norm_like(x, weight=None, bias=None, *, over, size, eps):
    centre = mean(x, dim=over, keepdim=True)
    out = (x - centre) * rsqrt(var(x, dim=over, correction=0, keepdim=True) + eps)
    out = out if weight is None else out * reshape(weight, size)
    return out if bias is None else out + reshape(bias, size)


def _normalized(xp, x, weight, bias, over, size, eps):
    """(the result, mean, variance and 1 / sqrt(variance + eps) of `x`)."""
    if x.itemsize == 2:  # sums of many halves would overflow
        out, *rest = _normalized(xp, x.astype("float32"), weight, bias, over, size, eps)
        return out.astype(x.dtype), *rest
    centre = xp.add.reduce(x, axis=over, keepdims=True)
    n = x.dtype.type(x.size // (centre.size or 1) or 1)
    centre /= n
    out = x - centre
    variance = xp.add.reduce(xp.square(out), axis=over, keepdims=True)
    variance /= n
    rstd = xp.reciprocal(xp.sqrt(variance + eps))
    out *= rstd
    if weight is not None:
        out *= weight.reshape(size)
    if bias is not None:
        out += bias.reshape(size)
    return out, centre, variance, rstd


@fused(
    joint=_norm_joint,
    like=_norm_like,
    outs=("out", "_mean", "_rstd"),
    torch_name="NativeLayerNormBackward0",
)
def normalize(xp, x, weight=None, bias=None, *, over, size, eps):
    """(x - mean) / sqrt(variance + eps) over the axes `over`, times weight, plus bias.

    `size` is the shape as which weight and bias broadcast against x.
    """
    out, centre, _, rstd = _normalized(xp, x, weight, bias, over, size, eps)
    return out, centre, rstd


@fused(
    joint=_norm_joint,
    like=_norm_like,
    outs=("out", "_mean", "_rstd"),
    torch_name="NativeGroupNormBackward0",
)
def normalize_groups(xp, x, weight=None, bias=None, *, over, size, eps):
    """As `normalize`, under the name of group normalization."""
    out, centre, _, rstd = _normalized(xp, x, weight, bias, over, size, eps)
    return out, centre, rstd


def _batch_joint(g, x, weight, bias, centre, _rstd, over, size, eps, needs):
    g, g_centre, g_variance = g
    gx = gw = gb = None
    if g is not None:
        gx, gw, gb = _norm_joint(g, x, weight, bias, centre, _rstd, over, size, eps, needs)
    if needs[0] and not (g_centre is None and g_variance is None):
        share = 1 / prod(x.shape[i] for i in over)
        for part in (
            None if g_centre is None else spread_out(g_centre * share, x.shape, over, True),
            None if g_variance is None else (x - centre) * (g_variance * (2 * share)),
        ):
            gx = part if gx is None else gx if part is None else gx + part
    return gx, gw, gb


def _batch_like(x, weight=None, bias=None, *, over, size, eps):
    out = _norm_like(x, weight, bias, over=over, size=size, eps=eps)
    return out, mean(x, dim=over, keepdim=True), var(x, dim=over, correction=0, keepdim=True)


@fused(
    joint=_batch_joint,
    like=_batch_like,
    outs=("out", "centre", "variance", "_rstd"),
    torch_name="NativeBatchNormBackward0",
)
def normalize_batch(xp, x, weight=None, bias=None, *, over, size, eps):
    """As `normalize`, with the mean and the variance (over n) that it used."""
    return _normalized(xp, x, weight, bias, over, size, eps)


def _fixed_joint(g, x, centre, variance, weight, bias, size, eps, needs):
    """The statistics are constants, as in torch."""
    rstd = reshape(rsqrt(variance + eps), size)
    gx = gw = None
    if needs[0]:
        gx = g * (rstd if weight is None else rstd * reshape(weight, size))
    if needs[3]:
        gw = _to_weight(g * ((x - reshape(centre, size)) * rstd), size, weight.shape)
    return gx, None, None, gw, _to_weight(g, size, bias.shape) if needs[4] else None


@fused(joint=_fixed_joint, torch_name="NativeBatchNormBackward0")
def normalize_fixed(xp, x, centre, variance, weight=None, bias=None, *, size, eps):
    """(x - centre) / sqrt(variance + eps) with statistics of their own, times weight, plus bias."""
    scale = xp.reciprocal(xp.sqrt(variance + eps))
    if weight is not None:
        scale *= weight.reshape(scale.shape)
    out = x - centre.reshape(size)
    out *= scale.reshape(size)
    if bias is not None:
        out += bias.reshape(size)
    return out.astype(x.dtype, copy=False)


# ------------------------------------------------------------------ checks


def _sizes(input, normalized_shape, weight, bias, name):
    """(`normalized_shape` as a tuple, the axes it is of). Raises: RuntimeError where it is not."""
    if not isinstance(normalized_shape, (tuple, list)):
        raise TypeError(
            f"{name}(): argument 'normalized_shape' (position 2) must be tuple of ints, not "
            f"{type(normalized_shape).__name__}"
        )
    size, shape = whole(normalized_shape, "normalized_shape"), input.shape
    if not size:
        raise RuntimeError(f"{name}: expected a normalized_shape of one size at least, got {[]}")
    first = len(shape) - len(size)
    if first < 0 or tuple(shape[first:]) != size:
        wanted = "".join(f", {n}" for n in size)
        raise RuntimeError(
            f"Given normalized_shape={list(size)}, expected input with shape [*{wanted}], but got "
            f"input of size{list(shape)}"
        )
    for other, what in ((weight, "weight"), (bias, "bias")):
        if other is not None and tuple(other.shape) != size:
            raise RuntimeError(
                f"Expected {what} to be of same shape as normalized_shape, but got {what} of shape "
                f"{list(other.shape)} and normalized_shape = {list(size)}"
            )
    return size, tuple(range(first, len(shape)))


def _one_dtype(name, input, *others):
    """Refuse integers, and parameters of another dtype than the input."""
    dtype = input._array.dtype
    if dtype.kind not in "fV":
        raise NotImplementedError(f"{name}: not implemented for {errors.name_of(dtype)}")
    for other in others:
        if other is not None and other._array.dtype is not dtype:
            found = other._array.dtype
            if found != dtype and (dtype.name not in ("float16", "bfloat16") or found != "float32"):
                raise RuntimeError(
                    f"{name}: expected one dtype of input and parameters, got "
                    f"{errors.name_of(dtype)} and {errors.name_of(found)}"
                )


def _channels(input, named):
    """How many channels there are. Raises: RuntimeError for parameters of another number."""
    channels = input.shape[1] if input.ndim > 1 else 0
    for name, other in named.items():
        if other is not None and other.numel() != channels:
            raise RuntimeError(
                f"{name} should contain {channels} elements not {other.numel()}: input "
                f"{list(input.shape)}"
            )
    return channels


def _check_momentum(name, momentum):
    if not isinstance(momentum, (int, float)):
        raise TypeError(
            f"{name}(): argument 'momentum' must be float, not {type(momentum).__name__}"
        )


def _check_running(mean, var, own):
    """Refuse one running statistic without the other, and none where they are needed."""
    if own and (mean is None) != (var is None):
        found = "running_var" if mean is None else "running_mean"
        raise ValueError(f"expected running_mean and running_var or neither, got {found} alone")
    if not own and (mean is None or var is None):
        name = "running_mean" if mean is None else "running_var"
        raise RuntimeError(f"batch_norm: expected a {name} to evaluate with, got None")


# ------------------------------------------------------------------ torch's functions


def normalize_layer(input, normalized_shape, weight=None, bias=None, eps=1e-5) -> Tensor:
    """What layer_norm computes."""
    size, over = _sizes(input, normalized_shape, weight, bias, "layer_norm")
    _one_dtype("layer_norm", input, weight, bias)
    return normalize(input, weight, bias, over=over, size=size, eps=eps)


@composition
def layer_norm(
    input, normalized_shape, weight=None, bias=None, eps=1e-5, cudnn_enable=True
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) over the last axes, times weight, plus bias.

    Source: Ba et al. 2016, https://arxiv.org/abs/1607.06450
    Raises: RuntimeError unless the last sizes are `normalized_shape`.
    """
    return normalize_layer(input, normalized_shape, weight, bias, eps)


def _statistics(x, over, eps):
    """(mean, 1 / sqrt(variance + eps)) over the axes `over`, which stay with size 1."""
    centre = mean(x, dim=over, keepdim=True)
    return centre, rsqrt(var(x, dim=over, correction=0, keepdim=True) + eps)


@composition
def native_layer_norm(input, normalized_shape, weight, bias, eps) -> tuple[Tensor, ...]:
    """layer_norm, and the mean and 1 / sqrt(variance + eps) that it used."""
    out = normalize_layer(input, normalized_shape, weight, bias, eps)
    over = tuple(range(input.ndim - len(normalized_shape), input.ndim))
    return out, *_statistics(input.detach(), over, eps)


def normalize_channels(
    input, running_mean, running_var, weight, bias, training, momentum, eps
) -> Tensor:
    """What batch_norm computes."""
    _check_momentum("batch_norm", momentum)
    named = {"running_mean": running_mean, "running_var": running_var, "weight": weight,
             "bias": bias}  # fmt: skip
    channels = _channels(input, named)
    if not input.numel():
        return _nothing(input, weight, bias)
    _check_running(running_mean, running_var, training)
    _one_dtype("batch_norm", input, *named.values())
    size = (channels,) + (1,) * (input.ndim - 2)
    if not training:
        return normalize_fixed(input, running_mean, running_var, weight, bias, size=size, eps=eps)
    over = (0, *range(2, input.ndim))
    out, centre, variance = normalize_batch(input, weight, bias, over=over, size=size, eps=eps)
    if running_mean is not None:
        _move(running_mean, centre, momentum)
        _move(running_var, variance, momentum, input.numel() // channels)
    return out


def _nothing(input, weight, bias):
    """The result for an input without elements: itself, and weight and bias get a gradient of 0."""
    out = input if weight is None else input * select(weight, dim=0, index=0)
    return out if bias is None else out + select(bias, dim=0, index=0)


def _move(running, found, momentum, count=0):
    """`running` moved towards `found` by `momentum` of the way; means of several are averaged.

    With `count`, `found` is a variance over so many, which becomes the one over `count` - 1.
    """
    new = found._array.reshape(-1, running._array.size)
    new = new[0] if len(new) == 1 else new.mean(0)
    share = momentum
    if count:
        share *= count / (count - 1) if count > 1 else float("nan")
    running._cell[0] += 1
    running._array[...] = (1 - momentum) * running._array + share * new


@composition
def batch_norm(
    input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) per channel, times weight, plus bias.

    In training the batch's own statistics are used and the running ones moved towards them
    (the variance over n - 1); else the running ones are used.
    Source: Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167
    Raises: RuntimeError for sizes that differ.
    """
    return normalize_channels(
        input, running_mean, running_var, weight, bias, training, momentum, eps
    )


@composition
def native_batch_norm(
    input, weight, bias, running_mean, running_var, training, momentum, eps
) -> tuple[Tensor, ...]:
    """batch_norm, and the mean and 1 / sqrt(variance + eps) of the batch; empty in evaluation."""
    out = normalize_channels(
        input, running_mean, running_var, weight, bias, training, momentum, eps
    )
    if not training:
        nothing = input.detach().new_empty(0)
        return out, nothing, nothing.clone()
    found = _statistics(input.detach(), (0, *range(2, input.ndim)), eps)
    return out, *(reshape(t, (-1,)) for t in found)


@composition
def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5, cudnn_enabled=True) -> Tensor:
    """(x - mean) / sqrt(variance + eps) over groups of channels, times weight, plus bias.

    Source: Wu and He 2018, https://arxiv.org/abs/1803.08494
    Raises: RuntimeError unless the channels can be divided into `num_groups`.
    """
    (groups,) = whole((num_groups,), "num_groups")
    shape = tuple(input.shape)
    if len(shape) < 2 or groups < 1 or shape[1] % groups:
        raise RuntimeError(
            f"group_norm: expected groups that divide the channels, got {groups} for shape "
            f"{list(shape)}"
        )
    for other, name in ((weight, "weight"), (bias, "bias")):
        if other is not None and tuple(other.shape) != shape[1:2]:
            raise RuntimeError(
                f"group_norm: expected a {name} for each channel, got {list(other.shape)} for "
                f"shape {list(shape)}"
            )
    _one_dtype("group_norm", input, weight, bias)
    n, c, *rest = shape
    return _in_groups(input, weight, bias, n, c, prod(rest), groups, eps)[0]


def _in_groups(input, weight, bias, n, c, places, groups, eps):
    """(the group norm, its input with the axes N, groups, channels of a group, places)."""
    apart = reshape(input, (n, groups, c // groups, places))
    size = (groups, c // groups, 1)
    out = normalize_groups(apart, weight, bias, over=(2, 3), size=size, eps=eps)
    return reshape(out, input.shape), apart


@composition
def native_group_norm(input, weight, bias, N, C, HxW, group, eps) -> tuple[Tensor, ...]:
    """group_norm of N images of C channels and HxW places, with the mean and 1 / sqrt(variance +
    eps) of each group."""
    _one_dtype("native_group_norm", input, weight, bias)
    out, apart = _in_groups(input, weight, bias, N, C, HxW, group, eps)
    return out, *(reshape(t, (N, group)) for t in _statistics(apart, (2, 3), eps))


@composition
def instance_norm(
    input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) per image and channel, times weight, plus bias.

    Running statistics move towards the means over the batch of those of the images.
    Source: Ulyanov et al. 2016, https://arxiv.org/abs/1607.08022
    Raises: RuntimeError for sizes that differ, or without statistics.
    """
    _check_momentum("instance_norm", momentum)
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError(
            "instance_norm: expected running_mean and running_var where use_input_stats is False"
        )
    if input.ndim < 2:
        raise errors.dim_error(1, input.ndim)
    named = {"running_mean": running_mean, "running_var": running_var, "weight": weight,
             "bias": bias}  # fmt: skip
    channels = _channels(input, named)
    if not input.numel():
        if not input.shape[0] and not (weight is None and bias is None):
            raise IndexError(f"instance_norm: expected images, got shape {list(input.shape)}")
        return _nothing(input, weight, bias)
    if not use_input_stats:
        return normalize_channels(
            input, running_mean, running_var, weight, bias, False, momentum, eps
        )
    _check_running(running_mean, running_var, own=True)
    _one_dtype("instance_norm", input, *named.values())
    # A single value of an image and channel counts as one place.
    x = input if input.ndim > 2 else reshape(input, (*input.shape, 1))
    over = tuple(range(2, x.ndim))
    size = (channels,) + (1,) * len(over)
    out, centre, variance = normalize_batch(x, weight, bias, over=over, size=size, eps=eps)
    if running_mean is not None:
        _move(running_mean, centre, momentum)
        _move(running_var, variance, momentum, prod(x.shape[2:]))
    return out if x is input else reshape(out, input.shape)


# ------------------------------------------------------------------ by the root mean square


def _rms_rule(g, x, _rstd, over, eps):
    rstd = residual(_rstd, lambda x: rsqrt(mean(square(x), dim=over, keepdim=True) + eps), x)
    normal = x * rstd
    return (g - normal * mean(g * normal, dim=over, keepdim=True)) * rstd


@fused(
    _rms_rule,
    like=lambda x, *, over, eps: x * rsqrt(mean(square(x), dim=over, keepdim=True) + eps),
    outs=("out", "_rstd"),
    torch_name="MulBackward0",
)
def normalize_rms(xp, x, *, over, eps):
    """x / sqrt(mean of x ** 2 + eps) over the axes `over`."""
    wide = x.astype("float32") if x.itemsize == 2 else x
    squares = xp.add.reduce(xp.square(wide), axis=over, keepdims=True)
    squares /= wide.dtype.type(x.size // (squares.size or 1) or 1)
    rstd = xp.reciprocal(xp.sqrt(squares + eps))
    return (wide * rstd).astype(x.dtype, copy=False), rstd


@composition
def rms_norm(input, normalized_shape, weight=None, eps=None) -> Tensor:
    """x / sqrt(mean of x ** 2 + eps) over the last axes, times weight; eps: that of the dtype.

    Source: Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467
    Raises: RuntimeError unless the last sizes are `normalized_shape`.
    """
    _, over = _sizes(input, normalized_shape, weight, None, "rms_norm")
    _one_dtype("rms_norm", input)
    if eps is None:
        eps = 2.0**-52 if input._array.itemsize == 8 else 2.0**-23
    out = normalize_rms(input, over=over, eps=eps)
    if weight is None:
        return out
    out = out * weight
    return out if out.dtype is input.dtype else to(out, dtype=input.dtype)
