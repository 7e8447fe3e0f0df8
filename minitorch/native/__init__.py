"""Kernels in C under the rows, where a compiler is at hand: the same numbers, sooner.

They are compiled when minitorch is first imported, those for float64 at their first use, and kept.
`MINITORCH_NATIVE=0` turns them off,
`MINITORCH_NATIVE=always` runs them at every size, however small, as the tests do.
`python -m minitorch --doctor` tells what is used.
"""

from __future__ import annotations

import os
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from minitorch import backend, random

if TYPE_CHECKING:
    from collections.abc import Callable

    from . import bind

__all__ = ["disable", "enable", "is_enabled", "prepare", "start", "status"]

_binding: bind.Binding | None = None
_fetching = threading.Lock()
_enabled = False
_why = "not asked for yet"  # why the kernels are off


def load() -> bind.Binding:
    """The compiled kernels. Raises: BuildError, ImportError, OSError where there are none."""
    global _binding
    from . import bind, build, table

    if _binding is None:
        _binding = bind.load(build.library(), build.is_module(), _fetch_double)
        vars(table.c).update(_binding.kernels)
    return _binding


def _fetch_double() -> bool:
    """Load the kernels for float64; False where there are none: float64 runs on NumPy then."""
    from . import build

    try:
        with _fetching:
            if build.path() != load().path:
                raise build.BuildError("the sources were changed since they were loaded")
            load().add_double(build.library("float64"))
        return True
    except Exception as error:
        _excuse(error, "float64")
        return False


def _excuse(error: Exception, kind: str = "float32") -> str:
    """Say once why there are no kernels for `kind`; returns that."""
    from . import build, compiling

    if isinstance(error, build.CompileError):
        return "the compilation failed"  # which was said while compiling
    why = str(error) or type(error).__name__
    compiling.hint(why, kind)
    return why


def enable(least: int | None = None) -> None:
    """Put the kernels over their rows; `least`: from so many elements on, whatever was measured.

    Raises: BuildError without a compiler, or where it fails.
    """
    global _enabled, _why
    binding = load()
    disable()
    from . import engine, kernels, streams, table  # noqa: F401  kernels fills the table

    for name in {entry.row for entry in table.ENTRIES}:
        backend.when_defined(name, partial(_put_over, name, binding.guard, least))
    random.install(streams.METHODS)
    backend.UPDATES.update(table.UPDATES)
    if binding.how == "module":
        engine.on(binding.module)
    backend.use_threads(binding.get_threads, binding.set_threads)
    binding.memory_on()
    _enabled, _why = True, ""


def _put_over(name: str, guard: Callable, least: int | None) -> None:
    """Put the kernels of the row `name` over it and its rules."""
    from . import table

    row, over = backend.ROWS[name], {}
    for entry in table.ENTRIES:
        if entry.row == name:
            is_rule = entry.part != "forward"
            own = backend.own_rule(row, entry.part) if is_rule else row.forward
            over[name, entry.part] = guard(own, entry.kernel, least or entry.least)
    backend.install(over)


def disable() -> None:
    """Let every row and rule run on NumPy again."""
    global _enabled, _why
    if not _enabled or _binding is None:
        return
    from . import engine

    engine.off()
    backend.uninstall()
    random.uninstall()
    backend.UPDATES.clear()
    backend.use_threads(None, None)
    _binding.memory_off()
    _enabled, _why = False, "turned off"


def is_enabled() -> bool:
    """Whether the kernels are on."""
    return _enabled


def prepare() -> bool:
    """Compile now what would be at its first use; whether all kernels are there.

    Raises: BuildError, ImportError, OSError where there are none.

    >>> import minitorch
    >>> minitorch.native.prepare()
    True
    """
    return load().has_double()


def start() -> None:
    """What the import of minitorch does: enable the kernels unless the environment forbids it.

    Where there can be none, that is said once, and everything runs on NumPy.
    """
    global _why
    wanted = os.environ.get("MINITORCH_NATIVE", "")
    if wanted == "0":
        _why = "MINITORCH_NATIVE=0"
        return
    try:
        enable(1 if wanted == "always" else None)
    except Exception as error:
        _why = _excuse(error)


def status() -> dict[str, Any]:
    """What is used, for the doctor: keys and values to print."""
    from . import build, compiling, table

    found: dict[str, Any] = {"native kernels": "on" if _enabled else f"off: {_why}"}
    if _binding is not None:
        rows = {entry.row for entry in table.ENTRIES}
        found |= {
            "library": _binding.path,
            "called through": _binding.how,
            "kernels": f"{len(_binding.kernels)} in C, over {len(rows)} rows",
            "threads": _binding.get_threads(),
            "memory": _binding.memory_stats(),
        }
    found["compiler"] = ", ".join(" ".join(each) for each in build.compilers()) or "none"
    try:
        found["cache"] = build.folder()
        paths = {kind: build.path(kind) for kind in ("float32", "float64")}
        found["compiled"] = ", ".join(k for k in paths if build.sound(paths[k])) or "none yet"
        if failed := "\n".join(filter(None, map(compiling.failure, paths.values()))):
            found["compilation failed"] = failed
    except build.BuildError as error:
        found["cache"] = f"none: {error}"
    return found
