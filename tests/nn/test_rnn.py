"""Recurrent layers and cells beside torch's: initial bits, outputs, gradients of both orders."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import minitorch
from tests.raising import assert_refused_alike
from tests.tolerances import TOLERANCES, assert_close

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.differential,
    pytest.mark.filterwarnings("ignore:LSTM with projections is not supported"),  # torch's
]

LAYERS = [
    "LSTM(3, 4)",
    "LSTM(3, 4, num_layers=2, dropout=0.4)",
    "LSTM(3, 4, 2, bidirectional=True, batch_first=True)",
    "LSTM(3, 4, 2, bidirectional=True, proj_size=2, dropout=0.2)",
    "LSTM(3, 4, bias=False)",
    "GRU(3, 4)",
    "GRU(3, 4, 2, bias=False, batch_first=True, dropout=1.0)",
    "GRU(3, 4, num_layers=3, bidirectional=True, dropout=0.5)",
    "RNN(3, 4)",
    "RNN(3, 4, nonlinearity='relu')",
    "RNN(3, 4, 2, 'relu', False, True, 0.3, True)",
]
CELLS = [
    "LSTMCell(3, 4)",
    "LSTMCell(3, 4, bias=False)",
    "GRUCell(3, 4)",
    "GRUCell(3, 4, False)",
    "RNNCell(3, 4)",
    "RNNCell(3, 4, nonlinearity='relu')",
]


def tensor(T: Any, shape: tuple, seed: int, dtype: str) -> Any:
    values = np.random.default_rng(seed).standard_normal(shape)
    return T.tensor(values, dtype=getattr(T, dtype), requires_grad=True)


def state(T: Any, m: Any, batch: tuple, dtype: str) -> Any:
    """A first state as the layer or the cell wants it."""
    if hasattr(m, "num_layers"):
        batch = (m.num_layers * (2 if m.bidirectional else 1), *batch)
        h = tensor(T, (*batch, m.proj_size or m.hidden_size), 1, dtype)
    else:
        h = tensor(T, (*batch, m.hidden_size), 1, dtype)
    if "LSTM" not in type(m).__name__:
        return h
    return h, tensor(T, (*batch, m.hidden_size), 2, dtype)


def flat(found: Any) -> list:
    if isinstance(found, (tuple, list)):
        return [x for part in found for x in flat(part)]
    return [] if found is None else [found]


def run(T: Any, text: str, how: str, dtype: str) -> dict[str, np.ndarray]:
    """Everything one layer does with one input."""
    T.manual_seed(3)
    m = eval(f"T.nn.{text}", {"T": T})
    found = {f"initial {k}": v.detach().numpy().copy() for k, v in m.named_parameters()}
    m = m.to(getattr(T, dtype))
    cell = "Cell" in text
    batch = 5 if getattr(m, "batch_first", False) else 3
    x = tensor(T, (3,) if cell else (5, 3, 3), 0, dtype)
    if how == "unbatched":
        x = x if cell else tensor(T, (5, 3), 0, dtype)
        hx = state(T, m, (), dtype)
    else:
        x = tensor(T, (3, 3), 0, dtype) if cell else x
        hx = None if how == "no state" else state(T, m, (batch,), dtype)
    given = x
    if how == "packed":
        lengths = [2, 3, 3, 1, 2] if m.batch_first else [3, 5, 2]
        given = T.nn.utils.rnn.pack_padded_sequence(x, lengths, m.batch_first, False)
    T.manual_seed(7)
    out = m(given, hx)
    if how == "packed":
        out = (*T.nn.utils.rnn.pad_packed_sequence(out[0], True, 0.5), out[1])
    outs = flat(out)
    found |= {f"output {i}": o.detach().numpy() for i, o in enumerate(outs)}
    loss = sum(
        (o * T.tensor(np.cos(np.arange(o.numel()) + 1.0).reshape(o.shape), dtype=o.dtype)).sum()
        for o in outs if o.requires_grad
    )  # fmt: skip
    leaves = [x, *flat(hx), *m.parameters()]
    twice = dtype == "float64"  # torch's kernel for float32 has no second derivative
    grads = T.autograd.grad(loss, leaves, create_graph=twice)
    found |= {f"gradient {i}": g.detach().numpy() for i, g in enumerate(grads)}
    if twice:
        total = sum((g * g).sum() for g in grads)
        second = T.autograd.grad(total, leaves, materialize_grads=True)
        found |= {f"second {i}": g.numpy() for i, g in enumerate(second)}
    return found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("how", ["no state", "state", "unbatched", "packed"])
@pytest.mark.parametrize("text", LAYERS + CELLS)
def test_layer(text: str, how: str, dtype: str) -> None:
    if how == "packed" and "Cell" in text:
        return
    ours, theirs = run(minitorch, text, how, dtype), run(torch, text, how, dtype)
    assert list(ours) == list(theirs)
    limits = TOLERANCES["window"]
    for name, expected in theirs.items():
        if name.startswith("initial"):
            assert ours[name].tobytes() == expected.tobytes(), name
            continue
        limit = limits.second if name.startswith("second") else limits.first
        assert_close(ours[name], expected, limit, limits.floor, f"{text} {how} {dtype}: {name}")


@pytest.mark.parametrize("text", LAYERS + CELLS)
def test_names_and_text(text: str) -> None:
    said = []
    for T in (minitorch, torch):
        m = eval(f"T.nn.{text}", {"T": T})
        weights = [[tuple(w.shape) for w in ws] for ws in getattr(m, "all_weights", [])]
        said.append((repr(m), list(m.state_dict()), weights))
    assert said[0] == said[1]


def test_a_layer_is_one_recorded_operation() -> None:
    m, x = minitorch.nn.LSTM(3, 4), minitorch.ones(5, 2, 3, requires_grad=True)
    out, (h, c) = m(x)
    assert out.grad_fn is h.grad_fn is c.grad_fn
    inputs = {node for node, _ in out.grad_fn.next_functions if node is not None}
    assert all(node.is_leaf for node in inputs)


def test_copies_flatten_and_load() -> None:
    m = minitorch.nn.LSTM(3, 4, 2)
    m.flatten_parameters()
    copied = copy.deepcopy(m)
    copied.weight_ih_l0 = minitorch.nn.Parameter(minitorch.zeros(16, 3))
    assert copied._flat_weights[0] is copied.weight_ih_l0
    assert m._flat_weights[0] is m.all_weights[0][0] is m.weight_ih_l0
    copied.load_state_dict(m.state_dict())
    x = minitorch.ones(2, 1, 3)
    assert (copied(x)[0] == m(x)[0]).all()


def test_one_layer_with_dropout_warns_alike() -> None:
    for T in (minitorch, torch):
        with pytest.warns(UserWarning, match="num_layers greater than 1"):
            T.nn.GRU(3, 4, dropout=0.5)


def zeros(T: Any, *shape: int) -> Any:
    return T.zeros(*shape)


ERRORS = {
    "dropout of 1.5": (lambda t: t.nn.LSTM(3, 4, dropout=1.5), ["1.5"]),
    "dropout True": (lambda t: t.nn.LSTM(3, 4, dropout=True), ["True"]),
    "proj_size too large": (lambda t: t.nn.LSTM(3, 4, proj_size=4), ["4"]),
    "proj_size negative": (lambda t: t.nn.LSTM(3, 4, proj_size=-1), ["-1"]),
    "proj_size of a GRU": (lambda t: t.nn.GRU(3, 4, proj_size=1), ["proj_size"]),
    "proj_size of an RNN": (lambda t: t.nn.RNN(3, 4, proj_size=1), ["proj_size"]),
    "unknown nonlinearity": (lambda t: t.nn.RNN(3, 4, nonlinearity="foo"), ["foo"]),
    "no hidden units": (lambda t: t.nn.LSTM(3, 0), ["hidden_size", "0"]),
    "no features": (lambda t: t.nn.GRU(0, 4), ["input_size", "0"]),
    "sizes no integers": (lambda t: t.nn.LSTM(3, 4.0), ["hidden_size", "float"]),
    "bias no bool": (lambda t: t.nn.GRU(3, 4, bias=1), ["bias", "int"]),
    "batch_first no bool": (lambda t: t.nn.GRU(3, 4, batch_first=None), ["batch_first", "None"]),
    "no layers": (lambda t: t.nn.LSTM(3, 4, num_layers=0), ["num_layers"]),
    "unknown mode": (lambda t: t.nn.RNNBase("FOO", 3, 4), ["FOO"]),
    "1D input": (lambda t: t.nn.LSTM(3, 4)(zeros(t, 3)), ["LSTM", "1D"]),
    "4D input": (lambda t: t.nn.RNN(3, 4)(zeros(t, 2, 2, 2, 3)), ["RNN", "4D"]),
    "other features": (lambda t: t.nn.GRU(3, 4)(zeros(t, 5, 2, 4)), ["3", "4"]),
    "other dtype": (lambda t: t.nn.GRU(3, 4)(zeros(t, 5, 2, 3).double()), ["float64", "float32"]),
    "no steps": (lambda t: t.nn.LSTM(3, 4)(zeros(t, 0, 2, 3)), ["length"]),
    "state of another batch": (
        lambda t: t.nn.GRU(3, 4)(zeros(t, 5, 2, 3), zeros(t, 1, 3, 4)),
        ["(1, 2, 4)", "[1, 3, 4]"],
    ),
    "state without batch": (
        lambda t: t.nn.GRU(3, 4)(zeros(t, 5, 2, 3), zeros(t, 2, 4)),
        ["3-D", "2-D"],
    ),
    "state with batch": (
        lambda t: t.nn.RNN(3, 4)(zeros(t, 5, 3), zeros(t, 1, 2, 4)),
        ["2-D", "3-D"],
    ),
    "cell state of another size": (
        lambda t: t.nn.LSTM(3, 4)(zeros(t, 5, 2, 3), (zeros(t, 1, 2, 4), zeros(t, 1, 2, 5))),
        ["hidden[1]", "(1, 2, 4)", "[1, 2, 5]"],
    ),
    "states without batch": (
        lambda t: t.nn.LSTM(3, 4)(zeros(t, 5, 2, 3), (zeros(t, 2, 4), zeros(t, 2, 4))),
        ["3-D", "2-D"],
    ),
    "one state of two": (
        lambda t: t.nn.LSTM(3, 4)(zeros(t, 5, 2, 3), zeros(t, 1, 2, 4)),
        ["index 1"],
    ),
    "state of another dtype": (
        lambda t: t.nn.GRU(3, 4)(zeros(t, 5, 2, 3), zeros(t, 1, 2, 4).double()),
        ["float64", "float32"],
    ),
    "3D input of a cell": (lambda t: t.nn.GRUCell(3, 4)(zeros(t, 2, 2, 3)), ["GRUCell", "3D"]),
    "3D state of a cell": (
        lambda t: t.nn.RNNCell(3, 4)(zeros(t, 3), zeros(t, 1, 1, 4)),
        ["RNNCell", "3D"],
    ),
    "cell with other features": (lambda t: t.nn.LSTMCell(3, 4)(zeros(t, 2, 4)), ["3", "4"]),
    "cell with one state": (
        lambda t: t.nn.LSTMCell(3, 4)(zeros(t, 2, 3), zeros(t, 2, 4)),
        ["hx", "Tensor"],
    ),
    "cell with another batch": (
        lambda t: t.nn.GRUCell(3, 4)(zeros(t, 2, 3), zeros(t, 3, 4)),
        ["[2, 4]", "[3, 4]"],
    ),
    "cell of unknown nonlinearity": (
        lambda t: t.nn.RNNCell(3, 4, nonlinearity="foo")(zeros(t, 2, 3)),
        ["foo"],
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_error_is_of_torchs_type_and_names_the_culprit(case: str) -> None:
    assert_refused_alike(torch, *ERRORS[case])
