"""torch.cuda and its kin where there is no accelerator: what is answered, what is refused."""

from __future__ import annotations

import pytest

import minitorch
from tests.programs import attempt, same

torch = pytest.importorskip("torch")

ANSWERED = {
    "cuda": "is_available device_count is_initialized is_bf16_supported is_tf32_supported "
    "get_arch_list get_gencode_flags empty_cache memory_allocated memory_reserved "
    "max_memory_allocated max_memory_reserved memory_stats seed seed_all "
    "get_rng_state_all",
    "mps": "is_available device_count",
    "xpu": "is_available device_count is_initialized is_bf16_supported empty_cache seed seed_all "
    "memory_allocated memory_reserved max_memory_allocated max_memory_reserved memory_stats",
    "cpu": "is_available device_count is_initialized current_device synchronize",
    "accelerator": "is_available device_count current_accelerator",
}
REFUSED = {
    "cuda": "init current_device synchronize get_device_name get_device_capability "
    "get_device_properties get_rng_state initial_seed mem_get_info ipc_collect current_stream "
    "default_stream current_blas_handle get_sync_debug_mode Stream Event",
    "mps": "synchronize seed get_rng_state empty_cache current_allocated_memory "
    "driver_allocated_memory recommended_max_memory",
    "xpu": "init current_device synchronize get_device_name get_device_capability "
    "get_device_properties",
    "accelerator": "synchronize current_device_index current_stream empty_cache "
    "memory_allocated memory_reserved memory_stats reset_peak_memory_stats get_memory_info",
}
CALLS = [
    (kind, name) for table in (ANSWERED, REFUSED) for kind in table for name in table[kind].split()
]
CLEARER = (
    "reset_peak_memory_stats reset_max_memory_allocated reset_accumulated_memory_stats "
    "memory_summary memory_snapshot utilization"
).split()


@pytest.mark.differential
@pytest.mark.parametrize(("kind", "name"), CALLS)
def test_queries_are_answered_or_refused_as_by_torch(kind, name) -> None:
    found = attempt(getattr(getattr(minitorch, kind), name))
    theirs = attempt(getattr(getattr(torch, kind), name))
    assert type(found) is type(theirs), (found, theirs)
    if name in ANSWERED.get(kind, "").split():
        assert found == theirs
    else:
        assert type(found.error) is type(theirs.error)


@pytest.mark.parametrize("name", CLEARER)
def test_where_torch_stumbles_the_reason_is_said(name) -> None:
    with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
        getattr(minitorch.cuda, name)()


PROGRAMS = {
    "seeds": lambda T: [
        attempt(seed, value)
        for seed in (T.cuda.manual_seed, T.cuda.manual_seed_all, T.xpu.manual_seed)
        for value in (0, 1.5, "a")
    ],
    "states": lambda T: [T.cuda.set_rng_state_all([]), attempt(T.cuda.set_rng_state_all, 3)],
    "chosen devices": lambda T: [
        attempt(T.cuda.set_device, "cpu"), T.cuda.device(-1).idx, T.cuda.device(None).idx,
        T.cuda.device("cuda:1").idx, attempt(T.cuda.device, "cpu"),
        T.cuda.device_of(T.ones(1)).idx, T.cuda.device(-1).__enter__(),
        attempt(T.accelerator.set_device_index, 0),
        attempt(T.accelerator.device_index(0).__enter__),
        T.accelerator.device_index(None).__enter__(),
    ],
    "streams": lambda T: [T.cuda.stream(None).__enter__(), T.cpu.current_stream() is not None],
    "marks": lambda T: [attempt(T.cuda.nvtx.range_push, "a"), attempt(T.cuda.nvtx.range_pop),
                        attempt(T.cuda.nvtx.range("a").__enter__)],
    "errors": lambda T: [
        [c.__name__ for c in error.__mro__]
        for error in (T.cuda.OutOfMemoryError, T.OutOfMemoryError, T.AcceleratorError)
    ],
    "versions": lambda T: [T.version.__version__, T.version.cuda, T.version.hip, T.version.debug],
    "facts": lambda T: [T.cuda.has_half, T.cuda.has_magma, T.cuda.default_generators,
                        T.cuda.OutOfMemoryError is T.OutOfMemoryError],
}  # fmt: skip


@pytest.mark.differential
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_accelerators_that_are_missing_are_torchs(program) -> None:
    same(program)


def test_choosing_a_gpu_is_refused():
    for choose in (
        lambda: minitorch.cuda.set_device(0),
        lambda: minitorch.cuda.device(0).__enter__(),
        lambda: minitorch.cuda.comm.broadcast(minitorch.ones(1), [0]),
        lambda: minitorch.cuda.nccl.version(),
    ):
        with pytest.raises(AssertionError, match="CUDA"):
            choose()


def test_work_of_the_cpu_is_done_when_it_is_waited_for():
    stream = minitorch.cpu.Stream()
    with minitorch.cpu.stream(stream):
        event = stream.record_event()
    event.wait(stream)
    assert event.query()
