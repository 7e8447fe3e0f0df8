"""Intel's library of products: NumPy's own is used in its place."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

__all__ = ["VERBOSE_OFF", "VERBOSE_ON", "is_available", "verbose"]

VERBOSE_OFF, VERBOSE_ON = 0, 1


def is_available() -> bool:
    """Whether products run in MKL: no. Differs: torch's builds have it."""
    return False


class verbose(AbstractContextManager):
    """Let MKL tell what it does inside: it does nothing here."""

    def __init__(self, enable: int) -> None:
        self.enable = enable

    def __exit__(self, *error: Any) -> None:
        return None
