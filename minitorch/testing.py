"""torch.testing: tensors, numbers and containers of them compared, with what differs and where.

>>> assert_close(1.0, 1.0 + 1e-9)
>>> assert_close([1, 2], [1, 3])
Traceback (most recent call last):
    ...
AssertionError: Scalars are not equal!
<BLANKLINE>
Expected 3 but got 2.
Absolute difference: 1
Relative difference: 0.3333333333333333
<BLANKLINE>
The failure occurred for item [1]
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minitorch import creation, dtypes, functions
from minitorch._tensor import Tensor
from minitorch.backend import require

__all__ = ["assert_allclose", "assert_close", "make_tensor"]

_TOLERANCES = {  # rtol and atol of each dtype; others are compared exactly
    dtypes.float16: (1e-3, 1e-5),
    dtypes.bfloat16: (1.6e-2, 1e-5),
    dtypes.float32: (1.3e-6, 1e-5),
    dtypes.float64: (1e-7, 1e-7),
}
_EXACT = (0.0, 0.0)


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """|actual - expected| <= atol + rtol |expected| everywhere, also in containers.

    Without tolerances those of the dtype: 1.3e-6 and 1e-5 for float32, 0 for integers.
    Raises: AssertionError that says what differs most, where, and by how much; `msg` replaces that
    text for numbers, or makes another of it.
    """
    if (rtol is None) != (atol is None):
        lacking = "rtol" if rtol is None else "atol"
        raise ValueError(
            f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {lacking}."
        )
    comparison = _Comparison(
        None if rtol is None or atol is None else (rtol, atol),
        equal_nan,
        check_dtype,
        check_stride,
        allow_subclasses,
    )
    found = comparison.difference(actual, expected, "")
    if found is not None:
        raise AssertionError(found if msg is None else msg(found) if callable(msg) else msg)


class _Comparison:
    """How two things are compared, wherever in a container they are."""

    def __init__(
        self,
        tolerances: tuple[float, float] | None,
        equal_nan: bool,
        check_dtype: bool,
        check_stride: bool,
        allow_subclasses: bool,
    ) -> None:
        self.tolerances, self.equal_nan = tolerances, equal_nan
        self.check_dtype, self.check_stride = check_dtype, check_stride
        self.allow_subclasses = allow_subclasses

    def difference(self, actual: Any, expected: Any, place: str) -> str | None:
        """The text for the first difference, None without one.

        Raises: AssertionError for containers of other lengths or keys.
        """
        if _both(actual, expected, Sequence) and not isinstance(actual, str):
            return self._sequences(actual, expected, place)
        if _both(actual, expected, Mapping):
            return self._mappings(actual, expected, place)
        text = self._single(actual, expected)
        return text if text is None or not place else _located(text, place)

    def _sequences(self, actual: Sequence, expected: Sequence, place: str) -> str | None:
        if len(actual) != len(expected):
            lengths = f"{len(actual)} != {len(expected)}"
            raise AssertionError(
                _located(f"The length of the sequences mismatch: {lengths}", place)
            )
        found = (
            self.difference(a, e, f"{place}[{i}]") for i, (a, e) in enumerate(zip(actual, expected))
        )
        return next((text for text in found if text is not None), None)

    def _mappings(self, actual: Mapping, expected: Mapping, place: str) -> str | None:
        missing, more = expected.keys() - actual.keys(), actual.keys() - expected.keys()
        if missing or more:
            lines = ["The keys of the mappings do not match:"]
            lines += [f"Missing keys in the actual mapping: {sorted(missing)}"] if missing else []
            lines += [f"Additional keys in the actual mapping: {sorted(more)}"] if more else []
            raise AssertionError(_located("\n".join(lines), place))
        try:
            keys = sorted(expected)
        except TypeError:
            keys = list(expected)
        found = (self.difference(actual[k], expected[k], f"{place}[{k!r}]") for k in keys)
        return next((text for text in found if text is not None), None)

    def _single(self, actual: Any, expected: Any) -> str | None:
        if actual is None or expected is None:
            same = actual is expected
            return None if same else f"None mismatch: {actual} is not {expected}"
        if _both(actual, expected, (bool, np.bool_)):
            same = bool(actual) == bool(expected)
            return None if same else f"Booleans mismatch: {actual} is not {expected}"
        if _both(actual, expected, (int, float, complex, np.number)):
            return self._numbers(actual, expected)
        if _both(actual, expected, np.ndarray):
            actual, expected = map(
                creation.from_numpy, map(np.ascontiguousarray, (actual, expected))
            )
        related = self.allow_subclasses or type(actual) is type(expected)
        if not (_both(actual, expected, Tensor) and related):
            raise TypeError(
                f"assert_close: cannot compare {type(actual).__name__} with "
                f"{type(expected).__name__}"
            )
        return self._tensors(actual, expected)

    def _numbers(self, actual: Any, expected: Any) -> str | None:
        actual, expected = (x.item() if isinstance(x, np.number) else x for x in (actual, expected))
        if self.check_dtype and type(actual) is not type(expected):
            return f"The (d)types do not match: {type(actual)} != {type(expected)}."
        exact = _both(actual, expected, int)
        tolerances = self.tolerances or (_EXACT if exact else _TOLERANCES[dtypes.float64])
        return self._scalars(actual, expected, tolerances)

    def _scalars(self, actual: Any, expected: Any, tolerances: tuple[float, float]) -> str | None:
        rtol, atol = tolerances
        difference = abs(actual - expected)
        nans = actual != actual and expected != expected and self.equal_nan
        if actual == expected or nans or difference <= atol + rtol * abs(expected):
            return None
        relative = difference / abs(expected) if expected else float("inf")
        absolute_limit, relative_limit = _limits(tolerances)
        return (
            f"Scalars are not {_kind(tolerances)}!\n\n"
            f"Expected {expected} but got {actual}.\n"
            f"Absolute difference: {difference}{absolute_limit}\n"
            f"Relative difference: {relative}{relative_limit}"
        )

    def _tensors(self, actual: Tensor, expected: Tensor) -> str | None:
        compared = ["shape"] + ["dtype"] * self.check_dtype + ["stride()"] * self.check_stride
        for name in compared:
            a, e = (
                x.stride() if name == "stride()" else getattr(x, name) for x in (actual, expected)
            )
            if a != e:
                return f"The values for attribute '{name}' do not match: {a} != {e}."
        tolerances = self.tolerances or max(
            _TOLERANCES.get(actual.dtype, _EXACT), _TOLERANCES.get(expected.dtype, _EXACT)
        )
        a, e = _comparable(actual, expected)
        if not a.ndim:
            return self._scalars(a.item(), e.item(), tolerances)
        return self._arrays(a, e, tolerances)

    def _arrays(self, a: Tensor, e: Tensor, tolerances: tuple[float, float]) -> str | None:
        rtol, atol = tolerances
        same = functions.isclose(a, e, rtol=rtol, atol=atol, equal_nan=self.equal_nan)
        wrong = int((~same).sum())
        if not wrong:
            return None
        absolute = (a - e).abs().masked_fill(same, 0)
        relative = (absolute / e.abs()).masked_fill(same, 0)
        lines = [
            f"Mismatched elements: {wrong} / {a.numel()} ({wrong / a.numel():.1%})",
            *(
                f"Greatest {name} difference: {_greatest(values)}{limit}"
                for name, values, limit in zip(
                    ("absolute", "relative"), (absolute, relative), _limits(tolerances)
                )
            ),
        ]
        return f"Tensor-likes are not {_kind(tolerances)}!\n\n" + "\n".join(lines)


def _both(actual: Any, expected: Any, kind: Any) -> bool:
    booleans = isinstance(actual, bool) or isinstance(expected, bool)
    if isinstance(kind, tuple) and int in kind and booleans:
        return False
    return isinstance(actual, kind) and isinstance(expected, kind)


def _located(text: str, place: str) -> str:
    return f"{text}\n\nThe failure occurred for item {place}" if place else text


def _kind(tolerances: tuple[float, float]) -> str:
    return "equal" if tolerances == _EXACT else "close"


def _limits(tolerances: tuple[float, float]) -> tuple[str, str]:
    """What is written behind the absolute and the relative difference."""
    if tolerances == _EXACT:
        return "", ""
    rtol, atol = tolerances
    return f" (up to {atol} allowed)", f" (up to {rtol} allowed)"


def _comparable(actual: Tensor, expected: Tensor) -> tuple[Tensor, Tensor]:
    """Both in one dtype, in which differences can be computed."""
    common = dtypes.promote_types(actual.dtype, expected.dtype)
    common = common if common.is_floating_point else dtypes.int64
    return actual.detach().to(common), expected.detach().to(common)


def _greatest(values: Tensor) -> str:
    """The greatest of the values, or a NaN, and its place."""
    at = np.unravel_index(int(values.argmax()), values.shape)
    place = tuple(int(i) for i in at)
    return f"{values[place].item()} at index {place}"


def assert_allclose(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = True,
    msg: str = "",
) -> None:
    """`assert_close` as it was: of tensors and numbers alike, NaN equal to NaN; deprecated.

    Raises: AssertionError as there.
    """
    warnings.warn(
        "torch.testing.assert_allclose() is deprecated: use torch.testing.assert_close()",
        FutureWarning,
        stacklevel=2,
    )
    actual = actual if isinstance(actual, Tensor) else creation.tensor(actual)
    expected = (
        expected if isinstance(expected, Tensor) else creation.tensor(expected, dtype=actual.dtype)
    )
    if rtol is None and atol is None:
        old = {**_TOLERANCES, dtypes.float16: (1e-3, 1e-3), dtypes.float32: (1e-4, 1e-5)}
        old[dtypes.float64] = (1e-5, 1e-8)
        rtol, atol = max(old.get(x.dtype, _EXACT) for x in (actual, expected))
    assert_close(
        actual,
        expected,
        rtol=rtol,
        atol=atol,
        equal_nan=equal_nan,
        check_dtype=False,
        msg=msg or None,
    )


def make_tensor(
    *shape: Any,
    dtype: dtypes.dtype,
    device: Any,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Random numbers in [low, high): [-9, 9) unless given, [0, 10) for uint8, both bools.

    With `noncontiguous` every other element of a larger memory; with `exclude_zero` zeros become
    the smallest number above.
    Raises: ValueError where that cannot be.
    """
    require(device)
    sizes = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
    if noncontiguous and memory_format is not None:
        raise ValueError("make_tensor: expected noncontiguous or memory_format, got both")
    if requires_grad and not dtype.is_floating_point:
        raise ValueError(f"make_tensor: expected a floating dtype to require grad, got {dtype}")
    apart = noncontiguous and np.prod(sizes) > 1
    room = (*sizes[:-1], 2 * sizes[-1]) if apart else sizes
    made = _drawn(room, dtype, *_bounds(dtype, low, high))
    made = made[..., 1::2] if apart else made
    if memory_format is not None:
        made = made.contiguous(memory_format=memory_format)
    if exclude_zero:
        smallest = dtypes.finfo(dtype).tiny if dtype.is_floating_point else 1
        made[made == 0] = smallest
    return made.requires_grad_() if requires_grad else made


def _bounds(dtype: dtypes.dtype, low: Any, high: Any) -> tuple[Any, Any]:
    """The least and the first number beyond the greatest. Raises: ValueError for none between."""
    defaults = {dtypes.bool_: (0, 2), dtypes.uint8: (0, 10)}.get(dtype, (-9, 9))
    if not dtype.is_floating_point and dtype not in (dtypes.bool_, dtypes.uint8):
        defaults = (-9, 10)
    low, high = (d if x is None else x for x, d in zip((low, high), defaults))
    if low != low or high != high:
        raise ValueError(f"make_tensor: expected bounds that are numbers, got {low} and {high}")
    if low > high or (low == high and not dtype.is_floating_point):
        raise ValueError(f"make_tensor: expected low below high, got {low} >= {high}")
    if dtype is dtypes.bool_:
        return max(0, low), min(2, high)
    if not dtype.is_floating_point:
        limits = dtypes.iinfo(dtype)
        return max(int(np.ceil(low)), limits.min), min(int(np.ceil(high)), limits.max + 1)
    return low, high


def _drawn(sizes: tuple, dtype: dtypes.dtype, low: Any, high: Any) -> Tensor:
    if dtype.is_floating_point:
        return creation.empty(sizes, dtype=dtype).uniform_(low, high)
    return functions.randint(low, high, sizes, dtype=dtype)
