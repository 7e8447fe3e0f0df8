"""Queues of work for a GPU: there is none to queue for."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from minitorch.backend import not_compiled

__all__ = [
    "Event",
    "Stream",
    "StreamContext",
    "current_stream",
    "default_stream",
    "set_stream",
    "stream",
]


class Stream:
    """A queue of work. Raises: RuntimeError, as there is no GPU."""

    def __init__(self, device: Any = None, priority: int = 0, **how: Any) -> None:
        raise RuntimeError("torch.cuda.Stream needs CUDA: minitorch computes on the CPU")


class Event:
    """A mark in a queue. Raises: RuntimeError, as there is no GPU."""

    def __init__(self, enable_timing: bool = False, blocking: bool = False, **how: Any) -> None:
        raise RuntimeError("torch.cuda.Event needs CUDA: minitorch computes on the CPU")


class StreamContext(AbstractContextManager):
    """Queue on `stream` inside; None: do nothing."""

    def __init__(self, stream: Stream | None) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        if self.stream is not None:
            raise not_compiled("cuda")

    def __exit__(self, *error: Any) -> None:
        return None


stream = StreamContext


def current_stream(device: Any = None) -> Stream:
    """The queue in use. Raises: AssertionError, as there is no GPU."""
    raise not_compiled("cuda")


default_stream = current_stream


def set_stream(stream: Stream | None) -> None:
    """Queue on `stream` from now on; None: do nothing. Raises: AssertionError for another."""
    if stream is not None:
        raise not_compiled("cuda")
