"""What a DataLoader is made of, where torch keeps it."""

from __future__ import annotations

from minitorch.utils.data._utils import collate, fetch, pin_memory, worker

__all__ = ["collate", "fetch", "pin_memory", "worker"]
