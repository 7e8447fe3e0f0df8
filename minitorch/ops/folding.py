"""Windows as columns, channels as pixels: unfolding, folding and shuffling.

Each row's rule is its adjoint, which is a row with the first one as its rule.
"""

from __future__ import annotations

from math import prod

from minitorch import errors
from minitorch.ops._dims import whole
from minitorch.primitive import shape as moved
from minitorch.primitive import window

__all__ = [
    "channel_shuffle",
    "native_channel_shuffle",
    "pixel_shuffle",
    "pixel_unshuffle",
]

# ------------------------------------------------------------------ windows as columns


def _blocks(name, size, kernel, dilation, padding, stride):
    """How many windows fit along each of the two axes. Raises: RuntimeError where none do."""
    for what, numbers, least in (
        ("kernel_size", kernel, 1), ("dilation", dilation, 1), ("padding", padding, 0),
        ("stride", stride, 1),
    ):  # fmt: skip
        if min(numbers) < least:
            raise RuntimeError(f"{name}: expected a {what} of at least {least}, got {numbers}")
    found = tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, d, p, s in zip(size, kernel, dilation, padding, stride)
    )
    if min(found) < 1:
        raise RuntimeError(
            f"{name}: expected windows of {kernel} with dilation {dilation} that fit in {size} "
            f"with padding {padding}, got {found} of them"
        )
    return found


def _refuse_integers(x, name):
    if x.dtype.kind in "iu":
        raise NotImplementedError(f"{name}: not implemented for {errors.name_of(x.dtype)}")


def _shifts(kernel, dilation, stride, found):
    """For each element of the window, in rows: where it lies in all the windows."""
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            a, b = i * dilation[0], j * dilation[1]
            yield (
                ...,
                slice(a, a + stride[0] * (found[0] - 1) + 1, stride[0]),
                slice(b, b + stride[1] * (found[1] - 1) + 1, stride[1]),
            )


@window(
    lambda g, x_shape, kernel, dilation, padding, stride: col2im(
        g, size=tuple(x_shape)[2:], kernel=kernel, dilation=dilation, padding=padding,
        stride=stride,
    ),
    torch_name="Im2ColBackward0",
)  # fmt: skip
def im2col(xp, x, *, kernel, dilation, padding, stride):
    """Each window as a column.

    Shape: (N, C, H, W) -> (N, C kh kw, windows)
    """
    _refuse_integers(x, "unfold")
    (n, c, h, w), (ph, pw) = x.shape, padding
    found = _blocks("unfold", (h, w), kernel, dilation, padding, stride)
    padded = x
    if ph or pw:
        padded = xp.zeros((n, c, h + 2 * ph, w + 2 * pw), x.dtype)
        padded[:, :, ph : ph + h, pw : pw + w] = x
    out = xp.empty((n, c, kernel[0] * kernel[1], *found), x.dtype)
    for k, where in enumerate(_shifts(kernel, dilation, stride, found)):
        out[:, :, k] = padded[where]
    return out.reshape(n, c * kernel[0] * kernel[1], found[0] * found[1])


@window(
    lambda g, kernel, dilation, padding, stride: im2col(
        g, kernel=kernel, dilation=dilation, padding=padding, stride=stride
    ),
    torch_name="Col2ImBackward0",
)
def col2im(xp, x, *, size, kernel, dilation, padding, stride):
    """Columns put back where their windows were, and added where these overlap.

    Shape: (N, C kh kw, windows) -> (N, C, *size)
    """
    _refuse_integers(x, "fold")
    found = _blocks("fold", size, kernel, dilation, padding, stride)
    if x.shape[1] % (kernel[0] * kernel[1]) or x.shape[2] != found[0] * found[1]:
        raise RuntimeError(
            f"fold: expected columns of a multiple of {kernel[0] * kernel[1]} elements, one for "
            f"each of {found[0]} x {found[1]} windows, got shape {list(x.shape)}"
        )
    n, c, (ph, pw), (h, w) = x.shape[0], x.shape[1] // (kernel[0] * kernel[1]), padding, size
    columns = x.reshape(n, c, kernel[0] * kernel[1], *found)
    padded = xp.zeros((n, c, h + 2 * ph, w + 2 * pw), x.dtype)
    for k, where in enumerate(_shifts(kernel, dilation, stride, found)):
        padded[where] += columns[:, :, k]
    return xp.ascontiguousarray(padded[:, :, ph : ph + h, pw : pw + w])


# ------------------------------------------------------------------ shuffling channels


def _factor(x, factor, name, at_least=3):
    (factor,) = whole((factor,), name)
    if x.ndim < at_least or factor < 1:
        raise RuntimeError(
            f"{name}: expected a factor above 0 and at least {at_least} dimensions, got {factor} "
            f"and shape {list(x.shape)}"
        )
    return factor


@moved(lambda g, upscale_factor: pixel_unshuffle(g, downscale_factor=upscale_factor))
def pixel_shuffle(xp, x, *, upscale_factor):
    """Channels laid out as pixels: r r of them become a square.

    Shape: (*, C r r, H, W) -> (*, C, H r, W r)
    """
    r = _factor(x, upscale_factor, "pixel_shuffle")
    *lead, c, h, w = x.shape
    if c % (r * r):
        raise RuntimeError(
            f"pixel_shuffle: expected channels in multiples of {r * r}, got {c} in {list(x.shape)}"
        )
    apart = x.reshape(prod(lead) * (c // (r * r)), r, r, h, w)
    made = xp.empty((*lead, c // (r * r), h * r, w * r), x.dtype)
    made.reshape(len(apart), h, r, w, r)[...] = apart.transpose(0, 3, 1, 4, 2)
    return made


@moved(lambda g, downscale_factor: pixel_shuffle(g, upscale_factor=downscale_factor))
def pixel_unshuffle(xp, x, *, downscale_factor):
    """Squares of r r pixels as channels: the inverse of pixel_shuffle.

    Shape: (*, C, H r, W r) -> (*, C r r, H, W)
    Differs: torch gives an input without elements back in its own shape.
    """
    r = _factor(x, downscale_factor, "pixel_unshuffle")
    *lead, c, h, w = x.shape
    if h % r or w % r:
        raise RuntimeError(
            f"pixel_unshuffle: expected height and width in multiples of {r}, got {h} x {w}"
        )
    apart = x.reshape(prod(lead) * c, h // r, r, w // r, r)
    made = xp.empty((*lead, c * r * r, h // r, w // r), x.dtype)
    made.reshape(len(apart), r, r, h // r, w // r)[...] = apart.transpose(0, 2, 4, 1, 3)
    return made


@moved(
    lambda g, groups: channel_shuffle(g, groups=max(g.shape[1] // groups, 1)),
)
def channel_shuffle(xp, x, *, groups):
    """The channels of `groups` groups taken in turns: the first of each, the second, and so on.

    Source: Zhang et al. 2017, https://arxiv.org/abs/1707.01083
    """
    groups = _factor(x, groups, "channel_shuffle")
    n, c, *rest = x.shape
    if c % groups:
        raise RuntimeError(
            f"channel_shuffle: expected channels in multiples of {groups} groups, got {c}"
        )
    made = xp.empty(x.shape, x.dtype)
    places = prod(rest)
    made.reshape(n, c // groups, groups, places)[...] = x.reshape(
        n, groups, c // groups, places
    ).swapaxes(1, 2)
    return made


native_channel_shuffle = channel_shuffle
