"""Solutions by a Cholesky factor, and of equations that have none: least squares."""

from __future__ import annotations

from minitorch import errors, return_types
from minitorch.calls import composition
from minitorch.ops.decompose import svdvals
from minitorch.ops.linalg import (
    _is_vector,
    check_matrices,
    identity,
    mT,
    pinv,
    solve_triangular,
)
from minitorch.ops.norms import matrix_rank

__all__ = ["cholesky_inverse", "cholesky_solve"]

_DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


@composition
def cholesky_solve(input, L, upper=False):
    """X with A X = input, where A = L L^T, or L^T L if `upper`."""
    first, second = (mT(L), L) if upper else (L, mT(L))
    half = solve_triangular(first, input, upper=False)
    return solve_triangular(second, half, upper=True)


@composition
def cholesky_inverse(L, upper=False):
    """The inverse of L L^T, or of L^T L if `upper`."""
    check_matrices(L._array, "cholesky_inverse", square=True)
    return cholesky_solve(identity(L), L, upper=upper)


@composition
def lstsq(A, B, rcond=None, *, driver=None):
    """(solution, residuals, rank, singular values): the smallest X that makes ||A X - B|| least.

    Singular values up to `rcond` times the largest count as 0. As in torch the sums of squared
    residuals are there for full rank, more rows than columns and a driver other than "gelsy", the
    singular values for "gelsd" and "gelss", the rank for all but "gels"; what is not is empty.

    Raises: RuntimeError for shapes and dtypes that do not fit, and for another driver.
    """
    check_matrices(A._array, "linalg.lstsq")
    if driver not in (None, *_DRIVERS):
        raise RuntimeError(f"linalg.lstsq: expected one of the drivers {_DRIVERS}, got {driver!r}")
    if A.dtype is not B.dtype:
        raise RuntimeError(f"linalg.lstsq: expected one dtype, got {A.dtype} and {B.dtype}")
    vector = _is_vector(A, B)
    right = B.unsqueeze(-1) if vector else B
    if right.ndim < 2 or right.shape[-2] != A.shape[-2]:
        raise RuntimeError(
            f"linalg.lstsq: expected as many rows, got {list(A.shape)} and {list(B.shape)}"
        )
    errors.broadcast_shapes(A.shape[:-2], right.shape[:-2])
    m, n = A.shape[-2:]
    X = pinv(A, rtol=rcond) @ right
    rank = matrix_rank(A.detach(), rtol=rcond)
    none = A.detach().new_empty(0)
    residuals, values = none, none
    full = bool((rank == n).all()) or driver == "gels"
    if m > n and full and driver not in (None, "gelsy"):
        residuals = ((A @ X - right) ** 2).sum(-2)
    if driver in ("gelsd", "gelss"):
        values = svdvals(A.detach())
    rank = rank if driver != "gels" else rank.new_empty(0)
    return return_types.linalg_lstsq(X.squeeze(-1) if vector else X, residuals, rank, values)
