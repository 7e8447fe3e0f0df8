"""A small torchvision of our own: the datasets, transforms, models and pictures of most scripts.

>>> from minitorch.vision import transforms
>>> transforms.Normalize(0.5, 0.5)
Normalize(mean=0.5, std=0.5)

Pillow reads and writes what is no PNG or PPM, where it is installed.

Source: https://docs.pytorch.org/vision/stable/ for names, arguments and random draws.
Differs: nothing is downloaded; what is missing raises AttributeError with its name.
"""

from __future__ import annotations

from typing import Any

from minitorch._later import later

__version__ = "0.28.0+minitorch"  # the torchvision whose names these are
__all__ = [
    "datasets",
    "get_image_backend",
    "io",
    "models",
    "ops",
    "set_image_backend",
    "transforms",
    "utils",
]

_room = later(__name__, dict.fromkeys("datasets io models ops transforms utils".split(), ""))


def __getattr__(name: str) -> Any:
    try:
        return _room(name)
    except AttributeError:
        raise AttributeError(
            f"module 'torchvision' has no attribute '{name}': this is minitorch's own small "
            f"torchvision, with {', '.join(__all__)}"
        ) from None


def set_image_backend(backend: str) -> None:
    """Pillow is the only one. Raises: ValueError for another."""
    if backend != "PIL":
        raise ValueError(f"set_image_backend: expected 'PIL', got {backend!r}")


def get_image_backend() -> str:
    """What reads image files: Pillow."""
    return "PIL"
