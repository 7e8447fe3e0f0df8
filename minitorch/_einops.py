"""einops knows our tensors: a backend of its kind, registered when einops is imported.

einops finds backends as subclasses of one of its own classes, so ours can be made only when that
class exists. A finder waits for the import; it steps aside once it has seen it.
"""

from __future__ import annotations

import sys
from typing import Any

_MODULE = "einops._backends"


def register_when_imported() -> None:
    """Give einops its backend for us: now where it is imported already, else when it will be."""
    if _MODULE in sys.modules:
        _register(sys.modules[_MODULE])
    else:
        sys.meta_path.insert(0, _Waiting)


class _Waiting:
    """Sees the import of einops, and leaves it to the others."""

    @classmethod
    def find_spec(cls, name: str, path: Any = None, target: Any = None) -> Any:
        if name != _MODULE:
            return None
        from importlib.util import find_spec

        sys.meta_path.remove(cls)
        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: Any) -> None:
                execute(module)
                _register(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _register(einops: Any) -> None:
    from minitorch import creation, functions
    from minitorch._tensor import Tensor

    class Backend(einops.AbstractBackend):
        """What einops asks of a framework, in our words."""

        framework_name = "minitorch"

        def is_appropriate_type(self, tensor: Any) -> bool:
            return isinstance(tensor, Tensor)

        def from_numpy(self, x: Any) -> Any:
            made = creation.from_numpy(x)
            return made.requires_grad_() if self.is_float_type(made) else made

        def to_numpy(self, x: Any) -> Any:
            return x.detach().numpy()

        def arange(self, start: int, stop: int) -> Any:
            return functions.arange(start, stop)

        def transpose(self, x: Any, axes: Any) -> Any:
            return x.permute(axes)

        def reduce(self, x: Any, operation: str, axes: Any) -> Any:
            if operation == "prod":  # takes one axis at a time
                for axis in sorted(axes, reverse=True):
                    x = x.prod(axis)
                return x
            name = {"min": "amin", "max": "amax"}.get(operation, operation)
            return getattr(x, name)(tuple(axes))

        def stack_on_zeroth_dimension(self, tensors: list) -> Any:
            return functions.stack(tensors)

        def add_axis(self, x: Any, new_position: int) -> Any:
            return x.unsqueeze(new_position)

        def add_axes(self, x: Any, n_axes: int, pos2len: dict[int, int]) -> Any:
            sizes = [pos2len.get(axis, -1) for axis in range(n_axes)]
            for axis in pos2len:
                x = x.unsqueeze(axis)
            return x.expand(sizes)

        def tile(self, x: Any, repeats: Any) -> Any:
            return x.repeat(repeats)

        def concat(self, tensors: list, axis: int) -> Any:
            return functions.cat(tensors, axis)

        def is_float_type(self, x: Any) -> bool:
            return x.dtype.is_floating_point

        def einsum(self, pattern: str, *x: Any) -> Any:
            return functions.einsum(pattern, *x)

    einops.MinitorchBackend = Backend  # a class knows its subclasses weakly
