"""RMSprop: steps scaled by a running mean of the squared gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch.optim._lists import functional
from minitorch.optim._rules import (
    RuleOptimizer,
    check_hyperparameters,
    descent,
    lerp,
    mean_square,
    scalars,
    weights,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["RMSprop", "rmsprop"]


def rmsprop_rule(
    xp: Any,
    scratch: Any,
    p: Any,
    g: Any,
    v: Any,
    buf: Any,
    mean: Any,
    lr: Any,
    from_g: Any,
    keep_mean: Any,
    alpha: Any,
    eps: Any,
    momentum: Any,
    weight_decay: Any,
    maximize: bool,
) -> None:
    """p ← p - lr d, where::

        g ← -g                          if maximize
        g ← g + weight_decay p          if weight_decay
        v ← α v + (1 - α) g²
        mean ← mean + (1 - α)(g - mean) if centered; v - mean² is then in place of v below
        d ← g / (√v + eps)
        buf ← momentum buf + d;  d ← buf        if momentum

    from_g = 1 - α, keep_mean as in `lerp`.
    """
    a, b = scratch
    g = descent(xp, scratch, p, g, weight_decay, maximize)
    mean_square(xp, b, v, g, alpha, from_g)
    if mean is not None:
        lerp(xp, b, mean, g, from_g, keep_mean)
        v = xp.subtract(v, xp.multiply(mean, mean, b), b)
    d = xp.divide(g, xp.add(xp.sqrt(v, b), eps, b), b)
    if buf is not None:
        xp.multiply(buf, momentum, buf)
        d = xp.add(buf, d, buf)
    xp.subtract(p, xp.multiply(d, lr, a), p)


class RMSprop(RuleOptimizer):
    """RMSprop: the gradient over the root of its running mean square, as `rmsprop_rule` says.

    Raises: ValueError for a negative value.
    Source: Hinton 2012, lecture 6e; Graves 2013, equations 38-45 (centered).
    Differs: `foreach` chooses nothing, there is one implementation.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        check_hyperparameters(defaults, "eps", "momentum", "weight_decay", "alpha")
        super().__init__(params, defaults)

    _rule = staticmethod(rmsprop_rule)

    def _averages(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        momentum, centered = group["momentum"] > 0, group["centered"]
        return (
            "square_avg",
            "momentum_buffer" if momentum else None,
            "grad_avg" if centered else None,
        )

    def _constants(self, group: dict[str, Any], dtype: Any, t: float) -> tuple:
        alpha, momentum = group["alpha"], group["momentum"]
        return (
            *scalars(dtype, float(group["lr"]), *weights(alpha), alpha, group["eps"]),
            *scalars(dtype, momentum, group["weight_decay"] or None),
            group["maximize"],
        )


rmsprop = functional(
    RMSprop,
    "square_avgs=square_avg grad_avgs=grad_avg "
    "momentum_buffer_list=momentum_buffer state_steps=step",
)
