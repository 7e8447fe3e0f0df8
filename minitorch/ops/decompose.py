"""QR, eigenvalues and singular values of matrices, batch by batch, by NumPy's LAPACK.

Source of the rules: Giles 2008, Collected matrix derivative results for forward and reverse mode
algorithmic differentiation; Seeger et al. 2017, https://arxiv.org/abs/1710.08717 (QR).
"""

from __future__ import annotations

from minitorch import return_types
from minitorch.calls import composition
from minitorch.ops.elementwise import zero
from minitorch.ops.linalg import (
    by_columns,
    check_matrices,
    diagonals,
    matrices,
    mT,
    part,
    solve_triangles,
)
from minitorch.ops.shape import cat, diagonal, tril, unsqueeze

__all__ = ["qr", "svd"]


# ------------------------------------------------------------------ QR


def _qr_rule(g, Q, R, mode):
    """Q gR + ((1 - Q Q^T) gQ + Q tril(S - S^T)) R^-T with S = Q^T gQ - gR R^T.

    For fewer rows than columns R^-T is that of the first of them. Only what is left of S meets it:
    it may be large.
    """
    gQ, gR = g
    gQ = zero(Q) if gQ is None else gQ
    gR = zero(R) if gR is None else gR
    m, n = Q.shape[-2], R.shape[-1]
    if mode == "r":
        raise RuntimeError("linalg.qr: mode='r' keeps no Q, so it has no derivative")
    if mode == "complete" and m > n:
        raise RuntimeError(
            f"linalg.qr: mode='complete' has no derivative for more rows than columns, got "
            f"({m}, {n})"
        )
    seen = mT(Q) @ gQ
    S = seen - gR @ mT(R)
    turned = Q @ tril(S - mT(S), diagonal=-1)
    turned = turned + (gQ - Q @ seen) if m > n else turned
    first = part(R, slice(None), slice(0, m)) if m < n else R
    turned = mT(solve_triangles(first, mT(turned), upper=True, unitriangular=False))
    if m < n:
        turned = cat([turned, zero(part(R, slice(None), slice(m, n)))], dim=-1)
    return Q @ gR + turned


@matrices(_qr_rule, outs=("Q", "R"), returns=return_types.linalg_qr, torch_name="LinalgQrBackward0")
def linalg_qr(xp, A, *, mode="reduced"):
    """(Q, R) with A = Q R, Q with orthonormal columns, R upper triangular.

    mode: 'reduced' (*, m, k) and (*, k, n), 'complete' (*, m, m) and (*, m, n), 'r' R alone.
    """
    check_matrices(A, "linalg.qr")
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(f"linalg.qr: expected mode 'reduced', 'complete' or 'r', got {mode!r}")
    if mode == "r":
        return xp.empty((0,), A.dtype), by_columns(xp, xp.linalg.qr(A, "r"))
    Q, R = xp.linalg.qr(A, mode)
    return by_columns(xp, Q), by_columns(xp, R)


@composition
def qr(input, some=True):
    """(Q, R): linalg.qr, reduced if `some`, else complete."""
    return return_types.qr(*linalg_qr(input, mode="reduced" if some else "complete"))


# ------------------------------------------------------------------ eigenvalues, singular values


def _differences(values, squared=False):
    """values_j - values_i (of the squares if so wished), with 1 on the diagonal."""
    s = values * values if squared else values
    return unsqueeze(s, dim=-2) - unsqueeze(s, dim=-1) + diagonals(zero(s) + 1)


def _eigh_rule(g, eigenvalues, eigenvectors):
    gL, gV = g
    V = eigenvectors
    inside = None
    if gV is not None:
        inside = (mT(V) @ gV) / _differences(eigenvalues)
        inside = (inside + mT(inside)) / 2  # as torch: of a symmetric matrix the gradient is one
        inside = inside - diagonals(diagonal(inside, offset=0, dim1=-2, dim2=-1))
    if gL is not None:
        inside = diagonals(gL) if inside is None else inside + diagonals(gL)
    return V @ (inside @ mT(V))


@matrices(
    _eigh_rule,
    outs=("eigenvalues", "eigenvectors"),
    returns=return_types.linalg_eigh,
    torch_name="LinalgEighBackward0",
)
def eigh(xp, A, *, UPLO="L"):
    """(eigenvalues, ascending, eigenvectors) of symmetric matrices, of which one triangle is read.

    Raises: RuntimeError unless UPLO is 'L' or 'U'.
    """
    check_matrices(A, "linalg.eigh", square=True)
    if str(UPLO).upper() not in ("L", "U"):
        raise RuntimeError(f"linalg.eigh: expected UPLO 'L' or 'U', got {UPLO!r}")
    values, vectors = xp.linalg.eigh(A, UPLO.upper())
    return values, by_columns(xp, vectors)


@composition
def eigvalsh(A, UPLO="L"):
    """The eigenvalues of symmetric matrices, ascending."""
    return eigh(A, UPLO=UPLO)[0]


def _svd_rule(g, U, S, Vh):
    """Townsend 2016, https://j-towns.github.io/papers/svd-derivative.pdf, in reverse."""
    gU, gS, gVh = g
    k = S.shape[-1]
    m, n = U.shape[-2], Vh.shape[-1]
    if gU is None and gVh is None:
        U, Vh = part(U, slice(None), slice(0, k)), part(Vh, slice(0, k), slice(None))
        return (U * unsqueeze(gS, dim=-2)) @ Vh
    U, Vh = part(U, slice(None), slice(0, k)), part(Vh, slice(0, k), slice(None))
    V, s_row, s_column = mT(Vh), unsqueeze(S, dim=-2), unsqueeze(S, dim=-1)
    E = _differences(S, squared=True)
    inside = zero(E) if gS is None else diagonals(gS)
    outside = None
    if gU is not None:
        gU = part(gU, slice(None), slice(0, k))
        turn = mT(U) @ gU
        inside = inside + ((turn - mT(turn)) / E) * s_row
        if m > k:
            outside = ((gU - U @ turn) / s_row) @ Vh
    if gVh is not None:
        gV = mT(part(gVh, slice(0, k), slice(None)))
        turn = mT(V) @ gV
        inside = inside + s_column * ((turn - mT(turn)) / E)
        if n > k:
            outside = U @ (mT(gV - V @ turn) / s_column)
    out = U @ (inside @ Vh)
    return out if outside is None else out + outside


@matrices(
    _svd_rule,
    outs=("U", "S", "Vh"),
    returns=return_types.linalg_svd,
    torch_name="LinalgSvdBackward0",
)
def linalg_svd(xp, A, *, full_matrices=True):
    """(U, S, Vh) with A = U diag(S) Vh, S descending.

    Shape: (*, m, n) -> (*, m, m), (*, k), (*, n, n); reduced: (*, m, k), (*, k), (*, k, n).
    """
    check_matrices(A, "linalg.svd")
    U, S, Vh = xp.linalg.svd(A, full_matrices=full_matrices)
    return by_columns(xp, U), S, by_columns(xp, Vh)


@composition
def svdvals(A):
    """The singular values, descending."""
    return linalg_svd(A, full_matrices=False)[1]


@composition
def svd(input, some=True, compute_uv=True):
    """(U, S, V) with input = U diag(S) V.mT; without `compute_uv`, U and V are zeros."""
    U, S, Vh = linalg_svd(input, full_matrices=not some)
    if not compute_uv:
        m, n = input.shape[-2:]
        batch = tuple(input.shape[:-2])
        U, V = input.new_zeros((*batch, m, m)), input.new_zeros((*batch, n, n))
        return return_types.svd(U, S, V)
    return return_types.svd(U, S, mT(Vh))
