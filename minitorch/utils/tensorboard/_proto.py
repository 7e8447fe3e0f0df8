"""The wire format of protocol buffers: as much as event files need.

A message is the bytes of its fields one after another, a field its number, its kind and its value.
Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5


class Float32(float):
    """A number that takes four bytes."""


def varint(n: int) -> bytes:
    """An integer in groups of seven bits, the lowest first; negative ones as 64 bits."""
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def must(number: int, value: Any) -> bytes:
    """Field `number`: an int, float, `Float32`, str, bytes (a message too), array of floats."""
    if isinstance(value, Float32):
        return varint(number << 3 | _FOUR_BYTES) + struct.pack("<f", value)
    if isinstance(value, float):
        return varint(number << 3 | _EIGHT_BYTES) + struct.pack("<d", value)
    if isinstance(value, int):
        return varint(number << 3 | _VARINT) + varint(value)
    if isinstance(value, np.ndarray):
        value = value.astype(value.dtype.newbyteorder("<"), copy=False).tobytes()
    data = value.encode("utf-8") if isinstance(value, str) else value
    return varint(number << 3 | _BYTES) + varint(len(data)) + data


def put(number: int, value: Any) -> bytes:
    """The same, left out where the value is None, 0 or empty, as which its absence is read."""
    empty = value is None or (isinstance(value, np.ndarray) and not value.size)
    return (
        b"" if empty or (not isinstance(value, np.ndarray) and not value) else must(number, value)
    )


def message(fields: dict[int, Any]) -> bytes:
    """The message with these fields; a list is a field that is repeated, without being packed."""
    parts = []
    for number, value in fields.items():
        if isinstance(value, list):
            parts += [must(number, each) for each in value]
        else:
            parts.append(put(number, value))
    return b"".join(parts)
