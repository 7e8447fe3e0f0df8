"""Where sliding windows are: the geometry of convolution and pooling, for any number of axes.

Arrays are (N, C, *size): images of one, two or three spatial axes, one kernel, stride, padding and
dilation for each of them.
"""

from __future__ import annotations

from itertools import product

from minitorch.ops.shape import squeeze, unsqueeze

# ------------------------------------------------------------------ what a call may say


def each(n, axes, name):
    """`n`, one int or one for each of `axes` axes, as a tuple.

    Raises: RuntimeError for another number of them, TypeError for what is no int.
    """
    if type(n) is int:
        return (n,) * axes
    try:
        if isinstance(n, bool):
            raise AttributeError
        found = n if isinstance(n, (tuple, list)) else (n,)
        found = tuple([m.__index__() for m in found])
    except (AttributeError, TypeError):
        raise TypeError(
            f"argument '{name}' must be an int or a tuple of ints, not {type(n).__name__}: {n}"
        ) from None
    if len(found) == 1:
        return found * axes
    if len(found) != axes:
        raise RuntimeError(f"{name} must be an int or {axes} of them, got {n}")
    return found


def batched(function, input, axes):
    """Call `function` on a batch: one image (C, *size) goes in and comes out as itself."""
    if input._array.ndim != axes + 1:
        return function(input)
    out = function(unsqueeze(input, dim=0))
    if isinstance(out, tuple):
        return tuple(squeeze(o, dim=0) for o in out)
    return squeeze(out, dim=0)


def by(sizes):
    """Sizes as an error shows them: '3 x 5'."""
    return " x ".join(map(str, sizes))


def letters(axes):
    """The shapes that a function of so many axes takes: '[N, C, L] or [C, L]'."""
    names = ", ".join("DHW"[-axes:] if axes > 1 else "L")
    return f"[N, C, {names}] or [C, {names}]"


# ------------------------------------------------------------------ where the windows are


def out_size(n, kernel, stride, padding, dilation, ceil=False):
    """How many windows fit along an axis of `n` elements."""
    room = n + 2 * padding - dilation * (kernel - 1) - 1
    count = (room + (stride - 1 if ceil else 0)) // stride + 1
    if ceil and (count - 1) * stride >= n + padding:
        count -= 1  # the last window may not start in the padding at the end
    return count


def offsets(kernel, stride, dilation, out):
    """For each element of the window: the slices of the spatial axes it visits."""
    steps = [
        [slice(i * d, i * d + s * (m - 1) + 1, s) for i in range(k)]
        for k, s, d, m in zip(kernel, stride, dilation, out)
    ]
    return product(*steps)


def inside(size, padding):
    """The slices of the padded spatial axes where the image itself is."""
    return tuple(slice(p, p + n) for n, p in zip(size, padding))


def overhang(size, out, kernel, stride, padding, dilation):
    """How far the last windows reach beyond the padded image (only with ceil_mode)."""
    return tuple(
        max((m - 1) * s + d * (k - 1) + 1 - (n + 2 * p), 0)
        for n, m, k, s, p, d in zip(size, out, kernel, stride, padding, dilation)
    )


def empty_padded(xp, x, size, padding, value=0, extra=None):
    """`value` in (N, C, *(size with its padding)), for images of the dtype of `x`."""
    extra = extra or (0,) * len(size)
    room = (n + 2 * p + e for n, p, e in zip(size, padding, extra))
    shape = (*x.shape[:2], *room)
    return xp.full(shape, value, x.dtype) if value else xp.zeros(shape, x.dtype)


def padded(xp, x, padding, value=0, extra=None):
    """`x` with `padding` of `value` around its spatial axes, and `extra` more after them."""
    if not (any(padding) or (extra and any(extra))):
        return x
    out = empty_padded(xp, x, x.shape[2:], padding, value, extra)
    out[(..., *inside(x.shape[2:], padding))] = x
    return out


def wide(xp, x):
    """`x`, half precision in single: sums of many terms are rounded once, at the end."""
    return x.astype(xp.float32) if x.dtype == "float16" else x
