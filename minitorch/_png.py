"""PNG with the standard library: what `save_image` writes and `read_image` reads anywhere.

Source: Portable Network Graphics, W3C, third edition.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

__all__ = ["decode_png", "encode_png"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_OF = {1: 0, 2: 4, 3: 2, 4: 6}  # channels -> colour type
_CHANNELS = {colour: channels for channels, colour in _COLOUR_OF.items()}


def encode_png(array: np.ndarray, level: int = 6) -> bytes:
    """The file of uint8 pixels (height, width, channels), none of its rows filtered."""
    height, width, channels = array.shape
    head = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_OF[channels], 0, 0, 0)
    rows = np.zeros((height, 1 + width * channels), np.uint8)
    rows[:, 1:] = array.reshape(height, -1)
    body = zlib.compress(rows.tobytes(), level)
    chunks = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def decode_png(data: bytes) -> np.ndarray | None:
    """The uint8 pixels (height, width, channels); None for other depths, palettes, interlacing.

    Raises: RuntimeError for what is no PNG, and for one that is cut off or damaged.
    """
    chunks = dict(_chunks(data))
    if not chunks.keys() >= {b"IHDR", b"IDAT"}:
        raise RuntimeError(f"decode_png: no picture in these {len(data)} bytes")
    if len(chunks[b"IHDR"]) != 13:
        raise RuntimeError(f"decode_png: damaged: a header of {len(chunks[b'IHDR'])} bytes, not 13")
    width, height, depth, colour, *_, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if depth != 8 or colour not in _CHANNELS or interlaced or b"tRNS" in chunks:
        return None
    channels = _CHANNELS[colour]
    size = height * (1 + width * channels)
    try:  # one byte more than the header promises is enough to see that there are too many
        body = zlib.decompressobj().decompress(chunks[b"IDAT"], size + 1)
        rows = np.frombuffer(body, np.uint8).reshape(height, 1 + width * channels)
    except (zlib.error, ValueError, OverflowError) as error:
        raise RuntimeError(f"decode_png: damaged: {error}") from error
    return _unfiltered(rows, channels).reshape(height, width, channels)


def _chunks(data: bytes):
    """(kind, content) of each chunk, the IDATs in one. Raises: RuntimeError for a wrong sum."""
    at, pixels = len(_SIGNATURE), []
    if not data.startswith(_SIGNATURE):
        raise RuntimeError("decode_png: the data does not begin as a PNG does")
    while at + 12 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        if data[at + 8 + size : at + 12 + size] != struct.pack(">I", zlib.crc32(kind + content)):
            raise RuntimeError(f"decode_png: damaged: the checksum of {kind!r} is wrong")
        if kind == b"IDAT":
            pixels.append(content)
        else:
            yield kind, content
        at += 12 + size
    if pixels:
        yield b"IDAT", b"".join(pixels)


def _unfiltered(rows: np.ndarray, channels: int) -> np.ndarray:
    """The bytes of each row; a filter says what was subtracted from them, modulo 256."""
    height, width = rows.shape[0], rows.shape[1] - 1
    out = np.zeros((height + 1, channels + width), np.uint8)  # a row and a pixel of zeros before
    for y in range(height):
        kind, row, above = rows[y, 0], rows[y, 1:], out[y]
        if kind == 0:
            out[y + 1, channels:] = row
        elif kind == 1:
            by_pixel = row.reshape(-1, channels)
            out[y + 1, channels:] = np.add.accumulate(by_pixel, 0, np.uint8).reshape(-1)
        elif kind == 2:
            out[y + 1, channels:] = row + above[channels:]
        elif kind in (3, 4):
            _one_by_one(row.tolist(), out[y + 1], above.tolist(), channels, kind == 3)
        else:
            raise RuntimeError(f"decode_png: damaged: no filter has the number {kind}")
    return out[1:, channels:]


def _one_by_one(row: list, out: np.ndarray, above: list, channels: int, mean: bool) -> None:
    """The filters Average and Paeth, which need the finished pixel to the left."""
    done = [0] * channels
    for x, difference in enumerate(row):
        left, up, corner = done[x], above[x + channels], above[x]
        if mean:
            guess = (left + up) // 2
        else:
            p = left + up - corner
            guess = min((left, up, corner), key=lambda v: abs(p - v))  # ties: in this order
        done.append((difference + guess) & 255)
    out[:] = done
