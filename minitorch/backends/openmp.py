"""Threads of compiled loops: there are none."""

from __future__ import annotations

__all__ = ["is_available"]


def is_available() -> bool:
    """Whether loops run in OpenMP: no. Differs: torch's builds have it."""
    return False
