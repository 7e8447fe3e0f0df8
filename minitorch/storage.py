"""The block of memory that a tensor is a part of: what torch calls its storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import backend, memory
from .dtypes import dtype, from_numpy_dtype

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TypedStorage", "UntypedStorage"]


class UntypedStorage:
    """The bytes that one tensor or several share.

    Two tensors are parts of one block where their storages are equal.
    Differs: it cannot grow, and it is the whole NumPy array where a tensor was made from a part.
    """

    __slots__ = ("_block",)

    def __init__(self, size: Any = 0) -> None:
        self._block = size if isinstance(size, np.ndarray) else np.zeros(size, np.uint8)

    def data_ptr(self) -> int:
        """The address of the first byte."""
        return memory.address(self._block)

    def nbytes(self) -> int:
        """The number of bytes."""
        return self._block.nbytes

    size = __len__ = nbytes

    def element_size(self) -> int:
        """Bytes per element: 1."""
        return 1

    @property
    def device(self) -> backend.device:
        """Where it is: the CPU."""
        return backend.cpu

    is_cuda = property(lambda self: False)

    def tolist(self) -> list[int]:
        """The bytes as numbers."""
        return self._as(np.dtype(np.uint8)).tolist()

    def clone(self) -> UntypedStorage:
        """A copy of the block."""
        return UntypedStorage(self._as(np.dtype(np.uint8)).copy())

    def cpu(self) -> UntypedStorage:
        """The storage itself: it is on the CPU."""
        return self

    def untyped(self) -> UntypedStorage:
        """The storage itself."""
        return self

    def _as(self, of: np.dtype) -> np.ndarray:
        return memory.flat(self._block, of)

    @classmethod
    def from_file(cls, filename: Any, shared: bool = False, nbytes: int = 0) -> UntypedStorage:
        """The first bytes of a file, read when they are used; writing to them leaves it alone.

        Raises: NotImplementedError where `shared`; ValueError for more bytes than it has.
        """
        import mmap

        if shared:
            raise NotImplementedError("from_file: shared=True would write the file")
        with open(filename, "rb") as file:
            mapped = mmap.mmap(file.fileno(), nbytes, access=mmap.ACCESS_COPY) if nbytes else b""
        return cls(np.frombuffer(mapped, np.uint8))

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            start, stop, step = i.indices(self.nbytes())
            if step != 1:
                raise RuntimeError(f"storage: expected a slice of step 1, got {step}")
            return UntypedStorage(part(self._as(np.dtype(np.uint8)), start, stop))
        return self._as(np.dtype(np.uint8))[i].item()

    def __iter__(self) -> Iterator[int]:
        return iter(self.tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UntypedStorage) and _same(self._block, other._block)

    def __hash__(self) -> int:
        return hash(self.data_ptr())

    def __repr__(self) -> str:
        numbers = "".join(f" {b}\n" for b in self.tolist())
        return f"{numbers}[torch.storage.UntypedStorage(device=cpu) of size {self.nbytes()}]"


class TypedStorage:
    """The elements that one tensor or several share, as numbers of one dtype."""

    __slots__ = ("_untyped", "dtype")

    def __init__(self, block: np.ndarray, of: dtype) -> None:
        self._untyped, self.dtype = UntypedStorage(block), of

    @property
    def _numbers(self) -> np.ndarray:
        return self._untyped._as(self.dtype.np)

    def untyped(self) -> UntypedStorage:
        """The same memory as bytes."""
        return self._untyped

    def data_ptr(self) -> int:
        """The address of the first element."""
        return self._untyped.data_ptr()

    def nbytes(self) -> int:
        """The number of bytes."""
        return self._untyped.nbytes()

    def size(self) -> int:
        """The number of elements."""
        return self._numbers.size

    __len__ = size

    def element_size(self) -> int:
        """Bytes per element."""
        return self.dtype.itemsize

    @property
    def device(self) -> backend.device:
        """Where it is: the CPU."""
        return backend.cpu

    def tolist(self) -> list:
        """The elements as Python numbers."""
        return self._numbers.tolist()

    def __getitem__(self, i: int) -> Any:
        return self._numbers[i].item()

    def __setitem__(self, i: Any, value: Any) -> None:
        self._numbers[i] = value

    def fill_(self, value: Any) -> TypedStorage:
        """Set every element to `value`."""
        self._numbers[...] = value
        return self

    def __iter__(self) -> Iterator:
        return iter(self.tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TypedStorage) and self._untyped == other._untyped

    def __hash__(self) -> int:
        return hash(self._untyped)

    def __repr__(self) -> str:
        numbers = "".join(f" {x}\n" for x in self.tolist())
        kind = f"dtype={self.dtype!r}, device=cpu"
        return f"{numbers}[torch.storage.TypedStorage({kind}) of size {self.size()}]"


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return a is b or (memory.address(a), a.nbytes) == (memory.address(b), b.nbytes)


def part(block: np.ndarray, start: int, stop: int) -> np.ndarray:
    """The bytes from `start` to `stop` as a block of their own, in the same memory."""
    return np.frombuffer(memoryview(block[start : max(start, stop)]), block.dtype)


def of_array(array: np.ndarray) -> UntypedStorage:
    """The storage that `array` is a part of."""
    return UntypedStorage(memory.owner(array))


def typed(array: np.ndarray) -> TypedStorage:
    """The storage that `array` is a part of, in its dtype."""
    return TypedStorage(memory.owner(array), from_numpy_dtype(array.dtype))
