"""Intel's library of layers: its switches keep what they are told, and nothing reads them."""

from __future__ import annotations

from contextlib import AbstractContextManager

from minitorch._switches import setting
from minitorch.backends.mkl import is_available, verbose

__all__ = ["flags", "is_available", "set_flags", "verbose"]

enabled = True
deterministic = False
allow_tf32 = True


def set_flags(
    _enabled: bool | None = None,
    _deterministic: bool | None = None,
    _allow_tf32: bool | None = None,
) -> tuple:
    """Set the switches that are not None. Returns: all of them as they were."""
    given = {"enabled": _enabled, "deterministic": _deterministic, "allow_tf32": _allow_tf32}
    before = tuple(globals()[name] for name in given)
    globals().update({name: value for name, value in given.items() if value is not None})
    return before


def flags(
    enabled: bool = False, deterministic: bool = False, allow_tf32: bool = True
) -> AbstractContextManager:
    """The switches set to these inside, and put back afterwards."""
    return setting(__name__, enabled=enabled, deterministic=deterministic, allow_tf32=allow_tf32)
