"""Activations: one thin class for each function."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch import creation
from minitorch._tensor import Tensor
from minitorch.nn import functional as F
from minitorch.nn import init as initial
from minitorch.nn.modules.linear import NonDynamicallyQuantizableLinear
from minitorch.nn.modules.module import Module
from minitorch.ops import elementwise
from minitorch.parameter import Parameter

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "MultiheadAttention",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SELU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]

# ------------------------------------------------------------------ with nothing to set


class Tanh(Module):
    """The hyperbolic tangent."""

    def forward(self, input):
        """tanh(x)."""
        return elementwise.tanh(input)


class Sigmoid(Module):
    """1 / (1 + e ** -x)."""

    def forward(self, input):
        """sigmoid(x)."""
        return elementwise.sigmoid(input)


class LogSigmoid(Module):
    """log(sigmoid(x)), without overflow."""

    def forward(self, input):
        """log(sigmoid(x))."""
        return F.logsigmoid(input)


class Softsign(Module):
    """x / (1 + |x|)."""

    def forward(self, input):
        """softsign(x)."""
        return F.softsign(input)


class Tanhshrink(Module):
    """x - tanh(x)."""

    def forward(self, input):
        """tanhshrink(x)."""
        return F.tanhshrink(input)


# ------------------------------------------------------------------ that may overwrite their input


class _InPlace(Module):
    """An activation with nothing to set but whether it overwrites its input."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        """`inplace`, where it is set."""
        return "inplace=True" if self.inplace else ""


class ReLU(_InPlace):
    """max(x, 0)."""

    def forward(self, input):
        """max(x, 0)."""
        return F.relu(input, inplace=True) if self.inplace else elementwise.relu(input)


class SiLU(_InPlace):
    """x sigmoid(x).

    Source: Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415
    """

    def forward(self, input):
        """x sigmoid(x)."""
        return F.silu(input, inplace=self.inplace)


class Mish(_InPlace):
    """x tanh(softplus(x)).

    Source: Misra 2019, https://arxiv.org/abs/1908.08681
    """

    def forward(self, input):
        """mish(x)."""
        return F.mish(input, inplace=self.inplace)


class SELU(_InPlace):
    """scale (x where it is positive, else alpha (e ** x - 1)), which keeps mean 0 and variance 1.

    Source: Klambauer et al. 2017, https://arxiv.org/abs/1706.02515
    """

    def forward(self, input):
        """selu(x)."""
        return F.selu(input, self.inplace)


class _Quiet(_InPlace):
    """One whose `repr` says nothing of `inplace`, as in torch."""

    def extra_repr(self) -> str:
        """Nothing."""
        return ""


class Hardsigmoid(_Quiet):
    """0 up to -3, 1 from 3 on, x / 6 + 1 / 2 between."""

    def forward(self, input):
        """hardsigmoid(x)."""
        return F.hardsigmoid(input, self.inplace)


class Hardswish(_Quiet):
    """x hardsigmoid(x).

    Source: Howard et al. 2019, https://arxiv.org/abs/1905.02244
    """

    def forward(self, input):
        """hardswish(x)."""
        return F.hardswish(input, self.inplace)


# ------------------------------------------------------------------ with numbers to set


class _Bent(Module):
    """An activation with numbers, named in `shown`, that `repr` lists before `inplace`."""

    shown: tuple[str, ...] = ()
    inplace = False

    def extra_repr(self) -> str:
        """The numbers."""
        parts = [f"{name}={getattr(self, name)}" for name in self.shown]
        return ", ".join(parts + ["inplace=True"] * self.inplace)


class Threshold(_Bent):
    """x where it is above `threshold`, else `value`."""

    shown = ("threshold", "value")

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold, self.value, self.inplace = threshold, value, inplace

    def forward(self, input):
        """threshold(x)."""
        return F.threshold(input, self.threshold, self.value, self.inplace)


class RReLU(_Bent):
    """x where it is positive, else a slope times x: drawn from (lower, upper) in training.

    In evaluation the slope is their mean.
    Source: Xu et al. 2015, https://arxiv.org/abs/1505.00853
    """

    shown = ("lower", "upper")

    def __init__(
        self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False
    ) -> None:
        super().__init__()
        self.lower, self.upper, self.inplace = lower, upper, inplace

    def forward(self, input):
        """rrelu(x)."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)


class Hardtanh(_Bent):
    """x limited to [min_val, max_val].

    `min_value` and `max_value` are older names of the limits.
    Raises: AssertionError unless max_val > min_val.
    """

    shown = ("min_val", "max_val")

    def __init__(
        self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False,
        min_value: float | None = None, max_value: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if min_value is not None:
            min_val = _renamed("min_value", "min_val", min_value)
        if max_value is not None:
            max_val = _renamed("max_value", "max_val", max_value)
        self.min_val, self.max_val, self.inplace = min_val, max_val, inplace
        if not max_val > min_val:
            raise AssertionError(
                f"Hardtanh: max_val must be larger than min_val, got {max_val} and {min_val}"
            )

    def forward(self, input):
        """hardtanh(x)."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)


def _renamed(old: str, new: str, value: float) -> float:
    warnings.warn(
        f"keyword argument `{old}` is deprecated and renamed to `{new}`",
        FutureWarning,
        stacklevel=3,
    )
    return value


class ReLU6(Hardtanh):
    """x limited to [0, 6]."""

    shown = ()

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)


class _Exponential(_Bent):
    """An activation that falls exponentially to -`alpha`."""

    shown = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace


class ELU(_Exponential):
    """x where it is positive, else alpha (e ** x - 1).

    Source: Clevert et al. 2015, https://arxiv.org/abs/1511.07289
    """

    def forward(self, input):
        """elu(x)."""
        return F.elu(input, self.alpha, self.inplace)


class CELU(_Exponential):
    """x where it is positive, else alpha (e ** (x / alpha) - 1): smooth for every alpha.

    Source: Barron 2017, https://arxiv.org/abs/1704.07483
    """

    def forward(self, input):
        """celu(x)."""
        return F.celu(input, self.alpha, self.inplace)


class LeakyReLU(_Bent):
    """x where it is positive, else negative_slope x."""

    shown = ("negative_slope",)

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, input):
        """leaky_relu(x)."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)


class Softplus(_Bent):
    """log(1 + e ** (beta x)) / beta; x itself where beta x > threshold."""

    shown = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, input):
        """softplus(x)."""
        return F.softplus(input, self.beta, self.threshold)


class GELU(Module):
    """x Phi(x), Phi the normal distribution function; `approximate` is 'none' or 'tanh'.

    Source: Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input):
        """gelu(x)."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """The approximation."""
        return f"approximate={self.approximate!r}"


class _Shrink(Module):
    """An activation that is 0 where |x| is not above `lambd`."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def extra_repr(self) -> str:
        """lambd."""
        return str(self.lambd)


class Hardshrink(_Shrink):
    """x where |x| is above `lambd`, else 0."""

    def forward(self, input):
        """hardshrink(x)."""
        return F.hardshrink(input, self.lambd)


class Softshrink(_Shrink):
    """x moved towards 0 by `lambd`, 0 where |x| is not above it."""

    def forward(self, input):
        """softshrink(x)."""
        return F.softshrink(input, self.lambd)


class PReLU(Module):
    """x where it is positive, else a learned slope times x: one slope, or one per channel.

    Source: He et al. 2015, https://arxiv.org/abs/1502.01852
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        self.weight = Parameter(creation.empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Every slope `init`."""
        initial.constant_(self.weight, self.init)

    def forward(self, input):
        """prelu(x)."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """The number of slopes."""
        return f"num_parameters={self.num_parameters}"


# ------------------------------------------------------------------ along a dimension


class _AlongDim(Module):
    """A function along one dimension."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        """The dimension."""
        return f"dim={self.dim}"


class GLU(_AlongDim):
    """The first half of x along `dim` times the sigmoid of the second.

    Source: Dauphin et al. 2016, https://arxiv.org/abs/1612.08083
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__(dim)

    def forward(self, input):
        """glu(x)."""
        return F.glu(input, self.dim)


class Softmax(_AlongDim):
    """e ** x over its sum along `dim`."""

    def forward(self, input):
        """softmax(x)."""
        return F.softmax(input, self.dim, _stacklevel=5)


class Softmin(_AlongDim):
    """softmax(-x) along `dim`."""

    def forward(self, input):
        """softmin(x)."""
        return F.softmin(input, self.dim, _stacklevel=5)


class LogSoftmax(_AlongDim):
    """log(softmax(x)), computed stably."""

    def forward(self, input):
        """log_softmax(x)."""
        return F.log_softmax(input, self.dim, _stacklevel=5)


class Softmax2d(Module):
    """softmax over the channels at every place of (N, C, H, W) or (C, H, W).

    Raises: ValueError for another number of dimensions.
    """

    def forward(self, input):
        """softmax(x) over channels."""
        if input.dim() not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D")
        return F.softmax(input, -3)


class MultiheadAttention(Module):
    """Attention of several heads: each on its own projections of query, key and value.

    Of `forward` come the outputs and, with `need_weights`, the probabilities (averaged over the
    heads unless `average_attn_weights` is False). A bool mask holds where a query may not look.

    Shape: (L, N, E), (S, N, kdim), (S, N, vdim) -> (L, N, E), (N, L, S); N first where
        `batch_first`; also without N
    Source: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
    Raises: ValueError, AssertionError for a width that the heads do not divide.

    >>> import minitorch as torch
    >>> attention = torch.nn.MultiheadAttention(8, 2, batch_first=True)
    >>> x = torch.zeros(4, 5, 8)
    >>> out, weights = attention(x, x, x)
    >>> out.shape, weights.shape
    (torch.Size([4, 5, 8]), torch.Size([4, 5, 5]))
    """

    __constants__ = ("batch_first",)

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True,
        add_bias_kv: bool = False, add_zero_attn: bool = False, kdim: int | None = None,
        vdim: int | None = None, batch_first: bool = False, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                "embed_dim and num_heads must be greater than 0, got "
                f"embed_dim={embed_dim} and num_heads={num_heads} instead"
            )
        super().__init__()
        self.embed_dim, self.num_heads = embed_dim, num_heads
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == self.vdim == embed_dim
        self.dropout, self.batch_first, self.add_zero_attn = dropout, batch_first, add_zero_attn
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != embed_dim:
            raise AssertionError(f"expected heads that divide {embed_dim}, got {num_heads}")
        how = {"device": device, "dtype": dtype}
        sizes: dict[str, Any] = {"in_proj_weight": (3 * embed_dim, embed_dim)}
        if not self._qkv_same_embed_dim:
            widths = {"q": embed_dim, "k": self.kdim, "v": self.vdim}
            sizes = {f"{which}_proj_weight": (embed_dim, n) for which, n in widths.items()}
        sizes["in_proj_bias"] = (3 * embed_dim,) if bias else None
        absent = dict.fromkeys(
            ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight")
        )
        for name, size in (sizes | {k: v for k, v in absent.items() if k not in sizes}).items():
            made = None if size is None else Parameter(creation.empty(size, **how))
            self.register_parameter(name, made)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, **how)
        self.bias_k = self.bias_v = None
        if add_bias_kv:
            self.bias_k = Parameter(creation.empty((1, 1, embed_dim), **how))
            self.bias_v = Parameter(creation.empty((1, 1, embed_dim), **how))
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        """Draw the weights anew; the biases start at 0, except those of key and value."""
        for name in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            if getattr(self, name) is not None:
                initial.xavier_uniform_(getattr(self, name))
        if self.in_proj_bias is not None:
            initial.constant_(self.in_proj_bias, 0.0)
            initial.constant_(self.out_proj.bias, 0.0)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                initial.xavier_normal_(bias)

    def __setstate__(self, state: dict) -> None:
        super().__setstate__({"_qkv_same_embed_dim": True, **state})

    def forward(
        self, query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None,
        average_attn_weights=True, is_causal=False,
    ):  # fmt: skip
        """(outputs, probabilities or None)."""
        swapped = self.batch_first and query.dim() == 3
        if swapped:
            query, key, value = (x.transpose(1, 0) for x in (query, key, value))
        out, weights = F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight,
            self.in_proj_bias, self.bias_k, self.bias_v, self.add_zero_attn, self.dropout,
            self.out_proj.weight, self.out_proj.bias, training=self.training,
            key_padding_mask=key_padding_mask, need_weights=need_weights, attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim,
            q_proj_weight=self.q_proj_weight, k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight, average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )  # fmt: skip
        return (out.transpose(1, 0) if swapped else out), weights

    def merge_masks(
        self, attn_mask: Tensor | None, key_padding_mask: Tensor | None, query: Tensor
    ) -> tuple[Tensor | None, int | None]:
        """(both masks in one, its kind): 1 is (N, S) of keys alone, 2 is (N, heads, L, L)."""
        if attn_mask is None:
            return key_padding_mask, None if key_padding_mask is None else 1
        batch, length = query.shape[:2]
        first = (1, 1) if attn_mask.dim() == 2 else (batch, -1)
        merged = attn_mask.view(*first, length, length).expand(batch, self.num_heads, -1, -1)
        if key_padding_mask is not None:
            merged = merged + key_padding_mask.view(batch, 1, 1, length)
        return merged, 2
