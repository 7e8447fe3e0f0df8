"""Padded and packed sequences beside torch's."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import minitorch
from tests.raising import assert_refused_alike

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.differential

CASES = {
    "packed": lambda r, x, s: r.pack_padded_sequence(x, [4, 2, 1]),
    "packed, lengths a tensor": lambda r, x, s: r.pack_padded_sequence(x, s[3]),
    "packed, any order": lambda r, x, s: r.pack_padded_sequence(x, [2, 4, 2], False, False),
    "packed, batch first": lambda r, x, s: r.pack_padded_sequence(
        x.transpose(0, 1), [4, 4, 1], batch_first=True
    ),
    "padded": lambda r, x, s: r.pad_packed_sequence(
        r.pack_padded_sequence(x, [2, 4, 3], enforce_sorted=False)
    ),
    "padded to a length": lambda r, x, s: r.pad_packed_sequence(
        r.pack_padded_sequence(x, [3, 2, 1]), True, -1.5, 5
    ),
    "padded list": lambda r, x, s: r.pad_sequence(s[:3]),
    "padded list, batch first": lambda r, x, s: r.pad_sequence(s[:3], True, 7.0),
    "padded on the left": lambda r, x, s: r.pad_sequence(s[:3], padding_side="left"),
    "padded generator": lambda r, x, s: r.pad_sequence(t for t in s[:3]),
    "padded tensor": lambda r, x, s: r.pad_sequence(x, True),
    "packed list": lambda r, x, s: r.pack_sequence(s[:3], enforce_sorted=False),
    "packed sorted list": lambda r, x, s: r.pack_sequence([s[1], s[0], s[2]]),
    "unpacked": lambda r, x, s: r.unpack_sequence(r.pack_sequence(s[:3], False)),
    "unpadded": lambda r, x, s: r.unpad_sequence(x.clone(), s[3]),
    "unpadded, batch first": lambda r, x, s: r.unpad_sequence(x.transpose(0, 1), s[3], True),
    "inverted": lambda r, x, s: r.invert_permutation(s[4]),
    "nothing inverted": lambda r, x, s: r.invert_permutation(None),
    "converted": lambda r, x, s: [
        getattr(r.pack_padded_sequence(x, [4, 2, 1]), name)()
        for name in ("double", "float", "half", "long", "int", "short", "char", "byte", "cpu")
    ],
    "made by hand": lambda r, x, s: r.PackedSequence(x[:, 0], s[3], s[4]),
    "made of a pair": lambda r, x, s: r.PackedSequence((x[:, 0], s[3])),
    "facts": lambda r, x, s: (
        r.pack_padded_sequence(x, [4, 2, 1]).is_cuda,
        r.pack_padded_sequence(x, [4, 2, 1]).is_pinned(),
        r.PackedSequence._fields,
    ),
}


def parts(found: Any) -> Any:
    """What came, as nested lists, with dtypes and the names of tuples."""
    if hasattr(found, "numpy"):
        return str(found.dtype).split(".")[-1], found.detach().numpy().tolist(), found.shape
    if isinstance(found, (tuple, list)):
        return type(found).__name__, [parts(x) for x in found]
    return found


def inputs(T: Any) -> tuple:
    x = T.arange(24.0).reshape(4, 3, 2).requires_grad_()
    s = [(T.arange(2.0 * n) + n).reshape(n, 2).requires_grad_() for n in (2, 4, 1)]
    return T.nn.utils.rnn, x, [*s, T.tensor([4, 2, 1]), T.tensor([2, 0, 1])]


@pytest.mark.parametrize("case", CASES)
def test_values_and_gradients(case: str) -> None:
    results = []
    for T in (minitorch, torch):
        r, x, s = inputs(T)
        found = CASES[case](r, x, s)
        tensors = [t for t in _flat(found) if getattr(t, "requires_grad", False)]
        if tensors:
            sum((t.double() * t.detach().double().cos()).sum() for t in tensors).backward()
        grads = [t.grad if t.grad is None else t.grad.numpy() for t in (x, *s[:3])]
        results.append((parts(found), grads))
    (ours, our_grads), (theirs, their_grads) = results
    assert ours == theirs
    for a, b in zip(our_grads, their_grads):
        assert (a is None) == (b is None)
        assert a is None or np.allclose(a, b, rtol=1e-3, atol=1e-6)


def _flat(found: Any) -> list:
    if isinstance(found, (tuple, list)):
        return [x for part in found for x in _flat(part)]
    return [found]


def test_packed_sequences_compare_copy_and_pickle() -> None:
    r, x, _ = inputs(minitorch)
    packed = r.pack_padded_sequence(x.detach(), [2, 4, 3], enforce_sorted=False)
    assert packed.to("cpu") is packed
    for again in (copy.deepcopy(packed), pickle.loads(pickle.dumps(packed))):
        assert type(again) is r.PackedSequence
        assert parts(again) == parts(packed)


ERRORS = {
    "rising lengths": (lambda r, x: r.pack_padded_sequence(x, [4, 2, 3]), ["[4, 2, 3]"]),
    "length of 0": (lambda r, x: r.pack_padded_sequence(x, [4, 2, 0]), ["0"]),
    "too few lengths": (lambda r, x: r.pack_padded_sequence(x, [4, 2]), ["2", "3"]),
    "lengths in a matrix": (lambda r, x: r.pack_padded_sequence(x, x[0, :, :].long()), ["2D"]),
    "nothing to pack": (lambda r, x: r.pack_padded_sequence(x[:0], [4, 2, 1]), ["none"]),
    "no batch": (lambda r, x: r.pack_padded_sequence(x[:, 0, 0], [4]), ["1D"]),
    "total_length too small": (
        lambda r, x: r.pad_packed_sequence(r.pack_padded_sequence(x, [4, 2, 1]), total_length=3),
        ["3", "4"],
    ),
    "no sequences": (lambda r, x: r.pad_sequence([]), ["none"]),
    "numbers": (lambda r, x: r.pad_sequence([1, 2]), ["int"]),
    "no iterable": (lambda r, x: r.pad_sequence(3), ["int"]),
    "other sizes": (lambda r, x: r.pad_sequence([x[0], x[0].repeat(1, 2)]), ["item 1", "[3, 4]"]),
    "unknown side": (lambda r, x: r.pad_sequence([x], padding_side="up"), ["up"]),
    "list not falling": (lambda r, x: r.pack_sequence([x[:1], x]), ["[1, 4]"]),
    "packed without sizes": (lambda r, x: r.PackedSequence(x), ["batch_sizes"]),
    "too few lengths to unpad": (
        lambda r, x: r.unpad_sequence(x.detach(), x[0, 0].long()),
        ["2", "3"],
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_error_is_of_torchs_type_and_names_the_culprit(case: str) -> None:
    call, words = ERRORS[case]
    assert_refused_alike(torch, lambda T: call(T.nn.utils.rnn, inputs(T)[1]), words)
