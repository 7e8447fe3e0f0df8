"""`spawn`: one function in several processes, and the first error of theirs raised here."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import signal
import time
import traceback
from collections.abc import Callable
from typing import Any

__all__ = [
    "ProcessContext",
    "ProcessException",
    "ProcessExitedException",
    "ProcessRaisedException",
    "SpawnContext",
    "spawn",
    "start_processes",
]


class ProcessException(Exception):
    """A process failed: `error_index` says which, `error_pid` its id."""

    def __init__(self, msg: str, error_index: int, error_pid: int) -> None:
        super().__init__(msg)
        self.msg, self.error_index, self.error_pid = msg, error_index, error_pid

    def __reduce__(self) -> tuple:
        return type(self), (self.msg, self.error_index, self.error_pid)


class ProcessRaisedException(ProcessException):
    """A process failed with an exception."""


class ProcessExitedException(ProcessException):
    """A process failed with an exit code, or was killed by a signal."""

    def __init__(
        self,
        msg: str,
        error_index: int,
        error_pid: int,
        exit_code: int,
        signal_name: str | None = None,
    ) -> None:
        super().__init__(msg, error_index, error_pid)
        self.exit_code, self.signal_name = exit_code, signal_name

    def __reduce__(self) -> tuple:
        return type(self), (*super().__reduce__()[1], self.exit_code, self.signal_name)


def _run(fn: Callable, i: int, args: tuple, errors: Any) -> None:
    """What a process does: `fn(i, *args)`; an exception goes back as text, and exit code 1."""
    try:
        fn(i, *args)
    except KeyboardInterrupt:
        return  # the parent was interrupted too, and says so
    except Exception:
        errors.send(traceback.format_exc())
        raise SystemExit(1) from None


class ProcessContext:
    """Processes that were started together."""

    def __init__(self, processes: list, pipes: list) -> None:
        self.processes, self._pipes = processes, pipes
        self.sentinels = {process.sentinel: i for i, process in enumerate(processes)}

    def pids(self) -> list[int]:
        """The ids of the processes."""
        return [int(process.pid) for process in self.processes]

    def join(self, timeout: float | None = None, grace_period: float | None = None) -> bool:
        """Wait until a process ended. Returns: whether all of them did, and well.

        Raises: the first error, after it ended the other processes.
        """
        if not self.sentinels:
            return True
        ready = multiprocessing.connection.wait(self.sentinels, timeout)
        failed = None
        for sentinel in ready:
            i = self.sentinels.pop(sentinel)  # type: ignore[call-overload]
            self.processes[i].join()
            if self.processes[i].exitcode:
                failed = i
                break
        if failed is None:
            return not self.sentinels
        self._end(grace_period)
        raise self._error(failed)

    def _end(self, grace_period: float | None) -> None:
        if grace_period:
            until = time.monotonic() + grace_period
            for process in self.processes:
                process.join(max(0, until - time.monotonic()))
        for process in self.processes:
            if process.is_alive():
                process.terminate()
        for process in self.processes:
            process.join(30)
            if process.is_alive():
                process.kill()

    def _error(self, i: int) -> ProcessException:
        process, pipe = self.processes[i], self._pipes[i]
        try:
            text = pipe.recv()
        except EOFError:  # it ended without a word
            return self._exited(i, process)
        return ProcessRaisedException(
            f"\n\n-- Process {i} terminated with the following error:\n{text}", i, process.pid
        )

    @staticmethod
    def _exited(i: int, process: Any) -> ProcessException:
        code = process.exitcode
        if code >= 0:
            return ProcessExitedException(
                f"process {i} terminated with exit code {code}", i, process.pid, code
            )
        known = {int(s): s.name for s in signal.Signals}
        name = known.get(-code, f"number {-code}")
        return ProcessExitedException(
            f"process {i} terminated with signal {name}", i, process.pid, code, name
        )


SpawnContext = ProcessContext


def start_processes(
    fn: Callable,
    args: tuple = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """Run `fn(i, *args)` for i below `nprocs`, each in its process; wait for all with `join`.

    Raises: ProcessRaisedException or ProcessExitedException, the first error of a process.
    """
    context: Any = multiprocessing.get_context(start_method)
    processes, pipes = [], []
    for i in range(nprocs):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_run, args=(fn, i, args, theirs), daemon=daemon)
        process.start()
        theirs.close()
        processes.append(process)
        pipes.append(ours)
    started = ProcessContext(processes, pipes)
    if not join:
        return started
    while not started.join():
        pass
    return None


def spawn(
    fn: Callable,
    args: tuple = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """Run `fn(i, *args)` for i below `nprocs`, each in a process that imports afresh."""
    return start_processes(fn, args, nprocs, join, daemon, start_method)
