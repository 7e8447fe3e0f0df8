"""What comes of a distribution when its values go through transforms."""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.dtypes import Size
from minitorch.grad_mode import no_grad

from . import constraints
from .distribution import Distribution
from .independent import Independent
from .transforms import ComposeTransform, Transform
from .utils import _sum_rightmost

__all__ = ["TransformedDistribution"]


class TransformedDistribution(Distribution):
    """y = transforms(x), x from `base_distribution`; its density by the change of variables.

    Raises: ValueError where a transform needs more dimensions than the base has.
    """

    arg_constraints: Any = {}

    def __init__(
        self, base_distribution: Distribution, transforms: Any, validate_args: Any = None
    ) -> None:
        if isinstance(transforms, Transform):
            transforms = [transforms]
        if not isinstance(transforms, list) or not all(
            isinstance(t, Transform) for t in transforms
        ):
            raise ValueError(f"expected a Transform or a list of them, got {transforms}")
        self.transforms = transforms
        base_shape = base_distribution.batch_shape + base_distribution.event_shape
        base_event_dim = len(base_distribution.event_shape)
        whole = ComposeTransform(transforms)
        needed = whole.domain.event_dim
        if len(base_shape) < needed:
            raise ValueError(
                f"TransformedDistribution: the transforms need a base of at least {needed} "
                f"dimensions, got one of shape {list(base_shape)}"
            )
        shape = whole.forward_shape(base_shape)
        expanded = whole.inverse_shape(shape)
        if base_shape != expanded:
            batch = expanded[: len(expanded) - base_event_dim]
            base_distribution = base_distribution.expand(Size(batch))
        more = needed - base_event_dim
        if more > 0:
            base_distribution = Independent(base_distribution, more)
        self.base_dist = base_distribution
        event_dim = max(base_event_dim - needed, 0) + whole.codomain.event_dim
        event_dim = max(event_dim, whole.codomain.event_dim)
        cut = len(shape) - event_dim
        super().__init__(Size(shape[:cut]), Size(shape[cut:]), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> TransformedDistribution:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        owner = next(c for c in type(self).__mro__ if "__init__" in vars(c))
        inside = owner.__module__.startswith(__package__)
        new = self._get_checked_instance(owner if inside else TransformedDistribution, _instance)
        batch_shape = Size(batch_shape)
        whole = ComposeTransform(self.transforms)
        shape = whole.inverse_shape(batch_shape + self.event_shape)
        base_batch = shape[: len(shape) - len(self.base_dist.event_shape)]
        new.__dict__.update(self._expanded_own(batch_shape))
        new.transforms = self.transforms
        new.base_dist = self.base_dist.expand(Size(base_batch))
        new._batch_shape, new._event_shape = batch_shape, self._event_shape
        if "_validate_args" in self.__dict__:
            new._validate_args = self._validate_args
        return new

    def _expanded_own(self, batch_shape: Size) -> dict[str, Tensor]:
        """The parameters that it keeps beside those of the base."""
        return {
            name: value.expand(batch_shape)
            for name, value in self.__dict__.items()
            if isinstance(value, Tensor)
        }

    @constraints.dependent_property(is_discrete=False)
    def support(self) -> Any:
        """The codomain of the last transform."""
        if not self.transforms:
            return self.base_dist.support
        found = self.transforms[-1].codomain
        more = len(self.event_shape) - found.event_dim
        return constraints.independent(found, more) if more > 0 else found

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """As the base."""
        return self.base_dist.has_rsample

    def _forth(self, x: Tensor) -> Tensor:
        for transform in self.transforms:
            x = transform(x)
        return x

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """A sample of the base, through the transforms, without history."""
        with no_grad():
            return self._forth(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """A sample of the base, through the transforms."""
        return self._forth(self.base_dist.rsample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """That of the base at x, less the log of the volume the transforms stretch by."""
        if self._validate_args:
            self._validate_sample(value)
        event_dim, volume, y = len(self.event_shape), 0.0, value
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            event_dim += transform.domain.event_dim - transform.codomain.event_dim
            stretched = transform.log_abs_det_jacobian(x, y)
            volume = _sum_rightmost(stretched, event_dim - transform.domain.event_dim) + volume
            y = x
        more = event_dim - len(self.base_dist.event_shape)
        return _sum_rightmost(self.base_dist.log_prob(y), more) - volume

    def _sign(self) -> Any:
        sign = 1
        for transform in self.transforms:
            sign = sign * transform.sign
        return sign

    def _monotonize_cdf(self, value: Tensor) -> Tensor:
        """`value` for increasing transforms, 1 - value for decreasing ones."""
        sign = self._sign()
        if isinstance(sign, int) and sign == 1:
            return value
        return sign * (value - 0.5) + 0.5

    def cdf(self, value: Tensor) -> Tensor:
        """That of the base at x."""
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        if self._validate_args:
            self.base_dist._validate_sample(value)
        return self._monotonize_cdf(self.base_dist.cdf(value))

    def icdf(self, value: Tensor) -> Tensor:
        """That of the base, through the transforms."""
        return self._forth(self.base_dist.icdf(self._monotonize_cdf(value)))
