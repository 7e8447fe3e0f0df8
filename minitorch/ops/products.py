"""Products of vectors, matrices and tensors, as compositions of the rows of `contract.py`."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from minitorch.calls import composition
from minitorch.errors import wrap_dim
from minitorch.ops._dims import whole
from minitorch.ops.contract import dot, matmul, mm, mv, outer, scaled_sum
from minitorch.ops.elementwise import clamp, gate, mul, sqrt, where, zero
from minitorch.ops.linalg import identity, inv, mT, solve
from minitorch.ops.norms import vector_norm
from minitorch.ops.rearrange import broadcast_tensors, roll
from minitorch.ops.reduce import sum
from minitorch.ops.shape import permute, reshape, stack, unsqueeze

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "addbmm",
    "addmv",
    "addr",
    "cdist",
    "chain_matmul",
    "cross",
    "ger",
    "inner",
    "kron",
    "matrix_power",
    "tensordot",
    "vdot",
]


# ------------------------------------------------------------------ sums with a product


@composition
def addmv(input, mat, vec, *, beta=1, alpha=1) -> Tensor:
    """beta input + alpha (mat @ vec): (n), (n, k), (k) -> (n)."""
    return scaled_sum("addmv", input, mv(mat, vec), beta, alpha)


@composition
def addr(input, vec1, vec2, *, beta=1, alpha=1) -> Tensor:
    """beta input + alpha (vec1 outer vec2): (n, m), (n), (m) -> (n, m).

    Raises: RuntimeError for fractions of integers.
    """
    product = outer(vec1, vec2)
    whole_numbers = not product.dtype.is_floating_point and not input.dtype.is_floating_point
    for name, factor in (("beta", beta), ("alpha", alpha)):
        if whole_numbers and isinstance(factor, float):
            raise RuntimeError(f"addr: expected an integer {name} for integers, got {factor}")
        if isinstance(factor, bool) and input.dtype.name != "bool":
            raise RuntimeError(f"addr: expected a number for {name}, got {factor}")
    return scaled_sum("addr", input, product, beta, alpha)


@composition
def addbmm(input, batch1, batch2, *, beta=1, alpha=1) -> Tensor:
    """beta input + alpha (the sum over the batch of batch1 @ batch2): (n, m), (b, n, k), (b, k, m).

    One product over batch and k together.
    """
    if batch1.ndim != 3 or batch2.ndim != 3:
        raise RuntimeError(
            f"addbmm: expected two batches of matrices, got {list(batch1.shape)} and "
            f"{list(batch2.shape)}"
        )
    (b, n, k), (c, q, m) = batch1.shape, batch2.shape
    if b != c or k != q:
        raise RuntimeError(
            f"addbmm: expected [{b}, {k}, *] to the right of {list(batch1.shape)}, got "
            f"{list(batch2.shape)}"
        )
    left = reshape(permute(batch1, dims=(1, 0, 2)), (n, b * k))
    return scaled_sum("addbmm", input, mm(left, reshape(batch2, (b * k, m))), beta, alpha)


# ------------------------------------------------------------------ vectors and tensors


@composition
def inner(input, other) -> Tensor:
    """The sum of products over the last dimensions: (*a, k), (*b, k) -> (*a, *b)."""
    if not input.ndim or not other.ndim:
        return input * other
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            f"inner: the last dimensions differ: {list(input.shape)} and {list(other.shape)}"
        )
    return tensordot(input, other, dims=([-1], [-1]))


@composition
def vdot(input, other) -> Tensor:
    """The sum of the products of two vectors."""
    return dot(input, other)


@composition
def ger(input, vec2) -> Tensor:
    """As outer."""
    return outer(input, vec2)


def _dot_dims(dims, a, b):
    if isinstance(dims, int) or hasattr(dims, "item"):
        n = int(dims)
        if n < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={n}")
        if n > min(a.ndim, b.ndim):
            raise RuntimeError(
                f"tensordot: expected at most {min(a.ndim, b.ndim)} dims, got dims={n}"
            )
        return tuple(range(a.ndim - n, a.ndim)), tuple(range(n))
    left, right = (d.tolist() if hasattr(d, "tolist") else d for d in dims)
    left, right = ((d,) if isinstance(d, int) else tuple(d) for d in (left, right))
    if len(left) != len(right):
        raise RuntimeError(f"tensordot: expected as many dims of both, got {left} and {right}")
    return tuple(wrap_dim(d, a.ndim) for d in left), tuple(wrap_dim(d, b.ndim) for d in right)


@composition
def tensordot(a, b, dims=2) -> Tensor:
    """The sum of products over `dims`: their number (the last of a, the first of b), or two lists.

    Raises: RuntimeError for sizes that differ.
    """
    left, right = _dot_dims(dims, a, b)
    for i, j in zip(left, right):
        if a.shape[i] == b.shape[j]:
            continue
        if a.shape[i] == 1:
            b = sum(b, dim=j, keepdim=True)
        elif b.shape[j] == 1:
            a = sum(a, dim=i, keepdim=True)
        else:
            raise RuntimeError(
                f"tensordot: contracted dimensions differ: {a.shape[i]} in dim {i} of "
                f"{list(a.shape)} and {b.shape[j]} in dim {j} of {list(b.shape)}"
            )
    free_a = tuple(i for i in range(a.ndim) if i not in left)
    free_b = tuple(j for j in range(b.ndim) if j not in right)
    size = tuple(a.shape[i] for i in free_a), tuple(b.shape[j] for j in free_b)
    shared = math.prod(a.shape[i] for i in left)
    x = reshape(permute(a, dims=free_a + left), (math.prod(size[0]), shared))
    y = reshape(permute(b, dims=right + free_b), (shared, math.prod(size[1])))
    return reshape(mm(x, y), (*size[0], *size[1]))


@composition
def kron(input, other) -> Tensor:
    """The Kronecker product: each element of `input` times all of `other`, in blocks."""
    n = max(input.ndim, other.ndim)
    a = (1,) * (n - input.ndim) + tuple(input.shape)
    b = (1,) * (n - other.ndim) + tuple(other.shape)
    left = reshape(input, tuple(k for size in a for k in (size, 1)))
    right = reshape(other, tuple(k for size in b for k in (1, size)))
    return reshape(left * right, tuple(i * j for i, j in zip(a, b)))


@composition
def linalg_cross(input, other, *, dim=-1) -> Tensor:
    """The vector product along `dim`, which must have size 3; the rest is broadcast."""
    if input.ndim != other.ndim:
        raise RuntimeError(
            f"linalg.cross: expected one number of dimensions, got {list(input.shape)} and "
            f"{list(other.shape)}"
        )
    for x in (input, other):
        if x.shape[wrap_dim(dim, x.ndim)] != 3:
            raise RuntimeError(
                f"linalg.cross: dimension {dim} must have size 3, got {list(x.shape)}"
            )
    a, b = broadcast_tensors(input, other)
    return roll(a, -1, dim) * roll(b, -2, dim) - roll(a, -2, dim) * roll(b, -1, dim)


@composition
def cross(input, other, dim=None) -> Tensor:
    """The vector product along `dim`, by default the first dimension of size 3."""
    if dim is None:
        sizes = list(input.shape)
        if 3 not in sizes:
            raise RuntimeError(f"cross: no dimension of size 3 in input, got {sizes}")
        dim = sizes.index(3)
    return linalg_cross(input, other, dim=dim)


@composition
def vecdot(x, y, *, dim=-1) -> Tensor:
    """The sum of the products along `dim`, broadcast over the rest."""
    if not x.dtype.is_floating_point or not y.dtype.is_floating_point:
        raise RuntimeError(f"linalg.vecdot: expected floating dtypes, got {x.dtype} and {y.dtype}")
    return sum(x * y, dim=dim)


# ------------------------------------------------------------------ powers and chains


@composition
def matrix_power(input, n) -> Tensor:
    """`input` multiplied n times with itself; its inverse -n times for negative n.

    Raises: RuntimeError for matrices that are not square; LinAlgError for a singular one.
    """
    (n,) = whole((n,), "n")
    if input.ndim < 2 or input.shape[-1] != input.shape[-2]:
        raise RuntimeError(
            f"linalg.matrix_power: expected square matrices (*, n, n), got {list(input.shape)}"
        )
    if n < 0:
        input, n = inv(input), -n
    if n == 0:
        return zero(input) + identity(input)
    out, square = None, input
    while True:
        if n & 1:
            out = square if out is None else matmul(out, square)
        n >>= 1
        if not n:
            return out.clone() if out is input else out
        square = matmul(square, square)


def _chain_order(sizes):
    """Where to split each run of matrices so that the fewest multiplications are needed."""
    n = len(sizes) - 1
    cost = [[0.0] * n for _ in range(n)]
    split = [[0] * n for _ in range(n)]
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i][j], split[i][j] = min(
                (cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )
    return split


@composition
def multi_dot(tensors) -> Tensor:
    """The product of a chain of matrices in the cheapest order; the ends may be vectors.

    Raises: RuntimeError for fewer than two tensors and sizes that do not fit.
    """
    tensors = list(tensors)
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    for i, x in enumerate(tensors):
        if x.ndim != 2 and not (x.ndim == 1 and i in (0, len(tensors) - 1)):
            raise RuntimeError(
                f"multi_dot(): expected matrices, or vectors at the ends, got {list(x.shape)} at "
                f"{i}"
            )
    first, last = tensors[0].ndim == 1, tensors[-1].ndim == 1
    if first:
        tensors[0] = unsqueeze(tensors[0], dim=0)
    if last:
        tensors[-1] = unsqueeze(tensors[-1], dim=1)
    for a, b in itertools.pairwise(tensors):
        if a.shape[1] != b.shape[0]:
            raise RuntimeError(f"multi_dot(): sizes do not fit: {list(a.shape)} @ {list(b.shape)}")
    split = _chain_order([tensors[0].shape[0], *(x.shape[1] for x in tensors)])

    def product(i, j):
        if i == j:
            return tensors[i]
        k = split[i][j]
        return mm(product(i, k), product(k + 1, j))

    out = product(0, len(tensors) - 1)
    size = (() if first else (out.shape[0],)) + (() if last else (out.shape[1],))
    return reshape(out, size)


def chain_matmul(*matrices) -> Tensor:
    """The product of matrices in the cheapest order."""
    given = (
        matrices[0] if len(matrices) == 1 and isinstance(matrices[0], (list, tuple)) else matrices
    )
    if not given:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    for x in given:
        if not hasattr(x, "_array"):
            raise TypeError(f"chain_matmul(): expected Tensors, got {type(x).__name__}")
        if x.ndim != 2:
            raise RuntimeError(f"chain_matmul: expected matrices, got shape {list(x.shape)}")
    return given[0] if len(given) == 1 else multi_dot(given)


@composition
def tensorinv(A, ind=2) -> Tensor:
    """The inverse of `A` as a map of tensors: of its last dimensions to its first `ind`.

    Raises: RuntimeError unless both have as many elements.
    """
    if ind <= 0:
        raise RuntimeError(f"linalg.tensorinv: expected ind above 0, got {ind}")
    first, last = tuple(A.shape[:ind]), tuple(A.shape[ind:])
    if math.prod(first) != math.prod(last):
        raise RuntimeError(
            f"linalg.tensorinv: expected as many elements on both sides of ind={ind}, got shape "
            f"{list(A.shape)}"
        )
    square = reshape(A, (math.prod(first), math.prod(last)))
    return reshape(inv(square), last + first)


@composition
def tensorsolve(A, B, dims=None) -> Tensor:
    """X with tensordot(A, X, X.ndim) = B; `dims` of A are moved to the end first.

    Raises: RuntimeError unless A is square as a map.
    """
    if dims is not None:
        at = tuple(wrap_dim(d, A.ndim) for d in whole(dims, "dims"))
        A = permute(A, dims=(*(i for i in range(A.ndim) if i not in at), *at))
    size = tuple(A.shape[B.ndim :])
    if math.prod(size) != B.numel():
        raise RuntimeError(
            f"linalg.tensorsolve: expected a square map, got A {list(A.shape)} and B "
            f"{list(B.shape)}"
        )
    square = reshape(A, (B.numel(), B.numel()))
    return reshape(solve(square, reshape(B, (B.numel(),))), size)


@composition
def vander(x, N=None) -> Tensor:
    """Rows (1, x, x**2, ..., x**(N-1)): (*, n) -> (*, n, N). Raises: RuntimeError for N <= 1."""
    if x.dtype.name in ("bool", "float16", "bfloat16"):
        raise RuntimeError(f"linalg.vander: expected float32, float64 or integers, got {x.dtype}")
    x = x if x.ndim else reshape(x, (1,))
    N = x.shape[-1] if N is None else N
    if N <= 1:
        raise RuntimeError(f"linalg.vander: expected N > 1, got {N}")
    x = x if x.dtype.is_floating_point else x.long()
    powers = [x * 0 + 1]
    for _ in range(N - 1):
        powers.append(mul(powers[-1], x))
    return stack(powers, dim=-1)


# ------------------------------------------------------------------ distances


_BY_PRODUCTS = "use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist"


@composition
def cdist(x1, x2, p=2.0, compute_mode="use_mm_for_euclid_dist_if_necessary") -> Tensor:
    """The p-norm distances of all pairs of rows: (*, n, k), (*, m, k) -> (*, n, m).

    Euclidean distances of more than 25 rows are made of |x|^2 + |y|^2 - 2 x y, one matrix product.
    Raises: RuntimeError for vectors, integers, sizes that differ, p < 0.
    """
    for name, x in (("X1", x1), ("X2", x2)):
        if not x.dtype.is_floating_point:
            raise RuntimeError(f"cdist: expected floating-point dtypes, {name} got {x.dtype}")
        if x.ndim < 2:
            raise RuntimeError(f"cdist: expected at least 2 dimensions, {name} got {x.ndim}")
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(
            f"cdist: X1 and X2 must have as many columns, got {x1.shape[-1]} and {x2.shape[-1]}"
        )
    if p < 0:
        raise RuntimeError(f"cdist: expected p >= 0, got {p}")
    modes = (*_BY_PRODUCTS, "donot_use_mm_for_euclid_dist")
    if compute_mode is not None and compute_mode not in modes:
        raise ValueError(f"cdist: {compute_mode} is not a valid value for compute_mode")
    many = max(x1.shape[-2], x2.shape[-2]) > 25 and compute_mode == _BY_PRODUCTS[0]
    if p == 2 and (many or compute_mode == _BY_PRODUCTS[1]):
        return _euclidean(x1, x2)
    apart = unsqueeze(x1, dim=-2) - unsqueeze(x2, dim=-3)
    return vector_norm(apart, p, -1)


def _euclidean(x1, x2):
    squares = sum(x1 * x1, dim=-1, keepdim=True) + mT(sum(x2 * x2, dim=-1, keepdim=True))
    near = clamp(squares - matmul(x1, mT(x2)) * 2, min=0)
    return gate(sqrt(where(near == 0, 1, near)), near._array != 0)  # the derivative at 0 is 0
