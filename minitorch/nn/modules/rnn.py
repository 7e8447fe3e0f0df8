"""Recurrent layers: RNN, LSTM, GRU over sequences, and their cells for one step."""

from __future__ import annotations

import math
import numbers
import warnings
from typing import Any

from minitorch import creation, recurrent
from minitorch._tensor import Tensor
from minitorch.nn import init
from minitorch.nn.modules.module import Module
from minitorch.nn.utils.rnn import PackedSequence
from minitorch.parameter import Parameter

__all__ = ["GRU", "GRUCell", "LSTM", "LSTMCell", "RNN", "RNNBase", "RNNCell", "RNNCellBase"]

_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}
_FUNCTIONS = {
    "LSTM": recurrent.lstm,
    "GRU": recurrent.gru,
    "RNN_TANH": recurrent.rnn_tanh,
    "RNN_RELU": recurrent.rnn_relu,
}


def _start_uniform(module: Any) -> None:
    bound = 1 / math.sqrt(module.hidden_size) if module.hidden_size > 0 else 0
    for weight in module.parameters():
        init.uniform_(weight, -bound, bound)


class RNNBase(Module):
    """What RNN, LSTM and GRU share: parameters by layer and direction, and the forward.

    Of each layer k there are `weight_ih_lk`, `weight_hh_lk`, `bias_ih_lk`, `bias_hh_lk` and, with
    `proj_size`, `weight_hr_lk`; those of the backward direction end in `_reverse`. All start
    uniform in (-b, b), b = 1 / sqrt(hidden_size).

    Raises: TypeError, ValueError for sizes, a dropout or a mode that do not fit.
    """

    __constants__ = (
        "mode", "input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout",
        "bidirectional", "proj_size",
    )  # fmt: skip

    def __init__(
        self, mode: str, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
        proj_size: int = 0, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.mode, self.input_size, self.hidden_size = mode, input_size, hidden_size
        self.num_layers, self.bias, self.batch_first = num_layers, bias, batch_first
        self.dropout, self.bidirectional = float(dropout), bidirectional
        self.proj_size = proj_size
        self._check_settings(dropout)
        how = {"device": device, "dtype": dtype}
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse") if bidirectional else ("",):
                self._add_layer(layer, suffix, how)
        self.reset_parameters()

    def _check_settings(self, dropout: Any) -> None:
        if not isinstance(dropout, numbers.Number) or isinstance(dropout, bool) or (
            not 0 <= dropout <= 1
        ):  # fmt: skip
            raise ValueError(f"dropout: expected a probability in [0, 1], got {dropout!r}")
        if dropout > 0 and self.num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero "
                f"dropout expects num_layers greater than 1, but got dropout={dropout} and "
                f"num_layers={self.num_layers}",
                stacklevel=4,
            )
        kinds = {"input_size": int, "hidden_size": int, "bias": bool, "batch_first": bool}
        for name, kind in kinds.items():
            if not isinstance(getattr(self, name), kind):
                found = type(getattr(self, name)).__name__
                raise TypeError(f"{name} should be of type {kind.__name__}, got: {found}")
        for name in ("input_size", "hidden_size", "num_layers"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than zero, got {getattr(self, name)}")
        if not 0 <= self.proj_size < self.hidden_size:
            raise ValueError(
                f"proj_size: expected 0 <= proj_size < hidden_size = {self.hidden_size}, got "
                f"{self.proj_size}"
            )
        if self.mode not in _GATES:
            raise ValueError(f"Unrecognized RNN mode: {self.mode}")

    def _add_layer(self, layer: int, suffix: str, how: dict) -> None:
        gates = _GATES[self.mode] * self.hidden_size
        out = self.proj_size or self.hidden_size
        into = out * (2 if self.bidirectional else 1) if layer else self.input_size
        sizes = {"weight_ih": (gates, into), "weight_hh": (gates, out)}
        if self.bias:
            sizes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
        if self.proj_size:
            sizes["weight_hr"] = (self.proj_size, self.hidden_size)
        for kind, size in sizes.items():
            setattr(self, f"{kind}_l{layer}{suffix}", Parameter(creation.empty(size, **how)))
        self._all_weights.append([f"{kind}_l{layer}{suffix}" for kind in sizes])

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list:
        return [getattr(self, name) for name in self._flat_weights_names]

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters, a list for each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def flatten_parameters(self) -> None:
        """Does nothing: there is no device whose memory the weights should share."""

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        _start_uniform(self)

    def check_input(self, input: Tensor, batch_sizes: Tensor | None) -> None:
        """Raise ValueError, RuntimeError where `input` has another dtype or other sizes."""
        weight = self._parameters[self._all_weights[0][0]] if self._all_weights else None
        if weight is not None and input.dtype is not weight.dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). "
                f"Convert input: input.to({weight.dtype}), or convert model: "
                f"model.to({input.dtype})"
            )
        expected = 3 if batch_sizes is None else 2
        if input.ndim != expected:
            raise RuntimeError(f"input must have {expected} dimensions, got {input.ndim}")
        if input.shape[-1] != self.input_size:
            raise RuntimeError(
                "input.size(-1) must be equal to input_size. Expected "
                f"{self.input_size}, got {input.shape[-1]}"
            )
        if not input.shape[1 if self.batch_first and batch_sizes is None else 0]:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")

    def get_expected_hidden_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple:
        """The shape that a state has to have for `input`."""
        return self._state_size(input, batch_sizes, self.proj_size or self.hidden_size)

    def _state_size(self, input: Tensor, batch_sizes: Tensor | None, width: int) -> tuple:
        if batch_sizes is not None:
            batch = int(batch_sizes[0])
        else:
            batch = input.shape[0 if self.batch_first else 1]
        return self.num_layers * (2 if self.bidirectional else 1), batch, width

    def check_hidden_size(
        self, hx: Tensor, expected_hidden_size: tuple,
        msg: str = "Expected hidden size {}, got {}",
    ) -> None:  # fmt: skip
        """Raise RuntimeError where a state has another shape than expected."""
        if tuple(hx.shape) != tuple(expected_hidden_size):
            raise RuntimeError(msg.format(tuple(expected_hidden_size), list(hx.shape)))

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Raise ValueError, RuntimeError where input and state do not fit this layer."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """The state with its sequences in another order."""
        return hx if permutation is None else hx.index_select(1, permutation)

    # ---------------------------------------------------------------- what an LSTM does otherwise

    def _zeros(self, input: Tensor, batch_sizes: Tensor | None) -> Any:
        return creation.zeros(self.get_expected_hidden_size(input, batch_sizes), dtype=input.dtype)

    def _with_batch(self, hx: Tensor, batched: bool) -> Any:
        """The given state with a dimension for the batch. Raises: RuntimeError for others."""
        expected = 3 if batched else 2
        if hx.dim() != expected:
            raise RuntimeError(
                f"For {'' if batched else 'un'}batched {expected}-D input, hx should also be "
                f"{expected}-D but got {hx.dim()}-D tensor"
            )
        return hx if batched else hx.unsqueeze(1)

    def _without_batch(self, hx: Tensor) -> Any:
        return hx.squeeze(1)

    def forward(self, input: Any, hx: Any = None) -> tuple:
        """(the outputs of all steps, the state after the last one)."""
        if isinstance(input, PackedSequence):
            return self._forward_packed(input, hx)
        if input.dim() not in (2, 3):
            raise ValueError(
                f"{self._get_name()}: Expected input to be 2D or 3D, got {input.dim()}D instead"
            )
        batched = input.dim() == 3
        batch_axis = 0 if self.batch_first else 1
        x = input if batched else input.unsqueeze(batch_axis)
        if hx is None:
            self.check_input(x, None)
            hx = self._zeros(x, None)
        else:
            hx = self._with_batch(hx, batched)
            self.check_forward_args(x, hx, None)
        out, *states = self._run(x, hx, self.batch_first)
        hidden = tuple(states) if len(states) > 1 else states[0]
        if batched:
            return out, hidden
        return out.squeeze(batch_axis), self._without_batch(hidden)

    def _run(self, x: Tensor, hx: Any, *how: Any) -> tuple:
        if isinstance(x, tuple):
            data, batch_sizes = x
            given: tuple = (data, batch_sizes, hx)
        else:
            given = (x, hx)
        return _FUNCTIONS[self.mode](
            *given, self._flat_weights, self.bias, self.num_layers, self.dropout, self.training,
            self.bidirectional, *how,
        )  # fmt: skip

    def _forward_packed(self, packed: PackedSequence, hx: Any) -> tuple:
        data, batch_sizes, sorted_indices, unsorted_indices = packed
        if hx is None:
            self.check_input(data, batch_sizes)
            hx = self._zeros(data, batch_sizes)
        else:
            hx = self.permute_hidden(hx, sorted_indices)
            self.check_forward_args(data, hx, batch_sizes)
        out, *states = self._run((data, batch_sizes), hx)
        hidden = tuple(states) if len(states) > 1 else states[0]
        made = PackedSequence(out, batch_sizes, sorted_indices, unsorted_indices)
        return made, self.permute_hidden(hidden, unsorted_indices)

    def extra_repr(self) -> str:
        """The sizes, and what differs from the defaults."""
        said = [f"{self.input_size}, {self.hidden_size}"]
        defaults = {
            "proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0,
            "bidirectional": False,
        }  # fmt: skip
        for name, default in defaults.items():
            if getattr(self, name) != default:
                said.append(f"{name}={getattr(self, name)}")
        return ", ".join(said)


class RNN(RNNBase):
    """h = tanh(W x + b + U h' + d) at each step, h' the state before; relu by `nonlinearity`.

    Shape: (T, N, in), (layers, N, hid) -> (T, N, hid), (layers, N, hid); (N, T, in) `batch_first`;
        without N unbatched; a PackedSequence gives one; `layers` twice and `hid` out twice as many
        where `bidirectional`
    Source: Elman 1990

    >>> import minitorch as torch
    >>> out, h = torch.nn.RNN(10, 20, 2)(torch.zeros(5, 3, 10))
    >>> out.shape, h.shape
    (torch.Size([5, 3, 20]), torch.Size([2, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        if len(args) > 3:  # torch has the nonlinearity in the place of the bias
            self.nonlinearity = args[3]
            args = args[:3] + args[4:]
        else:
            self.nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if self.nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity '{self.nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        super().__init__(f"RNN_{self.nonlinearity.upper()}", *args, **kwargs)


class GRU(RNNBase):
    """h = (1 - z) n + z h' at each step, with gates r, z and n = tanh(W x + b + r (U h' + d)).

    Shape: as of `RNN`
    Source: Cho et al. 2014, https://arxiv.org/abs/1406.1078
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        super().__init__("GRU", *args, **kwargs)


class LSTM(RNNBase):
    """c = f c' + i n, h = o tanh(c) at each step; gates i, f, o and n from input and state.

    `proj_size` multiplies h by a matrix of that many rows. State and result are pairs (h, c).

    Shape: (T, N, in), ((layers, N, hid), (layers, N, hid)) -> (T, N, hid), state; as of `RNN`
    Source: Hochreiter and Schmidhuber 1997; Sak et al. 2014, https://arxiv.org/abs/1402.1128
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def get_expected_cell_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple:
        """The shape that the cell state has to have for `input`."""
        return self._state_size(input, batch_sizes, self.hidden_size)

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Raise ValueError, RuntimeError where input and states do not fit this layer."""
        self.check_input(input, batch_sizes)
        h, c = (
            self.get_expected_hidden_size(input, batch_sizes),
            self.get_expected_cell_size(input, batch_sizes),
        )
        self.check_hidden_size(hidden[0], h, "Expected hidden[0] size {}, got {}")
        self.check_hidden_size(hidden[1], c, "Expected hidden[1] size {}, got {}")

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """Both states with their sequences in another order."""
        if permutation is None:
            return hx
        return tuple(s.index_select(1, permutation) for s in hx)

    def _zeros(self, input: Tensor, batch_sizes: Tensor | None) -> Any:
        c = creation.zeros(self.get_expected_cell_size(input, batch_sizes), dtype=input.dtype)
        return (super()._zeros(input, batch_sizes) if self.proj_size else c), c

    def _with_batch(self, hx: Any, batched: bool) -> Any:
        expected = 3 if batched else 2
        if hx[0].dim() != expected or hx[1].dim() != expected:
            raise RuntimeError(
                f"For {'' if batched else 'un'}batched {expected}-D input, hx and cx should also "
                f"be {expected}-D but got ({hx[0].dim()}-D, {hx[1].dim()}-D) tensors"
            )
        return hx if batched else (hx[0].unsqueeze(1), hx[1].unsqueeze(1))

    def _without_batch(self, hx: Any) -> Any:
        return tuple(s.squeeze(1) for s in hx)


# ------------------------------------------------------------------ one step


class RNNCellBase(Module):
    """What the cells share: the parameters of one layer in one direction."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        gates, how = num_chunks * hidden_size, {"device": device, "dtype": dtype}
        self.weight_ih = Parameter(creation.empty((gates, input_size), **how))
        self.weight_hh = Parameter(creation.empty((gates, hidden_size), **how))
        for name in ("bias_ih", "bias_hh"):
            made = Parameter(creation.empty(gates, **how)) if bias else None
            self.register_parameter(name, made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        _start_uniform(self)

    def _step(self, function: Any, input: Tensor, hx: Any, states: int = 1) -> Any:
        """`function` on a batch; an input without a batch gets one for the time being."""
        name = self._get_name()
        if input.dim() not in (1, 2):
            raise ValueError(f"{name}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        alone = input.dim() == 1
        x = input.unsqueeze(0) if alone else input
        if x.shape[1] != self.input_size:
            raise RuntimeError(
                f"{name}: expected an input of {self.input_size} features, got {x.shape[1]}"
            )
        if hx is None:
            zeros = creation.zeros(x.shape[0], self.hidden_size, dtype=x.dtype)
            hx = zeros if states == 1 else (zeros, zeros)
        elif alone:
            hx = hx.unsqueeze(0) if states == 1 else tuple(s.unsqueeze(0) for s in hx)
        out = function(x, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        if not alone:
            return out
        return out.squeeze(0) if states == 1 else tuple(s.squeeze(0) for s in out)

    def _one_state(self, hx: Any) -> None:
        if hx is not None and hx.dim() not in (1, 2):
            raise ValueError(
                f"{self._get_name()}: Expected hidden to be 1D or 2D, got {hx.dim()}D instead"
            )

    def extra_repr(self) -> str:
        """The sizes, and what differs from the defaults."""
        said = f"{self.input_size}, {self.hidden_size}"
        if not self.bias:
            said += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            said += f", nonlinearity={self.nonlinearity}"
        return said


class RNNCell(RNNCellBase):
    """One step of an RNN: tanh(W x + b + U h + d), or relu of it.

    Shape: (N, in), (N, hid) -> (N, hid); also without N
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh",
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state. Raises: RuntimeError for an unknown nonlinearity."""
        self._one_state(hx)
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        tanh = self.nonlinearity == "tanh"
        return self._step(recurrent.rnn_tanh_cell if tanh else recurrent.rnn_relu_cell, input, hx)


class LSTMCell(RNNCellBase):
    """One step of an LSTM.

    Shape: (N, in), ((N, hid), (N, hid)) -> (N, hid), (N, hid); also without N
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: Any = None) -> tuple[Tensor, Tensor]:
        """The next (h, c)."""
        for i in () if hx is None else (0, 1):
            if hx[i].dim() not in (1, 2):
                raise ValueError(
                    f"LSTMCell: Expected hx[{i}] to be 1D or 2D, got {hx[i].dim()}D instead"
                )
        return self._step(recurrent.lstm_cell, input, hx, states=2)


class GRUCell(RNNCellBase):
    """One step of a GRU.

    Shape: (N, in), (N, hid) -> (N, hid); also without N
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state."""
        self._one_state(hx)
        return self._step(recurrent.gru_cell, input, hx)
