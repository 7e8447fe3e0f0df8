"""Convolution and transposed convolution over one, two or three axes.

Three rows: a convolution, its adjoint in the input, which is the transposed convolution, and its
adjoint in the weight. Each one's gradients are the other two, so any order of derivative exists.

Note [layout]. All three are matrix products with the windows of the images copied out as columns.
The copy is fast where a run of numbers is long. With channels first, a run is a row of windows, and
each image and group has its own product, written where the result belongs. With channels last, it
is a window's row of channels, and one product serves the whole batch. So the longer of the two
decides; a kernel of one element has the whole image for a run.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from minitorch import errors
from minitorch.calls import composition
from minitorch.ops.rearrange import contiguous
from minitorch.ops.reduce import sum
from minitorch.ops.shape import constant_pad, permute
from minitorch.ops.window import (
    batched,
    by,
    each,
    inside,
    letters,
    offsets,
    out_size,
    padded,
    wide,
)
from minitorch.primitive import window

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_tbc",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "convolution",
]

# ------------------------------------------------------------------ windows as columns


def _channels_first(channels, kernel, out, groups):
    """Which of the two layouts to take; see Note [layout]."""
    return groups > 1 or (out[-1] if prod(kernel) > 1 else prod(out)) > channels


def _first(x):
    """(N, *size, C) seen as (N, C, *size)."""
    return x.transpose(0, x.ndim - 1, *range(1, x.ndim - 1))


def _last(x):
    """(N, C, *size) seen as (N, *size, C)."""
    return x.transpose(0, *range(2, x.ndim), 1)


def _columns_first(xp, x, kernel, stride, padding, dilation, out, groups):
    """The windows of `x` (N, C, *size) as matrices (N, groups, C / groups kernel, windows)."""
    room = padded(xp, x, padding)
    n, c = x.shape[:2]
    image, channel, *steps = room.strides
    seen = xp.lib.stride_tricks.as_strided(
        room,
        (n, c, *kernel, *out),
        (
            image,
            channel,
            *(s * d for s, d in zip(steps, dilation)),
            *(s * t for s, t in zip(steps, stride)),
        ),
    )
    return seen.reshape(n, groups, c // groups * prod(kernel), prod(out))


def _columns_last(xp, x, kernel, stride, padding, dilation, out):
    """The windows of `x` (N, C, *size) as one matrix (N windows, kernel C)."""
    n, c, *size = x.shape
    room = xp.zeros((n, *(m + 2 * p for m, p in zip(size, padding)), c), x.dtype)
    room[(slice(None), *inside(size, padding))] = _last(x)
    image, *steps, channel = room.strides
    seen = xp.lib.stride_tricks.as_strided(
        room,
        (n, *out, *kernel, c),
        (
            image,
            *(s * t for s, t in zip(steps, stride)),
            *(s * d for s, d in zip(steps, dilation)),
            channel,
        ),
    )
    return seen.reshape(n * prod(out), prod(kernel) * c)


def _geometry(stride, padding, dilation, groups):
    return {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


# ------------------------------------------------------------------ the three rows


def _per_channel(g):
    return sum(g, dim=(0, *range(2, g.ndim)))


@window(
    (
        lambda g, x_shape, weight, stride, padding, dilation, groups: convolve_transposed(
            g, weight, None, size=x_shape, **_geometry(stride, padding, dilation, groups)
        ),
        lambda g, x, weight_shape, stride, padding, dilation, groups: convolve_weight_grad(
            g, x, size=weight_shape, **_geometry(stride, padding, dilation, groups)
        ),
        lambda g: _per_channel(g),
    ),
    torch_name="ConvolutionBackward0",
)
def convolve(xp, x, weight, bias=None, *, stride, padding, dilation, groups, count):
    """The sum over windows of x times weight, plus bias (cross-correlation).

    `count` is the number of windows along each axis, all that fit or fewer.

    Shape: (N, C, *size), (O, C / groups, *kernel), (O) -> (N, O, *count)
    """
    dtype, kernel, n, o = x.dtype, weight.shape[2:], x.shape[0], weight.shape[0]
    x, weight = wide(xp, x), wide(xp, weight)
    at = (kernel, stride, padding, dilation, count)
    if _channels_first(x.shape[1], kernel, count, groups):
        columns = _columns_first(xp, x, *at, groups)
        made = xp.matmul(weight.reshape(groups, o // groups, -1), columns).reshape(n, o, *count)
        if bias is not None:
            made += bias.reshape(-1, *(1,) * len(count))
    else:
        product = _columns_last(xp, x, *at).dot(_last(weight).reshape(o, -1).T)
        if bias is not None:
            product += bias
        made = xp.ascontiguousarray(_first(product.reshape(n, *count, o)))
    return made.astype(dtype, copy=False)


@window(
    (
        lambda g, x_shape, weight, stride, padding, dilation, groups: convolve(
            g, weight, None, count=x_shape[2:], **_geometry(stride, padding, dilation, groups)
        ),
        lambda g, x, weight_shape, stride, padding, dilation, groups: convolve_weight_grad(
            x, g, size=weight_shape, **_geometry(stride, padding, dilation, groups)
        ),
        lambda g: _per_channel(g),
    ),
    torch_name="ConvolutionBackward0",
)
def convolve_transposed(xp, x, weight, bias=None, *, size, stride, padding, dilation, groups):
    """`x` times weight added to each window of zeros of shape `size`, plus bias.

    The adjoint of `convolve` in its input. Shape: (N, O, *count), (O, C / groups, *kernel), (C)
    """
    dtype, kernel, out = x.dtype, weight.shape[2:], x.shape[2:]
    (n, o), c = x.shape[:2], weight.shape[1]
    room = [m + 2 * p for m, p in zip(size[2:], padding)]
    x, weight = wide(xp, x), wide(xp, weight)
    if _channels_first(c, kernel, out, groups):
        x = x.reshape(n, groups, o // groups, prod(out))
        taps = weight.reshape(groups, o // groups, c, prod(kernel))
        if o == groups:  # an outer product, a quarter of the time when made tap by tap
            parts = (x * taps[:, 0, :, i, None] for i in range(prod(kernel)))
        else:
            columns = xp.matmul(taps.reshape(groups, o // groups, -1).transpose(0, 2, 1), x)
            columns = columns.reshape(n, groups, c, prod(kernel), prod(out))
            parts = (columns[:, :, :, i] for i in range(prod(kernel)))
        made = xp.zeros((*size[:2], *room), x.dtype)
        for at, part in zip(offsets(kernel, stride, dilation, out), parts):
            made[(..., *at)] += part.reshape(n, groups * c, *out)
        made = made[(..., *inside(size[2:], padding))]
    else:
        columns = _last(x).reshape(n * prod(out), o).dot(_last(weight).reshape(o, -1))
        columns = columns.reshape(n, *out, prod(kernel), c)
        made = xp.zeros((n, *room, c), x.dtype)
        for i, at in enumerate(offsets(kernel, stride, dilation, out)):
            made[(slice(None), *at)] += columns[..., i, :]
        made = _first(made[(slice(None), *inside(size[2:], padding))])
    made = xp.ascontiguousarray(made)
    if bias is not None:
        made += bias.reshape(-1, *(1,) * len(out))
    return made.astype(dtype, copy=False)


@window(
    (
        lambda g, x_shape, y, stride, padding, dilation, groups: convolve(
            y, g, None, count=x_shape[2:], **_geometry(stride, padding, dilation, groups)
        ),
        lambda g, x, y_shape, stride, padding, dilation, groups: convolve_transposed(
            x, g, None, size=y_shape, **_geometry(stride, padding, dilation, groups)
        ),
    )
)
def convolve_weight_grad(xp, x, y, *, size, stride, padding, dilation, groups):
    """The adjoint of `convolve` in its weight of shape `size`; `x`: gradient, `y`: input."""
    dtype, kernel, out = x.dtype, size[2:], x.shape[2:]
    n, o = x.shape[:2]
    x, y = wide(xp, x), wide(xp, y)
    at = (kernel, stride, padding, dilation, out)
    if _channels_first(y.shape[1], kernel, out, groups):
        columns = _columns_first(xp, y, *at, groups).transpose(0, 1, 3, 2)
        product = xp.matmul(x.reshape(n, groups, o // groups, prod(out)), columns)
        made = xp.add.reduce(product, axis=0).reshape(size)
    else:
        product = _last(x).reshape(n * prod(out), o).T.dot(_columns_last(xp, y, *at))
        made = xp.ascontiguousarray(_first(product.reshape(o, *kernel, size[1])))
    return made.astype(dtype, copy=False)


# ------------------------------------------------------------------ torch's functions


def _check(name, axes, x, weight, bias, how, transposed):
    """Raise RuntimeError, as torch does, for what does not fit together."""
    x, weight = x._array, weight._array
    size, (rows, columns, *kernel), groups = (
        x.shape,
        _weight_shape(name, axes, weight),
        how["groups"],
    )
    if len(size) not in (axes + 1, axes + 2):
        raise RuntimeError(f"{name}: expected an input of shape {letters(axes)}, got {list(size)}")
    for what, least in _LEAST:
        if min(how[what]) < least:
            raise RuntimeError(f"{name}: expected {what} of at least {least}, got {how[what]}")
    if groups < 1:
        raise RuntimeError(f"{name}: expected groups of at least 1, got {groups}")
    if rows < groups or rows % groups:
        raise RuntimeError(
            f"{name}: expected a weight whose first size is a multiple of groups={groups}, got "
            f"{list(weight.shape)}"
        )
    if 0 in kernel or (transposed and not columns):
        raise RuntimeError(f"{name}: expected a weight with elements, got {list(weight.shape)}")
    channels, made = (rows, columns * groups) if transposed else (columns * groups, rows)
    if size[-axes - 1] != channels:
        raise RuntimeError(
            f"{name}: expected {channels} channels for a weight of shape {list(weight.shape)} and "
            f"groups={groups}, got {size[-axes - 1]} in {list(size)}"
        )
    if 0 in size[-axes:] and 0 not in size[:-axes]:
        raise RuntimeError(f"{name}: only batch or channels may be 0, got {list(size)}")
    _check_dtype(name, x, weight, "weight")
    if bias is not None:
        _check_dtype(name, x, bias._array, "bias")
        if bias._array.shape != (made,):
            raise RuntimeError(f"{name}: expected a bias of shape {[made]}, got {list(bias.shape)}")
    errors.refuse_bool(x, name)


_LEAST = (("stride", 1), ("padding", 0), ("dilation", 1))


def _weight_shape(name, axes, weight):
    if weight.ndim != axes + 2:
        raise RuntimeError(
            f"{name}: expected a weight of {axes + 2} dimensions, got {list(weight.shape)}"
        )
    return weight.shape


def _check_dtype(name, x, other, what):
    if other.dtype != x.dtype:
        raise RuntimeError(
            f"{name}: expected one dtype for input and {what}, got {errors.name_of(x.dtype)} and "
            f"{errors.name_of(other.dtype)}"
        )


def _how(axes, stride, padding, dilation, groups):
    """The geometry of a call, one number for each axis."""
    if isinstance(groups, bool) or not hasattr(groups, "__index__"):
        raise TypeError(f"argument 'groups' must be int, not {type(groups).__name__}")
    return {
        "stride": each(stride, axes, "stride"),
        "padding": each(padding, axes, "padding"),
        "dilation": each(dilation, axes, "dilation"),
        "groups": groups.__index__(),
    }


def _pad_same(name, axes, input, weight, how):
    """`input` and its padding such that there are as many windows as elements."""
    if any(s != 1 for s in how["stride"]):
        raise RuntimeError(f"{name}: padding='same' is not supported for strided convolutions")
    total = [d * (k - 1) for d, k in zip(how["dilation"], weight.shape[2:])]
    if any(n % 2 for n in total):  # the odd element goes to the end
        before = (0,) * input.ndim
        after = (*before[axes:], *(n % 2 for n in total))
        input = constant_pad(input, before=before, after=after)
    return input, tuple(n // 2 for n in total)


def _convolve(axes, input, weight, bias, stride, padding, dilation, groups):
    name = f"conv{axes}d"
    by_name = isinstance(padding, str)
    if by_name and padding not in ("same", "valid"):
        raise RuntimeError(f"Invalid padding string: '{padding}', expected 'same' or 'valid'")
    how = _how(axes, stride, 0 if by_name else padding, dilation, groups)
    _check(name, axes, input, weight, bias, how, False)
    if padding == "same":
        input, how["padding"] = _pad_same(name, axes, input, weight, how)
    size, kernel = input._array.shape[-axes:], weight._array.shape[2:]
    count = tuple(map(out_size, size, kernel, how["stride"], how["padding"], how["dilation"]))
    if min(count) < 1:
        room = [n + 2 * p for n, p in zip(size, how["padding"])]
        reach = [d * (k - 1) + 1 for d, k in zip(how["dilation"], kernel)]
        raise RuntimeError(
            f"{name}: expected a kernel no larger than the padded input, got ({by(reach)}) on "
            f"({by(room)})"
        )
    return batched(lambda x: convolve(x, weight, bias, count=count, **how), input, axes)


def _transposed(axes, input, weight, bias, stride, padding, output_padding, groups, dilation):
    name = f"conv_transpose{axes}d"
    how = _how(axes, stride, padding, dilation, groups)
    more = each(output_padding, axes, "output_padding")
    _check(name, axes, input, weight, bias, how, True)
    for m, s, d in zip(more, how["stride"], how["dilation"]):
        if not 0 <= m < max(s, d):
            raise RuntimeError(
                f"{name}: expected an output_padding from 0 to below stride or dilation, got {m} "
                f"for stride {s} and dilation {d}"
            )
    sizes = input.shape[-axes:], how["stride"], how["dilation"], weight.shape[2:], how["padding"]
    size = tuple(
        (n - 1) * s + d * (k - 1) + 1 - 2 * p + m for n, s, d, k, p, m in zip(*sizes, more)
    )
    if min(size) < 1:
        raise RuntimeError(
            f"{name}: expected a padding that leaves an output, got size ({by(size)}) from "
            f"({by(sizes[0])}) with padding {how['padding']}"
        )
    channels = weight.shape[1] * how["groups"]

    def spread(x):
        return convolve_transposed(x, weight, bias, size=(x.shape[0], channels, *size), **how)

    return batched(spread, input, axes)


@composition
def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """The cross-correlation of signals with kernels, plus bias.

    `padding` is a number of zeros on both sides, 'valid' (none) or 'same' (as many windows as
    elements).

    Shape: (N, C, L) or (C, L), (O, C / groups, k), (O) -> (N, O, l)
    Raises: RuntimeError for ranks, channels, dtypes or kernels that do not fit.
    """
    return _convolve(1, input, weight, bias, stride, padding, dilation, groups)


@composition
def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """The cross-correlation of images with kernels, plus bias; see conv1d.

    Shape: (N, C, H, W) or (C, H, W), (O, C / groups, kh, kw), (O) -> (N, O, h, w)
    """
    return _convolve(2, input, weight, bias, stride, padding, dilation, groups)


@composition
def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """The cross-correlation of volumes with kernels, plus bias; see conv1d.

    Shape: (N, C, D, H, W) or (C, D, H, W), (O, C / groups, kd, kh, kw), (O) -> (N, O, d, h, w)
    """
    return _convolve(3, input, weight, bias, stride, padding, dilation, groups)


@composition
def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """The adjoint of conv1d: each element adds its multiple of the kernel to the result.

    `padding` cuts as much off both ends, `output_padding` adds to the far end.

    Shape: (N, C, L) or (C, L), (C, O / groups, k), (O) -> (N, O, l)
    Raises: RuntimeError for ranks, channels, dtypes or paddings that do not fit.
    """
    return _transposed(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


@composition
def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """The adjoint of conv2d; see conv_transpose1d.

    Shape: (N, C, H, W) or (C, H, W), (C, O / groups, kh, kw), (O) -> (N, O, h, w)
    """
    return _transposed(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


@composition
def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """The adjoint of conv3d; see conv_transpose1d.

    Shape: (N, C, D, H, W) or (C, D, H, W), (C, O / groups, kd, kh, kw), (O) -> (N, O, d, h, w)
    """
    return _transposed(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


@composition
def convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    output_padding: Any,
    groups: int,
) -> Tensor:
    """A convolution, or a transposed one, over as many axes as the weight has beyond two."""
    for name, given in (("stride", stride), ("padding", padding), ("dilation", dilation)):
        if not isinstance(given, (tuple, list)):
            raise TypeError(
                f"convolution(): argument '{name}' must be tuple of ints, not "
                f"{type(given).__name__}"
            )
    axes = weight.ndim - 2
    if axes not in (1, 2, 3) or input.ndim != weight.ndim:
        raise RuntimeError(
            f"convolution: expected input and weight of the same 3 to 5 dimensions, got "
            f"{list(input.shape)} and {list(weight.shape)}"
        )
    if not transposed:
        return _convolve(axes, input, weight, bias, stride, padding, dilation, groups)
    return _transposed(axes, input, weight, bias, stride, padding, output_padding, groups, dilation)


@composition
def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """conv1d of signals whose order is time, batch, channel.

    Shape: (T, B, C), (k, C, O), (O) -> (t, B, O)
    """
    if input.ndim != 3 or weight.ndim != 3 or bias.ndim != 1:
        raise RuntimeError(
            f"conv_tbc: expected an input and a weight of 3 dimensions and a bias of 1, got "
            f"{list(input.shape)}, {list(weight.shape)} and {list(bias.shape)}"
        )
    out = conv1d(permute(input, dims=(1, 2, 0)), permute(weight, dims=(2, 1, 0)), bias, padding=pad)
    return contiguous(permute(out, dims=(2, 0, 1)))
