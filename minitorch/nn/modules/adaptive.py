"""AdaptiveLogSoftmaxWithLoss: a softmax over many classes, of which few are frequent."""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

from minitorch import functions
from minitorch.nn import functional as F
from minitorch.nn.modules.container import ModuleList, Sequential
from minitorch.nn.modules.linear import Linear
from minitorch.nn.modules.module import Module

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minitorch._tensor import Tensor

__all__ = ["AdaptiveLogSoftmaxWithLoss"]

_ASMoutput = namedtuple("_ASMoutput", ["output", "loss"])


class AdaptiveLogSoftmaxWithLoss(Module):
    """The log-probability of each target, the classes sorted by how often they occur.

    The first `cutoffs[0]` classes are scored together with one entry for each cluster of rarer
    ones; within cluster i, whose features are divided by div_value ** (i + 1), its classes are:
    log p(class) = log p(cluster) + log p(class | cluster).

    Shape: (N, in_features), (N) -> (N) and the loss, minus their mean; also without N
    Source: Grave et al. 2016, https://arxiv.org/abs/1609.04309
    Raises: ValueError for cutoffs that do not increase within (0, n_classes).
    """

    def __init__(
        self, in_features: int, n_classes: int, cutoffs: Sequence[int], div_value: float = 4.0,
        head_bias: bool = False, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        whole = all(int(c) == c for c in cutoffs)
        if not whole or not all(a < b for a, b in zip([0, *cutoffs], [*cutoffs, n_classes])):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing "
                f"order, where each value is between 1 and n_classes-1, got {cutoffs} for "
                f"{n_classes} classes"
            )
        self.in_features, self.n_classes = in_features, n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value, self.head_bias = div_value, head_bias
        self.shortlist_size, self.n_clusters = cutoffs[0], len(cutoffs)
        self.head_size = self.shortlist_size + self.n_clusters
        how = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **how)
        self.tail = ModuleList()
        for i, (low, high) in enumerate(self._clusters()):
            width = int(in_features // div_value ** (i + 1))
            self.tail.append(
                Sequential(
                    Linear(in_features, width, bias=False, **how),
                    Linear(width, high - low, bias=False, **how),
                )
            )

    def _clusters(self) -> list[tuple[int, int]]:
        """The first class of each cluster, and the one after its last."""
        return list(zip(self.cutoffs, self.cutoffs[1:]))

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        self.head.reset_parameters()
        for project, score in self.tail:
            project.reset_parameters()
            score.reset_parameters()

    def forward(self, input_, target_):
        """(the targets' log-probabilities, the loss), as a named tuple `output`, `loss`."""
        self._check(input_, target_)
        single = target_.dim() == 0
        x, target = (input_.unsqueeze(0), target_.unsqueeze(0)) if single else (input_, target_)
        head = F.log_softmax(self.head(x), dim=1)
        entry, inside = target.clone(), head.new_zeros(target.shape)
        for i, (low, high) in enumerate(self._clusters()):
            rows = ((target >= low) & (target < high)).nonzero().squeeze(1)
            if rows.numel():
                entry[rows] = self.shortlist_size + i
                scores = F.log_softmax(self.tail[i](x[rows]), dim=1)
                found = scores.gather(1, (target[rows] - low).unsqueeze(1)).squeeze(1)
                inside = inside.index_copy(0, rows, found)
        output = inside + head.gather(1, entry.unsqueeze(1)).squeeze(1)
        loss = (-output).mean()
        return _ASMoutput(output.squeeze(0) if single else output, loss)

    def _check(self, x: Tensor, target: Tensor) -> None:
        if target.dim() > 1:
            raise RuntimeError(
                f"0D or 1D target tensor expected, got shape {list(target.shape)}: one class each"
            )
        if x.dim() != target.dim() + 1 or x.shape[:-1] != target.shape:
            raise RuntimeError(
                "Input and target should have the same size in the batch dimension: expected a "
                f"class for each row, got shapes {list(x.shape)} and {list(target.shape)}"
            )
        if ((target < 0) | (target >= self.n_classes)).any():
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range "
                f"[{int(target.min())}, {int(target.max())}] were found."
            )

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probability of every class. Shape: (N, in_features) -> (N, n_classes)"""
        head = F.log_softmax(self.head(input), dim=1)
        parts = [head[:, : self.shortlist_size]]
        for i, score in enumerate(self.tail):
            cluster = head[:, self.shortlist_size + i].unsqueeze(1)
            parts.append(F.log_softmax(score(input), dim=1) + cluster)
        return functions.cat(parts, 1)

    def predict(self, input: Tensor) -> Tensor:
        """The likeliest class of each row. Shape: (N, in_features) -> (N)"""
        return self.log_prob(input).argmax(dim=1)
