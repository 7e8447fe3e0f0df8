"""`GradScaler`: losses times a large number, so that 16-bit gradients do not vanish."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from minitorch import creation, dtypes
from minitorch._tensor import Tensor
from minitorch.backend import xp

__all__ = ["GradScaler"]

_READY, _UNSCALED, _STEPPED = range(3)  # what was done with an optimizer since the last update


class GradScaler:
    """Scales losses; steps only where no gradient overflowed; adapts the scale to that.

    A step with an overflow is left out and the scale multiplied by `backoff_factor`; after
    `growth_interval` steps without one it is multiplied by `growth_factor`.
    With `device="cuda"` it warns and is off, as torch's is without CUDA: losses stay as they are.
    Source: https://docs.pytorch.org/docs/stable/amp.html#gradient-scaling
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        self._device = device
        if enabled and device == "cuda":
            warnings.warn("GradScaler: there is no CUDA: it is off", UserWarning, stacklevel=2)
            enabled = False
        if enabled and growth_factor <= 1.0:
            raise AssertionError(f"expected a growth factor above 1, got {growth_factor}")
        if enabled and backoff_factor >= 1.0:
            raise AssertionError(f"expected a backoff factor below 1, got {backoff_factor}")
        self._enabled = enabled
        self._init_scale, self._init_growth_tracker = init_scale, 0
        self._growth_factor, self._backoff_factor = growth_factor, backoff_factor
        self._growth_interval = growth_interval
        self._scale: Tensor | None = None  # made when the first loss is scaled
        self._growth_tracker = 0
        self._stages: dict[int, int] = {}
        self._found_inf: dict[int, bool] = {}

    def is_enabled(self) -> bool:
        """Whether it scales."""
        return self._enabled

    # Losses and gradients

    def scale(self, outputs: Any) -> Any:
        """`outputs`, a tensor or an iterable of them, times the scale.

        Raises: ValueError for anything else.
        """
        if not self._enabled:
            return outputs
        if self._scale is None:
            self._scale = creation.full((), self._init_scale, dtype=dtypes.float32)
            self._growth_tracker = self._init_growth_tracker
        return self._scaled(outputs)

    def _scaled(self, outputs: Any) -> Any:
        if isinstance(outputs, Tensor):
            return outputs * self._scale
        if not isinstance(outputs, Iterable):
            raise ValueError(
                f"scale: expected a Tensor or an iterable of them, got {type(outputs).__name__}"
            )
        scaled = map(self._scaled, outputs)
        return type(outputs)(scaled) if isinstance(outputs, (list, tuple)) else scaled

    def _ready(self, called: str) -> Tensor:
        if self._scale is None:
            raise AssertionError(
                f"{called}: scale(loss) was not called before, so there is no scale"
            )
        return self._scale

    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients of the optimizer's parameters by the scale: to clip them, say.

        Raises: RuntimeError the second time before an update; ValueError for float16 gradients.
        """
        if not self._enabled:
            return
        scale, stage = self._ready("unscale_"), self._stages.get(id(optimizer), _READY)
        if stage != _READY:
            done = "unscale_() has already been called on this optimizer"
            raise RuntimeError(
                f"{done} since the last update()."
                if stage == _UNSCALED
                else "unscale_() is being called after step()."
            )
        inverse = xp.float32(1.0 / scale.item())
        grads = [
            p.grad for group in optimizer.param_groups for p in group["params"]
            if p.grad is not None
        ]  # fmt: skip
        if any(g.dtype is dtypes.float16 for g in grads):
            raise ValueError("unscale_: expected float32 gradients, got torch.float16")
        if grads:
            found = [not bool(xp.isfinite(g._array).all()) for g in grads]
            self._found_inf[id(optimizer)] = any(found)
            for g in grads:
                g._array *= g._array.dtype.type(inverse)
                g._cell[0] += 1
        self._stages[id(optimizer)] = _UNSCALED

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """`optimizer.step()`, unless a gradient overflowed; unscales first where that is not done.

        Raises: RuntimeError the second time before an update, or with a closure.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("step: a closure cannot be used while GradScaler is enabled")
        self._ready("step")
        stage = self._stages.get(id(optimizer), _READY)
        if stage == _STEPPED:
            raise RuntimeError("step() has already been called since the last update().")
        if stage == _READY:
            self.unscale_(optimizer)
        if id(optimizer) not in self._found_inf:
            raise AssertionError("step: the optimizer has no gradients to be checked for overflow")
        self._stages[id(optimizer)] = _STEPPED
        return None if self._found_inf[id(optimizer)] else optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Adapt the scale to whether there was an overflow; or set it to `new_scale`.

        Raises: AssertionError where no step was taken since the last time.
        """
        if not self._enabled:
            return
        scale = self._ready("update")
        if new_scale is not None:
            scale.fill_(new_scale)
        else:
            if not self._found_inf:
                raise AssertionError("update: no gradients were checked for overflow before")
            self._adapt(scale, any(self._found_inf.values()))
        self._stages, self._found_inf = {}, {}

    def _adapt(self, scale: Tensor, found_inf: bool) -> None:
        if found_inf:
            scale.mul_(self._backoff_factor)
            self._growth_tracker = 0
            return
        self._growth_tracker += 1
        if self._growth_tracker == self._growth_interval:
            grown = scale * self._growth_factor
            if bool(xp.isfinite(grown._array)):
                scale.copy_(grown)
            self._growth_tracker = 0

    # What it is set to

    def get_scale(self) -> float:
        """The number losses are multiplied with; 1 where it is off."""
        if not self._enabled:
            return 1.0
        return self._init_scale if self._scale is None else self._scale.item()

    def get_growth_factor(self) -> float:
        """What the scale grows by."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Choose what the scale grows by."""
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        """What the scale shrinks by."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Choose what the scale shrinks by."""
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        """After how many steps without an overflow the scale grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Choose after how many steps the scale grows."""
        self._growth_interval = new_interval

    def _get_growth_tracker(self) -> int:
        """How many steps in a row had no overflow."""
        return self._growth_tracker if self._enabled else 0

    def state_dict(self) -> dict[str, Any]:
        """The scale and the numbers it changes by; empty where it is off."""
        if not self._enabled:
            return {}
        return {
            "scale": self.get_scale(),
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._get_growth_tracker(),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state. Raises: RuntimeError for that of a scaler that was off."""
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(
                "load_state_dict: the state is empty, as that of a GradScaler which is off"
            )
        self._init_scale = state_dict["scale"]
        self._growth_factor = state_dict["growth_factor"]
        self._backoff_factor = state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        self._growth_tracker = self._init_growth_tracker = state_dict["_growth_tracker"]
        if self._scale is not None:
            self._scale.fill_(self._init_scale)

    def __getstate__(self) -> dict[str, Any]:
        if self._stages:
            raise AssertionError(
                "a GradScaler can be pickled only after update(), not within a step"
            )
        return dict(self.__dict__)
