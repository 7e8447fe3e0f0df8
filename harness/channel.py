"""What a run and the harness say to each other: messages with arrays, over a pair of sockets.

From the run: `start` with its header and initial values, `step` with what a step left behind,
`metrics`, `trace`, `end`. To the run: `sync` and `gradients` with values to take over, `turn` with
a number of steps. A run that is not listened to waits: nothing piles up, in memory or on disk.
"""

from __future__ import annotations

import os
import pickle
import socket
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import numpy as np

Arrays = dict[str, np.ndarray]
"""Values by key: what a tensor is and its name, as in `gradient fc1.weight`."""

RANDOM = "random state"

LARGE = 1 << 16
"""Bytes from which an array is sent by itself: joining it with others would copy it once more."""


class Message(NamedTuple):
    """One message; `arrays` are read-only where it was received."""

    kind: str
    step: int
    arrays: Arrays
    facts: dict[str, Any]


class Channel:
    """One end of a conversation."""

    def __init__(self, descriptor: int) -> None:
        self._connection = Connection(descriptor)

    def send(self, kind: str, step: int = 0, arrays: Arrays | None = None, **facts: Any) -> None:
        """Send a message. Raises: OSError where the other end is gone."""
        flat = {key: np.asarray(array, order="C") for key, array in (arrays or {}).items()}
        places = [(key, array.dtype.str, array.shape) for key, array in flat.items()]
        self._connection.send_bytes(pickle.dumps((kind, step, facts, places)))
        small = [array for array in flat.values() if array.nbytes < LARGE]
        if small:
            self._connection.send_bytes(b"".join(map(_bytes, small)))
        for array in flat.values():
            if array.nbytes >= LARGE:
                self._connection.send_bytes(_bytes(array))

    def receive(self) -> Message | None:
        """The next message; None where the other end is gone."""
        try:
            kind, step, facts, places = pickle.loads(self._connection.recv_bytes())
            sizes = [_size(dtype, shape) for _, dtype, shape in places]
            small = self._connection.recv_bytes() if any(n < LARGE for n in sizes) else b""
            large = [self._connection.recv_bytes() for n in sizes if n >= LARGE]
        except (EOFError, OSError):
            return None
        arrays, offset, rest = {}, 0, iter(large)
        for (key, dtype, shape), size in zip(places, sizes):
            whole = size >= LARGE
            count = int(np.prod(shape, dtype=np.int64))
            values, start = (next(rest), 0) if whole else (small, offset)
            arrays[key] = np.frombuffer(values, dtype, count, start).reshape(shape)
            offset += 0 if whole else size
        return Message(kind, step, arrays, facts)

    def close(self) -> None:
        """End the conversation."""
        self._connection.close()


def pair() -> tuple[Channel, int]:
    """One end, and the file descriptor of the other, for a child process to inherit."""
    ours, theirs = socket.socketpair()
    return Channel(ours.detach()), theirs.detach()


def close_descriptor(descriptor: int) -> None:
    """Close the end that a child has inherited."""
    os.close(descriptor)


def _size(dtype: str, shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize


def _bytes(array: np.ndarray) -> memoryview:
    return memoryview(array.reshape(-1).view(np.uint8))
