"""Learning rate schedules: each changes `lr` of an optimizer's groups whenever `step` is called."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor
from minitorch.optim.optimizer import Optimizer

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CosineAnnealingLR", "LRScheduler", "LambdaLR", "LinearLR", "StepLR"]


def _copied(lr: Any) -> Any:
    return lr.clone() if isinstance(lr, Tensor) else lr


class LRScheduler:
    """Base class: `step()` once per epoch (or per batch), after `optimizer.step()`.

    A subclass defines `get_lr`, the new rates of all groups from `last_epoch` and the present
    rates, and may define `_get_closed_form_lr`, the same from `last_epoch` and `base_lrs` alone.

    Raises: TypeError for no Optimizer; KeyError where `last_epoch` resumes and a group lacks
        'initial_lr'.
    """

    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"{type(self).__name__}: expected an Optimizer, got {type(optimizer).__name__}"
            )
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", _copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{type(self).__name__}: expected 'initial_lr' in param_groups[{i}], because "
                    f"last_epoch={last_epoch} resumes; load the optimizer's state first"
                )
        self.base_lrs = [_copied(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        optimizer._watched = True
        self._step_count = 0
        self._is_initial = True
        self.step()
        self._is_initial = False

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer."""
        return {name: value for name, value in self.__dict__.items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self.__dict__.update(state_dict)

    def get_last_lr(self) -> list[Any]:
        """The rates that the last `step` set, one for each group."""
        return self._last_lr

    def get_lr(self) -> list[Any]:
        """The rates for `last_epoch`, one for each group; to be defined by each schedule."""
        raise NotImplementedError(f"{type(self).__name__} does not define get_lr")

    def step(self, epoch: int | None = None) -> None:
        """Set the next rates; with `epoch` (deprecated) those of that epoch."""
        self._step_count += 1
        if self._step_count == 2:
            self._warn_of_order()
        if epoch is None:
            self.last_epoch += 1
            self._get_lr_called_within_step = True
            rates = self.get_lr()
            self._get_lr_called_within_step = False
        else:
            _warn(
                "scheduler.step(epoch): the epoch parameter is deprecated; call scheduler.step() "
                "once per epoch",
                stacklevel=3,
            )
            self.last_epoch = epoch
            self._get_lr_called_within_step = True
            rates = getattr(self, "_get_closed_form_lr", self.get_lr)()
            self._get_lr_called_within_step = False
        for group, lr in zip(self.optimizer.param_groups, rates):
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(lr)
            else:
                group["lr"] = lr
        self._last_lr = [_copied(group["lr"]) for group in self.optimizer.param_groups]

    def _warn_of_order(self) -> None:
        if not getattr(self.optimizer.step, "hooked", False):
            _warn(
                "`optimizer.step` was replaced after the learning rate scheduler was made, so it "
                "cannot be told whether it was called before `lr_scheduler.step()`"
            )
        elif not self.optimizer._opt_called:
            _warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`: the first "
                "learning rate was never used. Step the optimizer first."
            )

    def _warn_outside_step(self) -> None:
        if not self._get_lr_called_within_step:
            _warn("get_lr() computes the next rates; the present ones are `get_last_lr()`")

    def _present(self) -> list[Any]:
        return [_copied(group["lr"]) for group in self.optimizer.param_groups]


_LRScheduler = LRScheduler  # its name in older scripts


def _warn(text: str, stacklevel: int = 4) -> None:
    import warnings

    warnings.warn(text, UserWarning, stacklevel=stacklevel)


class LambdaLR(LRScheduler):
    """lr = base_lr · λ(epoch), with one function for all groups or one for each.

    Raises: ValueError where the number of functions is not that of the groups.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        groups = len(getattr(optimizer, "param_groups", ()))
        lambdas = lr_lambda if isinstance(lr_lambda, (list, tuple)) else [lr_lambda] * groups
        if len(lambdas) != groups:
            raise ValueError(
                f"lr_lambda: expected {groups} functions, one for each group, got {len(lambdas)}"
            )
        self.lr_lambdas = list(lambdas)
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer; of the functions only the attributes of objects."""
        state = super().state_dict()
        del state["lr_lambdas"]
        plain = type(lambda: None)
        state["lr_lambdas"] = [
            None if isinstance(f, plain) else f.__dict__.copy() for f in self.lr_lambdas
        ]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned; functions stay the present ones."""
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "lr_lambdas"})
        for f, saved in zip(self.lr_lambdas, state_dict["lr_lambdas"]):
            if saved is not None:
                f.__dict__.update(saved)

    def get_lr(self) -> list[Any]:
        """The rates for `last_epoch`."""
        self._warn_outside_step()
        return [base * f(self.last_epoch) for base, f in zip(self.base_lrs, self.lr_lambdas)]


class StepLR(LRScheduler):
    """lr ← gamma · lr every `step_size` epochs."""

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """The rates for `last_epoch`."""
        self._warn_outside_step()
        if self.last_epoch == 0 or self.last_epoch % self.step_size != 0:
            return self._present()
        return [lr * self.gamma for lr in self._present()]

    def _get_closed_form_lr(self) -> list[Any]:
        return [base * self.gamma ** (self.last_epoch // self.step_size) for base in self.base_lrs]


class LinearLR(LRScheduler):
    """lr = base_lr · factor, which goes linearly from start to end in `total_iters` epochs.

    Raises: ValueError for a start factor outside (0, 1] or an end factor outside [0, 1].
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise ValueError(
                f"start_factor: expected a multiplicative factor in (0, 1], got {start_factor}"
            )
        if not 0 <= end_factor <= 1:
            raise ValueError(
                f"end_factor: expected a multiplicative factor in [0, 1], got {end_factor}"
            )
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """The rates for `last_epoch`."""
        self._warn_outside_step()
        if self.last_epoch == 0:
            return [lr * self.start_factor for lr in self._present()]
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._present()
        rise = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * rise
        return [lr * (1.0 + rise / before) for lr in self._present()]

    def _get_closed_form_lr(self) -> list[Any]:
        rise = self.end_factor - self.start_factor
        done = min(self.total_iters, self.last_epoch)
        return [
            base * (self.start_factor + rise * done / self.total_iters) for base in self.base_lrs
        ]


class CosineAnnealingLR(LRScheduler):
    """lr = eta_min + (base_lr - eta_min) (1 + cos(π epoch / T_max)) / 2, step by step.

    Each step multiplies the present lr - eta_min by the ratio of two such cosines, so that other
    changes of lr persist.

    Source: Loshchilov & Hutter 2017, equation 5, without restarts.
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """The rates for `last_epoch`."""
        self._warn_outside_step()
        if self._is_initial:
            return self._present()
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # up again from eta_min
            rise = 1 - math.cos(math.pi / self.T_max)
            return [
                lr + (base - self.eta_min) * rise / 2
                for lr, base in zip(self._present(), self.base_lrs)
            ]
        ratio = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / (
            1 + math.cos(math.pi * (self.last_epoch - 1) / self.T_max)
        )
        return [ratio * (lr - self.eta_min) + self.eta_min for lr in self._present()]

    def _get_closed_form_lr(self) -> list[Any]:
        height = 1 + math.cos(math.pi * self.last_epoch / self.T_max)
        return [self.eta_min + (base - self.eta_min) * height / 2 for base in self.base_lrs]
