"""vmap: a function of one sample, run on a batch of them at once."""

from minitorch.batching.interpret import entered, innermost, reentered
from minitorch.batching.tensor import Batched, Level, running
from minitorch.batching.vmap import ground, lift, vmap

__all__ = [
    "entered",
    "innermost",
    "reentered",
    "Batched",
    "Level",
    "ground",
    "lift",
    "running",
    "vmap",
]
