"""Samples of padding, interpolation, grids, folding, shuffling and normalization."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np

from tests.sampling import Sample, both, functional, integers, numbers, only, ours, phrase, row

# ------------------------------------------------------------------ interpolation

TORCH_MODES = {
    ("linear", 1): "linear", ("linear", 2): "bilinear", ("linear", 3): "trilinear",
    ("cubic", 2): "bicubic",
}  # fmt: skip
RESAMPLED = [
    ("nearest", (5,), (8,), {}), ("nearest", (4, 5), (6, 3), {}), ("area", (5,), (3,), {}),
    ("nearest", (3, 2, 4), (2, 4, 5), {}), ("area", (4, 5), (3, 7), {}),
    ("nearest-exact", (5,), (3,), {}), ("nearest-exact", (4, 5), (7, 3), {}),
    ("linear", (5,), (8,), {}), ("linear", (4, 5), (3, 5), {"align_corners": True}),
    ("linear", (1, 3), (4, 1), {}), ("linear", (2, 3, 2), (3, 2, 4), {}),
    ("cubic", (4, 5), (6, 3), {}), ("cubic", (4, 5), (3, 9), {"align_corners": True}),
    ("linear", (7, 9), (3, 4), {"antialias": True}),
    ("cubic", (7, 9), (3, 11), {"antialias": True}),
    ("lanczos", (7, 9), (4, 4), {"antialias": True}),
]  # fmt: skip


def _resampled(mode: str, old: tuple, new: tuple, how: dict) -> tuple[dict, Callable]:
    """(the parameters of our row, torch's interpolation)."""
    params = {"scales": (None,) * len(new), "mode": mode, **how}
    name = TORCH_MODES.get((mode, len(new)), mode)
    return params, functional("interpolate", size=new, mode=name, **how)


def _adjoint(call: Callable, size: tuple) -> Callable:
    """The gradient that torch's `call`, which is linear, sends to an input of `size`."""

    def theirs(T: Any, g: Any) -> Any:
        dtype = g.dtype if g.is_floating_point() else T.float64
        x = T.zeros(size, dtype=dtype, requires_grad=True)
        with T.enable_grad():
            out = T.autograd.grad(call(T, x), x, g.to(dtype), create_graph=True)[0]
        return (out if g.requires_grad else out.detach()).to(g.dtype).contiguous()

    return theirs


def resampling() -> Iterator[Sample]:
    for mode, old, new, how in RESAMPLED:
        params, theirs = _resampled(mode, old, new, how)
        yield ours("resample", theirs, numbers(1, 2, *old), size=new, **params)
        adjoint = _adjoint(theirs, (1, 2, *old))
        yield ours("resample_back", adjoint, numbers(1, 2, *new), size=old, **params)
    scaled = functional("interpolate", scale_factor=(1.7, 0.6), mode="bilinear")
    yield ours("resample", scaled, numbers(2, 1, 4, 5), size=(6, 3), scales=(1.7, 0.6),
               mode="linear")  # fmt: skip
    yield ours("resample", functional("interpolate", size=3), numbers(0, 2, 4), size=(3,),
               scales=(None,), mode="nearest")  # fmt: skip


# ------------------------------------------------------------------ padding

PADDED = [
    ((2, 3), (1, 2)), ((1, 2, 5), (4, -2)), ((2, 3, 4), (2, 1, 0, 2)),
    ((1, 2, 4, 4), (-1, 1, -2, 1)), ((1, 2, 3, 3, 4), (1, 2, 2, 0, -1, 2)), ((0, 3, 3), (0, 2)),
]  # fmt: skip


def padding() -> Iterator[Sample]:
    for (shape, pad), mode in product(PADDED, ("reflect", "replicate", "circular")):
        sides = tuple(zip(pad[::2], pad[1::2]))[::-1]
        if mode == "reflect" and any(max(s) >= n for s, n in zip(sides, shape[-len(sides) :])):
            continue
        if mode == "circular" and min(pad) < 0 and len(shape) == 3:
            continue  # torch fills what it has cropped from itself
        theirs = functional("pad", pad=pad, mode=mode)
        yield ours("pad_edges", theirs, numbers(*shape), sides=sides, mode=mode)
        if shape[0] and min(pad) >= 0:  # torch's own adjoint of a reflected crop is wrong
            size = shape[: -len(sides)]
            size += tuple(n + sum(s) for n, s in zip(shape[-len(sides) :], sides))
            yield ours("pad_edges_back", _adjoint(theirs, shape), numbers(*size), size=shape,
                       sides=sides, mode=mode, label=f"{shape},{mode}")  # fmt: skip
    for shape, pad in [*PADDED, ((3,), ()), ((2, 0), (1, 2))]:
        yield both("constant_pad_nd", numbers(*shape), kind="shape", pad=pad, value=1.5)


# ------------------------------------------------------------------ windows and channels


def windows() -> Iterator[Sample]:
    for how in [
        {"kernel": (2, 3), "dilation": (1, 1), "padding": (0, 0), "stride": (1, 1)},
        {"kernel": (2, 2), "dilation": (2, 1), "padding": (1, 2), "stride": (2, 1)},
    ]:
        torch_how = {"kernel_size" if k == "kernel" else k: v for k, v in how.items()}
        unfold = functional("unfold", **torch_how)
        yield ours("im2col", unfold, numbers(2, 2, 4, 5), **how)
        yield ours("im2col", unfold, numbers(0, 2, 4, 5), **how)
        found = [
            (n + 2 * p - d * (k - 1) - 1) // s + 1
            for n, k, d, p, s in zip((4, 5), *(how[name] for name in how))
        ]
        columns = numbers(1, 2 * how["kernel"][0] * how["kernel"][1], found[0] * found[1])
        fold = functional("fold", output_size=(4, 5), **torch_how)
        yield ours("col2im", fold, columns, size=(4, 5), **how)
    for r in (1, 2, 3):
        yield both("pixel_shuffle", numbers(2, r * r * 2, 2, 3), upscale_factor=r)
        yield both("pixel_unshuffle", numbers(2, 2 * r, 3 * r), downscale_factor=r)
    yield both("pixel_shuffle", numbers(2, 0, 4, 1, 1), derivatives=0, upscale_factor=2)
    for groups in (1, 2, 3):
        yield both("channel_shuffle", numbers(2, 6, 2, 2), groups=groups)
    yield both("channel_shuffle", numbers(2, 0, 3), derivatives=0, groups=2)


# ------------------------------------------------------------------ grids


def _tent(T: Any, d: Any) -> Any:
    return (1 - d.abs()).clamp(min=0)


def _keys(T: Any, d: Any) -> Any:
    d, a = d.abs(), -0.75
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return T.where(d <= 1, near, T.where(d < 2, far, d * 0))


def _sampled(T: Any, x: Any, grid: Any, mode: str, align_corners: bool) -> Any:
    """What grid_sample computes with zeros around, as a product with one matrix for each axis.

    torch has no second derivative of its own.
    """
    factors = None
    for axis in range(2, x.ndim):
        n, at = x.shape[axis], grid[..., 1 - axis]
        at = (at + 1) * ((n - 1) / 2) if align_corners else ((at + 1) * n - 1) / 2
        apart = at.flatten(1).unsqueeze(-1) - T.arange(n, dtype=x.dtype)
        factor = (_tent if mode == "bilinear" else _keys)(T, apart)
        if factors is None:
            factors = factor
        else:
            factors = (factors.unsqueeze(-1) * factor.unsqueeze(-2)).flatten(2)
    samples = T.matmul(x.flatten(2), factors.transpose(1, 2))
    return samples.reshape(*x.shape[:2], *grid.shape[1:-1])


def _spread(T: Any, g: Any, grid: Any, size: tuple, mode: str, align_corners: bool) -> Any:
    """The gradient of the images."""
    x = T.zeros((*g.shape[:2], *size), dtype=g.dtype, requires_grad=True)
    with T.enable_grad():
        out = T.autograd.grad(_sampled(T, x, grid, mode, align_corners), x, g, create_graph=True)[0]
    return out if g.requires_grad else out.detach()


def _slopes(T: Any, g: Any, x: Any, grid: Any, mode: str, align_corners: bool) -> Any:
    """The gradient of the grid."""
    at = grid if grid.requires_grad else grid.detach().requires_grad_()
    with T.enable_grad():
        samples = _sampled(T, x, at, mode, align_corners)
        out = T.autograd.grad(samples, at, g, create_graph=True)[0]
    return out if grid.requires_grad else out.detach()


def grids() -> Iterator[Sample]:
    for dim, mode, padding, align in product(
        (2, 3), ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection"), (False, True)
    ):
        if (dim, mode) == (3, "bicubic"):
            continue
        x = numbers(2, 2, *(3, 4, 2)[:dim])
        grid = numbers(2, *(2, 3, 1)[:dim], dim, low=-1.7, high=1.7)
        how = {"mode": mode, "padding": padding, "align_corners": align}
        theirs = functional("grid_sample", mode=mode, padding_mode=padding, align_corners=align)
        yield ours("grid_values", theirs, x, grid, derivatives=1, order=(0,) * dim, **how)
        yield phrase("grid_sampler", _numbered("grid_sampler", how), x, grid, kind="window",
                     derivatives=1, label=f"{mode},{padding},{align}")  # fmt: skip
        if padding == "zeros" and mode != "nearest":
            yield from _twice(x, grid, how)
    for dim in (2, 3):
        call = _numbered(
            f"grid_sampler_{dim}d", {"mode": "bilinear", "padding": "zeros", "align_corners": True}
        )
        grid = numbers(2, *(2,) * dim, dim)
        yield phrase(f"grid_sampler_{dim}d", call, numbers(2, 1, *(3,) * dim), grid, kind="window",
                     derivatives=1)  # fmt: skip


def _numbered(name: str, how: dict) -> Callable:
    mode = ("bilinear", "nearest", "bicubic").index(how["mode"])
    padding = ("zeros", "border", "reflection").index(how["padding"])
    return lambda T, x, grid: getattr(T, name)(x, grid, mode, padding, how["align_corners"])


def _twice(x: np.ndarray, grid: np.ndarray, how: dict) -> Iterator[Sample]:
    dim = grid.shape[-1]
    g = numbers(*x.shape[:2], *grid.shape[1:-1], seed=5)
    words = {"mode": how["mode"], "align_corners": how["align_corners"]}
    more = {"order": (0,) * dim, **how}
    size = x.shape[2:]
    yield ours("grid_values", lambda T, *t: _sampled(T, *t, **words), x, grid, **more)
    yield ours("grid_spread", lambda T, *t: _spread(T, *t, size=size, **words), g, grid, size=size,
               **more)  # fmt: skip
    for part in (slice(None), slice(1)):  # also another number of rows than of images
        theirs = lambda T, *t: _slopes(T, *t, **words)  # noqa: E731
        yield ours("grid_slopes", theirs, g[:, :, part], x, grid[:, part], **more)


def affine() -> Iterator[Sample]:
    for size, align in product([(2, 1, 3, 4), (2, 1, 1, 2), (2, 1, 2, 3, 1)], (False, True)):
        dim = len(size) - 2
        theta = numbers(2, dim, dim + 1)
        yield both("affine_grid_generator", theta, kind="window", size=size, align_corners=align)

        def base(T: Any, theta: Any, size: tuple = size, align: bool = align) -> Any:
            same = T.eye(len(size) - 2, len(size) - 1, dtype=theta.dtype)[None]
            grid = T.affine_grid_generator(same, (1, *size[1:]), align)
            places = grid.reshape(-1, len(size) - 2)
            return T.cat([places, T.ones_like(places[:, :1])], dim=1)

        yield ours("affine_base", base, theta, derivatives=0, size=size[2:], align_corners=align)


# ------------------------------------------------------------------ normalization


def _parameters(*sizes: int) -> list[list[np.ndarray]]:
    weight, bias = numbers(*sizes, seed=1), numbers(*sizes, seed=2)
    return [[], [weight], [weight, bias]]


def _rest(given: Any, count: int) -> list:
    return [*given, *(None,) * (count - len(given))]


def normalizations() -> Iterator[Sample]:
    x = numbers(2, 4, 3)
    yield both("rms_norm", x, kind="fused", normalized_shape=(3,), eps=1e-3)
    scaled = lambda T, x, w: T.rms_norm(x, (4, 3), w)  # noqa: E731
    yield phrase("rms_norm", scaled, x, numbers(4, 3, seed=1), kind="fused")
    for extra in _parameters(3):
        for name in ("layer_norm", "native_layer_norm"):
            call = lambda T, x, *wb, n=name: getattr(T, n)(x, (3,), *_rest(wb, 2), 1e-3)  # noqa: E731
            yield phrase(name, call, x, *extra, kind="fused")
    rms = functional("rms_norm", normalized_shape=(4, 3), eps=0.1)
    yield ours("normalize_rms", rms, x, over=(1, 2), eps=0.1)
    for extra in _parameters(4):
        yield from _channelwise(x, extra)
    for extra in _parameters(1):
        call = lambda T, x, *wb: T.nn.functional.group_norm(x, 1, *_rest(wb, 2), 1e-3)  # noqa: E731
        yield ours("normalize_groups", call, numbers(3, 1, 5), *extra, over=(1, 2), size=(1, 1),
                   eps=1e-3)  # fmt: skip


def _channelwise(x: np.ndarray, extra: list[np.ndarray]) -> Iterator[Sample]:
    mean, variance = numbers(4, seed=3), numbers(4, low=0.5, high=2, seed=4)
    size = (4, 1)

    def batch(T: Any, x: Any, *wb: Any) -> tuple:
        out = T.nn.functional.batch_norm(x, None, None, *_rest(wb, 2), training=True, eps=1e-3)
        wide = x.float() if x.dtype is T.float16 else x
        over = {"dim": (0, 2), "keepdim": True}
        return out, wide.mean(**over), wide.var(correction=0, **over)

    whole = ours("normalize_batch", batch, x, *extra, over=(0, 2), size=size, eps=1e-3)
    yield whole
    for which in ((0,), (0, 1), (0, 2), (1,), (2,)):
        yield only(whole, *which)

    def fixed(T: Any, x: Any, *wb: Any) -> Any:
        stats = [T.from_numpy(a).to(x.dtype) for a in (mean, variance)]
        if T.__name__ == "minitorch":
            return row("normalize_fixed", size=size, eps=1e-3)(T, x, *stats, *wb)
        return T.nn.functional.batch_norm(x, *stats, *wb, eps=1e-3)

    yield phrase("normalize_fixed", fixed, x, *extra, label=f"{len(extra)}")
    for training in (True, False):

        def running(
            T: Any, x: Any, *wb: Any, name: str = "batch_norm", training: bool = training
        ) -> Any:
            stats = [T.from_numpy(a.copy()).to(x.dtype) for a in (mean, variance)]
            rest = () if name.startswith("native") else (False,)
            out = getattr(T, name)(x, *_rest(wb, 2), *stats, training, 0.3, 1e-3, *rest)
            return (*out, *stats) if isinstance(out, tuple) else (out, *stats)

        for name in ("batch_norm", "native_batch_norm", "instance_norm"):
            call = lambda T, *t, name=name, run=running: run(T, *t, name=name)  # noqa: E731
            yield phrase(name, call, x, *extra, kind="fused", label=f"{training}")
    for groups in (1, 2, 4):
        grouped = lambda T, x, *wb, g=groups: T.group_norm(x, g, *_rest(wb, 2), 1e-3)  # noqa: E731
        yield phrase("group_norm", grouped, x, *extra, kind="fused", label=f"{groups}")
    native = lambda T, x, *wb: T.native_group_norm(  # noqa: E731
        x.contiguous(), *_rest([p.contiguous() for p in wb], 2), 2, 4, 3, 2, 1e-3)  # fmt: skip
    yield phrase("native_group_norm", native, x, *extra, kind="fused")


def compositions() -> Iterator[Sample]:
    """Of `functional` alone."""
    for name, call, x in [
        (
            "local_response_norm",
            functional("local_response_norm", size=3, alpha=0.5),
            numbers(2, 5, 3),
        ),
        (
            "local_response_norm",
            functional("local_response_norm", size=2, k=2.0),
            numbers(1, 4, 2, 2),
        ),
        ("normalize", functional("normalize", p=3.0, dim=-1), numbers(2, 3, seed=9)),
        ("unfold", functional("unfold", kernel_size=2), numbers(2, 3, 3)),
        (
            "interpolate",
            functional("interpolate", scale_factor=1.5, mode="bicubic"),
            numbers(1, 1, 3, 4),
        ),
    ]:
        yield phrase(f"functional.{name}", call, x, kind="fused", label=f"{x.ndim}d")
    whole = integers(1, 4, 3, low=-9, high=9)
    call = functional("local_response_norm", size=3, alpha=0.5)
    yield phrase("functional.local_response_norm", call, whole, kind="fused", derivatives=0,
                 label="whole")  # fmt: skip


def samples() -> Iterator[Sample]:
    yield from resampling()
    yield from padding()
    yield from windows()
    yield from grids()
    yield from affine()
    yield from normalizations()
    yield from compositions()
