"""The normal distribution, and what is made of it by a function of one number."""

from __future__ import annotations

import math
from typing import Any

from minitorch._tensor import Tensor
from minitorch.grad_mode import no_grad
from minitorch.ops.density import normal_density
from minitorch.ops.elementwise import erf, exp, expm1, log, square
from minitorch.ops.special import erfinv

from . import constraints
from .distribution import Distribution, ExponentialFamily
from .transformed_distribution import TransformedDistribution
from .transforms import AbsTransform, ExpTransform, StickBreakingTransform
from .utils import _standard_normal, broadcast_all

__all__ = ["HalfNormal", "LogNormal", "LogisticNormal", "Normal"]


class Normal(ExponentialFamily):
    """The normal distribution of mean `loc` and standard deviation `scale`.

    >>> Normal(0.0, 2.0)
    Normal(loc: 0.0, scale: 2.0)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, loc: Any, scale: Any, validate_args: Any = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    expand = Distribution._expand_parameters

    @property
    def mean(self) -> Tensor:
        """loc."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """loc."""
        return self.loc

    @property
    def stddev(self) -> Tensor:
        """scale."""
        return self.scale

    @property
    def variance(self) -> Tensor:
        """scale ** 2."""
        return square(self.scale)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """loc + scale z, without history."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """loc + scale z."""
        shape = self._extended_shape(sample_shape)
        return _standard_normal(shape, self.loc.dtype, self.loc.device) * self.scale + self.loc

    def log_prob(self, value: Tensor) -> Tensor:
        """-z ** 2 / 2 - log(scale) - log(2 pi) / 2 for z = (value - loc) / scale."""
        if self._validate_args:
            self._validate_sample(value)
        return normal_density(value, self.loc, self.scale)

    def cdf(self, value: Tensor) -> Tensor:
        """(1 + erf(z / sqrt(2))) / 2."""
        if self._validate_args:
            self._validate_sample(value)
        return (erf((value - self.loc) / self.scale * math.sqrt(0.5)) + 1) * 0.5

    def icdf(self, value: Tensor) -> Tensor:
        """loc + scale sqrt(2) erfinv(2 value - 1)."""
        return self.loc + self.scale * erfinv(2 * value - 1) * math.sqrt(2)

    def entropy(self) -> Tensor:
        """log(scale) + log(2 pi e) / 2."""
        return log(self.scale) + (0.5 + 0.5 * math.log(2 * math.pi))

    @property
    def _natural_params(self) -> tuple:
        precision = 1 / square(self.scale)
        return self.loc * precision, precision * -0.5

    def _log_normalizer(self, x: Tensor, y: Tensor) -> Tensor:  # type: ignore[override]
        return square(x) * -0.25 / y + 0.5 * log(-math.pi / y)


class LogNormal(TransformedDistribution):
    """e ** z, z normal with mean `loc` and standard deviation `scale`."""

    arg_constraints = Normal.arg_constraints
    support = constraints.positive
    has_rsample = True
    base_dist: Normal

    def __init__(self, loc: Any, scale: Any, validate_args: Any = None) -> None:
        base = Normal(loc, scale, validate_args=validate_args)
        super().__init__(base, ExpTransform(), validate_args=validate_args)

    @property
    def loc(self) -> Tensor:
        """The mean of the logarithm."""
        return self.base_dist.loc

    @property
    def scale(self) -> Tensor:
        """The standard deviation of the logarithm."""
        return self.base_dist.scale

    @property
    def mean(self) -> Tensor:
        """e ** (loc + scale ** 2 / 2)."""
        return exp(self.loc + square(self.scale) / 2)

    @property
    def mode(self) -> Tensor:
        """e ** (loc - scale ** 2)."""
        return exp(self.loc - square(self.scale))

    @property
    def variance(self) -> Tensor:
        """(e ** scale ** 2 - 1) mean ** 2."""
        width = square(self.scale)
        return expm1(width) * exp(2 * self.loc + width)

    def entropy(self) -> Tensor:
        """That of the logarithm, and its mean."""
        return self.base_dist.entropy() + self.loc


class _Half(TransformedDistribution):
    """|z|, z symmetric around 0 with a `scale`."""

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    base_dist: Any

    @property
    def scale(self) -> Tensor:
        """The scale of z."""
        return self.base_dist.scale

    @property
    def mode(self) -> Tensor:
        """0."""
        return self.scale.new_zeros(self.scale.shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """Twice the density of z, 0 below 0."""
        if self._validate_args:
            self._validate_sample(value)
        return _folded(self.base_dist.log_prob(value), value)

    def cdf(self, value: Tensor) -> Tensor:
        """Twice that of z, less 1."""
        if self._validate_args:
            self._validate_sample(value)
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, value: Tensor) -> Tensor:
        """That of z at (value + 1) / 2."""
        return self.base_dist.icdf((value + 1) / 2)

    def entropy(self) -> Tensor:
        """That of z less log 2."""
        return self.base_dist.entropy() - math.log(2)


class HalfNormal(_Half):
    """|z|, z normal with mean 0 and standard deviation `scale`."""

    def __init__(self, scale: Any, validate_args: Any = None) -> None:
        base = Normal(0, scale, validate_args=False)
        super().__init__(base, AbsTransform(), validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """scale sqrt(2 / pi)."""
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Tensor:
        """scale ** 2 (1 - 2 / pi)."""
        return square(self.scale) * (1 - 2 / math.pi)


def _folded(log_prob: Tensor, value: Tensor) -> Tensor:
    """The density of |z| from that of a symmetric z."""
    doubled = log_prob + math.log(2)
    return doubled.masked_fill((value < 0).expand(doubled.shape), -math.inf)


class LogisticNormal(TransformedDistribution):
    """Normal numbers, n - 1 of them, mapped to the simplex of n by breaking a stick."""

    arg_constraints = Normal.arg_constraints
    support = constraints.simplex
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: Any = None) -> None:
        base = Normal(loc, scale, validate_args=validate_args)
        if not base.batch_shape:
            base = base.expand([1])
        super().__init__(base, StickBreakingTransform(), validate_args=validate_args)

    @property
    def loc(self) -> Tensor:
        """The mean of the normal numbers."""
        return self.base_dist.base_dist.loc

    @property
    def scale(self) -> Tensor:
        """Their standard deviation."""
        return self.base_dist.base_dist.scale
