"""The transforms, as torchvision lists them."""

from __future__ import annotations

from minitorch.vision.transforms import _colours, _fixed, _places
from minitorch.vision.transforms._colours import *
from minitorch.vision.transforms._fixed import *
from minitorch.vision.transforms._places import *
from minitorch.vision.transforms.functional import InterpolationMode

# Names of early releases, which older scripts use.
Scale = Resize
RandomSizedCrop = RandomResizedCrop

__all__ = [  # noqa: PLE0604
    *_colours.__all__,
    *_fixed.__all__,
    *_places.__all__,
    "InterpolationMode",
    "RandomSizedCrop",
    "Scale",
]
