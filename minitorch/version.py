"""What this engine was built with: nothing but Python. torch.version's names.

`__version__` is the version of torch whose behaviour it follows, as scripts compare it.
"""

from __future__ import annotations

__all__ = ["__version__", "cuda", "debug", "git_version", "hip", "rocm", "xpu"]

__version__ = "2.13.0+cpu"
cuda: str | None = None
hip: str | None = None
rocm: str | None = None
xpu: str | None = None
debug = False
git_version = "unknown"
