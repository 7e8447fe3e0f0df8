"""Reading and writing picture files."""

from __future__ import annotations

from minitorch.vision.io import image
from minitorch.vision.io.image import *

__all__ = image.__all__
