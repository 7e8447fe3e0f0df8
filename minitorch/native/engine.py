"""The engine's hot path in C: `primitive.apply`, the operators + - * /, and `graph.sweep`.

They do what `primitive.py`, `methods.py` and `graph.py` say, and call those for the unusual.
"""

from __future__ import annotations

from typing import Any

from minitorch import _tensor, graph, methods, primitive
from minitorch.autograd import engine
from minitorch.ops import elementwise
from minitorch.parameter import Parameter

__all__ = ["off", "on"]

_ROWS = {"add": elementwise.add, "sub": elementwise.sub, "mul": elementwise.mul}
_ROWS["truediv"] = elementwise.div
_PLAIN, _SWEEP = primitive.apply, graph.sweep
_theirs: dict[str, Any] = {}  # Tensor's operators in Python, while those in C stand there
_known: list[Any] = []


def on(module: Any) -> None:
    """Put them in place; `module` is the compiled one."""
    if not _known:
        module.engine_learn(primitive, Parameter, _tensor.next_sequence.__self__)
        module.engine_learn_sweep(graph, _tensor.AccumulateGrad, _tensor._lock)
        _known.append(module)
    tensor = primitive.Tensor
    for name in _ROWS:
        for spelled in (f"__{name}__", f"__r{name}__"):
            _theirs[spelled] = vars(tensor)[spelled]
    both = [(f"__{name}__", f"__r{name}__", public.row) for name, public in _ROWS.items()]
    made = module.engine_operators([(row, _theirs[a], _theirs[b]) for a, b, row in both])
    for name, method in made.items():
        setattr(tensor, name, method)
    primitive.apply = methods.apply = module.engine_apply
    graph.sweep = engine.sweep = module.engine_sweep


def off() -> None:
    """Let Python's functions run again."""
    for name, method in _theirs.items():
        setattr(primitive.Tensor, name, method)
    _theirs.clear()
    primitive.apply = methods.apply = _PLAIN
    graph.sweep = engine.sweep = _SWEEP
