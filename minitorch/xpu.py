"""torch.xpu on a machine without it: Intel's GPU is asked for, and is not there."""

from __future__ import annotations

from typing import Any

from minitorch.backend import not_compiled
from minitorch.cuda.memory import empty_cache, memory_allocated, memory_stats
from minitorch.cuda.random import get_rng_state_all, manual_seed, manual_seed_all, seed, seed_all

__all__ = [
    "current_device",
    "device_count",
    "empty_cache",
    "get_device_capability",
    "get_device_name",
    "get_device_properties",
    "get_rng_state_all",
    "init",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "max_memory_reserved",
    "memory_allocated",
    "memory_reserved",
    "memory_stats",
    "seed",
    "seed_all",
    "set_device",
    "synchronize",
]

max_memory_allocated = max_memory_reserved = memory_reserved = memory_allocated


def is_available() -> bool:
    """Whether Intel's GPU can be used: never."""
    return False


is_initialized = is_available


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether it computes in bfloat16: there is none."""
    return False


def device_count() -> int:
    """How many of them there are: 0."""
    return 0


def synchronize(device: Any = None) -> None:
    """Wait for the GPU. Raises: AssertionError, as there is none."""
    raise not_compiled("xpu")


init = current_device = get_device_name = get_device_capability = synchronize
get_device_properties = synchronize


def set_device(device: Any) -> None:
    """Choose the GPU. Raises: AssertionError, as there is none."""
    raise not_compiled("xpu")
