"""Every workload is what its table says, trains, and computes the same on both engines."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from harness.backends import MINITORCH, TORCH
from harness.workloads import (
    QUICK,
    READ_EVERY,
    WORKLOADS,
    Program,
    block,
    find_workload,
)

SIZES = {
    "chain": 256,
    "W0": 3,
    "W1": 337,
    "W2": 235_146,
    "W2a": 235_146,
    "W3": 5_824_522,
    "W4": 1_199_882,
    "W5": 804_096,
    "W6": 148_801,
    "W7": 4096 * 1024 + 2048,
}
"""How many numbers each workload has gradients for."""


class Loss(float):
    """A loss that counts how often the host reads it."""

    reads = 0

    def item(self) -> float:
        Loss.reads += 1
        return float(self)


def test_loss_is_read_once_in_ten_steps_and_at_the_end():
    values = iter(range(1, 100))
    counting = Program(lambda: Loss(next(values)), [])
    Loss.reads = 0
    block(counting, 2 * READ_EVERY)()
    assert Loss.reads == 2
    block(counting, 1)()
    assert Loss.reads == 3


@pytest.mark.parametrize("name", WORKLOADS)
def test_workload_trains_every_number_of_its_table(name):
    torch = importlib.import_module("minitorch")
    made = WORKLOADS[name].build(torch)
    first = made.step().item()
    assert np.isfinite(first)
    assert sum(p.grad.numel() for p in made.parameters) == SIZES[name]
    if name not in ("chain", "W0", "W7"):
        for _ in range(3):
            last = made.step().item()
        assert last < first


@pytest.mark.differential
@pytest.mark.parametrize("name", WORKLOADS)
def test_workload_computes_the_same_on_torch(name):
    programs = [WORKLOADS[name].build(engine.namespace()) for engine in (MINITORCH, TORCH)]
    for _ in range(2):
        losses = [program.step().item() for program in programs]
        assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    for p, q in zip(*(program.parameters for program in programs), strict=True):
        ours, theirs = MINITORCH.numpy(p.grad), TORCH.numpy(q.grad)
        assert np.linalg.norm(ours - theirs) <= 1e-3 * np.linalg.norm(theirs)


def test_quick_ones_are_workloads():
    assert set(QUICK) < set(WORKLOADS)


def test_workload_of_ones_own_is_found_in_a_file(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "from harness.workloads import Workload, additions\n"
        "mine = Workload('mine', 'sums', 1, None, additions)\n"
        "other = 5\n"
    )
    assert find_workload(f"{file}:mine").what == "sums"
    assert find_workload("W2") is WORKLOADS["W2"]
    for spec, message in {
        f"{file}:other": "has no Workload called other",
        f"{file}:none": "has no Workload called none",
        "nowhere.py:mine": "nowhere.py: no such file",
        "W99": "unknown workload 'W99': known are chain, W0",
    }.items():
        with pytest.raises(LookupError, match=message):
            find_workload(spec)
