"""Rprop: steps by the sign of the gradient, each weight with a size of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor
from minitorch.optim._lists import functional
from minitorch.optim._rules import RuleOptimizer, check_hyperparameters, descent, scalars

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Rprop", "rprop"]


def rprop_rule(
    xp: Any,
    scratch: Any,
    p: Any,
    g: Any,
    prev: Any,
    size: Any,
    smaller: Any,
    larger: Any,
    least: Any,
    most: Any,
    zero: Any,
    one: Any,
    maximize: bool,
) -> None:
    """p ← p - size sign(g), where::

    g ← -g                          if maximize
    size ← min(η₊ size, most)       where g prev > 0
    size ← max(η₋ size, least)      where g prev < 0; there g ← 0
    prev ← g
    """
    a, b = scratch
    g = descent(xp, scratch, p, g, None, maximize)
    product = xp.multiply(g, prev, b)
    turned = xp.less(product, zero)
    xp.multiply(
        size, xp.where(xp.greater(product, zero), larger, xp.where(turned, smaller, one)), size
    )
    xp.minimum(xp.maximum(size, least, out=size), most, out=size)
    xp.copyto(prev, xp.where(turned, zero, g))
    back = xp.where(
        xp.less(prev, zero), xp.negative(size, a), zero
    )  # the sign of NaN is 0, as in torch
    xp.subtract(p, xp.where(xp.greater(prev, zero), size, back), p)


class Rprop(RuleOptimizer):
    """Rprop: a step size for each weight, which grows while its gradient keeps its sign.

    The update is that of `rprop_rule`; it is made for gradients of the whole data, not of batches.

    Raises: ValueError for a negative lr, and unless 0 < etas[0] < 1 < etas[1].
    Source: Riedmiller & Braun 1993.
    Differs: `foreach` chooses nothing, there is one implementation.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        check_hyperparameters(defaults)
        if not 0 < etas[0] < 1 < etas[1]:
            raise ValueError(f"etas: expected 0 < etas[0] < 1 < etas[1], got {etas}")
        super().__init__(params, defaults)

    _rule = staticmethod(rprop_rule)

    def _averages(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return "prev", "step_size"

    def _start(self, p: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        super()._start(p, state, group)
        state["step_size"]._array.fill(float(group["lr"]))

    def _constants(self, group: dict[str, Any], dtype: Any, t: float) -> tuple:
        return (*scalars(dtype, *group["etas"], *group["step_sizes"], 0.0, 1.0), group["maximize"])


rprop = functional(Rprop, "prevs=prev step_sizes=step_size state_steps=step")
