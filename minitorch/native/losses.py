"""Losses of a difference and of probabilities, on the kernels of activations.c."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch.backend import xp

from .elementwise import enter_pair, layout, run
from .table import c, forward, joint, rule

if TYPE_CHECKING:
    from collections.abc import Callable

_LEAST = 4096  # elements; NumPy takes few passes

__all__: list[str] = []

_ndarray = xp.ndarray


def _reduced(name: str, operands: tuple, numbers: tuple, reduction: Any) -> Any:
    """The losses that the kernel `name` makes, averaged or summed as they are made."""
    arrays = [x for x in operands if type(x) is _ndarray]
    first = arrays[0]
    if reduction == "none":
        return run(name, operands, numbers, follows=False)
    if reduction not in ("mean", "sum") or any(x.dtype is not first.dtype for x in arrays):
        return NotImplemented
    given = [x for x in operands if type(x) is not _ndarray]
    shape, told = first.shape, (0,)
    if not all(x.shape == shape and x.flags.c_contiguous for x in arrays):
        shape, told = layout(arrays)
    size = 1
    for n in shape:
        size *= n
    if not told or not size:
        return NotImplemented
    out = xp.empty((), first.dtype)
    call = [x if type(x) is _ndarray else None for x in operands]
    share = 1 / size if reduction == "mean" else 1.0
    if getattr(c, f"{name}_sum")(*call, out, size, told, *given, *numbers, share):
        return NotImplemented
    return out[()]


def _share(g: Any, operands: tuple, reduction: Any) -> Any:
    """What each loss gets of the gradient: a number, or g itself where nothing is reduced."""
    if reduction == "none":
        return g
    size = 1
    for n in layout(list(operands))[0]:
        size *= n
    return float(g) / size if reduction == "mean" and size else float(g)


def _differ(row: str, name: str, numbers: Callable, slope: Callable) -> None:
    """Enter a loss of x - y: `numbers` for the loss and `slope` for its rule, by parameters.

    `slope` takes 1 for the rule of x, -1 for that of y.
    """

    def loss(xp: Any, x: Any, y: Any, *, reduction: Any = "mean", **parameters: Any) -> Any:
        if type(x) is not _ndarray or type(y) is not _ndarray:
            return NotImplemented
        return _reduced(name, (x, y), numbers(*parameters.values()), reduction)

    def of_x(g: Any, x: Any, y: Any, reduction: Any, *parameters: Any) -> Any:
        return back(g, x, y, reduction, slope(1.0, *parameters))

    def of_y(g: Any, x: Any, y: Any, reduction: Any, *parameters: Any) -> Any:
        return back(g, x, y, reduction, slope(-1.0, *parameters))

    def back(g: Any, x: Any, y: Any, reduction: Any, given: tuple) -> Any:
        if type(x) is not _ndarray or type(y) is not _ndarray:
            return NotImplemented
        return run(f"{name}_rule", (_share(g, (x, y), reduction), x, y), given, follows=False)

    forward(row, least=_LEAST)(loss)
    rule(row, 0, least=_LEAST)(of_x)
    rule(row, 1, least=_LEAST)(of_y)


_differ("mse_loss", "mse", lambda: (), lambda sign: (2 * sign,))
_differ("l1_loss", "l1", lambda: (), lambda sign: (sign,))
_differ(
    "huber",
    "huber",
    lambda width=1.0: (float(width), 1.0),
    lambda sign, width: (float(width), sign),
)
_differ(
    "smooth_l1",
    "huber",
    lambda width=1.0: (float(width), float(width)),
    lambda sign, width: (float(width), sign * width),
)

enter_pair("bce", _LEAST)


@rule("bce", 0, least=_LEAST)
def bce_input(g: Any, x: Any, y: Any) -> Any:
    return run("bce_rule", (g, x, y), follows=False)


@forward("bce_with_logits", least=_LEAST)
def bce_with_logits(
    xp: Any, x: Any, y: Any, weight: Any = None, pos_weight: Any = None, *, reduction: Any = "mean"
) -> Any:
    if weight is not None:
        return NotImplemented
    positive = 1.0 if pos_weight is None else pos_weight
    return _reduced("bce_logits", (x, y, positive), (), reduction)


@joint("bce_with_logits", least=_LEAST)
def bce_with_logits_joint(
    g: Any, x: Any, y: Any, weight: Any, pos_weight: Any, reduction: Any, needs: Any
) -> Any:
    if weight is not None or pos_weight is not None:
        return NotImplemented
    share = _share(g, (x, y), reduction)
    gx = run("bce_logits_rule", (share, x, y), follows=False)
    if gx is NotImplemented or not needs[1]:
        return gx if gx is NotImplemented else (gx, None, None, None)
    return gx, -share * x, None, None


def _divergence(log_target: bool) -> str:
    return "divergence_of_logs" if log_target else "divergence"


@forward("divergence", least=_LEAST)
def divergence(xp: Any, x: Any, y: Any, *, log_target: bool = False) -> Any:
    return run(_divergence(log_target), (x, y))


@rule("divergence", 0, least=_LEAST)
def divergence_input(g: Any, y: Any, log_target: bool) -> Any:
    return run(f"{_divergence(log_target)}_rule", (g, y), follows=False)
