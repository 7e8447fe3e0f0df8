"""torch.signal.windows: weights for a stretch of a signal, that fall off towards both ends.

Each is given by its number of points `M`. A symmetric window (`sym=True`) includes both ends, a
periodic one leaves the last out. Computed in float64, then rounded to `dtype`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch import tapers
from minitorch._tensor import Tensor, leaf
from minitorch.row import named

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "bartlett",
    "blackman",
    "cosine",
    "exponential",
    "gaussian",
    "general_cosine",
    "general_hamming",
    "hamming",
    "hann",
    "kaiser",
    "nuttall",
]


def _made(
    name: str,
    formula: Any,
    M: int,
    how: tuple = (),
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    kind = tapers.checked(name, M, dtype, layout, device)
    how = (*how, kind) if formula is tapers.bessel else how
    return leaf(tapers.sampled(formula, M, sym, *how).astype(kind), requires_grad)


def _fixed(name: str, formula: Any, how: tuple, summary: str) -> Any:
    """torch.signal's window `name`, which has no parameters."""

    def window(
        M: int,
        *,
        sym: bool = True,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        place = {"layout": layout, "device": device}
        return _made(name, formula, M, how, sym=sym, dtype=dtype, requires_grad=requires_grad,
                     **place)  # fmt: skip

    return named(window, name, summary)


bartlett = _fixed("bartlett", tapers.triangle, (), "1 - |2n / last - 1|, a triangle.")
blackman = _fixed("blackman", tapers.cosines, (tapers.BLACKMAN,), "0.42 - 0.5 cos t + 0.08 cos 2t.")
cosine = _fixed("cosine", tapers.sine, (), "sin(pi (n + 1/2) / (last + 1)).")
hamming = _fixed("hamming", tapers.cosines, ((0.54, 0.46),), "0.54 - 0.46 cos t.")
hann = _fixed("hann", tapers.cosines, ((0.5, 0.5),), "(1 - cos t) / 2.")
nuttall = _fixed("nuttall", tapers.cosines, (tapers.NUTTALL,), "Nuttall's four cosines.")


def exponential(
    M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True, **how: Any
) -> Tensor:
    """exp(-|n - center| / tau), the center in the middle unless given.

    Raises: ValueError for tau of 0 or less, or a center of a symmetric window.
    """
    if tau <= 0:
        raise ValueError(f"exponential: expected tau above 0, got {tau}")
    if sym and center is not None:
        raise ValueError(f"exponential: expected no center of a symmetric window, got {center}")
    return _made("exponential", tapers.decay, M, (center, tau), sym=sym, **how)


def gaussian(M: int, *, std: float = 1.0, sym: bool = True, **how: Any) -> Tensor:
    """exp(-((n - middle) / std)**2 / 2). Raises: ValueError for a std of 0 or less."""
    if std <= 0:
        raise ValueError(f"gaussian: expected std above 0, got {std}")
    return _made("gaussian", tapers.bell, M, (std,), sym=sym, **how)


def general_cosine(M: int, *, a: Iterable, sym: bool = True, **how: Any) -> Tensor:
    """a0 - a1 cos t + a2 cos 2t - ..., t = 2 pi n / last.

    Raises: TypeError unless `a` is a sequence, ValueError for an empty one.
    """
    if not hasattr(a, "__iter__"):
        raise TypeError(f"general_cosine: expected a sequence of numbers, got {type(a).__name__}")
    weights = tuple(a)
    if not weights:
        raise ValueError("general_cosine: expected at least one number, got none")
    return _made("general_cosine", tapers.cosines, M, (weights,), sym=sym, **how)


def general_hamming(M: int, *, alpha: float = 0.54, sym: bool = True, **how: Any) -> Tensor:
    """alpha - (1 - alpha) cos t."""
    weights = (alpha, 1.0 - alpha)
    return _made("general_hamming", tapers.cosines, M, (weights,), sym=sym, **how)


def kaiser(M: int, *, beta: float = 12.0, sym: bool = True, **how: Any) -> Tensor:
    """I0(beta sqrt(1 - (2n / last - 1)**2)) / I0(beta). Raises: ValueError for a negative beta."""
    if beta < 0:
        raise ValueError(f"kaiser: expected beta of at least 0, got {beta}")
    return _made("kaiser", tapers.bessel, M, (beta,), sym=sym, **how)
