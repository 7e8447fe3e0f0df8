"""vmap: a function of one sample, run on a batch of them at once."""

from minitorch.batching.interpret import entered, innermost, reentered
from minitorch.batching.tensor import Batched, Level, running
from minitorch.batching.vmap import ground, lift, vmap

__all__ = [
    "Batched",
    "Level",
    "entered",
    "ground",
    "innermost",
    "lift",
    "reentered",
    "running",
    "vmap",
]
