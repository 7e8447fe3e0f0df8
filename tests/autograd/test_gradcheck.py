"""gradcheck accepts what is right, refuses what is wrong, and says which."""

from __future__ import annotations

import pytest

import minitorch
from minitorch.autograd import Function, GradcheckError, gradcheck, gradgradcheck


class Wrong(Function):
    """x ** 3 with a first derivative that is 2 % off."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3.06 * x**2


class WrongTwice(Wrong):
    """x ** 3 with a right first derivative whose own is lost."""

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x.detach() ** 2


def double(*values: float) -> minitorch.Tensor:
    return minitorch.tensor(values, dtype=minitorch.float64, requires_grad=True)


def test_right_gradients_pass() -> None:
    x, y = double(1.0, 2.0, 3.0), double(0.5, -1.0, 2.0)
    assert gradcheck(lambda x, y: (x * y).exp().sum(), (x, y))
    assert gradgradcheck(lambda x, y: (x * y).exp().sum(), (x, y))


def test_a_wrong_gradient_is_named() -> None:
    with pytest.raises(GradcheckError, match="output 0 with respect to input 0"):
        gradcheck(Wrong.apply, double(1.0, 2.0))
    assert not gradcheck(Wrong.apply, double(1.0, 2.0), raise_exception=False)


def test_a_wrong_second_gradient_is_found() -> None:
    assert gradcheck(WrongTwice.apply, double(1.0, 2.0))
    with pytest.raises(GradcheckError):
        gradgradcheck(WrongTwice.apply, double(1.0, 2.0))


def test_only_some_inputs() -> None:
    x = double(1.0, 2.0)
    assert gradcheck(lambda x, n: x * n, (x, 3))
    assert gradcheck(lambda x, c: x * c, (x, x.detach().clone()))


def test_several_outputs() -> None:
    assert gradcheck(lambda x: (x * 2, x.exp()), double(1.0, 2.0))


def test_inputs_are_left_as_they_were() -> None:
    x = double(1.0, 2.0)
    gradcheck(lambda x: x.sin(), x)
    assert x.tolist() == [1.0, 2.0]
    assert x.grad is None


def test_something_must_require_a_gradient() -> None:
    with pytest.raises(ValueError, match="require"):
        gradcheck(lambda x: x * 2, minitorch.ones(2))


def test_an_output_that_does_not_depend_on_its_input() -> None:
    x = double(1.0, 2.0)
    assert gradcheck(lambda x: x.detach() * 0 + 1, x)
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: x.detach() * 2, x)


def test_inputs_that_lie_scattered() -> None:
    x = minitorch.arange(6.0, dtype=minitorch.float64).reshape(2, 3).t().detach().requires_grad_()
    assert not x.is_contiguous()
    assert gradcheck(lambda x: (x * x).sum(0), x)
