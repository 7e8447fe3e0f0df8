"""Layers: parameters here, arithmetic in `functional`."""

from minitorch.nn.modules.activation import *
from minitorch.nn.modules.container import *
from minitorch.nn.modules.conv import *
from minitorch.nn.modules.dropout import *
from minitorch.nn.modules.flatten import *
from minitorch.nn.modules.linear import *
from minitorch.nn.modules.loss import *
from minitorch.nn.modules.module import *
from minitorch.nn.modules.normalization import *
from minitorch.nn.modules.pooling import *
from minitorch.nn.modules.sparse import *
