"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def replace(path: str | os.PathLike, fill: Callable[[Any], None]) -> None:
    """Put a file in the place of `path` that `fill(file)` writes; all of it, or nothing happens.

    It is written beside the old one, forced onto the disk, and renamed: whoever reads, and
    whatever fails, there is the old file or the new one. What is no regular file is written to.
    """
    path = os.path.realpath(path)
    old = os.stat(path) if os.path.exists(path) else None
    if old is not None and not stat.S_ISREG(old.st_mode):
        with open(path, "wb") as file:
            fill(file)
        return
    written = f"{path}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
    try:
        with open(written, "xb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        if old is not None:
            os.chmod(written, stat.S_IMODE(old.st_mode))
        os.replace(written, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(written)
        raise
    _sync_folder(os.path.dirname(path))


def _sync_folder(folder: str) -> None:
    """Force the rename onto the disk too, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
