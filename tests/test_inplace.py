"""Writing to tensors: through views, into leaves, by index; history and errors as torch's."""

from __future__ import annotations

import pytest

import minitorch
from tests.programs import attempt, programs_of, same

pytestmark = [pytest.mark.differential, pytest.mark.filterwarnings("ignore::UserWarning")]


def leaves(T):
    """(x, y): two leaves that require a gradient, and whose results may be written."""
    x = T.arange(6.0).reshape(2, 3) + 1
    y = T.tensor([0.5, -1.0, 2.0])
    return x.requires_grad_(), y.requires_grad_()


# ------------------------------------------------------------------ assignment


def row_assigned(T):
    x, y = leaves(T)
    z = x * 2
    z[0] = y * y
    (z * z).sum().backward()
    return z, x.grad, y.grad


def one_number_assigned(T):
    found = []
    for key in (..., (), None):
        x, y = leaves(T)
        z = y @ y
        z[key] = y.sum()
        z.backward()
        (w := y @ y)[key] = x.sum()
        found.append((z, y.grad, T.autograd.grad(w, x, create_graph=True)))
    return found


def element_assigned(T):
    x, y = leaves(T)
    z = x * 2
    z[1, -1] = y[0]
    z[0, 0] = 7.0
    z.exp().sum().backward()
    return x.grad, y.grad


def slice_assigned_with_broadcast(T):
    x, y = leaves(T)
    z = x * 2
    z[:, 1:] = y[:2]
    (z**2).sum().backward()
    return z, x.grad, y.grad


def mask_assigned(T):
    x, y = leaves(T)
    z = x * 2
    z[z > 5] = y.sum()
    (z**2).sum().backward()
    return z, x.grad, y.grad


def mask_assigned_number(T):
    x, _ = leaves(T)
    z = x * 2
    z[z > 5] = 0
    (z**2).sum().backward()
    return z, x.grad


def index_array_assigned(T):
    x, y = leaves(T)
    z = x * 2
    z[T.tensor([1, 0]), T.tensor([0, 2])] = y[:2]
    z[:, T.tensor([1])] = 3.0
    (z**2).sum().backward()
    return z, x.grad, y.grad


def assigned_to_a_constant(T):
    _, y = leaves(T)
    z = T.zeros(2, 3)
    z[1] = y
    z[0, 1] = y[2]
    (z * z).sum().backward()
    return z.requires_grad, z, y.grad


def everything_assigned(T):
    x, y = leaves(T)
    z = x * 2
    z[...] = y
    (z * z).sum().backward()
    return x.grad, y.grad


def part_added_to(T):
    x, y = leaves(T)
    z = x * 2
    z[0] += y
    z[:, 1] *= 3
    (z * z).sum().backward()
    return z, x.grad, y.grad


def assigned_twice(T):
    x, y = leaves(T)
    z = x * 1
    z[0] = y
    z[0, 1] = x[1, 1] * y[0]
    (z * z).sum().backward()
    return z, x.grad, y.grad


def assigned_from_itself(T):
    x, _ = leaves(T)
    z = x * 1
    z[0] = z[1] * 2
    (z * z).sum().backward()
    return z, x.grad


def assigned_other_dtypes(T):
    x = T.zeros(3)
    x[0] = T.tensor(2, dtype=T.int64)
    x[1] = True
    i = T.zeros(3, dtype=T.int64)
    i[0] = 2.7
    i[1] = T.tensor(-1.9)
    return x, i


def assignments_that_do_not_fit(T):
    x = T.zeros(2, 3)
    return (
        attempt(x.__setitem__, 0, T.ones(2)),
        attempt(x.__setitem__, (slice(None), 0), T.ones(3)),
        attempt(x.__setitem__, 5, 1.0),
        attempt(x.__setitem__, (0, 0, 0), 1.0),
        attempt(x.__setitem__, 0, "a"),
        attempt(x.__setitem__, x > 1, T.ones(4)),
        attempt(x.__setitem__, slice(None), T.ones(1, 2, 3)),
        attempt(x.__setitem__, slice(None), T.ones(2, 1, 2, 3)),
    )


def assignment_into_a_leaf(T):
    x, _ = leaves(T)
    with_gradient = attempt(x.__setitem__, 0, 1.0)
    with T.no_grad():
        x[0] = 1.0
    return with_gradient, x, x.grad_fn, x.is_leaf


# ------------------------------------------------------------------ views


def write_to_a_view_reaches_the_base(T):
    x, y = leaves(T)
    z = x * 2
    v = z.view(3, 2)[1]
    v.mul_(y[:2])
    (z * z).sum().backward()
    return z, x.grad, y.grad


def write_to_the_base_reaches_the_view(T):
    x, _ = leaves(T)
    z = x * 2
    v = z[0]
    z.mul_(3)
    (v * v).sum().backward()
    return v, v.grad_fn is not None, x.grad


def a_view_is_made_again_after_its_base_was_written(T):
    x, y = leaves(T)
    z = x * 2
    v, w = z[0], z[:, 0]
    v.copy_(y)
    w.add_(1)
    (z * z).sum().backward(retain_graph=True)
    first = x.grad.clone()
    (v * v).sum().backward()
    return first, x.grad, y.grad, v, w


def view_of_a_view(T):
    x, _ = leaves(T)
    z = x * 2
    v = z.t()[1:].unsqueeze(0)
    v.mul_(5)
    (z * z).sum().backward()
    return z, x.grad, v._base is z


def expanded_views_are_not_written(T):
    x = T.zeros(3, 1)
    return attempt(x.expand(3, 2).add_, 1), attempt(x.expand(3, 1).add_, 1)


def the_base_and_the_view_name_each_other(T):
    x = T.zeros(4, 4)
    v = x[1:].t()[0]
    return v._base is x, x._base is None, v._is_view(), x._is_view(), v.clone()._is_view()


def a_constant_base_gets_history_from_its_view(T):
    _, y = leaves(T)
    base = T.zeros(2, 3)
    v = base[1]
    v.add_(y)
    (base * base).sum().backward()
    return base.requires_grad, v.requires_grad, y.grad


def views_of_leaves(T):
    x, _ = leaves(T)
    refused = attempt(x[0].add_, 1), attempt(x.view(-1).zero_), attempt(x.detach().add_, 1)
    return refused, x._version


def several_views(T):
    x, _ = leaves(T)
    z = x * 2
    parts = z.unbind(0)
    chunks = z.chunk(3, 1)
    return attempt(parts[0].add_, 1), attempt(chunks[1].mul_, 2), attempt(z.split(1)[0].zero_)


def several_views_of_a_constant(T):
    x = T.zeros(4)
    for part in x.split(2):
        part.add_(1)
    a, b = x.unbind(0)[:2]
    a.mul_(5)
    return x, b


def views_made_in_no_grad(T):
    x, y = leaves(T)
    z = x * 2
    with T.no_grad():
        v = z[0]
        w = T.zeros(3)[1:]
    with T.no_grad():
        v.add_(1)
    return attempt(v.mul_, 2), attempt(w.mul_, y[1:]), attempt(w.mul_, 2)


def a_view_made_in_no_grad_requires_a_gradient_that_never_arrives(T):
    x, _ = leaves(T)
    with T.no_grad():
        v, parts = x[0], x.unbind(0)
    y = (v * 2 + parts[1]).sum()
    y.backward()
    flags = [t.requires_grad for t in (v, parts[0], v[1:], v * 2, v.detach(), v.clone())]
    return flags, v.is_leaf, v.grad, x.grad, y.grad_fn is None, attempt(T.autograd.grad, y, v)


def views_that_cannot_follow_a_write(T):
    """One of several, or made in no_grad: they lose their history, and say so when it is asked."""
    found = []
    for mode in (T.no_grad, T.enable_grad):
        x, y = leaves(T)
        z = x * 2
        parts = z.unbind(0)
        with T.no_grad():
            w = z[0]
        with mode():
            z.mul_(y)
        for v in (parts[0], w):
            with T.no_grad():
                found.append((v * 2, v.detach(), v.requires_grad))
            found.append([attempt(lambda v=v: v.is_leaf), attempt(lambda v=v: v * 2)])
            found.append(attempt(lambda v=v: v.grad_fn))
    return found


def detached_views(T):
    x, _ = leaves(T)
    z = x * 2
    d = z.detach()[0]
    d.add_(100)
    (z + 1).sum().backward()
    return z, d.requires_grad, x.grad


def a_write_in_no_grad_changes_no_history(T):
    x, _ = leaves(T)
    z = x + 1
    with T.no_grad():
        z[0] = 0.0
        z.mul_(2)
    z.sum().backward()
    return z, x.grad


def a_view_asked_for_its_history_in_no_grad(T):
    x, _ = leaves(T)
    z = x * 2
    v = z[0]
    with T.no_grad():
        z.mul_(3)
        inside = v.requires_grad
    (v * v).sum().backward()
    return inside, v, x.grad


def random_rows_of_a_leaf(T):
    x, _ = leaves(T)
    with T.no_grad():
        x[0].uniform_(2, 2)
        x[1].normal_(3, 0)
    return x, attempt(x[0].uniform_), attempt(x.normal_)


def a_view_before_and_after(T):
    x, _ = leaves(T)
    z = x * 1
    before = z[0]
    product = before * 2
    z.zero_()
    (product + before).sum().backward()
    return x.grad, before


def diagonal_written(T):
    x, y = leaves(T)
    z = x[:, :2] * 1
    z.diagonal().mul_(y[:2])
    (z * z).sum().backward()
    return z, x.grad, y.grad


def second_derivative_through_a_write(T):
    x, y = leaves(T)
    z = x * x
    z[0] = y**3
    z[:, 1] *= x[:, 0]
    (g, h) = T.autograd.grad((z * z).sum(), (x, y), create_graph=True)
    return g, h, T.autograd.grad((g * g).sum() + h.sum(), (x, y))


# ------------------------------------------------------------------ in-place operations


def a_chain_of_writes(T):
    x, y = leaves(T)
    z = x + 0
    z.mul_(2).add_(y).div_(3).sub_(y, alpha=2).clamp_(-3, 3)
    z.sum().backward()
    return z, x.grad, y.grad


def augmented_assignment(T):
    x, y = leaves(T)
    z = w = x * 1
    z += y
    z *= 2
    z -= 1
    z /= y
    z **= 2
    z.sum().backward()
    return z is w, z, x.grad, y.grad


def leaf_in_place(T):
    x, _ = leaves(T)
    return attempt(x.add_, 1), attempt(x.zero_), attempt(x.copy_, x), attempt(x.detach_)


def shapes_do_not_grow(T):
    x = T.zeros(3)
    return attempt(x.add_, T.zeros(2, 3)), attempt(x.add_, T.zeros(2)), attempt(x.add_, T.zeros(1))


def results_must_fit_the_dtype(T):
    i, b, f = T.zeros(2, dtype=T.int64), T.zeros(2, dtype=T.bool), T.zeros(2)
    return (
        attempt(i.add_, 0.5), attempt(i.mul_, T.ones(2)), attempt(i.div_, 2), attempt(b.add_, 1),
        attempt(f.add_, T.ones(2, dtype=T.float64)), attempt(f.add_, True), attempt(f.mul_, i),
        attempt(i.add_, T.ones(2, dtype=T.int32)), attempt(i.add_, T.tensor(0.5)),
        attempt(T.zeros(2, dtype=T.uint8).add_, T.ones(2, dtype=T.int64)),
        attempt(f.add_, T.tensor(1.5)),
    )  # fmt: skip


def comparisons_write_numbers(T):
    x = T.tensor([1.0, 2.0, 3.0])
    return x.gt_(1.5), x.dtype


def overwritten_by_copy(T):
    x, y = leaves(T)
    z = x * 2
    z.copy_(y)
    z.sum().backward()
    return z, x.grad, y.grad


def zeroed_and_filled(T):
    x, y = leaves(T)
    z = x * 2
    z.zero_()
    z.fill_(3)
    z.sum().backward()
    w = y * 2
    w.fill_(y[0])
    (w * w).sum().backward()
    return z, x.grad, w, y.grad


def random_writes_forget_history(T):
    x, _ = leaves(T)
    z = x * 2
    z.uniform_(0, 1)
    z.sum().backward()
    return x.grad, z._version


def retain_then_write(T):
    x, _ = leaves(T)
    z = x * 2
    z.retain_grad()
    z.mul_(3)
    (z * z).sum().backward()
    return z.grad, x.grad


def a_result_used_before_and_after_a_write(T):
    x, _ = leaves(T)
    z = x * 2
    a = z + 1
    z.mul_(3)
    (a + z).sum().backward()
    return x.grad


def squared_in_place(T):
    x, _ = leaves(T)
    z = x * 2
    z.pow_(2)
    z.sum().backward()
    return z, x.grad


def reshaped_in_place(T):
    x = T.arange(6.0)
    y = x.view(2, 3).clone()
    y.t_()
    z = y.unsqueeze_(0)
    return y is z, y, y.squeeze_(), y.transpose_(0, 1), y._version > 0


def detached_in_place(T):
    x, _ = leaves(T)
    z = x * 2
    z.detach_()
    constant = T.zeros(2)[1:]
    return z.requires_grad, z.is_leaf, attempt((x * 2)[0].detach_), attempt(constant.detach_)


def whole_numbers_multiplied_into_a_float(T):
    x, i = T.ones(3), T.tensor([1, 2, 3])
    return x.addcmul_(i, i, value=0.5), T.addcmul(x, i, i, value=0.5), attempt(i.addcmul_, x, x)


def products_with_a_vector_are_no_views(T):
    x, y = T.ones(2, 3, 2), T.ones(2)
    return (x @ y)._is_view(), (y @ x.mT)._is_view(), attempt((x @ y).detach_)


def a_fraction_of_whole_numbers(T):
    values = (0.5, -0.5, -1.5, 2.7, 300.5, float("inf"))
    dtypes = (T.int64, T.int8, T.uint8, T.bool)
    wholes = [T.tensor([1, 2, 3]).to(dtype) for dtype in dtypes]
    return [attempt(x.addcmul_, x, x, value=v) for x in wholes for v in values]


def a_function_that_writes_its_input(T):
    class Negated(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            return x.neg_()

        @staticmethod
        def backward(ctx, g):
            return -g

    x, y = leaves(T)
    z = x * 2
    same_tensor = Negated.apply(z[0])
    z = z * y
    (z * z).sum().backward()
    parts = (x * 2).unbind(0)
    refused = [attempt(Negated.apply, t) for t in (x, x[0], parts[0])]
    return same_tensor, z, x.grad, y.grad, refused


def writing_to_a_normalized_batch(T):
    """Its saved mean and rstd are no part of it."""
    x = T.arange(24.0).reshape(2, 3, 4).requires_grad_()
    y = T.nn.functional.batch_norm(x, None, None, training=True)
    y += x
    (y * y).sum().backward()
    return x.grad


def writing_to_one_of_two_outputs(T):
    """The vectors are in the formula, the sum of the values is not."""
    found = []
    for written in (0, 1):
        x = T.tensor([[2.0, 0.5], [0.5, 1.0]]).requires_grad_()
        outs = T.linalg.eigh(x)
        loss = outs[0].sum()
        with T.no_grad():
            outs[written].add_(1)
        found.append(attempt(loss.backward))
    return found


def requires_grad_in_place(T):
    x = T.zeros(2)
    return x.requires_grad_() is x, x.requires_grad, x.requires_grad_(False).requires_grad


PROGRAMS = programs_of(globals(), but=leaves)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)


def test_outputs_overwritten_by_a_later_write_were_kept() -> None:
    """torch refuses; here an in-place operation computes its result apart and then copies it."""
    x = minitorch.tensor([0.5, 2.0], requires_grad=True)
    z = x * 2
    z.exp_().log_().sqrt_()
    z.sum().backward()
    assert x.grad.tolist() == pytest.approx([1.0, 0.5])


def test_a_write_that_spoils_its_own_factor_is_still_right() -> None:
    """torch refuses z.mul_(z); what the write itself saved is copied here."""
    x = minitorch.tensor([2.0, 3.0], requires_grad=True)
    z = x * 1
    z.mul_(z)
    z.sum().backward()
    assert x.grad.tolist() == [4, 6]
