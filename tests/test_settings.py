"""Switches that scripts set once, the default device, small questions."""

from __future__ import annotations

import pytest

import minitorch
from tests.programs import attempt, programs_of, same

pytest.importorskip("torch")


def determinism(T):
    found = []
    try:
        for set_it in (
            lambda: T.use_deterministic_algorithms(True),
            lambda: T.use_deterministic_algorithms(True, warn_only=True),
            lambda: T.set_deterministic_debug_mode("error"),
            lambda: T.set_deterministic_debug_mode(1),
            lambda: T.set_deterministic_debug_mode("nonsense"),
            lambda: T.set_deterministic_debug_mode(3),
            lambda: T.set_deterministic_debug_mode(None),
            lambda: T.use_deterministic_algorithms(1),
        ):
            found += [
                attempt(set_it),
                T.are_deterministic_algorithms_enabled(),
                T.is_deterministic_algorithms_warn_only_enabled(),
                T.get_deterministic_debug_mode(),
            ]
        return found
    finally:
        T.set_deterministic_debug_mode(0)


def precision(T):
    found = []
    try:
        for wanted in ("high", "medium", "highest", "nonsense", 1):
            found += [
                attempt(T.set_float32_matmul_precision, wanted),
                T.get_float32_matmul_precision(),
                T.backends.cuda.matmul.allow_tf32,
            ]
        T.backends.cuda.matmul.allow_tf32 = True
        return found, T.get_float32_matmul_precision(), attempt(setattr, T.backends.cuda.matmul,
                                                                "nonsense", True)  # fmt: skip
    finally:
        T.set_float32_matmul_precision("highest")


def warnings_each_time(T):
    T.set_warn_always(True)
    found = T.is_warn_always_enabled()
    T.set_warn_always(False)
    return found, T.is_warn_always_enabled(), attempt(T.set_warn_always, 1)


def names_of_types(T):
    things = [T.ones(1), T.arange(2), T.FloatTensor, 3, "a", T.nn.Linear(1, 1), T.float32, int,
              T.nn.Parameter(T.ones(1)), T.nn.Module]  # fmt: skip
    return [T.typename(x) for x in things]


def questions(T):
    return T.compiled_with_cxx11_abi(), T.is_vulkan_available(), T.get_num_interop_threads() > 0


def modules_of_devices(T):
    return [
        T.get_device_module(kind).__name__.rpartition(".")[2]
        for kind in ("cpu", "cuda", T.device("cuda:1"), None)
    ], attempt(T.get_device_module, "nonsense")


def inside(T):
    singular = attempt(T.linalg.inv, T.zeros(2, 2))
    return (
        isinstance(singular.error, T._C._LinAlgError), isinstance(T.ones(1), T._C.TensorBase),
        T._C.Generator is T.Generator, T._C._log_api_usage_once("minitorch.tests"),
    )  # fmt: skip


def numbers(T):
    return T.inf, T.nan, T.pi, T.e, T.newaxis


def default_device(T):
    found = []
    try:
        for device in ("cuda", "cuda:1", "cpu", None, "nonsense", T.device("cpu")):
            found += [attempt(T.set_default_device, device), attempt(T.zeros, 1)]
            found += [attempt(T.get_default_device), attempt(T.tensor, [1.0]), attempt(T.rand, 0)]
            found += [T.zeros(1, device="cpu").double(), attempt(T.nn.Linear, 0, 0)]
        return [f for f in found if not isinstance(f, T.nn.Module)]
    finally:
        T.set_default_device(None)


def device_as_context(T):
    with T.device("cuda") as outer:
        found = [outer, attempt(T.zeros, 1)]
        with T.device("cpu"):
            found.append(T.zeros(1))
        found.append(attempt(T.zeros, 1))
    return found, T.zeros(1)


def use_of_devices(T):
    x, layer = T.ones(1), T.nn.Linear(1, 1)
    calls = [
        lambda: x.cuda(), lambda: x.cuda(non_blocking=True), lambda: x.to("cuda"), lambda: x.to(0),
        lambda: x.to("cuda:1", T.float64), lambda: x.xpu(), lambda: x.to("xpu"),
        lambda: layer.cuda(), lambda: T.device(0), lambda: x.to("cpu") is x, lambda: x.cpu() is x,
        lambda: T.rand(1, device="cuda"), lambda: T.zeros_like(x, device="cuda"),
        lambda: T.arange(3, device="cuda"), lambda: x.new_zeros(1, device="cuda"),
    ]  # fmt: skip
    return [attempt(call) for call in calls]


PROGRAMS = programs_of(globals())


@pytest.mark.differential
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_settings_are_torchs(program) -> None:
    same(program)


def test_the_number_of_operations_at_a_time_is_set_once(monkeypatch):
    from minitorch import settings

    monkeypatch.setattr(settings, "_interop", [])
    for wrong in (0, "2"):
        with pytest.raises(RuntimeError, match="positive integer"):
            minitorch.set_num_interop_threads(wrong)
    minitorch.set_num_interop_threads(3)
    assert minitorch.get_num_interop_threads() == 3
    with pytest.raises(RuntimeError, match="set once"):
        minitorch.set_num_interop_threads(3)


def test_denormal_numbers_stay():
    assert minitorch.set_flush_denormal(True) is False
    assert (minitorch.tensor([1e-40]) * 1).item() > 0


def test_what_it_was_built_with_is_shown():
    config = minitorch.__config__
    assert "NumPy" in config.show()
    assert f"get_num_threads() : {minitorch.get_num_threads()}" in config.parallel_info()
