"""Samplers: in which order a DataLoader reads, drawn as torch draws it."""

from __future__ import annotations

import itertools
from types import GenericAlias
from typing import TYPE_CHECKING, Any

from minitorch import dtypes
from minitorch.creation import as_tensor
from minitorch.random import Generator
from minitorch.sampling import generator_or_default, multinomial

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence, Sized

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
    "draw_seed",
]

_DRAWS_AT_ONCE = 32  # with replacement, torch draws indices in groups of this many


def draw_seed(generator: Generator | None) -> int:
    """A seed for other generators: a non-negative 64-bit integer."""
    return int(generator_or_default(generator).random_((), dtypes.int64.np))


def _positive(name: str, n: Any) -> None:
    if not isinstance(n, int) or isinstance(n, bool) or n <= 0:
        raise ValueError(f"expected a positive integer, got {name}={n}")


class Sampler:
    """Iterates over indices (or lists of them): subclasses define `__iter__`, mostly `__len__`."""

    __class_getitem__ = classmethod(GenericAlias)

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} does not define __iter__")


class SequentialSampler(Sampler):
    """0, 1, 2, ..."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """Every index once, shuffled; or `num_samples` of them, with `replacement` each drawn anew.

    Without a `generator`, one is seeded from the default generator for each pass.

    Raises: TypeError for a `replacement` that is no bool; ValueError for no samples.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source, self.replacement = data_source, replacement
        self._num_samples, self.generator = num_samples, generator
        if not isinstance(replacement, bool):
            raise TypeError(f"expected a bool, got replacement={replacement}")
        _positive("num_samples", self.num_samples)

    @property
    def num_samples(self) -> int:
        """How many indices one pass has."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        generator = generator_or_default(self.generator)
        if self.generator is None:
            generator = Generator().manual_seed(draw_seed(None))
        n, wanted = len(self.data_source), self.num_samples
        if self.replacement:
            whole, rest = divmod(wanted, _DRAWS_AT_ONCE)
            for size in itertools.chain(itertools.repeat(_DRAWS_AT_ONCE, whole), [rest]):
                yield from generator.integers(0, n, size, dtypes.int64.np).tolist()
            return
        whole, rest = divmod(wanted, n)
        for _ in range(whole):
            yield from generator.permutation(n).tolist()
        yield from generator.permutation(n)[:rest].tolist()  # drawn also when rest is 0

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler):
    """The given indices, each once, shuffled."""

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices, self.generator = indices, generator

    def __iter__(self) -> Iterator[int]:
        generator = generator_or_default(self.generator)
        for i in generator.permutation(len(self.indices)).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler):
    """`num_samples` indices, drawn with the given weights, each anew or (no replacement) once.

    Raises: ValueError for no samples, a `replacement` that is no bool, weights of another shape
    than (n,); RuntimeError, when iterated, for weights that are no distribution.
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        _positive("num_samples", num_samples)
        if not isinstance(replacement, bool):
            raise ValueError(f"expected a bool, got replacement={replacement}")
        self.weights = as_tensor(weights, dtype=dtypes.float64)
        if self.weights.ndim != 1:
            raise ValueError(f"weights should be a 1d sequence, got {tuple(self.weights.shape)}")
        self.num_samples, self.replacement = num_samples, replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        yield from multinomial(
            self.weights, self.num_samples, self.replacement, generator=self.generator
        ).tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """Lists of `batch_size` indices of another sampler; the last may be shorter, or is dropped.

    Raises: ValueError for a batch size that is no positive integer, a `drop_last` that is no bool.
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool) -> None:
        _positive("batch_size", batch_size)
        if not isinstance(drop_last, bool):
            raise ValueError(f"expected a bool, got drop_last={drop_last}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[Any]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self) -> int:
        whole, rest = divmod(len(self.sampler), self.batch_size)  # type: ignore[arg-type]
        return whole if self.drop_last or not rest else whole + 1
