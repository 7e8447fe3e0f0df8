"""Short programs that are run on both engines and must end alike, in a result or in an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import minitorch


class Raised:
    """A program ended in this error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __repr__(self) -> str:
        return f"{type(self.error).__name__}: {self.error}"


def attempt(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What the call returns, or the error it raises, to be compared by its type."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return Raised(error)


def programs_of(module: dict[str, Any], but: Any = None) -> list[Callable[..., Any]]:
    """The functions of a test module that take an engine, `T`, first: its programs."""
    return [
        f
        for f in list(module.values())
        if getattr(f, "__module__", "") == module["__name__"]
        and f.__code__.co_varnames[:1] == ("T",)
        and f is not but
    ]


def agree(ours: Any, theirs: Any) -> bool:
    """Whether two results are alike: tensors by dtype, shape and numbers, errors by type."""
    if isinstance(ours, Raised) or isinstance(theirs, Raised):
        return (
            isinstance(ours, Raised)
            and isinstance(theirs, Raised)
            and type(ours.error) is type(theirs.error)
        )
    if isinstance(ours, minitorch.Tensor) or isinstance(theirs, torch.Tensor):
        if not (isinstance(ours, minitorch.Tensor) and isinstance(theirs, torch.Tensor)):
            return False
        if repr(ours.dtype) != repr(theirs.dtype) or ours.requires_grad != theirs.requires_grad:
            return False
        a, b = ours.detach().numpy(), theirs.detach().numpy(force=True)
        return a.shape == b.shape and np.allclose(a, b, rtol=2e-5, atol=1e-6, equal_nan=True)
    if isinstance(ours, (list, tuple)) and isinstance(theirs, (list, tuple)):
        return len(ours) == len(theirs) and all(map(agree, ours, theirs))
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(agree(ours[k], theirs[k]) for k in ours)
    if isinstance(ours, np.ndarray) or isinstance(theirs, np.ndarray):
        return (
            type(ours) is type(theirs)
            and ours.dtype == theirs.dtype
            and np.array_equal(ours, theirs)
        )
    if isinstance(ours, float) and isinstance(theirs, float):
        return ours == theirs or abs(ours - theirs) <= 2e-5 * abs(theirs) or ours != ours != theirs
    if type(ours).__name__ in ("dtype", "device"):
        return str(ours) == str(theirs)
    return bool(ours == theirs)


def same(program: Callable[[Any], Any]) -> Any:
    """Run the program on both engines, require the same end, return ours."""
    ours, theirs = attempt(program, minitorch), attempt(program, torch)
    assert agree(ours, theirs), f"\nours:   {ours!r}\ntheirs: {theirs!r}"
    return ours
