"""Divergences of two distributions of one family."""

from __future__ import annotations

import math
from typing import Any

from minitorch._tensor import Tensor
from minitorch.nn.functional import softplus
from minitorch.ops.elementwise import abs, exp, log, log1p, sqrt, square, where
from minitorch.ops.special import digamma, lgamma

from .bernoulli import Bernoulli, ContinuousBernoulli
from .categorical import Categorical, OneHotCategorical
from .continuous import Cauchy, Exponential, Laplace, Uniform
from .counts import Binomial, Geometric, Poisson
from .distribution import ExponentialFamily
from .extremes import Gumbel, Pareto
from .gamma import Beta, Dirichlet, Gamma
from .independent import Independent
from .kl import kl_divergence, register_kl
from .multivariate_normal import (
    LowRankMultivariateNormal,
    MultivariateNormal,
    _half_log_det,
    _lowrank_log_det,
    _lowrank_mahalanobis,
    _mahalanobis,
)
from .normal import HalfNormal, Normal
from .transformed_distribution import TransformedDistribution
from .utils import _sum_rightmost, euler_constant


def _alike(kind: type) -> Any:
    """A decorator for KL(p || q) where both are of class `kind`."""
    return register_kl(kind, kind)


def _infinite(value: Tensor, where_so: Tensor) -> Tensor:
    """`value`, infinite where p has values that q has not."""
    return where(where_so, math.inf, value)


# ------------------------------------------------------------------ one event, one of several


@_alike(Bernoulli)
def _bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    happens = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    happens = where(p.probs == 0, 0.0, _infinite(happens, q.probs == 0))
    fails = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    fails = where(p.probs == 1, 0.0, _infinite(fails, q.probs == 1))
    return happens + fails


@_alike(Categorical)
def _categorical(p: Categorical, q: Categorical) -> Tensor:
    terms = p.probs * (p.logits - q.logits)
    never = (p.probs == 0).expand(terms.shape)
    return where(never, 0.0, _infinite(terms, (q.probs == 0).expand(terms.shape))).sum(-1)


@_alike(OneHotCategorical)
def _one_hot(p: OneHotCategorical, q: OneHotCategorical) -> Tensor:
    return _categorical(p._categorical, q._categorical)


@_alike(Binomial)
def _binomial(p: Binomial, q: Binomial) -> Tensor:
    if (p.total_count < q.total_count).any():
        raise NotImplementedError(
            "kl_divergence of two Binomial: expected no larger total_count of q"
        )
    of_trial = p.probs * (p.logits - q.logits) + log1p(-p.probs) - log1p(-q.probs)
    return _infinite(p.total_count * of_trial, p.total_count > q.total_count)


@_alike(Geometric)
def _geometric(p: Geometric, q: Geometric) -> Tensor:
    return -p.entropy() - log1p(-q.probs) / p.probs - q.logits


@_alike(Poisson)
def _poisson(p: Poisson, q: Poisson) -> Tensor:
    return p.rate * (log(p.rate) - log(q.rate)) - (p.rate - q.rate)


@_alike(ContinuousBernoulli)
def _continuous_bernoulli(p: ContinuousBernoulli, q: ContinuousBernoulli) -> Tensor:
    of_p = p.mean * (p.logits - q.logits) + p._cont_bern_log_norm() + log1p(-p.probs)
    return of_p - q._cont_bern_log_norm() - log1p(-q.probs)


# ------------------------------------------------------------------ one number


@_alike(Normal)
def _normal(p: Normal, q: Normal) -> Tensor:
    ratio = square(p.scale / q.scale)
    away = square((p.loc - q.loc) / q.scale)
    return 0.5 * (ratio + away - 1 - log(ratio))


@_alike(HalfNormal)
def _half_normal(p: HalfNormal, q: HalfNormal) -> Tensor:
    return _normal(p.base_dist, q.base_dist)


@_alike(Cauchy)
def _cauchy(p: Cauchy, q: Cauchy) -> Tensor:
    """Source: Chyzak and Nielsen 2019, https://arxiv.org/abs/1905.10965"""
    apart = square(p.scale + q.scale) + square(p.loc - q.loc)
    return log(apart) - log(4 * p.scale * q.scale)


@_alike(Exponential)
def _exponential(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return ratio - log(ratio) - 1


@_alike(Laplace)
def _laplace(p: Laplace, q: Laplace) -> Tensor:
    ratio, away = p.scale / q.scale, abs(p.loc - q.loc)
    return away / q.scale - log(ratio) + ratio * exp(-away / p.scale) - 1


@_alike(Gumbel)
def _gumbel(p: Gumbel, q: Gumbel) -> Tensor:
    ratio, away = p.scale / q.scale, (p.loc - q.loc) / q.scale
    far = exp(lgamma(1 + ratio) - away)
    return away - log(ratio) + ratio * euler_constant + far - (1 + euler_constant)


@_alike(Gamma)
def _gamma(p: Gamma, q: Gamma) -> Tensor:
    a, b = p.concentration, q.concentration
    norm = b * log(p.rate / q.rate) + lgamma(b) - lgamma(a)
    return norm + (a - b) * digamma(a) + (q.rate - p.rate) * (a / p.rate)


@_alike(Beta)
def _beta(p: Beta, q: Beta) -> Tensor:
    return _dirichlet(p._dirichlet, q._dirichlet)


@_alike(Dirichlet)
def _dirichlet(p: Dirichlet, q: Dirichlet) -> Tensor:
    a, b = p.concentration, q.concentration
    total = a.sum(-1)
    norm = lgamma(total) - lgamma(b.sum(-1)) + (lgamma(b) - lgamma(a)).sum(-1)
    return norm + ((a - b) * (digamma(a) - digamma(total).unsqueeze(-1))).sum(-1)


@_alike(Pareto)
def _pareto(p: Pareto, q: Pareto) -> Tensor:
    ratio = q.alpha / p.alpha
    found = q.alpha * log(p.scale / q.scale) - log(ratio) + ratio - 1
    return _infinite(found, p.scale < q.scale)


@_alike(Uniform)
def _uniform(p: Uniform, q: Uniform) -> Tensor:
    found = log((q.high - q.low) / (p.high - p.low))
    return _infinite(found, (q.low > p.low) | (q.high < p.high))


# ------------------------------------------------------------------ vectors


def _distance(q: Any, x: Tensor) -> Tensor:
    """x^T C^-1 x, C the covariance of `q`."""
    if isinstance(q, MultivariateNormal):
        return _mahalanobis(q._unbroadcasted_scale_tril, x)
    parts = q._unbroadcasted_cov_factor, q._unbroadcasted_cov_diag
    return _lowrank_mahalanobis(*parts, x, q._capacitance_tril)


def _log_det(p: Any) -> Tensor:
    """log det of the covariance."""
    if isinstance(p, MultivariateNormal):
        return 2 * _half_log_det(p._unbroadcasted_scale_tril)
    return _lowrank_log_det(
        p._unbroadcasted_cov_factor, p._unbroadcasted_cov_diag, p._capacitance_tril
    )


def _columns(p: Any) -> list[Tensor]:
    """Matrices whose columns' outer products sum to the covariance."""
    if isinstance(p, MultivariateNormal):
        return [p._unbroadcasted_scale_tril]
    return [p._unbroadcasted_cov_factor, sqrt(p._unbroadcasted_cov_diag).diag_embed()]


@register_kl(MultivariateNormal, MultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _multivariate_normal(p: Any, q: Any) -> Tensor:
    """(log det of q over that of p + trace of q^-1 p + distance of the means - n) / 2."""
    if p.event_shape != q.event_shape:
        raise ValueError(
            f"kl_divergence: expected vectors of one size, got {p.event_shape[0]} and "
            f"{q.event_shape[0]}"
        )
    n = p.event_shape[0]
    total = _log_det(q) - _log_det(p) + _distance(q, q.loc - p.loc) - n
    for matrix in _columns(p):
        columns = matrix.mT
        batch = (*(1,) * (len(q.batch_shape) - columns.ndim + 2), *columns.shape[:-2])
        # The columns come first: each is a vector of every distribution of the batch.
        first = columns.reshape((*batch, *columns.shape[-2:])).movedim(-2, 0)
        total = total + _distance(q, first).sum(0)
    return total * 0.5


# ------------------------------------------------------------------ any family


@_alike(ExponentialFamily)
def _exponential_family(p: ExponentialFamily, q: ExponentialFamily) -> Tensor:
    """The Bregman divergence of the log normalizers.

    Source: Nielsen and Nock 2010, https://doi.org/10.1109/ICIP.2010.5652054
    """
    if type(p) is not type(q):
        raise NotImplementedError(
            "kl_divergence: expected one exponential family, got "
            f"{type(p).__name__} and {type(q).__name__}"
        )
    mine, normalizer, means = p._mean_statistics()
    result = q._log_normalizer(*q._natural_params) - normalizer
    for a, b, mean in zip(mine, q._natural_params, means):
        result = result - _sum_rightmost((b - a) * mean, len(q.event_shape))
    return result


@_alike(Independent)
def _independent(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError(
            "kl_divergence of two Independent: expected the same reinterpreted_batch_ndims, got "
            f"{p.reinterpreted_batch_ndims} and {q.reinterpreted_batch_ndims}"
        )
    return _sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@_alike(TransformedDistribution)
def _transformed(p: TransformedDistribution, q: TransformedDistribution) -> Tensor:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError(
            "kl_divergence of two TransformedDistribution: expected equal transforms and events"
        )
    inside = kl_divergence(p.base_dist, q.base_dist)
    return _sum_rightmost(inside, len(p.event_shape) - len(p.base_dist.event_shape))
