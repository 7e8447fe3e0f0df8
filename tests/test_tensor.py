"""The tensor itself: what it tells of itself, what Python makes of it, copies, indexing."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import minitorch
from tests.programs import attempt, programs_of, same

pytestmark = [pytest.mark.differential, pytest.mark.filterwarnings("ignore::UserWarning"),
              pytest.mark.filterwarnings("ignore::DeprecationWarning")]  # fmt: skip


# ------------------------------------------------------------------ what it tells


def attributes(T):
    x = T.zeros(2, 3, dtype=T.float64)
    return (
        tuple(x.shape), repr(x.shape), x.dtype, x.device.type, x.ndim, x.dim(), x.numel(),
        x.nelement(),
        x.size(), x.size(1), x.size(-1), x.stride(), x.stride(0), x.element_size(), x.itemsize,
        x.nbytes,
        x.is_contiguous(), x.is_floating_point(), x.is_complex(), x.is_leaf, x.requires_grad,
        x.grad, x.grad_fn, x._version, x.type(), x.is_cuda, x.shape.numel(), x.output_nr,
    )  # fmt: skip


def layouts(T):
    x = T.zeros(2, 3, 4)
    y = x.permute(2, 0, 1)
    return (
        y.stride(), y.is_contiguous(), y.contiguous().stride(), x.contiguous() is x,
        x[:, ::2].stride(), y.contiguous() is y, x.T.stride() if x.ndim < 3 else None, x.mT.shape,
    )  # fmt: skip


def leaves_and_results(T):
    x = T.ones(2, requires_grad=True)
    y = x * 2
    return x.is_leaf, y.is_leaf, y.detach().is_leaf, (T.ones(2) * 2).is_leaf, y.requires_grad


def gradient_of_a_result_is_none(T):
    y = T.ones(2, requires_grad=True) * 2
    y.sum().backward()
    return y.grad


def detach_shares_memory(T):
    x = T.ones(3, requires_grad=True)
    d = x.detach()
    d[0] = 5
    return x, d.data_ptr() == x.data_ptr(), d.requires_grad, d._version


def data_is_assigned(T):
    x = T.ones(3, requires_grad=True)
    x.data = T.zeros(2)
    x.data.add_(3)
    (x * x).sum().backward()
    return x, x.grad, x._version


def numpy_shares_memory(T):
    x = T.zeros(3)
    a = x.numpy()
    a[0] = 4
    x[1] = 5
    return x, a.tolist(), attempt(T.ones(2, requires_grad=True).numpy), T.ones(
        2, requires_grad=True).numpy(force=True)  # fmt: skip


def sizes_are_tuples(T):
    s = T.zeros(2, 3).shape
    return s == (2, 3), s[0], repr(s[1:]), tuple(s + (4,)), len(s), 3 in s, hash(s) == hash((2, 3))


# ------------------------------------------------------------------ what Python makes of it


def numbers(T):
    x, i = T.tensor(2.75), T.tensor([7])
    return (
        float(x), int(x), bool(x), x.item(), i.item(), int(i), float(i), x.tolist(), i.tolist(),
        range(10)[T.tensor(3)], [10, 20, 30][T.tensor(1)], f"{x:.1f}", f"{T.tensor(3):>4d}",
        f"{i}", round(float(x)), attempt(hash, x) != hash(x) if False else True,
    )  # fmt: skip


def not_numbers(T):
    x = T.zeros(2)
    return (
        attempt(float, x), attempt(int, x), attempt(bool, x), attempt(x.item),
        attempt(bool, T.zeros(0)),
        attempt(range(3).__getitem__, T.tensor(1.0)), attempt(format, x, ".2f"),
        attempt(len, T.tensor(1)),
        attempt(iter, T.tensor(1)),
    )  # fmt: skip


def lists(T):
    return (
        T.arange(6).reshape(2, 3).tolist(), T.tensor(3.5).tolist(), T.zeros(0).tolist(),
        T.zeros(2, 0).tolist(), T.tensor([True, False]).tolist(),
    )  # fmt: skip


def iteration(T):
    x = T.arange(6.0).reshape(2, 3).requires_grad_()
    first, second = x
    (first * second).sum().backward()
    return len(x), [r.tolist() for r in x], x.grad, T.zeros(2) in [T.zeros(2)] if False else None


def membership(T):
    x = T.tensor([1.0, 2.0])
    return 2.0 in x, 3.0 in x, T.tensor(1.0) in x


def truth(T):
    return (
        bool(T.tensor([[1]])),
        bool(T.tensor(0.0)),
        bool(T.tensor([False])),
        not T.tensor(float("nan")),
    )


def as_arrays(T):
    x = T.tensor([[1.0, 2.0], [3.0, 4.0]])
    return (
        np.asarray(x), np.array(x), np.asarray(x, dtype=np.float64), np.sum(x.numpy()),
        np.asarray(T.tensor(3)), attempt(np.asarray, x.clone().requires_grad_()),
        np.asarray(x).ctypes.data == x.data_ptr(),
    )  # fmt: skip


def hashes_and_identity(T):
    x = T.zeros(2)
    y = x.view(2)
    return len({x, y, x}), {x: 1}[x], x is x.data


# ------------------------------------------------------------------ copies


def deep_copies(T):
    x = T.ones(3, requires_grad=True)
    (x * 2).sum().backward()
    c = copy.deepcopy(x)
    c.data[0] = 9
    c.grad[0] = 7
    return c, c.grad, x, x.grad, c.is_leaf, attempt(copy.deepcopy, x * 2)


def deep_copies_keep_identity(T):
    x = T.ones(2)
    a, b = copy.deepcopy([x, x])
    return a is b, a is x


def shallow_copies(T):
    x = T.ones(3, requires_grad=True)
    c = copy.copy(x)
    return c, c is x, c.requires_grad


def pickled(T):
    x = T.arange(6.0).reshape(2, 3).requires_grad_()
    y = pickle.loads(pickle.dumps(x))
    z = pickle.loads(pickle.dumps(x.detach().t()))
    return y, y.is_leaf, z, z.stride(), pickle.loads(pickle.dumps(T.float32)) is T.float32


def clones(T):
    x = T.arange(6.0).reshape(2, 3).requires_grad_()
    c = x.t().clone()
    (c * c).sum().backward()
    return c, c.stride(), x.grad, x.detach().clone() is x


PROGRAMS = programs_of(globals())


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)


# ------------------------------------------------------------------ indexing

KEYS = {
    "int": 1, "negative": -1, "slice": slice(1, None), "step": slice(None, None, 2), "none": None,
    "ellipsis": ..., "empty tuple": (), "pair": (1, 2), "column": (slice(None), 1),
    "last": (..., -1), "none inside": (0, None, 1), "slices": (slice(0, 2), slice(1, 3),
    slice(None)),
    "ellipsis between": (1, ..., 0), "empty slice": slice(2, 1), "beyond": slice(1, 100),
    "negative slice": slice(-2, None), "list": [0, 1, 1], "nested list": [[0, 1], [1, 0]],
    "list of bools": [True, False], "lists": ([0, 1], [2, 0]),
    "list and slice": ([1, 0], slice(None), 1),
    "slice and list": (slice(None), [2, 0, 0]), "lists apart": ([0, 1], slice(None), [3, 0]),
    "numpy": np.array([1, 0]), "numpy int": np.int64(1), "numpy bools": np.array([False, True]),
    "true": True, "false": False, "true and int": (True, 1), "range": range(2),
    "int and list": (0, [1, 2]),
    "list and none": ([0, 1], None), "ellipsis and list": (..., [0, 3]), "negative list": [-1, -2],
    "empty list": [], "tuple of ellipsis": (...,), "full": (slice(None), slice(None), slice(None)),
    "bad int": 5, "bad negative": -3, "too many": (0, 0, 0, 0), "bad list": [0, 7],
    "bad step": slice(None, None, -1),
    "zero step": slice(None, None, 0), "float": 1.5, "string": "a",
    "wrong mask": [True, False, True], "lists that differ": ([0, 1], [0, 1, 2]),
}  # fmt: skip

TENSOR_KEYS = {
    "index": lambda T: T.tensor([1, 0, 1]), "matrix": lambda T: T.tensor([[0], [1]]),
    "mask": lambda T: T.arange(24).reshape(2, 3, 4) % 5 == 0,
    "mask of rows": lambda T: T.tensor([False, True]),
    "mask and int": lambda T: (T.tensor([True, True]), 1), "0-d": lambda T: T.tensor(1),
    "0-d and slice": lambda T: (slice(None), T.tensor(2)),
    "two": lambda T: (T.tensor([0, 1]), T.tensor([1, 2])),
    "broadcast": lambda T: (T.tensor([[0], [1]]), T.tensor([1, 2])),
    "int32": lambda T: T.tensor([0, 1], dtype=T.int32),
    "uint8 mask": lambda T: T.tensor([0, 1], dtype=T.uint8),
    "after": lambda T: (slice(None), T.tensor([0, 2]), slice(1, 3)),
    "apart": lambda T: (T.tensor([0, 1]), slice(None), T.tensor([0, 3])),
    "with none": lambda T: (None, T.tensor([0])),
    "empty": lambda T: T.tensor([], dtype=T.int64), "0-d mask": lambda T: T.tensor(True),
    "mask second": lambda T: (
        slice(None), T.tensor([True, False, True])), "mask of two axes": lambda T: T.ones(2, 3,
        dtype=T.bool),
    "out of range": lambda T: T.tensor([2]), "floats": lambda T: T.tensor([0.0, 1.0]),
    "wrong mask": lambda T: T.ones(3, dtype=T.bool), "int and 0-d": lambda T: (0, T.tensor(1), 2),
}  # fmt: skip
ALL_KEYS = {**{k: (lambda T, v=v: v) for k, v in KEYS.items()}, **TENSOR_KEYS}


def cube(T):
    return T.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize("name", ALL_KEYS)
def test_indexing(name: str) -> None:
    def program(T):
        x = cube(T).requires_grad_()
        y = attempt(x.__getitem__, ALL_KEYS[name](T))
        if type(y) is T.Tensor:
            (y * y).sum().backward()
            used = [s for s, n in zip(y.stride(), y.shape) if n > 1 and y.numel()]
            return y, x.grad, y._is_view(), used
        return y

    same(program)


@pytest.mark.parametrize(
    "name", sorted(ALL_KEYS.keys() - {"uint8 mask"})
)  # which torch reads, but not writes
def test_assignment_of_a_number(name: str) -> None:
    def program(T):
        x = cube(T)
        failed = attempt(x.__setitem__, ALL_KEYS[name](T), 7.5)
        return failed or x  # torch may have written half of it

    same(program)


@pytest.mark.parametrize(
    "name", sorted(ALL_KEYS.keys() - {"false"})
)  # torch then has no gradient, not 0
def test_assignment_of_a_tensor(name: str) -> None:
    def program(T):
        x, key = cube(T).requires_grad_(), ALL_KEYS[name](T)
        shape = attempt(lambda: x[key].shape)
        if not isinstance(shape, tuple):
            return shape
        z, values = x * 2, T.ones(tuple(shape)).requires_grad_()
        if isinstance(key, list) and len(set(map(str, key))) < len(key):
            return None  # which of two values for one place stays is anybody's choice
        z[key] = values * 3
        (z * z).sum().backward()
        return z, x.grad, values.grad

    same(program)


@pytest.mark.parametrize("key", [(), ..., None, (None, ...), True, 0, slice(None), [0]])
def test_indexing_a_number(key) -> None:
    same(lambda T: attempt(T.tensor(3.0).__getitem__, key))


@pytest.mark.parametrize(
    "make",
    [
        lambda T: T.arange(10)[T.tensor(3)], lambda T: T.arange(10)[2:8:3],
        lambda T: T.eye(3)[T.eye(3) > 0],
        lambda T: T.zeros(0, 3)[:, 1], lambda T: T.zeros(0, 3)[0:],
        lambda T: attempt(T.zeros(0, 3).__getitem__, 0),
        lambda T: T.zeros(3)[T.zeros(3) > 1], lambda T: T.arange(12).reshape(3, 4)[[2, 0]][:, [1]],
        lambda T: T.arange(4)[:, None] == T.arange(4)[None],
        lambda T: T.tensor([[True]])[0][0].item(),
    ],
)  # fmt: skip
def test_indexing_elsewhere(make) -> None:
    same(make)


def test_an_index_error_names_index_and_size() -> None:
    with pytest.raises(IndexError, match=r"7.*(size|\[?2)"):
        minitorch.zeros(2)[7]
    with pytest.raises(IndexError, match="9"):
        minitorch.zeros(2)[minitorch.tensor([0, 9])]
