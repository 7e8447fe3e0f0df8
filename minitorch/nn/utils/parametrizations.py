"""Ready-made parametrizations: orthogonal matrices, weight and spectral normalization."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch import creation
from minitorch._tensor import Tensor, wrap
from minitorch.grad_mode import no_grad
from minitorch.nn._normalization import normalize
from minitorch.nn.modules.module import Module
from minitorch.nn.utils import parametrize
from minitorch.nn.utils.spectral_norm import matrix_of, rows_of
from minitorch.nn.utils.weight_norm import norm_except
from minitorch.ops import linalg
from minitorch.ops.contract import dot, mv
from minitorch.ops.pieces import cat
from minitorch.sampling import randn

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

_MAPS = ("matrix_exp", "cayley", "householder")


# ------------------------------------------------------------------ orthogonal


def _reflections(x: Tensor) -> Tensor:
    """The product of the Householder reflections whose vectors are the columns below 1s.

    Shape: (*, n, k) -> (*, n, k), the first k columns
    """
    n, k = x.shape[-2:]
    below = x.tril(-1)
    tau = 2.0 / (1.0 + (below * below).sum(-2))
    one = creation.eye(n, k, dtype=x.dtype)
    vectors, out = below + one, one.expand(x.shape)
    for i in reversed(range(k)):
        v = vectors[..., i : i + 1]
        out = out - tau[..., i, None, None] * v @ (v.mT @ out)
    return out


def _signs(array: np.ndarray) -> np.ndarray:
    """The sign of each element of the diagonal."""
    return np.sign(np.diagonal(array, axis1=-2, axis2=-1))


def _nearest(x: Tensor) -> Tensor:
    """The orthogonal factor of x = Q R, R with a positive diagonal."""
    q, r = np.linalg.qr(x._array)
    return wrap(q * _signs(r)[..., None, :])


def _is_orthogonal(q: Tensor) -> bool:
    n, k = q.shape[-2:]
    eye = np.eye(k, dtype=q._array.dtype)
    eps = 10.0 * n * float(np.finfo(eye.dtype).eps)
    product = q._array.swapaxes(-1, -2) @ q._array
    return bool(np.allclose(product, eye, rtol=0, atol=eps))


class _Orthogonal(Module):
    """A matrix with orthonormal columns, or rows where it is wide, from any matrix."""

    base: Tensor

    def __init__(self, weight: Tensor, orthogonal_map: str, *, use_trivialization: bool) -> None:
        super().__init__()
        self.orthogonal_map, self.shape = orthogonal_map, weight.shape
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x: Tensor) -> Tensor:
        """The orthogonal matrix."""
        wide = x.shape[-2] < x.shape[-1]
        x = x.mT if wide else x
        n, k = x.shape[-2:]
        if self.orthogonal_map == "householder":
            out = _reflections(x)
            out = out * x.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)
        else:
            out = self._of_skew(x, n, k)
        if "base" in self._buffers:
            out = self.base @ out
        return out.mT if wide else out

    def _of_skew(self, x: Tensor, n: int, k: int) -> Tensor:
        """The exponential of the skew matrix A - A^T, or (1 - A / 2)^-1 (1 + A / 2) of it."""
        lower = x.tril()
        if n != k:
            lower = cat([lower, lower.new_zeros(n, n - k).expand(*x.shape[:-2], n, n - k)], -1)
        skew = lower - lower.mT
        if self.orthogonal_map == "matrix_exp":
            out = linalg.matrix_exp(skew)
        else:
            one = creation.eye(n, dtype=x.dtype)
            out = linalg.solve(one - skew * 0.5, one + skew * 0.5)
        return out[..., :k] if n != k else out

    def right_inverse(self, q: Tensor) -> Tensor:
        """What gives `q`, or the orthogonal matrix next to it.

        Raises: ValueError for another shape; NotImplementedError for the maps that have no inverse
        unless a base is moved.
        """
        if q.shape != self.shape:
            raise ValueError(f"orthogonal: expected shape {self.shape}, got {q.shape}")
        given, wide = q, q.shape[-2] < q.shape[-1]
        q = q.mT if wide else q
        n, k = q.shape[-2:]
        if "base" not in self._buffers:
            if self.orthogonal_map != "householder":
                raise NotImplementedError(
                    "orthogonal: no matrix can be assigned to the map "
                    f"'{self.orthogonal_map}' with use_trivialization=False"
                )
            below, _ = np.linalg.qr(q._array, mode="raw")
            found = below.swapaxes(-1, -2).copy()  # as LAPACK has it, by columns
            signs = _signs(found)
            signs[signs == 0] = 1  # of which there are none but by chance
            found[..., range(k), range(k)] = signs
            return wrap(found).mT if wide else wrap(found)
        if n == k:
            q = q.clone() if _is_orthogonal(q) else _nearest(q)
        else:
            rest = randn(*q.shape[:-2], n, n - k, dtype=q.dtype)
            q = _nearest(cat([q, rest], dim=-1))
        self.base = q
        start = np.zeros(given.shape, given._array.dtype)
        smaller = range(min(n, k))
        start[..., smaller, smaller] = -1
        return wrap(start)


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *,
    use_trivialization: bool = True,
) -> Module:  # fmt: skip
    """Keep a matrix orthogonal: its columns, or its rows where it is wide, are orthonormal.

    `orthogonal_map` is 'matrix_exp', 'cayley' or 'householder'; with `use_trivialization` the map
    starts from the matrix that is there, or that is assigned.

    Source: Lezcano-Casado 2019, https://arxiv.org/abs/1909.09501
    Raises: ValueError for a name that is no tensor, for a vector, or for another map.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"orthogonal: expected a tensor '{name}' of {module}, got {weight!r}")
    if weight.ndim < 2:
        raise ValueError(f"orthogonal: expected a matrix, got {weight.ndim} dimensions")
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if square else "householder"
    if orthogonal_map not in _MAPS:
        raise ValueError(f"orthogonal: expected a map of {_MAPS}, got {orthogonal_map!r}")
    made = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return parametrize.register_parametrization(module, name, made, unsafe=True)


# ------------------------------------------------------------------ weight normalization


class _WeightNorm(Module):
    """w = g v / |v|."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        """g v / |v|."""
        return weight_v * (weight_g / norm_except(weight_v, self.dim))

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """(the length along the dimension, the weight as direction)."""
        return norm_except(weight, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Let a parameter be g v / |v|, its length along `dim` and its direction learned apart.

    A state saved with the old `<name>_g` and `<name>_v` loads too.

    Source: Salimans and Kingma 2016, https://arxiv.org/abs/1602.07868
    """
    parametrize.register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename(state_dict: dict, prefix: str, *rest: Any) -> None:
        for old, number in (("g", 0), ("v", 1)):
            key = f"{prefix}{name}_{old}"
            if key in state_dict:
                new = f"{prefix}parametrizations.{name}.original{number}"
                state_dict[new] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(rename)
    return module


# ------------------------------------------------------------------ spectral normalization


class _SpectralNorm(Module):
    """w / s, s its largest singular value, estimated by power iteration in training."""

    _u: Tensor
    _v: Tensor

    def __init__(
        self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        super().__init__()
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(
                f"spectral_norm: expected dim in [{-weight.ndim}, {weight.ndim}), got {dim}"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        self.dim, self.eps = dim % weight.ndim, eps
        if weight.ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = matrix_of(weight.detach(), self.dim)
            rows, columns = matrix.shape
            u, v = (matrix.new_empty(n).normal_(0, 1) for n in (rows, columns))
            self.register_buffer("_u", normalize(u, dim=0, eps=eps))
            self.register_buffer("_v", normalize(v, dim=0, eps=eps))
            self._power_method(matrix, 15)

    @no_grad()
    def _power_method(self, matrix: Tensor, n_power_iterations: int) -> None:
        """Bring u and v closer to the first singular vectors."""
        for _ in range(n_power_iterations):
            self._u.copy_(normalize(mv(matrix, self._v), dim=0, eps=self.eps))
            self._v.copy_(normalize(mv(matrix.t(), self._u), dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        """w / u^T w v; a vector over its norm."""
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = matrix_of(weight, self.dim)
        if self.training:
            self._power_method(matrix, self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()  # the buffers change before the backward
        return weight / dot(u, mv(matrix, v))

    def right_inverse(self, value: Tensor) -> Tensor:
        """The value itself."""
        return value


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12,
    dim: int | None = None,
) -> Module:  # fmt: skip
    """Let a parameter be divided by its largest singular value.

    Source: Miyato et al. 2018, https://arxiv.org/abs/1802.05957
    Raises: ValueError for a name that is no tensor, or without iterations.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"spectral_norm: expected a tensor '{name}' of {module}, got {weight!r}")
    made = _SpectralNorm(weight, n_power_iterations, rows_of(module, dim), eps)
    return parametrize.register_parametrization(module, name, made)
