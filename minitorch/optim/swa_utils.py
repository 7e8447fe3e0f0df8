"""Averages of a model's parameters over training steps: SWA and EMA."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Any

from minitorch.dtypes import int64
from minitorch.grad_mode import no_grad
from minitorch.nn.modules.batchnorm import _BatchNorm
from minitorch.nn.modules.module import Module
from minitorch.optim._schedule import LRScheduler, each_group
from minitorch.sized import zeros

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from minitorch._tensor import Tensor
    from minitorch.optim.optimizer import Optimizer

__all__ = [
    "AveragedModel",
    "SWALR",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

# -------------------------------------------------------------------- which average


def get_ema_avg_fn(decay: float = 0.999) -> Callable:
    """For `avg_fn`: mean ← decay mean + (1 - decay) p.

    Raises: ValueError for a decay outside [0, 1].
    """
    _check_decay(decay)

    @no_grad()
    def ema_update(mean: Tensor, p: Tensor, n: Any) -> Tensor:
        return decay * mean + (1 - decay) * p

    return ema_update


def get_swa_avg_fn() -> Callable:
    """For `avg_fn`: mean ← mean + (p - mean) / (n + 1), after n models the mean of all."""

    @no_grad()
    def swa_update(mean: Tensor, p: Tensor, n: Any) -> Tensor:
        return mean + (p - mean) / (n + 1)

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable:
    """For `multi_avg_fn`: `get_ema_avg_fn` on lists of tensors, in place."""
    return _on_lists(get_ema_avg_fn(decay))


def get_swa_multi_avg_fn() -> Callable:
    """For `multi_avg_fn`: `get_swa_avg_fn` on lists of tensors, in place."""
    return _on_lists(get_swa_avg_fn())


def _check_decay(decay: float) -> None:
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"decay: expected a value in [0, 1], got {decay}")


def _on_lists(average: Callable) -> Callable:
    @no_grad()
    def update(means: Iterable[Tensor], params: Iterable[Tensor], n: Any) -> None:
        for mean, p in zip(means, params):
            mean.copy_(average(mean, p, n))

    return update


class AveragedModel(Module):
    """A copy of a model whose parameters are averages over the calls of `update_parameters`.

    `avg_fn(mean, p, n)` returns the new mean of a parameter after n calls, `multi_avg_fn(means,
    params, n)` changes lists of tensors of one dtype; the default is the mean of all (SWA). The
    first call copies. Buffers are averaged too with `use_buffers`, else copied: then the running
    statistics of batch normalization have to be computed anew by `update_bn`.

    Raises: AssertionError for both an avg_fn and a multi_avg_fn.
    Source: Izmailov et al. 2018, algorithm 1 (SWA); Polyak & Juditsky 1992.
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Callable | None = None,
        multi_avg_fn: Callable | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("AveragedModel: expected avg_fn or multi_avg_fn, got both")
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", zeros((), dtype=int64))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The averaged model's output."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the parameters of `model` into the averages."""
        pairs = self._pairs(model, self.use_buffers)
        if self.n_averaged == 0:
            for mean, p in pairs:
                mean.copy_(p)
        elif self.multi_avg_fn is not None:
            by_dtype: dict[Any, list] = {}
            for pair in pairs:
                by_dtype.setdefault(pair[0].dtype, []).append(pair)
            for same in by_dtype.values():
                self.multi_avg_fn(*map(list, zip(*same)), self.n_averaged)
        else:
            average = self.avg_fn or get_swa_avg_fn()
            for mean, p in pairs:
                mean.copy_(average(mean, p, self.n_averaged))
        if not self.use_buffers:
            for mine, theirs in zip(self.module.buffers(), model.buffers()):
                mine.detach().copy_(theirs.detach())
        self.n_averaged += 1

    def _pairs(self, model: Module, buffers: bool) -> list[tuple[Tensor, Tensor]]:
        tensors = (
            [*m.parameters(), *(m.buffers() if buffers else ())] for m in (self.module, model)
        )
        return [(mean.detach(), p.detach()) for mean, p in zip(*tensors)]


@no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running statistics of batch normalization anew, from one pass over `loader`.

    A batch is the input, or a tuple or list that begins with it.
    """
    layers = [m for m in model.modules() if isinstance(m, _BatchNorm)]
    if not layers:
        return
    training, momenta = model.training, [layer.momentum for layer in layers]
    model.train()
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # the mean over all batches
    try:
        for batch in loader:
            x = batch[0] if isinstance(batch, (list, tuple)) else batch
            model(x if device is None else x.to(device))
    finally:
        for layer, momentum in zip(layers, momenta):
            layer.momentum = momentum
        model.train(training)


# -------------------------------------------------------------------- the schedule


class SWALR(LRScheduler):
    """lr goes to `swa_lr` in `anneal_epochs` steps, by a cosine or linearly, and stays there.

    Raises: ValueError for an unknown strategy, for `anneal_epochs` below 0 or no integer, and for a
        list of rates that has not one for each group.
    Source: Izmailov et al. 2018, section 3.1.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        for group, lr in zip(optimizer.param_groups, each_group("swa_lr", optimizer, swa_lr)):
            group["swa_lr"] = lr
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy: expected 'cos' or 'linear', got {anneal_strategy!r}"
            )
        if not (isinstance(anneal_epochs, int) and anneal_epochs >= 0):
            raise ValueError(f"anneal_epochs: expected an integer >= 0, got {anneal_epochs!r}")
        self._anneal_strategy, self.anneal_epochs = anneal_strategy, anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _reached(self, step: int) -> float:
        """How much of the way is done after `step` steps, from 0 to 1."""
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * t)) / 2 if self._anneal_strategy == "cos" else t

    def get_lr(self) -> list[Any]:
        """The rates of the next step, from the present ones."""
        self._warn_outside_step()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._reached(step - 1), self._reached(step)
        rates = []
        for group in self.optimizer.param_groups:
            lr, goal = group["lr"], group["swa_lr"]
            start = lr if before == 1 else (lr - goal * before) / (1 - before)
            rates.append(goal * now + start * (1 - now))
        return rates
