"""LinearCrossEntropyOptions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from minitorch import dtypes

__all__ = ["LinearCrossEntropyOptions"]

_FLOATS = (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64)


@dataclass(frozen=True)
class LinearCrossEntropyOptions:
    """How torch saves memory in `linear_cross_entropy`: the logits piece by piece.

    Differs: checked and kept, and without effect: all logits are made at once.
    Raises: ValueError for what torch does not take.
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: dtypes.dtype | None = None

    def __post_init__(self) -> None:
        size, method = self.batch_chunk_size, self.chunking_method
        if size is not None and not (isinstance(size, int) and size > 0):
            raise ValueError(f"batch_chunk_size must be positive int or None, got {size!r}")
        if method is not None and not re.fullmatch(r"auto|aspect_ratio:\d+", method):
            raise ValueError(f"invalid chunking_method: {method!r}")
        if self.acc_policy not in ("accurate", "balanced", "compact", "auto"):
            raise ValueError(f"invalid acc_policy: {self.acc_policy!r}")
        if self.acc_dtype is not None and self.acc_dtype not in _FLOATS:
            raise ValueError(f"acc_dtype must be one of {_FLOATS} or None, got {self.acc_dtype!r}")
