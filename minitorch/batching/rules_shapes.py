"""Rows on batches: shapes, views, and rows that leave leading dimensions alone."""

from __future__ import annotations

from typing import Any

from minitorch.errors import wrap_dim
from minitorch.ops import shape
from minitorch.ops._dims import axes, sizes

from .rules import aligned, call, given, loop, ranks, rule, spread


@rule("view reshape_copy unsafe_view")
def reshaped(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Other sizes behind the batch."""
    (x,) = inputs
    return shape.reshape(x.value, (level.size, *sizes(params["size"], x.numel())))


@rule("permute flip")
def ordered(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Dimensions by number, counted behind the batch, which stays in front."""
    (x,) = inputs
    dims = tuple(wrap_dim(d, x.ndim) + 1 for d in params["dims"])
    first = (0,) if row.name == "permute" else ()
    return call(row, (x.value,), {"dims": (*first, *dims)})


@rule("transpose diagonal")
def two_dims(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Two dimensions by number, counted behind the batch."""
    (x,) = inputs
    if not x.ndim:
        return x.value
    names = [n for n in row.params if n.startswith("dim")]
    at = {n: wrap_dim(given(row, params, n), x.ndim) + 1 for n in names}
    return call(row, (x.value,), {**params, **at})


@rule("t")
def turned(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """A matrix for each sample, transposed."""
    (x,) = inputs
    if x.ndim > 2:
        raise RuntimeError(f"t: expected at most two dimensions, got shape {list(x.shape)}")
    return shape.transpose(x.value, dim0=1, dim1=2) if x.ndim == 2 else x.value


@rule("expand")
def expanded(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Seen again behind the batch."""
    (x,), size = inputs, tuple(params["size"])
    return call(row, (aligned(level, x, len(size)),), {"size": (level.size, *size)})


@rule("squeeze unsqueeze select unfold")
def one_dim(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Views with one dimension in their parameters."""
    (x,) = inputs
    name = "dimension" if row.name == "unfold" else "dim"
    dim = given(row, params, name)
    if dim is None:
        dim = tuple(i for i, n in enumerate(x.shape) if n == 1)
    if isinstance(dim, (tuple, list)):
        moved: Any = tuple(d + 1 for d in axes(dim, x.ndim)) if len(dim) else ()
        return call(row, (x.value,), {**params, name: moved}) if moved else x.value
    if row.name == "squeeze" and not x.ndim:
        return x.value
    if row.name == "unfold" and not x.ndim:  # a number is one window of one element
        line = shape.unsqueeze(x.value, dim=1)
        return shape.select(call(row, (line,), {**params, name: 1}), dim=1, index=0)
    return call(
        row,
        (x.value,),
        {**params, name: wrap_dim(dim, x.ndim + (row.name == "unsqueeze")) + 1},
    )


@rule("basic_index")
def indexed(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Numbers and slices, behind the whole batch."""
    return call(row, (inputs[0].value,), {"at": (slice(None), *params["at"])})


@rule("unbind split_with_sizes unsafe_split_with_sizes")
def pieces(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Several views of each sample."""
    (x,) = inputs
    return call(row, (x.value,), {**params, "dim": wrap_dim(given(row, params, "dim"), x.ndim) + 1})


@rule("cat stack")
def joined(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Samples side by side."""
    if row.name == "cat" and any(x.shape == (0,) for x in inputs):
        return loop(level, row, inputs, params)  # which torch takes beside any sizes
    ndim = ranks(inputs) + (row.name == "stack")
    parts = [spread(level, x) for x in inputs]
    return call(row, parts, {"dim": wrap_dim(given(row, params, "dim"), ndim) + 1})


@rule("clone")
def cloned(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """A copy; an order of memory that samples were to have is not theirs to have alone."""
    return call(row, (inputs[0].value,), {})


@rule("to zero tril triu pixel_shuffle pixel_unshuffle linalg_det linalg_slogdet inv "
      "cholesky_lower not_positive safe_inverse cofactors linalg_matrix_exp linalg_qr linalg_svd "
      "singular eigh stored_by_columns")  # fmt: skip
def from_behind(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Rows that leave leading dimensions alone."""
    return call(row, (inputs[0].value,), params)


@rule("solve_matrices solve_triangles")
def solved(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Systems of equations, one for each sample."""
    return call(row, [spread(level, x) for x in inputs], params)


@rule("copy")
def copied(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """The second operand in the shape of the first."""
    x, y = inputs
    return call(row, (spread(level, x), aligned(level, y, x.ndim)), params)


@rule("fill")
def filled(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """One number for each sample."""
    x, value = inputs
    if not level.holds(value):
        return call(row, (x.value, value), params)
    return shape.copy(spread(level, x), aligned(level, value, x.ndim))


@rule("sum_to")
def summed(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Summed over what was broadcast, the batch apart."""
    (x,), size = inputs, tuple(params["size"])
    ones = (1,) * (x.ndim - len(size))
    out = call(row, (x.value,), {"size": (level.size, *ones, *size)})
    return shape.reshape(out, (level.size, *size)) if ones else out


@rule("spread_back")
def spread_again(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """The adjoint of reductions."""
    (x,), size = inputs, tuple(params["size"])
    dim = tuple(d + 1 for d in axes(params["dim"], len(size)))
    if not dim:
        return x.value
    keep = params["keepdim"]
    return call(row, (x.value,), {"size": (level.size, *size), "dim": dim, "keepdim": keep})


@rule("roll")
def rolled(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Moved along dimensions counted behind the batch."""
    (x,) = inputs
    dims = tuple(wrap_dim(d, x.ndim) + 1 for d in params["dims"])
    return call(row, (x.value,), {**params, "dims": dims})


@rule("repeat")
def repeated(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Laid side by side within each sample."""
    (x,), counts = inputs, tuple(params["repeats"])
    return call(row, (aligned(level, x, len(counts)),), {"repeats": (1, *counts)})


@rule("constant_pad")
def padded(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """Nothing is added to the batch."""
    sides = {n: (0, *params[n]) for n in ("before", "after")}
    return call(row, (inputs[0].value,), {**params, **sides})


@rule("unslice")
def unsliced(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """The adjoint of basic indexing."""
    at = (slice(None), *params["at"])
    return call(row, (inputs[0].value,), {"size": (level.size, *params["size"]), "at": at})


@rule("undiagonal")
def undiagonaled(level: Any, row: Any, inputs: tuple, params: dict) -> Any:
    """The adjoint of the diagonal."""
    n = len(params["size"])
    at = {k: wrap_dim(params[k], n) + 1 for k in ("dim1", "dim2")}
    return call(row, (inputs[0].value,), {**params, "size": (level.size, *params["size"]), **at})
