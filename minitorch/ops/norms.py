"""Norms of vectors and matrices, and what is read off singular values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from minitorch import errors
from minitorch.calls import composition
from minitorch.ops._dims import axes, whole
from minitorch.ops.decompose import eigh, linalg_svd, svdvals
from minitorch.ops.elementwise import abs, gate, sign, where, zero
from minitorch.ops.linalg import check_matrices, inv, rank, tolerances
from minitorch.ops.reduce import amax, amin, spread_out, sum
from minitorch.ops.shape import permute
from minitorch.primitive import reduce

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = ["norm"]


def _euclidean_rule(g, x, out, dim, keepdim):
    ratio = gate(g / where(out == 0, 1, out), out != 0)
    return x * spread_out(ratio, x.shape, dim, keepdim)


@reduce(_euclidean_rule, torch_name="LinalgVectorNormBackward0")
def norm2(xp, x, *, dim=None, keepdim=False):
    """The Euclidean length; its derivative at 0 is 0."""
    errors.check_floating(x, "norm", RuntimeError)
    over = axes(dim, x.ndim)
    if x.size and all(x.shape[i] == 1 for i in over):  # a square would leave the finite, or vanish
        return xp.absolute(x) if keepdim else xp.absolute(x).squeeze(over)
    return xp.sqrt(xp.add.reduce(xp.square(x), axis=over, keepdims=keepdim))


def _power_rule(g, x, out, p, dim, keepdim):
    """r |r|**(p-2) of r = x / out, with 0 where x is 0 and p < 2, and where out is 0."""
    size = x.shape
    y = spread_out(out, size, dim, keepdim)
    scale = gate(spread_out(g, size, dim, keepdim), y != 0)
    r = x / where(y == 0, 1, y)  # small numbers to a power vanish, their share of the norm does not
    if p < 2:
        away = x != 0
        return sign(x) * where(away, abs(r), 1) ** (p - 1) * scale
    return r * abs(r) ** (p - 2) * scale


@reduce(_power_rule, torch_name="LinalgVectorNormBackward0")
def power_norm(xp, x, *, p, dim=None, keepdim=False):
    """(sum |x|**p)**(1/p), scaled by the largest so that no power overflows."""
    over = axes(dim, x.ndim)
    size = xp.absolute(x)
    if p < 0 or not x.size:
        total = xp.add.reduce(size**p, axis=over, keepdims=keepdim)
        return total ** (1 / p)
    top = xp.maximum.reduce(size, axis=over, keepdims=True, initial=0)
    top = xp.where((top > 0) & (top < xp.inf), top, x.dtype.type(1))
    total = xp.add.reduce((size / top) ** p, axis=over, keepdims=True) ** (1 / p) * top
    return total if keepdim else total.reshape([n for i, n in enumerate(x.shape) if i not in over])


@reduce(lambda g, x: zero(x), torch_name="LinalgVectorNormBackward0")
def zero_norm(xp, x, *, dim=None, keepdim=False):
    """How many elements are not 0, as a floating-point number."""
    count = xp.add.reduce(x != 0, axis=axes(dim, x.ndim), keepdims=keepdim)
    return xp.asarray(count).astype(x.dtype)


def _floating(x, name, dtype):
    if dtype is not None:
        if not dtype.is_floating_point:
            raise RuntimeError(f"{name}: expected a floating-point dtype, got {dtype}")
        x = x.to(dtype=dtype)
    if not x.dtype.is_floating_point:
        raise RuntimeError(f"{name}: expected a floating-point tensor, got {x.dtype}")
    return x


@composition
def vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None) -> Tensor:
    """(sum |x|**ord)**(1/ord) along `dim`; ord may be inf, -inf, and 0, which counts.

    Raises: RuntimeError for integers and for an empty dimension that has no norm.
    """
    x = _floating(x, "linalg.vector_norm", dtype)
    if dim is not None and not isinstance(dim, int):
        dim = whole(dim, "dim") or None
    over = axes(dim, x.ndim)
    if (ord < 0 or ord == math.inf) and 0 in (x.shape[i] for i in over):
        raise RuntimeError(
            f"linalg.vector_norm: ord={ord} has no value for an empty dimension, got shape "
            f"{list(x.shape)}"
        )
    return _norm_of(x, float(ord), over, keepdim) if x.ndim else _of_number(x, float(ord))


def _of_number(x, p):
    return zero_norm(x) if p == 0 else abs(x)


def _norm_of(x, p, over, keepdim):
    if not over:
        return _of_number(x, p)
    if p == 2:
        return norm2(x, dim=over, keepdim=keepdim)
    if p == 0:
        return zero_norm(x, dim=over, keepdim=keepdim)
    if p == 1:
        return sum(abs(x), dim=over, keepdim=keepdim)
    if math.isinf(p):
        return (amax if p > 0 else amin)(abs(x), dim=over, keepdim=keepdim)
    return power_norm(x, p=p, dim=over, keepdim=keepdim)


def _two_axes(x, dim, name):
    if len(dim) != 2:
        raise RuntimeError(f"{name}: expected two dimensions, got dim={tuple(dim)}")
    first, second = (errors.wrap_dim(d, x.ndim) for d in dim)
    if first == second:
        raise RuntimeError(f"{name}: expected two different dimensions, got dim={tuple(dim)}")
    return first, second


@composition
def matrix_norm(A, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None) -> Tensor:
    """The norm of matrices: 'fro', 'nuc', inf, -inf, 1, -1, 2 or -2.

    Raises: RuntimeError for another `ord`, fewer than two dimensions, integers.
    """
    A = _floating(A, "linalg.matrix_norm", dtype)
    if A.ndim < 2:
        raise RuntimeError(f"linalg.matrix_norm: expected matrices, got shape {list(A.shape)}")
    if isinstance(dim, int):
        raise TypeError("linalg.matrix_norm(): argument 'dim' must be two ints, not int")
    rows, columns = _two_axes(A, dim, "linalg.matrix_norm")
    if ord == "fro":
        return norm2(A, dim=(rows, columns), keepdim=keepdim)
    if isinstance(ord, str) and ord != "nuc":
        raise RuntimeError(f"linalg.matrix_norm: expected ord 'fro' or 'nuc', got {ord!r}")
    if ord in ("nuc", 2, -2):
        order = (*(i for i in range(A.ndim) if i not in (rows, columns)), rows, columns)
        S = svdvals(permute(A, dims=order))
        out = sum(S, dim=-1) if ord == "nuc" else (amax if ord > 0 else amin)(S, dim=-1)
        if keepdim:
            for i in sorted((rows, columns)):
                out = out.unsqueeze(i)
        return out
    if ord not in (1, -1, math.inf, -math.inf):
        raise RuntimeError(f"linalg.matrix_norm: ord={ord} is not supported for matrices")
    summed, kept = (rows, columns) if ord in (1, -1) else (columns, rows)
    total = sum(abs(A), dim=summed, keepdim=True)
    out = (amax if ord > 0 else amin)(total, dim=kept, keepdim=True)
    return out if keepdim else out.squeeze((rows, columns))


@composition
def linalg_norm(A, ord=None, dim=None, keepdim=False, *, dtype=None) -> Tensor:
    """The norm of all elements, of vectors (one `dim`) or of matrices (two).

    Raises: RuntimeError where `ord` needs vectors or matrices and there are none.
    """
    if dim is not None and not isinstance(dim, int):
        dim = tuple(dim)
        dim = dim[0] if len(dim) == 1 else dim
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    if dim is None:
        if A.ndim not in (1, 2):
            raise RuntimeError(
                f"linalg.norm: expected 1 or 2 dimensions for ord={ord!r} without dim, got shape "
                f"{list(A.shape)}"
            )
        if A.ndim == 1 and not isinstance(ord, str):
            return vector_norm(A, ord, None, keepdim, dtype=dtype)
        dim = (0, 1)
    if isinstance(dim, int):
        if isinstance(ord, str):
            raise RuntimeError(f"linalg.norm: ord={ord!r} expects two dimensions, got dim={dim}")
        return vector_norm(A, ord, dim, keepdim, dtype=dtype)
    return matrix_norm(A, ord, dim, keepdim, dtype=dtype)


@composition
def norm(input, p="fro", dim=None, keepdim=False, dtype=None) -> Tensor:
    """(sum(|x| ** p)) ** (1 / p) along `dim`, or of all elements; p may be 'fro', 'nuc', inf.

    Raises: RuntimeError for integers without a floating `dtype`.
    """
    if dtype is None and not input.dtype.is_floating_point:
        raise RuntimeError(f"norm: Expected a floating point tensor as input. Got {input.dtype}")
    if p == "nuc":
        if dim is None:
            return matrix_norm(input, "nuc", keepdim=keepdim, dtype=dtype)
        return matrix_norm(input, "nuc", dim, keepdim, dtype=dtype)
    p = 2 if p in ("fro", None) else p
    if isinstance(p, str):
        raise RuntimeError(f"norm: expected p 'fro', 'nuc' or a number, got {p!r}")
    return vector_norm(input, p, dim, keepdim, dtype=dtype)


@composition
def cond(A, p=None) -> Tensor:
    """The condition number |A| |A^-1| of square matrices in the norm p; by default in norm 2.

    Raises: RuntimeError for shapes and `p` that do not fit.
    """
    check_matrices(A._array, "linalg.cond", square=p not in (None, 2, -2))
    if p in (None, 2, -2):
        S = svdvals(A)
        big, small = S[..., 0], S[..., -1]
        return small / big if p == -2 else big / small
    if not A.numel():
        return A.new_zeros(tuple(A.shape[:-2]))
    return matrix_norm(A, p) * matrix_norm(inv(A), p)


@composition
def matrix_rank(A, tol=None, hermitian=False, *, atol=None, rtol=None) -> Tensor:
    """The number of singular values above max(atol, rtol largest one): (*, m, n) -> (*), int64."""
    check_matrices(A._array, "linalg.matrix_rank", square=hermitian)
    if tol is not None:
        atol, rtol = tol, 0.0
    atol, rtol = tolerances(A, atol, rtol)
    A = A.detach()
    S = abs(eigh(A)[0]) if hermitian else linalg_svd(A, full_matrices=False)[1]
    return rank(S, atol=atol, rtol=rtol)
