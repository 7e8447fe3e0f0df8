"""Processes: the standard library's, and several at once with the first error raised here."""

from __future__ import annotations

import os
import pickle
import signal
import sys

import pytest

import minitorch
from minitorch import multiprocessing as mp

pytest.importorskip("torch")


def write(i, folder, x):
    with open(os.path.join(folder, str(i)), "w") as file:
        file.write(str((x + i).sum().item()))


def fail(i, how):
    if i == 1:
        if how == "raise":
            raise ValueError("a bad thing")
        if how == "exit":
            sys.exit(3)
        os.kill(os.getpid(), signal.SIGKILL if how == "kill" else signal.SIGRTMIN + 1)
    signal.pause()


def double(queue, x):
    x *= 2
    queue.put(x)


def finish(started):
    while not started.join():
        pass


def test_each_process_gets_its_number_and_the_tensors(tmp_path):
    assert mp.spawn(write, (tmp_path, minitorch.ones(3)), nprocs=2) is None
    assert [(tmp_path / str(i)).read_text() for i in range(2)] == ["3.0", "6.0"]


@pytest.mark.parametrize(
    ("how", "error", "text"),
    [
        ("raise", mp.ProcessRaisedException, "ValueError: a bad thing"),
        ("exit", mp.ProcessExitedException, "exit code 3"),
        ("kill", mp.ProcessExitedException, "SIGKILL"),
        ("unnamed", mp.ProcessExitedException, f"signal number {signal.SIGRTMIN + 1}"),
    ],
)
def test_the_first_error_ends_all_and_is_raised(how, error, text):
    started = mp.start_processes(fail, (how,), 2, join=False, start_method="fork")
    with pytest.raises(error, match=text) as caught:
        finish(started)
    assert (caught.value.error_index, caught.value.error_pid) == (1, started.pids()[1])
    assert not any(process.is_alive() for process in started.processes)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.error_index) == (str(caught.value), 1)


def test_queues_carry_tensors_by_value():
    context = mp.get_context("fork")
    queue, x = context.Queue(), minitorch.ones(2)
    process = context.Process(target=double, args=(queue, x))
    process.start()
    assert queue.get(timeout=30).tolist() == [2, 2]
    process.join()
    assert x.tolist() == [1, 1]


@pytest.mark.differential
def test_the_vocabulary_is_torchs():
    import torch.multiprocessing as theirs

    lacking = {n for n in theirs.__all__ if not hasattr(mp, n)}
    assert lacking == set()
    assert mp.get_sharing_strategy() == theirs.get_sharing_strategy()
    assert mp.get_all_sharing_strategies() == theirs.get_all_sharing_strategies()
    for module in (mp, theirs):
        module.set_sharing_strategy("file_system")
        assert module.get_sharing_strategy() == "file_system"
        module.set_sharing_strategy("file_descriptor")
        with pytest.raises(AssertionError, match="nonsense"):
            module.set_sharing_strategy("nonsense")
