"""The memory of GPUs: of none, nothing is used."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from minitorch.backend import not_compiled

__all__ = [
    "caching_allocator_alloc",
    "empty_cache",
    "ipc_collect",
    "max_memory_allocated",
    "max_memory_cached",
    "max_memory_reserved",
    "mem_get_info",
    "memory_allocated",
    "memory_cached",
    "memory_reserved",
    "memory_snapshot",
    "memory_stats",
    "memory_summary",
    "reset_accumulated_memory_stats",
    "reset_max_memory_allocated",
    "reset_max_memory_cached",
    "reset_peak_memory_stats",
    "set_per_process_memory_fraction",
]


def empty_cache() -> None:
    """Give cached memory back to the GPU: there is none to give."""


def memory_allocated(device: Any = None) -> int:
    """Bytes that tensors take on the GPU: 0."""
    return 0


memory_reserved = memory_cached = max_memory_allocated = memory_allocated
max_memory_reserved = max_memory_cached = memory_allocated


def memory_stats(device: Any = None) -> OrderedDict:
    """What the allocator of the GPU counted: nothing."""
    return OrderedDict()


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """Free and total bytes of the GPU. Raises: AssertionError, as there is none."""
    raise not_compiled("cuda")


def ipc_collect() -> None:
    """Free memory that processes shared. Raises: AssertionError, as there is no GPU."""
    raise not_compiled("cuda")


def memory_summary(device: Any = None, abbreviated: bool = False) -> str:
    """A table of what is used. Raises: AssertionError, as there is no GPU."""
    raise not_compiled("cuda")


def reset_peak_memory_stats(device: Any = None) -> None:
    """Forget the largest use so far. Raises: AssertionError, as there is no GPU."""
    raise not_compiled("cuda")


reset_max_memory_allocated = reset_max_memory_cached = reset_peak_memory_stats
reset_accumulated_memory_stats = reset_peak_memory_stats
memory_snapshot = reset_peak_memory_stats


def set_per_process_memory_fraction(fraction: float, device: Any = None) -> None:
    """How much one process may take. Raises: AssertionError, as there is no GPU."""
    raise not_compiled("cuda")


def caching_allocator_alloc(size: int, device: Any = None, stream: Any = None) -> int:
    """Memory from the GPU's allocator. Raises: AssertionError, as there is none."""
    raise not_compiled("cuda")
