"""Several operations in one row, for speed or for stability; `like=` says which."""

from __future__ import annotations

from minitorch import errors
from minitorch._special import gelu as _gelu
from minitorch._special import gelu_grad as _gelu_grad
from minitorch.ops.elementwise import (
    abs,
    clamp,
    exp,
    gate,
    log,
    log1p,
    sigmoid,
    sign,
    tanh,
    where,
)
from minitorch.ops.reduce import mean, sum
from minitorch.ops.shape import reshape, unsqueeze
from minitorch.primitive import elementwise, fused


def residual(saved, again, x):
    """What the forward left for the backward: as saved when the rule runs on arrays; computed
    again, with its history, when the rule runs on tensors to be differentiated once more."""
    return again(x) if hasattr(x, "_array") else saved


# ------------------------------------------------------------------ linear


def product(x, y):
    """x @ y; on matrices `dot`, which costs 0.4 us less than `@`."""
    return x @ y if hasattr(x, "_array") or x.ndim > 2 else x.dot(y)


def _rows(x):
    return x if x.ndim == 2 else reshape(x, (-1, x.shape[-1]))


def _columns(g, weight_ndim):
    """`g` with the axis of outputs that a weight of one dimension has not."""
    return g if weight_ndim == 2 else unsqueeze(g, dim=-1)


def _linear_name(node):
    """torch's last step: a product of matrices, or the view of one in the shape of the input."""
    biased = 2 in node.plan.live
    if len(node.shape) == 2:
        return "AddmmBackward0" if biased else "MmBackward0"
    return "ViewBackward0" if biased else "UnsafeViewBackward0"


def _linear_like(x, weight, bias=None):
    out = x @ (weight.T if weight.ndim == 2 else weight)
    return out if bias is None else out + bias


@fused(
    (
        lambda g, weight: product(_columns(g, weight.ndim), _rows(weight)),
        lambda g, x, weight_shape: product(_rows(_columns(g, len(weight_shape))).T, _rows(x)),
        lambda g: g,
    ),
    like=_linear_like,
    torch_name=_linear_name,
)
def linear(xp, x, weight, bias=None):
    """x weight^T + bias.

    Shape: (*, in), (out, in), (out) -> (*, out); a weight of (in) gives (*)
    Raises: RuntimeError where sizes or dtypes differ.
    """
    if not (
        x.ndim
        and weight.ndim in (1, 2)
        and x.shape[-1] == weight.shape[-1]
        and x.dtype is weight.dtype
        and (bias is None or bias.shape == weight.shape[:-1])
    ):
        _check_linear(x, weight, bias)
    if x.ndim == 2:
        out = x.dot(weight.T)
    else:
        out = x.reshape(-1, x.shape[-1]).dot(weight.T).reshape(x.shape[:-1] + weight.shape[:-1])
    if bias is not None:
        out += bias
    return out


def _check_linear(x, weight, bias):
    if x.dtype is not weight.dtype and x.dtype != weight.dtype:
        raise RuntimeError(
            f"linear: expected one dtype, got {errors.name_of(x.dtype)} and "
            f"{errors.name_of(weight.dtype)}"
        )
    if weight.ndim not in (1, 2):
        raise RuntimeError(f"linear: expected a weight of 1 or 2 dimensions, got {weight.ndim}")
    if not x.ndim or x.shape[-1] != weight.shape[-1]:
        raise RuntimeError(
            f"linear: expected an input of shape [*, {weight.shape[-1]}] for a weight of shape "
            f"{list(weight.shape)}, got {list(x.shape)}"
        )
    if bias is not None and bias.shape != weight.shape[:-1] and bias.size != 1:
        raise RuntimeError(
            f"linear: expected a bias of shape {list(weight.shape[:-1])}, got {list(bias.shape)}"
        )


# ------------------------------------------------------------------ activations


def _gelu_tanh(x):
    return x * 0.5 * (tanh((x + x * x * x * 0.044715) * 0.7978845608028654) + 1)


def _gelu_rule(g, x, approximate):
    if approximate == "tanh":
        inner = tanh((x + x * x * x * 0.044715) * 0.7978845608028654)
        slope = (x * x * 0.134145 + 1) * 0.7978845608028654
        return g * ((inner + 1) * 0.5 + x * 0.5 * (1 - inner * inner) * slope)
    return g * gelu_slope(x)


@elementwise(_gelu_rule)
def gelu(xp, x, *, approximate="none"):
    """x Phi(x), Phi the normal distribution function; or its tanh approximation.

    Source: Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415
    """
    errors.check_floating(x, "gelu")
    if approximate == "none":
        return _gelu(xp, x)
    if approximate == "tanh":
        return _gelu_tanh(x)
    raise RuntimeError(f"gelu: expected approximate 'none' or 'tanh', got {approximate!r}")


@elementwise(lambda g, x: g * (exp(x * x * -0.5) * (2 - x * x) * 0.3989422804014327))
def gelu_slope(xp, x):
    """Phi(x) + x phi(x), the derivative of gelu."""
    return _gelu_grad(xp, x)


def _silu_rule(g, x):
    s = sigmoid(x)
    return g * (s * (x * (1 - s) + 1))


@elementwise(_silu_rule, like=lambda x: x * sigmoid(x))
def silu(xp, x):
    """x / (1 + e ** -x)."""
    errors.check_floating(x, "silu")
    return x / (xp.exp(-x) + 1)


@elementwise(
    lambda g, x, beta, threshold: where(x * beta > threshold, g, g * sigmoid(x * beta)),
    like=lambda x, beta=1, threshold=20: where(
        x * beta > threshold, x, log(exp(x * beta) + 1) / beta
    ),
)
def softplus(xp, x, *, beta=1, threshold=20):
    """log(1 + e ** (beta x)) / beta, without overflow; x itself where beta x > threshold."""
    errors.check_floating(x, "softplus")
    scaled = x * beta
    out = _log_of_one_plus(xp, scaled)
    out /= beta
    return xp.where(scaled > threshold, x, out)


def _log_of_one_plus(xp, x):
    """log(1 + e ** x), without overflow; ten times faster than logaddexp."""
    out = xp.log1p(xp.exp(-xp.absolute(x)))
    out += xp.maximum(x, 0)
    return out


@elementwise(lambda g, x: -(g * (sigmoid(x) * falling(x))), floats=True)
def falling(xp, x):
    """1 / (1 + e ** x): its slope keeps its digits where that of sigmoid, by 1 - out, does not."""
    return xp.reciprocal(xp.exp(x) + 1)


@elementwise(lambda g, x: g * falling(x), torch_name="LogSigmoidBackward0")
def logsigmoid(xp, x):
    """log(1 / (1 + e ** -x)), without overflow."""
    errors.check_floating(x, "logsigmoid")
    return -_log_of_one_plus(xp, -x)


@elementwise(lambda g, x, negative_slope: gate(g, x > 0) + gate(g, ~(x > 0)) * negative_slope)
def leaky_relu(xp, x, *, negative_slope=0.01):
    """x where it is positive, else negative_slope x."""
    errors.check_floating(x, "leaky_relu")
    if 0 <= negative_slope <= 1:  # to choose by a mask takes four times as long
        return xp.maximum(x, x * negative_slope)
    return xp.where(x > 0, x, x * negative_slope)


def elu_slope(g, x, alpha, scale, k):
    """The gradient of alpha (e ** (k x) - 1) scale, or of scale x; at 0 that from the left."""
    steep = alpha * scale * k
    left = g * (exp(gate(x, x < 0) * k) * steep)  # its own derivative at 0 is 0, in torch
    return left if steep == scale else gate(left, x <= 0) + gate(g * scale, ~(x <= 0))


def elu_of(xp, x, alpha, scale, k):
    """scale x where it is positive, else scale alpha (e ** (k x) - 1): one of two terms is 0."""
    out = xp.expm1(xp.minimum(x, 0) * k)
    out *= alpha * scale
    out += xp.maximum(x, 0) * scale
    return out


@elementwise(lambda g, x, alpha, scale, input_scale: elu_slope(g, x, alpha, scale, input_scale))
def elu(xp, x, *, alpha=1.0, scale=1.0, input_scale=1.0):
    """x where it is positive, else alpha (e ** x - 1).

    Source: Clevert et al. 2015, https://arxiv.org/abs/1511.07289
    """
    errors.check_floating(x, "elu")
    return elu_of(xp, x, alpha, scale, input_scale)


# ------------------------------------------------------------------ softmax


def _shifted(xp, x, dim):
    """x minus its largest along `dim`, so that no exponential overflows."""
    at = errors.wrap_dim(dim, x.ndim)
    if not x.ndim:
        return xp.zeros((), x.dtype) * x, ()
    return x - xp.maximum.reduce(x, axis=at, keepdims=True), at


@fused(
    lambda g, out, dim: out * (g - sum(out * g, dim=dim, keepdim=True)),
    like=lambda x, dim: exp(x) / sum(exp(x), dim=dim, keepdim=True),
)
def softmax(xp, x, *, dim):
    """e ** x over its sum along `dim`."""
    errors.check_floating(x, "softmax")
    if not x.size:
        return x.copy()
    out, at = _shifted(xp, x, dim)
    out = xp.exp(out)
    out /= xp.add.reduce(out, axis=at, keepdims=True)
    return out


@fused(
    lambda g, out, dim: g - exp(out) * sum(g, dim=dim, keepdim=True),
    like=lambda x, dim: x - log(sum(exp(x), dim=dim, keepdim=True)),
)
def log_softmax(xp, x, *, dim):
    """x - log(sum(e ** x)) along `dim`."""
    errors.check_floating(x, "log_softmax")
    if not x.size:
        return x.copy()
    out, at = _shifted(xp, x, dim)
    out -= xp.log(xp.add.reduce(xp.exp(out), axis=at, keepdims=True))
    return out


# ------------------------------------------------------------------ losses


def reduced(x, reduction):
    """`x` summed, averaged or left as it is. Raises: ValueError for another `reduction`."""
    if reduction == "mean":
        return mean(x)
    if reduction == "sum":
        return sum(x)
    check_reduction(reduction)
    return x


def check_reduction(reduction):
    """Raise ValueError unless `reduction` is 'mean', 'sum' or 'none'."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"expected reduction 'none', 'mean' or 'sum', got {reduction!r}")


def _share(g, x_shape, reduction):
    """What each element of a loss of `x_shape` gets of the gradient of the reduced loss."""
    if reduction != "mean":
        return g
    count = 1
    for n in x_shape:
        count *= n
    return g / count if count else g * float("nan")


def _mse_rule(g, x, y, reduction):
    apart = x - y
    return apart * (_share(g, apart.shape, reduction) * 2)


def _reduce_array(xp, x, reduction):
    if reduction == "none":
        return x
    total = xp.add.reduce(x, axis=None)
    if reduction == "mean":
        errors.check_floating(x, "mean", RuntimeError)
        return total / x.dtype.type(x.size)
    check_reduction(reduction)
    return total


@elementwise(
    (_mse_rule, lambda g, x, y, reduction: -_mse_rule(g, x, y, reduction)),
    like=lambda x, y, reduction="mean": reduced((x - y) * (x - y), reduction),
    kind="fused",
)
def mse_loss(xp, x, y, *, reduction="mean"):
    """(x - y) ** 2, averaged, summed or as it is."""
    errors.check_floating(x, "mse_loss")
    return _reduce_array(xp, xp.square(x - y), reduction)


def _l1_rule(g, x, y, reduction):
    apart = sign(x - y)
    return apart * _share(g, apart.shape, reduction)


@elementwise(
    (_l1_rule, lambda g, x, y, reduction: -_l1_rule(g, x, y, reduction)),
    like=lambda x, y, reduction="mean": reduced(abs(x - y), reduction),
    torch_name=lambda node: "MeanBackward0" if node.shape == () else "AbsBackward0",
    kind="fused",
)
def l1_loss(xp, x, y, *, reduction="mean"):
    """|x - y|, averaged, summed or as it is."""
    return _reduce_array(xp, xp.absolute(x - y), reduction)


def _class_index(xp, target, classes, ignore_index):
    """(target with ignored places made 0, which places count), checked."""
    counts = target != ignore_index
    wrong = counts & ((target < 0) | (target >= classes))
    if wrong.any():
        raise IndexError(
            f"nll_loss: expected targets in [0, {classes}), got {target[wrong].flat[0]}"
        )
    return (target, None) if counts.all() else (xp.where(counts, target, 0), counts)


def _class_weights(xp, target, counts, weight, dtype):
    """The weight of each place, None where all are 1."""
    if weight is None:
        return None if counts is None else counts.astype(dtype)
    chosen = weight[target]
    return chosen if counts is None else xp.where(counts, chosen, weight.dtype.type(0))


@fused(
    (
        lambda g, x_shape, target, weight, ignore_index, reduction: nll_grad(
            g, target, weight, size=x_shape, ignore_index=ignore_index, reduction=reduction
        ),
        None,
        None,
    )
)
def nll_loss(xp, x, target, weight=None, *, ignore_index=-100, reduction="mean"):
    """-weight[target] x[target], averaged by weight, summed or as it is; x are log-probabilities.

    Shape: (N, C, *), (N, *) -> () or (N, *); also (C), () -> ()
    Raises: IndexError for a target that is no class, RuntimeError for other sizes or dtypes.
    """
    _check_target(x, target, weight)
    at = 1 if x.ndim > 1 else 0
    target, counts = _class_index(xp, target, x.shape[at], ignore_index)
    picked = xp.take_along_axis(x, xp.expand_dims(target, at), at).squeeze(at)
    weights = _class_weights(xp, target, counts, weight, x.dtype)
    losses = -picked if weights is None else -picked * weights
    if counts is not None:
        losses = xp.where(counts, losses, x.dtype.type(0))  # -inf of another class times 0 is NaN
    if reduction == "none":
        return losses
    total = xp.add.reduce(losses, axis=None)
    if reduction == "mean":
        return total / (x.dtype.type(target.size) if weights is None else weights.sum())
    check_reduction(reduction)
    return total


def _check_target(x, target, weight):
    classes = x.shape[1 if x.ndim > 1 else 0] if x.ndim else 0
    if target.dtype != "int64":
        if target.dtype == "uint8":
            return
        raise RuntimeError(
            f"nll_loss: expected targets of torch.int64, got {errors.name_of(target.dtype)}"
        )
    if not x.ndim:
        raise ValueError("nll_loss: expected an input (N, C, *) or (C), got one without dimensions")
    expected = (x.shape[0], *x.shape[2:]) if x.ndim > 1 else ()
    if target.shape != expected:
        raise (RuntimeError if target.shape[:1] == expected[:1] else ValueError)(
            f"nll_loss: expected target of shape {list(expected)} for input of shape "
            f"{list(x.shape)}, got {list(target.shape)}"
        )
    if weight is not None and weight.shape != (classes,):
        raise RuntimeError(
            f"nll_loss: expected a weight for each of the {classes} classes, got shape "
            f"{list(weight.shape)}"
        )


@fused(
    (
        lambda g, target, weight, ignore_index, reduction: nll_loss(
            g, target, weight, ignore_index=ignore_index, reduction=reduction
        ),
        None,
        None,
    )
)
def nll_grad(xp, x, target, weight=None, *, size, ignore_index, reduction):
    """The adjoint of nll_loss, which is linear: `x` (the gradient) put at the target classes."""
    at = 1 if len(size) > 1 else 0
    target, counts = _class_index(xp, target, size[at], ignore_index)
    weights = _class_weights(xp, target, counts, weight, x.dtype)
    share = -x
    if reduction == "mean":
        share = share / (x.dtype.type(target.size) if weights is None else weights.sum())
    if weights is not None:
        share = share * weights
    if counts is not None:
        share = xp.where(counts, share, x.dtype.type(0))  # 0 / 0 where nothing counts
    out = xp.zeros(size, x.dtype)
    xp.put_along_axis(out, xp.expand_dims(target, at), _at_class(xp, share, target, at), at)
    return out


def _at_class(xp, share, target, at):
    return xp.expand_dims(xp.broadcast_to(share, target.shape), at)


_LEAST = 9.999999960041972e-13  # 1e-12 in float32, also where torch computes in float64


def _bce_rule(g, x, y):
    return g * (x - y) / clamp(x * (1 - x), min=_LEAST)


@elementwise((_bce_rule, lambda g, x: g * (log1p(-x) - log(x))), floats=True)
def bce(xp, x, y):
    """-(y log(x) + (1 - y) log(1 - x)), logarithms not below -100; the slope at 0 and 1 finite."""
    return -(y * xp.maximum(xp.log(x), -100) + (1 - y) * xp.maximum(xp.log1p(-x), -100))


def _bce_logits_like(x, y, weight=None, pos_weight=None, reduction="mean"):
    p = sigmoid(x)
    positive = log(p) * y if pos_weight is None else log(p) * y * pos_weight
    losses = -(positive + log(1 - p) * (1 - y))
    return reduced(losses if weight is None else losses * weight, reduction)


def _bce_logits_joint(g, x, y, weight, pos_weight, reduction, needs):
    p = sigmoid(x)
    g = _share(g, (p - y).shape, reduction)
    if weight is not None:
        g = g * weight
    if pos_weight is None:
        gx, gy = g * (p - y), -g * x
    else:
        w = (pos_weight - 1) * y + 1
        gx = g * (w * (p - 1) + (1 - y))
        gy = g * ((pos_weight - 1) * softplus(-x, threshold=float("inf")) - x)
    return gx, (gy if needs[1] else None), None, None


@elementwise(
    joint=_bce_logits_joint,
    like=_bce_logits_like,
    kind="fused",
    torch_name="BinaryCrossEntropyWithLogitsBackward0",
)
def bce_with_logits(xp, x, y, weight=None, pos_weight=None, *, reduction="mean"):
    """Cross-entropy of sigmoid(x) against y in [0, 1]: (1 - y) x + w log(1 + e ** -x)."""
    soft = xp.maximum(-x, 0) + xp.log1p(xp.exp(-xp.absolute(x)))
    losses = (1 - y) * x
    losses = losses + (soft if pos_weight is None else ((pos_weight - 1) * y + 1) * soft)
    return _reduce_array(xp, losses if weight is None else losses * weight, reduction)
