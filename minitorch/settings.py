"""Switches that scripts set once: determinism, precision, threads, warnings; and small questions.

Most of them choose among kernels. Here there is one kernel for each operation, the same bits every
time and full precision: such switches are kept and answered, and change nothing.
"""

from __future__ import annotations

import inspect
import warnings
from typing import Any

from . import backend
from ._tensor import Tensor
from .legacy import tensortype

__all__ = [
    "are_deterministic_algorithms_enabled",
    "compiled_with_cxx11_abi",
    "get_default_device",
    "get_deterministic_debug_mode",
    "get_device_module",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_vulkan_available",
    "is_warn_always_enabled",
    "set_default_device",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_interop_threads",
    "set_warn_always",
    "typename",
    "use_deterministic_algorithms",
]

set_default_device, get_default_device = backend.set_default_device, backend.get_default_device

_set: dict[str, Any] = {
    "deterministic": False,
    "warn_only": False,
    "precision": "highest",
    "warn_always": False,
}


def _checked_bool(value: Any, function: str, name: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{function}(): argument '{name}' must be bool, not {type(value).__name__}")
    return value


# ------------------------------------------------------------------ determinism


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for the same bits every time: here it is so, asked or not."""
    _set["deterministic"] = _checked_bool(mode, "use_deterministic_algorithms", "mode")
    _set["warn_only"] = _checked_bool(warn_only, "use_deterministic_algorithms", "warn_only")


def are_deterministic_algorithms_enabled() -> bool:
    """Whether `use_deterministic_algorithms` was asked for."""
    return _set["deterministic"]


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether it was asked for with `warn_only`."""
    return _set["warn_only"]


_MODES = ("default", "warn", "error")


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """0 "default": not asked for; 1 "warn", 2 "error": asked for. Raises: RuntimeError for more."""
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, not {type(debug_mode).__name__}")
    if debug_mode not in (*_MODES, *range(3)):
        raise RuntimeError(
            f"set_deterministic_debug_mode: expected one of {', '.join(_MODES)}, or 0 to 2, got "
            f"{debug_mode}"
        )
    level = _MODES.index(debug_mode) if isinstance(debug_mode, str) else debug_mode
    use_deterministic_algorithms(level > 0, warn_only=level == 1)


def get_deterministic_debug_mode() -> int:
    """0, 1 or 2, as `set_deterministic_debug_mode` counts."""
    return 0 if not _set["deterministic"] else 1 if _set["warn_only"] else 2


# ------------------------------------------------------------------ precision


def set_float32_matmul_precision(precision: str) -> None:
    """How float32 products may be rounded: kept; products are always those of "highest"."""
    if not isinstance(precision, str):
        raise RuntimeError(
            f"set_float32_matmul_precision expects a str, but got {type(precision).__name__}"
        )
    if precision not in ("highest", "high", "medium"):
        warnings.warn(
            f"set_float32_matmul_precision: expected 'highest', 'high' or 'medium', got "
            f"'{precision}': nothing changes",
            UserWarning,
            stacklevel=2,
        )
        return
    _set["precision"] = precision


def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` was told."""
    return _set["precision"]


def set_flush_denormal(mode: bool) -> bool:
    """Whether numbers below the smallest normal one become 0. Returns: whether that can be chosen.

    Differs: NumPy cannot choose, they stay as they are: False.
    """
    _checked_bool(mode, "set_flush_denormal", "mode")
    return False


# ------------------------------------------------------------------ threads, warnings

_interop: list[int] = []  # what was asked for, once it was


def set_num_interop_threads(num: int) -> None:
    """How many operations run at a time: kept; they run one after another.

    Raises: RuntimeError when it is set twice, or for a number that is not positive.
    """
    if not isinstance(num, int) or num <= 0:
        raise RuntimeError(f"set_num_interop_threads expects a positive integer, got {num}")
    if _interop:
        raise RuntimeError("set_num_interop_threads: it can be set once, and was")
    _interop.append(num)


def get_num_interop_threads() -> int:
    """How many operations may run at a time, as torch counts: what was set, else the cores."""
    if _interop:
        return _interop[0]
    import os

    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def set_warn_always(b: bool, /) -> None:
    """Whether torch warns each time or once: kept; Python's own filter of warnings decides.

    Raises: RuntimeError unless `b` is a bool.
    """
    if not isinstance(b, bool):
        raise RuntimeError(f"set_warn_always: expected bool, got {type(b).__name__}")
    _set["warn_always"] = b


def is_warn_always_enabled() -> bool:
    """What `set_warn_always` was told."""
    return _set["warn_always"]


# ------------------------------------------------------------------ questions


def typename(obj: Any, /) -> str:
    """The name of the type of `obj`: 'torch.FloatTensor' for a tensor, 'int', 'my.module.Net'."""
    if isinstance(obj, Tensor):
        return obj.type()
    if isinstance(obj, tensortype):
        return str(obj)
    named = obj if inspect.isclass(obj) or inspect.isfunction(obj) else type(obj)
    home = getattr(named, "__module__", None) or ""
    if home == "builtins" or not home:
        return named.__qualname__
    if home.startswith("minitorch.") and not home.startswith("minitorch.nn"):
        home = "minitorch"
    return f"{home.replace('minitorch', 'torch', 1)}.{named.__qualname__}"


def compiled_with_cxx11_abi() -> bool:
    """Whether C++ extensions would need the new ABI: yes, as in torch; there are none here."""
    return True


def is_vulkan_available() -> bool:
    """Whether Vulkan can be used: never."""
    return False


def get_device_module(device: Any = None) -> Any:
    """The module of functions for a device: `cpu`, `cuda`, `mps`, `xpu`."""
    import importlib

    kind = backend.device("cpu" if device is None else device).type
    if kind not in ("cpu", "cuda", "mps", "xpu"):
        raise RuntimeError(f"get_device_module: there is no module for '{kind}'")
    return importlib.import_module(f"{__package__}.{kind}")
