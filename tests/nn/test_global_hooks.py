"""Hooks of all modules, and what a module does to all of its tensors, beside torch's."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

import minitorch
from minitorch.nn.modules._hooks import Hooks
from tests.raising import assert_refused_alike

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.differential


@pytest.fixture(autouse=True)
def _quick_again() -> Any:
    """A hook of all modules makes every call look for hooks; not in the tests after these."""
    yield
    Hooks._hooked = False


def module_of(T: Any) -> Any:
    return T.nn.modules.module


def name(m: Any) -> str:
    return type(m).__name__


def calls(T: Any) -> list:
    """What is called, in order, around forward and backward of two layers."""
    log: list = []
    M = module_of(T)
    m = T.nn.Sequential(T.nn.Linear(2, 2), T.nn.ReLU())
    m[0].register_forward_pre_hook(lambda m, a: log.append("own pre"))
    m[0].register_forward_hook(lambda m, a, o: log.append("own forward"))
    m[0].register_full_backward_pre_hook(lambda m, go: log.append("own backward pre"))
    m[0].register_full_backward_hook(lambda m, gi, go: log.append("own backward"))
    with ExitStack() as handles:
        for handle in (
            M.register_module_forward_pre_hook(lambda m, a: log.append(("pre", name(m), len(a)))),
            M.register_module_forward_hook(lambda m, a, o: log.append(("forward", name(m)))),
            M.register_module_forward_hook(
                lambda m, a, k, o: log.append(("with kwargs", name(m), k)), with_kwargs=True
            ),
            M.register_module_full_backward_pre_hook(
                lambda m, go: log.append(("backward pre", name(m), len(go)))
            ),
            M.register_module_full_backward_hook(
                lambda m, gi, go: log.append(("backward", name(m), [g is None for g in gi]))
            ),
        ):
            handles.enter_context(handle)
        m(T.ones(1, 2, requires_grad=True)).sum().backward()
    log.append("without")
    m(T.ones(1, 2, requires_grad=True)).sum().backward()
    return log


def test_order_of_calls() -> None:
    assert calls(minitorch) == calls(torch)


def changed(T: Any) -> list:
    """What hooks of all modules change."""
    M, x, found = module_of(T), T.full((1, 1), 2.0), []
    with M.register_module_forward_hook(lambda m, a, o: o * 3):
        found.append(T.nn.Identity()(x).tolist())
    with M.register_module_forward_pre_hook(lambda m, a: (a[0] + 1,)):
        found.append(T.nn.Identity()(x).tolist())
    with M.register_module_forward_pre_hook(lambda m, a: a[0] - 5):
        found.append(T.nn.ReLU()(x).tolist())
    with M.register_module_full_backward_hook(lambda m, gi, go: (gi[0] * 7,)):
        leaf = x.clone().requires_grad_()
        T.nn.Tanh()(leaf).sum().backward()
        found.append(round(leaf.grad.item(), 4))
    seen: list = []
    with (
        M.register_module_forward_hook(lambda m, a, o: seen.append(o), always_call=True),
        pytest.raises(NotImplementedError),
    ):
        T.nn.Module()(1)
    return [*found, seen]


def test_hooks_of_all_modules_change_what_passes() -> None:
    assert changed(minitorch) == changed(torch)


def registered(T: Any) -> list:
    M, log = module_of(T), []

    def note(m: Any, key: str, part: Any) -> None:
        log.append((name(m), key, type(part).__name__))

    with (
        M.register_module_buffer_registration_hook(note),
        M.register_module_parameter_registration_hook(note),
        M.register_module_module_registration_hook(note),
    ):
        m = T.nn.Sequential(T.nn.BatchNorm1d(2), T.nn.Linear(1, 1, bias=False))
        m[0].running_mean = T.zeros(2)
        m.register_parameter("p", None)
        m.register_buffer("b", None)
        m.part = T.nn.ReLU()
    with M.register_module_parameter_registration_hook(lambda m, key, p: T.nn.Parameter(p * 0)):
        log.append(T.nn.PReLU().weight.tolist())
    return log


def test_registration_hooks() -> None:
    assert registered(minitorch) == registered(torch)


def both_kinds(t: Any) -> None:
    M = module_of(t)
    with M.register_module_full_backward_hook(lambda *a: None):
        M.register_module_backward_hook(lambda *a: None)


def test_two_kinds_of_backward_hooks_are_refused() -> None:
    assert_refused_alike(torch, both_kinds, ["exclude"])


def test_other_devices_are_refused() -> None:
    assert_refused_alike(torch, lambda t: t.nn.Linear(1, 1).xpu(), ["XPU"])
    with pytest.raises(RuntimeError, match="ipu"):
        minitorch.nn.Linear(1, 1).ipu()


def test_memory_order_and_empty_memory() -> None:
    found = []
    for T in (minitorch, torch):
        m = T.nn.Sequential(T.nn.Conv2d(2, 3, 2), T.nn.BatchNorm2d(3))
        weight, before = m[0].weight, m[0].weight.tolist()
        m.to(memory_format=T.channels_last)
        strides = [m[0].weight.stride(), m[0].bias.stride()]
        assert m[0].weight is weight
        assert weight.tolist() == before
        m.to(T.float64, memory_format=T.contiguous_format)
        found.append([*strides, weight.stride(), str(weight.dtype)[-7:]])
        assert m.to_empty(device="cpu") is m
        assert m[0].weight is weight
        assert m[1].num_batches_tracked.dtype is T.int64
        pointer = weight.data_ptr()
        m.to_empty(device="cpu", recurse=False)
        assert weight.data_ptr() == pointer
    assert found[0] == found[1]
