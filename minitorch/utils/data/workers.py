"""Loading in worker processes: the main process's side.

It sends each worker numbered tasks through a queue of its own and reads the answers from a pipe of
its own, so that a worker that dies takes nothing with it: it waits for pipes and processes alike.
Answers are handed out in the order of their tasks, or with `in_order=False` as they come.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import sys
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

from minitorch.utils.data._utils.fetch import fetcher_of
from minitorch.utils.data._utils.transport import receive, widen
from minitorch.utils.data._utils.worker import WorkerInfo, work
from minitorch.utils.data.dataloader import DataLoader, _BaseDataLoaderIter

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

__all__ = ["WorkerPass"]

_SECONDS_TO_LEAVE = 5  # for a worker that was told to stop
_SECONDS_TO_END = 1  # for one that was terminated, perhaps before it forgot the script's handlers


class WorkerPass(_BaseDataLoaderIter):
    """A pass over the data, loaded by worker processes; with persistent workers, many passes."""

    def __init__(self, loader: DataLoader) -> None:
        self._workers: list[tuple[Any, Any, Connection]] = []  # (process, its tasks, its answers)
        self._process = os.getpid()
        self._epoch = -1
        super().__init__(loader)
        for number in range(loader.num_workers):
            self._start(number)
        self._begin()

    def _start(self, number: int) -> None:
        loader = self._loader
        context = loader.multiprocessing_context or multiprocessing
        info = WorkerInfo(number, loader.num_workers, self._base_seed + number, loader.dataset)
        make_fetcher = functools.partial(
            fetcher_of, loader.dataset, loader._auto_collation, loader.collate_fn, loader.drop_last
        )
        tasks = context.Queue()
        tasks.cancel_join_thread()
        answers, answers_in = context.Pipe(duplex=False)
        widen(answers_in)
        process = context.Process(
            target=work,
            args=(info, self._base_seed, make_fetcher, loader.worker_init_fn, tasks, answers_in),
            daemon=True,
        )
        process.start()
        answers_in.close()
        self._workers.append((process, tasks, answers))

    def _reset(self, loader: DataLoader) -> None:
        super()._reset(loader)
        self._begin()

    def _begin(self) -> None:
        self._epoch += 1
        self._sent = self._turn = 0
        self._received: dict[int, tuple[str, Any]] = {}  # in the order they came
        self._owner: dict[int, int] = {}  # of each task that is not handed out
        self._active = list(range(len(self._workers)))
        for _ in range(self._loader.prefetch_factor * len(self._workers)):
            self._send_task()

    def _send_task(self) -> None:
        """Give the next indices to the next worker in turn, if there are any of either."""
        if not self._active:
            return
        try:
            indices = next(self._sampler_iter)
        except StopIteration:
            return
        number = self._next_worker()
        self._workers[number][1].put((self._epoch, self._sent, indices))
        self._owner[self._sent] = number
        self._sent += 1

    def _next_worker(self) -> int:
        """The next in turn; where answers may overtake each other, the one with fewest tasks."""
        if not self._loader.in_order:
            busy = list(self._owner.values())
            return min(self._active, key=busy.count)
        self._turn += 1
        return self._active[(self._turn - 1) % len(self._active)]

    def _next_answer(self) -> int:
        """The number of the next task to hand out, once its answer is there."""
        first = min(self._owner)
        while first not in self._received:
            if self._received and not self._loader.in_order:
                return next(iter(self._received))
            self._receive()
        return first

    def _next_data(self) -> Any:
        while self._owner:
            task = self._next_answer()
            kind, value = self._received.pop(task)
            owner = self._owner.pop(task)
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
                epoch, number, kind, value = receive(answers)
            except (EOFError, ConnectionError):
                gone.append(by_answers[answers])
                continue
            gone = []  # what was sent before the worker died counts first
            if epoch == self._epoch:
                self._received[number] = (kind, value)
        if gone:
            self._stop()
            raise RuntimeError(_obituary(dict.fromkeys(gone)))

    def _stop(self, politely: bool = True) -> None:
        """End the workers: idle ones are told to leave if `politely`, busy ones terminated."""
        idle = politely and not self._owner
        workers, self._workers = self._workers, []
        self._owner = {}
        for process, tasks, _ in workers:
            if idle:
                tasks.put(None)
            else:
                process.terminate()
        for process, tasks, answers in workers:
            process.join(_SECONDS_TO_LEAVE if idle else _SECONDS_TO_END)
            if process.is_alive():
                process.kill()
                process.join()
            if politely:
                tasks.close()
                answers.close()

    def __del__(self) -> None:
        if not self.__dict__.get("_workers") or sys is None or sys.is_finalizing():
            return
        if os.getpid() == self._process:  # and not a copy that a worker was forked with
            self._stop(politely=False)  # the queues and pipes may have been finalized before


def _obituary(gone: Any) -> str:
    """Who died of what."""
    ends = []
    for process in gone:
        process.join(1)  # the pipe may close a moment before the process ends
        ends.append(f"pid {process.pid} with exit code {process.exitcode}")
    pids = ", ".join(str(process.pid) for process in gone)
    return (
        f"DataLoader worker (pid(s) {pids}) exited unexpectedly: {', '.join(ends)}; a negative "
        "code is the number of the signal that ended it"
    )
