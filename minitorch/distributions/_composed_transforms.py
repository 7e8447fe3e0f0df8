"""Transforms made of transforms, and of shapes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from minitorch.dtypes import Size
from minitorch.ops.pieces import cat
from minitorch.ops.shape import stack

from . import constraints
from .transforms import Transform, _InverseTransform
from .utils import _sum_rightmost

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from minitorch._tensor import Tensor


def _at_least(constraint: Any, event_dim: int) -> Any:
    """`constraint` with at least so many dimensions to an event."""
    more = event_dim - constraint.event_dim
    return constraints.independent(constraint, more) if more > 0 else constraint


class ComposeTransform(Transform):
    """One transform after the other, the first one first; none at all is the identity."""

    def __init__(self, parts: Sequence[Transform], cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.parts = [p.with_cache(cache_size) for p in parts] if cache_size else list(parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ComposeTransform) and self.parts == other.parts

    __hash__ = Transform.__hash__

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:  # type: ignore[override]
        """That of the first, with the events that later ones need."""
        if not self.parts:
            return constraints.real
        needed = self.parts[-1].codomain.event_dim
        for part in reversed(self.parts):
            needed += part.domain.event_dim - part.codomain.event_dim
            needed = max(needed, part.domain.event_dim)
        return _at_least(self.parts[0].domain, needed)

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:  # type: ignore[override]
        """That of the last, with the events that earlier ones make."""
        if not self.parts:
            return constraints.real
        made = self.parts[0].domain.event_dim
        for part in self.parts:
            made += part.codomain.event_dim - part.domain.event_dim
            made = max(made, part.codomain.event_dim)
        return _at_least(self.parts[-1].codomain, made)

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether all are."""
        return all(p.bijective for p in self.parts)

    @property
    def sign(self) -> Any:
        """The product of all signs."""
        return math.prod((p.sign for p in self.parts), start=1)

    @property
    def inv(self) -> Transform:
        """The inverses in the other order."""
        inverse = None if self._inv is None else self._inv()
        if inverse is None:
            inverse = ComposeTransform([p.inv for p in reversed(self.parts)])
            self._inv = _reference(inverse)
            inverse._inv = _reference(self)
        return inverse

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same with caches of another size."""
        if self._cache_size == cache_size:
            return self
        return ComposeTransform(self.parts, cache_size=cache_size)

    def __call__(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The sum of all, each over the events of the whole."""
        if not self.parts:
            return x.new_zeros(x.shape)
        points = [x]
        for part in self.parts[:-1]:
            points.append(part(points[-1]))
        points.append(y)
        total, event_dim = 0.0, self.domain.event_dim
        for part, before, after in zip(self.parts, points, points[1:]):
            more = event_dim - part.domain.event_dim
            total = total + _sum_rightmost(part.log_abs_det_jacobian(before, after), more)
            event_dim += part.codomain.event_dim - part.domain.event_dim
        return total

    def forward_shape(self, shape: Any) -> Any:
        """Through all."""
        for part in self.parts:
            shape = part.forward_shape(shape)
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        """Back through all."""
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return shape

    def __repr__(self) -> str:
        inside = ",\n    ".join(map(repr, self.parts))
        return f"{type(self).__name__}(\n    {inside}\n)"


def _reference(transform: Transform) -> Any:
    import weakref

    return weakref.ref(transform)


identity_transform = ComposeTransform([])


class IndependentTransform(Transform):
    """`base_transform` with `reinterpreted_batch_ndims` more dimensions counted as the event."""

    def __init__(
        self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0
    ) -> None:
        super().__init__(cache_size=cache_size)
        self.base_transform = base_transform.with_cache(cache_size)
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same with a cache of another size."""
        if self._cache_size == cache_size:
            return self
        return IndependentTransform(
            self.base_transform, self.reinterpreted_batch_ndims, cache_size=cache_size
        )

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:  # type: ignore[override]
        """That of the base, in every place."""
        return constraints.independent(self.base_transform.domain, self.reinterpreted_batch_ndims)

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:  # type: ignore[override]
        """That of the base, in every place."""
        return constraints.independent(self.base_transform.codomain, self.reinterpreted_batch_ndims)

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """As the base."""
        return self.base_transform.bijective

    @property
    def sign(self) -> Any:
        """As the base."""
        return self.base_transform.sign

    def _call(self, x: Tensor) -> Tensor:
        if x.dim() < self.domain.event_dim:
            raise ValueError(_too_few(self, "input", self.domain.event_dim, x.shape))
        return self.base_transform(x)

    def _inverse(self, y: Tensor) -> Tensor:
        if y.dim() < self.codomain.event_dim:
            raise ValueError(_too_few(self, "input", self.codomain.event_dim, y.shape))
        return self.base_transform.inv(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """That of the base, summed over the new dimensions of the event."""
        volume = self.base_transform.log_abs_det_jacobian(x, y)
        return _sum_rightmost(volume, self.reinterpreted_batch_ndims)

    def forward_shape(self, shape: Any) -> Any:
        """As the base."""
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape: Any) -> Any:
        """As the base."""
        return self.base_transform.inverse_shape(shape)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_transform!r}, {self.reinterpreted_batch_ndims})"


def _too_few(transform: Transform, what: str, expected: int, shape: Any) -> str:
    return (
        f"{type(transform).__name__}: expected {what} of at least {expected} dimensions, got "
        f"{list(shape)}"
    )


class ReshapeTransform(Transform):
    """The same numbers in events of another shape.

    Raises: ValueError for shapes of different numbers of elements.
    """

    bijective = True

    def __init__(self, in_shape: Any, out_shape: Any, cache_size: int = 0) -> None:
        self.in_shape, self.out_shape = Size(in_shape), Size(out_shape)
        if self.in_shape.numel() != self.out_shape.numel():
            raise ValueError(
                "ReshapeTransform: expected as many elements in as out, got the shapes "
                f"{list(in_shape)} and {list(out_shape)}"
            )
        super().__init__(cache_size=cache_size)

    @constraints.dependent_property
    def domain(self) -> Any:  # type: ignore[override]
        """Events of `in_shape`."""
        return constraints.independent(constraints.real, len(self.in_shape))

    @constraints.dependent_property
    def codomain(self) -> Any:  # type: ignore[override]
        """Events of `out_shape`."""
        return constraints.independent(constraints.real, len(self.out_shape))

    def _call(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[: x.dim() - len(self.in_shape)] + self.out_shape)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.reshape(y.shape[: y.dim() - len(self.out_shape)] + self.in_shape)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """0: nothing is stretched."""
        return x.new_zeros(x.shape[: x.dim() - len(self.in_shape)])

    def forward_shape(self, shape: Any) -> Any:
        """`shape` with `out_shape` in place of `in_shape`."""
        return self._exchanged(shape, self.in_shape, self.out_shape)

    def inverse_shape(self, shape: Any) -> Any:
        """`shape` with `in_shape` in place of `out_shape`."""
        return self._exchanged(shape, self.out_shape, self.in_shape)

    def _exchanged(self, shape: Any, old: Size, new: Size) -> Size:
        if len(shape) < len(old):
            raise ValueError(_too_few(self, "input", len(old), shape))
        cut = len(shape) - len(old)
        if tuple(shape[cut:]) != tuple(old):
            raise ValueError(
                f"{type(self).__name__}: expected the last sizes {list(old)}, got {list(shape)}"
            )
        return Size(tuple(shape[:cut]) + new)


class _Pieces(Transform):
    """Transforms of the pieces of a tensor along `dim`."""

    transforms: list
    dim: int

    def _split(self, x: Any) -> list:
        raise NotImplementedError

    def _joined(self, pieces: list) -> Any:
        raise NotImplementedError

    def _constraint(self, of: Callable) -> Any:
        raise NotImplementedError

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether all are."""
        return all(t.bijective for t in self.transforms)

    @constraints.dependent_property
    def domain(self) -> Any:  # type: ignore[override]
        """Those of the pieces."""
        return self._constraint(lambda t: t.domain)

    @constraints.dependent_property
    def codomain(self) -> Any:  # type: ignore[override]
        """Those of the pieces."""
        return self._constraint(lambda t: t.codomain)

    def _call(self, x: Tensor) -> Tensor:
        return self._joined([t(piece) for t, piece in zip(self.transforms, self._split(x))])

    def _inverse(self, y: Tensor) -> Tensor:
        return self._joined([t.inv(piece) for t, piece in zip(self.transforms, self._split(y))])


class CatTransform(_Pieces):
    """`tseq[i]` on the next `lengths[i]` elements along `dim`."""

    def __init__(
        self,
        tseq: Sequence[Transform],
        dim: int = 0,
        lengths: Sequence[int] | None = None,
        cache_size: int = 0,
    ) -> None:
        super().__init__(cache_size=cache_size)
        _check_transforms("CatTransform", tseq)
        self.transforms = [t.with_cache(cache_size) for t in tseq] if cache_size else list(tseq)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise AssertionError(
                f"CatTransform: expected {len(self.transforms)} lengths, got {lengths}"
            )
        self.dim = dim

    @property
    def event_dim(self) -> int:
        """The largest of the pieces."""
        return max(t.event_dim for t in self.transforms)

    @property
    def length(self) -> int:
        """The size along `dim`."""
        return sum(self.lengths)

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same with caches of another size."""
        if self._cache_size == cache_size:
            return self
        return CatTransform(self.transforms, self.dim, self.lengths, cache_size)

    def _split(self, x: Tensor) -> list:
        if x.size(self.dim) != self.length:
            raise AssertionError(
                f"CatTransform: expected {self.length} elements along dim {self.dim}, got "
                f"{x.size(self.dim)}"
            )
        return list(x.split(self.lengths, self.dim))

    def _joined(self, pieces: list) -> Tensor:
        return cat(pieces, dim=self.dim)

    def _constraint(self, of: Callable) -> Any:
        return constraints.cat([of(t) for t in self.transforms], self.dim, self.lengths)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Those of the pieces, side by side; summed where `dim` is within the event."""
        volumes = []
        for t, a, b in zip(self.transforms, self._split(x), self._split(y)):
            volume = t.log_abs_det_jacobian(a, b)
            volumes.append(_sum_rightmost(volume, self.event_dim - t.event_dim))
        dim = self.dim - x.dim() if self.dim >= 0 else self.dim
        dim += self.event_dim
        return cat(volumes, dim=dim) if dim < 0 else sum(volumes)  # type: ignore[return-value]


class StackTransform(_Pieces):
    """`tseq[i]` on the i-th slice along `dim`."""

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        _check_transforms("StackTransform", tseq)
        self.transforms = [t.with_cache(cache_size) for t in tseq] if cache_size else list(tseq)
        self.dim = dim

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The same with caches of another size."""
        if self._cache_size == cache_size:
            return self
        return StackTransform(self.transforms, self.dim, cache_size)

    def _split(self, x: Tensor) -> list:
        if x.size(self.dim) != len(self.transforms):
            raise AssertionError(
                f"StackTransform: expected {len(self.transforms)} slices along dim {self.dim}, got "
                f"{x.size(self.dim)}"
            )
        return list(x.unbind(self.dim))

    def _joined(self, pieces: list) -> Tensor:
        return stack(pieces, self.dim)

    def _constraint(self, of: Callable) -> Any:
        return constraints.stack([of(t) for t in self.transforms], self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Those of the slices."""
        slices = zip(self.transforms, self._split(x), self._split(y))
        return stack([t.log_abs_det_jacobian(a, b) for t, a, b in slices], self.dim)


def _check_transforms(name: str, tseq: Any) -> None:
    if not all(isinstance(t, (Transform, _InverseTransform)) for t in tseq):
        raise AssertionError(f"{name}: expected transforms, got {list(tseq)}")
