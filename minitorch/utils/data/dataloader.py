"""DataLoader: batches of a dataset, in the order and from the random numbers that torch uses."""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Any

from minitorch.utils.data._utils.collate import default_collate, default_convert
from minitorch.utils.data._utils.fetch import fetcher_of
from minitorch.utils.data._utils.worker import get_worker_info
from minitorch.utils.data.dataset import Dataset, IterableDataset
from minitorch.utils.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    draw_seed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from minitorch.random import Generator

__all__ = [
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "default_collate",
    "default_convert",
    "get_worker_info",
]

_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")


class _DatasetKind:
    """How a dataset is read: by index, or one sample after another."""

    Map, Iterable = 0, 1


class _NoIndices:
    """The sampler of an IterableDataset: as many times None as are asked for."""

    def __iter__(self) -> Iterator[None]:
        while True:
            yield None


class DataLoader:
    """Iterates over batches of a dataset; each `iter(loader)` is one pass.

    `num_workers` processes load ahead when it is above 0; all generators of a worker are seeded
    with one draw of `generator` plus the worker's number. `pin_memory` does nothing here.

    >>> list(DataLoader(range(5), batch_size=2))
    [tensor([0, 1]), tensor([2, 3]), tensor([4])]

    Raises: ValueError for arguments that contradict each other or are out of range.
    """

    __class_getitem__ = classmethod(GenericAlias)
    __initialized = False

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[list] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        iterable = isinstance(dataset, IterableDataset)
        self._dataset_kind = _DatasetKind.Iterable if iterable else _DatasetKind.Map
        if iterable:
            _refuse_order(shuffle, sampler, batch_sampler)
        _refuse_conflicts(batch_size, shuffle, sampler, batch_sampler, drop_last)
        self.dataset, self.num_workers, self.timeout = dataset, num_workers, timeout
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.pin_memory, self.pin_memory_device = pin_memory, pin_memory_device
        self.worker_init_fn, self.in_order = worker_init_fn, in_order
        self.generator, self.persistent_workers = generator, persistent_workers
        self.multiprocessing_context = multiprocessing_context
        if batch_sampler is not None:
            batch_size, drop_last = None, False
        if sampler is None:
            sampler = _NoIndices() if iterable else _default_sampler(dataset, shuffle, generator)
        if batch_size is not None and batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size, self.drop_last = batch_size, drop_last
        self.sampler, self.batch_sampler = sampler, batch_sampler
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.collate_fn = collate_fn
        self._iterator: Any = None
        self._IterableDataset_len_called: int | None = None  # what `len` said of a stream
        self.__initialized = True
        self.check_worker_number_rationality()

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__initialized and name in _FIXED:
            raise ValueError(f"DataLoader: {name} cannot be set after construction")
        super().__setattr__(name, value)

    @property
    def multiprocessing_context(self) -> Any:
        """How worker processes are started: None for the system's default."""
        return self.__context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context: Any) -> None:
        if context is not None:
            if not self.num_workers:
                raise ValueError("multiprocessing_context: expected num_workers > 0, got 0")
            import multiprocessing

            if isinstance(context, str):
                context = multiprocessing.get_context(_start_method(context))
            elif not isinstance(context, multiprocessing.context.BaseContext):
                raise TypeError(
                    "multiprocessing_context: expected a start method or what "
                    f"multiprocessing.get_context returns, got {context!r}"
                )
        self.__context = context

    @property
    def _auto_collation(self) -> bool:
        return self.batch_sampler is not None

    @property
    def _index_sampler(self) -> Any:
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __len__(self) -> int:
        if not isinstance(self.dataset, IterableDataset):
            return len(self._index_sampler)
        length = self._IterableDataset_len_called = len(self.dataset)
        if self.batch_size is None:
            return length
        whole, rest = divmod(length, self.batch_size)
        return whole if self.drop_last or not rest else whole + 1

    def __iter__(self) -> Any:
        if not self.persistent_workers:
            return self._get_iterator()
        if self._iterator is None:
            self._iterator = self._get_iterator()
        else:
            self._iterator._reset(self)
        return self._iterator

    def _get_iterator(self) -> _BaseDataLoaderIter:
        if not self.num_workers:
            return _SingleProcessDataLoaderIter(self)
        from minitorch.utils.data.workers import WorkerPass

        self.check_worker_number_rationality()
        return WorkerPass(self)

    def check_worker_number_rationality(self) -> None:
        """Warns of more worker processes than the machine has cores."""
        if self.num_workers <= 1:
            return
        import os

        affinity = getattr(os, "sched_getaffinity", None)
        cores = len(affinity(0)) if affinity else os.cpu_count() or 1
        if self.num_workers > cores:
            _warn(
                f"DataLoader: {self.num_workers} worker processes on {cores} cores may be slower "
                "than fewer"
            )


class _BaseDataLoaderIter:
    """One pass over the data; subclasses define `_next_data`."""

    def __init__(self, loader: DataLoader) -> None:
        if loader.pin_memory:
            _warn("DataLoader: pin_memory=True has no effect, there is no accelerator")
        self._loader = loader
        self._num_yielded = 0
        self._sampler_iter = iter(loader._index_sampler)
        self._base_seed = draw_seed(loader.generator)  # used by workers; drawn always, as torch

    def _reset(self, loader: DataLoader) -> None:
        """Begin another pass."""
        self._num_yielded = 0
        self._sampler_iter = iter(loader._index_sampler)

    def _next_data(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define _next_data")

    def __iter__(self) -> _BaseDataLoaderIter:
        return self

    def __next__(self) -> Any:
        data = self._next_data()
        self._num_yielded += 1
        said = self._loader._IterableDataset_len_called
        if said is not None and self._num_yielded > said:
            _warn(
                f"DataLoader: the length of {self._loader.dataset!r} was said to be {said}, but "
                f"{self._num_yielded} batches were read: does each worker read its share alone?"
            )
        return data

    def __len__(self) -> int:
        return len(self._loader._index_sampler)


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    """One pass over the data, loaded in this process."""

    def __init__(self, loader: DataLoader) -> None:
        super().__init__(loader)
        self._fetch = fetcher_of(
            loader.dataset, loader._auto_collation, loader.collate_fn, loader.drop_last
        )

    def _next_data(self) -> Any:
        return self._fetch(next(self._sampler_iter))


def _start_method(name: str) -> str:
    import multiprocessing

    methods = multiprocessing.get_all_start_methods()
    if name not in methods:
        raise ValueError(
            f"multiprocessing_context: expected a start method of {methods}, got {name!r}"
        )
    return name


def _warn(text: str) -> None:
    import warnings

    warnings.warn(text, UserWarning, stacklevel=3)


def _check_workers(workers: int, timeout: float, prefetch: int | None, persistent: bool) -> None:
    if workers < 0:
        raise ValueError(f"num_workers: expected 0 (load in this process) or more, got {workers}")
    if timeout < 0:
        raise ValueError(f"timeout: expected seconds >= 0, got {timeout}")
    if workers == 0 and prefetch is not None:
        raise ValueError(f"prefetch_factor={prefetch}: expected num_workers > 0, got 0")
    if prefetch is not None and prefetch < 0:
        raise ValueError(f"prefetch_factor: expected 0 or more, got {prefetch}")
    if persistent and workers == 0:
        raise ValueError("persistent_workers: expected num_workers > 0, got 0")


def _refuse_order(shuffle: Any, sampler: Any, batch_sampler: Any) -> None:
    given = {"sampler": sampler, "batch_sampler": batch_sampler}
    if shuffle not in (False, None):
        given = {"shuffle": shuffle}
    for name, value in given.items():
        if value is not None:
            raise ValueError(
                f"DataLoader: an IterableDataset has its own order, expected no {name}, got "
                f"{name}={value}"
            )


def _refuse_conflicts(
    batch_size: Any, shuffle: Any, sampler: Any, batch_sampler: Any, drop_last: bool
) -> None:
    if sampler is not None and shuffle:
        raise ValueError("DataLoader: sampler and shuffle exclude each other")
    if batch_sampler is not None:
        if batch_size != 1 or shuffle or sampler is not None or drop_last:
            raise ValueError(
                "DataLoader: batch_sampler excludes batch_size, shuffle, sampler and drop_last"
            )
    elif batch_size is None and drop_last:
        raise ValueError("DataLoader: batch_size=None makes no batches and excludes drop_last")


def _default_sampler(dataset: Any, shuffle: Any, generator: Any) -> Any:
    return RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
