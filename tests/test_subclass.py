"""Subclasses of Tensor: methods and operators hand the class on and ask `__torch_function__`."""

from __future__ import annotations

import copy
import pickle

import pytest

import minitorch
from tests.programs import attempt, programs_of, same

torch = pytest.importorskip("torch")


def classes(T):
    """A plain subclass and one with arguments of its own."""

    class Named(T.Tensor):
        def greet(self):
            return f"{len(self)} numbers"

    class Extra(T.Tensor):
        @staticmethod
        def __new__(cls, data, extra):
            return T.Tensor._make_subclass(cls, data)

        def __init__(self, data, extra):
            self.extra = extra

    return Named, Extra


def kept(T):
    Named, _ = classes(T)
    f, m = T.tensor([[1.0, 2.0], [3.0, 4.0]]), Named([[1.0, 2.0], [3.0, 4.0]])
    results = [
        m + 1,
        1 + m,
        m * f,
        f * m,
        f - m,
        m @ f,
        -m,
        m > 1,
        m.sum(),
        m.mean(0),
        m[0],
        m.view(4),
        m.detach(),
        m.clone(),
        m.double(),
        m.data,
        m.T,
        m.new_zeros(2),
        m.add(1),
        m.add_(1),
        m.exp_(),
    ]
    several = [*m, *m.unbind(0), *m.max(0), *m.split(1)]
    return [type(r).__name__ for r in (*results, *several)], results, m.greet(), m.shape, m.tolist()


def made(T):
    Named, Extra = classes(T)
    f, g = T.ones(2), T.ones(2, requires_grad=True)
    calls = [
        lambda: Extra(f, 3).extra,
        lambda: repr(Extra(f, 3)),
        lambda: Named(f).data_ptr() == f.data_ptr(),
        lambda: Named(2, 3).shape,
        lambda: T.Tensor._make_subclass(Named, f).data_ptr() == f.data_ptr(),
        lambda: T.Tensor._make_subclass(Named, f, True).requires_grad,
        lambda: T.Tensor._make_subclass(Named, g).requires_grad,
        lambda: repr(T.Tensor._make_subclass(T.nn.Parameter, f, True)),
        lambda: T.Tensor._make_subclass(3, f),
        lambda: f.as_subclass(int),
        lambda: f.as_subclass(3),
        lambda: f.as_subclass(Named).greet(),
        lambda: type(Named(f).as_subclass(T.Tensor)) is T.Tensor,
        lambda: f.as_subclass(Named).data_ptr() == f.data_ptr(),
        lambda: type(T.nn.Parameter(f) + 1) is T.Tensor,
        lambda: isinstance(Named(f), T.Tensor),
    ]
    return [attempt(call) for call in calls]


def gradients(T):
    Named, _ = classes(T)
    g = T.tensor([1.0, 2.0], requires_grad=True)
    m = (g * 2).as_subclass(Named)
    (m * m).sum().backward()
    leaf = g.as_subclass(Named)
    (leaf * 3).sum().backward()
    n = Named([1.0, 2.0])
    n.requires_grad_()
    (n**2).sum().backward()
    return g.grad, leaf.requires_grad, n.grad.tolist()


def asked(T):
    seen = []

    class Logged(T.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            seen.append((func.__name__.strip("_"), [t.__name__ for t in types]))
            return super().__torch_function__(func, types, args, kwargs)

    m = Logged([1.0, 2.0])
    results = [m.exp(), m.mean(), m.std(), m.softmax(0)]
    return seen, [type(r).__name__ for r in results]


def left_alone(T):
    class Counted(T.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            with T._C.DisableTorchFunctionSubclass():
                return "asked", type(func(*args, **(kwargs or {}))) is T.Tensor

    m = Counted([1.0])
    with T._C.DisableTorchFunctionSubclass():
        inside = type(m + 1).__name__
    return inside, m + 1, m.exp()


def replaced(T):
    class Counted(T.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return 7

        def mine(self):
            return 8

    m = Counted([1.0])
    return m + 1, 1 + m, m.exp(), m.mine()


def overridden(T):
    Named, _ = classes(T)

    class Loud(Named):
        def sum(self, *args):
            return "loud"

    m = Loud([1.0])
    return m.sum(), type(m + 1).__name__, m.greet()


def tensor_likes(T):
    Named, _ = classes(T)

    class Duck:
        @classmethod
        def __torch_function__(cls, *args):
            return 0

    likes = [T.overrides.is_tensor_like(x) for x in (T.ones(1), Named([1.0]), Duck(), 3, [1])]
    return (
        likes,
        T.overrides.has_torch_function((T.ones(1),)),
        T.overrides.has_torch_function((Named([1.0]),)),
    )


def real_numbers(T):
    x = T.ones(2, requires_grad=True)
    return x.real is x, attempt(lambda: x.imag), T.spmm(T.ones(2, 2), T.ones(2, 2))


@pytest.mark.differential
@pytest.mark.parametrize("program", programs_of(globals(), but=classes), ids=lambda f: f.__name__)
def test_subclasses_are_torchs(program) -> None:
    same(program)


class Kept(minitorch.Tensor):
    """At the top of a module, so that it can be pickled."""


def test_copies_keep_the_class():
    m = Kept([1.0, 2.0])
    m.note = "mine"
    for again in (copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        assert (type(again), again.note, again.tolist()) == (Kept, "mine", [1, 2])


def test_tensors_themselves_ask_nobody():
    x = minitorch.ones(2)
    assert type(x + 1) is minitorch.Tensor
    assert minitorch.Tensor.exp is minitorch.exp
    Kept.__torch_function__(lambda t: t, (Kept,), (x,))
    assert type(x) is minitorch.Tensor
    assert minitorch.add(Kept([1.0]), 1).tolist() == [2]  # functions do not ask either
