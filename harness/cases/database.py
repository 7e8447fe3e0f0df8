"""Cases from the database that the torch wheel brings for its own tests, `op_db`.

Each sample becomes a function of its tensors in torch's words. Another seed draws other numbers for
the same shapes and arguments. Where a derivative is defined on part of the inputs alone, symmetric
or triangular matrices, the database says so, and the function first makes its input one.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from harness import samples
from harness.cases.case import Case
from harness.coverage import has

LIMIT = 6
"""How many samples of one entry are taken, evenly out of all."""

LARGEST = 4096
"""How many elements the tensors of a sample have at most."""

UNDEFINED = re.compile(r"(new_)?empty(_|$)|resize_")
"""Operations that return what happens to be in memory."""

LOWEST = {"special.ndtr": -4.0}
"""Below this torch is no witness in float64 either: 1 + erf(x) has no digits left, then is 0."""

_ON_A_PART = ("gradcheck_wrapper_hermitian_input", "gradcheck_wrapper_triangular_input")


class Slot(NamedTuple):
    """Where the tensor `number` of a sample stands among its arguments."""

    number: int


def cases(pattern: str = "", seed: int = 0, limit: int = LIMIT) -> Iterator[Case]:
    """The cases of every operation in a tier whose name matches.

    Raises: ImportError where torch or what its tests need is not installed.
    """
    for name, entry in samples.entries():
        if re.search(pattern, name) and not UNDEFINED.match(name):
            yield from of(name, entry, seed, limit)


def of(name: str, entry: Any, seed: int = 0, limit: int = LIMIT) -> Iterator[Case]:
    """Up to `limit` cases of one entry; what cannot be said to another engine is left out."""
    import torch

    for dtype, most in ((torch.float32, limit), (torch.int64, 2), (torch.bool, 1)):
        if dtype in entry.dtypes:
            kind = "" if dtype.is_floating_point else f"{str(dtype).removeprefix('torch.')} "
            yield from _of_dtype(name, entry, seed, dtype, most, kind)


def _of_dtype(
    name: str, entry: Any, seed: int, dtype: Any, limit: int, kind: str
) -> Iterator[Case]:
    told = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, about its own samples
        drawn = list(samples.of(entry, seed, dtype))
    for number, sample in enumerate(drawn):
        tensors: list[np.ndarray] = []
        constant: list[int] = []
        call = samples.arguments(entry.name, sample)
        try:
            template = _taken(call, tensors, constant)
        except samples.Untold:
            continue
        if sum(a.size for a in tensors) <= LARGEST:
            told.append((number, template, tensors, constant, sample))
    for number, template, tensors, constant, sample in samples.spread(told, limit):
        function = _function(name, entry, template, sample.output_process_fn_grad)
        order = entry.supports_autograd * (1 + entry.supports_gradgrad)
        label = f"{kind}sample {number}"
        low = LOWEST.get(name)
        inputs = tuple(a if low is None else np.maximum(a, a.dtype.type(low)) for a in tensors)
        yield Case(name, label, function, inputs, order, tuple(constant))


def _function(name: str, entry: Any, template: tuple, process: Callable | None) -> Callable:
    """`function(T, *tensors)` of one sample."""
    wrapper, base, words = entry.gradcheck_wrapper, entry.name, samples.WORDS.get(name)
    wrapper = wrapper if getattr(wrapper, "__name__", "") in _ON_A_PART else None

    def function(T: Any, *tensors: Any) -> Any:
        operation = partial(words, T) if words else _apart(T, base)
        args, kwargs = _filled(template, T, tensors)
        out = wrapper(operation, *args, **kwargs) if wrapper else operation(*args, **kwargs)
        return process(out) if process else out

    return function


def _apart(T: Any, name: str) -> Callable:
    """The operation; what writes in place only, on a copy."""
    operation = samples.operation(T, name)
    if has(T, name) or has(T.Tensor, name):
        return operation
    return lambda x, *args, **kwargs: operation(x.clone(), *args, **kwargs)


def _taken(value: Any, tensors: list[np.ndarray], constant: list[int]) -> Any:
    """`value` with a slot for each tensor, and the tensors as arrays. Raises: Untold."""
    import torch

    if isinstance(value, torch.Tensor):
        if value.layout != torch.strided or value.is_complex() or value.dtype == torch.bfloat16:
            raise samples.Untold(f"{value.layout} {value.dtype}")
        if value.is_floating_point() and not value.requires_grad:
            constant.append(len(tensors))
        tensors.append(value.detach().numpy(force=True).copy())
        return Slot(len(tensors) - 1)
    if isinstance(value, (list, tuple)):
        return type(value)(_taken(v, tensors, constant) for v in value)
    if isinstance(value, dict):
        return {k: _taken(v, tensors, constant) for k, v in value.items()}
    if isinstance(value, (torch.dtype, slice, bool, int, float, str, type(None), type(...))):
        return value
    raise samples.Untold(f"{type(value).__name__}: {value!r:.60}")


def _filled(value: Any, T: Any, tensors: Sequence[Any]) -> Any:
    """The arguments again, in the words of engine `T`."""
    if isinstance(value, Slot):
        return tensors[value.number]
    if isinstance(value, (list, tuple)):
        return type(value)(_filled(v, T, tensors) for v in value)
    if isinstance(value, dict):
        return {k: _filled(v, T, tensors) for k, v in value.items()}
    if type(value).__name__ == "dtype":
        return getattr(T, str(value).removeprefix("torch."))
    return value
