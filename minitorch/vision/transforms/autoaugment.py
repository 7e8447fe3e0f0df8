"""Augmentation by operations that are drawn from a list."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import minitorch
from minitorch import Tensor
from minitorch.vision.transforms import functional as F
from minitorch.vision.transforms._base import Transform
from minitorch.vision.transforms.functional import InterpolationMode

__all__ = ["RandAugment", "TrivialAugmentWide"]


def _affine(img: Any, look: dict, translate: tuple = (0, 0), shear: tuple = (0.0, 0.0)) -> Any:
    center = [0, 0] if any(shear) else None
    return F.affine(img, 0.0, list(translate), 1.0, list(shear), center=center, **look)


def _degrees(slope: float) -> float:
    return math.degrees(math.atan(slope))


_OPERATIONS: dict[str, Callable] = {
    "Identity": lambda img, m, look: img,
    "ShearX": lambda img, m, look: _affine(img, look, shear=(_degrees(m), 0.0)),
    "ShearY": lambda img, m, look: _affine(img, look, shear=(0.0, _degrees(m))),
    "TranslateX": lambda img, m, look: _affine(img, look, translate=(int(m), 0)),
    "TranslateY": lambda img, m, look: _affine(img, look, translate=(0, int(m))),
    "Rotate": lambda img, m, look: F.rotate(img, m, **look),
    "Brightness": lambda img, m, look: F.adjust_brightness(img, 1.0 + m),
    "Color": lambda img, m, look: F.adjust_saturation(img, 1.0 + m),
    "Contrast": lambda img, m, look: F.adjust_contrast(img, 1.0 + m),
    "Sharpness": lambda img, m, look: F.adjust_sharpness(img, 1.0 + m),
    "Posterize": lambda img, m, look: F.posterize(img, int(m)),
    "Solarize": lambda img, m, look: F.solarize(img, m),
    "AutoContrast": lambda img, m, look: F.autocontrast(img),
    "Equalize": lambda img, m, look: F.equalize(img),
}
_SIGNED = frozenset(list(_OPERATIONS)[1:10])  # the ones that go either way


def _space(bins: int, shear: float, shift: tuple, turn: float, colour: float, bits: int) -> dict:
    """The strengths of each operation, from none to the most."""
    up = lambda most: minitorch.linspace(0.0, most, bins)  # noqa: E731
    none = minitorch.tensor(0.0)
    strengths = [none, up(shear), up(shear), up(shift[0]), up(shift[1]), up(turn)]
    strengths += [up(colour)] * 4
    strengths += [8 - (minitorch.arange(bins) / ((bins - 1) / bits)).round().int()]
    strengths += [minitorch.linspace(255.0, 0.0, bins), none, none]
    return dict(zip(_OPERATIONS, strengths))


class _FromAList(Transform):
    """Draws an operation, its strength and its direction, and applies it."""

    def __init__(self, num_magnitude_bins: int, interpolation: Any, fill: Any) -> None:
        super().__init__()
        self.num_magnitude_bins = num_magnitude_bins
        self.interpolation = InterpolationMode(F.mode_of(interpolation))
        self.fill = fill

    def _strength(self, strengths: Tensor) -> float:
        raise NotImplementedError

    def _apply(self, img: Any, space: dict) -> Any:
        name = list(space)[int(minitorch.randint(len(space), (1,)).item())]
        strength = self._strength(space[name]) if space[name].ndim else 0.0
        if name in _SIGNED and minitorch.randint(2, (1,)):
            strength *= -1.0
        look = {"interpolation": self.interpolation, "fill": self.fill}
        return _OPERATIONS[name](img, strength, look)


class TrivialAugmentWide(_FromAList):
    """One operation with a strength that is drawn as well.

    Source: Müller and Hutter, TrivialAugment, 2021.
    """

    shown = ("num_magnitude_bins", "interpolation", "fill")

    def __init__(
        self,
        num_magnitude_bins: int = 31,
        interpolation: Any = InterpolationMode.NEAREST,
        fill: Any = None,
    ) -> None:
        super().__init__(num_magnitude_bins, interpolation, fill)

    def _strength(self, strengths: Tensor) -> float:
        drawn = minitorch.randint(len(strengths), (1,), dtype=minitorch.long)
        return float(strengths[drawn].item())

    def forward(self, img: Any) -> Any:
        return self._apply(img, _space(self.num_magnitude_bins, 0.99, (32.0, 32.0), 135.0, 0.99, 6))


class RandAugment(_FromAList):
    """`num_ops` operations, one after another, all of one strength.

    Source: Cubuk et al., RandAugment, 2019.
    """

    shown = ("num_ops", "magnitude", "num_magnitude_bins", "interpolation", "fill")

    def __init__(
        self,
        num_ops: int = 2,
        magnitude: int = 9,
        num_magnitude_bins: int = 31,
        interpolation: Any = InterpolationMode.NEAREST,
        fill: Any = None,
    ) -> None:
        super().__init__(num_magnitude_bins, interpolation, fill)
        self.num_ops, self.magnitude = num_ops, magnitude

    def _strength(self, strengths: Tensor) -> float:
        return float(strengths[self.magnitude].item())

    def forward(self, img: Any) -> Any:
        _, height, width = F.get_dimensions(img)
        shift = (150.0 / 331.0 * width, 150.0 / 331.0 * height)
        space = _space(self.num_magnitude_bins, 0.3, shift, 30.0, 0.9, 4)
        for _ in range(self.num_ops):
            img = self._apply(img, space)
        return img
