"""torch.profiler: what a script measures over its steps.

>>> from minitorch import ones
>>> with profile() as measured, record_function("twice"):
...     _ = ones(3) * 2
>>> sorted(event.key for event in measured.key_averages())
['aten::mul', 'twice']
"""

from __future__ import annotations

from minitorch.autograd.profiler import ProfilerActivity, record_function
from minitorch.profiler.profiler import (
    ProfilerAction,
    profile,
    schedule,
    supported_activities,
    tensorboard_trace_handler,
)

__all__ = [
    "ProfilerAction",
    "ProfilerActivity",
    "profile",
    "record_function",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]
