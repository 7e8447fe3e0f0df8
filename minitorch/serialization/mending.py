"""What a layer of torch keeps beside ours: written into files, so that torch can use the layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch.nn.modules.module import Module

if TYPE_CHECKING:
    from collections.abc import Callable


def state_for_torch(module: Module, state: dict) -> dict:
    """`state`, with the attributes torch's class has besides at the values they would have."""
    for cls in type(module).__mro__:
        mend = _MENDS.get(cls.__name__) if cls.__module__.startswith("minitorch.nn") else None
        if mend is not None:
            return {**mend(module), **state}
    return state


def _convolution(module: Any) -> dict[str, Any]:
    """Of a convolution that is not transposed; padding twice and last dimension first."""
    kernel = module.kernel_size
    if isinstance(module.padding, str):
        twice = [0, 0] * len(kernel)
        if module.padding == "same":
            gaps = [d * (k - 1) for d, k in zip(module.dilation, kernel)]
            twice = [side for gap in reversed(gaps) for side in (gap // 2, gap - gap // 2)]
    else:
        twice = tuple(p for p in reversed(module.padding) for _ in range(2))
    return {
        "transposed": False,
        "output_padding": (0,) * len(kernel),
        "_reversed_padding_repeated_twice": twice,
    }


_MENDS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "Conv1d": _convolution,
    "Conv2d": _convolution,
    "Conv3d": _convolution,
}
