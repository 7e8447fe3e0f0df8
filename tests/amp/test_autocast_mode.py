"""autocast as a mark: on and off as torch's, numbers as they are."""

from __future__ import annotations

import pytest

import minitorch
from tests.programs import attempt, programs_of, same

pytest.importorskip("torch")


def state(T):
    return [
        [T.is_autocast_enabled(kind), T.get_autocast_dtype(kind)] for kind in ("cpu", "cuda", "mps")
    ] + [T.is_autocast_enabled(), T.is_autocast_cache_enabled()]


def contexts(T):
    found = [state(T)]
    with T.autocast("cpu"):
        found.append(state(T))
        with T.autocast("cpu", dtype=T.float16, cache_enabled=False):
            found.append(state(T))
            with T.autocast("cpu", enabled=False):
                found.append(state(T))
        found.append(state(T))
    return found, state(T)


def decorated(T):
    @T.autocast("cpu", dtype=T.float16)
    def inside():
        return state(T)

    return inside(), inside(), state(T)


def arguments(T):
    calls = [
        lambda: T.autocast("nonsense"), lambda: T.autocast(T.device("cpu")),
        lambda: T.autocast("cuda"), lambda: T.autocast("cpu", dtype=T.float32),
        lambda: T.autocast("meta"), lambda: T.autocast("cuda", enabled=False)._enabled,
        lambda: T.autocast("cpu", T.float16).fast_dtype, lambda: T.is_autocast_enabled("nonsense"),
        lambda: T.is_autocast_cpu_enabled(), lambda: T.autocast is T.amp.autocast,
        lambda: T.cuda.amp.autocast(), lambda: T.cpu.amp.autocast(),
    ]  # fmt: skip
    return [attempt(call) for call in calls]


def availability(T):
    return [T.amp.is_autocast_available(kind) for kind in ("cpu", "cuda", "mps", "xpu", "meta")]


def set_by_hand(T):
    T.set_autocast_enabled("cpu", True)
    T.set_autocast_dtype("cpu", T.float16)
    T.set_autocast_cache_enabled(False)
    found = state(T), attempt(T.get_autocast_cpu_dtype), attempt(T.get_autocast_gpu_dtype)
    T.set_autocast_enabled("cpu", False)
    T.set_autocast_dtype("cpu", T.bfloat16)
    T.set_autocast_cache_enabled(True)
    T.clear_autocast_cache()
    return found


def custom_functions(T):
    seen = []

    class Double(T.autograd.Function):
        @staticmethod
        @T.amp.custom_fwd(device_type="cpu", cast_inputs=T.float16)
        def forward(ctx, x):
            seen.append((x.dtype, T.is_autocast_enabled("cpu")))
            return 2 * x

        @staticmethod
        @T.amp.custom_bwd(device_type="cpu")
        def backward(ctx, g):
            seen.append((g.dtype, T.is_autocast_enabled("cpu"), T.get_autocast_dtype("cpu")))
            return 2 * g

    x = T.ones(2, requires_grad=True)
    Double.apply(x).sum().backward()
    with T.autocast("cpu"):
        y = Double.apply(x)
    y.sum().backward()
    return seen, x.grad


@pytest.mark.differential
@pytest.mark.parametrize("program", programs_of(globals(), but=state), ids=lambda f: f.__name__)
def test_autocast_is_torchs(program) -> None:
    same(program)


def test_numbers_keep_their_dtype():
    with minitorch.autocast("cpu"):
        assert minitorch.nn.Linear(2, 2)(minitorch.ones(1, 2)).dtype is minitorch.float32


def test_autocast_for_cuda_warns_and_is_off():
    with pytest.warns(UserWarning, match="CUDA"), minitorch.autocast("cuda"):
        assert not minitorch.is_autocast_enabled("cuda")
    with pytest.warns(FutureWarning, match="torch.amp.custom_fwd"):
        assert minitorch.cuda.amp.custom_fwd(lambda ctx, x: x)(type("Context", (), {})(), 3) == 3
    with pytest.warns(FutureWarning, match="torch.amp.custom_bwd"):
        minitorch.cuda.amp.custom_bwd(lambda ctx, g: g)
