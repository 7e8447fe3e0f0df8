"""torch.cuda.amp: autocast and GradScaler for CUDA under their old names."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from minitorch import dtypes
from minitorch.amp import autocast_mode, grad_scaler
from minitorch.amp.cpu import deprecated

__all__ = ["GradScaler", "amp_definitely_not_available", "autocast", "custom_bwd", "custom_fwd"]


def amp_definitely_not_available() -> bool:
    """Whether CUDA is surely missing: yes."""
    return True


class autocast(autocast_mode.autocast):
    """`torch.amp.autocast("cuda")`; deprecated, as in torch."""

    def __init__(
        self,
        enabled: bool = True,
        dtype: dtypes.dtype = dtypes.float16,
        cache_enabled: bool = True,
    ) -> None:
        deprecated("cuda", "autocast")
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(grad_scaler.GradScaler):
    """`torch.amp.GradScaler("cuda")`; deprecated, as in torch."""

    def __init__(self, init_scale: float = 2.0**16, *args: Any, **kwargs: Any) -> None:
        deprecated("cuda", "GradScaler")
        super().__init__("cuda", init_scale, *args, **kwargs)


def _old(name: str, **how: Any) -> Callable:
    warnings.warn(
        f"`torch.cuda.amp.{name}(args...)` is deprecated: use "
        f"`torch.amp.{name}(args..., device_type='cuda')`",
        FutureWarning,
        stacklevel=3,
    )
    return getattr(autocast_mode, name)(device_type="cuda", **how)


def custom_fwd(fwd: Callable | None = None, *, cast_inputs: dtypes.dtype | None = None) -> Callable:
    """`torch.amp.custom_fwd` for CUDA; deprecated, as in torch."""
    return _old("custom_fwd", fwd=fwd, cast_inputs=cast_inputs)


def custom_bwd(bwd: Callable | None = None) -> Callable:
    """`torch.amp.custom_bwd` for CUDA; deprecated, as in torch."""
    return _old("custom_bwd", bwd=bwd)
