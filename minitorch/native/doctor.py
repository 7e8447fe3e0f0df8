"""What `python -m minitorch --doctor` prints: versions, and what is known of the kernels."""

from __future__ import annotations

import platform
import sys

import numpy as np

from . import status

__all__ = ["text"]


def text() -> str:
    """One line for each fact; what a compiler printed that failed stands at the end."""
    facts = {
        "python": f"{platform.python_version()} ({sys.executable})",
        "numpy": np.__version__,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        **status(),
    }
    told = facts.pop("compilation failed", "")
    lines = []
    for name, fact in facts.items():
        if isinstance(fact, dict):
            fact = ", ".join(f"{key} {value:,}" for key, value in fact.items()) or "NumPy's own"
        lines.append(f"{name:16}{str(fact).strip().partition(chr(10))[0]}\n")
    if told:
        lines.append(f"\nThe compilation failed, and is not tried again today:\n{told}\n")
    return "".join(lines)
