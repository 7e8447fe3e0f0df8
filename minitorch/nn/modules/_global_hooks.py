"""Hooks of all modules: torch's functions `register_module_*_hook`."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from minitorch.hooks import RemovableHandle
from minitorch.nn.modules._hooks import EVERY

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

REGISTRATION: dict[str, OrderedDict] = {
    "_buffers": OrderedDict(),
    "_modules": OrderedDict(),
    "_parameters": OrderedDict(),
}
"""What is called when a module is given a part; by the name of the store it goes to."""


def to_be_registered(module: Any, store: str, name: str, value: Any) -> Any:
    """What the hooks make of a part that a module is given."""
    for hook in REGISTRATION[store].values():
        changed = hook(module, name, value)
        value = value if changed is None else changed
    return value


def register_module_buffer_registration_hook(hook: Callable) -> RemovableHandle:
    """Call `hook(module, name, buffer)` for each buffer registered; may return another."""
    return RemovableHandle(REGISTRATION["_buffers"], hook)


def register_module_module_registration_hook(hook: Callable) -> RemovableHandle:
    """Call `hook(module, name, submodule)` for each module registered; may return another."""
    return RemovableHandle(REGISTRATION["_modules"], hook)


def register_module_parameter_registration_hook(hook: Callable) -> RemovableHandle:
    """Call `hook(module, name, parameter)` for each parameter registered; may return another."""
    return RemovableHandle(REGISTRATION["_parameters"], hook)


def register_module_forward_pre_hook(hook: Callable) -> RemovableHandle:
    """`Module.register_forward_pre_hook` of all modules, before their own."""
    return EVERY.register_forward_pre_hook(hook)


def register_module_forward_hook(
    hook: Callable, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """`Module.register_forward_hook` of all modules, before their own."""
    return EVERY.register_forward_hook(hook, with_kwargs=with_kwargs, always_call=always_call)


def register_module_full_backward_hook(hook: Callable) -> RemovableHandle:
    """`Module.register_full_backward_hook` of all modules, before their own."""
    return EVERY.register_full_backward_hook(hook)


def register_module_full_backward_pre_hook(hook: Callable) -> RemovableHandle:
    """`Module.register_full_backward_pre_hook` of all modules, before their own."""
    return EVERY.register_full_backward_pre_hook(hook)


def register_module_backward_hook(hook: Callable) -> RemovableHandle:
    """`Module.register_backward_hook` of all modules, before their own."""
    return EVERY.register_backward_hook(hook)
