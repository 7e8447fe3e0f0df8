"""What things are called in files: torch's names, of which ours differ where the files do.

A checkpoint of torch's names `torch.nn.modules.batchnorm.BatchNorm1d`; here that class lies in
another file. `find` goes from torch's name to the thing here, `torch_name` back.
"""

from __future__ import annotations

import builtins
import codecs
import importlib
import re
import types
from collections import Counter, OrderedDict
from typing import Any

from minitorch import _utils, dtypes, legacy, storage
from minitorch._tensor import Tensor
from minitorch.backend import device
from minitorch.dtypes import Size, dtype
from minitorch.nn.modules import FAMILIES
from minitorch.parameter import Buffer, Parameter
from minitorch.random import Generator
from minitorch.serialization.archive import CheckpointError
from minitorch.serialization.machine import get_layout

LAYERS = {name: file for file, names in FAMILIES.items() for name in names.split()}
"""The file below torch.nn.modules that each layer is in."""

TYPED: dict[dtype, Any] = {
    kind.dtype: kind for kind in vars(legacy).values() if isinstance(kind, legacy._StorageType)
}
"""The class of the storages of each dtype that has one."""

_OURS: dict[str, Any] = {
    "torch._tensor._rebuild_from_type_v2": _utils._rebuild_from_type_v2,
    "torch.serialization._get_layout": get_layout,
    "torch.Size": Size,
    "torch.device": device,
    "torch.Tensor": Tensor,
    "torch.nn.parameter.Buffer": Buffer,
    "torch.nn.parameter.Parameter": Parameter,
    "torch.storage.UntypedStorage": storage.UntypedStorage,
    "torch.storage.TypedStorage": storage.TypedStorage,
    "torch._C.Generator": Generator,
    **{f"torch.{t.name}": t for t in dtypes.ALL},
    **{f"torch.{kind.__name__}": kind for kind in TYPED.values()},
}
_NAMES = {id(thing): name for name, thing in _OURS.items()}

SAFE: dict[str, Any] = {
    **{name: thing for name, thing in _OURS.items() if thing is not Generator},
    **{f"torch.cuda.{kind.__name__}": kind for kind in TYPED.values()},
    **{
        f"torch._utils.{name}": thing
        for name, thing in vars(_utils).items()
        if name.startswith("_rebuild") and name != "_rebuild_from_type_v2"
    },
    "_codecs.encode": codecs.encode,
    "collections.Counter": Counter,
    "collections.OrderedDict": OrderedDict,
    **{
        f"{module}.{thing.__name__}": thing
        for module in ("builtins", "__builtin__")
        for thing in (bytearray, complex, set)
    },
}
"""What a name in a file may stand for in a safe load."""

_KINDS = re.compile(
    r"torch\.(cuda\.|sparse\.)*(q?u?int\d+|float\d+|bits\d+|complex\d+|Complex\w+Storage|Q\w+)\w*"
    r"|torch\._utils\._rebuild_(sparse|q|nested|meta|device|wrapper)_?\w*"
)


def safe(module: str, name: str, trusted: dict[str, Any]) -> Any:
    """What a name in a file may stand for in a safe load.

    Raises: NotImplementedError for a kind of tensor that is not supported, CheckpointError for
    all other names that are not on the list.
    """
    full = f"{module}.{name}"
    if full in trusted:
        return trusted[full]
    if full in SAFE:
        return SAFE[full]
    if _KINDS.fullmatch(full):
        raise NotImplementedError(f"the checkpoint needs {full}, which is not supported")
    raise CheckpointError(
        f"the checkpoint names {full}, which is more than data, and code of a file is not run. If "
        f"you trust where it comes from: torch.serialization.add_safe_globals([...]) allows single "
        f"names, load(..., weights_only=False) runs whatever it says."
    )


def find(module: str, name: str) -> Any:
    """What torch's name stands for here; files and packages may be others, the last name is not.

    Raises: CheckpointError where there is nothing of that name.
    """
    full = f"{module}.{name}"
    if full in _OURS:
        return _OURS[full]
    path = module.split(".")[1:]
    if path[:2] == ["_C", "_nn"]:
        path = ["nn", "functional"]
    elif path[:1] == ["_C"]:
        path = []
    while True:
        found = _in(".".join(["minitorch", *path]), name)
        if found is not None:
            return found
        if not path:
            raise CheckpointError(f"the checkpoint needs {full}, which does not exist here")
        path.pop()


def _in(module: str, name: str) -> Any:
    """The attribute `name` of a module, None where there is no such module or attribute."""
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return None
    return None if isinstance(found, types.ModuleType) else found


def variable_functions(owner: Any, name: str) -> Any:
    """`getattr` as a file of torch's means it: of the class that holds its functions, by name."""
    return find("torch", name) if owner is VariableFunctions else builtins.getattr(owner, name)


class VariableFunctions:
    """Stands for the class of torch's whose attributes are `torch.relu`, `torch.tanh`, ..."""


_OURS["torch._C._VariableFunctionsClass"] = VariableFunctions


def torch_name(thing: Any) -> tuple[str, str] | None:
    """(module, name) that torch knows a class, function or constant of ours by, or None."""
    if id(thing) in _NAMES:
        module, _, name = _NAMES[id(thing)].rpartition(".")
        return module, name
    if isinstance(thing, dtype):
        return "torch", thing.name
    module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
    if not (isinstance(module, str) and module.partition(".")[0] == "minitorch" and name):
        return None
    if module.startswith("minitorch.nn.modules.") and name in LAYERS:
        return f"torch.nn.modules.{LAYERS[name]}", name
    for public in _PUBLIC if not isinstance(thing, type) or _differs(module) else ():
        if _in(public, name) is thing:
            return "torch" + public[9:], name
    return "torch" + module[9:], name


_PUBLIC = (
    "minitorch.nn.functional",
    "minitorch",
    "minitorch.optim",
    "minitorch.optim.lr_scheduler",
    "minitorch.distributions",
    "minitorch.utils.data",
    "minitorch.utils.data.dataloader",
)
"""Where torch shows what it may have in other files than we have."""


_ELSEWHERE = ("minitorch.distributions.", "minitorch.optim.adafactor", "minitorch.optim.muon")


def _differs(module: str) -> bool:
    """Whether torch's file of a class may be called otherwise than ours."""
    return module.rpartition(".")[2].startswith("_") or module.startswith(_ELSEWHERE)
