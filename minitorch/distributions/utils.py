"""What the distributions share: broadcasting, probabilities and their logarithms, lazy values."""

from __future__ import annotations

import functools
from numbers import Number
from typing import TYPE_CHECKING, Any

from minitorch import dtypes
from minitorch._tensor import Tensor, wrap
from minitorch.backend import xp
from minitorch.creation import as_tensor
from minitorch.grad_mode import enable_grad, state
from minitorch.nn.functional import log_softmax, softmax
from minitorch.ops.elementwise import clamp, log, log1p, sigmoid
from minitorch.ops.rearrange import broadcast_tensors
from minitorch.sized import empty

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "broadcast_all",
    "clamp_probs",
    "euler_constant",
    "lazy_property",
    "logits_to_probs",
    "probs_to_logits",
    "tril_matrix_to_vec",
    "vec_to_tril_matrix",
]

euler_constant = 0.57721566490153286060


def broadcast_all(*values: Any) -> tuple:
    """Tensors and numbers as tensors of one shape; numbers in the dtype of the first tensor.

    Raises: ValueError for what is neither.
    """
    first = None
    for value in values:
        if isinstance(value, Tensor):
            first = value if first is None else first
        elif not isinstance(value, Number):
            raise ValueError(
                f"expected tensors or numbers as parameters, got {type(value).__name__}: {value!r}"
            )
    dtype = (dtypes.get_default_dtype() if first is None else first.dtype).np
    shape = () if first is None else first._array.shape
    tensors = [
        v if isinstance(v, Tensor) else wrap(xp.full(shape, v, dtype))  # as broadcast, often
        for v in values
    ]
    if all(t._array.shape == shape for t in tensors):
        return tuple(tensors)
    return tuple(broadcast_tensors(*tensors))


def _standard_normal(shape: Any, dtype: Any, device: Any) -> Tensor:
    return empty(tuple(shape), dtype=dtype).normal_()


def _uniform(like: Tensor, shape: Any, low: float = 0.0, high: float = 1.0) -> Tensor:
    """Uniform numbers in the dtype of `like`."""
    return empty(tuple(shape), dtype=like.dtype).uniform_(low, high)


def _sum_rightmost(value: Any, dim: int) -> Any:
    """The sum over the last `dim` dimensions."""
    return value if dim == 0 else value.sum(tuple(range(-dim, 0)))


def _finfo(x: Tensor) -> Any:
    return dtypes.finfo(x.dtype)


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities limited to [eps, 1 - eps] of their dtype, so that their logs are finite."""
    eps = _finfo(probs).eps
    return clamp(probs, min=eps, max=1 - eps)


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """The logistic function of log-odds if `is_binary`, else the softmax of the last dimension."""
    return sigmoid(logits) if is_binary else softmax(logits, dim=-1)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """log(p / (1 - p)) if `is_binary`, else log p, of clamped probabilities."""
    inside = clamp_probs(probs)
    return log(inside) - log1p(-inside) if is_binary else log(inside)


def _one_of(name: str, probs: Any, logits: Any) -> None:
    """Raises: ValueError unless either `probs` or `logits` is given."""
    if (probs is None) == (logits is None):
        given = "neither" if probs is None else "both"
        raise ValueError(f"{name}: expected either `probs` or `logits`, got {given}")


def _normalized(logits: Tensor) -> Tensor:
    """Logarithms of weights as logarithms of probabilities."""
    return log_softmax(logits, dim=-1)


class lazy_property:
    """A method whose value is computed when first asked for and then kept on the instance."""

    def __init__(self, wrapped: Callable) -> None:
        self.wrapped = wrapped
        functools.update_wrapper(self, wrapped)  # type: ignore[arg-type]

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return _lazy_property_and_property(self.wrapped)
        if state.grad:
            value = self.wrapped(instance)
        else:
            with enable_grad():
                value = self.wrapped(instance)
        setattr(instance, self.wrapped.__name__, value)
        return value


class _lazy_property_and_property(lazy_property, property):
    """What a class answers when asked for a lazy property of its instances: a property."""

    def __init__(self, wrapped: Callable) -> None:
        property.__init__(self, wrapped)


def tril_matrix_to_vec(mat: Tensor, diag: int = 0) -> Tensor:
    """The elements on and below the diagonal `diag` of (..., n, n) matrices, row by row.

    Raises: ValueError unless -n <= diag < n.
    """
    n = mat.shape[-1]
    if not -n <= diag < n:
        raise ValueError(
            f"tril_matrix_to_vec: expected a diagonal from {-n} to {n - 1}, got {diag}"
        )
    rows, columns = xp.tril_indices(n, diag)
    return mat[..., wrap(rows), wrap(columns)]


def vec_to_tril_matrix(vec: Tensor, diag: int = 0) -> Tensor:
    """The (..., n, n) matrices whose elements on and below the diagonal `diag` are (..., m).

    Raises: ValueError where no n has m such elements.
    """
    m, n = vec.shape[-1], 0
    while _elements_below(n, diag) < m:
        n += 1
    if _elements_below(n, diag) != m:
        raise ValueError(
            f"vec_to_tril_matrix: expected as many elements as some matrix has on and below its "
            f"diagonal {diag}, got {m}"
        )
    rows, columns = xp.tril_indices(n, diag)
    out = vec.new_zeros((*vec.shape[:-1], n, n))
    out[..., wrap(rows), wrap(columns)] = vec
    return out


def _elements_below(n: int, diag: int) -> int:
    """How many elements an (n, n) matrix has on and below a diagonal."""
    above = max(n - diag - 1, 0)
    return n * n - above * (above + 1) // 2 if diag >= 0 else max(n + diag, 0) * (n + diag + 1) // 2


def _as_tensor(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else as_tensor(value)
