"""Samples of what slides windows: convolution and pooling over one, two and three axes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.sampling import INF, Sample, both, functional, integers, numbers, ours, phrase, row

WIDE = {1: (7,), 2: (5, 6), 3: (3, 4, 3)}
"""The sizes of the images that windows slide over, by number of axes."""


def samples() -> Iterator[Sample]:
    for axes in (1, 2, 3):
        yield from _convolutions(axes)
        yield from _poolings(axes)
        yield from _adaptive(axes)
    yield from _layouts()
    yield from _choices()
    yield from _by_torchs_names()


# ------------------------------------------------------------------ convolution


def _geometry(axes: int, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1) -> dict:
    """Uneven numbers for each axis: the first of a pair, then the second."""
    spread = lambda pair: (*pair, pair[0])[:axes]  # noqa: E731
    return {
        "stride": spread(stride),
        "padding": spread(padding),
        "dilation": spread(dilation),
        "groups": groups,
    }


def _count(size: tuple, kernel: tuple, how: dict) -> tuple:
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(size, kernel, how["stride"], how["padding"], how["dilation"])
    )


def _convolutions(axes: int) -> Iterator[Sample]:
    kernel = (2, 3, 2)[:axes]
    for how in [
        _geometry(axes),
        _geometry(axes, (2, 1), (1, 0)),
        _geometry(axes, (1, 2), (2, 1), (2, 1)),
        _geometry(axes, padding=(0, 1), groups=2),
        _geometry(axes, (2, 2), (1, 1), groups=4),
    ]:
        x = numbers(2, 4, *WIDE[axes])
        w = numbers(4, 4 // how["groups"], *kernel, seed=1)
        yield from _convolution(axes, x, w, numbers(4, seed=2), how)


def _convolution(
    axes: int, x: np.ndarray, w: np.ndarray, b: np.ndarray | None, how: dict
) -> Iterator[Sample]:
    """A convolution with and without bias, and its two adjoints."""
    count = _count(x.shape[2:], w.shape[2:], how)
    conv = functional(f"conv{axes}d", **how)
    yield ours("convolve", conv, x, w, b, count=count, **how)
    yield ours("convolve", conv, x[:1], w, count=count, **how)
    g = numbers(x.shape[0], w.shape[0], *count, seed=3)
    # torch has the adjoints in torch.nn.grad; the one in the input is the transposed convolution.
    to_weight = lambda T, g, x: getattr(T.nn.grad, f"conv{axes}d_weight")(x, w.shape, g, **how)  # noqa: E731
    yield ours("convolve_weight_grad", to_weight, g, x, size=w.shape, **how)
    least = [
        (m - 1) * s + d * (k - 1) + 1 - 2 * p
        for m, k, s, p, d in zip(count, w.shape[2:], how["stride"], how["padding"], how["dilation"])
    ]
    more = tuple(n - m for n, m in zip(x.shape[2:], least))
    transposed = functional(f"conv_transpose{axes}d", output_padding=more, **how)
    bias = numbers(x.shape[1], seed=4)
    yield ours("convolve_transposed", transposed, g, w, bias, size=x.shape, **how)
    yield ours("convolve_transposed", transposed, g[:1], w, size=(1, *x.shape[1:]), **how)


def _layouts() -> Iterator[Sample]:
    """Channels first or last inside, by the longer run; nothing in the batch; more in than out."""
    plain = _geometry(2)
    for x, w in [
        ((1, 9, 4, 4), (2, 9, 2, 2)),
        ((2, 1, 4, 5), (3, 1, 2, 2)),
        ((1, 3, 2, 2), (2, 3, 1, 1)),
        ((1, 6, 2, 2), (2, 6, 1, 1)),
        ((0, 2, 3, 3), (2, 2, 2, 2)),
        ((1, 1, 2, 2), (1, 1, 1, 2)),
    ]:
        yield from _convolution(2, numbers(*x), numbers(*w, seed=1), numbers(w[0], seed=2), plain)
    beyond = {**_geometry(1, dilation=(3, 3)), "stride": (2,)}
    call = functional("conv_transpose1d", output_padding=2, **beyond)
    x, w = numbers(1, 2, 3), numbers(2, 1, 2, seed=1)
    yield ours("convolve_transposed", call, x, w, size=(1, 1, 10), label="beyond", **beyond)


# ------------------------------------------------------------------ pooling


def _poolings(axes: int) -> Iterator[Sample]:
    x = numbers(2, 2, *WIDE[axes])
    for kernel, stride, padding, dilation, ceil in [
        ((2, 2), (2, 2), (0, 0), (1, 1), False),
        ((3, 2), (1, 2), (1, 1), (1, 1), False),
        ((2, 3), (2, 2), (1, 0), (1, 1), True),
        ((2, 2), (1, 2), (1, 0), (2, 1), False),
    ]:
        how = {
            name: (*pair, pair[0])[:axes]
            for name, pair in (("stride", stride), ("padding", padding), ("dilation", dilation))
        }
        size = (*kernel, kernel[0])[:axes]
        how["ceil_mode"] = ceil
        pool = f"max_pool{axes}d"
        yield ours("max_pooling", functional(pool, kernel_size=size, **how), x, kernel=size, **how)
        where = functional(pool, kernel_size=size, return_indices=True, **how)
        yield ours("max_pooling_indices", where, x, kernel=size, **how)
        del how["dilation"]
        if dilation != (1, 1):
            continue
        for count, divisor in [(True, None), (False, None), (True, 3)]:
            more = {"count_include_pad": count, "divisor_override": divisor}
            given = {k: v for k, v in more.items() if axes > 1 or k == "count_include_pad"}
            if axes == 1 and divisor:
                continue
            pool = functional(f"avg_pool{axes}d", kernel_size=size, **how, **given)
            yield ours("avg_pooling", pool, x, kernel=size, **how, **more)
    for name in ("max_pooling", "max_pooling_indices"):
        special = np.array([[[3.0, np.nan, 5.0, -INF, -INF, -INF, INF, 2.0, np.nan, np.nan]]])
        how = {"stride": (2,), "padding": (1,), "dilation": (1,), "ceil_mode": False}
        pool = functional("max_pool1d", kernel_size=3, return_indices=name != "max_pooling", **how)
        yield ours(name, pool, special, kernel=(3,), label="special", derivatives=0, **how)
        ties = np.array([[[1.0, 1.0, 1.0, 0.0, 2.0, 2.0]]])
        yield ours(name, pool, ties, kernel=(3,), label="ties", derivatives=1, **how)


def _adaptive(axes: int) -> Iterator[Sample]:
    x = numbers(2, 2, *WIDE[axes])
    for count in [(1, 1, 1), (2, 3, 2), (4, 2, 5)]:
        size = count[:axes]
        average = functional(f"adaptive_avg_pool{axes}d", output_size=size)
        yield ours("adaptive_mean", average, x, count=size)
        largest = functional(f"adaptive_max_pool{axes}d", output_size=size, return_indices=True)
        yield ours("adaptive_max", largest, x, count=size)
    share = lambda T, g: T.nn.functional.interpolate(g, scale_factor=2, mode="nearest") / 2**axes  # noqa: E731
    size = tuple(2 * n for n in WIDE[axes])
    yield ours("adaptive_mean_grad", share, x, size=(2, 2, *size))
    how = {"kernel": (2,) * axes, "stride": (2,) * axes, "padding": (0,) * axes}
    yield ours("avg_pooling_grad", share, x, size=(2, 2, *size), ceil_mode=False,
               count_include_pad=True, divisor_override=None, **how)  # fmt: skip
    special = np.array([3.0, np.nan, 5.0, 1.0, np.nan, -INF, -INF, INF, 2.0, 2.0]).reshape(1, 1, -1)
    largest = functional("adaptive_max_pool1d", output_size=4, return_indices=True)
    yield ours("adaptive_max", largest, special, count=(4,), label="special", derivatives=0)


def _fixed(call: Callable) -> Callable:
    """`call`, whose second input is a constant."""
    return lambda T, x, second: call(T, x, second.detach())


def _choices() -> Iterator[Sample]:
    """What goes to, or comes from, flat positions and elements of windows."""
    # Windows of 2 by 2 without overlap: picking and spreading are then plain indexing.
    nth = integers(1, 2, 2, 3, high=4)
    rows, columns = np.arange(2)[:, None] * 2 + nth // 2, np.arange(3) * 2 + nth % 2
    flat = rows * 6 + columns
    how = {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0), "dilation": (1, 1)}

    def spread(T: Any, g: Any, at: Any) -> Any:
        at = T.from_numpy(flat) if at.shape == flat.shape and (at < 4).all() else at
        zeros = T.zeros(1, 2, 24, dtype=g.dtype)
        return zeros.scatter_add(2, at.flatten(2), g.flatten(2)).view(1, 2, 4, 6)

    def pick(T: Any, x: Any, at: Any) -> Any:
        at = T.from_numpy(flat) if (at < 4).all() else at
        return x.flatten(2).gather(2, at.flatten(2)).view(at.shape)

    g, x = numbers(1, 2, 2, 3), numbers(1, 2, 4, 6)
    yield ours("max_pooling_grad", spread, g, nth, size=(1, 2, 4, 6), **how)
    yield ours("max_pooling_pick", pick, x, nth, **how)
    repeated = integers(1, 2, 2, 3, high=24)
    repeated[0, 0, 0] = 7
    yield ours("put_in_image", spread, g, repeated, size=(1, 2, 4, 6))
    yield ours("pick_in_image", pick, x, repeated)
    # torch's own gradient fails for indices that lie scattered.
    unpool = lambda T, x, at: T.nn.functional.max_unpool2d(x, at.contiguous(), 2)  # noqa: E731
    yield ours("max_unpooling", unpool, g, flat, size=(1, 2, 4, 6))
    for axes, kernel, count in [
        (2, (2, 3), (3, 2)),
        (2, (1, 2), (1, 4)),
        (3, (2, 1, 2), (2, 3, 2)),
    ]:
        image = numbers(2, 2, *(5, 6, 5)[:axes])
        u = numbers(2, 2, axes, low=0.05, high=0.95, seed=5)
        params = {"kernel": kernel, "count": count}
        name = f"fractional_max_pool{axes}d"

        def theirs(T: Any, x: Any, u: Any, name: str = name, k=kernel, m=count) -> Any:
            return getattr(T.nn.functional, name)(
                x, k, output_size=m, return_indices=True, _random_samples=u
            )

        calls = _fixed(row("fractional_max", **params)), _fixed(theirs)
        yield Sample("fractional_max", "window", f"{kernel}", (image, u), *calls, params)


# ------------------------------------------------------------------ torch's functions


def _by_torchs_names() -> Iterator[Sample]:
    for axes in (1, 2, 3):
        x, b = numbers(2, 4, *WIDE[axes]), numbers(4, seed=2)
        w = numbers(4, 2, *(2,) * axes, seed=1)
        how: dict[str, Any] = {"stride": 2, "padding": 1, "groups": 2}
        yield both(f"conv{axes}d", x, w, b, kind="window", **how)
        yield both(f"conv{axes}d", x[0], w, kind="window", **how)
        same = {"padding": "same", "dilation": 2, "groups": 2}
        yield both(f"conv{axes}d", x, numbers(2, 2, *(3, 2, 4)[:axes]), kind="window", **same)
        yield both(f"conv{axes}d", x, w, kind="window", padding="valid", groups=2)
        name = f"conv_transpose{axes}d"
        yield both(name, x, w, b, kind="window", output_padding=1, **how)
        yield both(name, x[0], w, kind="window", dilation=(2, 1, 2)[:axes], **how)
        yield both(f"max_pool{axes}d", x, kind="window", kernel_size=3, stride=2, padding=1)
        yield both(f"max_pool{axes}d", x[0], kind="window", kernel_size=(2,), ceil_mode=True)
    for transposed in (False, True):
        call = lambda T, x, w, b, t=transposed: T.convolution(  # noqa: E731
            x, w, b, [1], [1], [1], t, [0], 2)  # fmt: skip
        arrays = numbers(2, 4, 5), numbers(4, 2, 3, seed=1), numbers(4, seed=2)
        yield phrase("convolution", call, *arrays, label=f"{transposed}", kind="window")
    # torch's own gradient fails for inputs that lie scattered.
    tbc = lambda T, *x: T.conv_tbc(*(a.contiguous() for a in x), 1)  # noqa: E731
    arrays = numbers(5, 2, 3), numbers(2, 3, 4, seed=1), numbers(4, seed=2)
    yield phrase("conv_tbc", tbc, *arrays, kind="window")
    x = numbers(2, 3, 7)
    for name in ("avg_pool1d", "max_pool1d_with_indices"):
        yield both(name, x, kind="window", kernel_size=3, stride=2, padding=1)
        yield both(name, x[0], kind="window", kernel_size=2, ceil_mode=True)
    yield both("avg_pool1d", x, kind="window", kernel_size=3, padding=1, count_include_pad=False)
    for name in ("adaptive_avg_pool1d", "adaptive_max_pool1d"):
        yield both(name, x, kind="window", output_size=4)
        yield both(name, x[0], kind="window", output_size=(2,))
