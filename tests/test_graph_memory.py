"""What the graph keeps and for how long: depth, cycles, growth, aliasing, threads."""

from __future__ import annotations

import gc
import sys
import threading
import tracemalloc
import weakref

import pytest

import minitorch
from minitorch.graph import Node

# ------------------------------------------------------------------ depth

DEEP = 100_000


def chain(step, length: int = DEEP) -> tuple:
    """(leaf, the end of a chain of `length` steps)."""
    x = minitorch.ones(2, requires_grad=True)
    y = x
    for _ in range(length):
        y = step(y)
    return x, y


def test_a_deep_chain_runs_forward_backward_and_is_released() -> None:
    assert sys.getrecursionlimit() < DEEP
    x, y = chain(lambda y: y + 1)
    y.sum().backward()
    assert x.grad.tolist() == [1, 1]
    del y


def test_a_deep_chain_is_released_without_backward() -> None:
    _, y = chain(lambda y: y * 1.0)
    alive = weakref.ref(y.grad_fn)
    del y
    assert alive() is None


def test_a_deep_chain_of_branches_is_released() -> None:
    _, y = chain(lambda y: y * y + y, DEEP // 10)
    alive = weakref.ref(y.grad_fn)
    del y
    assert alive() is None


def test_a_deep_chain_of_writes_to_views() -> None:
    x = minitorch.ones(2, requires_grad=True)
    y = x * 1
    for _ in range(1000):
        y[0] += 1
    y.sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_a_deep_chain_is_differentiated_twice() -> None:
    x, y = chain(lambda y: y * 1.0001, 2000)
    (g,) = minitorch.autograd.grad((y * y).sum(), x, create_graph=True)
    (h,) = minitorch.autograd.grad(g.sum(), x)
    assert h.tolist() == pytest.approx([2 * 1.0001**4000] * 2, rel=1e-3)


# ------------------------------------------------------------------ memory


def training_step(parameters: list) -> None:
    """A small step with most that a script does: views, writes, hooks, an update in place."""
    w, b, v, scale = parameters
    x = minitorch.randn(8, 4)
    h = minitorch.relu(x @ w) + b
    h[:, 0] = h[:, 1] * 2
    left, right = h.split(2, 1)
    h = minitorch.cat([left * scale, right.exp()], 1)
    h.register_hook(lambda g: g * 0.5)
    kept = h * 2
    kept.retain_grad()
    loss = minitorch.log_softmax(kept @ v, dim=1)[:, 0].mean() + kept.std()
    (g,) = minitorch.autograd.grad(loss, w, create_graph=True)
    (loss + (g * g).sum()).backward()
    with minitorch.no_grad():
        for p in parameters:
            p -= 0.01 * p.grad
            p.grad = None


def fresh_parameters() -> list:
    sizes = [(4, 4), (4,), (4, 3), (2,)]
    return [minitorch.randn(*s).requires_grad_() for s in sizes]


@pytest.fixture
def no_collector():
    """The garbage collector off: what is left over then stays."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_training_leaves_no_cycles(no_collector) -> None:
    parameters = fresh_parameters()
    for _ in range(3):
        training_step(parameters)
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(20):
        training_step(parameters)
    assert len(gc.get_objects()) - before <= 2  # the list of objects itself
    assert gc.collect() == 0


def plain_step(parameters: list) -> None:
    """A small step without frills, fast enough to be run some thousand times."""
    w, b, v, _ = parameters
    loss = minitorch.log_softmax(minitorch.relu(INPUT @ w + b) @ v, dim=1)[:, 0].mean()
    loss.backward()
    with minitorch.no_grad():
        for p in parameters[:3]:
            p -= 0.01 * p.grad
            p.grad = None


INPUT = minitorch.ones(8, 4)


def test_training_does_not_grow(no_collector) -> None:
    parameters = fresh_parameters()
    for _ in range(2200):  # Python keeps up to 2000 dead tuples of each length for reuse
        plain_step(parameters)
    tracemalloc.start(1)
    try:
        sizes = []
        for _ in range(2):
            for _ in range(200):
                plain_step(parameters)
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[1] - sizes[0] < 2000  # 10 bytes a step; a node and its array would be 500


def nodes_alive() -> int:
    return sum(type(o) is Node for o in gc.get_objects())


def test_backward_frees_what_was_saved() -> None:
    x = minitorch.ones(1000, requires_grad=True)
    y = x.exp()
    saved = weakref.ref(y.grad_fn.saved[0])
    loss = y.sum()
    del y
    assert saved() is not None
    loss.backward()
    assert saved() is None


def test_a_dropped_graph_is_freed_at_once(no_collector) -> None:
    before = nodes_alive()
    x = minitorch.ones(3, requires_grad=True)
    y = ((x * x).exp() + x).sum()
    assert nodes_alive() == before + 4
    del y
    assert nodes_alive() == before


def test_double_backward_leaves_no_cycle(no_collector) -> None:
    before = nodes_alive()
    x = minitorch.ones(3, requires_grad=True)
    (g,) = minitorch.autograd.grad((x**3).sum(), x, create_graph=True)
    (h,) = minitorch.autograd.grad(g.sum(), x, create_graph=True)
    h.sum().backward()
    assert x.grad.tolist() == [6, 6, 6]
    del g, h, x
    assert nodes_alive() == before


def test_a_dead_leaf_gets_no_gradient_and_harms_nobody() -> None:
    x, y = minitorch.ones(2, requires_grad=True), minitorch.ones(2, requires_grad=True)
    z = (x * y).sum()
    del x
    z.backward()
    assert y.grad.tolist() == [1, 1]


def test_the_graph_keeps_no_leaf_alive() -> None:
    x = minitorch.ones(2, requires_grad=True)
    y = x + 1
    alive = weakref.ref(x)
    del x
    assert alive() is None
    y.sum().backward()


# ------------------------------------------------------------------ aliasing


def addresses(*tensors) -> set:
    return {t.grad.data_ptr() for t in tensors}


@pytest.mark.parametrize(
    "combine",
    [
        lambda x, y: (x + y).sum(),
        lambda x, y: (x + y).view(4).sum(),
        lambda x, y: (x - -y).T.sum(),
        lambda x, y: minitorch.cat([x, y]).sum(),
        lambda x, y: minitorch.stack([x, y]).sum(),
        lambda x, y: (x.clone() + y.reshape(2, 2)).sum(),
    ],
)
def test_gradients_of_two_leaves_share_no_memory(combine) -> None:
    x, y = minitorch.ones(2, 2, requires_grad=True), minitorch.ones(2, 2, requires_grad=True)
    combine(x, y).backward()
    assert len(addresses(x, y)) == 2
    with minitorch.no_grad():
        x.grad[0, 0] = 7  # writable, and not the other's
    assert y.grad.tolist() == [[1, 1], [1, 1]]


def test_the_given_gradient_is_not_kept() -> None:
    x = minitorch.ones(2, requires_grad=True)
    g = minitorch.tensor([1.0, 2.0])
    (x + 0).backward(g)
    x.backward(g)
    assert g.tolist() == [1, 2]
    g.zero_()
    assert x.grad.tolist() == [2, 4]


def test_one_gradient_that_flows_to_several_places_is_not_spoiled() -> None:
    x = minitorch.ones(2, requires_grad=True)
    y = x * 1
    a, b = y + 0, y + 0
    (a + b + a * 3).sum().backward()
    assert x.grad.tolist() == [5, 5]


def test_captured_gradients_are_the_callers_own() -> None:
    x, y = minitorch.ones(2, requires_grad=True), minitorch.ones(2, requires_grad=True)
    gx, gy = minitorch.autograd.grad((x + y).sum(), [x, y])
    gx.mul_(5)
    assert gy.tolist() == [1, 1]


# ------------------------------------------------------------------ threads


def test_two_threads_accumulate_into_one_leaf() -> None:
    w = minitorch.zeros(50, requires_grad=True)
    rounds, failures = 200, []

    def work() -> None:
        try:
            for _ in range(rounds):
                (w * 2).sum().backward()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures
    assert w.grad.tolist() == [2 * 2 * rounds] * 50


def test_grad_mode_belongs_to_its_thread() -> None:
    seen = []
    with minitorch.no_grad():
        thread = threading.Thread(target=lambda: seen.append(minitorch.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]
