"""Weight normalization by hooks: the old form; `parametrizations.weight_norm` is the new one."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch._tensor import Tensor
from minitorch.ops.norms import vector_norm
from minitorch.parameter import Parameter

__all__ = ["WeightNorm", "remove_weight_norm", "weight_norm"]


def norm_except(v: Tensor, dim: int) -> Tensor:
    """The norm of `v` over all dimensions but one, which stay as 1; over all where it is -1."""
    if dim == -1:
        return vector_norm(v)
    others = [d for d in range(v.ndim) if d != dim % max(v.ndim, 1)]
    return vector_norm(v, 2, others, keepdim=True) if others else v.abs()


class WeightNorm:
    """The hook that makes w = g v / |v| anew before every forward.

    Source: Salimans and Kingma 2016, https://arxiv.org/abs/1602.07868
    """

    def __init__(self, name: str, dim: int | None) -> None:
        self.name, self.dim = name, -1 if dim is None else dim

    def compute_weight(self, module: Any) -> Tensor:
        """g v / |v|."""
        g, v = getattr(module, f"{self.name}_g"), getattr(module, f"{self.name}_v")
        return v * (g / norm_except(v, self.dim))

    @staticmethod
    def apply(module: Any, name: str, dim: int | None) -> WeightNorm:
        """Put g and v in the place of the parameter. Raises: RuntimeError where they are there."""
        for hook in module._forward_pre_hooks.values():
            if isinstance(hook, WeightNorm) and hook.name == name:
                raise RuntimeError(f"weight_norm: {name} of {module} has one already")
        made = WeightNorm(name, dim)
        weight = getattr(module, name)
        del module._parameters[name]
        for part, data in (("g", norm_except(weight, made.dim)), ("v", weight)):
            module.register_parameter(f"{name}_{part}", Parameter(data.data))
        setattr(module, name, made.compute_weight(module))
        module.register_forward_pre_hook(made)
        return made

    def remove(self, module: Any) -> None:
        """Make the weight an ordinary parameter again."""
        weight = self.compute_weight(module)
        delattr(module, self.name)
        del module._parameters[f"{self.name}_g"], module._parameters[f"{self.name}_v"]
        setattr(module, self.name, Parameter(weight.data))

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))


def weight_norm(module: Any, name: str = "weight", dim: int | None = 0) -> Any:
    """Replace a parameter by its direction `<name>_v` and its length `<name>_g` along `dim`.

    Source: Salimans and Kingma 2016, https://arxiv.org/abs/1602.07868
    """
    warnings.warn(
        "`torch.nn.utils.weight_norm` is deprecated in favor of "
        "`torch.nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
        stacklevel=2,
    )
    WeightNorm.apply(module, name, dim)
    return module


def remove_weight_norm(module: Any, name: str = "weight") -> Any:
    """Undo `weight_norm`. Raises: ValueError where there is none."""
    return remove_hook(module, name, WeightNorm, "weight_norm")


def remove_hook(module: Any, name: str, kind: type, title: str) -> Any:
    """Take out the forward pre-hook of that kind for the parameter `name`."""
    for key, hook in list(module._forward_pre_hooks.items()):
        if isinstance(hook, kind) and hook.name == name:
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(f"{title} of '{name}' not found in {module}")
