"""For `pytest -p tests.native.headerless`: the kernels as where Python's headers are missing."""

from __future__ import annotations

from typing import Any

from minitorch.native import bind, build, compiling


def pytest_configure(config: Any) -> None:
    """Hide them, and let kernels run at every size, as they do through the module."""
    build.include = compiling.include = lambda: None
    bind.SLOW = 1
