"""Adamax: Adam with the largest recent gradient instead of a mean square."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch.backend import xp
from minitorch.optim._lists import functional
from minitorch.optim._rules import (
    RuleOptimizer,
    check_betas,
    check_hyperparameters,
    descent,
    lerp,
    scalars,
    weights,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Adamax", "adamax"]


def adamax_rule(
    xp: Any,
    scratch: Any,
    p: Any,
    g: Any,
    m: Any,
    u: Any,
    step_size: Any,
    from_g: Any,
    keep_m: Any,
    beta2: Any,
    eps: Any,
    weight_decay: Any,
    maximize: bool,
) -> None:
    """p ← p - lr / (1 - β₁ᵗ) m / u after step t, where::

        g ← -g                          if maximize
        g ← g + weight_decay p          if weight_decay
        m ← m + (1 - β₁) (g - m)
        u ← max(β₂ u, |g| + eps)

    The constants: step_size = lr / (1 - β₁ᵗ), from_g = 1 - β₁, keep_m as in `lerp`.
    """
    a, b = scratch
    g = descent(xp, scratch, p, g, weight_decay, maximize)
    lerp(xp, b, m, g, from_g, keep_m)
    xp.multiply(u, beta2, u)
    xp.maximum(u, xp.add(xp.abs(g, b), eps, b), out=u)
    xp.subtract(p, xp.divide(xp.multiply(m, step_size, a), u, a), p)


class Adamax(RuleOptimizer):
    """Adamax: Adam in the infinity norm, the update of `adamax_rule`.

    Raises: ValueError for a negative value, and for betas outside [0, 1).
    Source: Kingma & Ba 2015, algorithm 2.
    Differs: `foreach` chooses nothing, there is one implementation.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        check_hyperparameters(defaults, "eps", "weight_decay")
        check_betas(betas)
        super().__init__(params, defaults)

    _rule = staticmethod(adamax_rule)

    def _averages(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return "exp_avg", "exp_inf"

    def _constants(self, group: dict[str, Any], dtype: Any, t: float) -> tuple:
        beta1, beta2 = group["betas"]
        return (
            xp.asarray(float(group["lr"]) / (1 - beta1**t), dtype),
            *scalars(dtype, *weights(beta1), beta2, group["eps"], group["weight_decay"] or None),
            group["maximize"],
        )


adamax = functional(Adamax, "exp_avgs=exp_avg exp_infs=exp_inf state_steps=step")
