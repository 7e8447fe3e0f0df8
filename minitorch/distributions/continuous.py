"""Distributions of one number, drawn by the inverse of their distribution function."""

from __future__ import annotations

import math
from typing import Any

from minitorch._tensor import Tensor
from minitorch.ops.composite import clamp
from minitorch.ops.elementwise import (
    abs,
    atan,
    exp,
    expm1,
    log,
    log1p,
    reciprocal,
    sign,
    square,
    tan,
)
from minitorch.sized import empty

from . import constraints
from .distribution import Distribution, ExponentialFamily
from .normal import _Half
from .transforms import AbsTransform
from .utils import _finfo, _uniform, broadcast_all

__all__ = [
    "Cauchy",
    "Exponential",
    "HalfCauchy",
    "Laplace",
    "Uniform",
]


class Uniform(Distribution):
    """All numbers from `low` to `high` alike.

    >>> Uniform(0.0, 4.0).mean
    tensor(2.)
    """

    has_rsample = True

    def __init__(self, low: Any, high: Any, validate_args: Any = None) -> None:
        self.low, self.high = broadcast_all(low, high)
        super().__init__(self.low.size(), validate_args=validate_args)

    expand = Distribution._expand_parameters

    @property
    def arg_constraints(self) -> Any:
        """low below high."""
        return {
            "low": constraints.less_than(self.high),
            "high": constraints.greater_than(self.low),
        }

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        """From low to high."""
        return constraints.interval(self.low, self.high)

    @property
    def mean(self) -> Tensor:
        """The middle."""
        return (self.high + self.low) / 2

    @property
    def mode(self) -> Tensor:
        """NaN: no number is more probable than another."""
        return math.nan * self.high

    @property
    def stddev(self) -> Tensor:
        """(high - low) / sqrt(12)."""
        return (self.high - self.low) / 12**0.5

    @property
    def variance(self) -> Tensor:
        """(high - low) ** 2 / 12."""
        return square(self.high - self.low) / 12

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """low + u (high - low)."""
        u = _uniform(self.low, self._extended_shape(sample_shape))
        return self.low + u * (self.high - self.low)

    def log_prob(self, value: Tensor) -> Tensor:
        """-log(high - low), and -infinity outside; high counts as outside."""
        if self._validate_args:
            self._validate_sample(value)
        inside = (self.low <= value) & (self.high > value)
        return log(inside.type_as(self.low)) - log(self.high - self.low)

    def cdf(self, value: Tensor) -> Tensor:
        """(value - low) / (high - low), within [0, 1]."""
        if self._validate_args:
            self._validate_sample(value)
        return clamp((value - self.low) / (self.high - self.low), min=0, max=1)

    def icdf(self, value: Tensor) -> Tensor:
        """low + value (high - low)."""
        return value * (self.high - self.low) + self.low

    def entropy(self) -> Tensor:
        """log(high - low)."""
        return log(self.high - self.low)


class Exponential(ExponentialFamily):
    """Density rate e ** (-rate x)."""

    arg_constraints = {"rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, rate: Any, validate_args: Any = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.size(), validate_args=validate_args)

    expand = Distribution._expand_parameters

    @property
    def mean(self) -> Tensor:
        """1 / rate."""
        return reciprocal(self.rate)

    @property
    def mode(self) -> Tensor:
        """0."""
        return self.rate.new_zeros(self.rate.shape)

    @property
    def stddev(self) -> Tensor:
        """1 / rate."""
        return reciprocal(self.rate)

    @property
    def variance(self) -> Tensor:
        """1 / rate ** 2."""
        return self.rate**-2

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """-log(1 - u) / rate."""
        return _filled("exponential", self.rate, self._extended_shape(sample_shape)) / self.rate

    def log_prob(self, value: Tensor) -> Tensor:
        """log(rate) - rate x."""
        if self._validate_args:
            self._validate_sample(value)
        return log(self.rate) - self.rate * value

    def cdf(self, value: Tensor) -> Tensor:
        """1 - e ** (-rate x)."""
        if self._validate_args:
            self._validate_sample(value)
        return 1 - exp(-self.rate * value)

    def icdf(self, value: Tensor) -> Tensor:
        """-log(1 - value) / rate."""
        return -log1p(-value) / self.rate

    def entropy(self) -> Tensor:
        """1 - log(rate)."""
        return 1.0 - log(self.rate)

    @property
    def _natural_params(self) -> tuple:
        return (-self.rate,)

    def _log_normalizer(self, x: Tensor) -> Tensor:  # type: ignore[override]
        return -log(-x)


def _filled(stream: str, like: Tensor, shape: Any) -> Tensor:
    """A new tensor filled by one of its random methods."""
    return getattr(empty(tuple(shape), dtype=like.dtype), f"{stream}_")()


class _LocScale(Distribution):
    """Distributions of loc + scale z, z without parameters."""

    arg_constraints: Any = {"loc": constraints.real, "scale": constraints.positive}
    support: Any = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: Any = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.size(), validate_args=validate_args)

    expand = Distribution._expand_parameters

    @property
    def mode(self) -> Tensor:
        """loc."""
        return self.loc


class Laplace(_LocScale):
    """Density e ** -|z| / (2 scale) for z = (x - loc) / scale."""

    @property
    def mean(self) -> Tensor:
        """loc."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """2 scale ** 2."""
        return 2 * square(self.scale)

    @property
    def stddev(self) -> Tensor:
        """sqrt(2) scale."""
        return 2**0.5 * self.scale

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """loc - scale sign(u) log(1 - |u|), u uniform on (-1, 1)."""
        shape = self._extended_shape(sample_shape)
        u = _uniform(self.loc, shape, _finfo(self.loc).eps - 1, 1)
        return self.loc - self.scale * sign(u) * log1p(-abs(u))

    def log_prob(self, value: Tensor) -> Tensor:
        """-log(2 scale) - |z|."""
        if self._validate_args:
            self._validate_sample(value)
        return -log(2 * self.scale) - abs(value - self.loc) / self.scale

    def cdf(self, value: Tensor) -> Tensor:
        """1/2 + sign(z) (1 - e ** -|z|) / 2."""
        if self._validate_args:
            self._validate_sample(value)
        away = value - self.loc
        return 0.5 - 0.5 * sign(away) * expm1(-abs(away) / self.scale)

    def icdf(self, value: Tensor) -> Tensor:
        """loc - scale sign(value - 1/2) log(1 - 2 |value - 1/2|)."""
        u = value - 0.5
        return self.loc - self.scale * sign(u) * log1p(-2 * abs(u))

    def entropy(self) -> Tensor:
        """1 + log(2 scale)."""
        return 1 + log(2 * self.scale)


class Cauchy(_LocScale):
    """Density 1 / (pi scale (1 + z ** 2)) for z = (x - loc) / scale."""

    @property
    def mean(self) -> Tensor:
        """NaN: there is none."""
        return self.loc.new_full(self._extended_shape(), math.nan)

    @property
    def variance(self) -> Tensor:
        """Infinite."""
        return self.loc.new_full(self._extended_shape(), math.inf)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """loc + scale tan(pi (u - 1/2))."""
        return (
            self.loc + _filled("cauchy", self.loc, self._extended_shape(sample_shape)) * self.scale
        )

    def log_prob(self, value: Tensor) -> Tensor:
        """-log(pi scale) - log(1 + z ** 2)."""
        if self._validate_args:
            self._validate_sample(value)
        z = (value - self.loc) / self.scale
        return -math.log(math.pi) - log(self.scale) - log1p(square(z))

    def cdf(self, value: Tensor) -> Tensor:
        """1/2 + atan(z) / pi."""
        if self._validate_args:
            self._validate_sample(value)
        return atan((value - self.loc) / self.scale) / math.pi + 0.5

    def icdf(self, value: Tensor) -> Tensor:
        """loc + scale tan(pi (value - 1/2))."""
        return tan(math.pi * (value - 0.5)) * self.scale + self.loc

    def entropy(self) -> Tensor:
        """log(4 pi scale)."""
        return math.log(4 * math.pi) + log(self.scale)


class HalfCauchy(_Half):
    """|z|, z of the Cauchy distribution of `scale` around 0."""

    def __init__(self, scale: Any, validate_args: Any = None) -> None:
        base = Cauchy(0, scale, validate_args=False)
        super().__init__(base, AbsTransform(), validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """Infinite."""
        return self.scale.new_full(self._extended_shape(), math.inf)

    @property
    def variance(self) -> Tensor:
        """Infinite."""
        return self.base_dist.variance
