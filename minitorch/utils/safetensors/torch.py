"""The names that scripts import from `safetensors.torch`."""

from __future__ import annotations

from minitorch.utils.safetensors import (
    load,
    load_file,
    load_model,
    save,
    save_file,
    save_model,
)

__all__ = ["load", "load_file", "load_model", "save", "save_file", "save_model"]
