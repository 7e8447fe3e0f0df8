"""Transforms of pictures and tensors; `functional` has them as functions."""

from __future__ import annotations

from minitorch._later import later
from minitorch.vision.transforms import autoaugment, functional, transforms
from minitorch.vision.transforms.autoaugment import *
from minitorch.vision.transforms.transforms import *

__getattr__ = later(__name__, {"v2": ""})
__all__ = [*autoaugment.__all__, *transforms.__all__, "functional"]  # noqa: PLE0604
