"""What the processor can do."""

from __future__ import annotations

__all__ = ["get_cpu_capability"]


def get_cpu_capability() -> str:
    """The widest vectors NumPy may use: "AVX512", "AVX2" or "DEFAULT"."""
    from numpy._core._multiarray_umath import __cpu_features__ as has

    return "AVX512" if has.get("AVX512F") else "AVX2" if has.get("AVX2") else "DEFAULT"
