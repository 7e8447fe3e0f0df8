"""torch.utils.deterministic: whether new memory is filled. It is not."""

from __future__ import annotations

__all__ = ["fill_uninitialized_memory"]

fill_uninitialized_memory = True  # torch's default, obeyed by `empty` in deterministic mode alone
