"""torch.cuda on a machine without CUDA: queries answer, use is refused.

`is_available()` is False, so that scripts which ask run on the CPU; seeds are accepted, as torch's
CPU build accepts them; what would need a device raises.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from minitorch import backend, dtypes
from minitorch._later import later
from minitorch.accelerator import AcceleratorError, OutOfMemoryError
from minitorch.backend import not_compiled
from minitorch.cuda.memory import (
    caching_allocator_alloc,
    empty_cache,
    ipc_collect,
    max_memory_allocated,
    max_memory_cached,
    max_memory_reserved,
    mem_get_info,
    memory_allocated,
    memory_cached,
    memory_reserved,
    memory_snapshot,
    memory_stats,
    memory_summary,
    reset_accumulated_memory_stats,
    reset_max_memory_allocated,
    reset_max_memory_cached,
    reset_peak_memory_stats,
    set_per_process_memory_fraction,
)
from minitorch.cuda.random import (
    get_rng_state,
    get_rng_state_all,
    initial_seed,
    manual_seed,
    manual_seed_all,
    seed,
    seed_all,
    set_rng_state,
    set_rng_state_all,
)
from minitorch.cuda.streams import (
    Event,
    Stream,
    StreamContext,
    current_stream,
    default_stream,
    set_stream,
    stream,
)
from minitorch.legacy import tensor_type

__all__ = [
    "AcceleratorError", "BFloat16Tensor", "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor",
    "Event", "FloatTensor", "HalfTensor", "IntTensor", "LongTensor", "OutOfMemoryError",
    "ShortTensor", "Stream", "StreamContext", "amp", "caching_allocator_alloc",
    "can_device_access_peer", "current_blas_handle", "current_device", "current_stream",
    "default_generators", "default_stream", "device", "device_count", "device_of", "empty_cache",
    "get_arch_list", "get_device_capability", "get_device_name", "get_device_properties",
    "get_gencode_flags", "get_rng_state", "get_rng_state_all", "get_sync_debug_mode", "init",
    "initial_seed", "ipc_collect", "is_available", "is_bf16_supported",
    "is_current_stream_capturing", "is_initialized", "is_tf32_supported", "manual_seed",
    "manual_seed_all", "max_memory_allocated", "max_memory_cached", "max_memory_reserved",
    "mem_get_info", "memory_allocated", "memory_cached", "memory_reserved", "memory_snapshot",
    "memory_stats", "memory_summary", "nvtx", "reset_accumulated_memory_stats",
    "reset_max_memory_allocated", "reset_max_memory_cached", "reset_peak_memory_stats", "seed",
    "seed_all", "set_device", "set_per_process_memory_fraction", "set_rng_state",
    "set_rng_state_all", "set_stream", "set_sync_debug_mode", "stream", "synchronize",
    "utilization",
]  # fmt: skip

__getattr__ = later(__name__, {"amp": "", "nvtx": "", "nccl": "", "comm": ""})

has_half = True
has_magma = False
default_generators: tuple = ()

BFloat16Tensor = tensor_type(dtypes.bfloat16, cuda=True)
BoolTensor = tensor_type(dtypes.bool_, cuda=True)
ByteTensor = tensor_type(dtypes.uint8, cuda=True)
CharTensor = tensor_type(dtypes.int8, cuda=True)
DoubleTensor = tensor_type(dtypes.float64, cuda=True)
FloatTensor = tensor_type(dtypes.float32, cuda=True)
HalfTensor = tensor_type(dtypes.float16, cuda=True)
IntTensor = tensor_type(dtypes.int32, cuda=True)
LongTensor = tensor_type(dtypes.int64, cuda=True)
ShortTensor = tensor_type(dtypes.int16, cuda=True)


# ------------------------------------------------------------------ what can be answered


def is_available() -> bool:
    """Whether a GPU can be used: never."""
    return False


is_initialized = is_available


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether the GPU computes in bfloat16: there is none."""
    return False


is_tf32_supported = is_available


def device_count() -> int:
    """How many GPUs there are: 0."""
    return 0


def get_arch_list() -> list[str]:
    """The kinds of GPUs that code was compiled for: none."""
    return []


def get_gencode_flags() -> str:
    """The compiler's flags for them: none."""
    return ""


# ------------------------------------------------------------------ what needs a device


def init() -> None:
    """Start CUDA. Raises: AssertionError, as there is none."""
    raise not_compiled("cuda")


_lazy_init = init


def current_device() -> int:
    """The number of the chosen GPU. Raises: AssertionError, as there is none."""
    raise not_compiled("cuda")


current_blas_handle = get_sync_debug_mode = is_current_stream_capturing = current_device


def synchronize(device: Any = None) -> None:
    """Wait for the GPU. Raises: AssertionError, as there is none."""
    raise not_compiled("cuda")


def get_device_name(device: Any = None) -> str:
    """What the GPU is called. Raises: AssertionError, as there is none."""
    raise not_compiled("cuda")


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """What the GPU can do. Raises: AssertionError, as there is none."""
    raise not_compiled("cuda")


def get_device_properties(device: Any = None) -> Any:
    """What the GPU is like. Raises: AssertionError, as there is none."""
    raise not_compiled("cuda")


utilization = get_device_properties


def can_device_access_peer(device: Any, peer_device: Any) -> bool:
    """Whether one GPU reads the memory of another. Raises: AssertionError, as there is none."""
    raise not_compiled("cuda")


def set_sync_debug_mode(debug_mode: Any) -> None:
    """Whether waiting warns. Raises: AssertionError, as there is no GPU."""
    raise not_compiled("cuda")


def index_of(device: Any) -> int:
    """The number of the GPU `device` names. Raises: ValueError for a device of another kind."""
    if isinstance(device, int):
        return device
    found = backend.device(device)
    if found.type != "cuda":
        raise ValueError(f"expected a cuda device, got '{found}'")
    return 0 if found.index is None else found.index


def set_device(device: Any) -> None:
    """Choose the GPU; a negative number chooses none.

    Raises: AssertionError for any other, as there is none; ValueError for what is no GPU.
    """
    if index_of(device) >= 0:
        raise not_compiled("cuda")


class device(AbstractContextManager):
    """Choose the GPU inside; None or a negative number: do nothing.

    Raises: AssertionError when entered with another one.
    """

    def __init__(self, device: Any) -> None:
        self.idx = None if device is None else index_of(device)

    def __enter__(self) -> None:
        if self.idx is not None:
            set_device(self.idx)

    def __exit__(self, *error: Any) -> None:
        return None


class device_of(device):
    """Choose inside the GPU that `obj` is on: no tensor is on any, so nothing happens."""

    def __init__(self, obj: Any) -> None:
        super().__init__(obj.get_device() if obj.is_cuda else -1)
