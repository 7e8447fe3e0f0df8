"""How the numbers of a tensor leave the engine: as an array, a list, a Python number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import errors

if TYPE_CHECKING:
    import numpy as np


class Conversion:
    """The methods of Tensor that make something of Python or NumPy out of it."""

    __slots__ = ()

    _array: Any
    requires_grad: Any

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The memory as a NumPy array, shared.

        Raises: RuntimeError where a gradient flows (unless `force`): detach first.
        """
        if not force and self.requires_grad:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() "
                "instead."
            )
        return self._array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: Any = None,
        dl_device: Any = None,
        copy: bool | None = None,
    ) -> Any:
        """The memory as a capsule for another library, shared.

        Raises: BufferError where a gradient flows.
        """
        if self.requires_grad:
            raise BufferError(
                "Can't export tensors that require gradient, use tensor.detach() for the numbers"
            )
        if stream is not None:
            raise AssertionError(f"__dlpack__: expected stream None on the CPU, got {stream}")
        given = {"max_version": max_version, "dl_device": dl_device, "copy": copy}
        return self._array.__dlpack__(**{k: v for k, v in given.items() if v is not None})

    def __dlpack_device__(self) -> tuple[int, int]:
        """(1, 0): the CPU, as DLPack counts devices."""
        return self._array.__dlpack_device__()

    def item(self) -> Any:
        """The one element as a Python number. Raises: RuntimeError unless there is just one."""
        if self._array.size != 1:
            raise RuntimeError(
                f"a Tensor with {self._array.size} elements cannot be converted to Scalar"
            )
        return self._array.item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers; a number for a 0-d tensor."""
        return self._array.tolist()

    def __len__(self) -> int:
        if not self._array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return self._array.shape[0]

    def __bool__(self) -> bool:
        size = self._array.size
        if size != 1:
            which = "more than one value" if size else "no values"
            raise RuntimeError(f"Boolean value of Tensor with {which} is ambiguous")
        return bool(self._array.item())

    def _number(self) -> Any:
        if self._array.size != 1:
            raise ValueError(errors.ONE_ELEMENT)
        return self._array.item()

    def __float__(self) -> float:
        return float(self._number())

    def __int__(self) -> int:
        return int(self._number())

    def __index__(self) -> int:
        if self._array.size != 1 or self._array.dtype.kind not in "iub":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._array.item())

    def __format__(self, spec: str) -> str:
        return (
            self._array.item().__format__(spec)
            if not self._array.ndim
            else super().__format__(spec)
        )
