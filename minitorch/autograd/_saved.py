"""What the graph saves, handed to functions of the user's on its way in and out.

While such functions are on, `record` here stands in the place of the engine's own: nothing of
this costs an operation when they are off.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from minitorch import primitive
from minitorch._tensor import Tensor, wrap
from minitorch.backend import xp
from minitorch.grad_mode import no_grad

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class _Hooks(threading.local):
    """Per thread: the pairs (pack, unpack), the innermost last; why there may be none."""

    def __init__(self) -> None:
        self.pairs: list[tuple[Callable, Callable]] = []
        self.forbidden: str | None = None


hooks = _Hooks()
_lock = threading.Lock()
_plain = primitive.record
_entered = 0


class Packed(NamedTuple):
    """What `pack` made of a saved tensor, and how to have it back."""

    kept: Any
    unpack: Callable

    def tensor(self) -> Tensor:
        """The tensor again. Raises: TypeError where `unpack` returns something else."""
        found = self.unpack(self.kept)
        if not isinstance(found, Tensor):
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(found).__name__}"
            )
        return found


class PackedValues:
    """Saved values in the place of a list of them: unpacked when they are read."""

    def __init__(self, values: list) -> None:
        self.values = values

    def __iter__(self) -> Iterator:
        for x in self.values:
            yield x.tensor()._array if type(x) is Packed else x

    def __len__(self) -> int:
        return len(self.values)


class _Plan:
    """A plan that unpacks what was saved once, before it runs."""

    def __init__(self, plan: Any) -> None:
        self._plan = plan

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plan, name)

    def backward(self, g: Any, saved: Any) -> Any:
        """As the plan's own."""
        return self._plan.backward(g, list(saved))


def pack(node: Any, inputs: Any) -> None:
    """Give the arrays that `node` saved to the innermost hooks."""
    pair = hooks.pairs[-1]
    by_array = {id(x._array): x for x in inputs if isinstance(x, Tensor)}
    values = list(node.saved)
    for k, (x, version) in enumerate(zip(values, node.versions)):
        if version is None or not hasattr(x, "dtype"):
            continue
        array = xp.asarray(x)
        given = by_array.get(id(x))
        with no_grad():
            kept = pair[0](wrap(array) if given is None else given)
        values[k] = Packed(kept, pair[1])
    node.saved, node.versions = PackedValues(values), [None] * len(values)


def record(plan: Any, row: Any, inputs: tuple, arrays: list, *rest: Any) -> Any:
    """As `primitive.record`, and packed."""
    node = _plain(plan, row, inputs, arrays, *rest)
    if hooks.pairs and any(version is not None for version in node.versions):
        node.plan = _Plan(plan)
        pack(node, inputs)
    return node


def push(pair: tuple[Callable, Callable]) -> None:
    """Put a pair of hooks on. Raises: RuntimeError where they are disabled."""
    global _entered
    if hooks.forbidden is not None:
        raise RuntimeError(hooks.forbidden)
    hooks.pairs.append(pair)
    with _lock:
        _entered += 1
        primitive.record = record


def pop() -> None:
    """Take the innermost pair off."""
    global _entered
    hooks.pairs.pop()
    with _lock:
        _entered -= 1
        if not _entered:
            primitive.record = _plain
