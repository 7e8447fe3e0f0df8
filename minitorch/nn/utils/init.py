"""A module whose parameters are not drawn."""

from __future__ import annotations

import inspect
from typing import Any

from minitorch.nn.modules.module import Module

__all__ = ["skip_init"]


def skip_init(module_cls: type, *args: Any, **kwargs: Any) -> Any:
    """`module_cls(*args, **kwargs)` with parameters and buffers that hold anything.

    No random number is drawn.
    Raises: RuntimeError for what is no Module, or takes no `device`.
    """
    if not (isinstance(module_cls, type) and issubclass(module_cls, Module)):
        raise RuntimeError(f"skip_init: expected a Module, got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError(f"skip_init: expected {module_cls.__name__} to take a device")
    from minitorch.random import get_rng_state, set_rng_state

    device = kwargs.pop("device", "cpu")
    before = get_rng_state()
    try:
        return module_cls(*args, **kwargs).to_empty(device=device)
    finally:
        set_rng_state(before)
