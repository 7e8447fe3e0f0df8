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
        if flat:
            self._connection.send_bytes(b"".join(map(_bytes, flat.values())))

    def receive(self) -> Message | None:
        """The next message; None where the other end is gone."""
        try:
            kind, step, facts, places = pickle.loads(self._connection.recv_bytes())
            values = self._connection.recv_bytes() if places else b""
        except (EOFError, OSError):
            return None
        arrays, offset = {}, 0
        for key, dtype, shape in places:
            count = int(np.prod(shape, dtype=np.int64))
            arrays[key] = np.frombuffer(values, dtype, count, offset).reshape(shape)
            offset += arrays[key].nbytes
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


def _bytes(array: np.ndarray) -> memoryview:
    return memoryview(array.reshape(-1).view(np.uint8))
