"""Random matrices: covariances, and factors of correlations."""

from __future__ import annotations

import math
import warnings
from numbers import Number
from typing import Any

from minitorch._tensor import Tensor, wrap
from minitorch.backend import xp
from minitorch.creation import tensor
from minitorch.dtypes import Size
from minitorch.errors import broadcast_shapes
from minitorch.grad_mode import no_grad
from minitorch.linalg import solve_triangular
from minitorch.ops.composite import clamp
from minitorch.ops.elementwise import log, sqrt, square, where
from minitorch.ops.pieces import cat
from minitorch.ops.special import digamma, lgamma, mvlgamma
from minitorch.ranges import arange

from . import constraints
from .distribution import Distribution, ExponentialFamily
from .gamma import Beta, Chi2
from .multivariate_normal import _Covariance, _half_log_det
from .utils import _finfo, _standard_normal, broadcast_all

__all__ = ["LKJCholesky", "Wishart"]


class LKJCholesky(Distribution):
    """Cholesky factors L of correlation matrices, density proportional to det(L L^T) ** (c - 1).

    Source: Lewandowski, Kurowicka and Joe 2009, https://doi.org/10.1016/j.jmva.2009.04.008 (the
    onion method)
    Raises: ValueError unless dim is an integer of at least 2.
    """

    arg_constraints = {"concentration": constraints.positive}
    support = constraints.corr_cholesky

    def __init__(self, dim: int, concentration: Any = 1.0, validate_args: Any = None) -> None:
        if dim < 2:
            raise ValueError(f"LKJCholesky: expected matrices of at least 2 rows, got dim={dim}")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        marginal = (self.concentration + 0.5 * (dim - 2)).unsqueeze(-1)
        before = arange(dim - 1, dtype=self.concentration.dtype)
        before = cat([before.new_zeros((1,)), before])
        self._beta = Beta(before + 0.5, marginal - 0.5 * before)
        super().__init__(self.concentration.size(), Size((dim, dim)), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Distribution:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        new = self._expand_parameters(batch_shape, _instance)
        new._beta = self._beta.expand(Size(batch_shape) + (self.dim,))
        return new

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Row by row: a direction, and how far from the diagonal the row points."""
        with no_grad():
            length = sqrt(self._beta.sample(sample_shape).unsqueeze(-1))
            shape = self._extended_shape(sample_shape)
            normal = _standard_normal(shape, length.dtype, None).tril(-1)
            direction = normal / normal.norm(dim=-1, keepdim=True)
            direction[..., 0, :].fill_(0.0)
            w = length * direction
            rest = clamp(1 - square(w).sum(-1), min=_finfo(w).tiny)
            return w + sqrt(rest).diag_embed()

    def log_prob(self, value: Tensor) -> Tensor:
        """The sum of powers of the diagonal, and the norm."""
        if self._validate_args:
            self._validate_sample(value)
        n, c = self.dim, self.concentration
        diagonal = value.diagonal(dim1=-2, dim2=-1)[..., 1:]
        order = (2 * (c - 1)).unsqueeze(-1) + n - arange(2, n + 1, dtype=c.dtype)
        density = (order * log(diagonal)).sum(-1)
        alpha = c + 0.5 * (n - 1)
        norm = mvlgamma(alpha - 0.5, n - 1) - lgamma(alpha) * (n - 1)
        return density - (0.5 * (n - 1) * math.log(math.pi) + norm)


class Wishart(_Covariance, ExponentialFamily):
    """The sum of `df` outer products of normal vectors of a covariance: positive definite matrices.

    Source: Bartlett's decomposition; Odell and Feiveson 1966,
    https://doi.org/10.1080/01621459.1966.10502018
    """

    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure = 0

    @property
    def arg_constraints(self) -> dict:
        """The matrices positive definite, df above their size less 1."""
        return {
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky,
            "df": constraints.greater_than(self.event_shape[-1] - 1),
        }

    def __init__(
        self,
        df: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: Any = None,
    ) -> None:
        name, value = self._take(covariance_matrix, precision_matrix, scale_tril)
        n = value.shape[-1]
        if isinstance(df, Number):
            batch = Size(value.shape[:-2])
            df = tensor(df, dtype=value.dtype)
        else:
            batch = Size(broadcast_shapes(value.shape[:-2], df.shape))
        self.df = df.expand(batch)
        if (df <= n - 1).any():
            raise ValueError(f"Wishart: expected df above {n - 1}, the rows less 1, got df={df}")
        setattr(self, name, value.expand(batch + (-1, -1)))
        super().__init__(batch, Size((n, n)), validate_args=validate_args)
        if (self.df < n).any():
            warnings.warn(
                "Wishart: a df below the size of the matrices gives samples that are nearly "
                "singular",
                stacklevel=2,
            )
        self._unbroadcasted_scale_tril = self._factor(name, value)
        degrees = self.df.unsqueeze(-1) - arange(n, dtype=self._unbroadcasted_scale_tril.dtype)
        self._dist_chi2 = Chi2(degrees.expand(batch + (n,)))

    def expand(self, batch_shape: Any, _instance: Any = None) -> Distribution:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        new = _Covariance.expand(self, batch_shape, _instance)
        batch_shape = Size(batch_shape)
        new._dist_chi2 = self._dist_chi2.expand(batch_shape + (self._event_shape[-1],))
        return new

    @property
    def mean(self) -> Tensor:
        """df times the covariance."""
        return self.df.view(self._batch_shape + (1, 1)) * self.covariance_matrix

    @property
    def mode(self) -> Tensor:
        """(df - n - 1) times the covariance, NaN where that is not positive."""
        factor = self.df - self._event_shape[-1] - 1
        factor = factor.masked_fill(factor <= 0, math.nan)
        return factor.view(self._batch_shape + (1, 1)) * self.covariance_matrix

    @property
    def variance(self) -> Tensor:
        """df (V_ij ** 2 + V_ii V_jj)."""
        v = self.covariance_matrix
        diagonal = v.diagonal(dim1=-2, dim2=-1)
        outer = diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2)
        return self.df.view(self._batch_shape + (1, 1)) * (square(v) + outer)

    def _bartlett_sampling(self, sample_shape: Any = ()) -> Tensor:
        """L A A^T L^T: A has roots of chi-square numbers in its diagonal, normal ones below."""
        n = self._event_shape[-1]
        noise = sqrt(self._dist_chi2.rsample(sample_shape)).diag_embed(dim1=-2, dim2=-1)
        rows, columns = xp.tril_indices(n, -1)
        below = noise.shape[:-2] + (n * (n - 1) // 2,)
        noise[..., wrap(rows), wrap(columns)] = _standard_normal(below, noise.dtype, None)
        factor = self._unbroadcasted_scale_tril @ noise
        return factor @ factor.mT

    def rsample(self, sample_shape: Any = (), max_try_correction: Any = None) -> Tensor:
        """By Bartlett's decomposition; what is not positive definite is drawn again.

        Differs: torch takes its first sample for a singular one where it is none, warns of it
        and draws a second. That one is returned here too, so that seeds agree; without a warning.
        """
        sample = self._bartlett_sampling(Size(sample_shape))
        again = self.support.check(sample)
        for _ in range(10 if max_try_correction is None else max_try_correction):
            if not again.any():
                break
            new = self._bartlett_sampling(Size(sample_shape))
            sample = where(again.unsqueeze(-1).unsqueeze(-1), new, sample)
            again = ~self.support.check(sample)
        return sample

    def log_prob(self, value: Tensor) -> Tensor:
        """The log of its density."""
        if self._validate_args:
            self._validate_sample(value)
        nu, n = self.df, self._event_shape[-1]
        factor = self._unbroadcasted_scale_tril
        solved = _solved(factor, value)
        trace = solved.diagonal(dim1=-2, dim2=-1).sum(-1)
        norm = nu * (n * math.log(2) / 2 + _half_log_det(factor)) + mvlgamma(nu / 2, n)
        return (nu - n - 1) / 2 * _log_det(value) - trace / 2 - norm

    def entropy(self) -> Tensor:
        """From the norm and the mean of the log of the determinant."""
        nu, n = self.df, self._event_shape[-1]
        half_log_det = _half_log_det(self._unbroadcasted_scale_tril)
        return (
            (n + 1) * (half_log_det + n * math.log(2) / 2)
            + mvlgamma(nu / 2, n)
            - (nu - n - 1) / 2 * _mv_digamma(nu / 2, n)
            + nu * n / 2
        )

    @property
    def _natural_params(self) -> tuple:
        n = self._event_shape[-1]
        return -self.precision_matrix / 2, (self.df - n - 1) / 2

    def _log_normalizer(self, x: Tensor, y: Tensor) -> Tensor:  # type: ignore[override]
        n = self._event_shape[-1]
        power = y + (n + 1) / 2
        return mvlgamma(power, n) - power * _log_det(-x)


def _log_det(x: Tensor) -> Tensor:
    return x.slogdet().logabsdet


def _solved(factor: Tensor, x: Tensor) -> Tensor:
    """(L L^T)^-1 x."""
    first = solve_triangular(factor, x, upper=False)
    return solve_triangular(factor.mT, first, upper=True)


def _mv_digamma(x: Tensor, n: int) -> Tensor:
    """The sum of digamma(x - i / 2) over i < n: the derivative of mvlgamma."""
    return digamma(x.unsqueeze(-1) - arange(n, dtype=x.dtype) / 2).sum(-1)
