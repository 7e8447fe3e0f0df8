"""What a tensor answers about itself: its memory, its kind, where it is."""

from __future__ import annotations

import warnings
from typing import Any

from . import memory, storage
from ._tensor import Tensor
from .backend import require
from .calls import composition
from .errors import check_tensor, wrap_dim
from .grad_mode import UNTRACKED
from .ops import shape

__all__ = [
    "get_device",
    "is_complex",
    "is_inference",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "is_storage",
]


@composition
def is_nonzero(input: Tensor) -> bool:
    """Whether the one element is not 0. Raises: RuntimeError unless there is just one."""
    return bool(input.item())


@composition
def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether both have one shape."""
    return input.shape == other.shape


@composition
def is_signed(input: Tensor) -> bool:
    """Whether the dtype holds negative numbers."""
    return input.dtype.is_signed


@composition
def is_inference(input: Tensor) -> bool:
    """Whether it was made in `inference_mode`, for inference alone."""
    return input._cell is UNTRACKED


@composition
def get_device(input: Tensor) -> int:
    """The number of the GPU: -1, there is none."""
    check_tensor(input, "get_device", "input")
    return -1


@composition
def is_complex(input: Tensor) -> bool:
    """Whether the elements are complex numbers: never."""
    return input.dtype.is_complex


def is_storage(obj: Any) -> bool:
    """Whether `obj` is the memory of a tensor."""
    return isinstance(obj, (storage.UntypedStorage, storage.TypedStorage))


class Facts:
    """Methods and properties of Tensor that compute nothing; `methods.bind` copies them there."""

    _array: Any
    _view: Any
    _nr: int

    get_device, is_inference, is_nonzero, is_same_size, is_signed, is_complex = (
        get_device, is_inference, is_nonzero, is_same_size, is_signed, is_complex,
    )  # fmt: skip

    def dim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    ndimension = dim

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        if dim is None:
            return self.shape  # type: ignore[attr-defined]
        return self._array.shape[wrap_dim(dim, self._array.ndim)]

    def stride(self, dim: int | None = None) -> Any:
        """How many elements apart neighbours along each dimension are in memory."""
        found = memory.steps(self._array)
        return found if dim is None else found[wrap_dim(dim, self._array.ndim)]

    def dim_order(self, *, ambiguity_check: bool = False) -> tuple[int, ...]:
        """The dimensions from the outermost in memory to the innermost.

        Raises: RuntimeError with `ambiguity_check` where the strides leave several orders open.
        """
        array, stride = self._array, memory.steps(self._array)
        if not isinstance(ambiguity_check, bool):
            raise NotImplementedError("dim_order: ambiguity_check takes True or False")
        if ambiguity_check and (1 in array.shape or any(map(int.__eq__, stride, stride[1:]))):
            raise RuntimeError(
                f"dim_order: expected one order of memory, got shape {list(array.shape)} with "
                f"strides {list(stride)}"
            )
        if array.flags.c_contiguous:
            return tuple(range(array.ndim))
        return tuple(memory.order_of(array))

    def element_size(self) -> int:
        """Bytes per element."""
        return self._array.itemsize

    itemsize = property(element_size)

    @property
    def nbytes(self) -> int:
        """Bytes of all the elements."""
        return self._array.nbytes

    def data_ptr(self) -> int:
        """The address of the first element; 0 where there is none."""
        return memory.address(self._array) if self._array.size else 0

    def storage_offset(self) -> int:
        """How many elements of the storage stand before the first of this tensor."""
        return memory.first(self._array)

    def untyped_storage(self) -> storage.UntypedStorage:
        """The block of memory this tensor is a part of, as bytes."""
        return storage.of_array(self._array)

    def storage(self) -> storage.TypedStorage:
        """The block of memory this tensor is a part of, as elements of its dtype."""
        return storage.typed(self._array)

    def is_set_to(self, tensor: Tensor) -> bool:
        """Whether both show the same memory with the same sizes and strides."""
        a, b = self._array, tensor._array
        return (memory.address(a), a.shape, a.strides) == (memory.address(b), b.shape, b.strides)

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Whether the elements lie in row-major order (or in `memory_format`) without gaps."""
        if memory_format is None:
            return self._array.flags.c_contiguous
        return memory.lies_in(self._array, memory.checked_format(memory_format, "is_contiguous"))

    @property
    def is_cuda(self) -> bool:
        """Whether the memory is a GPU's: never."""
        return False

    is_sparse = is_quantized = is_meta = is_mps = is_xpu = is_mkldnn = is_sparse_csr = is_cuda
    is_nested = is_cuda

    @property
    def is_cpu(self) -> bool:
        """Whether the memory is this machine's: always."""
        return True

    def is_pinned(self, device: Any = None) -> bool:
        """Whether the memory is locked for a GPU: never."""
        return False

    def is_shared(self) -> bool:
        """Whether other processes see this memory: never."""
        return False

    @property
    def layout(self) -> memory.layout:
        """How the elements lie: always with strides."""
        return memory.strided

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
        """The tensor itself, or a copy in another order of memory."""
        return self.to("cpu", memory_format=memory_format)  # type: ignore[attr-defined]

    def cuda(self, device: Any = None, *args: Any, **how: Any) -> Tensor:
        """Raises: AssertionError, as there is no GPU here."""
        return require(device or "cuda")  # type: ignore[return-value, func-returns-value]

    def xpu(self, device: Any = None, *args: Any, **how: Any) -> Tensor:
        """Raises: AssertionError, as there is no such device here."""
        return require(device or "xpu")  # type: ignore[return-value, func-returns-value]

    def record_stream(self, stream: Any) -> None:
        """Raises: RuntimeError: only memory of an accelerator is used on streams."""
        raise RuntimeError(f"record_stream: there is no accelerator, got {stream!r}")

    def reinforce(self, *args: Any) -> None:
        """Gone from torch since 0.4. Raises: RuntimeError that names what is used today."""
        raise RuntimeError(
            "reinforce() was removed: use torch.distributions, and -log_prob(action) * reward as "
            "the loss"
        )

    @property
    def volatile(self) -> bool:
        """Gone from torch since 0.4: False, and a warning."""
        warnings.warn("volatile was removed (Variable.volatile is always False)", stacklevel=2)
        return False

    def pin_memory(self, *args: Any) -> Tensor:
        """The tensor itself."""
        return self  # type: ignore[return-value]

    def share_memory_(self) -> Tensor:
        """The tensor itself. Differs: other processes get a copy."""
        return self  # type: ignore[return-value]

    @property
    def real(self) -> Tensor:
        """The tensor itself: the numbers are real."""
        return self  # type: ignore[return-value]

    @property
    def imag(self) -> Tensor:
        """Raises: RuntimeError, as the numbers are real."""
        raise RuntimeError(f"imag: expected complex numbers, got {self.dtype}")  # type: ignore[attr-defined]

    @property
    def T(self) -> Tensor:
        """The axes in reverse order, a view."""
        if self._array.ndim not in (0, 2):
            warnings.warn(
                f"x.T reverses all {self._array.ndim} dimensions, which is deprecated: use x.mT "
                "for matrices, or x.permute(...)",
                UserWarning,
                stacklevel=2,
            )
        return shape.permute(self, dims=tuple(range(self._array.ndim))[::-1])

    @property
    def mT(self) -> Tensor:
        """The last two dimensions exchanged, a view. Raises: RuntimeError for a vector."""
        return _matrices(self, "mT")

    @property
    def mH(self) -> Tensor:
        """As mT: there are no complex numbers to conjugate."""
        return _matrices(self, "mH")

    @property
    def H(self) -> Tensor:
        """A matrix transposed, a view. Raises: RuntimeError for what is no matrix."""
        if self._array.ndim > 2:
            raise RuntimeError(
                f"H: expected a matrix, got shape {list(self._array.shape)}: use mH for several"
            )
        return _matrices(self, "H")


def _matrices(x: Any, name: str) -> Tensor:
    if x.ndim == 0:
        warnings.warn(f"x.{name} of a 0-d tensor is deprecated", UserWarning, stacklevel=3)
        return x
    if x.ndim < 2:
        raise RuntimeError(
            f"{name}: expected at least two dimensions, got shape {list(x._array.shape)}"
        )
    return shape.transpose(x, dim0=-2, dim1=-1)
