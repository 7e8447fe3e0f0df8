"""torch's functions that write to their first argument: `torch.cos_(x)` is `x.cos_()`."""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor


def __getattr__(name: str) -> Any:
    if name.startswith("__") or not name.endswith("_") or not hasattr(Tensor, name):
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(Tensor, name)
