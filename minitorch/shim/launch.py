"""Runs a script as Python would run it, with `torch` naming minitorch."""

from __future__ import annotations

import builtins
import linecache
import os
import runpy
import sys
import traceback
from types import ModuleType, TracebackType
from typing import Any

from minitorch.shim import PRINTED, install
from minitorch.shim.missing import short

HERE = os.path.dirname(os.path.abspath(__file__))


def script(path: str, args: list[str]) -> None:
    """`python path args`: a file, or a folder or archive with a `__main__`."""
    sys.argv[:] = [path, *args]
    if os.path.isdir(path) or path.endswith((".zip", ".pyz")):
        start(lambda: runpy.run_path(path, run_name="__main__"))
        return
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        print(f"python -m minitorch: can't open file {path!r}: {error}", file=sys.stderr)
        sys.exit(2)
    full = os.path.abspath(path)
    sys.path[0] = os.path.dirname(full)
    start(lambda: execute(source, full, full))


def stdin(args: list[str]) -> None:
    """`python - args`: what comes through standard input."""
    sys.argv[:], sys.path[0] = ["-", *args], ""
    source = sys.stdin.read()
    start(lambda: execute(source, "<stdin>", None))


def text(source: str, args: list[str]) -> None:
    """`python -c source args`."""
    sys.argv[:], sys.path[0] = ["-c", *args], ""
    if sys.version_info >= (3, 13):  # whose tracebacks show such lines
        linecache.cache["<string>"] = len(source), None, source.splitlines(True), "<string>"
    start(lambda: execute(source, "<string>", None))


def module(name: str, args: list[str]) -> None:
    """`python -m name args`."""
    sys.argv[:] = [name, *args]
    sys.path[0] = os.getcwd()
    start(lambda: runpy.run_module(name, run_name="__main__", alter_sys=True))


def execute(source: Any, name: str, file: str | None) -> None:
    """Run `source` as a new `__main__`, as the interpreter does with the script it is given."""
    main = ModuleType("__main__")
    main.__dict__.update(__builtins__=builtins, __spec__=None, __package__=None)
    if file is not None:
        main.__file__, main.__cached__ = file, None
    sys.modules["__main__"] = main
    exec(compile(source, name, "exec", dont_inherit=True), main.__dict__)


def start(run: Any) -> None:
    """Install the shim and run; an error ends the process as it would end Python's own."""
    install()
    try:
        run()
    except SystemExit:
        raise
    except BaseException:
        _show_the_scripts_part(sys.excepthook)
        raise


def _show_the_scripts_part(ordinary: Any) -> None:
    """Leave out of the traceback that the script was started by us; say what was missing."""

    def excepthook(kind: type, error: BaseException, trace: TracebackType | None) -> None:
        cut = trace
        while cut is not None and _of_the_start(cut):
            cut = cut.tb_next
        if cut is None and not isinstance(error, SyntaxError):
            cut = trace  # it never came to the script
        error.__traceback__ = cut
        ordinary(kind, error, cut)
        hint = missing_method(error)
        if hint:
            print(hint, file=sys.stderr)

    sys.excepthook = excepthook


def _of_the_start(trace: TracebackType) -> bool:
    file = trace.tb_frame.f_code.co_filename
    return file.startswith((HERE, "<frozen runpy>", "<frozen importlib", runpy.__file__)) or (
        file == os.path.join(os.path.dirname(HERE), "__main__.py")
    )


def missing_method(error: BaseException) -> str:
    """For an attribute that one of minitorch's objects lacks: a sentence that says so."""
    owner, name = getattr(error, "obj", None), getattr(error, "name", None)
    cls = owner if isinstance(owner, type) else type(owner)
    mine = (c for c in cls.__mro__ if c in PRINTED or c.__module__.startswith("minitorch"))
    base = next(mine, None)
    if not isinstance(error, AttributeError) or base is None or name is None:
        return ""
    where = traceback.extract_tb(error.__traceback__)
    place = next(
        (f for f in reversed(where) if f"{os.sep}minitorch{os.sep}" not in f.filename), None
    )
    used = f" (used in {short(place.filename)}, line {place.lineno})" if place else ""
    return f"minitorch has no {base.__name__}.{name}{used}"
