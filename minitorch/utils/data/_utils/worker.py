"""The life of a worker process: what it knows of itself, its tasks, the errors it sends back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from minitorch.backend import set_num_threads
from minitorch.random import manual_seed
from minitorch.utils.data.dataset import IterableDataset

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

__all__ = ["ExceptionWrapper", "WorkerInfo", "get_worker_info", "work"]

_SECONDS_UNTIL_IT_LOOKS = 5  # for its parent: a worker without one ends


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


class ExceptionWrapper:
    """The exception being handled in a worker process, to be raised in the main one."""

    def __init__(self, where: str) -> None:
        import traceback

        self.kind, self.where = sys.exc_info()[0], where
        self.text = traceback.format_exc()

    def reraise(self) -> None:
        """Raise the same type here, with the worker's traceback as its text."""
        name = getattr(self.kind, "__name__", "error")
        message = f"Caught {name} {self.where}.\nOriginal {self.text}"
        try:
            error = self.kind(_Verbatim(message))  # type: ignore[misc]
        except Exception:  # a type that takes other arguments
            error = RuntimeError(message)
        raise error


class _Verbatim(str):
    """Text whose repr, which is what KeyError shows, is the text itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def work(
    info: WorkerInfo,
    base_seed: int,
    make_fetcher: Callable[[], Callable],
    init: Callable[[int], None] | None,
    tasks: Any,
    answers: Connection,
) -> None:
    """The life of a worker: answer every task until told to stop or the main process is gone."""
    global worker_info
    from minitorch.utils.data._utils.transport import send

    _forget_signals()
    set_num_threads(1)
    where = f"in DataLoader worker process {info.id}"
    epoch, fetch, failed = None, None, None
    worker_info = info
    try:
        _seed(info, base_seed)
        if init is not None:
            init(info.id)
    except Exception:
        failed = ExceptionWrapper(where)
    while (task := _next_task(tasks)) is not None:
        this_epoch, number, indices = task
        kind, value = "error", failed
        try:
            if this_epoch != epoch and not failed:
                epoch, fetch = this_epoch, make_fetcher()
            if not failed:
                kind, value = "batch", fetch(indices)  # type: ignore[misc]
        except Exception as error:
            ended = isinstance(error, StopIteration) and isinstance(info.dataset, IterableDataset)
            kind, value = ("end", None) if ended else ("error", ExceptionWrapper(where))
        try:
            send(answers, (this_epoch, number, kind, value))
        except OSError:  # nobody reads any more
            return
        except Exception:  # the batch, or the type of the error, cannot be pickled
            unsendable = ExceptionWrapper(where)
            unsendable.kind = RuntimeError
            send(answers, (this_epoch, number, "error", unsendable))


def _forget_signals() -> None:
    """An interrupt is the main process's to handle, and a handler of its own for SIGTERM, which a
    forked worker would inherit, must not keep a worker from ending."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _next_task(tasks: Any) -> Any:
    """The next task; None to stop, which a worker also does when its parent is gone."""
    import multiprocessing
    import queue

    while True:
        try:
            return tasks.get(timeout=_SECONDS_UNTIL_IT_LOOKS)
        except queue.Empty:
            if not multiprocessing.parent_process().is_alive():  # type: ignore[union-attr]
                return None


def _seed(info: WorkerInfo, base_seed: int) -> None:
    """Seed all generators of this process, each worker differently, as torch does."""
    import random

    import numpy as np

    random.seed(info.seed)
    manual_seed(info.seed)
    words = [info.id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(words).generate_state(4))
