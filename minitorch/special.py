"""torch.special: functions of mathematics, most of them under a second name.

>>> import minitorch as torch
>>> torch.special.expit(torch.tensor([0.0, 2.0]))
tensor([0.5000, 0.8808])
"""

from minitorch.ops.composite import log_softmax, softmax
from minitorch.ops.elementwise import erf, expm1, log1p, round
from minitorch.ops.elementwise import sigmoid as expit
from minitorch.ops.reduce import logsumexp
from minitorch.ops.special import (
    digamma,
    entr,
    erfc,
    erfcx,
    erfinv,
    exp2,
    i0,
    i0e,
    i1,
    i1e,
    log_ndtr,
    logit,
    ndtr,
    polygamma,
    sinc,
    xlog1py,
    xlogy,
    zeta,
)
from minitorch.ops.special import digamma as psi
from minitorch.ops.special import igamma as gammainc
from minitorch.ops.special import igammac as gammaincc
from minitorch.ops.special import lgamma as gammaln
from minitorch.ops.special import mvlgamma as multigammaln

__all__ = [
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammainc",
    "gammaincc",
    "gammaln",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "log1p",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "multigammaln",
    "ndtr",
    "polygamma",
    "psi",
    "round",
    "sinc",
    "softmax",
    "xlog1py",
    "xlogy",
    "zeta",
]
