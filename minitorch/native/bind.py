"""The kernels as Python functions.

Every kernel is called alike: `c.gelu(x, out, x.size)`. Arrays (None for an absent one), integers
and floats come in any order, a tuple stands for its integers, and a kernel returns an integer.
Arrays are of one floating dtype, which chooses the kernel's, and contiguous unless it is told
strides; an array of integers may stand among them. A list stands for its arrays, which are of the
same floating dtype, and adds the size of each to the integers, as ~size where the array may not be
written to.

The kernels for float64 are a library of their own: it is asked for at the first call that needs
them, and where there are none their callers run on NumPy.

With Python's headers at hand that is a module of its own, 40 ns a call; else ctypes does the same
in some 10 us, and a kernel must have more to do before it is worth it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Binding", "load"]

_FLOAT, _DOUBLE = np.dtype("float32"), np.dtype("float64")
SLOW = 8  # how many times as large an array must be where calls go through ctypes


class Binding:
    """The functions of a library: `kernels`, `guard`, threads and memory.

    `has_double()` tells whether there are kernels for float64. Its first call runs `fetch`, which
    tells the same and before that hands their library to `add_double`, where there is one.
    """

    def __init__(self, module: Any, path: str, how: str, fetch: Callable[[], bool]) -> None:
        self.path, self.module = path, module
        self.how = how  # "module" or "ctypes"
        module.fetch_double(fetch)
        self.add_double: Callable[[str], None] = module.add_double
        self.has_double: Callable[[], bool] = module.has_double
        self.kernels: dict[str, Callable] = module.kernels()
        self.guard: Callable[[Callable, Callable, int], Callable] = module.guard
        self.get_threads: Callable[[], int] = module.get_threads
        self.set_threads: Callable[[int], None] = module.set_threads
        self.memory_on: Callable[[], None] = module.memory_on
        self.memory_off: Callable[[], None] = module.memory_off
        self.memory_stats: Callable[[], dict[str, int]] = module.memory_stats
        self.memory_trim: Callable[[], None] = module.memory_trim


def load(path: str, is_module: bool, fetch: Callable[[], bool]) -> Binding:
    """The library at `path`. Raises: ImportError, OSError where it cannot be loaded."""
    if not is_module:
        return Binding(_Ctypes(path), path, "ctypes", fetch)
    from importlib.machinery import ExtensionFileLoader, ModuleSpec

    loader = ExtensionFileLoader("_kernels", path)
    module = loader.create_module(ModuleSpec("_kernels", loader, origin=path))
    loader.exec_module(module)
    return Binding(module, path, "module", fetch)


class _Ctypes:
    """What module.c offers, through ctypes."""

    def __init__(self, path: str) -> None:
        import ctypes

        self.library = ctypes.CDLL(path)
        self.library.threads_wanted.restype = ctypes.c_int64
        self.set_threads = lambda n: self.library.threads_set(ctypes.c_int64(n))
        self.found: dict[str, list] = {}
        """The kernels by name: for float32, for float64, whether it is told strides."""
        self.double: bool | None = None

    def get_threads(self) -> int:
        return self.library.threads_wanted()

    def fetch_double(self, fetch: Callable[[], bool]) -> None:
        self.fetch = fetch

    def has_double(self) -> bool:
        if self.double is None:
            self.double = self.fetch()
        return self.double

    def add_double(self, path: str) -> None:
        import ctypes

        library = ctypes.CDLL(path)
        lent = ("parallel", "scratch", "threads_wanted", "no_memory")
        library.borrow(*(ctypes.cast(getattr(self.library, n), ctypes.c_void_p) for n in lent))
        self._add(library)

    def kernels(self) -> dict[str, Any]:
        self._add(self.library)
        return {name: _called(self, name, entry) for name, entry in self.found.items()}

    def _add(self, library: Any) -> None:
        import ctypes

        name, double, strided = ctypes.c_char_p(), ctypes.c_int(), ctypes.c_int()
        places = (ctypes.byref(name), ctypes.byref(double), ctypes.byref(strided))
        library.kernel_get.restype = ctypes.c_void_p
        i = 0
        while address := library.kernel_get(i, *places):
            text = (name.value or b"").decode()
            entry = self.found.setdefault(text, [None, None, strided.value])
            entry[double.value] = ctypes.c_void_p(address)
            i += 1

    def guard(self, fallback: Any, kernel: Any, least: int) -> Any:
        least *= SLOW

        def guarded(*args: Any, **kwargs: Any) -> Any:
            large = double = False
            for x in args:
                double |= isinstance(x, np.float64)
                if isinstance(x, np.ndarray):
                    if type(x) is not np.ndarray or not (x.flags.aligned and x.dtype.isnative):
                        break
                    large |= x.size >= least and (x.dtype is _FLOAT or x.dtype is _DOUBLE)
                    double |= x.dtype is _DOUBLE
            else:
                if (
                    large
                    and (not double or self.has_double())
                    and (found := kernel(*args, **kwargs)) is not NotImplemented
                ):
                    return found
            return fallback(*args, **kwargs)

        return guarded

    def memory_on(self) -> None:
        """NumPy's own memory stays: to replace it takes its headers."""

    memory_off = memory_trim = memory_on

    def memory_stats(self) -> dict[str, int]:
        return {}


def _called(binding: _Ctypes, name: str, entry: list) -> Any:
    import ctypes

    strided = entry[2]

    def call(*args: Any) -> int:
        arrays, integers, numbers = [], [], []
        which: bool | None = None

        def add(x: Any, in_list: bool) -> None:
            nonlocal which
            if x.dtype is _FLOAT or x.dtype is _DOUBLE:
                if which not in (None, x.dtype is _DOUBLE):
                    raise TypeError(f"{name}: expected arrays of one dtype")
                which = x.dtype is _DOUBLE
            elif in_list:
                raise TypeError(f"{name}: expected lists of arrays of a floating dtype")
            if not (x.flags.aligned and x.dtype.isnative):
                raise ValueError(f"{name}: expected aligned arrays in native byte order")
            if not (strided or x.flags.c_contiguous):
                raise ValueError(f"{name}: expected contiguous arrays")
            arrays.append(x.ctypes.data)
            if in_list:
                integers.append(x.size if x.flags.writeable else ~x.size)

        for x in args:
            if isinstance(x, np.ndarray):
                add(x, False)
            elif isinstance(x, list):
                for each in x:
                    add(each, True)
            elif x is None:
                arrays.append(None)
            elif isinstance(x, float):
                numbers.append(x)
            elif isinstance(x, tuple):
                integers += x
            else:
                integers.append(x)
        if which and not entry[1]:
            binding.has_double()
        run = entry[which or 0]
        if run is None:
            raise TypeError(f"{name}: not for this dtype")
        found = ctypes.c_int64()
        if not binding.library.kernel_run(
            run,
            (ctypes.c_void_p * (len(arrays) or 1))(*arrays),
            (ctypes.c_int64 * (len(integers) or 1))(*integers),
            (ctypes.c_double * (len(numbers) or 1))(*numbers),
            ctypes.byref(found),
        ):
            raise MemoryError(f"{name}: there is no memory left")
        return found.value

    return call
