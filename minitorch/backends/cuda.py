"""Switches of NVIDIA's libraries of products and of attention: kept, and nothing reads them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from minitorch import settings

__all__ = [
    "can_use_efficient_attention",
    "can_use_flash_attention",
    "cudnn_sdp_enabled",
    "enable_cudnn_sdp",
    "enable_flash_sdp",
    "enable_math_sdp",
    "enable_mem_efficient_sdp",
    "flash_sdp_enabled",
    "is_built",
    "is_flash_attention_available",
    "math_sdp_enabled",
    "matmul",
    "mem_efficient_sdp_enabled",
    "preferred_blas_library",
    "preferred_linalg_library",
    "sdp_kernel",
]


def is_built() -> bool:
    """Whether this engine was built with CUDA: no."""
    return False


class _Products:
    """How products may be rounded on a GPU. Raises: AttributeError for a switch torch has not."""

    __slots__ = (
        "allow_bf16_reduced_precision_reduction",
        "allow_fp16_accumulation",
        "allow_fp16_reduced_precision_reduction",
        "fp32_precision",
    )

    def __init__(self) -> None:
        self.allow_bf16_reduced_precision_reduction = True
        self.allow_fp16_reduced_precision_reduction = True
        self.allow_fp16_accumulation = False
        self.fp32_precision = "none"

    @property
    def allow_tf32(self) -> bool:
        """Whether float32 products may be rounded to TF32: the same as a precision but highest."""
        return settings.get_float32_matmul_precision() != "highest"

    @allow_tf32.setter
    def allow_tf32(self, allowed: bool) -> None:
        settings.set_float32_matmul_precision("high" if allowed else "highest")


matmul = _Products()

# ------------------------------------------------------------------ attention

_attention = {"flash": True, "math": True, "mem_efficient": True, "cudnn": True}


def flash_sdp_enabled() -> bool:
    """Whether attention may run as FlashAttention on a GPU."""
    return _attention["flash"]


def enable_flash_sdp(enabled: bool) -> None:
    """Choose what `flash_sdp_enabled` answers."""
    _attention["flash"] = bool(enabled)


def math_sdp_enabled() -> bool:
    """Whether attention may run as products and a softmax, as it does here whatever is chosen."""
    return _attention["math"]


def enable_math_sdp(enabled: bool) -> None:
    """Choose what `math_sdp_enabled` answers."""
    _attention["math"] = bool(enabled)


def mem_efficient_sdp_enabled() -> bool:
    """Whether attention may run in pieces on a GPU."""
    return _attention["mem_efficient"]


def enable_mem_efficient_sdp(enabled: bool) -> None:
    """Choose what `mem_efficient_sdp_enabled` answers."""
    _attention["mem_efficient"] = bool(enabled)


def cudnn_sdp_enabled() -> bool:
    """Whether attention may run in cuDNN."""
    return _attention["cudnn"]


def enable_cudnn_sdp(enabled: bool) -> None:
    """Choose what `cudnn_sdp_enabled` answers."""
    _attention["cudnn"] = bool(enabled)


def is_flash_attention_available() -> bool:
    """Whether FlashAttention is there: no."""
    return False


def can_use_flash_attention(params: Any, debug: bool = False) -> bool:
    """Whether FlashAttention takes these tensors: none."""
    return False


can_use_efficient_attention = can_use_flash_attention


@contextmanager
def sdp_kernel(
    enable_flash: bool = True,
    enable_math: bool = True,
    enable_mem_efficient: bool = True,
    enable_cudnn: bool = True,
) -> Iterator[dict]:
    """Which ways to attention a GPU may take inside; deprecated, as in torch."""
    warnings.warn(
        "torch.backends.cuda.sdp_kernel() is deprecated: use torch.nn.attention.sdpa_kernel()",
        FutureWarning,
        stacklevel=3,
    )
    before = dict(_attention)
    given = (enable_flash, enable_math, enable_mem_efficient, enable_cudnn)
    _attention.update(zip(_attention, map(bool, given)))
    try:
        yield {}
    finally:
        _attention.update(before)


# ------------------------------------------------------------------ libraries

_preferred = {"linalg": "default", "blas": "cublas"}


def preferred_linalg_library(backend: str | None = None) -> str:
    """Which library solves on a GPU: what was chosen, "default" before."""
    _preferred["linalg"] = backend or _preferred["linalg"]
    return _preferred["linalg"]


def preferred_blas_library(backend: str | None = None) -> str:
    """Which library multiplies on a GPU: what was chosen, "cublas" before."""
    _preferred["blas"] = backend or _preferred["blas"]
    return _preferred["blas"]
