"""What a dtype can hold, and so which bounds a random draw into it may have."""

from __future__ import annotations

import functools
import warnings
from operator import index
from typing import Any, NamedTuple

import numpy as np

from . import dtypes


class Kind(NamedTuple):
    """What a dtype can hold."""

    name: str  # torch.float32
    number: Any  # the type its random floats are computed in, None for integers
    least: Any
    largest: Any
    integers: int  # the integer up to which it has every one


@functools.cache
def kind_of(dtype: np.dtype) -> Kind:
    name = repr(dtypes.from_numpy_dtype(dtype))
    if dtype.kind == "b":
        return Kind(name, None, 0, 1, 1)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return Kind(name, None, info.min, info.max, info.max)
    number = np.float64 if dtype == np.float64 else np.float32
    if dtype.kind == "f":
        largest, digits = float(np.finfo(dtype).max), np.finfo(dtype).nmant + 1
    else:
        largest, digits = 3.3895313892515355e38, 8  # bfloat16
    return Kind(name, number, -largest, largest, 1 << digits)


def computed_in(array: np.ndarray, called: str) -> Any:
    """The type an array's floats are computed in. Raises: NotImplementedError for integers."""
    kind = kind_of(array.dtype)
    if kind.number is None:
        raise NotImplementedError(f"{called} is not implemented for {kind.name}")
    return kind.number


def check_bounds(dtype: np.dtype, low: float, high: float) -> None:
    kind = kind_of(dtype)
    for name, bound in (("from", low), ("to", high)):
        if not kind.least <= bound <= kind.largest:
            raise RuntimeError(f"uniform_: {name}={bound} is out of bounds for {kind.name}")
    if low > high:
        raise RuntimeError(f"uniform_ expects from <= to, got from={low} > to={high}")
    if high - low > kind.largest:
        raise RuntimeError(
            f"uniform_: to - from = {high - low} exceeds the largest {kind.name}, {kind.largest}"
        )


def integer_range(low: int, high: int | None, dtype: np.dtype) -> tuple[int, int]:
    """The first integer and their number, within what a float dtype can hold.

    Raises: TypeError for bounds that are no integers; RuntimeError for an empty range and for
    bounds out of the dtype's.
    """
    kind = kind_of(dtype)
    try:
        low, high = index(low), None if high is None else index(high)
    except TypeError:
        raise TypeError(f"random_ expects integers, got from={low!r}, to={high!r}") from None
    if high is not None and low >= high:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )
    last = kind.integers if high is None else high - 1
    for name, bound in (("from", low), ("to - 1", last)):
        if not kind.least <= bound <= kind.largest:
            raise RuntimeError(f"random_: {name}={bound} is out of bounds for {kind.name}")
        if kind.number and abs(bound) > kind.integers:
            warnings.warn(
                f"random_: {name}={bound}: beyond {kind.integers}, {kind.name} does not have every "
                "integer, so the numbers are not evenly distributed",
                stacklevel=4,
            )
    if kind.number:
        low, last = _round_inward(low, last, dtype.type, kind.integers)
    if low > last:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to' in {kind.name}, "
            f"but got from={low} > to - 1={last}"
        )
    return low, last - low + 1


def _round_inward(low: int, last: int, number: Any, integers: int) -> tuple[int, int]:
    """Move bounds that a float type rounds outward to the next ones it has, as torch does."""
    near = int(number(low + 1))
    if near < low:
        low = near + _spacing(low + 1, integers)
    near = int(number(last))
    if last < near < 1 << 63:  # torch's own conversion to int64 wraps beyond
        last = near - _spacing(last, integers) - 1
    return low, last


def _spacing(value: int, integers: int) -> int:
    """The distance of neighbours near `value` in a float type with all integers to `integers`."""
    return (1 << abs(value).bit_length()) // integers


def check_all_bits(dtype: np.dtype) -> None:
    kind = kind_of(dtype)
    if kind.name not in ("torch.int64", "torch.float64", "torch.float32", "torch.bfloat16"):
        error = RuntimeError if dtype.kind in "iu" else NotImplementedError
        raise error(f"random_ from -2**63 without 'to' is not implemented for {kind.name}")


def check_floating(dtype: np.dtype, called: str) -> None:
    """Raises: RuntimeError, as torch's continuous distributions do, for integers and bools."""
    kind = kind_of(dtype)
    if kind.number is None:
        raise RuntimeError(f"{called} draws from a continuous distribution, not into {kind.name}")


def check_not_bool(dtype: np.dtype, called: str) -> None:
    if dtype == np.bool_:
        raise NotImplementedError(f"{called} is not implemented for torch.bool")


def computed_from_double(dtype: np.dtype) -> Any:
    """What a float64 is converted to on its way into an array of that dtype.

    Half precision comes from float32, short integers from int32: what does not fit is cut there.
    """
    return kind_of(dtype).number or (np.int64 if dtype.itemsize == 8 else np.int32)


def check_positive(called: str, name: str, value: float) -> None:
    if not value > 0:
        raise RuntimeError(f"{called} expects {name} > 0, but found {name}={value}")


def check_weights(p: np.ndarray, num_samples: int, replacement: bool) -> None:
    """Raises: RuntimeError unless `p` holds distributions with `num_samples` to choose from."""
    if kind_of(p.dtype).number is None:
        raise RuntimeError(
            f"multinomial only supports floating-point dtypes, got: {kind_of(p.dtype).name}"
        )
    if p.ndim not in (1, 2):
        raise RuntimeError(f"multinomial expects weights of 1 or 2 dimensions, got {p.ndim}")
    if num_samples <= 0:
        raise RuntimeError(f"multinomial cannot sample n_sample <= 0 samples, got {num_samples}")
    if not replacement and num_samples > p.shape[-1]:
        raise RuntimeError(
            f"multinomial cannot sample {num_samples} of {p.shape[-1]} without replacement"
        )
    valid = (p >= 0) & (p < np.inf)
    if not valid.all():
        raise RuntimeError(f"multinomial: {p[~valid][0]} cannot be a weight; inf, nan, < 0 are not")
    if not (p > 0).any(axis=-1).all():
        raise RuntimeError("multinomial: the weights of each row must have a sum above 0")
