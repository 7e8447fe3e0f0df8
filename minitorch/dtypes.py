"""What a number is: dtype objects, torch's promotion table, the default dtype, `Size`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

BOOL, INT, FLOAT, COMPLEX = range(4)  # the categories of torch's promotion rule, lowest first


class dtype:
    """The type of a tensor's elements; prints as torch's (`torch.float32`).

    `np` is the NumPy dtype that holds it, or None for a name whose arrays are not supported.
    """

    __slots__ = ("alias", "category", "itemsize", "name", "np", "title")

    def __init__(self, name: str, category: int, itemsize: int, title: str, alias: str) -> None:
        self.name, self.category, self.itemsize = name, category, itemsize
        self.title = title  # as torch's error texts write it: 'Float', 'Long'
        self.alias = alias  # as its legacy tensor types write it: 'float', 'long'
        self.np: Any = None

    is_floating_point = property(lambda self: self.category == FLOAT)
    is_complex = property(lambda self: self.category == COMPLEX)
    is_signed = property(lambda self: self.name not in ("bool", "uint8"))

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return "bool_" if self.name == "bool" else self.name  # pickled by name, so unique


float64 = double = dtype("float64", FLOAT, 8, "Double", "double")
float32 = dtype("float32", FLOAT, 4, "Float", "float")
float16 = half = dtype("float16", FLOAT, 2, "Half", "half")
bfloat16 = dtype("bfloat16", FLOAT, 2, "BFloat16", "bfloat16")
int64 = long = dtype("int64", INT, 8, "Long", "long")
int32 = dtype("int32", INT, 4, "Int", "int")
int16 = short = dtype("int16", INT, 2, "Short", "short")
int8 = dtype("int8", INT, 1, "Char", "signed char")
uint8 = dtype("uint8", INT, 1, "Byte", "unsigned char")
bool_ = dtype("bool", BOOL, 1, "Bool", "bool")
complex64 = cfloat = dtype("complex64", COMPLEX, 8, "ComplexFloat", "complex float")
complex128 = cdouble = dtype("complex128", COMPLEX, 16, "ComplexDouble", "complex double")

ALL = (
    float64, float32, float16, bfloat16, int64, int32, int16, int8, uint8, bool_,
    complex64, complex128,
)  # fmt: skip
_SUPPORTED = (float64, float32, float16, int64, int32, int16, int8, uint8, bool_)
for _t in _SUPPORTED:
    _t.np = np.dtype(_t.name)
_FROM_NUMPY: dict[Any, dtype] = {t.np: t for t in _SUPPORTED}


def _ml_dtypes_bfloat16() -> Any:
    """The NumPy dtype of bfloat16, which the package `ml_dtypes` brings."""
    try:
        import ml_dtypes
    except ImportError:
        raise NotImplementedError(
            "bfloat16 needs the package ml_dtypes: pip install 'minitorch[bf16]'"
        ) from None
    bfloat16.np = np.dtype(ml_dtypes.bfloat16)
    _FROM_NUMPY[bfloat16.np] = bfloat16
    return bfloat16.np


def to_numpy(t: dtype, called: str = "tensor") -> np.dtype:
    """The NumPy dtype of `t`, the `dtype=` argument of the function `called`.

    Raises: TypeError where `t` is not a dtype; NotImplementedError for one we cannot hold.
    """
    if type(t) is not dtype:
        t = _of_python_type(t, called)
    if t.np is None:
        if t is bfloat16:
            return _ml_dtypes_bfloat16()
        raise NotImplementedError(f"tensors of {t!r} are not supported")
    return t.np


def _of_python_type(t: Any, called: str) -> dtype:
    """What `dtype=float`, `int` or `bool` stands for. Raises: TypeError for what is no dtype."""
    kinds: dict[Any, dtype] = {float: float64, int: int64, bool: bool_}
    found = kinds.get(t) if isinstance(t, type) else None
    if found is None:
        raise TypeError(f"{called}(): argument 'dtype' must be torch.dtype, not {type(t).__name__}")
    return found


def from_numpy_dtype(t: np.dtype) -> dtype:
    """The dtype of a NumPy array's dtype. Raises: TypeError for one that has no counterpart."""
    found = _FROM_NUMPY.get(t)
    if found is None:
        names = ", ".join(s.name for s in _SUPPORTED)
        raise TypeError(f"expected an array of {names}, got one of {t}")
    return found


def canonical(array: np.ndarray) -> np.ndarray:
    """`array` with the dtype object that every array of its kind has here, so that `is` tells.

    What NumPy unpickles brings an object of its own.
    """
    found = _FROM_NUMPY.get(array.dtype)
    return array if found is None or found.np is array.dtype else array.view(found.np)


def as_stored(x: Any, to: np.dtype, called: str) -> Any:
    """The Python number `x` as NumPy dtype `to` takes it: fractions are cut off for integers.

    Negative numbers wrap around in unsigned dtypes.
    Raises: RuntimeError where the dtype cannot hold it.
    """
    if to.kind in "iu":
        high = int(np.iinfo(to).max)
        low = -high if to.kind == "u" else -high - 1
        if not low <= x <= high:  # NaN too
            raise RuntimeError(f"{called}: expected a number that fits torch.{to}, got {x}")
        return int(x) % (high + 1) if to.kind == "u" else int(x)
    if to.kind == "f" and x - x == 0 and abs(x) > np.finfo(to).max:
        raise RuntimeError(f"{called}: expected a number that fits torch.{to}, got {x}")
    return x


_default = float32


def get_default_dtype() -> dtype:
    """The dtype that Python floats become: float32 unless it was changed."""
    return _default


def set_default_dtype(d: dtype) -> None:
    """Make `d` the dtype that Python floats become. Raises: TypeError unless `d` is floating."""
    global _default
    if type(d) is not dtype or d.category != FLOAT:
        kind = repr(d) if type(d) is dtype else type(d).__name__
        raise TypeError(f"set_default_dtype: expected a floating-point torch.dtype, got {kind}")
    to_numpy(d)
    _default = d


def promote_types(a: dtype, b: dtype) -> dtype:
    """The smallest dtype that holds both: a higher category wins whole, its width unchanged.

    Differs from NumPy's rule: int64 with float32 gives float32, not float64.
    """
    if a is b:
        return a
    for t in (a, b):
        if type(t) is not dtype:
            raise TypeError(f"promote_types: expected torch.dtype, got {type(t).__name__}")
    if a.category != b.category:
        return a if a.category > b.category else b
    if bfloat16 in (a, b):
        other = b if a is bfloat16 else a
        return float32 if other is float16 else other
    return from_numpy_dtype(np.promote_types(a.np, b.np))


def of_number(x: Any) -> dtype:
    """The dtype a Python number takes part with: bool, int64 or the default float."""
    if isinstance(x, bool):
        return bool_
    if isinstance(x, int):
        return int64
    if isinstance(x, float):
        return _default
    if isinstance(x, complex):
        raise NotImplementedError("complex numbers are not supported")
    raise TypeError(f"expected a number, got {type(x).__name__}")


def result_type_of(operands: Iterable[tuple[dtype, int]]) -> dtype:
    """The common dtype of operands given as (dtype, rank): 2 = has dimensions, 1 = 0-d, 0 = number.

    An operand of lower rank matters only where its category is higher.
    Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
    """
    ranks: list[dtype | None] = [None, None, None]
    for t, rank in operands:
        seen = ranks[rank]
        ranks[rank] = t if seen is None else promote_types(seen, t)
    number, scalar, array = ranks
    result = _outranks(_outranks(array, scalar), number)
    if result is None:
        raise ValueError("result_type: at least one operand is needed")
    return result


def _outranks(high: dtype | None, low: dtype | None) -> dtype | None:
    if high is None or low is None:
        return low if high is None else high
    return promote_types(high, low) if low.category > high.category else high


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether an in-place result of dtype `from_` may be stored in a tensor of `to`."""
    for t in (from_, to):
        if type(t) is not dtype:
            raise TypeError(f"can_cast: expected torch.dtype, got {type(t).__name__}")
    return from_.category <= to.category


class Size(tuple):
    """The shape of a tensor: a tuple of ints that prints as torch's."""

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements: the product of the sizes."""
        n = 1
        for size in self:
            n *= size
        return n

    def __getitem__(self, i: Any) -> Any:
        got = tuple.__getitem__(self, i)
        return Size(got) if isinstance(i, slice) else got

    def __add__(self, other: Any) -> Size:
        return Size(tuple.__add__(self, tuple(other)))

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(repr, self))}])"


def _type_name(x: object) -> str:
    return type(x).__name__


class _Limits:
    """What finfo and iinfo have in common: two of one dtype are equal."""

    dtype: str

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.dtype == other.dtype

    def __hash__(self) -> int:
        return hash((type(self), self.dtype))


class finfo(_Limits):
    """The limits of a floating dtype (default: the default dtype): eps, max, min, tiny, bits.

    Raises: TypeError for a dtype that is not floating.
    """

    def __init__(self, type: dtype | None = None) -> None:
        t = _default if type is None else type
        if not isinstance(t, dtype):
            raise TypeError(f"finfo(): argument 'type' must be torch.dtype, not {_type_name(t)}")
        if t.category != FLOAT:
            raise TypeError(
                f"torch.finfo() requires a floating point input type, not {t!r}: use torch.iinfo"
            )
        found = np.finfo(to_numpy(t))
        self.bits, self.dtype = t.itemsize * 8, t.name
        self.eps, self.resolution = float(found.eps), 10.0 ** -int(found.precision)
        self.max, self.min = float(found.max), float(found.min)
        self.tiny = self.smallest_normal = float(found.tiny)

    def __repr__(self) -> str:
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        numbers = ", ".join(f"{n}={getattr(self, n):.6g}" for n in names)
        return f"finfo({numbers}, dtype={self.dtype})"


class iinfo(_Limits):
    """The limits of an integer dtype: max, min, bits. Raises: TypeError for another dtype."""

    def __init__(self, type: dtype) -> None:
        if not isinstance(type, dtype):
            raise TypeError(f"iinfo(): argument 'type' must be torch.dtype, not {_type_name(type)}")
        if type.category != INT:
            raise TypeError(f"torch.iinfo() requires an integer input type, not {type!r}")
        found = np.iinfo(to_numpy(type))
        self.bits, self.dtype = type.itemsize * 8, type.name
        self.max, self.min = int(found.max), int(found.min)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
