"""What two operands become: every pair of dtypes, 0-d tensors, Python numbers; beside torch."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch

import minitorch
from minitorch import dtypes
from tests.programs import agree, attempt, same

pytestmark = [pytest.mark.differential, pytest.mark.filterwarnings("ignore::UserWarning")]

NAMES = ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool")
NUMBERS = (True, 2, 2.5)


def make(T, name: str, dims: int):
    """A tensor of 1s with dimensions or without."""
    return T.ones((2,) * dims, dtype=getattr(T, name))


@pytest.mark.parametrize("a", NAMES)
@pytest.mark.parametrize("b", NAMES)
def test_promotion_of_a_pair(a: str, b: str) -> None:
    def program(T):
        x, y = getattr(T, a), getattr(T, b)
        found = [T.promote_types(x, y)]
        for m, n in ((1, 1), (0, 1), (1, 0), (0, 0), (2, 1)):
            p, q = make(T, a, m), make(T, b, n)
            found += [T.result_type(p, q), (p * q).dtype, (p == q).dtype, attempt(T.div, p, q)]
            found += [
                T.where(T.ones(2) > 0, p, q).dtype,
                T.cat([make(T, a, 1), make(T, b, 1)]).dtype,
            ]
        return found

    same(program)


@pytest.mark.parametrize("a", NAMES)
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("dims", [0, 1])
def test_promotion_with_a_number(a: str, number, dims: int) -> None:
    def program(T):
        x = make(T, a, dims)
        found = [
            T.result_type(x, number),
            (x * number).dtype,
            (number + x).dtype,
            (x / number).dtype,
        ]
        arithmetic = [
            lambda x, n: x - n, lambda x, n: x**n, lambda x, n: x // n, lambda x, n: x % n,
            lambda x, n: x.clamp(max=n),
        ]  # fmt: skip
        found += [attempt(lambda f=f: f(x, number)) for f in (
            lambda x, n: T.where(x > 0, x, n), lambda x, n: n / x, lambda x, n: x == n,
            lambda x, n: x < n, lambda x, n: T.full_like(x, n),
            *(arithmetic if a != "bool" and number is not True else []),
            # torch is strict with bools
        )]  # fmt: skip
        return found

    same(program)


@pytest.mark.parametrize("a", NAMES)
@pytest.mark.parametrize("b", NAMES)
def test_stored_in_place_where_it_fits(a: str, b: str) -> None:
    def program(T):
        results = []
        for dims in (0, 1):
            x = make(T, a, 1)
            results += [attempt(x.mul_, make(T, b, dims)), x]
        return results

    same(program)


@pytest.mark.parametrize("a", NAMES)
@pytest.mark.parametrize("b", NAMES)
def test_cast(a: str, b: str) -> None:
    def program(T):
        x = T.tensor([0, 1, 2, 100]).to(getattr(T, a))
        return (
            x.to(getattr(T, b)),
            x.type_as(make(T, b, 1)),
            x.to(make(T, b, 1)),
            x.to(x.dtype) is x,
        )

    same(program)


@pytest.mark.parametrize("b", [n for n in NAMES if "int" in n and n != "uint8"])
def test_cast_cuts_fractions_off(b: str) -> None:
    same(lambda T: T.tensor([2.7, -2.7, 0.5, -0.5, 100.9]).to(getattr(T, b)))


def named_casts(T):
    x = T.tensor([1.5, 0.0])
    return (
        x.double(),
        x.float() is x,
        x.half(),
        x.long(),
        x.int(),
        x.short(),
        x.bool(),
        x.to(T.float64, copy=True),
    )


def what_a_dtype_tells(T):
    types = [getattr(T, n) for n in NAMES]
    told = [(repr(t), t.itemsize, t.is_floating_point, t.is_complex, t.is_signed) for t in types]
    return told, T.double is T.float64, T.long is T.int64, T.half is T.float16, T.float is T.float32


def the_default(T):
    before = T.get_default_dtype()
    T.set_default_dtype(T.float64)
    try:
        made = T.tensor(1.5), T.zeros(2), T.tensor([1, 2]) / 2, T.rand(1).dtype, T.arange(2.0)
    finally:
        T.set_default_dtype(before)
    return made, T.tensor(1.5).dtype, attempt(T.set_default_dtype, T.int64)


def casts_carry_gradients(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    (x.double() * x.half()).sum().backward()
    return x.grad, x.long().requires_grad


@pytest.mark.parametrize(
    "program", [named_casts, what_a_dtype_tells, the_default, casts_carry_gradients]
)
def test_as_torch(program) -> None:
    same(program)


def test_can_cast_is_torchs() -> None:
    for a in NAMES:
        for b in NAMES:
            ours = dtypes.can_cast(getattr(minitorch, a), getattr(minitorch, b))
            assert ours == torch.can_cast(getattr(torch, a), getattr(torch, b)), (a, b)


def test_arrays_have_one_dtype_object_whatever_brings_them() -> None:
    foreign = pickle.loads(pickle.dumps(np.ones(3, np.float32)))
    assert foreign.dtype is not np.dtype("float32")  # NumPy's way
    unpickled = pickle.loads(pickle.dumps(minitorch.ones(3)))
    parameter = pickle.loads(pickle.dumps(minitorch.nn.Parameter(minitorch.ones(3))))
    shared = minitorch.from_numpy(foreign)
    for t in (unpickled, parameter.detach(), shared, minitorch.tensor(foreign)):
        assert t.numpy().dtype is np.dtype("float32")
    foreign[0] = 2
    assert shared[0] == 2


def test_dtypes_are_unique_after_pickling() -> None:
    for name in NAMES:
        t = getattr(minitorch, name)
        assert pickle.loads(pickle.dumps(t)) is t


def test_a_dtype_that_is_not_here_is_refused() -> None:
    with pytest.raises(NotImplementedError, match="complex64"):
        minitorch.zeros(2, dtype=minitorch.complex64)


def test_a_dtype_that_is_none_is_refused() -> None:
    assert agree(
        attempt(minitorch.zeros, 2, dtype="float32"), attempt(torch.zeros, 2, dtype="float32")
    )
