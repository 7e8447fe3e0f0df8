"""Distributions in which batch dimensions are counted as the event."""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.dtypes import Size

from . import constraints
from .distribution import Distribution
from .utils import _sum_rightmost

__all__ = ["Independent"]


class Independent(Distribution):
    """The last `reinterpreted_batch_ndims` batch dimensions of a distribution as its event.

    >>> from minitorch.distributions import Normal
    >>> import minitorch as torch
    >>> Independent(Normal(torch.zeros(3), torch.ones(3)), 1).event_shape
    torch.Size([3])
    """

    arg_constraints: Any = {}

    def __init__(
        self,
        base_distribution: Distribution,
        reinterpreted_batch_ndims: int,
        validate_args: Any = None,
    ) -> None:
        batch = base_distribution.batch_shape
        if reinterpreted_batch_ndims > len(batch):
            raise ValueError(
                f"Independent: expected reinterpreted_batch_ndims of at most {len(batch)}, the "
                f"dimensions of the batch, got {reinterpreted_batch_ndims}"
            )
        shape = batch + base_distribution.event_shape
        cut = len(batch) - reinterpreted_batch_ndims
        self.base_dist = base_distribution
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        super().__init__(Size(shape[:cut]), Size(shape[cut:]), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Independent:
        """The same with its batch dimensions broadcast to `batch_shape`."""
        new = self._get_checked_instance(Independent, _instance)
        batch_shape = Size(batch_shape)
        inside = self.event_shape[: self.reinterpreted_batch_ndims]
        new.__dict__.update(self.__dict__)
        new.base_dist = self.base_dist.expand(Size(batch_shape + inside))
        new._batch_shape = batch_shape
        return new

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """As the base."""
        return self.base_dist.has_rsample

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        """As the base, as long as nothing is reinterpreted."""
        return self.reinterpreted_batch_ndims == 0 and self.base_dist.has_enumerate_support

    @constraints.dependent_property
    def support(self) -> Any:
        """That of the base, in every place of the event."""
        found = self.base_dist.support
        if self.reinterpreted_batch_ndims:
            found = constraints.independent(found, self.reinterpreted_batch_ndims)
        return found

    @property
    def mean(self) -> Tensor:
        """As the base."""
        return self.base_dist.mean

    @property
    def mode(self) -> Tensor:
        """As the base."""
        return self.base_dist.mode

    @property
    def variance(self) -> Tensor:
        """As the base."""
        return self.base_dist.variance

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """A sample of the base."""
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """A sample of the base that has derivatives."""
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """The sum of the base's over the event."""
        return _sum_rightmost(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Tensor:
        """The sum of the base's over the event."""
        return _sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """As the base. Raises: NotImplementedError where dimensions are reinterpreted."""
        if self.reinterpreted_batch_ndims > 0:
            raise NotImplementedError("enumerate_support: not of several places at once")
        return self.base_dist.enumerate_support(expand=expand)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_dist!r}, {self.reinterpreted_batch_ndims})"
