"""From the bytes of a checkpoint to objects: which format it is, and whose storages are whose."""

from __future__ import annotations

import mmap as _mmap
import os
import pickle
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import backend
from minitorch.dtypes import to_numpy
from minitorch.serialization import legacy, names
from minitorch.serialization.archive import Archive, CheckpointError
from minitorch.serialization.machine import Machine
from minitorch.storage import TypedStorage, UntypedStorage

if TYPE_CHECKING:
    from collections.abc import Callable


class EmptyCheckpoint(CheckpointError, EOFError):
    """A file of 0 bytes."""


class How:
    """How to read: safely or not, what is allowed besides data, where storages are to go."""

    def __init__(
        self,
        *,
        safely: bool = True,
        trusted: dict[str, Any] | None = None,
        encoding: str = "utf-8",
        map_location: Any = None,
        pickle_module: Any = pickle,
        default_order: str = "little",
    ) -> None:
        self.safely, self.trusted, self.encoding = safely, trusted or {}, encoding
        self.map_location, self.pickle_module = map_location, pickle_module
        self.default_order = default_order

    def machine(self, data: bytes, load: Callable) -> Machine:
        """The machine of a safe load for the pickle in `data`."""

        def find(module: str, name: str) -> Any:
            return names.safe(module, name, self.trusted)

        return Machine(data, find, load, tuple(self.trusted.values()), self.encoding)

    def unpickler(self, file: Any, load: Callable) -> Any:
        """Python's own unpickler, which runs what the file says; torch's names mean ours."""

        class Unpickler(self.pickle_module.Unpickler):
            def find_class(self, module: str, name: str) -> Any:
                if module.partition(".")[0] == "torch":
                    return names.find(module, name)
                if (module, name) in (("__builtin__", "getattr"), ("builtins", "getattr")):
                    return names.variable_functions
                return super().find_class(module, name)

            def persistent_load(self, pid: Any) -> Any:
                return load(pid)

        return Unpickler(file, encoding=self.encoding)

    def place(self, block: np.ndarray, location: Any) -> UntypedStorage:
        """The storage over `block`, saved as being at `location`, where it is to be.

        Raises: RuntimeError for a place that is not here.
        """
        made, wanted = UntypedStorage(block), self.map_location
        if callable(wanted):
            found = wanted(made, location)
            if found is not None:
                if not isinstance(found, (UntypedStorage, TypedStorage)):
                    raise TypeError(
                        f"map_location: expected a storage or None, got {type(found).__name__}"
                    )
                return found.untyped()
            wanted = location
        elif isinstance(wanted, dict):
            wanted = wanted.get(location, location)
        elif wanted is None:
            wanted = location
        require_here(wanted)
        return made


def require_here(location: Any) -> None:
    """Accept the CPU as a place for storages, refuse any other."""
    if not isinstance(location, (str, backend.device)):
        raise TypeError(
            "map_location: expected a device, a str, a dict or a function, got "
            f"{type(location).__name__}"
        )
    name = str(location)
    if name.partition(":")[0] == "cuda":
        raise RuntimeError(
            f"load: the checkpoint's storages are to be on {name!r}, but torch.cuda.is_available() "
            "is False; load(..., map_location='cpu') puts them on the CPU"
        )
    if name.partition(":")[0] != "cpu":
        raise RuntimeError(f"load: don't know how to put a storage on {name!r}, only on 'cpu'")


def parse_id(pid: Any) -> tuple[Any, str, Any, int]:
    """(class, key, location, elements) that a persistent id says of a storage, checked."""
    if not (isinstance(pid, tuple) and len(pid) >= 5 and pid[0] == "storage"):
        raise CheckpointError(f"expected the id of a storage, got {type(pid).__name__}")
    _, kind, key, location, size = pid[:5]
    if kind is TypedStorage:
        kind = UntypedStorage
    if kind is not UntypedStorage and kind not in names.TYPED.values():
        raise CheckpointError(f"expected a class of storages, got {kind!r}")
    if type(size) is not int or size < 0 or type(key) not in (str, int):
        raise CheckpointError(f"expected a key and a size of a storage, got {key!r} and {size!r}")
    if type(location) is not str:
        raise CheckpointError(f"expected the name of a place, got {type(location).__name__}")
    return kind, str(key), location, size


def typed(kind: Any, storage: UntypedStorage) -> Any:
    """`storage` as one of the class `kind`."""
    if kind is UntypedStorage:
        return storage
    return TypedStorage(storage._block, kind.dtype)


def item_size(kind: Any) -> int:
    """Bytes per element of a class of storages. Raises: NotImplementedError without bfloat16."""
    if kind is UntypedStorage:
        return 1
    return to_numpy(kind.dtype, "load").itemsize


# ------------------------------------------------------------------ the two formats


def read(file: Any, how: How, mapped: bool = False) -> Any:
    """The object in `file`, whose format is seen from its first bytes."""
    start = file.tell()
    head = file.read(512)
    if not isinstance(head, bytes):
        raise TypeError("load: expected a file opened for bytes, as by open(path, 'rb')")
    file.seek(start)
    if head.startswith(b"PK\3\4"):
        return _ZipCheckpoint(file, how, mapped).load()
    if mapped:
        raise RuntimeError(
            "load: mmap=True needs a file of torch.save's zip format, this is none: save it again "
            "with _use_new_zipfile_serialization=True"
        )
    if head.startswith(legacy.MAGIC):
        file.seek(start + len(legacy.MAGIC))
        return _read_legacy(file, how)
    if not head:
        raise EmptyCheckpoint("load: expected a checkpoint, got 0 bytes")
    if legacy.is_tar(head):
        raise CheckpointError(
            "load: a tar archive, the format of torch before 0.1.10, is not read; torch itself can "
            "read it and save it anew"
        )
    raise CheckpointError(f"load: expected a checkpoint of torch.save, got {head[:16]!r}...")


class _ZipCheckpoint:
    """A checkpoint in the zip format: a pickle, and a record for each storage."""

    def __init__(self, file: Any, how: How, mapped: bool) -> None:
        self.archive, self.how = Archive(file), how
        if "constants.pkl" in self.archive:
            raise CheckpointError("load: this is a TorchScript archive, not a checkpoint")
        order = how.default_order
        if "byteorder" in self.archive:
            order = self.archive.bytes("byteorder").decode("ascii", "replace")
        if order not in ("little", "big"):
            raise CheckpointError(f"expected the byte order 'little' or 'big', got {order!r}")
        self.swap = order != sys.byteorder
        self.memory = None
        if mapped and self.archive.size:
            self.memory = _mmap.mmap(file.fileno(), 0, access=_mmap.ACCESS_COPY)
        self.storages: dict[str, tuple[Any, int, UntypedStorage]] = {}

    def load(self) -> Any:
        """What data.pkl describes."""
        if self.how.safely:
            return self.how.machine(self.archive.bytes("data.pkl"), self.storage).run()
        import io

        data = io.BytesIO(self.archive.bytes("data.pkl"))
        return self.how.unpickler(data, self.storage).load()

    def storage(self, pid: Any) -> Any:
        """The storage of a persistent id, read when it is first named."""
        kind, key, location, size = parse_id(pid)
        if not (key.isascii() and key.isdigit()):
            raise CheckpointError(f"expected the number of a storage, got {key!r}")
        if key not in self.storages:
            self.storages[key] = kind, size, self._read(kind, key, location, size)
        known, known_size, found = self.storages[key]
        if (known, known_size) != (kind, size):
            raise CheckpointError(f"storage {key} is said to be {known_size} and {size} long")
        return typed(kind, found)

    def _read(self, kind: Any, key: str, location: Any, size: int) -> UntypedStorage:
        name, item = f"data/{key}", item_size(kind)
        record = self.archive._record(name)
        if record.size != size * item:
            raise CheckpointError(
                f"storage {key} has {record.size} bytes, its tensors say {size * item}"
            )
        if self.memory is None:
            block = self.archive.array(name)
        else:
            block = self.archive.mapped(name, self.memory)
            block = block.copy() if record.start % item else block
        if self.swap and item > 1:
            block = block.view(f"u{item}").byteswap().view(np.uint8)
        elif self.swap and kind is UntypedStorage:
            raise NotImplementedError("a checkpoint of the other byte order without typed storages")
        return self.how.place(block, location)


def _read_legacy(file: Any, how: How) -> Any:
    def plain(file: Any) -> Any:
        return run_machine(file, _no_storage)

    def run_machine(file: Any, load: Callable) -> Any:
        start = file.tell()
        machine = how.machine(file.read(), load)
        found = machine.run()
        file.seek(start + machine.at)
        return found

    def run(file: Any, storages: legacy.Storages) -> Any:
        def load(pid: Any) -> Any:
            if isinstance(pid, tuple) and len(pid) == 4 and pid[0] == "module":
                return pid[1]  # the class; its source follows, which is not looked at
            kind, key, location, size = parse_id(pid)
            item = item_size(kind)
            found = storages.named(key, size * item, item, lambda b: how.place(b, location))
            view = pid[5] if len(pid) > 5 else None
            if view is not None:
                offset, length = view[1:] if _is_part(view) else (size, 1)
                if min(offset, length) < 0 or (offset + length) > size:
                    raise CheckpointError("a view of a storage lies outside of it")
                found = found[offset * item : (offset + length) * item]
            return typed(kind, found)

        if how.safely:
            return run_machine(file, load)
        return how.unpickler(file, load).load()

    return legacy.read(file, run, plain)


def _is_part(view: Any) -> bool:
    """Whether `view` is (key, offset, elements)."""
    return type(view) is tuple and len(view) == 3 and all(type(n) is int for n in view[1:])


def _no_storage(pid: Any) -> Any:
    raise CheckpointError("a storage stands where none can be")


def unsafe_names(file: Any) -> list[str]:
    """The names in a checkpoint that a safe load refuses; nothing is built."""
    import pickletools

    if not file.read(4).startswith(b"PK"):
        raise ValueError("expected a checkpoint of torch.save's zip format")
    file.seek(-4, os.SEEK_CUR)
    found, strings = [], []
    try:
        for op, arg, _ in pickletools.genops(Archive(file).bytes("data.pkl")):
            if op.name == "GLOBAL":
                found.append(str(arg).replace(" ", "."))
            elif op.name == "STACK_GLOBAL":
                found.append(".".join(strings[-2:]))
            elif isinstance(arg, str):
                strings.append(arg)
    except ValueError as error:
        raise CheckpointError(f"the pickle in this checkpoint is broken: {error}") from None
    return sorted({name for name in found if name not in names.SAFE})
