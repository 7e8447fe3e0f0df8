"""Padding: elements around the spatial axes."""

from __future__ import annotations

from typing import Any

from minitorch.nn import functional as F
from minitorch.nn.modules.module import Module
from minitorch.nn.modules.utils import _ntuple

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _Pad(Module):
    """As many elements on each side as `padding` says: (left, right, top, bottom, front, back).

    One number stands for all sides; a negative one crops.
    """

    axes: int
    mode: str

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = _ntuple(2 * self.axes)(padding)

    def forward(self, input):
        """The padded input."""
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        """The sides."""
        return f"{self.padding}"


class _ConstantPadNd(_Pad):
    """`value` around the input."""

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input):
        """The padded input."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """The sides, and the value."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """`value` at both ends of the last axis."""

    axes = 1


class ConstantPad2d(_ConstantPadNd):
    """`value` around the last two axes."""

    axes = 2


class ConstantPad3d(_ConstantPadNd):
    """`value` around the last three axes."""

    axes = 3


class _ZeroPad(_ConstantPadNd):
    """0 around the input."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The sides."""
        return f"{self.padding}"


class ZeroPad1d(_ZeroPad, ConstantPad1d):
    """0 at both ends of the last axis."""


class ZeroPad2d(_ZeroPad, ConstantPad2d):
    """0 around the last two axes."""


class ZeroPad3d(_ZeroPad, ConstantPad3d):
    """0 around the last three axes."""


class _ReflectionPadNd(_Pad):
    """What is inside, mirrored at the borders."""

    mode = "reflect"


class ReflectionPad1d(_ReflectionPadNd):
    """(N, C, L) or (C, L) with its elements mirrored at both ends."""

    axes = 1


class ReflectionPad2d(_ReflectionPadNd):
    """(N, C, H, W) or (C, H, W) with its elements mirrored at the borders."""

    axes = 2


class ReflectionPad3d(_ReflectionPadNd):
    """(N, C, D, H, W) or (C, D, H, W) with its elements mirrored at the borders."""

    axes = 3


class _ReplicationPadNd(_Pad):
    """The elements at the borders, again and again."""

    mode = "replicate"


class ReplicationPad1d(_ReplicationPadNd):
    """(N, C, L) or (C, L) with its first and last elements repeated."""

    axes = 1


class ReplicationPad2d(_ReplicationPadNd):
    """(N, C, H, W) or (C, H, W) with the elements at its borders repeated."""

    axes = 2


class ReplicationPad3d(_ReplicationPadNd):
    """(N, C, D, H, W) or (C, D, H, W) with the elements at its borders repeated."""

    axes = 3


class _CircularPadNd(_Pad):
    """What is at the other end.

    Raises: ValueError for another number of dimensions.
    """

    mode = "circular"

    def forward(self, input):
        """The padded input."""
        if input.dim() not in (self.axes + 1, self.axes + 2):
            raise ValueError(
                f"{type(self).__name__}: expected {self.axes + 1}D or {self.axes + 2}D input (got "
                f"{input.dim()}D input)"
            )
        return super().forward(input)


class CircularPad1d(_CircularPadNd):
    """(N, C, L) or (C, L) as if it went on periodically."""

    axes = 1


class CircularPad2d(_CircularPadNd):
    """(N, C, H, W) or (C, H, W) as if it went on periodically."""

    axes = 2


class CircularPad3d(_CircularPadNd):
    """(N, C, D, H, W) or (C, D, H, W) as if it went on periodically."""

    axes = 3
