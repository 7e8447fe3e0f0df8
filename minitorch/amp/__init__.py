"""Mixed precision: `autocast` and `GradScaler`, for scripts that ask for it.

Differs: inside `autocast` everything is computed in the dtype of its operands, on a CPU the faster
one. `GradScaler("cpu")` scales, as torch's does; `GradScaler("cuda")` warns and is off.
"""

from __future__ import annotations

from minitorch._later import later
from minitorch.amp.autocast_mode import (
    autocast,
    custom_bwd,
    custom_fwd,
    is_autocast_available,
)
from minitorch.amp.grad_scaler import GradScaler

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]

__getattr__ = later(__name__, {"cpu": ""})
