"""Event files: records with checksums, one after another.

Source: https://www.tensorflow.org/tutorials/load_data/tfrecord; RFC 3720 for CRC-32C
"""

from __future__ import annotations

import itertools
import os
import socket
import struct
import threading
import time
import weakref
from typing import Any

from minitorch.utils.tensorboard._proto import message


def _table() -> list[int]:
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ 0x82F63B78 * (n & 1)
        table.append(n)
    return table


_TABLE = _table()
_numbers = itertools.count()


def crc32c(data: bytes) -> int:
    """The checksum of Castagnoli's polynomial."""
    table, crc = _TABLE, 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def masked(data: bytes) -> bytes:
    """The checksum turned and moved, so that a checksum of data with checksums is no weak one."""
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data: bytes) -> bytes:
    """Length, its checksum, the data, their checksum."""
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def event(walltime: float | None = None, step: Any = None, **what: bytes | str) -> bytes:
    """An event: when, at which step, and one of what the numbers below tell."""
    numbers = {
        "file_version": 3, "graph_def": 4, "summary": 5, "session_log": 7, "source_metadata": 10,
    }  # fmt: skip
    return message(
        {
            1: time.time() if walltime is None else float(walltime),
            2: None if step is None else int(step),
            **{numbers[name]: [content] for name, content in what.items()},
        }
    )


class EventFile:
    """A new file in `folder` to which events are added.

    Written to disk after every `max_queue` events, or where `flush_secs` have passed since the
    last time; closed at the latest when Python ends.
    """

    def __init__(self, folder: str, max_queue: int, flush_secs: float, suffix: str) -> None:
        os.makedirs(folder, exist_ok=True)
        host, pid, number = socket.gethostname(), os.getpid(), next(_numbers)
        name = f"events.out.tfevents.{int(time.time()):010d}.{host}.{pid}.{number}{suffix}"
        self.path = os.path.join(folder, name)
        self._file = open(self.path, "ab")  # noqa: SIM115
        self._close = weakref.finalize(self, self._file.close)
        self._lock = threading.Lock()
        self._max_queue, self._flush_secs = max_queue, flush_secs
        self._pending, self._flushed = 0, time.monotonic()
        source = message({1: "minitorch.utils.tensorboard"})
        self.add(event(file_version="brain.Event:2", source_metadata=source))
        self.flush()

    def add(self, data: bytes) -> None:
        """Add an event."""
        with self._lock:
            self._file.write(record(data))
            self._pending += 1
            late = time.monotonic() - self._flushed >= self._flush_secs
            if self._pending > self._max_queue or late:
                self._flush()

    def _flush(self) -> None:
        self._file.flush()
        self._pending, self._flushed = 0, time.monotonic()

    def flush(self) -> None:
        """Give all events to the operating system."""
        with self._lock:
            self._flush()

    def close(self) -> None:
        """Write what is left, and close the file."""
        with self._lock:
            self._close()
