"""The poolings of `functional`."""

from __future__ import annotations

from typing import Any

from minitorch import errors, sampling
from minitorch._tensor import Tensor
from minitorch.calls import composition
from minitorch.ops import adaptive, pooling
from minitorch.ops import elementwise as ew
from minitorch.ops.adaptive import adaptive_avg_pool1d
from minitorch.ops.pooling import avg_pool, avg_pool1d, max_pool
from minitorch.ops.window import batched, by, each, letters
from minitorch.row import named

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]


def _with_indices(function: Any, places: int) -> Any:
    """`function`, whose argument at `places` is return_indices, always returning the indices."""

    def call(*args: Any, **kwargs: Any) -> tuple:
        kwargs.pop("return_indices", None)
        return function(*args[:places], *args[places + 1 :], **kwargs, return_indices=True)

    doc = f"As {function.__name__}(..., return_indices=True): (values, indices)."
    return named(call, f"{function.__name__}_with_indices", doc)


# ------------------------------------------------------------------ the largest of each window


@composition
def max_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest of each window; with `return_indices`, also its place.

    Shape: (N, C, L) or (C, L) -> (N, C, l)
    Raises: RuntimeError where the window does not fit.
    """
    return max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@composition
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

    Shape: (N, C, H, W) or (C, H, W) -> (N, C, h, w)
    Raises: RuntimeError where the window does not fit.
    """
    return max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@composition
def max_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest of each window; with `return_indices`, also its flat place in its volume.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> (N, C, d, h, w)
    Raises: RuntimeError where the window does not fit.
    """
    return max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


max_pool1d_with_indices = _with_indices(max_pool1d, 6)
max_pool2d_with_indices = _with_indices(max_pool2d, 6)
max_pool3d_with_indices = _with_indices(max_pool3d, 6)


# ------------------------------------------------------------------ the mean of each window


@composition
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

    Shape: (N, C, H, W) or (C, H, W) -> (N, C, h, w)
    """
    return avg_pool(
        2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


@composition
def avg_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> (N, C, d, h, w)
    """
    return avg_pool(
        3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def _lp_pool(axes: int, input: Any, norm_type: float, kernel: Any, stride: Any, ceil: bool) -> Any:
    count = 1
    for k in each(kernel, axes, "kernel_size"):
        count *= k
    mean = avg_pool(axes, input**norm_type, kernel, stride, 0, ceil, True)
    # An odd power may be negative: the root is then that of the absolute value, with the sign.
    return (ew.sign(mean) * ew.relu(ew.abs(mean)) * count) ** (1.0 / norm_type)


@composition
def lp_pool1d(
    input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """(sum of x ** p) ** (1 / p) of each window. Shape: (N, C, L) or (C, L) -> (N, C, l)"""
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


@composition
def lp_pool2d(
    input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """(sum of x ** p) ** (1 / p) of each window. Shape: (N, C, H, W) -> (N, C, h, w)"""
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


@composition
def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """(sum of x ** p) ** (1 / p) of each window. Shape: (N, C, D, H, W) -> (N, C, d, h, w)"""
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)


# ------------------------------------------------------------------ a given number of windows


def _filled(axes: int, input: Any, output_size: Any) -> Any:
    """`output_size` with the input's own size in place of None.

    Raises: ValueError for an input without that many axes.
    """
    if isinstance(output_size, int):
        return output_size
    if input.ndim <= len(output_size):
        raise ValueError(
            f"Input dimension should be at least {len(output_size) + 1}, got {list(input.shape)}"
        )
    if len(output_size) != axes:
        raise RuntimeError(f"output_size must be an int or {axes} of them, got {output_size}")
    return tuple(n if m is None else m for n, m in zip(input.shape[-axes:], output_size))


@composition
def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The means of as many windows as `output_size` says; None keeps an axis.

    Shape: (N, C, H, W) or (C, H, W) -> (N, C, *output_size)
    """
    size = _filled(2, input, output_size)
    return adaptive.pool("adaptive_avg_pool2d", 2, adaptive.adaptive_mean, input, size)


@composition
def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """The means of as many windows as `output_size` says; None keeps an axis.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> (N, C, *output_size)
    """
    size = _filled(3, input, output_size)
    return adaptive.pool("adaptive_avg_pool3d", 3, adaptive.adaptive_mean, input, size)


def _adaptive_max(axes: int, input: Any, output_size: Any, indices: bool) -> Any:
    size = _filled(axes, input, output_size) if axes > 1 else output_size
    found = adaptive.pool(f"adaptive_max_pool{axes}d", axes, adaptive.adaptive_max, input, size)
    return found if indices else found[0]


@composition
def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest of each of `output_size` windows; with `return_indices`, also its place.

    Shape: (N, C, L) or (C, L) -> (N, C, l)
    """
    return _adaptive_max(1, input, output_size, return_indices)


@composition
def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest of each of as many windows as `output_size` says; None keeps an axis.

    Shape: (N, C, H, W) or (C, H, W) -> (N, C, *output_size)
    """
    return _adaptive_max(2, input, output_size, return_indices)


@composition
def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest of each of as many windows as `output_size` says; None keeps an axis.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> (N, C, *output_size)
    """
    return _adaptive_max(3, input, output_size, return_indices)


adaptive_max_pool1d_with_indices = _with_indices(adaptive_max_pool1d, 2)
adaptive_max_pool2d_with_indices = _with_indices(adaptive_max_pool2d, 2)
adaptive_max_pool3d_with_indices = _with_indices(adaptive_max_pool3d, 2)


# ------------------------------------------------------------------ windows at uneven steps


def _fractional(
    axes: int, input: Any, kernel_size: Any, size: Any, ratio: Any, indices: bool, samples: Any
) -> Any:
    name = f"fractional_max_pool{axes}d"
    if size is None and ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    errors.check_floating(input._array, name)
    kernel = each(kernel_size, axes, "kernel_size")
    if input.ndim not in (axes + 1, axes + 2) or 0 in input.shape[1:]:
        raise RuntimeError(
            f"{name}: expected an input of shape {letters(axes)}, only the first size may be 0, "
            f"got {list(input.shape)}"
        )
    if size is None:
        if not isinstance(ratio, (tuple, list)):
            if axes == 2:
                raise TypeError(f"{name}: expected a tuple of 2 ratios, got {ratio}")
            ratio = (ratio,) * axes
        size = tuple(int(n * r) for n, r in zip(input.shape[-axes:], ratio))
    count = each(size, axes, "output_size")
    spare = 1 if axes == 3 else 0  # a volume must be larger than its windows, as in torch
    for n, k, m in zip(input.shape[-axes:], kernel, count):
        if k < 1 or m < 0 or m + k - 1 + spare > n:
            raise RuntimeError(
                f"{name}: expected {by(count)} windows of ({by(kernel)}) to fit the input, got "
                f"({by(input.shape[-axes:])})"
            )
    batch = input.shape[0] if input.ndim == axes + 2 else 1
    if samples is None:
        samples = sampling.rand(batch, input.shape[-axes - 1], axes, dtype=input.dtype)
    elif tuple(samples.shape[1:]) != (input.shape[-axes - 1], axes) or len(samples) < batch:
        raise RuntimeError(
            f"{name}: expected random samples of shape {[batch, input.shape[-axes - 1], axes]}, "
            f"got {list(samples.shape)}"
        )
    else:
        samples = samples[:batch]
    how = {"kernel": kernel, "count": count}
    found = batched(lambda x: adaptive.fractional_max(x, samples, **how), input, axes)
    return found if indices else found[0]


@composition
def fractional_max_pool2d(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """The largest of windows at random steps, as many as `output_size` or `output_ratio` says.

    Shape: (N, C, H, W) or (C, H, W) -> (N, C, h, w)
    Source: Graham, Fractional Max-Pooling (2014).
    """
    return _fractional(
        2, input, kernel_size, output_size, output_ratio, return_indices, _random_samples
    )


@composition
def fractional_max_pool3d(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """The largest of windows at random steps; see fractional_max_pool2d.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> (N, C, d, h, w)
    """
    return _fractional(
        3, input, kernel_size, output_size, output_ratio, return_indices, _random_samples
    )


fractional_max_pool2d_with_indices = _with_indices(fractional_max_pool2d, 4)
fractional_max_pool3d_with_indices = _with_indices(fractional_max_pool3d, 4)


# ------------------------------------------------------------------ undoing a max pooling


def _unpool(
    axes: int, input: Any, indices: Any, kernel_size: Any, stride: Any, padding: Any, size: Any
) -> Any:
    name = f"max_unpool{axes}d"
    kernel = each(kernel_size, axes, "kernel_size")
    stride = kernel if stride in (None, (), []) else each(stride, axes, "stride")
    padding = each(padding, axes, "padding")
    if min(stride) < 1:
        raise RuntimeError(f"{name}: expected a stride above 0, got {stride}")
    size = _unpooled_size(name, input.shape[-axes:], kernel, stride, padding, size)
    if indices._array.dtype != "int64":
        raise RuntimeError(f"{name}: expected indices of torch.int64, got {indices.dtype}")
    if input.ndim not in (axes + 1, axes + 2) or input.shape != indices.shape:
        raise RuntimeError(
            f"{name}: expected an input of shape {letters(axes)} and indices of the same, got "
            f"{list(input.shape)} and {list(indices.shape)}"
        )
    if 0 in input.shape[-axes - 1 :]:
        raise RuntimeError(f"{name}: only N may be 0, got {list(input.shape)}")
    errors.check_floating(input._array, name)
    shape = (*input.shape[:-axes], *size)
    if input.ndim == axes + 2:
        return pooling.max_unpooling(input, indices, size=shape)
    one = pooling.max_unpooling(input.unsqueeze(0), indices.unsqueeze(0), size=(1, *shape))
    return one.squeeze(0)


def _unpooled_size(
    name: str, size: Any, kernel: tuple, stride: tuple, padding: tuple, wanted: Any
) -> tuple:
    """The sizes that the pooling may have had: `wanted`, where it is near enough."""
    plain = tuple((n - 1) * s + k - 2 * p for n, k, s, p in zip(size, kernel, stride, padding))
    if wanted is None:
        return plain
    if len(wanted) == len(kernel) + 2:
        wanted = wanted[2:]
    if len(wanted) != len(kernel):
        raise ValueError(
            f"{name}: expected an output_size of {len(kernel)} or {len(kernel) + 2} sizes, got "
            f"{tuple(wanted)}"
        )
    for n, s, m in zip(plain, stride, wanted):
        if not n - s < m < n + s:
            raise ValueError(
                f"{name}: expected an output_size between {n - s} and {n + s}, both excluded, got "
                f"{m} in {tuple(wanted)}"
            )
    return tuple(wanted)


@composition
def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Tensor:
    """Zeros with the elements of `input` at `indices`, the places that max_pool1d returned.

    Shape: (N, C, l) or (C, l) -> (N, C, L)
    Raises: ValueError for an `output_size` that no such pooling has had.
    """
    return _unpool(1, input, indices, kernel_size, stride, padding, output_size)


@composition
def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Tensor:
    """Zeros with the elements of `input` at `indices`, the places that max_pool2d returned.

    Shape: (N, C, h, w) or (C, h, w) -> (N, C, H, W)
    """
    return _unpool(2, input, indices, kernel_size, stride, padding, output_size)


@composition
def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Tensor:
    """Zeros with the elements of `input` at `indices`, the places that max_pool3d returned.

    Shape: (N, C, d, h, w) or (C, d, h, w) -> (N, C, D, H, W)
    """
    return _unpool(3, input, indices, kernel_size, stride, padding, output_size)
