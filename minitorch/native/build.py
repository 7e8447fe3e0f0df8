"""The kernels' libraries: where they lie, and whether what lies there is sound.

The kernels for float32 are one, with all that Python calls; those for float64, which few programs
call, are another, made at their first use. What a library is compiled from, by and for is hashed
into its name, so nothing stale is ever loaded; a checksum in a file beside it tells a broken one.
Where one is missing, `compiling.py` makes it.
"""

from __future__ import annotations

import os
import sys
import zlib

import numpy as np

__all__ = [
    "BuildError", "CompileError", "compiler", "compilers", "folder", "is_module", "library", "path",
    "sources",
]  # fmt: skip

_HERE = os.path.dirname(__file__)
FLAGS = (
    "-std=gnu11 -O2 -ftree-vectorize -fPIC -pthread "  # -O3 takes ten times as long to compile
    "-fno-math-errno -fno-trapping-math -ffp-contract=fast "
    "-Wall -Wextra -Wno-psabi -Wno-missing-field-initializers"
).split()
OWN_FLAGS = {
    "optim.c": ["-ffp-contract=off"],  # it rounds after every operation, as the rules on NumPy do
    "random.c": ["-ffp-contract=off"],  # it says itself where torch rounds once
}


class BuildError(RuntimeError):
    """There is no library and none can be made; the text says why."""


class CompileError(BuildError):
    """The compiler failed; the text is what it was told and what it printed."""


def folder() -> str:
    """Where the library is kept: $MINITORCH_CACHE, else the user's cache directory.

    Raises: BuildError where there is no such directory.
    """
    found = os.environ.get("MINITORCH_CACHE")
    if found:
        return os.path.abspath(found)
    if sys.platform == "darwin":
        found = os.path.expanduser("~/Library/Caches")
    else:
        found = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if not os.path.isabs(found):
        raise BuildError("there is no home directory to keep kernels in: set MINITORCH_CACHE")
    return os.path.join(found, "minitorch")


def sources() -> list[str]:
    """The C files, by path."""
    src = os.path.join(_HERE, "src")
    return sorted(os.path.join(src, n) for n in os.listdir(src) if n.endswith((".c", ".h")))


def compilers() -> list[list[str]]:
    """The commands of the C compilers: $CC alone, else cc, gcc, clang, and ziglang from PyPI."""
    import importlib.util
    import shlex
    import shutil

    own = os.environ.get("CC")
    if own:
        return [shlex.split(own)]
    paths = [path for name in ("cc", "gcc", "clang") if (path := shutil.which(name))]
    found = [[path] for path in {os.path.realpath(p): p for p in reversed(paths)}.values()][::-1]
    if importlib.util.find_spec("ziglang"):
        found.append([sys.executable, "-m", "ziglang", "cc"])
    return found


def compiler() -> list[str]:
    """The command that is tried first, [] without any."""
    found = compilers()
    return found[0] if found else []


def processor() -> str:
    """What the library is compiled for: the processor's kind and its instructions."""
    told = [sys.platform, *os.uname()[4:]] if hasattr(os, "uname") else [sys.platform]
    try:
        with open("/proc/cpuinfo") as file:
            head = file.read(8192).split("\n\n")[0]
    except OSError:
        return "\n".join(told)
    kinds = ("flags", "model name", "Features", "CPU implementer", "CPU part", "isa")
    return "\n".join(told + [line for line in head.splitlines() if line.startswith(kinds)])


def include() -> str | None:
    """Python's headers, None where they are not installed."""
    kind = f"python{sys.version_info[0]}.{sys.version_info[1]}{getattr(sys, 'abiflags', '')}"
    usual = os.path.join(sys.base_prefix, "include", kind)
    if os.path.exists(os.path.join(usual, "Python.h")):
        return usual  # and sysconfig, which takes 3 ms to import, is not needed
    import sysconfig

    found = sysconfig.get_paths()["include"]
    return found if os.path.exists(os.path.join(found, "Python.h")) else None


def checksum(told: bytes) -> str:
    """64 bits; hashlib would cost a tenth of the whole import."""
    return f"{zlib.crc32(told):08x}{zlib.adler32(told):08x}"


def path(kind: str = "float32") -> str:
    """Where the library of the kernels for `kind` is, or would be."""
    parts = [processor(), f"{FLAGS}{OWN_FLAGS}", sys.version, np.__version__, str(include())]
    parts += [os.environ.get(name, "") for name in ("CC", "MINITORCH_CFLAGS")]
    told = ["\n".join(parts).encode()]
    for source in sources():
        with open(source, "rb") as file:
            told.append(file.read())
    return os.path.join(folder(), f"kernels-{checksum(b''.join(told))}-{kind}.so")


def sound(path: str) -> bool:
    """Whether the file at `path` is what was written there."""
    try:
        with open(path, "rb") as file, open(path + ".sum") as kept:
            return checksum(file.read()) == kept.read()
    except (OSError, UnicodeDecodeError):
        return False


def is_module() -> bool:
    """Whether the library for float32 is a Python module, which takes Python's headers."""
    return include() is not None


def library(kind: str = "float32") -> str:
    """The path of the library of the kernels for `kind`, built if it is not there.

    Raises: BuildError where it is missing and cannot be made.
    """
    found = path(kind)
    if not sound(found):
        from . import compiling

        compiling.build(found, kind)
    return found
