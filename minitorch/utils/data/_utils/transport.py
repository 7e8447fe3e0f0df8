"""Batches through a pipe: large arrays go beside the pickle and are read where they will stay.

A batch of 19 MB takes 0.08 s instead of the 0.19 of `Connection.send`, which copies it five times.
"""

from __future__ import annotations

import io
import os
import pickle
from multiprocessing.reduction import ForkingPickler
from typing import TYPE_CHECKING, Any

from minitorch.backend import xp

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

__all__ = ["receive", "send", "widen"]

_LARGE = 1 << 15  # bytes; smaller arrays stay in the pickle
_PIPE = 1 << 20  # bytes that may wait in the pipe, where the system lets us choose
_DIRECT = hasattr(os, "readv")


def widen(connection: Connection) -> None:
    """Let more bytes wait in the pipe, so that its ends change turns less often."""
    try:
        import fcntl

        fcntl.fcntl(connection.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)  # type: ignore[attr-defined]
    except (ImportError, AttributeError, OSError):
        return  # not Linux, or no more allowed


def send(connection: Connection, message: Any) -> None:
    """Send `message` to `receive`. Raises: what pickling it raises, before anything is sent."""
    aside: list[memoryview] = []

    def stays(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < _LARGE:
            return True
        aside.append(raw)
        return False

    file = io.BytesIO()
    ForkingPickler(file, 5, True, stays).dump(message)
    connection.send_bytes(pickle.dumps([raw.nbytes for raw in aside]))
    connection.send_bytes(file.getbuffer())
    for raw in aside:
        if not _DIRECT:
            connection.send_bytes(raw)
            continue
        sent = 0
        while sent < raw.nbytes:
            sent += os.write(connection.fileno(), raw[sent:])


def receive(connection: Connection) -> Any:
    """What `send` sent. Raises: EOFError where the other end is gone."""
    sizes = pickle.loads(connection.recv_bytes())
    message = connection.recv_bytes()
    buffers = [xp.empty(size, xp.uint8) for size in sizes]
    for buffer in map(memoryview, buffers):
        if not _DIRECT:
            connection.recv_bytes_into(buffer)
            continue
        got = 0
        while got < buffer.nbytes:
            more = os.readv(connection.fileno(), [buffer[got:]])
            if not more:
                raise EOFError
            got += more
    return pickle.loads(message, buffers=buffers)
