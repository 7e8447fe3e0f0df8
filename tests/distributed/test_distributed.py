"""torch.distributed in a world of size 1, beside torch's with gloo."""

from __future__ import annotations

import os

import pytest

import minitorch
from tests.programs import attempt, programs_of, same

pytest.importorskip("torch")


def before(T):
    d, x = T.distributed, T.ones(1)
    calls = [
        d.get_rank, d.get_world_size, d.get_backend, d.barrier, lambda: d.all_reduce(x),
        d.destroy_process_group, lambda: d.new_group([0]), lambda: d.broadcast(x, 0),
        lambda: d.all_gather([x], x), lambda: d.all_gather_object([None], 1), d.get_node_local_rank,
        d.is_available, d.is_initialized, d.is_nccl_available, d.is_mpi_available,
        d.is_ucc_available, d.is_xccl_available, d.is_torchelastic_launched, d.is_gloo_available,
        lambda: d.group.WORLD, lambda: d.GroupMember.WORLD, lambda: d.default_pg_timeout,
        lambda: d.get_node_local_rank(fallback_rank=3), lambda: d.is_backend_available("nccl"),
    ]  # fmt: skip
    return [attempt(call) for call in calls]


def names(T):
    d = T.distributed
    return [
        d.get_default_backend_for_device("cpu"), d.get_default_backend_for_device("cuda"),
        d.Backend.GLOO, d.Backend("NCCL"), d.Backend("Mine"), attempt(d.Backend, 3),
        [op.name for op in (d.ReduceOp.SUM, d.ReduceOp.AVG, d.ReduceOp.BXOR)],
        repr(d.ReduceOp.MAX), d.supports_complex(d.ReduceOp.MAX),
        d.supports_complex(d.ReduceOp.SUM), d.GroupMember.NON_GROUP_MEMBER,
        [c.__name__ for c in d.DistNetworkError.__mro__],
    ]  # fmt: skip


def world(T):
    d = T.distributed
    d.init_process_group("gloo")
    found = [
        attempt(d.init_process_group, "gloo"), d.is_initialized(), d.get_rank(), d.get_backend(),
        d.get_world_size(), d.get_backend_config(), d.group.WORLD.size(), d.group.WORLD.rank(),
        d.group.WORLD.name(), d.get_process_group_ranks(None), d.barrier(), d.monitored_barrier(),
    ]  # fmt: skip
    some = d.new_group([0])
    found += [
        d.get_rank(some), d.get_world_size(some), d.get_process_group_ranks(some),
        d.get_global_rank(some, 0), d.get_group_rank(some, 0), attempt(d.new_group, [1]),
        attempt(d.new_group, [0, 1]), d.get_rank(d.GroupMember.NON_GROUP_MEMBER),
        d.all_reduce(T.ones(1), group=some), d.destroy_process_group(some),
        d.new_subgroups(1)[0].size(),
        d.destroy_process_group(), d.is_initialized(), attempt(d.get_rank),
    ]  # fmt: skip
    return found


def collectives(T):
    d = T.distributed
    d.init_process_group(backend="gloo", rank=0, world_size=1)
    x, seven = T.arange(4.0), T.full((4,), 7.0)
    found = [d.all_reduce(x), x.clone(), d.all_reduce(x, op=d.ReduceOp.AVG), x.clone()]
    found += [
        d.broadcast(x, 0),
        d.broadcast(x, src=0),
        d.reduce(x, 0),
        d.reduce(x, dst=0),
        x.clone(),
    ]
    lists = [[T.full((4,), 9.0)] for _ in range(4)]
    d.all_gather(lists[0], x)
    d.gather(x, lists[1], dst=0)
    d.all_to_all(lists[2], [x])
    d.scatter(lists[3][0], [seven], src=0)
    outs = [T.full((4,), 9.0) for _ in range(4)]
    d.reduce_scatter(outs[0], [seven])
    d.reduce_scatter_single(outs[1], x)
    d.all_gather_single(outs[2], seven)
    d.all_to_all_single(outs[3], x)
    objects = [[None] for _ in range(4)]
    d.all_gather_object(objects[0], {"a": 1})
    d.gather_object(2, objects[1])
    d.scatter_object_list(objects[2], [[3]])
    d.broadcast_object_list(objects[2], src=0)
    return found, lists, outs, objects


def done_at_once(T):
    d = T.distributed
    d.init_process_group("gloo")
    x = T.ones(2)
    work = d.all_reduce(x, async_op=True)
    found = [work.wait(), work.is_completed(), work.get_future().wait(), x]
    return found, [
        d.broadcast(x, 0, async_op=True).wait(), d.barrier(async_op=True).wait(),
        d.all_gather([T.ones(2)], x, async_op=True).wait(),
    ]  # fmt: skip


def gradients(T):
    d = T.distributed
    d.init_process_group("gloo")
    w = T.ones(2, requires_grad=True)
    (w * 3).sum().backward()
    d.all_reduce(w.grad)
    d.all_reduce(w)
    d.broadcast(w, 0)
    parameters = [T.zeros(2)]
    d.all_gather(parameters, w)
    return w.grad, w, parameters


def bad_input(T):
    d = T.distributed
    d.init_process_group("gloo")
    x = T.ones(4)
    calls = [
        lambda: d.all_reduce(3), lambda: d.all_reduce([x]), lambda: d.all_reduce(x, op=3),
        lambda: d.all_reduce(x, op=d.ReduceOp.BAND), lambda: d.broadcast(x, 1),
        lambda: d.reduce(x, 1), lambda: d.all_gather([x, x], x),
        lambda: d.all_gather([T.zeros(3)], x), lambda: d.all_gather([x.long()], x),
        lambda: d.gather(x), lambda: d.gather(x, [x], dst=1), lambda: d.scatter(x),
        lambda: d.scatter(x, [x], src=1), lambda: d.all_gather_single(T.zeros(8), x),
        lambda: d.broadcast_object_list([1], src=1), lambda: d.all_gather_object([], 1),
        lambda: d.send(x, 0),
    ]  # fmt: skip
    return [attempt(call) for call in calls]


def rendezvous(T):
    d = T.distributed
    found = [attempt(d.init_process_group, "gloo", init_method="nonsense")]
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        value = os.environ.pop(name)
        found.append(attempt(d.init_process_group, "gloo"))
        os.environ[name] = value
    port = os.environ["MASTER_PORT"]
    d.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=0, world_size=1)
    found.append(d.get_world_size())
    d.destroy_process_group()
    return found, attempt(d.init_process_group, "gloo", init_method="env://", store=object())


@pytest.mark.differential
@pytest.mark.parametrize("program", programs_of(globals()), ids=lambda f: f.__name__)
def test_a_world_of_one_is_torchs(program) -> None:
    same(program)


@pytest.mark.parametrize("backend", ["nccl", "mpi", None, "cpu:gloo,cuda:nccl"])
def test_any_backend_is_a_name(backend):
    minitorch.distributed.init_process_group(backend)
    assert minitorch.distributed.get_backend() == (backend or "undefined")


def test_several_processes_are_refused(monkeypatch):
    with pytest.raises(NotImplementedError, match="one process, got world size 4"):
        minitorch.distributed.init_process_group("gloo", rank=0, world_size=4)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(NotImplementedError, match="got world size 2"):
        minitorch.distributed.init_process_group("nccl")
    with pytest.raises(ValueError, match="rank 0 of world size 1, got 1"):
        minitorch.distributed.init_process_group("gloo", rank=1, world_size=1)
    assert not minitorch.distributed.is_initialized()


def test_there_is_nobody_to_talk_to():
    d = minitorch.distributed
    d.init_process_group("gloo")
    for call in (d.send, d.isend, d.recv, d.irecv):
        with pytest.raises(ValueError, match="no process beside this one"):
            call(minitorch.ones(1), 1)


def test_objects_arrive_as_copies():
    minitorch.distributed.init_process_group("gloo")
    sent, received = [1], [None]
    minitorch.distributed.all_gather_object(received, sent)
    assert received[0] == sent
    assert received[0] is not sent


def test_those_outside_a_group_do_nothing():
    d = minitorch.distributed
    d.init_process_group("gloo")
    outside, x = d.new_group([]), minitorch.ones(1)
    assert outside == d.GroupMember.NON_GROUP_MEMBER
    assert d.all_reduce(x, group=outside, async_op=True) is None
    assert d.scatter(x, [x + 1], group=outside) is None
    assert x.item() == 1


def test_a_group_that_is_gone_and_old_names_are_told():
    d = minitorch.distributed
    d.init_process_group("gloo")
    some, x = d.new_group(), minitorch.ones(1)
    d.destroy_process_group(some)
    with pytest.raises(ValueError, match="was destroyed"):
        d.all_reduce(x, group=some)
    for old in (d.all_gather_into_tensor, d.reduce_scatter_tensor):
        with pytest.warns(FutureWarning, match=old.__name__):
            old(minitorch.zeros(1), x)
