"""How far two tensors lie apart: absolute, relative to the tensor, and in ulp.

`relative` is what is judged. It is a norm over the whole tensor, since a single element may be
the small difference of large numbers and differ by many times itself between correct engines.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from harness.channel import Arrays

EPS = 2.0**-23
"""The spacing of float32 numbers just above 1."""


class Distance(NamedTuple):
    """`max_abs`: the largest difference of two elements; `ulp`: the same in units of the spacing of
    the reference's largest element; `relative`: 2-norm of the difference over the reference's."""

    max_abs: float
    relative: float
    ulp: float


def step_distances(arrays: Arrays, reference: Arrays) -> dict[str, Distance]:
    """The distance of every array that both steps have, to the reference's."""
    scales = step_norms({key: array for key, array in reference.items() if key in arrays})
    return {
        key: distance(
            arrays[key],
            reference[key],
            scale,
            spare=_spared(reference[key].size) if kind_of(key) == "parameter" else 0,
        )
        for key, scale in scales.items()
    }


def step_norms(arrays: Arrays) -> dict[str, float]:
    """The 2-norm of every array of a step, the scale that differences are measured on.

    A gradient that is zero on paper (a bias before batch normalization) is rounding noise on any
    engine: no scale is finer than EPS of the largest norm of its kind.
    """
    norms = {key: _finite_norm(array) for key, array in arrays.items()}
    largest: dict[str, float] = {}
    for key, norm in norms.items():
        largest[kind_of(key)] = max(largest.get(kind_of(key), 0.0), norm)
    return {key: max(norm, EPS * largest[kind_of(key)]) for key, norm in norms.items()}


def distance(a: np.ndarray, b: np.ndarray, scale: float, spare: int = 0) -> Distance:
    """The distance of `a` from `b`; NaN equals NaN, and an infinity equals itself.

    The `spare` largest differences do not count towards `relative`.
    """
    difference = _difference(a, b)
    max_abs = float(difference.max(initial=0.0))
    if max_abs == 0:
        return Distance(0.0, 0.0, 0.0)
    if spare:
        difference = np.partition(difference, -spare)[:-spare]
    norm = _norm(difference)
    relative = norm / scale if scale > 0 else (np.inf if norm else 0.0)
    return Distance(max_abs, relative, max_abs / spacing(b))


def kind_of(key: str) -> str:
    """What a key stands for: loss, gradient, parameter, buffer, optimizer or learning rate.

    >>> kind_of("gradient fc1.weight")
    'gradient'
    """
    return key if key in ("loss", "learning rate") else key.partition(" ")[0]


def name_of(key: str) -> str:
    """The tensor's name in a key; empty for the loss and the learning rate.

    >>> name_of("gradient fc1.weight")
    'fc1.weight'
    """
    return key.removeprefix(kind_of(key)).lstrip()


def _spared(size: int) -> int:
    """How many elements of a parameter may be at odds: 1, or 1 in 1,000.

    Adam divides a gradient by its own size, so where a gradient is rounding noise around zero its
    sign decides between a full step up and a full step down, on any engine.
    """
    return max(1, size // 1000) if size >= 10 else 0


def _difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """|a - b|, flat; infinite where only one of the two is a number, 0 where none is."""
    if a.dtype != b.dtype or a.dtype.kind != "f" or a.dtype.itemsize < 4:
        a, b = a.astype(np.float64), b.astype(np.float64)
    a, b = a.ravel(), b.ravel()
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.abs(a - b)
    if not np.isfinite(difference.max(initial=0)):
        difference[(a == b) | (np.isnan(a) & np.isnan(b))] = 0
        difference[np.isnan(difference)] = np.inf
    return difference


def _finite_norm(array: np.ndarray) -> float:
    values = array.ravel() if array.dtype.kind == "f" else array.astype(np.float64).ravel()
    norm = _norm(values)
    return norm if np.isfinite(norm) else _norm(values[np.isfinite(values)])


def _norm(values: np.ndarray) -> float:
    """The 2-norm; in float32 where that neither overflows nor underflows: twice as fast."""
    with np.errstate(over="ignore"):
        square = float(np.dot(values, values)) if values.dtype.itemsize >= 4 else 0.0
    return square**0.5 if 1e-25 < square < 1e30 else float(np.linalg.norm(values.astype("d")))


def spacing(array: np.ndarray) -> float:
    """One ulp of the largest finite element, in the array's own precision, float32 for integers."""
    dtype = array.dtype if array.dtype.kind == "f" else np.dtype(np.float32)
    largest = dtype.type(np.abs(array).max(initial=0))
    if not np.isfinite(largest):
        largest = dtype.type(np.abs(array[np.isfinite(array)]).max(initial=0))
    return float(np.spacing(max(largest, np.finfo(dtype).tiny)))
