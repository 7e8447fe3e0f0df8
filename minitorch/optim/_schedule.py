"""LRScheduler, the base class of learning rate schedules."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor
from minitorch.optim.optimizer import Optimizer

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "EPOCH_DEPRECATION_WARNING",
    "LRScheduler",
    "each_group",
    "object_state",
    "set_rates",
    "warn",
]

EPOCH_DEPRECATION_WARNING = (
    "scheduler.step(epoch): the epoch parameter is deprecated; call scheduler.step() once per epoch"
)


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
        self.optimizer = self._checked(optimizer)
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
        self._initial_step()

    def _initial_step(self) -> None:
        """Set the rates of the first epoch."""
        self._step_count = 0
        self._is_initial = True
        self.step()
        self._is_initial = False

    @classmethod
    def _checked(cls, optimizer: Any) -> Optimizer:
        if not isinstance(optimizer, Optimizer):
            kind = type(optimizer).__name__
            raise TypeError(f"{cls.__name__}: expected an Optimizer, got {kind}")
        return optimizer

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
        if epoch is not None:
            warn(EPOCH_DEPRECATION_WARNING, stacklevel=3)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        """Set the rates of the next epoch, or of `epoch` in closed form where there is one."""
        get_lr = self.get_lr
        if epoch is None:
            self.last_epoch += 1
        else:
            self.last_epoch = epoch
            get_lr = getattr(self, "_get_closed_form_lr", get_lr)
        self._get_lr_called_within_step = True
        rates = get_lr()
        self._get_lr_called_within_step = False
        set_rates(self.optimizer, rates)
        self._last_lr = self._present()

    def _warn_of_order(self) -> None:
        if not getattr(self.optimizer.step, "hooked", False):
            warn(
                "`optimizer.step` was replaced after the learning rate scheduler was made, so it "
                "cannot be told whether it was called before `lr_scheduler.step()`"
            )
        elif not self.optimizer._opt_called:
            warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`: the first "
                "learning rate was never used. Step the optimizer first."
            )

    def _warn_outside_step(self) -> None:
        if not self._get_lr_called_within_step:
            warn("get_lr() computes the next rates; the present ones are `get_last_lr()`")

    def _present(self) -> list[Any]:
        return [_copied(group["lr"]) for group in self.optimizer.param_groups]

    def _scaled(self, factor: float) -> list[Any]:
        return [lr * factor for lr in self._present()]


def set_rates(optimizer: Optimizer, rates: Iterable[Any], name: str = "lr") -> None:
    """Set `lr` (or another value) of all groups; a tensor stays the same tensor."""
    for group, value in zip(optimizer.param_groups, rates):
        if isinstance(group[name], Tensor):
            group[name].fill_(value)
        else:
            group[name] = value


def each_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """`value` as a list with one value for each group.

    Raises: ValueError for a list of another length.
    """
    groups = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * groups
    if len(value) != groups:
        raise ValueError(f"{name}: expected {groups} values, one for each group, got {len(value)}")
    return list(value)


def object_state(f: Any) -> dict[str, Any] | None:
    """What of a callable goes into a state: the attributes of an object, nothing of a function."""
    return None if isinstance(f, type(object_state)) else f.__dict__.copy()


def warn(text: str, stacklevel: int = 4) -> None:
    """A UserWarning at the caller of the schedule."""
    warnings.warn(text, UserWarning, stacklevel=stacklevel)
