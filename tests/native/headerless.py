"""For `pytest -p tests.native.headerless`: the kernels as where Python's headers are missing."""

from __future__ import annotations

from minitorch.native import bind, build, compiling

build.include = compiling.include = lambda: None
bind.SLOW = 1  # at every size, as through the module
