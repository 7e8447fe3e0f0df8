"""Adadelta: steps as large as recent steps were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch.optim._lists import functional
from minitorch.optim._rules import (
    RuleOptimizer,
    check_hyperparameters,
    descent,
    mean_square,
    scalars,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Adadelta", "adadelta"]


def adadelta_rule(
    xp: Any,
    scratch: Any,
    p: Any,
    g: Any,
    v: Any,
    u: Any,
    lr: Any,
    rho: Any,
    rest: Any,
    eps: Any,
    weight_decay: Any,
    maximize: bool,
) -> None:
    """p ← p - lr d, where::

        g ← -g                          if maximize
        g ← g + weight_decay p          if weight_decay
        v ← ρ v + (1 - ρ) g²
        d ← g √(u + eps) / √(v + eps)
        u ← ρ u + (1 - ρ) d²

    rest = 1 - ρ.
    """
    a, b = scratch
    g = descent(xp, scratch, p, g, weight_decay, maximize)
    mean_square(xp, b, v, g, rho, rest)
    d = xp.divide(g, xp.sqrt(xp.add(v, eps, b), b), b)
    d = xp.multiply(d, xp.sqrt(xp.add(u, eps, a), a), b)
    mean_square(xp, a, u, d, rho, rest)
    xp.subtract(p, xp.multiply(d, lr, a), p)


class Adadelta(RuleOptimizer):
    """Adadelta: the gradient in units of recent steps over recent gradients, see `adadelta_rule`.

    Raises: ValueError for a negative value, and for rho above 1.
    Source: Zeiler 2012, algorithm 1.
    Differs: `foreach` chooses nothing, there is one implementation.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        check_hyperparameters(defaults, "rho", "eps", "weight_decay")
        if rho > 1:
            raise ValueError(f"rho: expected a value in [0, 1], got {rho}")
        super().__init__(params, defaults)

    _rule = staticmethod(adadelta_rule)

    def _averages(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return "square_avg", "acc_delta"

    def _constants(self, group: dict[str, Any], dtype: Any, t: float) -> tuple:
        rho, decay = group["rho"], group["weight_decay"] or None
        return (
            *scalars(dtype, float(group["lr"]), rho, 1 - rho, group["eps"], decay),
            group["maximize"],
        )


adadelta = functional(Adadelta, "square_avgs=square_avg acc_deltas=acc_delta state_steps=step")
