"""A version that compares by number: '2.13.0' comes after '2.9.1'."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["TorchVersion"]

_FORM = re.compile(r"v?(\d+(?:\.\d+)*)[.-]?((?:a|b|rc|dev|post)?)\.?(\d*)(.*?)(\+.*)?$")
_RANK = {"dev": -4, "a": -3, "b": -2, "rc": -1, "": 0, "post": 1}


def _key(version: Any) -> tuple | None:
    """What to compare by: numbers, stage, local label. None for what is no version."""
    if isinstance(version, (tuple, list)):
        version = ".".join(map(str, version))
    found = _FORM.match(str(version))
    if found is None or found[4]:
        return None
    numbers = [int(n) for n in found[1].split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()  # 2.0 and 2 are one version
    return numbers, _RANK[found[2]], int(found[3] or 0), found[5] or ""


def _comparison(name: str) -> Any:
    text = getattr(str, name)

    def compare(self: TorchVersion, other: Any) -> Any:
        mine, its = _key(str(self)), _key(other)
        if mine is None or its is None:
            return text(self, other)
        return getattr(mine, name)(its)

    return compare


class TorchVersion(str):
    """A text that compares as a version, with texts and with tuples.

    >>> TorchVersion("2.13.0+minitorch") >= (2, 9)
    True
    >>> TorchVersion("2.13.0") < "2.9"
    False
    """

    __slots__ = ()
    __lt__, __le__, __gt__, __ge__, __eq__ = map(
        _comparison, ("__lt__", "__le__", "__gt__", "__ge__", "__eq__")
    )
    __hash__ = str.__hash__
