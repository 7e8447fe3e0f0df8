"""torch.func: derivatives of functions, nested, in batches, of modules; beside torch."""

from __future__ import annotations

import pytest

from tests.programs import attempt, programs_of, same

pytestmark = [pytest.mark.differential, pytest.mark.filterwarnings("ignore")]


def gradient(T):
    return T.func.grad(lambda x: (x**3).sum())(T.arange(3.0))


def third_derivative(T):
    return T.func.grad(T.func.grad(T.func.grad(T.sin)))(T.tensor(0.5))


def inner_variable_apart(T):
    return T.func.grad(lambda x: x * T.func.grad(lambda y: x + y)(T.tensor(1.0)))(T.tensor(2.0))


def inner_variable_is_the_outer(T):
    return T.func.grad(lambda x: x * T.func.grad(lambda y: x * y)(x))(T.tensor(3.0))


def inner_tangent_apart(T):
    return T.func.jvp(
        lambda x: x * T.func.jvp(lambda y: x + y, (x,), (T.tensor(1.0),))[1],
        (T.tensor(2.0),),
        (T.tensor(1.0),),
    )


def argnums(T):
    return T.func.grad(lambda x, y: (x * y).sum(), argnums=(0, 1))(T.ones(2), T.arange(2.0))


def argnum1(T):
    return T.func.grad(lambda x, y: (x * y).sum(), argnums=1)(T.ones(2), T.arange(2.0))


def argnums_from_the_end(T):
    return T.func.grad(lambda x, y: (x * y).sum(), argnums=-1)(T.ones(2), T.arange(2.0))


def tree_of_inputs(T):
    return T.func.grad(lambda p: (p["a"] * p["b"][0]).sum())({"a": T.ones(2), "b": [T.arange(2.0)]})


def aux(T):
    return (
        T.func.grad(lambda x: (x.sum(), {"y": x * 2}), has_aux=True)(T.ones(2)),
        T.func.grad_and_value(lambda x: (x.sum(), x * 2), has_aux=True)(T.ones(2)),
    )


def grad_and_value(T):
    return T.func.grad_and_value(lambda x: (x**2).sum())(T.ones(2))


def keywords(T):
    return T.func.grad(lambda x, s=1.0: (x * s).sum())(T.ones(2), s=3.0)


def unused(T):
    return T.func.grad(lambda x, y: y.sum())(T.ones(2), T.ones(2))


def of_a_constant(T):
    return T.func.grad(lambda x: T.ones(()))(T.ones(2))


def a_closure_keeps_its_history(T):
    w = T.ones(2, requires_grad=True)
    g = T.func.grad(lambda x: (x**2 * w).sum())(T.arange(2.0))
    return (g, T.autograd.grad(g.sum(), w))


def inputs_keep_their_history(T):
    x = T.arange(3.0).requires_grad_()
    g = T.func.grad(lambda x: (x**3).sum())(x)
    return (g, T.autograd.grad(g.sum(), x), x.grad)


def inside_no_grad(T):
    x = T.arange(3.0).requires_grad_()
    with T.no_grad():
        g = T.func.grad(lambda x: (x**3).sum())(x)
        h = T.func.grad(T.func.grad(lambda x: x**3))(T.tensor(2.0))
    return (g, h)


def no_grad_inside(T):

    def f(x):
        with T.no_grad():
            y = x**2
        return (x * y).sum()

    return T.func.grad(f)(T.arange(3.0))


def detach(T):
    return T.func.grad(lambda x: (x * x.detach()).sum())(T.arange(3.0))


def vjp(T):
    return (lambda r: (r[0], r[1](T.ones(2))))(
        T.func.vjp(lambda x, y: x * y, T.arange(2.0), T.ones(2))
    )


def vjp_of_a_tree(T):
    return (lambda r: (r[0], r[1]({"a": T.ones(2), "b": T.tensor(2.0)})))(
        T.func.vjp(lambda x: {"a": x * 2, "b": x.sum()}, T.arange(2.0))
    )


def vjp_with_aux(T):
    return (lambda r: (r[0], r[1](T.ones(2)), r[2]))(
        T.func.vjp(lambda x: (x * 2, x * 3), T.arange(2.0), has_aux=True)
    )


def vjp_of_many_cotangents(T):
    return (lambda r: T.func.vmap(r[1])(T.eye(3)))(T.func.vjp(lambda x: x**2, T.arange(3.0)))


def forward_products(T):
    return T.func.jvp(
        lambda x, y: (x * y, x.sum()), (T.arange(2.0), T.ones(2)), (T.ones(2), T.arange(2.0))
    )


def forward_over_gradient(T):
    return T.func.jvp(T.func.grad(lambda x: (x**3).sum()), (T.arange(3.0),), (T.ones(3),))


def gradient_over_forward(T):
    return T.func.grad(lambda x: T.func.jvp(lambda y: y**3, (x,), (T.tensor(1.0),))[1])(
        T.tensor(2.0)
    )


def linearize(T):
    return (lambda r: (r[0], r[1](T.ones(2))))(T.func.linearize(lambda x: x**2, T.arange(2.0)))


def jacrev(T):
    return T.func.jacrev(lambda x: T.outer(x, x))(T.arange(3.0))


def jacrev2(T):
    return T.func.jacrev(lambda x, y: (x * y, (x * y).sum()), argnums=(0, 1))(
        T.arange(3.0), T.ones(3)
    )


def jacrevtree(T):
    return T.func.jacrev(lambda p: {"u": p["a"] * 2, "v": p["b"].sum()})(
        {"a": T.arange(2.0), "b": T.ones(2, 2)}
    )


def jacrevaux(T):
    return T.func.jacrev(lambda x: (x**2, x), has_aux=True)(T.arange(3.0))


def chunk(T):
    return T.func.jacrev(lambda x: x**2, chunk_size=2)(T.arange(5.0))


def jacfwd(T):
    return T.func.jacfwd(lambda x: T.outer(x, x))(T.arange(3.0))


def jacfwd2(T):
    return T.func.jacfwd(lambda x, y: (x * y, (x * y).sum()), argnums=(0, 1))(
        T.arange(3.0), T.ones(3)
    )


def hessian(T):
    return T.func.hessian(lambda x: (x**3).sum() * x[0])(T.arange(3.0))


def hessian_of_two(T):
    return T.func.hessian(lambda x, y: (x**2 * y).sum(), argnums=(0, 1))(T.arange(2.0), T.ones(2))


def reverse_over_reverse(T):
    return T.func.jacrev(T.func.jacrev(lambda x: (x**3).sum()))(T.arange(3.0))


def reverse_over_forward(T):
    return T.func.jacrev(T.func.jacfwd(lambda x: (x**3).sum()))(T.arange(3.0))


def forward_over_forward(T):
    return T.func.jacfwd(T.func.jacfwd(lambda x: (x**3).sum()))(T.arange(3.0))


def jacobian_of_each_sample(T):
    return T.func.vmap(T.func.jacrev(lambda x: x.sin() * x.sum()))(T.arange(6.0).reshape(2, 3))


def forward_jacobian_of_each_sample(T):
    return T.func.vmap(T.func.jacfwd(lambda x: x.sin() * x.sum()))(T.arange(6.0).reshape(2, 3))


def hessian_of_each_sample(T):
    return T.func.vmap(T.func.hessian(lambda x: (x.sin() * x.sum()).sum()))(
        T.arange(6.0).reshape(2, 3)
    )


def gradient_of_each_sample(T):
    return T.func.vmap(T.func.grad(lambda w, x: ((w @ x) ** 2).sum()), in_dims=(None, 0))(
        T.ones(2, 3), T.arange(12.0).reshape(4, 3)
    )


def gradient_through_vmap(T):
    return T.func.grad(
        lambda w: T.func.vmap(lambda x: (w * x).sum() ** 2)(T.arange(6.0).reshape(2, 3)).sum()
    )(T.ones(3))


def two_levels_around_grad(T):
    return T.func.vmap(
        T.func.vmap(T.func.grad(lambda w, x: (w * x).sum() ** 2), in_dims=(None, 0)),
        in_dims=(0, None),
    )(T.arange(6.0).reshape(2, 3), T.arange(12.0).reshape(4, 3))


def grad_of_vmap_of_grad(T):
    return T.func.grad(
        lambda w: T.func.vmap(T.func.grad(lambda x: (w * x**3).sum()))(
            T.arange(6.0).reshape(2, 3)
        ).sum()
    )(T.ones(3))


def vmap_of_second_derivative(T):
    return T.func.vmap(T.func.grad(T.func.grad(lambda x: x**4)))(T.arange(4.0))


def gradients_of_a_network_by_sample(T):
    T.manual_seed(0)
    net = T.nn.Sequential(T.nn.Linear(4, 8), T.nn.ReLU(), T.nn.LayerNorm(8), T.nn.Linear(8, 3))
    params = {k: v.detach() for k, v in net.named_parameters()}
    x, y = (T.randn(5, 4), T.tensor([0, 1, 2, 0, 1]))

    def loss(p, x, y):
        return T.nn.functional.cross_entropy(
            T.func.functional_call(net, p, (x.unsqueeze(0),)), y.unsqueeze(0)
        )

    return (
        T.func.vmap(T.func.grad(loss), in_dims=(None, 0, 0))(params, x, y),
        T.func.vmap(T.func.grad_and_value(loss), in_dims=(None, 0, 0))(params, x, y)[1],
    )


def gradients_of_convolutions_by_sample(T):
    T.manual_seed(0)
    net = T.nn.Sequential(
        T.nn.Conv2d(2, 4, 3, padding=1),
        T.nn.Identity(),
        T.nn.ReLU(),
        T.nn.MaxPool2d(2),
        T.nn.Flatten(),
        T.nn.Linear(16, 3),
    )
    params = {k: v.detach() for k, v in net.named_parameters()}
    x, y = (T.randn(5, 2, 4, 4), T.tensor([0, 1, 2, 0, 1]))

    def loss(p, x, y):
        return T.nn.functional.cross_entropy(
            T.func.functional_call(net, p, (x.unsqueeze(0),)), y.unsqueeze(0)
        )

    return T.func.vmap(T.func.grad(loss), in_dims=(None, 0, 0))(params, x, y)


def ensemble(T):
    T.manual_seed(0)
    nets = [T.nn.Linear(3, 2) for _ in range(4)]
    p, _ = T.func.stack_module_state(nets)
    x = T.randn(5, 3)
    out = T.func.vmap(lambda p, x: T.func.functional_call(nets[0], p, (x,)), in_dims=(0, None))(
        p, x
    )
    g = T.autograd.grad(out.sum(), list(p.values()))
    return (
        out,
        g,
        {k: v.requires_grad for k, v in p.items()},
        [attempt(T.func.stack_module_state, [])],
    )


def module_with_other_tensors(T):
    T.manual_seed(0)
    net = T.nn.Linear(3, 2)
    x = T.randn(5, 3)
    a = T.func.functional_call(net, {"weight": T.ones(2, 3)}, x)
    b = T.func.functional_call(net, ({"weight": T.ones(2, 3)}, {"bias": T.zeros(2)}), (x,))
    return (
        a,
        b,
        net.weight.requires_grad,
        attempt(T.func.functional_call, net, {"w": T.ones(2)}, x),
        attempt(T.func.functional_call, net, {"weight": T.ones(2, 3)}, x, strict=True),
        attempt(T.func.functional_call, net, 3, x),
        attempt(
            T.func.functional_call, net, ({"weight": T.ones(2, 3)}, {"weight": T.ones(2, 3)}), x
        ),
    )


def what_is_refused(T):
    return [
        attempt(f)
        for f in (
            lambda: T.func.grad(lambda x: x)(T.ones(2)),
            lambda: T.func.grad(lambda x: 3)(T.ones(2)),
            lambda: T.func.grad(lambda x: x.sum())(T.ones(2, dtype=T.int64)),
            lambda: T.func.grad(lambda x: x.sum(), argnums=1)(T.ones(2)),
            lambda: T.func.grad(lambda x: x.sum(), argnums="a")(T.ones(2)),
            lambda: T.func.grad(lambda x: x.sum(), has_aux=True)(T.ones(2)),
            lambda: T.func.grad(lambda x: (x.sum(),))(T.ones(2)),
            lambda: T.func.jvp(T.sin, T.ones(2), T.ones(2)),
            lambda: T.func.jvp(T.sin, (T.ones(2),), (T.ones(3),)),
            lambda: T.func.jvp(T.sin, (T.ones(2),), ()),
            lambda: T.func.jvp(lambda x: x.detach(), (T.ones(2),), (T.ones(2),), strict=True),
            lambda: T.func.vjp(lambda x: 3, T.ones(2)),
            lambda: T.func.vjp(T.sin, T.ones(2))[1]((T.ones(2),)),
            lambda: T.func.vjp(T.sin, T.ones(2))[1](T.ones(3)),
            lambda: T.func.jacrev(lambda x: 3)(T.ones(2)),
            lambda: T.func.jacrev(T.sin, chunk_size=0),
            lambda: T.func.grad(lambda x: x.sum())(3.0),
            lambda: T.func.functionalize(T.sin, remove="x")(T.ones(1)),
        )
    ]


def inplace(T):
    return T.func.grad(lambda x: x.clone().mul_(x).sum())(T.arange(3.0))


def jacobian_of_a_constant_direction(T):
    return T.func.jacrev(lambda x: x.sum() * T.ones(2))(T.ones(3))


PROGRAMS = programs_of(globals())


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)
