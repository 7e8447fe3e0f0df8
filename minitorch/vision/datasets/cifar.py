"""CIFAR-10 and CIFAR-100: pickles of NumPy arrays, in a folder or the archive it came in.

Source: Krizhevsky, https://www.cs.toronto.edu/~kriz/cifar.html
"""

from __future__ import annotations

import io
import os
import pickle
import tarfile
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from minitorch.vision._pictures import picture_of
from minitorch.vision.datasets.vision import VisionDataset, not_found

__all__ = ["CIFAR10", "CIFAR100"]


class _Pixels:
    """Stands for an array in a file.

    NumPy's own, unpickled, takes the bytes of a file for the addresses of objects if it says so.
    """

    array: np.ndarray

    def __setstate__(self, state: tuple) -> None:
        _, shape, kind, columns_first, data = state
        if not isinstance(kind, _Uint8):
            raise pickle.UnpicklingError("CIFAR's pixels are bytes, this file has others")
        data = data.encode("latin1") if isinstance(data, str) else data
        order = "F" if columns_first else "C"
        self.array = np.frombuffer(data, np.uint8).reshape(shape, order=order)


class _Uint8:
    """Stands for the dtype of an array in a file, which has to be uint8."""

    def __init__(self, code: str, *flags: Any) -> None:
        if code != "u1":
            raise pickle.UnpicklingError(f"CIFAR's pixels are bytes ('u1'), this file has {code!r}")

    def __setstate__(self, state: tuple) -> None:
        """The byte order, which bytes do not have."""


def _reconstruct(*empty: Any) -> _Pixels:
    return _Pixels()


def _encode(text: str, encoding: str) -> bytes:
    return text.encode("latin1")


class _ArraysAlone(pickle.Unpickler):
    """Reads what the files hold, and refuses to call anything else."""

    known: ClassVar[dict[str, Any]] = {
        "numpy.ndarray": _Pixels,
        "numpy.dtype": _Uint8,
        "numpy.core.multiarray._reconstruct": _reconstruct,
        "numpy._core.multiarray._reconstruct": _reconstruct,
        "_codecs.encode": _encode,
    }

    def find_class(self, module: str, name: str) -> Any:
        found = self.known.get(f"{module}.{name}")
        if found is None:
            raise pickle.UnpicklingError(f"CIFAR holds arrays alone, this file {module}.{name}")
        return found


class CIFAR10(VisionDataset):
    """Photographs, 32 x 32, of 10 classes: 50,000 to train, 10,000 to test.

    They are in `root`/cifar-10-batches-py, or in `root`/cifar-10-python.tar.gz. A sample is
    (picture, class): an image of Pillow's, or without Pillow an array (32, 32, 3).

    Raises: RuntimeError where the files are not there.
    """

    base_folder = "cifar-10-batches-py"
    filename = "cifar-10-python.tar.gz"
    url = f"https://www.cs.toronto.edu/~kriz/{filename}"
    _train = tuple(f"data_batch_{i}" for i in range(1, 6))
    _test = ("test_batch",)
    _names_of_classes = ("batches.meta", "label_names")
    _labels = "labels"

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
        meta, key = self._names_of_classes
        *parts, names = self._read([*(self._train if train else self._test), meta])
        self.targets: list[int] = [int(i) for part in parts for i in part[self._labels]]
        pixels = np.concatenate([part["data"].array for part in parts])
        self.data = np.ascontiguousarray(pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
        self.classes: list[str] = names[key]
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}

    def _read(self, names: list[str]) -> list[dict]:
        folder = os.path.join(self.root, self.base_folder)
        archive = os.path.join(self.root, self.filename)
        paths = [os.path.join(folder, name) for name in names]
        if all(map(os.path.isfile, paths)):
            return [_unpickled(_bytes(path)) for path in paths]
        if not os.path.isfile(archive):
            wanted = [*names, f"(or {self.filename} in {self.root})"]
            raise not_found(self, folder, wanted, self.url)
        with tarfile.open(archive, "r:gz") as tar:
            members = [f"{self.base_folder}/{name}" for name in names]
            return [_unpickled(tar.extractfile(m).read()) for m in members]  # type: ignore[union-attr]

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self._transformed(picture_of(self.data[index]), self.targets[index])

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train else 'Test'}"


def _bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _unpickled(data: bytes) -> dict:
    return _ArraysAlone(io.BytesIO(data), encoding="latin1").load()


class CIFAR100(CIFAR10):
    """Photographs, 32 x 32, of 100 classes, in `root`/cifar-100-python or its archive."""

    base_folder = "cifar-100-python"
    filename = "cifar-100-python.tar.gz"
    url = f"https://www.cs.toronto.edu/~kriz/{filename}"
    _train, _test = ("train",), ("test",)
    _names_of_classes = ("meta", "fine_label_names")
    _labels = "fine_labels"
