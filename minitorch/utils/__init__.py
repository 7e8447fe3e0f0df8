"""What surrounds training: data loading, sharing memory, timing, and what scripts touch beside."""

from __future__ import annotations

from minitorch._later import later
from minitorch.utils import data

__all__ = ["data"]

__getattr__ = later(
    __name__,
    {
        "_pytree": "",
        "benchmark": "",
        "checkpoint": "",
        "cpp_extension": "",
        "deterministic": "",
        "dlpack": "",
        "hooks": "",
        "model_zoo": "",
        "safetensors": "",
        "tensorboard": "",
    },
)
