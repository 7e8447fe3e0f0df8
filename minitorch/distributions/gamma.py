"""The gamma distribution and its relatives: ratios, shares and inverses of gamma numbers."""

from __future__ import annotations

import math
from numbers import Number
from typing import Any

from minitorch._tensor import Tensor
from minitorch.dtypes import Size
from minitorch.grad_mode import no_grad
from minitorch.nn.functional import one_hot
from minitorch.ops.composite import clamp
from minitorch.ops.elementwise import log, log1p, rsqrt, square, where
from minitorch.ops.shape import stack
from minitorch.ops.special import digamma, lgamma, xlogy
from minitorch.sampling import _sample_dirichlet, _standard_gamma
from minitorch.special import gammainc

from . import constraints
from .distribution import Distribution, ExponentialFamily
from .transformed_distribution import TransformedDistribution
from .transforms import PowerTransform
from .utils import _finfo, _standard_normal, broadcast_all

__all__ = ["Beta", "Chi2", "Dirichlet", "FisherSnedecor", "Gamma", "InverseGamma", "StudentT"]


class Gamma(ExponentialFamily):
    """Density proportional to x ** (concentration - 1) e ** (-rate x).

    >>> Gamma(2.0, 4.0).mean
    tensor(0.5000)
    """

    arg_constraints: Any = {
        "concentration": constraints.positive,
        "rate": constraints.positive,
    }
    support = constraints.nonnegative
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, concentration: Any, rate: Any, validate_args: Any = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.shape, validate_args=validate_args)

    expand = Distribution._expand_parameters

    @property
    def mean(self) -> Tensor:
        """concentration / rate."""
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        """(concentration - 1) / rate, at least 0."""
        return clamp((self.concentration - 1) / self.rate, min=0)

    @property
    def variance(self) -> Tensor:
        """concentration / rate ** 2."""
        return self.concentration / square(self.rate)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """A gamma number of scale 1 over the rate; differentiable in both parameters."""
        shape = self._extended_shape(sample_shape)
        value = _standard_gamma(self.concentration.expand(shape)) / self.rate
        return _kept_positive(value)

    def log_prob(self, value: Tensor) -> Tensor:
        """a log(rate) + (a - 1) log x - rate x - log gamma(a)."""
        if self._validate_args:
            self._validate_sample(value)
        a, rate = self.concentration, self.rate
        return xlogy(a, rate) + xlogy(a - 1, value) - rate * value - lgamma(a)

    def cdf(self, value: Tensor) -> Tensor:
        """The regularized incomplete gamma function of rate x."""
        if self._validate_args:
            self._validate_sample(value)
        return gammainc(self.concentration, self.rate * value)

    def entropy(self) -> Tensor:
        """a - log(rate) + log gamma(a) + (1 - a) digamma(a)."""
        a = self.concentration
        return a - log(self.rate) + lgamma(a) + (1.0 - a) * digamma(a)

    @property
    def _natural_params(self) -> tuple:
        return self.concentration - 1, -self.rate

    def _log_normalizer(self, x: Tensor, y: Tensor) -> Tensor:  # type: ignore[override]
        return lgamma(x + 1) + (x + 1) * log(-1 / y)


def _kept_positive(value: Tensor) -> Tensor:
    """`value`, what is too small raised in place: it is in no logarithm's domain otherwise."""
    with no_grad():
        value.detach().clamp_(min=_finfo(value).tiny)
    return value


class Chi2(Gamma):
    """The sum of squares of `df` normal numbers."""

    arg_constraints = {"df": constraints.positive}
    _expanded = Gamma.arg_constraints

    def __init__(self, df: Any, validate_args: Any = None) -> None:
        super().__init__(0.5 * df, 0.5, validate_args=validate_args)

    expand = Distribution._expand_parameters

    @property
    def df(self) -> Tensor:
        """Twice the concentration."""
        return self.concentration * 2


class InverseGamma(TransformedDistribution):
    """1 / x, x gamma distributed."""

    arg_constraints = Gamma.arg_constraints
    support = constraints.positive
    has_rsample = True
    base_dist: Gamma

    def __init__(self, concentration: Any, rate: Any, validate_args: Any = None) -> None:
        base = Gamma(concentration, rate, validate_args=validate_args)
        turn = PowerTransform(-base.rate.new_ones(()))
        super().__init__(base, turn, validate_args=validate_args)

    @property
    def concentration(self) -> Tensor:
        """That of x."""
        return self.base_dist.concentration

    @property
    def rate(self) -> Tensor:
        """That of x."""
        return self.base_dist.rate

    @property
    def mean(self) -> Tensor:
        """rate / (concentration - 1), infinite where that is not positive."""
        found = self.rate / (self.concentration - 1)
        return where(self.concentration > 1, found, math.inf)

    @property
    def mode(self) -> Tensor:
        """rate / (concentration + 1)."""
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Tensor:
        """(rate / (a - 1)) ** 2 / (a - 2), infinite for a <= 2."""
        a = self.concentration
        found = square(self.rate) / (square(a - 1) * (a - 2))
        return where(a > 2, found, math.inf)

    def entropy(self) -> Tensor:
        """a + log(rate) + log gamma(a) - (1 + a) digamma(a)."""
        a = self.concentration
        return a + log(self.rate) + lgamma(a) - (1 + a) * digamma(a)


class Dirichlet(ExponentialFamily):
    """Shares of n gamma numbers in their sum: points of the simplex.

    >>> import minitorch as torch
    >>> Dirichlet(torch.tensor([1.0, 3.0])).mean
    tensor([0.2500, 0.7500])
    """

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Tensor, validate_args: Any = None) -> None:
        if concentration.dim() < 1:
            raise ValueError("Dirichlet: expected a concentration of at least one dimension")
        self.concentration = concentration
        shape = concentration.shape
        super().__init__(Size(shape[:-1]), Size(shape[-1:]), validate_args=validate_args)

    expand = Distribution._expand_parameters

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Shares, differentiable in the concentrations."""
        return _sample_dirichlet(self.concentration.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        """The sum of (a - 1) log x, and log gamma of the sum of a less the sum of log gamma(a)."""
        if self._validate_args:
            self._validate_sample(value)
        a = self.concentration
        return xlogy(a - 1.0, value).sum(-1) + lgamma(a.sum(-1)) - lgamma(a).sum(-1)

    @property
    def mean(self) -> Tensor:
        """a over the sum of a."""
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self) -> Tensor:
        """a - 1 over its sum, where all a >= 1; a corner where all are below 1 and there is one."""
        a = clamp(self.concentration - 1, min=0.0)
        mode = a / a.sum(-1, True)
        corners = (self.concentration < 1).all(-1)
        if corners.any():
            n = mode.shape[-1]
            mode[corners] = one_hot(mode[corners].argmax(-1), n).to(mode.dtype)
        return mode

    @property
    def variance(self) -> Tensor:
        """a (a0 - a) / (a0 ** 2 (a0 + 1)), a0 the sum."""
        total = self.concentration.sum(-1, True)
        a = self.concentration
        return a * (total - a) / (square(total) * (total + 1))

    def entropy(self) -> Tensor:
        """log B(a) + (a0 - n) digamma(a0) - the sum of (a - 1) digamma(a)."""
        a, n = self.concentration, self.concentration.size(-1)
        total = a.sum(-1)
        norm = lgamma(a).sum(-1) - lgamma(total)
        return norm - (n - total) * digamma(total) - ((a - 1.0) * digamma(a)).sum(-1)

    @property
    def _natural_params(self) -> tuple:
        return (self.concentration,)

    def _log_normalizer(self, x: Tensor) -> Tensor:  # type: ignore[override]
        return lgamma(x).sum(-1) - lgamma(x.sum(-1))


class Beta(ExponentialFamily):
    """The first share of two: density proportional to x ** (c1 - 1) (1 - x) ** (c0 - 1)."""

    arg_constraints = {
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: Any = None) -> None:
        both = stack(broadcast_all(concentration1, concentration0), -1)
        self._dirichlet = Dirichlet(both, validate_args=validate_args)
        super().__init__(self._dirichlet._batch_shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Beta:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        new = self._get_checked_instance(Beta, _instance)
        new.__dict__.update(self.__dict__)
        new._dirichlet = self._dirichlet.expand(batch_shape)
        new._batch_shape = Size(batch_shape)
        return new

    @property
    def concentration1(self) -> Tensor:
        """The power of x, plus 1."""
        return self._dirichlet.concentration[..., 0]

    @property
    def concentration0(self) -> Tensor:
        """The power of 1 - x, plus 1."""
        return self._dirichlet.concentration[..., 1]

    @property
    def mean(self) -> Tensor:
        """c1 / (c1 + c0)."""
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Tensor:
        """(c1 - 1) / (c1 + c0 - 2), or an end of the interval."""
        return self._dirichlet.mode[..., 0]

    @property
    def variance(self) -> Tensor:
        """c1 c0 / ((c1 + c0) ** 2 (c1 + c0 + 1))."""
        total = self.concentration1 + self.concentration0
        return self.concentration1 * self.concentration0 / (square(total) * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """The first of two shares."""
        return self._dirichlet.rsample(sample_shape)[..., 0]

    def log_prob(self, value: Tensor) -> Tensor:
        """That of the two shares."""
        if self._validate_args:
            self._validate_sample(value)
        return self._dirichlet.log_prob(stack([value, 1.0 - value], -1))

    def entropy(self) -> Tensor:
        """That of the two shares."""
        return self._dirichlet.entropy()

    @property
    def _natural_params(self) -> tuple:
        return self.concentration1, self.concentration0

    def _log_normalizer(self, x: Tensor, y: Tensor) -> Tensor:  # type: ignore[override]
        return lgamma(x) + lgamma(y) - lgamma(x + y)


class FisherSnedecor(Distribution):
    """The ratio of two mean squares, of `df1` and of `df2` normal numbers."""

    arg_constraints = {"df1": constraints.positive, "df2": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, df1: Any, df2: Any, validate_args: Any = None) -> None:
        self.df1, self.df2 = broadcast_all(df1, df2)
        self._gamma1 = Gamma(self.df1 * 0.5, self.df1)
        self._gamma2 = Gamma(self.df2 * 0.5, self.df2)
        shape = Size() if isinstance(df1, Number) and isinstance(df2, Number) else self.df1.size()
        super().__init__(shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Distribution:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        new = self._expand_parameters(batch_shape, _instance)
        new._gamma1 = self._gamma1.expand(batch_shape)
        new._gamma2 = self._gamma2.expand(batch_shape)
        return new

    @property
    def mean(self) -> Tensor:
        """df2 / (df2 - 2), NaN for df2 <= 2."""
        df2 = self.df2.masked_fill(self.df2 <= 2, math.nan)
        return df2 / (df2 - 2)

    @property
    def mode(self) -> Tensor:
        """(df1 - 2) / df1 df2 / (df2 + 2), NaN for df1 <= 2."""
        mode = (self.df1 - 2) / self.df1 * self.df2 / (self.df2 + 2)
        return mode.masked_fill(self.df1 <= 2, math.nan)

    @property
    def variance(self) -> Tensor:
        """2 df2 ** 2 (df1 + df2 - 2) / (df1 (df2 - 2) ** 2 (df2 - 4)), NaN for df2 <= 4."""
        df2 = self.df2.masked_fill(self.df2 <= 4, math.nan)
        above = 2 * square(df2) * (self.df1 + df2 - 2)
        return above / (self.df1 * square(df2 - 2) * (df2 - 4))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """A ratio of gamma numbers."""
        shape = self._extended_shape(sample_shape)
        above = self._gamma1.rsample(sample_shape).view(shape)
        below = self._gamma2.rsample(sample_shape).view(shape)
        return _kept_positive(above / _kept_positive(below))

    def log_prob(self, value: Tensor) -> Tensor:
        """The density of a ratio of gamma numbers."""
        if self._validate_args:
            self._validate_sample(value)
        ratio = self.df1 / self.df2
        half1, half2 = self.df1 * 0.5, self.df2 * 0.5
        norm = lgamma(half1 + half2) - lgamma(half1) - lgamma(half2)
        of_value = half1 * log(ratio) + (half1 - 1) * log(value)
        return norm + of_value - (half1 + half2) * log1p(ratio * value)


class StudentT(Distribution):
    """loc + scale z / sqrt(mean of `df` squares), z and what is squared normal."""

    arg_constraints = {
        "df": constraints.positive,
        "loc": constraints.real,
        "scale": constraints.positive,
    }
    support = constraints.real
    has_rsample = True

    def __init__(
        self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: Any = None
    ) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        self._chi2 = Chi2(self.df)
        super().__init__(self.df.size(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Distribution:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        new = self._expand_parameters(batch_shape, _instance)
        new._chi2 = self._chi2.expand(batch_shape)
        return new

    @property
    def mean(self) -> Tensor:
        """loc, NaN for df <= 1."""
        return self.loc.masked_fill(self.df <= 1, math.nan)

    @property
    def mode(self) -> Tensor:
        """loc."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """scale ** 2 df / (df - 2), infinite for df <= 2 and NaN for df <= 1."""
        found = square(self.scale) * self.df / (self.df - 2)
        found = where(self.df > 2, found, math.inf)
        return found.masked_fill(self.df <= 1, math.nan)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """A normal number over the root of a mean square."""
        shape = self._extended_shape(sample_shape)
        z = _standard_normal(shape, self.df.dtype, self.df.device)
        squares = self._chi2.rsample(sample_shape)
        return self.loc + self.scale * (z * rsqrt(squares / self.df))

    def log_prob(self, value: Tensor) -> Tensor:
        """-(df + 1) / 2 log(1 + z ** 2 / df), and the norm."""
        if self._validate_args:
            self._validate_sample(value)
        z = (value - self.loc) / self.scale
        half = 0.5 * self.df
        norm = log(self.scale) + 0.5 * log(self.df) + 0.5 * math.log(math.pi)
        norm = norm + lgamma(half) - lgamma(half + 0.5)
        return -0.5 * (self.df + 1.0) * log1p(square(z) / self.df) - norm

    def entropy(self) -> Tensor:
        """log(scale), and that of scale 1."""
        half = 0.5 * self.df
        norm = lgamma(half) + 0.5 * math.log(math.pi) - lgamma(half + 0.5)
        slope = digamma(half + 0.5) - digamma(half)
        return log(self.scale) + (half + 0.5) * slope + 0.5 * log(self.df) + norm
