"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch.optim._lists import functional
from minitorch.optim._rules import (
    check_hyperparameters,
    descent,
    empty_like,
    record,
    scalars,
    update,
)
from minitorch.optim.optimizer import Optimizer

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SGD", "sgd"]


def sgd_rule(
    xp: Any,
    scratch: Any,
    p: Any,
    g: Any,
    v: Any,
    first: bool,
    lr: Any,
    momentum: Any,
    undamped: Any,
    weight_decay: Any,
    nesterov: bool,
    maximize: bool,
) -> None:
    """p ← p - lr d, where d is g after::

        d ← -d                              if maximize
        d ← d + weight_decay p              if weight_decay
        v ← momentum v + (1 - dampening) d  if momentum; in the first step v ← d
        d ← d + momentum v  or  d ← v       with nesterov  or  without

    A hyper-parameter that is 0 (`undamped`, 1 - dampening: 1) is given as None.
    """
    a, b = scratch
    g = descent(xp, scratch, p, g, weight_decay, maximize)
    if momentum is not None:
        if first:
            xp.copyto(v, g)
        else:
            xp.multiply(v, momentum, v)
            xp.add(v, g if undamped is None else xp.multiply(g, undamped, b), v)
        g = xp.add(g, xp.multiply(v, momentum, b), a) if nesterov else v
    xp.subtract(p, xp.multiply(g, lr, a), p)


class SGD(Optimizer):
    """Stochastic gradient descent: p ← p - lr g, with momentum and weight decay as in `sgd_rule`.

    `weight_decay` is L2 regularization: g + λ p is the gradient of loss + λ/2 Σp². For L1 add the
    penalty to the loss, as the package `optim` shows.

    Raises: ValueError for a negative value, and for nesterov without momentum or with dampening.
    Source: Sutskever et al. 2013; momentum as https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html
    Differs: `foreach` and `fused` choose nothing, there is one implementation. In a differentiable
        step the first momentum depends on the gradient; torch detaches it.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: Any = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        check_hyperparameters(defaults, "momentum", "weight_decay")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError(
                "nesterov: expected momentum > 0 and dampening 0, got "
                f"momentum={momentum}, dampening={dampening}"
            )
        super().__init__(params, defaults)

    def _update_group(self, group: dict[str, Any]) -> None:
        momentum = float(group["momentum"]) or None
        undamped = None if group["dampening"] == 0 else 1.0 - group["dampening"]
        decay = float(group["weight_decay"]) or None
        flags = (group["nesterov"], group["maximize"])
        lr, dtype, before = float(group["lr"]), None, None
        rows: list[tuple] = []
        constants: tuple = ()
        for p in group["params"]:
            if p._grad is None:
                continue
            array = p._array
            v, first = None, False
            if momentum is not None:
                state = self.state[p]
                if first := state.get("momentum_buffer") is None:
                    state["momentum_buffer"] = empty_like(p)
                v = state["momentum_buffer"]._array
            if array.dtype is not dtype or first is not before:
                update(sgd_rule, rows, constants)
                rows = []
                dtype, before = array.dtype, first
                constants = (first, *scalars(dtype, lr, momentum, undamped, decay), *flags)
            if group["differentiable"]:
                buffer = None if v is None else state["momentum_buffer"]
                (buffer,) = record(sgd_rule, p, [buffer], constants)
                if buffer is not None:
                    state["momentum_buffer"] = buffer
                continue
            rows.append((array, p._grad._array, v))
            p._cell[0] += 1
        update(sgd_rule, rows, constants)


sgd = functional(SGD, "momentum_buffer_list=momentum_buffer")
