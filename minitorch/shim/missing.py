"""What happens where a script names something of torch's that minitorch lacks.

Note [when a missing name fails]. `torch.fancy(x)` fails there and then. `from torch.fancy import
Thing` at the top of a script that may never need it gives a `Missing` instead, and fails when it is
used: called, subclassed, asked for an attribute. Where the import stands in a `try`, the script is
prepared for a torch without it, so the import fails at once, as does `importlib.import_module`.
"""

from __future__ import annotations

import ast
import dis
import importlib
import importlib.util
import linecache
import os
import sys
import typing
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

ABSENT = {"torch.ops"}  # minitorch.ops is another thing

_OURS = __name__.rpartition(".")[0]


def sentence(name: str, frame: FrameType | None, verb: str = "used") -> str:
    """What is missing, and where it is wanted."""
    where = (
        f" ({verb} in {short(frame.f_code.co_filename)}, line {frame.f_lineno})" if frame else ""
    )
    return f"minitorch has no {name}{where}"


def short(file: str) -> str:
    """A file's path from here, where it is below."""
    path = os.path.relpath(file) if os.path.isabs(file) else file
    return file if path.startswith("..") else path


class Missing:
    """Stands for an imported name that minitorch lacks; any use raises NotImplementedError.

    Nothing is an instance of it, and annotations may name it.
    """

    def __init__(self, name: str, text: str) -> None:
        self.__dict__.update(_name=name, _text=text)

    def _fail(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(self._text)

    __call__ = __iter__ = __enter__ = __mro_entries__ = __setattr__ = _fail

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return self._fail()

    def __repr__(self) -> str:
        return f"<missing {self._name}>"

    def __instancecheck__(self, instance: Any) -> bool:
        return False

    __subclasscheck__ = __instancecheck__

    def __getitem__(self, parameters: Any) -> Missing:
        return self

    def __or__(self, other: Any) -> Any:
        return typing.Union[self, other]  # noqa: UP007

    def __ror__(self, other: Any) -> Any:
        return typing.Union[other, self]  # noqa: UP007


class MissingModule(ModuleType):
    """Stands for an imported module that minitorch lacks."""


def imported(fullname: str) -> MissingModule:
    """The stand-in for a module that a script's import statement names.

    Raises: ModuleNotFoundError where the import is tried, or made by a call.
    """
    frame = _outside(sys._getframe(1))
    text = sentence(fullname, frame, "imported")
    by_statement = frame is not None and _executes(frame, "IMPORT_NAME") and not _by_from(frame)
    if not by_statement or _tried(frame):
        raise ModuleNotFoundError(text, name=fullname)
    module = MissingModule(fullname)
    module.__path__ = []
    module.__getattr__ = answer(module, fullname)
    return module


def only_asked() -> bool:
    """Whether `importlib.util.find_spec` asks, which is answered None."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _module_of(frame).startswith((_OURS, "importlib._bootstrap")):
        frame = frame.f_back
    return frame is not None and _module_of(frame) == "importlib.util"


def answer(
    module: ModuleType,
    name: str,
    before: Callable[[str], Any] | None = None,
    adopt: Callable[[ModuleType, str], None] | None = None,
) -> Callable[[str], Any]:
    """A `__getattr__` for `module` under torch's name for it: what it lacks, said in a sentence.

    `before` is the one it had; a module that it loads is given to `adopt`.
    """

    def __getattr__(attribute: str) -> Any:
        if before is not None:
            try:
                found = before(attribute)
            except AttributeError:
                pass
            else:
                if adopt is not None and isinstance(found, ModuleType):
                    adopt(found, f"{name}.{attribute}")
                return found
        if attribute.startswith("__"):
            raise AttributeError(f"module '{name}' has no attribute '{attribute}'")
        submodule = _submodule(module, name, attribute)
        if submodule is not None:
            return submodule
        frame = sys._getframe(1)
        wanted = f"{name}.{attribute}"
        if _executes(frame, "IMPORT_FROM"):
            text = sentence(wanted, frame, "imported")
            if _tried(frame):
                raise ImportError(text, name=wanted)
            return Missing(wanted, text)
        raise AttributeError(sentence(wanted, frame), name=attribute, obj=module)

    return __getattr__


def _submodule(module: ModuleType, name: str, attribute: str) -> ModuleType | None:
    """A submodule that torch itself would have loaded."""
    if isinstance(module, MissingModule) or not hasattr(module, "__path__"):
        return None
    wanted, own = f"{name}.{attribute}", f"{module.__name__}.{attribute}"
    if wanted in ABSENT or importlib.util.find_spec(own) is None:
        return None
    return importlib.import_module(wanted)


def _outside(frame: FrameType | None) -> FrameType | None:
    """The frame that wants an import: the nearest that is neither ours nor Python's machinery."""
    while frame is not None and _module_of(frame).startswith((_OURS, "importlib")):
        frame = frame.f_back
    return frame


def _by_from(wanting: FrameType) -> bool:
    """Whether `from package import name`, executed in a frame, only looks for a submodule."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame is not wanting and frame.f_code.co_name != "_handle_fromlist":
        frame = frame.f_back
    return frame is not wanting


def _module_of(frame: FrameType) -> str:
    return frame.f_globals.get("__name__", "")


def _executes(frame: FrameType, operation: str) -> bool:
    """Whether a frame is just executing an instruction of that name."""
    return dis.opname[frame.f_code.co_code[frame.f_lasti]] == operation


def _tried(frame: FrameType) -> bool:
    """Whether the import statement that a frame executes stands in a `try` or a `suppress`."""
    try:
        tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals)))
    except SyntaxError:
        return False
    return _guarded(tree, frame.f_lineno)


def _guarded(tree: ast.AST, line: int) -> bool:
    for node in ast.walk(tree):
        suppresses = isinstance(node, ast.With) and any(
            "suppress" in ast.unparse(item.context_expr) for item in node.items
        )
        if not (isinstance(node, ast.Try) or suppresses):
            continue
        body = node.body
        if body[0].lineno <= line <= (body[-1].end_lineno or line):
            return True
    return False
