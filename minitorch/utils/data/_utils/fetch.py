"""Reading a batch, or a sample, from a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch._tensor import Tensor, edge, wrap
from minitorch.backend import xp
from minitorch.utils.data._utils.collate import SHIPPED, default_collate, default_collate_fn_map
from minitorch.utils.data.dataset import IterableDataset, Subset, TensorDataset

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["fetcher_of"]


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
    tensors_as_they_come = default_collate_fn_map == SHIPPED  # nobody put another function there
    if collate is not default_collate or not tensors_as_they_come or not _tensors_behind(dataset):
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
