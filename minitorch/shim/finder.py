"""How `import torch.nn` finds minitorch.nn: a finder that comes before all others."""

from __future__ import annotations

import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from minitorch.shim import missing

if TYPE_CHECKING:
    from collections.abc import Iterable

HOMES = {
    "functorch": "minitorch.func",
    "safetensors": "minitorch.utils.safetensors",
    "torch": "minitorch",
    "torchvision": "minitorch.vision",
}
STANDING_IN = {"safetensors", "torchvision"}  # only where there is none that can run here
RENAMED = {
    "torch.functional": "minitorch.functions",
}


def ours(module: Any) -> bool:
    """Whether a module under one of torch's names is minitorch's, or stands for a missing one."""
    name = getattr(module, "__name__", "")
    return name.partition(".")[0] == "minitorch" or isinstance(module, missing.MissingModule)


class Alias(Loader):
    """Gives a module that is loaded already, and lets it answer for torch's names it lacks."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.spec: Any = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module itself, which keeps its own spec."""
        self.spec = getattr(self.module, "__spec__", None)
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is run: the import system has only written another spec on it."""
        if self.spec is not None:
            module.__spec__ = self.spec


class Finder(MetaPathFinder):
    """Answers for `torch` and `functorch`, and for two packages where they are absent."""

    def __init__(self) -> None:
        self.answering: dict[ModuleType, Any] = {}  # modules, with the __getattr__ they had

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """The spec of minitorch's module of that name.

        Raises: ModuleNotFoundError, saying where, for one that a script imports and we lack.
        """
        top, _, rest = fullname.partition(".")
        if top not in HOMES or (top in STANDING_IN and self._another(top, rest)):
            return None
        module = self._module(fullname, f"{HOMES[top]}.{rest}" if rest else HOMES[top])
        if module is None:
            if missing.only_asked():
                return None
            module = missing.imported(fullname)
        else:
            self.adopt(module, fullname)
        return ModuleSpec(fullname, Alias(module), is_package=hasattr(module, "__path__"))

    def adopt(self, module: ModuleType, fullname: str) -> None:
        """Let a module of ours say what it lacks under torch's name for it."""
        if module in self.answering or not ours(module):
            return
        before = self.answering[module] = vars(module).get("__getattr__")
        module.__getattr__ = missing.answer(module, fullname, before, self.adopt)
        for name in getattr(module, "__all__", ()):
            part = vars(module).get(name)
            if isinstance(part, ModuleType):
                self.adopt(part, f"{fullname}.{name}")

    @staticmethod
    def _module(fullname: str, name: str) -> ModuleType | None:
        if fullname in missing.ABSENT:
            return None
        name = RENAMED.get(fullname, name)
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise  # it is there, and lacks something itself
            return None

    @staticmethod
    def _another(top: str, rest: str) -> bool:
        """Whether there is another of that name that needs no compiled parts of PyTorch's."""
        loaded = sys.modules.get(top)
        if rest and loaded is not None:
            return not ours(loaded)
        found = PathFinder.find_spec(top)
        places = (found.submodule_search_locations or ()) if found else ()
        return found is not None and not any(any(Path(p).glob("_C*.so")) for p in places)

    def forget(self) -> None:
        """Take torch's names out of the table of modules, and the answers off the modules."""
        for name in [n for n in sys.modules if n.partition(".")[0] in HOMES]:
            if ours(sys.modules[name]):
                del sys.modules[name]
        for module, before in self.answering.items():
            if before is None:
                del module.__getattr__
            else:
                module.__getattr__ = before
        self.answering.clear()

    def find_distributions(self, context: Any = None) -> Iterable[Any]:
        """What `importlib.metadata.version("torch")` reads."""
        if getattr(context, "name", None) in ("torch", None):
            from minitorch.shim.metadata import Torch

            yield Torch()


FINDER = Finder()
