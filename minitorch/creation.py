"""Tensors from data: numbers, sequences, arrays, buffers. And all others that are not random."""

from __future__ import annotations

import builtins
import itertools
import warnings
from typing import Any

from . import dtypes
from ._tensor import Tensor, edge, leaf, wrap
from .backend import device as _device
from .backend import require, xp
from .dtypes import get_default_dtype, to_numpy
from .ranges import *
from .ranges import __all__ as _ranges
from .sized import *
from .sized import __all__ as _sized
from .sized import empty, require_unpinned
from .storage import TypedStorage, UntypedStorage
from .tapers import *
from .tapers import __all__ as _tapers

__all__ = [  # noqa: PLE0604
    *_ranges,
    *_sized,
    *_tapers,
    "as_tensor",
    "asarray",
    "from_numpy",
    "frombuffer",
    "tensor",
]


_NUMBERS = {bool, int, float}
_SEQUENCES = {list, tuple}


def _from_data(data: Any, dtype: dtypes.dtype | None) -> Any:
    """A fresh array of what `data` says: numbers, nested sequences, arrays, tensors."""
    if isinstance(data, Tensor):
        return data._array.astype(data._array.dtype if dtype is None else to_numpy(dtype, "tensor"))
    if hasattr(data, "__array__") and xp.asarray(data).dtype.kind in "fiub":
        data = xp.asarray(data)  # a Series of pandas keeps its dtype, as an array does
    if isinstance(data, (xp.ndarray, xp.generic)):
        array = dtypes.canonical(xp.array(data))
        _supported(array)
        return array if dtype is None else array.astype(to_numpy(dtype, "tensor"))
    if isinstance(data, (str, bytes)):
        raise TypeError(f"tensor: expected numbers, got {type(data).__name__}")
    kinds: set = set()
    flat, sizes = _level(data) if isinstance(data, (list, tuple)) else (data, None)
    if sizes is not None:
        flat = _plain(flat, kinds)
    try:
        array = xp.array(flat)
    except ValueError:
        raise _ragged(data) from None
    if sizes is not None:
        array = array.reshape(*sizes, *array.shape[1:])
    if array.dtype.kind not in "fiub":
        raise _unusable(array)
    of_arrays = any(isinstance(k, xp.dtype) for k in kinds)
    if not of_arrays and (array.dtype == xp.uint64 or (array.dtype.kind == "f" and kinds == {int})):
        raise ValueError(f"tensor: expected integers that fit torch.int64, got {array.max()}")
    if dtype is not None:
        return _checked_cast(array, to_numpy(dtype), data)
    if of_arrays:
        return array.astype(_common(kinds))
    if array.dtype.kind == "f" or not array.size:
        return array.astype(get_default_dtype().np)
    return array if array.dtype.kind == "b" else array.astype(xp.int64)


def _common(kinds: set) -> Any:
    """The dtype of numbers of several kinds, Python's types among dtypes of NumPy."""
    found = dtypes.bool_
    for kind in kinds:
        if not isinstance(kind, xp.dtype):
            kind = xp.dtype(get_default_dtype().np if kind is float else kind)
        found = dtypes.promote_types(found, dtypes.from_numpy_dtype(kind))
    return found.np


def _level(data: Any) -> tuple[Any, list[int]]:
    """The items of equally long sequences one after the other, as deep as they are, and the sizes.

    NumPy, and `_plain`, read one long list several times faster than many short ones.
    """
    sizes = [len(data)]
    while (
        data and _SEQUENCES.issuperset(map(type, data)) and len(lengths := {*map(len, data)}) == 1
    ):
        sizes += lengths
        data = [*itertools.chain.from_iterable(data)]
    return data, sizes


def _plain(data: Any, kinds: set) -> Any:
    """Nested sequences with the tensors inside turned into numbers; their types go to `kinds`.

    Raises: ValueError for a tensor of several elements.
    """
    types = set(map(type, data))
    if types <= _NUMBERS:
        kinds |= types
        return data
    found = []
    for x in data:
        if isinstance(x, (list, tuple)):
            x = _plain(x, kinds)
        elif isinstance(x, Tensor):
            kinds.add(x._array.dtype)
            x = x._number()
        else:
            kinds.add(xp.asarray(x).dtype if hasattr(x, "__array__") else type(x))
        found.append(x)
    return found


def _supported(array: Any) -> None:
    if array.dtype.kind == "O" or array.dtype not in dtypes._FROM_NUMPY:
        dtypes.from_numpy_dtype(array.dtype)


def _ragged(data: Any) -> Exception:
    """The error for nested sequences of unequal lengths, or beside numbers."""
    dim, level = 0, list(data)
    while level:
        lengths = [len(x) if isinstance(x, (list, tuple)) else None for x in level]
        if len(set(lengths)) > 1:
            i = next(i for i, n in enumerate(lengths) if n != lengths[0])
            if None in lengths:
                first, other = type(level[0]).__name__, type(level[i]).__name__
                return TypeError(f"tensor: expected {first} throughout dim {dim}, got {other}")
            return ValueError(
                f"tensor: expected sequences of length {lengths[0]} at dim {dim + 1}, got length "
                f"{lengths[i]}"
            )
        dim, level = dim + 1, [y for x in level if isinstance(x, (list, tuple)) for y in x]
    return ValueError("tensor: expected sequences of equal length")


def _unusable(array: Any) -> Exception:
    """The error for data that NumPy took as something else than numbers."""
    if array.dtype.kind in "US":
        return ValueError("tensor: expected numbers, got str")
    if array.dtype.kind == "c":
        return NotImplementedError("tensor: expected real numbers, got complex ones")
    odd = next((x for x in array.flat if not isinstance(x, int)), None)
    if odd is None and array.size and None not in array.flat:
        return ValueError(
            f"tensor: expected integers that fit torch.int64, got {max(array.flat, key=abs)}"
        )
    kind = ValueError if isinstance(odd, str) else RuntimeError
    return kind(f"tensor: expected numbers, got {type(odd).__name__}")


def _checked_cast(array: Any, to: Any, data: Any) -> Any:
    """`array` in dtype `to`. Raises: RuntimeError for a number that does not fit an integer dtype.

    Negative numbers wrap around in unsigned dtypes, as in torch.
    """
    if to.kind in "iu" and array.dtype.kind in "iuf" and array.size:
        high = xp.iinfo(to).max
        low = -high if to.kind == "u" else xp.iinfo(to).min
        if not (array.min() >= low and array.max() <= high):  # so that NaN is refused
            raise RuntimeError(f"tensor: expected numbers that fit torch.{to}, got {data}")
    return array.astype(to)


def tensor(
    data: Any,
    *,
    dtype: dtypes.dtype | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A new leaf that holds a copy of `data`: a number, nested sequences, an array or a tensor.

    Dtype: floats become the default dtype, ints int64, unless `dtype` is given
    Raises: ValueError for ragged sequences, TypeError or RuntimeError for what is no number.

    >>> import minitorch as torch
    >>> torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    tensor([[1., 2.],
            [3., 4.]])
    """
    require(device)
    require_unpinned(pin_memory)
    if isinstance(data, Tensor):
        warnings.warn(
            "torch.tensor(a_tensor) copies: a_tensor.detach().clone() says so, and takes "
            ".requires_grad_() where a gradient is wanted.",
            UserWarning,
            stacklevel=2,
        )
    return leaf(_from_data(data, dtype), requires_grad)


def as_tensor(data: Any, *, dtype: dtypes.dtype | None = None, device: Any = None) -> Tensor:
    """`data` as a tensor, sharing memory where it is a tensor or an array of that dtype."""
    require(device)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype=dtype)
    if isinstance(data, xp.ndarray):
        found = from_numpy(data)
        return found if dtype is None else found.to(dtype=dtype)
    return tensor(data, dtype=dtype)


def asarray(
    obj: Any,
    *,
    dtype: dtypes.dtype | None = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Tensor:
    """`obj` as a tensor, sharing memory with a tensor, an array or a buffer where it can.

    `copy` True always copies, False never does. Without `requires_grad` a tensor keeps its own.
    Raises: ValueError where `copy=False` and a copy would be needed.
    """
    require(device)
    if isinstance(obj, UntypedStorage):
        obj = obj._as(xp.dtype("uint8"))
    if isinstance(obj, Tensor):
        made = obj if dtype is None else obj.to(dtype=dtype)
        shared = made is obj
        wanted = edge(obj) is not None if requires_grad is None else requires_grad
        made = made if wanted else made.detach() if edge(made) is not None else made
    elif isinstance(obj, xp.ndarray):
        found = from_numpy(obj)
        made = found if dtype is None else found.to(dtype=dtype)
        shared, wanted = made is found, bool(requires_grad)
    elif isinstance(obj, (bytes, bytearray, memoryview)):
        made, shared = frombuffer(obj, dtype=dtype or get_default_dtype()), True
        wanted = bool(requires_grad)
    elif isinstance(obj, str):
        raise TypeError("asarray: expected numbers, got str")
    else:
        made, shared, wanted = tensor(obj, dtype=dtype), False, bool(requires_grad)
        copy = None if copy else copy  # it is new already
    if copy is False and not shared:
        raise ValueError(f"asarray: copy=False, but {type(obj).__name__} cannot be shared as it is")
    made = made.clone() if copy and shared else made
    return made.requires_grad_(True) if wanted and edge(made) is None else made


def frombuffer(
    buffer: Any,
    *,
    dtype: dtypes.dtype,
    count: int = -1,
    offset: int = 0,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor over the memory of a buffer: `count` numbers from byte `offset` on, -1 for all.

    Raises: ValueError for what is no buffer, or where the numbers do not fit into it.
    """
    to = to_numpy(dtype, "frombuffer")
    try:
        room = memoryview(buffer).nbytes
    except TypeError:
        raise ValueError(f"frombuffer: expected a buffer, got {type(buffer).__name__}") from None
    if not room or not count:
        raise ValueError(f"frombuffer: expected numbers, got {room} bytes and count {count}")
    if not 0 <= offset < room:
        raise ValueError(f"frombuffer: expected an offset from 0 to {room - 1}, got {offset}")
    left = room - offset
    if count < 0 and left % to.itemsize:
        raise ValueError(
            f"frombuffer: expected a multiple of {to.itemsize} bytes, the size of {dtype}, got "
            f"{left}"
        )
    if count * to.itemsize > left:
        raise ValueError(
            f"frombuffer: expected at most {left} bytes, got {count} numbers of {to.itemsize}"
        )
    try:
        array = xp.frombuffer(buffer, to, count, offset)
    except (BufferError, ValueError) as error:
        raise RuntimeError(f"frombuffer: {error}") from None
    if not array.flags.writeable:
        warnings.warn(_READ_ONLY.format("buffer"), UserWarning, stacklevel=2)
    return leaf(array, requires_grad)


_READ_ONLY = (
    "The given {} is not writable, and tensors always are: writing to this one will fail. "
    "Copy it first if you mean to write."
)


def from_numpy(ndarray: Any) -> Tensor:
    """A tensor over the memory of a NumPy array.

    Raises: TypeError for what is no array or has no dtype here, ValueError for negative strides.
    """
    if not isinstance(ndarray, xp.ndarray):
        raise TypeError(f"from_numpy: expected ndarray, got {type(ndarray).__name__}")
    if not ndarray.dtype.isnative:
        raise ValueError(
            f"from_numpy: expected the byte order of this machine, got {ndarray.dtype.str}"
        )
    dtypes.from_numpy_dtype(ndarray.dtype)
    if any(s < 0 for s in ndarray.strides):
        raise ValueError(
            f"from_numpy: expected no negative strides, got {ndarray.strides}: pass array.copy()"
        )
    if not ndarray.flags.writeable:
        warnings.warn(_READ_ONLY.format("NumPy array"), UserWarning, stacklevel=2)
    return wrap(dtypes.canonical(ndarray))


def legacy(name: str, kind: dtypes.dtype, data: tuple, device: Any = None) -> Tensor:
    """What torch's first constructors make of `data`: memory of these sizes, or these numbers.

    A tensor or a storage is shared as it is.
    Raises: TypeError for a float, a string or a tensor of another dtype.
    """
    if device is not None and _device(device).type != "cpu":
        raise RuntimeError(f"{name}(): expected device 'cpu', got '{device}'")
    first = data[0] if data else 0
    if isinstance(first, (int, xp.integer, dtypes.Size)):
        return empty(*(data or (0,)), dtype=kind)
    if isinstance(first, TypedStorage):
        first = wrap(first._numbers)
    if isinstance(first, Tensor):
        if first.dtype is not kind:
            raise TypeError(f"{name}(): expected a tensor of {kind}, got {first.dtype}")
        return first.detach()
    if not hasattr(first, "__len__") or isinstance(first, (str, bytes, dict)):
        raise TypeError(f"{name}(): expected sizes or a sequence, got {type(first).__name__}")
    if len(data) > 1:
        raise TypeError(f"{name}(): expected sizes or one sequence, got {len(data)} arguments")
    numbers = list(first) if isinstance(first, builtins.range) else first
    return tensor(numbers, dtype=kind)


def construct(cls: type, *data: Any, device: Any = None) -> Tensor:
    """`Tensor(2, 3)`: memory of these sizes; `Tensor([1, 2])`: these numbers, as floats.

    A tensor is shared as it is. Raises: TypeError for a float or a string.
    """
    of = data[0].dtype if data and isinstance(data[0], Tensor) else get_default_dtype()
    return leaf(legacy("Tensor", of, data, device)._array, cls=cls)
