"""Switches of torch's code generator, at torch's values: they keep what they are told."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any

from minitorch._switches import setting

__all__ = ["patch"]

debug = freezing = fallback_random = cpp_wrapper = benchmark_kernel = False
coordinate_descent_tuning = coordinate_descent_check_all_directions = False
max_autotune = max_autotune_gemm = search_autotune_cache = conv_1x1_as_mm = False
max_autotune_gemm_backends = "ATEN,TRITON,CPP"
fx_graph_cache = epilogue_fusion = shape_padding = size_asserts = pattern_matcher = True
use_mixed_mm = joint_graph_constant_folding = reorder_for_locality = layout_optimization = True
force_fuse_int_mm_with_mul = permute_fusion = profiler_mark_wrapper_call = False
compile_threads = 1
triton = SimpleNamespace(unique_kernel_names=True, cudagraphs=False, cudagraph_trees=True)
cpp = SimpleNamespace(threads=-1, simdlen=None, enable_kernel_profile=False)
trace = SimpleNamespace(enabled=False, graph_diagram=False)


def patch(values: dict[str, Any] | None = None, **more: Any) -> AbstractContextManager:
    """The switches set to these inside, and put back afterwards."""
    return setting(__name__, **(values or {}), **more)
