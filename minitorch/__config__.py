"""torch.__config__: what the engine was built with, NumPy's configuration."""

from __future__ import annotations

import json
import os

import numpy as np

from minitorch import backend, settings

__all__ = ["parallel_info", "show"]


def show() -> str:
    """What NumPy was built with, and the libraries it uses."""
    built = json.dumps(np.show_config(mode="dicts"), indent=2)
    return f"minitorch on NumPy {np.__version__}, built with:\n{built}\n"


def parallel_info() -> str:
    """How many threads compute."""
    return (
        f"get_num_threads() : {backend.get_num_threads()}\n"
        f"get_num_interop_threads() : {settings.get_num_interop_threads()}\n"
        f"os.cpu_count() : {os.cpu_count()}\n"
    )
