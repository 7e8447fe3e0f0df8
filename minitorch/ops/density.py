"""Logarithms of probabilities, each in one row: on small tensors the calls are the cost."""

from __future__ import annotations

from math import log, pi

from minitorch.errors import check_floating
from minitorch.ops import elementwise as ew
from minitorch.ops.elementwise import gate
from minitorch.ops.shape import unsqueeze
from minitorch.primitive import elementwise, fused
from minitorch.primitive import index as index_row


def _away(x, loc, scale):
    return (x - loc) / scale / scale


def _normal_density(x, loc, scale):
    z = (x - loc) / scale
    return z * z * -0.5 - ew.log(scale) - log(2 * pi) / 2


def _scale_rule(g, x, loc, scale):
    z = (x - loc) / scale
    return g * ((z * z - 1) / scale)


@elementwise(
    (
        lambda g, x, loc, scale: -g * _away(x, loc, scale),
        lambda g, x, loc, scale: g * _away(x, loc, scale),
        _scale_rule,
    ),
    floats=True,
    like=_normal_density,
)
def normal_density(xp, x, loc, scale):
    """-z**2 / 2 - log(scale) - log(2 pi) / 2 for z = (x - loc) / scale."""
    z = (x - loc) / scale
    z *= z
    z *= -0.5
    z -= xp.log(scale)
    z -= log(2 * pi) / 2
    return z


def _rows(x, index):
    """`x` as rows, and the places of `index` in them. Raises: RuntimeError for one outside."""
    n, flat = x.shape[-1], index.reshape(-1)
    if flat.size and not 0 <= flat.min() <= flat.max() < n:
        raise RuntimeError(f"expected indices from 0 to {n - 1}, got {flat.min()} to {flat.max()}")
    return x.reshape(-1, n), flat


@index_row((lambda g, index, x_shape: unchosen(g, index, n=x_shape[-1]), None))
def chosen(xp, x, index):
    """x[..., index], an index for each row of the last axis."""
    rows, at = _rows(x, index)
    return rows[xp.arange(at.size), at].reshape(index.shape)


@index_row((lambda g, index: chosen(g, index), None))
def unchosen(xp, g, index, *, n):
    """Rows of n zeros but for g at `index`: the adjoint of `chosen`."""
    out = xp.zeros((*index.shape, n), g.dtype)
    rows, at = _rows(out, index)
    rows[xp.arange(at.size), at] = g.reshape(-1)
    return out


def _lowest(logits):
    """Logits without -inf, so that 0 times it is 0."""
    return ew.clamp(logits, min=_FINITE[logits.dtype.itemsize])


_FINITE = {2: -65504.0, 4: -3.4028234663852886e38, 8: -1.7976931348623157e308}


def _choice_entropy(logits, probs):
    return -(_lowest(logits) * probs).sum(-1)


def _logits_rule(g, logits, probs):
    return gate(-unsqueeze(g, dim=-1) * probs, logits >= _FINITE[logits.dtype.itemsize])


@fused(
    (_logits_rule, lambda g, logits: -unsqueeze(g, dim=-1) * _lowest(logits)),
    like=_choice_entropy,
)
def choice_entropy(xp, logits, probs):
    """-sum of p log p along the last axis; 0 log 0 is 0."""
    check_floating(logits, "choice_entropy", TypeError)
    return -(xp.maximum(logits, logits.dtype.type(_FINITE[logits.dtype.itemsize])) * probs).sum(-1)
