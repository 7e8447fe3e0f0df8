"""What the package metadata of this process says about torch while minitorch has its name."""

from __future__ import annotations

from importlib.metadata import Distribution
from typing import Any


class Torch(Distribution):
    """An installed 'torch' of the version that minitorch stands in for."""

    def read_text(self, filename: str) -> str | None:
        """The metadata file; there are no others."""
        from minitorch.shim import VERSION

        if filename != "METADATA":
            return None
        return f"Metadata-Version: 2.1\nName: torch\nVersion: {VERSION}\n"

    def locate_file(self, path: Any) -> Any:
        """Where a file of it would be: beside minitorch's."""
        from pathlib import Path

        import minitorch

        return Path(minitorch.__file__).parent / path
