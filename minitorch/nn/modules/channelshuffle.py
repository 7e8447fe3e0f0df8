"""ChannelShuffle."""

from __future__ import annotations

from minitorch.nn import functional as F
from minitorch.nn.modules.module import Module

__all__ = ["ChannelShuffle"]


class ChannelShuffle(Module):
    """The channels dealt out: the first of each of `groups` groups, then the second, and so on.

    Shape: (N, C, *) -> (N, C, *)
    Source: Zhang et al. 2017, https://arxiv.org/abs/1707.01083
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input):
        """The input with its channels in another order."""
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        """The number of groups."""
        return f"groups={self.groups}"
