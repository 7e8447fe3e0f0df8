"""torch.cpu: the one device there is, in the words of the accelerators."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

__all__ = [
    "Event",
    "Stream",
    "StreamContext",
    "current_device",
    "current_stream",
    "device_count",
    "is_available",
    "is_initialized",
    "set_device",
    "stream",
    "synchronize",
]


def __getattr__(name: str) -> Any:
    if name != "amp":
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from minitorch.amp import cpu as amp

    return amp


def is_available() -> bool:
    """Whether the CPU can be used: always."""
    return True


is_initialized = is_available


def device_count() -> int:
    """How many CPUs there are, cores apart: 1."""
    return 1


def current_device() -> str:
    """The chosen device: "cpu"."""
    return "cpu"


def set_device(device: Any) -> None:
    """Choose the CPU: it is the only one."""


def synchronize(device: Any = None) -> None:
    """Wait for the CPU: it is done with one thing before it begins another."""


class Stream:
    """The order of work: there is one, whichever stream is named."""

    def __init__(self, priority: int = -1) -> None:
        self.priority = priority

    def wait_stream(self, stream: Stream) -> None:
        """Wait for another stream: it is done."""

    def record_event(self) -> Event:
        """A mark behind what was done so far."""
        return Event()

    def wait_event(self, event: Event) -> None:
        """Wait for a mark: what is before it is done."""


class Event:
    """A mark in the order of work."""

    def query(self) -> bool:
        """Whether what is before it is done: always."""
        return True

    def record(self, stream: Any = None) -> None:
        """Set the mark here."""

    def synchronize(self) -> None:
        """Wait for what is before it: it is done."""

    def wait(self, stream: Any = None) -> None:
        """Let `stream` wait for what is before it: it is done."""


_stream = Stream()


def current_stream(device: Any = None) -> Stream:
    """The order of work."""
    return _stream


class StreamContext(AbstractContextManager):
    """Work in the order of `stream` inside: it is the same for all."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __exit__(self, *error: Any) -> None:
        return None


stream = StreamContext
