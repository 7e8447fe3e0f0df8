"""ASGD: stochastic gradient descent that averages the points it passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch.backend import xp
from minitorch.optim._lists import functional
from minitorch.optim._rules import RuleOptimizer, check_hyperparameters, descent, scalars

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ASGD", "asgd"]


def asgd_rule(
    xp: Any,
    scratch: Any,
    p: Any,
    g: Any,
    mean: Any,
    eta: Any,
    shrink: Any,
    mu: Any,
    weight_decay: Any,
    maximize: bool,
) -> None:
    """p ← (1 - λ η) p - η g, where::

        g ← -g                          if maximize
        g ← g + weight_decay p          if weight_decay
        mean ← mean + μ (p - mean)      afterwards; while μ = 1, given as None, mean ← p

    shrink = 1 - λ η. In step t + 1, η = lr / (1 + λ lr t)^α and μ = 1 / max(1, t - t₀).
    """
    a, b = scratch
    g = descent(xp, scratch, p, g, weight_decay, maximize)
    xp.multiply(p, shrink, p)
    xp.subtract(p, xp.multiply(g, eta, a), p)
    if mu is None:
        xp.copyto(mean, p)
    else:
        xp.add(mean, xp.multiply(xp.subtract(p, mean, b), mu, b), mean)


class ASGD(RuleOptimizer):
    """Averaged stochastic gradient descent, as `asgd_rule` says; `state[p]["ax"]` is the mean.

    Raises: ValueError for a negative lr or weight_decay.
    Source: Polyak & Juditsky 1992; the rates of Bottou 2012, section 5.
    Differs: `foreach` chooses nothing, there is one implementation.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        check_hyperparameters(defaults, "weight_decay")
        super().__init__(params, defaults)

    _rule = staticmethod(asgd_rule)

    def _averages(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return ("ax",)

    def _counts(self, group: dict[str, Any]) -> dict[str, float]:
        return {"step": 0.0, "eta": float(group["lr"]), "mu": 1.0}

    def _advance(self, group: dict[str, Any], state: dict[str, Any]) -> tuple[float, float]:
        """Count the step; the rates η and μ of this one, while those of the next are stored."""
        t = super()._advance(group, state)
        eta, mu = state["eta"]._array, state["mu"]._array
        now = eta.item(), mu.item()
        lr = float(group["lr"])
        eta[()] = lr / (1 + group["lambd"] * lr * t) ** group["alpha"]
        mu[()] = 1 / max(1, t - group["t0"])
        return now

    def _constants(self, group: dict[str, Any], dtype: Any, counts: tuple[float, float]) -> tuple:
        eta, mu = counts
        of_step = (xp.asarray(eta, dtype), xp.asarray(1 - group["lambd"] * eta, dtype))
        decay = group["weight_decay"] or None
        return (*of_step, *scalars(dtype, None if mu == 1 else mu, decay), group["maximize"])


asgd = functional(ASGD, "axs=ax mus=mu etas=eta state_steps=step")
