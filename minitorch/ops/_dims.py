"""Dimensions: what `dim=` and sizes may say, as tuples of axes counted from the front."""

from __future__ import annotations

from typing import Any

from minitorch.errors import wrap_dim


def axes(dim: Any, ndim: int, name: str = "sum") -> tuple[int, ...]:
    """The axes that `dim` (None, an int or several) names; None and () mean all of them.

    Raises: IndexError for one out of range, RuntimeError for one named twice.
    """
    if dim is None:
        return tuple(range(ndim))
    if isinstance(dim, int):
        return (wrap_dim(dim, ndim),) if ndim else (wrap_dim(dim, ndim),)[:0]
    found = tuple(wrap_dim(d, ndim) for d in dim)
    if len(set(found)) != len(found):
        repeated = next(d for d in found if found.count(d) > 1)
        raise RuntimeError(f"{name}: dim {repeated} appears multiple times in the list of dims")
    return (found or tuple(range(ndim))) if ndim else ()


def kept(shape: tuple, reduced: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` with 1 at the reduced axes."""
    return tuple(1 if i in reduced else n for i, n in enumerate(shape))


def sizes(size: Any, numel: int) -> tuple[int, ...]:
    """`size` with its -1 worked out for `numel` elements.

    Raises: RuntimeError where the sizes cannot hold that many, or two are -1.
    """
    size = tuple(int(n) for n in size)
    known = 1
    for n in size:
        if n >= 0:
            known *= n
        elif n < -1:
            raise RuntimeError(f"invalid shape dimension {n}")
    if size.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if -1 in size:
        if known == 0:
            raise RuntimeError(
                f"cannot reshape tensor of {numel} elements into shape {list(size)} because the "
                "unspecified dimension size -1 can be any value and is ambiguous"
            )
        if numel % known == 0:
            return tuple(numel // known if n == -1 else n for n in size)
    elif known == numel:
        return size
    raise RuntimeError(f"shape '{list(size)}' is invalid for input of size {numel}")


def flat(size: tuple, named: Any = None) -> tuple:
    """The sizes of a call that gives them one by one, as one sequence or by name."""
    if named is not None:
        return tuple(named)
    if len(size) == 1 and not hasattr(size[0], "__index__"):
        return tuple(size[0])
    return tuple(size)
