"""SparseAdam: Adam on the rows that a sparse gradient names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch.optim._rules import check_betas, check_hyperparameters
from minitorch.optim.optimizer import Optimizer

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SparseAdam"]


class SparseAdam(Optimizer):
    """Adam for sparse gradients. There are none here, so every gradient is refused, as by torch.

    Raises: ValueError unless lr and eps are positive and betas in [0, 1); RuntimeError in a step
        with gradients, which are dense.
    Differs: there are no sparse tensors; `Adam` does the same on dense ones.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        defaults = {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize}
        check_hyperparameters(defaults)
        for name in ("lr", "eps"):
            if not defaults[name] > 0:
                raise ValueError(f"{name}: expected a value > 0, got {defaults[name]}")
        check_betas(betas)
        super().__init__(params, defaults)

    def _update_group(self, group: dict[str, Any]) -> None:
        if any(p._grad is not None for p in group["params"]):
            raise RuntimeError("SparseAdam: expected sparse gradients, got dense ones; use Adam")
