"""Loading in worker processes.

The main process sends each worker numbered tasks through a queue of its own and reads the answers
from a pipe of its own, so that a worker that dies takes nothing with it: the main process waits
for pipes and processes alike. Answers are handed out in the order of their tasks.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import queue
import sys
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

from minitorch.utils.data import dataloader
from minitorch.utils.data.dataloader import DataLoader, WorkerInfo, fetcher_of
from minitorch.utils.data.dataset import IterableDataset
from minitorch.utils.data.sampler import draw_seed

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

__all__ = ["RemoteError", "WorkerPass"]

_SECONDS_TO_LEAVE = 5  # for a worker that was told to stop; also how often it looks for its parent


class RemoteError:
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


# -------------------------------------------------------------------- in a worker


def _work(
    info: WorkerInfo,
    base_seed: int,
    make_fetcher: Callable[[], Callable],
    init: Callable[[int], None] | None,
    tasks: Any,
    answers: Connection,
) -> None:
    """The life of a worker: answer every task until told to stop or the main process is gone."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the main process's to handle
    where = f"in DataLoader worker process {info.id}"
    epoch, fetch, failed = None, None, None
    try:
        _seed(info, base_seed)
        dataloader.worker_info = info
        if init is not None:
            init(info.id)
    except Exception:
        failed = RemoteError(where)
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
            kind, value = ("end", None) if ended else ("error", RemoteError(where))
        try:
            answers.send((this_epoch, number, kind, value))
        except OSError:  # nobody reads any more
            return
        except Exception:  # the batch, or the type of the error, cannot be pickled
            unsendable = RemoteError(where)
            unsendable.kind = RuntimeError
            answers.send((this_epoch, number, "error", unsendable))


def _next_task(tasks: Any) -> Any:
    """The next task; None to stop, which a worker also does when its parent is gone."""
    while True:
        try:
            return tasks.get(timeout=_SECONDS_TO_LEAVE)
        except queue.Empty:
            if not multiprocessing.parent_process().is_alive():  # type: ignore[union-attr]
                return None


def _seed(info: WorkerInfo, base_seed: int) -> None:
    """Seed all generators of this process, each worker differently, as torch does."""
    import random

    import numpy as np

    from minitorch.random import manual_seed

    random.seed(info.seed)
    manual_seed(info.seed)
    words = [info.id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(words).generate_state(4))


# -------------------------------------------------------------------- in the main process


class WorkerPass:
    """A pass over the data, loaded by worker processes; with persistent workers, many passes."""

    def __init__(self, loader: DataLoader) -> None:
        self._loader = loader
        self._process = os.getpid()
        self._epoch = -1
        self._workers: list[tuple[Any, Any, Connection]] = []  # (process, its tasks, its answers)
        indices = iter(loader._index_sampler)
        base_seed = draw_seed(loader.generator)
        for number in range(loader.num_workers):
            self._start(number, base_seed)
        self._begin(indices)

    def _start(self, number: int, base_seed: int) -> None:
        loader = self._loader
        context = loader.multiprocessing_context or multiprocessing
        info = WorkerInfo(number, loader.num_workers, base_seed + number, loader.dataset)
        make_fetcher = functools.partial(
            fetcher_of, loader.dataset, loader._auto_collation, loader.collate_fn, loader.drop_last
        )
        tasks = context.Queue()
        tasks.cancel_join_thread()
        answers, answers_in = context.Pipe(duplex=False)
        process = context.Process(
            target=_work,
            args=(info, base_seed, make_fetcher, loader.worker_init_fn, tasks, answers_in),
            daemon=True,
        )
        process.start()
        answers_in.close()
        self._workers.append((process, tasks, answers))

    def restart(self) -> None:
        """Begin another pass with the same workers."""
        self._begin(iter(self._loader._index_sampler))

    def _begin(self, indices: Any) -> None:
        self._epoch += 1
        self._indices = indices
        self._sent = self._given = self._turn = 0
        self._received: dict[int, tuple[str, Any]] = {}
        self._owner: dict[int, int] = {}
        self._active = list(range(len(self._workers)))
        for _ in range(self._loader.prefetch_factor * len(self._workers)):
            self._send_task()

    def _send_task(self) -> None:
        """Give the next indices to the next worker in turn, if there are any of either."""
        if not self._active:
            return
        try:
            indices = next(self._indices)
        except StopIteration:
            return
        number = self._active[self._turn % len(self._active)]
        self._turn += 1
        self._workers[number][1].put((self._epoch, self._sent, indices))
        self._owner[self._sent] = number
        self._sent += 1

    def __iter__(self) -> WorkerPass:
        return self

    def __len__(self) -> int:
        return len(self._loader._index_sampler)

    def __next__(self) -> Any:
        while self._given < self._sent:
            if self._given not in self._received:
                self._receive()
                continue
            kind, value = self._received.pop(self._given)
            owner = self._owner.pop(self._given)
            self._given += 1
            if kind == "end" and owner in self._active:
                self._active.remove(owner)
            self._send_task()
            if kind == "error":
                value.reraise()
            if kind == "batch":
                return value
        if not self._loader.persistent_workers:
            self._stop()
        raise StopIteration

    def _receive(self) -> None:
        """Wait for answers and keep them; those to tasks of an earlier pass are dropped.

        Raises: RuntimeError when nothing comes in time, or a worker is gone.
        """
        by_answers = {answers: process for process, _, answers in self._workers}
        sentinels = {process.sentinel: process for process, _, _ in self._workers}
        ready = wait([*by_answers, *sentinels], self._loader.timeout or None)
        if not ready:
            raise RuntimeError(f"DataLoader timed out after {self._loader.timeout} seconds")
        gone = [sentinels[r] for r in ready if r in sentinels]
        for answers in (r for r in ready if r in by_answers):
            try:
                epoch, number, kind, value = answers.recv()
            except EOFError:
                gone.append(by_answers[answers])
                continue
            gone = []  # what was sent before the worker died counts first
            if epoch == self._epoch:
                self._received[number] = (kind, value)
        if gone:
            pids = ", ".join(str(process.pid) for process in dict.fromkeys(gone))
            self._stop()
            raise RuntimeError(f"DataLoader worker (pid(s) {pids}) exited unexpectedly")

    def _stop(self, politely: bool = True) -> None:
        """End the workers: idle ones are told to leave if `politely`, busy ones terminated."""
        idle = politely and self._given == self._sent
        workers, self._workers = self._workers, []
        self._sent = self._given
        for process, tasks, _ in workers:
            if idle:
                tasks.put(None)
            else:
                process.terminate()
        for process, tasks, answers in workers:
            process.join(_SECONDS_TO_LEAVE)
            if process.is_alive():
                process.terminate()
                process.join()
            if politely:
                tasks.close()
                answers.close()

    def __del__(self) -> None:
        if not self.__dict__.get("_workers") or sys is None or sys.is_finalizing():
            return
        if os.getpid() == self._process:  # and not a copy that a worker was forked with
            self._stop(politely=False)  # the queues and pipes may have been finalized before
