"""ReduceLROnPlateau: the schedule that looks at a metric."""

from __future__ import annotations

import math
from typing import Any

from minitorch.optim._schedule import (
    EPOCH_DEPRECATION_WARNING,
    LRScheduler,
    each_group,
    set_rates,
    warn,
)
from minitorch.optim.optimizer import Optimizer

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(LRScheduler):
    """lr ← max(factor · lr, min_lr) when a metric has not improved for more than `patience` steps.

    Better is, with best the best so far: below best (1 - threshold), or below best - threshold
    with threshold_mode "abs"; with mode "max" above best (1 + threshold), best + threshold. After
    a reduction `cooldown` steps do not count. A change of lr of at most `eps` is not made.

    Raises: ValueError for a factor of 1 or more, an unknown mode, and a list of `min_lr` that has
        not one value for each group; TypeError for no Optimizer.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: list[float] | float = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1.0:
            raise ValueError(f"factor: expected a value below 1, got {factor}")
        self.factor = factor
        self.optimizer = self._checked(optimizer)
        self.default_min_lr = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.min_lrs = each_group("min_lr", optimizer, min_lr)
        self.patience, self.cooldown, self.eps = patience, cooldown, eps
        self.last_epoch = 0
        self._last_lr = self._present()
        self._init_is_better(mode, threshold, threshold_mode)
        self._reset()

    def _init_is_better(self, mode: str, threshold: float, threshold_mode: str) -> None:
        for name, value, known in (
            ("mode", mode, ("min", "max")),
            ("threshold_mode", threshold_mode, ("rel", "abs")),
        ):
            if value not in known:
                raise ValueError(f"{name}: expected {known[0]!r} or {known[1]!r}, got {value!r}")
        self.mode_worse = math.inf if mode == "min" else -math.inf
        self.mode, self.threshold, self.threshold_mode = mode, threshold, threshold_mode

    def _reset(self) -> None:
        """Forget what the metric was."""
        self.best = self.mode_worse
        self.cooldown_counter = self.num_bad_epochs = 0

    @property
    def in_cooldown(self) -> bool:
        """Whether steps do not count, as lr was reduced a short time ago."""
        return self.cooldown_counter > 0

    def _is_better(self, a: float, best: float) -> bool:
        sign = -1 if self.mode == "min" else 1
        if self.threshold_mode == "rel":
            border = best * (1.0 + sign * self.threshold)
        else:
            border = best + sign * self.threshold
        return a < border if self.mode == "min" else a > border

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Compare `metrics`, a number or a tensor with one element, and reduce lr when it is time.

        `epoch` is deprecated.
        """
        current = float(metrics)
        if epoch is not None:
            warn(EPOCH_DEPRECATION_WARNING, stacklevel=3)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(current, self.best):
            self.best, self.num_bad_epochs = current, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce_lr(self.last_epoch)
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = self._present()

    def _reduce_lr(self, epoch: int) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise RuntimeError(
                    f"ReduceLROnPlateau: min_lr has {len(self.min_lrs)} values, the optimizer now "
                    f"{len(groups)} groups"
                )
            self.min_lrs = [self.default_min_lr] * len(groups)
        rates = []
        for group, least in zip(groups, self.min_lrs):
            old = float(group["lr"])
            new = max(old * self.factor, least)
            rates.append(new if old - new > self.eps else old)
        set_rates(self.optimizer, rates)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        super().load_state_dict(state_dict)
        self._init_is_better(self.mode, self.threshold, self.threshold_mode)
