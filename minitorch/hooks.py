"""Functions that see gradients on their way: of a tensor, or of a node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import errors
from ._tensor import Tensor, wrap
from .backend import xp
from .grad_mode import set_grad_enabled

if TYPE_CHECKING:
    from collections.abc import Callable


class RemovableHandle:
    """Takes a hook out of where it was registered: `handle.remove()`, or as a context manager."""

    __slots__ = ("hooks", "id")
    _ids = 0

    def __init__(self, hooks: dict, hook: Any = None) -> None:
        RemovableHandle._ids += 1
        self.id, self.hooks = RemovableHandle._ids, hooks
        if hook is not None:
            hooks[self.id] = hook

    def remove(self) -> None:
        """Stop calling the hook; a second time does nothing."""
        self.hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *error: Any) -> None:
        self.remove()


_LAST = float("inf")  # sorts behind every number of a handle


def register_tensor_hook(
    node: Any, nr: int, hook: Callable, *, last: bool = False
) -> RemovableHandle:
    """Call `hook(gradient)` whenever the gradient of output `nr` of `node` is complete.

    The one registered as `last` sees what all the others made of it.
    """
    if node.hooks is None:
        node.hooks = {}
    hooks = node.hooks.setdefault(nr, {})
    handle = RemovableHandle(hooks, hook)
    if last:
        hooks[_LAST] = hooks.pop(handle.id)
    return handle


def move_last_hook(node: Any, nr: int, to: Any, to_nr: int) -> None:
    """Let what `retain_grad` registered follow its tensor, which was written in place."""
    if node is not None and to is not None and node.hooks and nr in node.hooks:
        hook = node.hooks[nr].pop(_LAST, None)
        if hook is not None:
            register_tensor_hook(to, to_nr, hook, last=True)


def _as_tensor(g: Any) -> Any:
    return g if g is None or isinstance(g, Tensor) else wrap(xp.asarray(g))


def _like(g: Any, model: Any) -> Any:
    """`g`, a tensor, in the form the sweep carries `model` in."""
    return g if g is None or isinstance(model, Tensor) else g._array


def run_tensor_hooks(node: Any, g: Any) -> Any:
    """Give the gradient of each hooked output to its hooks; a hook may return another one."""
    assert node.hooks is not None
    several = node.outputs > 1
    parts = g if several else [g]
    for nr, hooks in node.hooks.items():
        value = _as_tensor(parts[nr])
        for _, hook in sorted(hooks.items()):
            with set_grad_enabled(isinstance(parts[nr], Tensor)):
                changed = hook(value)
            if changed is not None:
                errors.check_hook_result(hook, value, changed)
                value = changed
        parts[nr] = _like(value, parts[nr])
        if node.is_leaf and parts[nr] is not None and not isinstance(parts[nr], Tensor):
            parts[nr] = parts[nr].copy()  # a hook may have kept what it saw
    return parts if several else parts[0]


def run_node_hooks(node: Any, which: int, grads: Any, outputs: Any = None) -> Any:
    """Run a node's hooks: `which` = 0 before it, on grad_outputs; 1 after, on grad_inputs."""
    several = which == 1 or node.outputs > 1
    parts = list(grads) if several else [grads]
    model = next(p for p in [*parts, outputs] if p is not None)
    if which == 1:  # the user sees a place for every input
        full: list = [None] * node.plan.inputs
        for i, gx in zip(node.plan.live, parts):
            full[i] = gx
        parts = full
    values = tuple(map(_as_tensor, parts))
    given = (
        () if which == 0 else (tuple(map(_as_tensor, outputs if node.outputs > 1 else [outputs])),)
    )
    assert node.node_hooks is not None
    for hook in tuple(node.node_hooks[which].values()):
        changed = hook(values, *given)
        if changed is not None:
            values = changed if isinstance(changed, tuple) else (changed,)
    parts = [_like(v, model) for v in values]
    if which == 1:
        parts = [parts[i] for i in node.plan.live]
    return parts if several else parts[0]
