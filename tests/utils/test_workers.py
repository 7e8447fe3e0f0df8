"""Loading in worker processes: the same batches, and no hanging when something goes wrong."""

from __future__ import annotations

import gc
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import minitorch
import minitorch.utils.data
from minitorch.utils.data import DataLoader, get_worker_info
from minitorch.utils.data._utils import transport

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),  # of fork itself
    pytest.mark.filterwarnings("ignore:.*worker processes on:UserWarning"),  # a small machine
]


@pytest.fixture
def torch():
    pytest.importorskip("torch.utils.data")
    return pytest.importorskip("torch")


class Reads:
    """A dataset whose sample i is what `read(i)` returns."""

    def __init__(self, read, n=6):
        self.read, self.n = read, n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return self.read(i)


class Shard(minitorch.utils.data.IterableDataset):
    """0 ... n-1, each worker its share; the first worker ends first."""

    def __init__(self, n):
        self.n = n

    def __iter__(self):
        info = get_worker_info()
        return iter(range(info.id, self.n, info.num_workers))


def values(loader):
    return [batch.tolist() for batch in loader]


def test_batches_in_the_order_of_the_sampler():
    slow_first = Reads(lambda i: (time.sleep(0.1 if i == 0 else 0), i)[1])
    assert values(DataLoader(slow_first, 2, num_workers=2)) == [[0, 1], [2, 3], [4, 5]]
    assert values(DataLoader(range(5), 2, num_workers=3, drop_last=True)) == [[0, 1], [2, 3]]
    assert values(DataLoader(range(3), None, num_workers=1, collate_fn=np.array)) == [0, 1, 2]


def test_same_order_as_without_workers():
    orders = []
    for workers in (0, 2):
        minitorch.manual_seed(3)
        loader = DataLoader(range(20), 3, shuffle=True, num_workers=workers)
        orders.append((values(loader), values(loader), minitorch.get_rng_state().tolist()))
    assert orders[0] == orders[1]


def test_shards_of_a_stream():
    batches = values(DataLoader(Shard(7), 2, num_workers=2))
    assert sorted(i for batch in batches for i in batch) == list(range(7))
    assert values(DataLoader(Shard(5), 1, num_workers=3)) == [[0], [1], [2], [3], [4]]


def test_persistent_workers_serve_every_pass():
    loader = DataLoader(
        Reads(lambda i: os.getpid()), 2, num_workers=2, persistent_workers=True, prefetch_factor=1
    )
    passes = [{pid for batch in values(loader) for pid in batch} for _ in range(3)]
    assert passes[0] == passes[1] == passes[2]
    assert os.getpid() not in passes[0]
    loader = DataLoader(Shard(6), 2, num_workers=2, persistent_workers=True)
    assert values(loader) == values(loader) == [[0, 2], [1, 3], [4], [5]]


def test_an_abandoned_pass_leaves_nothing_to_the_next():
    loader = DataLoader(range(30), 3, shuffle=True, num_workers=1, persistent_workers=True)
    next(iter(loader))
    assert sorted(i for batch in values(loader) for i in batch) == list(range(30))


def test_a_forgotten_loader_with_persistent_workers_ends_at_once():
    loader = DataLoader(range(4), 2, num_workers=2, persistent_workers=True)
    assert len(values(loader)) == 2
    workers = [process for process, _, _ in loader._iterator._workers]
    began = time.monotonic()
    del loader
    gc.collect()
    assert time.monotonic() - began < 3
    assert not any(process.is_alive() for process in workers)


def drawn(t, data):
    """What a worker draws from every generator, as seeded from the loader's."""

    def read(i):
        info = data.get_worker_info()
        return [
            info.id,
            info.num_workers,
            info.seed,
            t.initial_seed(),
            t.rand(1).item(),
            random.random(),
            np.random.rand(),
        ]

    t.manual_seed(5)
    loader = data.DataLoader(Reads(read, 4), None, num_workers=2, collate_fn=list)
    return list(loader)


@pytest.mark.differential
def test_workers_are_seeded_as_torch_seeds_them(torch):
    assert drawn(minitorch, minitorch.utils.data) == drawn(torch, torch.utils.data)


def test_init_function_runs_first_in_each_worker():
    loader = DataLoader(
        Reads(lambda i: int(os.environ["MARK"])),
        1,
        num_workers=2,
        worker_init_fn=lambda number: os.environ.__setitem__("MARK", str(10 + number)),
    )
    assert values(loader) == [[10], [11], [10], [11], [10], [11]]


class OwnError(Exception):
    def __init__(self, first, second):
        super().__init__(first, second)


def raising(error):
    def read(i):
        if i == 2:
            raise error
        return i

    return read


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("bad item 2"), ValueError),
        (KeyError("bad item 2"), KeyError),
        (OwnError("bad item 2", "more"), RuntimeError),
    ],
    ids=lambda e: getattr(e, "__name__", type(e).__name__),
)
def test_an_error_in_a_worker_keeps_its_type_and_traceback(error, expected):
    loader = DataLoader(Reads(raising(error)), 1, num_workers=2)
    batches = iter(loader)
    assert [next(batches).tolist(), next(batches).tolist()] == [[0], [1]]
    with pytest.raises(expected) as caught:
        next(batches)
    text = str(caught.value)
    assert f"Caught {type(error).__name__} in DataLoader worker process 0." in text
    assert "in read\n" in text
    assert "bad item 2" in text
    assert next(batches).tolist() == [3]  # the pass goes on


def test_an_error_in_the_init_function_arrives():
    def init(number):
        raise ValueError("not ready")

    with pytest.raises(ValueError, match="not ready"):
        list(DataLoader(range(2), num_workers=1, worker_init_fn=init))


def test_a_batch_that_cannot_be_sent():
    loader = DataLoader(Reads(lambda i: lambda: i), None, num_workers=1, collate_fn=lambda x: x)
    with pytest.raises(RuntimeError, match="pickle"):
        list(loader)


def test_a_worker_that_dies_is_reported():
    loader = DataLoader(Reads(lambda i: os._exit(3)), 1, num_workers=2)
    with pytest.raises(RuntimeError, match=r"pid\(s\) \d+.*exited unexpectedly"):
        list(loader)


def test_what_a_worker_sent_before_it_died_arrives():
    loader = DataLoader(Reads(lambda i: os._exit(3) if i else i), 1, num_workers=1)
    batches = iter(loader)
    time.sleep(0.3)
    assert next(batches).tolist() == [0]
    with pytest.raises(RuntimeError, match="exited unexpectedly"):
        next(batches)


def test_a_worker_that_takes_too_long_is_reported():
    loader = DataLoader(Reads(lambda i: time.sleep(30)), 1, num_workers=1, timeout=0.2)
    with pytest.raises(RuntimeError, match=r"timed out after 0\.2 seconds"):
        list(loader)


def test_an_abandoned_pass_leaves_no_process():
    loader = DataLoader(Reads(lambda i: (time.sleep(0.01), os.getpid())[1], 100), 1, num_workers=2)
    batches = iter(loader)
    pids = {next(batches).item() for _ in range(4)}
    start = time.monotonic()
    del batches
    assert time.monotonic() - start < 3
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_started_anew(method):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loader = DataLoader(range(4), 2, num_workers=1, multiprocessing_context=method)
        assert values(loader) == [[0, 1], [2, 3]]
        loader = DataLoader(
            range(2), num_workers=1, multiprocessing_context=multiprocessing.get_context(method)
        )
        assert values(loader) == [[0], [1]]


@pytest.mark.parametrize("direct", [True, False])
def test_large_batches_arrive_whole(monkeypatch, direct):
    monkeypatch.setattr(transport, "_DIRECT", direct and transport._DIRECT)

    def read(i):
        large = np.arange(300_000, dtype=np.float32).reshape(500, 600)
        return {
            "x": minitorch.from_numpy(large.T + i),
            "y": np.float64(i),
            "z": large[::2],
            "w": "a",
        }

    loader = DataLoader(Reads(read, 4), 2, num_workers=2)
    for i, batch in enumerate(loader):
        expected = minitorch.stack([read(2 * i)["x"], read(2 * i + 1)["x"]])
        assert (batch["x"] == expected).all()
        assert (batch["x"].add_(1) == expected + 1).all()
        assert batch["x"].is_contiguous()
        assert batch["z"].shape == (2, 250, 600)
        assert (batch["y"].tolist(), batch["w"]) == ([2 * i, 2 * i + 1], ["a", "a"])


def test_a_worker_that_dies_while_it_sends():
    class Cut:
        def __reduce_ex__(self, protocol):
            raise SystemExit(5)

    batches = [np.zeros(100_000), Cut()]
    loader = DataLoader(Reads(batches.__getitem__, 2), None, num_workers=1, collate_fn=lambda x: x)
    with pytest.raises(RuntimeError, match="exit code 5"):
        list(loader)


def test_batches_as_they_come():
    slow_first = Reads(lambda i: (time.sleep(0.3 if i == 0 else 0), i)[1])
    came = values(DataLoader(slow_first, 1, num_workers=2, in_order=False))
    assert came[0] == [1]
    assert sorted(came) == [[i] for i in range(6)]
    shards = values(DataLoader(Shard(5), 1, num_workers=2, in_order=False))
    assert sorted(shards) == [[i] for i in range(5)]


@pytest.mark.parametrize("persistent", [False, True])
def test_a_killed_worker_is_named_with_its_exit_code(persistent):
    def read(i):
        if i == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return os.getpid()

    before = set(multiprocessing.active_children())
    loader = DataLoader(Reads(read), 1, num_workers=2, persistent_workers=persistent)
    with pytest.raises(RuntimeError, match=r"pid \d+ with exit code -9"):
        list(loader)
    assert set(multiprocessing.active_children()) <= before


def test_a_handler_of_the_script_does_not_keep_a_worker_from_ending():
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        slow = Reads(lambda i: (time.sleep(60 if i > 1 else 0), i)[1])
        batches = iter(DataLoader(slow, 1, num_workers=2))
        workers = [process for process, _, _ in batches._workers]
        assert [next(batches).item(), next(batches).item()] == [0, 1]
        del batches
        assert [process.exitcode for process in workers] == [-signal.SIGTERM] * 2
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_an_interrupted_script_ends_with_its_workers(tmp_path, method):
    script = tmp_path / "script.py"
    script.write_text(
        f"""
import os, time
import minitorch as torch

class Slow(torch.utils.data.Dataset):
    def __len__(self):
        return 1000
    def __getitem__(self, i):
        time.sleep(0.02)
        return os.getpid()

if __name__ == "__main__":
    loader = torch.utils.data.DataLoader(
        Slow(), num_workers=2, multiprocessing_context="{method}")
    seen = set()
    for batch in loader:
        if batch.item() not in seen:
            seen.add(batch.item())
            print(batch.item(), flush=True)
"""
    )
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        # A shell's background jobs ignore it, and so do their children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    pids = [int(process.stdout.readline()) for _ in range(2)]
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode not in (0, None)
    assert "KeyboardInterrupt" in errors
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_worker_computes_with_one_thread():
    before = minitorch.get_num_threads()
    minitorch.set_num_threads(2)
    try:
        loader = DataLoader(Reads(lambda i: minitorch.get_num_threads()), 6, num_workers=1)
        assert values(loader) == [[1] * 6]
    finally:
        minitorch.set_num_threads(before)
    assert "worker" not in repr(get_worker_info())


def test_more_workers_than_cores_warn():
    cores = len(os.sched_getaffinity(0))
    with pytest.warns(UserWarning, match=f"{cores + 2} worker processes on {cores} cores"):
        DataLoader(range(3), num_workers=cores + 2)
