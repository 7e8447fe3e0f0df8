"""Distributions of what is largest, of long tails and of bounded ones, by powers of others."""

from __future__ import annotations

import math
from typing import Any

from minitorch._tensor import Tensor
from minitorch.dtypes import Size
from minitorch.ops.composite import clamp, isclose
from minitorch.ops.elementwise import exp, expm1, log, log1p, reciprocal, square, where
from minitorch.ops.special import digamma, lgamma

from . import constraints
from .continuous import Exponential, Uniform, _LocScale
from .distribution import Distribution
from .transformed_distribution import TransformedDistribution
from .transforms import AffineTransform, ExpTransform, PowerTransform
from .utils import _finfo, _uniform, broadcast_all, euler_constant

__all__ = ["GeneralizedPareto", "Gumbel", "Kumaraswamy", "Pareto", "Weibull"]


class Gumbel(TransformedDistribution):
    """loc - scale log(-log u): the limit of the largest of many."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, scale: Any, validate_args: Any = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        info = _finfo(self.loc)
        low, high = (self.loc.new_full(self.loc.shape, v) for v in (info.tiny, 1 - info.eps))
        transforms = [
            ExpTransform().inv,
            AffineTransform(loc=0, scale=-self.scale.new_ones(self.scale.shape)),
            ExpTransform().inv,
            AffineTransform(loc=self.loc, scale=-self.scale),
        ]
        base = Uniform(low, high, validate_args=validate_args)
        super().__init__(base, transforms, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Distribution:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        return _made_anew(self, batch_shape, _instance, Gumbel, "loc", "scale")

    def log_prob(self, value: Tensor) -> Tensor:
        """z - e ** z - log(scale) for z = (loc - x) / scale."""
        if self._validate_args:
            self._validate_sample(value)
        z = (self.loc - value) / self.scale
        return (z - exp(z)) - log(self.scale)

    @property
    def mean(self) -> Tensor:
        """loc + scale times Euler's constant."""
        return self.loc + self.scale * euler_constant

    @property
    def mode(self) -> Tensor:
        """loc."""
        return self.loc

    @property
    def stddev(self) -> Tensor:
        """pi scale / sqrt(6)."""
        return math.pi / math.sqrt(6) * self.scale

    @property
    def variance(self) -> Tensor:
        """(pi scale) ** 2 / 6."""
        return square(self.stddev)

    def entropy(self) -> Tensor:
        """log(scale) + 1 + Euler's constant."""
        return log(self.scale) + (1 + euler_constant)


def _made_anew(self: Any, batch_shape: Any, _instance: Any, cls: type, *names: str) -> Any:
    """`self` of class `cls`, built again from its parameters expanded."""
    new = self._get_checked_instance(cls, _instance)
    values = [getattr(self, name).expand(Size(batch_shape)) for name in names]
    cls.__init__(new, *values, validate_args=False)
    if "_validate_args" in self.__dict__:
        new._validate_args = self._validate_args
    else:
        del new._validate_args
    return new


class Weibull(TransformedDistribution):
    """scale e ** (1 / concentration), e of the exponential distribution."""

    arg_constraints = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive

    def __init__(self, scale: Any, concentration: Any, validate_args: Any = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        self.concentration_reciprocal = reciprocal(self.concentration)
        base = Exponential(self.scale.new_ones(self.scale.shape), validate_args=validate_args)
        transforms = [
            PowerTransform(exponent=self.concentration_reciprocal),
            AffineTransform(loc=0, scale=self.scale),
        ]
        super().__init__(base, transforms, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Distribution:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        return _made_anew(self, batch_shape, _instance, Weibull, "scale", "concentration")

    @property
    def mean(self) -> Tensor:
        """scale gamma(1 + 1 / concentration)."""
        return self.scale * exp(lgamma(1 + self.concentration_reciprocal))

    @property
    def mode(self) -> Tensor:
        """scale ((concentration - 1) / concentration) ** (1 / concentration)."""
        c = self.concentration
        return self.scale * ((c - 1) / c) ** reciprocal(c)

    @property
    def variance(self) -> Tensor:
        """scale ** 2 (gamma(1 + 2 / c) - gamma(1 + 1 / c) ** 2)."""
        once = lgamma(1 + self.concentration_reciprocal)
        twice = lgamma(1 + 2 * self.concentration_reciprocal)
        return square(self.scale) * (exp(twice) - exp(2 * once))

    def entropy(self) -> Tensor:
        """Euler's constant times (1 - 1 / c), and log(scale / c) + 1."""
        turned = self.concentration_reciprocal
        return euler_constant * (1 - turned) + log(self.scale * turned) + 1


class Pareto(TransformedDistribution):
    """scale e ** x, x of the exponential distribution of rate `alpha`."""

    arg_constraints = {"alpha": constraints.positive, "scale": constraints.positive}

    def __init__(self, scale: Any, alpha: Any, validate_args: Any = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        base = Exponential(self.alpha, validate_args=validate_args)
        transforms = [ExpTransform(), AffineTransform(loc=0, scale=self.scale)]
        super().__init__(base, transforms, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Distribution:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        return _made_anew(self, batch_shape, _instance, Pareto, "scale", "alpha")

    @property
    def mean(self) -> Tensor:
        """alpha scale / (alpha - 1), infinite for alpha <= 1."""
        a = clamp(self.alpha, min=1)
        return a * self.scale / (a - 1)

    @property
    def mode(self) -> Tensor:
        """scale."""
        return self.scale

    @property
    def variance(self) -> Tensor:
        """scale ** 2 alpha / ((alpha - 1) ** 2 (alpha - 2)), infinite for alpha <= 2."""
        a = clamp(self.alpha, min=2)
        return square(self.scale) * a / (square(a - 1) * (a - 2))

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        """scale and above."""
        return constraints.greater_than_eq(self.scale)

    def entropy(self) -> Tensor:
        """log(scale / alpha) + 1 + 1 / alpha."""
        return log(self.scale / self.alpha) + (1 + reciprocal(self.alpha))


class Kumaraswamy(TransformedDistribution):
    """(1 - u ** (1 / concentration0)) ** (1 / concentration1), much like `Beta`."""

    arg_constraints = {
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: Any = None) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        zeros = self.concentration0.new_zeros(self.concentration0.shape)
        base = Uniform(zeros, zeros + 1, validate_args=validate_args)
        transforms = [
            PowerTransform(exponent=reciprocal(self.concentration0)),
            AffineTransform(loc=1.0, scale=-1.0),
            PowerTransform(exponent=reciprocal(self.concentration1)),
        ]
        super().__init__(base, transforms, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Distribution:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        names = ("concentration1", "concentration0")
        return _made_anew(self, batch_shape, _instance, Kumaraswamy, *names)

    def _moment(self, n: int) -> Tensor:
        """The mean of x ** n: b gamma(1 + n / a) gamma(b) / gamma(1 + n / a + b)."""
        b, part = self.concentration0, 1 + n / self.concentration1
        return b * exp(lgamma(part) + lgamma(b) - lgamma(part + b))

    @property
    def mean(self) -> Tensor:
        """b B(1 + 1 / a, b)."""
        return self._moment(1)

    @property
    def mode(self) -> Tensor:
        """((a - 1) / (a b - 1)) ** (1 / a), NaN where a or b is below 1, or both are 1.

        Differs: torch's is NaN for every b above 1.
        """
        a, b = self.concentration1, self.concentration0
        turned = reciprocal(a)
        mode = exp(turned * (log(a - 1) - log(a * b - 1)))
        return mode.masked_fill((b < 1) | (a < 1) | ((a == 1) & (b == 1)), math.nan)

    @property
    def variance(self) -> Tensor:
        """The second moment less the square of the first."""
        return self._moment(2) - square(self.mean)

    def entropy(self) -> Tensor:
        """1 - 1 / b + (1 - 1 / a) H(b) - log(a b), H harmonic numbers."""
        a, b = self.concentration1, self.concentration0
        harmonic = digamma(b + 1) + euler_constant
        return (1 - reciprocal(b)) + (1 - reciprocal(a)) * harmonic - log(a) - log(b)


class GeneralizedPareto(_LocScale):
    """loc + scale ((1 - u) ** -c - 1) / c for c = `concentration`: excesses over a threshold.

    c = 0 is the exponential distribution; for c < 0 the values are bounded.

    Source: Coles 2001, An Introduction to Statistical Modeling of Extreme Values, chapter 4
    """

    arg_constraints = {**_LocScale.arg_constraints, "concentration": constraints.real}

    def __init__(self, loc: Any, scale: Any, concentration: Any, validate_args: Any = None) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        Distribution.__init__(self, self.loc.shape, validate_args=validate_args)

    expand = Distribution._expand_parameters

    def _z(self, x: Tensor) -> Tensor:
        return (x - self.loc) / self.scale

    def _is_exponential(self) -> Tensor:
        return isclose(self.concentration, self.concentration.new_zeros(()))

    def _safe(self) -> Tensor:
        """The concentration, 1 where it is 0."""
        return where(self._is_exponential(), 1.0, self.concentration)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """By the inverse of the distribution function."""
        return self.icdf(_uniform(self.loc, self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        """-log(scale) - (1 + 1 / c) log(1 + c z)."""
        if self._validate_args:
            self._validate_sample(value)
        z, c = self._z(value), self._safe()
        powered = -(1 + 1 / c) * log1p(c * z)
        return where(self._is_exponential(), -z, powered) - log(self.scale)

    def log_survival_function(self, value: Tensor) -> Tensor:
        """log(1 - cdf): -log(1 + c z) / c."""
        if self._validate_args:
            self._validate_sample(value)
        z, c = self._z(value), self._safe()
        return where(self._is_exponential(), -z, -log1p(c * z) / c)

    def log_cdf(self, value: Tensor) -> Tensor:
        """log of `cdf`."""
        return log1p(-exp(self.log_survival_function(value)))

    def cdf(self, value: Tensor) -> Tensor:
        """1 - (1 + c z) ** (-1 / c)."""
        return exp(self.log_cdf(value))

    def icdf(self, value: Tensor) -> Tensor:
        """loc + scale ((1 - value) ** -c - 1) / c."""
        c, rest = self._safe(), log1p(-value)
        powered = expm1(-c * rest) / c
        return self.loc + self.scale * where(self._is_exponential(), -rest, powered)

    @property
    def mean(self) -> Tensor:
        """loc + scale / (1 - c), NaN for c >= 1."""
        found = self.loc + self.scale / (1 - self.concentration)
        return where(self.concentration < 1, found, math.nan)

    @property
    def variance(self) -> Tensor:
        """scale ** 2 / ((1 - c) ** 2 (1 - 2 c)), NaN for c >= 1/2."""
        c = self.concentration
        found = square(self.scale) / (square(1 - c) * (1 - 2 * c))
        return where(c < 0.5, found, math.nan)

    def entropy(self) -> Tensor:
        """log(scale) + c + 1."""
        return log(self.scale) + self.concentration + 1

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        """From loc on, up to loc - scale / c for a negative c."""
        end = self.loc - self.scale / self.concentration
        upper = where(self.concentration < 0, end, math.inf)
        return constraints.interval(self.loc, upper)
