"""Sliding windows: convolution and pooling over the last two axes.

Each backward is a row whose own gradients are the other rows, so any order of derivative exists.
"""

from __future__ import annotations

from minitorch import errors
from minitorch.ops.elementwise import gate
from minitorch.ops.reduce import sum
from minitorch.primitive import window

# ------------------------------------------------------------------ where the windows are


def out_size(n, kernel, stride, padding, dilation, ceil=False):
    """How many windows fit along an axis of `n` elements."""
    room = n + 2 * padding - dilation * (kernel - 1) - 1
    count = (room + (stride - 1 if ceil else 0)) // stride + 1
    if ceil and (count - 1) * stride >= n + padding:
        count -= 1  # the last window may not start in the padding at the end
    return count


def _pad(xp, x, padding, value=0, extra=(0, 0)):
    """`x` with `padding` of `value` around its last two axes, and `extra` more after them."""
    (ph, pw), (eh, ew) = padding, extra
    if not (ph or pw or eh or ew):
        return x
    h, w = x.shape[-2:]
    out = xp.full((*x.shape[:-2], h + 2 * ph + eh, w + 2 * pw + ew), value, x.dtype)
    out[..., ph : ph + h, pw : pw + w] = x
    return out


def _offsets(kernel, stride, dilation, out):
    """For each element of the window: the slices of the last two axes it visits."""
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            a, b = i * dilation[0], j * dilation[1]
            yield (
                ...,
                slice(a, a + stride[0] * (out[0] - 1) + 1, stride[0]),
                slice(b, b + stride[1] * (out[1] - 1) + 1, stride[1]),
            )


# ------------------------------------------------------------------ convolution


# Inside, channels are the last axis: a window's row is then one run of kw C numbers, and copying
# the windows out takes a quarter of the time it takes with channels first.


def _columns(xp, x, kernel, stride, padding, dilation, out):
    """The windows of `x` (N, C, H, W) as a matrix (N oh ow, kh kw C)."""
    n, c, h, w = x.shape
    (ph, pw), (di, dj) = padding, dilation
    padded = xp.zeros((n, h + 2 * ph, w + 2 * pw, c), x.dtype)
    padded[:, ph : ph + h, pw : pw + w] = x.transpose(0, 2, 3, 1)
    sn, sh, sw, sc = padded.strides
    seen = xp.lib.stride_tricks.as_strided(
        padded,
        (n, *out, *kernel, c),
        (sn, sh * stride[0], sw * stride[1], sh * di, sw * dj, sc),
    )
    return seen.reshape(n * out[0] * out[1], -1)


def _flat_weight(weight):
    """A weight (O, C, kh, kw) as a matrix (O, kh kw C)."""
    return weight.transpose(0, 2, 3, 1).reshape(weight.shape[0], -1)


def _flat_images(x):
    """Images (N, O, oh, ow) as a matrix (N oh ow, O)."""
    return x.transpose(0, 2, 3, 1).reshape(-1, x.shape[1])


def _check_conv(x, weight, bias, stride, padding, dilation, groups):
    if x.ndim != 4:
        raise RuntimeError(
            f"conv2d: expected an input of shape [N, C, H, W] or [C, H, W], got {list(x.shape)}"
        )
    if min(stride) < 1:
        raise RuntimeError(f"conv2d: expected a stride above 0, got {stride}")
    if min(padding) < 0:
        raise RuntimeError(f"conv2d: expected a padding of at least 0, got {padding}")
    if min(dilation) < 1:
        raise RuntimeError(f"conv2d: expected a dilation above 0, got {dilation}")
    if x.shape[1] != weight.shape[1] * groups:
        raise RuntimeError(
            f"conv2d: expected {weight.shape[1] * groups} channels for a weight of shape "
            f"{list(weight.shape)} and groups={groups}, got {x.shape[1]} in {list(x.shape)}"
        )
    for other, name in ((weight, "weight"), (bias, "bias")):
        if other is not None and other.dtype != x.dtype:
            raise RuntimeError(
                f"conv2d: expected one dtype for input and {name}, got "
                f"{errors.name_of(x.dtype)} and {errors.name_of(other.dtype)}"
            )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise RuntimeError(
            f"conv2d: expected a bias of shape {list(weight.shape[:1])}, got {list(bias.shape)}"
        )
    padded = [n + 2 * p for n, p in zip(x.shape[2:], padding)]
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, weight.shape[2:])]
    if any(k > n for k, n in zip(reach, padded)):
        raise RuntimeError(
            f"conv2d: expected a kernel no larger than the padded input, got ({reach[0]} x "
            f"{reach[1]}) on ({padded[0]} x {padded[1]})"
        )


def _geometry(stride, padding, dilation, groups):
    return {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


def _conv_joint(g, x, weight, bias, stride, padding, dilation, groups, needs):
    how = _geometry(stride, padding, dilation, groups)
    return (
        conv2d_input_grad(g, weight, size=tuple(x.shape), **how) if needs[0] else None,
        conv2d_weight_grad(g, x, size=tuple(weight.shape), **how) if needs[1] else None,
        _per_channel(g) if needs[2] else None,
    )


def _per_channel(g):
    return sum(g, dim=(0, 2, 3))


@window(joint=_conv_joint, torch_name="ConvolutionBackward0")
def convolution2d(xp, x, weight, bias=None, *, stride, padding, dilation, groups):
    """The sum over windows of x times weight, plus bias (cross-correlation).

    Shape: (N, C, H, W), (O, C / groups, kh, kw), (O) -> (N, O, oh, ow)
    """
    _check_conv(x, weight, bias, stride, padding, dilation, groups)
    kernel = weight.shape[2:]
    out = tuple(map(out_size, x.shape[2:], kernel, stride, padding, dilation))
    n, o, c = x.shape[0], weight.shape[0] // groups, weight.shape[1]
    made = xp.empty((n, weight.shape[0], *out), x.dtype)
    for k in range(groups):
        channels = slice(k * o, (k + 1) * o)
        part = x[:, k * c : (k + 1) * c]
        columns = _columns(xp, part, kernel, stride, padding, dilation, out)
        product = columns.dot(_flat_weight(weight[channels]).T)
        if bias is not None:
            product += bias[channels]
        made[:, channels] = product.reshape(n, *out, o).transpose(0, 3, 1, 2)
    return made


@window(
    (
        lambda g, weight, stride, padding, dilation, groups: convolution2d(
            g, weight, None, **_geometry(stride, padding, dilation, groups)
        ),
        lambda g, x, weight_shape, stride, padding, dilation, groups: conv2d_weight_grad(
            x, g, size=weight_shape, **_geometry(stride, padding, dilation, groups)
        ),
    )
)
def conv2d_input_grad(xp, x, weight, *, size, stride, padding, dilation, groups):
    """The adjoint of convolution2d in its input, whose shape is `size`; `x` is the gradient."""
    kernel, out = weight.shape[2:], x.shape[2:]
    n, o, c = x.shape[0], weight.shape[0] // groups, weight.shape[1]
    (ph, pw), (h, w) = padding, size[2:]
    made = xp.empty(size, x.dtype)
    for k in range(groups):
        channels = slice(k * o, (k + 1) * o)
        columns = _flat_images(x[:, channels]).dot(_flat_weight(weight[channels]))
        columns = columns.reshape(n, *out, -1, c)
        padded = xp.zeros((n, h + 2 * ph, w + 2 * pw, c), x.dtype)
        for i, (_, rows, cols) in enumerate(_offsets(kernel, stride, dilation, out)):
            padded[:, rows, cols] += columns[:, :, :, i]
        inside = padded[:, ph : ph + h, pw : pw + w]
        made[:, k * c : (k + 1) * c] = inside.transpose(0, 3, 1, 2)
    return made


@window(
    (
        lambda g, y, stride, padding, dilation, groups: convolution2d(
            y, g, None, **_geometry(stride, padding, dilation, groups)
        ),
        lambda g, x, y_shape, stride, padding, dilation, groups: conv2d_input_grad(
            x, g, size=y_shape, **_geometry(stride, padding, dilation, groups)
        ),
    )
)
def conv2d_weight_grad(xp, x, y, *, size, stride, padding, dilation, groups):
    """The adjoint of convolution2d in its weight of shape `size`; `x`: gradient, `y`: input."""
    kernel, out = size[2:], x.shape[2:]
    o, c = size[0] // groups, size[1]
    made = xp.empty(size, x.dtype)
    for k in range(groups):
        channels = slice(k * o, (k + 1) * o)
        columns = _columns(xp, y[:, k * c : (k + 1) * c], kernel, stride, padding, dilation, out)
        product = _flat_images(x[:, channels]).T.dot(columns)
        made[channels] = product.reshape(o, *kernel, c).transpose(0, 3, 1, 2)
    return made


# ------------------------------------------------------------------ pooling


def _pool_size(x, kernel, stride, padding, dilation, ceil_mode):
    """The number of windows on each axis, checked."""
    if x.ndim != 4 or not x.shape[1] or 0 in x.shape[2:]:
        raise RuntimeError(
            f"pooling: expected an input of shape [N, C, H, W] or [C, H, W], only N may be 0, got "
            f"{list(x.shape)}"
        )
    if min(stride) < 1:
        raise RuntimeError(f"pooling: expected a stride above 0, got {stride}")
    for k, p, d in zip(kernel, padding, dilation):
        if p < 0 or p > ((k - 1) * d + 1) // 2:
            raise RuntimeError(
                f"pooling: expected a padding from 0 to half the kernel, got {p} for a kernel of "
                f"{k} with dilation {d}"
            )
    out = tuple(
        out_size(*geometry, ceil_mode)
        for geometry in zip(x.shape[2:], kernel, stride, padding, dilation)
    )
    if min(out) < 1:
        h, w = x.shape[2:]
        raise RuntimeError(
            f"pooling: expected a kernel no larger than the padded input, got ({kernel[0]} x "
            f"{kernel[1]}) on ({h} x {w}) with padding {padding}"
        )
    return out


def _overhang(size, out, kernel, stride, padding, dilation):
    """How far the last windows reach beyond the padded input (only with ceil_mode)."""
    return tuple(
        max((n_out - 1) * s + d * (k - 1) + 1 - (n + 2 * p), 0)
        for n, n_out, k, s, p, d in zip(size, out, kernel, stride, padding, dilation)
    )


@window(
    lambda g, x_shape, _nth, kernel, stride, padding, dilation: max_pool2d_grad(
        g, _nth, size=x_shape, kernel=kernel, stride=stride, padding=padding, dilation=dilation
    ),
    outs=("out", "_nth"),
    torch_name="MaxPool2DWithIndicesBackward0",
)
def max_pooling2d(xp, x, *, kernel, stride, padding, dilation, ceil_mode):
    """The largest of each window; NaN where there is one. `_nth`: which element of it that was."""
    out = _pool_size(x, kernel, stride, padding, dilation, ceil_mode)
    extra = _overhang(x.shape[2:], out, kernel, stride, padding, dilation)
    lowest = -xp.inf if x.dtype.kind == "f" else xp.iinfo(x.dtype).min
    padded = _pad(xp, x, padding, lowest, extra)
    best = None
    small = xp.uint8 if kernel[0] * kernel[1] < 256 else xp.int64
    for i, where in enumerate(_offsets(kernel, stride, dilation, out)):
        here = padded[where]
        if best is None:
            best, nth = here.copy(), xp.zeros(here.shape, small)
            continue
        better = here > best
        if x.dtype.kind == "f":
            better |= here != here
        xp.maximum(best, here, out=best)
        nth += better * (small(i) - nth)
    return best, nth


@window(
    (
        lambda g, nth, kernel, stride, padding, dilation: max_pool2d_pick(
            g, nth, kernel=kernel, stride=stride, padding=padding, dilation=dilation
        ),
        None,
    )
)
def max_pool2d_grad(xp, x, nth, *, size, kernel, stride, padding, dilation):
    """`x` (the gradient) added at the element each window chose."""
    out, (ph, pw), (h, w) = x.shape[2:], padding, size[2:]
    eh, ew = _overhang(size[2:], out, kernel, stride, padding, dilation)
    padded = xp.zeros((*size[:2], h + 2 * ph + eh, w + 2 * pw + ew), x.dtype)
    for i, where in enumerate(_offsets(kernel, stride, dilation, out)):
        padded[where] += gate(x, nth == i)
    return padded[..., ph : ph + h, pw : pw + w]


@window(
    (
        lambda g, x_shape, nth, kernel, stride, padding, dilation: max_pool2d_grad(
            g, nth, size=x_shape, kernel=kernel, stride=stride, padding=padding, dilation=dilation
        ),
        None,
    )
)
def max_pool2d_pick(xp, x, nth, *, kernel, stride, padding, dilation):
    """The element of `x` that each window chose: the adjoint of max_pool2d_grad."""
    out = nth.shape[2:]
    extra = _overhang(x.shape[2:], out, kernel, stride, padding, dilation)
    padded = _pad(xp, x, padding, 0, extra)
    made = xp.zeros(nth.shape, x.dtype)
    for i, where in enumerate(_offsets(kernel, stride, dilation, out)):
        xp.copyto(made, padded[where], where=nth == i)
    return made


def _divisors(xp, size, out, kernel, stride, padding, count_include_pad, divisor_override):
    """What the sum of each window is divided by: a number, or an array (oh, ow)."""
    if divisor_override:
        return divisor_override
    counts = []
    for n, n_out, k, s, p in zip(size, out, kernel, stride, padding):
        start = xp.arange(n_out) * s - p
        end = xp.minimum(start + k, n + p)
        if not count_include_pad:
            start, end = xp.maximum(start, 0), xp.minimum(end, n)
        counts.append(end - start)
    return counts[0][:, None] * counts[1]


@window(
    lambda g, x_shape, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override: (
        avg_pool2d_grad(
            g,
            size=x_shape,
            kernel=kernel,
            stride=stride,
            padding=padding,
            ceil_mode=ceil_mode,
            count_include_pad=count_include_pad,
            divisor_override=divisor_override,
        )
    ),
    torch_name="AvgPool2DBackward0",
)
def avg_pooling2d(
    xp, x, *, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override
):
    """The mean of each window."""
    if divisor_override == 0:
        raise RuntimeError("avg_pool2d: expected a divisor_override that is not 0, got 0")
    out = _pool_size(x, kernel, stride, padding, (1, 1), ceil_mode)
    extra = _overhang(x.shape[2:], out, kernel, stride, padding, (1, 1))
    padded = _pad(xp, x, padding, 0, extra)
    total = xp.zeros((*x.shape[:2], *out), x.dtype)
    for where in _offsets(kernel, stride, (1, 1), out):
        total += padded[where]
    by = _divisors(
        xp, x.shape[2:], out, kernel, stride, padding, count_include_pad, divisor_override
    )
    return total / xp.asarray(by, x.dtype)


@window(
    lambda g, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override: (
        avg_pooling2d(
            g,
            kernel=kernel,
            stride=stride,
            padding=padding,
            ceil_mode=ceil_mode,
            count_include_pad=count_include_pad,
            divisor_override=divisor_override,
        )
    )
)
def avg_pool2d_grad(
    xp, x, *, size, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override
):
    """Each window's gradient shared among its elements: the adjoint of avg_pooling2d."""
    out, (ph, pw), (h, w) = x.shape[2:], padding, size[2:]
    eh, ew = _overhang(size[2:], out, kernel, stride, padding, (1, 1))
    by = _divisors(xp, size[2:], out, kernel, stride, padding, count_include_pad, divisor_override)
    share = x / xp.asarray(by, x.dtype)
    padded = xp.zeros((*size[:2], h + 2 * ph + eh, w + 2 * pw + ew), x.dtype)
    for where in _offsets(kernel, stride, (1, 1), out):
        padded[where] += share
    return padded[..., ph : ph + h, pw : pw + w]


@window(None)
def max_pool2d_indices(xp, x, *, kernel, stride, padding, dilation, ceil_mode):
    """The flat position in its image of the element that max_pooling2d finds in each window."""
    how = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    nth = max_pooling2d.row.forward(xp, x, ceil_mode=ceil_mode, **how)[1].astype(xp.int64)
    rows = xp.arange(nth.shape[2])[:, None] * stride[0] - padding[0]
    columns = xp.arange(nth.shape[3]) * stride[1] - padding[1]
    y = rows + nth // kernel[1] * dilation[0]
    return y * x.shape[3] + columns + nth % kernel[1] * dilation[1]
