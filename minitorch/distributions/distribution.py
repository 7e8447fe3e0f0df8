"""What every distribution is: shapes, checked parameters, samples and densities.

sample_shape + batch_shape + event_shape    the shape of a sample
batch_shape                                 independent distributions, one for each place
event_shape                                 what one draw looks like
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor
from minitorch.autograd import grad
from minitorch.dtypes import Size
from minitorch.errors import broadcast_error
from minitorch.grad_mode import enable_grad, no_grad
from minitorch.ops.elementwise import exp

from . import constraints
from .utils import _sum_rightmost, lazy_property

if TYPE_CHECKING:
    from .constraints import Constraint

__all__ = ["Distribution", "ExponentialFamily"]

_NONE = Size()


class Distribution:
    """The base class of distributions.

    >>> from minitorch.distributions import Normal
    >>> Normal(0.0, 1.0).expand((2, 3)).batch_shape
    torch.Size([2, 3])
    """

    has_rsample = False
    has_enumerate_support = False
    _validate_args = __debug__

    def __init__(
        self, batch_shape: Any = _NONE, event_shape: Any = _NONE, validate_args: Any = None
    ) -> None:
        self._batch_shape = batch_shape
        self._event_shape = event_shape
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._validate_parameters()

    # Checks

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether new distributions check their parameters and values.

        Raises: ValueError unless it is a bool.
        """
        if value not in (True, False):
            raise ValueError(f"set_default_validate_args: expected True or False, got {value!r}")
        Distribution._validate_args = value

    def _validate_parameters(self) -> None:
        try:
            wanted = self.arg_constraints
        except NotImplementedError:
            wanted = {}
            warnings.warn(
                f"{type(self)} does not define `arg_constraints`: say `arg_constraints = {{}}` in "
                "the class, or `validate_args=False` to have no checks",
                stacklevel=3,
            )
        own = self.__dict__
        for name, constraint in wanted.items():
            if constraints.is_dependent(constraint):
                continue  # only another parameter can tell
            if name not in own and isinstance(getattr(type(self), name), lazy_property):
                continue  # computed from another parameter
            value = getattr(self, name)
            if not constraint.each.check(value)._array.all():
                raise ValueError(
                    f"{self!r}: expected {name} to be in {constraint!r}, got {value} of shape "
                    f"{list(value.shape)}"
                )

    def _validate_sample(self, value: Any) -> None:
        """Raises: ValueError for a value whose shape or whose numbers do not fit."""
        if not isinstance(value, Tensor):
            raise ValueError(
                f"{type(self).__name__}: expected a Tensor as value, got {type(value).__name__}"
            )
        shape, event = value._array.shape, tuple(self._event_shape)
        mine = (*self._batch_shape, *event)
        if shape != mine:
            if shape[len(shape) - len(event) :] != event:
                raise ValueError(
                    f"{type(self).__name__}: expected a value whose last sizes are event_shape "
                    f"{list(event)}, got {list(shape)}"
                )
            problem = broadcast_error([shape, mine])
            if problem is not None:
                raise ValueError(
                    f"{type(self).__name__}: value does not broadcast to batch_shape + "
                    f"event_shape: {problem}"
                )
        try:
            support = self.support
        except NotImplementedError:
            warnings.warn(
                f"{type(self)} does not define `support`: say which values it has, or "
                "`validate_args=False` to have no checks",
                stacklevel=3,
            )
            return
        if not support.check(value)._array.all():
            raise ValueError(
                f"{self!r}: expected values in its support {support!r}, got {value} of shape "
                f"{list(shape)}"
            )

    # Shapes

    @property
    def batch_shape(self) -> Size:
        """The shape of the independent distributions in this one."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one draw."""
        return self._event_shape

    def _extended_shape(self, sample_shape: Any = ()) -> Size:
        """The shape of `sample(sample_shape)`."""
        if type(sample_shape) is not Size:
            sample_shape = Size(sample_shape)
        return Size(sample_shape + self._batch_shape + self._event_shape)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Distribution:
        """The same distribution with its batch dimensions broadcast to `batch_shape`."""
        raise NotImplementedError

    def _get_checked_instance(self, cls: type, _instance: Any = None) -> Any:
        if _instance is None and type(self).__init__ is not cls.__init__:
            raise NotImplementedError(
                f"{type(self).__name__}.expand: a class derived from {cls.__name__} that has its "
                "own __init__ needs its own expand"
            )
        return type(self).__new__(type(self)) if _instance is None else _instance

    def _expand_parameters(self, batch_shape: Any, _instance: Any = None) -> Distribution:
        """`expand` for a distribution whose parameters, and no other tensors, have the batch shape.

        Parameters are what `_expanded` names; their events keep their size. What was computed from
        them is computed again when it is asked for.
        """
        owner = next(c for c in type(self).__mro__ if "expand" in vars(c))
        new, batch_shape = self._get_checked_instance(owner, _instance), Size(batch_shape)
        wanted = self._expanded
        for name, value in self.__dict__.items():
            if name in wanted:
                if isinstance(value, Tensor):
                    event = value.shape[value.ndim - wanted[name].event_dim :]
                    value = value.expand(batch_shape + event)
            elif isinstance(value, Tensor):
                continue
            new.__dict__[name] = value
        new._batch_shape = batch_shape
        return new

    @property
    def _expanded(self) -> dict[str, Constraint]:
        """The attributes that `expand` expands, and where they lie."""
        return self.arg_constraints

    # What a distribution answers

    @property
    def arg_constraints(self) -> dict[str, Constraint]:
        """Where each parameter has to lie."""
        raise NotImplementedError

    @property
    def support(self) -> Any:
        """Where its values lie."""
        raise NotImplementedError

    @property
    def mean(self) -> Tensor:
        """The expected value."""
        raise NotImplementedError

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        raise NotImplementedError(f"{type(self).__name__} has no mode")

    @property
    def variance(self) -> Tensor:
        """The expected square of the distance from the mean."""
        raise NotImplementedError

    @property
    def stddev(self) -> Tensor:
        """The square root of the variance."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """A draw, of shape sample_shape + batch_shape + event_shape, without history."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """A draw that has derivatives with respect to the parameters."""
        raise NotImplementedError

    def sample_n(self, n: int) -> Tensor:
        """n draws; torch keeps the name for old scripts."""
        warnings.warn(
            "sample_n(n) is an old name that torch will give up: say sample((n,))",
            FutureWarning,
            stacklevel=2,
        )
        return self.sample(Size((n,)))

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density, or of the probability, at `value`."""
        raise NotImplementedError

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of at most `value`."""
        raise NotImplementedError

    def icdf(self, value: Tensor) -> Tensor:
        """Up to where the probability is `value`: the inverse of `cdf`."""
        raise NotImplementedError

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values of a discrete distribution, along a new first dimension."""
        raise NotImplementedError

    def entropy(self) -> Tensor:
        """The expected value of -log_prob, for each place of the batch."""
        raise NotImplementedError

    def perplexity(self) -> Tensor:
        """e ** entropy."""
        return exp(self.entropy())

    def __repr__(self) -> str:
        own = self.__dict__
        shown = ((name, own[name]) for name in self.arg_constraints if name in own)
        text = (f"{n}: {p if p.numel() == 1 else p.size()}" for n, p in shown)
        return f"{type(self).__name__}({', '.join(text)})"


class ExponentialFamily(Distribution):
    """Distributions with density h(x) exp(<t(x), natural parameters> - log_normalizer).

    The entropy follows from the derivatives of the log normalizer, in which mean values of t are.

    Source: Nielsen and Nock 2010, https://doi.org/10.1109/ICIP.2010.5652054
    """

    @property
    def _natural_params(self) -> tuple:
        raise NotImplementedError

    def _log_normalizer(self, *natural_params: Any) -> Tensor:
        raise NotImplementedError

    @property
    def _mean_carrier_measure(self) -> float:
        """The expected value of log h(x)."""
        raise NotImplementedError

    def entropy(self) -> Tensor:
        """log_normalizer - <natural parameters, its gradient> - E log h(x)."""
        natural, normalizer, means = self._mean_statistics()
        result = normalizer - self._mean_carrier_measure
        for parameter, mean in zip(natural, means):
            result = result - _sum_rightmost(parameter * mean, len(self.event_shape))
        return result

    def _mean_statistics(self) -> tuple:
        """The natural parameters, the log normalizer and its gradient: the mean values of t."""
        given = self._natural_params
        live = any(p.requires_grad for p in given)
        with enable_grad():
            natural = [p if p.requires_grad else p.detach().requires_grad_() for p in given]
            normalizer = self._log_normalizer(*natural)
            means = grad(normalizer.sum(), natural, create_graph=live)
        return (natural, normalizer, means) if live else (given, normalizer.detach(), means)
