"""Small programs that show what a sweep does: reuse, broadcasting, hooks, versions, modes.

Each is `program(T, *tensors)` in torch's words and returns tensors; what it raises is compared by
type. Which gradients are there at all is returned as numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.cases.case import Case

PROGRAMS: dict[str, Callable[..., Any]] = {}


def program(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add a program to the list; its docstring says what it shows."""
    PROGRAMS[function.__name__.replace("_", " ")] = function
    return function


def cases() -> list[Case]:
    """The programs as cases: two matrices, a row, a number."""
    draw = np.random.default_rng(0)
    shapes = ((3, 4), (3, 4), (4,), ())
    inputs = tuple(draw.standard_normal(s).astype(np.float32) for s in shapes)
    return [
        Case("program", name, function, inputs[: function.__code__.co_argcount - 1])
        for name, function in PROGRAMS.items()
    ]


def _there(T: Any, *tensors: Any) -> Any:
    """Which tensors have a gradient."""
    return T.tensor([float(t.grad is not None) for t in tensors])


def _given(x: Any) -> Any:
    """A leaf's gradient, zeros where there is none."""
    return x.detach() * 0 if x.grad is None else x.grad


@program
def used_twice(T, x):
    y = x * x
    return y + T.exp(y)


@program
def used_by_many(T, x, y):
    z = x * y
    return [z * 2, T.sin(z), z * z, z + x, T.tanh(z) * y]


@program
def a_leaf_used_by_many(T, x):
    return x * 2 + x.exp() + x.sin() + x * x


@program
def parts_used_twice(T, x):
    a, b = x.unbind(0)[:2]
    c, d = x.split([1, 3], 1)
    return [a * b + a, a.exp(), (c * d).sum() + c.sum() * 3]


@program
def broadcast(T, x, y, row, number):
    return x * row + row * number + (y - x[:, :1]) * number


@program
def a_bias(T, x, y, row):
    return T.tanh(x @ y.t() @ y + row)


@program
def backward_twice(T, x, y):
    (x * y).sum().backward()
    first = x.grad.clone()
    (x.exp() * y).sum().backward()
    return [first, x.grad, y.grad]


@program
def backward_kept_and_again(T, x):
    z = (x * x).exp().sum()
    z.backward(retain_graph=True)
    z.backward()
    return x.grad


@program
def backward_once_too_often(T, x):
    z = (x * x).exp().sum()
    z.backward()
    z.backward()
    return x.grad


@program
def a_shared_gradient(T, x, y):
    z = x + y
    w = z * 1.5 + z.sin()
    (w + x).sum().backward()
    return [x.grad, y.grad]


@program
def sums_that_share_what_arrives(T, x, y):
    a, b = x * 1.0, y * 1.0
    (a + b + a.sin() + b * 2 + a * b).sum().backward()
    return [x.grad, y.grad]


@program
def one_gradient_on_two_ways(T, x, y):
    a, b = x * 1.0, y * 1.0
    d = a.sin()
    return [d, a + b]


@program
def a_hook(T, x):
    y = x * 2
    y.register_hook(lambda g: g * 3)
    y.sin().sum().backward()
    return x.grad


@program
def hooks_of_a_leaf(T, x):
    seen = []
    x.register_hook(lambda g: g * 3)
    x.register_hook(lambda g: seen.append(g.clone()))
    (x * x).sum().backward()
    return [x.grad, *seen]


@program
def a_hook_of_a_node(T, x, y):
    z = x * y
    z.grad_fn.register_hook(lambda given, came: (given[0] * 2, given[1]))
    z.exp().sum().backward()
    return [x.grad, y.grad]


@program
def a_hook_before_a_node(T, x, y):
    z = x * y
    z.grad_fn.register_prehook(lambda came: (came[0] * 2,))
    z.exp().sum().backward()
    return [x.grad, y.grad]


@program
def written_after_it_was_saved(T, x):
    y = x.exp()
    y.mul_(2)
    y.sum().backward()
    return x.grad


@program
def written_through_detach(T, x):
    y = x.exp()
    y.detach().mul_(2)
    y.sum().backward()
    return x.grad


@program
def written_before_it_is_saved(T, x):
    y = x * 2
    y.mul_(3)
    y.exp().sum().backward()
    return x.grad


@program
def a_view_of_what_was_written(T, x, y):
    z = x * 2
    row = z[1]
    z.mul_(y)
    return [row.exp(), z.sin()]


@program
def written_through_a_view(T, x, row):
    z = x * 2
    z[0].add_(row)
    z[:, 1:].mul_(3)
    return z.sin()


@program
def written_where_another_part_was_saved(T, x, row):
    z = x * 2
    z[0].mul_(row)
    z[:, 1:].add_(1)
    return z.sin()


@program
def detached(T, x, y):
    (x.detach() * y + x).sum().backward()
    return [x.grad, y.grad]


@program
def detached_alone(T, x, y):
    z = x.detach() * y
    z.sum().backward()
    return [_there(T, x, y), y.grad]


@program
def nothing_recorded(T, x, y):
    with T.no_grad():
        z = x.exp()
        w = x * y
    (z * w * y).sum().backward()
    return [_there(T, x, y), y.grad]


@program
def recorded_again_inside(T, x):
    with T.no_grad():
        y = x.exp()
        with T.enable_grad():
            z = x.sin()
    return y * z


@program
def gradients_of_some(T, x, y):
    z = (x * y).sin()
    (g,) = T.autograd.grad(z.sum(), x)
    return [g, _there(T, x, y)]


@program
def frozen_since(T, x, y):
    z = (x.exp() * y).sum()
    x.requires_grad_(False)
    z.backward()
    return [_there(T, x, y), y.grad, _given(x)]


@program
def gradients_of_gradients(T, x, y):
    z = (x * y).exp().sum()
    (g,) = T.autograd.grad(z, x, create_graph=True)
    (g * g).sum().backward()
    return [x.grad, y.grad]


@program
def gradients_of_what_is_inside(T, x):
    y = x * x
    z = y.exp()
    return list(T.autograd.grad(z.sum(), [y, x], retain_graph=True))


@program
def kept_on_the_way(T, x):
    y = x.sin()
    y.retain_grad()
    (y * y).sum().backward()
    return [y.grad, x.grad]
