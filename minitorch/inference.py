"""`inference_mode`: nothing is recorded, and what is made inside keeps no version.

A tensor keeps its version in a cell. All that are made for inference have one cell in common, which
counts nothing and, outside of the mode, says so to whoever asks: recording asks for the version of
what it saves, an in-place operation for the version it raises. So ordinary tensors pay nothing.
The engine makes tensors by `_new`; while a thread is in the mode another one stands there.
"""

from __future__ import annotations

import threading
from typing import Any

from . import _tensor, primitive
from ._tensor import Tensor, wrap
from .grad_mode import UNTRACKED, _Switch, state
from .parameter import Parameter

_plain, _plainly_shared = object.__new__, _tensor.share
_cell = Tensor._cell  # the slot, which the classes below hide
_lock = threading.Lock()
_entered = 0


def _unsealed(cls: type) -> type:
    """A class for tensors on their way: with its first cell, a tensor becomes a `cls`."""

    def seal(self: Any, cell: list) -> None:
        self.__class__ = cls
        _cell.__set__(self, UNTRACKED)  # type: ignore[attr-defined]

    return type(cls.__name__, (cls,), {"__slots__": (), "_cell": property(None, seal)})


_UNSEALED = {cls: _unsealed(cls) for cls in (Tensor, Parameter)}


def _new(cls: type) -> Any:
    """A new object of `cls`: in a thread that is in the mode, one made for inference."""
    return _plain(_UNSEALED.get(cls, cls) if state.inference else cls)


def _share(source: Tensor, cell: list[int]) -> Tensor:
    """As `_tensor.share`: made for inference only where `cell` says so."""
    made = wrap(source._array)
    made._cell = cell
    return made


class inference_mode(_Switch):
    """As `no_grad`, and the tensors made inside are for inference alone.

    Outside they cannot be saved for backward, nor written in place, nor require a gradient; `clone`
    makes an ordinary one. `mode=False` switches it off, and recording on.

    Differs: `enable_grad` inside records, as it does within `no_grad`.
    """

    def __new__(cls, mode: Any = True) -> Any:
        switch = super().__new__(cls)
        if callable(mode):
            inference_mode.__init__(switch)
            return _Switch.__call__(switch, mode)
        return switch

    def __init__(self, mode: bool = True) -> None:
        self.mode = mode
        self.before: list[tuple[bool, bool]] = []

    def _again(self) -> _Switch:
        return inference_mode(self.mode)

    def __enter__(self) -> None:
        self.before.append((state.grad, state.inference))
        state.grad, state.inference = not self.mode, bool(self.mode)
        if self.mode:
            _swap(1)

    def __exit__(self, *error: Any) -> None:
        state.grad, state.inference = self.before.pop()
        if self.mode:
            _swap(-1)


def _swap(more: int) -> None:
    """Let one thread more, or less, make its tensors here."""
    global _entered
    with _lock:
        _entered += more
        _tensor._new = primitive._new = _new if _entered else _plain
        _tensor.share = _share if _entered else _plainly_shared
