"""Tensors from data and from sizes."""

from __future__ import annotations

import math
from typing import Any

from . import dtypes
from ._tensor import Tensor, leaf, wrap
from .backend import require, xp
from .dtypes import get_default_dtype, to_numpy
from .grad_mode import state
from .memory import dense_like
from .ops._dims import flat, whole
from .row import named

_LEGACY_NUMBERS = (bool, int, float)


def _from_data(data: Any, dtype: dtypes.dtype | None) -> Any:
    """A fresh array of what `data` says: numbers, nested sequences, arrays, tensors."""
    if isinstance(data, Tensor):
        return data._array.astype(data._array.dtype if dtype is None else to_numpy(dtype, "tensor"))
    if isinstance(data, (xp.ndarray, xp.generic)):
        array = xp.array(data)
        _supported(array)
        return array if dtype is None else array.astype(to_numpy(dtype, "tensor"))
    if isinstance(data, (str, bytes)):
        raise TypeError(f"tensor: expected numbers, got {type(data).__name__}")
    if isinstance(data, (list, tuple)):
        data = _plain(data)
    try:
        array = xp.array(data)
    except ValueError:
        raise _ragged(data) from None
    if array.dtype.kind not in "fiub":
        raise _unusable(array)
    if dtype is not None:
        return _checked_cast(array, to_numpy(dtype), data)
    if _made_of_arrays(data):
        return array
    if array.dtype.kind == "f":
        return array.astype(get_default_dtype().np)
    if not array.size:
        return array.astype(get_default_dtype().np)
    return array if array.dtype.kind == "b" else array.astype(xp.int64)


def _made_of_arrays(data: Any) -> bool:
    """Whether the first element of nested sequences is NumPy's, which then knows its dtype."""
    while isinstance(data, list) and data:
        data = data[0]
    return isinstance(data, (xp.ndarray, xp.generic))


def _plain(data: Any) -> Any:
    """Nested sequences with the tensors inside turned into numbers.

    Raises: ValueError for a tensor of several elements.
    """
    return [
        x._number() if isinstance(x, Tensor) else _plain(x) if isinstance(x, (list, tuple)) else x
        for x in data
    ]


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
    return RuntimeError(f"tensor: expected numbers, got {type(odd).__name__}")


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
        import warnings

        warnings.warn(
            "The given NumPy array is not writable, and tensors always are: writing to this one "
            "will fail. Copy the array first if you mean to write.",
            stacklevel=2,
        )
    return wrap(ndarray)


# ------------------------------------------------------------------ from sizes


def _size(size: tuple) -> tuple[int, ...]:
    size = whole(flat(size))
    if any(n < 0 for n in size):
        raise RuntimeError(f"expected sizes of at least 0, got {min(size)} in {list(size)}")
    return size


def _size_of_call(name: str, sizes: tuple, size: Any) -> tuple[int, ...]:
    """The sizes that a call gives one by one, as one sequence, or as `size=`."""
    if not sizes and size is None:
        raise TypeError(f"{name}() missing required argument 'size' (position 1)")
    return _size(sizes if size is None else (size,))


def _sized(name: str, make: Any, summary: str) -> Any:
    """torch's creation function `name`: `make(shape, dtype)` for sizes given in any way."""

    def create(
        *sizes: Any,
        size: Any = None,
        out: Any = None,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        pin_memory: bool = False,
        requires_grad: bool = False,
        memory_format: Any = None,
    ) -> Tensor:
        require(device)
        size = _size_of_call(name, sizes, size)
        if out is not None:
            made = _out(name, out, size, dtype)
            made._array[...] = make(size, made._array.dtype)
            return made
        return leaf(make(size, to_numpy(dtype or get_default_dtype(), name)), requires_grad)

    return named(create, name, summary)


def _out(name: str, out: Any, size: tuple, dtype: Any) -> Tensor:
    """`out`, about to be written by the function `name`: new memory where its size is another.

    Raises: TypeError for no tensor; RuntimeError for another dtype than `dtype`, if one is given,
    and for a leaf that requires grad.
    """
    if not isinstance(out, Tensor):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if dtype is not None and to_numpy(dtype, name) != out._array.dtype:
        raise RuntimeError(f"{name}(): expected out= of {dtype!r}, got {out.dtype!r}")
    if out.requires_grad and out.is_leaf and state.grad:
        raise RuntimeError(f"{name}(): expected out= that is no leaf that requires grad")
    if out._array.shape != size:
        out._array = xp.empty(size, out._array.dtype)
    out._cell[0] += 1
    return out


zeros = _sized("zeros", xp.zeros, "Zeros of the given sizes.")
ones = _sized("ones", xp.ones, "Ones of the given sizes.")
empty = _sized("empty", xp.empty, "Memory of the given sizes with whatever it holds.")


def construct(cls: type, *data: Any, device: Any = None) -> Tensor:
    """`Tensor(2, 3)`: memory of these sizes; `Tensor([1, 2])`: these numbers; as floats."""
    require(device)
    if not data or isinstance(data[0], (int, dtypes.Size)):
        made = empty(*(data or (0,)))
    else:
        made = tensor(*data, dtype=get_default_dtype())
    return leaf(made._array, cls=cls)


def _number(x: Any, function: str, name: str) -> Any:
    """`x`, a number or a tensor of one, as a Python number. Raises: TypeError for all else."""
    if isinstance(x, Tensor) and x._array.size == 1:
        return x._array.item()
    if isinstance(x, (int, float, complex, xp.generic)):
        return x
    raise TypeError(f"{function}(): argument '{name}' must be a number, not {type(x).__name__}")


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`fill_value` everywhere; its type gives the dtype unless one is given."""
    require(device)
    if isinstance(size, int):
        raise TypeError("full(): argument 'size' (position 1) must be tuple of ints, not int")
    value = _number(fill_value, "full", "fill_value")
    dtype = dtype or dtypes.of_number(value)
    return leaf(xp.full(_size((size,)), value, to_numpy(dtype)), requires_grad)


def _alike(name: str, make: Any, summary: str) -> Any:
    """torch's creation function `name`: `make(array, dtype=)` for the shape of a tensor."""

    def create(
        input: Tensor,
        *,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        pin_memory: bool = False,
        requires_grad: bool = False,
        memory_format: Any = None,
    ) -> Tensor:
        require(device)
        if not isinstance(input, Tensor):
            raise TypeError(
                f"{name}(): argument 'input' (position 1) must be Tensor, not "
                f"{type(input).__name__}"
            )
        dtype = input.dtype if dtype is None else dtype
        return leaf(make(input._array, dtype=to_numpy(dtype, name)), requires_grad)

    return named(create, name, summary)


zeros_like = _alike("zeros_like", xp.zeros_like, "Zeros in the shape and dtype of `input`.")
ones_like = _alike("ones_like", xp.ones_like, "Ones in the shape and dtype of `input`.")
empty_like = _alike(
    "empty_like", dense_like, "Memory in the shape, dtype and order of `input`, as it is."
)


def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """`fill_value` in the shape and dtype of `input`."""
    require(device)
    if not isinstance(input, Tensor):
        raise TypeError(f"full_like(): argument 'input' must be Tensor, not {type(input).__name__}")
    fill_value = _number(fill_value, "full_like", "fill_value")
    array = xp.full(input._array.shape, fill_value, to_numpy(dtype or input.dtype))
    return leaf(array, requires_grad)


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, ... below end; `arange(end)` starts at 0.

    Dtype: int64 if all three are ints, else the default dtype
    Raises: RuntimeError for a step of 0 or of the wrong sign.
    """
    require(device)
    if end is None:
        start, end = 0, start
    start, end, step = (
        _number(x, "arange", name) for x, name in ((start, "start"), (end, "end"), (step, "step"))
    )
    if step == 0:
        raise RuntimeError("arange: expected a step that is not 0, got 0")
    if (end - start) * step < 0:
        raise RuntimeError(
            f"arange: expected a step that leads from start to end, got {start}, {end}, {step}"
        )
    if not math.isfinite(end - start):
        raise RuntimeError(f"arange: expected finite bounds, got {start} and {end}")
    whole = all(isinstance(x, int) for x in (start, end, step))
    to = to_numpy(dtype or (dtypes.int64 if whole else get_default_dtype()))
    count = -(-(end - start) // step) if whole else math.ceil((end - start) / step)
    return leaf((xp.arange(count) * step + start).astype(to), requires_grad)


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers from start to end, both included."""
    require(device)
    (steps,) = whole((steps,), "steps")
    if steps < 0:
        raise RuntimeError(f"linspace: expected at least 0 steps, got {steps}")
    start, end = float(start), float(end)
    to = to_numpy(dtype or get_default_dtype())
    i = xp.arange(steps)
    step = (
        to.type((end - start) / (steps - 1))
        if steps > 1 and to.kind == "f"
        else ((end - start) / max(steps - 1, 1))
    )
    # From both ends towards the middle, as torch does: the end is then exact.
    half = i < steps // 2
    array = (
        xp.where(half, start + step * i, end - step * (steps - 1 - i))
        if steps > 1
        else (xp.full(steps, start))
    )
    return leaf(array.astype(to), requires_grad)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The identity matrix (n, n), or its first m columns."""
    require(device)
    _size((n, n if m is None else m))
    return leaf(xp.eye(n, m, dtype=to_numpy(dtype or get_default_dtype())), requires_grad)


def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """A 0-d tensor of the default dtype."""
    s = _number(s, "scalar_tensor", "s")
    return full((), s, dtype=dtype or get_default_dtype(), device=device)
