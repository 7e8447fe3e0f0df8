"""Layers: parameters here, arithmetic in `functional`."""

from minitorch.nn.modules import (
    activation,
    container,
    conv,
    distance,
    dropout,
    flatten,
    linear,
    loss,
    module,
    normalization,
    pooling,
    sparse,
)
from minitorch.nn.modules.activation import *
from minitorch.nn.modules.container import *
from minitorch.nn.modules.conv import *
from minitorch.nn.modules.distance import *
from minitorch.nn.modules.dropout import *
from minitorch.nn.modules.flatten import *
from minitorch.nn.modules.linear import *
from minitorch.nn.modules.loss import *
from minitorch.nn.modules.module import *
from minitorch.nn.modules.normalization import *
from minitorch.nn.modules.pooling import *
from minitorch.nn.modules.sparse import *

__all__ = [  # noqa: PLE0604
    *activation.__all__,
    *container.__all__,
    *conv.__all__,
    *distance.__all__,
    *dropout.__all__,
    *flatten.__all__,
    *linear.__all__,
    *loss.__all__,
    *module.__all__,
    *normalization.__all__,
    *pooling.__all__,
    *sparse.__all__,
]
