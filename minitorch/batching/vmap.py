"""`vmap` itself: what goes in is wrapped, what comes out is unwrapped."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from minitorch._pytree import broadcast_leaves, tree_flatten, tree_unflatten
from minitorch._tensor import Tensor
from minitorch.errors import SampleBySample, wrap_dim
from minitorch.ops import rearrange, shape

from .interpret import entered, innermost
from .rules import spread, stacked
from .tensor import Batched, Level

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_RANDOMNESS = ("error", "different", "same")


def vmap(
    func: Callable,
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable:
    """`func`, written for one sample, for a batch of them: the loop is in the operations.

    `in_dims` says which dimension of each argument counts the samples (None: all get the same),
    `out_dims` where it goes in the results; both may be trees. `randomness`: 'error' refuses
    random functions, 'different' draws for each sample, 'same' once for all of them.
    `chunk_size` runs that many samples at a time.
    Raises: ValueError for dimensions that do not fit the arguments; RuntimeError where a result
    depends on the numbers of a sample, as conditions and `item()` do.

    >>> import minitorch as torch
    >>> x, y = torch.arange(6.0).view(3, 2), torch.ones(2)
    >>> torch.vmap(torch.dot, in_dims=(0, None))(x, y)
    tensor([1., 5., 9.])
    """
    if randomness not in _RANDOMNESS:
        raise RuntimeError(
            f"vmap: expected randomness 'error', 'different' or 'same', got {randomness!r}"
        )
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        dims, leaves, spec = _inputs(in_dims, args, func)
        size = _size(dims, leaves, func)
        if chunk_size is None or chunk_size >= size:
            return _run(func, size, dims, leaves, spec, out_dims, randomness, kwargs)
        found = []
        for start in range(0, size, chunk_size):
            n = min(chunk_size, size - start)
            part = [x if d is None else x.narrow(d, start, n) for d, x in zip(dims, leaves)]
            found.append(_run(func, n, dims, part, spec, out_dims, randomness, kwargs))
        return _joined(found, out_dims)

    return mapped


def _name(func: Callable) -> str:
    return f"vmap({getattr(func, '__name__', repr(func))})"


def _inputs(in_dims: Any, args: tuple, func: Callable) -> tuple[list, list, Any]:
    """(the mapped dimension of each leaf or None, the leaves, their tree). Raises: ValueError."""
    name = _name(func)
    if not isinstance(in_dims, (int, tuple, list)):
        raise ValueError(
            f"{name}: expected in_dims to be an int or a (nested) tuple, got {type(in_dims)}"
        )
    if not args:
        raise ValueError(f"{name}: got no inputs; positional arguments are mapped")
    leaves, spec = tree_flatten(args)
    given = tuple(in_dims) if isinstance(in_dims, list) else in_dims
    try:
        dims = broadcast_leaves(given, spec)
    except ValueError:
        raise ValueError(
            f"{name}: in_dims is not compatible with the structure of the inputs: {in_dims}"
        ) from None
    return [_checked_dim(name, d, x) for d, x in zip(dims, leaves)], leaves, spec


def _checked_dim(name: str, d: Any, x: Any) -> int | None:
    if d is None:
        return None
    if not isinstance(d, int) or isinstance(d, bool):
        raise ValueError(f"{name}: expected each of in_dims to be an int or None, got {d!r}")
    if not isinstance(x, Tensor):
        raise ValueError(
            f"{name}: got in_dim={d} for an input of type {type(x).__name__}; only Tensors can be "
            "mapped, use None"
        )
    if not -x.ndim <= d < x.ndim:
        raise ValueError(
            f"{name}: got in_dim={d} for an input of {x.ndim} dimensions, {list(x.shape)}"
        )
    return d % x.ndim


def _size(dims: list, leaves: list, func: Callable) -> int:
    sizes = {x.shape[d] for d, x in zip(dims, leaves) if d is not None}
    if not sizes:
        raise ValueError(f"{_name(func)}: expected at least one input with a dimension to map over")
    if len(sizes) > 1:
        raise ValueError(
            f"{_name(func)}: expected one size along the mapped dimensions, got {sorted(sizes)}"
        )
    return sizes.pop()


def _front(x: Tensor, dim: int) -> Tensor:
    return x if dim == 0 else rearrange.movedim(x, dim, 0)


def _run(
    func: Callable, size: int, dims: list, leaves: list, spec: Any, out_dims: Any,
    randomness: str, kwargs: dict,
) -> Any:  # fmt: skip
    with entered(size, randomness) as level:
        samples = [x if d is None else level.wrap(_front(x, d)) for d, x in zip(dims, leaves)]
        try:
            out = func(*tree_unflatten(samples, spec), **kwargs)
        except SampleBySample as refused:
            raise RuntimeError(str(refused)) from None
    made, out_spec = tree_flatten(out)
    places = _places(func, out, out_dims, out_spec)
    return tree_unflatten([_unwrapped(func, level, o, d) for o, d in zip(made, places)], out_spec)


def _places(func: Callable, out: Any, out_dims: Any, spec: Any) -> list:
    try:
        return broadcast_leaves(out_dims, spec)
    except ValueError:
        raise ValueError(
            f"{_name(func)}: out_dims is not compatible with the structure of the outputs: "
            f"{out_dims}"
        ) from None


def _unwrapped(func: Callable, level: Level, out: Any, dim: Any) -> Any:
    if dim is None and not level.holds(out):
        return out
    if not isinstance(out, Tensor):
        raise ValueError(
            f"{_name(func)}: the function must only return Tensors, got {type(out).__name__}"
        )
    if dim is None:
        raise ValueError(f"{_name(func)}: out_dims is None for a result that differs by sample")
    if not isinstance(dim, int):
        raise ValueError(f"{_name(func)}: expected each of out_dims to be an int, got {dim!r}")
    values = spread(level, out)
    dim = wrap_dim(dim, values.ndim)
    return values if dim == 0 else rearrange.movedim(values, 0, dim)


def _joined(parts: list, out_dims: Any) -> Any:
    from minitorch.ops.pieces import cat

    leaves = [tree_flatten(part) for part in parts]
    dims = broadcast_leaves(out_dims, leaves[0][1])
    columns = zip(*(found for found, _ in leaves))
    return tree_unflatten(
        [c[0] if d is None else cat(list(c), dim=d) for c, d in zip(columns, dims)], leaves[0][1]
    )


def sample_by_sample(function: Callable, args: tuple, kwargs: dict, refused: Exception) -> Any:
    """`function`, which cannot be run on a batch, on each sample; the results stacked.

    Raises: `refused` where a result is no tensor; RuntimeError where their sizes differ.
    """
    leaves, spec = tree_flatten((args, kwargs))
    level = innermost(leaves)
    if level is None:
        raise refused
    parts = [shape.unbind(x.value, dim=0) if level.holds(x) else None for x in leaves]
    shared = [x for x, part in zip(leaves, parts) if part is None and isinstance(x, Tensor)]
    versions = [x._version for x in shared]
    outs = []
    for i in range(level.size):
        one = [x if part is None else part[i] for x, part in zip(leaves, parts)]
        one_args, one_kwargs = tree_unflatten(one, spec)
        outs.append(tree_flatten(function(*one_args, **one_kwargs)))
    if versions != [x._version for x in shared]:
        raise RuntimeError(
            f"vmap: {function.__name__} writes to a tensor that is not batched, whose memory "
            "cannot hold all samples"
        )
    columns = list(zip(*(found for found, _ in outs)))
    if not all(isinstance(o, Tensor) for column in columns for o in column):
        raise refused
    return tree_unflatten([level.wrap(stacked(function.__name__, c)) for c in columns], outs[0][1])


# ------------------------------------------------------------------ through all levels


def _peel(x: Any, level: Level) -> Any:
    """`x` with the samples of `level` as its first dimension, whatever levels are further in."""
    if level.holds(x):
        return x.value
    if type(x) is Batched and x.level.depth > level.depth:
        return x.level.wrap(shape.transpose(_peel(x.value, level), dim0=0, dim1=1))
    return spread(level, x)


def ground(x: Any, levels: Sequence[Level]) -> Any:
    """`x` without a batch of these levels, outermost first: they are its first dimensions."""
    for level in reversed(levels):
        x = _peel(x, level)
    return x


def _place(x: Any, level: Level) -> Any:
    if type(x) is Batched and x.level.depth > level.depth:
        return x.level.wrap(_place(shape.transpose(x.value, dim0=0, dim1=1), level))
    return level.wrap(x)


def lift(x: Any, levels: Sequence[Level]) -> Any:
    """The inverse of `ground`."""
    for level in levels:
        x = _place(x, level)
    return x
