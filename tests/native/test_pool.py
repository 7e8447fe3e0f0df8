"""The threads: forks, neighbours, other threads, the end of the process; never a hang."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

import minitorch
from minitorch import native
from tests.native.test_module import product

N = 300  # products of this size are cut into chunks for several threads


@pytest.fixture(autouse=True)
def two_threads():
    before = minitorch.get_num_threads()
    minitorch.set_num_threads(2)
    yield
    minitorch.set_num_threads(before)


@pytest.fixture
def matrices():
    a = np.random.randn(N, N).astype("float32")
    b = np.random.randn(N, N).astype("float32")
    return a, b, product(a, b)


def in_child(check) -> None:
    """Fork; the child calls `check` and tells by its exit code whether it held."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            check()
            code = 0
        finally:
            os._exit(code)
    deadline = time.time() + 60
    while time.time() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            assert status == 0
            return
        time.sleep(0.005)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    pytest.fail("the child hangs")


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
forks = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


@needs_fork
@forks
def test_a_forked_child_computes_and_its_children_too(matrices):
    a, b, expected = matrices

    def check() -> None:
        assert (product(a, b) == expected).all()

    def check_twice() -> None:
        check()
        in_child(check)

    in_child(check_twice)
    check()


@contextmanager
def others_compute(count: int, matrices) -> Iterator[None]:
    """`count` threads that compute meanwhile, rightly, and end when they are told."""
    a, b, expected = matrices
    stop, wrong = threading.Event(), []

    def compute() -> None:
        while not stop.is_set():
            if not (product(a, b) == expected).all():
                wrong.append(1)

    threads = [threading.Thread(target=compute) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []


@needs_fork
@forks
def test_a_fork_while_other_threads_compute(matrices):
    a, b, expected = matrices

    def check() -> None:
        for _ in range(3):
            assert (product(a, b) == expected).all()

    with others_compute(2, matrices):
        for _ in range(15):
            in_child(check)


@needs_fork
@forks
def test_processes_of_multiprocessing_that_are_forked():
    code = """
import multiprocessing
import minitorch as torch
torch.set_num_threads(2)
x = torch.randn(300, 300)
def work(i):
    return float((x @ x).sum()) == total
total = float((x @ x).sum())
if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(3) as pool:
        print(all(pool.map(work, range(20))))
"""
    assert python(code) == "True"


def python(code: str, **env: str) -> str:
    """What a process of its own prints; it ends within a minute."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=60,
        env={**os.environ, "MINITORCH_NATIVE": "always", **env}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_any_number_of_threads_gives_the_same_bits(matrices):
    a, b, expected = matrices
    for n in (1, 5, 2, 64, 1000, 3):
        minitorch.set_num_threads(n)
        assert minitorch.get_num_threads() == min(n, 64)
        for _ in range(3):
            assert (product(a, b) == expected).all()


def test_the_number_may_change_while_others_compute(matrices):
    with others_compute(3, matrices):
        for i in range(200):
            minitorch.set_num_threads(1 + i % 4)


def test_threads_that_are_not_wanted_any_more_do_not_run(matrices):
    a, b, _ = matrices
    minitorch.set_num_threads(8)
    product(a, b)
    minitorch.set_num_threads(1)
    time.sleep(0.05)  # the seven fall asleep
    start = time.process_time(), time.thread_time()
    for _ in range(20):
        product(a, b)
    others = (time.process_time() - start[0]) - (time.thread_time() - start[1])
    assert others < 0.2 * (time.thread_time() - start[1])


def test_an_idle_process_takes_no_time(matrices):
    a, b, _ = matrices
    product(a, b)
    time.sleep(0.05)
    start = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - start < 0.02


def test_busy_neighbours_do_not_stall_it(matrices):
    a, b, _ = matrices
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        time.sleep(0.2)
        times = []
        for _ in range(40):
            start = time.perf_counter()
            product(a, b)
            times.append(time.perf_counter() - start)
    finally:
        for each in busy:
            each.kill()
            each.wait()
    # Alone some 0.5 ms; where a call waits for a thread that has no core, for a slice of 4 ms.
    assert sorted(times)[len(times) // 2] < 0.05


def test_it_ends_with_threads_at_work():
    code = """
import threading
import minitorch as torch
torch.set_num_threads(2)
x = torch.randn(400, 400)
def forever():
    while True:
        x @ x
for _ in range(3):
    threading.Thread(target=forever, daemon=True).start()
x @ x
print("done")
"""
    assert python(code) == "done"


def test_a_signal_interrupts_the_main_thread():
    code = """
import os, signal, threading, time
import minitorch as torch
torch.set_num_threads(4)
x = torch.randn(300, 300)
x @ x
def handler(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGUSR1, handler)
threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1)).start()
start = time.time()
try:
    time.sleep(20)
except KeyboardInterrupt:
    print(time.time() - start < 10)
"""
    assert python(code) == "True"


@pytest.mark.parametrize(("told", "expected"), [("3", 3), ("1", 1), ("many", None), ("0", None)])
def test_the_environment_tells_the_number_of_threads(told, expected):
    found = int(python("import minitorch as m; print(m.get_num_threads())", OMP_NUM_THREADS=told))
    assert found == expected or (expected is None and found >= 1)


def test_calls_below_the_pool_run_on_the_calling_thread():
    # A kernel inside a chunk of another runs alone: products of a stack, each large.
    a = np.random.randn(6, 80, 90).astype("float32")
    b = np.random.randn(6, 90, 70).astype("float32")
    out = (minitorch.from_numpy(a) @ minitorch.from_numpy(b)).numpy()
    assert np.allclose(out, a @ b, atol=1e-4)
    assert native.is_enabled()
