"""Window functions: weights that fall off towards both ends, as formulas on arrays.

torch has them twice: as `torch.hann_window` and its kin, here, and in `torch.signal.windows`.
"""

from __future__ import annotations

import math
from typing import Any

from . import dtypes
from ._tensor import Tensor, leaf
from .backend import xp
from .dtypes import get_default_dtype, to_numpy
from .ops._dims import whole
from .row import named
from .sized import require_place

__all__ = [
    "bartlett_window",
    "blackman_window",
    "hamming_window",
    "hann_window",
    "kaiser_window",
]

BLACKMAN = (0.42, 0.5, 0.08)
NUTTALL = (0.3635819, 0.4891775, 0.1365995, 0.0106411)


def cosines(n: Any, last: int, weights: Any) -> Any:
    """a0 - a1 cos t + a2 cos 2t - ..., t = 2 pi n / last."""
    angle = n * (2 * math.pi / last)
    return sum((-1) ** k * a * xp.cos(k * angle) for k, a in enumerate(weights))


def triangle(n: Any, last: int) -> Any:
    """1 - |2n / last - 1|."""
    return 1 - xp.abs(2 * n / last - 1)


def sine(n: Any, last: int) -> Any:
    """sin(pi (n + 1/2) / (last + 1))."""
    return xp.sin(math.pi * (n + 0.5) / (last + 1))


def decay(n: Any, last: int, center: float | None, tau: float) -> Any:
    """exp(-|n - center| / tau), the center in the middle unless given."""
    return xp.exp(-xp.abs(n - (last / 2 if center is None else center)) / tau)


def bell(n: Any, last: int, std: float) -> Any:
    """exp(-((n - last / 2) / std)**2 / 2)."""
    return xp.exp(-0.5 * ((n - last / 2) / std) ** 2)


def bessel(n: Any, last: int, beta: float, kind: Any = xp.float64) -> Any:
    """I0(beta sqrt(1 - (2n / last - 1)**2)) / I0(beta).

    Both are infinite where e**x, torch's factor of them, is infinite in `kind`.
    """
    inside = xp.maximum(1 - (2 * n / last - 1) ** 2, 0)
    above, below = (
        xp.where(xp.isinf(xp.exp(x.astype(kind))), math.inf, xp.i0(x))
        for x in (beta * xp.sqrt(inside), xp.asarray(float(beta)))
    )
    return above / below


def sampled(formula: Any, length: int, symmetric: bool, *how: Any) -> Any:
    """`formula` at `length` points: both ends included, or the last one of them left out.

    Computed in float64; a window of one point is 1.
    """
    if length < 2:
        return xp.ones(length)
    return formula(xp.arange(length, dtype=xp.float64), length - bool(symmetric), *how)


def _window(name: str, formula: Any, names: tuple, defaults: tuple, summary: str) -> Any:
    """torch's function `name`; `formula(n, last, *parameters)` says the weights."""

    def window(
        window_length: int,
        periodic: bool = True,
        *parameters: Any,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        pin_memory: bool = False,
        requires_grad: bool = False,
        **by_name: Any,
    ) -> Tensor:
        require_place(device, layout, pin_memory)
        unknown = [n for n in by_name if n not in names[len(parameters) :]]
        if unknown or len(parameters) > len(names):
            raise TypeError(f"{name}() got an unexpected argument {(*unknown, *parameters)}")
        given = (*parameters, *defaults[len(parameters) :])
        given = tuple(by_name.get(n, value) for n, value in zip(names, given))
        (length,) = whole((window_length,), "window_length")
        if length < 0:
            raise RuntimeError(f"{name}: expected a length of at least 0, got {length}")
        kind = get_default_dtype() if dtype is None else dtype
        if not kind.is_floating_point:
            raise RuntimeError(f"{name}: expected a floating-point dtype, got {kind}")
        to = to_numpy(kind, name)
        given = (*given, to) if formula is bessel else given
        return leaf(sampled(formula, length, not periodic, *given).astype(to), requires_grad)

    return named(window, name, summary)


hann_window = _window(
    "hann_window", lambda n, last: cosines(n, last, (0.5, 0.5)), (), (), "(1 - cos t) / 2."
)
hamming_window = _window(
    "hamming_window",
    lambda n, last, *weights: cosines(n, last, weights),
    ("alpha", "beta"),
    (0.54, 0.46),
    "alpha - beta cos t.",
)
blackman_window = _window(
    "blackman_window",
    lambda n, last: cosines(n, last, BLACKMAN),
    (),
    (),
    "0.42 - 0.5 cos t + 0.08 cos 2t.",
)
bartlett_window = _window("bartlett_window", triangle, (), (), "1 - |2n / last - 1|, a triangle.")
kaiser_window = _window(
    "kaiser_window", bessel, ("beta",), (12.0,), "I0(beta sqrt(1 - (2n / last - 1)**2)) / I0(beta)."
)


def checked(name: str, M: int, dtype: Any, layout: Any, device: Any) -> Any:
    """The dtype of a window of torch.signal. Raises: ValueError for what it cannot be."""
    if layout is not None and repr(layout) != "torch.strided":
        raise ValueError(f"{name}: expected torch.strided, got {layout!r}")
    require_place(device, layout, False)
    kind = get_default_dtype() if dtype is None else dtype
    if kind not in (dtypes.float32, dtypes.float64):
        raise ValueError(f"{name}: expected torch.float32 or torch.float64, got {kind}")
    if whole((M,), "M")[0] < 0:
        raise ValueError(f"{name}: expected a length of at least 0, got {M}")
    return kind.np
