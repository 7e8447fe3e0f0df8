"""torch.hub: models from a folder with a `hubconf.py`, and files that are kept once downloaded.

Downloads go through the standard library. Repositories of code are not fetched: one that is in the
cache already, or a folder (`source="local"`), is used.
Source: https://docs.pytorch.org/docs/stable/hub.html
"""

from __future__ import annotations

import builtins
import hashlib
import importlib.util
import os
import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any
from urllib.parse import urlparse
from urllib.request import Request, urlopen

from minitorch import _files

__all__ = [
    "download_url_to_file",
    "get_dir",
    "help",
    "list",
    "load",
    "load_state_dict_from_url",
    "set_dir",
]

HASH_REGEX = re.compile(r"-([a-f0-9]*)\.")  # the first digits of its sha256 in a file's name
_CHUNK = 1 << 17
_chosen: builtins.list[str] = []


def get_dir() -> str:
    """The folder of downloads: what `set_dir` chose, else hub/ in $TORCH_HOME or ~/.cache/torch."""
    if _chosen:
        return _chosen[-1]
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", os.path.join(cache, "torch"))
    return os.path.join(os.path.expanduser(home), "hub")


def set_dir(d: str | os.PathLike) -> None:
    """Choose the folder of downloads."""
    _chosen[:] = [os.path.expanduser(d)]


# ------------------------------------------------------------------ models from a folder


def load(
    repo_or_dir: str,
    model: str,
    *args: Any,
    source: str = "github",
    trust_repo: Any = None,
    force_reload: bool = False,
    verbose: bool = True,
    skip_validation: bool = False,
    **kwargs: Any,
) -> Any:
    """What the function `model` in the `hubconf.py` of a folder returns for these arguments.

    Raises: FileNotFoundError without a hubconf.py; NotImplementedError for a repository that
    would have to be fetched.
    """
    return _entry(_hubconf(repo_or_dir, source, force_reload), model)(*args, **kwargs)


def list(
    github: str,
    force_reload: bool = False,
    skip_validation: bool = False,
    trust_repo: Any = None,
    verbose: bool = True,
) -> builtins.list[str]:
    """The functions that the `hubconf.py` of a cached repository offers."""
    inside = vars(_hubconf(github, "github", force_reload))
    return [n for n, value in inside.items() if callable(value) and not n.startswith("_")]


def help(
    github: str,
    model: str,
    force_reload: bool = False,
    skip_validation: bool = False,
    trust_repo: Any = None,
) -> str | None:
    """The docstring of one of them."""
    return _entry(_hubconf(github, "github", force_reload), model).__doc__


def _hubconf(place: str, source: str, force_reload: bool) -> ModuleType:
    if source not in ("github", "local"):
        raise ValueError(f"hub: expected source 'github' or 'local', got {source!r}")
    folder = os.path.expanduser(place) if source == "local" else _cached(place, force_reload)
    file = os.path.join(folder, "hubconf.py")
    if not os.path.isfile(file):
        raise FileNotFoundError(f"hub: there is no {file}")
    spec: Any = importlib.util.spec_from_file_location("hubconf", file)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, folder)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(folder)
    _check_dependencies(module)
    return module


def _cached(repository: str, force_reload: bool) -> str:
    """The folder of `owner/name` or `owner/name:branch` among the downloads."""
    path, _, branch = repository.partition(":")
    owner, slash, name = path.partition("/")
    if not slash:
        raise ValueError(f"hub: expected 'owner/name' or 'owner/name:branch', got {repository!r}")
    for ref in (branch,) if branch else ("main", "master"):
        folder = os.path.join(get_dir(), "_".join((owner, name, ref.replace("/", "_"))))
        if os.path.isdir(folder) and not force_reload:
            return folder
    raise NotImplementedError(
        f"hub: minitorch does not fetch repositories: clone {path} and say "
        f"load(folder, ..., source='local')"
    )


def _check_dependencies(module: ModuleType) -> None:
    missing = [
        name
        for name in getattr(module, "dependencies", ())
        if name not in sys.modules and importlib.util.find_spec(name) is None
    ]
    if missing:
        raise RuntimeError(f"Missing dependencies: {', '.join(missing)}")


def _entry(module: ModuleType, name: str) -> Callable:
    if not isinstance(name, str):
        raise ValueError(f"hub: expected the name of a function, got {type(name).__name__}")
    function = getattr(module, name, None)
    if not callable(function):
        raise RuntimeError(f"Cannot find callable {name} in {module.__file__}")
    return function


# ------------------------------------------------------------------ files


def download_url_to_file(
    url: str, dst: str | os.PathLike, hash_prefix: str | None = None, progress: bool = True
) -> None:
    """Fetch `url` into the file `dst`, which appears only when all of it is there.

    Raises: RuntimeError where the sha256 does not begin with `hash_prefix`, OSError without a
    connection, or where it ends early.
    """
    with urlopen(Request(url, headers={"User-Agent": "minitorch"})) as answer:
        _files.replace(
            os.path.expanduser(dst), lambda file: _receive(answer, file, hash_prefix, progress)
        )


def _receive(answer: Any, file: Any, hash_prefix: str | None, progress: bool) -> None:
    digest, done = hashlib.sha256(), 0
    total = int(answer.headers.get("Content-Length") or 0)
    while piece := answer.read(_CHUNK):
        file.write(piece)
        digest.update(piece)
        done += len(piece)
        if progress:
            _show(done, total)
    if progress:
        sys.stderr.write("\n")
    if done < total:
        raise OSError(f"the connection ended after {done} of {total} bytes")
    found = digest.hexdigest()
    if hash_prefix and not found.startswith(hash_prefix):
        raise RuntimeError(f'invalid hash value (expected "{hash_prefix}", got "{found}")')


def _show(done: int, total: int) -> None:
    percent = f"{100 * done // total:3d}% of {total / 1e6:.1f}" if total else f"{done / 1e6:.1f}"
    sys.stderr.write(f"\r{percent} MB")


def load_state_dict_from_url(
    url: str,
    model_dir: str | None = None,
    map_location: Any = None,
    progress: bool = True,
    check_hash: bool = False,
    file_name: str | None = None,
    weights_only: bool = False,
) -> dict[str, Any]:
    """The state_dict in a file that is downloaded once and kept in `model_dir`.

    `model_dir` is checkpoints/ in the folder of downloads unless it is given. With `check_hash` the
    file's name holds the first digits of its sha256, behind the last '-'.
    Raises: OSError that names the file to put there, where there is no connection.
    """
    from minitorch import serialization

    model_dir = os.path.join(get_dir(), "checkpoints") if model_dir is None else model_dir
    os.makedirs(model_dir, exist_ok=True)
    name = file_name or os.path.basename(urlparse(url).path)
    file = os.path.join(model_dir, name)
    if not os.path.exists(file):
        known = HASH_REGEX.search(name) if check_hash else None
        sys.stderr.write(f'Downloading: "{url}" to {file}\n')
        try:
            download_url_to_file(url, file, known[1] if known else None, progress)
        except OSError as error:
            raise OSError(f"{url} cannot be fetched ({error}): put the file at {file}") from error
    return serialization.load(file, map_location=map_location, weights_only=weights_only)
