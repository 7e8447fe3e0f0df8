"""The dropout family of `functional`: which elements fall is torch's choice for the same seed."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from minitorch._random_bounds import kind_of
from minitorch._tensor import Tensor, wrap
from minitorch.inplace import overwrite
from minitorch.memory import dense_like
from minitorch.random import default_generator
from minitorch.row import named

_SELU_FLOOR = 1.7580993408473766  # minus what SELU tends to at minus infinity


def _keep(input: Tensor, p: float, features: bool) -> Any:
    """1 for what stays, 0 for what falls: each element, or each (sample, channel) as a whole.

    Raises: RuntimeError for integers, and for features of an input without two dimensions.
    """
    if kind_of(input._array.dtype).number is None:
        raise RuntimeError(f"dropout: expected a floating-point dtype, got {input.dtype!r}")
    if not features:
        mask = dense_like(input._array)  # filled in the order of the memory
    elif input.ndim < 2:
        raise RuntimeError(
            f"Feature dropout requires at least 2 dimensions in the input, got {input.ndim}"
        )
    else:
        mask = np.empty((*input.shape[:2], *(1,) * (input.ndim - 2)), input._array.dtype)
    return default_generator.fill_bernoulli(mask, 1 - p)


def _dropped(input: Tensor, p: float, features: bool) -> Tensor:
    noise = _keep(input, p, features)
    noise /= kind_of(noise.dtype).number(1 - p)  # half precision is divided in float32
    return input * wrap(noise)


def _dropped_to_floor(input: Tensor, p: float, features: bool) -> Tensor:
    """What falls goes to SELU's floor; an affine map then restores mean 0 and variance 1.

    Source: Klambauer et al. 2017, https://arxiv.org/abs/1706.02515
    """
    keep = _keep(input, p, features)
    number = keep.dtype.type
    a = 1 / math.sqrt((_SELU_FLOOR**2 * p + 1) * (1 - p))
    shift = (keep - number(1)) * number(_SELU_FLOOR * a) + number(_SELU_FLOOR * a * p)
    return input * wrap(keep * number(a)) + wrap(shift)


def _check(p: float) -> None:
    if not 0.0 <= p <= 1.0:
        error = RuntimeError if p != p else ValueError  # NaN, as torch
        raise error(f"dropout probability has to be between 0 and 1, but got {p}")


def _dropout(
    name: str, drop: Any, features: bool, input: Tensor, p: float, training: bool, inplace: bool
) -> Tensor:
    if not training or p == 0 or not input.numel():
        return input
    out = input * wrap(np.zeros((), input._array.dtype)) if p == 1 else drop(input, p, features)
    return overwrite(input, out, f"{name}_") if inplace else out


def _family(name: str, drop: Any, features: bool, training: bool, summary: str) -> Any:
    def function(
        input: Tensor, p: float = 0.5, training: bool = training, inplace: bool = False
    ) -> Tensor:
        _check(p)
        if not isinstance(input, Tensor):
            raise TypeError(
                f"{name}(): argument 'input' must be Tensor, not {type(input).__name__}"
            )
        return _dropout(name, drop, features, input, p, training, inplace)

    return named(function, name, f"{summary}\n\n    Raises: ValueError for p outside [0, 1].\n")


dropout = _family(
    "dropout", _dropped, False, True,
    "Each element 0 with probability p, else divided by 1 - p; itself when not training.\n\n"
    "    Source: Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html",
)  # fmt: skip
alpha_dropout = _family(
    "alpha_dropout", _dropped_to_floor, False, False,
    "Dropout for SELU networks: mean and variance stay.\n\n"
    "    Source: Klambauer et al. 2017, https://arxiv.org/abs/1706.02515",
)  # fmt: skip
feature_alpha_dropout = _family(
    "feature_alpha_dropout", _dropped_to_floor, True, False,
    "`alpha_dropout` of whole channels.",
)  # fmt: skip


def _channels(input: Tensor, p: float, training: bool, inplace: bool, batched: bool) -> Tensor:
    """Drop whole channels of (N, C, ...), or of (C, ...) if not `batched`."""
    if batched:
        return _dropout("feature_dropout", _dropped, True, input, p, training, inplace)
    batch = input.unsqueeze_(0) if inplace else input.unsqueeze(0)
    out = _dropout("feature_dropout", _dropped, True, batch, p, training, inplace)
    return out.squeeze_(0) if inplace else out.squeeze(0)


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Whole channels of (N, C, L) or (C, L) 0 with probability p, the others divided by 1 - p.

    Raises: ValueError for p outside [0, 1]; RuntimeError for other numbers of dimensions.
    """
    _check(p)
    if input.ndim not in (2, 3):
        raise RuntimeError(f"dropout1d: expected a 2D or 3D input, got {input.ndim}D")
    return _channels(input, p, training, inplace, batched=input.ndim == 3)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Whole channels of (N, C, H, W) 0 with probability p, the others divided by 1 - p.

    As in torch, 3 dimensions are (N, C, L), with a warning.

    Raises: ValueError for p outside [0, 1]; RuntimeError for fewer than 2 dimensions.
    """
    _check(p)
    if input.ndim not in (3, 4):
        warnings.warn(
            f"dropout2d: got a {input.ndim}-D input; use dropout for it, as channels are "
            "dropped along the first two dimensions",
            stacklevel=2,
        )
    elif input.ndim == 3:
        warnings.warn(
            "dropout2d: a 3-D input is taken as (N, C, L); use dropout1d for that", stacklevel=2
        )
    return _channels(input, p, training, inplace, batched=True)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Whole channels of (N, C, D, H, W) or (C, D, H, W) 0 with probability p, others / (1 - p).

    Raises: ValueError for p outside [0, 1].
    """
    _check(p)
    if input.ndim not in (4, 5):
        warnings.warn(
            f"dropout3d: got a {input.ndim}-D input; use dropout for it, as channels are "
            "dropped along the first two dimensions",
            stacklevel=2,
        )
    return _channels(input, p, training, inplace, batched=input.ndim == 5)
