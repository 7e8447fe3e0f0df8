"""Trained weights: their names, and reading them from the folder where PyTorch keeps them."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from enum import Enum
from typing import Any

from minitorch.nn import Module

__all__ = ["Photographs", "WeightsEnum", "build", "chosen", "trained"]

_HOST = "https://download.pytorch.org/models/"


class Photographs:
    """The transform that ImageNet's models expect: resize, cut the middle, normalize."""

    def __init__(self, crop_size: int = 224, resize_size: int = 256) -> None:
        from minitorch import float32
        from minitorch.vision import transforms

        self.steps = transforms.Compose(
            [
                transforms.Resize(resize_size),
                transforms.CenterCrop(crop_size),
                lambda img: img if hasattr(img, "grad_fn") else transforms.PILToTensor()(img),
                transforms.ConvertImageDtype(float32),
                transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
            ]
        )

    def __call__(self, img: Any) -> Any:
        return self.steps(img)


class WeightsEnum(Enum):
    """The weights of a model, by the name of their file and the size photographs are resized to."""

    @classmethod
    def verify(cls, given: Any) -> Any:
        """The member meant by itself, its name, or None. Raises: TypeError, KeyError."""
        if given is None or isinstance(given, cls):
            return given
        if isinstance(given, str):
            return cls[given.replace(f"{cls.__name__}.", "")]
        raise TypeError(f"weights: expected a {cls.__name__} or its name, got {given!r}")

    @property
    def url(self) -> str:
        """Where the file is usually had from."""
        return _HOST + self.value[0]

    @property
    def transforms(self) -> Callable:
        """Makes the transform that the model expects."""
        return functools.partial(Photographs, resize_size=self.value[1])

    def get_state_dict(self, progress: bool = True, check_hash: bool = False) -> dict:
        """The weights. Raises: RuntimeError where the file is not there."""
        import minitorch

        path = os.path.join(minitorch.hub.get_dir(), "checkpoints", self.value[0])
        if not os.path.isfile(path):
            raise RuntimeError(
                f"{self} wants the file {path}. minitorch does not download weights; this one is "
                f"usually had from {self.url}"
            )
        return minitorch.load(path)


def trained(name: str, *files: str) -> type[WeightsEnum]:
    """The weights of a model trained on ImageNet once, or a second time, longer."""
    members = {f"IMAGENET1K_V{i}": (file, (256, 232)[i - 1]) for i, file in enumerate(files, 1)}
    members["DEFAULT"] = members[f"IMAGENET1K_V{len(files)}"]
    kind = WeightsEnum(name, members)  # type: ignore[call-overload]
    kind.__module__ = "minitorch.vision.models"
    return kind


def build(make: Callable[..., Module], weights: Any, **options: Any) -> Module:
    """The model, with these weights where they are not None."""
    if weights is None:
        return make(**options)
    state = weights.get_state_dict()
    model = make(**options)
    model.load_state_dict(state)
    return model


def chosen(kinds: type[WeightsEnum], weights: Any, kwargs: dict) -> Any:
    """The weights meant by `weights`, or by `pretrained`, as releases before 0.13 called them."""
    old = kwargs.pop("pretrained", weights if isinstance(weights, bool) else None)
    if old is None:
        return kinds.verify(weights)
    return kinds["IMAGENET1K_V1"] if old else None
