"""Parameter and Buffer under the name torch has them."""

from __future__ import annotations

from minitorch.parameter import Buffer, Parameter

__all__ = ["Buffer", "Parameter"]
