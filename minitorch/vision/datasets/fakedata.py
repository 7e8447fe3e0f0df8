"""Noise in the form of a dataset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import minitorch
from minitorch.vision._pictures import picture_of
from minitorch.vision.datasets.vision import VisionDataset

__all__ = ["FakeData"]


class FakeData(VisionDataset):
    """`size` pictures of noise (channels, height, width) with classes that are drawn; each sample
    is the same whenever it is read.

    Raises: IndexError beyond the last.
    """

    def __init__(
        self,
        size: int = 1000,
        image_size: tuple[int, int, int] = (3, 224, 224),
        num_classes: int = 10,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        random_offset: int = 0,
    ) -> None:
        super().__init__(transform=transform, target_transform=target_transform)
        self.size, self.image_size, self.num_classes = size, image_size, num_classes
        self.random_offset = random_offset

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if index >= len(self):
            raise IndexError(f"{type(self).__name__} index out of range: {index} of {len(self)}")
        with minitorch.random.fork_rng():
            minitorch.manual_seed(index + self.random_offset)
            noise = minitorch.randn(*self.image_size)
            target = minitorch.randint(0, self.num_classes, size=(1,), dtype=minitorch.long)[0]
        pixels = noise.mul(255).to(minitorch.uint8).numpy().transpose(1, 2, 0)
        picture = picture_of(pixels[:, :, 0].copy() if pixels.shape[2] == 1 else pixels.copy())
        return self._transformed(picture, target.item())

    def __len__(self) -> int:
        return self.size
