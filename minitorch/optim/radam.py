"""RAdam: Adam whose scaling begins when it can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch.backend import xp
from minitorch.optim._lists import functional
from minitorch.optim._rules import (
    RuleOptimizer,
    check_betas,
    check_hyperparameters,
    decays,
    descent,
    lerp,
    mean_square,
    scalars,
    weights,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["RAdam", "radam"]


def radam_rule(
    xp: Any,
    scratch: Any,
    p: Any,
    g: Any,
    m: Any,
    v: Any,
    step_size: Any,
    scaled: bool,
    from_g: Any,
    keep_m: Any,
    beta2: Any,
    from_g2: Any,
    eps: Any,
    weight_decay: Any,
    shrink: Any,
    maximize: bool,
) -> None:
    """p ← p - lr m̂ r √(1 - β₂ᵗ) / (√v + eps) after step t, or p - lr m̂ while ρ ≤ 5, where::

        g ← -g                              if maximize
        p ← p (1 - lr weight_decay)         if decoupled, else
        g ← g + weight_decay p              if weight_decay
        m ← m + (1 - β₁) (g - m)            m̂ = m / (1 - β₁ᵗ)
        v ← β₂ v + (1 - β₂) g²
        ρ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ)        ρ∞ = 2 / (1 - β₂) - 1
        r² = (ρ - 4)(ρ - 2) ρ∞ / ((ρ∞ - 4)(ρ∞ - 2) ρ)

    step_size is all that multiplies m; `scaled` says whether ρ > 5.
    """
    a, b = scratch
    if shrink is not None:
        xp.multiply(p, shrink, p)
    g = descent(xp, scratch, p, g, weight_decay, maximize)
    lerp(xp, b, m, g, from_g, keep_m)
    mean_square(xp, b, v, g, beta2, from_g2)
    d = xp.multiply(m, step_size, a)
    if scaled:
        d = xp.divide(d, xp.add(xp.sqrt(v, b), eps, b), a)
    xp.subtract(p, d, p)


class RAdam(RuleOptimizer):
    """RAdam: Adam, rectified for the variance of its first mean squares, as `radam_rule` says.

    Raises: ValueError for a negative value, and for betas outside [0, 1).
    Source: Liu et al. 2020, algorithm 2; Loshchilov & Hutter 2019 (decoupled decay).
    Differs: `foreach` chooses nothing, there is one implementation.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        check_hyperparameters(defaults, "eps", "weight_decay")
        check_betas(betas)
        super().__init__(params, defaults)

    _rule = staticmethod(radam_rule)

    def _averages(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return "exp_avg", "exp_avg_sq"

    def _constants(self, group: dict[str, Any], dtype: Any, t: float) -> tuple:
        lr, (beta1, beta2) = float(group["lr"]), group["betas"]
        unbias = 1 - beta2**t
        last = 2 / (1 - beta2) - 1
        rho = last - 2 * t * beta2**t / unbias
        step_size = lr / (1 - beta1**t)
        if scaled := rho > 5.0:
            trust = (rho - 4) * (rho - 2) * last / ((last - 4) * (last - 2) * rho)
            step_size *= (trust * unbias) ** 0.5
        return (
            xp.asarray(step_size, dtype),
            scaled,
            *scalars(dtype, *weights(beta1), beta2, 1 - beta2, group["eps"]),
            *decays(dtype, lr, group),
            group["maximize"],
        )


radam = functional(RAdam, "exp_avgs=exp_avg exp_avg_sqs=exp_avg_sq state_steps=step")
