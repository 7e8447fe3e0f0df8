"""Transforms of whole vectors and matrices: to simplices and to factors of matrices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from minitorch.dtypes import Size
from minitorch.linalg import cholesky
from minitorch.nn.functional import logsigmoid, pad, softmax, softplus
from minitorch.ops.composite import clamp
from minitorch.ops.elementwise import exp, log, log1p, sqrt, tanh
from minitorch.ranges import arange
from minitorch.sized import eye

from . import constraints
from .transforms import _Alike, _clipped_sigmoid
from .utils import _finfo, tril_matrix_to_vec, vec_to_tril_matrix

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _need_a_dimension(transform: Any, shape: Any) -> None:
    if len(shape) < 1:
        raise ValueError(f"{type(transform).__name__}: expected an input of at least one dimension")


class SoftmaxTransform(_Alike):
    """y = softmax(x), back by log(y): vectors to the simplex, not one to one."""

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _call(self, x: Tensor) -> Tensor:
        return softmax(x, dim=-1)

    def _inverse(self, y: Tensor) -> Tensor:
        return log(y)

    def forward_shape(self, shape: Any) -> Any:
        """As it is."""
        _need_a_dimension(self, shape)
        return shape

    inverse_shape = forward_shape


class StickBreakingTransform(_Alike):
    """n - 1 numbers to the simplex of n: each says which share of the rest of a stick is next.

    Shares are logistic, shifted so that x = 0 breaks the stick into equal pieces.

    Source: Stan reference manual, "Simplex transform"
    """

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    def _call(self, x: Tensor) -> Tensor:
        share = _clipped_sigmoid(x - _log_pieces_left(x))
        left = (1 - share).cumprod(-1)
        return pad(share, [0, 1], value=1.0) * pad(left, [1, 0], value=1.0)

    def _inverse(self, y: Tensor) -> Tensor:
        piece = y[..., :-1]
        left = clamp(1 - piece.cumsum(-1), min=_finfo(y).tiny)
        return log(piece) - log(left) + _log_pieces_left(piece)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        x = x - _log_pieces_left(x)
        return (logsigmoid(x) - x + log(y[..., :-1])).sum(-1)

    def forward_shape(self, shape: Any) -> Any:
        """One element more."""
        _need_a_dimension(self, shape)
        return Size((*shape[:-1], shape[-1] + 1))

    def inverse_shape(self, shape: Any) -> Any:
        """One element less."""
        _need_a_dimension(self, shape)
        return Size((*shape[:-1], shape[-1] - 1))


def _log_pieces_left(x: Tensor) -> Tensor:
    """log(n - 1), ..., log 2, log 1 for n - 1 numbers."""
    return log(arange(x.shape[-1], 0, -1, dtype=x.dtype))


class LowerCholeskyTransform(_Alike):
    """Square matrices to lower triangular ones whose diagonal is e ** that of x."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _call(self, x: Tensor) -> Tensor:
        return x.tril(-1) + exp(x.diagonal(dim1=-2, dim2=-1)).diag_embed()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.tril(-1) + log(y.diagonal(dim1=-2, dim2=-1)).diag_embed()


class PositiveDefiniteTransform(_Alike):
    """Square matrices to L L^T, L as `LowerCholeskyTransform` makes it."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.positive_definite

    def _call(self, x: Tensor) -> Tensor:
        factor = LowerCholeskyTransform()(x)
        return factor @ factor.mT

    def _inverse(self, y: Tensor) -> Tensor:
        return LowerCholeskyTransform().inv(cholesky(y))


class CorrCholeskyTransform(_Alike):
    """n (n - 1) / 2 numbers to the Cholesky factor of an n x n correlation matrix.

    tanh(x) is, row by row, the next element over the length that is left of a row of length 1.

    Source: Stan reference manual, "Cholesky factors of correlation matrices"
    """

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
    bijective = True

    def _call(self, x: Tensor) -> Tensor:
        eps = _finfo(x).eps
        part = vec_to_tril_matrix(clamp(tanh(x), min=-1 + eps, max=1 - eps), diag=-1)
        left = sqrt(1 - part * part).cumprod(-1)
        part = part + eye(part.shape[-1], dtype=part.dtype)
        return part * pad(left[..., :-1], [1, 0], value=1.0)

    def _inverse(self, y: Tensor) -> Tensor:
        left = pad((1 - (y * y).cumsum(-1))[..., :-1], [1, 0], value=1.0)
        part = tril_matrix_to_vec(y, diag=-1) / sqrt(tril_matrix_to_vec(left, diag=-1))
        return (log1p(part) - log1p(-part)) / 2

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor, intermediates: Any = None) -> Tensor:
        left = tril_matrix_to_vec(1 - (y * y).cumsum(-1), diag=-2)
        of_tanh = (math.log(2.0) - x - softplus(-2.0 * x)).sum(-1)
        return log(left).sum(-1) * 0.5 + of_tanh * 2.0

    def forward_shape(self, shape: Any) -> Any:
        """(..., n (n - 1) / 2) to (..., n, n). Raises: ValueError where there is no such n."""
        _need_a_dimension(self, shape)
        elements = shape[-1]
        n = round((0.25 + 2 * elements) ** 0.5 + 0.5)
        if n * (n - 1) // 2 != elements:
            raise ValueError(
                f"CorrCholeskyTransform: expected n (n - 1) / 2 numbers for some n, got {elements}"
            )
        return Size((*shape[:-1], n, n))

    def inverse_shape(self, shape: Any) -> Any:
        """(..., n, n) to (..., n (n - 1) / 2). Raises: ValueError for no square matrix."""
        if len(shape) < 2 or shape[-1] != shape[-2]:
            raise ValueError(
                f"CorrCholeskyTransform: expected square matrices, got shape {list(shape)}"
            )
        n = shape[-1]
        return Size((*shape[:-2], n * (n - 1) // 2))
