"""Mixtures of distributions of one family."""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.dtypes import Size
from minitorch.grad_mode import no_grad
from minitorch.ops.reduce import logsumexp

from . import constraints
from .categorical import Categorical
from .distribution import Distribution

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(Distribution):
    """`component_distribution`, its last batch dimension chosen by `mixture_distribution`.

    Raises: ValueError where the two do not fit.
    """

    arg_constraints: Any = {}
    has_rsample = False

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: Any = None,
    ) -> None:
        self._mixture_distribution = mixture_distribution
        self._component_distribution = component_distribution
        _check_mixture(mixture_distribution, component_distribution)
        batch = component_distribution.batch_shape
        self._num_component = batch[-1]
        self._event_ndims = len(component_distribution.event_shape)
        super().__init__(
            Size(batch[:-1]), component_distribution.event_shape, validate_args=validate_args
        )

    def expand(self, batch_shape: Any, _instance: Any = None) -> MixtureSameFamily:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        new = self._get_checked_instance(MixtureSameFamily, _instance)
        batch_shape = Size(batch_shape)
        new.__dict__.update(self.__dict__)
        components = Size(batch_shape + (self._num_component,))
        new._component_distribution = self._component_distribution.expand(components)
        new._mixture_distribution = self._mixture_distribution.expand(batch_shape)
        new._batch_shape = batch_shape
        return new

    @constraints.dependent_property
    def support(self) -> Any:
        """That of every component."""
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    @property
    def mixture_distribution(self) -> Categorical:
        """Which component is drawn."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Distribution:
        """What is drawn of each component."""
        return self._component_distribution

    def _weights(self) -> Tensor:
        """The probabilities, with the dimensions of an event."""
        probs = self.mixture_distribution.probs
        return probs.reshape(probs.shape + (1,) * self._event_ndims)

    def _mixed(self, x: Tensor) -> Tensor:
        return (self._weights() * x).sum(-1 - self._event_ndims)

    @property
    def mean(self) -> Tensor:
        """The weighted mean of the means."""
        return self._mixed(self.component_distribution.mean)

    @property
    def variance(self) -> Tensor:
        """The mean of the variances, and the variance of the means."""
        inside = self._mixed(self.component_distribution.variance)
        away = self.component_distribution.mean - self._pad(self.mean)
        return inside + self._mixed(away**2.0)

    def cdf(self, x: Tensor) -> Tensor:
        """The weighted mean of the components'."""
        found = self.component_distribution.cdf(self._pad(x))
        return (found * self.mixture_distribution.probs).sum(-1)

    def log_prob(self, x: Tensor) -> Tensor:
        """log of the weighted sum of the components' densities."""
        if self._validate_args:
            self._validate_sample(x)
        found = self.component_distribution.log_prob(self._pad(x))
        weights = _log_weights(self.mixture_distribution)
        return logsumexp(found + weights, dim=-1)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """A draw of every component, of which one is chosen."""
        with no_grad():
            chosen = self.mixture_distribution.sample(sample_shape)
            drawn = self.component_distribution.sample(sample_shape)
            at = len(Size(sample_shape)) + len(self.batch_shape)
            index = chosen.reshape(chosen.shape + (1,) * (self._event_ndims + 1))
            index = index.expand(chosen.shape + (1,) + self.event_shape)
            return drawn.gather(at, index).squeeze(at)

    def _pad(self, x: Tensor) -> Tensor:
        return x.unsqueeze(-1 - self._event_ndims)

    def __repr__(self) -> str:
        inside = f"{self.mixture_distribution!r},\n  {self.component_distribution!r}"
        return f"MixtureSameFamily(\n  {inside})"


def _log_weights(mixture: Categorical) -> Tensor:
    """The normalized logits of a mixture."""
    return mixture.logits - logsumexp(mixture.logits, dim=-1, keepdim=True)


def _check_mixture(mixture: Any, component: Any) -> None:
    if not isinstance(mixture, Categorical):
        raise ValueError(
            "MixtureSameFamily: expected a Categorical to choose the component, got "
            f"{type(mixture).__name__}"
        )
    if not isinstance(component, Distribution):
        raise ValueError(
            "MixtureSameFamily: expected a Distribution as components, got "
            f"{type(component).__name__}"
        )
    weights, parts = mixture.batch_shape, component.batch_shape
    for a, b in zip(reversed(weights), reversed(parts[:-1])):
        if a != 1 and b != 1 and a != b:
            raise ValueError(
                f"MixtureSameFamily: expected batches that broadcast, got {list(weights)} of the "
                f"mixture and {list(parts[:-1])} of the components"
            )
    n = mixture.logits.shape[-1]
    if parts and n != parts[-1]:
        raise ValueError(
            f"MixtureSameFamily: the mixture chooses among {n} components, there are {parts[-1]}"
        )
