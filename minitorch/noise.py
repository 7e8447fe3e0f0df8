"""What multiplies by random numbers: dropout, as torch's own functions, and rrelu.

Which elements fall, and every number drawn, is torch's choice for the same seed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import errors
from ._random_bounds import kind_of
from ._tensor import Tensor, wrap
from .calls import in_vmap
from .inplace import inplace, overwrite
from .memory import dense_like
from .ops import elementwise, fused
from .random import default_generator
from .row import named
from .sampling import generator_or_default

__all__ = [
    "alpha_dropout",
    "alpha_dropout_",
    "dropout",
    "dropout_",
    "feature_alpha_dropout",
    "feature_alpha_dropout_",
    "feature_dropout",
    "feature_dropout_",
    "native_dropout",
    "rrelu",
    "rrelu_",
]

_SELU_FLOOR = 1.7580993408473766  # minus what SELU tends to at minus infinity


# ------------------------------------------------------------------ dropout


def _undrawn(input: Tensor, features: bool) -> Any:
    """An array for what stays and what falls: each element, or each (sample, channel) as a whole.

    Raises: RuntimeError for features of an input without two dimensions.
    """
    if not features:
        return dense_like(input._array)  # filled in the order of the memory
    if input.ndim < 2:
        raise RuntimeError(
            f"Feature dropout requires at least 2 dimensions in the input, got {input.ndim}"
        )
    return np.empty((*input.shape[:2], *(1,) * (input.ndim - 2)), input._array.dtype)


def dropped(input: Tensor, p: float, features: bool) -> Tensor:
    """`input` with what falls at 0 and what stays over 1 - p."""
    return input * _for_samples(_drawn_noise, input, p, features)


def dropped_to_floor(input: Tensor, p: float, features: bool) -> Tensor:
    """What falls goes to SELU's floor; an affine map then restores mean 0 and variance 1.

    Source: Klambauer et al. 2017, https://arxiv.org/abs/1706.02515
    """
    factor, shift = _for_samples(_drawn_floor, input, p, features)
    return input * factor + shift


def _for_samples(draw: Any, input: Tensor, p: float, features: bool) -> Any:
    """What `draw` makes; inside vmap for all samples at once."""
    if in_vmap:
        return in_vmap[0].alike(draw, input, (p, features), {}, True, features)
    return draw(input, p, features)


def _drawn_noise(input: Tensor, p: float, features: bool) -> Tensor:
    return wrap(default_generator.fill_noise(_undrawn(input, features), 1 - p))


def _drawn_floor(input: Tensor, p: float, features: bool) -> tuple[Tensor, Tensor]:
    """What SELU's dropout multiplies by, and what it adds."""
    keep = default_generator.fill_bernoulli(_undrawn(input, features), 1 - p)
    number = keep.dtype.type
    a = 1 / math.sqrt((_SELU_FLOOR**2 * p + 1) * (1 - p))
    shift = (keep - number(1)) * number(_SELU_FLOOR * a) + number(_SELU_FLOOR * a * p)
    return wrap(keep * number(a)), wrap(shift)


def drop_out(
    name: str, drop: Any, features: bool, input: Tensor, p: float, training: bool, inplace: bool
) -> Tensor:
    """`input` itself where nothing can fall, 0 where all does, else what `drop` makes of it."""
    if not training or p == 0 or not input.numel():
        return input
    if p == 1:
        out = input * wrap(np.zeros((), input._array.dtype))
    elif input._array.dtype.kind in "fV":
        out = drop(input, p, features)
    else:
        raise RuntimeError(f"{name}: expected a floating-point dtype, got {input.dtype}")
    return overwrite(input, out, f"{name}_") if inplace else out


def _pair(name: str, drop: Any, features: bool, summary: str) -> list:
    """torch's function (input, p, train) and its in-place form."""

    def form(in_place: bool) -> Any:
        def function(input: Tensor, p: float, train: bool) -> Tensor:
            errors.check_tensor(input, name, "input")
            if not 0 <= p <= 1:
                raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p}")
            return drop_out(name, drop, features, input, p, train, in_place)

        return named(function, name + "_" * in_place, summary)

    return [form(False), form(True)]


dropout, dropout_ = _pair(
    "dropout", dropped, False, "Each element 0 with probability p, else over 1 - p."
)
feature_dropout, feature_dropout_ = _pair(
    "feature_dropout", dropped, True, "`dropout` of whole channels of (N, C, ...)."
)
alpha_dropout, alpha_dropout_ = _pair(
    "alpha_dropout", dropped_to_floor, False, "Dropout for SELU networks: mean and variance stay."
)
feature_alpha_dropout, feature_alpha_dropout_ = _pair(
    "feature_alpha_dropout", dropped_to_floor, True, "`alpha_dropout` of whole channels."
)


def native_dropout(input: Tensor, p: float, train: bool | None) -> tuple[Tensor, Tensor]:
    """(input with each element 0 with probability p, else over 1 - p; where it is kept).

    Raises: RuntimeError for p outside [0, 1].
    """
    errors.check_tensor(input, "native_dropout", "input")
    if train is not None and not train:
        return input.clone(), wrap(np.ones(input.shape, bool))
    if input._array.dtype.kind not in "fV":
        raise RuntimeError(f"native_dropout: expected a floating-point dtype, got {input.dtype}")
    if p == 1:
        return input * 0.0, wrap(np.zeros(input.shape, bool))
    mask = wrap(default_generator.fill_bernoulli(dense_like(input._array, bool), 1 - p))
    return input * mask * (1 / (1 - p)), mask


# ------------------------------------------------------------------ rrelu


def rrelu(
    input: Tensor,
    lower: float = 0.125,
    upper: float = 1 / 3,
    training: bool = False,
    generator: Any = None,
) -> Tensor:
    """input where it is positive, else a slope times it: one of [lower, upper), drawn in training.

    Outside training the slope is the middle of the two.
    Source: Xu et al. 2015, https://arxiv.org/abs/1505.00853
    Raises: RuntimeError for bounds that are not finite or not ordered.
    """
    errors.check_tensor(input, "rrelu", "input")
    for name, bound in (("lower", lower), ("upper", upper)):
        errors.check_number(bound, "rrelu", name)
        if not math.isfinite(bound):
            raise RuntimeError(f"rrelu: expected finite bounds, got {name}={bound}")
    if lower > upper:
        raise RuntimeError(f"rrelu: expected lower <= upper, got {lower} and {upper}")
    errors.check_floating(input._array, "rrelu")
    if not training:
        return fused.leaky_relu(input, negative_slope=(lower + upper) / 2)
    x = input._array
    below = x <= 0
    slopes = np.ones(x.shape, x.dtype)
    number = kind_of(x.dtype).number
    low, high = float(number(lower)), float(number(upper))  # torch has the bounds in the dtype
    u = generator_or_default(generator).uniform(np.count_nonzero(below), 0.0, 1.0, np.float64)
    slopes[below] = u * (high - low) + low
    return elementwise.mul(input, wrap(slopes))


rrelu_ = inplace(rrelu, "rrelu_")
