"""Bad input that both engines must refuse alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import pytest

import minitorch


def assert_refused_alike(
    torch: ModuleType, call: Callable[[Any], Any], words: Sequence[str]
) -> None:
    """`call` raises the same type on both engines, and here names all of `words`."""
    with pytest.raises(Exception) as theirs:
        call(torch)
    with pytest.raises(Exception) as ours:
        call(minitorch)
    assert type(ours.value) is type(theirs.value)
    for word in words:
        assert word in str(ours.value)
