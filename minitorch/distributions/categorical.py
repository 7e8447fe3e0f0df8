"""One of several: as an index, as a vector with a single 1, as counts of many draws."""

from __future__ import annotations

import math
from typing import Any

from minitorch._tensor import Tensor, wrap
from minitorch.backend import xp
from minitorch.dtypes import Size
from minitorch.errors import broadcast_shapes
from minitorch.nn.functional import one_hot
from minitorch.ops.density import choice_entropy, chosen
from minitorch.ops.elementwise import exp
from minitorch.ops.shape import expand
from minitorch.ops.special import lgamma
from minitorch.ranges import arange
from minitorch.sampling import multinomial

from . import constraints
from .counts import Binomial
from .distribution import Distribution
from .utils import (
    _normalized,
    _one_of,
    broadcast_all,
    lazy_property,
    logits_to_probs,
    probs_to_logits,
)

__all__ = ["Categorical", "Multinomial", "OneHotCategorical", "OneHotCategoricalStraightThrough"]

_CHOICE = {"probs": constraints.simplex, "logits": constraints.real_vector}


class Categorical(Distribution):
    """0 ... n-1 with weights `probs` of shape (..., n), or their logarithms `logits`.

    Both are normalized: `probs` sum to 1, and so do the exponentials of `logits`.

    >>> import minitorch as torch
    >>> Categorical(torch.tensor([1.0, 1.0, 2.0])).probs
    tensor([0.2500, 0.2500, 0.5000])
    """

    arg_constraints = _CHOICE
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        _one_of("Categorical", probs, logits)
        given = logits if probs is None else probs
        shape = given.shape
        if len(shape) < 1:
            name = "logits" if probs is None else "probs"
            raise ValueError(
                f"Categorical: expected {name} of at least one dimension, got a number"
            )
        if probs is None:
            self.logits = _normalized(logits)
        else:
            self.probs = probs / probs.sum(-1, keepdim=True)
        self._num_events = shape[-1]
        super().__init__(Size(shape[:-1]), validate_args=validate_args)

    expand = Distribution._expand_parameters

    @property
    def _param(self) -> Tensor:
        own = self.__dict__
        return own["probs"] if "probs" in own else own["logits"]

    def _new(self, *args: Any, **kwargs: Any) -> Tensor:
        return self._param.new(*args, **kwargs)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        """0 ... n-1."""
        return constraints.integer_interval(0, self._num_events - 1)

    @lazy_property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities."""
        return probs_to_logits(self.probs)

    @lazy_property
    def probs(self) -> Tensor:
        """The probabilities."""
        return logits_to_probs(self.logits)

    @property
    def param_shape(self) -> Size:
        """The shape of `probs`."""
        return self._param.size()

    @property
    def mean(self) -> Tensor:
        """NaN: categories have no mean."""
        return self._param.new_full(self._extended_shape(), math.nan)

    @property
    def mode(self) -> Tensor:
        """The most probable index."""
        return self.probs.argmax(dim=-1)

    @property
    def variance(self) -> Tensor:
        """NaN: categories have no variance."""
        return self._param.new_full(self._extended_shape(), math.nan)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Indices."""
        if type(sample_shape) is not Size:
            sample_shape = Size(sample_shape)
        rows = self.probs.detach().reshape(-1, self._num_events)
        found = multinomial(rows, sample_shape.numel(), True)
        return found.t().reshape(self._extended_shape(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """The logit of the index `value`."""
        if self._validate_args:
            self._validate_sample(value)
        logits, index = self.logits, value._array.astype(xp.int64, copy=False)
        batch = logits._array.shape[:-1]
        if index.shape != batch:
            shape = broadcast_shapes(batch, index.shape)
            index = xp.broadcast_to(index, shape)
            logits = expand(logits, size=(*shape, -1))
        return chosen(logits, wrap(index))

    def entropy(self) -> Tensor:
        """-sum of p log p; 0 log 0 is 0."""
        return choice_entropy(self.logits, self.probs)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """0 ... n-1, along a new first dimension."""
        values = arange(self._num_events).view((-1,) + (1,) * len(self._batch_shape))
        return values.expand((-1,) + self._batch_shape) if expand else values


class _OfChoice(Distribution):
    """What is made of a `Categorical`, whose parameters are its own."""

    _categorical: Categorical

    def __init__(self, choice: Categorical, validate_args: Any = None) -> None:
        self._categorical = choice
        super().__init__(choice.batch_shape, choice.param_shape[-1:], validate_args=validate_args)

    def _expanded_on(self, new: Any, batch_shape: Any) -> Any:
        """`new` as this distribution, expanded."""
        new.__dict__.update(self.__dict__)
        new._categorical = self._categorical.expand(batch_shape)
        new._batch_shape = Size(batch_shape)
        return new

    def _new(self, *args: Any, **kwargs: Any) -> Tensor:
        return self._categorical._new(*args, **kwargs)

    @property
    def _param(self) -> Tensor:
        return self._categorical._param

    @property
    def probs(self) -> Tensor:
        """The probabilities."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities."""
        return self._categorical.logits

    @property
    def param_shape(self) -> Size:
        """The shape of `probs`."""
        return self._categorical.param_shape


class OneHotCategorical(_OfChoice):
    """Vectors of n elements with a single 1, placed as by `Categorical`."""

    arg_constraints = _CHOICE
    support = constraints.one_hot
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        super().__init__(Categorical(probs, logits), validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> OneHotCategorical:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        new = self._get_checked_instance(OneHotCategorical, _instance)
        return self._expanded_on(new, batch_shape)

    @property
    def mean(self) -> Tensor:
        """probs."""
        return self._categorical.probs

    @property
    def mode(self) -> Tensor:
        """A 1 in the most probable place."""
        probs = self._categorical.probs
        return one_hot(probs.argmax(-1), self._event_shape[0]).to(probs.dtype)

    @property
    def variance(self) -> Tensor:
        """p (1 - p)."""
        probs = self._categorical.probs
        return probs * (1 - probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Vectors with a single 1."""
        found = self._categorical.sample(sample_shape)
        return one_hot(found, self._event_shape[0]).to(self._categorical.probs.dtype)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logit where the 1 is."""
        if self._validate_args:
            self._validate_sample(value)
        return self._categorical.log_prob(value.max(-1)[1])

    def entropy(self) -> Tensor:
        """-sum of p log p."""
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """The n unit vectors, along a new first dimension."""
        n = self._event_shape[0]
        values = wrap(xp.eye(n, dtype=self._param.dtype.np))
        values = values.view((n,) + (1,) * len(self._batch_shape) + (n,))
        return values.expand((n,) + self._batch_shape + (n,)) if expand else values


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """As `OneHotCategorical`, and the gradient of a sample goes straight to `probs`.

    Source: Bengio et al. 2013, https://arxiv.org/abs/1308.3432
    """

    has_rsample = True

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """A sample that counts as `probs` on the way back."""
        samples = self.sample(sample_shape)
        probs = self._categorical.probs
        return samples + (probs - probs.detach())


class Multinomial(_OfChoice):
    """How often each of n is drawn in `total_count` draws with weights `probs`.

    Raises: NotImplementedError unless total_count is one number.
    """

    arg_constraints = _CHOICE
    total_count: int

    def __init__(
        self, total_count: int = 1, probs: Any = None, logits: Any = None, validate_args: Any = None
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError(
                f"Multinomial: expected an int as total_count, got {type(total_count).__name__}"
            )
        self.total_count = total_count
        choice = Categorical(probs=probs, logits=logits)
        self._binomial = Binomial(total_count=total_count, probs=choice.probs)
        super().__init__(choice, validate_args)

    @property
    def mean(self) -> Tensor:
        """total_count p."""
        return self.probs * self.total_count

    @property
    def variance(self) -> Tensor:
        """total_count p (1 - p)."""
        return self.total_count * self.probs * (1 - self.probs)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Multinomial:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        new = self._get_checked_instance(Multinomial, _instance)
        new = self._expanded_on(new, batch_shape)
        new._binomial = self._binomial.expand(new._batch_shape + self._event_shape)
        return new

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> Any:
        """Counts whose sum is at most total_count."""
        return constraints.multinomial(self.total_count)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Counts of `total_count` indices."""
        sample_shape = Size(sample_shape)
        found = self._categorical.sample(Size((self.total_count,) + sample_shape))._array
        shape = self._extended_shape(sample_shape)
        counts = xp.zeros(shape, self._categorical._param.dtype.np)
        rows = counts.reshape(-1, shape[-1])
        places = found.reshape(self.total_count, -1)
        for drawn in places:
            rows[xp.arange(len(rows)), drawn] += 1
        return wrap(counts)

    def entropy(self) -> Tensor:
        """From the entropy of one draw and the binomial distribution of each count."""
        n = self.total_count
        counts = self._binomial.enumerate_support(expand=False)[1:]
        expected = exp(self._binomial.log_prob(counts)) * lgamma(counts + 1)
        factorial = lgamma(self._categorical._param.new_full((), n + 1.0))
        return n * self._categorical.entropy() - factorial + expected.sum((0, -1))

    def log_prob(self, value: Tensor) -> Tensor:
        """log(n! / product of value!) + sum of value log p."""
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        ways = lgamma(value.sum(-1) + 1) - lgamma(value + 1).sum(-1)
        logits = logits.masked_fill((value == 0) & (logits == -math.inf), 0)
        return ways + (logits * value).sum(-1)
