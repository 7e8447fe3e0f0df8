"""Counts: of successes, of trials, of failures, of events."""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor, wrap
from minitorch.backend import xp
from minitorch.dtypes import Size
from minitorch.grad_mode import no_grad
from minitorch.nn.functional import binary_cross_entropy_with_logits, logsigmoid
from minitorch.ops.composite import clamp
from minitorch.ops.elementwise import abs, exp, floor, log, log1p, where
from minitorch.ops.special import lgamma, xlogy
from minitorch.sampling import binomial, poisson

from . import constraints
from .bernoulli import _Odds
from .distribution import Distribution, ExponentialFamily
from .gamma import Gamma
from .utils import _finfo, _one_of, _uniform, broadcast_all, lazy_property

__all__ = ["Binomial", "Geometric", "NegativeBinomial", "Poisson"]


class _Trials(_Odds):
    """Distributions of `total_count` and a probability."""

    def _take_with(self, total_count: Any, probs: Any, logits: Any) -> Size:
        _one_of(type(self).__name__, probs, logits)
        if probs is None:
            self.total_count, self.logits = broadcast_all(total_count, logits)
        else:
            self.total_count, self.probs = broadcast_all(total_count, probs)
        self.total_count = self.total_count.type_as(self._param)
        return self._param.size()


class Binomial(_Trials):
    """The successes in `total_count` trials, each with probability `probs`.

    >>> import minitorch as torch
    >>> Binomial(3, torch.tensor(0.5)).mean
    tensor(1.5000)
    """

    arg_constraints = {
        "total_count": constraints.nonnegative_integer,
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    has_enumerate_support = True

    def __init__(
        self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: Any = None
    ) -> None:
        shape = self._take_with(total_count, probs, logits)
        super().__init__(shape, validate_args=validate_args)

    expand = Distribution._expand_parameters

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        """0 ... total_count."""
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Tensor:
        """n p."""
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        """floor((n + 1) p), at most n."""
        return clamp(floor((self.total_count + 1) * self.probs), max=self.total_count)

    @property
    def variance(self) -> Tensor:
        """n p (1 - p)."""
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Counts."""
        shape = self._extended_shape(sample_shape)
        with no_grad():
            return binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """log(n! / (k! (n - k)!)) + k log p + (n - k) log(1 - p), by the log-odds."""
        if self._validate_args:
            self._validate_sample(value)
        n = self.total_count
        ways = lgamma(n + 1) - lgamma(value + 1) - lgamma(n - value + 1)
        # n log(1 + e ** x) without overflow: the positive part of x is taken out of it
        x = self.logits
        normalizer = n * clamp(x, min=0) + n * log1p(exp(-abs(x)))
        return value * x + ways - normalizer

    def entropy(self) -> Tensor:
        """-sum of p log p over all counts. Raises: NotImplementedError unless n is the same."""
        self._one_total("entropy")
        log_prob = self.log_prob(self.enumerate_support(False))
        return -(exp(log_prob) * log_prob).sum(0)

    def _one_total(self, what: str) -> int:
        n = self.total_count._array
        total = int(n.max())
        if not n.min() == total:
            raise NotImplementedError(f"{what}: expected one total_count, got {self.total_count}")
        return total

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """0 ... n, along a new first dimension. Raises: NotImplementedError as `entropy`."""
        total = self._one_total("enumerate_support")
        values = wrap(xp.arange(1 + total, dtype=self._param.dtype.np))
        values = values.view((-1,) + (1,) * len(self._batch_shape))
        return values.expand((-1,) + self._batch_shape) if expand else values


class NegativeBinomial(_Trials):
    """The successes, each with probability `probs`, before `total_count` failures."""

    arg_constraints = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: Any = None
    ) -> None:
        shape = self._take_with(total_count, probs, logits)
        super().__init__(shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Distribution:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        new = self._expand_parameters(batch_shape, _instance)
        new.__dict__.pop("_gamma", None)  # made of the parameters when it is asked for
        return new

    @property
    def mean(self) -> Tensor:
        """n e ** logits."""
        return self.total_count * exp(self.logits)

    @property
    def mode(self) -> Tensor:
        """floor((n - 1) e ** logits), at least 0."""
        return clamp(floor((self.total_count - 1) * exp(self.logits)), min=0.0)

    @property
    def variance(self) -> Tensor:
        """mean / (1 - p)."""
        return self.mean / logits_complement(self.logits)

    @lazy_property
    def _gamma(self) -> Gamma:
        return Gamma(self.total_count, exp(-self.logits), validate_args=False)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Poisson counts whose rates are gamma distributed."""
        with no_grad():
            return poisson(self._gamma.sample(sample_shape=sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """n log(1 - p) + k log p + log((n + k - 1)! / (k! (n - 1)!))."""
        if self._validate_args:
            self._validate_sample(value)
        n = self.total_count
        chance = n * logsigmoid(-self.logits) + value * logsigmoid(self.logits)
        ways = lgamma(n + value) - lgamma(value + 1.0) - lgamma(n)
        return chance + where(n + value == 0.0, 0.0, ways)


def logits_complement(logits: Tensor) -> Tensor:
    """1 - p for log-odds."""
    return exp(logsigmoid(-logits))


class Geometric(_Odds):
    """The failures before the first success, each trial with probability `probs`."""

    support = constraints.nonnegative_integer

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        super().__init__(self._take(probs, logits), validate_args=validate_args)
        if self._validate_args and probs is not None and not (self.probs > 0).all():
            raise ValueError(f"{self!r}: expected probs above 0, got {self.probs}")

    expand = Distribution._expand_parameters

    @property
    def mean(self) -> Tensor:
        """1 / p - 1."""
        return 1.0 / self.probs - 1.0

    @property
    def mode(self) -> Tensor:
        """0."""
        return self.probs.new_zeros(self.probs.shape)

    @property
    def variance(self) -> Tensor:
        """(1 / p - 1) / p."""
        return (1.0 / self.probs - 1.0) / self.probs

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """floor(log u / log(1 - p))."""
        p = self.probs.detach()
        u = _uniform(p, self._extended_shape(sample_shape), _finfo(p).tiny, 1.0)
        return floor(log(u) / log1p(-p))

    def log_prob(self, value: Tensor) -> Tensor:
        """k log(1 - p) + log p."""
        if self._validate_args:
            self._validate_sample(value)
        value, probs = broadcast_all(value, self.probs)
        certain = (probs == 1) & (value == 0)
        return value * log1p(-probs.masked_fill(certain, 0)) + log(self.probs)

    def entropy(self) -> Tensor:
        """That of one trial over p."""
        of_trial = binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")
        return of_trial / self.probs


class Poisson(ExponentialFamily):
    """The events where `rate` are expected."""

    arg_constraints = {"rate": constraints.nonnegative}
    support = constraints.nonnegative_integer

    def __init__(self, rate: Any, validate_args: Any = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.size(), validate_args=validate_args)

    expand = Distribution._expand_parameters

    @property
    def mean(self) -> Tensor:
        """rate."""
        return self.rate

    @property
    def mode(self) -> Tensor:
        """floor(rate)."""
        return floor(self.rate)

    @property
    def variance(self) -> Tensor:
        """rate."""
        return self.rate

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Counts."""
        with no_grad():
            return poisson(self.rate.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        """k log(rate) - rate - log k!."""
        if self._validate_args:
            self._validate_sample(value)
        rate, value = broadcast_all(self.rate, value)
        return xlogy(value, rate) - rate - lgamma(value + 1)

    @property
    def _natural_params(self) -> tuple:
        return (log(self.rate),)

    def _log_normalizer(self, x: Tensor) -> Tensor:  # type: ignore[override]
        return exp(x)
