"""Operators with every kind of partner, reflected and in place; NumPy from either side."""

from __future__ import annotations

import operator as op

import numpy as np
import pytest

import minitorch
from minitorch import calls
from tests.programs import attempt, same

pytestmark = [pytest.mark.differential, pytest.mark.filterwarnings("ignore::UserWarning")]

ARITHMETIC = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow")
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
BITS = ("and_", "or_", "xor")
PARTNERS = {
    "tensor": lambda T: T.tensor([2.0, 0.5, 3.0]), "0-d": lambda T: T.tensor(2.0),
    "int": lambda T: 2,
    "float": lambda T: 1.5, "ints": lambda T: T.tensor([1, 2, 3]),
    "double": lambda T: T.tensor([1.0, 2.0, 3.0], dtype=T.float64),
    "column": lambda T: T.tensor([[1.0], [2.0]]),
}  # fmt: skip


@pytest.mark.parametrize("partner", PARTNERS)
@pytest.mark.parametrize("name", [*ARITHMETIC, *COMPARISONS])
def test_operator(name: str, partner: str) -> None:
    def program(T):
        f, x, y = (
            getattr(op, name),
            T.tensor([1.0, 2.0, 4.0], requires_grad=True),
            PARTNERS[partner](T),
        )
        out, back = f(x, y), f(y, x)
        grads = []
        if out.requires_grad and name != "floordiv":
            # torch has no derivative of a number % a tensor
            (out.sum() if name == "mod" else out.sum() + back.sum()).backward()
            grads = [x.grad]
        return out, back, grads

    same(program)


@pytest.mark.parametrize("partner", ["tensor", "int", "float", "0-d", "ints"])
@pytest.mark.parametrize("name", ["iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow"])
def test_in_place_operator(name: str, partner: str) -> None:
    def program(T):
        x = before = T.tensor([1.0, 2.0, 4.0])
        x = getattr(op, name)(x, PARTNERS[partner](T))
        i = T.tensor([1, 2, 4])
        return x is before, x, attempt(getattr(op, name), i, PARTNERS[partner](T)), i

    same(program)


@pytest.mark.parametrize("name", BITS)
def test_bits(name: str) -> None:
    def program(T):
        f = getattr(op, name)
        i, b = T.tensor([1, 6, 12]), T.tensor([True, False, True])
        return (
            f(i, 5),
            f(5, i),
            f(b, ~b),
            f(b, True),
            f(i, b),
            f(i, T.tensor([3, 3, 3], dtype=T.int32)),
            attempt(f, i, 1.5),
        )

    same(program)


def unary(T):
    x, i, b = T.tensor([1.5, -2.0]), T.tensor([1, -2]), T.tensor([True, False])
    return -x, +x, abs(x), -i, abs(i), ~i, ~b, +x is x, divmod(7, 2)


def matrix_products(T):
    a, b, v = T.arange(6.0).reshape(2, 3), T.arange(12.0).reshape(3, 4), T.tensor([1.0, 2.0, 3.0])
    return (
        a @ b,
        a @ v,
        v @ b,
        v @ v,
        attempt(lambda: a @ 2),
        attempt(lambda: 2 @ a),
        attempt(lambda: a @ a),
    )


def partners_that_are_none(T):
    x = T.tensor([1.0, 2.0])
    return [
        attempt(f, x, y) for f in (op.add, op.mul, op.pow, op.lt) for y in ("a", None, {}, object())
    ] + [attempt(op.add, "a", x), attempt(op.sub, None, x)]


def equality_with_anything(T):
    x = T.tensor([1.0, 2.0])
    return x == "a", x != None, x == None, x == 1  # noqa: E711


def chained(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    y = 2 * x**2 - 3 / x + (1 - x) % 3 - 2**x
    y.sum().backward()
    return y, x.grad


def numbers_are_weak(T):
    h, i, b = T.ones(2, dtype=T.float16), T.ones(2, dtype=T.int8), T.ones(2, dtype=T.bool)
    return (
        h * 2,
        h * 1e-3,
        i * 3,
        i * 2.5,
        b * 2,
        b * 2.5,
        b + True,
        3 - i,
        1 / i,
        i // 2,
        h**2,
        2**i,
    )


def special_values(T):
    x = T.tensor([0.0, -0.0, float("inf"), float("nan"), -1.0])
    return x / 0, x // 1, x % 2, x**0, x**2, 1 / x, x == x, x < 1, 0 * x, x - x


@pytest.mark.parametrize(
    "program",
    [
        unary, matrix_products, partners_that_are_none, equality_with_anything, chained,
        numbers_are_weak, special_values,
    ],
)  # fmt: skip
def test_as_torch(program) -> None:
    same(program)


# ------------------------------------------------------------------ NumPy

ARRAY = np.array([2.0, 3.0], dtype=np.float32)


OLD_ORDER = {
    "add_": lambda T, x, y, m: x.add_(-0.1, y),
    "add": lambda T, x, y, m: T.add(x, 2, y),
    "add, two numbers": lambda T, x, y, m: x.add(3, 2),
    "sub": lambda T, x, y, m: x.sub(2, y),
    "a tensor as the factor": lambda T, x, y, m: x.sub_(T.tensor(2), y),
    "addcmul_": lambda T, x, y, m: x.addcmul_(0.5, y, y),
    "addcdiv_": lambda T, x, y, m: x.addcdiv_(0.5, x, y),
    "addmm": lambda T, x, y, m: T.addmm(0.5, m, 2, m, m),
    "addmm_": lambda T, x, y, m: m.clone().addmm_(0.5, 2, m, m),
    "addmv_, beta": lambda T, x, y, m: x.addmv_(0.5, m, y),
    "addr": lambda T, x, y, m: m.addr(0.5, 2, y, y),
    "two tensors": lambda T, x, y, m: T.add(x, y, y),
    "too many": lambda T, x, y, m: x.add(1, 2, 3),
    "the number last": lambda T, x, y, m: x.addcdiv_(y, y, 0.5),
}


@pytest.mark.differential
@pytest.mark.filterwarnings("ignore:This overload")
@pytest.mark.parametrize("case", OLD_ORDER)
def test_numbers_before_tensors_as_torch(monkeypatch, case: str) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(calls, "_warned_of_factors", True)
    ended = []
    for T in (minitorch, torch):
        given = (T.ones(2), T.tensor([2.0, 3.0]), T.tensor([[1.0, 2.0], [3.0, 4.0]]))
        try:
            ended.append(OLD_ORDER[case](T, *given).tolist())
        except TypeError:
            ended.append(TypeError)
    assert ended[0] == ended[1]


def test_numbers_before_tensors_warn_once(monkeypatch) -> None:
    monkeypatch.setattr(calls, "_warned_of_factors", False)
    x = minitorch.ones(2)
    with pytest.warns(UserWarning, match="give alpha= by name") as seen:
        x.add_(2, x).sub_(2, x)
    assert len(seen) == 1
    assert seen[0].filename == __file__


@pytest.mark.parametrize("name", ARITHMETIC)
def test_arrays_combine_from_either_side(name: str) -> None:
    f = getattr(op, name)
    x = minitorch.tensor([1.0, 4.0], requires_grad=True)
    for out, expected in (
        (f(x, ARRAY), f(np.array([1.0, 4.0]), ARRAY)),
        (f(ARRAY, x), f(ARRAY, np.array([1.0, 4.0]))),
    ):
        assert type(out) is minitorch.Tensor
        assert out.dtype == minitorch.float32
        assert out.tolist() == pytest.approx(expected.tolist())
    f(ARRAY, x).sum().backward()
    assert x.grad.shape == (2,)


@pytest.mark.parametrize("name", COMPARISONS)
def test_arrays_compare_from_either_side(name: str) -> None:
    f = getattr(op, name)
    x = minitorch.tensor([2.0, 4.0])
    for out, expected in ((f(x, ARRAY), f(x.numpy(), ARRAY)), (f(ARRAY, x), f(ARRAY, x.numpy()))):
        assert type(out) is minitorch.Tensor
        assert out.tolist() == expected.tolist()


def test_numpy_numbers_combine_from_either_side() -> None:
    x = minitorch.tensor([1.0, 4.0])
    for two in (np.float32(2), np.float64(2), np.int64(2)):
        assert (two * x).tolist() == (x * two).tolist() == [2, 8]
        assert type(two * x) is minitorch.Tensor
        assert (x - two).dtype == minitorch.float32


def test_arrays_multiply_matrices_from_either_side() -> None:
    m = minitorch.eye(2)
    a = np.arange(4, dtype=np.float32).reshape(2, 2)
    assert type(a @ m) is minitorch.Tensor
    assert (a @ m).tolist() == a.tolist()
    assert (m @ a).tolist() == a.tolist()


def test_functions_take_arrays_as_other_operands() -> None:
    x = minitorch.tensor([1.0, 4.0])
    assert minitorch.maximum(x, ARRAY).tolist() == [2, 4]
    assert minitorch.where(x > 2, x, ARRAY).tolist() == [2, 4]


def test_array_protocol() -> None:
    x = minitorch.tensor([1.0, 4.0])
    assert np.sqrt(x.numpy()).tolist() == [1, 2]
    assert np.asarray(x).dtype == np.float32
    assert np.array(x, dtype=np.float64).dtype == np.float64
    assert np.stack([x, x]).shape == (2, 2)
