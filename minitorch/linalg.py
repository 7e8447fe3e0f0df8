"""torch.linalg: decompositions, solutions, norms and products of matrices."""

from minitorch.ops.contract import matmul
from minitorch.ops.decompose import eigh, eigvalsh, svdvals
from minitorch.ops.decompose import linalg_qr as qr
from minitorch.ops.decompose import linalg_svd as svd
from minitorch.ops.least_squares import lstsq
from minitorch.ops.linalg import (
    LinAlgError,
    cholesky_ex,
    inv,
    inv_ex,
    pinv,
    solve,
    solve_ex,
    solve_triangular,
)
from minitorch.ops.linalg import linalg_cholesky as cholesky
from minitorch.ops.linalg import linalg_det as det
from minitorch.ops.linalg import linalg_diagonal as diagonal
from minitorch.ops.linalg import linalg_matrix_exp as matrix_exp
from minitorch.ops.linalg import linalg_slogdet as slogdet
from minitorch.ops.norms import cond, matrix_norm, matrix_rank, vector_norm
from minitorch.ops.norms import linalg_norm as norm
from minitorch.ops.products import linalg_cross as cross
from minitorch.ops.products import (
    matrix_power,
    multi_dot,
    tensorinv,
    tensorsolve,
    vander,
    vecdot,
)

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "inv",
    "inv_ex",
    "lstsq",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]
