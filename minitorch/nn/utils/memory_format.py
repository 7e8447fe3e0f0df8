"""Convolutions whose weights lie in another order in memory."""

from __future__ import annotations

from typing import Any

__all__ = ["convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"]


def _convert(module: Any, memory_format: Any, names: tuple[str, ...]) -> Any:
    if any(cls.__name__ in names for cls in type(module).__mro__):
        weight = module.weight
        weight.data = weight.detach().clone().contiguous(memory_format=memory_format)
    for child in module.children():
        _convert(child, memory_format, names)
    return module


def convert_conv2d_weight_memory_format(module: Any, memory_format: Any) -> Any:
    """Lay the weights of all Conv2d and ConvTranspose2d below `module` in that order."""
    return _convert(module, memory_format, ("Conv2d", "ConvTranspose2d"))


def convert_conv3d_weight_memory_format(module: Any, memory_format: Any) -> Any:
    """Lay the weights of all Conv3d and ConvTranspose3d below `module` in that order."""
    return _convert(module, memory_format, ("Conv3d", "ConvTranspose3d"))
