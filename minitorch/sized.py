"""Tensors from sizes: filled with one number, with ones on a diagonal, or not at all."""

from __future__ import annotations

from typing import Any

from . import dtypes, errors, memory
from ._tensor import Tensor, leaf
from .backend import require, xp
from .calls import per_sample, write_out
from .dtypes import as_stored, get_default_dtype, to_numpy
from .memory import checked_format, dense_like, require_layout
from .ops._dims import flat, whole
from .row import named

__all__ = [
    "empty",
    "empty_like",
    "empty_permuted",
    "empty_strided",
    "eye",
    "full",
    "full_like",
    "ones",
    "ones_like",
    "scalar_tensor",
    "tril_indices",
    "triu_indices",
    "zeros",
    "zeros_like",
]

# ------------------------------------------------------------------ what all of them take


def require_unpinned(pin_memory: bool) -> None:
    """Refuse page-locked memory, which serves only a GPU."""
    if pin_memory:
        raise RuntimeError("pin_memory: there is no accelerator whose memory could be pinned")


def require_place(device: Any, layout: Any, pin_memory: bool) -> None:
    """Accept the plain memory of this machine, refuse any other."""
    require(device)
    require_layout(layout)
    require_unpinned(pin_memory)


def kind_of(name: str, dtype: Any, out: Any, default: dtypes.dtype | None = None) -> Any:
    """The NumPy dtype that a call of `name` computes in: `dtype`, that of `out`, or `default`.

    Raises: RuntimeError where both are given and differ.
    """
    if out is not None:
        if not isinstance(out, Tensor):
            raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(out).__name__}")
        if dtype is not None and dtype is not out.dtype:
            raise RuntimeError(f"{name}: expected out= of {dtype}, got {out.dtype}")
        return out._array.dtype
    return to_numpy(default or get_default_dtype() if dtype is None else dtype, name)


def finish(name: str, array: Any, out: Tensor | None, requires_grad: bool) -> Tensor:
    """A new leaf over `array`; or `out`, filled with it."""
    made = leaf(array, requires_grad)
    if out is None:
        return made
    write_out(name, made.detach(), out)
    return out.requires_grad_() if requires_grad else out


def _size(size: tuple) -> tuple[int, ...]:
    size = whole(flat(size))
    if any(n < 0 for n in size):
        raise RuntimeError(f"expected sizes of at least 0, got {min(size)} in {list(size)}")
    return size


def _size_of_call(name: str, sizes: tuple, size: Any) -> tuple[int, ...]:
    """The sizes that a call gives one by one, as one sequence, or as `size=`."""
    if not sizes and size is None:
        raise TypeError(f"{name}() missing required argument 'size' (position 1)")
    return _size(sizes if size is None else (size,))


def _number(x: Any, function: str, name: str) -> Any:
    """`x`, a number or a 0-d tensor, as a Python number. Raises: TypeError for all else."""
    if isinstance(x, Tensor) and not x._array.ndim:
        return x._array.item()
    if isinstance(x, xp.generic):
        return x.item()
    if isinstance(x, (int, float, complex)):
        return x
    raise TypeError(f"{function}(): argument '{name}' must be a number, not {type(x).__name__}")


# ------------------------------------------------------------------ of given sizes


def _sized(name: str, make: Any, summary: str) -> Any:
    """torch's creation function `name`: `make(shape, dtype)` for sizes given in any way."""

    def create(
        *sizes: Any,
        size: Any = None,
        out: Any = None,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        pin_memory: bool = False,
        requires_grad: bool = False,
    ) -> Tensor:
        require_place(device, layout, pin_memory)
        array = make(_size_of_call(name, sizes, size), kind_of(name, dtype, out))
        return finish(name, array, out, requires_grad)

    return named(create, name, summary)


zeros = _sized("zeros", xp.zeros, "Zeros of the given sizes.")
ones = _sized("ones", xp.ones, "Ones of the given sizes.")


def empty(
    *sizes: Any,
    size: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Memory of the given sizes with whatever it holds."""
    require_place(device, layout, pin_memory)
    form = checked_format(memory_format, "empty", memory.contiguous_format)
    array = memory.empty_in(_size_of_call("empty", sizes, size), kind_of("empty", dtype, out), form)
    return finish("empty", array, out, requires_grad)


def full(
    size: Any,
    fill_value: Any,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """`fill_value` everywhere; its type gives the dtype unless one is given.

    Raises: RuntimeError for a number that the dtype cannot hold.
    """
    require_place(device, layout, pin_memory)
    if isinstance(size, int):
        raise TypeError("full(): argument 'size' (position 1) must be tuple of ints, not int")
    value = _number(fill_value, "full", "fill_value")
    to = kind_of("full", dtype, out, dtypes.of_number(value))
    array = xp.full(_size((size,)), as_stored(value, to, "full"), to)
    return finish("full", array, out, requires_grad)


def empty_strided(
    size: Any,
    stride: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Memory of the given sizes and strides with whatever it holds."""
    require_place(device, layout, pin_memory)
    for name, value in (("size", size), ("stride", stride)):
        if isinstance(value, int):
            raise TypeError(f"empty_strided(): argument '{name}' must be tuple of ints, not int")
    size, stride = _size((size,)), whole(stride, "stride")
    if len(size) != len(stride) or min(stride, default=0) < 0:
        raise RuntimeError(
            f"empty_strided: expected a stride of at least 0 for each size, got {list(stride)} for "
            f"{list(size)}"
        )
    array = memory.allocate(size, kind_of("empty_strided", dtype, None), stride)
    return leaf(array, requires_grad)


def empty_permuted(
    size: Any,
    physical_layout: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Memory of the given sizes, the dimensions in the order `physical_layout` from outermost in.

    Raises: RuntimeError unless that names each dimension once.
    """
    require_place(device, layout, pin_memory)
    size, order = _size((size,)), whole(physical_layout, "physical_layout")
    if sorted(order) != list(range(len(size))):
        raise RuntimeError(
            f"empty_permuted: expected an order of {len(size)} dimensions, got {list(order)}"
        )
    to = kind_of("empty_permuted", dtype, None)
    return leaf(memory.allocate(size, to, memory.strides_in(size, order)), requires_grad)


def eye(
    n: int,
    m: int | None = None,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """The identity matrix (n, n), or its first m columns."""
    require_place(device, layout, pin_memory)
    rows, columns = _size((n, n if m is None else m))
    array = xp.eye(rows, columns, dtype=kind_of("eye", dtype, out))
    return finish("eye", array, out, requires_grad)


def scalar_tensor(
    s: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """A 0-d tensor of the default dtype."""
    require_place(device, layout, pin_memory)
    to = kind_of("scalar_tensor", dtype, None)
    value = as_stored(_number(s, "scalar_tensor", "s"), to, "scalar_tensor")
    return leaf(xp.full((), value, to), requires_grad)


# ------------------------------------------------------------------ as another


def _alike(name: str, value: Any, summary: str) -> Any:
    """torch's creation function `name`: `value` (None: nothing) in the shape of a tensor."""

    def create(
        input: Tensor,
        *,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        pin_memory: bool = False,
        requires_grad: bool = False,
        memory_format: Any = None,
    ) -> Tensor:
        require_place(device, layout, pin_memory)
        errors.check_tensor(input, name, "input")
        array = input._array
        to = array.dtype if dtype is None else to_numpy(dtype, name)
        made = dense_like(array, to, checked_format(memory_format, name))
        if value is not None:
            made.fill(value)
        return leaf(made, requires_grad)

    return per_sample(named(create, name, summary))


zeros_like = _alike("zeros_like", 0, "Zeros in the shape, dtype and order of `input`.")
ones_like = _alike("ones_like", 1, "Ones in the shape, dtype and order of `input`.")
empty_like = _alike(
    "empty_like", None, "Memory in the shape, dtype and order of `input`, as it is."
)


@per_sample
def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """`fill_value` in the shape, dtype and order of `input`."""
    require_place(device, layout, pin_memory)
    errors.check_tensor(input, "full_like", "input")
    array = input._array
    to = array.dtype if dtype is None else to_numpy(dtype, "full_like")
    made = dense_like(array, to, checked_format(memory_format, "full_like"))
    made.fill(as_stored(_number(fill_value, "full_like", "fill_value"), to, "full_like"))
    return leaf(made, requires_grad)


# ------------------------------------------------------------------ indices of triangles


def _triangle(name: str, find: Any, summary: str) -> Any:
    def create(
        row: int,
        col: int,
        offset: int = 0,
        *,
        dtype: Any = dtypes.int64,
        device: Any = None,
        layout: Any = None,
        pin_memory: bool = False,
    ) -> Tensor:
        require_place(device, layout, pin_memory)
        row, col, offset = whole((row, col, offset), "row, col, offset")
        if row < 0 or col < 0:
            raise RuntimeError(f"{name}: expected sizes of at least 0, got {row} and {col}")
        to = kind_of(name, dtype, None, dtypes.int64)
        if to.kind == "b" or (to.kind == "f" or to.itemsize < 4):
            raise NotImplementedError(f"{name}: not implemented for {dtype!r}")
        return leaf(xp.stack(find(row, offset, col)).astype(to))

    return named(create, name, summary)


tril_indices = _triangle(
    "tril_indices", xp.tril_indices, "Rows and columns of the lower triangle, row by row."
)
triu_indices = _triangle(
    "triu_indices", xp.triu_indices, "Rows and columns of the upper triangle, row by row."
)
