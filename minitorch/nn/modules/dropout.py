"""Dropout."""

from __future__ import annotations

from minitorch.nn import functional as F
from minitorch.nn.modules.module import Module

__all__ = ["Dropout"]


class Dropout(Module):
    """In training, each element 0 with probability `p`, the others divided by 1 - p.

    Source: Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html
    Raises: ValueError for p outside [0, 1].
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p, self.inplace = p, inplace

    def forward(self, input):
        """The input with some elements dropped."""
        return F.dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The probability."""
        return f"p={self.p}, inplace={self.inplace}"
