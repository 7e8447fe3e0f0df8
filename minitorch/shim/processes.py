"""Processes that `multiprocessing` starts anew (spawn, forkserver) get the shim too."""

from __future__ import annotations

import multiprocessing.forkserver
import multiprocessing.spawn
import os
from typing import Any

PRELOAD = "minitorch.shim.preload"
_before: dict[str, Any] = {}


class Prelude:
    """Unpickled by a new process before all else, it installs the shim there."""

    def __reduce__(self) -> tuple:
        home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        return exec, (
            f"import sys\nif {home!r} not in sys.path:\n    sys.path.append({home!r})\n"
            f"import {PRELOAD}",
        )


def install() -> None:
    """Send a prelude ahead of what a new process is told."""
    ordinary = _before["prepare"] = multiprocessing.spawn.get_preparation_data

    def get_preparation_data(name: str) -> dict[str, Any]:
        return {"prelude": Prelude(), **ordinary(name)}

    multiprocessing.spawn.get_preparation_data = get_preparation_data
    # By default the server would import the script itself, before a prelude can reach it.
    _before["preload"] = multiprocessing.forkserver._forkserver._preload_modules
    multiprocessing.forkserver.set_forkserver_preload([PRELOAD])


def uninstall() -> None:
    """Let new processes start as they did before."""
    multiprocessing.spawn.get_preparation_data = _before.pop("prepare")
    multiprocessing.forkserver._forkserver._preload_modules = _before.pop("preload")
