"""Adafactor: mean squares kept as the product of a column and a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor, wrap
from minitorch.backend import xp
from minitorch.optim._rules import check_hyperparameters, descent, empty_like, number
from minitorch.optim.optimizer import Optimizer

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Adafactor"]


def adafactor(
    xp: Any,
    p: Any,
    g: Any,
    rows: Any,
    columns: Any,
    v: Any,
    t: float,
    lr: float,
    beta2_decay: float,
    eps: tuple[float, float],
    d: float,
    weight_decay: float,
    maximize: bool,
) -> None:
    """p ← p (1 - lr weight_decay) - α u / max(1, rms(u) / d) in step t, where::

    g ← -g                          if maximize
    β = t^beta2_decay               ρ = min(lr, 1 / √t)
    α = ρ max(ε₂, rms(p))           u = g / √max(ε₁², v)
    rows ← rows + β (mean(g², -1) - rows),  columns ← columns + β (mean(g², -2) - columns),
    v = rows columns / max(ε₁, mean(rows))          for two dimensions or more
    v ← v + β (g² - v)                              else; rows and columns are then None
    """
    g = descent(xp, (None, None), p, g, None, maximize)
    beta = t**beta2_decay
    size = min(lr, 1 / t**0.5) * max(eps[1], _rms(xp, p))
    if weight_decay:
        xp.multiply(p, p.dtype.type(1 - lr * weight_decay), p)
    u = xp.multiply(g, g, xp.empty_like(g))  # an array also where p is 0-d
    if v is None:
        for mean, axis in ((rows, -1), (columns, -2)):
            mean += (xp.add.reduce(u, axis, keepdims=True) / g.shape[axis] - mean) * beta
        floor = p.dtype.type(eps[0])
        xp.multiply(rows, columns / xp.maximum(rows.mean(-2, keepdims=True), floor), out=u)
    else:
        v += (u - v) * beta
        xp.copyto(u, v)
    xp.divide(g, xp.sqrt(xp.maximum(u, p.dtype.type(eps[0] ** 2), out=u), out=u), out=u)
    xp.multiply(u, p.dtype.type(size / max(1.0, _rms(xp, u) / d)), out=u)
    xp.subtract(p, u, p)


def _rms(xp: Any, x: Any) -> float:
    flat = x.reshape(-1)
    return float(xp.sqrt(flat.dot(flat))) / x.size**0.5


class Adafactor(Optimizer):
    """Adafactor: n + m numbers of state for a matrix of n times m, the update of `adafactor`.

    `eps` is (ε₁, ε₂); None for ε₁ is the eps of the parameter's dtype.

    Raises: ValueError for a negative value, beta2_decay above 0, and d below 1.
    Source: Shazeer & Stern 2018, algorithms 4 and 5.
    Differs: `foreach` chooses nothing, there is one implementation.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        check_hyperparameters(defaults, "weight_decay")
        if not beta2_decay <= 0:
            raise ValueError(f"beta2_decay: expected a value <= 0, got {beta2_decay}")
        for i in (0, 1):
            if eps[i] is not None and not eps[i] >= 0:
                raise ValueError(f"eps[{i}]: expected a value >= 0, got {eps[i]}")
        if not d >= 1:
            raise ValueError(f"d: expected a value >= 1, got {d}")
        super().__init__(params, defaults)

    def _start(self, p: Tensor, state: dict[str, Any]) -> None:
        state["step"] = number(0.0)
        shape = p._array.shape
        if len(shape) > 1:
            state["row_var"] = wrap(xp.zeros((*shape[:-1], 1), p._array.dtype))
            state["col_var"] = wrap(xp.zeros((*shape[:-2], 1, shape[-1]), p._array.dtype))
        else:
            state["variance"] = empty_like(p)
            state["variance"]._array.fill(0)

    def _update_group(self, group: dict[str, Any]) -> None:
        settings = (group["d"], float(group["weight_decay"]), group["maximize"])
        lr, decay, (eps1, eps2) = float(group["lr"]), group["beta2_decay"], group["eps"]
        for p in group["params"]:
            if p._grad is None:
                continue
            array, state = p._array, self.state[p]
            if not state:
                self._start(p, state)
            step = state["step"]._array
            step += 1
            names = ("row_var", "col_var", "variance")
            averages = [state[name]._array if name in state else None for name in names]
            eps = (float(xp.finfo(array.dtype).eps) if eps1 is None else eps1, eps2)
            adafactor(xp, array, p._grad._array, *averages, step.item(), lr, decay, eps, *settings)
            p._cell[0] += 1
