"""Tensors from data, from sizes, from random numbers, beside torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

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


def every_argument(T):
    how = {"layout": T.strided, "device": "cpu", "pin_memory": False, "requires_grad": True}
    x = T.zeros(2, 3)
    return (
        T.zeros(2, dtype=T.float64, **how), T.ones((2,), **how), T.full((2,), 3.0, **how),
        T.eye(2, 3, **how), T.arange(3.0, **how), T.linspace(0, 1, 3, **how),
        T.logspace(0, 1, 3, **how), T.scalar_tensor(2, **how), T.zeros_like(x, **how),
        T.full_like(x, 2, **how), T.rand(2, **how).shape, T.normal(0, 1, (2,), **how).shape,
        T.empty_strided((2, 3), (1, 2), **how).stride(), x.new_zeros(2, **how),
        T.empty_permuted((2, 3, 4), (1, 2, 0), **how).stride(), x.new_full((1,), 2, **how),
        T.hann_window(3, layout=T.strided, requires_grad=True),
        attempt(T.zeros, 2, pin_memory=True), attempt(T.zeros, 2, layout="strided"),
        attempt(T.empty_strided, (2,), (1, 2)), attempt(T.empty_strided, (2,), (-1,)),
        attempt(T.empty_permuted, (2, 3), (0, 0)), attempt(T.zeros, 2, names=("a",)),
        attempt(T.zeros_like, [1]), attempt(T.empty, 2, memory_format=T.channels_last),
    )  # fmt: skip


def given_out(T):
    kept, small = T.ones(2, 2), T.ones(1)
    view = kept.view(4)
    return (
        T.zeros(2, 2, out=kept), view, T.full((3,), 2, out=small), small,
        T.arange(3, out=T.empty(3, dtype=T.float64)), T.eye(2, out=T.empty(2, 2, dtype=T.int64)),
        T.linspace(0, 1, 5, out=T.empty(5, dtype=T.int64)), T.logspace(0, 1, 2, out=T.empty(2)),
        T.arange(0, 2.5, out=T.empty(3, dtype=T.int64)), T.rand(2, out=T.empty(2)).shape,
        T.randperm(3, out=T.empty(3)).shape, T.randint(3, (2,), out=T.empty(2)).dtype,
        attempt(T.zeros, 2, out=T.empty(2, dtype=T.int64), dtype=T.float32),
        attempt(T.zeros, 2, out=[1]), attempt(T.multinomial, T.ones(3), 2, out=T.empty(2)),
    )  # fmt: skip


def numbers_that_do_not_fit(T):
    return (
        attempt(T.full, (2,), 300, dtype=T.uint8), T.full((2,), -1, dtype=T.uint8),
        attempt(T.full, (2,), float("nan"), dtype=T.int64), attempt(T.full, (2,), 1e40),
        attempt(T.full, (2,), 2**40, dtype=T.int32), T.full((2,), float("inf")),
        T.full((2,), 2.7, dtype=T.int64), T.full_like(T.zeros(2) > 0, 2.5),
        attempt(T.full, (2,), None), attempt(T.full, 2, 3), attempt(T.full, (2,), T.ones(1)),
        attempt(T.tensor, 2**63), attempt(T.tensor, [2**63, 1]), T.tensor(2**63 - 1),
    )  # fmt: skip


def numbers_of_several_kinds(T):
    of = T.tensor
    return (
        of([np.float32(2), 3]), of([1, np.float64(2)]), of([1.5, np.float32(2)]),
        of([np.uint8(3)]), of([True, np.float64(2)]), of([of(1.0, dtype=T.float64), 1]),
        of([of(1, dtype=T.int32), 1.5]), of([np.zeros(1, np.float32), np.zeros(1)]),
        attempt(of, [T.zeros(2), T.zeros(2)]), attempt(of, [1], T.float32), of(bytearray(b"ab")),
    )  # fmt: skip


def as_arrays(T):
    x, a = T.arange(3.0), np.arange(3.0)
    leaf = T.zeros(2, requires_grad=True)
    return (
        T.asarray(x) is x, T.asarray(x, copy=True) is x, T.asarray(a).data_ptr() == a.ctypes.data,
        T.asarray(a, copy=True).data_ptr() == a.ctypes.data, T.asarray([1, 2]), T.asarray(2.5),
        T.asarray(leaf).requires_grad, T.asarray(leaf, requires_grad=False).requires_grad,
        T.asarray(a, requires_grad=True), T.asarray(bytearray(b"abcd"), dtype=T.int32),
        attempt(T.asarray, [1], copy=False), attempt(T.asarray, x, dtype=T.float64, copy=False),
        attempt(T.asarray, "abc"), T.asarray(a, dtype=T.float32), T.asarray([1], copy=True),
    )  # fmt: skip


def from_buffers(T):
    of, data = T.frombuffer, bytearray(b"abcdefgh")
    shared = of(data, dtype=T.int32)
    data[0] = 0
    return (
        shared, of(data, dtype=T.int32, count=1, offset=4), of(data, dtype=T.int8, offset=6),
        of(data, dtype=T.float32, requires_grad=True), of(np.arange(2.0), dtype=T.float64),
        attempt(of, data, dtype=T.int32, count=2, offset=4), attempt(of, data, dtype=T.int64,
        offset=1), attempt(of, data, dtype=T.int8, offset=8), attempt(of, data),
        attempt(of, bytearray(), dtype=T.int8), attempt(of, data, dtype=T.int8, count=0),
        attempt(of, 3, dtype=T.int8), attempt(of, np.zeros((2, 3)).T, dtype=T.float64),
    )  # fmt: skip


def the_constructor_refuses(T):
    x = T.arange(3)
    return (
        attempt(T.Tensor, 3.5), attempt(T.Tensor, "a"), attempt(T.Tensor, -1), T.Tensor(x).dtype,
        T.Tensor(x).data_ptr() == x.data_ptr(), T.zeros(2).new(2, 3).shape, x.new([1, 2]),
        x.new().shape, x.new_tensor([1.5]), x.new_empty_strided((2, 3), (1, 2)).stride(),
    )  # fmt: skip


def ways_to_convert(T):
    x = T.arange(6.0).reshape(2, 3)
    leaf = T.zeros(2, requires_grad=True)
    return (
        x.to() is x, x.to("cpu") is x, x.to(None) is x, x.to(T.float64), x.to("cpu", T.int64),
        x.to(T.device("cpu"), T.int8, True, True), x.to(T.float32, False, True) is x,
        x.to(x.long()), x.to(device="cpu", dtype=T.float64, non_blocking=True), x.to(int),
        x.to(T.float32, copy=True) is x, attempt(x.to, T.float64, "cpu"), attempt(x.to, [1]),
        attempt(x.to, foo=1), attempt(x.to, "nowhere"), leaf.to(T.float64), leaf.to(T.int64),
        x.byte(), x.char(), x.short(), x.bool(), x.half(), x.type_as(x.int()), x.cpu() is x,
        x.type(), x.type("torch.DoubleTensor"), x.type(T.int16), attempt(x.to, dtype="float"),
        (x - 3).byte(), (x - 3.7).char(), (x / 4).bool(), T.tensor([True]).float(),
    )  # fmt: skip


def ranges_of_other_kinds(T):
    return (
        T.arange(0.5, 4.6, 1.2, dtype=T.int64), T.arange(0.5, 4.6, 1.2, dtype=T.int32),
        attempt(T.arange, 0, 4, 0.5, dtype=T.int64), T.arange(0, 2, 0.5, dtype=T.int32),
        attempt(T.arange, 3, dtype=T.bool), attempt(T.arange), attempt(T.arange, 1, 2, 3, 4),
        attempt(T.arange, float("nan")), attempt(T.arange, 0, 5, float("nan")),
        attempt(T.arange, T.ones(1)), attempt(T.arange, step=2, end=5), T.arange(1, end=4),
        T.arange(1, 5, step=2), attempt(T.arange, 0, 1, 1e-20), T.range(0, 4, 1.5),
        attempt(T.range, 4, 0), attempt(T.range, 1.5), T.linspace(T.tensor(1), 2, 3),
        attempt(T.linspace, T.ones(1), 2, 3), attempt(T.linspace, 0, 1, 2.5),
        attempt(T.linspace, 0, 1, 3, dtype=T.bool), T.linspace(0.5, 10.5, 5, dtype=T.int64),
        T.linspace(0, float("inf"), 3), T.logspace(0, 3, 4, base=2, dtype=T.int64),
        T.logspace(-2, 2, 7, dtype=T.float64), T.logspace(0, 1, 1), T.logspace(1, 2, 0),
        attempt(T.logspace, 0, 1, -1), attempt(T.logspace, T.ones(1), 1, 2),
        T.tril_indices(3, 4, -1), T.triu_indices(3, 3, 1, dtype=T.int32), T.tril_indices(0, 4),
        attempt(T.tril_indices, -1, 2), attempt(T.triu_indices, 2, 2, dtype=T.float32),
    )  # fmt: skip


def windows(T):
    w = T.signal.windows
    return (
        [make(n) for n in (0, 1, 2, 7) for make in (T.hann_window, T.hamming_window,
        T.blackman_window, T.bartlett_window, T.kaiser_window)],
        T.hann_window(5, False), T.hamming_window(6, True, 0.5, 0.4), T.kaiser_window(6, True, 5.0),
        [w.hann(n, sym=sym) for n in (0, 1, 6) for sym in (True, False)],
        w.exponential(5, center=1.0, sym=False), w.gaussian(4, std=0.5, dtype=T.float64),
        w.general_cosine(5, a=[0.4, 0.3, 0.2]), w.general_hamming(5, alpha=0.6), w.kaiser(5),
        attempt(T.hann_window, -1), attempt(T.hann_window, 3, dtype=T.int64),
        attempt(w.hann, -1), attempt(w.hann, 3, dtype=T.float16), attempt(w.gaussian, 3, std=0),
        attempt(w.exponential, 3, center=1.0), attempt(w.exponential, 3, tau=0),
        attempt(w.kaiser, 3, beta=-1), attempt(w.general_cosine, 3, a=[]),
        attempt(w.general_cosine, 3, a=3), attempt(w.hamming, 3, alpha=0.5),
    )  # fmt: skip


def drawn_around(T):
    T.manual_seed(3)
    mean, std = T.zeros(2, requires_grad=True), T.ones(3, 1)
    made = T.normal(mean, std)
    made.sum().backward()
    p = T.full((4,), 0.5, requires_grad=True)
    drawn = T.bernoulli(p)
    drawn.sum().backward()
    return (
        made, mean.grad, drawn, p.grad, T.bernoulli(p, 0.3), T.normal(mean.detach(), 2.0),
        T.normal(1.5, std), T.normal(mean=0.0, std=T.ones(2)), attempt(T.normal, 0.0, 1.0),
        attempt(T.normal, mean, -1.0), T.bernoulli(p.detach(), out=T.empty(4)),
    )  # fmt: skip


PROGRAMS = programs_of(globals())


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)


# ------------------------------------------------------------------ bit for bit

SIZES = [*range(2, 301), 1000, 3001]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64"])
def test_linspace_is_torchs_bit_for_bit(dtype: str) -> None:
    generator = np.random.default_rng(0)
    for steps in SIZES:
        start, end = generator.normal(size=2) * 10.0 ** generator.uniform(-2, 3)
        ours, theirs = (
            T.linspace(float(start), float(end), steps, dtype=getattr(T, dtype)).numpy()
            for T in (minitorch, torch)
        )
        assert np.array_equal(ours, theirs), (start, end, steps)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_arange_is_torchs_bit_for_bit(dtype: str) -> None:
    generator = np.random.default_rng(0)
    for count in SIZES:
        start, step = generator.normal(size=2) * 10.0 ** generator.uniform(-1, 1)
        bounds = float(start), float(start + step * (count - 0.5)), float(step)
        ours, theirs = (
            T.arange(*bounds, dtype=getattr(T, dtype)).numpy() for T in (minitorch, torch)
        )
        assert np.array_equal(ours, theirs), bounds


def test_the_ends_that_scripts_start_with() -> None:
    for bounds in [(-1, 1, 100), (0, 1, 1000), (-3.14, 3.14, 200), (-5, 5, 50), (0.1, 10, 33)]:
        assert np.array_equal(minitorch.linspace(*bounds).numpy(), torch.linspace(*bounds).numpy())


@pytest.mark.parametrize(
    "data",
    [
        [[1, 2], (3, 4)], ([],), [[], []], [[[]], [[]]], [[[1.0, 2]], [[3, True]]],
        [[True], [False]], [[1, 2], [3]], [[[1], [2]], [[3, 4], [5]]], [1, [2]], [[1], 2],
        [[[1], [2]], [3, 4]], [[1, [2]], [3, [4]]], [["1"], ["2"]],
    ],
    ids=str,
)  # fmt: skip
def test_nested_sequences_are_read_as_torch_reads_them(data):
    torch = pytest.importorskip("torch")
    found = []
    for T in (minitorch, torch):
        try:
            made = T.tensor(data)
            found.append((made.tolist(), tuple(made.shape), str(made.dtype)))
        except (TypeError, ValueError) as error:
            found.append(type(error))
    assert found[0] == found[1]
