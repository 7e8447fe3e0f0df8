"""Tensors from data, from sizes, from random numbers, beside torch."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch
from tests.programs import attempt, programs_of, same

pytestmark = [
    pytest.mark.differential,
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

DATA = {
    "number": 3, "float": 2.5, "bool": True, "list": [1, 2], "floats": [1, 2.0],
    "bools": [True, False],
    "mixed": [True, 2], "nested": [[1, 2], [3, 4]], "tuple": ((1.0, 2.0), (3.0, 4.0)), "empty": [],
    "empty rows": [[], []], "nan": [float("nan"), float("inf")], "array": np.arange(3.0),
    "ints": np.arange(3),
    "float32": np.float32(1.5), "int16": np.arange(3, dtype=np.int16),
    "array of bools": np.array([True]),
    "list of arrays": [np.array([1.0, 2.0]), np.array([3.0, 4.0])],
    "numpy numbers": [np.float64(1.5), np.float64(2.5)],
    "ragged": [[1, 2], [3]], "ragged deep": [[[1], [2]], [[3], [4, 5]]],
    "list and number": [[1], 2],
    "string": "abc", "strings": ["a"], "none": None, "none inside": [1, None], "dict": {},
    "object": object(),
    "large": 2**40, "too large": 2**70, "complex array": np.array([1j]),
    "uint16": np.array([1], dtype=np.uint16),
    "range": range(3), "set": {1}, "negative": -1, "negative zero": -0.0,
    "big floats": [1e300, 1e-300],
}  # fmt: skip
UNLIKE = {"complex array", "uint16"}  # dtypes that are not here


@pytest.mark.parametrize("name", sorted(set(DATA) - UNLIKE))
def test_tensor_of(name: str) -> None:
    same(lambda T: attempt(T.tensor, DATA[name]))


@pytest.mark.parametrize("dtype", ["float64", "float16", "int64", "int8", "uint8", "bool"])
@pytest.mark.parametrize(
    "name", ["number", "float", "list", "floats", "bools", "array", "empty", "large"]
)
def test_tensor_of_a_dtype(name: str, dtype: str) -> None:
    same(lambda T: attempt(T.tensor, DATA[name], dtype=getattr(T, dtype)))


@pytest.mark.parametrize("name", sorted(UNLIKE))
def test_dtypes_that_are_not_here_are_refused(name: str) -> None:
    with pytest.raises((TypeError, NotImplementedError)):
        minitorch.tensor(DATA[name])


def of_tensors(T):
    x = T.tensor([1.0, 2.0], requires_grad=True)
    return (
        T.tensor([T.tensor(1.0), T.tensor(2.0)]),
        T.tensor([T.tensor(1), 2]),
        T.tensor(x.detach()),
        x.new_tensor([3]),
    )


def copies_or_shares(T):
    a = np.zeros(3, np.float32)
    copied, shared, viewed = T.tensor(a), T.from_numpy(a), T.as_tensor(a)
    a[0] = 5
    t = T.zeros(2)
    return (
        copied, shared, viewed, T.as_tensor(t) is t, T.as_tensor(t, dtype=T.float64).dtype,
        T.as_tensor([1, 2]),
        T.as_tensor(a, dtype=T.float64), T.as_tensor(3.0),
    )  # fmt: skip


def from_numpy_refuses(T):
    return (
        attempt(T.from_numpy, [1, 2]), attempt(T.from_numpy, np.arange(4)[::-1]),
        attempt(T.from_numpy, np.array(["a"])), attempt(T.from_numpy, np.float64(3)),
        attempt(T.from_numpy, np.arange(3, dtype=">i4")),
    )  # fmt: skip


def from_numpy_keeps_strides(T):
    return T.from_numpy(np.arange(12.0).reshape(3, 4)[:, ::2]).stride(), T.from_numpy(
        np.zeros((2, 3)).T
    ).stride()


def with_gradient(T):
    return T.zeros(2, requires_grad=True), T.tensor(1.0, requires_grad=True), attempt(
        T.zeros, 2, dtype=T.int64, requires_grad=True), T.rand(2,
        requires_grad=True).is_leaf  # fmt: skip


def from_sizes(T):
    return (
        T.zeros(2, 3), T.zeros((2, 3)), T.zeros([2, 3]), T.zeros(()), T.zeros(0),
        T.zeros(T.zeros(2, 1).shape),
        T.ones(2, dtype=T.int64), T.ones(3, dtype=T.bool), T.zeros(size=(2,)), T.empty(2, 3).shape,
        T.empty(0),
        T.zeros(2, device="cpu"), T.full((2,), 7), T.full((2,), 7.5), T.full((), True),
        T.full((2,), 1, dtype=T.float16),
        T.eye(3), T.eye(2, 3), T.eye(2, dtype=T.int64), T.scalar_tensor(3),
        T.full((2, 2), T.tensor(3.0)),
    )  # fmt: skip


def sizes_that_are_none(T):
    return (
        attempt(T.zeros, -1), attempt(T.zeros, 2.5), attempt(T.zeros, "a"),
        attempt(T.ones, (2, -3)),
        attempt(T.full, (2,), "a"), attempt(T.eye, -1), attempt(T.zeros, 2, dtype="float32"),
        attempt(T.zeros, 2, device="nowhere"),
    )  # fmt: skip


def like_another(T):
    x = T.zeros(2, 3, dtype=T.float64).t()
    return (
        T.zeros_like(x), T.ones_like(x, dtype=T.int64), T.full_like(x, 5),
        T.full_like(T.zeros(2, dtype=T.int64), 2.7),
        T.empty_like(x).shape, T.zeros_like(x).stride(), T.rand_like(x).dtype,
        T.zeros_like(x, requires_grad=True),
        x.new_zeros(2), x.new_ones((2, 2)), x.new_full((1,), 3), x.new_empty(2).dtype,
        x.new_tensor([1, 2]),
    )  # fmt: skip


def the_constructor(T):
    data = T.Tensor([[1, 2], [3, 4]])
    return (
        data, data.is_leaf, data.requires_grad, T.Tensor(2, 3).shape, T.Tensor(0), T.Tensor(),
        T.Tensor((1.5, 2)),
        T.Tensor(T.zeros(2, 1).shape).shape, T.Tensor(np.arange(3)).dtype, type(data) is T.Tensor,
    )  # fmt: skip


def ranges(T):
    return (
        T.arange(5), T.arange(5.0), T.arange(1, 4), T.arange(1, 2, 0.25), T.arange(5, 0, -2),
        T.arange(3, dtype=T.float64),
        T.arange(0), T.arange(2.5), T.arange(0.1, 0.5, 0.1), T.arange(start=1, end=3),
        T.arange(T.tensor(3)),
        attempt(T.arange, 3, 0), attempt(T.arange, 0, 3, 0), attempt(T.arange, 0, 3, -1),
        T.arange(-3, 3, 2),
        T.arange(5, dtype=T.uint8), T.arange(1e6)[-3:],
    )  # fmt: skip


def spaced(T):
    return (
        T.linspace(0, 1, 5), T.linspace(3, -3, 7), T.linspace(0, 1, 1), T.linspace(0, 1, 0),
        T.linspace(1, 10, 4, dtype=T.float64),
        T.linspace(0, 10, 5, dtype=T.int64), attempt(T.linspace, 0, 1, -1),
        T.linspace(0.1, 0.7, 13),
    )  # fmt: skip


def drawn(T):
    T.manual_seed(7)
    return (
        T.rand(3), T.rand(2, 2, dtype=T.float64), T.randn(17), T.randn(2, 3), T.randint(10, (5,)),
        T.randint(-5, 5, (2, 2)),
        T.randperm(9), T.rand_like(T.zeros(3)), T.randn_like(T.zeros(2, 2)),
        T.randint_like(T.zeros(3), 7),
        T.bernoulli(T.full((9,), 0.3)), T.normal(0.0, 1.0, (4,)), T.normal(T.zeros(3), T.ones(3)),
        T.normal(2.0, T.ones(3)), T.randperm(5, dtype=T.int32), T.rand(()), T.rand(0), T.rand(1),
    )  # fmt: skip


def drawn_around_tensors(T):
    T.manual_seed(7)
    mean = T.linspace(-2, 2, 40, dtype=T.float64, requires_grad=True)
    std = T.linspace(0, 3, 40).reshape(40, 1).requires_grad_()
    drawn = T.normal(mean, std), T.normal(mean, 0.5), T.normal(0.5, std), T.normal(mean)
    drawn += T.normal(mean.detach().half(), 0.5), T.normal(T.tensor(3.0), std.detach().double())
    sum(x.sum() for x in drawn[:4]).backward()  # random numbers have a derivative, and it is 0
    return drawn, mean.grad, std.grad


def drawn_with_a_derivative_of_0(T):
    T.manual_seed(7)
    p = T.linspace(0, 1, 9, requires_grad=True)
    drawn = T.bernoulli(p), T.poisson(p)
    sum(x.sum() for x in drawn).backward()
    return drawn, p.grad


def written_where_out_says(T):
    T.manual_seed(7)
    x = T.zeros(2, 3)
    first, other = T.rand(3, out=x[0]), T.ones(3, out=x[1])
    turned = T.zeros(3, 2, dtype=T.float64).t()
    return (
        x, first, other, T.randn(2, 3, out=turned), T.rand(2, 2, out=T.zeros(3)),
        T.multinomial(T.ones(5), 3, out=T.zeros(4, dtype=T.int64)),
        T.zeros(2, dtype=T.float32, out=T.ones(2)),
    )  # fmt: skip


def drawn_from_a_generator(T):
    g = T.Generator().manual_seed(3)
    first = T.rand(3, generator=g)
    state = g.get_state()
    second = T.randn(4, generator=g)
    g.set_state(state)
    return first, second, T.randn(4, generator=g), g.initial_seed()


def filled_in_place(T):
    T.manual_seed(1)
    x = T.empty(5)
    return (
        x.uniform_().clone(), x.uniform_(-1, 3).clone(), x.normal_().clone(),
        x.normal_(2, 0.5).clone(),
        x.bernoulli_(0.4).clone(), T.empty(4, dtype=T.int64).random_(10),
        T.empty(4, dtype=T.int64).random_(5, 9),
        T.empty(3, 2).t().uniform_(), T.empty(2, 40).normal_(),
    )  # fmt: skip


def draws_that_cannot_be(T):
    return (
        attempt(T.randint, 3, 3, (2,)), attempt(T.empty(2).uniform_, 3, 1),
        attempt(T.empty(2).normal_, 0, -1),
        attempt(T.bernoulli, T.tensor([1.5])), attempt(T.rand, -1), attempt(T.randperm, -1),
        attempt(T.normal, T.zeros(2), T.tensor([-1.0, 1.0])), attempt(T.rand, 2, generator=3),
        attempt(T.rand, 2, dtype=T.float64, out=T.zeros(2)), attempt(T.rand, 2, out=[1.0]),
        attempt(T.zeros, 2, dtype=T.float64, out=T.zeros(2)), attempt(T.zeros, 2, out=[1.0]),
        attempt(T.ones, 2, out=T.zeros(2, requires_grad=True)),
    )  # fmt: skip


PROGRAMS = programs_of(globals())


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)
