"""autograd.functional: every function, structure and refusal beside torch."""

from __future__ import annotations

import pytest

from tests.programs import attempt, programs_of, same

pytestmark = [pytest.mark.differential, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def xy(T):
    return T.tensor([1.0, 2.0]), T.tensor([3.0, -4.0])


def jacobians(T):
    x, y = xy(T)
    F = T.autograd.functional
    return (
        F.jacobian(lambda x: x**2, x),
        F.jacobian(lambda x: (x.exp(),), (x,)),
        F.jacobian(lambda x, y: (x * y, (x * x).sum()), (x, y)),
        F.jacobian(lambda x: x.sum() > 0, x),
        F.jacobian(lambda x: T.outer(x, x), x, vectorize=True),
        F.jacobian(lambda x: T.outer(x, x), x, vectorize=True, strategy="forward-mode"),
    )


def hessians(T):
    x, y = xy(T)
    F = T.autograd.functional
    return (
        F.hessian(lambda x: (x**3).sum(), x),
        F.hessian(lambda x, y: (x * y * y).sum().reshape(1), (x, y)),
        F.hessian(lambda x: x.sum(), (x,)),
        F.hessian(lambda x: (x**3).prod(), x, vectorize=True),
    )


def products(T):
    x, y = xy(T)
    F = T.autograd.functional
    v = (y, T.tensor(2.0))
    return (
        F.vjp(lambda x, y: (x * y, (y * y).sum()), (x, y), v),
        F.vjp(lambda x: (x * x).sum(), (x,)),
        F.jvp(lambda x, y: (x * y, (y * y).sum()), (x, y), (y, x)),
        F.jvp(lambda x: x * 2, T.tensor([3.0])),
        F.hvp(lambda x, y: (x * y * y).sum(), (x, y), (y, x)),
        F.vhp(lambda x: (x**3).sum(), x, y),
    )


def graphs_created(T):
    x, y = xy(T)
    x.requires_grad_()
    F, found = T.autograd.functional, []
    for made in (
        F.jacobian(lambda x: x**3, x, create_graph=True),
        F.hessian(lambda x: (x**4).sum(), x, create_graph=True),
        F.vjp(lambda x: x**3, x, y, create_graph=True)[1],
        F.jvp(lambda x: x**3, x, y, create_graph=True)[1],
        F.hvp(lambda x: (x**4).sum(), x, y, create_graph=True)[1],
        F.vhp(lambda x: (x**4).sum(), x, y, create_graph=True)[1],
    ):
        (g,) = T.autograd.grad(made.sum(), x)
        found.append((made, g))
    return found, F.jacobian(lambda x: x**3, x), F.jacobian(T.exp, y, create_graph=True)


def inputs_are_left_alone(T):
    x, _ = xy(T)
    T.autograd.functional.hessian(lambda x: (x**3).sum(), x, create_graph=True)
    return x.requires_grad, x.grad


def inside_no_grad(T):
    x, y = xy(T)
    with T.no_grad():
        return T.autograd.functional.vjp(lambda x: x**2, x.requires_grad_(), y, create_graph=True)


def strict_and_not(T):
    x, y = xy(T)
    x.requires_grad_()
    constant = T.ones((), requires_grad=True) * 2
    functions = (
        lambda x: T.ones(()), lambda x: x.detach().sum(), lambda x: x.sum(), lambda x: constant,
    )  # fmt: skip
    found = []
    for name in ("jacobian", "hessian", "vjp", "jvp", "hvp", "vhp"):
        given = (x,) if name in ("jacobian", "hessian", "vjp") else (x, y)
        for f in functions:
            for strict in (False, True):
                for graph in (False, True):
                    F = getattr(T.autograd.functional, name)
                    found.append(attempt(F, f, *given, strict=strict, create_graph=graph))
    return found


def what_is_refused(T):
    x, y = xy(T)
    F = T.autograd.functional
    total = lambda x: x.sum()  # noqa: E731
    return [
        attempt(F.jacobian, lambda x: 3, x),
        attempt(F.jacobian, total, 3.0),
        attempt(F.jacobian, total, [x]),
        attempt(F.jacobian, lambda x: [x], x),
        attempt(F.jacobian, lambda x: (x, 1), x),
        attempt(F.jacobian, total, x, strict=True, vectorize=True),
        attempt(F.jacobian, total, x, strategy="sideways"),
        attempt(F.jacobian, total, x, strategy="forward-mode"),
        attempt(F.jacobian, total, x, strategy="forward-mode", create_graph=True),
        attempt(F.jacobian, total, x, strategy="forward-mode", vectorize=True, strict=True),
        attempt(F.jacobian, total, T.ones(2, dtype=T.int64)),
        attempt(F.hessian, total, x, outer_jacobian_strategy="sideways"),
        attempt(F.hessian, lambda x: x, x),
        attempt(F.hessian, lambda x: (x.sum(), x.sum()), x),
        attempt(F.vjp, lambda x: x, x),
        attempt(F.vjp, lambda x: x, x, T.ones(3)),
        attempt(F.vjp, lambda x: x, x, (y, y)),
        attempt(F.vjp, lambda x: x, x, 3.0),
        attempt(F.jvp, lambda x: x, x),
        attempt(F.jvp, lambda x: x, x, T.ones(3)),
        attempt(F.hvp, lambda x: x, x, y),
        attempt(F.hvp, total, x),
    ]


PROGRAMS = programs_of(globals(), but=xy)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)
