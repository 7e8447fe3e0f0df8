"""What is close, the text for what is not, and random tensors for tests."""

from __future__ import annotations

import re

import numpy as np
import pytest

import minitorch
from tests.programs import attempt, same

torch = pytest.importorskip("torch")

NAN, INF = float("nan"), float("inf")
COMPARED = {
    "equal": lambda T: (T.ones(2), T.ones(2)),
    "all differ": lambda T: (T.ones(2), T.zeros(2)),
    "one differs": lambda T: (T.tensor([1.0, 2.0, 3.0]), T.tensor([1.0, 2.1, 3.0])),
    "in a matrix": lambda T: (T.zeros(2, 3), T.tensor([[0, 0, 0], [0, 1.0, 0]])),
    "0-d": lambda T: (T.tensor(1.0), T.tensor(2.0)),
    "0-d integers": lambda T: (T.tensor(5), T.tensor(6)),
    "floats": lambda T: (1.0, 2.0),
    "large floats": lambda T: (1e10, 1.0),
    "a zero": lambda T: (1.0, 0.0),
    "ints": lambda T: (1, 2),
    "int and float": lambda T: (1, 1.0),
    "complex": lambda T: (3 + 1j, 3 + 2j),
    "NumPy numbers": lambda T: (np.float32(1), np.float32(2)),
    "bools": lambda T: (True, False),
    "same bools": lambda T: (True, True),
    "None": lambda T: (None, None),
    "None and a number": lambda T: (None, 1.0),
    "shapes": lambda T: (T.ones(2), T.ones(3)),
    "dtypes": lambda T: (T.ones(2), T.ones(2).double()),
    "arrays": lambda T: (np.ones(2), np.zeros(2)),
    "integers": lambda T: (T.tensor([1, 2]), T.tensor([1, 3])),
    "bytes": lambda T: (T.tensor([1, 2], dtype=T.uint8), T.tensor([3, 1], dtype=T.uint8)),
    "bool tensors": lambda T: (T.tensor([True, False]), T.tensor([True, True])),
    "NaN": lambda T: (T.tensor([NAN]), T.tensor([NAN])),
    "NaN as number": lambda T: (NAN, NAN),
    "infinities": lambda T: (T.tensor([INF, 1.0]), T.tensor([INF, 2.0])),
    "opposite infinities": lambda T: (T.tensor([INF]), T.tensor([-INF])),
    "infinite numbers": lambda T: (INF, INF),
    "lists": lambda T: ([T.ones(1), T.ones(2)], [T.ones(1), T.zeros(2)]),
    "lengths": lambda T: ([1.0, 2.0], [1.0]),
    "tuple and list": lambda T: ((1.0, 2.0), [1.0, 2.0]),
    "dictionaries": lambda T: ({"a": T.ones(1)}, {"a": T.zeros(1)}),
    "keys": lambda T: ({"a": T.ones(1)}, {"b": T.zeros(1)}),
    "deep": lambda T: ({"a": [1.0, {"b": T.ones(1)}]}, {"a": [1.0, {"b": T.zeros(1)}]}),
    "nothing": lambda T: (T.zeros(0), T.zeros(0)),
    "half": lambda T: (T.ones(2).half(), T.ones(2).half() * 1.002),
    "double": lambda T: (T.ones(2).double(), T.ones(2).double() + 1e-6),
    "parameter": lambda T: (T.nn.Parameter(T.ones(2)), T.ones(2)),
    "within": lambda T: (T.ones(3), T.ones(3) + 1e-5),
    "strides": lambda T: (T.ones(2, 3), T.ones(3, 2).T),
    "far apart": lambda T: (T.tensor([1e20]), T.tensor([1.0])),
    "text": lambda T: ("a", "a"),
    "sets": lambda T: ({1}, {1}),
    "tensor and number": lambda T: (T.ones(2), 1.0),
    "tensor and array": lambda T: (T.ones(2), np.ones(2)),
}
ARGUMENTS = [
    {}, {"rtol": 0, "atol": 0}, {"rtol": 0.5, "atol": 0.0},
    {"equal_nan": True}, {"check_dtype": False}, {"check_stride": True},
    {"allow_subclasses": False}, {"msg": "mine"}, {"msg": lambda text: "more: " + text},
    {"check_device": False, "check_layout": False},
]  # fmt: skip


@pytest.mark.differential
@pytest.mark.parametrize("pair", COMPARED.values(), ids=COMPARED)
def test_comparisons_and_their_texts_are_torchs(pair):
    for given in ARGUMENTS:
        ours = attempt(minitorch.testing.assert_close, *pair(minitorch), **given)
        theirs = attempt(torch.testing.assert_close, *pair(torch), **given)
        assert (ours is None) == (theirs is None), (given, ours, theirs)
        if ours is None:
            continue
        assert type(ours.error) is type(theirs.error), (given, ours, theirs)
        if isinstance(ours.error, AssertionError):
            texts = [re.sub(r"\d+\.\d{6,}", lambda n: f"{float(n[0]):.5e}", str(e.error))
                     for e in (ours, theirs)]  # fmt: skip
            assert texts[0] == texts[1], given


def test_one_tolerance_alone_is_refused():
    for given in ({"rtol": 0.5}, {"atol": 0.5}):
        for T in (minitorch, torch):
            with pytest.raises(ValueError, match="must be either specified or omitted"):
                T.testing.assert_close(T.ones(2), T.ones(2), **given)


@pytest.mark.differential
@pytest.mark.filterwarnings("ignore:.*low==high.*:FutureWarning")
@pytest.mark.parametrize(
    "how",
    [
        {"dtype": "float32"}, {"dtype": "float64", "low": 1, "high": 2}, {"dtype": "int64"},
        {"dtype": "uint8"}, {"dtype": "bool"}, {"dtype": "int32", "low": 0, "high": 5},
        {"dtype": "float32", "noncontiguous": True}, {"dtype": "float16"}, {"dtype": "int8"},
        {"dtype": "float32", "requires_grad": True}, {"dtype": "int64", "exclude_zero": True},
        {"dtype": "int64", "requires_grad": True}, {"dtype": "float32", "low": 2, "high": 1},
        {"dtype": "float32", "low": NAN}, {"dtype": "int64", "low": 2, "high": 2},
        {"dtype": "float32", "low": 2, "high": 2}, {"dtype": "float32", "device": "cuda"},
    ],
)  # fmt: skip
def test_random_tensors_are_torchs(how):
    def program(T):
        T.manual_seed(0)
        options = {"device": "cpu", **how, "dtype": getattr(T, how["dtype"])}
        made = T.testing.make_tensor((3, 5), **options)
        return made, made.stride(), T.testing.make_tensor(2, **options).shape

    same(program)


def test_layouts_of_random_tensors():
    make, last = minitorch.testing.make_tensor, minitorch.channels_last
    options = {"dtype": minitorch.float32, "device": "cpu", "memory_format": last}
    assert make((1, 2, 3, 4), **options).is_contiguous(memory_format=last)
    with pytest.raises(ValueError, match="got both"):
        make((1, 2, 3, 4), noncontiguous=True, **options)


@pytest.mark.differential
@pytest.mark.filterwarnings("ignore:.*assert_allclose.*:FutureWarning")
def test_the_old_comparison_is_torchs():
    def program(T):
        x = T.ones(2)
        pairs = [(x, x + 5e-5), (x, [1.0, 1.0]), (x, x * NAN), (x * NAN, x * NAN), (x, x + 1e-3)]
        return [attempt(T.testing.assert_allclose, *pair) for pair in pairs]

    same(program)


def test_the_old_comparison_warns():
    with pytest.warns(FutureWarning, match="assert_close"):
        minitorch.testing.assert_allclose(1.0, 1.0)
