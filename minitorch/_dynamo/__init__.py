"""torch._dynamo: what scripts touch of the compiler that is not there."""

from __future__ import annotations

from typing import Any

from minitorch._later import later
from minitorch.compiler import (
    allow_in_graph,
    assume_constant_result,
    disable,
    is_compiling,
    list_backends,
    reset,
    set_stance,
    substitute_in_graph,
)

__all__ = [
    "allow_in_graph",
    "assume_constant_result",
    "config",
    "disable",
    "disallow_in_graph",
    "graph_break",
    "is_compiling",
    "list_backends",
    "mark_dynamic",
    "mark_static",
    "maybe_mark_dynamic",
    "optimize",
    "reset",
    "run",
    "set_stance",
    "substitute_in_graph",
]

__getattr__ = later(__name__, {"config": ""})

disallow_in_graph = run = assume_constant_result


def optimize(backend: Any = "inductor", **how: Any) -> Any:
    """The old name of torch.compile: a decorator that leaves its function as it is."""
    return assume_constant_result


def graph_break(msg: str = "") -> None:
    """End what is compiled at once here: nothing is compiled."""


def mark_dynamic(t: Any, index: Any, **how: Any) -> None:
    """A size that may change: every size may."""


mark_static = maybe_mark_dynamic = mark_dynamic
