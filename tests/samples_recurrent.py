"""Samples of recurrent layers: one layer in one direction, padded and packed, and torch's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from minitorch.ops.recurrent import gru_layer, lstm_layer, rnn_layer
from tests.sampling import Sample, constant, numbers, only, ours, phrase, row

SIZES = (3, 2, 2)  # of the steps of a packed sequence


def samples() -> Iterator[Sample]:
    for layer, mode, gates in [
        (lstm_layer, "lstm", 4), (gru_layer, "gru", 3), (rnn_layer, "rnn_tanh", 1)
    ]:  # fmt: skip
        yield from _layer(layer.__name__, mode, gates, {})
        yield from _words(mode, gates)
    yield from _layer("rnn_layer", "rnn_relu", 1, {"nonlinearity": "relu"})
    yield from _words("rnn_relu", 1)
    x, states, weights = _inputs("lstm", 4, (2, 2, 1), 2, units=3, project=2)
    yield ours("lstm_layer", _as_torch("lstm", None, False), x, *states, *weights, label="project")
    x, states, weights = _inputs("lstm", 4, (3, 2, 2), 2)
    yield Sample(
        "lstm_layer", "fused", "one state", (x, states[0], *weights),
        *(lambda T, x, h, *w, f=f: f(T, x, h, h, *w)
          for f in (row("lstm_layer"), _as_torch("lstm", None, False))), {},
    )  # fmt: skip


def _inputs(
    mode: str, gates: int, size: tuple, batch: int, units: int = 2, project: int = 0
) -> tuple:
    """(x, states, weights) of a layer."""
    out, rows = project or units, units * gates
    states = [numbers(batch, out, seed=1)]
    if mode == "lstm":
        states.append(numbers(batch, units, seed=2))
    shapes = [(rows, size[-1]), (rows, out), (rows,), (rows,)]
    shapes += [(project, units)] if project else []
    weights = [numbers(*s, low=-0.9, high=0.9, seed=3 + k) for k, s in enumerate(shapes)]
    return numbers(*size, seed=7), states, weights


def _as_torch(mode: str, sizes: tuple | None, reverse: bool, bias: bool = True) -> Callable:
    """The layer as the second direction of torch's function, or as its only one."""

    def call(T: Any, x: Any, *rest: Any) -> Any:
        count = 2 if mode == "lstm" else 1
        states, weights = rest[:count], rest[count:]
        if reverse:
            states = [T.stack([s.detach(), s]) for s in states]
            weights = [*(w.detach() for w in weights), *weights]
        else:
            states = [s if s.ndim == 3 else s.unsqueeze(0) for s in states]
        hx = tuple(states) if mode == "lstm" else states[0]
        how = (list(weights), bias, 1, 0.0, False, reverse)
        with _plain_kernels(T):
            if sizes is None:
                out, *finals = getattr(T, mode)(x, hx, *how, False)
            else:
                out, *finals = getattr(T, mode)(x, T.tensor(sizes), hx, *how)
        if reverse:
            out = out[..., out.shape[-1] // 2 :].contiguous()
        return (out, *(s if rest[0].ndim == 3 else s[-1] for s in finals))

    return call


@contextmanager
def _plain_kernels(T: Any) -> Iterator[None]:
    """torch without the library whose LSTM has no second derivative."""
    if T.__name__ != "torch":
        yield
        return
    T._C._set_mkldnn_enabled(False)
    try:
        yield
    finally:
        T._C._set_mkldnn_enabled(True)


def _layer(name: str, mode: str, gates: int, how: dict) -> Iterator[Sample]:
    for sizes in (None, SIZES):
        size, batch = ((3, 2, 2), 2) if sizes is None else ((sum(SIZES), 2), SIZES[0])
        x, states, weights = _inputs(mode, gates, size, batch)
        for reverse in (False, True):
            theirs = _as_torch(mode, sizes, reverse)
            params = {"sizes": sizes, "reverse": reverse, **how}
            yield ours(name, theirs, x, *states, *weights, **params)
    x, states, weights = _inputs(mode, gates, (3, 2, 2), 2)
    layers = [s[None] for s in states]  # as they come for all layers, of which there is one
    full = ours(name, _as_torch(mode, None, False), x, *layers, *weights, label="full", **how)
    yield ours(
        name, _as_torch(mode, None, False, bias=False), x, *states, *weights[:2], label="no bias",
        **how,
    )  # fmt: skip
    inputs = 1 + len(states) + len(weights)
    for live in range(inputs):
        yield constant(full, *set(range(inputs)).difference({live}))
    for which in range(1 + len(states)):
        yield only(full, which)
    x, states, weights = _inputs(mode, gates, (2, 0, 2), 0)
    empty = _as_torch(mode, None, False)
    yield ours(name, empty, x, *states, *weights, label="no sequence", derivatives=0, **how)


def _words(mode: str, gates: int) -> Iterator[Sample]:
    """torch's function of two layers in two directions, and of one step."""
    pair = mode == "lstm"

    def layers(T: Any, x: Any, h: Any, *rest: Any) -> Any:
        weights = [w for n in range(4) for w in rest[4 * n + pair : 4 * n + pair + 4]]
        hx = (h, rest[0]) if pair else h
        with _plain_kernels(T):
            return getattr(T, mode)(x, hx, weights, True, 2, 0.5, True, True, True)

    x, states, _ = _inputs(mode, gates, (2, 3, 2), 2)
    states = [np.stack([s, -s, s / 2, s * 2]) for s in states]
    weights = []
    for n in range(4):
        into = 4 if n > 1 else 2
        weights += [numbers(2 * gates, into, low=-0.9, high=0.9, seed=20 + n)]
        weights += _inputs(mode, gates, (2,), 1)[2][1:]
    random = phrase(mode, layers, x, *states, *weights, kind="fused")
    yield replace(random, smooth=False)

    def step(T: Any, x: Any, *rest: Any) -> Any:
        hx = tuple(rest[:2]) if pair else rest[0]
        return getattr(T, f"{mode}_cell")(x, hx, *rest[1 + pair :])

    x, states, weights = _inputs(mode, gates, (2, 2), 2)
    yield phrase(f"{mode}_cell", step, x, *states, *weights, kind="fused")
    yield phrase(f"{mode}_cell", step, x, *states, *weights[:2], kind="fused", label="no bias")
