"""In-place methods that change which memory a tensor shows and how, not what is in it."""

from __future__ import annotations

import math
from typing import Any

from . import errors, memory
from ._tensor import Tensor, edge
from .backend import xp
from .grad_mode import state
from .inplace import overwrite
from .ops import shape, strides
from .ops._dims import flat, whole
from .row import named
from .storage import TypedStorage, UntypedStorage


def reshaping(name: str, public: Any) -> Any:
    """In-place forms that change the shape and not the elements (on tensors without history)."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        made = public(self, *args, **kwargs)
        node = edge(self)
        if node is not None and state.grad:
            errors.check_inplace(self, node, name)
        self._array, self._node, self._nr = made._array, made._node, made._nr
        if self._view is not None:
            self._view = made._view
        self._cell[0] += 1
        if self._view is not None:
            self._view.version = self._cell[0]
        return self

    return named(
        method, name, f"In-place form of `{public.__name__}`: the same memory with other sizes."
    )


def resize_(self: Tensor, *sizes: Any, size: Any = None, memory_format: Any = None) -> Tensor:
    """The first elements of this tensor's memory in sizes `size`; more memory where it is short.

    Raises: RuntimeError where a gradient flows.
    Differs: memory that grew is this tensor's alone.
    """
    if not sizes and size is None:
        raise TypeError("resize_(): missing required argument 'size' (position 1)")
    size = whole(flat(sizes, size))
    if min(size, default=0) < 0:
        raise RuntimeError(f"resize_: expected sizes of at least 0, got {list(size)}")
    form = memory.checked_format(memory_format, "resize_", memory.contiguous_format)
    if form is memory.preserve_format:
        raise RuntimeError("resize_: expected an order of memory, got torch.preserve_format")
    return _resize(self, size, form if memory_format is not None else None)


def resize_as_(self: Tensor, the_template: Tensor, *, memory_format: Any = None) -> Tensor:
    """`resize_` to the sizes of `the_template`; with preserve_format, to its order too."""
    if not isinstance(the_template, Tensor):
        raise TypeError(
            f"resize_as_(): argument 'the_template' must be Tensor, not "
            f"{type(the_template).__name__}"
        )
    form = memory.checked_format(memory_format, "resize_as_", memory.contiguous_format)
    if form is memory.preserve_format:
        form = memory.suggested(the_template._array)
    size = tuple(the_template.shape)
    return _resize(self, size, form if memory_format is not None else None)


def _resize(self: Tensor, size: tuple, form: Any) -> Tensor:
    if edge(self) is not None:
        raise RuntimeError("resize_: expected a tensor that requires no grad; use reshape")
    array = self._array
    if array.shape == size and form is None:
        return self
    block, start = memory.flat(array), memory.first(array)
    count = math.prod(size)
    if start + count > block.size:
        grown = xp.zeros(count, array.dtype)
        grown[: block.size - start] = block[start:]
        block, start = grown, 0
    order = getattr(form, "order", ()) or range(len(size))
    if len(order) != len(size):
        raise RuntimeError(f"resize_: expected {len(order)} sizes for {form!r}, got {list(size)}")
    self._cell[0] += 1
    self._array = memory.as_strided(block, size, memory.strides_in(size, order), start)
    return self


def set_(
    self: Tensor, source: Any = None, storage_offset: int = 0, size: Any = None, stride: Any = None
) -> Tensor:
    """Show the memory of `source`, a tensor or a storage: all of it, or the part that is said.

    Raises: RuntimeError for a tensor of another dtype, or where the part is not in the storage.
    """
    self._cell[0] += 1
    if source is None:
        self._array, self._cell = xp.empty(0, self._array.dtype), [0]
        return self
    if isinstance(source, Tensor):
        if source.dtype is not self.dtype:
            raise RuntimeError(f"set_: expected a source of {self.dtype}, got {source.dtype}")
        self._cell = source._cell
        if size is None:
            self._array = source._array
            return self
        block = memory.flat(source._array)
    elif isinstance(source, (UntypedStorage, TypedStorage)):
        block = source.untyped()._as(self._array.dtype)
    else:
        raise TypeError(
            f"set_(): argument 'source' must be Tensor or Storage, not {type(source).__name__}"
        )
    size = (block.size - storage_offset,) if size is None else whole(size)
    stride = memory.row_major(size) if stride is None else whole(stride, "stride")
    self._array = memory.as_strided(block, size, stride, storage_offset)
    return self


def fill_diagonal_(self: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """`fill_value` on the main diagonal; `wrap` begins again below it where a matrix is tall.

    Raises: RuntimeError below two dimensions, or where more than two differ in size.
    """
    if self.ndim < 2:
        raise RuntimeError(
            f"fill_diagonal_: expected at least two dimensions, got shape {list(self.shape)}"
        )
    if self.ndim > 2 and len(set(self.shape)) > 1:
        raise RuntimeError(f"fill_diagonal_: expected equal sizes, got {list(self.shape)}")
    rows, columns = self.shape[0], self.shape[1]
    size, stride = (min(self.shape),), (sum(memory.steps(self._array)),)
    source = strides.geometry(self)
    starts = range(0, rows, columns + 1) if wrap and self.ndim == 2 and columns else (0,)
    for row in starts:
        part = (min(size[0], rows - row),), stride, source[2] + row * source[1][0]
        seen = strides.restride(self, source=source, target=part)
        overwrite(seen, shape.fill(seen, fill_value), "fill_diagonal_")
    return self


RESIZING = {
    "resize_": resize_,
    "resize_as_": resize_as_,
    "set_": set_,
    "fill_diagonal_": fill_diagonal_,
    "as_strided_": reshaping("as_strided_", strides.as_strided),
    **{
        f"{name}_": reshaping(f"{name}_", getattr(shape, name))
        for name in ("squeeze", "unsqueeze", "transpose", "t")
    },
    "swapaxes_": reshaping("swapaxes_", shape.transpose),
    "swapdims_": reshaping("swapdims_", shape.transpose),
}
