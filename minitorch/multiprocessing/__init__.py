"""torch.multiprocessing: the standard library's processes, and `spawn`.

Differs: tensors travel by value, so a process does not see what another writes.
"""

from __future__ import annotations

import multiprocessing
from multiprocessing import *  # noqa: F403

from minitorch.multiprocessing._spawn import (
    ProcessContext,
    ProcessException,
    ProcessExitedException,
    ProcessRaisedException,
    SpawnContext,
    spawn,
    start_processes,
)

_STRATEGIES = {"file_descriptor", "file_system"}
_strategy = ["file_descriptor"]

__all__ = [  # noqa: PLE0604
    *multiprocessing.__all__,
    "ProcessContext",
    "ProcessException",
    "ProcessExitedException",
    "ProcessRaisedException",
    "SpawnContext",
    "get_all_sharing_strategies",
    "get_sharing_strategy",
    "init_reductions",
    "set_sharing_strategy",
    "spawn",
    "start_processes",
]


def get_all_sharing_strategies() -> set[str]:
    """The names of torch's ways to share memory."""
    return set(_STRATEGIES)


def get_sharing_strategy() -> str:
    """The way that was chosen."""
    return _strategy[0]


def set_sharing_strategy(new_strategy: str) -> None:
    """Choose a way to share memory: kept, tensors are copied. Raises: AssertionError for others."""
    if new_strategy not in _STRATEGIES:
        raise AssertionError(f"expected a strategy of {sorted(_STRATEGIES)}, got {new_strategy!r}")
    _strategy[0] = new_strategy


def init_reductions() -> None:
    """Say how tensors travel: by value, as anything that can be pickled."""
