"""Groups of processes, of which there is one: who is in them, and what joins them."""

from __future__ import annotations

import enum
import os
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlparse

from minitorch import backend as devices
from minitorch.futures import Future

default_pg_timeout = timedelta(minutes=30)

__all__ = [
    "Backend",
    "DistBackendError",
    "DistError",
    "DistNetworkError",
    "DistStoreError",
    "GroupMember",
    "ProcessGroup",
    "ReduceOp",
    "Work",
    "default_pg_timeout",
    "destroy_process_group",
    "get_backend",
    "get_backend_config",
    "get_default_backend_for_device",
    "get_global_rank",
    "get_group_rank",
    "get_node_local_rank",
    "get_process_group_ranks",
    "get_rank",
    "get_world_size",
    "group",
    "init_process_group",
    "is_available",
    "is_backend_available",
    "is_gloo_available",
    "is_initialized",
    "is_mpi_available",
    "is_nccl_available",
    "is_torchelastic_launched",
    "is_ucc_available",
    "is_xccl_available",
    "new_group",
    "new_subgroups",
    "supports_complex",
]


class DistError(RuntimeError):
    """What torch raises where processes cannot work together."""


class DistBackendError(DistError):
    """What it raises where a backend fails."""


class DistNetworkError(DistError):
    """What it raises where a connection fails."""


class DistStoreError(DistError):
    """What it raises where the store of addresses fails."""


class ReduceOp(enum.Enum):
    """How tensors of several processes become one."""

    SUM = 0
    AVG = 1
    PRODUCT = 2
    MIN = 3
    MAX = 4
    BAND = 5
    BOR = 6
    BXOR = 7
    PREMUL_SUM = 8

    def __repr__(self) -> str:
        return f"<RedOpType.{self.name}: {self.value}>"


def supports_complex(reduceOp: ReduceOp) -> bool:
    """Whether complex numbers can be reduced this way."""
    return reduceOp in (ReduceOp.SUM, ReduceOp.AVG, ReduceOp.PREMUL_SUM)


class Backend(str):
    """The name of what carries tensors between processes, in lower case."""

    UNDEFINED = "undefined"
    GLOO = "gloo"
    NCCL = "nccl"
    XCCL = "xccl"
    UCC = "ucc"
    MPI = "mpi"

    def __new__(cls, name: str) -> Backend:
        if not isinstance(name, str):
            raise ValueError(f"Backend: expected a name, got {name!r}")
        return super().__new__(cls, name.lower())


class Work:
    """A collective operation, begun with `async_op=True`; here it is done when it begins."""

    def __init__(self, *result: Any) -> None:
        self._result = list(result)

    def wait(self, timeout: timedelta | None = None) -> bool:
        """Wait for its end: True."""
        return True

    def is_completed(self) -> bool:
        """Whether it is done: always."""
        return True

    is_success = is_completed

    def exception(self) -> None:
        """What went wrong: nothing."""
        return

    def result(self) -> list:
        """The tensors it wrote."""
        return self._result

    def get_future(self) -> Future:
        """A future of `result()`."""
        future: Future = Future()
        future.set_result(self._result)
        return future


# ------------------------------------------------------------------ groups


class ProcessGroup:
    """The processes that work together: this one."""

    def __init__(self, name: str, number: int) -> None:
        self._backend, self.group_name = name, str(number)

    def rank(self) -> int:
        """The number of this process: 0."""
        return 0

    def size(self) -> int:
        """How many processes there are: 1."""
        return 1

    def name(self) -> str:
        """The backend's name."""
        return self._backend


_world: list[ProcessGroup] = []  # the default group, once there is one
_groups: list[ProcessGroup] = []  # all that exist, it first


class _Groups(type):
    @property
    def WORLD(cls) -> ProcessGroup | None:
        """The group of all processes, None before `init_process_group`."""
        return _world[0] if _world else None


class group(metaclass=_Groups):
    """`group.WORLD` is the group of all processes."""


class GroupMember(metaclass=_Groups):
    """`GroupMember.NON_GROUP_MEMBER` is what `new_group` returns to those outside."""

    NON_GROUP_MEMBER = -100


_NOT_INITIALIZED = (
    "Default process group has not been initialized, please make sure to call init_process_group."
)


def member(of: Any) -> bool:
    """Whether this process is in the group `of`, None for all.

    Raises: ValueError before `init_process_group`, or for a group that is gone.
    """
    if not _world:
        raise ValueError(_NOT_INITIALIZED)
    if of == GroupMember.NON_GROUP_MEMBER:
        return False
    if of is not None and of not in _groups:
        raise ValueError(f"expected a process group, got {of!r}, or it was destroyed")
    return True


def _found(of: Any) -> ProcessGroup:
    if not member(of):
        raise ValueError("Invalid process group specified: this process is not in it")
    return _world[0] if of is None else of


def check_rank(rank: int | None, group_rank: int | None, what: str, called: str) -> None:
    """Refuse a source or a destination that is not in the world."""
    if rank is None:
        rank = group_rank
    if rank is None:
        raise ValueError(f"{called}: expected {what} or group_{what}, got neither")
    if rank != 0:
        raise RuntimeError(f"{called}: invalid root rank: {rank}, there is only process 0")


# ------------------------------------------------------------------ joining


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: timedelta | None = None,
    world_size: int = -1,
    rank: int = -1,
    store: Any = None,
    group_name: str = "",
    pg_options: Any = None,
    device_id: Any = None,
) -> None:
    """Make the group of all processes, of which there has to be one.

    Rank and world size come from the arguments, from `init_method`, or (env://) from RANK and
    WORLD_SIZE in the environment, beside MASTER_ADDR and MASTER_PORT.
    Raises: ValueError where they are missing or there is a group already; NotImplementedError for a
    world of several processes.
    Differs: the backend is a name and nothing else, so that "nccl" too is accepted.
    """
    if _world:
        raise ValueError("trying to initialize the default process group twice!")
    if store is not None and init_method is not None:
        raise AssertionError("init_process_group: expected init_method or store, got both")
    if store is None:
        rank, world_size = _rendezvous(init_method or "env://", rank, world_size)
    if world_size > 1:
        raise NotImplementedError(
            f"init_process_group: minitorch trains in one process, got world size {world_size}: "
            "start the script once, with WORLD_SIZE=1 and RANK=0"
        )
    if rank != 0 or world_size < 1:
        raise ValueError(
            f"init_process_group: expected rank 0 of world size 1, got {rank} of {world_size}"
        )
    _world.append(ProcessGroup(Backend(backend or Backend.UNDEFINED), 0))
    _groups.append(_world[0])


def _rendezvous(url: str, rank: int, world_size: int) -> tuple[int, int]:
    """Rank and world size, given or found where `url` says."""
    parts = urlparse(url)
    if parts.scheme not in ("env", "tcp", "file"):
        raise RuntimeError(f"No rendezvous handler for {parts.scheme}://")
    asked = {name: int(values[0]) for name, values in parse_qs(parts.query).items()}
    rank = rank if rank >= 0 else asked.get("rank", -1)
    world_size = world_size if world_size >= 0 else asked.get("world_size", -1)
    if parts.scheme == "env":
        rank = rank if rank >= 0 else int(_environment("RANK"))
        world_size = world_size if world_size >= 0 else int(_environment("WORLD_SIZE"))
        _environment("MASTER_ADDR")
        int(_environment("MASTER_PORT"))
    for name, value in (("rank", rank), ("world_size", world_size)):
        if value < 0:
            raise ValueError(f"init_process_group: {url} needs the argument {name}")
    return rank, world_size


def _environment(name: str) -> str:
    found = os.environ.get(name)
    if found is None:
        raise ValueError(
            f"init_process_group: env:// needs the environment variable {name}, and it is not set"
        )
    return found


def destroy_process_group(group: Any = None) -> None:
    """Leave a group; without one, all. Raises: AssertionError where there is none."""
    if group == GroupMember.NON_GROUP_MEMBER:
        return
    if group is None or (_world and group is _world[0]):
        if not _world:
            raise AssertionError("Process group cannot be None: there is none to destroy")
        _world.clear()
        _groups.clear()
        return
    _groups.remove(_found(group))


def new_group(
    ranks: Any = None,
    timeout: timedelta | None = None,
    backend: str | None = None,
    pg_options: Any = None,
    use_local_synchronization: bool = False,
    group_desc: str | None = None,
    device_id: Any = None,
) -> Any:
    """Another group of the processes `ranks`, None for all.

    Raises: ValueError for a process that is not in the world.
    """
    world = _found(None)
    if ranks is not None:
        for rank in ranks:
            if rank != 0:
                raise ValueError(f"new_group: expected rank 0, the only process, got {rank}")
        if len(ranks) > 1:
            raise ValueError(f"new_group: expected each process once, got {list(ranks)}")
        if not len(ranks):
            return GroupMember.NON_GROUP_MEMBER
    made = ProcessGroup(Backend(backend) if backend else Backend(world.name()), len(_groups))
    _groups.append(made)
    return made


def new_subgroups(group_size: int | None = None, **how: Any) -> tuple:
    """The world in groups of this size. Returns: (this process's group, all of them)."""
    _found(None)
    if group_size not in (None, 1):
        raise ValueError(f"new_subgroups: expected groups of 1, the world size, got {group_size}")
    made = new_group()
    return made, [made]


# ------------------------------------------------------------------ questions


def is_available() -> bool:
    """Whether there is torch.distributed: yes."""
    return True


def is_initialized() -> bool:
    """Whether `init_process_group` was called."""
    return bool(_world)


def get_rank(group: Any = None) -> int:
    """The number of this process: 0; -1 outside the group."""
    return 0 if member(group) else -1


def get_world_size(group: Any = None) -> int:
    """How many processes there are: 1; -1 outside the group."""
    return 1 if member(group) else -1


def get_backend(group: Any = None) -> Backend:
    """The backend's name."""
    return Backend(_found(group).name())


def get_backend_config(group: Any = None) -> str:
    """The backend of each kind of device: 'cpu:gloo,cuda:gloo'."""
    name = get_backend(group)
    if name == Backend.UNDEFINED:
        return "cpu:gloo"
    return name if ":" in name else f"cpu:{name},cuda:{name}"


def get_default_backend_for_device(device: Any) -> str:
    """The backend torch takes for a device: gloo for the CPU, nccl for CUDA."""
    kind = devices.device(device).type
    known = {"cpu": "gloo", "cuda": "nccl", "xpu": "xccl", "mps": "gloo"}
    if kind not in known:
        raise ValueError(f"get_default_backend_for_device: there is none for '{kind}'")
    return known[kind]


def get_process_group_ranks(group: Any) -> list[int]:
    """The numbers of the processes in a group: [0]."""
    return [_found(group).rank()]


def get_global_rank(group: Any, group_rank: int) -> int:
    """The number in the world of a process of the group."""
    _found(group)
    if group_rank != 0:
        raise ValueError(f"get_global_rank: there is no rank {group_rank} in the group")
    return 0


def get_group_rank(group: Any, global_rank: int) -> int:
    """The number in the group of a process of the world."""
    _found(group)
    if global_rank != 0:
        raise ValueError(f"get_group_rank: process {global_rank} is not in the group")
    return 0


def get_node_local_rank(fallback_rank: int | None = None) -> int:
    """LOCAL_RANK of the environment. Raises: RuntimeError without it and without a fallback."""
    if "LOCAL_RANK" in os.environ:
        return int(os.environ["LOCAL_RANK"])
    if fallback_rank is None:
        raise RuntimeError("get_node_local_rank: LOCAL_RANK is not in the environment")
    return int(fallback_rank)


def is_gloo_available() -> bool:
    """Whether processes can talk over the network: there is only one, which can be called so."""
    return True


def is_nccl_available() -> bool:
    """Whether NVIDIA's library is there: no."""
    return False


is_mpi_available = is_ucc_available = is_xccl_available = is_nccl_available


def is_backend_available(backend: str) -> bool:
    """Whether torch's CPU build would have this backend: gloo."""
    return backend.lower() == Backend.GLOO


def is_torchelastic_launched() -> bool:
    """Whether torchrun started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ
