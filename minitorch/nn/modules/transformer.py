"""The Transformer: encoder, decoder, and their layers.

Source: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
"""

from __future__ import annotations

import copy
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import creation
from minitorch._tensor import Tensor
from minitorch.grad_mode import is_grad_enabled
from minitorch.nn import functional as F
from minitorch.nn import init
from minitorch.nn._attention import closing
from minitorch.nn.modules.activation import GELU, MultiheadAttention, ReLU
from minitorch.nn.modules.container import ModuleList
from minitorch.nn.modules.dropout import Dropout
from minitorch.nn.modules.linear import Linear
from minitorch.nn.modules.module import Module
from minitorch.nn.modules.normalization import LayerNorm

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]


def _generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
    return creation.full((sz, sz), float("-inf"), device=device, dtype=dtype).triu(diagonal=1)


def _is_causal(mask: Tensor | None, is_causal: bool | None, x: Tensor, batch_first: bool) -> bool:
    """What the user says, or else whether `mask` is the causal one for the sequences `x`."""
    if is_causal is not None or mask is None:
        return bool(is_causal)
    length = x.shape[1 if batch_first and x.ndim == 3 else 0]
    expected = np.triu(np.full((length, length), -np.inf), 1)
    return tuple(mask.shape) == expected.shape and bool((mask._array == expected).all())


def _added(mask: Tensor | None, x: Tensor, name: str, other: Tensor | None = None) -> Any:
    """A mask as what is added to the scores. Warns where an `other` is of another type."""
    return None if mask is None else closing(mask, x, name, other)


def _get_clones(layer: Module, count: int) -> ModuleList:
    return ModuleList([copy.deepcopy(layer) for _ in range(count)])


class _Layer(Module):
    """What the layers of encoder and decoder share: attention, then two linear maps, each with a
    dropout, added to what came in, and normalized (before, where `norm_first`).
    """

    __constants__ = ("norm_first",)
    _attentions = ("self_attn",)

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: str | Callable = F.relu, layer_norm_eps: float = 1e-5,
        batch_first: bool = False, norm_first: bool = False, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        how = {"device": device, "dtype": dtype}
        super().__init__()
        for name in self._attentions:
            made = MultiheadAttention(
                d_model, nhead, dropout=dropout, bias=bias, batch_first=batch_first, **how
            )
            setattr(self, name, made)
        self.linear1 = Linear(d_model, dim_feedforward, bias=bias, **how)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias=bias, **how)
        self.norm_first = norm_first
        numbers = range(1, len(self._attentions) + 2)
        for n in numbers:
            setattr(self, f"norm{n}", LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **how))
        for n in numbers:
            setattr(self, f"dropout{n}", Dropout(dropout))
        self.activation = (
            _get_activation_fn(activation) if isinstance(activation, str) else activation
        )

    def __setstate__(self, state: dict) -> None:
        super().__setstate__(state)
        if not hasattr(self, "activation"):
            self.activation = F.relu

    def _attend(
        self, number: int, x: Tensor, memory: Tensor, mask: Any, padding: Any, causal: bool
    ) -> Tensor:
        """The attention of that number, from `x` to `memory`, and its dropout."""
        attention = self._modules[self._attentions[number - 1]]
        out, _ = attention(
            x, memory, memory, attn_mask=mask, key_padding_mask=padding, is_causal=causal,
            need_weights=False,
        )  # fmt: skip
        return self._modules[f"dropout{number}"](out)

    def _ff_block(self, x: Tensor) -> Tensor:
        """The two linear maps and the dropouts behind them."""
        x = self.linear2(self.dropout(self.activation(self.linear1(x))))
        return self._modules[f"dropout{len(self._attentions) + 1}"](x)

    def _add(self, number: int, x: Tensor, block: Callable) -> Tensor:
        """x + block(norm(x)), or norm(x + block(x))."""
        norm = self._modules[f"norm{number}"]
        return x + block(norm(x)) if self.norm_first else norm(x + block(x))


def _get_activation_fn(name: str) -> Callable:
    if name not in ("relu", "gelu"):
        raise RuntimeError(f"activation should be relu/gelu, not {name}")
    return F.relu if name == "relu" else F.gelu


class TransformerEncoderLayer(_Layer):
    """Self-attention and two linear maps.

    Shape: (S, N, E), masks (S, S), (N, S) -> (S, N, E); (N, S, E) where `batch_first`
    Raises: RuntimeError for an activation by another name than 'relu' or 'gelu'.

    >>> import minitorch as torch
    >>> torch.nn.TransformerEncoderLayer(8, nhead=2)(torch.zeros(5, 3, 8)).shape
    torch.Size([5, 3, 8])
    """

    @property
    def activation_relu_or_gelu(self) -> int:
        """1 for relu, 2 for gelu, 0 for another activation."""
        if self.activation is F.relu or isinstance(self.activation, ReLU):
            return 1
        return 2 if self.activation is F.gelu or isinstance(self.activation, GELU) else 0

    def forward(
        self, src: Tensor, src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None, is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """The sequences with what each place drew from the others."""
        padding = _added(src_key_padding_mask, src, "src_key_padding_mask", src_mask)
        mask = _added(src_mask, src, "src_mask")
        x = self._add(1, src, lambda x: self._sa_block(x, mask, padding, is_causal))
        return self._add(2, x, self._ff_block)

    def _sa_block(self, x: Tensor, mask: Any, padding: Any, is_causal: bool = False) -> Tensor:
        """Self-attention and its dropout."""
        return self._attend(1, x, x, mask, padding, is_causal)


class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to the encoder's `memory`, and two linear maps.

    Shape: (T, N, E), (S, N, E), masks (T, T), (T, S), (N, T), (N, S) -> (T, N, E); N first where
        `batch_first`
    Raises: RuntimeError for an activation by another name than 'relu' or 'gelu'.
    """

    _attentions = ("self_attn", "multihead_attn")

    def forward(
        self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None, tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None, tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """The sequences with what each place drew from the others and from `memory`."""
        x = self._add(
            1, tgt, lambda x: self._sa_block(x, tgt_mask, tgt_key_padding_mask, tgt_is_causal)
        )
        x = self._add(
            2, x,
            lambda x: self._mha_block(
                x, memory, memory_mask, memory_key_padding_mask, memory_is_causal
            ),
        )  # fmt: skip
        return self._add(3, x, self._ff_block)

    def _sa_block(self, x: Tensor, mask: Any, padding: Any, is_causal: bool = False) -> Tensor:
        """Self-attention and its dropout."""
        return self._attend(1, x, x, mask, padding, is_causal)

    def _mha_block(
        self, x: Tensor, memory: Tensor, mask: Any, padding: Any, is_causal: bool = False
    ) -> Tensor:
        """Attention to `memory` and its dropout."""
        return self._attend(2, x, memory, mask, padding, is_causal)


# ------------------------------------------------------------------ stacks of layers


class TransformerEncoder(Module):
    """`num_layers` copies of a layer, one after the other, and a norm.

    Shape: as of `TransformerEncoderLayer`
    Differs: nested tensors are not built; `enable_nested_tensor` decides only, as in torch, whether
        padded places come out as 0 when nothing is learned and nothing is recorded.
    """

    __constants__ = ("norm",)

    def __init__(
        self, encoder_layer: Module, num_layers: int, norm: Module | None = None,
        enable_nested_tensor: bool = True, mask_check: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.layers = _get_clones(encoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm
        self.enable_nested_tensor, self.mask_check = enable_nested_tensor, mask_check
        reason = _why_not_nested(encoder_layer)
        self.use_nested_tensor = enable_nested_tensor and not reason
        if enable_nested_tensor and reason:
            warnings.warn(
                "enable_nested_tensor is True, but self.use_nested_tensor is False because "
                f"{reason}",
                stacklevel=2,
            )

    def forward(
        self, src: Tensor, mask: Tensor | None = None, src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:  # fmt: skip
        """The sequences after all layers."""
        padding = _added(src_key_padding_mask, src, "src_key_padding_mask", mask)
        mask = _added(mask, src, "mask")
        batch_first = getattr(getattr(self.layers[0], "self_attn", None), "batch_first", False)
        causal = _is_causal(mask, is_causal, src, batch_first)
        out = src
        for layer in self.layers:
            out = layer(out, src_mask=mask, is_causal=causal, src_key_padding_mask=padding)
        if padding is not None and self._forgets_padding(src, mask, padding):
            out = out.masked_fill((padding != 0).unsqueeze(-1), 0.0)
        return out if self.norm is None else self.norm(out)

    def _forgets_padding(self, src: Tensor, mask: Any, padding: Tensor) -> bool:
        """Whether torch computes on sequences without their padding, which is then 0."""
        if not self.use_nested_tensor or self.training or src.ndim != 3 or mask is not None:
            return False
        learned = [src, *self.layers[0].parameters()]
        if is_grad_enabled() and any(t.requires_grad for t in learned):
            return False
        kept = padding._array == 0
        return not self.mask_check or bool((kept[:, :-1] >= kept[:, 1:]).all())


def _why_not_nested(layer: Any) -> str:
    """Why a layer's sequences are computed with their padding: '' where they are not."""
    if not isinstance(layer, TransformerEncoderLayer):
        return "encoder_layer was not TransformerEncoderLayer"
    attention = layer.self_attn
    reasons = {
        "encoder_layer.norm_first was True": layer.norm_first,
        "encoder_layer.self_attn.batch_first was not True(use batch_first for better inference "
        "performance)": not attention.batch_first,
        "encoder_layer.self_attn was passed bias=False": attention.in_proj_bias is None,
        "encoder_layer.activation_relu_or_gelu was not True": not layer.activation_relu_or_gelu,
        "encoder_layer.norm1.eps was not equal to encoder_layer.norm2.eps": (
            layer.norm1.eps != layer.norm2.eps
        ),
        "encoder_layer.self_attn.num_heads is odd": attention.num_heads % 2 == 1,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


class TransformerDecoder(Module):
    """`num_layers` copies of a layer, one after the other, and a norm.

    Shape: as of `TransformerDecoderLayer`
    """

    __constants__ = ("norm",)

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = _get_clones(decoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None, tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None, tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """The sequences after all layers."""
        batch_first = getattr(getattr(self.layers[0], "self_attn", None), "batch_first", False)
        causal = _is_causal(tgt_mask, tgt_is_causal, tgt, batch_first)
        out = tgt
        for layer in self.layers:
            out = layer(
                out, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=causal,
                memory_is_causal=memory_is_causal,
            )  # fmt: skip
        return out if self.norm is None else self.norm(out)


class Transformer(Module):
    """An encoder of `src`, and a decoder of `tgt` that looks at what the encoder made of it.

    Shape: (S, N, E), (T, N, E) -> (T, N, E); N first where `batch_first`; also without N
    Raises: RuntimeError for other widths than `d_model`, or for two sizes of the batch.

    >>> import minitorch as torch
    >>> model = torch.nn.Transformer(8, 2, 1, 1, 16, batch_first=True)
    >>> model(torch.zeros(3, 5, 8), torch.zeros(3, 4, 8)).shape
    torch.Size([3, 4, 8])
    """

    def __init__(
        self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6,
        num_decoder_layers: int = 6, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: str | Callable = F.relu, custom_encoder: Any = None,
        custom_decoder: Any = None, layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        layer = (
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
            norm_first, bias, device, dtype,
        )  # fmt: skip

        def norm() -> LayerNorm:
            return LayerNorm(d_model, eps=layer_norm_eps, bias=bias, device=device, dtype=dtype)

        if custom_encoder is not None:
            self.encoder = custom_encoder
        else:
            made = TransformerEncoderLayer(*layer)
            self.encoder = TransformerEncoder(made, num_encoder_layers, norm())
        if custom_decoder is not None:
            self.decoder = custom_decoder
        else:
            made = TransformerDecoderLayer(*layer)
            self.decoder = TransformerDecoder(made, num_decoder_layers, norm())
        self._reset_parameters()
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def _reset_parameters(self) -> None:
        """Draw every matrix anew."""
        for p in self.parameters():
            if p.dim() > 1:
                init.xavier_uniform_(p)

    def forward(
        self, src: Tensor, tgt: Tensor, src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None, memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None, tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None, src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """The decoder's sequences."""
        batch_axis = 0 if self.batch_first else 1
        if src.dim() == 3 and src.shape[batch_axis] != tgt.shape[batch_axis]:
            raise RuntimeError(
                f"Transformer: expected one batch of src and tgt, got {src.shape[batch_axis]} and "
                f"{tgt.shape[batch_axis]}"
            )
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise RuntimeError(
                f"Transformer: expected {self.d_model} features of src and tgt, got "
                f"{src.shape[-1]} and {tgt.shape[-1]}"
            )
        memory = self.encoder(
            src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal
        )
        return self.decoder(
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )  # fmt: skip

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """0 up to the diagonal, minus infinity above it: no place looks at later ones."""
        return _generate_square_subsequent_mask(sz, device, dtype)
