"""Decompositions, inverses and solutions of matrices, batch by batch, by NumPy's LAPACK.

Shapes are (*, m, n) with any batch dimensions `*`. `A.mT` in the formulas is the matrix transposed.

Source of the rules: Giles 2008, Collected matrix derivative results for forward and reverse mode
algorithmic differentiation; Seeger et al. 2017, https://arxiv.org/abs/1710.08717 (QR, Cholesky).
"""

from __future__ import annotations

from math import prod

from minitorch import errors, return_types
from minitorch.calls import composition
from minitorch.ops.elementwise import where, zero
from minitorch.ops.reduce import sum
from minitorch.ops.shape import (
    basic_index,
    cat,
    diagonal,
    transpose,
    tril,
    triu,
    undiagonal,
    unsqueeze,
)
from minitorch.primitive import define

__all__ = [
    "cholesky",
    "det",
    "inverse",
    "logdet",
    "matrix_exp",
    "pinverse",
    "slogdet",
]

matrices = define("linalg")  # batches of matrices


class LinAlgError(RuntimeError):
    """A matrix that is singular, or not positive definite, or whose iteration did not converge."""


# ------------------------------------------------------------------ checks and small parts


def check_matrices(x, name, square=False):
    """Raise RuntimeError unless `x` holds floating-point matrices, square ones if so wished."""
    if x.dtype.kind != "f" or x.dtype.itemsize < 4:
        raise RuntimeError(
            f"{name}: expected torch.float32 or torch.float64, got {errors.name_of(x.dtype)}"
        )
    if x.ndim < 2:
        raise RuntimeError(
            f"{name}: expected at least 2 dimensions, got a tensor of shape {list(x.shape)}"
        )
    if square and x.shape[-1] != x.shape[-2]:
        raise RuntimeError(f"{name}: expected square matrices (*, n, n), got shape {list(x.shape)}")


def mT(x):
    """The last two axes exchanged."""
    return transpose(x, dim0=-2, dim1=-1)


def diagonals(d):
    """Diagonal matrices of the vectors `d`."""
    n = d.shape[-1]
    last = len(d.shape)
    return undiagonal(d, size=(*d.shape, n), offset=0, dim1=last - 1, dim2=last)


def identity(A):
    """The identity in the sizes of `A`."""
    return diagonals(A.new_ones(A.shape[-1]))


def by_columns(xp, x):
    """`x` stored column by column, as LAPACK and so torch leaves its results."""
    return xp.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2)


@matrices(lambda g: g, torch_name="CloneBackward0")
def stored_by_columns(xp, A):
    """The same numbers, stored column by column."""
    return by_columns(xp, A)


def part(x, rows, columns):
    return basic_index(x, at=(..., rows, columns))


def _columns(x, size):
    """`x`, vectors or matrices, as matrices: (*, n) -> (*, n, 1)."""
    return unsqueeze(x, dim=-1) if size else x


# ------------------------------------------------------------------ inverse and solution


@matrices(lambda g, out: -(mT(out) @ (g @ mT(out))), torch_name="LinalgInvExBackward0")
def inv(xp, A):
    """The inverse of square matrices.

    Raises: RuntimeError for other shapes and dtypes; LinAlgError for a singular matrix.
    """
    check_matrices(A, "linalg.inv", square=True)
    try:
        return by_columns(xp, xp.linalg.inv(A))
    except xp.linalg.LinAlgError:
        raise LinAlgError("linalg.inv: the input matrix is singular and has no inverse") from None


def _solve_rule(g, A, out, needs):
    right = solve_matrices(mT(A), g)
    return (-(right @ mT(out)) if needs[0] else None), right


@matrices(joint=_solve_rule, torch_name="LinalgSolveExBackward0")
def solve_matrices(xp, A, B):
    """X with A X = B: (*, n, n), (*, n, k) -> (*, n, k). Raises: LinAlgError for singular A."""
    try:
        return by_columns(xp, xp.linalg.solve(A, B))
    except xp.linalg.LinAlgError:
        raise LinAlgError("linalg.solve: the input matrix is singular") from None


def _is_vector(A, B):
    """Whether `B` holds one vector for each matrix of `A`, as torch decides it."""
    return B.ndim == 1 or (A.ndim - 1 == B.ndim and tuple(A.shape[:-1]) == tuple(B.shape))


@composition
def solve(A, B, *, left=True):
    """X with A X = B, or X A = B if not `left`; B may hold vectors (*, n) or matrices (*, n, k).

    Raises: RuntimeError for shapes that do not fit; LinAlgError for a singular matrix.
    """
    check_matrices(A._array, "linalg.solve", square=True)
    if A.dtype is not B.dtype:
        raise RuntimeError(f"linalg.solve: expected one dtype, got {A.dtype} and {B.dtype}")
    vector = _is_vector(A, B)
    if vector and not left:
        raise RuntimeError("linalg.solve: left=False expects matrices, got vectors")
    if not vector and B.ndim < 2:
        raise RuntimeError(f"linalg.solve: expected vectors or matrices, got {list(B.shape)}")
    right = _columns(B, vector)
    right = right if left else mT(right)
    if right.shape[-2] != A.shape[-1]:
        raise RuntimeError(
            f"linalg.solve: expected {A.shape[-1]} equations, got A {list(A.shape)} and B "
            f"{list(B.shape)}"
        )
    batch = errors.broadcast_shapes(A.shape[:-2], right.shape[:-2])
    A = A if left else mT(A)
    out = solve_matrices(A.expand(*batch, *A.shape[-2:]), right.expand(*batch, *right.shape[-2:]))
    return out.squeeze(-1) if vector else out if left else mT(out)


def _substitute(xp, A, B, upper, unitriangular):
    """Forward (or backward) substitution, a row of all right sides at a time."""
    n = A.shape[-1]
    X = xp.empty(B.shape, B.dtype)
    for i in reversed(range(n)) if upper else range(n):
        known = slice(i + 1, n) if upper else slice(0, i)
        row = B[..., i, :] - xp.matmul(A[..., i : i + 1, known], X[..., known, :])[..., 0, :]
        X[..., i, :] = row if unitriangular else row / A[..., i, i, None]
    return X


def _triangular_rule(g, A, out, upper, unitriangular, needs):
    right = solve_triangles(mT(A), g, upper=not upper, unitriangular=unitriangular)
    if not needs[0]:
        return None, right
    off = int(unitriangular)
    full = -(right @ mT(out))
    return (triu(full, diagonal=off) if upper else tril(full, diagonal=-off)), right


@matrices(joint=_triangular_rule, torch_name="LinalgSolveTriangularBackward0")
def solve_triangles(xp, A, B, *, upper, unitriangular):
    """X with A X = B for triangular A, of which only one triangle is read."""
    return by_columns(xp, _substitute(xp, A, B, upper, unitriangular))


@composition
def solve_triangular(A, B, *, upper, left=True, unitriangular=False):
    """X with A X = B, or X A = B if not `left`, for triangular matrices A.

    Raises: RuntimeError for shapes and dtypes that do not fit.
    """
    check_matrices(A._array, "linalg.solve_triangular", square=True)
    check_matrices(B._array, "linalg.solve_triangular")
    if A.dtype is not B.dtype:
        raise RuntimeError(
            f"linalg.solve_triangular: expected one dtype, got {A.dtype} and {B.dtype}"
        )
    if not left:
        out = solve_triangular(mT(A), mT(B), upper=not upper, unitriangular=unitriangular)
        return stored_by_columns(mT(out))
    if A.shape[-1] != B.shape[-2]:
        raise RuntimeError(
            f"linalg.solve_triangular: shapes {list(A.shape)} and {list(B.shape)} do not fit"
        )
    batch = errors.broadcast_shapes(A.shape[:-2], B.shape[:-2])
    A, B = A.expand(*batch, *A.shape[-2:]), B.expand(*batch, *B.shape[-2:])
    return solve_triangles(A, B, upper=upper, unitriangular=unitriangular)


@composition
def inv_ex(A, *, check_errors=False):
    """(inverse, info): as `inv`, but a singular matrix gives NaN and the info 1, not an error."""
    info = singular(A)
    if check_errors or not info._array.any():
        return return_types.linalg_inv_ex(inv(A), info)
    bad = unsqueeze(unsqueeze(info != 0, dim=-1), dim=-1)
    out = where(bad, float("nan"), inv(where(bad, identity(A), A)))
    return return_types.linalg_inv_ex(out, info)


@composition
def solve_ex(A, B, *, left=True, check_errors=False):
    """(result, info): as `solve`, but a singular matrix gives NaN and the info 1, not an error."""
    info = singular(A)
    if check_errors or not info._array.any():
        return return_types.linalg_solve_ex(solve(A, B, left=left), info)
    bad = unsqueeze(unsqueeze(info != 0, dim=-1), dim=-1)
    out = solve(where(bad, identity(A), A), B, left=left)
    bad = bad.squeeze(-1) if _is_vector(A, B) else bad
    return return_types.linalg_solve_ex(where(bad, float("nan"), out), info)


@matrices(None)
def singular(xp, A):
    """For each matrix the number of the pivot that is 0 in its LU factors, 0 where none is."""
    check_matrices(A, "linalg.inv", square=True)
    flat = A.reshape(prod(A.shape[:-2]), *A.shape[-2:])
    signs = xp.linalg.slogdet(flat)[0]
    pivots = [0 if s else _zero_pivot(xp, a) for s, a in zip(signs, flat)]
    return xp.array(pivots, xp.int32).reshape(A.shape[:-2])


def _zero_pivot(xp, a):
    """The first step, from 1, at which Gaussian elimination with row exchanges finds only 0."""
    a = a.copy()
    for k in range(len(a)):
        best = k + int(xp.absolute(a[k:, k]).argmax())
        if a[best, k] == 0:
            return k + 1
        a[[k, best]] = a[[best, k]]
        a[k + 1 :, k:] -= (a[k + 1 :, k] / a[k, k])[:, None] * a[k, k:]
    return len(a)


# ------------------------------------------------------------------ Cholesky


def _half_lower(x):
    """The lower triangle with the diagonal halved."""
    return tril(x) - diagonals(diagonal(x, offset=0, dim1=-2, dim2=-1) / 2)


def _cholesky_rule(g, out):
    """L^-T half_lower(L^T g) L^-1, made symmetric."""
    inside = _half_lower(mT(out) @ g)
    back = solve_triangles(mT(out), inside, upper=True, unitriangular=False)
    S = solve_triangles(mT(out), mT(back), upper=True, unitriangular=False)
    return (S + mT(S)) / 2


@matrices(_cholesky_rule, torch_name="LinalgCholeskyExBackward0")
def cholesky_lower(xp, A):
    """L with A = L L.mT, from the lower triangle of A."""
    check_matrices(A, "linalg.cholesky", square=True)
    try:
        return by_columns(xp, xp.linalg.cholesky(A))
    except xp.linalg.LinAlgError:
        order = int(_first_failure(xp, A).max())
        raise LinAlgError(
            f"linalg.cholesky: the matrix is not positive definite (its leading minor of order "
            f"{order} is not)"
        ) from None


def _first_failure(xp, A):
    """For each matrix the order of the first leading minor that is not positive, else 0."""
    flat = A.reshape(-1, *A.shape[-2:])
    info = xp.zeros(len(flat), xp.int32)
    for i, a in enumerate(flat):
        for k in range(1, a.shape[0] + 1):
            try:
                xp.linalg.cholesky(a[:k, :k])
            except xp.linalg.LinAlgError:
                info[i] = k
                break
    return info.reshape(A.shape[:-2])


@composition
def linalg_cholesky(A, *, upper=False):
    """L with A = L L.mT, lower triangular; `upper`: L.mT instead.

    Raises: LinAlgError for a matrix that is not positive definite.
    """
    return cholesky_lower(A) if not upper else stored_by_columns(mT(cholesky_lower(mT(A))))


@matrices(None)
def not_positive(xp, A):
    """For each matrix the order of its first leading minor that is not positive, else 0."""
    check_matrices(A, "linalg.cholesky_ex", square=True)
    try:
        xp.linalg.cholesky(A)
    except xp.linalg.LinAlgError:
        return _first_failure(xp, A)
    return xp.zeros(A.shape[:-2], xp.int32)


@composition
def cholesky_ex(A, *, upper=False, check_errors=False):
    """(L, info): as `cholesky`, but NaN and its order where a matrix is not positive."""
    info = not_positive(mT(A) if upper else A)
    if check_errors or not info._array.any():
        return return_types.linalg_cholesky_ex(linalg_cholesky(A, upper=upper), info)
    bad = unsqueeze(unsqueeze(info != 0, dim=-1), dim=-1)
    L = linalg_cholesky(where(bad, identity(A), A), upper=upper)
    return return_types.linalg_cholesky_ex(where(bad, float("nan"), L), info)


@composition
def cholesky(input, upper=False):
    """As linalg.cholesky."""
    return linalg_cholesky(input, upper=upper)


# ------------------------------------------------------------------ determinants


@matrices(lambda g, out: -(mT(out) @ (g @ mT(out))), torch_name="LinalgInvExBackward0")
def safe_inverse(xp, A):
    """The inverse, with singular values below rounding raised to it."""
    U, S, Vh = xp.linalg.svd(A)
    top = S.max(axis=-1, keepdims=True, initial=0)
    S = xp.maximum(S, top * xp.finfo(A.dtype).eps + xp.finfo(A.dtype).tiny)
    return xp.matmul(Vh.swapaxes(-1, -2) / S[..., None, :], U.swapaxes(-1, -2))


def _slope_rule(g, H, A, needs):
    """Gradients of <g, slope along H>, which is symmetric in g and H. By A: with C and W = A^-T."""
    gA = None
    if needs[1]:
        C, W = cofactors(A), mT(safe_inverse(A))
        along, sent = mT(W) @ H, mT(W) @ g
        both = _trace(along) * _trace(sent) - _trace(along @ sent)
        gA = both * C - _trace(along) * (C @ mT(sent)) - _trace(sent) * (C @ mT(along))
        gA = gA + C @ mT(along @ sent + sent @ along)
    return cofactor_slope(g, A) if needs[0] else None, gA


def _trace(x):
    return sum(diagonal(x, offset=0, dim1=-2, dim2=-1), dim=-1)[..., None, None]


def _others(xp, S):
    """For each number along the last axis the product of all others."""
    before, after = xp.ones_like(S), xp.ones_like(S)
    xp.multiply.accumulate(S[..., :-1], axis=-1, out=before[..., 1:])
    xp.multiply.accumulate(S[..., :0:-1], axis=-1, out=after[..., -2::-1])
    return before * after


@matrices(joint=_slope_rule)
def cofactor_slope(xp, H, A):
    """The derivative of `cofactors` at A along H, for a matrix of any rank.

    In the singular vectors det is a sum over pairs of singular values of the product of all others:
    nothing is divided by a value that may be 0.
    Differs: the third derivative of det is that of a regular matrix; at a singular one it is wrong,
    as it is NaN in torch where two singular values are 0.
    """
    U, S, Vh = xp.linalg.svd(A)
    seen = xp.matmul(xp.matmul(U.swapaxes(-1, -2), H), Vh.swapaxes(-1, -2))
    pairs = xp.empty_like(seen)
    for i in range(S.shape[-1]):
        without = S.copy()
        without[..., i] = 1
        pairs[..., i, :] = _others(xp, without)
        pairs[..., i, i] = 0
    slope = -pairs * seen.swapaxes(-1, -2)
    on = xp.arange(S.shape[-1])
    slope[..., on, on] = xp.matmul(pairs, seen[..., on, on, None])[..., 0]
    slope *= (xp.linalg.det(U) * xp.linalg.det(Vh))[..., None, None]
    return xp.matmul(xp.matmul(U, slope), Vh).astype(A.dtype)


@matrices(lambda g, A: cofactor_slope(g, A))
def cofactors(xp, A):
    """det(A) A^-T, the derivative of det(A), for singular matrices too.

    By singular values: each one's cofactor is the product of the others.
    """
    U, S, Vh = xp.linalg.svd(A)
    signs = xp.linalg.det(U) * xp.linalg.det(Vh)
    sizes = _others(xp, S) * signs[..., None]
    return xp.matmul(U * sizes[..., None, :], Vh).astype(A.dtype)


@matrices(lambda g, A: _grown(g, 2) * cofactors(A), torch_name="LinalgDetBackward0")
def linalg_det(xp, A):
    """The determinant: (*, n, n) -> (*)."""
    check_matrices(A, "linalg.det", square=True)
    return xp.linalg.det(A)


def _grown(g, axes):
    for _ in range(axes):
        g = unsqueeze(g, dim=-1)
    return g


def _slogdet_rule(g, A):
    return None if g[1] is None else _grown(g[1], 2) * mT(inv(A))


@matrices(
    _slogdet_rule,
    outs=("sign", "logabsdet"),
    returns=return_types.linalg_slogdet,
    torch_name="LinalgSlogdetBackward0",
)
def linalg_slogdet(xp, A):
    """(sign, logabsdet) of the determinant: det A = sign e**logabsdet."""
    check_matrices(A, "linalg.slogdet", square=True)
    s, logabs = xp.linalg.slogdet(A)
    return s, logabs


@composition
def det(input):
    """The determinant: (*, n, n) -> (*)."""
    return linalg_det(input)


@composition
def slogdet(input):
    """(sign, logabsdet) of the determinant."""
    return return_types.slogdet(*linalg_slogdet(input))


@composition
def logdet(input):
    """The logarithm of the determinant: -inf where it is 0, NaN where it is negative."""
    s, logabs = linalg_slogdet(input)
    return where(s < 0, float("nan"), logabs)


# ------------------------------------------------------------------ pseudoinverse, exponential


def _pinv_rule(g, A, out):
    """Golub and Pereyra 1973, https://doi.org/10.1137/0710036."""
    P, gT = out, mT(g)
    PT = mT(P)
    left = (gT - A @ (P @ gT)) @ P @ PT  # (I - A P) g^T P P^T
    right = PT @ P @ (gT - (gT @ P) @ A)  # P^T P g^T (I - P A)
    return left + right - PT @ (g @ PT)


@matrices(_pinv_rule, torch_name="LinalgPinvBackward0")
def pseudoinverse(xp, A, *, atol, rtol, hermitian):
    """The Moore-Penrose inverse; singular values up to max(atol, rtol largest) count as 0."""
    if hermitian:
        values, V = xp.linalg.eigh(A)
        size = xp.absolute(values)
        U = V
    else:
        U, size, Vh = xp.linalg.svd(A, full_matrices=False)
        V, values = Vh.swapaxes(-1, -2), size
    keep = size > _cutoff(xp, size, atol, rtol)
    scale = xp.divide(1, values, where=keep, out=xp.zeros_like(values))
    return xp.matmul(V * scale[..., None, :], U.swapaxes(-1, -2)).astype(A.dtype)


def _cutoff(xp, size, atol, rtol):
    """max(atol, rtol largest), for each line of singular values: (*, k) -> (*, 1)."""
    top = size.max(axis=-1, keepdims=True, initial=0)
    return xp.maximum(xp.asarray(atol)[..., None], xp.asarray(rtol)[..., None] * top)


@matrices(None)
def rank(xp, S, *, atol, rtol):
    """How many singular values are above max(atol, rtol largest): (*, k) -> (*), as int64."""
    above = _cutoff(xp, S, atol, rtol).astype(S.dtype) < S
    return xp.add.reduce(above, axis=-1, dtype=xp.int64)


def tolerances(A, atol, rtol):
    """(atol, rtol) with torch's defaults: rtol is max(m, n) eps unless a positive atol is given."""
    plain = [t._array if hasattr(t, "_array") else t for t in (atol, rtol)]
    atol, rtol = plain
    if rtol is None:
        from minitorch.dtypes import finfo

        default = max(A.shape[-2:]) * finfo(A.dtype).eps
        if atol is None:
            rtol = default
        elif hasattr(atol, "dtype"):
            rtol = (atol <= 0) * default
        else:
            rtol = 0.0 if atol > 0 else default
    return (0.0 if atol is None else atol), rtol


@composition
def pinv(A, *, atol=None, rtol=None, hermitian=False):
    """The Moore-Penrose pseudoinverse: (*, m, n) -> (*, n, m).

    Singular values up to max(atol, rtol largest one) count as 0.
    """
    check_matrices(A._array, "linalg.pinv", square=hermitian)
    atol, rtol = tolerances(A, atol, rtol)
    return pseudoinverse(A, atol=atol, rtol=rtol, hermitian=hermitian)


@composition
def pinverse(input, rcond=1e-15):
    """linalg.pinv with rtol=rcond."""
    if not isinstance(rcond, (int, float)):
        raise TypeError(f"pinverse(): argument 'rcond' must be float, not {type(rcond).__name__}")
    return pinv(input, rtol=rcond)


_PADE = (64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800,
         129060195264000, 10559470521600, 670442572800, 33522128640, 1323241920, 40840800,
         960960, 16380, 182, 1)  # fmt: skip


def _matrix_exp_rule(g, A):
    """The upper right block of exp of [[A^T, g], [0, A^T]] (Al-Mohy and Higham 2009)."""
    n = A.shape[-1]
    top = cat([mT(A), g], dim=-1)
    bottom = cat([zero(A), mT(A)], dim=-1)
    return part(linalg_matrix_exp(cat([top, bottom], dim=-2)), slice(0, n), slice(n, 2 * n))


@matrices(_matrix_exp_rule, torch_name="LinalgMatrixExpBackward0")
def linalg_matrix_exp(xp, A):
    """The exponential of square matrices, by Padé approximation, scaled and squared.

    Source: Higham 2005, https://doi.org/10.1137/04061101X
    """
    check_matrices(A, "linalg.matrix_exp", square=True)
    if not A.size:
        return A.copy()
    given = A.dtype
    A = A.astype(xp.float64)
    norm = xp.absolute(A).sum(axis=-2).max()
    squarings = max(0, int(xp.ceil(xp.log2(norm / 5.37)))) if norm > 5.37 and norm < xp.inf else 0
    A = A / 2.0**squarings
    eye = xp.broadcast_to(xp.eye(A.shape[-1]), A.shape)
    b = _PADE
    A2 = xp.matmul(A, A)
    A4 = xp.matmul(A2, A2)
    A6 = xp.matmul(A4, A2)
    odd = xp.matmul(A6, b[13] * A6 + b[11] * A4 + b[9] * A2)
    odd = xp.matmul(A, odd + b[7] * A6 + b[5] * A4 + b[3] * A2 + b[1] * eye)
    even = xp.matmul(A6, b[12] * A6 + b[10] * A4 + b[8] * A2)
    even = even + b[6] * A6 + b[4] * A4 + b[2] * A2 + b[0] * eye
    out = xp.linalg.solve(even - odd, even + odd)
    for _ in range(squarings):
        out = xp.matmul(out, out)
    return out.astype(given)


@composition
def matrix_exp(input):
    """The exponential of square matrices; as linalg.matrix_exp."""
    return linalg_matrix_exp(input)


@composition
def linalg_diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """The diagonals of matrices, a view."""
    return diagonal(A, offset=offset, dim1=dim1, dim2=dim2)


@composition
def inverse(input):
    """The inverse of square matrices; as linalg.inv."""
    return inv(input)
