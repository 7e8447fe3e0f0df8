"""Wrappers for many devices and processes, and the choice of an attention, beside torch's."""

from __future__ import annotations

import enum
from typing import Any

import numpy as np
import pytest

import minitorch
from tests.raising import assert_refused_alike

torch = pytest.importorskip("torch")
pytest.importorskip("torch.nn.attention")
pytest.importorskip("torch.distributed")
pytestmark = pytest.mark.differential


@pytest.mark.parametrize("T", [minitorch, torch], ids=["minitorch", "torch"])
def test_data_parallel_is_the_module(T: Any) -> None:
    m, x = T.nn.Linear(2, 3), T.ones(4, 2)
    for how in ({}, {"device_ids": [0]}, {"dim": 1}):
        d = T.nn.DataParallel(m, **how)
        assert d.module is m
        assert list(d.state_dict()) == ["module.weight", "module.bias"]
        assert (d(x) == m(x)).all()
        assert (d(input=x) == m(x)).all()
        assert d.device_ids == []
    assert repr(d).startswith("DataParallel(\n  (module): Linear(")
    assert isinstance(d, T.nn.parallel.DataParallel)


def test_data_parallel_as_a_function() -> None:
    m, x = minitorch.nn.Bilinear(2, 2, 3), minitorch.ones(4, 2)
    assert (minitorch.nn.parallel.data_parallel(m, (x, x)) == m(x, x)).all()
    got = minitorch.nn.parallel.data_parallel(m, x, module_kwargs={"input2": x})
    assert (got == m(x, x)).all()


@pytest.fixture(params=[minitorch, torch], ids=["minitorch", "torch"])
def grouped(request: Any, tmp_path: Any) -> Any:
    """An engine with a process group of one."""
    T = request.param
    if T is minitorch:
        from minitorch import distributed
    else:
        from torch import distributed
    distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path}/group", rank=0, world_size=1
    )
    yield T
    distributed.destroy_process_group()


def test_distributed_data_parallel_in_a_world_of_one(grouped: Any) -> None:
    T = grouped
    m = T.nn.Sequential(T.nn.Linear(2, 3), T.nn.BatchNorm1d(3))
    d = T.nn.parallel.DistributedDataParallel(m)
    assert list(d.state_dict()) == [f"module.{k}" for k in m.state_dict()]
    d(T.ones(4, 2)).sum().backward()
    assert m[1].bias.grad.tolist() == [4.0] * 3
    with d.no_sync():
        assert not d.require_backward_grad_sync
        d(T.ones(4, 2)).sum().backward()
    assert d.require_backward_grad_sync
    assert m[1].bias.grad.tolist() == [8.0] * 3
    with d.join():
        assert d(T.ones(4, 2)).shape == (4, 3)
    with pytest.raises(RuntimeError, match="not needed"):
        T.nn.parallel.DistributedDataParallel(T.nn.ReLU())
    with pytest.raises(ValueError, match="device_ids"):
        T.nn.parallel.DistributedDataParallel(m, device_ids=[0])


def test_no_process_group() -> None:
    assert_refused_alike(
        torch, lambda t: t.nn.parallel.DistributedDataParallel(t.nn.Linear(1, 1)),
        ["init_process_group"],
    )  # fmt: skip


def test_backends_of_attention() -> None:
    said = []
    for T in (minitorch, torch):
        A = T.nn.attention
        assert issubclass(A.SDPBackend, enum.Enum) == (T is minitorch)
        texts = [str(A.SDPBackend.MATH), repr(A.SDPBackend(1)), A.SDPBackend.ERROR.value]
        q = T.tensor(np.linspace(-1, 1, 8).reshape(1, 1, 2, 4))
        out = T.nn.functional.scaled_dot_product_attention(q, q, q)
        both = [A.SDPBackend.MATH, A.SDPBackend.FLASH_ATTENTION]
        for backends, priority in ((A.SDPBackend.MATH, False), (both, False), (both, True)):
            with A.sdpa_kernel(backends, priority):
                names = [b.name for b in A._cur_sdpa_kernel_backends()]
                again = T.nn.functional.scaled_dot_product_attention(q, q, q)
                assert np.allclose(again.numpy(), out.numpy())
            texts.append(names)
        decorated = A.sdpa_kernel(A.SDPBackend.MATH)(lambda A=A: A._cur_sdpa_kernel_backends())
        texts.append([b.name for b in decorated()])
        texts.append([b.name for b in A._cur_sdpa_kernel_backends()])
        said.append(texts)
    assert said[0] == said[1]


def test_no_backend() -> None:
    assert_refused_alike(torch, lambda t: t.nn.attention.sdpa_kernel(3).__enter__(), ["int"])


def test_shared_out_to_one_device_is_the_whole():
    parallel = minitorch.nn.parallel
    layer, x = minitorch.nn.Linear(2, 1), minitorch.ones(3, 2)
    ((part,), (named,)) = parallel.scatter_gather.scatter_kwargs((x,), None, ["cpu"])
    replicas = parallel.replicate(layer, ["cpu"])
    out = parallel.gather(parallel.parallel_apply(replicas, [part], [named]), "cpu")
    assert replicas == [layer]
    assert bool((out == layer(x)).all())
    assert parallel.scatter(x, [0]) == (x,)


def test_several_devices_are_refused():
    parallel = minitorch.nn.parallel
    layer, x = minitorch.nn.Linear(2, 1), minitorch.ones(3, 2)
    for call in (parallel.scatter, parallel.replicate):
        with pytest.raises(ValueError, match="one device"):
            call(layer, [0, 1])
    with pytest.raises(ValueError, match="gather: expected one device"):
        parallel.gather([x, x], 0)
    with pytest.raises(AssertionError, match="2 inputs"):
        parallel.parallel_apply([layer], [x, x])
