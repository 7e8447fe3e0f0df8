"""autograd.Function in all its forms, beside torch."""

from __future__ import annotations

import pytest

import minitorch
from tests.programs import attempt, programs_of, same

pytestmark = [pytest.mark.differential, pytest.mark.filterwarnings("ignore::UserWarning")]


def leaf(T):
    return T.tensor([1.0, 2.0, 3.0], requires_grad=True)


def saves_an_input(T):
    class Cube(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 3 * x**2

    x = leaf(T)
    y = Cube.apply(x)
    (g,) = T.autograd.grad(y.sum(), x, create_graph=True)
    (h,) = T.autograd.grad(g.sum(), x, create_graph=True)
    return y, y.grad_fn.name(), g, h, T.autograd.grad(h.sum(), x)


def saves_an_output(T):
    class Exp(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            out = x.exp()
            ctx.save_for_backward(out)
            return out

        @staticmethod
        def backward(ctx, g):
            (out,) = ctx.saved_tensors
            return g * out

    x = leaf(T)
    (g,) = T.autograd.grad(Exp.apply(x).sum(), x, create_graph=True)
    return g, T.autograd.grad(g.sum(), x)


def set_up_apart(T):
    class Scale(T.autograd.Function):
        @staticmethod
        def forward(x, factor):
            return x * factor

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, ctx.factor = inputs
            ctx.save_for_backward(x, output)

        @staticmethod
        def backward(ctx, g):
            x, out = ctx.saved_tensors
            return g * ctx.factor + 0 * (x + out), None

    x = leaf(T)
    y = Scale.apply(x, 2.5)
    y.sum().backward()
    return y, x.grad


def several_inputs_and_outputs(T):
    class Both(T.autograd.Function):
        @staticmethod
        def forward(ctx, x, y, n):
            ctx.save_for_backward(x, y)
            ctx.n = n
            return x * y, x + n * y

        @staticmethod
        def backward(ctx, a, b):
            x, y = ctx.saved_tensors
            return a * y + b, a * x + b * ctx.n, None

    x, y = leaf(T), T.tensor([0.5, 1.5, -1.0], requires_grad=True)
    p, s = Both.apply(x, y, 3)
    (p * s).sum().backward()
    q, _ = Both.apply(x, y.detach(), 2)
    q.sum().backward()
    return p, s, x.grad, y.grad


def needs_input_grad(T):
    seen = []

    class Product(T.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x, y)
            return x * y

        @staticmethod
        def backward(ctx, g):
            seen.append(ctx.needs_input_grad)
            x, y = ctx.saved_tensors
            return (g * y if ctx.needs_input_grad[0] else None,
                    g * x if ctx.needs_input_grad[1] else None)  # fmt: skip

    x = leaf(T)
    Product.apply(x, T.ones(3)).sum().backward()
    Product.apply(T.ones(3), x).sum().backward()
    return seen, x.grad


def gradient_reversed(T):
    class Reverse(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.view_as(x)

        @staticmethod
        def backward(ctx, g):
            return -g

    x = leaf(T)
    (Reverse.apply(x) * 2).sum().backward()
    return x.grad


def straight_through(T):
    class Round(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.round()

        @staticmethod
        def backward(ctx, g):
            return g

    x = T.tensor([0.4, 1.6], requires_grad=True)
    (Round.apply(x) ** 2).sum().backward()
    return x.grad


def not_differentiable_output(T):
    class Sort(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            values, order = x.sort(descending=True)
            ctx.mark_non_differentiable(order)
            ctx.save_for_backward(order)
            return values, order

        @staticmethod
        def backward(ctx, g, _):
            (order,) = ctx.saved_tensors
            return T.zeros_like(g).index_add_(0, order, g)

    x = leaf(T)
    values, order = Sort.apply(x)
    (values * T.tensor([1.0, 2.0, 3.0])).sum().backward()
    return values.requires_grad, order.requires_grad, x.grad


def unmaterialized(T):
    seen = []

    class Two(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, a, b):
            seen.append((a is None, b is None))
            return 2 * a

    class Filled(Two):
        @staticmethod
        def forward(ctx, x):
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, a, b):
            return 2 * a + 3 * b

    x = leaf(T)
    Two.apply(x)[0].sum().backward()
    Filled.apply(x)[0].sum().backward()
    return seen, x.grad


def written_in_place(T):
    class AddOne(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            x.add_(1)
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 2

    x = leaf(T)
    y = x * 1
    z = AddOne.apply(y)
    (z * z).sum().backward()
    return z is y, z, x.grad, y._version


def a_saved_tensor_written_since(T):
    class Square(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 2 * g * x

    x = leaf(T)
    y = x * 1
    z = Square.apply(y).sum()
    y.zero_()
    return attempt(z.backward)


def twice_without_retaining(T):
    class Square(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            return 2 * g * ctx.saved_tensors[0]

    x = leaf(T)
    z = Square.apply(x).sum()
    z.backward(retain_graph=True)
    z.backward()
    return x.grad, attempt(z.backward)


def once_differentiable(T):
    from importlib import import_module

    once = import_module(f"{T.__name__}.autograd.function").once_differentiable

    class Square(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @once
        def backward(ctx, g):
            return 2 * g * ctx.saved_tensors[0]

    x = leaf(T)
    (g,) = T.autograd.grad(Square.apply(x).sum(), x, create_graph=True)
    return g, attempt(T.autograd.grad, g.sum(), x)


def a_wrong_number_of_gradients(T):
    class Wrong(T.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, g):
            return g

    x = leaf(T)
    return attempt(Wrong.apply(x, x).sum().backward)


def a_gradient_of_another_shape(T):
    class Wrong(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g[:2]

    return attempt(Wrong.apply(leaf(T)).sum().backward)


def surplus_nones(T):
    class Identity(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            return g, None, None

    x = leaf(T)
    Identity.apply(x).sum().backward()
    return x.grad


def unrecorded(T):
    class Double(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    with T.no_grad():
        quiet = Double.apply(leaf(T))
    return quiet.requires_grad, Double.apply(T.ones(2)).requires_grad


def missing_methods(T):
    class Nothing(T.autograd.Function):
        pass

    class Forward(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    x = leaf(T)
    return attempt(Nothing.apply, x), attempt(Forward.apply(x).sum().backward)


def saves_what_is_no_tensor(T):
    class Wrong(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(3)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g

    return attempt(Wrong.apply, leaf(T))


def plain_attributes_and_none(T):
    class Keep(T.autograd.Function):
        @staticmethod
        def forward(ctx, x, flag=True):
            ctx.shape, ctx.flag = x.shape, flag
            ctx.save_for_backward(None, x)
            return x.sum()

        @staticmethod
        def backward(ctx, g):
            nothing, x = ctx.saved_tensors
            assert nothing is None
            assert ctx.flag
            return g.expand(ctx.shape) * x, None

    x = leaf(T)
    Keep.apply(x).backward()
    return x.grad


def inside_a_module_of_operations(T):
    class Clip(T.autograd.Function):
        @staticmethod
        def forward(ctx, x, low, high):
            ctx.save_for_backward(x)
            ctx.low, ctx.high = low, high
            return x.clamp(low, high)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * ((x >= ctx.low) & (x <= ctx.high)), None, None

    x = T.tensor([[1.0, -2.0], [0.5, 4.0]], requires_grad=True)
    y = Clip.apply(x @ x, -1.0, 3.0) * x
    y.sum().backward()
    return x.grad


PROGRAMS = programs_of(globals(), but=leaf)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)


def test_function_passes_gradcheck() -> None:
    class Cube(minitorch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 3 * x**2

    x = minitorch.tensor([1.0, -2.0, 3.0], dtype=minitorch.float64, requires_grad=True)
    assert minitorch.autograd.gradcheck(Cube.apply, (x,))
    assert minitorch.autograd.gradgradcheck(Cube.apply, (x,))
