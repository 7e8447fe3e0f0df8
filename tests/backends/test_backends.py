"""Switches of libraries that this engine does without."""

from __future__ import annotations

import pytest

import minitorch
from tests.programs import attempt, programs_of, same

pytest.importorskip("torch")


def cudnn(T):
    c = T.backends.cudnn
    names = ("enabled", "benchmark", "deterministic", "allow_tf32")
    before = [getattr(c, name) for name in names]
    with c.flags(enabled=False, benchmark=True, deterministic=True, allow_tf32=False):
        inside = [getattr(c, name) for name in names]
    c.benchmark, c.deterministic = True, True
    after = [getattr(c, name) for name in names]
    c.benchmark, c.deterministic = False, False
    return before, inside, after, c.version(), c.is_available(), c.is_acceptable(T.ones(1))


def attention(T):
    c = T.backends.cuda
    asked = (c.flash_sdp_enabled, c.math_sdp_enabled, c.mem_efficient_sdp_enabled,
             c.cudnn_sdp_enabled)  # fmt: skip
    found = [ask() for ask in asked]
    with c.sdp_kernel(enable_flash=False, enable_mem_efficient=False):
        found += [ask() for ask in asked]
    for enable in (c.enable_flash_sdp, c.enable_math_sdp, c.enable_mem_efficient_sdp,
                   c.enable_cudnn_sdp):  # fmt: skip
        enable(False)
        found += [ask() for ask in asked]
        enable(True)
    return found, [ask() for ask in asked], c.is_built(), c.is_flash_attention_available()


def the_rest(T):
    b = T.backends
    return [
        b.mps.is_available(), b.mps.is_built(), b.mkldnn.enabled, b.opt_einsum.enabled,
        b.opt_einsum.strategy, b.opt_einsum.is_available(), b.cpu.get_cpu_capability(),
        b.cuda.matmul.allow_fp16_reduced_precision_reduction, b.mkl.verbose(0).enable,
        attempt(lambda: b.nonsense),
    ]  # fmt: skip


@pytest.mark.differential
@pytest.mark.filterwarnings("ignore:.*sdp_kernel.* is deprecated:FutureWarning")
@pytest.mark.parametrize("program", programs_of(globals()), ids=lambda f: f.__name__)
def test_backends_are_torchs(program) -> None:
    same(program)


def test_switches_are_put_back_after_an_error():
    mkldnn = minitorch.backends.mkldnn
    with mkldnn.flags(enabled=False):
        assert not mkldnn.enabled
    with pytest.raises(KeyError), mkldnn.flags(enabled=False):
        raise KeyError
    assert mkldnn.enabled
    assert mkldnn.set_flags(_enabled=False) == (True, False, True)
    assert mkldnn.set_flags(_enabled=True) == (False, False, True)
    assert minitorch.backends.cudnn.set_flags() == (True, False, None, False, True)


def test_attention_by_the_old_name_warns():
    with pytest.warns(FutureWarning, match="sdpa_kernel"), minitorch.backends.cuda.sdp_kernel():
        pass


def test_libraries_that_are_not_used_say_so():
    assert not minitorch.backends.mkl.is_available()
    assert not minitorch.backends.openmp.is_available()
    assert minitorch.backends.cuda.preferred_linalg_library() == "default"
    assert minitorch.backends.cuda.preferred_blas_library("cublaslt") == "cublaslt"
