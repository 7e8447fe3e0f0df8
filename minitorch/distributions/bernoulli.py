"""One event with a probability: whether it happens, and its continuous relative."""

from __future__ import annotations

import math
from numbers import Number
from typing import Any

from minitorch._tensor import Tensor, wrap
from minitorch.backend import xp
from minitorch.dtypes import Size
from minitorch.nn.functional import binary_cross_entropy_with_logits, softplus
from minitorch.ops.elementwise import abs, exp, log, log1p, square, where
from minitorch.sampling import bernoulli

from . import constraints
from .distribution import Distribution, ExponentialFamily
from .utils import (
    _one_of,
    _uniform,
    broadcast_all,
    clamp_probs,
    lazy_property,
    logits_to_probs,
    probs_to_logits,
)

__all__ = ["Bernoulli", "ContinuousBernoulli"]


class _Odds(Distribution):
    """Distributions of a probability `probs`, or its log-odds `logits`."""

    arg_constraints: Any = {"probs": constraints.unit_interval, "logits": constraints.real}

    def _take(self, probs: Any, logits: Any) -> Size:
        """Keep the one that is given; the batch shape."""
        _one_of(type(self).__name__, probs, logits)
        if probs is None:
            (self.logits,) = broadcast_all(logits)
        else:
            (self.probs,) = broadcast_all(probs)
        return (
            Size() if isinstance(logits if probs is None else probs, Number) else self.param_shape
        )

    expand = Distribution._expand_parameters

    @property
    def _param(self) -> Tensor:
        own = self.__dict__
        return own["probs"] if "probs" in own else own["logits"]

    def _new(self, *args: Any, **kwargs: Any) -> Tensor:
        return self._param.new(*args, **kwargs)

    @lazy_property
    def logits(self) -> Tensor:
        """log(p / (1 - p))."""
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self) -> Tensor:
        """The probability."""
        return logits_to_probs(self.logits, is_binary=True)

    @property
    def param_shape(self) -> Size:
        """The shape of `probs`."""
        return self._param.size()


class Bernoulli(_Odds, ExponentialFamily):
    """1 with probability `probs`, else 0; or with log-odds `logits`.

    >>> Bernoulli(0.3).mean
    tensor(0.3000)
    """

    support = constraints.boolean
    has_enumerate_support = True
    _mean_carrier_measure = 0

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        super().__init__(self._take(probs, logits), validate_args=validate_args)

    expand = Distribution._expand_parameters

    @property
    def mean(self) -> Tensor:
        """p."""
        return self.probs

    @property
    def mode(self) -> Tensor:
        """1 or 0, whichever is more probable; NaN where they are equally so."""
        likely = (self.probs >= 0.5).to(self.probs.dtype)
        return likely.masked_fill(self.probs == 0.5, math.nan)

    @property
    def variance(self) -> Tensor:
        """p (1 - p)."""
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """0 or 1."""
        return bernoulli(self.probs.detach().expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        """log p or log(1 - p)."""
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return -binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self) -> Tensor:
        """-p log p - (1 - p) log(1 - p)."""
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """0 and 1, along a new first dimension."""
        values = wrap(xp.arange(2, dtype=self._param.dtype.np))
        values = values.view((-1,) + (1,) * len(self._batch_shape))
        return values.expand((-1,) + self._batch_shape) if expand else values

    @property
    def _natural_params(self) -> tuple:
        return (self.logits,)

    def _log_normalizer(self, x: Tensor) -> Tensor:  # type: ignore[override]
        return softplus(x)


class ContinuousBernoulli(_Odds, ExponentialFamily):
    """Numbers of the unit interval with density proportional to p ** x (1 - p) ** (1 - x).

    Within `lims`, where the formulas lose their digits, Taylor series around p = 1/2 are used.

    Source: Loaiza-Ganem and Cunningham 2019, https://arxiv.org/abs/1907.06845
    """

    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: Any = None,
    ) -> None:
        shape = self._take(probs, logits)
        if probs is not None:
            if validate_args is not None:
                self._validate_args = validate_args
            if self._validate_args and not self.arg_constraints["probs"].check(self.probs).all():
                raise ValueError(f"ContinuousBernoulli: expected probs in [0, 1], got {probs}")
            self.probs = clamp_probs(self.probs)
        self._lims = lims
        super().__init__(shape, validate_args=validate_args)

    expand = Distribution._expand_parameters

    def _outside_unstable_region(self) -> Tensor:
        low, high = self._lims
        return (self.probs <= low) | (self.probs > high)

    def _cut_probs(self) -> Tensor:
        """p, away from 1/2."""
        return where(self._outside_unstable_region(), self.probs, self._lims[0])

    def _near_half(self, outside: Tensor, *coefficients: float) -> Tensor:
        """`outside`, but within the limits a polynomial in p - 1/2, lowest power first."""
        x = self.probs - 0.5
        series = 0.0
        for c in reversed(coefficients):
            series = series * x + c
        return where(self._outside_unstable_region(), outside, series)

    def _cont_bern_log_norm(self) -> Tensor:
        """log of 2 atanh(1 - 2 p) / (1 - 2 p)."""
        p = self._cut_probs()
        below = where(p <= 0.5, p, 0.0)
        above = where(p >= 0.5, p, 1.0)
        size = log(abs(log1p(-p) - log(p)))
        outside = size - where(p <= 0.5, log1p(-2.0 * below), log(2.0 * above - 1.0))
        x = square(self.probs - 0.5)
        near = math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x) * x
        return where(self._outside_unstable_region(), outside, near)

    @property
    def mean(self) -> Tensor:
        """p / (2 p - 1) + 1 / (2 atanh(1 - 2 p))."""
        p = self._cut_probs()
        outside = p / (2.0 * p - 1.0) + 1.0 / (log1p(-p) - log(p))
        return self._near_half(outside, 0.5, 1 / 3, 0.0, 16.0 / 45.0)

    @property
    def stddev(self) -> Tensor:
        """The square root of the variance."""
        return self.variance.sqrt()

    @property
    def variance(self) -> Tensor:
        """p (p - 1) / (1 - 2 p) ** 2 + 1 / (2 atanh(1 - 2 p)) ** 2."""
        p = self._cut_probs()
        outside = p * (p - 1.0) / square(1.0 - 2.0 * p) + 1.0 / square(log1p(-p) - log(p))
        x = square(self.probs - 0.5)
        near = 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * x) * x
        return where(self._outside_unstable_region(), outside, near)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """By the inverse of the distribution function, without history."""
        return Distribution.sample(self, sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """By the inverse of the distribution function."""
        return self.icdf(_uniform(self.probs, self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        """As `Bernoulli`, and the log of the norm."""
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        of_bernoulli = -binary_cross_entropy_with_logits(logits, value, reduction="none")
        return of_bernoulli + self._cont_bern_log_norm()

    def cdf(self, value: Tensor) -> Tensor:
        """(p ** x (1 - p) ** (1 - x) + p - 1) / (2 p - 1), within [0, 1]."""
        if self._validate_args:
            self._validate_sample(value)
        p = self._cut_probs()
        found = (p**value * (1.0 - p) ** (1.0 - value) + p - 1.0) / (2.0 * p - 1.0)
        inside = where(self._outside_unstable_region(), found, value)
        return where(value <= 0.0, 0.0, where(value >= 1.0, 1.0, inside))

    def icdf(self, value: Tensor) -> Tensor:
        """log1p(value (2 p - 1) / (1 - p)) / log(p / (1 - p))."""
        p = self._cut_probs()
        odds = log(p) - log1p(-p)
        found = (log1p(-p + value * (2.0 * p - 1.0)) - log1p(-p)) / odds
        return where(self._outside_unstable_region(), found, value)

    def entropy(self) -> Tensor:
        """mean (log(1 - p) - log p) - log(1 - p) - log norm."""
        below, rest = log(self.probs), log1p(-self.probs)
        return self.mean * (rest - below) - self._cont_bern_log_norm() - rest

    @property
    def _natural_params(self) -> tuple:
        return (self.logits,)

    def _log_normalizer(self, x: Tensor) -> Tensor:  # type: ignore[override]
        """log((e ** x - 1) / x), by its series near 0."""
        low, high = self._lims
        outside = (x <= low - 0.5) | (x > high - 0.5)
        cut = where(outside, x, (low - 0.5))
        exact = log(abs(exp(cut) - 1.0)) - log(abs(cut))
        return where(outside, exact, 0.5 * x + square(x) / 24.0 - square(square(x)) / 2880.0)
