"""torch.autograd.graph: what can be seen of the graph, and done to what it saves."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from minitorch import graph as _graph
from minitorch._tensor import AccumulateGrad, Tensor, edge
from minitorch.autograd import engine
from minitorch.autograd.engine import GradientEdge
from minitorch.hooks import RemovableHandle

from . import _saved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = [
    "GradientEdge",
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]


class _NodeMeta(type):
    def __instancecheck__(cls, other: Any) -> bool:
        return isinstance(other, (_graph.Node, AccumulateGrad))


class Node(metaclass=_NodeMeta):
    """What `grad_fn` is, and what its `next_functions` lead to."""


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The edge along which the gradient of `tensor` flows.

    Raises: RuntimeError where none does.
    """
    node = edge(tensor)
    if node is None:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not "
                           "require gradients")  # fmt: skip
    return GradientEdge(node, tensor._nr, tensor if node.is_leaf else None)


def increment_version(tensor: Tensor | Sequence[Tensor]) -> None:
    """Say that `tensor`, or several, were written: what the graph saved of them is refused."""
    for t in (tensor,) if isinstance(tensor, Tensor) else tensor:
        t._cell[0] += 1


class saved_tensors_hooks:
    """What is saved inside goes through `pack_hook`, and through `unpack_hook` when it is used.

    `unpack_hook` gets what `pack_hook` returned, and must return the tensor.

    >>> import minitorch as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> with torch.autograd.graph.saved_tensors_hooks(lambda t: t * 10, lambda t: t):
    ...     y = x.exp().sum()
    >>> y.backward()
    >>> x.grad
    tensor([27.1828, 27.1828])
    """

    def __init__(
        self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]
    ) -> None:
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def __enter__(self) -> None:
        _saved.push((self.pack_hook, self.unpack_hook))

    def __exit__(self, *error: Any) -> None:
        _saved.pop()


class save_on_cpu(saved_tensors_hooks):
    """Saved tensors wait in the CPU's memory; here they do anyway: a copy is kept."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda t: t.detach().clone(), lambda t: t)


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Inside, `saved_tensors_hooks` raise RuntimeError with this message."""
    before, _saved.hooks.forbidden = _saved.hooks.forbidden, error_message
    try:
        yield
    finally:
        _saved.hooks.forbidden = before


class _Clones:
    """What `allow_mutation_on_saved_tensors` yields."""

    def __init__(self) -> None:
        self.count = 0

    def clear(self) -> None:
        """Forget the copies; the graph keeps its own."""
        self.count = 0


@contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[_Clones]:
    """Tensors that the graph saved inside may be written afterwards.

    Differs: each is copied when it is saved; torch copies it when it is written.
    """
    clones = _Clones()

    def pack(t: Tensor) -> Tensor:
        clones.count += 1
        return t.detach().clone()

    with saved_tensors_hooks(pack, lambda t: t):
        yield clones


# ------------------------------------------------------------------ hooks on several tensors

_plain_sweep = engine.sweep
_lock = threading.Lock()
_watching: dict[int, Any] = {}


class _Sweeps(threading.local):
    """Per thread: the nodes that the sweep which runs can reach."""

    reached: Any = ()


_sweeps = _Sweeps()


def _watched(roots: Any, **how: Any) -> None:
    """A sweep, with what it reaches left where hooks can see it."""
    before = _sweeps.reached
    _sweeps.reached = set(_graph.reachable({node for node, _, _ in roots}))
    try:
        _plain_sweep(roots, **how)
    finally:
        _sweeps.reached = before
        for hook in list(_watching.values()):
            hook.arrived.clear()


class _Handle(RemovableHandle):
    """Removes the hook of each of the tensors."""

    def __init__(self, hook: Any, handles: list) -> None:
        super().__init__(_watching, hook)
        self.handles = handles

    def remove(self) -> None:
        super().remove()
        for handle in self.handles:
            handle.remove()
        with _lock:
            if not _watching:
                engine.sweep = _plain_sweep


class _Together:
    """Waits for the gradients of all tensors that this sweep reaches."""

    def __init__(self, nodes: list, fn: Callable, any_: bool) -> None:
        self.nodes, self.fn, self.any = nodes, fn, any_
        self.arrived: dict[int, Tensor] = {}

    def at(self, i: int) -> Callable:
        """The hook of tensor number `i`."""

        def hook(g: Tensor) -> None:
            first = not self.arrived
            self.arrived[i] = g
            if self.any:
                if first:
                    self.fn(g)
                return
            expected = [k for k, node in enumerate(self.nodes) if node in _sweeps.reached]
            if all(k in self.arrived for k in expected):
                self.fn([self.arrived.get(k) for k in range(len(self.nodes))])

        return hook


def register_multi_grad_hook(
    tensors: Sequence[Tensor], fn: Callable, *, mode: str = "all"
) -> RemovableHandle:
    """Call `fn` once in each backward: with all the gradients of `tensors`, or with the first.

    `mode` 'all' waits for those that the backward reaches and gives None for the others; 'any'
    calls `fn` with the first gradient.
    Raises: ValueError for another mode.
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    together = _Together([edge(t) for t in tensors], fn, mode == "any")
    handles = [t.register_hook(together.at(i)) for i, t in enumerate(tensors)]
    with _lock:
        engine.sweep = _watched
    return _Handle(together, handles)
