"""Copies between GPUs, of which there are none."""

from __future__ import annotations

from typing import Any

from minitorch.backend import not_compiled

__all__ = ["broadcast", "broadcast_coalesced", "gather", "reduce_add", "scatter"]


def broadcast(tensor: Any, devices: Any = None, *, out: Any = None) -> tuple:
    """Copies for several GPUs. Raises: AssertionError, as there is none."""
    raise not_compiled("cuda")


broadcast_coalesced = reduce_add = gather = scatter = broadcast
