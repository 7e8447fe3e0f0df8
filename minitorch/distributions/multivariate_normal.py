"""The normal distribution of vectors, by a covariance or by one of low rank and a diagonal."""

from __future__ import annotations

import math
from typing import Any

from minitorch._tensor import Tensor
from minitorch.dtypes import Size
from minitorch.errors import broadcast_shapes
from minitorch.linalg import cholesky, solve_triangular
from minitorch.ops.elementwise import log, sqrt, square
from minitorch.sized import eye

from . import constraints
from .distribution import Distribution
from .utils import _standard_normal, lazy_property

__all__ = ["LowRankMultivariateNormal", "MultivariateNormal"]


# ------------------------------------------------------------------ matrices by their factors


def _half_log_det(factor: Tensor) -> Tensor:
    """The log of the determinant of a triangular factor."""
    return log(factor.diagonal(dim1=-2, dim2=-1)).sum(-1)


def _mahalanobis(factor: Tensor, x: Tensor) -> Tensor:
    """x^T (L L^T)^-1 x for vectors x and lower triangular L."""
    n = x.shape[-1]
    if x.ndim == 1 and factor.ndim == 2:
        return square(solve_triangular(factor, x.unsqueeze(-1), upper=False)).sum()
    if factor.ndim == 2:  # one factor for all vectors: one solution for all of them
        z = solve_triangular(factor, x.reshape(-1, n).mT, upper=False)
        return square(z).sum(0).reshape(x.shape[:-1])
    return square(solve_triangular(factor, x.unsqueeze(-1), upper=False)).sum((-2, -1))


def _inverse_factor(factor: Tensor) -> Tensor:
    """L^-1."""
    identity = eye(factor.shape[-1], dtype=factor.dtype)
    return solve_triangular(factor, identity.expand(factor.shape), upper=False)


def _factor_of_inverse(precision: Tensor) -> Tensor:
    """The Cholesky factor of the inverse: turned by 180 degrees, P = R R^T has an upper R."""
    turned = cholesky(precision.flip(-2, -1)).flip(-2, -1).mT
    return _inverse_factor(turned)


def _times(matrix: Tensor, x: Tensor) -> Tensor:
    """matrix x for vectors x."""
    if matrix.ndim == 2:
        return x @ matrix.mT
    return (matrix @ x.unsqueeze(-1)).squeeze(-1)


class _Covariance(Distribution):
    """Distributions of a covariance matrix, given as such, as its inverse or as its factor."""

    covariance_matrix: Any
    precision_matrix: Any
    scale_tril: Any
    _unbroadcasted_scale_tril: Tensor

    def _take(self, covariance_matrix: Any, precision_matrix: Any, scale_tril: Any) -> tuple:
        """The name and value of the one that is given."""
        given = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        found = [(name, value) for name, value in given.items() if value is not None]
        if len(found) != 1:
            raise ValueError(
                f"{type(self).__name__}: expected one of covariance_matrix, precision_matrix and "
                f"scale_tril, got {len(found)}"
            )
        name, value = found[0]
        if value.dim() < 2:
            raise ValueError(
                f"{type(self).__name__}: expected {name} of at least two dimensions, got shape "
                f"{list(value.shape)}"
            )
        return name, value

    @staticmethod
    def _factor(name: str, value: Tensor) -> Tensor:
        if name == "scale_tril":
            return value
        return cholesky(value) if name == "covariance_matrix" else _factor_of_inverse(value)

    def _matrix_shape(self) -> Size:
        n = self._event_shape[0]
        return Size(self._batch_shape + (n, n))

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The Cholesky factor of the covariance."""
        return self._unbroadcasted_scale_tril.expand(self._matrix_shape())

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """L L^T."""
        factor = self._unbroadcasted_scale_tril
        return (factor @ factor.mT).expand(self._matrix_shape())

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        inverse = _inverse_factor(self._unbroadcasted_scale_tril)
        return (inverse.mT @ inverse).expand(self._matrix_shape())

    def expand(self, batch_shape: Any, _instance: Any = None) -> Distribution:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        new = self._expand_parameters(batch_shape, _instance)
        new._unbroadcasted_scale_tril = self._unbroadcasted_scale_tril
        return new


class MultivariateNormal(_Covariance):
    """loc + L z with L L^T the covariance.

    >>> import minitorch as torch
    >>> MultivariateNormal(torch.zeros(2), torch.eye(2)).log_prob(torch.zeros(2))
    tensor(-1.8379)
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: Any = None,
    ) -> None:
        if loc.dim() < 1:
            raise ValueError(f"{type(self).__name__}: expected loc of at least one dimension")
        name, value = self._take(covariance_matrix, precision_matrix, scale_tril)
        batch = Size(broadcast_shapes(value.shape[:-2], loc.shape[:-1]))
        setattr(self, name, value.expand(batch + (-1, -1)))
        self.loc = loc.expand(batch + (-1,))
        super().__init__(batch, Size(self.loc.shape[-1:]), validate_args=validate_args)
        self._unbroadcasted_scale_tril = self._factor(name, value)

    expand = _Covariance.expand

    @property
    def mean(self) -> Tensor:
        """loc."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """loc."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """The diagonal of the covariance."""
        squares = square(self._unbroadcasted_scale_tril).sum(-1)
        return squares.expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """loc + L z."""
        shape = self._extended_shape(sample_shape)
        z = _standard_normal(shape, self.loc.dtype, self.loc.device)
        return self.loc + _times(self._unbroadcasted_scale_tril, z)

    def log_prob(self, value: Tensor) -> Tensor:
        """-(n log(2 pi) + z^T z) / 2 - log det L for z = L^-1 (x - loc)."""
        if self._validate_args:
            self._validate_sample(value)
        distance = _mahalanobis(self._unbroadcasted_scale_tril, value - self.loc)
        size = self._event_shape[0] * math.log(2 * math.pi)
        return (distance + size) * -0.5 - _half_log_det(self._unbroadcasted_scale_tril)

    def entropy(self) -> Tensor:
        """n (1 + log(2 pi)) / 2 + log det L."""
        size = 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi))
        found = _half_log_det(self._unbroadcasted_scale_tril) + size
        return found.expand(self._batch_shape) if self._batch_shape else found


class LowRankMultivariateNormal(Distribution):
    """Covariance W W^T + diag(D), W = `cov_factor` of n x m, D = `cov_diag`: m x m is factored.

    Determinant and inverse come of the capacitance matrix I + W^T D^-1 W.

    Source: the matrix determinant lemma and Woodbury's identity
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self, loc: Tensor, cov_factor: Tensor, cov_diag: Tensor, validate_args: Any = None
    ) -> None:
        if loc.dim() < 1:
            raise ValueError(f"{type(self).__name__}: expected loc of at least one dimension")
        event = Size(loc.shape[-1:])
        if cov_factor.dim() < 2:
            raise ValueError(
                f"{type(self).__name__}: expected cov_factor of at least two dimensions, got shape "
                f"{list(cov_factor.shape)}"
            )
        for name, found in (("cov_factor", cov_factor.shape[-2]), ("cov_diag", cov_diag.shape[-1])):
            if found != event[0]:
                raise ValueError(
                    f"{type(self).__name__}: expected {event[0]} rows as in loc, {name} has {found}"
                )
        try:
            batch = Size(
                broadcast_shapes(loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1])
            )
        except RuntimeError as error:
            raise ValueError(
                f"{type(self).__name__}: expected batches that broadcast: {error}"
            ) from error
        self.loc = loc.expand(batch + event)
        self.cov_factor = cov_factor.expand(batch + cov_factor.shape[-2:])
        self.cov_diag = cov_diag.expand(batch + event)
        self._unbroadcasted_cov_factor = cov_factor
        self._unbroadcasted_cov_diag = cov_diag
        self._capacitance_tril = _capacitance_factor(cov_factor, cov_diag)
        super().__init__(batch, event, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Distribution:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        new = self._expand_parameters(batch_shape, _instance)
        for name in ("_unbroadcasted_cov_factor", "_unbroadcasted_cov_diag", "_capacitance_tril"):
            setattr(new, name, getattr(self, name))
        return new

    @property
    def mean(self) -> Tensor:
        """loc."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """loc."""
        return self.loc

    def _matrix_shape(self) -> Size:
        return Size(self._batch_shape + self._event_shape + self._event_shape)

    @lazy_property
    def variance(self) -> Tensor:  # type: ignore[override]
        """The diagonal of the covariance."""
        found = square(self._unbroadcasted_cov_factor).sum(-1) + self._unbroadcasted_cov_diag
        return found.expand(self._batch_shape + self._event_shape)

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The Cholesky factor of the covariance: D^(1/2) times that of I + D^-1/2 W W^T D^-1/2."""
        root = sqrt(self._unbroadcasted_cov_diag).unsqueeze(-1)
        part = self._unbroadcasted_cov_factor / root
        inside = part @ part.mT + eye(self._event_shape[0], dtype=part.dtype)
        return (root * cholesky(inside)).expand(self._matrix_shape())

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """W W^T + diag(D)."""
        w = self._unbroadcasted_cov_factor
        found = w @ w.mT + self._unbroadcasted_cov_diag.diag_embed()
        return found.expand(self._matrix_shape())

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """D^-1 - A^T A with A = C^-1 W^T D^-1, C the factor of the capacitance matrix."""
        d = self._unbroadcasted_cov_diag
        scaled = self._unbroadcasted_cov_factor.mT / d.unsqueeze(-2)
        a = solve_triangular(self._capacitance_tril, scaled, upper=False)
        return ((1 / d).diag_embed() - a.mT @ a).expand(self._matrix_shape())

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """loc + W z + D^(1/2) z'."""
        shape = self._extended_shape(sample_shape)
        rank = self.cov_factor.shape[-1]
        of_factor = _standard_normal((*shape[:-1], rank), self.loc.dtype, self.loc.device)
        of_diag = _standard_normal(shape, self.loc.dtype, self.loc.device)
        moved = self.loc + _times(self._unbroadcasted_cov_factor, of_factor)
        return moved + sqrt(self._unbroadcasted_cov_diag) * of_diag

    def log_prob(self, value: Tensor) -> Tensor:
        """-(n log(2 pi) + log det + Mahalanobis distance) / 2."""
        if self._validate_args:
            self._validate_sample(value)
        parts = self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag
        distance = _lowrank_mahalanobis(*parts, value - self.loc, self._capacitance_tril)
        log_det = _lowrank_log_det(*parts, self._capacitance_tril)
        size = self._event_shape[0] * math.log(2 * math.pi)
        return (distance + log_det + size) * -0.5

    def entropy(self) -> Tensor:
        """(n (1 + log(2 pi)) + log det) / 2."""
        log_det = _lowrank_log_det(
            self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag, self._capacitance_tril
        )
        found = (log_det + self._event_shape[0] * (1.0 + math.log(2 * math.pi))) * 0.5
        return found.expand(self._batch_shape) if self._batch_shape else found


def _capacitance_factor(w: Tensor, d: Tensor) -> Tensor:
    """The Cholesky factor of I + W^T D^-1 W."""
    inside = (w.mT / d.unsqueeze(-2)) @ w
    return cholesky(inside + eye(w.shape[-1], dtype=w.dtype))


def _lowrank_log_det(w: Tensor, d: Tensor, capacitance: Tensor) -> Tensor:
    """log det(W W^T + D)."""
    return 2 * _half_log_det(capacitance) + log(d).sum(-1)


def _lowrank_mahalanobis(w: Tensor, d: Tensor, x: Tensor, capacitance: Tensor) -> Tensor:
    """x^T (W W^T + D)^-1 x."""
    inside = _times(w.mT / d.unsqueeze(-2), x)
    return (square(x) / d).sum(-1) - _mahalanobis(capacitance, inside)
