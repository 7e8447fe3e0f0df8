"""torch.accelerator: whatever computes beside the CPU. Here nothing does."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from minitorch.backend import device

__all__ = [
    "AcceleratorError",
    "OutOfMemoryError",
    "current_accelerator",
    "current_device_idx",
    "current_device_index",
    "current_stream",
    "device_count",
    "device_index",
    "empty_cache",
    "get_memory_info",
    "is_available",
    "max_memory_allocated",
    "max_memory_reserved",
    "memory_allocated",
    "memory_reserved",
    "memory_stats",
    "reset_accumulated_memory_stats",
    "reset_peak_memory_stats",
    "set_device_idx",
    "set_device_index",
    "set_stream",
    "synchronize",
]


class AcceleratorError(RuntimeError):
    """What torch raises when an accelerator fails."""

    __module__ = "torch"


class OutOfMemoryError(RuntimeError):
    """What torch raises when the memory of an accelerator is used up."""

    __module__ = "torch"


def is_available() -> bool:
    """Whether there is an accelerator: never."""
    return False


def device_count() -> int:
    """How many accelerators there are: 0."""
    return 0


def current_accelerator(check_available: bool = False) -> device | None:
    """The accelerator, None: there is none."""
    return None


def _none(*args: Any) -> RuntimeError:
    return RuntimeError(
        "Cannot access accelerator device when none is available: minitorch computes on the CPU"
    )


def synchronize(device: Any = None, /) -> None:
    """Wait for the accelerator. Raises: RuntimeError, as there is none."""
    raise _none()


def current_device_index() -> int:
    """The number of the chosen accelerator. Raises: RuntimeError, as there is none."""
    raise _none()


current_device_idx = current_device_index


def set_device_index(device: Any, /) -> None:
    """Choose an accelerator. Raises: RuntimeError, as there is none."""
    raise _none()


set_device_idx = set_stream = set_device_index
current_stream = memory_allocated = memory_reserved = max_memory_allocated = synchronize
max_memory_reserved = memory_stats = get_memory_info = empty_cache = synchronize
reset_peak_memory_stats = reset_accumulated_memory_stats = synchronize


class device_index(AbstractContextManager):
    """Choose an accelerator inside; None: do nothing. Raises: RuntimeError when entered else."""

    def __init__(self, device: int | None, /) -> None:
        self.idx = device

    def __enter__(self) -> None:
        if self.idx is not None:
            raise _none()

    def __exit__(self, *error: Any) -> None:
        return None
