"""backward and grad: what may be asked, and what is answered; beside torch."""

from __future__ import annotations

import warnings

import pytest
import torch.autograd.graph  # noqa: F401

from tests.programs import attempt, programs_of, same

pytestmark = [pytest.mark.differential, pytest.mark.filterwarnings("ignore::UserWarning")]


def xy(T):
    x = T.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = T.tensor([0.5, -1.0, 2.0], requires_grad=True)
    return x, y


# ------------------------------------------------------------------ grad


def gradients_touch_no_leaf(T):
    x, y = xy(T)
    gx, gy = T.autograd.grad((x * y).sum(), [x, y])
    return gx, gy, x.grad, y.grad


def one_input(T):
    x, _ = xy(T)
    found = T.autograd.grad((x * x).sum(), x)
    return type(found) is tuple, found


def several_outputs(T):
    x, y = xy(T)
    weights = [T.tensor([1.0, 2.0, 3.0]), None]
    return T.autograd.grad([x * y, x.sum()], (x, y), weights)


def inputs_in_the_middle(T):
    x, _ = xy(T)
    h = x.exp()
    k = h * h
    return T.autograd.grad(k.sum(), [h, k, x])


def a_view_in_the_middle(T):
    x, _ = xy(T)
    h = x * 2
    v = h[1:]
    return T.autograd.grad((v * v).sum(), [v, h])


def gradients_lie_as_their_leaves_do(T):
    found = []
    for create in (False, True):
        x = T.arange(6.0).reshape(2, 3).requires_grad_()
        y = T.arange(6.0).reshape(2, 3).t().requires_grad_()
        z = T.arange(24.0).reshape(2, 3, 4)[:, 1:].requires_grad_()
        w = T.arange(24.0).reshape(2, 3, 4).permute(1, 2, 0).requires_grad_()
        parts = x.t() * y + x.t().exp(), z.sum(), w.transpose(0, 2) * 2
        sum(p.sum() for p in parts).backward(create_graph=create)
        found.append([t.grad.stride() for t in (x, y, z, w)])
    return found


def a_hook_is_called_where_no_gradient_arrives(T):
    x, _ = xy(T)
    seen = []
    a, b = x.split([1, 2])
    a.register_hook(seen.append)
    a.retain_grad()
    b.sum().backward()
    c, d = x.split([1, 2])
    c.register_hook(lambda g: T.ones(1))
    return seen, a.grad, x.grad, attempt(d.sum().backward)


def hooks_of_results_that_are_not_saved(T):
    """What a rule uses of its own output carries that output's hooks; of its input it does not."""
    found = []
    for f in (T.erfinv, T.expm1, T.exp, T.tanh, T.sqrt):
        x = T.tensor([0.25, 0.5], requires_grad=True)
        y = f(x)
        y.register_hook(lambda g: g * 2)
        (g,) = T.autograd.grad(y.sum(), x, create_graph=True)
        (g.sum() + y.sum()).backward()
        found += [g, x.grad]
    return found


def the_gradient_of_a_norm_of_tiny_numbers(T):
    x = T.tensor([[3e-15, 0.7, 3e-20]], requires_grad=True)
    norms = T.linalg.vector_norm(x[:, :2], 3, 0), T.linalg.vector_norm(x, 1.5, 0)
    (norms[0].sum() + norms[1].sum()).backward()
    return x.grad


def the_second_derivative_of_mish_at_zero(T):
    x = T.tensor([0.0, 1.0, -1.0], requires_grad=True)
    (g,) = T.autograd.grad(T.nn.functional.mish(x).sum(), x, create_graph=True)
    return g, T.autograd.grad(g.sum(), x)


def weights_of_too_many_dimensions(T):
    linear = T.nn.functional.linear
    x = T.ones(2, 3)
    return attempt(linear, x, T.ones(3, 2, 3)), attempt(linear, x, T.ones(()))


def one_output_of_several(T):
    x, _ = xy(T)
    a, b = x.split([1, 2])
    return T.autograd.grad((a * b).sum(), [b, a])


def the_same_input_twice(T):
    x, _ = xy(T)
    return T.autograd.grad((x * x).sum(), [x, x])


def the_output_itself(T):
    x, _ = xy(T)
    z = (x * x).sum()
    return T.autograd.grad(z, z), T.autograd.grad(x.sum(), x)


def unused(T):
    x, y = xy(T)
    z = (x * x).sum()
    return (
        attempt(T.autograd.grad, z, [x, y], retain_graph=True),
        attempt(T.autograd.grad, z, [x, y], retain_graph=True, allow_unused=True),
        attempt(T.autograd.grad, z, [x, y], retain_graph=True, materialize_grads=True),
        attempt(T.autograd.grad, z, [x, T.zeros(3)], retain_graph=True),
        attempt(T.autograd.grad, z, [x, y], allow_unused=False, materialize_grads=True),
    )


def unused_in_the_middle(T):
    x, _ = xy(T)
    h = x * 2
    after = h * 3
    return attempt(T.autograd.grad, h.sum(), after), attempt(
        T.autograd.grad, h.sum(), after, allow_unused=True
    )


def released_by_grad(T):
    x, _ = xy(T)
    z = (x * x).sum()
    T.autograd.grad(z, x, retain_graph=True)
    T.autograd.grad(z, x)
    return attempt(T.autograd.grad, z, x)


def only_the_needed_part_is_released(T):
    x, y = xy(T)
    a, b = x.exp(), y.exp()
    z = (a + b).sum()
    T.autograd.grad(z, x)
    return attempt(T.autograd.grad, z, y), attempt(T.autograd.grad, z, x)


def hooks_on_the_way(T):
    x, _ = xy(T)
    h = x * 2
    h.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    z = (h * h).sum()
    return T.autograd.grad(z, h, retain_graph=True), T.autograd.grad(z, x)


def outputs_need_history(T):
    return attempt(T.autograd.grad, T.ones(1), T.ones(1, requires_grad=True))


def weights_that_do_not_fit(T):
    x, _ = xy(T)
    return (
        attempt(T.autograd.grad, x * 2, x),
        attempt(T.autograd.grad, x * 2, x, T.ones(2)),
        attempt(T.autograd.grad, [x * 2, x * 3], x, [T.ones(3)]),
        attempt(T.autograd.grad, x * 2, x, [T.ones(3)]),
    )


# ------------------------------------------------------------------ higher orders


def third_order(T):
    x, _ = xy(T)
    found, y = [], (x**4).sum() + x.sin().sum()
    for _ in range(3):
        (g,) = T.autograd.grad(y, x, create_graph=True)
        found.append(g)
        y = g.sum()
    return found


def third_order_of_a_product(T):
    x, y = xy(T)
    (g,) = T.autograd.grad((x**3 * y.exp()).sum(), x, create_graph=True)
    (h,) = T.autograd.grad(g.sum(), y, create_graph=True)
    return T.autograd.grad(h.sum(), (x, y))


def gradient_penalty(T):
    x, y = xy(T)
    out = T.tanh(x * y).sum()
    (g,) = T.autograd.grad(out, x, create_graph=True)
    (out + (g.norm() - 1) ** 2).backward()
    return x.grad, y.grad


def backward_with_create_graph(T):
    x, _ = xy(T)
    (x**3).sum().backward(create_graph=True)
    first = x.grad
    x.grad = None
    first.sum().backward()
    return first, x.grad


def accumulated_gradients_keep_history(T):
    x, _ = xy(T)
    (x**3).sum().backward(create_graph=True)
    (x**2).sum().backward(create_graph=True)
    total = x.grad
    (g,) = T.autograd.grad(total.sum(), x)
    return total, g


def hessian_vector_product(T):
    x, _ = xy(T)
    v = T.tensor([1.0, 0.0, -1.0])
    z = (x[0] * x[1] ** 2 * x[2]).exp() * 1e-3
    (g,) = T.autograd.grad(z, x, create_graph=True)
    return T.autograd.grad(g, x, v)


def a_linear_gradient_has_no_second(T):
    x, _ = xy(T)
    (g,) = T.autograd.grad((x * 2).sum(), x, create_graph=True)
    return g.requires_grad, g


def derivative_by_the_cotangent(T):
    x, _ = xy(T)
    v = T.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (g,) = T.autograd.grad(x.exp(), x, v, create_graph=True)
    return T.autograd.grad(g.sum(), v)


# ------------------------------------------------------------------ backward


def backward_to_some_inputs(T):
    x, y = xy(T)
    (x * y).sum().backward(inputs=[x])
    (x * y).sum().backward(inputs=x)
    return x.grad, y.grad


def backward_to_a_result(T):
    x, _ = xy(T)
    h = x * 2
    h.retain_grad()
    (h * h).sum().backward(inputs=[h])
    return h.grad, x.grad


def backward_to_nothing(T):
    x, _ = xy(T)
    return attempt(x.sum().backward, inputs=[])


def backward_with_a_gradient(T):
    x, y = xy(T)
    (x * y).backward(T.tensor([1.0, 0.0, 2.0]))
    return x.grad, y.grad


def backward_of_several(T):
    x, y = xy(T)
    T.autograd.backward([x * y, (x + y).sum()], [T.ones(3), None])
    return x.grad, y.grad


def accumulates_in_place(T):
    x, _ = xy(T)
    (x * 2).sum().backward()
    kept = x.grad
    (x * 3).sum().backward()
    return kept is x.grad, kept


def zeroed_between(T):
    x, _ = xy(T)
    (x * 2).sum().backward()
    x.grad.zero_()
    (x * 3).sum().backward()
    return x.grad


def assigned_gradients(T):
    x, _ = xy(T)
    x.grad = T.tensor([1.0, 1.0, 1.0])
    (x * 2).sum().backward()
    return (
        x.grad,
        attempt(setattr, x, "grad", T.ones(2)),
        attempt(setattr, x, "grad", 1.0),
        attempt(setattr, x, "grad", T.ones(3, dtype=T.float64)),
    )


# ------------------------------------------------------------------ backward as a function


def backward_with_grad_tensors(T):
    x, y = xy(T)
    T.autograd.backward([x * y, x.exp()], grad_tensors=[T.ones(3), T.arange(3.0)])
    T.autograd.backward((x * y).sum(), inputs=[x])
    return x.grad, y.grad


def gradients_by_their_old_name(T):
    x, _ = xy(T)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        T.autograd.backward(x * 2, grad_variables=T.ones(3))
    warned = [w.category.__name__ for w in caught]
    both = attempt(T.autograd.backward, x * 2, grad_tensors=T.ones(3), grad_variables=T.ones(3))
    return x.grad, warned, both


def inputs_as_edges(T):
    x, y = xy(T)
    z = (x * y).sum()
    z.backward(inputs=[T.autograd.graph.get_gradient_edge(x)], retain_graph=True)
    z.backward(None, True, False, [y])
    return x.grad, y.grad, attempt(x.backward, grad_tensors=T.ones(3))


# ------------------------------------------------------------------ anomaly mode


def nan_in_the_gradient(T):
    x = T.tensor([0.0, 1.0], requires_grad=True)
    with T.autograd.detect_anomaly():
        z = (x.sqrt() * 0).sum()
        return attempt(z.backward)


def nan_unwatched(T):
    x = T.tensor([0.0, 1.0], requires_grad=True)
    (x.sqrt() * 0).sum().backward()
    return x.grad


def anomaly_without_nan_check(T):
    x = T.tensor([0.0, 1.0], requires_grad=True)
    with T.autograd.set_detect_anomaly(True, check_nan=False):
        (x.sqrt() * 0).sum().backward()
    return x.grad


PROGRAMS = programs_of(globals(), but=xy)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)
