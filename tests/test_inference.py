"""inference_mode: which tensors are made for inference, and what they refuse; beside torch."""

from __future__ import annotations

import copy
import threading

import pytest

import minitorch
from minitorch import _tensor, primitive
from tests.programs import attempt, programs_of, same

pytestmark = pytest.mark.differential


def made(T):
    """A leaf, and a tensor made for inference."""
    with T.inference_mode():
        x = T.tensor([1.0, 2.0])
    return T.ones(2, requires_grad=True), x


def what_is_made_inside(T):
    w = T.ones(2, requires_grad=True)
    with T.inference_mode():
        x = T.ones(2)
        of_all = [
            x,
            x[:1],
            x * 2,
            w + w,
            w @ w,
            x.sum(),
            x.clone(),
            x.detach(),
            T.rand(2),
            *x.split(1),
        ]
        of_all += [T.tensor([1]), T.nn.Parameter(x), T.nn.Linear(2, 2).weight, T.nn.Linear(2, 1)(w)]
        return [(type(t).__name__, t.is_inference(), t._is_view()) for t in of_all]


def what_stays_ordinary(T):
    x = T.ones(2)
    with T.inference_mode():
        x.add_(1)
        view = x[:1]
        with T.inference_mode(False):
            inner = T.ones(2), T.is_grad_enabled(), T.is_inference_mode_enabled()
        tensors = [x, view, x.detach(), x.data, inner[0], x.reshape(2, 1)]
    view.mul_(3)
    return [t.is_inference() for t in tensors], x, inner[1:], x._version


def outside(T):
    _, x = made(T)
    views = [x[:1], x.view(2), x.t(), x.reshape(2, 1), x.detach(), x.contiguous(), x.to(T.float32)]
    others = [x.clone(), x * 2, x.double(), copy.deepcopy(x)]
    return [t.is_inference() for t in views], [t.is_inference() for t in others], x.is_leaf


def refused(T):
    w, x = made(T)
    y = w.clone()
    with T.inference_mode():
        i = T.tensor([0])
    calls = [
        x.requires_grad_, lambda: setattr(x, "requires_grad", True), lambda: T.nn.Parameter(x),
        lambda: x.add_(1), lambda: x[:1].add_(1), lambda: x.copy_(w), lambda: x.__setitem__(0, 1),
        lambda: T.add(x, 1, out=x), x.zero_, x.normal_, lambda: x.resize_(3), lambda: x.set_(w),
        lambda: w * x, lambda: w @ x, lambda: w / x, lambda: y.mul_(x), lambda: T.maximum(w, x),
        lambda: w[i], lambda: T.nn.functional.embedding(i, w[None]), lambda: x._version,
    ]  # fmt: skip
    kinds = [attempt(call) for call in calls]
    with T.no_grad():
        kinds.append(attempt(lambda: x.add_(1)))
    return kinds


def allowed(T):
    w, x = made(T)
    y = w.clone()
    y.copy_(x)
    (w + x).sum().backward(inputs=[w])
    summed = w.grad.clone()
    (w * w).backward(x)
    with T.inference_mode():
        x.add_(1)
        x[0] = 7
    return y, summed, w.grad, x, T.stack([w, x]), T.where(x > 1, w, w), T.nn.Parameter(x, False)


def a_layer_made_inside_trains(T):
    T.manual_seed(0)
    with T.inference_mode():
        layer = T.nn.Linear(2, 2)
    out = layer(T.ones(1, 2))
    return out, out.requires_grad, attempt(lambda: layer.weight.add_(1))


def gradients_inside(T):
    w = T.ones(2, requires_grad=True)
    loss = (w * w).sum()
    with T.inference_mode():
        loss.backward()
    return w.grad, w.grad.is_inference()


def functions(T):
    @T.inference_mode
    def bare():
        return T.ones(2).is_inference()

    @T.inference_mode()
    def called():
        return T.ones(2).is_inference()

    @T.inference_mode(mode=False)
    def off():
        return T.ones(2).is_inference()

    @T.inference_mode()
    def steps():
        yield T.ones(1).is_inference()
        yield T.is_inference_mode_enabled()

    between = [(inside, T.is_inference_mode_enabled()) for inside in steps()]
    with T.no_grad(), T.inference_mode(False):
        recording = T.is_grad_enabled()
    return bare(), called(), off(), between, recording, T.is_grad_enabled()


PROGRAMS = programs_of(globals())


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)


def test_other_threads_make_ordinary_tensors_meanwhile() -> None:
    kinds = []
    with minitorch.inference_mode():
        thread = threading.Thread(target=lambda: kinds.append(minitorch.ones(2).is_inference()))
        thread.start()
        thread.join()
        kinds.append(minitorch.ones(2).is_inference())
    assert kinds == [False, True]


def test_the_engines_functions_are_back_afterwards() -> None:
    with minitorch.inference_mode(), minitorch.inference_mode():
        assert primitive._new is not object.__new__
    with pytest.raises(ZeroDivisionError), minitorch.inference_mode():
        _ = 1 / 0
    assert _tensor._new is primitive._new is object.__new__
