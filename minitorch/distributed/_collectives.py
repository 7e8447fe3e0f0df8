"""Collective operations among one process: sums of one tensor, copies to oneself."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from minitorch._tensor import Tensor
from minitorch.distributed.distributed_c10d import ReduceOp, Work, check_rank, member
from minitorch.grad_mode import no_grad

__all__ = [
    "all_gather",
    "all_gather_coalesced",
    "all_gather_into_tensor",
    "all_gather_single",
    "all_reduce",
    "all_reduce_coalesced",
    "all_to_all",
    "all_to_all_single",
    "barrier",
    "broadcast",
    "gather",
    "irecv",
    "isend",
    "monitored_barrier",
    "recv",
    "reduce",
    "reduce_scatter",
    "reduce_scatter_single",
    "reduce_scatter_tensor",
    "scatter",
    "send",
]


def _check(tensor: Any, name: str, called: str) -> Tensor:
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{called}: expected {name} to be a Tensor, got {type(tensor).__name__}")
    return tensor


def _one(tensors: Any, name: str, called: str) -> Tensor:
    """The tensor in a list with one for each process."""
    if not isinstance(tensors, (list, tuple)):
        raise TypeError(f"{called}: expected {name} to be a list of Tensors, got {tensors!r}")
    if len(tensors) != 1:
        raise RuntimeError(
            f"{called}: expected one tensor for each of 1 processes in {name}, got {len(tensors)}"
        )
    return _check(tensors[0], name, called)


def _check_op(op: Any, tensor: Tensor, called: str) -> None:
    if not isinstance(op, ReduceOp):
        raise TypeError(f"{called}: expected a ReduceOp, got {op!r}")
    bits = op in (ReduceOp.BAND, ReduceOp.BOR, ReduceOp.BXOR)
    if bits and tensor.dtype.is_floating_point:
        raise RuntimeError(f"{called}: cannot use ReduceOp.{op.name} with {tensor.dtype}")


def _put(target: Tensor, source: Tensor, called: str) -> None:
    """Copy what a process sends to where it receives, of one dtype and size."""
    if target.dtype is not source.dtype:
        raise ValueError(f"{called}: tensors differ in dtype: {target.dtype} and {source.dtype}")
    if target.numel() != source.numel():
        raise RuntimeError(
            f"{called}: tensors differ in size: {list(target.shape)} and {list(source.shape)}"
        )
    with no_grad():
        target.copy_(source.reshape(target.shape))


def _done(async_op: bool, group: Any, *result: Tensor) -> Work | None:
    return Work(*result) if async_op and member(group) else None


def barrier(group: Any = None, async_op: bool = False, device_ids: Any = None) -> Work | None:
    """Wait for all processes: this one is here."""
    member(group)
    return _done(async_op, group)


def monitored_barrier(group: Any = None, timeout: Any = None, wait_all_ranks: bool = False) -> None:
    """Wait for all processes: this one is here."""
    member(group)


def all_reduce(
    tensor: Tensor, op: ReduceOp = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Work | None:
    """The sum (or `op`) over all processes in each: of one, the tensor as it is."""
    _check_op(op, _check(tensor, "tensor", "all_reduce"), "all_reduce")
    member(group)
    return _done(async_op, group, tensor)


def all_reduce_coalesced(
    tensors: Sequence[Tensor],
    op: ReduceOp = ReduceOp.SUM,
    group: Any = None,
    async_op: bool = False,
) -> Work | None:
    """`all_reduce` of several tensors."""
    for tensor in tensors:
        all_reduce(tensor, op, group)
    return _done(async_op, group, *tensors)


def broadcast(
    tensor: Tensor,
    src: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_src: int | None = None,
) -> Work | None:
    """The tensor of process `src` in all: of process 0, the tensor as it is."""
    _check(tensor, "tensor", "broadcast")
    if member(group):
        check_rank(src, group_src, "src", "broadcast")
    return _done(async_op, group, tensor)


def reduce(
    tensor: Tensor,
    dst: int | None = None,
    op: ReduceOp = ReduceOp.SUM,
    group: Any = None,
    async_op: bool = False,
    group_dst: int | None = None,
) -> Work | None:
    """The sum (or `op`) over all processes in process `dst`: of one, the tensor as it is."""
    _check_op(op, _check(tensor, "tensor", "reduce"), "reduce")
    if member(group):
        check_rank(dst, group_dst, "dst", "reduce")
    return _done(async_op, group, tensor)


def all_gather(
    tensor_list: list[Tensor], tensor: Tensor, group: Any = None, async_op: bool = False
) -> Work | None:
    """The tensors of all processes in the list: a copy of `tensor`."""
    _check(tensor, "tensor", "all_gather")
    if member(group):
        _put(_one(tensor_list, "tensor_list", "all_gather"), tensor, "all_gather")
    return _done(async_op, group, *tensor_list)


def all_gather_coalesced(
    output_tensor_lists: list[list[Tensor]],
    input_tensor_list: list[Tensor],
    group: Any = None,
    async_op: bool = False,
) -> Work | None:
    """`all_gather` of several tensors."""
    for outputs, tensor in zip(output_tensor_lists, input_tensor_list):
        all_gather(outputs, tensor, group)
    return _done(async_op, group)


def all_gather_single(
    output: Tensor, input: Tensor, group: Any = None, async_op: bool = False
) -> Work | None:
    """The tensors of all processes one after another: a copy of the one."""
    _check(input, "input", "all_gather_single")
    if member(group):
        _put(_check(output, "output", "all_gather_single"), input, "all_gather_single")
    return _done(async_op, group, output)


def all_gather_into_tensor(
    output_tensor: Tensor, input_tensor: Tensor, group: Any = None, async_op: bool = False
) -> Work | None:
    """The old name of `all_gather_single`."""
    _renamed("all_gather_into_tensor", "all_gather_single")
    return all_gather_single(output_tensor, input_tensor, group, async_op)


def _renamed(old: str, new: str) -> None:
    warnings.warn(
        f"torch.distributed.{old} is deprecated: use torch.distributed.{new}",
        FutureWarning,
        stacklevel=3,
    )


def gather(
    tensor: Tensor,
    gather_list: list[Tensor] | None = None,
    dst: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_dst: int | None = None,
) -> Work | None:
    """The tensors of all processes in the list of process `dst`, 0 unless it is given."""
    _check(tensor, "tensor", "gather")
    if member(group):
        here = (dst or group_dst or 0) == 0
        _check_list(gather_list, "gather_list", "destination", here)
        _put(_one(gather_list, "gather_list", "gather"), tensor, "gather")
    return _done(async_op, group, *(gather_list or ()))


def _check_list(given: Any, name: str, role: str, here: bool) -> None:
    if here and not given:
        raise ValueError(f"Argument {name} must be specified on {role} rank.")
    if not here:
        raise ValueError(f"Argument {name} must NOT be specified on non-{role} ranks: there is one")


def scatter(
    tensor: Tensor,
    scatter_list: list[Tensor] | None = None,
    src: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_src: int | None = None,
) -> Work | None:
    """Each process gets its tensor of the list of process `src`, 0 unless it is given."""
    _check(tensor, "tensor", "scatter")
    if member(group):
        here = (src or group_src or 0) == 0
        _check_list(scatter_list, "scatter_list", "source", here)
        _put(tensor, _one(scatter_list, "scatter_list", "scatter"), "scatter")
    return _done(async_op, group, tensor)


def reduce_scatter(
    output: Tensor,
    input_list: list[Tensor],
    op: ReduceOp = ReduceOp.SUM,
    group: Any = None,
    async_op: bool = False,
) -> Work | None:
    """Each process gets the sum (or `op`) of its tensors in all lists: the one in the list."""
    _check_op(op, _check(output, "output", "reduce_scatter"), "reduce_scatter")
    if member(group):
        _put(output, _one(input_list, "input_list", "reduce_scatter"), "reduce_scatter")
    return _done(async_op, group, output)


def reduce_scatter_single(
    output: Tensor,
    input: Tensor,
    op: ReduceOp = ReduceOp.SUM,
    group: Any = None,
    async_op: bool = False,
) -> Work | None:
    """Each process gets its part of the sum (or `op`) of all inputs: of one, the input."""
    return reduce_scatter(output, [input], op, group, async_op)


def reduce_scatter_tensor(
    output: Tensor,
    input: Tensor,
    op: ReduceOp = ReduceOp.SUM,
    group: Any = None,
    async_op: bool = False,
) -> Work | None:
    """The old name of `reduce_scatter_single`."""
    _renamed("reduce_scatter_tensor", "reduce_scatter_single")
    return reduce_scatter_single(output, input, op, group, async_op)


def all_to_all(
    output_tensor_list: list[Tensor],
    input_tensor_list: list[Tensor],
    group: Any = None,
    async_op: bool = False,
) -> Work | None:
    """Each process sends one tensor to each: a copy of the one."""
    if member(group):
        source = _one(input_tensor_list, "input_tensor_list", "all_to_all")
        _put(_one(output_tensor_list, "output_tensor_list", "all_to_all"), source, "all_to_all")
    return _done(async_op, group, *output_tensor_list)


def all_to_all_single(
    output: Tensor,
    input: Tensor,
    output_split_sizes: Any = None,
    input_split_sizes: Any = None,
    group: Any = None,
    async_op: bool = False,
) -> Work | None:
    """Each process sends a part of its input to each: a copy of the input."""
    return all_to_all([output], [input], group, async_op)


def send(
    tensor: Tensor, dst: int | None = None, group: Any = None, tag: int = 0, group_dst: Any = None
) -> None:
    """Send a tensor to another process. Raises: ValueError, as there is none."""
    _check(tensor, "tensor", "send")
    member(group)
    where = dst if dst is not None else group_dst
    raise ValueError(f"send: there is no process beside this one, got destination {where}")


def recv(
    tensor: Tensor, src: int | None = None, group: Any = None, tag: int = 0, group_src: Any = None
) -> int:
    """Receive a tensor from another process. Raises: ValueError, as there is none."""
    _check(tensor, "tensor", "recv")
    member(group)
    where = src if src is not None else group_src
    raise ValueError(f"recv: there is no process beside this one, got source {where}")


isend, irecv = send, recv
