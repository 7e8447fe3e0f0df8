"""MNIST and the datasets made in its likeness: files in the IDX format, plain or with gzip.

Source: LeCun et al., http://yann.lecun.com/exdb/mnist/ (the format stands at its end)
"""

from __future__ import annotations

import gzip
import math
import os
import struct
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

import minitorch
from minitorch import Tensor
from minitorch.vision._pictures import picture_of
from minitorch.vision.datasets.vision import VisionDataset, not_found

__all__ = ["EMNIST", "KMNIST", "MNIST", "FashionMNIST", "read_image_file", "read_label_file"]

_DTYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read_idx(path: str) -> np.ndarray:
    """The array in an IDX file: two zeros, a byte for the dtype, one for the dimensions, the sizes,
    the elements. Raises: RuntimeError for another file, and for one that is cut off.
    """
    with gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb") as file:
        data = file.read()
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _DTYPES:
        raise RuntimeError(f"{path} is no IDX file: it begins with {data[:4]!r}")
    kind, ndim = np.dtype(_DTYPES[data[2]]), data[3]
    if len(data) < 4 + 4 * ndim:
        raise RuntimeError(f"{path} is damaged: it ends inside the sizes of {ndim} dimensions")
    size = struct.unpack_from(f">{ndim}I", data, 4)
    expected = math.prod(size) * kind.itemsize
    if len(data) - 4 - 4 * ndim != expected:
        raise RuntimeError(
            f"{path} is damaged: {list(size)} elements are {expected} bytes, the file has "
            f"{len(data) - 4 - 4 * ndim}"
        )
    elements = np.frombuffer(data, kind, offset=4 + 4 * ndim).reshape(size)
    return elements.astype(kind.newbyteorder("="))


def read_image_file(path: str) -> Tensor:
    """Pictures (n, height, width) of uint8."""
    return minitorch.from_numpy(read_idx(path))


def read_label_file(path: str) -> Tensor:
    """Classes (n) of int64."""
    return minitorch.from_numpy(read_idx(path).astype(np.int64))


class MNIST(VisionDataset):
    """Handwritten digits, 28 x 28: 60,000 to train, 10,000 to test, in `root`/MNIST/raw.

    A sample is (picture, class): a grey image of Pillow's, or without Pillow an array (28, 28).

    Raises: RuntimeError where the files are not there.
    """

    classes: ClassVar[list[str]] = [
        "0 - zero", "1 - one", "2 - two", "3 - three", "4 - four", "5 - five", "6 - six",
        "7 - seven", "8 - eight", "9 - nine",
    ]  # fmt: skip
    _source = "https://ossci-datasets.s3.amazonaws.com/mnist/"

    def __init__(
        self,
        root: Any,
        train: bool = True,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        names = self._names()
        found = [self._path(name) for name in names]
        if None in found:
            files = [f"{name}[.gz]" for name in names]
            raise not_found(self, self.raw_folder, files, self._source)
        self.data = self._pictures(read_image_file(found[0]))  # type: ignore[arg-type]
        self.targets = self._classes(read_label_file(found[1]))  # type: ignore[arg-type]
        if len(self.data) != len(self.targets):
            raise RuntimeError(f"{len(self.data)} pictures, but {len(self.targets)} classes")

    def _names(self) -> list[str]:
        part = "train" if self.train else "t10k"
        return [f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"]

    def _pictures(self, read: Tensor) -> Tensor:
        return read

    def _classes(self, read: Tensor) -> Tensor:
        return read

    def _path(self, name: str) -> str | None:
        for ending in ("", ".gz"):
            path = os.path.join(self.raw_folder, name + ending)
            if os.path.isfile(path):
                return path
        return None

    @property
    def raw_folder(self) -> str:
        """Where the files are."""
        return os.path.join(self.root, type(self).__name__, "raw")

    @property
    def processed_folder(self) -> str:
        """Where early releases kept tensors; not used."""
        return os.path.join(self.root, type(self).__name__, "processed")

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class by its name."""
        return {name: i for i, name in enumerate(self.classes)}

    @property
    def train_data(self) -> Tensor:
        """`data`, as early releases called it."""
        return self.data

    @property
    def train_labels(self) -> Tensor:
        """`targets`, as early releases called it."""
        return self.targets

    test_data, test_labels = train_data, train_labels

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        picture, target = self.data[index].numpy(), int(self.targets[index])
        return self._transformed(picture_of(picture), target)

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train else 'Test'}"


class FashionMNIST(MNIST):
    """Clothes in MNIST's format, in `root`/FashionMNIST/raw."""

    classes: ClassVar[list[str]] = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
        "Ankle boot",
    ]  # fmt: skip
    _source = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"


class KMNIST(MNIST):
    """Characters of old Japanese script in MNIST's format, in `root`/KMNIST/raw."""

    classes: ClassVar[list[str]] = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]
    _source = "http://codh.rois.ac.jp/kmnist/dataset/kmnist/"


_DIGITS = "0123456789"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER = _UPPER.lower()
_APART = "abdefghnqrt"  # lower-case letters that do not look like their capitals


class EMNIST(MNIST):
    """Letters and digits in MNIST's format, in `root`/EMNIST/raw.

    `split` is byclass, bymerge, balanced, letters, digits or mnist.

    Raises: ValueError for another split.
    """

    splits = ("byclass", "bymerge", "balanced", "letters", "digits", "mnist")
    classes_split_dict: ClassVar[dict[str, list[str]]] = {
        "byclass": sorted(_DIGITS + _UPPER + _LOWER),
        "bymerge": sorted(_DIGITS + _UPPER + _APART),
        "balanced": sorted(_DIGITS + _UPPER + _APART),
        "letters": ["N/A", *_LOWER],
        "digits": list(_DIGITS),
        "mnist": list(_DIGITS),
    }
    _source = "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip"

    def __init__(self, root: Any, split: str, **kwargs: Any) -> None:
        if split not in self.splits:
            raise ValueError(f"EMNIST: expected split as one of {self.splits}, got {split!r}")
        self.split = split
        self.classes = self.classes_split_dict[split]
        super().__init__(root, **kwargs)

    def _names(self) -> list[str]:
        part = f"emnist-{self.split}-{'train' if self.train else 'test'}"
        return [f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"]
