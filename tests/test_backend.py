"""Devices, tables of kernels, threads."""

from __future__ import annotations

import copy
import pickle
from types import SimpleNamespace

import numpy as np
import pytest

import minitorch
from minitorch import backend
from tests.programs import attempt, same


@pytest.fixture
def kernels():
    """`install`, undone afterwards."""
    yield backend.install
    backend.uninstall()


def test_a_kernel_replaces_the_forward_of_its_row(kernels) -> None:
    calls = []

    def exp(xp, x):
        calls.append(x.shape)
        return xp.exp(x)

    kernels({"exp": exp})
    x = minitorch.tensor([0.0, 1.0], requires_grad=True)
    y = x.exp()
    y.sum().backward()
    assert calls == [(2,)]
    assert x.grad.tolist() == pytest.approx([1, np.e])
    backend.uninstall()
    x.exp()
    assert len(calls) == 1


def test_a_kernel_serves_the_rules_too(kernels) -> None:
    calls = []

    def cos(xp, x):
        calls.append(1)
        return xp.cos(x)

    kernels({"cos": cos})
    x = minitorch.tensor(0.5, requires_grad=True)
    x.sin().backward()
    assert calls == [1]


def test_a_table_with_an_unknown_row_changes_nothing(kernels) -> None:
    with pytest.raises(KeyError, match="nonsense"):
        kernels({"exp": lambda xp, x: x, "nonsense": None})
    assert minitorch.zeros(1).exp().item() == 1


def devices(T):
    d = T.device
    return (
        repr(d("cpu")), str(d("cpu")), str(d("cuda:1")), d("cuda", 1).index, d("cpu").type,
        d("cpu") == d("cpu"),
        d("cpu") == d("cuda"), d(d("cpu")) == d("cpu"), attempt(d, "nowhere"), attempt(d, "cpu:x"),
        attempt(d, 1.5),
        repr(pickle.loads(pickle.dumps(d("cuda:1")))), len({d("cpu"), d("cpu")}),
        copy.copy(d("cpu")) == d("cpu"),
        T.zeros(1).device == d("cpu"), T.zeros(1, device=d("cpu")).device.type,
        T.zeros(1).to("cpu").device.type,
    )  # fmt: skip


@pytest.mark.differential
def test_devices_are_torchs() -> None:
    same(devices)


@pytest.mark.parametrize(
    "call",
    [
        lambda: minitorch.zeros(1, device="cuda"), lambda: minitorch.zeros(1).cuda(),
        lambda: minitorch.zeros(1).to("cuda"), lambda: minitorch.tensor([1], device="cuda:0"),
    ],
)  # fmt: skip
def test_another_device_is_refused_as_by_a_torch_without_it(call) -> None:
    with pytest.raises(AssertionError, match="CUDA"):
        call()


def test_threads() -> None:
    before = minitorch.get_num_threads()
    try:
        minitorch.set_num_threads(1)
        assert minitorch.get_num_threads() == 1
        for wrong, error in (
            (0, RuntimeError),
            (-1, RuntimeError),
            ("2", TypeError),
            (True, TypeError),
        ):
            with pytest.raises(error):
                minitorch.set_num_threads(wrong)
    finally:
        minitorch.set_num_threads(before)


def test_what_waits_for_a_row_is_done_when_it_is_defined(monkeypatch):
    monkeypatch.setattr(backend, "ROWS", {})
    done = []
    backend.when_defined("late", lambda: done.append(1))
    assert done == []
    backend.enter(SimpleNamespace(name="late"))
    assert done == [1]
    backend.when_defined("late", lambda: done.append(2))
    assert done == [1, 2]
    with pytest.raises(TypeError, match="already"):
        backend.enter(SimpleNamespace(name="late"))
