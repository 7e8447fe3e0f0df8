"""torch._inductor: what scripts touch of the code generator that is not there."""

from __future__ import annotations

from minitorch._later import later

__all__ = ["config"]

__getattr__ = later(__name__, {"config": ""})
