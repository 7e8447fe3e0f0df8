"""Making the kernels' libraries: once, in the foreground, by one process while others wait.

What is half done lies in a folder of its own and is moved into place at the end, so whoever is
killed in between leaves nothing that is loaded. A failure is remembered for a day.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from .build import (
    FLAGS,
    OWN_FLAGS,
    BuildError,
    CompileError,
    checksum,
    compilers,
    folder,
    include,
    is_module,
    processor,
    sound,
    sources,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BINDING", "GUEST", "ONCE", "build", "failure", "hint"]

ONCE = ("pool.c", "registry.c")  # free of the element type
BOTH = ("random.c",)  # programs in float32 draw float64 as well: those kernels are in the first
GUEST = ("guest.c", "registry.c")  # the same for the library that is loaded beside the first
BINDING = ("module.c", "memory.c", "engine.c", "sweep.c")  # Python's and NumPy's headers
_DAY = 86400
_PATIENCE = 600  # seconds that one compilation may take, or another process
_LIBRARIES, _OBJECTS = 8, 400  # that are kept; a library has an object for each source
_PROBE = "#include <math.h>\n#include <pthread.h>\n#include <stdatomic.h>\nint x;\n"


def build(path: str, kind: str) -> None:
    """Compile the library of the kernels for `kind` to `path`, unless another process does.

    Raises: BuildError without a compiler, or where nothing can be written; CompileError where it
    fails, or failed today.
    """
    try:
        os.makedirs(folder(), exist_ok=True)
        with _Locked(os.path.join(folder(), "lock")):
            if sound(path):
                return
            commands = compilers()
            if not commands:
                raise BuildError(
                    "no C compiler: neither $CC, cc, gcc, clang nor the package ziglang"
                )
            told = failure(path)
            if told.startswith(repr(commands)):
                raise CompileError(told)
            _build(path, kind, commands)
            _tidy()
    except OSError as error:
        raise BuildError(f"{folder()} cannot be written: {error.strerror or error}") from error


def failure(path: str) -> str:
    """What the compilers printed that could not build the library `path` today, "" if they can."""
    try:
        if time.time() - os.stat(path + ".failed").st_mtime > _DAY:
            return ""
        with open(path + ".failed") as file:
            return file.read()
    except OSError:
        return ""


def say(text: str) -> None:
    """Print to stderr, where there is one."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):
        pass


def hint(why: str, kind: str = "float32") -> None:
    """Say once, not at each import, that there are no kernels for `kind`."""
    import tempfile

    first = why.strip().partition("\n")[0]
    said = checksum(f"{kind}: {first}".encode())
    places = [os.path.join(tempfile.gettempdir(), f"minitorch-{_user()}")]
    with contextlib.suppress(BuildError):
        places.insert(0, folder())
    for place in places:
        try:
            os.makedirs(place, mode=0o700, exist_ok=True)
            with open(os.path.join(place, f"said-{said}"), "x"):
                break
        except FileExistsError:
            return
        except OSError:
            continue
    say(
        f"minitorch: {_who(kind)} runs on NumPy alone, without kernels: {first}\n"
        "           (python -m minitorch --doctor tells more; this is said once)\n"
    )


def _who(kind: str) -> str:
    """What runs on NumPy where there are no kernels for `kind`: without the first, everything."""
    return "it" if kind == "float32" else kind


def _user() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0


class _Locked:
    """While open, no other process has the same file locked."""

    def __init__(self, path: str) -> None:
        self.file = open(path, "a")  # noqa: SIM115

    def __enter__(self) -> None:
        import fcntl

        started, told = time.time(), False
        while True:
            try:
                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                pass
            except OSError:  # some network folders know no locks: then two may build, in turn right
                return
            if not told:
                say("minitorch: another process compiles its kernels; waiting\n")
                told = True
            if time.time() - started > _PATIENCE:
                self.file.close()
                raise BuildError(f"another process holds {self.file.name} for {_PATIENCE} s")
            time.sleep(0.05)

    def __exit__(self, *error: Any) -> None:
        self.file.close()


def _build(path: str, kind: str, commands: list[list[str]]) -> None:
    import shutil
    import tempfile

    started = time.time()
    work = tempfile.mkdtemp(prefix="build-", dir=folder())
    say(f"minitorch: compiling its kernels for {kind}, once ({' '.join(commands[0])}) ... ")
    try:
        made = os.path.join(work, "kernels.so")
        _compile(_chosen(commands, work), work, made, kind)
        _keep(made, path)
        say(f"{time.time() - started:.0f} s\n")
    except CompileError as error:
        say(f"failed; {_who(kind)} runs on NumPy (python -m minitorch --doctor tells why)\n")
        with open(path + ".failed", "w") as file:
            file.write(f"{commands!r}\n{error}")
        raise
    except BaseException:
        say("stopped\n")
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _chosen(commands: list[list[str]], work: str) -> list[str]:
    """The first command that compiles, with what it understands of -march=native."""
    import platform

    arm = platform.machine() in ("arm64", "aarch64")
    probe = os.path.join(work, "probe.c")
    with open(probe, "w") as file:
        file.write(_PROBE)
    told = []
    for command in commands:
        for tuned in (["-mcpu=native" if arm else "-march=native"], []):
            full = [*command, *FLAGS, *tuned, *os.environ.get("MINITORCH_CFLAGS", "").split()]
            try:
                _run([*full, "-c", probe, "-o", os.path.join(work, "probe.o")])
                return full
            except CompileError as error:
                told.append(str(error))
    raise CompileError("\n".join(told))


def _run(command: list[str]) -> str:
    """What a compiler prints. Raises: CompileError where it fails."""
    import subprocess

    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PATIENCE,
            errors="replace",
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CompileError(f"{' '.join(command)}\n{error}") from error
    if done.returncode:
        raise CompileError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stderr


def _tasks(work: str, kind: str) -> Iterator[tuple[str, list[str]]]:
    """(object file, arguments) of each compilation."""
    headers: list[str] = []
    is_first = kind == "float32"
    once = ONCE if is_first else GUEST
    if is_first and is_module():
        headers = [f"-I{include()}", f"-I{np.get_include()}", "-DNPY_TARGET_VERSION=0x12"]  # 2.0
        once += BINDING
    for path in sources():
        name = os.path.basename(path)
        made, own = os.path.join(work, name), OWN_FLAGS.get(name, [])
        if name in once:
            yield f"{made}.o", [path, *headers]
        elif name.endswith(".c") and name not in ONCE + GUEST + BINDING:
            if is_first:
                yield f"{made}.f32.o", [*own, path]
            if is_first == (name in BOTH):
                yield f"{made}.f64.o", [*own, "-DDOUBLE", path]


def _object(command: list[str], arguments: list[str]) -> str:
    """Where the object file of a source is kept: whoever changes one source compiles one."""
    told = " ".join([processor(), sys.version, *command, *arguments]).encode()
    for path in sources():
        if path.endswith(".h") or path in arguments:
            with open(path, "rb") as file:
                told += file.read()
    return os.path.join(folder(), "objects", f"{checksum(told)}.o")


def _keep(made: str, path: str) -> None:
    """Put a copy of the file `made` at `path`, with its checksum, for `sound`."""
    import shutil

    os.makedirs(os.path.dirname(path), exist_ok=True)
    shutil.copyfile(made, made + ".copy")
    with open(made, "rb") as file, open(made + ".sum", "w") as kept:
        kept.write(checksum(file.read()))
    os.replace(made + ".copy", path)
    os.replace(made + ".sum", path + ".sum")


def _compile(command: list[str], work: str, made: str, kind: str) -> None:
    import shutil
    from concurrent.futures import ThreadPoolExecutor

    def make(task: tuple[str, list[str]]) -> str:
        kept = _object(command, task[1])
        if sound(kept):
            shutil.copyfile(kept, task[0])
            return ""
        told = _run([*command, "-c", *task[1], "-o", task[0]])
        _keep(task[0], kept)
        return told

    tasks = list(_tasks(work, kind))
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        running = [pool.submit(make, task) for task in tasks]
        try:
            told = [each.result() for each in running]
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    if os.environ.get("MINITORCH_CFLAGS") is not None:  # who sets flags reads warnings
        say("".join(told))
    shared = ["-shared", "-pthread"]
    shared += ["-undefined", "dynamic_lookup"] if sys.platform == "darwin" else ["-Wl,-Bsymbolic"]
    _run([*command, *shared, *(task[0] for task in tasks), "-lm", "-o", made])


def _tidy() -> None:
    """Keep the newest libraries and objects, and nothing that a killed process left half done."""
    import shutil

    objects = os.path.join(folder(), "objects")
    for place, end, most in ((folder(), ".so", _LIBRARIES), (objects, ".o", _OBJECTS)):
        ages = []
        for name in os.listdir(place):
            path = os.path.join(place, name)
            try:
                ages.append((os.stat(path).st_mtime, path))
            except OSError:
                continue
        ages.sort(reverse=True)
        for _, path in [a for a in ages if a[1].endswith(end)][most:]:
            _remove(path)
            _remove(path + ".sum")
        for age, path in ages:
            if time.time() - age > _DAY and path.endswith(".failed"):
                _remove(path)
            elif time.time() - age > 6 * _PATIENCE and "build-" in os.path.basename(path):
                shutil.rmtree(path, ignore_errors=True)


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.remove(path)
