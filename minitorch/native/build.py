"""The kernels' library: compiled once, kept under the user's cache, loaded from there.

What it is compiled from, by and for is hashed into its name, so nothing stale is ever loaded; a
checksum in a file beside it tells a broken one. One process builds, others wait; what is half done
lies in a folder of its own and is moved into place at the end.
"""

from __future__ import annotations

import glob
import os
import sys
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BuildError", "compiler", "folder", "library", "sources"]

_HERE = os.path.dirname(__file__)
_FLAGS = (
    "-std=gnu11 -O2 -ftree-vectorize -fPIC -pthread "  # -O3 takes ten times as long to compile
    "-fno-math-errno -fno-trapping-math -ffp-contract=fast "
    "-Wall -Wextra -Wno-psabi -Wno-missing-field-initializers"
).split()
_ONCE = ("pool.c", "registry.c")  # free of the element type
_BINDING = ("module.c", "memory.c")  # Python's and NumPy's headers
_OWN_FLAGS = {"random.c": ["-ffp-contract=off"]}  # it says itself where torch rounds once


class BuildError(RuntimeError):
    """There is no compiler, or it failed; the text says which and what it printed."""


def folder() -> str:
    """Where the library is kept: $MINITORCH_CACHE, else the user's cache directory."""
    found = os.environ.get("MINITORCH_CACHE")
    if found:
        return found
    home = os.path.expanduser("~")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches", "minitorch")
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or f"{home}/.cache", "minitorch")


def sources() -> list[str]:
    """The C files, by path."""
    return sorted(glob.glob(os.path.join(_HERE, "src", "*.[ch]")))


def compiler() -> list[str]:
    """The command of a C compiler: $CC, cc, gcc, clang, else ziglang from PyPI; [] without."""
    import importlib.util
    import shlex
    import shutil

    own = os.environ.get("CC")
    if own:
        return shlex.split(own)
    for name in ("cc", "gcc", "clang"):
        if path := shutil.which(name):
            return [path]
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "cc"]
    return []


def _processor() -> str:
    """What the library is compiled for: the processor's kind and its instructions."""
    import platform

    told = [sys.platform, platform.machine()]
    try:
        with open("/proc/cpuinfo") as file:
            head = file.read(8192).split("\n\n")[0]
        told += [line for line in head.splitlines() if line.startswith(("flags", "model name"))]
    except OSError:
        told.append(platform.processor())
    return "\n".join(told)


def _include() -> str | None:
    """Python's headers, None where they are not installed."""
    import sysconfig

    path = sysconfig.get_paths()["include"]
    return path if os.path.exists(os.path.join(path, "Python.h")) else None


def _name() -> str:
    """The library's file name."""
    parts = [_processor(), f"{_FLAGS}{_OWN_FLAGS}", sys.version, np.__version__, str(_include())]
    parts += [os.environ.get(name, "") for name in ("CC", "MINITORCH_CFLAGS")]
    told = "\n".join(parts).encode()
    for path in sources():
        with open(path, "rb") as file:
            told += file.read()
    return f"kernels-{_checksum(told)}.so"


def _sound(path: str) -> bool:
    """Whether the file at `path` is what was written there."""
    try:
        with open(path, "rb") as file, open(path + ".sum") as kept:
            return f"{zlib.crc32(file.read()):08x}" == kept.read()
    except OSError:
        return False


def library() -> tuple[str, bool]:
    """(the path of the library, whether it is a Python module), built if it is not there.

    Raises: BuildError without a compiler, or where it fails; OSError where nothing can be written.
    """
    path = os.path.join(folder(), _name())
    is_module = _include() is not None
    if _sound(path):
        return path, is_module
    os.makedirs(folder(), exist_ok=True)
    with _locked(path + ".lock"):
        if not _sound(path):
            if os.path.exists(path + ".failed"):
                with open(path + ".failed") as file:
                    raise BuildError(file.read())
            _build(path, is_module)
    return path, is_module


class _locked:
    """While open, no other process has the same file locked."""

    def __init__(self, path: str) -> None:
        self.file = open(path, "w")  # noqa: SIM115

    def __enter__(self) -> None:
        import fcntl

        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *error: Any) -> None:
        self.file.close()


def _build(path: str, is_module: bool) -> None:
    import shutil
    import tempfile
    import time

    command = compiler()
    if not command:
        raise BuildError("no C compiler: neither $CC, cc, gcc, clang nor the package ziglang")
    started = time.time()
    sys.stderr.write(f"minitorch: compiling its kernels, once ({' '.join(command)}) ... ")
    sys.stderr.flush()
    work = tempfile.mkdtemp(prefix="build-", dir=folder())
    try:
        made = os.path.join(work, "kernels.so")
        _compile(command, work, made, is_module)
        _keep(made, path)
        sys.stderr.write(f"{time.time() - started:.0f} s\n")
    except BuildError as error:
        sys.stderr.write("failed; it runs on NumPy (python -m minitorch --doctor tells why)\n")
        with open(path + ".failed", "w") as file:
            file.write(str(error))
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _tasks(work: str, is_module: bool) -> Iterator[tuple[str, list[str]]]:
    """(object file, arguments) of each compilation."""
    headers = [f"-I{_include()}", f"-I{np.get_include()}"] if is_module else []
    for path in sources():
        name = os.path.basename(path)
        if not name.endswith(".c") or (name in _BINDING and not is_module):
            continue
        if name in _ONCE + _BINDING:
            yield os.path.join(work, name + ".o"), [path, *headers]
        else:
            own = _OWN_FLAGS.get(name, [])
            yield os.path.join(work, name + ".f32.o"), [*own, path]
            yield os.path.join(work, name + ".f64.o"), [*own, "-DDOUBLE", path]


def flags(command: list[str]) -> list[str]:
    """What the compiler is told."""
    import platform

    own = os.environ.get("MINITORCH_CFLAGS", "").split()
    arm = platform.machine() in ("arm64", "aarch64")
    return [*_FLAGS, "-mcpu=native" if arm else "-march=native", *own]


def _checksum(told: bytes) -> str:
    """64 bits; hashlib would cost a tenth of the whole import."""
    return f"{zlib.crc32(told):08x}{zlib.adler32(told):08x}"


def _object(command: list[str], arguments: list[str]) -> str:
    """Where the object file of a source is kept: whoever changes one source compiles one."""
    told = " ".join([_processor(), sys.version, *command, *flags(command), *arguments]).encode()
    for path in sources():
        if path.endswith(".h") or path in arguments:
            with open(path, "rb") as file:
                told += file.read()
    return os.path.join(folder(), "objects", f"{_checksum(told)}.o")


def _keep(made: str, path: str) -> None:
    """Put a copy of the file `made` at `path`, with its checksum, for `_sound`."""
    import shutil

    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(made, "rb") as file, open(path + ".sum", "w") as kept:
        kept.write(f"{zlib.crc32(file.read()):08x}")
    shutil.copyfile(made, made + ".copy")
    os.replace(made + ".copy", path)


def _compile(command: list[str], work: str, made: str, is_module: bool) -> None:
    import shutil
    import subprocess
    from concurrent.futures import ThreadPoolExecutor

    def run(arguments: list[str]) -> str:
        done = subprocess.run([*command, *arguments], capture_output=True, text=True)
        if done.returncode:
            raise BuildError(f"{' '.join(command + arguments)}\n{done.stdout}{done.stderr}")
        return done.stderr

    def make(task: tuple[str, list[str]]) -> str:
        kept = _object(command, task[1])
        if _sound(kept):
            shutil.copyfile(kept, task[0])
            return ""
        told = run([*flags(command), "-c", *task[1], "-o", task[0]])
        _keep(task[0], kept)
        return told

    tasks = list(_tasks(work, is_module))
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        told = pool.map(make, tasks)
        if os.environ.get("MINITORCH_CFLAGS") is not None:  # who sets flags reads warnings
            sys.stderr.write("".join(told))
        list(told)
    shared = ["-shared", "-pthread"]
    if sys.platform == "darwin":
        shared += ["-undefined", "dynamic_lookup"]
    run([*flags(command), *shared, *(t[0] for t in tasks), "-lm", "-o", made])
