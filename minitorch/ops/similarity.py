"""How near vectors are: angles, distances, bilinear forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minitorch import errors
from minitorch.calls import composition
from minitorch.ops import index
from minitorch.ops.contract import matmul
from minitorch.ops.elementwise import clamp, gate, sign, where
from minitorch.ops.norms import norm, norm2
from minitorch.ops.reduce import amax, sum
from minitorch.ops.shape import reshape

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "bilinear",
    "cosine_similarity",
    "pairwise_distance",
    "pdist",
]


@composition
def cosine_similarity(x1, x2, dim=1, eps=1e-08) -> Tensor:
    """x1 x2 / (max(|x1|, eps) max(|x2|, eps)), summed along `dim`.

    Raises: RuntimeError where the common dtype is not floating.
    """
    from minitorch.ops.composite import result_type

    common = result_type(x1, x2)
    if not common.is_floating_point:
        raise RuntimeError(f"cosine_similarity: expected a floating-point dtype, got {common}")
    x1, x2 = (x if x.dtype is common else x.to(dtype=common) for x in (x1, x2))
    shape = errors.broadcast_shapes(x1.shape, x2.shape)
    unit1, unit2 = (_unit(x.expand(shape), dim, eps) for x in (x1, x2))
    return sum(unit1 * unit2, dim=dim)


def _unit(x, dim, eps):
    """x over its length, or over eps where that is smaller; to the gradient it is the length."""
    length = norm2(x, dim=dim, keepdim=True)
    if (length._array < eps).any():
        length = length + (clamp(length, min=eps) - length).detach()
    return x / length


@composition
def pairwise_distance(x1, x2, p=2.0, eps=1e-06, keepdim=False) -> Tensor:
    """The p-norm of x1 - x2 + eps along the last dimension."""
    errors.check_tensor(x2, "pairwise_distance", "x2", 2)
    return norm(x1 - x2 + eps, p, -1, keepdim)


@composition
def pdist(input, p=2.0) -> Tensor:
    """The p-norm distances of all pairs of rows, in the order (0, 1), (0, 2), ..., (1, 2), ...

    Shape: (N, D) -> (N (N - 1) / 2)
    Differs: for p = inf, elements that are equally far share the gradient; torch repeats it.
    Raises: RuntimeError for other numbers of dimensions, a negative p or integers.
    """
    from minitorch._tensor import wrap
    from minitorch.backend import xp

    if input.ndim != 2:
        raise RuntimeError(f"pdist: expected two dimensions, got shape {list(input.shape)}")
    errors.check_floating(input._array, "pdist", RuntimeError)
    errors.check_number(p, "pdist", "p")
    if not p >= 0:
        raise RuntimeError(f"pdist: expected p of at least 0, got {p}")
    first, second = xp.triu_indices(input.shape[0], 1)
    rows = (index.take(input, wrap(at), spec=(index.ARRAY,)) for at in (first, second))
    return _length(next(rows) - next(rows), p)


def _length(x, p):
    """The p-norm along the last dimension; where it is 0, so is its derivative."""
    if p == 2:
        return norm2(x, dim=-1)
    size = abs(x)
    if p == 0:
        return sum(sign(size), dim=-1)
    if p == 1 or not x.shape[-1]:
        return sum(size, dim=-1)
    if p == float("inf"):
        return amax(size, dim=-1)
    # Against overflow and underflow of the powers, the largest is taken out.
    top = amax(size, dim=-1, keepdim=True).detach()
    top = where(top == 0, 1, top)
    powers = sum((size / top) ** p, dim=-1)
    length = where(powers == 0, 1, powers) ** (1 / p) * top.squeeze(-1)
    return gate(length, powers != 0)


@composition
def bilinear(input1, input2, weight, bias=None) -> Tensor:
    """input1 weight_k input2 + bias_k for each k.

    Shape: (*, I), (*, J), (K, I, J), (K) -> (*, K)
    Raises: RuntimeError for other sizes and for dtypes that differ.
    """
    _check_bilinear(input1, input2, weight, bias)
    k, i, j = weight.shape
    x, y = reshape(input1, (-1, i)), reshape(input2, (-1, j))
    left = reshape(matmul(x, reshape(weight.permute(1, 0, 2), (i, k * j))), (-1, k, j))
    out = reshape(matmul(left, y.unsqueeze(-1)), (*input1.shape[:-1], k))
    return out if bias is None else out + bias


def _check_bilinear(x, y, weight, bias):
    if weight.ndim != 3:
        raise IndexError(f"bilinear: expected a weight (K, I, J), got shape {list(weight.shape)}")
    k, i, j = weight.shape
    if x.ndim != y.ndim or x.shape[:-1] != y.shape[:-1]:
        raise RuntimeError(
            f"bilinear: expected inputs alike but for the last size, got {list(x.shape)} and "
            f"{list(y.shape)}"
        )
    if not x.ndim or (x.shape[-1], y.shape[-1]) != (i, j):
        raise RuntimeError(
            f"bilinear: expected last sizes {i} and {j} for a weight of shape "
            f"{list(weight.shape)}, got inputs {list(x.shape)} and {list(y.shape)}"
        )
    if not x.dtype is y.dtype is weight.dtype:
        raise RuntimeError(
            f"bilinear: expected one dtype, got {x.dtype}, {y.dtype} and {weight.dtype}"
        )
    if bias is not None and tuple(bias.shape) != (k,):
        raise RuntimeError(f"bilinear: expected a bias of shape [{k}], got {list(bias.shape)}")
