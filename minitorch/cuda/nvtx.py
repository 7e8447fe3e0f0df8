"""Marks for NVIDIA's profiler, which needs a CUDA build."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["mark", "range", "range_end", "range_pop", "range_push", "range_start"]


def range_push(msg: str) -> int:
    """Begin a block. Raises: RuntimeError, as there is no CUDA."""
    raise RuntimeError("NVTX functions not installed: minitorch computes on the CPU")


mark = range_start = range_push


def range_pop() -> int:
    """End a block. Raises: RuntimeError, as there is no CUDA."""
    return range_push("")


def range_end(range_id: int) -> None:
    """End the block of this number. Raises: RuntimeError, as there is no CUDA."""
    range_push("")


@contextmanager
def range(msg: str, *args: Any, **kwargs: Any) -> Iterator[None]:
    """A block as a context. Raises: RuntimeError, as there is no CUDA."""
    range_push(msg.format(*args, **kwargs))
    try:
        yield
    finally:
        range_pop()
