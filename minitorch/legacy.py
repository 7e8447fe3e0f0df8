"""torch's first types: `FloatTensor` and its kin as constructors and in `isinstance`, storages.

>>> FloatTensor([1, 2])
tensor([1., 2.])
>>> isinstance(LongTensor(3), LongTensor), isinstance(LongTensor(3), FloatTensor)
(True, False)
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from . import creation, dtypes
from ._tensor import Tensor
from .memory import strided
from .storage import TypedStorage

__all__ = [
    "BFloat16Storage",
    "BFloat16Tensor",
    "BoolStorage",
    "BoolTensor",
    "ByteStorage",
    "ByteTensor",
    "CharStorage",
    "CharTensor",
    "DoubleStorage",
    "DoubleTensor",
    "FloatStorage",
    "FloatTensor",
    "HalfStorage",
    "HalfTensor",
    "IntStorage",
    "IntTensor",
    "LongStorage",
    "LongTensor",
    "ShortStorage",
    "ShortTensor",
    "set_default_tensor_type",
]


class tensortype(type):
    """The class of `FloatTensor` and its kin: tensors of one dtype count as its instances."""

    dtype: dtypes.dtype
    is_cuda: bool

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and not cls.is_cuda and instance.dtype is cls.dtype

    def __call__(cls, *data: Any, device: Any = None) -> Tensor:
        if cls.is_cuda:
            raise unavailable(cls)
        return creation.legacy(cls.__name__, cls.dtype, data, device)

    def __getattr__(cls, name: str) -> Any:
        return getattr(Tensor, name)  # FloatTensor.add is Tensor.add

    def __repr__(cls) -> str:
        return f"<class '{cls.__module__}.{cls.__name__}'>"

    def __str__(cls) -> str:
        return f"{cls.__module__}.{cls.__name__}"


def unavailable(cls: tensortype) -> TypeError:
    """The error for a use of a type whose memory is a GPU's."""
    return TypeError(
        f"type {cls} not available. Torch not compiled with CUDA enabled: minitorch computes on "
        "the CPU"
    )


def tensor_type(of: dtypes.dtype, cuda: bool = False) -> tensortype:
    """torch's type of tensors of dtype `of`, in the memory of the CPU or of a GPU."""
    facts = {
        "__doc__": f"Tensors of {of}{' on a GPU: there are none' if cuda else ''}.",
        "__module__": "torch.cuda" if cuda else "torch",
        "dtype": of,
        "is_cuda": cuda,
        "is_sparse": False,
        "layout": strided,
    }
    return tensortype(f"{of.title}Tensor", (), facts)


class _StorageType(type):
    """The class of `FloatStorage` and its kin: they make a `TypedStorage` of their dtype."""

    dtype: dtypes.dtype

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, TypedStorage) and instance.dtype is cls.dtype

    def __call__(cls, data: Any = 0) -> TypedStorage:
        kind = dtypes.to_numpy(cls.dtype, cls.__name__)
        block = np.zeros(data, kind) if isinstance(data, int) else np.array(data, kind)
        return TypedStorage(block, cls.dtype)


def _storage_type(of: dtypes.dtype) -> _StorageType:
    facts = {"__doc__": f"A block of {of} elements.", "__module__": "torch", "dtype": of}
    return _StorageType(f"{of.title}Storage", (), facts)


BFloat16Tensor = tensor_type(dtypes.bfloat16)
BoolTensor = tensor_type(dtypes.bool_)
ByteTensor = tensor_type(dtypes.uint8)
CharTensor = tensor_type(dtypes.int8)
DoubleTensor = tensor_type(dtypes.float64)
FloatTensor = tensor_type(dtypes.float32)
HalfTensor = tensor_type(dtypes.float16)
IntTensor = tensor_type(dtypes.int32)
LongTensor = tensor_type(dtypes.int64)
ShortTensor = tensor_type(dtypes.int16)
BFloat16Storage = _storage_type(dtypes.bfloat16)
BoolStorage = _storage_type(dtypes.bool_)
ByteStorage = _storage_type(dtypes.uint8)
CharStorage = _storage_type(dtypes.int8)
DoubleStorage = _storage_type(dtypes.float64)
FloatStorage = _storage_type(dtypes.float32)
HalfStorage = _storage_type(dtypes.float16)
IntStorage = _storage_type(dtypes.int32)
LongStorage = _storage_type(dtypes.int64)
ShortStorage = _storage_type(dtypes.int16)


def set_default_tensor_type(t: Any) -> None:
    """Make the dtype of `t`, a tensor type or its name, the one that Python floats become.

    Raises: TypeError for a type that is not floating, or that lives on a GPU.
    """
    warnings.warn(
        "set_default_tensor_type() is deprecated: use set_default_dtype() and set_default_device()",
        UserWarning,
        stacklevel=2,
    )
    if isinstance(t, str):
        t = _type_named(t)
    if not isinstance(t, tensortype):
        raise TypeError(f"set_default_tensor_type: expected a tensor type, got {t!r}")
    if t.is_cuda:
        raise unavailable(t)
    dtypes.set_default_dtype(t.dtype)


def _type_named(name: str) -> tensortype:
    """The tensor type called `name`: 'torch.FloatTensor'. Raises: ValueError for another name."""
    home, _, last = name.rpartition(".")
    of = next((t for t in dtypes.ALL if f"{t.title}Tensor" == last), None)
    if of is None or home not in ("torch", "torch.cuda"):
        raise ValueError(f"set_default_tensor_type: no tensor type is called {name!r}")
    return tensor_type(of, cuda=home == "torch.cuda")
