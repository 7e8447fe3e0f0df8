"""Recurrent layers in C: sizes, packed sequences, both directions, threads, accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch import backend, native
from tests.checks import array

KINDS = ("LSTM", "GRU", "RNN")


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def run(T: Any, kind: str, shape: tuple, dtype: str, sizes: Any = None, **options: Any) -> list:
    """The outputs and all gradients of one layer, from the same numbers on both engines."""
    steps, sequences, wide, hidden = shape
    layer = getattr(T.nn, kind)(wide, hidden, **options).to(getattr(T, dtype))
    for i, p in enumerate(layer.parameters()):
        p.data.copy_(T.from_numpy(numbers(*p.shape, seed=10 + i) * 0.3))
    x = T.from_numpy(numbers(steps, sequences, wide).astype(dtype)).requires_grad_()
    given = x
    if sizes:
        given = T.nn.utils.rnn.pack_padded_sequence(x, T.tensor(sizes), enforce_sorted=False)
    out, state = layer(given)
    outs = [out.data if sizes else out, *(state if isinstance(state, tuple) else (state,))]
    loss = sum((o * T.from_numpy(numbers(*o.shape, seed=50).astype(dtype))).sum() for o in outs)
    loss.backward()
    return [array(v) for v in (*outs, x.grad, *(p.grad for p in layer.parameters()))]


def largest_error(found: list, expected: list) -> float:
    return max(np.abs(a - b).max() / (np.abs(b).max() or 1) for a, b in zip(found, expected))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(3, 5, 7, 9), (2, 60, 3, 17), (9, 3, 4, 80), (1, 4, 8, 16)])
def test_as_torch(kind: str, shape: tuple) -> None:
    found, expected = (run(T, kind, shape, "float64") for T in (minitorch, torch))
    assert largest_error(found, expected) < 1e-12


@pytest.mark.parametrize("kind", KINDS)
def test_sequences_of_several_lengths_in_both_directions(kind: str) -> None:
    sizes = [5, 2, 6, 1, 4, 6, 3]
    found, expected = (
        run(T, kind, (6, 7, 5, 11), "float64", sizes, bidirectional=True)
        for T in (minitorch, torch)
    )
    assert largest_error(found, expected) < 1e-12


@pytest.mark.parametrize("options", [{"bias": False}, {"nonlinearity": "relu"}])
def test_options(options: dict) -> None:
    kinds = ("RNN",) if "nonlinearity" in options else KINDS
    for kind in kinds:
        found, expected = (
            run(T, kind, (4, 6, 5, 10), "float64", **options) for T in (minitorch, torch)
        )
        assert largest_error(found, expected) < 1e-12


@pytest.mark.parametrize("kind", KINDS)
def test_no_less_accurate_than_torch(kind: str) -> None:
    shape = (12, 20, 24, 40)
    exact = run(torch, kind, shape, "float64")
    ours, theirs = (run(T, kind, shape, "float32") for T in (minitorch, torch))
    assert largest_error(ours, exact) < 2 * largest_error(theirs, exact)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_bits_with_any_number_of_threads(kind: str) -> None:
    before = native.load().get_threads()
    found = []
    try:
        for n in (1, 2, 5):
            native.load().set_threads(n)
            found.append(run(minitorch, kind, (5, 70, 20, 33), "float32"))
    finally:
        native.load().set_threads(before)
    for other in found[1:]:
        for a, b in zip(found[0], other):
            assert np.array_equal(a, b)


@pytest.mark.parametrize("name", ["lstm_layer", "gru_layer", "rnn_layer"])
def test_nan_stays_in_its_sequence(name: str) -> None:
    kinds = {"lstm_layer": 4, "gru_layer": 3, "rnn_layer": 1}[name]
    x, w = numbers(4, 8, 5).astype("f4"), numbers(kinds * 10, 5, seed=1).astype("f4")
    u, state = numbers(kinds * 10, 10, seed=2).astype("f4"), np.zeros((8, 10), "f4")
    x[1, 3, 2], x[2, 5, 0] = np.nan, np.inf
    row = backend.ROWS[name]
    states = (state, state) if name == "lstm_layer" else (state,)
    outs, own = row.run(np, x, *states, w, u), row.forward(np, x, *states, w, u)
    assert row.run is not row.forward
    assert len(outs) == len(own)
    for a, b in zip(outs, own):
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        assert np.allclose(a, b, atol=1e-5, equal_nan=True)


def test_a_layer_that_reads_and_returns_batches_first() -> None:
    found, expected = (
        run(T, "LSTM", (6, 5, 8, 12), "float64", batch_first=True) for T in (minitorch, torch)
    )
    assert largest_error(found, expected) < 1e-12


def test_second_derivatives_are_the_rows_own() -> None:
    def second(T: Any) -> np.ndarray:
        layer = T.nn.GRU(3, 4).double()
        for i, p in enumerate(layer.parameters()):
            p.data.copy_(T.from_numpy(numbers(*p.shape, seed=i)))
        x = T.from_numpy(numbers(3, 2, 3)).requires_grad_()
        (g,) = T.autograd.grad(layer(x)[0].sum(), x, create_graph=True)
        (g**2).sum().backward()
        return array(x.grad)

    assert np.allclose(second(minitorch), second(torch), rtol=1e-10)
