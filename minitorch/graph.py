"""How a gradient flows: nodes, edges, and the sweep that walks them backwards.

Note [order of the sweep]. A node must run only when all of its gradients have arrived. Nodes are
numbered as they are recorded, and a node is always recorded after the nodes it depends on; so
running the reachable nodes from the highest number to the lowest is enough, and is torch's order.
Walking from each node into its inputs at once would be wrong: in `y = x*x; z = y + exp(y)` it
enters `y` twice, the first time with half of its gradient.

Note [edges correct]. A rule never reduces and never casts. The sweep sums each gradient to the
shape its edge leads to (what was broadcast is summed) and casts it to the dtype found there.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from . import errors
from ._tensor import DeadEnd, Tensor, next_sequence, result, wrap
from .backend import ROWS, xp
from .dtypes import from_numpy_dtype
from .grad_mode import state
from .hooks import RemovableHandle, run_node_hooks, run_tensor_hooks
from .sums import add_into, added, sum_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_sequence = attrgetter("sequence")
_ndarray = xp.ndarray


class Node:
    """One recorded operation.

    `plan`      what to do backwards: `plan.backward(g, saved)`, one gradient per edge
    `edges`     (node, output number) for each input that requires a gradient
    `saved`     what the rules named; arrays first; None once released
    `versions`  for each saved array (its version cell, the version), or None for a constant
    `shape`, `dtype`  of the output, for the edges that lead here; lists where there are several
    """

    __slots__ = (
        "__weakref__",
        "dtype",
        "edges",
        "hooks",
        "metadata_",
        "node_hooks",
        "outputs",
        "plan",
        "saved",
        "sequence",
        "shape",
        "versions",
    )

    is_leaf = False

    def __init__(self, plan: Any, edges: list, saved: Any, versions: Any, shape: Any, dtype: Any):
        self.plan = plan
        self.edges = edges
        self.saved = saved
        self.versions = versions
        self.shape = shape
        self.dtype = dtype
        self.outputs = 1
        self.sequence = next_sequence()
        self.hooks: dict[int, dict] | None = None
        self.node_hooks: tuple[dict, dict] | None = None

    def name(self) -> str:
        """torch's name of the operation: 'MulBackward0'."""
        return n if isinstance(n := self.plan.name, str) else n(self)

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"

    @property
    def next_functions(self) -> tuple:
        """(node, output number) of every input, (None, 0) where no gradient flows."""
        found = [(None, 0)] * self.plan.inputs
        for i, target in zip(self.plan.live, self.edges):
            found[i] = (None, 0) if type(target[0]) is DeadEnd else target
        return tuple(found)

    @property
    def metadata(self) -> dict:
        """A dictionary for the user's own notes."""
        if not hasattr(self, "metadata_"):
            self.metadata_: dict = {}
        return self.metadata_

    def _sequence_nr(self) -> int:
        return self.sequence

    def register_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(grad_inputs, grad_outputs)` when it has run; may return other grad_inputs."""
        return self._add_node_hook(1, hook)

    def register_prehook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(grad_outputs)` before it runs; may return other grad_outputs."""
        return self._add_node_hook(0, hook)

    def _add_node_hook(self, which: int, hook: Callable) -> RemovableHandle:
        self.node_hooks = self.node_hooks or ({}, {})
        return RemovableHandle(self.node_hooks[which], hook)

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("_saved_"):
            return self._saved_value(attribute[7:])
        if hasattr(self.plan, "ctx"):
            return getattr(self.plan.ctx, attribute)
        raise AttributeError(f"'{self.name()}' object has no attribute '{attribute}'")

    def _saved_value(self, wanted: str) -> Any:
        names = self.plan.saved_names
        if wanted not in names:
            raise AttributeError(f"'{self.name()}' saved {names or 'nothing'}, not '{wanted}'")
        return unpack(self)[names.index(wanted)]


def check_versions(node: Node) -> None:
    """Raise RuntimeError where a saved array is released or was written since it was saved."""
    if node.saved is None:
        raise RuntimeError(errors.RELEASED)
    for k, version in enumerate(node.versions):
        if version is not None and version[0][0] != version[1]:
            raise RuntimeError(errors.modified(node, node.saved[k], version[0][0], version[1]))


def unpack(node: Node) -> list:
    """The saved values with arrays as tensors, each on the edge it came from."""
    check_versions(node)
    origin = dict(zip(node.plan.live, node.edges))
    values = list(node.saved)
    for k, (kind, i) in enumerate(node.plan.slots):
        if kind not in ("in", "out") or not hasattr(values[k], "dtype"):
            continue  # a parameter, a shape; a number, None
        cell = node.versions[k][0] if node.versions[k] else [0]
        if kind == "in":
            where = origin.get(i, (None, 0))
        else:  # a hidden output is a constant: a rule that needs its history computes it again
            where = (node, i) if i < node.outputs else (None, 0)
        values[k] = result(xp.asarray(values[k]), where[0], where[1], cell)
    return values


def reachable(roots: Iterable) -> list:
    """The nodes a gradient may reach from `roots`, latest recorded first."""
    seen = set(roots)
    stack = list(seen)
    while stack:
        for target, _ in stack.pop().edges:
            if target not in seen:
                seen.add(target)
                stack.append(target)
    return sorted(seen, key=_sequence, reverse=True)


def leading_to(order: list, targets: Any) -> set:
    """Those nodes of `order` that send a gradient on its way to one of `targets`."""
    found: set = set()
    for node in reversed(order):
        if any(target in found or target in targets for target, _ in node.edges):
            found.add(node)
    return found


def _fit(g: Any, shape: tuple, dtype: Any) -> Any:
    """Correct a gradient at the end of its edge: see Note [edges correct]."""
    if isinstance(g, Tensor):
        if g._array.shape != shape:
            g = ROWS["sum_to"].public(g, size=shape)
        return g if g._array.dtype == dtype else ROWS["to"].public(g, dtype=from_numpy_dtype(dtype))
    if g.shape != shape:
        g = sum_to(g, shape)
    return g if g.dtype == dtype else g.astype(dtype)


def sweep(
    roots: Sequence[tuple[Any, int, Any]],
    *,
    keep: bool = False,
    create: bool = False,
    capture: dict[Any, dict[int, list]] | None = None,
) -> None:
    """Send gradients from `roots`, (node, output number, gradient) each, back to the leaves.

    `keep` leaves the saved values in place for another sweep; `create` runs the rules on tensors,
    so that the gradients can be differentiated again; `capture` maps a node to {output number:
    list}: gradients that arrive there are appended to the list and leaves are left alone.
    """
    pending: dict[Any, Any] = {}
    summed: set = set()  # nodes whose pending gradient is a sum of our own: add to it in place
    for node, nr, g in roots:
        _add(pending, summed, node, nr, g.copy() if node.is_leaf and type(g) is _ndarray else g)
    order = reachable(pending)
    running = None if capture is None else leading_to(order, capture)
    needed = None if running is None else running.union(capture or ())
    plain = not (create or state.anomaly)
    for node in order:
        g = pending.pop(node, None)
        if g is None:
            continue
        if node.hooks:
            g = run_tensor_hooks(node, g)
        if capture is not None and node in capture:
            for nr, found in capture[node].items():
                found.append(g[nr] if node.outputs > 1 else g)
        if node.is_leaf:
            if capture is None:
                node.accumulate(g)
            continue
        if running is not None and node not in running:
            continue
        saved = node.saved
        if saved is None:
            raise RuntimeError(errors.RELEASED)
        for version in node.versions:
            if version is not None and version[0][0] != version[1]:
                check_versions(node)
        if node.outputs > 1 and node.plan.complete:
            g = _complete(node, g, create)
        if plain and node.node_hooks is None:
            grads = node.plan.backward(g, saved)
        else:
            grads = _run(node, g, create)
        if node.versions and not keep:  # sizes and parameters are no memory worth freeing
            node.saved, node.versions = None, ()
        for (target, nr), gx in zip(node.edges, grads):
            if gx is None or (needed is not None and target not in needed):
                continue
            if target.outputs > 1:
                _add(pending, summed, target, nr, _fit(gx, target.shape[nr], target.dtype[nr]))
                continue
            if gx.shape != target.shape or gx.dtype is not target.dtype:
                gx = _fit(gx, target.shape, target.dtype)
            if target in pending:
                if target.is_leaf and not create:
                    pending[target] = add_into(pending[target], gx)
                else:
                    _add(pending, summed, target, nr, gx)
            elif target.is_leaf and type(gx) is _ndarray and (gx is g or gx.base is not None):
                pending[target] = gx.copy()  # a leaf keeps it: it must not be somebody else's
            else:
                pending[target] = gx


def _add(pending: dict, summed: set, node: Any, nr: int, g: Any) -> None:
    """Add `g` to what has arrived at output `nr` of `node`: out of place first, then in place."""
    if node.outputs > 1:
        waiting = pending.setdefault(node, [None] * node.outputs)
        waiting[nr] = g if waiting[nr] is None else added(waiting[nr], g)
    elif node not in pending:
        pending[node] = g
    elif node in summed and not isinstance(g, Tensor):
        pending[node] = add_into(pending[node], g)
    else:
        pending[node] = added(pending[node], g)
        summed.add(node)


def _complete(node: Any, g: list, create: bool) -> list:
    """`g` with zeros for the outputs that no gradient reached."""
    for nr, part in enumerate(g):
        if part is None:
            zeros = xp.zeros(node.shape[nr], node.dtype[nr])
            g[nr] = wrap(zeros) if create else zeros
    return g


def _run(node: Node, g: Any, create: bool) -> Any:
    """The gradients of a node's inputs, through its hooks."""
    if node.node_hooks:
        g = run_node_hooks(node, 0, g)
    grads = node.plan.backward(g, unpack(node) if create else node.saved)
    return run_node_hooks(node, 1, grads, g) if node.node_hooks else grads
