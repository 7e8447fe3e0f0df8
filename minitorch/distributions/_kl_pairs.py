"""Divergences of distributions of two families, as cross entropy less entropy.

    KL(p || q) = -E_p log q(x) - H(p)

`_CROSS` says what -E_p log q is for each q, in expected values under p: of x, of log x, ... What
those are for p, `_LOG` and `_DECAY` say. Where p has values that q has not, KL is infinite.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from minitorch.ops.elementwise import erf, exp, log, log1p, square, where
from minitorch.ops.special import digamma, lgamma, xlogy

from .bernoulli import Bernoulli, ContinuousBernoulli
from .continuous import Exponential, Laplace, Uniform
from .counts import Binomial, Poisson
from .extremes import Gumbel, Pareto
from .gamma import Beta, Gamma
from .kl import register_kl
from .normal import Normal
from .utils import euler_constant

if TYPE_CHECKING:
    from collections.abc import Callable

    from minitorch._tensor import Tensor


def _of_gamma(p: Gamma) -> Tensor:
    return digamma(p.concentration) - log(p.rate)


def _of_beta(p: Beta) -> Tensor:
    return digamma(p.concentration1) - digamma(p.concentration1 + p.concentration0)


def _of_uniform(p: Uniform) -> Tensor:
    return (xlogy(p.high, p.high) - xlogy(p.low, p.low)) / (p.high - p.low) - 1


_LOG: dict[type, Callable] = {
    Beta: _of_beta,
    Exponential: lambda p: -log(p.rate) - euler_constant,
    Gamma: _of_gamma,
    Pareto: lambda p: log(p.scale) + 1 / p.alpha,
    Uniform: _of_uniform,
}
"""E log x."""

_DECAY: dict[type, Callable] = {
    Exponential: lambda p, b: p.rate / (p.rate + 1 / b),
    Gamma: lambda p, b: exp(-p.concentration * log1p(1 / (b * p.rate))),
    Normal: lambda p, b: exp(-p.loc / b + square(p.scale / b) / 2),
    Uniform: lambda p, b: b * (exp(-p.low / b) - exp(-p.high / b)) / (p.high - p.low),
}
"""E e ** (-x / b)."""


def _mean_log(p: Any) -> Tensor:
    return _LOG[type(p)](p)


def _to_beta(p: Uniform, q: Beta) -> Tensor:
    a, b = q.concentration1, q.concentration0
    turned = Uniform(1 - p.high, 1 - p.low, validate_args=False)
    norm = lgamma(a) + lgamma(b) - lgamma(a + b)
    return norm - (a - 1) * _of_uniform(p) - (b - 1) * _of_uniform(turned)


def _to_continuous_bernoulli(p: Any, q: ContinuousBernoulli) -> Tensor:
    return -p.mean * q.logits - log1p(-q.probs) - q._cont_bern_log_norm()


def _to_gamma(p: Any, q: Gamma) -> Tensor:
    a = q.concentration
    return lgamma(a) - a * log(q.rate) - (a - 1) * _mean_log(p) + q.rate * p.mean


def _to_gumbel(p: Any, q: Gumbel) -> Tensor:
    far = _DECAY[type(p)](p, q.scale) * exp(q.loc / q.scale)
    return log(q.scale) + (p.mean - q.loc) / q.scale + far


def _to_laplace(p: Normal, q: Laplace) -> Tensor:
    away = (p.loc - q.loc) / (p.scale * math.sqrt(2))
    distance = p.scale * (math.sqrt(2 / math.pi) * exp(-square(away)))
    distance = distance + (p.loc - q.loc) * erf(away)
    return log(2 * q.scale) + distance / q.scale


def _to_normal(p: Any, q: Normal) -> Tensor:
    spread = p.variance + square(p.mean - q.loc)
    return 0.5 * math.log(2 * math.pi) + log(q.scale) + 0.5 * spread / square(q.scale)


def _to_pareto(p: Uniform, q: Pareto) -> Tensor:
    return (q.alpha + 1) * _of_uniform(p) - log(q.alpha) - xlogy(q.alpha, q.scale)


_CROSS: dict[type, Callable] = {
    Beta: _to_beta,
    ContinuousBernoulli: _to_continuous_bernoulli,
    Exponential: lambda p, q: q.rate * p.mean - log(q.rate),
    Gamma: _to_gamma,
    Gumbel: _to_gumbel,
    Laplace: _to_laplace,
    Normal: _to_normal,
    Pareto: _to_pareto,
    Poisson: lambda p, q: q.rate - p.mean * log(q.rate),
    Uniform: lambda p, q: log(q.high - q.low),
}
"""-E_p log q(x)."""


def _outside(p: Any, q: Any) -> Any:
    """Where p has values that q has not, None where it never has."""
    if type(q) is Uniform:
        return (q.low > 0) | (q.high < 1)  # p lies on the unit interval
    if type(p) is not Uniform or type(q) in (Normal, Gumbel):
        return None
    if type(q) is Pareto:
        return p.low < q.scale
    below = p.low < 0
    return below if type(q) in (Exponential, Gamma) else below | (p.high > 1)


def _by_cross_entropy(p: Any, q: Any) -> Tensor:
    found = _CROSS[type(q)](p, q) - p.entropy()
    outside = _outside(p, q)
    return found if outside is None else where(outside, math.inf, found)


_FINITE: dict[type, tuple] = {
    Bernoulli: (Poisson,),
    Beta: (ContinuousBernoulli, Exponential, Gamma, Normal, Uniform),
    ContinuousBernoulli: (Exponential, Normal, Uniform),
    Exponential: (Gamma, Gumbel, Normal),
    Gamma: (Exponential, Gumbel, Normal),
    Gumbel: (Normal,),
    Laplace: (Normal,),
    Normal: (Gumbel, Laplace),
    Pareto: (Exponential, Gamma, Normal),
    Uniform: (Beta, ContinuousBernoulli, Exponential, Gamma, Gumbel, Normal, Pareto),
}

_BOUNDED = (Beta, ContinuousBernoulli, Pareto, Uniform)
_INFINITE: dict[type, tuple] = {
    Beta: (Pareto,),
    ContinuousBernoulli: (Pareto,),
    Exponential: _BOUNDED,
    Gamma: _BOUNDED,
    Gumbel: (*_BOUNDED, Exponential, Gamma),
    Laplace: (*_BOUNDED, Exponential, Gamma),
    Normal: (*_BOUNDED, Exponential, Gamma),
    Pareto: (Beta, ContinuousBernoulli, Uniform),
    Poisson: (Bernoulli, Binomial),
}


def _always_infinite(p: Any, q: Any) -> Tensor:
    return p.mean.new_full(p.batch_shape, math.inf)


for _table, _function in ((_FINITE, _by_cross_entropy), (_INFINITE, _always_infinite)):
    for _p, _kinds in _table.items():
        for _q in _kinds:
            register_kl(_p, _q)(_function)
