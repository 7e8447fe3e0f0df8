"""Adam, with its variants AMSGrad and decoupled weight decay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor
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

__all__ = ["Adam", "adam"]


def adam_rule(
    xp: Any,
    scratch: Any,
    p: Any,
    g: Any,
    m: Any,
    v: Any,
    v_max: Any,
    step_size: Any,
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
    """p ← p - lr m̂ / (√v̂ + eps) after step t, where::

        g ← -g                              if maximize
        p ← p (1 - lr weight_decay)         if decoupled, else
        g ← g + weight_decay p              if weight_decay
        m ← m + (1 - β₁) (g - m)            m̂ = m / (1 - β₁ᵗ)
        v ← β₂ v + (1 - β₂) g²              v̂ = v / (1 - β₂ᵗ)
        v_max ← max(v_max, v)               in place of v in v̂ if amsgrad

    The constants: step_size = lr / (1 - β₁ᵗ), v_scale = √(1 - β₂ᵗ), from_g = 1 - β₁,
    from_g2 = 1 - β₂, shrink = 1 - lr weight_decay, keep_m as in `lerp`; weight decay that is
    absent is None.
    """
    a, b = scratch
    if shrink is not None:
        xp.multiply(p, shrink, p)
    g = descent(xp, scratch, p, g, weight_decay, maximize)
    lerp(xp, b, m, g, from_g, keep_m)
    mean_square(xp, b, v, g, beta2, from_g2)
    if v_max is not None:
        v = xp.maximum(v_max, v, out=v_max)
    d = xp.add(xp.divide(xp.sqrt(v, b), v_scale, b), eps, b)
    xp.subtract(p, xp.divide(xp.multiply(m, step_size, a), d, a), p)


class Adam(RuleOptimizer):
    """Adam: steps of about lr, scaled by running means of the gradient and of its square.

    The update is that of `adam_rule`. `weight_decay` is L2 regularization by default, a shrinking
    of the parameters apart from the gradient (AdamW) with `decoupled_weight_decay`.

    Raises: ValueError for a negative value, and for betas outside [0, 1).
    Source: Kingma & Ba 2015, algorithm 1; Reddi et al. 2018 (amsgrad); Loshchilov & Hutter 2019.
    Differs: `foreach` and `fused` choose nothing, there is one implementation.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        check_hyperparameters(defaults, "eps", "weight_decay")
        check_betas(betas)
        _check_tensors(defaults)
        super().__init__(params, defaults)

    _rule = staticmethod(adam_rule)

    def _averages(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return "exp_avg", "exp_avg_sq", "max_exp_avg_sq" if group["amsgrad"] else None

    def _constants(self, group: dict[str, Any], dtype: Any, t: float) -> tuple:
        lr, (beta1, beta2) = float(group["lr"]), map(float, group["betas"])
        of_step = (lr / (1 - beta1**t), (1 - beta2**t) ** 0.5)
        return (
            *(xp.asarray(c, dtype) for c in of_step),
            *scalars(dtype, *weights(beta1), beta2, 1 - beta2, float(group["eps"])),
            *decays(dtype, lr, group),
            group["maximize"],
        )


def _check_tensors(defaults: dict[str, Any]) -> None:
    """Raise ValueError for tensors as hyper-parameters where torch does."""
    betas = defaults["betas"]
    if isinstance(betas[0], Tensor) != isinstance(betas[1], Tensor):
        raise ValueError("betas: expected two numbers or two Tensors, got one of each")
    named = {"lr": defaults["lr"], "betas[0]": betas[0], "betas[1]": betas[1]}
    for name, value in named.items():
        if not isinstance(value, Tensor):
            continue
        if defaults["foreach"] and not defaults["capturable"]:
            raise ValueError(f"{name}: expected a number with foreach=True, got a Tensor")
        if value._array.size != 1:
            raise ValueError(f"{name}: expected one element, got shape {list(value.shape)}")


adam = functional(
    Adam,
    "exp_avgs=exp_avg exp_avg_sqs=exp_avg_sq max_exp_avg_sqs=max_exp_avg_sq state_steps=step",
)
