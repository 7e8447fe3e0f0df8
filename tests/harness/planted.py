"""Mistakes planted where views, writes and reuse meet: what random programs have to find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from harness.mutate.rows import replaced
from minitorch import grad_mode, graph, inplace, primitive
from minitorch._tensor import Tensor
from minitorch.autograd import engine
from minitorch.backend import ROWS


@contextmanager
def version_not_shared_by_a_view() -> Iterator[None]:
    """A write to the base is not seen through its views."""
    view_of = primitive.view_of

    def apart(base: Tensor, out: Tensor, *step: Any) -> Tensor:
        view_of(base, out, *step)
        out._cell = [out._cell[0]]
        return out

    with mock.patch.object(primitive, "view_of", apart):
        yield


@contextmanager
def history_not_rebased() -> Iterator[None]:
    """A write changes numbers and leaves the history as it was."""
    with mock.patch.object(inplace, "rebase"):
        yield


@contextmanager
def write_to_a_view_reaches_the_base_alone() -> Iterator[None]:
    """The gradient inside the written view goes on to what was overwritten."""

    def backward(self: Any, g: Any, saved: Any) -> list:
        return [(g, ROWS["clone"].public(inplace.replay(self.chain, g)) * 0)[i] for i in self.live]

    with mock.patch.object(inplace.CopySlices, "backward", backward):
        yield


@contextmanager
def used_twice_counted_once() -> Iterator[None]:
    """The second gradient that arrives at a result stands for the sum."""
    add = graph._add

    def assign(pending: dict, summed: set, node: Any, nr: int, g: Any) -> None:
        if node.outputs == 1:
            pending.pop(node, None)
        add(pending, summed, node, nr, g)

    with mock.patch.object(graph, "_add", assign):
        yield


@contextmanager
def no_grad_leaks() -> Iterator[None]:
    """Nothing is recorded after a block of no_grad."""
    leave = grad_mode._Fixed.__exit__

    def leaves(self: Any, *error: Any) -> None:
        leave(self, *error)
        if isinstance(self, grad_mode.no_grad):
            grad_mode.state.grad = False

    with mock.patch.object(grad_mode._Fixed, "__exit__", leaves):
        yield
    grad_mode.state.grad = True


@contextmanager
def hooks_run_twice() -> Iterator[None]:
    """What a hook made of a gradient is given to it again."""
    run = graph.run_tensor_hooks
    with mock.patch.object(graph, "run_tensor_hooks", lambda node, g: run(node, run(node, g))):
        yield


@contextmanager
def retain_graph_unheard() -> Iterator[None]:
    """The graph is freed whatever was said."""
    sweep = engine.sweep
    with mock.patch.object(engine, "sweep", lambda *a, **k: sweep(*a, **{**k, "keep": False})):
        yield


@contextmanager
def detach_keeps_history() -> Iterator[None]:
    """A detached tensor has its history still."""
    detach = Tensor.detach

    def kept(self: Tensor) -> Tensor:
        out = detach(self)
        out._node, out._nr = self._node, self._nr
        return out

    with mock.patch.object(Tensor, "detach", kept):
        yield


@contextmanager
def stale_values_not_seen() -> Iterator[None]:
    """What was saved and then overwritten is used as it is."""
    with mock.patch.object(graph, "check_versions"):
        yield


@contextmanager
def expanded_gradients_averaged() -> Iterator[None]:
    """The gradient of an expanded tensor is a mean, where it should be a sum."""

    def rule(g: Any, x_shape: tuple) -> Any:
        summed = ROWS["sum_to"].public(g, size=x_shape)
        size = 1
        for n in x_shape:
            size *= n
        whole = 1
        for n in g.shape:
            whole *= n
        return summed * (size / max(whole, 1))

    with replaced(ROWS["expand"], rules=(rule,)):
        yield


@contextmanager
def assigned_values_get_no_gradient() -> Iterator[None]:
    """x[...] = y, copy_ and their like send y a gradient of 0."""
    keeps = ROWS["copy"].rules[0]
    with replaced(ROWS["copy"], rules=(keeps, lambda g: g * 0)):
        yield


@contextmanager
def views_of_views_skip_a_step() -> Iterator[None]:
    """A view of a view is made again from the base by its last step alone."""
    view_of = primitive.view_of

    def short(base: Tensor, out: Tensor, *step: Any) -> Tensor:
        view_of(base, out, *step)
        if out._view is not None and len(out._view.chain) > 1:
            out._view.chain = out._view.chain[1:]
        return out

    with mock.patch.object(primitive, "view_of", short):
        yield


PLANTED: dict[str, Callable[[], Any]] = {
    f.__name__: f
    for f in (
        version_not_shared_by_a_view, history_not_rebased, write_to_a_view_reaches_the_base_alone,
        used_twice_counted_once, no_grad_leaks, hooks_run_twice, retain_graph_unheard,
        detach_keeps_history, stale_values_not_seen, expanded_gradients_averaged,
        assigned_values_get_no_gradient, views_of_views_skip_a_step,
    )
}  # fmt: skip
