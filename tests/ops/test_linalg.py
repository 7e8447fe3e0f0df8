"""Linear algebra where a matrix, or a dtype, is not as symmetric or as wide as it seems."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch

MATRIX = np.random.default_rng(0).standard_normal((4, 4)).astype(np.float32)


@pytest.mark.parametrize("triangle", ["L", "U"])
def test_the_gradient_of_eigenvectors_is_symmetric_where_the_matrix_was_not(triangle):
    A = minitorch.from_numpy(MATRIX.copy()).requires_grad_()
    vectors = minitorch.linalg.eigh(A, triangle)[1]
    weights = minitorch.arange(16.0).reshape(4, 4)
    (gradient,) = minitorch.autograd.grad((vectors.abs() * weights).sum(), A)
    assert np.allclose(gradient.numpy(), gradient.numpy().T, atol=1e-5)
    assert gradient.abs().max() > 0.1


def test_powers_of_narrow_integers_do_not_overflow():
    rows = minitorch.linalg.vander(minitorch.tensor([100, -20], dtype=minitorch.int8), N=4)
    assert rows.dtype is minitorch.int64
    assert rows.tolist() == [[1, 100, 10_000, 1_000_000], [1, -20, 400, -8_000]]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "int64"])
def test_coordinates_of_narrow_indices_are_int64(dtype):
    places = minitorch.tensor([21, 3, 99], dtype=getattr(minitorch, dtype))
    rows, columns = minitorch.unravel_index(places, (10, 10))
    assert {rows.dtype, columns.dtype} == {minitorch.int64}
    assert (rows.tolist(), columns.tolist()) == ([2, 0, 9], [1, 3, 9])


@pytest.mark.parametrize(("name", "base"), [("logaddexp", np.e), ("logaddexp2", 2.0)])
@pytest.mark.parametrize("apart", [9.0, -9.0, 14.0])
def test_the_curvature_of_logaddexp_keeps_its_digits_where_one_number_is_much_larger(
    name, base, apart
):
    x = minitorch.tensor(apart, requires_grad=True)
    y = minitorch.tensor(0.0)
    (slope,) = minitorch.autograd.grad(getattr(minitorch, name)(x, y), x, create_graph=True)
    (curvature,) = minitorch.autograd.grad(slope, x)
    share = 1 / (1 + base ** -np.float64(apart))
    rest = 1 / (1 + base ** np.float64(apart))
    assert curvature.item() == pytest.approx(share * rest * np.log(base), rel=1e-6)


@pytest.mark.parametrize("number", [3e30, 1e-30])
@pytest.mark.parametrize("shape", [(2, 1), (1, 1), (1,)])
def test_the_norm_along_a_dimension_of_one_number_is_its_size(number, shape):
    x = -minitorch.full(shape, number)
    assert minitorch.linalg.vector_norm(x, dim=-1, keepdim=True).equal(-x)
    assert minitorch.norm(x, 2, -1).equal(-x[..., 0])
    assert minitorch.nn.functional.normalize(x, dim=-1, eps=0).equal(-minitorch.ones(shape))


def test_a_column_of_infinities_times_zero_is_nan():
    assert minitorch.mv(minitorch.tensor([[float("inf")], [0.5]]), minitorch.zeros(1))[0].isnan()


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_the_curvature_of_a_determinant_is_right_where_the_matrix_is_singular(rank):
    draw = np.random.default_rng(rank).standard_normal
    A, H = draw((3, rank)) @ draw((rank, 3)), draw((3, 3))

    def slope(matrix, keep=False):
        x = minitorch.tensor(matrix, requires_grad=True)
        return x, minitorch.autograd.grad(minitorch.linalg.det(x), x, create_graph=keep)[0]

    x, gradient = slope(A, keep=True)
    (curvature,) = minitorch.autograd.grad((gradient * minitorch.tensor(H)).sum(), x)
    quotient = (slope(A + H)[1] - slope(A - H)[1]) / 2  # exact: the gradient is a square
    assert np.allclose(curvature.numpy(), quotient.numpy(), atol=1e-12)
    assert np.abs(quotient.numpy()).max() > 0.1


def test_curvatures_of_a_wide_qr_keep_their_digits_where_the_first_columns_are_nearly_parallel():
    draw = np.random.default_rng(0).uniform
    A, gQ, gR, H = (draw(-1, 1, shape).astype("f4") for shape in ((2, 5), (2, 2), (2, 5), (2, 5)))
    A[:, 1] = A[:, 0] * np.float32(2) + np.float32([0.001, 0])

    def curvature(dtype):
        x, starts = minitorch.tensor(A.astype(dtype), requires_grad=True), (gQ, gR)
        given = [minitorch.tensor(g.astype(dtype), requires_grad=True) for g in starts]
        factors = minitorch.linalg.qr(x)
        (slope,) = minitorch.autograd.grad(factors, x, given, create_graph=True)
        seen = (slope * minitorch.tensor(H.astype(dtype))).sum()
        return minitorch.autograd.grad(seen, given[0])[0].numpy()

    right = curvature("f8")
    assert np.abs(curvature("f4") - right).max() < 2e-6 * np.abs(right).max()
