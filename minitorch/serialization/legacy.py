"""torch's file format before 1.6: five pickles and the bytes of the storages, one after another."""

from __future__ import annotations

import io
import os
import pickle
import struct
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import memory
from minitorch.serialization.archive import CheckpointError
from minitorch.serialization.writer import Pickler
from minitorch.storage import UntypedStorage

if TYPE_CHECKING:
    from collections.abc import Callable

MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""The first pickle: a number that no other file starts with."""

_PROTOCOL = 1001
_SYSTEM = {
    "protocol_version": _PROTOCOL,
    "little_endian": sys.byteorder == "little",
    "type_sizes": {"short": 2, "int": 4, "long": 4},
}


class Storages:
    """Storages that the pickle refers to before their bytes are read."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.found: dict[str, tuple[UntypedStorage, int]] = {}  # with the bytes of an element

    def named(
        self, key: str, size: int, item: int, place: Callable[[np.ndarray], UntypedStorage]
    ) -> UntypedStorage:
        """The storage `key` of `size` bytes, not read yet; `place(block)` says where it is to be.

        Raises: CheckpointError where all of them are larger than the file.
        """
        if key not in self.found:
            self.room -= size
            if self.room < 0:
                raise CheckpointError(f"storage {key!r} claims more bytes than the file holds")
            self.found[key] = place(np.zeros(size, np.uint8)), item
        return self.found[key][0]

    def fill(self, file: Any, keys: Any, swap: bool) -> None:
        """Read the bytes of each, in the order of `keys`."""
        if type(keys) is not list or len(set(map(str, keys))) != len(keys):
            raise CheckpointError("the list of storages is broken")
        if set(map(str, keys)) != set(self.found):
            raise CheckpointError("the list of storages and the tensors disagree")
        for key in keys:
            storage, item = self.found[str(key)]
            block = storage._as(np.dtype(np.uint8))
            head = file.read(8)
            if len(head) != 8 or struct.unpack("<q", head)[0] * item != block.nbytes:
                raise CheckpointError(f"storage {key!r} has another size than its tensors say")
            data = file.read(block.nbytes)
            if len(data) != block.nbytes:
                raise CheckpointError(f"the file ends inside storage {key!r}")
            block[...] = np.frombuffer(data, np.uint8)
            if swap:
                block.view(f"u{item}").byteswap(inplace=True)


def read(file: Any, run: Callable[[Any, Storages], Any], plain: Callable[[Any], Any]) -> Any:
    """What is in `file`, whose position is behind the magic number.

    `plain(file)` runs a pickle that refers to no storage, `run(file, storages)` the one that does.
    """
    here = file.tell()
    room = file.seek(0, os.SEEK_END) - here
    file.seek(here)
    version, system = plain(file), plain(file)
    if version != _PROTOCOL or type(system) is not dict:
        raise CheckpointError(f"expected version {_PROTOCOL} of the old format, got {version!r}")
    storages = Storages(room)
    found = run(file, storages)
    little = system.get("little_endian", True)
    storages.fill(file, plain(file), swap=little != (sys.byteorder == "little"))
    return found


def write(file: Any, x: Any, protocol: int) -> None:
    """Write `x` in this format."""
    made = io.BytesIO()
    pickler = Pickler(made, protocol, view=(None,))
    pickler.dump(x)
    blocks = pickler.storages.blocks
    file.write(MAGIC)
    file.write(pickle.dumps(_PROTOCOL, protocol))
    file.write(pickle.dumps(_SYSTEM, protocol))
    file.write(made.getvalue())
    file.write(pickle.dumps([str(i) for i in range(len(blocks))], protocol))
    for block in blocks:
        file.write(struct.pack("<q", block.size))
        file.write(memoryview(memory.flat(block, np.dtype(np.uint8))))


def is_tar(head: bytes) -> bool:
    """Whether a file that starts with `head` is a tar archive, torch's format before 0.1.10."""
    return head[257:262] == b"ustar"
