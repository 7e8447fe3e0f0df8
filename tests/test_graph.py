"""The sweep: order, depth, memory, hooks, versions; beside torch on the same program."""

from __future__ import annotations

import gc
import sys
import threading
import tracemalloc
import weakref

import pytest

import minitorch
from minitorch.graph import Node
from tests.programs import attempt, same

pytestmark = [pytest.mark.differential, pytest.mark.filterwarnings("ignore::UserWarning")]


# ------------------------------------------------------------------ order and accumulation


def diamond(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    z = y + y.exp()
    (z * y).sum().backward()
    return x.grad


def many_uses(T):
    x = T.tensor([0.5, -1.0], requires_grad=True)
    total = x * 0
    for i in range(10):
        total = total + x**2 * i + x
    total.sum().backward()
    return x.grad


def two_roots_share_a_part(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    T.autograd.backward([y.sum(), (y * y).sum()])
    return x.grad


def the_same_root_twice(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()
    T.autograd.backward([y, y])
    return x.grad


def a_root_inside_another(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    T.autograd.backward([y.sum(), y], [None, T.tensor([3.0, 4.0])])
    return x.grad


def x_with_itself(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    (x * x + x / x - x).sum().backward()
    return x.grad


def broadcast_leaf(T):
    x = T.tensor([[1.0], [2.0]], requires_grad=True)
    b = T.tensor(3.0, requires_grad=True)
    (x * T.ones(2, 3) * b).sum().backward()
    return x.grad, b.grad


def mixed_dtypes(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    y = T.tensor([1.0, 2.0], dtype=T.float64, requires_grad=True)
    (x * y).sum().backward()
    return x.grad, y.grad


def accumulates(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    for _ in range(3):
        (x * x).sum().backward()
    return x.grad


def only_some_need(T):
    x, y = T.tensor(1.0, requires_grad=True), T.tensor(2.0)
    z = (x * y).exp() * y
    z.backward()
    return x.grad, y.grad, z.requires_grad, (y * y).requires_grad


def a_leaf_as_root(T):
    x = T.tensor(2.0, requires_grad=True)
    x.backward()
    x.backward()
    return x.grad


def several_outputs_partly_used(T):
    x = T.arange(6.0).requires_grad_()
    a, _, c = x.split(2)
    values, _ = x.sort(descending=True)
    (a * c * values[1:3]).sum().backward()
    return x.grad


def a_view_of_size_one(T):
    x = T.arange(3.0).requires_grad_()
    (part,) = x.chunk(1)
    (row,) = x.view(1, 3).unbind(0)
    (part * row).sum().backward()
    return x.grad


def integer_results_have_no_history(T):
    x = T.tensor([1.0, 3.0, 2.0], requires_grad=True)
    values, indices = x.max(0)
    return (
        values.requires_grad,
        indices.requires_grad,
        (x > 1).requires_grad,
        x.argmax().requires_grad,
    )


# ------------------------------------------------------------------ retain_graph, release


def freed_twice(T):
    x = T.tensor(2.0, requires_grad=True)
    y = x * x
    y.backward()
    return attempt(y.backward), x.grad


def freed_through_a_shared_part(T):
    x = T.tensor(2.0, requires_grad=True)
    y = x.exp()
    (y * 2).backward()
    return attempt((y * 3).backward), x.grad


def nothing_saved_nothing_freed(T):
    x = T.tensor(2.0, requires_grad=True)
    y = x + 1
    y.backward()
    y.backward()
    return x.grad


def retained(T):
    x = T.tensor(2.0, requires_grad=True)
    y = x**3
    y.backward(retain_graph=True)
    y.backward()
    return x.grad, attempt(y.backward)


def saved_values_after_release(T):
    x = T.tensor(2.0, requires_grad=True)
    y = x.exp()
    before = y.grad_fn._saved_result if T.__name__ == "torch" else y.grad_fn._saved_out
    y.backward()
    name = "_saved_result" if T.__name__ == "torch" else "_saved_out"
    return before, attempt(getattr, y.grad_fn, name)


# ------------------------------------------------------------------ what cannot be differentiated


def no_history(T):
    return attempt(T.tensor(2.0).backward)


def not_a_scalar(T):
    return attempt((T.ones(2, requires_grad=True) * 2).backward)


def gradient_of_another_shape(T):
    y = T.ones(2, requires_grad=True) * 2
    return attempt(y.backward, T.ones(3)), attempt(y.backward, 1.0)


def integers_require_no_gradient(T):
    return (
        attempt(T.tensor, [1, 2], requires_grad=True),
        attempt(T.tensor([1]).requires_grad_),
        attempt(setattr, T.tensor([1]), "requires_grad", True),
    )


def results_keep_requiring(T):
    y = T.ones(2, requires_grad=True) * 2
    return attempt(setattr, y, "requires_grad", False), attempt(y.requires_grad_)


# ------------------------------------------------------------------ hooks


def tensor_hooks(T):
    seen = []
    x = T.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    y.register_hook(lambda g: seen.append(g.clone()))
    y.register_hook(lambda g: g * 2)
    handle = y.register_hook(lambda g: g * 100)
    handle.remove()
    x.register_hook(lambda g: g + 1)
    (y * y).sum().backward()
    return seen, x.grad


def a_hook_runs_once_per_complete_gradient(T):
    count = []
    x = T.tensor(1.0, requires_grad=True)
    y = x * 2
    y.register_hook(lambda g: count.append(g.item()))
    (y + y * y + y.exp()).backward()
    return count, x.grad


def a_hook_of_one_output(T):
    x = T.arange(4.0).requires_grad_()
    a, b = x.split(2)
    a.register_hook(lambda g: g * 10)
    (a * 2 + b).sum().backward()
    return x.grad


def a_hook_that_returns_rubbish(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    x.register_hook(lambda g: g.sum())
    return attempt((x * 2).sum().backward)


def hooks_need_a_gradient(T):
    return (
        attempt(T.ones(2).register_hook, print),
        attempt(T.ones(2).retain_grad),
        attempt((T.ones(2, requires_grad=True) * 2).register_post_accumulate_grad_hook, print),
    )


def retained_gradients(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    y.retain_grad()
    y.retain_grad()
    z = y * y
    z.sum().backward(retain_graph=True)
    once = y.grad.clone()
    z.sum().backward()
    return once, y.grad, x.grad, y.retains_grad, x.retains_grad


def retain_grad_sees_what_hooks_made(T):
    x = T.tensor(1.0, requires_grad=True)
    y = x * 3
    y.retain_grad()
    y.register_hook(lambda g: g * 5)
    (y * 2).backward()
    return y.grad, x.grad


def post_accumulate_hooks(T):
    seen = []
    x = T.tensor([1.0, 2.0], requires_grad=True)

    def step(p):
        seen.append(p.grad.clone())
        with T.no_grad():
            p -= 0.1 * p.grad
        p.grad = None

    handle = x.register_post_accumulate_grad_hook(step)
    (x * x).sum().backward()
    (x * x).sum().backward()
    handle.remove()
    (x * x).sum().backward()
    return seen, x.detach(), x.grad


def node_hooks(T):
    seen = []
    x = T.tensor([1.0, 2.0], requires_grad=True)
    y = T.tensor([3.0, 4.0])
    z = x * y
    z.grad_fn.register_prehook(lambda outputs: (outputs[0] * 2,))
    z.grad_fn.register_hook(lambda inputs, outputs: seen.append((inputs[0], inputs[1], outputs[0])))
    z.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] + 1, None))
    z.sum().backward()
    return seen, x.grad


def names_and_edges(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    z = (x * 2 + x.exp()).sum()
    names, node = [], z.grad_fn
    while node is not None:
        names.append(node.name())
        node = node.next_functions[0][0] if node.next_functions else None
    return names, [n and n.name() for n, _ in z.grad_fn.next_functions[0][0].next_functions]


def the_accumulator_knows_its_leaf(T):
    x = T.tensor(2.0, requires_grad=True)
    node = (x * 2).grad_fn.next_functions[0][0]
    return node.variable is x


# ------------------------------------------------------------------ versions


def saved_input_written(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    z = y * y
    y.add_(1)
    return attempt(z.sum().backward)


def saved_output_written(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    y.mul_(2)
    return attempt(y.sum().backward)


def written_through_a_view(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    y[0].zero_()
    return attempt(y.sum().backward)


def written_by_index(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    w = T.tensor([3.0, 4.0])
    y = x * w
    w[1] = 5
    return attempt(y.sum().backward)


def written_through_detach(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    y.detach().zero_()
    return attempt(y.sum().backward)


def written_through_data_unseen(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    y.data.zero_()
    y.sum().backward()
    return x.grad


def leaf_written_without_recording(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()
    with T.no_grad():
        x.add_(1)
    return attempt(y.backward), x._version


def what_is_not_saved_may_be_written(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    z = y + 1
    y.zero_()
    z.sum().backward()
    return x.grad


def versions_count(T):
    x = T.zeros(4)
    steps = [x._version]
    for write in (
        lambda: x.add_(1), lambda: x[0].mul_(2), lambda: x.view(2, 2)[0].zero_(),
        lambda: x.__setitem__(0, 3.0), lambda: x.detach().add_(1), lambda: x.data.add_(1),
        lambda: x.fill_(2), lambda: x.copy_(T.ones(4)), lambda: x.clone().add_(1),
    ):  # fmt: skip
        write()
        steps.append(x._version)
    return steps, x


PROGRAMS = [
    f for f in list(globals().values())
    if getattr(f, "__module__", "") == __name__ and f.__code__.co_varnames[:1] == ("T",)
]  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)


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

PARAMETERS = 4


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
    assert sizes[1] - sizes[0] < 200  # not a byte a step


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
