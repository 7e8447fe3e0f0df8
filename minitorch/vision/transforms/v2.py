"""torchvision's second transforms, as far as they do to one picture what the first do.

Differs: bounding boxes, masks and videos are no types here; of several inputs the first is
transformed and the others are handed through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import minitorch
from minitorch import Tensor
from minitorch.vision._pictures import is_picture
from minitorch.vision.transforms import _fixed, _places, functional
from minitorch.vision.transforms._base import Transform, integer
from minitorch.vision.transforms._colours import (
    ColorJitter,
    GaussianBlur,
    RandomAdjustSharpness,
    RandomAutocontrast,
    RandomEqualize,
    RandomGrayscale,
    RandomInvert,
    RandomPosterize,
    RandomSolarize,
)
from minitorch.vision.transforms._fixed import (
    CenterCrop,
    ConvertImageDtype,
    FiveCrop,
    Grayscale,
    Lambda,
    Normalize,
    Pad,
    PILToTensor,
    RandomApply,
    Resize,
    TenCrop,
    ToPILImage,
    ToTensor,
)
from minitorch.vision.transforms._places import (
    RandomAffine,
    RandomErasing,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomRotation,
    RandomVerticalFlip,
)
from minitorch.vision.transforms.functional import InterpolationMode

__all__ = [
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "ConvertImageDtype",
    "FiveCrop",
    "GaussianBlur",
    "Grayscale",
    "Identity",
    "InterpolationMode",
    "Lambda",
    "Normalize",
    "PILToTensor",
    "Pad",
    "RandomAdjustSharpness",
    "RandomAffine",
    "RandomApply",
    "RandomAutocontrast",
    "RandomChoice",
    "RandomCrop",
    "RandomEqualize",
    "RandomErasing",
    "RandomGrayscale",
    "RandomHorizontalFlip",
    "RandomInvert",
    "RandomOrder",
    "RandomPosterize",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomSolarize",
    "RandomVerticalFlip",
    "Resize",
    "TenCrop",
    "ToDtype",
    "ToImage",
    "ToPILImage",
    "ToPureTensor",
    "ToTensor",
    "functional",
]


class Compose(_fixed.Compose):
    """One transform after another; what comes beside the picture is handed through."""

    def __call__(self, *inputs: Any) -> Any:
        first, *others = inputs
        done = super().__call__(first)
        return (done, *others) if others else done


class ToImage(Transform):
    """A picture, or an array (height, width, channels), as a tensor (channels, height, width) of
    the same numbers."""

    def forward(self, inpt: Any) -> Any:
        if isinstance(inpt, np.ndarray):
            array = inpt[:, :, None] if inpt.ndim == 2 else inpt
            return minitorch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))
        return functional.pil_to_tensor(inpt) if is_picture(inpt) else inpt


class ToDtype(Transform):
    """A tensor in another dtype, its colours scaled to it if `scale`."""

    shown = ("dtype", "scale")

    def __init__(self, dtype: Any, scale: bool = False) -> None:
        super().__init__()
        self.dtype, self.scale = dtype, scale

    def forward(self, inpt: Any) -> Any:
        if not isinstance(inpt, Tensor):
            return inpt
        if self.scale:
            return functional.convert_image_dtype(inpt, self.dtype)
        return inpt.to(self.dtype)


class Identity(Transform):
    """What comes."""

    def forward(self, inpt: Any) -> Any:
        return inpt


class ToPureTensor(Identity):
    """What comes: tensors are plain here."""


class RandomCrop(_places.RandomCrop):
    """A part of (height, width) `size`; draws only for the directions in which it is smaller."""

    @staticmethod
    def get_params(img: Any, output_size: tuple[int, int]) -> tuple[int, int, int, int]:
        """(top, left, height, width), drawn."""
        _, h, w = functional.get_dimensions(img)
        th, tw = output_size
        if h < th or w < tw:
            raise ValueError(
                f"Required crop size {(th, tw)} is larger than input image size {(h, w)}"
            )
        top = integer(h - th + 1) if h > th else 0
        return top, integer(w - tw + 1) if w > tw else 0, th, tw


class RandomChoice(_fixed.RandomChoice):
    """One of the transforms, drawn by the default generator with weights `p`."""

    def __init__(self, transforms: Sequence[Callable], p: Sequence[float] | None = None) -> None:
        super().__init__(transforms, p)
        weights = p or [1.0] * len(transforms)
        self.p = [weight / sum(weights) for weight in weights]

    def __call__(self, img: Any) -> Any:
        chosen = int(minitorch.multinomial(minitorch.tensor(self.p), 1))
        return self.transforms[chosen](img)


class RandomOrder(_fixed.RandomOrder):
    """All of the transforms, in an order drawn by the default generator."""

    def __call__(self, img: Any) -> Any:
        for i in minitorch.randperm(len(self.transforms)).tolist():
            img = self.transforms[i](img)
        return img
