"""torch.nn: layers, losses, their functions and initial values."""

from minitorch.nn import functional, init
from minitorch.nn.modules import *
from minitorch.parameter import Buffer, Parameter

__all__ = [name for name in dir() if name[0].isupper()] + ["functional", "init"]
