"""What a checkpoint says of a Python object: the pickle, and the storages it refers to."""

from __future__ import annotations

import io
import pickle
import sys
from collections import OrderedDict
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from minitorch import _utils, backend, dtypes, memory, storage
from minitorch._tensor import Tensor, edge
from minitorch.nn.modules.module import Module
from minitorch.parameter import Parameter
from minitorch.random import Generator
from minitorch.serialization import archive, mending, names
from minitorch.serialization.machine import get_layout

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN = frozenset({str, int, float, bool, tuple, list, dict, OrderedDict, type(None)})
"""Most of what is pickled, which is asked after twice: this takes a fifth off the time."""

_PRIVATE = ("_retains_grad",)  # what this engine keeps with a tensor


class Storages:
    """The blocks of memory that a pickle refers to, each once, numbered as they come."""

    def __init__(self) -> None:
        self.blocks: list[np.ndarray] = []
        self._known: dict[Any, tuple[str, Any]] = {}

    def key(self, block: np.ndarray, kind: Any) -> str:
        """The number of a block, as text. Raises: RuntimeError where it has had another dtype."""
        place = (memory.address(block), block.nbytes, None if block.nbytes else block.dtype)
        key, known = self._known.setdefault(place, (str(len(self.blocks)), kind))
        if known is not kind:
            raise RuntimeError(
                f"save: tensors of {known.__name__} and {kind.__name__} share memory, which the "
                "format cannot say; clone one of them"
            )
        if int(key) == len(self.blocks):
            self.blocks.append(block)
        return key


class Pickler(pickle._Pickler):  # type: ignore[name-defined]
    """Pickles by torch's names, tensors as parts of storages.

    The pickler of C would look each class up where its name says, so this is the one in Python.
    """

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)  # type: ignore[attr-defined]

    def __init__(self, file: Any, protocol: int, view: tuple = ()) -> None:
        super().__init__(file, protocol)
        self.storages = Storages()
        self._view = view  # what the older format says of each storage besides
        self._kept: list = []  # made here; memory of it must not be used again for something else

    def persistent_id(self, x: Any) -> tuple | None:
        """('storage', class, key, place, elements) for a storage."""
        if type(x) in _PLAIN:
            return None
        if isinstance(x, storage.TypedStorage):
            kind, of = names.TYPED.get(x.dtype), x.dtype.np
        elif isinstance(x, storage.UntypedStorage):
            kind, of = storage.UntypedStorage, np.dtype(np.uint8)
        else:
            return None
        block = memory.flat(x.untyped()._block, of)
        self._kept.append(x)
        return ("storage", kind, self.storages.key(block, kind), "cpu", block.size, *self._view)

    def reducer_override(self, x: Any) -> Any:
        """How to say what torch says in another way than Python would."""
        if type(x) in _PLAIN:
            return NotImplemented
        if isinstance(x, Tensor):
            if type(x).__reduce_ex__ is not Tensor.__reduce_ex__:
                return NotImplemented
            return self._of_tensor(x)
        if isinstance(x, Module):
            made = x.__reduce_ex__(self.proto)
            if len(made) > 2 and type(made[2]) is dict:
                return (*made[:2], mending.state_for_torch(x, made[2]), *made[3:])
            return made
        if isinstance(x, dtypes.Size):
            return dtypes.Size, (tuple(x),)
        if isinstance(x, backend.device):
            return backend.device, (x.type,) if x.index is None else (x.type, x.index)
        if isinstance(x, memory.layout):
            return get_layout, (repr(x),)
        if isinstance(x, Generator):
            return Generator, (x.device,), (x.initial_seed(), None, x.get_state())
        return NotImplemented

    def _of_tensor(self, t: Tensor) -> tuple:
        flows = edge(t) is not None
        attributes = {k: v for k, v in t.__dict__.items() if k not in _PRIVATE}
        if type(t) is Parameter:
            made = _utils._rebuild_parameter, (t.data, flows, OrderedDict())
            if attributes:
                return _utils._rebuild_parameter_with_state, (*made[1], attributes)
            return made
        function, args = self._of_memory(t, flows)
        if type(t) is Tensor and not attributes:
            return function, args
        return _utils._rebuild_from_type_v2, (function, type(t), args, attributes)

    def _of_memory(self, t: Tensor, flows: bool) -> tuple:
        array = t._array
        try:
            block = memory.flat(array)
        except NotImplementedError:
            block = None
        item = array.itemsize
        if block is None or any(s < 0 or s % item for s in array.strides):
            array = np.array(array, order="C")
            block = memory.flat(array)
        offset = (memory.address(array) - memory.address(block)) // item if array.size else 0
        numbers = storage.TypedStorage(block, t.dtype)
        rest = (offset, tuple(array.shape), memory.steps(array), flows, OrderedDict())
        if t.dtype in names.TYPED:
            return _utils._rebuild_tensor_v2, (numbers, *rest)
        return _utils._rebuild_tensor_v3, (numbers.untyped(), *rest, t.dtype)

    def save_global(self, x: Any, name: str | None = None) -> None:
        """Write a class, function or constant by the name torch has it under."""
        found = names.torch_name(x)
        if found is None:
            if "<locals>" in getattr(x, "__qualname__", ""):
                raise AttributeError(f"save: {x.__qualname__} is local and has no name in a file")
            super().save_global(x, name)
            return
        module, qualified = found
        if self.proto >= 4:
            self.save(module)
            self.save(qualified)
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(pickle.GLOBAL + f"{module}\n{qualified}\n".encode())
        self.memoize(x)

    def save_function(self, x: Any) -> None:
        """The pickler finds what saves a function in a table, not by name."""
        self.save_global(x)

    dispatch[FunctionType] = save_function


def pickled(x: Any, protocol: int) -> tuple[bytes, list[np.ndarray]]:
    """The pickle of `x` and the storages it refers to."""
    made = io.BytesIO()
    pickler = Pickler(made, protocol)
    pickler.dump(x)
    return made.getvalue(), pickler.storages.blocks


def records(data: bytes, blocks: list[np.ndarray], order: bool = True) -> Iterator[tuple[str, Any]]:
    """The records of a checkpoint in the order of torch 2.13's."""
    yield "data.pkl", data
    yield ".format_version", b"1"
    yield ".storage_alignment", str(archive.ALIGNMENT).encode()
    if order:
        yield "byteorder", sys.byteorder.encode()
    for number, block in enumerate(blocks):
        yield f"data/{number}", memoryview(memory.flat(block, np.dtype(np.uint8)))
    yield "version", b"3\n"
