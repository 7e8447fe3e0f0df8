"""Datasets: what a DataLoader reads samples from, by index or one after another."""

from __future__ import annotations

import bisect
import itertools
import math
import operator
from abc import ABC, abstractmethod
from types import GenericAlias
from typing import TYPE_CHECKING, Any

from minitorch.random import default_generator
from minitorch.sampling import generator_or_default

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from minitorch._tensor import Tensor
    from minitorch.random import Generator

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]


class Dataset:
    """Samples by index: subclasses define `__getitem__(index)` and, for most uses, `__len__`.

    They may define `__getitems__(indices)`, which a DataLoader calls for a whole batch.
    """

    __class_getitem__ = classmethod(GenericAlias)

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define __getitem__")

    def __add__(self, other: Dataset) -> Dataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset, ABC):
    """Samples one after another: subclasses define `__iter__`.

    With worker processes each worker iterates over its own copy: `get_worker_info` tells which
    part is its.
    """

    @abstractmethod
    def __iter__(self) -> Iterator[Any]:
        """The samples."""

    def __add__(self, other: Dataset) -> Dataset:
        return ChainDataset([self, other])


class TensorDataset(Dataset):
    """Sample i is the tuple of row i of each tensor.

    Raises: AssertionError where the tensors have different numbers of rows.
    """

    tensors: tuple[Tensor, ...]

    def __init__(self, *tensors: Tensor) -> None:
        rows = [t.size(0) for t in tensors]
        if len(set(rows)) > 1:
            raise AssertionError(
                f"TensorDataset: expected tensors with the same number of rows, got {rows}"
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(t[index] for t in self.tensors)

    def __len__(self) -> int:
        return self.tensors[0].size(0)


class Subset(Dataset):
    """The samples of `dataset` at `indices`."""

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: list[int]) -> list[Any]:
        where = [self.indices[i] for i in indices]
        if callable(getattr(self.dataset, "__getitems__", None)):
            return self.dataset.__getitems__(where)
        return [self.dataset[i] for i in where]

    def __len__(self) -> int:
        return len(self.indices)


class StackDataset(Dataset):
    """Sample i is the tuple of sample i of each dataset; or, of datasets given by name, the dict.

    >>> StackDataset([1, 2], [3, 4])[1], StackDataset(x=[1, 2], y=[3, 4])[1]
    ((2, 4), {'x': 2, 'y': 4})

    Raises: ValueError for none, for some with and some without names, for unequal sizes.
    """

    datasets: tuple | dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            what = "both" if args else "none"
            raise ValueError(f"StackDataset: expected datasets, or datasets by name, got {what}")
        self.datasets = args or kwargs
        sizes = [len(d) for d in self._parts()]
        if len(set(sizes)) > 1:
            raise ValueError(f"StackDataset: expected datasets of equal size, got sizes {sizes}")
        self._length = sizes[0]

    def _parts(self) -> list[Any]:
        whole = self.datasets
        return list(whole.values()) if isinstance(whole, dict) else list(whole)

    def _sample(self, parts: Iterable[Any]) -> Any:
        return dict(zip(self.datasets, parts)) if isinstance(self.datasets, dict) else tuple(parts)

    def __getitem__(self, index: Any) -> Any:
        return self._sample(d[index] for d in self._parts())

    def __getitems__(self, indices: list[int]) -> list[Any]:
        columns = []
        for d in self._parts():
            batched = callable(getattr(d, "__getitems__", None))
            columns.append(d.__getitems__(indices) if batched else [d[i] for i in indices])
            if len(columns[-1]) != len(indices):
                raise ValueError(
                    f"StackDataset: {type(d).__name__}.__getitems__ was asked for {len(indices)} "
                    f"samples and gave {len(columns[-1])}"
                )
        return [self._sample(parts) for parts in zip(*columns)]

    def __len__(self) -> int:
        return self._length


class ConcatDataset(Dataset):
    """The samples of several datasets, one after another.

    Raises: AssertionError for none, and for one that is only iterable.
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("ConcatDataset: expected datasets, got none")
        if any(isinstance(d, IterableDataset) for d in self.datasets):
            raise AssertionError("ConcatDataset: expected indexed datasets, got an IterableDataset")
        self.cumulative_sizes = list(itertools.accumulate(len(d) for d in self.datasets))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> Any:
        if index < 0:
            if -index > len(self):
                raise ValueError(
                    f"ConcatDataset: index {index} is out of range for {len(self)} samples"
                )
            index += len(self)
        which = bisect.bisect_right(self.cumulative_sizes, index)
        before = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which][index - before]


class ChainDataset(IterableDataset):
    """The samples of several iterable datasets, one after another.

    Raises: AssertionError, when used, for one that is not iterable.
    """

    def __init__(self, datasets: Iterable[Dataset]) -> None:
        super().__init__()
        self.datasets = datasets

    def _checked(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise AssertionError(
                    f"ChainDataset: expected iterable datasets, got {type(dataset).__name__}"
                )
            yield dataset

    def __iter__(self) -> Iterator[Any]:
        for dataset in self._checked():
            yield from dataset

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self._checked())


def random_split(
    dataset: Any, lengths: Sequence[int | float], generator: Generator | None = default_generator
) -> list[Subset]:
    """Split at random into parts of the given lengths, or fractions that add up to 1.

    Raises: ValueError where the lengths do not add up to the dataset's, or a fraction is outside
        [0, 1].
    """
    n = len(dataset)
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = _lengths_of_fractions(lengths, n)
    if sum(lengths) != n:
        raise ValueError(
            f"random_split: expected lengths that add up to {n}, or fractions to 1, got "
            f"{list(lengths)}"
        )
    lengths = [operator.index(length) for length in lengths]
    indices = iter(generator_or_default(generator).permutation(n).tolist())
    return [Subset(dataset, list(itertools.islice(indices, length))) for length in lengths]


def _lengths_of_fractions(fractions: Sequence[float], n: int) -> list[int]:
    """Each fraction of n rounded down; what remains goes to the first parts, one each."""
    for i, fraction in enumerate(fractions):
        if not 0 <= fraction <= 1:
            raise ValueError(f"random_split: expected fractions in [0, 1], got {fraction} at {i}")
    lengths = [math.floor(n * fraction) for fraction in fractions]
    for i in range(n - sum(lengths)):
        lengths[i % len(lengths)] += 1
    for i, length in enumerate(lengths):
        if length == 0:
            import warnings

            warnings.warn(
                f"random_split: part {i} is empty: {n} samples, fractions {list(fractions)}",
                stacklevel=3,
            )
    return lengths
