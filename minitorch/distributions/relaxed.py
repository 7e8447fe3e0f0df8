"""Continuous relaxations of discrete choices, with a temperature.

Source: Maddison et al. 2017, https://arxiv.org/abs/1611.00712; Jang et al. 2017,
https://arxiv.org/abs/1611.01144
"""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.ops.elementwise import exp, log, log1p
from minitorch.ops.special import lgamma

from . import constraints
from .bernoulli import _Odds
from .categorical import Categorical, _OfChoice
from .distribution import Distribution
from .transformed_distribution import TransformedDistribution
from .transforms import ExpTransform, SigmoidTransform
from .utils import _as_tensor, _normalized, _uniform, broadcast_all, clamp_probs

__all__ = [
    "ExpRelaxedCategorical",
    "LogitRelaxedBernoulli",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
]


class LogitRelaxedBernoulli(_Odds):
    """The log-odds of a `RelaxedBernoulli`: (logits + logit(u)) / temperature."""

    support = constraints.real

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: Any = None
    ) -> None:
        self.temperature = temperature
        super().__init__(self._take(probs, logits), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Distribution:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        new = self._expand_parameters(batch_shape, _instance)
        new.temperature = self.temperature
        return new

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """A logistic number around the logits, over the temperature."""
        shape = self._extended_shape(sample_shape)
        probs = clamp_probs(self.probs.expand(shape))
        u = clamp_probs(_uniform(probs, shape))
        return (log(u) - log1p(-u) + log(probs) - log1p(-probs)) / self.temperature

    def log_prob(self, value: Tensor) -> Tensor:
        """log(t) + d - 2 log(1 + e ** d) for d = logits - t x."""
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        away = logits - value * self.temperature
        return log(_as_tensor(self.temperature)) + away - 2 * log1p(exp(away))


class _Relaxed(TransformedDistribution):
    """What shows the parameters of its base."""

    base_dist: Any
    has_rsample = True

    @property
    def temperature(self) -> Tensor:
        """The temperature."""
        return self.base_dist.temperature

    @property
    def logits(self) -> Tensor:
        """The log-odds, or logarithms of the probabilities."""
        return self.base_dist.logits

    @property
    def probs(self) -> Tensor:
        """The probability, or the probabilities."""
        return self.base_dist.probs


class RelaxedBernoulli(_Relaxed):
    """Numbers of (0, 1), near the ends the more so the lower the temperature."""

    arg_constraints = _Odds.arg_constraints
    support = constraints.unit_interval

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: Any = None
    ) -> None:
        base = LogitRelaxedBernoulli(temperature, probs, logits)
        super().__init__(base, SigmoidTransform(), validate_args=validate_args)


class ExpRelaxedCategorical(_OfChoice):
    """The logarithms of `RelaxedOneHotCategorical`: normalized (logits + Gumbel) / temperature."""

    arg_constraints = Categorical.arg_constraints
    # The real support is the surface on which the exponentials sum to 1.
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: Any = None
    ) -> None:
        self.temperature = temperature
        super().__init__(Categorical(probs, logits), validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Distribution:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        new = self._get_checked_instance(ExpRelaxedCategorical, _instance)
        return self._expanded_on(new, batch_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Scores, normalized."""
        u = clamp_probs(_uniform(self.logits, self._extended_shape(sample_shape)))
        return _normalized((self.logits - log(-log(u))) / self.temperature)

    def log_prob(self, value: Tensor) -> Tensor:
        """(n - 1)! t ** (n - 1) times the product of softmax(logits - t x)."""
        n = self._categorical._num_events
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        ways = lgamma(logits.new_full(logits.shape[:-1] or (), float(n)))
        norm = ways + log(_as_tensor(self.temperature)) * (n - 1)
        return _normalized(logits - value * self.temperature).sum(-1) + norm


class RelaxedOneHotCategorical(_Relaxed):
    """Points of the simplex, near the corners the more so the lower the temperature."""

    arg_constraints = Categorical.arg_constraints
    support = constraints.simplex

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: Any = None
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args=validate_args)
        super().__init__(base, ExpTransform(), validate_args=validate_args)
