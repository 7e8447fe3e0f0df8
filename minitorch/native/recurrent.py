"""Recurrent layers on the kernels of recurrent.c.

The product of the inputs, and those of the gradients, are over all steps at once; between them one
kernel walks through the steps, forwards or backwards. Projections stay with the rows.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from minitorch.backend import xp

from .products import gemm
from .table import c, forward, joint

__all__: list[str] = []

_LEAST = 2048


def _serves(
    gates: int, x: Any, states: tuple, w_ih: Any, w_hh: Any, biases: tuple, sizes: Any
) -> bool:
    """Whether sizes and dtypes are those of a layer without projection; errors are the row's."""
    if w_hh.ndim != 2 or w_ih.ndim != 2 or x.ndim != (2 if sizes is not None else 3):
        return False
    wide, hidden = w_hh.shape
    sequences = states[0].shape[-2] if states[0].ndim in (2, 3) else 0
    if sizes is None:
        fits = x.shape[1] == sequences
    else:
        fits = sum(sizes) == len(x) and max(sizes, default=0) <= sequences
    return (
        fits
        and wide == gates * hidden
        and w_ih.shape == (wide, x.shape[-1])
        and all(s.shape[-2:] == (sequences, hidden) for s in states)
        and all(s.size == sequences * hidden for s in states)
        and all(b is None or b.shape == (wide,) for b in biases)
        and all(a is None or a.dtype is x.dtype for a in (*states, w_ih, w_hh, *biases))
        and x.size > 0
        and hidden > 0
    )


def _flat(x: Any) -> Any:
    return x if x.ndim == 2 else x.reshape(x.shape[0] * x.shape[1], x.shape[2])


def _facts(state: Any, w_hh: Any, x: Any, sizes: Any, reverse: bool) -> tuple:
    """Sequences, steps, hidden size, direction: the kernels' first integers."""
    steps = len(x) if sizes is None else len(sizes)
    return state.shape[-2], steps, w_hh.shape[1], int(reverse)


def _ends(sizes: Any) -> Any:
    return None if sizes is None else xp.array([*accumulate(sizes)], xp.int64)


def _inputs(x: Any, w_ih: Any, *biases: Any) -> Any:
    """What the inputs of all steps bring to the gates, with the biases."""
    given = [b for b in biases if b is not None]
    return gemm(_flat(x), w_ih.T, xp.ascontiguousarray(sum(given)) if given else None)


def _own(state: Any) -> Any:
    """A copy that a kernel may write to."""
    return state.copy("C")


def _start(g: Any, state: Any) -> Any:
    """The gradient of the final state, as what flows back from step to step."""
    return xp.zeros(state.shape, state.dtype) if g is None else g.reshape(state.shape).copy("C")


def _sent(g: Any, sizes: Any) -> tuple:
    """(The gradient of the outputs or None, its strides by step and sequence)."""
    if g is None:
        return None, (0, 0)
    each = g.itemsize
    if g.strides[-1] != each and g.shape[-1] > 1:
        g = g.copy("C")
    return g, (g.strides[0] // each, g.strides[-2] // each)


def _weight_grads(needs: tuple, x: Any, w_ih: Any, g_in: Any, g_hidden: Any, before: Any) -> tuple:
    """Gradients for (x, w_ih, w_hh, b_ih, b_hh) from those of the gates."""
    g_b_ih = _summed(g_in) if needs[3] else None
    if not needs[4]:
        g_b_hh = None
    elif g_b_ih is None or g_hidden is not g_in:
        g_b_hh = _summed(g_hidden)
    else:
        g_b_hh = g_b_ih.copy()
    if needs[1] and needs[2] and g_hidden is g_in:  # one product of both takes 0.8 of the time
        wide = x.shape[-1]
        both = xp.empty((len(before), wide + before.shape[1]), before.dtype)
        both.reshape(*x.shape[:-1], -1)[..., :wide] = x
        both[:, wide:] = before
        g_both = gemm(g_in.T, both)
        g_ih, g_hh = g_both[:, :wide].copy(), g_both[:, wide:].copy()
    else:
        g_ih = gemm(g_in.T, _flat(x)) if needs[1] else None
        g_hh = gemm(g_hidden.T, before) if needs[2] else None
    gx = gemm(g_in, w_ih).reshape(x.shape) if needs[0] else None
    return gx, g_ih, g_hh, g_b_ih, g_b_hh


def _summed(g: Any) -> Any:
    sums = xp.empty(g.shape[1], g.dtype)
    c.sum_rows(g, sums, *g.shape)
    return sums


# ------------------------------------------------------------------ LSTM


@forward("lstm_layer", least=_LEAST)
def lstm_layer(
    xp: Any, x: Any, h0: Any, c0: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None,
    w_hr: Any = None, *, sizes: Any = None, reverse: bool = False,
) -> Any:  # fmt: skip
    if w_hr is not None or w_hh.shape[0] != 4 * w_hh.shape[-1]:
        return NotImplemented
    if not _serves(4, x, (h0, c0), w_ih, w_hh, (b_ih, b_hh), sizes):
        return NotImplemented
    gates = _inputs(x, w_ih, b_ih, b_hh)
    h, cell, u = _own(h0), _own(c0), xp.ascontiguousarray(w_hh)
    out = xp.empty((len(gates), u.shape[1]), gates.dtype)
    before, cells, squashed = xp.empty_like(out), xp.empty_like(out), xp.empty_like(out)
    facts = _facts(h0, u, x, sizes, reverse)
    c.lstm_layer(gates, h, cell, u, out, before, cells, squashed, _ends(sizes), facts)
    out = out.reshape(*x.shape[:-1], u.shape[1])
    return out, h, cell, gates, before, cells, squashed


@joint("lstm_layer", least=_LEAST)
def lstm_back(
    g: Any, x: Any, h0: Any, c0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_hr: Any,
    _gates_: Any, _before_: Any, _cells_: Any, _squashed_: Any, sizes: Any, reverse: bool,
    needs: Any,
) -> Any:  # fmt: skip
    if w_hr is not None or w_hh.shape[0] != 4 * w_hh.shape[-1]:
        return NotImplemented
    if not _serves(4, x, (h0, c0), w_ih, w_hh, (b_ih, b_hh), sizes):
        return NotImplemented
    g_out, strides = _sent(g[0], sizes)
    h, cell, u = _start(g[1], h0), _start(g[2], c0), xp.ascontiguousarray(w_hh)
    g_gates = xp.empty_like(_gates_)
    facts = _facts(h0, u, x, sizes, reverse)
    c.lstm_layer_back(
        g_out, h, cell, u, _gates_, _cells_, _squashed_, g_gates, _ends(sizes), facts, strides
    )
    wanted = (needs[0], *needs[3:7])
    gx, *weights = _weight_grads(wanted, x, w_ih, g_gates, g_gates, _before_)
    return (gx, h, cell, *weights, None)


# ------------------------------------------------------------------ GRU


@forward("gru_layer", least=_LEAST)
def gru_layer(
    xp: Any, x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None, *,
    sizes: Any = None, reverse: bool = False,
) -> Any:  # fmt: skip
    if w_hh.shape[0] != 3 * w_hh.shape[-1]:
        return NotImplemented
    if not _serves(3, x, (h0,), w_ih, w_hh, (b_ih, b_hh), sizes):
        return NotImplemented
    h, u = _own(h0), xp.ascontiguousarray(w_hh)
    hidden = u.shape[1]
    early = None if b_hh is None else b_hh.copy("C")
    if early is not None:
        early[2 * hidden :] = 0  # the rest comes where the gate r is there
    gates = _inputs(x, w_ih, b_ih, early)
    out = xp.empty((len(gates), hidden), gates.dtype)
    before, inner = xp.empty_like(out), xp.empty_like(out)
    late = None if b_hh is None else xp.ascontiguousarray(b_hh)
    facts = _facts(h0, u, x, sizes, reverse)
    c.gru_layer(gates, h, u, late, out, before, inner, _ends(sizes), facts)
    return out.reshape(*x.shape[:-1], hidden), h, gates, before, inner


@joint("gru_layer", least=_LEAST)
def gru_back(
    g: Any, x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, _gates_: Any,
    _before_: Any, _inner_: Any, sizes: Any, reverse: bool, needs: Any,
) -> Any:  # fmt: skip
    if w_hh.shape[0] != 3 * w_hh.shape[-1]:
        return NotImplemented
    if not _serves(3, x, (h0,), w_ih, w_hh, (b_ih, b_hh), sizes):
        return NotImplemented
    g_out, strides = _sent(g[0], sizes)
    h, u = _start(g[1], h0), xp.ascontiguousarray(w_hh)
    g_in, g_hidden = xp.empty_like(_gates_), xp.empty_like(_gates_)
    facts = _facts(h0, u, x, sizes, reverse)
    c.gru_layer_back(
        g_out, h, u, _gates_, _before_, _inner_, g_in, g_hidden, _ends(sizes), facts, strides
    )
    wanted = (needs[0], *needs[2:])
    gx, *weights = _weight_grads(wanted, x, w_ih, g_in, g_hidden, _before_)
    return (gx, h, *weights)


# ------------------------------------------------------------------ RNN


@forward("rnn_layer", least=_LEAST)
def rnn_layer(
    xp: Any, x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None, *,
    sizes: Any = None, reverse: bool = False, nonlinearity: str = "tanh",
) -> Any:  # fmt: skip
    if w_hh.shape[0] != w_hh.shape[-1]:
        return NotImplemented
    if not _serves(1, x, (h0,), w_ih, w_hh, (b_ih, b_hh), sizes):
        return NotImplemented
    states = _inputs(x, w_ih, b_ih, b_hh)
    h, u, before = _own(h0), xp.ascontiguousarray(w_hh), xp.empty_like(states)
    facts = _facts(h0, u, x, sizes, reverse)
    c.rnn_layer(states, h, u, before, _ends(sizes), facts, int(nonlinearity != "tanh"))
    return states.reshape(*x.shape[:-1], u.shape[1]), h, before


@joint("rnn_layer", least=_LEAST)
def rnn_back(
    g: Any, x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, out: Any, _before_: Any,
    sizes: Any, reverse: bool, nonlinearity: str, needs: Any,
) -> Any:  # fmt: skip
    if not _serves(1, x, (h0,), w_ih, w_hh, (b_ih, b_hh), sizes):
        return NotImplemented
    if w_hh.shape[0] != w_hh.shape[-1] or not out.flags.c_contiguous:
        return NotImplemented
    g_out, strides = _sent(g[0], sizes)
    h, u, slopes = _start(g[1], h0), xp.ascontiguousarray(w_hh), xp.empty_like(_before_)
    facts = _facts(h0, u, x, sizes, reverse)
    c.rnn_layer_back(
        g_out, h, u, out, slopes, _ends(sizes), facts, strides, int(nonlinearity != "tanh")
    )
    wanted = (needs[0], *needs[2:])
    gx, *weights = _weight_grads(wanted, x, w_ih, slopes, slopes, _before_)
    return (gx, h, *weights)
