"""AdamW: Adam whose weight decay does not pass through the running means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch.optim._lists import functional
from minitorch.optim.adam import Adam

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["AdamW", "adamw"]


class AdamW(Adam):
    """Adam after p ← p (1 - lr weight_decay): `Adam(..., decoupled_weight_decay=True)`.

    Raises: as Adam.
    Source: Loshchilov & Hutter 2019, algorithm 2.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:  # a state of plain Adam stays decoupled here
            group["decoupled_weight_decay"] = True


adamw = functional(
    AdamW,
    "exp_avgs=exp_avg exp_avg_sqs=exp_avg_sq max_exp_avg_sqs=max_exp_avg_sq state_steps=step",
)
