"""From all numbers to a constrained set: which transform leads where.

    biject_to(constraint)     a bijection, with a Jacobian
    transform_to(constraint)  any smooth map onto the set, for optimizers

>>> from minitorch.distributions import constraints
>>> biject_to(constraints.unit_interval)
SigmoidTransform()
"""

from __future__ import annotations

from numbers import Number
from typing import TYPE_CHECKING, Any

from . import constraints, transforms

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]


class ConstraintRegistry:
    """Constraints, by class, and the functions that make a transform onto them."""

    def __init__(self) -> None:
        self._registry: dict[type, Callable] = {}
        super().__init__()

    def register(self, constraint: Any, factory: Callable | None = None) -> Any:
        """Let `factory(constraint)` make the transform for a class of constraints.

        Without `factory`: a decorator.
        Raises: TypeError for what is no class of constraints and no constraint.
        """
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        kind = type(constraint) if isinstance(constraint, constraints.Constraint) else constraint
        if not (isinstance(kind, type) and issubclass(kind, constraints.Constraint)):
            raise TypeError(
                f"register: expected a constraint or a class of constraints, got {constraint!r}"
            )
        self._registry[kind] = factory
        return factory

    def __call__(self, constraint: Any) -> transforms.Transform:
        """The transform from all numbers onto `constraint`.

        Raises: NotImplementedError where none is registered.
        """
        factory = self._registry.get(type(constraint))
        if factory is None:
            raise NotImplementedError(f"no transform leads onto {type(constraint).__name__}")
        return factory(constraint)


biject_to = ConstraintRegistry()
transform_to = ConstraintRegistry()


def _both(*kinds: Any) -> Callable:
    """A decorator for a factory of bijections, which serve both registries."""

    def decorate(factory: Callable) -> Callable:
        for kind in kinds:
            biject_to.register(kind, factory)
            transform_to.register(kind, factory)
        return factory

    return decorate


@_both(constraints.real)
def _to_real(constraint: Any) -> Any:
    return transforms.identity_transform


@_both(constraints.positive, constraints.nonnegative)
def _to_above(constraint: Any) -> Any:
    shift = transforms.AffineTransform(constraint.lower_bound, 1)
    return transforms.ComposeTransform([transforms.ExpTransform(), shift])


@_both(constraints.less_than)
def _to_below(constraint: Any) -> Any:
    turn = transforms.AffineTransform(constraint.upper_bound, -1)
    return transforms.ComposeTransform([transforms.ExpTransform(), turn])


@_both(constraints.interval, constraints.half_open_interval)
def _to_interval(constraint: Any) -> Any:
    low, high = constraint.lower_bound, constraint.upper_bound
    if isinstance(low, Number) and isinstance(high, Number) and (low, high) == (0, 1):
        return transforms.SigmoidTransform()
    stretch = transforms.AffineTransform(low, high - low)
    return transforms.ComposeTransform([transforms.SigmoidTransform(), stretch])


@_both(constraints.corr_cholesky)
def _to_corr_cholesky(constraint: Any) -> Any:
    return transforms.CorrCholeskyTransform()


def _by_pieces(registry: ConstraintRegistry) -> None:
    """Let a registry go inside the constraints that are made of others."""

    def independent(constraint: Any) -> Any:
        inside = registry(constraint.base_constraint)
        return transforms.IndependentTransform(inside, constraint.reinterpreted_batch_ndims)

    def cat(constraint: Any) -> Any:
        pieces = [registry(c) for c in constraint.cseq]
        return transforms.CatTransform(pieces, constraint.dim, constraint.lengths)

    def stack(constraint: Any) -> Any:
        pieces = [registry(c) for c in constraint.cseq]
        return transforms.StackTransform(pieces, constraint.dim)

    registry.register(constraints.independent, independent)
    registry.register(constraints.cat, cat)
    registry.register(constraints.stack, stack)


_by_pieces(biject_to)
_by_pieces(transform_to)
biject_to.register(constraints.simplex, lambda _: transforms.StickBreakingTransform())
transform_to.register(constraints.simplex, lambda _: transforms.SoftmaxTransform())
transform_to.register(constraints.lower_cholesky, lambda _: transforms.LowerCholeskyTransform())
for _matrices in (constraints.positive_definite, constraints.positive_semidefinite):
    transform_to.register(_matrices, lambda _: transforms.PositiveDefiniteTransform())
