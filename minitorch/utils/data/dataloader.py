"""DataLoader: batches of a dataset, in the order and from the random numbers that torch uses."""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor, edge, wrap
from minitorch.backend import xp
from minitorch.utils.data.collate import default_collate, default_convert
from minitorch.utils.data.dataset import IterableDataset, Subset, TensorDataset
from minitorch.utils.data.sampler import BatchSampler, RandomSampler, SequentialSampler, draw_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from minitorch.random import Generator

__all__ = ["DataLoader", "WorkerInfo", "fetcher_of", "get_worker_info"]

_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")


class _NoIndices:
    """The sampler of an IterableDataset: as many times None as are asked for."""

    def __iter__(self) -> Iterator[None]:
        while True:
            yield None


class DataLoader:
    """Iterates over batches of a dataset; each `iter(loader)` is one pass.

    `num_workers` processes load ahead when it is above 0; `pin_memory` does nothing here.

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
        self.__initialized = True

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
            if isinstance(context, str):
                import multiprocessing

                context = multiprocessing.get_context(context)
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
        length = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is None:
            return length
        whole, rest = divmod(length, self.batch_size)
        return whole if self.drop_last or not rest else whole + 1

    def __iter__(self) -> Any:
        if self.pin_memory:
            _warn("DataLoader: pin_memory=True has no effect, there is no accelerator")
        if not self.num_workers:
            return _OnePass(self)
        from minitorch.utils.data.workers import WorkerPass

        if not self.persistent_workers:
            return WorkerPass(self)
        if self._iterator is None:
            self._iterator = WorkerPass(self)
        else:
            self._iterator.restart()
        return self._iterator


class _OnePass:
    """One pass over the data, loaded in this process."""

    def __init__(self, loader: DataLoader) -> None:
        self._loader = loader
        self._indices = iter(loader._index_sampler)
        self._base_seed = draw_seed(loader.generator)  # used by workers; drawn always, as torch
        self._fetch = fetcher_of(
            loader.dataset, loader._auto_collation, loader.collate_fn, loader.drop_last
        )

    def __iter__(self) -> _OnePass:
        return self

    def __next__(self) -> Any:
        return self._fetch(next(self._indices))

    def __len__(self) -> int:
        return len(self._loader._index_sampler)


def fetcher_of(dataset: Any, batched: bool, collate: Callable, drop_last: bool) -> Callable:
    """The function that makes the batch (or, not `batched`, the sample) at given indices."""
    if isinstance(dataset, IterableDataset):
        return _iterable_fetcher(dataset, batched, collate, drop_last)
    if not batched:
        return lambda index: collate(dataset[index])
    if callable(getattr(dataset, "__getitems__", None)):
        fetch = lambda indices: collate(dataset.__getitems__(indices))  # noqa: E731
    else:
        fetch = lambda indices: collate([dataset[i] for i in indices])  # noqa: E731
    if collate is not default_collate or _tensors_behind(dataset) is None:
        return fetch
    return lambda indices: _whole_rows(dataset, indices) or fetch(indices)


def _iterable_fetcher(
    dataset: IterableDataset, batched: bool, collate: Callable, drop_last: bool
) -> Callable:
    samples = iter(dataset)

    def fetch(indices: Any) -> Any:
        if not batched:
            return collate(next(samples))
        batch = [sample for _, sample in zip(indices, samples)]
        if not batch or (drop_last and len(batch) < len(indices)):
            raise StopIteration
        return collate(batch)

    return fetch


def _tensors_behind(dataset: Any) -> Any:
    """The tensors of a TensorDataset, also of a Subset of one; None for all other datasets."""
    while type(dataset) is Subset:
        dataset = dataset.dataset
    return dataset.tensors if type(dataset) is TensorDataset else None


def _whole_rows(dataset: Any, indices: Any) -> list[Tensor] | None:
    """What `default_collate` makes of the samples at `indices`, without making the samples.

    None where that would not be the same: nothing to read, a gradient to record, indices that are
    no integers or out of range.
    """
    tensors = _tensors_behind(dataset)
    if any(type(t) is not Tensor or edge(t) is not None for t in tensors):
        return None
    try:
        while type(dataset) is Subset:
            indices = [dataset.indices[i] for i in indices]
            dataset = dataset.dataset
        rows = xp.asarray(indices)
        if rows.ndim != 1 or rows.dtype.kind != "i":
            return None
        return [wrap(t._array.take(rows, axis=0)) for t in tensors]
    except (IndexError, TypeError, ValueError):
        return None  # reading the samples one by one says what is wrong


class WorkerInfo:
    """What a worker process knows of itself: `id`, `num_workers`, `seed` and its `dataset`."""

    def __init__(self, id: int, num_workers: int, seed: int, dataset: Any) -> None:
        self.id, self.num_workers, self.seed, self.dataset = id, num_workers, seed, dataset

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value}" for name, value in self.__dict__.items())
        return f"WorkerInfo({fields})"


worker_info: WorkerInfo | None = None  # set in each worker process


def get_worker_info() -> WorkerInfo | None:
    """The WorkerInfo of the worker process that calls this, None in the main process."""
    return worker_info


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
