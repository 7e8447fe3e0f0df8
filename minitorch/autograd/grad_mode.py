"""torch.autograd.grad_mode: the switches, and some that change nothing here."""

from __future__ import annotations

from typing import Any

from minitorch.grad_mode import (
    _Switch,
    enable_grad,
    no_grad,
    set_grad_enabled,
)
from minitorch.inference import inference_mode

__all__ = [
    "enable_grad",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
    "set_multithreading_enabled",
]


class set_multithreading_enabled(_Switch):
    """Whether backward may use several threads. It never does here: nothing changes."""

    def __init__(self, mode: bool) -> None:
        self.mode = mode

    def _again(self) -> _Switch:
        return set_multithreading_enabled(self.mode)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: Any) -> None:
        return None
