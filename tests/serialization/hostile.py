"""Checkpoints that somebody made to do harm, or that are broken.

`python -m tests.serialization.hostile` prints what either engine makes of each.
"""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from typing import Any

import numpy as np

FOUR = np.arange(4, dtype="<f4").tobytes()


def zipped(data: bytes, *records: tuple[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    """An archive of a pickle and other records, by the names they have in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        for name, content in (("archive/data.pkl", data), *records, ("archive/version", b"3\n")):
            archive.writestr(zipfile.ZipInfo(name), content, how)
    return file.getvalue()


def told(x: Any) -> bytes:
    """The instructions that put a plain object on the stack."""
    return pickle.dumps(x, 2)[2:-1].replace(b"q\x00", b"")


def tensor(
    kind: bytes = b"ctorch\nFloatStorage\n",
    key: str = "0",
    place: Any = "cpu",
    numel: int = 4,
    offset: int = 0,
    size: Any = (4,),
    stride: Any = (1,),
) -> bytes:
    """A pickle of one tensor."""
    pid = b"(" + told("storage") + kind + told(key) + told(place) + told(numel) + b"tQ"
    geometry = b"".join(map(told, (offset, size, stride)))
    rest = b"\x89ccollections\nOrderedDict\n)RtR."
    return b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + pid + geometry + rest


def of(**said: Any) -> bytes:
    """An archive of one tensor over four numbers."""
    return zipped(tensor(**said), ("archive/data/0", FOUR))


def _pickled(body: bytes, protocol: bytes = b"\x02") -> bytes:
    return zipped(b"\x80" + protocol + body)


def _call(module: str, name: str, argument: Any) -> bytes:
    return f"c{module}\n{name}\n".encode() + told(argument) + b"\x85R."


def _two(first: bytes = FOUR) -> bytes:
    """An archive of two storages."""
    both = b"\x80\x02(" + tensor(numel=len(first) // 4)[2:-1] + tensor(key="1")[2:-1] + b"t."
    return zipped(both, ("archive/data/0", first), ("archive/data/1", FOUR))


def _inside() -> bytes:
    """A record that lies inside another one, with all that belongs to it."""
    made = _two()
    start = made.find(b"PK\3\4", made.find(b"archive/data/0"))
    inner = made[start : made.find(b"PK", start + 4)]
    inner += bytes(-len(inner) % 4)
    made = _two(inner)
    entry = made.rfind(b"archive/data/1") - 4
    return made[:entry] + struct.pack("<I", made.find(inner)) + made[entry + 4 :]


def _changed(where: bytes, by: int = 0) -> bytes:
    made = bytearray(of())
    made[made.find(where) + by] ^= 0x40
    return bytes(made)


def _copies() -> bytes:
    """A list of 10,000 elements, and 10,000 sets made of it."""
    return (
        b"]("
        + b"K\1" * 10_000
        + b"eq\0"
        + b"c__builtin__\nset\nq\1"
        + b"h\1h\0\x85R" * 10_000
        + b"."
    )


def _said_otherwise(entry: bytes, at: int, new: bytes) -> bytes:
    """An archive whose directory says something else of `entry`, `at` bytes before its name."""
    made = of()
    place = made.rfind(entry) - at
    return made[:place] + new + made[place + len(new) :]


NESTED = 20_000
CASES: dict[str, bytes] = {
    "os.system by REDUCE": _pickled(_call("posix", "system", "true")),
    "builtins.eval": _pickled(_call("__builtin__", "eval", "1")),
    "os.system by INST": _pickled(b"(" + told("true") + b"iposix\nsystem\n."),
    "os.system by OBJ": _pickled(b"(cposix\nsystem\n" + told("true") + b"o."),
    "os.system by BUILD": _pickled(
        b"ccollections\nOrderedDict\n)R}" + told("__setstate__") + b"cposix\nsystem\nsb."),
    "getattr to reach further": _pickled(
        b"c__builtin__\ngetattr\n" + told([1]) + told("append") + b"\x86R."),
    "a function of numpy's": _pickled(_call("numpy", "load", "x.npy")),
    "a name with dots": _pickled(b"ctorch\nserialization.os.system\n" + told("true") + b"\x85R."),
    "an extension code": _pickled(b"\x82\x01."),
    "instance of OrderedDict by NEWOBJ": _pickled(b"ccollections\nOrderedDict\n)\x81."),
    "STACK_GLOBAL of protocol 4": _pickled(b"\x8c\x02os\x8c\x06system\x93.", b"\x04"),
    "a header of protocol 3": _pickled(b"N.", b"\x03"),
    "BUILD writes __class__": _pickled(
        b"ccollections\nOrderedDict\n)R}" + told("__class__") + b"Nsb."),
    "BUILD of a tensor": zipped(
        tensor()[:-1] + b"}" + told("data") + b"Nsb.", ("archive/data/0", FOUR)),
    "stride outside the storage": of(stride=(1000,)),
    "offset outside the storage": of(offset=10**6),
    "negative offset": of(offset=-4),
    "negative stride": of(stride=(-1,), offset=3),
    "negative size": of(size=(-4,)),
    "more sizes than strides": of(size=(2, 2)),
    "a size that is no number": of(size=("4",)),
    "a size that is a bool": of(size=(True,)),
    "65 dimensions": of(size=(1,) * 65, stride=(1,) * 65),
    "more elements than the record": of(numel=1 << 40, size=(1 << 40,)),
    "fewer elements than the record": of(numel=2, size=(2,)),
    "expanded to 2**50 elements": of(size=(1 << 50,), stride=(0,)),
    "sizes that overflow 64 bits": of(size=(1 << 62, 1 << 62), stride=(1, 1)),
    "a record that is missing": of(key="7"),
    "a key that climbs": of(key="../../data.pkl"),
    "a key of another record": of(key="../version"),
    "a class that is no storage": of(kind=b"ctorch\nSize\n"),
    "an id that is a string": _pickled(told("abc") + b"Q."),
    "an id of nothing": _pickled(b"Q."),
    "a place that is a number": of(place=3),
    "one storage as two types": zipped(
        b"\x80\x02(" + tensor()[2:-1]
        + tensor(kind=b"ctorch\nLongStorage\n", numel=2)[2:-1] + b"t.",
        ("archive/data/0", FOUR)),
    "memo never set": _pickled(b"h\x05."),
    "memo number 2**31 - 1": _pickled(b"Nr\xff\xff\xff\x7fr\xff\xff\xff\xff0."),
    "a string of 4 GiB": _pickled(b"X\xff\xff\xff\xffab."),
    "no STOP": _pickled(b"N"),
    "pop of nothing": _pickled(b"."),
    "an item set in a list": _pickled(b"]NNs."),
    "appended to a dict": _pickled(b"}Na."),
    "a key that cannot be hashed": _pickled(b"}]Ns."),
    "a key that takes forever to hash": _pickled(b"}" + b")" + b"q\0h\0\x86" * 60 + b"Ns."),
    "copied out of proportion": _pickled(_copies()),
    "lists nested 20,000 deep": _pickled(b"]" * NESTED + b"a" * (NESTED - 1) + b"."),
    "lists nested from the outside in": _pickled(
        b"]q\0q\1" + b"h\1]q\2ah\2q\1" * 5000 + b"h\0."),
    "marks nested 20,000 deep": _pickled(b"(" * NESTED + b"t" * NESTED + b"."),
    "compressed records": zipped(
        tensor(numel=1 << 18, size=(1 << 18,)), ("archive/data/0", bytes(1 << 20)),
        how=zipfile.ZIP_DEFLATED),
    "two top folders": zipped(tensor(), ("other/data/0", FOUR)),
    "an absolute name": zipped(tensor(), ("/data/0", FOUR)),
    "a name that climbs": zipped(tensor(), ("archive/../data/0", FOUR)),
    "a record inside another": _inside(),
    "a record twice": _two().replace(b"data/1", b"data/0"),
    "a record with another name": of().replace(b"archive/data/0", b"archive/data/9", 1),
    "a record that reaches into the directory": _said_otherwise(
        b"archive/version", 26, struct.pack("<II", 100, 100)),
    "a number changed": _changed(FOUR, 5),
    "the pickle changed": _changed(b"_rebuild_tensor_v2", 3),
    "a length in the directory changed": _changed(b"PK\1\2", 24),
    "something before the archive": b"PK\3\4" + bytes(60) + of(),
    "cut in half": of()[: len(of()) // 2],
    "cut by five bytes": of()[:-5],
    "no zip": b"hello world, not a zip",
    "nothing": b"",
}  # fmt: skip
"""Every one is to be refused."""

REASONS = {
    "a record twice": "twice",
    "a record inside another": "does not follow",
    "a record with another name": "another name",
    "a record that reaches into the directory": "reach byte",
    "a name that climbs": "does not lie below",
    "an absolute name": "does not lie below",
    "a key that climbs": "the number of a storage",
    "a key of another record": "the number of a storage",
    "one storage as two types": "is said to be",
    "expanded to 2**50 elements": "show",
    "a string of 4 GiB": "ends early",
    "a number changed": "checksum",
}
"""What the message says of cases that more than one check would refuse."""

ENDLESS = ("a key that takes forever to hash",)
"""Cases that torch 2.13 does not come back from."""


def outcome(load: Any, data: bytes) -> str:
    """What `load` makes of a file, in a few words."""
    try:
        found = load(io.BytesIO(data))
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())[-70:]}"
    return f"loaded {type(found).__name__}"


def table() -> str:
    """A line for each case: what minitorch makes of it, and torch where it is installed."""
    import minitorch

    try:
        import torch
    except ImportError:
        torch = None
    lines = []
    for name, data in CASES.items():
        ends = [outcome(minitorch.load, data)]
        if torch is not None:
            ends.append("does not end" if name in ENDLESS else outcome(torch.load, data))
        lines.append(" | ".join([f"{name:36}", *(f"{end:90.90}" for end in ends)]))
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
