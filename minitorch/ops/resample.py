"""More or fewer elements along the last axes: interpolation and padding.

All of it is linear in the input, so each row's rule is its adjoint, which is a row with the first
one as its rule: any order of derivative exists.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from minitorch.calls import composition
from minitorch.ops._dims import whole
from minitorch.ops.shape import basic_index, constant_pad
from minitorch.primitive import index as added
from minitorch.primitive import shape as moved
from minitorch.primitive import window

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = ["constant_pad_nd"]

# ------------------------------------------------------------------ interpolation: the taps

# Along one axis each new element is a sum of `count` old ones. Its taps are two arrays of shape
# (count, new): where they are, and their weights (None: one tap of weight 1). They are computed in
# the dtype of the elements, as torch does: far from 0 a float32 position has few digits left, and
# other digits than torch's would be other pixels.


def _scale(real, n, out, given, align_corners):
    """The distance between new elements, in old ones."""
    if align_corners:
        return real(n - 1) / real(out - 1) if out > 1 else real(0)
    return real(1 / given) if given is not None and given > 0 else real(n) / real(out)


def _positions(xp, real, n, out, given, align_corners):
    """Where the new elements lie among the old ones, whose centres are whole numbers."""
    scale, j = _scale(real, n, out, given, align_corners), xp.arange(out, dtype=real)
    if align_corners:
        return scale * j
    return ((j + 0.5).astype("float64") * scale - 0.5).astype(real)  # rounded once


def _nearest_taps(xp, real, n, out, given, align_corners):
    at = xp.arange(out, dtype=real) * _scale(real, n, out, given, False)
    return _whole_part(xp, at, n), None


def _exact_taps(xp, real, n, out, given, align_corners):
    at = (xp.arange(out, dtype=real) + real(0.5)) * _scale(real, n, out, given, False)
    return _whole_part(xp, at, n), None


def _whole_part(xp, at, n):
    """One tap at the whole part of each position, which torch takes in float32."""
    return xp.minimum(at.astype("float32").astype(xp.intp), n - 1)[None]


def _linear_taps(xp, real, n, out, given, align_corners):
    if n == out:
        return xp.arange(n)[None], None
    at = xp.maximum(_positions(xp, real, n, out, given, align_corners), real(0))
    low = xp.minimum(at.astype(xp.intp), n - 1)
    part = xp.minimum(at - low.astype(real), real(1))
    return xp.stack([low, xp.minimum(low + 1, n - 1)]), xp.stack([1 - part, part])


def cubic_weights(xp, t, order=0, a=-0.75):
    """The weights of the four elements around a point, `t` of the way from the second to the third.

    Or their derivatives of that order in `t`.
    Source: Keys 1981, "Cubic convolution interpolation for digital image processing"
    """
    near, far = (a + 2, -(a + 3), 0, 1), (a, -5 * a, 8 * a, -4 * a)
    for _ in range(order):
        near = (0, near[0] * 3, near[1] * 2, near[2])
        far = (0, far[0] * 3, far[1] * 2, far[2])
    turned = (-1) ** order  # the last two run the other way
    real = t.dtype.type

    def at(c, x):
        return ((real(c[0]) * x + real(c[1])) * x + real(c[2])) * x + real(c[3])

    s = 1 - t
    return [at(far, t + 1), at(near, t), turned * at(near, s), turned * at(far, s + 1)]


def _cubic_taps(xp, real, n, out, given, align_corners):
    at = _positions(xp, real, n, out, given, align_corners)
    low = xp.floor(at)
    part = xp.clip(at - low, real(0), real(1))
    places = low.astype(xp.intp) + xp.arange(-1, 3)[:, None]
    return xp.clip(places, 0, n - 1), xp.stack(cubic_weights(xp, part))


def _area_taps(xp, real, n, out, given, align_corners):
    j = xp.arange(out)
    first, last = j * n // out, -((j + 1) * n // -out)
    counts = last - first
    k = xp.arange(counts.max(initial=1))[:, None]
    weights = xp.broadcast_to((1 / counts).astype(real), (len(k), out))
    return _filled(xp, first + k, weights, counts)


def _filled(xp, at, weights, counts):
    """Taps of which only the first `counts` are meant, so that the others change nothing.

    They repeat the last one and share its weight by halves. With a weight of 0 they would make a
    NaN of an infinity.
    """
    k, last = xp.arange(len(at))[:, None], counts - 1
    place = xp.minimum(k, last)
    halvings = xp.clip(k - last + 1, 0, len(at) - counts)
    share = xp.ldexp(weights.dtype.type(1), -halvings)
    taken = xp.take_along_axis(weights, place, 0)
    return xp.take_along_axis(at, place, 0), taken * share


def _triangle(xp, x):
    return xp.maximum(1 - xp.absolute(x), 0)


def _keys(xp, x):
    x = xp.absolute(x)
    real = x.dtype.type
    near = (real(1.5) * x - real(2.5)) * x * x + 1
    far = ((real(-0.5) * x + real(2.5)) * x - 4) * x + 2
    return xp.where(x < 1, near, xp.where(x < 2, far, real(0)))


def _lanczos(xp, x):
    return xp.where(xp.absolute(x) < 3, xp.sinc(x) * xp.sinc(x / 3), 0).astype(x.dtype)


_FILTERS = {"linear": (_triangle, 1), "cubic": (_keys, 2), "lanczos": (_lanczos, 3)}


def _smooth_taps(xp, real, n, out, given, align_corners, mode):
    """A filter that is stretched where elements become fewer, so that all of them count."""
    if n == out:
        return xp.arange(n)[None], None
    shape, half = _FILTERS[mode]
    scale = _scale(real, n, out, given, align_corners)
    stretch = max(scale, real(1))
    support = real(half) * stretch
    centre = scale * (xp.arange(out, dtype=real) + real(0.5))
    low = xp.maximum((centre - support + real(0.5)).astype(xp.intp), 0)
    high = xp.minimum((centre + support + real(0.5)).astype(xp.intp), n)
    counts = xp.maximum(high - low, 1)
    k = xp.arange(counts.max())[:, None]
    at = xp.minimum(low + k, n - 1)
    weights = shape(xp, ((low + k).astype(real) - centre + real(0.5)) * (1 / stretch))
    weights = weights * (k < counts)
    weights /= xp.add.reduce(weights, axis=0)
    return _filled(xp, at, weights, counts)


_MODES = {
    "nearest": _nearest_taps,
    "nearest-exact": _exact_taps,
    "linear": _linear_taps,
    "cubic": _cubic_taps,
    "area": _area_taps,
}


@lru_cache(maxsize=128)
def _taps(xp, real, n, out, given, mode, align_corners, antialias):
    """Where each new element along an axis comes from: (places, weights)."""
    if antialias:
        return _smooth_taps(xp, real, n, out, given, align_corners, mode)
    return _MODES[mode](xp, real, n, out, given, align_corners)


@lru_cache(maxsize=128)
def _turned(xp, real, n, out, *how):
    """Where each old element goes to: (those that go anywhere or None for all, places, weights)."""
    at, weights = _taps(xp, real, n, out, *how)
    order = xp.argsort(at.ravel(), kind="stable")
    counts = xp.bincount(at.ravel(), minlength=n)
    first = xp.add.accumulate(counts) - counts
    hit = None if counts.all() else xp.flatnonzero(counts)
    if hit is not None:
        first, counts = first[hit], counts[hit]
    entry = order[xp.minimum(first + xp.arange(counts.max(initial=1))[:, None], order.size - 1)]
    if weights is None and (counts == counts[:1]).all():
        return hit, entry % out, None
    weights = xp.ones(at.shape, real) if weights is None else weights
    return hit, *_filled(xp, entry % out, weights.ravel()[entry], counts)


# ------------------------------------------------------------------ interpolation: the rows


def _gathered(xp, x, axis, at, weights):
    """The sum of the taps, along one axis."""
    total = None
    for k, places in enumerate(at):
        part = x.take(places, axis)
        if weights is not None:
            part *= weights[k].reshape((-1,) + (1,) * (x.ndim - 1 - axis))
        total = part if total is None else xp.add(total, part, total)
    return total


@window(
    lambda g, x_shape, scales, mode, align_corners, antialias: resample_back(
        g, size=tuple(x_shape)[-len(scales) :], scales=scales, mode=mode,
        align_corners=align_corners, antialias=antialias,
    ),
    torch_name="UpsampleBackward0",
)  # fmt: skip
def resample(xp, x, *, size, scales, mode, align_corners=False, antialias=False):
    """`x` interpolated along its last axes to `size`; `scales` are factors or None.

    Source: for antialias, the filters of the Pillow library, stretched where sizes shrink.
    """
    how = (mode, align_corners, antialias)
    if x.dtype == "uint8" and not mode.startswith("nearest"):
        return _resample_bytes(xp, x, size, scales, how)
    if x.dtype == "float16":
        return _resampled(xp, x.astype("float32"), size, scales, how).astype(x.dtype)
    return _resampled(xp, x, size, scales, how)


def _along(xp, dtype, n, out, scales, i, mode, align_corners, antialias):
    """What `_taps` wants to know about axis `i`."""
    real, given = (xp.float64 if dtype == "float64" else xp.float32), scales[i]
    if mode.startswith("nearest") and len(scales) > 1:
        # Along one axis torch counts in the dtype of the elements, along several always in float32,
        # and there lets a size that stays or doubles decide, whatever the scale says.
        real, given = xp.float32, None if mode == "nearest" and out in (n, 2 * n) else given
    return xp, real, n, out, given, mode, align_corners, antialias


def _resampled(xp, x, size, scales, how):
    lead = x.ndim - len(size)
    for i in reversed(range(len(size))):
        which = _along(xp, x.dtype, x.shape[lead + i], size[i], scales, i, *how)
        x = _gathered(xp, x, lead + i, *_taps(*which))
    return x


@window(
    lambda g, x_shape, scales, mode, align_corners, antialias: resample(
        g, size=tuple(x_shape)[-len(scales) :], scales=scales, mode=mode,
        align_corners=align_corners, antialias=antialias,
    )
)  # fmt: skip
def resample_back(xp, x, *, size, scales, mode, align_corners=False, antialias=False):
    """The adjoint of `resample`, whose input had `size` along its last axes."""
    how, lead, dtype = (mode, align_corners, antialias), x.ndim - len(size), x.dtype
    x = x.astype("float32") if dtype == "float16" else x
    for i, n in enumerate(size):
        axis = lead + i
        which = _along(xp, x.dtype, n, x.shape[axis], scales, i, *how)
        hit, at, weights = _turned(*which)
        made = _gathered(xp, x, axis, at, weights)
        if hit is not None:
            full = xp.zeros((*x.shape[:axis], n, *x.shape[axis + 1 :]), x.dtype)
            full[(slice(None),) * axis + (hit,)] = made
            made = full
        x = made
    return x.astype(dtype, copy=False)


def _resample_bytes(xp, x, size, scales, how):
    """Bytes: weights as whole numbers of 16 bits, rounded to a byte after each axis."""
    lead = x.ndim - len(size)
    for i in reversed(range(len(size))):
        n, out = x.shape[lead + i], size[i]
        if n == out:
            continue
        at, weights = _taps(xp, xp.float64, n, out, scales[i], *how)
        table = xp.zeros((n, out))
        xp.add.at(table, (at, xp.arange(out)), weights)
        bits = 0
        while bits < 22 and int(0.5 + table.max() * (1 << (bits + 1))) < 1 << 15:
            bits += 1
        table = xp.trunc(table * (1 << bits) + xp.copysign(0.5, table))
        total = xp.moveaxis(x, lead + i, -1).dot(table)  # exact: whole numbers below 2 ** 53
        made = xp.clip(xp.floor(total / (1 << bits) + 0.5), 0, 255).astype(x.dtype)
        x = xp.moveaxis(made, -1, lead + i)
    return x.copy(order="C")


# ------------------------------------------------------------------ padding


def _runs(n, before, after, mode):
    """How a padded axis of `n` elements is laid out: pairs of slices (to, from).

    Where one element is repeated, its slice has length 1. Negative numbers crop.
    """
    out, left, right = n + before + after, max(before, 0), max(before + n, 0)
    if mode == "circular":
        return _rounds(n, before, after)
    inside = slice(left, min(right, out)), slice(max(-before, 0), n - max(-after, 0))
    count, runs = min(left, out), [inside] if left < min(right, out) else []
    if count:
        ahead = slice(0, 1) if mode == "replicate" else slice(before, before - count, -1)
        runs.append((slice(0, count), ahead))
    if right < out:
        start = 2 * (n - 1) - right + before
        stop = start - (out - right)
        back = slice(start, stop if stop >= 0 else None, -1)
        behind = slice(n - 1, n) if mode == "replicate" else back
        runs.append((slice(right, out), behind))
    return runs


def _rounds(n, before, after):
    """The runs of a circular padding, each at most once around what is left after cropping."""
    start, stop = max(-before, 0), n - max(-after, 0)
    inside, out = stop - start, n + before + after
    if inside < 1 and out > 0:
        raise RuntimeError(
            f"pad: expected elements to repeat, got none of {n} with padding ({before}, {after})"
        )
    runs, to = [], 0
    at = -max(before, 0) % max(inside, 1)
    while to < out:
        count = min(inside - at, out - to)
        runs.append((slice(to, to + count), slice(start + at, start + at + count)))
        to, at = to + count, 0
    return runs


@moved(
    lambda g, x_shape, sides, mode: pad_edges_back(g, size=x_shape, sides=sides, mode=mode),
    torch_name="PadBackward0",
)
def pad_edges(xp, x, *, sides, mode):
    """The last axes with elements of `x` put before and after, as many as `sides` says of each."""
    for axis, (before, after) in enumerate(sides, x.ndim - len(sides)):
        if before or after:
            lead = (slice(None),) * axis
            size = (*x.shape[:axis], x.shape[axis] + before + after, *x.shape[axis + 1 :])
            out = xp.empty(size, x.dtype)
            for to, source in _runs(x.shape[axis], before, after, mode):
                out[(*lead, to)] = x[(*lead, source)]
            x = out
    return x.copy() if not any(map(any, sides)) else x


@added(lambda g, sides, mode: pad_edges(g, sides=sides, mode=mode))
def pad_edges_back(xp, x, *, size, sides, mode):
    """Each element's copies added up: the adjoint of `pad_edges`, whose input had `size`."""
    for axis, (before, after) in enumerate(sides, len(size) - len(sides)):
        if before or after:
            lead = (slice(None),) * axis
            out = xp.zeros((*x.shape[:axis], size[axis], *x.shape[axis + 1 :]), x.dtype)
            for to, source in _runs(size[axis], before, after, mode):
                part = x[(*lead, to)]
                if mode == "replicate" and source.stop - source.start == 1:
                    part = xp.add.reduce(part, axis=axis, keepdims=True)
                out[(*lead, source)] += part
            x = out
    return x.copy() if not any(map(any, sides)) else x


@composition
def constant_pad_nd(input, pad, value=0) -> Tensor:
    """`value` around the last axes: pad = (left, right, top, bottom, ...); negative numbers crop.

    Raises: RuntimeError for an odd count, too many, or more cropped than there is.
    """
    pad, ndim = whole(pad, "pad"), input.ndim
    if len(pad) % 2 or len(pad) > 2 * ndim:
        raise RuntimeError(
            f"constant_pad_nd: expected two numbers for each of at most {ndim} dimensions, got "
            f"{len(pad)}: {list(pad)}"
        )
    if not isinstance(value, (int, float)):
        raise TypeError(
            f"constant_pad_nd(): argument 'value' must be a number, not {type(value).__name__}"
        )
    sides = [(0, 0)] * (ndim - len(pad) // 2) + list(zip(pad[0::2], pad[1::2]))[::-1]
    if min(pad, default=0) < 0:
        for (before, after), n in zip(sides, input.shape):
            if n + min(before, 0) + min(after, 0) < 0:
                raise RuntimeError(
                    f"constant_pad_nd: expected to crop at most {n} elements, got padding "
                    f"({before}, {after}) for shape {list(input.shape)}"
                )
        crop = tuple(slice(max(-b, 0), n - max(-a, 0)) for (b, a), n in zip(sides, input.shape))
        input = basic_index(input, at=crop)
    return constant_pad(
        input,
        before=tuple(max(b, 0) for b, _ in sides),
        after=tuple(max(a, 0) for _, a in sides),
        value=value,
    )
