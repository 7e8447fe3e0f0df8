"""torch.autograd.graph: hooks on what is saved, nodes, edges, several tensors; beside torch."""

from __future__ import annotations

import pytest
import torch.autograd.graph  # noqa: F401

from tests.programs import attempt, programs_of, same

pytestmark = [pytest.mark.differential, pytest.mark.filterwarnings("ignore")]


def leaf(T):
    return T.tensor([1.0, 2.0, 3.0], requires_grad=True)


# ------------------------------------------------------------------ saved tensors


def saved_values_packed(T):
    x, log = leaf(T), []

    def pack(t):
        log.append(("pack", tuple(t.shape), t.requires_grad))
        return t.detach() * 10

    def unpack(t):
        log.append(("unpack", tuple(t.shape)))
        return t / 5

    with T.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = (x.sin() * x).sum()
    y.backward()
    return log, x.grad


def kept_as_numbers(T):
    x, store = leaf(T), []

    def pack(t):
        store.append(t.detach().clone())
        return len(store) - 1

    with T.autograd.graph.saved_tensors_hooks(pack, lambda i: store[i]):
        y = (T.nn.functional.softmax(x, 0) * x.exp()).sum()
    y.backward(retain_graph=True)
    y.backward()
    return x.grad, attempt(y.backward)


def second_derivative_of_packed(T):
    x = leaf(T)
    with T.autograd.graph.saved_tensors_hooks(lambda t: [t.detach()], lambda t: t[0]):
        y = (x**3).sum()
    (g,) = T.autograd.grad(y, x, create_graph=True)
    return g, T.autograd.grad(g.sum(), x)


def hooks_nested(T):
    x, log = leaf(T), []
    hooks = T.autograd.graph.saved_tensors_hooks
    with hooks(lambda t: log.append("outer") or t, lambda t: t):
        y = x.exp()
        with hooks(lambda t: log.append("inner") or t, lambda t: t):
            z = y.sin()
        z = z.exp()
    z.sum().backward()
    return log, x.grad


def function_packed(T):
    class Cube(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x, None)
            return x**3

        @staticmethod
        def backward(ctx, g):
            x, nothing = ctx.saved_tensors
            return g * 3 * x**2 if nothing is None else None

    x = leaf(T)
    with T.autograd.graph.saved_tensors_hooks(lambda t: t.detach() * 2, lambda t: t):
        y = Cube.apply(x)
    y.sum().backward()
    return x.grad


def unpacked_as_no_tensor(T):
    x = leaf(T)
    with T.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: 3):
        y = x.exp().sum()
    return attempt(y.backward)


def hooks_disabled(T):
    graph = T.autograd.graph
    with graph.disable_saved_tensors_hooks("not here"):
        ended = attempt(lambda: graph.saved_tensors_hooks(lambda t: t, lambda t: t).__enter__())
    with graph.save_on_cpu(pin_memory=False):
        y = leaf(T).exp().sum()
    return ended, str(ended.error), y


def saved_tensors_written(T):
    x = leaf(T)
    with T.autograd.graph.allow_mutation_on_saved_tensors():
        y = x * 2
        z = y.sin()
        y.mul_(5)
        (z + y).sum().backward()
    return x.grad


# ------------------------------------------------------------------ edges and nodes


def edges(T):
    graph, x = T.autograd.graph, leaf(T)
    y = x * 2
    z = (y * y).sum()
    edge = graph.get_gradient_edge(y)
    (gy,) = T.autograd.grad(z, edge, retain_graph=True)
    (gx,) = T.autograd.grad(edge, x, T.ones(3), retain_graph=True)
    return (
        gy,
        gx,
        edge.output_nr,
        isinstance(y.grad_fn, graph.Node),
        isinstance(graph.get_gradient_edge(x).node, graph.Node),
        isinstance(x, graph.Node),
        attempt(graph.get_gradient_edge, x.detach()),
    )


def version_incremented(T):
    x = leaf(T)
    y = x.exp()
    z = y.sum()
    T.autograd.graph.increment_version(y)
    w = x.sin()
    T.autograd.graph.increment_version([w, x.detach()])
    return y._version, w._version, attempt(z.backward)


def node_hooks(T):
    x, log = leaf(T), []
    y = x * 2
    node = y.grad_fn
    node.register_prehook(lambda gs: log.append(("pre", gs[0])) or (gs[0] * 10,))
    node.register_hook(lambda gi, go: log.append(("post", gi[0], go[0])))
    late = node.register_hook(lambda gi, go: log.append("removed"))
    late.remove()
    y.register_hook(lambda g: log.append(("tensor", g)) or g + 1)
    y.sum().backward()
    return log, x.grad


def tensor_hooks_in_order(T):
    x, log = leaf(T), []
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: log.append(("first", g)) or g * 2)
    handle = y.register_hook(lambda g: log.append("gone"))
    y.register_hook(lambda g: log.append(("second", g)) or g * 3)
    handle.remove()
    x.register_hook(lambda g: log.append(("leaf", g)))
    x.register_post_accumulate_grad_hook(lambda t: log.append(("after", t.grad.clone())))
    y.sum().backward()
    return log, y.grad, x.grad


# ------------------------------------------------------------------ several tensors


def all_gradients(T):
    x, y, z = leaf(T), leaf(T), leaf(T)
    seen = []
    handle = T.autograd.graph.register_multi_grad_hook((x, y, z), lambda gs: seen.append(gs))
    (x * y).sum().backward()
    (x * y * z).sum().backward()
    handle.remove()
    (x * y).sum().backward()
    return seen


def any_gradient(T):
    x, y = leaf(T), leaf(T)
    seen = []
    hook = T.autograd.graph.register_multi_grad_hook
    handle = hook((x, y), lambda g: seen.append(g), mode="any")
    (x * 2).sum().backward()
    (y * 3).sum().backward()
    handle.remove()
    return seen, attempt(hook, (x,), print, mode="some")


# ------------------------------------------------------------------ many gradients at once


def batch_of_gradients(T):
    x = leaf(T)
    y = T.stack([x.sin(), (x * x).cumsum(0)]).log_softmax(1)
    v = T.eye(6).reshape(6, 2, 3)
    (g,) = T.autograd.grad(y, x, v, is_grads_batched=True, retain_graph=True)
    (h,) = T.autograd.grad(y, x, v, is_grads_batched=True, create_graph=True)
    unused = T.autograd.grad(y, leaf(T), v, True, is_grads_batched=True, allow_unused=True)
    return g, h, T.autograd.grad(h.sum(), x), unused


def batch_of_gradients_of_layers(T):
    T.manual_seed(0)
    net = T.nn.Sequential(
        T.nn.Conv2d(1, 2, 3), T.nn.ReLU(), T.nn.MaxPool2d(2), T.nn.Flatten(), T.nn.Linear(8, 3)
    )
    x = T.randn(2, 1, 6, 6)
    v = T.randn(4, 2, 3)
    return T.autograd.grad(net(x), list(net.parameters()), v, is_grads_batched=True)


PROGRAMS = programs_of(globals(), but=leaf)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)
