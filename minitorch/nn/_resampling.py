"""Padding, resampling and folding: part of `functional`."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.ops import folding, resample, shape
from minitorch.ops import grid as grids
from minitorch.ops._dims import whole
from minitorch.ops.folding import (
    channel_shuffle,
    native_channel_shuffle,
    pixel_shuffle,
    pixel_unshuffle,
)

__all__ = [
    "affine_grid",
    "channel_shuffle",
    "fold",
    "grid_sample",
    "interpolate",
    "native_channel_shuffle",
    "pad",
    "pixel_shuffle",
    "pixel_unshuffle",
    "unfold",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]

# ------------------------------------------------------------------ padding


def pad(input: Tensor, pad: Any, mode: str = "constant", value: float | None = None) -> Tensor:
    """Elements around the last axes: pad = (left, right, top, bottom, ...); negative numbers crop.

    `mode`: 'constant' (`value`), 'reflect' (the inside mirrored), 'replicate' (the last element),
    'circular' (from the other end).
    Raises: RuntimeError for an odd count, too many or too large; NotImplementedError for a number
    of axes or a mode that there is not.
    """
    pad = whole(_sequence(pad, "pad"), "pad")
    if len(pad) % 2:
        raise RuntimeError(f"Padding length must be divisible by 2, got {len(pad)}: {pad}")
    if len(pad) > 2 * input.ndim:
        raise RuntimeError(
            f"Padding length should be less than or equal to two times the input dimension but got "
            f"padding length {len(pad)} and input of dimension {input.ndim}"
        )
    if mode == "constant":
        return resample.constant_pad_nd(input, pad, 0 if value is None else value)
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if value:
        raise RuntimeError(f"pad: expected no value in mode {mode!r}, got {value}")
    sides = tuple(zip(pad[0::2], pad[1::2]))[::-1]
    if not sides or input.ndim - len(sides) not in (1, 2):
        raise NotImplementedError(
            f"pad: expected two numbers for each of the last {max(input.ndim - 2, 1)} or "
            f"{input.ndim - 1} dimensions in mode {mode!r}, got {len(pad)} for shape "
            f"{list(input.shape)}"
        )
    _check_sides(input, sides, mode)
    return resample.pad_edges(input, sides=sides, mode=mode)


def _sequence(given: Any, name: str) -> Any:
    if not isinstance(given, (tuple, list)) or any(isinstance(n, bool) for n in given):
        raise TypeError(
            f"argument '{name}' must be tuple of ints, got {type(given).__name__}: {given}"
        )
    return given


def _check_sides(input: Tensor, sides: tuple, mode: str) -> None:
    """Raise RuntimeError where there is not enough to reflect, repeat or crop."""
    size = tuple(input.shape)
    if mode != "circular":
        if 0 in size[-len(sides) - 1 :]:
            raise RuntimeError(
                f"pad: expected elements in all dimensions but the batch, got shape {list(size)}"
            )
        if input.dtype.category == dtypes.BOOL:
            raise NotImplementedError(f"pad: mode {mode!r} is not implemented for torch.bool")
    for (before, after), n in zip(sides, size[-len(sides) :]):
        most = {"reflect": n - 1, "circular": n}.get(mode)
        if most is not None and max(before, after) > most:
            raise RuntimeError(
                f"pad: expected at most {most} elements on a side in mode {mode!r}, got padding "
                f"({before}, {after}) for a dimension of {n} of shape {list(size)}"
            )
        kept = n + min(before, 0) + min(after, 0) if mode == "circular" else n + before + after
        if kept < 0:
            raise RuntimeError(
                f"pad: expected to crop at most {n} elements, got padding ({before}, {after}) for "
                f"shape {list(size)}"
            )
    if mode != "circular" and not any(n + b + a for (b, a), n in zip(sides, size[-len(sides) :])):
        raise RuntimeError(f"pad: expected to keep elements of shape {list(size)}, got {sides}")


# ------------------------------------------------------------------ interpolation

_KINDS = {
    "nearest": ("nearest", (1, 2, 3)),
    "nearest-exact": ("nearest-exact", (1, 2, 3)),
    "area": ("area", (1, 2, 3)),
    "linear": ("linear", (1,)),
    "bilinear": ("linear", (2,)),
    "trilinear": ("linear", (3,)),
    "bicubic": ("cubic", (2,)),
    "lanczos": ("lanczos", (2,)),
}
_ALIGNED = ("linear", "bilinear", "bicubic", "trilinear", "lanczos")
_SMOOTH = ("bilinear", "bicubic", "lanczos")


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Images of another size: more or fewer elements along all axes after the second.

    Shape: (N, C, *) -> (N, C, *size), or each size times its scale_factor, rounded down
    Raises: ValueError for options that do not go together, NotImplementedError for a mode that
    there is not for these dimensions, RuntimeError for sizes of 0.
    """
    if align_corners is not None and mode not in _ALIGNED:
        raise ValueError(
            f"interpolate: expected align_corners for modes {', '.join(_ALIGNED)} only, got "
            f"{align_corners} for {mode!r}"
        )
    size, scales = _target(input, size, scale_factor, mode, recompute_scale_factor)
    if antialias and (mode not in _SMOOTH or input.ndim != 4):
        raise ValueError(
            f"interpolate: expected antialias with 4 dimensions and modes {', '.join(_SMOOTH)} "
            f"only, got {mode!r} and shape {list(input.shape)}"
        )
    if mode == "lanczos" and (not antialias or align_corners):
        raise ValueError("interpolate: lanczos needs antialias=True, without align_corners")
    kind, ranks = _KINDS.get(mode, ("", ()))
    if input.ndim - 2 not in ranks:
        raise NotImplementedError(
            f"interpolate: mode {mode!r} of shape {list(input.shape)}: expected one of "
            f"{', '.join(_KINDS)}, for {' or '.join(str(r + 2) for r in ranks) or '3 to 5'} "
            "dimensions"
        )
    _check_interpolated(input, size, mode)
    return resample.resample(
        input, size=size, scales=scales, mode=kind, align_corners=bool(align_corners),
        antialias=antialias,
    )  # fmt: skip


def _target(
    input: Tensor, size: Any, scale_factor: Any, mode: str, recompute: bool | None
) -> tuple[tuple, tuple]:
    """(the new sizes, the scales to interpolate by or None for each axis)."""
    old = tuple(input.shape[2:])
    if (size is None) == (scale_factor is None):
        raise ValueError(
            f"interpolate: expected size or scale_factor, got {size} and {scale_factor}"
        )
    given = scale_factor if size is None else size
    each = tuple(given) if isinstance(given, (tuple, list)) else (given,) * len(old)
    if len(each) != len(old):
        raise ValueError(
            f"interpolate: expected a number for each of the dimensions {list(old)}, got {given}"
        )
    if size is not None:
        if recompute:
            raise ValueError("interpolate: recompute_scale_factor means nothing beside a size")
        return whole(each, "size"), (None,) * len(old)
    if not all(isinstance(s, (int, float)) for s in each):
        raise TypeError(f"interpolate: argument 'scale_factor' must be float(s), got {given}")
    made = tuple(int(float(n) * s) for n, s in zip(old, each))
    return made, (None,) * len(old) if recompute or mode == "area" else each


def _check_interpolated(input: Tensor, size: tuple, mode: str) -> None:
    if input.dtype.category != dtypes.FLOAT:
        bytes_of_images = input.dtype is dtypes.uint8
        if not bytes_of_images or mode not in ("nearest", "nearest-exact", *_SMOOTH):
            raise NotImplementedError(f"interpolate: {mode!r} is not implemented for {input.dtype}")
    least = 0 if mode == "area" else 1
    if min(size) < least or 0 in input.shape[1:]:
        raise RuntimeError(
            f"interpolate: expected sizes above 0 of input and output, only the batch may be "
            f"empty, got {list(input.shape)} and {list(size)}"
        )


def _deprecated(name: str) -> None:
    warnings.warn(
        f"functional.{name} is deprecated: functional.interpolate does the same",
        stacklevel=3,
    )


def upsample(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:  # fmt: skip
    """The former name of `interpolate`."""
    _deprecated("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` to the nearest element."""
    _deprecated("upsample_nearest")
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` bilinearly, corners on corners."""
    _deprecated("upsample_bilinear")
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


# ------------------------------------------------------------------ grids


def _corners(align_corners: bool | None) -> bool:
    if align_corners is None:
        warnings.warn(
            "grid_sample and affine_grid take align_corners=False unless it is given, which was "
            "True before torch 1.3.0",
            stacklevel=3,
        )
    return bool(align_corners)


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """The images at the places of `grid`, in [-1, 1] from one side to the other.

    Shape: (N, C, H, W), (N, h, w, 2) -> (N, C, h, w); with one more axis (D, d, 3)
    Raises: ValueError for a mode that there is not, RuntimeError for sizes that do not fit.
    """
    if mode not in grids.MODES:
        raise ValueError(f"grid_sample: expected a mode of {grids.MODES}, got {mode!r}")
    if padding_mode not in grids.PADDINGS:
        raise ValueError(
            f"grid_sample: expected a padding_mode of {grids.PADDINGS}, got {padding_mode!r}"
        )
    align = _corners(align_corners)
    modes = grids.MODES.index(mode), grids.PADDINGS.index(padding_mode)
    return grids.grid_sampler(input, grid, *modes, align)


def affine_grid(theta: Tensor, size: Any, align_corners: bool | None = None) -> Tensor:
    """The grid for `grid_sample` that takes each place p of an image from theta (p, 1).

    Shape: (N, 2, 3) -> (N, H, W, 2) for size (N, C, H, W), or (N, 3, 4) -> (N, D, H, W, 3)
    """
    align = _corners(align_corners)
    if not theta.is_floating_point():
        raise ValueError(f"affine_grid: expected a floating-point theta, got {theta.dtype}")
    if len(size) not in (4, 5):
        raise NotImplementedError(f"affine_grid: expected a size of 4 or 5 numbers, got {size}")
    matrix = (len(size) - 2, len(size) - 1)
    if theta.ndim != 3 or tuple(theta.shape[1:]) != matrix:
        raise ValueError(
            f"affine_grid: expected matrices of shape {list(matrix)} for size {tuple(size)}, got "
            f"{list(theta.shape)}"
        )
    if min(size) <= 0:
        raise ValueError(f"affine_grid: expected sizes above 0, got {tuple(size)}")
    if align and min(size[2:]) == 1:
        warnings.warn(
            "affine_grid: an axis of one element with align_corners=True is at 0, which was -1 "
            "before torch 1.3.0",
            stacklevel=2,
        )
    return grids.affine_grid_generator(theta, size, align)


# ------------------------------------------------------------------ folding


def _two(given: Any, name: str) -> tuple[int, int]:
    found = whole(given if isinstance(given, (tuple, list)) else (given, given), name)
    if len(found) != 2:
        raise RuntimeError(f"expected {name} of two numbers, got {given}")
    return found[0], found[1]


def _how(kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> dict[str, Any]:
    return {
        "kernel": _two(kernel_size, "kernel_size"),
        "dilation": _two(dilation, "dilation"),
        "padding": _two(padding, "padding"),
        "stride": _two(stride, "stride"),
    }


def _in_batches(row: Any, name: str, input: Tensor, rank: int, how: dict[str, Any]) -> Tensor:
    """`row` on a batch of inputs of `rank` dimensions, or on a single one."""
    if input.ndim not in (rank, rank + 1) or 0 in input.shape[-rank:]:
        error = IndexError if input.ndim < rank and name == "unfold" else RuntimeError
        raise error(
            f"{name}: expected {rank} dimensions with elements, or a batch of them, got shape "
            f"{list(input.shape)}"
        )
    if input.ndim > rank:
        return row(input, **how)
    return shape.squeeze(row(shape.unsqueeze(input, dim=0), **how), dim=0)


def unfold(
    input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """The windows of images as columns.

    Shape: (N, C, H, W) -> (N, C kh kw, windows); also without N
    """
    how = _how(kernel_size, dilation, padding, stride)
    return _in_batches(folding.im2col, "unfold", input, 3, how)


def fold(
    input: Tensor, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0,
    stride: Any = 1,
) -> Tensor:  # fmt: skip
    """Columns put back as windows of images of `output_size`, and added where these overlap.

    Shape: (N, C kh kw, windows) -> (N, C, *output_size); also without N
    """
    how = _how(kernel_size, dilation, padding, stride)
    how["size"] = _two(output_size, "output_size")
    return _in_batches(folding.col2im, "fold", input, 2, how)
