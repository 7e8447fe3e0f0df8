"""Models of pictures, with torchvision's names inside and initial weights from its draws."""

from __future__ import annotations

from typing import Any

from minitorch.vision.models import alexnet as _alexnet
from minitorch.vision.models import mobilenet, resnet, squeezenet, vgg
from minitorch.vision.models._weights import WeightsEnum
from minitorch.vision.models.alexnet import *
from minitorch.vision.models.mobilenet import *
from minitorch.vision.models.resnet import *
from minitorch.vision.models.squeezenet import *
from minitorch.vision.models.vgg import *

_ROOMS = (_alexnet, mobilenet, resnet, squeezenet, vgg)
_MODELS = {
    name: vars(room)[name] for room in _ROOMS for name in room.__all__ if name == name.lower()
}
__all__ = [  # noqa: PLE0604
    *_alexnet.__all__,
    *mobilenet.__all__,
    *resnet.__all__,
    *squeezenet.__all__,
    *vgg.__all__,
    "WeightsEnum",
    "get_model",
    "list_models",
]


def list_models() -> list[str]:
    """The names of all the models."""
    return sorted(_MODELS)


def get_model(name: str, **config: Any) -> Any:
    """The model of that name. Raises: ValueError where there is none."""
    if name.lower() not in _MODELS:
        raise ValueError(f"Unknown model {name}: there are {', '.join(list_models())}")
    return _MODELS[name.lower()](**config)


def __getattr__(name: str) -> Any:
    raise AttributeError(
        f"module 'torchvision.models' has no attribute '{name}': minitorch's own has "
        f"{', '.join(list_models())}"
    )
