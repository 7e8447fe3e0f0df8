"""Collective operations on Python objects, which travel by pickle."""

from __future__ import annotations

import pickle
from typing import Any

from minitorch.distributed.distributed_c10d import check_rank, member

__all__ = ["all_gather_object", "broadcast_object_list", "gather_object", "scatter_object_list"]


def _sent(obj: Any) -> Any:
    return pickle.loads(pickle.dumps(obj))


def all_gather_object(object_list: list, obj: Any, group: Any = None) -> None:
    """The objects of all processes in the list: a copy of this one's."""
    if member(group):
        object_list[0] = _sent(obj)


def gather_object(
    obj: Any,
    object_gather_list: list | None = None,
    dst: int | None = None,
    group: Any = None,
    group_dst: int | None = None,
) -> None:
    """The objects of all processes in the list of process `dst`, 0 unless it is given."""
    if not member(group):
        return
    check_rank(dst or group_dst or 0, None, "dst", "gather_object")
    if not object_gather_list:
        raise ValueError("Argument object_gather_list must be specified on destination rank.")
    object_gather_list[0] = _sent(obj)


def broadcast_object_list(
    object_list: list,
    src: int | None = None,
    group: Any = None,
    device: Any = None,
    group_src: int | None = None,
) -> None:
    """The list of process `src` in all: of process 0, the list as it is."""
    if member(group):
        check_rank(src, group_src, "src", "broadcast_object_list")


def scatter_object_list(
    scatter_object_output_list: list,
    scatter_object_input_list: list | None = None,
    src: int | None = None,
    group: Any = None,
    group_src: int | None = None,
) -> None:
    """Each process gets its object of the list of process `src`, 0 unless it is given."""
    if not member(group):
        return
    if not isinstance(scatter_object_output_list, list) or not scatter_object_output_list:
        raise ValueError("scatter_object_list: expected a list of one object to be filled")
    check_rank(src or group_src or 0, None, "src", "scatter_object_list")
    if not scatter_object_input_list:
        raise ValueError("Argument scatter_object_input_list must be specified on source rank.")
    scatter_object_output_list[0] = _sent(scatter_object_input_list[0])
