"""Functions of the user's inside vmap and torch.func, and what else a Function can; with torch."""

from __future__ import annotations

import warnings
from importlib import import_module

import pytest

from tests.programs import attempt, programs_of, same

pytestmark = [pytest.mark.differential, pytest.mark.filterwarnings("ignore")]


def scaled_cube(T, **more):
    """k x**3, with what `more` adds to the class."""

    def setup_context(ctx, inputs, output):
        x, k = inputs
        ctx.save_for_backward(x, output)
        ctx.save_for_forward(x)
        ctx.k = k

    def backward(ctx, g):
        x, out = ctx.saved_tensors
        return g * 3 * ctx.k * x**2 + out * 0, None

    methods = {
        "forward": staticmethod(lambda x, k: k * x**3),
        "setup_context": staticmethod(setup_context),
        "backward": staticmethod(backward),
    }
    return type("ScaledCube", (T.autograd.Function,), {**methods, **more})


def product(T):
    """x w for a matrix and a vector, both with a gradient; a vmap rule is generated."""

    class Product(T.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(w, x):
            return w @ x, x.sum()

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, g, g_sum):
            w, x = ctx.saved_tensors
            return T.outer(g, x), w.t() @ g + g_sum

    return Product


def generated_rule(T):
    cube = scaled_cube(T, generate_vmap_rule=True).apply
    x = T.arange(6.0).reshape(3, 2)
    return (
        T.vmap(lambda a: cube(a, 2))(x),
        T.vmap(T.func.grad(lambda a: cube(a, 2).sum()))(x),
        T.func.jacrev(lambda a: cube(a, 2))(x[0]),
        T.vmap(T.func.jacrev(T.func.jacrev(lambda a: cube(a, 2).sum())))(x),
        T.vmap(lambda a: cube(a, 2), in_dims=1, out_dims=1)(x),
    )


def generated_rule_with_shared_inputs(T):
    T.manual_seed(0)
    apply = product(T).apply
    w, x = T.randn(3, 2, requires_grad=True), T.randn(4, 2, requires_grad=True)
    y, s = T.vmap(apply, in_dims=(None, 0))(w, x)
    ((y**2).sum() + s.sum()).backward()
    each = T.func.grad(lambda w, x: (apply(w, x)[0] ** 2).sum())
    return y, s, w.grad, x.grad, T.vmap(each, in_dims=(None, 0))(w.detach(), x.detach())


def rule_of_its_own(T):
    seen = []

    def rule(info, in_dims, x, k):
        seen.append((info.batch_size, info.randomness, in_dims, tuple(x.shape)))
        return inner.apply(x.movedim(in_dims[0], 0), k), 0

    inner = scaled_cube(T)
    outer = scaled_cube(T, vmap=staticmethod(rule))
    x = T.arange(6.0).reshape(3, 2)
    return T.vmap(lambda a: outer.apply(a, 2))(x), seen


def no_rule(T):
    class Old(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    x, nothing = T.ones(3, 2), staticmethod(lambda *a: None)
    both = scaled_cube(T, generate_vmap_rule=True, vmap=nothing)
    return (
        attempt(T.vmap(lambda a: scaled_cube(T).apply(a, 2)), x),
        attempt(T.vmap(Old.apply), x),
        attempt(T.vmap(lambda a: both.apply(a, 2)), x),
    )


# ------------------------------------------------------------------ the rest of a Function


def differentiated_once(T):
    once = import_module(f"{T.__name__}.autograd.function").once_differentiable

    class Square(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        @once
        def backward(ctx, g):
            return g * 2 * ctx.saved_tensors[0]

    x = T.tensor([1.0, 2.0], requires_grad=True)
    (g,) = T.autograd.grad(Square.apply(x).sum(), x, retain_graph=True)
    y = Square.apply(x)
    (h,) = T.autograd.grad((y * y).sum(), x, create_graph=True)
    return g, h, attempt(lambda: (h**2).sum().backward())


def vjp_is_backward(T):
    def rule(ctx, g):
        return g * 2

    def double(**rules):
        forward = staticmethod(lambda ctx, x: x * 2)
        rules = {name: staticmethod(f) for name, f in rules.items()}
        return type("Double", (T.autograd.Function,), {"forward": forward, **rules})

    x = T.ones(2, requires_grad=True)
    double(vjp=rule).apply(x).sum().backward()
    both, none = double(vjp=rule, backward=rule), double()
    return (
        x.grad,
        attempt(both.apply(x).sum().backward),
        attempt(none.apply(x).sum().backward),
    )


def context_seen_from_outside(T):
    class Keep(T.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x)
            ctx.note = "mine"
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2, None

    node = Keep.apply(T.ones(2, requires_grad=True), T.ones(2)).grad_fn
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        old = node.saved_variables
    warned = [w.category.__name__ for w in caught]
    return node.note, node.saved_tensors, old, warned, node.needs_input_grad, node.name()


def names(T):
    room = import_module(f"{T.__name__}.autograd.function")
    found = [issubclass(getattr(room, n), room.Function) for n in ("InplaceFunction",)]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = room.Function()
    warned = [w.category.__name__ for w in caught]
    return found, room.InplaceFunction(True).inplace, warned, attempt(made, 3)


def variables(T):
    Variable, x = T.autograd.Variable, T.ones(2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        quiet = Variable(x, volatile=True)
    made = Variable(x, requires_grad=True)
    (made * 2).sum().backward()
    made.data[0] = 5
    return (
        made,
        made.grad,
        x,
        quiet,
        [w.category.__name__ for w in caught],
        isinstance(x, Variable),
        isinstance(3, Variable),
        Variable(),
        attempt(Variable, 3),
    )


PROGRAMS = [f for f in programs_of(globals()) if f not in (scaled_cube, product)]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)


def test_dual_tensors_are_refused_by_name() -> None:
    from minitorch.autograd import forward_ad

    with pytest.raises(NotImplementedError, match=r"torch\.func\.jvp"), forward_ad.dual_level():
        pass
