"""What a tensor answers about itself: its memory, its kind, where it is."""

from __future__ import annotations

from typing import Any

from ._tensor import Tensor
from .backend import require
from .ops import shape


class Facts:
    """Methods and properties of Tensor that compute nothing; `methods.bind` copies them there."""

    _array: Any
    _view: Any
    _nr: int

    def dim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    ndimension = dim

    def element_size(self) -> int:
        """Bytes per element."""
        return self._array.itemsize

    itemsize = property(element_size)

    @property
    def nbytes(self) -> int:
        """Bytes of all the elements."""
        return self._array.nbytes

    def data_ptr(self) -> int:
        """The address of the first element."""
        return self._array.ctypes.data

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Whether the elements lie in row-major order without gaps."""
        return self._array.flags.c_contiguous

    def is_complex(self) -> bool:
        """Whether the elements are complex numbers: never."""
        return False

    def is_inference(self) -> bool:
        """Whether it was made for inference alone: never."""
        return False

    @property
    def is_cuda(self) -> bool:
        """Whether the memory is a GPU's: never."""
        return False

    is_sparse = is_quantized = is_cuda

    @property
    def layout(self) -> str:
        """How the elements lie: always with strides."""
        return "torch.strided"

    @property
    def output_nr(self) -> int:
        """Which output of its `grad_fn` it is."""
        return self._nr

    @property
    def _base(self) -> Tensor | None:
        return None if self._view is None else self._view.base

    def _is_view(self) -> bool:
        return self._view is not None

    def cpu(self, memory_format: Any = None) -> Tensor:
        """The tensor itself."""
        return self  # type: ignore[return-value]

    def cuda(self, device: Any = None, *args: Any) -> Tensor:
        """Raises: AssertionError, as there is no GPU here."""
        return require(device or "cuda")  # type: ignore[return-value, func-returns-value]

    def pin_memory(self, *args: Any) -> Tensor:
        """The tensor itself."""
        return self  # type: ignore[return-value]

    def share_memory_(self) -> Tensor:
        """The tensor itself. Differs: other processes get a copy."""
        return self  # type: ignore[return-value]

    @property
    def T(self) -> Tensor:
        """The axes in reverse order, a view."""
        return shape.permute(self, dims=tuple(range(self._array.ndim))[::-1])
