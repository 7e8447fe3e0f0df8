"""torch.signal: window functions."""

from minitorch.signal import windows

__all__ = ["windows"]
