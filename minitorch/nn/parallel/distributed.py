"""DistributedDataParallel: one of many processes, which here is the only one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from minitorch.nn.modules.module import Module

__all__ = ["DistributedDataParallel"]


def _require_process_group() -> None:
    """Raise ValueError unless the user has initialized `torch.distributed`."""
    distributed = sys.modules.get("minitorch.distributed")
    if distributed is None or not distributed.is_initialized():
        raise ValueError(
            "DistributedDataParallel: the default process group has not been initialized; call "
            "torch.distributed.init_process_group first"
        )


class DistributedDataParallel(Module):
    """`module` behind the attribute `module`; gradients are those of a world of one process.

    Differs: the options for buckets and for communication are accepted and change nothing.
    Raises: ValueError before `init_process_group`, or for `device_ids`, as there are none;
        RuntimeError for a module without parameters that require a gradient.
    """

    def __init__(
        self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0,
        broadcast_buffers: bool | None = None, init_sync: bool = True, process_group: Any = None,
        bucket_cap_mb: Any = None, find_unused_parameters: bool = False,
        check_reduction: bool = False, gradient_as_bucket_view: bool = False,
        static_graph: bool = False, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        if process_group is None:
            _require_process_group()
        if not any(p.requires_grad for p in module.parameters()):
            raise RuntimeError(
                "DistributedDataParallel is not needed when a module doesn't have any parameter "
                f"that requires a gradient: {type(module).__name__} has none"
            )
        if device_ids or output_device is not None:
            raise ValueError(
                "DistributedDataParallel: expected no device_ids and no output_device for a module "
                f"on the CPU, got {device_ids} and {output_device}"
            )
        self.module = module
        self.process_group = process_group
        self.device_ids = self.output_device = None
        self.dim, self.device, self.device_type = dim, next(module.parameters()).device, "cpu"
        self.broadcast_buffers = True if broadcast_buffers is None else broadcast_buffers
        self.find_unused_parameters, self.static_graph = find_unused_parameters, static_graph
        self.gradient_as_bucket_view = gradient_as_bucket_view
        self.require_backward_grad_sync = True

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """What the module computes."""
        return self.module(*inputs, **kwargs)

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """Inside, gradients would not be averaged over the processes, only added up."""
        before, self.require_backward_grad_sync = self.require_backward_grad_sync, False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before

    @contextmanager
    def join(
        self, divide_by_initial_world_size: bool = True, enable: bool = True,
        throw_on_early_termination: bool = False,
    ) -> Iterator[DistributedDataParallel]:  # fmt: skip
        """Inside, processes with more inputs would wait for nobody; here there is one."""
        yield self

    def register_comm_hook(self, state: Any, hook: Any) -> None:
        """Accept how gradients would be averaged; nothing is, among one.

        Raises: TypeError for what cannot be called.
        """
        if not callable(hook):
            raise TypeError(f"register_comm_hook: expected a function, got {type(hook).__name__}")
