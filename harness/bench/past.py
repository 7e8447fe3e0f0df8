"""An engine as it was at another commit, to be timed against what it is now."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from harness.backends import BackendError
from harness.bench.history import git
from harness.bench.legs import Side


@contextlib.contextmanager
def side_at(revision: str, now: Side) -> Iterator[Side]:
    """The same engine at a revision, in a temporary folder.

    Raises: BackendError where git has no such engine.
    """
    engine = now.engine
    found = importlib.util.find_spec(engine.module)
    folder = Path(found.origin).resolve().parent if found and found.origin else Path()
    top = git(folder, "rev-parse", "--show-toplevel")
    commit = git(folder, "rev-parse", "--short", f"{revision}^{{commit}}")
    if not top or not commit:
        raise BackendError(f"--compare-commit {revision}: no commit where {engine.name} lies")
    package = folder.relative_to(Path(top).resolve())
    with tempfile.TemporaryDirectory(prefix="bench-past-") as past:
        with zipfile.ZipFile(io.BytesIO(_archive(top, commit, package))) as archive:
            archive.extractall(past)
        path = Path(past) / package.parent
        yield Side(f"{engine.name} at {commit}", now.backend, str(path))


def _archive(top: str, commit: str, package: Path) -> bytes:
    """The files of a folder at a commit, as a zip archive."""
    command = ["git", "-C", top, "archive", "--format=zip", commit, "--", package.as_posix()]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise BackendError(f"--compare-commit {commit}: it has no {package}")
    return done.stdout
