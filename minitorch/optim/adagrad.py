"""Adagrad: steps scaled by the sum of all squared gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor
from minitorch.optim._lists import functional
from minitorch.optim._rules import RuleOptimizer, check_hyperparameters, descent, scalars

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Adagrad", "adagrad"]


def adagrad_rule(
    xp: Any,
    scratch: Any,
    p: Any,
    g: Any,
    total: Any,
    lr: Any,
    eps: Any,
    weight_decay: Any,
    maximize: bool,
) -> None:
    """p ← p - lr g / (√total + eps), where::

        g ← -g                          if maximize
        g ← g + weight_decay p          if weight_decay
        total ← total + g²

    with lr / (1 + (t - 1) lr_decay) in step t for lr.
    """
    a, b = scratch
    g = descent(xp, scratch, p, g, weight_decay, maximize)
    xp.add(total, xp.multiply(g, g, b), total)
    d = xp.add(xp.sqrt(total, b), eps, b)
    xp.subtract(p, xp.divide(xp.multiply(g, lr, a), d, b), p)


class Adagrad(RuleOptimizer):
    """Adagrad: the gradient over the root of the sum of its squares, as `adagrad_rule` says.

    The state is there from the start, so that it can be shared before training.

    Raises: ValueError for a negative value.
    Source: Duchi, Hazan & Singer 2011, figure 1.
    Differs: `foreach` and `fused` choose nothing, there is one implementation.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        check_hyperparameters(
            defaults, "lr_decay", "weight_decay", "initial_accumulator_value", "eps"
        )
        super().__init__(params, defaults)
        for group in self.param_groups:
            for p in group["params"]:
                self._start(p, self.state[p], group)

    _rule = staticmethod(adagrad_rule)

    def share_memory(self) -> None:
        """Move the state to memory that other processes see."""
        for state in self.state.values():
            state["sum"].share_memory_()

    def _averages(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return ("sum",)

    def _start(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        super()._start(p, state, group)
        state["sum"]._array.fill(group["initial_accumulator_value"])

    def _constants(self, group: dict[str, Any], dtype: Any, t: float) -> tuple:
        lr = float(group["lr"]) / (1 + (t - 1) * group["lr_decay"])
        decay = group["weight_decay"] or None
        return (*scalars(dtype, lr, group["eps"], decay), group["maximize"])


adagrad = functional(Adagrad, "state_sums=sum state_steps=step")
