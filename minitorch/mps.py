"""torch.mps on a machine without it: Apple's GPU is asked for, and is not there."""

from __future__ import annotations

from typing import Any

__all__ = [
    "Event",
    "current_allocated_memory",
    "device_count",
    "driver_allocated_memory",
    "empty_cache",
    "get_rng_state",
    "is_available",
    "manual_seed",
    "recommended_max_memory",
    "seed",
    "set_per_process_memory_fraction",
    "set_rng_state",
    "synchronize",
]


def is_available() -> bool:
    """Whether Apple's GPU can be used: never."""
    return False


def device_count() -> int:
    """How many of them there are: 0."""
    return 0


def manual_seed(seed: int) -> None:
    """Seed the GPU: there is none. Raises: ValueError for what is no number."""
    int(seed)


def synchronize() -> None:
    """Wait for the GPU. Raises: RuntimeError, as there is none."""
    raise RuntimeError("torch.mps needs Apple's GPU: minitorch computes on the CPU")


seed = get_rng_state = empty_cache = current_allocated_memory = synchronize
driver_allocated_memory = recommended_max_memory = synchronize


def set_rng_state(new_state: Any) -> None:
    """Continue the GPU from a random state. Raises: RuntimeError, as there is none."""
    synchronize()


def set_per_process_memory_fraction(fraction: float) -> None:
    """How much one process may take. Raises: RuntimeError, as there is no GPU."""
    synchronize()


class Event:
    """A mark in the GPU's work. Raises: RuntimeError, as there is no GPU."""

    def __init__(self, enable_timing: bool = False) -> None:
        synchronize()
