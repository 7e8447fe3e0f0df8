"""Tensors seen through other sizes and strides, copies of views, and writing into a part.

Note [a map through memory]. What `as_strided` shows need not lie inside its input, nor each
element at a place of its own. Its derivative therefore goes through a block of memory: what arrives
is added up at the places of the output, read at those of the input, and divided by how many
elements of the input share a place. `through_memory` does this for any two geometries, so that its
own derivative is itself with the two exchanged. A geometry is (sizes, strides, offset), counted in
elements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch import memory
from minitorch._tensor import Tensor
from minitorch.calls import composition, write_out
from minitorch.errors import wrap_dim
from minitorch.ops import pieces, rearrange, shape
from minitorch.ops._dims import whole
from minitorch.primitive import shape as moved
from minitorch.primitive import view as view_row
from minitorch.row import named

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "alias_copy",
    "as_strided",
    "as_strided_copy",
    "as_strided_scatter",
    "detach",
    "detach_copy",
    "diagonal_copy",
    "diagonal_scatter",
    "expand_copy",
    "narrow_copy",
    "permute_copy",
    "select_copy",
    "select_scatter",
    "slice_copy",
    "slice_scatter",
    "split_copy",
    "split_with_sizes_copy",
    "squeeze_copy",
    "t_copy",
    "transpose_copy",
    "unbind_copy",
    "unfold_copy",
    "unsqueeze_copy",
    "view_copy",
]

# ------------------------------------------------------------------ as_strided


def geometry(x: Any) -> tuple:
    """(sizes, strides, offset) of tensor or array `x` in its block of memory."""
    array = getattr(x, "_array", x)
    return array.shape, memory.steps(array), memory.first(array)


@view_row(
    lambda g, source, target: through_memory(g, source=target, target=source, shared=source),
    torch_name="AsStridedBackward0",
)
def restride(xp, x, *, source, target):
    """The memory of `x`, whose geometry was `source`, seen with the geometry `target`."""
    size, stride, offset = target
    return memory.as_strided(x, size, stride, offset - source[2] + memory.first(x))


def as_strided(input, size, stride, storage_offset=None) -> Tensor:
    """The memory of `input` seen with `size` and `stride`, from element `storage_offset` on.

    The offset counts from the start of the storage; it is that of `input` unless given.
    Raises: RuntimeError where that reaches beyond the storage.
    """
    source = geometry(_tensor(input, "as_strided"))
    return restride(input, source=source, target=_target(source, size, stride, storage_offset))


def _tensor(input: Any, name: str) -> Any:
    if not isinstance(input, Tensor):
        raise TypeError(
            f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}"
        )
    return input


def _target(source: tuple, size: Any, stride: Any, offset: Any) -> tuple:
    for name, value in (("size", size), ("stride", stride)):
        if isinstance(value, int):
            raise TypeError(f"as_strided(): argument '{name}' must be tuple of ints, not int")
    offset = source[2] if offset is None else whole((offset,), "storage_offset")[0]
    return whole(size), whole(stride, "stride"), offset


def _places(xp, size, stride):
    """For each element of a geometry its place in memory, without the offset."""
    places = xp.zeros((), xp.int64)
    for n, s in zip(size, stride):
        places = places[..., None] + xp.arange(n) * s
    return places


@moved(
    lambda g, source, target, shared: through_memory(
        g, source=target, target=source, shared=shared
    ),
    torch_name="AsStridedBackward0",
)
def through_memory(xp, x, *, source, target, shared):
    """`x` added up at the places of `source` and read at those of `target`.

    Each place is divided by the number of elements that `shared` has there: see the Note above.
    """
    low = min(offset for _, _, offset in (source, target))
    write, read, count = (
        _places(xp, size, stride) + (offset - low)
        for size, stride, offset in (source, target, shared)
    )
    room = 1 + max(int(p.max(initial=0)) for p in (write, read, count))
    block = xp.bincount(write.reshape(-1), x.reshape(-1), room)
    if count.size and any(s == 0 or _overlaps(xp, count) for s in shared[1]):
        block /= xp.maximum(xp.bincount(count.reshape(-1), minlength=room), 1)
    return block[read].astype(x.dtype)


def _overlaps(xp, places):
    return xp.unique(places).size != places.size


# ------------------------------------------------------------------ unfold


@view_row(
    lambda g, x_shape, dimension, size, step: unfold_backward(
        g, into=x_shape, dimension=dimension, size=size, step=step
    )
)
def unfold(xp, x, *, dimension, size, step):
    """Windows of `size` along an axis, `step` apart: the axis counts them, a last one holds each.

    Raises: RuntimeError for a window larger than the axis or a step below 1.
    """
    at = wrap_dim(dimension, x.ndim)
    n = x.shape[at] if x.ndim else 1
    size, step = whole((size, step), "size, step")
    if not 0 <= size <= n:
        raise RuntimeError(
            f"unfold: expected windows of 0 to {n} elements, the size of dimension {at}, got {size}"
        )
    if step < 1:
        raise RuntimeError(f"unfold: expected a step of at least 1, got {step}")
    if not x.ndim:
        return xp.ndarray((size,), x.dtype, x)
    counts = (*x.shape[:at], (n - size) // step + 1, *x.shape[at + 1 :], size)
    strides = (*x.strides[:at], x.strides[at] * step, *x.strides[at + 1 :], x.strides[at])
    return xp.lib.stride_tricks.as_strided(x, counts, strides)


@moved(lambda g, dimension, size, step: unfold(g, dimension=dimension, size=size, step=step))
def unfold_backward(xp, x, *, into, dimension, size, step):
    """The windows `x` added up where `unfold` took them from, in zeros of sizes `into`."""
    at = wrap_dim(dimension, len(into))
    out = xp.zeros(into or (1,), x.dtype)
    for k in range(size):  # one place in every window: these never overlap
        part = x[..., k] if into else x[k : k + 1]
        out[(slice(None),) * at + (slice(k, k + step * x.shape[at], step),)] += part
    return out.reshape(into)


# ------------------------------------------------------------------ writing into a part


@moved(lambda g: g, torch_name="CloneBackward0")
def relaid(xp, x, *, strides=None):
    """A copy with the given strides, row-major by default."""
    if strides is None:
        return x.copy(order="C")
    out = memory.allocate(x.shape, x.dtype, strides)
    out[...] = x
    return out


@moved(
    (
        lambda g, part, strides: written(g, 0, part=part, strides=strides),
        lambda g, part, strides: part[0](relaid(g, strides=strides), **part[1]),
    ),
    torch_name="SliceScatterBackward0",
)
def written(xp, x, y, *, part, strides=None):
    """A copy of `x` with `y` in the part that `part`, (a view, its parameters), shows of it."""
    out = memory.copy_as(x) if strides is None else relaid.row.run(xp, x, strides=strides)
    view, params = part
    view(out, **params)[...] = y
    return out


def _scattered(input: Tensor, src: Tensor, view: Callable, params: dict, name: str) -> Tensor:
    """`input` with `src` where the view is. Raises: RuntimeError where the sizes differ."""
    size = view(_tensor(input, name).detach(), **params).shape
    if _tensor(src, name).shape != size:
        raise RuntimeError(
            f"{name}: expected src of the size of the part, {list(size)}, got {list(src.shape)}"
        )
    strides = params["source"][1] if view is restride else None
    return written(input, src, part=(view, params), strides=strides)


@composition
def select_scatter(input, src, dim, index) -> Tensor:
    """`input` with `src` as the slice at `index` of axis `dim`."""
    how = {"dim": dim, "index": index}
    return _scattered(input, src, shape.select, how, "select_scatter")


@composition
def slice_scatter(input, src, dim=0, start=None, end=None, step=1) -> Tensor:
    """`input` with `src` as the slice start:end:step of axis `dim`."""
    at = (slice(None),) * wrap_dim(dim, _tensor(input, "slice_scatter").ndim)
    if step < 1:
        raise RuntimeError(f"slice_scatter: expected a step of at least 1, got {step}")
    how = {"at": (*at, slice(start, end, step))}
    return _scattered(input, src, shape.basic_index, how, "slice_scatter")


@composition
def diagonal_scatter(input, src, offset=0, dim1=0, dim2=1) -> Tensor:
    """`input` with `src` on the diagonal of axes `dim1` and `dim2`."""
    how = {"offset": offset, "dim1": dim1, "dim2": dim2}
    return _scattered(input, src, shape.diagonal, how, "diagonal_scatter")


@composition
def as_strided_scatter(input, src, size, stride, storage_offset=None) -> Tensor:
    """`input` with `src` where `as_strided` would look.

    Differs: what is overwritten gets no gradient; torch gives none to all the rest instead.
    """
    source = geometry(_tensor(input, "as_strided_scatter"))
    how = {"source": source, "target": _target(source, size, stride, storage_offset)}
    return _scattered(input, src, restride, how, "as_strided_scatter")


# ------------------------------------------------------------------ copies of views


def alias(input) -> Tensor:
    """The same memory, as another tensor."""
    return shape.basic_index(_tensor(input, "alias"), at=(...,))


def detach(input) -> Tensor:
    """The same memory and version, without history."""
    return _tensor(input, "detach").detach()


def slice_(input, dim=0, start=None, end=None, step=1) -> Tensor:
    """The slice start:end:step of axis `dim`, a view."""
    at = (slice(None),) * wrap_dim(dim, _tensor(input, "slice").ndim)
    return shape.basic_index(input, at=(*at, slice(start, end, step)))


def narrow(input, dim, start, length) -> Tensor:
    """As the view of that name, for the copy, to which no such dim is a RuntimeError."""
    if isinstance(dim, int) and dim >= max(_tensor(input, "narrow_copy").ndim, 1):
        raise RuntimeError(f"narrow_copy: expected a dim below {input.ndim}, got {dim}")
    return pieces.narrow(input, dim, start, length)


def expand(input, size, *, implicit=False) -> Tensor:
    """As the view of that name, its size one sequence."""
    return shape.expand(_tensor(input, "expand_copy"), size=_sequence(size, "expand_copy"))


def permute(input, dims) -> Tensor:
    """As the view of that name, its order one sequence."""
    return shape.permute(_tensor(input, "permute_copy"), dims=_sequence(dims, "permute_copy"))


def _sequence(size: Any, name: str) -> tuple[int, ...]:
    if isinstance(size, int):
        raise TypeError(f"{name}() takes a tuple of ints, not int")
    return whole(size)


def _copying(name: str, view: Any) -> Any:
    """torch's function `name`: what `view` shows, in memory of its own, row-major."""

    def copied(*args: Any, out: Any = None, **kwargs: Any) -> Any:
        seen = view(*args, **kwargs)
        several = isinstance(seen, tuple)
        made = [shape.clone(v, memory_format=memory.contiguous_format)
                for v in (seen if several else (seen,))]  # fmt: skip
        result = tuple(made) if several else made[0]
        return result if out is None else write_out(name, result, out)

    return named(copied, name, f"As `{name.removesuffix('_copy')}`, but a copy.")


def _view_of_all(input: Any, *size: Any, **how: Any) -> Any:
    """As `view`, but sizes that need a copy may have one."""
    return rearrange.view(input.contiguous(), *size, **how)


alias_copy = _copying("alias_copy", alias)
as_strided_copy = _copying("as_strided_copy", as_strided)
detach_copy = _copying("detach_copy", detach)
diagonal_copy = _copying("diagonal_copy", shape.diagonal)
expand_copy = _copying("expand_copy", expand)
narrow_copy = _copying("narrow_copy", narrow)
permute_copy = _copying("permute_copy", permute)
select_copy = _copying("select_copy", shape.select)
slice_copy = _copying("slice_copy", slice_)
split_copy = _copying("split_copy", pieces.split)
split_with_sizes_copy = _copying("split_with_sizes_copy", shape.split_with_sizes)
squeeze_copy = _copying("squeeze_copy", shape.squeeze)
t_copy = _copying("t_copy", shape.t)
transpose_copy = _copying("transpose_copy", shape.transpose)
unbind_copy = _copying("unbind_copy", shape.unbind)
unfold_copy = _copying("unfold_copy", unfold)
unsqueeze_copy = _copying("unsqueeze_copy", shape.unsqueeze)
view_copy = _copying("view_copy", _view_of_all)
