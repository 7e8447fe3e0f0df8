"""save and load: torch's checkpoint format (.pt), read and written without torch.

>>> import io, minitorch as torch
>>> file = io.BytesIO()
>>> torch.save({"epoch": 3, "weight": torch.ones(2)}, file)
>>> position = file.seek(0)
>>> torch.load(file)
{'epoch': 3, 'weight': tensor([1., 1.])}

A load is safe unless `weights_only=False` is said: it builds data and runs nothing that the file
names. Every size, place and checksum in a file is checked before memory is looked at, and what is
saved to a path is there whole or not at all.
"""

from __future__ import annotations

import contextlib
import enum
import os
import pickle
import sys
from typing import TYPE_CHECKING, Any

from minitorch import _files
from minitorch.serialization import archive, legacy, reader, writer
from minitorch.serialization.archive import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "CheckpointError",
    "LoadEndianness",
    "SourceChangeWarning",
    "add_safe_globals",
    "clear_safe_globals",
    "default_restore_location",
    "get_crc32_options",
    "get_default_load_endianness",
    "get_default_mmap_options",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "load",
    "location_tag",
    "register_package",
    "safe_globals",
    "save",
    "set_crc32_options",
    "set_default_load_endianness",
    "set_default_mmap_options",
    "skip_data",
]


class SourceChangeWarning(Warning):
    """Of torch's old format: that a class was written otherwise when it was saved.

    Differs: never given, since sources are not compared.
    """


class LoadEndianness(enum.Enum):
    """The byte order of a checkpoint that does not say which it has."""

    NATIVE = 1
    LITTLE = 2
    BIG = 3


_trusted: list[Any] = []
_settings: dict[str, Any] = {"endianness": None, "mmap": 2}


def save(
    obj: object,
    f: Any,
    pickle_module: Any = pickle,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
    _disable_byteorder_record: bool = False,
) -> None:
    """Write `obj` to the path or file `f`, as `torch.load` and `load` read it.

    Tensors that share memory share it after loading too. A path gets the new file whole or keeps
    the old one, whatever fails.

    Raises: RuntimeError for a folder that does not exist; what `pickle` raises for an object that
    it cannot save. Differs: `pickle_module` is not asked, but must be one.
    """
    if not hasattr(pickle_module, "Pickler"):
        raise AttributeError(f"save: {pickle_module!r} is no pickle module")

    if _use_new_zipfile_serialization:
        data, blocks = writer.pickled(obj, pickle_protocol)

        def fill(file: Any) -> None:
            archive.write(
                file, _top(f), writer.records(data, blocks, not _disable_byteorder_record)
            )
    else:

        def fill(file: Any) -> None:
            legacy.write(file, obj, pickle_protocol)

    if _is_path(f):
        folder = os.path.dirname(os.path.abspath(f))
        if not os.path.isdir(folder):
            raise RuntimeError(f"save: the folder {folder} does not exist")
        if os.path.isdir(f):
            raise RuntimeError(f"save: expected the path of a file, got the folder {os.fspath(f)}")
        _files.replace(f, fill)
    elif hasattr(f, "write"):
        fill(f)
    else:
        raise AttributeError(f"save: expected a path or a file to write, got {type(f).__name__}")


def load(
    f: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """The object in the path or file `f`, which `torch.save` or `save` wrote.

    `map_location` says where storages go: a device, {old: new}, or a function of (storage, old
    place); here all of them go to the CPU. With `mmap` they are read when they are used, and their
    checksums are not looked at. `weights_only=False` runs whatever code the file asks for: only
    for files you trust. Classes of torch become the classes here.

    Raises: CheckpointError (a RuntimeError and a pickle.UnpicklingError) for a broken file and
    for one that holds more than data; RuntimeError for a device that is not here.
    """
    unknown = pickle_load_args.keys() - {"encoding", "fix_imports", "errors"}
    if unknown:
        raise TypeError(f"load() got an unexpected keyword argument '{sorted(unknown)[0]}'")
    if weights_only and pickle_module is not None:
        raise RuntimeError("load: weights_only=True uses no pickle_module, but one was given")
    if weights_only is None:
        weights_only = pickle_module is None
    if mmap and not _is_path(f):
        raise ValueError(f"load: mmap=True needs the path of a file, got {type(f).__name__}")
    how = reader.How(
        safely=bool(weights_only),
        trusted=_trusted_names(),
        encoding=pickle_load_args.get("encoding", "utf-8"),
        map_location=map_location,
        pickle_module=pickle_module or pickle,
        default_order=_default_order(),
    )
    with _opened(f) as file:
        return reader.read(file, how, bool(mmap))


def _is_path(f: Any) -> bool:
    return isinstance(f, (str, os.PathLike))


def _top(f: Any) -> str:
    """The folder inside the archive: the name of the file without its ending."""
    if not _is_path(f):
        return "archive"
    return os.path.splitext(os.path.basename(os.fspath(f)))[0].lstrip(".") or "archive"


@contextlib.contextmanager
def _opened(f: Any) -> Iterator[Any]:
    if _is_path(f):
        with open(f, "rb") as file:
            yield file
        return
    for method in ("read", "seek", "tell"):
        if not hasattr(f, method):
            raise AttributeError(
                f"load: expected a path or a file that has `{method}`, got {type(f).__name__}; "
                "what cannot seek can be read into io.BytesIO"
            )
    yield f


# ------------------------------------------------------------------ what a safe load may use


def _trusted_names() -> dict[str, Any]:
    found = {}
    for thing in _trusted:
        if isinstance(thing, tuple):
            found[thing[1]] = thing[0]
            continue
        found[f"{thing.__module__}.{thing.__qualname__}"] = thing
        known = writer.names.torch_name(thing)
        if known is not None:
            found[".".join(known)] = thing
    return found


def add_safe_globals(safe_globals: list) -> None:
    """Let safe loads use these classes and functions; (object, 'its.name') for another name."""
    for thing in safe_globals:
        named = thing if not isinstance(thing, tuple) else thing[0]
        if isinstance(thing, tuple) and (len(thing) != 2 or not isinstance(thing[1], str)):
            raise TypeError(f"add_safe_globals: expected (object, 'its.name'), got {thing!r}")
        if not callable(named):
            raise TypeError(f"add_safe_globals: expected classes and functions, got {named!r}")
    _trusted.extend(thing for thing in safe_globals if thing not in _trusted)


def get_safe_globals() -> list:
    """What safe loads may use besides data."""
    return list(_trusted)


def clear_safe_globals() -> None:
    """Let safe loads use nothing but data again."""
    _trusted.clear()


@contextlib.contextmanager
def safe_globals(safe_globals: list) -> Iterator[None]:
    """A context in which safe loads may use these classes and functions."""
    before = list(_trusted)
    add_safe_globals(safe_globals)
    try:
        yield
    finally:
        _trusted[:] = before


def get_unsafe_globals_in_checkpoint(f: Any) -> list[str]:
    """The names in a checkpoint that a safe load would refuse; nothing of it is built."""
    with _opened(f) as file:
        found = reader.unsafe_names(file)
    return [name for name in found if name not in _trusted_names()]


# ------------------------------------------------------------------ settings


def _default_order() -> str:
    chosen = _settings["endianness"]
    if chosen is LoadEndianness.NATIVE:
        return sys.byteorder
    return "big" if chosen is LoadEndianness.BIG else "little"


def set_default_load_endianness(endianness: LoadEndianness | None) -> None:
    """Choose the byte order of checkpoints that do not say theirs; None is little-endian."""
    if endianness is not None and not isinstance(endianness, LoadEndianness):
        raise TypeError(f"expected LoadEndianness or None, got {type(endianness).__name__}")
    _settings["endianness"] = endianness


def get_default_load_endianness() -> LoadEndianness | None:
    """The byte order of checkpoints that do not say theirs, None where none was chosen."""
    return _settings["endianness"]


def get_default_mmap_options() -> int:
    """How files are mapped: `mmap.MAP_PRIVATE`, so that writing to tensors leaves them alone."""
    return _settings["mmap"]


@contextlib.contextmanager
def _mmap_options(before: int) -> Iterator[None]:
    try:
        yield
    finally:
        _settings["mmap"] = before


def set_default_mmap_options(flags: int) -> contextlib.AbstractContextManager:
    """Choose how files are mapped, for good or inside a context.

    Raises: NotImplementedError for anything but MAP_PRIVATE: writing to a tensor would change the
    file. ValueError for what is no such flag.
    """
    import mmap

    shared, private = getattr(mmap, "MAP_SHARED", 1), getattr(mmap, "MAP_PRIVATE", 2)
    if flags not in (shared, private):
        raise ValueError(f"expected mmap.MAP_PRIVATE or mmap.MAP_SHARED, got {flags!r}")
    if flags == shared:
        raise NotImplementedError("mmap.MAP_SHARED is not supported: tensors would write the file")
    before, _settings["mmap"] = _settings["mmap"], flags
    return _mmap_options(before)


def get_crc32_options() -> bool:
    """Whether checksums are computed: True."""
    return True


def set_crc32_options(compute_crc32: bool) -> None:
    """Accepted and without effect: checksums are computed and looked at always."""


def location_tag(storage: Any) -> str:
    """Where a storage is: "cpu"."""
    return str(storage.device)


def default_restore_location(storage: Any, location: str) -> Any:
    """`storage`, where `location` is the CPU. Raises: RuntimeError for any other."""
    reader.require_here(location)
    return storage


def register_package(priority: int, tagger: Any, deserializer: Any) -> None:
    """Raises: NotImplementedError; there is one place for storages, the CPU."""
    raise NotImplementedError("register_package: storages are on the CPU only, nothing to register")


def skip_data(materialize_fake_tensors: bool = False) -> contextlib.AbstractContextManager:
    """Raises: NotImplementedError; a checkpoint without its numbers is not written."""
    raise NotImplementedError("skip_data: checkpoints are always written with their numbers")
