"""NAdam: Adam with Nesterov's momentum."""

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

__all__ = ["NAdam", "nadam"]


def nadam_rule(
    xp: Any,
    scratch: Any,
    p: Any,
    g: Any,
    m: Any,
    v: Any,
    g_size: Any,
    m_size: Any,
    v_scale: Any,
    from_g: Any,
    keep_m: Any,
    beta2: Any,
    from_g2: Any,
    eps: Any,
    weight_decay: Any,
    shrink: Any,
    maximize: bool,
) -> None:
    """p ← p - g_size g / (√v̂ + eps) - m_size m / (√v̂ + eps) after step t, where::

        g ← -g                              if maximize
        p ← p (1 - lr weight_decay)         if decoupled, else
        g ← g + weight_decay p              if weight_decay
        m ← m + (1 - β₁) (g - m)
        v ← β₂ v + (1 - β₂) g²              v̂ = v / (1 - β₂ᵗ)

    With μₜ = β₁ (1 - 0.96^(t momentum_decay) / 2) and M = μ₁ ⋯ μₜ the constants are
    g_size = lr (1 - μₜ) / (1 - M), m_size = lr μₜ₊₁ / (1 - M μₜ₊₁), v_scale = 1 - β₂ᵗ.
    """
    a, b = scratch
    if shrink is not None:
        xp.multiply(p, shrink, p)
    g = descent(xp, scratch, p, g, weight_decay, maximize)
    lerp(xp, b, m, g, from_g, keep_m)
    mean_square(xp, b, v, g, beta2, from_g2)
    d = xp.add(xp.sqrt(xp.divide(v, v_scale, b), b), eps, b)
    for direction, size in ((g, g_size), (m, m_size)):
        xp.subtract(p, xp.divide(xp.multiply(direction, size, a), d, a), p)


class NAdam(RuleOptimizer):
    """NAdam: Adam that looks one step of momentum ahead, the update of `nadam_rule`.

    Raises: ValueError for a negative value, and for betas outside [0, 1).
    Source: Dozat 2016, algorithm 8; Loshchilov & Hutter 2019 (decoupled decay).
    Differs: `foreach` chooses nothing, there is one implementation.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        check_hyperparameters(defaults, "eps", "weight_decay", "momentum_decay")
        check_betas(betas)
        super().__init__(params, defaults)

    _rule = staticmethod(nadam_rule)

    def _averages(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return "exp_avg", "exp_avg_sq"

    def _counts(self, group: dict[str, Any]) -> dict[str, float]:
        return {"step": 0.0, "mu_product": 1.0}

    def _advance(self, group: dict[str, Any], state: dict[str, Any]) -> tuple[float, float]:
        """Count the step; its number and the product of all μ."""
        t = super()._advance(group, state)
        product = state["mu_product"]._array
        product *= _momentum(group, t)
        return t, product.item()

    def _constants(self, group: dict[str, Any], dtype: Any, counts: tuple[float, float]) -> tuple:
        t, product = counts
        lr, (beta1, beta2) = float(group["lr"]), group["betas"]
        mu, following = _momentum(group, t), _momentum(group, t + 1)
        of_step = (
            lr * (1 - mu) / (1 - product),
            lr * following / (1 - product * following),
            1 - beta2**t,
        )
        return (
            *(xp.asarray(c, dtype) for c in of_step),
            *scalars(dtype, *weights(beta1), beta2, 1 - beta2, group["eps"]),
            *decays(dtype, lr, group),
            group["maximize"],
        )


def _momentum(group: dict[str, Any], t: float) -> float:
    return group["betas"][0] * (1 - 0.5 * 0.96 ** (t * group["momentum_decay"]))


nadam = functional(
    NAdam,
    "exp_avgs=exp_avg exp_avg_sqs=exp_avg_sq mu_products=mu_product state_steps=step",
)
