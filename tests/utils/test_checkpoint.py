"""checkpoint: equal gradients, equal masks, less memory; and what is refused, beside torch."""

from __future__ import annotations

import gc
import tracemalloc
import warnings
from importlib import import_module

import pytest
import torch.utils.checkpoint  # noqa: F401

import minitorch
from tests.programs import attempt, programs_of, same

pytestmark = [pytest.mark.differential, pytest.mark.filterwarnings("ignore")]


def room(T):
    return import_module(f"{T.__name__}.utils.checkpoint")


def network(T):
    T.manual_seed(0)
    nn = T.nn
    return nn.Sequential(
        nn.Linear(4, 8),
        nn.Dropout(0.5),
        nn.Tanh(),
        nn.Linear(8, 8),
        nn.Dropout(0.3),
        nn.Linear(8, 2),
    )


def trained(T, run):
    net = network(T)
    x = T.randn(5, 4, requires_grad=True)
    out = run(net, x)
    out.square().sum().backward()
    return out, x.grad, [p.grad for p in net.parameters()], T.rand(2)


def without(T):
    return trained(T, lambda net, x: net(x))


def reentrant(T):
    return trained(T, lambda net, x: room(T).checkpoint(net, x, use_reentrant=True))


def not_reentrant(T):
    return trained(T, lambda net, x: room(T).checkpoint(net, x, use_reentrant=False))


def random_state_not_kept(T):
    def run(net, x):
        return room(T).checkpoint(net, x, use_reentrant=False, preserve_rng_state=False)

    return trained(T, run)


def argument_overwritten_before_it_is_computed_again(T):
    x = T.tensor([2.0, -0.5], requires_grad=True)
    y = -x
    run = T.utils.checkpoint.checkpoint
    out = run(lambda p, q: T.sin(p) * q, x, y, use_reentrant=False)
    y.clamp_(-1, 1)
    return attempt(out.sum().backward)


def in_segments(T):
    def run(net, x):
        return room(T).checkpoint_sequential(net, 3, x, use_reentrant=False)

    return trained(T, run)


def in_segments_reentrant(T):
    return trained(T, lambda net, x: room(T).checkpoint_sequential(net, 2, x, use_reentrant=True))


def nested(T):
    check = room(T).checkpoint

    def outer(net):
        def run(x):
            h = check(net[:3], x * 2, use_reentrant=False)
            return check(net[3:], h.sin(), use_reentrant=False).exp()

        return run

    return trained(T, lambda net, x: check(outer(net), x, use_reentrant=False))


def nested_both_ways(T):
    check = room(T).checkpoint

    def run(net, x):
        inner = lambda x: check(net, x * 2, use_reentrant=True)  # noqa: E731
        return check(inner, x, use_reentrant=False)

    return trained(T, run)


def arguments_of_all_kinds(T):
    x, y = T.ones(3, requires_grad=True), T.arange(3.0)
    made = []
    for way in (True, False):
        f = lambda a, k, b, flag: (a * k + b, a.exp() if flag else b)  # noqa: E731
        u, v = room(T).checkpoint(f, x, 2, y, True, use_reentrant=way)
        (u * v).sum().backward()
        made.append((u, v, x.grad.clone()))
    z = room(T).checkpoint(lambda a, *, k: a.sin() * k, x, k=3.0, use_reentrant=False)
    return made, z, T.autograd.grad(z.sum(), x)


def second_derivative(T):
    x = T.arange(3.0).requires_grad_()
    y = room(T).checkpoint(lambda x: x.sin() * x, x, use_reentrant=False).sum()
    (g,) = T.autograd.grad(y, x, create_graph=True)
    return g, T.autograd.grad(g.sum(), x)


def backward_twice(T):
    x = T.arange(3.0).requires_grad_()
    y = room(T).checkpoint(lambda x: x.sin().exp(), x, use_reentrant=False).sum()
    y.backward(retain_graph=True)
    y.backward()
    return x.grad, attempt(y.backward)


def contexts(T):
    seen = []

    class Note:
        def __init__(self, name):
            self.name = name

        def __enter__(self):
            seen.append(self.name)

        def __exit__(self, *error):
            seen.append("end " + self.name)

    x = T.ones(2, requires_grad=True)
    both = lambda: (Note("forward"), Note("again"))  # noqa: E731
    y = room(T).checkpoint(T.sin, x, use_reentrant=False, context_fn=both)
    y.sum().backward()
    return seen


def warned(T):
    x, net = T.ones(2, 4, requires_grad=True), network(T)
    found = []
    for call in (
        lambda: room(T).checkpoint(T.sin, x),
        lambda: room(T).checkpoint_sequential(net, 2, x),
        lambda: room(T).checkpoint(T.sin, x.detach(), use_reentrant=True),
        lambda: room(T).checkpoint(T.sin, x.detach(), use_reentrant=False),
    ):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found.append((call(), [w.category.__name__ for w in caught]))
    return found


def changing(first, then):
    calls = []

    def run(x):
        calls.append(x)
        return first(x) if len(calls) == 1 else then(x)

    return run


def what_is_refused(T):
    check, x = room(T).checkpoint, T.ones(3, requires_grad=True)
    ended = [
        attempt(check, T.sin, x, use_reentrant=True, k=2),
        attempt(check, T.sin, x, use_reentrant=True, debug=True),
        attempt(check, T.sin, x, use_reentrant=True, context_fn=lambda: 1),
        attempt(check, T.sin, x, use_reentrant=False, determinism_check="perhaps"),
        attempt(room(T).checkpoint_sequential, [T.sin], 1, x, use_reentrant=False, k=2),
    ]
    ys = (
        check(lambda x: x.detach(), x, use_reentrant=True),
        check(changing(lambda x: x.sin().exp(), T.sin), x, use_reentrant=False),
        check(changing(T.sin, lambda x: x[:2].sin()), x, use_reentrant=False),
    )
    ended += [type(attempt(y.sum().backward).error).__name__ for y in ys]
    y = check(changing(T.sin, lambda x: x.sin().exp()), x, use_reentrant=False)
    y.sum().backward()  # it stops early
    with room(T).set_checkpoint_early_stop(False):
        y = check(changing(T.sin, lambda x: x.sin().exp()), x, use_reentrant=False)
    ended.append(type(attempt(y.sum().backward).error).__name__)
    y = check(T.sin, x, use_reentrant=True)
    return ended, attempt(T.autograd.grad, y.sum(), x), attempt(y.sum().backward, inputs=[x])


PROGRAMS = [f for f in programs_of(globals()) if f.__code__.co_argcount == 1]
PROGRAMS = [f for f in PROGRAMS if f not in (room, network)]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)


@pytest.mark.parametrize("way", [True, False], ids=["reentrant", "not reentrant"])
def test_nothing_is_kept(way) -> None:
    def deep(x):
        for _ in range(10):
            x = x.sin()
        return x

    def kept(run) -> int:
        x = minitorch.ones(100_000, requires_grad=True)
        gc.collect()
        tracemalloc.start()
        y = run(x)
        size = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        y.sum().backward()
        return size

    plain = kept(deep)
    less = kept(lambda x: room(minitorch).checkpoint(deep, x, use_reentrant=way))
    assert plain > 10 * 400_000 > 8 * less
