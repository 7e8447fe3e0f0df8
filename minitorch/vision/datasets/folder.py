"""Datasets of a folder with one folder inside for each class."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minitorch.vision._pictures import pillow
from minitorch.vision.datasets.vision import VisionDataset

__all__ = [
    "IMG_EXTENSIONS",
    "DatasetFolder",
    "ImageFolder",
    "default_loader",
    "find_classes",
    "has_file_allowed_extension",
    "is_image_file",
    "make_dataset",
    "pil_loader",
]

IMG_EXTENSIONS = (
    ".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp",
)  # fmt: skip


def has_file_allowed_extension(filename: str, extensions: str | tuple[str, ...]) -> bool:
    """Whether the name ends, in either case, as one of them."""
    return filename.lower().endswith(extensions if isinstance(extensions, str) else (*extensions,))


def is_image_file(filename: str) -> bool:
    """Whether the name ends as a picture's does."""
    return has_file_allowed_extension(filename, IMG_EXTENSIONS)


def find_classes(directory: Any) -> tuple[list[str], dict[str, int]]:
    """The folders in a folder, sorted, and their numbers. Raises: FileNotFoundError for none."""
    classes = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())
    if not classes:
        raise FileNotFoundError(f"Couldn't find any class folder in {directory}.")
    return classes, {name: i for i, name in enumerate(classes)}


def make_dataset(
    directory: Any,
    class_to_idx: dict[str, int] | None = None,
    extensions: str | tuple[str, ...] | None = None,
    is_valid_file: Callable[[str], bool] | None = None,
    allow_empty: bool = False,
) -> list[tuple[str, int]]:
    """[(path, class)] of the files in the folder of each class and below, sorted.

    Raises: ValueError unless either `extensions` or `is_valid_file` is given; FileNotFoundError
        for a class without files (unless `allow_empty`).
    """
    if (extensions is None) == (is_valid_file is None):
        raise ValueError("Both extensions and is_valid_file cannot be None or not None")
    if class_to_idx is None:
        class_to_idx = find_classes(directory)[1]
    if not class_to_idx:
        raise ValueError("make_dataset: expected at least one class in class_to_idx")
    wanted = is_valid_file or (lambda path: has_file_allowed_extension(path, extensions))
    samples, empty = [], []
    for name, number in sorted(class_to_idx.items()):
        before = len(samples)
        walk = os.walk(os.path.join(os.path.expanduser(directory), name), followlinks=True)
        for folder, _, files in sorted(walk):
            paths = (os.path.join(folder, file) for file in sorted(files))
            samples += [(path, number) for path in paths if wanted(path)]
        if len(samples) == before:
            empty.append(name)
    if empty and not allow_empty:
        what = f" with the extensions {extensions}" if extensions else ""
        raise FileNotFoundError(
            f"Found no valid file for the classes {', '.join(empty)} in {directory}{what}"
        )
    return samples


def pil_loader(path: Any) -> Any:
    """The picture in a file, in RGB."""
    with open(path, "rb") as file:
        return pillow().open(file).convert("RGB")


def default_loader(path: Any) -> Any:
    """As `pil_loader`. Differs: without Pillow, PNG and PPM as arrays (height, width, 3)."""
    try:
        return pil_loader(path)
    except ImportError:
        from minitorch.vision.io import ImageReadMode, read_image

        return np.ascontiguousarray(read_image(path, ImageReadMode.RGB).numpy().transpose(1, 2, 0))


class DatasetFolder(VisionDataset):
    """Files in `root`/class/...; a sample is (what `loader` read, number of the class).

    Raises: as `make_dataset` and `find_classes`.
    """

    def __init__(
        self,
        root: Any,
        loader: Callable[[str], Any],
        extensions: Sequence[str] | None = None,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.classes, self.class_to_idx = self.find_classes(self.root)
        self.loader, self.extensions = loader, extensions
        self.samples = self.make_dataset(
            self.root,
            class_to_idx=self.class_to_idx,
            extensions=extensions,
            is_valid_file=is_valid_file,
            allow_empty=allow_empty,
        )
        self.targets = [number for _, number in self.samples]

    make_dataset = staticmethod(make_dataset)

    def find_classes(self, directory: Any) -> tuple[list[str], dict[str, int]]:
        """The classes and their numbers; to be overridden where they are not the folders."""
        return find_classes(directory)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        path, target = self.samples[index]
        return self._transformed(self.loader(path), target)

    def __len__(self) -> int:
        return len(self.samples)


class ImageFolder(DatasetFolder):
    """Pictures in `root`/class/...; a sample is (picture, number of the class)."""

    def __init__(
        self,
        root: Any,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        loader: Callable[[str], Any] = default_loader,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(
            root,
            loader,
            IMG_EXTENSIONS if is_valid_file is None else None,
            transform,
            target_transform,
            is_valid_file,
            allow_empty,
        )
        self.imgs = self.samples
