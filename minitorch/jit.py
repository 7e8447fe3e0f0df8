"""torch.jit: functions and Modules stay what they are, and run in Python.

Differs: nothing is compiled, so a file of compiled code can be neither written nor read.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, NoReturn

from minitorch.futures import Future
from minitorch.nn import Module

__all__ = [
    "Attribute",
    "CompilationUnit",
    "Error",
    "Final",
    "Future",
    "RecursiveScriptModule",
    "ScriptFunction",
    "ScriptModule",
    "TopLevelTracedModule",
    "TracedModule",
    "TracingCheckError",
    "annotate",
    "enable_onednn_fusion",
    "export",
    "fork",
    "freeze",
    "fuser",
    "ignore",
    "interface",
    "is_scripting",
    "is_tracing",
    "isinstance",
    "load",
    "onednn_fusion_enabled",
    "optimize_for_inference",
    "optimized_execution",
    "save",
    "script",
    "script_if_tracing",
    "script_method",
    "set_fusion_strategy",
    "strict_fusion",
    "trace",
    "trace_module",
    "unused",
    "wait",
]

_isinstance = isinstance


class Error(RuntimeError):
    """What torch raises where compiled code fails."""


class TracingCheckError(Exception):
    """What torch raises where a traced function computes something else the second time."""


class ScriptModule(Module):
    """A Module; torch compiles its methods."""


RecursiveScriptModule = TracedModule = TopLevelTracedModule = ScriptModule


class ScriptFunction:
    """The class of compiled functions: no function is an instance of it."""


class CompilationUnit:
    """Functions in TorchScript's source. Raises: NotImplementedError, there is no compiler."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse("CompilationUnit")


class Attribute(NamedTuple):
    """A value of a Module, and its type for the compiler."""

    value: Any
    type: Any


def _refuse(name: str) -> NoReturn:
    raise NotImplementedError(
        f"torch.jit.{name}: compiled code is not supported: build the Module in Python, and keep "
        "its numbers with torch.save(model.state_dict(), file)"
    )


# ------------------------------------------------------------------ nothing is compiled


def script(
    obj: Any,
    optimize: Any = None,
    _frames_up: int = 0,
    _rcb: Any = None,
    example_inputs: Any = None,
) -> Any:
    """`obj`, a function, a Module or a class, itself. A decorator, too.

    Raises: TypeError for what is none of them.
    """
    if not callable(obj):
        raise TypeError(f"script: expected a function, a Module or a class, got {obj!r}")
    return obj


def trace(
    func: Callable,
    example_inputs: Any = None,
    *args: Any,
    example_kwarg_inputs: dict | None = None,
    **how: Any,
) -> Any:
    """`func` itself, after a call with the example inputs, as tracing makes one.

    Raises: whatever `func` raises for them.
    """
    if example_kwarg_inputs is not None:
        func(**example_kwarg_inputs)
    elif example_inputs is not None:
        several = _isinstance(example_inputs, (tuple, list))
        func(*example_inputs) if several else func(example_inputs)
    else:
        raise RuntimeError("trace: expected example_inputs or example_kwarg_inputs, got neither")
    return func


def trace_module(mod: Module, inputs: dict[str, Any], *args: Any, **how: Any) -> Module:
    """`mod` itself, after a call of each method named in `inputs`."""
    for name, example in inputs.items():
        trace(getattr(mod, name), example)
    return mod


def export(fn: Callable) -> Callable:
    """`fn` itself: a method that torch compiles, too."""
    return fn


script_method = script_if_tracing = export


def unused(fn: Any) -> Any:
    """`fn` itself: a method that torch leaves out."""
    return fn


interface = unused


def ignore(drop: Any = False, **how: Any) -> Any:
    """A decorator, with or without brackets, for a method that torch leaves in Python."""
    return drop if callable(drop) else unused


def freeze(mod: Module, preserved_attrs: Any = None, optimize_numerics: bool = True) -> Module:
    """`mod` itself. Raises: RuntimeError where it is in training mode."""
    if mod.training:
        raise RuntimeError("freeze: expected a module in evaluation mode: call eval() first")
    return mod


def optimize_for_inference(mod: Module, other_methods: Any = None) -> Module:
    """`mod` itself."""
    return mod


# ------------------------------------------------------------------ questions


def is_scripting() -> bool:
    """Whether this runs as compiled code: never."""
    return False


def is_tracing() -> bool:
    """Whether this is being traced: never."""
    return False


def annotate(the_type: Any, the_value: Any) -> Any:
    """`the_value`, whose type torch's compiler is told."""
    return the_value


def isinstance(obj: Any, target_type: Any) -> bool:
    """Whether `obj` is of a type such as `list[int]`, `Dict[str, Tensor]`, `Optional[int]`."""
    if _isinstance(target_type, tuple):
        return any(isinstance(obj, t) for t in target_type)
    kind, inner = typing.get_origin(target_type), typing.get_args(target_type)
    if target_type is Any:
        return True
    if kind is None:
        return _isinstance(obj, type(None) if target_type is None else target_type)
    if not inspect.isclass(kind) or kind.__name__ == "UnionType":  # Union, Optional
        return any(isinstance(obj, t) for t in inner)
    if not _isinstance(obj, kind):
        return False
    if kind is dict:
        return all(isinstance(k, inner[0]) and isinstance(v, inner[1]) for k, v in obj.items())
    if kind is tuple and inner[-1] is not Ellipsis:
        return len(obj) == len(inner) and all(map(isinstance, obj, inner))
    return all(isinstance(x, inner[0]) for x in obj)


# ------------------------------------------------------------------ calls that run beside others


def fork(func: Callable, *args: Any, **kwargs: Any) -> Future:
    """A future of `func(*args)`, which is called at once."""
    future: Future = Future()
    future.set_result(func(*args, **kwargs))
    return future


def wait(future: Future) -> Any:
    """The result of `fork`."""
    return future.wait()


# ------------------------------------------------------------------ switches without effect


@contextmanager
def optimized_execution(should_optimize: bool) -> Iterator[None]:
    """Whether compiled code is optimized inside: there is none."""
    yield


@contextmanager
def fuser(name: str) -> Iterator[None]:
    """Which fuser compiles inside: none."""
    yield


class strict_fusion:
    """A context in which torch demands that all is fused: nothing is compiled."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: Any) -> None:
        return None


def set_fusion_strategy(strategy: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """How compiled code is fused. Returns: what was chosen before, nothing."""
    return []


_onednn = [False]


def enable_onednn_fusion(enabled: bool) -> None:
    """Whether oneDNN fuses compiled code: kept."""
    _onednn[0] = enabled


def onednn_fusion_enabled() -> bool:
    """What `enable_onednn_fusion` was told."""
    return _onednn[0]


# ------------------------------------------------------------------ files


def save(m: Any, f: Any, _extra_files: Any = None) -> None:
    """Write compiled code. Raises: NotImplementedError, as there is none."""
    _refuse("save")


def load(f: Any, map_location: Any = None, _extra_files: Any = None, **how: Any) -> Any:
    """Read compiled code. Raises: NotImplementedError, as it cannot be run."""
    _refuse("load")
