"""Schedules that rise and fall: CyclicLR, OneCycleLR, CosineAnnealingWarmRestarts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from minitorch.optim._schedule import LRScheduler, each_group, object_state, set_rates

if TYPE_CHECKING:
    from collections.abc import Callable

    from minitorch.optim.optimizer import Optimizer

__all__ = ["CosineAnnealingWarmRestarts", "CyclicLR", "OneCycleLR"]


class _MomentumCycle(LRScheduler):
    """Where `cycle_momentum`, the momentum (or the first beta) falls while lr rises."""

    cycle_momentum: bool
    use_beta1: bool

    def _choose_momentum(self, optimizer: Optimizer) -> None:
        if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
            raise ValueError(
                f"cycle_momentum: expected an optimizer with momentum or betas, got "
                f"{type(optimizer).__name__}"
            )
        self.use_beta1 = "betas" in optimizer.defaults

    def _set_momentum(self, group: dict[str, Any], momentum: float) -> None:
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum

    def _start_momentum(self, low: list[float], high: list[float], first: list[float]) -> None:
        for group, least, most, momentum in zip(self.optimizer.param_groups, low, high, first):
            self._set_momentum(group, momentum)
            group["max_momentum"], group["base_momentum"] = most, least


class CyclicLR(_MomentumCycle):
    """lr goes from `base_lr` to `max_lr` in `step_size_up` steps, back in `step_size_down`.

    The height of cycle k is max_lr - base_lr times 1 (triangular), 1 / 2^(k - 1) (triangular2),
    gamma^step (exp_range), or `scale_fn` of the cycle or of the step, as `scale_mode` says. The
    momentum, or the first beta, falls from `max_momentum` to `base_momentum` while lr rises.

    Raises: ValueError for an unknown mode, a list that has not one value for each group, and an
        optimizer without momentum unless `cycle_momentum` is off.
    Source: Smith 2017, section 3.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float = 0.8,
        max_momentum: float = 0.9,
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = self._checked(optimizer)
        base_lrs = each_group("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            set_rates(optimizer, base_lrs)
        self.max_lrs = each_group("max_lr", optimizer, max_lr)
        up = float(step_size_up)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size
        if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
            raise ValueError(
                f"mode: expected 'triangular', 'triangular2' or 'exp_range', got {mode!r}"
            )
        self.mode, self.gamma = mode, gamma
        self._scale_fn_custom = scale_fn
        by_step = scale_fn is None and mode == "exp_range"
        self.scale_mode = "iterations" if by_step else "cycle" if scale_fn is None else scale_mode
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._choose_momentum(optimizer)
            self.base_momentums = each_group("base_momentum", optimizer, base_momentum)
            self.max_momentums = each_group("max_momentum", optimizer, max_momentum)
            if last_epoch == -1:
                self._start_momentum(self.base_momentums, self.max_momentums, self.max_momentums)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """The height of cycle or step `x`, relative to that of the first cycle."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular":
            return 1.0
        return 1 / (2.0 ** (x - 1)) if self.mode == "triangular2" else self.gamma**x

    def get_lr(self) -> list[Any]:
        """The rates for `last_epoch`; sets the momentum."""
        self._warn_outside_step()
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        up = x <= self.step_ratio
        height = x / self.step_ratio if up else (x - 1) / (self.step_ratio - 1)
        factor = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            each = zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums)
            for group, base, most in each:
                self._set_momentum(group, most - (most - base) * height * factor)
        return [
            base + (most - base) * height * factor
            for base, most in zip(self.base_lrs, self.max_lrs)
        ]

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer; of `scale_fn` only the attributes of an object."""
        state = super().state_dict()
        f = state.pop("_scale_fn_custom")
        return {**state, "_scale_fn_custom": None if f is None else object_state(f)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned; `scale_fn` stays the present one."""
        state = dict(state_dict)
        saved = state.pop("_scale_fn_custom")
        super().load_state_dict(state)
        if saved is not None:
            self._scale_fn_custom.__dict__.update(saved)


class OneCycleLR(_MomentumCycle):
    """lr rises from max_lr / div_factor to `max_lr`, then falls to that / final_div_factor.

    It rises for `pct_start` of all steps; with `three_phase` it falls to where it began in as many,
    and further in the rest. The momentum, or the first beta, falls and rises the other way round.
    Steps are `total_steps`, or epochs · steps_per_epoch; `step` is called after each batch.

    Raises: ValueError where the number of steps is missing or not positive, for `pct_start`
        outside [0, 1], an unknown strategy, an optimizer without momentum unless `cycle_momentum`
        is off, and for more steps than there are.
    Source: Smith & Topin 2019; https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = self._checked(optimizer)
        self.total_steps = _steps(total_steps, epochs, steps_per_epoch)
        if not (isinstance(pct_start, float) and 0 <= pct_start <= 1):
            raise ValueError(f"pct_start: expected a float in [0, 1], got {pct_start!r}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy: expected 'cos' or 'linear', got {anneal_strategy!r}"
            )
        self._schedule_phases = _phases(self.total_steps, pct_start, three_phase)
        self._anneal_func_type = anneal_strategy
        max_lrs = each_group("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, most in zip(optimizer.param_groups, max_lrs):
                group["initial_lr"] = most / div_factor
                group["max_lr"] = most
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._choose_momentum(optimizer)
            high = each_group("max_momentum", optimizer, max_momentum)
            low = each_group("base_momentum", optimizer, base_momentum)
            if last_epoch == -1:
                self._start_momentum(low, high, high)
        super().__init__(optimizer, last_epoch)

    def _anneal(self, start: float, end: float, done: float) -> float:
        if self._anneal_func_type == "linear":
            return (end - start) * done + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * done) + 1)

    def get_lr(self) -> list[Any]:
        """The rates for `last_epoch`; sets the momentum."""
        self._warn_outside_step()
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(f"OneCycleLR: expected {self.total_steps} steps, got step {step}")
        began: float = 0
        for phase in self._schedule_phases:
            if step <= phase["end_step"] or phase is self._schedule_phases[-1]:
                break
            began = phase["end_step"]
        done = (step - began) / (phase["end_step"] - began)
        rates = []
        for group in self.optimizer.param_groups:
            rates.append(self._anneal(group[phase["start_lr"]], group[phase["end_lr"]], done))
            if self.cycle_momentum:
                ends = group[phase["start_momentum"]], group[phase["end_momentum"]]
                self._set_momentum(group, self._anneal(*ends, done))
        return rates


def _steps(total: int | None, epochs: int | None, each: int | None) -> int:
    if total is None and (epochs is None or each is None):
        raise ValueError("OneCycleLR: expected total_steps, or both epochs and steps_per_epoch")
    named = (
        {"total_steps": total} if total is not None else {"epochs": epochs, "steps_per_epoch": each}
    )
    for name, count in named.items():
        if not (isinstance(count, int) and count > 0):
            raise ValueError(f"{name}: expected a positive integer, got {count!r}")
    return math.prod(named.values())


def _phases(total: int, rising: float, three: bool) -> list[dict[str, Any]]:
    """Where each phase ends, and from which value of a group to which it goes."""
    peak = float(rising * total) - 1
    ends = [(peak, "max_lr", "base_momentum"), (total - 1, "min_lr", "max_momentum")]
    if three:
        ends.insert(1, (float(2 * rising * total) - 2, "initial_lr", "max_momentum"))
    lr, momentum, phases = "initial_lr", "max_momentum", []
    for end, next_lr, next_momentum in ends:
        phases.append(
            {
                "end_step": end,
                "start_lr": lr,
                "end_lr": next_lr,
                "start_momentum": momentum,
                "end_momentum": next_momentum,
            }
        )
        lr, momentum = next_lr, next_momentum
    return phases


class CosineAnnealingWarmRestarts(LRScheduler):
    """lr = eta_min + (base_lr - eta_min) (1 + cos(π T_cur / T_i)) / 2, anew after T_i epochs.

    T_i is `T_0` first and `T_mult` times as long after each restart. `step(epoch)` with a fraction
    of an epoch is no deprecated use: call it after each batch.

    Raises: ValueError unless T_0 and T_mult are positive integers, and for an epoch below 0.
    Source: Loshchilov & Hutter 2017, equation 5.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not (isinstance(value, int) and value > 0):
                raise ValueError(f"{name}: expected a positive integer, got {value!r}")
        if not isinstance(eta_min, (float, int)):
            raise ValueError(f"eta_min: expected a number, got {eta_min!r}")
        self.T_0 = self.T_i = T_0
        self.T_mult, self.eta_min, self.T_cur = T_mult, eta_min, last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """The rates for `T_cur`."""
        self._warn_outside_step()
        height = 1 + math.cos(math.pi * self.T_cur / self.T_i)
        return [self.eta_min + (base - self.eta_min) * height / 2 for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Set the rates of the next epoch, or of `epoch`, which may be a fraction."""
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        else:
            self._jump(epoch)
        self.last_epoch = math.floor(epoch)
        self._get_lr_called_within_step = True
        set_rates(self.optimizer, self.get_lr())
        self._get_lr_called_within_step = False
        self._last_lr = self._present()

    def _jump(self, epoch: float) -> None:
        if epoch < 0:
            raise ValueError(f"epoch: expected a value >= 0, got {epoch}")
        self.T_i, self.T_cur = self.T_0, epoch
        if epoch < self.T_0:
            return
        if self.T_mult == 1:
            self.T_cur = epoch % self.T_0
            return
        restarts = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
        before = self.T_0 * (self.T_mult**restarts - 1) / (self.T_mult - 1)
        self.T_i, self.T_cur = self.T_0 * self.T_mult**restarts, epoch - before
