"""One recurrent layer over a whole sequence, in one row: LSTM, GRU and the plain RNN.

Forwards, the inputs of all steps meet their weights in one product, and each step adds that of the
state before it. Backwards, what does not depend on the gradient is computed for all steps at once,
each step then takes one product, and the weights get theirs from one product over all steps.

Note [steps]. `x` is (T, N, in), or (rows, in) with `sizes`, the number of sequences alive at each
step, falling: the layout of a PackedSequence. The state has a row for each sequence, and a step
changes the first `size` of them; walked backwards in time the same loop starts the longest
sequences first. So the state after the last step is the final one, in either direction.
"""

from __future__ import annotations

from itertools import accumulate

from minitorch._tensor import edge
from minitorch.backend import xp as arrays
from minitorch.errors import check_floating, name_of
from minitorch.graph import sweep
from minitorch.ops.elementwise import relu, sigmoid, tanh
from minitorch.ops.fused import linear
from minitorch.ops.pieces import cat, chunk
from minitorch.ops.shape import clone, reshape
from minitorch.primitive import fused

# ------------------------------------------------------------------ what the layers share


def _spans(x, sizes, reverse):
    """(first, last) row of each step, in the order in which the steps are computed."""
    if sizes is None:
        sizes = (x.shape[1],) * x.shape[0]
    spans = [(stop - n, stop) for n, stop in zip(sizes, accumulate(sizes))]
    return spans[::-1] if reverse else spans


def _flat(x):
    return x if x.ndim == 2 else x.reshape(x.shape[0] * x.shape[1], x.shape[2])


def _inputs(x, states, w_ih, *biases):
    """What the inputs of all steps bring to the gates."""
    check_floating(x, "rnn", RuntimeError)
    for array in (*states, w_ih):
        if array.dtype != x.dtype:
            raise RuntimeError(
                f"rnn: expected one dtype, got {name_of(x.dtype)} and {name_of(array.dtype)}"
            )
    gates = _flat(x).dot(w_ih.T)
    for bias in biases:
        if bias is not None:
            gates += bias
    return gates


def _transposed(w, spans):
    """w^T; laid out anew where many steps multiply by it, which then takes 44 us instead of 66."""
    return w.T.copy() if len(spans) > 8 else w.T


def _sigmoid(xp, x):
    """1 / (1 + e ** -x), in place."""
    xp.negative(x, out=x)
    xp.exp(x, out=x)
    x += 1
    xp.reciprocal(x, out=x)


def _start(g, state):
    """The gradient of the final state, as what flows back from step to step."""
    return arrays.zeros_like(state) if g is None else g.reshape(state.shape).copy()


def _weight_grads(needs, x, w_ih, g_in, g_hidden, before):
    """Gradients for (x, w_ih, w_hh, b_ih, b_hh) from those of the gates; edges sum the biases."""
    return (
        g_in.dot(w_ih).reshape(x.shape) if needs[0] else None,
        g_in.T.dot(_flat(x)) if needs[1] else None,
        g_hidden.T.dot(before) if needs[2] else None,
        g_in if needs[3] else None,
        g_hidden if needs[4] else None,
    )


# ------------------------------------------------------------------ the same, composed of rows


def _unrolled(step, gates, states, spans, reverse):
    """`step(gates, *state) -> state`, step by step; (outputs, final state), recorded."""
    shape, states = states[0].shape, [reshape(s, s.shape[-2:]) for s in states]
    outs = []
    for a, b in spans:
        now = step(gates[a:b], *(s[: b - a] for s in states))
        states = [cat((new, s[b - a :])) for new, s in zip(now, states)]
        outs.append(now[0])
    finals = [reshape(s, (*shape[:-2], *s.shape)) for s in states]
    return (cat(outs[::-1] if reverse else outs), *finals)


def _unrolled_layer(step, x, states, w_ih, biases, sizes, reverse):
    spans = _spans(x, sizes, reverse)
    out, *finals = _unrolled(step, linear(_flat(x), w_ih, *biases), states, spans, reverse)
    return (reshape(out, (*x.shape[:-1], out.shape[-1])), *finals)


def differentiated(like, g, inputs, needs, **params):
    """What a joint rule returns on tensors: the gradients of a composition, with their history.

    Each input is cloned, so that a gradient is caught where it enters, not where it comes from.
    """
    own = [clone(x) if needed else x for x, needed in zip(inputs, needs)]
    outs = like(*own, **params)
    roots = [(edge(o), o._nr, part) for o, part in zip(outs, g) if part is not None]
    caught = {x._node: {0: []} for x, needed in zip(own, needs) if needed}
    sweep(roots, keep=True, create=True, capture=caught)
    found = [caught[x._node][0] if needed else [] for x, needed in zip(own, needs)]
    return tuple(place[0] if place else None for place in found)


# ------------------------------------------------------------------ LSTM


def _lstm_like(
    x, h0, c0, w_ih, w_hh, b_ih=None, b_hh=None, w_hr=None, *, sizes=None, reverse=False
):  # fmt: skip
    def step(gates, h, c):
        i, f, n, o = chunk(gates + linear(h, w_hh, b_hh), 4, 1)
        c = sigmoid(f) * c + sigmoid(i) * tanh(n)
        h = sigmoid(o) * tanh(c)
        return (h if w_hr is None else linear(h, w_hr)), c

    return _unrolled_layer(step, x, (h0, c0), w_ih, (b_ih,), sizes, reverse)


def _lstm_rule(
    g, x, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr, _gates_, _before_, _cells_, _squashed_, sizes,
    reverse, needs,
):  # fmt: skip
    """Backward through time: with dc what reaches the cell, dh what reaches the output,

    di = dc n i (1 - i), df = dc c' f (1 - f), dn = dc i (1 - n^2), do = dh tanh(c) o (1 - o).
    """
    if hasattr(x, "_array"):
        inputs = (x, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr)
        return differentiated(_lstm_like, g, inputs, needs, sizes=sizes, reverse=reverse)
    g_out, h, c = (None if g[0] is None else _flat(g[0])), _start(g[1], h0), _start(g[2], c0)
    h, c = h.reshape(h.shape[-2:]), c.reshape(c.shape[-2:])
    gates = _gates_.reshape(len(_gates_), 4, c.shape[1])
    i, f, n, o = (gates[:, k] for k in range(4))
    slopes = 1 - gates
    slopes *= gates
    slopes[:, 0] *= n
    slopes[:, 1] *= _cells_
    slopes[:, 2] = i * (1 - n * n)
    slopes[:, 3] *= _squashed_
    g_gates = slopes.reshape(_gates_.shape)  # the same memory
    into_cell = o * (1 - _squashed_ * _squashed_)
    g_raw = arrays.empty_like(_before_)  # of the output, after the projection
    for a, b in reversed(_spans(x, sizes, reverse)):
        now, cell = h[: b - a], c[: b - a]
        if g_out is not None:
            now += g_out[a:b]
        if w_hr is not None:
            g_raw[a:b] = now
            now = now.dot(w_hr)
        cell += now * into_cell[a:b]
        slopes[a:b, :3] *= cell[:, None]
        slopes[a:b, 3] *= now
        cell *= f[a:b]
        h[: b - a] = g_gates[a:b].dot(w_hh)
    wanted = (needs[0], *needs[3:7])
    gx, *weights = _weight_grads(wanted, x, w_ih, g_gates, g_gates, _before_)
    g_hr = g_raw.T.dot(o * _squashed_) if needs[7] else None
    return (gx, h.reshape(h0.shape), c.reshape(c0.shape), *weights, g_hr)


@fused(
    joint=_lstm_rule,
    like=_lstm_like,
    outs=("out", "h", "c", "_gates_", "_before_", "_cells_", "_squashed_"),
    torch_name="MkldnnRnnLayerBackward0",
)
def lstm_layer(
    xp, x, h0, c0, w_ih, w_hh, b_ih=None, b_hh=None, w_hr=None, *, sizes=None, reverse=False
):
    """c = f c' + i n, h = o tanh(c) at each step; i, f, n, o from W x + b + U h' + d.

    h' and c' are the state before. `w_hr` projects h. See Note [steps] for `sizes`.

    Shape: (T, N, in), (N, out), (N, hid), (4 hid, in), (4 hid, out) -> (T, N, out), state, state
    Source: Hochreiter and Schmidhuber 1997; projections: Sak et al. 2014,
        https://arxiv.org/abs/1402.1128
    """
    gates = _inputs(x, (h0, c0), w_ih, b_ih, b_hh)
    h, c = h0.copy().reshape(h0.shape[-2:]), c0.copy().reshape(c0.shape[-2:])
    spans = _spans(x, sizes, reverse)
    hidden, u = c.shape[1], _transposed(w_hh, spans)
    out = xp.empty((len(gates), h.shape[1]), gates.dtype)
    before, cells = xp.empty_like(out), xp.empty((len(gates), hidden), gates.dtype)
    squashed = xp.empty_like(cells)
    for a, b in spans:
        now, cell, s = h[: b - a], c[: b - a], gates[a:b]
        before[a:b] = now
        cells[a:b] = cell
        s += now.dot(u)
        n = xp.tanh(s[:, 2 * hidden : 3 * hidden])
        _sigmoid(xp, s)  # of n too: all at once is faster than what lies around it
        s[:, 2 * hidden : 3 * hidden] = n
        cell *= s[:, hidden : 2 * hidden]
        cell += s[:, :hidden] * n
        new = xp.tanh(cell, out=squashed[a:b]) * s[:, 3 * hidden :]
        h[: b - a] = out[a:b] = new if w_hr is None else new.dot(w_hr.T)
    out = out.reshape(*x.shape[:-1], h.shape[1])
    return out, h.reshape(h0.shape), c.reshape(c0.shape), gates, before, cells, squashed


# ------------------------------------------------------------------ GRU


def _gru_like(x, h0, w_ih, w_hh, b_ih=None, b_hh=None, *, sizes=None, reverse=False):
    def step(gates, h):
        (r, z, n), (r_h, z_h, n_h) = chunk(gates, 3, 1), chunk(linear(h, w_hh, b_hh), 3, 1)
        z = sigmoid(z + z_h)
        return ((1 - z) * tanh(n + sigmoid(r + r_h) * n_h) + z * h,)

    return _unrolled_layer(step, x, (h0,), w_ih, (b_ih,), sizes, reverse)


def _gru_rule(
    g, x, h0, w_ih, w_hh, b_ih, b_hh, _gates_, _before_, _inner_, sizes, reverse, needs
):  # fmt: skip
    """Backward through time: with dh what reaches the output and m = U h' + d of the gate n,

    dz = dh (h' - n) z (1 - z), dn = dh (1 - z) (1 - n^2), dr = dn m r (1 - r), dm = dn r.
    """
    if hasattr(x, "_array"):
        inputs = (x, h0, w_ih, w_hh, b_ih, b_hh)
        return differentiated(_gru_like, g, inputs, needs, sizes=sizes, reverse=reverse)
    g_out = None if g[0] is None else _flat(g[0])
    h = _start(g[1], h0)
    h = h.reshape(h.shape[-2:])
    gates = _gates_.reshape(len(_gates_), 3, h.shape[1])
    r, z, n = (gates[:, k] for k in range(3))
    g_in = 1 - gates
    g_in *= gates  # as seen by the inputs; by the state, n is behind r
    g_in[:, 2] = (1 - z) * (1 - n * n)
    g_in[:, 0] *= _inner_ * g_in[:, 2]
    g_in[:, 1] *= _before_ - n
    g_hidden = g_in.copy()
    g_hidden[:, 2] *= r
    flat_in, flat_hidden = g_in.reshape(_gates_.shape), g_hidden.reshape(_gates_.shape)
    for a, b in reversed(_spans(x, sizes, reverse)):
        now = h[: b - a]
        if g_out is not None:
            now += g_out[a:b]
        g_in[a:b] *= now[:, None]
        g_hidden[a:b] *= now[:, None]
        now *= z[a:b]
        now += flat_hidden[a:b].dot(w_hh)
    wanted = (needs[0], *needs[2:])
    gx, *weights = _weight_grads(wanted, x, w_ih, flat_in, flat_hidden, _before_)
    return (gx, h.reshape(h0.shape), *weights)


@fused(
    joint=_gru_rule,
    like=_gru_like,
    outs=("out", "h", "_gates_", "_before_", "_inner_"),
    torch_name="StackBackward0",
)
def gru_layer(xp, x, h0, w_ih, w_hh, b_ih=None, b_hh=None, *, sizes=None, reverse=False):
    """h = (1 - z) n + z h' at each step; r, z from W x + b + U h' + d, n = tanh(W x + b + r (U h' +
    d)).

    h' is the state before. See Note [steps] for `sizes`.

    Shape: (T, N, in), (N, hid), (3 hid, in), (3 hid, hid) -> (T, N, hid), state
    Source: Cho et al. 2014, https://arxiv.org/abs/1406.1078
    """
    gates = _inputs(x, (h0,), w_ih, b_ih)
    h = h0.copy().reshape(h0.shape[-2:])
    spans = _spans(x, sizes, reverse)
    two, u = 2 * h.shape[1], _transposed(w_hh, spans)
    if b_hh is not None:
        gates[:, :two] += b_hh[:two]
    out = xp.empty((len(gates), h.shape[1]), gates.dtype)
    before, inner = xp.empty_like(out), xp.empty_like(out)
    for a, b in spans:
        now, s = h[: b - a], gates[a:b]
        before[a:b] = now
        hidden = now.dot(u)
        s[:, :two] += hidden[:, :two]
        _sigmoid(xp, s[:, :two])
        m = inner[a:b]
        m[...] = hidden[:, two:]
        if b_hh is not None:
            m += b_hh[two:]
        n = s[:, two:]
        n += s[:, : two // 2] * m
        xp.tanh(n, out=n)
        now -= n
        now *= s[:, two // 2 : two]
        now += n
        out[a:b] = now
    return out.reshape(*x.shape[:-1], h.shape[1]), h.reshape(h0.shape), gates, before, inner


# ------------------------------------------------------------------ RNN


def _rnn_like(
    x, h0, w_ih, w_hh, b_ih=None, b_hh=None, *, sizes=None, reverse=False, nonlinearity="tanh"
):  # fmt: skip
    bend = tanh if nonlinearity == "tanh" else relu

    def step(gates, h):
        return (bend(gates + linear(h, w_hh, b_hh)),)

    return _unrolled_layer(step, x, (h0,), w_ih, (b_ih,), sizes, reverse)


def _rnn_rule(
    g, x, h0, w_ih, w_hh, b_ih, b_hh, out, _before_, sizes, reverse, nonlinearity, needs
):  # fmt: skip
    """Backward through time: dh (1 - h^2) of tanh, dh where h > 0 of relu."""
    if hasattr(x, "_array"):
        inputs = (x, h0, w_ih, w_hh, b_ih, b_hh)
        how = {"sizes": sizes, "reverse": reverse, "nonlinearity": nonlinearity}
        return differentiated(_rnn_like, g, inputs, needs, **how)
    g_out = None if g[0] is None else _flat(g[0])
    h = _start(g[1], h0)
    h = h.reshape(h.shape[-2:])
    out = _flat(out)
    slopes = 1 - out * out if nonlinearity == "tanh" else (out > 0).astype(out.dtype)
    for a, b in reversed(_spans(x, sizes, reverse)):
        now = h[: b - a]
        if g_out is not None:
            now += g_out[a:b]
        slopes[a:b] *= now
        h[: b - a] = slopes[a:b].dot(w_hh)
    wanted = (needs[0], *needs[2:])
    gx, *weights = _weight_grads(wanted, x, w_ih, slopes, slopes, _before_)
    return (gx, h.reshape(h0.shape), *weights)


@fused(joint=_rnn_rule, like=_rnn_like, outs=("out", "h", "_before_"), torch_name="StackBackward0")
def rnn_layer(
    xp, x, h0, w_ih, w_hh, b_ih=None, b_hh=None, *, sizes=None, reverse=False, nonlinearity="tanh"
):
    """h = tanh(W x + b + U h' + d) at each step, or relu of it; h' is the state before.

    See Note [steps] for `sizes`.

    Shape: (T, N, in), (N, hid), (hid, in), (hid, hid) -> (T, N, hid), state
    Source: Elman 1990
    """
    states = _inputs(x, (h0,), w_ih, b_ih, b_hh)
    spans = _spans(x, sizes, reverse)
    h, u = h0.copy().reshape(h0.shape[-2:]), _transposed(w_hh, spans)
    before = xp.empty_like(states)
    for a, b in spans:
        now, s = h[: b - a], states[a:b]
        before[a:b] = now
        s += now.dot(u)
        if nonlinearity == "tanh":
            xp.tanh(s, out=s)
        else:
            xp.maximum(s, 0, out=s)
        now[...] = s
    return states.reshape(*x.shape[:-1], h.shape[1]), h.reshape(h0.shape), before
