"""Datasets of pictures, read from files that are already there."""

from __future__ import annotations

from typing import Any

from minitorch.vision.datasets.cifar import CIFAR10, CIFAR100
from minitorch.vision.datasets.fakedata import FakeData
from minitorch.vision.datasets.folder import DatasetFolder, ImageFolder
from minitorch.vision.datasets.mnist import EMNIST, KMNIST, MNIST, FashionMNIST
from minitorch.vision.datasets.vision import VisionDataset

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "EMNIST",
    "KMNIST",
    "MNIST",
    "DatasetFolder",
    "FakeData",
    "FashionMNIST",
    "ImageFolder",
    "VisionDataset",
]


def __getattr__(name: str) -> Any:
    raise AttributeError(
        f"module 'torchvision.datasets' has no attribute '{name}': minitorch's own has "
        f"{', '.join(__all__)}; pictures in a folder for each class are read by ImageFolder"
    )
