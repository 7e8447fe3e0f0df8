"""The dropout family of `functional`: which elements fall is torch's choice for the same seed."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch import errors
from minitorch._tensor import Tensor
from minitorch.noise import drop_out, dropped, dropped_to_floor
from minitorch.row import named

__all__ = [
    "alpha_dropout",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "feature_alpha_dropout",
]


def _check(p: float) -> None:
    if not 0.0 <= p <= 1.0:
        error = RuntimeError if p != p else ValueError  # NaN, as torch
        raise error(f"dropout probability has to be between 0 and 1, but got {p}")


def _family(name: str, drop: Any, features: bool, training: bool, summary: str) -> Any:
    def function(
        input: Tensor, p: float = 0.5, training: bool = training, inplace: bool = False
    ) -> Tensor:
        _check(p)
        errors.check_tensor(input, name, "input")
        return drop_out(name, drop, features, input, p, training, inplace)

    return named(function, name, f"{summary}\n\n    Raises: ValueError for p outside [0, 1].\n")


dropout = _family(
    "dropout", dropped, False, True,
    "Each element 0 with probability p, else divided by 1 - p; itself when not training.\n\n"
    "    Source: Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html",
)  # fmt: skip
alpha_dropout = _family(
    "alpha_dropout", dropped_to_floor, False, False,
    "Dropout for SELU networks: mean and variance stay.\n\n"
    "    Source: Klambauer et al. 2017, https://arxiv.org/abs/1706.02515",
)  # fmt: skip
feature_alpha_dropout = _family(
    "feature_alpha_dropout", dropped_to_floor, True, False,
    "`alpha_dropout` of whole channels.",
)  # fmt: skip


def _channels(input: Tensor, p: float, training: bool, inplace: bool, batched: bool) -> Tensor:
    """Drop whole channels of (N, C, ...), or of (C, ...) if not `batched`."""
    if batched:
        return drop_out("feature_dropout", dropped, True, input, p, training, inplace)
    batch = input.unsqueeze_(0) if inplace else input.unsqueeze(0)
    out = drop_out("feature_dropout", dropped, True, batch, p, training, inplace)
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
