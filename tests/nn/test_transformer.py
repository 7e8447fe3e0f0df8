"""Attention and the Transformer beside torch's: bits, outputs, gradients, masks, warnings."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minitorch
from tests.raising import assert_refused_alike
from tests.tolerances import TOLERANCES, assert_close

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.differential,
    pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors"),
    pytest.mark.filterwarnings("ignore:enable_nested_tensor is True"),
]


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


X, Y, M = numbers(4, 3, 8), numbers(5, 3, 8, seed=1), numbers(3, 4, 8, seed=2)
CAUSAL = np.triu(np.full((4, 4), -np.inf), 1)
CLOSED = np.triu(np.ones((4, 4), bool), 2)
PADDED = np.array([[False] * 4, [False, False, True, True], [False, False, False, True]])
PADDED5 = np.array([[False] * 5, [False, False, True, True, True], [False] * 4 + [True]])

CASES: dict[str, tuple[str, tuple, dict]] = {
    "attention": ("MultiheadAttention(8, 2)", (X, Y, Y), {}),
    "attention, all options": (
        "MultiheadAttention(8, 2, 0.3, add_bias_kv=True, add_zero_attn=True, kdim=6, vdim=7)",
        (X, numbers(5, 3, 6), numbers(5, 3, 7)),
        {"key_padding_mask": PADDED5, "average_attn_weights": False},
    ),
    "attention, no weights": (
        "MultiheadAttention(8, 4, 0.3, bias=False, batch_first=True)",
        (M, M, M),
        {"need_weights": False, "attn_mask": CLOSED, "key_padding_mask": PADDED},
    ),
    "attention, causal": (
        "MultiheadAttention(8, 2, batch_first=True)",
        (M, M, M),
        {"need_weights": False, "attn_mask": CAUSAL, "is_causal": True},
    ),
    "attention, unbatched": (
        "MultiheadAttention(8, 2, batch_first=True)", (X[:, 0], Y[:, 0], Y[:, 1]),
        {"key_padding_mask": PADDED5[1]},
    ),
    "encoder layer": ("TransformerEncoderLayer(8, 2, 16)", (X,), {}),
    "encoder layer, norm first": (
        "TransformerEncoderLayer(8, 2, 16, 0.2, 'gelu', 1e-3, True, True, False)",
        (M,),
        {"src_mask": CLOSED, "src_key_padding_mask": PADDED},
    ),
    "encoder layer, function": (
        "TransformerEncoderLayer(8, 2, 16, activation=T.tanh)",
        (X[:, 0],),
        {"src_mask": CAUSAL, "is_causal": True},
    ),
    "decoder layer": ("TransformerDecoderLayer(8, 2, 16)", (X, Y), {}),
    "decoder layer, masks": (
        "TransformerDecoderLayer(8, 4, 16, activation='gelu', norm_first=True)",
        (X, Y),
        {
            "tgt_mask": CAUSAL, "tgt_is_causal": True, "memory_key_padding_mask": PADDED5,
            "memory_mask": np.zeros((4, 5), bool),
        },
    ),
    "encoder": (
        "TransformerEncoder(T.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)",
        (M,),
        {"src_key_padding_mask": PADDED},
    ),
    "encoder, mask and padding": (
        "TransformerEncoder(T.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 1)",
        (M,),
        {"src_key_padding_mask": PADDED, "mask": np.zeros((4, 4), bool)},
    ),
    "encoder, padding in the middle": (
        "TransformerEncoder(T.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 1)",
        (M,),
        {"src_key_padding_mask": PADDED[:, ::-1].copy()},
    ),
    "encoder, said to be causal": (
        "TransformerEncoder(T.nn.TransformerEncoderLayer(8, 2, 16), 1)",
        (X,),
        {"mask": np.zeros((4, 4)), "is_causal": True},
    ),
    "encoder with norm": (
        "TransformerEncoder(T.nn.TransformerEncoderLayer(8, 2, 16), 2, T.nn.LayerNorm(8))",
        (X,),
        {"mask": CAUSAL},
    ),
    "decoder": (
        "TransformerDecoder(T.nn.TransformerDecoderLayer(8, 2, 16), 2, T.nn.LayerNorm(8))",
        (X, Y),
        {"tgt_mask": CAUSAL, "tgt_key_padding_mask": np.where(PADDED, -np.inf, 0.0)},
    ),
    "transformer": ("Transformer(8, 2, 2, 2, 16)", (Y, X), {"tgt_mask": CAUSAL}),
    "transformer, batch first": (
        "Transformer(8, 2, 1, 1, 16, 0.3, 'gelu', batch_first=True, norm_first=True, bias=False)",
        (M, M),
        {"src_key_padding_mask": PADDED, "memory_key_padding_mask": PADDED, "tgt_mask": CLOSED},
    ),
}  # fmt: skip


def run(T: Any, case: str, dtype: str, how: str) -> dict[str, np.ndarray]:
    """Everything one module does with one input: in training, or else on what is not recorded."""
    text, inputs, masks = CASES[case]
    T.manual_seed(3)
    m = eval(f"T.nn.{text}", {"T": T})
    found = {f"initial {k}": v.detach().numpy().copy() for k, v in m.state_dict().items()}
    m = m.to(getattr(T, dtype)).train(how == "training")
    given = [T.tensor(a, dtype=getattr(T, dtype)).requires_grad_() for a in inputs]
    options = {
        k: T.tensor(v, dtype=None if v.dtype == bool else getattr(T, dtype))
        if isinstance(v, np.ndarray) else v
        for k, v in masks.items()
    }  # fmt: skip
    T.manual_seed(5)
    with T.set_grad_enabled(how != "no grad"):
        out = m(*given, **options)
    outs = [o for o in (out if isinstance(out, tuple) else (out,)) if o is not None]
    found |= {f"output {i}": o.detach().numpy() for i, o in enumerate(outs)}
    if how == "no grad":
        return found
    loss = sum((o * o.detach().sin()).sum() for o in outs)
    grads = T.autograd.grad(loss, [*given, *m.parameters()], materialize_grads=True)
    return found | {f"gradient {i}": g.numpy() for i, g in enumerate(grads)}


@pytest.mark.parametrize("how", ["training", "evaluation", "no grad"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES)
def test_module(case: str, dtype: str, how: str) -> None:
    ours, theirs = run(minitorch, case, dtype, how), run(torch, case, dtype, how)
    assert list(ours) == list(theirs)
    limit = TOLERANCES["window"].first
    for name, expected in theirs.items():
        if name.startswith("initial"):
            assert ours[name].tobytes() == expected.tobytes(), name
        else:
            assert_close(ours[name], expected, limit, 1, f"{case} {dtype} {how}: {name}")


@pytest.mark.parametrize("case", CASES)
def test_text(case: str) -> None:
    ours, theirs = (repr(eval(f"T.nn.{CASES[case][0]}", {"T": T})) for T in (minitorch, torch))
    assert ours == theirs


def encoder(T: Any, *layer: Any, **how: Any) -> Any:
    made = T.nn.TransformerEncoderLayer(*(layer or (8, 2, 16)), **({"batch_first": True} | how))
    return T.nn.TransformerEncoder(made, 1)


def mixed_masks(T: Any) -> Any:
    m = T.nn.TransformerEncoderLayer(8, 2, 16)
    return m(T.zeros(4, 3, 8), T.zeros(4, 4), T.zeros(3, 4, dtype=T.bool))


WARNINGS: dict[str, Callable[[Any], Any]] = {
    "plain": lambda T: encoder(T),
    "batch not first": lambda T: encoder(T, batch_first=False),
    "norm first": lambda T: encoder(T, norm_first=True),
    "odd heads": lambda T: encoder(T, 9, 3, 16),
    "no bias": lambda T: encoder(T, bias=False),
    "gelu": lambda T: encoder(T, activation="gelu"),
    "modules": lambda T: encoder(T, activation=T.nn.ReLU()),
    "another activation": lambda T: encoder(T, activation=T.tanh),
    "another layer": lambda T: T.nn.TransformerEncoder(T.nn.Linear(3, 3), 1),
    "not enabled": lambda T: T.nn.TransformerEncoder(
        T.nn.TransformerEncoderLayer(8, 2), 1, enable_nested_tensor=False
    ),
    "masks of two types": mixed_masks,
}


@pytest.mark.parametrize("case", WARNINGS)
def test_warnings(case: str) -> None:
    counts = []
    for T in (minitorch, torch):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            WARNINGS[case](T)
        counts.append([w.category for w in caught])
    assert counts[0] == counts[1]


def test_square_mask() -> None:
    for how in ({}, {"dtype": "float64"}):
        made = []
        for T in (minitorch, torch):
            dtype = {k: getattr(T, v) for k, v in how.items()}
            made.append(T.nn.Transformer.generate_square_subsequent_mask(3, **dtype).numpy())
        assert made[0].dtype == made[1].dtype
        assert np.array_equal(*made)


def test_copies_and_pickles() -> None:
    m = minitorch.nn.TransformerEncoderLayer(8, 2, 16).eval()
    x = minitorch.tensor(X, dtype=minitorch.float32)
    for again in (copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        assert (again(x) == m(x)).all()


def x(t: Any) -> Any:
    return t.zeros(4, 3, 8)


ERRORS = {
    "heads": (lambda t: t.nn.MultiheadAttention(8, 3), ["8", "3"]),
    "no heads": (lambda t: t.nn.MultiheadAttention(8, 0), ["8", "0"]),
    "activation": (lambda t: t.nn.TransformerEncoderLayer(8, 2, activation="foo"), ["foo"]),
    "batches": (lambda t: t.nn.Transformer(8, 2, 1, 1, 9)(x(t), t.zeros(4, 2, 8)), ["3", "2"]),
    "features": (lambda t: t.nn.Transformer(8, 2, 1, 1, 9)(x(t), t.zeros(4, 3, 7)), ["8", "7"]),
    "causal without mask": (
        lambda t: t.nn.TransformerEncoderLayer(8, 2)(x(t), is_causal=True),
        ["is_causal", "mask"],
    ),
    "mask of integers": (
        lambda t: t.nn.TransformerEncoderLayer(8, 2)(x(t), t.zeros(4, 4).long()),
        ["src_mask", "int64"],
    ),
    "padding of integers": (
        lambda t: t.nn.TransformerEncoderLayer(8, 2)(
            x(t), src_key_padding_mask=t.zeros(3, 4).long()
        ),
        ["src_key_padding_mask", "int64"],
    ),
    "mask of another size": (
        lambda t: t.nn.TransformerEncoderLayer(8, 2)(x(t), t.zeros(2, 2)),
        ["4, 4", "2, 2"],
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_error_is_of_torchs_type_and_names_the_culprit(case: str) -> None:
    assert_refused_alike(torch, *ERRORS[case])
