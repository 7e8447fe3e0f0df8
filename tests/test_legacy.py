"""torch's first types as constructors, in isinstance, and as what a tensor is cast to."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch
from tests.programs import attempt, programs_of, same

pytest.importorskip("torch")
TYPES = "Bool Byte Char Double Float Half Int Long Short BFloat16".split()


def constructors(T):
    return [
        [
            attempt(lambda kind=kind, data=data: getattr(T, kind + "Tensor")(*data))
            for data in ([], [[1, 2]], [(1, 0)], [[[1], [2]]], [[1.5, 0]], [[True]], [1.5], ["a"],
                         [None], [{1: 2}], [np.array([1, 2])], [np.array([1.5])], [range(3)],
                         [[1, 2], [3]], [[[1, 2], [3]]])
        ]
        for kind in TYPES[:-1]
    ]  # fmt: skip


def sizes(T):
    kinds = (T.Tensor, T.FloatTensor, T.LongTensor, T.zeros(1).new)
    given = ((2, 3), (0,), (), (T.Size([2, 2]),), (np.int64(3),))
    return [make(*size).shape for make in kinds for size in given]


def what_it_shares(T):
    x = T.ones(2)
    same = [make(x).data_ptr() == x.data_ptr() for make in (T.Tensor, T.FloatTensor, x.new)]
    return same, T.Tensor(T.arange(2)), T.FloatTensor(T.Tensor())


def of_another_dtype(T):
    x = T.ones(2)
    return [attempt(make, x) for make in (T.LongTensor, T.DoubleTensor, T.arange(2).new)]


def places(T):
    return [
        T.FloatTensor([1], device="cpu"),
        attempt(lambda: T.FloatTensor([1], device="cuda")),
        attempt(lambda: T.Tensor([1], device="cuda")),
        attempt(lambda: T.zeros(1).new([1], device="cuda")),
        attempt(T.cuda.FloatTensor, [1]),
        attempt(T.ones(1).type, T.cuda.FloatTensor),
        attempt(T.ones(1).type, "torch.cuda.FloatTensor"),
    ]


def instances(T):
    found = [T.ones(1), T.arange(2), T.nn.Parameter(T.ones(1)), 3, None, T.ones(1).numpy()]
    kinds = [T.Tensor, T.FloatTensor, T.LongTensor, T.BoolTensor, T.cuda.FloatTensor]
    return [isinstance(x, kind) for x in found for kind in kinds], issubclass(
        T.FloatTensor, T.Tensor
    )


def facts(T):
    kinds = [getattr(T, name + "Tensor") for name in TYPES] + [T.cuda.LongTensor]
    return [
        (repr(k), str(k.dtype), k.is_cuda, k.is_sparse, str(k.layout), k.__name__, k.__module__)
        for k in kinds
    ]


def casts(T):
    x = T.tensor([0.5, 2])
    kinds = (T.LongTensor, "torch.LongTensor", T.float64, T.Tensor, T.nn.Parameter, int)
    return (
        *(attempt(x.type, to) for to in (*kinds, "foo", "LongTensor", "torch.Long")),
        x.type(), x.long().type(), x.type(T.FloatTensor) is x,
    )  # fmt: skip


def methods_of_types(T):
    return T.FloatTensor.add(T.ones(2), 1), attempt(lambda: T.FloatTensor.nonsense)


def default_types(T):
    try:
        found = [
            attempt(T.set_default_tensor_type, kind)
            for kind in (T.cuda.FloatTensor, "torch.cuda.FloatTensor", T.LongTensor, T.float32, 3)
        ]
        for kind in (T.DoubleTensor, "torch.HalfTensor"):
            T.set_default_tensor_type(kind)
            found.append(T.get_default_dtype())
        return found
    finally:
        T.set_default_dtype(T.float32)


def storages(T):
    made = [T.FloatStorage(2).size(), T.LongStorage([1, 2]).tolist(), T.FloatStorage().size()]
    kinds = (T.FloatStorage, T.LongStorage)
    shared = T.Tensor(T.FloatStorage([1, 2]))
    return made, [isinstance(shared.storage(), kind) for kind in kinds], shared


def removed(T):
    x = T.ones(1)
    return attempt(x.reinforce, 1.0), attempt(lambda: x.volatile), attempt(x.record_stream, None)


PROGRAMS = programs_of(globals())


@pytest.mark.differential
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated:UserWarning")
@pytest.mark.filterwarnings("ignore:.*set_default_tensor_type.*deprecated:UserWarning")
def test_legacy_types_are_torchs(program) -> None:
    same(program)


def test_another_dtype_is_named():
    with pytest.raises(TypeError, match=r"LongTensor.*torch.int64.*torch.float32"):
        minitorch.LongTensor(minitorch.ones(2))


def test_setting_the_default_type_warns():
    with pytest.warns(UserWarning, match="set_default_dtype"):
        minitorch.set_default_tensor_type("torch.FloatTensor")
