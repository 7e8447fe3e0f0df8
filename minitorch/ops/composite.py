"""torch's functions that are compositions of rows, or one of several rows by their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch import errors, return_types
from minitorch.calls import composition, factors_first, tensors
from minitorch.ops import arithmetic, compare, fused, reduce
from minitorch.ops import elementwise as ew

if TYPE_CHECKING:
    from minitorch._tensor import Tensor
    from minitorch.dtypes import dtype

__all__ = [
    "add",
    "addcdiv",
    "addcmul",
    "allclose",
    "clamp",
    "clamp_max",
    "clamp_min",
    "count_nonzero",
    "div",
    "equal",
    "is_floating_point",
    "is_tensor",
    "isclose",
    "lerp",
    "log_softmax",
    "max",
    "min",
    "numel",
    "result_type",
    "rsub",
    "softmax",
    "std",
    "std_mean",
    "sub",
    "var",
    "var_mean",
    "where",
]

# ------------------------------------------------------------------ arithmetic


def _scaled(x, alpha, beside=None):
    """alpha x, in the dtype that it has with `beside`."""
    if alpha == 1:
        return x
    common = result_type(x, *(() if beside is None else (beside,)))
    if isinstance(alpha, float) and not common.is_floating_point:
        raise RuntimeError(f"expected an integer alpha for {common}, got {alpha}")
    if hasattr(x, "_array"):
        x = x.to(dtype=common)
    if common.category:
        return x * alpha
    return x if alpha else x ^ x  # of bools


def add(input, other, *old, alpha=1, out=None) -> Tensor:
    """input + alpha other."""
    if old:
        (input, other), given = factors_first("add", 2, ("alpha",), (input, other, *old))
        alpha = given["alpha"]
    return ew.add(input, _scaled(other, alpha, input), **({} if out is None else {"out": out}))


def sub(input, other, *old, alpha=1, out=None) -> Tensor:
    """input - alpha other."""
    if old:
        (input, other), given = factors_first("sub", 2, ("alpha",), (input, other, *old))
        alpha = given["alpha"]
    return ew.sub(input, _scaled(other, alpha, input), **({} if out is None else {"out": out}))


@tensors(1)
def rsub(input, other, *, alpha=1) -> Tensor:
    """other - alpha input."""
    return ew.sub(other, _scaled(input, alpha, other))


def div(input, other, *, rounding_mode=None, out=None) -> Tensor:
    """input / other; rounded down with 'floor', towards 0 with 'trunc'.

    Raises: RuntimeError for another rounding_mode.
    """
    kept = {} if out is None else {"out": out}
    if rounding_mode is None:
        return ew.div(input, other, **kept)
    if rounding_mode == "floor":
        return ew.floor_divide(input, other, **kept)
    if rounding_mode == "trunc":
        return arithmetic.trunc_divide(input, other, **kept)
    raise RuntimeError(
        f"div: expected rounding_mode None, 'trunc' or 'floor', got {rounding_mode!r}"
    )


def result_type(*operands) -> dtype:
    """The dtype an operation on `operands` (tensors and numbers) computes in."""
    if not operands:
        raise TypeError("result_type() missing required argument 'tensor1' (position 1)")
    from minitorch import dtypes

    return dtypes.result_type_of(
        (x.dtype, 2 if x.ndim else 1) if hasattr(x, "_array") else (dtypes.of_number(x), 0)
        for x in operands
    )


@composition
def addcmul(input, tensor1, tensor2, *, value=1) -> Tensor:
    """input + value tensor1 tensor2; value is truncated where all are integers.

    Raises: NotImplementedError for bools; RuntimeError for a value that the integers cannot hold.
    """
    common = result_type(input, tensor1, tensor2)
    if not common.category:
        raise NotImplementedError("addcmul: expected numbers, got bools")
    if isinstance(value, float) and not common.is_floating_point:
        errors.check_fits(value, common.np, "addcmul")
        value = int(value)
    return input + _scaled(tensor1 * tensor2, value, input)


@composition
def addcdiv(input, tensor1, tensor2, *, value=1) -> Tensor:
    """input + value tensor1 / tensor2. Raises: RuntimeError for integers."""
    if not result_type(tensor1, tensor2).is_floating_point:
        raise RuntimeError("Integer division with addcdiv is no longer supported: cast to float")
    return input + _scaled(tensor1 / tensor2, value, input)


@composition
def lerp(input, end, weight) -> Tensor:
    """input + weight (end - input). Raises: RuntimeError where the dtypes differ."""
    if not input.dtype.is_floating_point:
        raise NotImplementedError(f"lerp: expected a floating-point dtype, got {input.dtype}")
    if end.dtype is not input.dtype:
        raise RuntimeError(f"lerp: expected one dtype, got {input.dtype} and {end.dtype}")
    if isinstance(weight, (int, float)) and weight >= 0.5:  # from the nearer side, as torch
        return end - (end - input) * (1 - weight)
    return input + (end - input) * weight


def _check_bound(bound, function, name):
    if bound is None:
        raise TypeError(f"{function}(): argument '{name}' must be Tensor or a number, not NoneType")


def _as_number(bound, name):
    """A bound beside one that is a number. Raises: TypeError unless it is one too, or 0-d."""
    if is_tensor(bound) and bound.ndim:
        raise TypeError(
            f"clamp(): argument '{name}' must be a number as the other bound is, not Tensor"
        )
    return bound.item() if is_tensor(bound) else bound


def clamp(input, min=None, max=None, *, out=None) -> Tensor:
    """input limited to [min, max]: numbers or tensors; at a bound the gradient goes to input.

    Raises: RuntimeError where both are missing.
    """
    kept = {} if out is None else {"out": out}
    if is_tensor(min) or is_tensor(max):
        if is_tensor(min if min is not None else max) == is_tensor(max if max is not None else min):
            return arithmetic.clamp_between(input, min, max, **kept)
        min, max = _as_number(min, "min"), _as_number(max, "max")
    return ew.clamp(input, min=min, max=max, **kept)


@tensors(1)
def clamp_min(input, min, *, out=None) -> Tensor:
    """max(input, min)."""
    _check_bound(min, "clamp_min", "min")
    return clamp(input, min=min, out=out)


@tensors(1)
def clamp_max(input, max, *, out=None) -> Tensor:
    """min(input, max)."""
    _check_bound(max, "clamp_max", "max")
    return clamp(input, max=max, out=out)


@composition
def where(condition, input=None, other=None) -> Any:
    """input where the condition holds, else other; with the condition alone, its positions."""
    if input is None and other is None:
        from minitorch.ops.choose import nonzero

        return nonzero(condition, as_tuple=True)
    if input is None or other is None:
        missing = "input" if input is None else "other"
        raise TypeError(f"where(): argument '{missing}' must be Tensor or a number, not NoneType")
    return ew.where(condition, input, other)


# ------------------------------------------------------------------ comparing


@tensors(2)
@composition
def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False) -> Tensor:
    """|input - other| <= atol + rtol |other|.

    Raises: RuntimeError where the dtypes differ or a tolerance is negative.
    """
    if input.dtype is not other.dtype:
        raise RuntimeError(f"isclose: expected one dtype, got {input.dtype} and {other.dtype}")
    for name, limit in (("rtol", rtol), ("atol", atol)):
        if limit < 0:
            raise RuntimeError(
                f"isclose: {name} must be greater than or equal to zero, got {limit}"
            )
    return compare.close(input, other, rtol=rtol, atol=atol, equal_nan=equal_nan)


@composition
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False) -> bool:
    """Whether all elements are close, as a bool."""
    return bool(reduce.all(isclose(input, other, rtol, atol, equal_nan)))


@composition
def equal(input, other) -> bool:
    """Whether shapes and all elements are the same, as a bool."""
    return input._array.shape == other._array.shape and bool(reduce.all(input == other))


def is_tensor(obj) -> bool:
    """Whether `obj` is a Tensor."""
    return hasattr(obj, "_array")


@composition
def is_floating_point(input) -> bool:
    """Whether the elements are floating-point numbers."""
    return input.dtype.is_floating_point


@composition
def numel(input) -> int:
    """The number of elements."""
    return input._array.size


# ------------------------------------------------------------------ reducing


def _extreme(input, dim, keepdim, pair, along, whole, kind):
    if not hasattr(input, "_array"):
        kind_of = type(input).__name__
        raise TypeError(f"{kind.__name__}(): argument 'input' must be Tensor, not {kind_of}")
    if hasattr(dim, "_array"):
        return pair(input, dim)
    if dim is None:
        if not input._array.size:
            raise RuntimeError(
                f"{kind.__name__}: expected at least one element, or a dim that has some, got "
                f"shape {list(input.shape)}"
            )
        return whole(input)
    return kind(*along(input, dim=dim, keepdim=keepdim))


@composition
def max(input, dim=None, keepdim=False, *, other=None) -> Any:
    """The largest element; with `dim`, (values, indices) along it; with a tensor, as maximum."""
    dim = dim if other is None else other
    return _extreme(
        input, dim, keepdim, ew.maximum, reduce.max_dim, reduce.max_all, return_types.max
    )


@composition
def min(input, dim=None, keepdim=False, *, other=None) -> Any:
    """The smallest element; with `dim`, (values, indices) along it; with a tensor, as minimum."""
    dim = dim if other is None else other
    return _extreme(
        input, dim, keepdim, ew.minimum, reduce.min_dim, reduce.min_all, return_types.min
    )


def _spread_arguments(dim, unbiased, correction):
    if isinstance(dim, bool):  # var(x, unbiased)
        dim, unbiased = None, dim
    if not isinstance(unbiased, (bool, type(None))):
        raise TypeError(f"argument 'unbiased' must be bool, not {type(unbiased).__name__}")
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    return dim, correction


@composition
def var(input, dim=None, unbiased=None, keepdim=False, *, correction=None) -> Tensor:
    """The variance, over n - correction elements."""
    dim, correction = _spread_arguments(dim, unbiased, correction)
    return reduce.var(input, dim=dim, correction=correction, keepdim=keepdim)


@composition
def std(input, dim=None, unbiased=None, keepdim=False, *, correction=None) -> Tensor:
    """The standard deviation, over n - correction elements."""
    dim, correction = _spread_arguments(dim, unbiased, correction)
    return reduce.std(input, dim=dim, correction=correction, keepdim=keepdim)


@composition
def var_mean(
    input, dim=None, unbiased=None, keepdim=False, *, correction=None
) -> tuple[Tensor, Tensor]:
    """(variance, mean)."""
    found = var(input, dim, unbiased, keepdim, correction=correction)
    return found, reduce.mean(input, dim=None if isinstance(dim, bool) else dim, keepdim=keepdim)


@composition
def std_mean(
    input, dim=None, unbiased=None, keepdim=False, *, correction=None
) -> tuple[Tensor, Tensor]:
    """(standard deviation, mean)."""
    found = std(input, dim, unbiased, keepdim, correction=correction)
    return found, reduce.mean(input, dim=None if isinstance(dim, bool) else dim, keepdim=keepdim)


@composition
def softmax(input, dim, dtype=None) -> Tensor:
    """e ** input over its sum along `dim`, computed in `dtype` if one is given."""
    return fused.softmax(input if dtype is None else input.to(dtype=dtype), dim=dim)


@composition
def log_softmax(input, dim, dtype=None) -> Tensor:
    """The logarithm of softmax, computed stably, in `dtype` if one is given."""
    return fused.log_softmax(input if dtype is None else input.to(dtype=dtype), dim=dim)


@composition
def count_nonzero(input, dim=None) -> Tensor:
    """How many elements are not 0."""
    return reduce.sum(input != 0, dim=dim)
