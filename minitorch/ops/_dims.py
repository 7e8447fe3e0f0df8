"""Dimensions: what `dim=` and sizes may say, as tuples of axes counted from the front."""

from __future__ import annotations

from typing import Any

from minitorch.errors import wrap_dim

_INT = {int}


def axes(dim: Any, ndim: int, name: str = "sum") -> tuple[int, ...]:
    """The axes that `dim` (None, an int or several) names; None and () mean all of them.

    Raises: IndexError for one out of range, RuntimeError for one named twice.
    """
    if dim is None:
        return tuple(range(ndim))
    if isinstance(dim, int):
        return (wrap_dim(dim, ndim),) if ndim else (wrap_dim(dim, ndim),)[:0]
    if not isinstance(dim, (tuple, list)):
        raise TypeError(f"{name}: argument 'dim' must be int or ints, not {type(dim).__name__}")
    found = tuple(wrap_dim(d, ndim) for d in dim)
    if len(set(found)) != len(found):
        repeated = next(d for d in found if found.count(d) > 1)
        raise RuntimeError(f"{name}: expected each dim once, got {repeated} more than once")
    return (found or tuple(range(ndim))) if ndim else ()


def kept(shape: tuple, reduced: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` with 1 at the reduced axes."""
    return tuple(1 if i in reduced else n for i, n in enumerate(shape))


def sizes(size: Any, numel: int) -> tuple[int, ...]:
    """`size` with its -1 worked out for `numel` elements.

    Raises: RuntimeError where the sizes cannot hold that many, or two are -1.
    """
    size = whole(size)
    known = 1
    for n in size:
        if n >= 0:
            known *= n
        elif n < -1:
            raise RuntimeError(f"expected sizes of at least 0, or -1, got {n} in {list(size)}")
    if size.count(-1) > 1:
        raise RuntimeError(f"expected one -1 at most, got {list(size)}")
    if -1 in size:
        if known == 0:
            raise RuntimeError(
                f"expected no -1 beside a size of 0, where it says nothing: {list(size)}"
            )
        if numel % known == 0:
            return tuple(numel // known if n == -1 else n for n in size)
    elif known == numel:
        return size
    raise RuntimeError(f"expected a shape for {numel} elements, got {list(size)}")


def whole(size: Any, name: str = "size") -> tuple[int, ...]:
    """`size` as a tuple of ints. Raises: TypeError for what is no whole number."""
    if type(size) is tuple and _INT.issuperset(map(type, size)):
        return size
    if isinstance(size, (dict, str)):
        raise TypeError(f"argument '{name}' must be ints, not {type(size).__name__}")
    try:
        return tuple(n.__index__() for n in size)
    except AttributeError as error:
        raise TypeError(
            f"argument '{name}' must be ints, not {type(error.obj).__name__}: {size}"
        ) from None


def tensors_of(given: Any, name: str) -> Any:
    """`given`, a list or tuple of tensors. Raises: TypeError for anything else."""
    if not isinstance(given, (list, tuple)):
        raise TypeError(
            f"{name}(): argument 'tensors' must be a list of Tensors, not {type(given).__name__}"
        )
    return given


def flat(size: tuple, named: Any = None) -> tuple:
    """The sizes of a call that gives them one by one, as one sequence or by name."""
    if named is not None:
        return tuple(named)
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        return tuple(size[0])
    return tuple(size)
