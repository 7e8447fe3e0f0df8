"""Rooms of the package that are loaded when first asked for: importing minitorch stays quick."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def later(package: str, rooms: Mapping[str, str]) -> Callable[[str], Any]:
    """A module's `__getattr__` that loads its rooms (submodules), and what they hold, on first use.

    `rooms` maps each room to the names in it, separated by spaces, that the package shows as its
    own: `later("minitorch", {"serialization": "save load"})`.
    """
    home = {name: room for room, inside in rooms.items() for name in inside.split()}

    def __getattr__(name: str) -> Any:
        if name in rooms:
            return importlib.import_module(f"{package}.{name}")
        if name not in home:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        found = getattr(importlib.import_module(f"{package}.{home[name]}"), name)
        setattr(sys.modules[package], name, found)
        return found

    return __getattr__
