"""torch's functions that take tensors apart and put them together: compositions."""

from __future__ import annotations

import itertools
import warnings
from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor, wrap
from minitorch.backend import xp
from minitorch.calls import composition, write_out
from minitorch.dtypes import can_cast
from minitorch.errors import wrap_dim
from minitorch.ops import choose, index, rearrange, shape
from minitorch.ops._dims import tensors_of, whole
from minitorch.primitive import shape as moved

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "block_diag",
    "cartesian_prod",
    "cat",
    "chunk",
    "column_stack",
    "combinations",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "meshgrid",
    "narrow",
    "repeat_interleave",
    "split",
    "tensor_split",
    "unsafe_chunk",
    "unsafe_split",
    "unsafe_split_with_sizes",
    "vsplit",
    "vstack",
]

# ------------------------------------------------------------------ apart


def _part(input, at: int, start: int | None, end: int | None) -> Tensor:
    return shape.basic_index(input, at=(slice(None),) * at + (slice(start, end), ...))


@composition
def narrow(input, dim, start, length) -> Tensor:
    """`length` slices along `dim` from `start`, a view. Raises: RuntimeError beyond the end."""
    if not input.ndim:
        raise RuntimeError("narrow: expected at least one dimension, got a 0-d tensor")
    at = wrap_dim(dim, input.ndim)
    n = input.shape[at]
    if isinstance(start, Tensor):
        if start.ndim or start._array.dtype.kind not in "iu":
            raise RuntimeError(
                f"narrow: expected a start that is a 0-d integer, got {start.dtype} of shape "
                f"{list(start.shape)}"
            )
        start = start.item()
    start, length = whole((start, length), "start, length")
    if length < 0 or not -n <= start <= n:
        raise (RuntimeError if length < 0 else IndexError)(
            f"narrow: expected a start from {-n} to {n} and a length of at least 0, got {start} "
            f"and {length}"
        )
    start += n if start < 0 else 0
    if start > n - length:
        raise RuntimeError(
            f"narrow: expected a part of dimension {dim} of size {n}, got start {start} and length "
            f"{length}"
        )
    return _part(input, at, start, start + length)


def _sections(input, each: Any, dim: int) -> tuple[int, ...]:
    """The sizes of the pieces that `split` makes of axis `dim`."""
    if not input.ndim:
        raise RuntimeError("split: expected at least one dimension, got a 0-d tensor")
    if isinstance(each, int) and each < 0:
        raise RuntimeError(f"split: expected a size of at least 0, got {each}")
    n = input.shape[wrap_dim(dim, input.ndim)]
    if not isinstance(each, int):
        return whole(each, "split_size")
    if each == 0 and n:
        raise RuntimeError(f"split: expected a size above 0 for {n} elements, got {each}")
    count = -(-n // each) if each else 1
    return (each,) * (count - 1) + (n - each * (count - 1),) if count else (0,)


def _chunks(input, chunks: Any, dim: int) -> Any:
    """What to tell `split` for so many pieces."""
    (chunks,) = whole((chunks,), "chunks")
    if chunks < 1:
        raise RuntimeError(f"chunk: expected at least 1 chunk, got {chunks}")
    if not input.ndim:
        raise RuntimeError("chunk: expected at least one dimension, got a 0-d tensor")
    n = input.shape[wrap_dim(dim, input.ndim)]
    return -(-n // chunks) if n else [0] * chunks


@composition
def split(tensor, split_size_or_sections, dim=0) -> tuple[Tensor, ...]:
    """Consecutive views of the given size (the last may be smaller) or sizes along `dim`."""
    sizes = _sections(tensor, split_size_or_sections, dim)
    return shape.split_with_sizes(tensor, split_sizes=sizes, dim=dim)


@composition
def chunk(input, chunks, dim=0) -> tuple[Tensor, ...]:
    """At most `chunks` views of equal size along `dim`, the last may be smaller."""
    return split(input, _chunks(input, chunks, dim), dim)


@moved(lambda g, dim: shape.cat(g, dim=dim), outs=("*",))
def unsafe_split_with_sizes(xp, x, *, split_sizes, dim=0):
    """As split_with_sizes, but the pieces are tensors of their own that share the memory."""
    return shape.parts_along(x, split_sizes, dim)


@composition
def unsafe_split(input, split_size, dim=0) -> tuple[Tensor, ...]:
    """As split, but the pieces are tensors of their own that share the memory."""
    sizes = _sections(input, split_size, dim)
    return unsafe_split_with_sizes(input, split_sizes=sizes, dim=dim)


@composition
def unsafe_chunk(input, chunks, dim=0) -> tuple[Tensor, ...]:
    """As chunk, but the pieces are tensors of their own that share the memory."""
    return unsafe_split(input, _chunks(input, chunks, dim), dim)


def _given(name: str, *ways: Any) -> Any:
    """The one way in which a call said where to cut. Raises: TypeError for none."""
    for way in ways:
        if way is not None:
            return way
    raise TypeError(f"{name}() missing required argument 'indices_or_sections' (position 2)")


def _cuts(given: Any, name: str) -> Any:
    """Indices or a number of sections, also from a tensor of them."""
    if isinstance(given, Tensor):
        if given.dtype.name != "int64" or given.ndim > 1:
            raise RuntimeError(
                f"{name}: expected a torch.int64 tensor of at most one dimension, got "
                f"{given.dtype} of shape {list(given.shape)}"
            )
        given = given.tolist()
    return given if isinstance(given, int) else whole(given, "indices")


@composition
def tensor_split(
    input, indices_or_sections=None, dim=0, *, indices=None, sections=None
) -> tuple[Tensor, ...]:
    """Views along `dim`: so many of nearly equal sizes, or cut before each of the indices.

    Raises: RuntimeError for fewer than one section.
    """
    given = _given("tensor_split", indices_or_sections, indices, sections)
    if not input.ndim:
        raise RuntimeError("tensor_split: expected at least one dimension, got a 0-d tensor")
    cuts, at = _cuts(given, "tensor_split"), wrap_dim(dim, input.ndim)
    if isinstance(cuts, int):
        if cuts < 1:
            raise RuntimeError(f"tensor_split: expected at least 1 section, got {cuts}")
        each, larger = divmod(input.shape[at], cuts)
        cuts = [i * each + min(i, larger) for i in range(1, cuts)]
    starts, ends = (0, *cuts), (*cuts, input.shape[at])
    return tuple(_part(input, at, start, end) for start, end in zip(starts, ends))


def _splitting(name: str, least: int, axis: int) -> Any:
    """torch's function `name`: tensor_split along one axis, into sections of equal size."""

    def apart(input, indices_or_sections=None, *, indices=None, sections=None):
        given = _given(name, indices_or_sections, indices, sections)
        given = given if isinstance(given, int) else whole(given, "indices")
        if input.ndim < least:
            raise RuntimeError(
                f"{name}: expected at least {least} dimensions, got shape {list(input.shape)}"
            )
        dim = min(axis, input.ndim - 1)
        if isinstance(given, int) and (given < 1 or input.shape[dim] % given):
            raise RuntimeError(
                f"{name}: expected sections of equal size, got {given} of dimension {dim} of size "
                f"{input.shape[dim]}"
            )
        return tensor_split(input, given, dim)

    apart.__name__ = apart.__qualname__ = name
    apart.__doc__ = f"Views along axis {axis}: so many of equal size, or cut before each index."
    return composition(apart)


hsplit = _splitting("hsplit", 1, 1)
vsplit = _splitting("vsplit", 2, 0)
dsplit = _splitting("dsplit", 3, 2)

# ------------------------------------------------------------------ together


def cat(tensors=None, dim=0, *, axis=None, out=None) -> Tensor:
    """The tensors one after another along `dim`. Raises: ValueError for none."""
    if not tensors_of(tensors, "cat"):
        raise ValueError("cat: expected at least one tensor, got none")
    made = shape.cat(tensors, dim=dim if axis is None else axis)
    if out is None:
        return made
    if isinstance(out, Tensor):
        if not can_cast(made.dtype, out.dtype):
            raise TypeError(f"cat: expected an out= that can hold {made.dtype}, got {out.dtype}")
        if any(t is out or xp.may_share_memory(t._array, out._array) for t in tensors):
            raise RuntimeError("cat: expected out= in memory of its own, got a part of an input")
    return write_out("cat", made, out)


def _several(tensors: Any, name: str) -> Sequence[Tensor]:
    if not tensors_of(tensors, name):
        raise RuntimeError(f"{name}: expected at least one tensor, got none")
    return tensors


@composition
def hstack(tensors) -> Tensor:
    """Side by side: along axis 1, or 0 for vectors. Raises: RuntimeError for none."""
    tensors = rearrange.atleast_1d(_several(tensors, "hstack"))
    return shape.cat(tensors, dim=0 if tensors[0].ndim < 2 else 1)


@composition
def vstack(tensors) -> Tensor:
    """One below the other, vectors as rows. Raises: RuntimeError for none."""
    return shape.cat(rearrange.atleast_2d(_several(tensors, "vstack")), dim=0)


@composition
def dstack(tensors) -> Tensor:
    """One behind the other: along axis 2. Raises: RuntimeError for none."""
    return shape.cat(rearrange.atleast_3d(_several(tensors, "dstack")), dim=2)


@composition
def column_stack(tensors) -> Tensor:
    """Side by side, vectors as columns. Raises: RuntimeError for none."""
    columns = [
        shape.reshape(t, (t.numel(), 1)) if t.ndim < 2 else t
        for t in _several(tensors, "column_stack")
    ]
    return shape.cat(columns, dim=1)


def _corners(tensors_shape):
    """For each block (row, column, its rows, its columns)."""
    row = column = 0
    for size in tensors_shape:
        height, width = ((1, 1) + tuple(size))[-2:]
        yield row, column, height, width
        row, column = row + height, column + width


def _blocks(g, tensors_shape, needs):
    places = zip(_corners(tensors_shape), tensors_shape, needs)
    return [
        shape.reshape(shape.basic_index(g, at=(slice(i, i + h), slice(j, j + w))), size)
        if wanted
        else None
        for (i, j, h, w), size, wanted in places
    ]


@moved(joint=_blocks, promote=True)
def blocks(xp, *tensors):
    """A matrix of zeros with the tensors as blocks along its diagonal."""
    places = list(_corners([x.shape for x in tensors]))
    height, width = places[-1][0] + places[-1][2], places[-1][1] + places[-1][3]
    out = xp.zeros((height, width), tensors[0].dtype)
    for x, (i, j, h, w) in zip(tensors, places):
        out[i : i + h, j : j + w] = x
    return out


@composition
def block_diag(*tensors) -> Tensor:
    """A matrix of zeros with the tensors, of two dimensions at most, along its diagonal."""
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    for i, x in enumerate(tensors):
        if x.ndim > 2:
            raise RuntimeError(
                f"block_diag: expected two dimensions at most, got shape {list(x.shape)} at {i}"
            )
    return blocks(tensors) if tensors else wrap(xp.zeros((1, 0), xp.float32))


@composition
def meshgrid(*tensors, indexing=None) -> tuple[Tensor, ...]:
    """Each vector along an axis of its own, expanded to the sizes of all: the points of a grid.

    `indexing` "ij": axis k is that of vector k; "xy": the first two are exchanged.
    """
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    _all_tensors(tensors, "meshgrid")
    if indexing is None:
        warnings.warn(
            'torch.meshgrid: say indexing="ij" or "xy"; it is "ij" where it is not said.',
            UserWarning,
            stacklevel=3,
        )
        indexing = "ij"
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'meshgrid: expected indexing "ij" or "xy", got {indexing!r}')
    _check_grid(tensors)
    size = tuple(t.numel() for t in tensors)
    n = len(size)
    grids = tuple(
        shape.expand(shape.reshape(t, (1,) * k + (size[k],) + (1,) * (n - k - 1)), size=size)
        for k, t in enumerate(tensors)
    )
    if indexing == "ij" or n < 2:
        return grids
    return tuple(shape.transpose(g, dim0=0, dim1=1) for g in grids)


def _all_tensors(given: tuple, name: str) -> None:
    for i, t in enumerate(given):
        if not isinstance(t, Tensor):
            raise TypeError(
                f"{name}(): argument 'tensors' (position {i + 1}) must be Tensor, not "
                f"{type(t).__name__}"
            )


def _check_grid(tensors: tuple) -> None:
    if not tensors:
        raise RuntimeError("meshgrid: expected at least one tensor, got none")
    for t in tensors:
        if t.ndim > 1:
            raise RuntimeError(f"meshgrid: expected vectors or 0-d, got shape {list(t.shape)}")
        if t.dtype is not tensors[0].dtype:
            raise RuntimeError(
                f"meshgrid: expected tensors of one dtype, got {tensors[0].dtype} and {t.dtype}"
            )


@composition
def cartesian_prod(*tensors) -> Tensor:
    """All combinations of one element of each vector, as rows."""
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    _all_tensors(tensors, "cartesian_prod")
    for t in tensors:
        if t.ndim != 1:
            raise RuntimeError(f"cartesian_prod: expected vectors, got shape {list(t.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    grids = meshgrid(*tensors, indexing="ij")
    return shape.stack(
        [shape.reshape(g, (-1,)) if g.numel() else g.flatten() for g in grids], dim=1
    )


@composition
def combinations(input, r=2, with_replacement=False) -> Tensor:
    """All choices of `r` elements of a vector, in order, as rows."""
    (r,) = whole((r,), "r")
    if input.ndim != 1:
        raise RuntimeError(f"combinations: expected a vector, got shape {list(input.shape)}")
    if r < 0:
        raise RuntimeError(f"combinations: expected r of at least 0, got {r}")
    if r == 0:
        return wrap(xp.empty(0, input._array.dtype))
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = list(choose(range(input.shape[0]), r))
    places = xp.array(rows, xp.int64).reshape(len(rows), r)
    return index.take(input, wrap(places), spec=(index.ARRAY,))


# ------------------------------------------------------------------ repeated


_MISSING: Any = object()  # where None would stand for something


def repeat_interleave(input=None, repeats=_MISSING, dim=_MISSING, *, output_size=None) -> Tensor:
    """Each slice along `dim` `repeats` times, one number or one for each; flattened without `dim`.

    `repeat_interleave(repeats)` is the index i repeats[i] times, for each i.
    Raises: RuntimeError for negative numbers, or where there is not one for each slice.
    """
    if repeats is _MISSING and dim is _MISSING:
        return _indices(input)
    if input is None and isinstance(repeats, Tensor):
        return _indices(repeats)
    dim = None if dim is _MISSING else dim
    for name, value, kinds in (("input", input, Tensor), ("repeats", repeats, (int, Tensor))):
        if not isinstance(value, kinds):
            raise TypeError(
                f"repeat_interleave(): argument '{name}' must be Tensor (or int, for repeats), not "
                f"{type(value).__name__}"
            )
    if dim is None:
        input, dim = shape.reshape(input, (input.numel(),)), 0
    elif not input.ndim:
        input = shape.reshape(input, (1,))
    at = wrap_dim(dim, input.ndim)
    n = input.shape[at]
    counts = repeats._array if isinstance(repeats, Tensor) else xp.array(repeats, xp.int64)
    if counts.ndim > 1:
        size = list(counts.shape)
        raise RuntimeError(f"repeat_interleave: expected one dimension at most, got {size}")
    if counts.dtype.name not in ("int64", "int32"):
        raise NotImplementedError(f"repeat_interleave: not implemented for {repeats.dtype}")
    if counts.size not in (1, n) or (counts.size == 1 and counts.ndim and not n):
        raise RuntimeError(
            f"repeat_interleave: expected a number for each of {n} slices of dimension {at}, got "
            f"{counts.size}"
        )
    if not counts.ndim and counts < 0:
        raise RuntimeError(f"repeat_interleave: expected repeats of at least 0, got {counts}")
    chosen = _places(xp.broadcast_to(counts.reshape(-1), (n,)), output_size)
    return choose.index_select(input, at, wrap(chosen))


def _places(counts: Any, output_size: int | None) -> Any:
    if counts.size and counts.min() < 0:
        raise RuntimeError(f"repeat_interleave: expected repeats of at least 0, got {counts.min()}")
    made = xp.repeat(xp.arange(counts.size), counts)
    if output_size is not None and output_size != made.size:
        raise RuntimeError(
            f"repeat_interleave: expected output_size {made.size}, the sum of repeats, got "
            f"{output_size}"
        )
    return made


def _indices(repeats: Any) -> Tensor:
    """repeat_interleave of the indices themselves."""
    if not isinstance(repeats, Tensor):
        raise TypeError(
            f"repeat_interleave(): argument 'repeats' must be Tensor, not {type(repeats).__name__}"
        )
    if repeats.dtype.name not in ("int64", "int32"):
        raise NotImplementedError(f"repeat_interleave: not implemented for {repeats.dtype}")
    if repeats.ndim != 1:
        raise RuntimeError(
            f"repeat_interleave: expected repeats of one dimension, got shape {list(repeats.shape)}"
        )
    return wrap(_places(repeats._array, None).astype(repeats._array.dtype))
