"""`autocast`: torch computes inside in 16 bits where that suits. Here it marks the place."""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable
from typing import Any

from minitorch import backend, dtypes
from minitorch._pytree import tree_map
from minitorch.grad_mode import _Switch

__all__ = [
    "autocast",
    "clear_autocast_cache",
    "custom_bwd",
    "custom_fwd",
    "get_autocast_cpu_dtype",
    "get_autocast_dtype",
    "get_autocast_gpu_dtype",
    "is_autocast_available",
    "is_autocast_cache_enabled",
    "is_autocast_cpu_enabled",
    "is_autocast_enabled",
    "set_autocast_cache_enabled",
    "set_autocast_dtype",
    "set_autocast_enabled",
]


class _State(threading.local):
    """Per thread: for which devices autocast is on, and in which dtype."""

    def __init__(self) -> None:
        self.enabled: dict[str, bool] = {}
        self.dtype: dict[str, dtypes.dtype] = {}
        self.cache = True


_state = _State()
_HALF = ("cuda", "mps")  # what torch computes in float16, the others in bfloat16
_AVAILABLE = ("cpu", "cuda", "hpu", "ipu", "maia", "mps", "mtia", "xla", "xpu")


def _kind(device_type: Any) -> str:
    if not isinstance(device_type, str):
        raise ValueError(f"expected device_type of type str, got {type(device_type).__name__}")
    return backend.device(device_type).type


def is_autocast_available(device_type: str) -> bool:
    """Whether torch has autocast for this kind of device."""
    return _kind(device_type) in _AVAILABLE


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether this thread is inside an enabled `autocast` for this kind of device."""
    return _state.enabled.get(_kind(device_type), False)


def set_autocast_enabled(device_type: str, enabled: bool) -> None:
    """Switch autocast on or off for a kind of device."""
    _state.enabled[_kind(device_type)] = enabled


def get_autocast_dtype(device_type: str) -> dtypes.dtype:
    """The dtype that torch would compute in."""
    kind = _kind(device_type)
    return _state.dtype.get(kind, dtypes.float16 if kind in _HALF else dtypes.bfloat16)


def set_autocast_dtype(device_type: str, dtype: dtypes.dtype) -> None:
    """Choose the dtype that torch would compute in."""
    _state.dtype[_kind(device_type)] = dtype


def _deprecated(name: str, instead: str) -> None:
    warnings.warn(
        f"torch.{name}() is deprecated: use torch.{instead}", DeprecationWarning, stacklevel=3
    )


def is_autocast_cpu_enabled() -> bool:
    """Whether autocast is enabled for the CPU; deprecated, as in torch."""
    _deprecated("is_autocast_cpu_enabled", "is_autocast_enabled('cpu')")
    return is_autocast_enabled("cpu")


def get_autocast_cpu_dtype() -> dtypes.dtype:
    """The dtype of autocast for the CPU; deprecated, as in torch."""
    _deprecated("get_autocast_cpu_dtype", "get_autocast_dtype('cpu')")
    return get_autocast_dtype("cpu")


def get_autocast_gpu_dtype() -> dtypes.dtype:
    """The dtype of autocast for CUDA; deprecated, as in torch."""
    _deprecated("get_autocast_gpu_dtype", "get_autocast_dtype('cuda')")
    return get_autocast_dtype("cuda")


def is_autocast_cache_enabled() -> bool:
    """Whether torch would keep the 16-bit weights between uses."""
    return _state.cache


def set_autocast_cache_enabled(enabled: bool) -> None:
    """Choose whether torch would keep them: there are none here."""
    _state.cache = enabled


def clear_autocast_cache() -> None:
    """Forget the 16-bit weights: there are none here."""


class autocast(_Switch):
    """Mark what torch would compute in 16 bits; a context, or a decorator.

    Differs: numbers keep the dtype they have, float32 stays float32.
    Raises: ValueError unless `device_type` is a string, RuntimeError for one torch does not know.
    """

    def __init__(
        self,
        device_type: str,
        dtype: dtypes.dtype | None = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        self.device = _kind(device_type)
        if not is_autocast_available(self.device):
            raise RuntimeError(f"autocast: there is none for device '{self.device}'")
        self.fast_dtype = get_autocast_dtype(self.device) if dtype is None else dtype
        self._cache_enabled = _state.cache if cache_enabled is None else cache_enabled
        if enabled and self.device == "cuda":
            self._warn("there is no CUDA: autocast for it is off")
            enabled = False
        elif enabled and self.device == "cpu" and self.fast_dtype not in _CPU_DTYPES:
            self._warn(
                f"autocast: expected torch.bfloat16 or torch.float16 on the CPU, got {dtype}: it "
                "is off"
            )
            enabled = False
        self._enabled = enabled
        self._before: list[tuple] = []

    @staticmethod
    def _warn(text: str) -> None:
        warnings.warn(text, UserWarning, stacklevel=3)

    def _again(self) -> autocast:
        return self

    def __enter__(self) -> autocast:
        kind = self.device
        self._before.append((is_autocast_enabled(kind), get_autocast_dtype(kind), _state.cache))
        set_autocast_enabled(kind, self._enabled)
        set_autocast_dtype(kind, self.fast_dtype)
        _state.cache = self._cache_enabled
        return self

    def __exit__(self, *error: Any) -> None:
        enabled, dtype, _state.cache = self._before.pop()
        set_autocast_enabled(self.device, enabled)
        set_autocast_dtype(self.device, dtype)


_CPU_DTYPES = (dtypes.bfloat16, dtypes.float16)


def custom_fwd(
    fwd: Callable | None = None,
    *,
    device_type: str,
    cast_inputs: dtypes.dtype | None = None,
) -> Callable:
    """A decorator for the forward of an autograd `Function` that autocast shall respect.

    With `cast_inputs` floating tensors are cast to that dtype where autocast is on, and it is off
    within.
    """
    kind = _kind(device_type)
    if fwd is None:
        return functools.partial(custom_fwd, device_type=kind, cast_inputs=cast_inputs)

    @functools.wraps(fwd)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        args[0]._dtype = get_autocast_dtype(kind)
        args[0]._fwd_used_autocast = is_autocast_enabled(kind)
        if cast_inputs is None or not is_autocast_enabled(kind):
            return fwd(*args, **kwargs)
        args[0]._fwd_used_autocast = False
        with autocast(kind, enabled=False):
            return fwd(*_cast(args, cast_inputs), **_cast(kwargs, cast_inputs))

    return decorated


def _cast(values: Any, dtype: dtypes.dtype) -> Any:
    """`values` with the floating tensors in it, but float64 ones, as `dtype`."""

    def cast(x: Any) -> Any:
        wanted = hasattr(x, "_array") and x.is_floating_point() and x.itemsize < 8
        return x.to(dtype) if wanted else x

    return tree_map(cast, values)


def custom_bwd(bwd: Callable | None = None, *, device_type: str) -> Callable:
    """A decorator for the backward: autocast is there what it was in the forward."""
    kind = _kind(device_type)
    if bwd is None:
        return functools.partial(custom_bwd, device_type=kind)

    @functools.wraps(bwd)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        with autocast(kind, enabled=args[0]._fwd_used_autocast, dtype=args[0]._dtype):
            return bwd(*args, **kwargs)

    return decorated
