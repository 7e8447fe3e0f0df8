"""Sparse tensors by coordinates: what graph networks multiply by.

>>> import minitorch as torch
>>> a = torch.sparse_coo_tensor([[0, 1], [2, 0]], [3.0, 4.0], (2, 3))
>>> a @ torch.eye(3)
tensor([[0., 0., 3.],
        [4., 0., 0.]])

Differs: a sparse tensor is not an instance of Tensor, and has what is defined here: making,
converting, coalescing, sums, multiples, and products of a matrix with a dense matrix or vector.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import backend, creation, dtypes, errors, functions, memory
from minitorch._tensor import Tensor, wrap
from minitorch.dtypes import Size, get_default_dtype, int64
from minitorch.ops.coordinates import coo_mm

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "SparseTensor",
    "addmm",
    "mm",
    "sum",
]


class SparseTensor:
    """`values[k]` at the coordinates `indices[:, k]`, zero elsewhere; gradients flow to `values`.

    Coordinates may repeat: their values add up. `coalesce()` sorts them and adds those.
    """

    __hash__ = object.__hash__
    is_sparse, is_cuda, is_leaf, device = True, False, True, backend.cpu
    layout = memory.sparse_coo

    def __init__(self, indices: Any, values: Tensor, size: Any, coalesced: bool = False) -> None:
        self._at, self._v, self.shape, self._coalesced = indices, values, Size(size), coalesced

    # --- facts ---

    @property
    def dtype(self) -> Any:
        """The type of the values."""
        return self._v.dtype

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient flows to the values."""
        return self._v.requires_grad

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        return self.shape if dim is None else self.shape[errors.wrap_dim(dim, self.ndim)]

    def dim(self) -> int:
        """The number of dimensions."""
        return self.ndim

    sparse_dim = dim

    def dense_dim(self) -> int:
        """How many dimensions the single values have: none."""
        return 0

    def numel(self) -> int:
        """The number of elements, zeros included."""
        return math.prod(self.shape)

    def _nnz(self) -> int:
        return len(self._v)

    def _indices(self) -> Tensor:
        return wrap(self._at)

    def _values(self) -> Tensor:
        return self._v.detach()

    def is_coalesced(self) -> bool:
        """Whether the coordinates are sorted and none repeats."""
        return self._coalesced

    def indices(self) -> Tensor:
        """The coordinates, (dimensions, number). Raises: RuntimeError unless coalesced."""
        self._need_coalesced("indices")
        return wrap(self._at)

    def values(self) -> Tensor:
        """The values. Raises: RuntimeError unless coalesced."""
        self._need_coalesced("values")
        return self._v

    def _need_coalesced(self, what: str) -> None:
        if not self._coalesced:
            raise RuntimeError(
                f"Cannot get {what} on an uncoalesced tensor, please call .coalesce() first"
            )

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        values = repr(self._v.detach()).replace(f", dtype={self.dtype})", ")")
        parts = [("indices", repr(wrap(self._at))), ("values", values)]
        lines = [
            f"{name}=" + text.replace("\n", f"\n{' ' * (8 + len(name))}") for name, text in parts
        ]
        facts = [f"size={tuple(self.shape)}", f"nnz={self._nnz()}"]
        if self.dtype not in (get_default_dtype(), int64):
            facts.append(f"dtype={self.dtype}")
        facts += ["layout=torch.sparse_coo", *["requires_grad=True"][: self.requires_grad]]
        return "tensor(" + ",\n       ".join([*lines, ", ".join(facts)]) + ")"

    # --- the same in another form ---

    def _with(self, values: Tensor) -> SparseTensor:
        return SparseTensor(self._at, values, self.shape, self._coalesced)

    def _flat(self) -> Any:
        """The place of each value among all elements."""
        if not self._nnz():
            return np.zeros(0, np.int64)
        return np.ravel_multi_index(tuple(self._at), tuple(self.shape))

    def coalesce(self) -> SparseTensor:
        """Coordinates in order, each once."""
        if self._coalesced:
            return self
        places, which = np.unique(self._flat(), return_inverse=True)
        zeros = creation.zeros(len(places), dtype=self.dtype)
        values = functions.index_add(zeros, 0, wrap(which.reshape(-1)), self._v)
        at = np.stack(np.unravel_index(places, tuple(self.shape)))
        return SparseTensor(at, values, self.shape, True)

    def to_dense(self, dtype: Any = None) -> Tensor:
        """The tensor with its zeros."""
        zeros = creation.zeros(self.numel(), dtype=self.dtype)
        dense = functions.index_add(zeros, 0, wrap(self._flat()), self._v).reshape(self.shape)
        return dense if dtype is None else dense.to(dtype)

    def to_sparse(self, *args: Any, **kwargs: Any) -> SparseTensor:
        """The tensor itself."""
        return self

    def t(self) -> SparseTensor:
        """The matrix transposed. Raises: RuntimeError for more than two dimensions."""
        if self.ndim > 2:
            raise RuntimeError(f"t: expected a matrix, got shape {list(self.shape)}")
        return self.transpose(0, -1) if self.ndim == 2 else self

    def transpose(self, dim0: int, dim1: int) -> SparseTensor:
        """Two dimensions exchanged."""
        order = list(range(self.ndim))
        a, b = errors.wrap_dim(dim0, self.ndim), errors.wrap_dim(dim1, self.ndim)
        order[a], order[b] = b, a
        return SparseTensor(self._at[order], self._v, [self.shape[i] for i in order])

    T = property(t)

    def to(self, *args: Any, **kwargs: Any) -> SparseTensor:
        """The same with values of another dtype; the device is checked."""
        return self._with(self._v.to(*args, **kwargs))

    def requires_grad_(self, requires_grad: bool = True) -> SparseTensor:
        """Let gradients flow to the values, or not."""
        self._v.requires_grad_(requires_grad)
        return self

    # --- arithmetic ---

    def sum(self, dim: Any = None) -> Any:
        """The sum of all elements, or along dimensions (then sparse where any are left)."""
        if dim is None:
            return self._v.sum()
        dims = {errors.wrap_dim(d, self.ndim) for d in (dim if isinstance(dim, tuple) else (dim,))}
        left = [d for d in range(self.ndim) if d not in dims]
        if not left:
            return self._v.sum()
        return SparseTensor(self._at[left], self._v, [self.shape[d] for d in left]).coalesce()

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Tensor):
            return self.to_dense() + other
        if not isinstance(other, SparseTensor):
            return NotImplemented
        if other.shape != self.shape:
            raise RuntimeError(
                f"add: expected two sparse tensors of one shape, got {list(self.shape)} and "
                f"{list(other.shape)}"
            )
        at = np.concatenate([self._at, other._at], axis=1)
        return SparseTensor(at, functions.cat([self._v, other._v]), self.shape).coalesce()

    __radd__ = __add__

    def __neg__(self) -> SparseTensor:
        return self._with(-self._v)

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, SparseTensor):
            other = other.to_dense()
        if isinstance(other, Tensor) and other.ndim:
            return self._with(self._v * other.expand(self.shape)[tuple(map(wrap, self._at))])
        return self._with(self._v * other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self._with(self._v / other)

    def __matmul__(self, other: Any) -> Any:
        return _product(self, other)

    mm = matmul = spmm = mv = __matmul__

    def __rmatmul__(self, other: Any) -> Any:
        return _product(other, self)

    @classmethod
    def __torch_function__(
        cls, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        """torch.mm and its kin of a sparse matrix."""
        name = getattr(func, "__name__", str(func))
        if name in ("mm", "matmul", "mv") and len(args) == 2:
            return _product(*args)
        raise NotImplementedError(f"{name} is not there for sparse tensors; take x.to_dense()")


def _elementwise(name: str) -> Callable:
    def method(self: SparseTensor, *args: Any, **kwargs: Any) -> SparseTensor:
        return self._with(getattr(self._v, name)(*args, **kwargs))

    method.__name__, method.__doc__ = name, f"`Tensor.{name}` of the values, as it keeps zeros."
    return method


for _name in ("abs", "clone", "contiguous", "cpu", "cuda", "detach", "double", "float", "half",
              "int", "long", "neg", "relu", "sqrt", "type"):  # fmt: skip
    setattr(SparseTensor, _name, _elementwise(_name))


def _product(a: Any, b: Any) -> Any:
    """A matrix product one of whose sides is sparse, or both."""
    if isinstance(a, Tensor):
        return _product(b.t(), a.t() if a.ndim == 2 else a).t()
    if isinstance(b, SparseTensor):
        return from_dense(_product(a, b.to_dense()))
    if a.ndim != 2 or not isinstance(b, Tensor) or b.ndim not in (1, 2):
        raise RuntimeError(
            "matmul: expected a sparse matrix and a dense matrix or vector, got shapes "
            f"{list(a.shape)} and {list(getattr(b, 'shape', ()))}"
        )
    if a.shape[1] != b.shape[0]:
        raise RuntimeError(
            f"matmul: inner sizes differ: {list(a.shape)} @ {list(b.shape)}: {a.shape[1]} != "
            f"{b.shape[0]}"
        )
    if a.dtype is not b.dtype:
        raise RuntimeError(f"matmul: expected one dtype, got {a.dtype} and {b.dtype}")
    dense = b if b.ndim == 2 else b.unsqueeze(1)
    out = coo_mm(a._v, dense, rows=a._at[0], cols=a._at[1], size=a.shape[0])
    return out if b.ndim == 2 else out.squeeze(1)


def mm(mat1: Any, mat2: Any, reduce: str = "sum") -> Any:
    """A sparse matrix times a dense one: dense; times a sparse one: sparse.

    Raises: NotImplementedError for another `reduce` than 'sum'.
    """
    if reduce != "sum":
        raise NotImplementedError(f"sparse.mm: expected reduce='sum', got {reduce!r}")
    if not isinstance(mat1, SparseTensor) and not isinstance(mat2, SparseTensor):
        return functions.mm(mat1, mat2)
    return _product(mat1, mat2)


def addmm(mat: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """beta · mat + alpha · (mat1 @ mat2), of which mat1 is sparse."""
    return beta * mat + alpha * mm(mat1, mat2)


def sum(input: SparseTensor, dim: Any = None, dtype: Any = None) -> Any:
    """The sum of all elements, or along dimensions."""
    return (input if dtype is None else input.to(dtype)).sum(dim)


def sparse_coo_tensor(
    indices: Any, values: Any, size: Any = None, *, dtype: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False, check_invariants: bool | None = None,
    is_coalesced: bool | None = None,
) -> SparseTensor:  # fmt: skip
    """A sparse tensor from coordinates (dimensions, number) and as many values.

    Without `size`, the smallest that holds them. Raises: RuntimeError, ValueError for coordinates
    outside, and for another number of values.
    """
    backend.require(device)
    at = np.asarray(indices, np.int64)  # tensors too
    v = creation.as_tensor(values, dtype=dtype).detach()
    if isinstance(values, Tensor) and values.requires_grad and v.dtype is values.dtype:
        v = values
    if at.ndim == 1 and not at.size:
        at = at.reshape(0 if size is None else len(size), 0)
    if at.ndim != 2 or v.ndim != 1 or at.shape[1] != len(v):
        raise RuntimeError(
            "sparse_coo_tensor: expected indices of shape (dimensions, number) and as many "
            f"values, got {list(at.shape)} and {list(v.shape)}"
        )
    if at.size and at.min() < 0:
        raise RuntimeError(f"sparse_coo_tensor: found negative index {at.min()}")
    least = at.max(axis=1) + 1 if at.shape[1] else np.zeros(len(at), np.int64)
    size = least.tolist() if size is None else list(size)
    if len(size) != len(at) or any(n < m for n, m in zip(size, least.tolist())):
        raise RuntimeError(
            f"sparse_coo_tensor: size {size} does not hold indices up to {(least - 1).tolist()}"
        )
    made = SparseTensor(at, v.clone() if v is not values else v, size, bool(is_coalesced))
    return made.requires_grad_() if requires_grad else made


def spmm(input: Any, mat2: Any) -> Any:
    """A sparse matrix times a dense one."""
    return mm(input, mat2)


def from_dense(dense: Tensor) -> SparseTensor:
    """The elements that are not 0, with their coordinates; gradients flow back to them."""
    at = np.stack(np.nonzero(dense._array)) if dense.ndim else np.zeros((0, 1), np.int64)
    values = dense[tuple(map(wrap, at))] if dense.ndim else dense.reshape(1)
    return SparseTensor(at.astype(np.int64), values, dense.shape, True)


def _typed(dtype: dtypes.dtype) -> Callable:
    def construct(indices: Any, values: Any, size: Any = None) -> SparseTensor:
        return sparse_coo_tensor(indices, values, size, dtype=dtype)

    name = f"{dtype.title}Tensor"
    construct.__name__, construct.__doc__ = (
        name,
        f"An older way to make a sparse tensor of {dtype}.",
    )
    return construct


FloatTensor, DoubleTensor, HalfTensor, LongTensor, IntTensor = map(
    _typed, (dtypes.float32, dtypes.float64, dtypes.float16, dtypes.int64, dtypes.int32)
)
