"""The sweep: order, release, hooks, versions; beside torch on the same program."""

from __future__ import annotations

import pytest

from tests.programs import attempt, programs_of, same

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


def frozen_after_it_was_used(T):
    x, y, z = (T.tensor([1.0, 2.0], requires_grad=True) for _ in range(3))
    total = (x * y * z).sum()
    x.requires_grad = False
    y.requires_grad_(False).requires_grad_()
    total.backward()
    return x.grad, y.grad, z.grad


def frozen_and_thawed_leaf_used_again(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    x.register_hook(lambda g: g * 10)
    y = x.exp()
    x.requires_grad_(False)
    x.requires_grad_()
    z = x * y
    same_end = z.grad_fn.next_functions[0][0] is y.grad_fn.next_functions[0][0]
    return T.autograd.grad(z.sum(), x, retain_graph=True), z.sum().backward(), x.grad, same_end


def thawed_with_another_shape(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    x.requires_grad_(False)
    x.data = T.ones(3)
    x.requires_grad_()
    (x * x).sum().backward()
    return x.grad


def gradients_of_chosen_inputs_are_added_in_place(T):
    x = T.tensor([[1.0, 0.5], [-1.0, 2.0]], requires_grad=True)
    (x * 2).sum().backward()
    before = x.grad
    (x @ x).sum().backward(inputs=[x])
    return before, before is x.grad


def recorded_gradients_of_chosen_inputs_lie_as_the_leaf(T):
    x = T.tensor([[1.0, 0.5], [-1.0, 2.0]], requires_grad=True)
    (x @ x).exp().sum().backward(inputs=[x], create_graph=True)
    return x.grad.stride(), (x.grad * 1.5).stride()


def backward_from_a_view_made_without_gradients(T):
    x = T.tensor([1.0, 0.5], requires_grad=True)
    with T.no_grad():
        view = x[1:]
    return view.requires_grad, attempt(view.backward)


def what_gave_its_sign_is_overwritten(T):
    x, y = (T.tensor([1.0, -0.5], requires_grad=True) for _ in range(2))
    sign = y * 2
    signed = T.copysign(x, sign)
    sign.mul_(3)
    signed.sum().backward()
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


PROGRAMS = programs_of(globals())


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)


def test_what_arrives_for_a_leaf_that_became_a_result_is_dropped() -> None:
    import minitorch as T

    x = T.tensor([1.0, 2.0], requires_grad=True)
    factor = T.tensor([3.0, 3.0], requires_grad=True)
    before = x.exp().sum()
    x.requires_grad_(False)
    x.mul_(factor)
    (before + x.sum()).backward()
    assert x.grad_fn is not None
    assert x._grad is None
    assert factor.grad.tolist() == [1.0, 2.0]
