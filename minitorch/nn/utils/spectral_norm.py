"""Spectral normalization by hooks: the old form; `parametrizations.spectral_norm` is the new."""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.grad_mode import no_grad
from minitorch.nn._normalization import normalize
from minitorch.nn.utils.weight_norm import remove_hook
from minitorch.ops.contract import dot, mv
from minitorch.parameter import Parameter

__all__ = ["SpectralNorm", "remove_spectral_norm", "spectral_norm"]


def matrix_of(weight: Tensor, dim: int) -> Tensor:
    """`weight` as a matrix whose rows are counted by dimension `dim`."""
    if dim:
        weight = weight.permute(dim, *(d for d in range(weight.ndim) if d != dim))
    return weight.reshape(weight.shape[0], -1)


def rows_of(module: Any, dim: int | None) -> int:
    """The dimension that counts the outputs: what the user says, or 1 of a transposed conv."""
    if dim is not None:
        return dim
    names = {cls.__name__ for cls in type(module).__mro__}
    return int(bool(names & {"ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"}))


class SpectralNorm:
    """The hook that divides a weight by its largest singular value before every forward.

    That value is estimated: each forward in training takes `n_power_iterations` steps.
    Source: Miyato et al. 2018, https://arxiv.org/abs/1802.05957
    Raises: ValueError unless there is a step.
    """

    _version = 1

    def __init__(
        self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        self.name, self.dim, self.eps = name, dim, eps
        self.n_power_iterations = n_power_iterations

    def compute_weight(self, module: Any, do_power_iteration: bool) -> Tensor:
        """The weight over u^T W v, the vectors brought closer to the first singular ones before."""
        weight = getattr(module, f"{self.name}_orig")
        u, v = getattr(module, f"{self.name}_u"), getattr(module, f"{self.name}_v")
        matrix = matrix_of(weight, self.dim)
        if do_power_iteration:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(normalize(mv(matrix.t(), u), dim=0, eps=self.eps))
                    u.copy_(normalize(mv(matrix, v), dim=0, eps=self.eps))
                u, v = u.clone(), v.clone()  # the buffers change before the backward
        return weight / dot(u, mv(matrix, v))

    @staticmethod
    def apply(
        module: Any, name: str, n_power_iterations: int, dim: int, eps: float
    ) -> SpectralNorm:
        """Put the hook on `module`. Raises: RuntimeError where there is one for that parameter."""
        for hook in module._forward_pre_hooks.values():
            if isinstance(hook, SpectralNorm) and hook.name == name:
                raise RuntimeError(f"spectral_norm: {name} of {module} has one already")
        made = SpectralNorm(name, n_power_iterations, dim, eps)
        weight = module._parameters.get(name)
        if weight is None:
            raise ValueError(f"spectral_norm: expected a parameter '{name}' of {module}, got None")
        with no_grad():
            rows, columns = matrix_of(weight, dim).shape
            u, v = (
                normalize(weight.new_empty(n).normal_(0, 1), dim=0, eps=eps)
                for n in (rows, columns)
            )
        del module._parameters[name]
        module.register_parameter(f"{name}_orig", weight)
        setattr(module, name, weight.data)  # until the first forward
        module.register_buffer(f"{name}_u", u)
        module.register_buffer(f"{name}_v", v)
        module.register_forward_pre_hook(made)
        module._register_state_dict_hook(SpectralNormStateDictHook(made))
        return made

    def remove(self, module: Any) -> None:
        """Make the weight, as it is now, an ordinary parameter again."""
        with no_grad():
            weight = self.compute_weight(module, do_power_iteration=False)
        delattr(module, self.name)
        del module._buffers[f"{self.name}_u"], module._buffers[f"{self.name}_v"]
        del module._parameters[f"{self.name}_orig"]
        module.register_parameter(self.name, Parameter(weight.detach()))
        for key, hook in list(module._state_dict_hooks.items()):
            if isinstance(hook, SpectralNormStateDictHook) and hook.fn is self:
                del module._state_dict_hooks[key]

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, module.training))


class SpectralNormStateDictHook:
    """Writes the version of the normalization to the metadata of a state."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(self, module: Any, state_dict: Any, prefix: str, local_metadata: dict) -> None:
        versions = local_metadata.setdefault("spectral_norm", {})
        versions[f"{self.fn.name}.version"] = self.fn._version


def spectral_norm(
    module: Any, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12,
    dim: int | None = None,
) -> Any:  # fmt: skip
    """Divide a parameter by its largest singular value, estimated by power iteration.

    Source: Miyato et al. 2018, https://arxiv.org/abs/1802.05957
    """
    SpectralNorm.apply(module, name, n_power_iterations, rows_of(module, dim), eps)
    return module


def remove_spectral_norm(module: Any, name: str = "weight") -> Any:
    """Undo `spectral_norm`. Raises: ValueError where there is none."""
    return remove_hook(module, name, SpectralNorm, "spectral_norm")
