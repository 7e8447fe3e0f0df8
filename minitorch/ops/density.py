"""Logarithms of probabilities, each in one row: on small tensors the calls are the cost."""

from __future__ import annotations

from math import log, pi

from minitorch.errors import check_floating
from minitorch.ops import elementwise as ew
from minitorch.ops.elementwise import gate
from minitorch.ops.shape import unsqueeze
from minitorch.primitive import elementwise, fused


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
