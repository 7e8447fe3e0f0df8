"""torch's recurrent functions: layers on layers in one or two directions, and single steps."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ._tensor import Tensor
from .errors import check_tensor
from .noise import drop_out, dropped
from .ops.pieces import cat
from .ops.recurrent import gru_layer, lstm_layer, rnn_layer
from .ops.shape import select, stack, transpose
from .row import named

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "gru",
    "gru_cell",
    "lstm",
    "lstm_cell",
    "rnn_relu",
    "rnn_relu_cell",
    "rnn_tanh",
    "rnn_tanh_cell",
]


def _layers(
    layer: Callable, x: Tensor, states: Sequence[Tensor], params: Sequence[Tensor],
    has_biases: bool, num_layers: int, dropout: float, train: bool, bidirectional: bool,
    sizes: tuple | None,
) -> tuple:  # fmt: skip
    """(output of the last layer, the final states of all); each layer reads the one below."""
    count = num_layers * (2 if bidirectional else 1)
    each = len(params) // count
    finals = []
    outs: list = []
    for nr in range(count):
        weights = params[nr * each : (nr + 1) * each]
        if not has_biases:
            weights = (*weights[:2], None, None, *weights[2:])
        first = states if count == 1 else [select(s, dim=0, index=nr) for s in states]
        out, *final = layer(
            x, *first, *weights, sizes=sizes, reverse=bool(bidirectional and nr & 1)
        )
        finals.append(final)
        outs.append(out)
        if len(outs) < (2 if bidirectional else 1):
            continue
        x = cat(outs, -1) if bidirectional else out
        outs.clear()
        if dropout and train and nr < count - 1:
            x = drop_out("dropout", dropped, False, x, dropout, True, False)
    if count == 1:
        return (x, *finals[0])
    return (x, *(stack(column) for column in zip(*finals)))


def _sequence(layer: Callable, name: str, summary: str, pair: bool) -> Callable:
    """torch's function of a batch or, given the sizes of its steps, of a packed one."""

    def function(input: Tensor, *args: Any, **kwargs: Any) -> tuple:
        check_tensor(input, name, "input")
        packed = len(args) > 1 and isinstance(args[0 if pair else 1], Tensor)
        run = of_packed if packed else of_batch
        return run(input, *args, **kwargs)

    def of_batch(
        x: Tensor, hx: Any, params: Any, has_biases: bool, num_layers: int, dropout: float,
        train: bool, bidirectional: bool, batch_first: bool,
    ) -> tuple:  # fmt: skip
        x = transpose(x, dim0=0, dim1=1) if batch_first else x
        states = hx if pair else (hx,)
        out, *finals = _layers(
            layer, x, states, params, has_biases, num_layers, dropout, train, bidirectional, None
        )
        return (transpose(out, dim0=0, dim1=1) if batch_first else out, *finals)

    def of_packed(
        data: Tensor, batch_sizes: Tensor, hx: Any, params: Any, has_biases: bool,
        num_layers: int, dropout: float, train: bool, bidirectional: bool,
    ) -> tuple:  # fmt: skip
        states, sizes = (hx if pair else (hx,)), tuple(batch_sizes.tolist())
        return _layers(
            layer, data, states, params, has_biases, num_layers, dropout, train, bidirectional,
            sizes,
        )  # fmt: skip

    return named(function, name, f"{summary}\n\n    See `nn.{name.split('_')[0].upper()}`.\n")


lstm = _sequence(lstm_layer, "lstm", "(outputs, last h, last c) of LSTM layers.", pair=True)
gru = _sequence(gru_layer, "gru", "(outputs, last h) of GRU layers.", pair=False)
_relu_layer = partial(rnn_layer, nonlinearity="relu")
rnn_tanh = _sequence(rnn_layer, "rnn_tanh", "(outputs, last h) of layers with tanh.", pair=False)
rnn_relu = _sequence(_relu_layer, "rnn_relu", "(outputs, last h) of layers with relu.", pair=False)


# ------------------------------------------------------------------ single steps


def _check_step(name: str, x: Tensor, states: Sequence[Tensor], w_ih: Tensor, w_hh: Tensor) -> None:
    """Raise RuntimeError where the sizes of a step do not fit."""
    check_tensor(x, name, "input")
    if x.ndim != 2 or x.shape[1] != w_ih.shape[1]:
        raise RuntimeError(
            f"{name}: expected an input of shape [N, {w_ih.shape[1]}], got {list(x.shape)}"
        )
    for h in states:
        if tuple(h.shape) != (x.shape[0], w_hh.shape[1]):
            raise RuntimeError(
                f"{name}: expected a state of shape {[x.shape[0], w_hh.shape[1]]}, got "
                f"{list(h.shape)}"
            )


def lstm_cell(
    input: Tensor, hx: Sequence[Tensor], w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """One step of an LSTM: (h, c).

    Shape: (N, in), two of (N, hid), (4 hid, in), (4 hid, hid) -> (N, hid), (N, hid)
    Raises: TypeError where `hx` is no pair; RuntimeError for sizes that do not fit.
    """
    if not isinstance(hx, (tuple, list)) or len(hx) != 2:
        raise TypeError(
            f"lstm_cell(): argument 'hx' must be a pair of Tensors, not {type(hx).__name__}"
        )
    _check_step("lstm_cell", input, hx, w_ih, w_hh)
    sizes = (input.shape[0],)
    return lstm_layer(input, *hx, w_ih, w_hh, b_ih, b_hh, None, sizes=sizes)[1:]


def _cell(layer: Callable, name: str, summary: str) -> Callable:
    def function(
        input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
        b_hh: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        _check_step(name, input, (hx,), w_ih, w_hh)
        return layer(input, hx, w_ih, w_hh, b_ih, b_hh, sizes=(input.shape[0],))[1]

    return named(
        function, name, f"{summary}\n\n    Raises: RuntimeError for sizes that do not fit.\n"
    )


gru_cell = _cell(gru_layer, "gru_cell", "One step of a GRU: h.")
rnn_tanh_cell = _cell(rnn_layer, "rnn_tanh_cell", "One step of an RNN with tanh: h.")
rnn_relu_cell = _cell(_relu_layer, "rnn_relu_cell", "One step of an RNN with relu: h.")
