"""torch.compile and torch.compiler: nothing is compiled, what is given runs as it is.

Differs: a compiled Module is the Module itself, so the names in its state_dict have no `_orig_mod.`
in front; `model._orig_mod` is the Module.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from minitorch.nn import Module

__all__ = [
    "allow_in_graph",
    "assume_constant_result",
    "compile",
    "cudagraph_mark_step_begin",
    "disable",
    "is_compiling",
    "is_dynamo_compiling",
    "is_exporting",
    "list_backends",
    "reset",
    "set_stance",
    "substitute_in_graph",
    "wrap_numpy",
]

_MODES = ("default", "lite", "reduce-overhead", "max-autotune-no-cudagraphs", "max-autotune")


def compile(
    model: Callable | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | Callable = "inductor",
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    disable: bool = False,
) -> Any:
    """`model`, a function or a Module, itself; without one, a decorator.

    Raises: AssertionError for what cannot be called, RuntimeError for an unknown mode.
    """
    if model is None:
        return functools.partial(compile, mode=mode, options=options)
    if mode is not None and options is not None:
        raise RuntimeError("compile: expected mode or options, got both")
    if mode is not None and mode not in _MODES:
        raise RuntimeError(f"compile: expected a mode of {', '.join(_MODES)}, got {mode}")
    if not callable(model):
        raise AssertionError(f"compile: expected a function or Module, got {type(model).__name__}")
    if isinstance(model, Module):
        model.__dict__["_orig_mod"] = model  # not a submodule: state_dict and modules() skip it
    return model


def disable(
    fn: Callable | None = None, recursive: bool = True, *, reason: str | None = None
) -> Any:
    """`fn` itself; without one, a decorator."""
    return _same if fn is None else fn


def _same(fn: Any) -> Any:
    return fn


def allow_in_graph(fn: Any) -> Any:
    """`fn`, a function or several of them, itself."""
    return fn


def assume_constant_result(fn: Any) -> Any:
    """`fn` itself."""
    return fn


wrap_numpy = assume_constant_result


def substitute_in_graph(original_fn: Any, **how: Any) -> Callable:
    """A decorator that leaves its function as it is."""
    return _same


def is_compiling() -> bool:
    """Whether this is being compiled: never."""
    return False


is_dynamo_compiling = is_exporting = is_compiling


def cudagraph_mark_step_begin() -> None:
    """Begin a step of a CUDA graph: there is none."""


def reset() -> None:
    """Forget what was compiled: nothing."""


def list_backends(exclude_tags: Any = ()) -> list[str]:
    """The compilers there are: none."""
    return []


class set_stance(AbstractContextManager):
    """How torch.compile shall act from now on, or inside: it never compiles. A decorator, too."""

    def __init__(self, stance: str = "default", **how: Any) -> None:
        self.stance = stance

    def __call__(self, fn: Any) -> Any:
        return fn

    def __exit__(self, *error: Any) -> None:
        return None
