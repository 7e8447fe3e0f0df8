"""The sampler that gives each of several processes its share."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from minitorch.random import Generator
from minitorch.utils.data.sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler):
    """Every `num_replicas`-th index of one order, beginning with the `rank`-th.

    The order is shuffled with `seed` plus the epoch that `set_epoch` names. So that all shares have
    one size, the first indices come again at the end, or with `drop_last` the last do not come.

    Raises: ValueError for a `rank` outside [0, num_replicas), and where one of the two is None and
        no process group is open.
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        num_replicas = _of_the_group("get_world_size") if num_replicas is None else num_replicas
        rank = _of_the_group("get_rank") if rank is None else rank
        if not 0 <= rank < num_replicas:
            raise ValueError(
                f"DistributedSampler: expected a rank in [0, {num_replicas - 1}], got {rank}"
            )
        self.dataset, self.num_replicas, self.rank = dataset, num_replicas, rank
        self.epoch, self.drop_last, self.shuffle, self.seed = 0, drop_last, shuffle, seed
        share = len(dataset) / num_replicas
        self.num_samples = math.floor(share) if drop_last else math.ceil(share)
        self.total_size = self.num_samples * num_replicas

    def __iter__(self) -> Iterator[int]:
        n = len(self.dataset)
        order = list(range(n))
        if self.shuffle:
            order = Generator().manual_seed(self.seed + self.epoch).permutation(n).tolist()
        if n:
            order *= math.ceil(self.total_size / n)
        return iter(order[self.rank : self.total_size : self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Shuffle the next pass as that of this epoch: call it on all processes alike."""
        self.epoch = epoch


def _of_the_group(question: str) -> int:
    """What the process group answers; nobody opened one whose module was never loaded."""
    group = sys.modules.get("minitorch.distributed")
    if group is None or not group.is_initialized():
        raise ValueError(
            "DistributedSampler: the default process group has not been initialized: call "
            "init_process_group, or give num_replicas and rank"
        )
    return getattr(group, question)()
