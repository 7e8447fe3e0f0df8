"""The container of a checkpoint: a zip archive of plain records, read strictly, written at once.

Source: APPNOTE.TXT of PKWARE 6.3 for the archive; where torch's records lie and how they are
aligned was found from files.
"""

from __future__ import annotations

import os
import pickle
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

ALIGNMENT = 64
_LOCAL = struct.Struct("<4s22xHH")  # of a record's own header: magic, bytes of name and extra


class CheckpointError(pickle.UnpicklingError, RuntimeError):
    """A file that is broken, or that holds what is not read from files.

    Differs: torch raises one of the two kinds, by where it notices; this is caught as either.
    """


class Record(NamedTuple):
    """Where the bytes of a record are in the file, and their checksum."""

    start: int
    size: int
    crc: int


class Archive:
    """The records of an archive by their names below its one top folder.

    Nothing is read that the file does not hold: sizes are checked against it before memory is
    taken, records may neither overlap nor repeat, and every byte is checked against its checksum.
    """

    def __init__(self, file: Any) -> None:
        self.file = file
        self.size = file.seek(0, os.SEEK_END)
        try:
            with zipfile.ZipFile(file) as directory:
                entries, self.end = directory.infolist(), directory.start_dir
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise CheckpointError(
                f"this zip archive is broken or incomplete: {error} ({self.size} bytes)"
            ) from None
        self.top = _top_folder([e.filename for e in entries])
        self.records = {
            e.filename[len(self.top) + 1 :]: self._located(e)
            for e in entries
            if not (e.filename.endswith("/") and not e.file_size)
        }
        self._check_apart(entries)

    def _located(self, entry: zipfile.ZipInfo) -> Record:
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
            raise CheckpointError(f"record {entry.filename!r} is compressed; records are stored")
        if entry.flag_bits & 1:
            raise CheckpointError(f"record {entry.filename!r} is encrypted")
        self.file.seek(entry.header_offset)
        header = self.file.read(_LOCAL.size)
        if len(header) < _LOCAL.size or not header.startswith(b"PK\3\4"):
            raise CheckpointError(f"record {entry.filename!r} has no header where it should be")
        _, name, extra = _LOCAL.unpack(header)
        if self.file.read(name) != entry.filename.encode("utf-8"):
            raise CheckpointError(f"record {entry.filename!r} has another name in its header")
        start = entry.header_offset + _LOCAL.size + name + extra
        return Record(start, entry.file_size, entry.CRC)

    def _check_apart(self, entries: list[zipfile.ZipInfo]) -> None:
        """Refuse names that repeat, records that share bytes, and bytes before the first."""
        names = [e.filename for e in entries]
        if len(set(names)) != len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise CheckpointError(f"record {twice!r} stands in the archive twice")
        end = 0
        for entry in sorted(entries, key=lambda e: e.header_offset):
            if entry.header_offset < end or (end == 0 and entry.header_offset):
                raise CheckpointError(f"record {entry.filename!r} does not follow on another")
            known = self.records.get(entry.filename[len(self.top) + 1 :])
            end = known.start + known.size if known else entry.header_offset + 1
        if end > self.end:
            raise CheckpointError(f"the records reach byte {end} of {self.end}")

    def __contains__(self, name: str) -> bool:
        return name in self.records

    def bytes(self, name: str) -> bytes:
        """The bytes of a record. Raises: CheckpointError where it is missing or was changed."""
        return self.array(name).tobytes()

    def array(self, name: str) -> np.ndarray:
        """The same as uint8, in memory of its own."""
        record = self._record(name)
        self.file.seek(record.start)
        if hasattr(self.file, "readinto"):
            made = np.empty(record.size, np.uint8)
            read = self.file.readinto(memoryview(made)) if record.size else 0
        else:
            made = np.frombuffer(bytearray(self.file.read(record.size)), np.uint8)
            read = made.size
        if read != record.size:
            raise CheckpointError(f"record {name!r}: expected {record.size} bytes, got {read}")
        if zlib.crc32(memoryview(made)) != record.crc:
            raise CheckpointError(f"record {name!r} was changed: its checksum is another")
        return made

    def mapped(self, name: str, memory: Any) -> np.ndarray:
        """The same as a part of the file's map `memory`; its checksum is not looked at."""
        record = self._record(name)
        return np.frombuffer(memory, np.uint8, record.size, record.start)

    def _record(self, name: str) -> Record:
        if name not in self.records:
            raise CheckpointError(f"the archive has no record {name!r}")
        return self.records[name]


def _top_folder(names: list[str]) -> str:
    if not names:
        raise CheckpointError("the archive holds no record")
    top = names[0].partition("/")[0]
    for name in names:
        parts = name.split("/")
        if len(parts) < 2 or not top or parts[0] != top or ".." in parts or "\\" in name:
            raise CheckpointError(f"record {name!r} does not lie below the one folder {top!r}")
    return top


# ------------------------------------------------------------------ writing


def write(file: Any, top: str, records: Iterable[tuple[str, Any]]) -> None:
    """Write an archive of (name, bytes) to `file`, the bytes of each record aligned to 64.

    The last record names the contents by 40 digits, made of the names and of the checksums.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in records:
            _add(archive, f"{top}/{name}", data)
        names = "".join(entry.filename for entry in archive.filelist)
        sums = b"".join(entry.CRC.to_bytes(4, "little") for entry in archive.filelist)
        identity = b"%020d%020d" % (zlib.crc32(names.encode("utf-8")), zlib.crc32(sums))
        _add(archive, f"{top}/.data/serialization_id", identity)


def _add(archive: zipfile.ZipFile, name: str, data: Any) -> None:
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    before = archive.fp.tell() + _LOCAL.size + len(name.encode("utf-8"))
    padding = -(before + 4) % ALIGNMENT
    entry.extra = b"FB" + struct.pack("<H", padding) + b"Z" * padding
    archive.writestr(entry, data)
