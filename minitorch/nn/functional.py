"""What layers compute, as functions of tensors: rows and compositions under torch's names."""

from typing import Any

from minitorch.nn import (
    _activations,
    _attention,
    _convolution,
    _dropout,
    _embedding,
    _losses,
    _margin_losses,
    _normalization,
    _pooling,
    _resampling,
)
from minitorch.nn import _reduction as _Reduction  # noqa: F401
from minitorch.nn._activations import *
from minitorch.nn._attention import *
from minitorch.nn._attention import (  # noqa: F401
    _canonical_mask,
    _in_projection,
    _in_projection_packed,
    _none_or_dtype,
)
from minitorch.nn._convolution import *
from minitorch.nn._dropout import *
from minitorch.nn._embedding import *
from minitorch.nn._losses import *
from minitorch.nn._margin_losses import *
from minitorch.nn._normalization import *
from minitorch.nn._pooling import *
from minitorch.nn._resampling import *
from minitorch.nn.modules.utils import _list_with_default, _pair, _single, _triple  # noqa: F401

_OF_SUBCLASSES = (
    "handle_torch_function has_torch_function has_torch_function_unary has_torch_function_variadic"
).split()
GRID_SAMPLE_INTERPOLATION_MODES = {"bilinear": 0, "nearest": 1, "bicubic": 2}
GRID_SAMPLE_PADDING_MODES = {"zeros": 0, "border": 1, "reflection": 2}


def __getattr__(name: str) -> Any:
    if name not in _OF_SUBCLASSES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from minitorch import subclass

    return getattr(subclass, name)


__all__ = [  # noqa: PLE0604
    *_activations.__all__,
    *_attention.__all__,
    *_convolution.__all__,
    *_dropout.__all__,
    *_embedding.__all__,
    *_losses.__all__,
    *_margin_losses.__all__,
    *_normalization.__all__,
    *_pooling.__all__,
    *_resampling.__all__,
]
