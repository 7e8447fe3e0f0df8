"""Contexts that set attributes of a module and put them back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["setting"]


@contextmanager
def setting(module: str, **values: Any) -> Iterator[None]:
    """The attributes `values` of the module of this name inside, what they were afterwards."""
    inside = vars(sys.modules[module])
    before = {name: inside[name] for name in values}
    inside.update(values)
    try:
        yield
    finally:
        inside.update(before)
