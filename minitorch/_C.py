"""torch._C: the few names of torch's inside that scripts reach for."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from minitorch import subclass
from minitorch._tensor import Tensor as TensorBase
from minitorch.backend import device
from minitorch.dtypes import Size, dtype
from minitorch.linalg import LinAlgError
from minitorch.random import Generator

__all__ = [
    "DisableTorchFunction",
    "DisableTorchFunctionSubclass",
    "Generator",
    "Size",
    "TensorBase",
    "device",
    "dtype",
]

_TensorBase, _LinAlgError = TensorBase, LinAlgError


class DisableTorchFunctionSubclass(AbstractContextManager):
    """Inside, methods of subclasses of Tensor are Tensor's own."""

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(subclass.asked_no_more(True))

    def __exit__(self, *error: Any) -> None:
        subclass.asked_no_more(self._before.pop())


DisableTorchFunction = DisableTorchFunctionSubclass


def _log_api_usage_once(name: str) -> None:
    """Count the use of `name`: nothing is counted."""


def _jit_set_profiling_executor(enabled: bool) -> bool:
    """Which executor runs compiled code: there is none. Returns: what was chosen before."""
    return True


def _jit_set_profiling_mode(enabled: bool) -> bool:
    """Whether it profiles: there is none. Returns: what was chosen before."""
    return True
