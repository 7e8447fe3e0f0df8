"""Memory shared with other libraries, without a copy: the DLPack protocol.

>>> import numpy as np
>>> x = from_dlpack(np.zeros(2))
>>> np.from_dlpack(x)[0] = 1
>>> x
tensor([1., 0.], dtype=torch.float64)

Source: https://dmlc.github.io/dlpack/latest/python_spec.html
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch import creation
from minitorch._tensor import Tensor
from minitorch.backend import require

__all__ = ["from_dlpack", "to_dlpack"]


def to_dlpack(tensor: Tensor) -> Any:
    """The memory of `tensor` as a capsule, which can be used once."""
    return tensor.detach().__dlpack__()


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor over the memory of another library's array, or of a capsule; a copy with `copy`.

    Raises: RuntimeError for what is neither; ValueError for negative strides.
    """
    require(device)
    capsule = type(ext_tensor).__name__ == "PyCapsule"
    if not capsule and not hasattr(ext_tensor, "__dlpack__"):
        raise RuntimeError(
            f"from_dlpack: expected an array with __dlpack__, or a capsule, got "
            f"{type(ext_tensor).__name__}"
        )
    try:
        array = np.from_dlpack(_Once(ext_tensor) if capsule else ext_tensor)
    except ValueError as error:
        raise RuntimeError(f"from_dlpack: {error}: a capsule can be used once") from None
    found = creation.from_numpy(_writable(array) if capsule else array)
    return found.clone() if copy else found


class _Once:
    """A capsule as an array that gives it out."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **how: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0


class _Memory:
    """The memory of an array, writable: the first DLPack had no word for it, NumPy assumes no."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array  # is kept alive
        address, _ = array.__array_interface__["data"]
        self.__array_interface__ = {**array.__array_interface__, "data": (address, False)}


def _writable(array: np.ndarray) -> np.ndarray:
    return array if array.flags.writeable else np.asarray(_Memory(array))
