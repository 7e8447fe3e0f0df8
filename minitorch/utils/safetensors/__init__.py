"""The safetensors format, with the names of `safetensors.torch` and `safetensors.safe_open`.

A file is 8 bytes that tell the length of a JSON header, the header, which says of each tensor its
dtype, shape and place, and the numbers, without gaps. Nothing in it can run.

>>> import minitorch as torch
>>> load(save({"weight": torch.ones(2)}))
{'weight': tensor([1., 1.])}

Source: https://github.com/huggingface/safetensors, the section Format of its README
"""

from __future__ import annotations

import io
import json
import math
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minitorch import _files, backend, dtypes, memory
from minitorch._tensor import Tensor, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "SafetensorError",
    "load",
    "load_file",
    "load_model",
    "safe_open",
    "save",
    "save_file",
    "save_model",
]

MAX_HEADER = 100_000_000

_SIZES = {
    "U64": 8, "I64": 8, "F64": 8, "C64": 8, "F32": 4, "U32": 4, "I32": 4, "BF16": 2, "F16": 2,
    "U16": 2, "I16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1, "I8": 1, "U8": 1, "BOOL": 1,
}  # fmt: skip
"""The dtypes of the format and their bytes, in the order in which tensors lie in a file."""

_LETTERS = {dtypes.FLOAT: "F", dtypes.COMPLEX: "C"}


class SafetensorError(Exception):
    """A file that is not in the format, or a name that is not in the file."""


class Entry(NamedTuple):
    """What the header says of a tensor; its place is counted from the start of the file."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    size: int


def _code(of: dtypes.dtype) -> str:
    """How the format calls a dtype: F32, BF16, U8, BOOL."""
    if of.category == dtypes.BOOL or of is dtypes.bfloat16:
        return {"bool": "BOOL", "bfloat16": "BF16"}[of.name]
    letter = _LETTERS.get(of.category, "I" if of.is_signed else "U")
    return f"{letter}{8 * of.itemsize}"


# ------------------------------------------------------------------ reading


class Contents:
    """The header of a file, checked against its size before a tensor is looked at.

    Raises: SafetensorError for a header that is no header, and unless the tensors lie in the
    file one after another without gaps up to its end, each of the size its shape and dtype tell.
    """

    def __init__(self, file: Any) -> None:
        self.file = file
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        head = file.read(8)
        length = int.from_bytes(head, "little")
        if len(head) < 8:
            raise SafetensorError(f"header too small: expected 8 bytes, got {len(head)}")
        if length > min(MAX_HEADER, size - 8):
            raise SafetensorError(
                f"invalid header length: {length} in a file of {size} bytes (at most {MAX_HEADER})"
            )
        header = _parsed(file.read(length))
        self.metadata = _metadata(header.pop("__metadata__", None))
        self.entries = {name: _entry(name, told, length + 8) for name, told in header.items()}
        end = length + 8
        for name in self.in_order():
            entry = self.entries[name]
            if entry.start != end:
                raise SafetensorError(f"invalid offset for tensor {name!r}: a gap or an overlap")
            end += entry.size
        if end != size:
            raise SafetensorError(
                f"incomplete metadata, file not fully covered: tensors end at byte {end} of {size}"
            )

    def in_order(self) -> list[str]:
        """The names in the order in which the tensors lie in the file."""
        return sorted(self.entries, key=lambda name: self.entries[name][2:])

    def entry(self, name: str) -> Entry:
        """What is known of a tensor. Raises: SafetensorError for a name that is not there."""
        if name not in self.entries:
            raise SafetensorError(f"File does not contain tensor {name}")
        return self.entries[name]

    def array(self, name: str) -> np.ndarray:
        """The numbers of a tensor, in memory of their own."""
        entry = self.entry(name)
        made = np.empty(entry.size, np.uint8)
        self.file.seek(entry.start)
        if entry.size and self.file.readinto(memoryview(made)) != entry.size:
            raise SafetensorError(f"the file ended inside tensor {name!r}")
        return _little(made.view(_numpy(entry))).reshape(entry.shape)


def _parsed(data: bytes) -> dict:
    def once(pairs: list) -> dict:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise SafetensorError("invalid header: a name stands in it twice")
        return found

    try:
        header = json.loads(data.decode("utf-8"), object_pairs_hook=once)
    except UnicodeDecodeError as error:
        raise SafetensorError(f"invalid UTF-8 in header: {error}") from None
    except (ValueError, RecursionError) as error:
        raise SafetensorError(f"invalid JSON in header: {error}") from None
    if not isinstance(header, dict):
        raise SafetensorError(f"invalid JSON in header: expected an object, got {header!r:.40}")
    return header


def _metadata(told: Any) -> dict[str, str] | None:
    texts = isinstance(told, dict) and all(isinstance(v, str) for v in told.values())
    if told is not None and not texts:
        raise SafetensorError(f"invalid JSON in header: metadata are texts, got {told!r:.40}")
    return told


def _entry(name: str, told: Any, base: int) -> Entry:
    wanted = ("dtype", "shape", "data_offsets")
    if not isinstance(told, dict) or any(key not in told for key in wanted):
        raise SafetensorError(f"invalid header: tensor {name!r} lacks one of {', '.join(wanted)}")
    kind, shape, offsets = (told[key] for key in wanted)
    if not isinstance(kind, str) or kind not in _SIZES:
        raise SafetensorError(f"invalid header: tensor {name!r} has the unknown dtype {kind!r}")
    for numbers in (shape, offsets):
        if not isinstance(numbers, list) or any(type(n) is not int or n < 0 for n in numbers):
            raise SafetensorError(f"invalid header: tensor {name!r} has {numbers!r:.40}")
    if len(shape) > 64:
        raise SafetensorError(f"tensor {name!r}: expected at most 64 dimensions, got {len(shape)}")
    size = math.prod(shape) * _SIZES[kind]
    if len(offsets) != 2 or offsets[1] - offsets[0] != size:
        raise SafetensorError(
            f"invalid shape, data type, or offset for tensor {name!r}: {kind} of {shape} are "
            f"{size} bytes, not those from {' to '.join(map(str, offsets))}"
        )
    return Entry(kind, tuple(shape), base + offsets[0], size)


def _numpy(entry: Entry) -> np.dtype:
    """The dtype of an array. Raises: NotImplementedError for one that is not here."""
    found = next((t for t in dtypes.ALL if _code(t) == entry.dtype), None)
    if found is None:
        raise NotImplementedError(f"tensors of dtype {entry.dtype} are not supported")
    return dtypes.to_numpy(found, "load")


def load(data: bytes) -> dict[str, Tensor]:
    """The tensors in the bytes of a file."""
    contents = Contents(io.BytesIO(data))
    return {name: wrap(contents.array(name)) for name in contents.in_order()}


def load_file(
    filename: str | os.PathLike, device: Any = "cpu", *, backend: str = "mmap"
) -> dict[str, Tensor]:
    """The tensors in the file `filename`."""
    with safe_open(filename, framework="pt", device=device) as file:
        return file.get_tensors()


class safe_open:
    """An open file whose tensors are read one by one.

    `framework` is "pt" for tensors, "np" for arrays.
    """

    def __init__(
        self, filename: str | os.PathLike, framework: str, device: Any = "cpu", **how: Any
    ) -> None:
        if framework not in ("pt", "torch", "pytorch", "np", "numpy"):
            raise SafetensorError(f"framework {framework} is invalid")
        backend.require(device)
        self._tensors = framework not in ("np", "numpy")
        self._file: Any = open(filename, "rb")  # noqa: SIM115
        try:
            self._contents = Contents(self._file)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> safe_open:
        return self

    def __exit__(self, *error: Any) -> None:
        self._file.close()

    def _open(self) -> Contents:
        if self._file.closed:
            raise SafetensorError("File is closed")
        return self._contents

    def keys(self) -> list[str]:
        """The names of the tensors, sorted."""
        return sorted(self._open().entries)

    def offset_keys(self) -> list[str]:
        """The names of the tensors in the order in which they lie in the file."""
        return self._open().in_order()

    def metadata(self) -> dict[str, str] | None:
        """What else the file says, texts by name."""
        return self._open().metadata

    def get_tensor(self, name: str) -> Any:
        """One tensor. Raises: SafetensorError for a name that is not there."""
        array = self._open().array(name)
        return wrap(array) if self._tensors else array

    def get_tensors(self) -> dict[str, Any]:
        """All of them."""
        return {name: self.get_tensor(name) for name in self.offset_keys()}

    def get_slice(self, name: str) -> _Slice:
        """A tensor of which a part is to be read: `file.get_slice(name)[:2]`."""
        return _Slice(self, self._open().entry(name))


class _Slice:
    """A tensor in a file; an index reads that part."""

    def __init__(self, file: safe_open, entry: Entry) -> None:
        self._of, self._entry = file, entry

    def get_shape(self) -> list[int]:
        """The sizes of the dimensions."""
        return list(self._entry.shape)

    def get_dtype(self) -> str:
        """The dtype as the format calls it."""
        return self._entry.dtype

    def __getitem__(self, index: Any) -> Any:
        kind, shape = _numpy(self._entry), self._entry.shape
        self._of._open()
        if self._entry.size:
            mapped = np.memmap(self._of._file, np.uint8, "r", self._entry.start, self._entry.size)
            whole = mapped.view(kind).reshape(shape)
        else:
            whole = np.empty(shape, kind)
        part = _little(np.array(whole[index], order="C"))
        return wrap(part) if self._of._tensors else part


# ------------------------------------------------------------------ writing


def save(tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    """The bytes of a file with these tensors, and with texts about them.

    Raises: ValueError for what is no tensor or not contiguous, RuntimeError for tensors that
    share memory, TypeError for names or metadata that are no texts.
    """
    return b"".join(_parts(tensors, metadata))


def save_file(
    tensors: Mapping[str, Tensor],
    filename: str | os.PathLike,
    metadata: dict[str, str] | None = None,
) -> None:
    """Write these tensors to the file `filename`, all of it or nothing. Raises: as `save`."""
    parts = _parts(tensors, metadata)
    _files.replace(filename, lambda file: file.writelines(parts))


def _parts(tensors: Any, metadata: Any) -> list[Any]:
    """The header and the numbers, one after another."""
    _check(tensors, metadata)
    order = list(_SIZES)
    names = sorted(tensors, key=lambda name: (order.index(_code(tensors[name].dtype)), name))
    header: dict[str, Any] = {}
    if metadata is not None:
        header["__metadata__"] = dict(sorted(metadata.items()))
    end, numbers = 0, []
    for name in names:
        array = tensors[name]._array
        header[name] = {
            "dtype": _code(tensors[name].dtype),
            "shape": list(array.shape),
            "data_offsets": [end, end + array.nbytes],
        }
        end += array.nbytes
        numbers.append(memoryview(_little(array).reshape(-1).view(np.uint8)))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    text += b" " * (-len(text) % 8)
    return [len(text).to_bytes(8, "little"), text, *numbers]


def _little(array: np.ndarray) -> np.ndarray:
    """Numbers of this machine's byte order in the file's, or the other way round."""
    return array if sys.byteorder == "little" else array.byteswap()


def _check(tensors: Any, metadata: Any) -> None:
    if not isinstance(tensors, dict):
        raise ValueError(f"save: expected a dict of tensors by name, got {type(tensors).__name__}")
    for name, t in tensors.items():
        if not isinstance(name, str):
            raise TypeError(f"save: expected names that are texts, got {name!r}")
        if not isinstance(t, Tensor):
            raise ValueError(f"save: expected a Tensor for {name!r}, got {type(t).__name__}")
        if not t._array.flags.c_contiguous:
            raise ValueError(
                f"save: tensor {name!r} is not contiguous: save its .contiguous(), or the tensor "
                "it is a view of"
            )
    for key, value in (metadata or {}).items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise TypeError(f"save: expected metadata that are texts, got {key!r}: {value!r}")
    shared = _sharing(tensors)
    if shared:
        raise RuntimeError(
            f"save: these tensors share memory, which the format cannot say: {shared}; save_model "
            "writes one of each group"
        )


def _sharing(tensors: Mapping[str, Tensor]) -> list[set[str]]:
    """The groups of tensors that overlap in memory."""
    groups: list[set[str]] = []
    end = -1
    for name, array in sorted(_arrays(tensors), key=lambda item: memory.address(item[1])):
        start = memory.address(array)
        if start >= end:
            groups.append(set())
        groups[-1].add(name)
        end = max(end, _end(array))
    return [group for group in groups if len(group) > 1]


def _arrays(tensors: Mapping[str, Tensor]) -> Iterable[tuple[str, np.ndarray]]:
    return ((name, t._array) for name, t in tensors.items() if t._array.size)


def _end(array: np.ndarray) -> int:
    """The address behind the last element."""
    reach = sum((n - 1) * s for n, s in zip(array.shape, array.strides))
    return memory.address(array) + reach + array.itemsize


# ------------------------------------------------------------------ models


def _names_to_leave(tensors: Mapping[str, Tensor]) -> dict[str, str]:
    """{a name that is not written: the one that is}, of tensors that share memory.

    Raises: RuntimeError where none of a group has all of the memory.
    """
    found = {}
    for group in _sharing(tensors):
        whole = sorted(
            name
            for name in group
            if (array := tensors[name]._array).nbytes == memory.owner(array).nbytes
        )
        if not whole:
            raise RuntimeError(
                f"save_model: of {sorted(group)}, which share memory, none has all of it"
            )
        found.update(dict.fromkeys(sorted(group - {whole[0]}), whole[0]))
    return found


def save_model(
    model: Any,
    filename: str | os.PathLike,
    metadata: dict[str, str] | None = None,
    force_contiguous: bool = True,
) -> None:
    """Write the state of a module; of tensors that are one and the same, one is written.

    The metadata tell which stand for which. Raises: as `save`.
    """
    state = model.state_dict()
    leave = _names_to_leave(state)
    if leave:
        metadata = {**leave, **(metadata or {})}
    kept = {name: t for name, t in state.items() if name not in leave}
    if force_contiguous:
        kept = {name: t.contiguous() for name, t in kept.items()}
    save_file(kept, filename, metadata)


def load_model(
    model: Any,
    filename: str | os.PathLike,
    strict: bool = True,
    device: Any = "cpu",
    *,
    backend: str = "mmap",
) -> tuple[set[str], list[str]]:
    """Copy the tensors of a file into a module; returns the names (missing, unexpected).

    Raises: RuntimeError for sizes that differ, and where `strict` for names that do.
    """
    leave = _names_to_leave(model.state_dict())
    keys = model.load_state_dict(load_file(filename, device=device), strict=False)
    missing, unexpected = set(keys.missing_keys), list(keys.unexpected_keys)
    for left, kept in leave.items():
        if left in missing and kept not in missing:
            missing.discard(left)
    if strict and (missing or unexpected):
        raise RuntimeError(
            f"Error(s) in loading state_dict for {type(model).__name__}: missing keys "
            f"{sorted(missing)}, unexpected keys {sorted(unexpected)}"
        )
    return missing, unexpected
