"""Where the parameters and the values of a distribution lie: sets with a `check`.

    event_dim    how many of the last dimensions are checked as a whole
    is_discrete  whether the set is countable

Source: https://docs.pytorch.org/docs/2.13/distributions.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor, wrap
from minitorch.backend import xp
from minitorch.linalg import cholesky_ex
from minitorch.ops.composite import isclose
from minitorch.ops.shape import stack as stack_tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "Constraint",
    "MixtureSameFamilyConstraint",
    "boolean",
    "cat",
    "corr_cholesky",
    "dependent",
    "dependent_property",
    "greater_than",
    "greater_than_eq",
    "half_open_interval",
    "independent",
    "integer_interval",
    "interval",
    "is_dependent",
    "less_than",
    "lower_cholesky",
    "lower_triangular",
    "multinomial",
    "nonnegative",
    "nonnegative_integer",
    "one_hot",
    "positive",
    "positive_definite",
    "positive_integer",
    "positive_semidefinite",
    "real",
    "real_vector",
    "simplex",
    "square",
    "stack",
    "symmetric",
    "unit_interval",
]


def _truth(found: Any) -> Tensor:
    return wrap(xp.asarray(found))


def _plain(bound: Any) -> Any:
    """A bound as what arrays compare with."""
    return bound._array if isinstance(bound, Tensor) else bound


class Constraint:
    """A set of tensors. Derive from it and define `check`."""

    is_discrete: Any = False
    event_dim: Any = 0

    def check(self, value: Tensor) -> Tensor:
        """For each event of `value`, whether it lies in the set."""
        raise NotImplementedError

    @property
    def each(self) -> Constraint:
        """The constraint whose check holds everywhere where this one's does, and is cheapest."""
        return self

    def _described(self) -> str:
        return ""

    def __repr__(self) -> str:
        return f"{type(self).__name__.removeprefix('_')}({self._described()})"


# ------------------------------------------------------------------ known only to an instance


class _Dependent(Constraint):
    """A set that depends on other parameters, so that only an instance can tell it."""

    def __init__(self, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented):
        self._is_discrete, self._event_dim = is_discrete, event_dim
        super().__init__()

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        """Raises: NotImplementedError where only an instance can tell."""
        return self._known("is_discrete", self._is_discrete)

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        """Raises: NotImplementedError where only an instance can tell."""
        return self._known("event_dim", self._event_dim)

    @staticmethod
    def _known(name: str, value: Any) -> Any:
        if value is NotImplemented:
            raise NotImplementedError(f"{name}: only a distribution can tell")
        return value

    def __call__(self, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented):
        """The same with more known of it."""
        return _Dependent(
            is_discrete=self._is_discrete if is_discrete is NotImplemented else is_discrete,
            event_dim=self._event_dim if event_dim is NotImplemented else event_dim,
        )

    def check(self, value: Tensor) -> Tensor:
        """Raises: ValueError, always."""
        raise ValueError("a dependent constraint: only a distribution can tell what it allows")


def is_dependent(constraint: Any) -> bool:
    """Whether only an instance of the distribution can tell the set."""
    return isinstance(constraint, _Dependent)


class _DependentProperty(property, _Dependent):
    """A property that returns a constraint; asked of the class, it is itself a dependent one.

    >>> class Uniform:
    ...     @dependent_property(is_discrete=False, event_dim=0)
    ...     def support(self):
    ...         return interval(0, 1)
    >>> Uniform.support, Uniform().support
    (DependentProperty(), Interval(lower_bound=0, upper_bound=1))
    """

    def __init__(
        self,
        fn: Callable | None = None,
        *,
        is_discrete: Any = NotImplemented,
        event_dim: Any = NotImplemented,
    ) -> None:
        property.__init__(self, fn)
        self._is_discrete, self._event_dim = is_discrete, event_dim

    def __call__(self, fn: Callable) -> _DependentProperty:  # type: ignore[override]
        return _DependentProperty(fn, is_discrete=self._is_discrete, event_dim=self._event_dim)


# ------------------------------------------------------------------ numbers


class _Real(Constraint):
    """All numbers but NaN."""

    def check(self, value: Tensor) -> Tensor:
        x = value._array
        return _truth(x == x)


class _Boolean(Constraint):
    """0 and 1."""

    is_discrete = True

    def check(self, value: Tensor) -> Tensor:
        x = value._array
        return _truth((x == 0) | (x == 1))


class _Above(Constraint):
    def __init__(self, lower_bound: Any) -> None:
        self.lower_bound = lower_bound
        super().__init__()

    def _described(self) -> str:
        return f"lower_bound={self.lower_bound}"


class _GreaterThan(_Above):
    """Above `lower_bound`."""

    def check(self, value: Tensor) -> Tensor:
        return _truth(_plain(self.lower_bound) < value._array)


class _GreaterThanEq(_Above):
    """`lower_bound` and above."""

    def check(self, value: Tensor) -> Tensor:
        return _truth(_plain(self.lower_bound) <= value._array)


class _IntegerGreaterThan(_Above):
    """Whole numbers from `lower_bound` on."""

    is_discrete = True

    def check(self, value: Tensor) -> Tensor:
        x = value._array
        return _truth((x % 1 == 0) & (x >= _plain(self.lower_bound)))


class _Below(Constraint):
    def __init__(self, upper_bound: Any) -> None:
        self.upper_bound = upper_bound
        super().__init__()

    def _described(self) -> str:
        return f"upper_bound={self.upper_bound}"


class _LessThan(_Below):
    """Below `upper_bound`."""

    def check(self, value: Tensor) -> Tensor:
        return _truth(value._array < _plain(self.upper_bound))


class _Interval(_Above):
    """From `lower_bound` to `upper_bound`, both included."""

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        self.upper_bound = upper_bound
        super().__init__(lower_bound)

    def _described(self) -> str:
        return f"{super()._described()}, upper_bound={self.upper_bound}"

    def check(self, value: Tensor) -> Tensor:
        x = value._array
        return _truth((x >= _plain(self.lower_bound)) & (x <= _plain(self.upper_bound)))


class _HalfOpenInterval(_Interval):
    """From `lower_bound`, included, to `upper_bound`, not included."""

    def check(self, value: Tensor) -> Tensor:
        x = value._array
        return _truth((x >= _plain(self.lower_bound)) & (x < _plain(self.upper_bound)))


class _IntegerInterval(_Interval):
    """Whole numbers from `lower_bound` to `upper_bound`."""

    is_discrete = True

    def check(self, value: Tensor) -> Tensor:
        x, low, high = value._array, _plain(self.lower_bound), _plain(self.upper_bound)
        inside = (x >= low) & (x <= high)
        return _truth(inside if x.dtype.kind in "iu" else inside & (x % 1 == 0))


# ------------------------------------------------------------------ vectors


class _Simplex(Constraint):
    """Vectors without negative elements whose sum is 1."""

    event_dim = 1

    def check(self, value: Tensor) -> Tensor:
        x = value._array
        return _truth((x >= 0).all(-1) & (abs(x.sum(-1) - 1) < 1e-6))


class _Multinomial(_Below):
    """Vectors of counts whose sum is at most `upper_bound`."""

    is_discrete = True
    event_dim = 1

    def _described(self) -> str:
        return ""

    def check(self, value: Tensor) -> Tensor:
        x = value._array
        return _truth((x >= 0).all(-1) & (x.sum(-1) <= _plain(self.upper_bound)))


class _OneHot(Constraint):
    """Vectors of one 1 among zeros."""

    is_discrete = True
    event_dim = 1

    def check(self, value: Tensor) -> Tensor:
        x = value._array
        return _truth(((x == 0) | (x == 1)).all(-1) & (x.sum(-1) == 1))


# ------------------------------------------------------------------ matrices


class _Matrices(Constraint):
    event_dim = 2


def _every(found: Any) -> Tensor:
    """Whether a test holds for a whole matrix."""
    return _truth(found.all((-2, -1)))


class _LowerTriangular(_Matrices):
    """Matrices with zeros above the diagonal."""

    def check(self, value: Tensor) -> Tensor:
        x = value._array
        return _every(xp.tril(x) == x)


class _LowerCholesky(_Matrices):
    """Lower triangular matrices with a positive diagonal."""

    def check(self, value: Tensor) -> Tensor:
        x = value._array
        positive = (x.diagonal(axis1=-2, axis2=-1) > 0).all(-1)
        return _truth((xp.tril(x) == x).all((-2, -1)) & positive)


class _CorrCholesky(_LowerCholesky):
    """Lower triangular matrices with a positive diagonal and rows of length 1."""

    def check(self, value: Tensor) -> Tensor:
        x = value._array
        slack = xp.finfo(x.dtype).eps * x.shape[-1] * 10
        unit = (abs(xp.sqrt((x * x).sum(-1)) - 1) <= slack).all(-1)
        return _truth(super().check(value)._array & unit)


class _Square(_Matrices):
    """Matrices with as many rows as columns."""

    def check(self, value: Tensor) -> Tensor:
        *batch, rows, columns = value.shape
        return _truth(xp.full(batch, rows == columns))


class _Symmetric(_Square):
    """Matrices that are their own transpose, to 1e-6."""

    def check(self, value: Tensor) -> Tensor:
        if value.shape[-1] != value.shape[-2]:
            return super().check(value)
        value = value.detach()
        return _every(isclose(value, value.mT, atol=1e-6)._array)


class _PositiveSemidefinite(_Symmetric):
    """Symmetric matrices without negative eigenvalues."""

    def check(self, value: Tensor) -> Tensor:
        symmetric = super().check(value)
        if not symmetric._array.all():
            return symmetric
        return _truth((xp.linalg.eigvalsh(value._array) >= 0).all(-1))


class _PositiveDefinite(_Symmetric):
    """Symmetric matrices that have a Cholesky factor."""

    def check(self, value: Tensor) -> Tensor:
        symmetric = super().check(value)
        if not symmetric._array.all():
            return symmetric
        return _truth(cholesky_ex(value.detach()).info._array == 0)


# ------------------------------------------------------------------ made of others


class _IndependentConstraint(Constraint):
    """`base_constraint` in all places of `reinterpreted_batch_ndims` more dimensions."""

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint = base_constraint
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        super().__init__()

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        """As the constraint of each place."""
        return self.base_constraint.is_discrete

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        """That of each place, and the dimensions in which the places lie."""
        return self.base_constraint.event_dim + self.reinterpreted_batch_ndims

    @property
    def each(self) -> Constraint:
        """The constraint of each place."""
        return self.base_constraint.each

    def check(self, value: Tensor) -> Tensor:
        found = self.base_constraint.check(value)._array
        if found.ndim < self.reinterpreted_batch_ndims:
            expected = self.event_dim
            raise ValueError(f"expected at least {expected} dimensions, got {value.dim()}")
        return _truth(found.all(tuple(range(-self.reinterpreted_batch_ndims, 0))))

    def _described(self) -> str:
        return f"{self.base_constraint!r}, {self.reinterpreted_batch_ndims}"


class MixtureSameFamilyConstraint(Constraint):
    """What lies in `base_constraint` for every component of a mixture."""

    def __init__(self, base_constraint: Constraint) -> None:
        if not isinstance(base_constraint, Constraint):
            raise AssertionError(
                f"MixtureSameFamilyConstraint: expected a Constraint, got {base_constraint!r}"
            )
        self.base_constraint = base_constraint
        super().__init__()

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        """As for a component."""
        return self.base_constraint.is_discrete

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        """As for a component."""
        return self.base_constraint.event_dim

    def check(self, value: Tensor) -> Tensor:
        found = self.base_constraint.check(value.unsqueeze(-1 - self.event_dim))._array
        kept = value.ndim - self.event_dim
        return _truth(found.all(tuple(range(kept, found.ndim))))

    def _described(self) -> str:
        return repr(self.base_constraint)


class _Pieces(Constraint):
    """Constraints for the pieces of a tensor along `dim`."""

    cseq: list
    dim: int

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        """Whether any piece is."""
        return any(c.is_discrete for c in self.cseq)


class _Cat(_Pieces):
    """`cseq[i]` for the next `lengths[i]` elements along `dim`."""

    def __init__(self, cseq: Sequence, dim: int = 0, lengths: Sequence | None = None) -> None:
        self.cseq, self.dim = list(cseq), dim
        self.lengths = [1] * len(self.cseq) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.cseq):
            raise AssertionError(
                f"cat: expected a length for each of {len(self.cseq)} constraints, got {lengths}"
            )
        super().__init__()

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        """The largest of the pieces."""
        return max(c.event_dim for c in self.cseq)

    def check(self, value: Tensor) -> Tensor:
        found, start = [], 0
        for constraint, length in zip(self.cseq, self.lengths):
            piece = value.narrow(self.dim, start, length)
            found.append(constraint.check(piece)._array)
            start += length
        return _truth(xp.concatenate(found, self.dim))


class _Stack(_Pieces):
    """`cseq[i]` for the i-th slice along `dim`."""

    def __init__(self, cseq: Sequence, dim: int = 0) -> None:
        self.cseq, self.dim = list(cseq), dim
        super().__init__()

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        """The largest of the slices, and the dimension in which they lie if that is within."""
        dim = max(c.event_dim for c in self.cseq)
        return dim + 1 if self.dim + dim < 0 else dim

    def check(self, value: Tensor) -> Tensor:
        slices = (value.select(self.dim, i) for i in range(value.size(self.dim)))
        return stack_tensors([c.check(v) for c, v in zip(self.cseq, slices)], self.dim)


# ------------------------------------------------------------------ torch's names

dependent = _Dependent()
dependent_property = _DependentProperty
independent = _IndependentConstraint
boolean = _Boolean()
one_hot = _OneHot()
nonnegative_integer = _IntegerGreaterThan(0)
positive_integer = _IntegerGreaterThan(1)
integer_interval = _IntegerInterval
real = _Real()
real_vector = independent(real, 1)
positive = _GreaterThan(0.0)
nonnegative = _GreaterThanEq(0.0)
greater_than = _GreaterThan
greater_than_eq = _GreaterThanEq
less_than = _LessThan
multinomial = _Multinomial
unit_interval = _Interval(0.0, 1.0)
interval = _Interval
half_open_interval = _HalfOpenInterval
simplex = _Simplex()
lower_triangular = _LowerTriangular()
lower_cholesky = _LowerCholesky()
corr_cholesky = _CorrCholesky()
square = _Square()
symmetric = _Symmetric()
positive_semidefinite = _PositiveSemidefinite()
positive_definite = _PositiveDefinite()
cat = _Cat
stack = _Stack
