"""torch.cpu.amp: autocast and GradScaler for the CPU under their old names."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch import dtypes
from minitorch.amp import autocast_mode, grad_scaler

__all__ = ["GradScaler", "autocast"]


def deprecated(kind: str, name: str, level: int = 3) -> None:
    """Warn that `torch.<kind>.amp.<name>` is the old name."""
    warnings.warn(
        f"`torch.{kind}.amp.{name}(args...)` is deprecated: use "
        f"`torch.amp.{name}('{kind}', args...)`",
        FutureWarning,
        stacklevel=level,
    )


class autocast(autocast_mode.autocast):
    """`torch.amp.autocast("cpu")`; deprecated, as in torch."""

    def __init__(
        self,
        enabled: bool = True,
        dtype: dtypes.dtype = dtypes.bfloat16,
        cache_enabled: bool = True,
    ) -> None:
        deprecated("cpu", "autocast")
        super().__init__("cpu", dtype, enabled, cache_enabled)


class GradScaler(grad_scaler.GradScaler):
    """`torch.amp.GradScaler("cpu")`; deprecated, as in torch."""

    def __init__(self, init_scale: float = 2.0**16, *args: Any, **kwargs: Any) -> None:
        deprecated("cpu", "GradScaler")
        super().__init__("cpu", init_scale, *args, **kwargs)
