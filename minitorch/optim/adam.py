"""Adam, with its variants AMSGrad and decoupled weight decay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor, wrap
from minitorch.backend import xp
from minitorch.optim.optimizer import (
    Optimizer,
    check_hyperparameters,
    empty_like,
    in_blocks,
    scalars,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Adam"]


def adam(
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
    from_g2 = 1 - β₂, shrink = 1 - lr weight_decay; keep_m = β₁ where that is at most a half
    (then m ← g - β₁ (g - m) is rounded better), else None, as is weight decay that is absent.
    """
    a, b = scratch
    if maximize:
        g = xp.negative(g, a)
    if shrink is not None:
        xp.multiply(p, shrink, p)
    if weight_decay is not None:
        g = xp.add(g, xp.multiply(p, weight_decay, b), a)
    d = xp.subtract(g, m, b)
    if keep_m is None:
        xp.add(m, xp.multiply(d, from_g, b), m)
    else:
        xp.subtract(g, xp.multiply(d, keep_m, b), m)
    xp.multiply(v, beta2, v)
    xp.add(v, xp.multiply(xp.multiply(g, from_g2, b), g, b), v)
    if v_max is not None:
        v = xp.maximum(v_max, v, out=v_max)
    d = xp.add(xp.divide(xp.sqrt(v, b), v_scale, b), eps, b)
    xp.subtract(p, xp.divide(xp.multiply(m, step_size, a), d, a), p)


class Adam(Optimizer):
    """Adam: steps of about lr, scaled by running means of the gradient and of its square.

    The update is that of `adam`. `weight_decay` is L2 regularization by default, a shrinking of the
    parameters apart from the gradient (AdamW) with `decoupled_weight_decay`.

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
        _check_betas(defaults)
        super().__init__(params, defaults)

    def _update_group(self, group: dict[str, Any]) -> None:
        if group["capturable"]:
            raise AssertionError("capturable=True: expected a device that captures graphs, got cpu")
        dtype = t = None
        for p in group["params"]:
            if p._grad is None:
                continue
            array, state = p._array, self.state[p]
            if not state:
                self._start(p, state, group["amsgrad"])
            step = state["step"]._array
            step[()] = step.item() + 1
            if array.dtype is not dtype or step.item() != t:
                dtype, t = array.dtype, step.item()
                constants = _constants(group, dtype, t)
            v_max = state["max_exp_avg_sq"]._array if group["amsgrad"] else None
            moments = (state["exp_avg"]._array, state["exp_avg_sq"]._array, v_max)
            in_blocks(adam, (array, p._grad._array, *moments), constants)
            p._cell[0] += 1

    def _start(self, p: Tensor, state: dict[str, Any], amsgrad: bool) -> None:
        state["step"] = wrap(xp.zeros((), xp.float32))
        for name in ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")[: 3 if amsgrad else 2]:
            state[name] = empty_like(p)
            state[name]._array.fill(0)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for entries in self.state.values():  # step counts were numbers once
            if isinstance(entries, dict) and not isinstance(entries.get("step", 0), Tensor):
                entries["step"] = wrap(xp.asarray(entries["step"], xp.float32))


def _check_betas(defaults: dict[str, Any]) -> None:
    betas = defaults["betas"]
    for i in (0, 1):
        if not 0.0 <= betas[i] < 1.0:
            raise ValueError(f"betas[{i}]: expected a value in [0, 1), got {betas[i]}")
    if isinstance(betas[0], Tensor) != isinstance(betas[1], Tensor):
        raise ValueError("betas: expected two numbers or two Tensors, got one of each")
    for i in (0, 1):
        if not isinstance(betas[i], Tensor):
            continue
        if defaults["foreach"] and not defaults["capturable"]:
            raise ValueError(f"betas[{i}]: expected a number with foreach=True, got a Tensor")
        if betas[i]._array.size != 1:
            raise ValueError(f"betas[{i}]: expected one element, got shape {list(betas[i].shape)}")


def _constants(group: dict[str, Any], dtype: Any, t: float) -> tuple:
    """What `adam` takes after its arrays, for step `t`."""
    lr, decay, eps = float(group["lr"]), float(group["weight_decay"]), float(group["eps"])
    beta1, beta2 = float(group["betas"][0]), float(group["betas"][1])
    decoupled = group["decoupled_weight_decay"]
    of_step = (lr / (1 - beta1**t), (1 - beta2**t) ** 0.5)
    return (
        *(xp.asarray(c, dtype) for c in of_step),
        *scalars(
            dtype,
            1 - beta1,
            beta1 if beta1 <= 0.5 else None,
            beta2,
            1 - beta2,
            eps,
            decay if decay and not decoupled else None,
            1 - lr * decay if decay and decoupled else None,
        ),
        group["maximize"],
    )
