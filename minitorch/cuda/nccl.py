"""NVIDIA's library of collective operations, which needs a CUDA build."""

from __future__ import annotations

from typing import Any

from minitorch.backend import not_compiled

__all__ = ["is_available", "version"]


def is_available(tensors: Any = ()) -> bool:
    """Whether NCCL can be used: never."""
    return False


def version() -> tuple[int, ...]:
    """The version of NCCL. Raises: AssertionError, as there is none."""
    raise not_compiled("cuda")
