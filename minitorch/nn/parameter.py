"""Parameter and Buffer under the name torch has them, and both before their shape is known."""

from __future__ import annotations

from typing import Any

from minitorch import creation
from minitorch._tensor import Tensor, wrap
from minitorch.dtypes import Size, from_numpy_dtype
from minitorch.parameter import Buffer, Parameter

__all__ = ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter", "is_lazy"]

_memory = Tensor._array  # the slot below the property of the same name


def is_lazy(x: Any) -> bool:
    """Whether `x` is a parameter or buffer whose shape is not known yet."""
    return isinstance(x, UninitializedTensorMixin)


class UninitializedTensorMixin:
    """A tensor without a shape: `materialize` gives it one, and makes an ordinary one of it.

    It knows its dtype. Whatever reads its elements raises ValueError.
    """

    __slots__ = ()

    cls_to_become: type

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Take memory for `shape`; what it holds is undefined."""
        made = creation.empty(tuple(shape), device=device, dtype=dtype or self.dtype)
        self.__class__ = self.cls_to_become
        self.data = made

    @property
    def _array(self) -> Any:
        raise ValueError(
            f"an {type(self).__name__} is not initialized yet and cannot be computed with: a lazy "
            "module gets its shapes from the first batch that is passed through it"
        )

    @_array.setter
    def _array(self, array: Any) -> None:
        _memory.__set__(self, array)

    @property
    def dtype(self) -> Any:
        """The type that the elements will have."""
        return from_numpy_dtype(_memory.__get__(self).dtype)

    @property
    def shape(self) -> Size:
        """Raises: RuntimeError; there is none yet."""
        raise RuntimeError(
            f"Can't access the shape of an {type(self).__name__}: pass a batch through the module, "
            "or load initialized parameters into it, first"
        )

    @property
    def data(self) -> Any:
        """An ordinary tensor without elements: writing to it does nothing."""
        return wrap(_memory.__get__(self))

    @data.setter
    def data(self, other: Any) -> None:
        _memory.__set__(self, _memory.__get__(other))
        if self._node is not None:
            self._node.dtype = other.dtype.np

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """One of another dtype, without a shape as well; arguments as of `Tensor.to`."""
        dtype = wrap(_memory.__get__(self)).to(*args, **kwargs).dtype
        return type(self)(self.requires_grad, dtype=dtype)

    def is_floating_point(self) -> bool:
        """Whether the elements will be floating-point numbers."""
        return self.dtype.is_floating_point

    def share_memory_(self) -> Any:
        """Raises: RuntimeError; there is no memory yet."""
        raise RuntimeError(f"Can't share memory of an {type(self).__name__}")

    def __deepcopy__(self, memo: dict) -> Any:
        if id(self) not in memo:
            memo[id(self)] = self.to(self.dtype)
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> tuple:
        return type(self), (self.requires_grad, None, self.dtype)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter whose shape is known only when the first batch comes."""

    __slots__ = ()

    cls_to_become = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        made = Parameter(creation.empty(0, device=device, dtype=dtype), requires_grad)
        made.__class__ = cls
        return made


class UninitializedBuffer(UninitializedTensorMixin, Tensor):
    """A buffer whose shape is known only when the first batch comes."""

    __slots__ = ()

    cls_to_become = Tensor

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Any = None,
        persistent: bool = True,
    ) -> Any:  # fmt: skip
        made = creation.empty(0, device=device, dtype=dtype, requires_grad=requires_grad)
        made.persistent, made._is_buffer = persistent, True
        made.__class__ = cls
        return made
