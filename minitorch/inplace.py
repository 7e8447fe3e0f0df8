"""Writing to a tensor: its memory, its version, and its history, through views too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import errors
from ._tensor import Tensor, edge, next_sequence
from ._views import replay
from .backend import ROWS, xp
from .grad_mode import state
from .graph import Node
from .hooks import move_last_hook
from .memory import steps
from .row import named

if TYPE_CHECKING:
    from collections.abc import Callable


def overwrite(x: Tensor, out: Tensor, name: str, since: float = float("inf")) -> Tensor:
    """Make `x` hold `out`, memory and history: how every in-place operation ends.

    `out` was computed by nodes recorded after number `since`, or by one node.

    Raises: RuntimeError where torch does: leaves, views that may not be written, shapes that grow,
    dtypes that do not fit.
    """
    if x._view is not None and x._view.mode == "batch":  # inside vmap
        return x._view.overwrite(x, out, name, since)
    if out._view is not None and out._view.mode == "batch":
        raise out._view.shared(name)
    node = edge(x)
    tracked = state.grad and (node is not None or out._node is not None)
    tracked = tracked and x._array.dtype.kind in "fV"  # whole numbers have no gradient
    if tracked or (x._view is not None and state.grad and edge(x._view.base) is not None):
        errors.check_inplace(x, node, name)
    target, value = x._array, out._array
    if value.shape != target.shape:
        raise RuntimeError(
            f"output with shape {list(target.shape)} doesn't match the broadcast shape "
            f"{list(value.shape)}"
        )
    if value.dtype != target.dtype:
        errors.check_result_fits(value.dtype, target.dtype)
        out = ROWS["to"].public(out, dtype=x.dtype)
    errors.check_overlap(target)
    if tracked and out._node is not None:
        _keep_saved(out._node, x._cell, since)
    x._cell[0] += 1
    xp.copyto(target, value, casting="unsafe")
    if tracked:
        rebase(x, out)
    return x


def _keep_saved(last: Node, cell: list[int], since: float) -> None:
    """Copy what the nodes of a call saved of the memory that its result is about to overwrite."""
    nodes, seen = [last], {last}
    for node in nodes:
        if node.is_leaf:
            continue
        for k, version in enumerate(node.versions):
            if version is not None and version[0] is cell:
                node.saved[k] = node.saved[k].copy()
                node.versions[k] = None
        more = {target for target, _ in node.edges if target.sequence > since} - seen
        nodes += more
        seen |= more


def rebase(x: Tensor, out: Tensor) -> None:
    """Give `x` the history of `out`; for a view, let the base flow through what was written."""
    view = x._view
    if view is None:
        move_last_hook(x._node, x._nr, out._node, out._nr)
        x._node, x._nr = out._node, out._nr
        return
    base = view.base
    plan = CopySlices(view.chain, base._array, base._node is not None, out._node is not None)
    edges = [(t._node, t._nr) for t in (base, out) if t._node is not None]
    node = Node(plan, edges, (), (), base._array.shape, base._array.dtype)
    move_last_hook(base._node, base._nr, node, 0)
    base._node, base._nr = node, 0  # x's own node is made anew when it is next asked for


class CopySlices:
    """The plan of a base after one of its views was written: a gradient for each of the two."""

    name = "CopySlices"
    inputs = 2
    slots = saved_names = ()

    def __init__(self, chain: tuple, base: Any, to_base: bool, to_value: bool) -> None:
        self.chain = chain  # and not the view: it holds the base, which holds this plan
        self.strides = None if base.flags.c_contiguous else steps(base)
        self.live = (0,) * to_base + (1,) * to_value

    def backward(self, g: Any, saved: Any) -> list:
        """(g outside the view, g inside it), for arrays and for tensors alike."""
        g = g if isinstance(g, Tensor) else xp.asarray(g)  # a scalar has no place to write to
        base = ROWS["relaid"].public(g, strides=self.strides)  # a chain may go by strides
        inside = replay(self.chain, base)
        value = ROWS["clone"].public(inside)
        inside[...] = 0
        return [(base, value)[i] for i in self.live]


def inplace(public: Callable, name: str) -> Callable:
    """The in-place form of an operation: `x.name(...)` computes, then overwrites x."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        since = next_sequence()
        return overwrite(self, public(self, *args, **kwargs), name, since)

    method.__wrapped__ = public  # type: ignore[attr-defined]
    return named(method, name, f"In-place form of `{public.__name__}`.")
