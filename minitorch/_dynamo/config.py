"""Switches of torch's compiler, at torch's values: they keep what they are told.

`patch(suppress_errors=True)` is a context, and a decorator, that puts them back.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from minitorch._switches import setting

__all__ = ["patch"]

suppress_errors = verbose = disable = False
cache_size_limit = recompile_limit = 8
accumulated_cache_size_limit = accumulated_recompile_limit = 256
fail_on_recompile_limit_hit = error_on_recompile = False
optimize_ddp: Any = True
capture_scalar_outputs = capture_dynamic_output_shape_ops = False
automatic_dynamic_shapes = assume_static_by_default = dynamic_shapes = True
inline_inbuilt_nn_modules = force_parameter_static_shapes = skip_nnmodule_hook_guards = True
allow_unspec_int_on_nn_module = allow_rnn = specialize_int = specialize_float = False
compiled_autograd = verify_correctness = False
minimum_call_count = 1


def patch(values: dict[str, Any] | None = None, **more: Any) -> AbstractContextManager:
    """The switches set to these inside, and put back afterwards."""
    return setting(__name__, **(values or {}), **more)
