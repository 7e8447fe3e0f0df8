"""Runs one line of a script on either engine and says how it ended."""

from __future__ import annotations

import copy
import io
import os
import pickle
import warnings
from collections import OrderedDict
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

import minitorch
import minitorch.utils.data

ARRAYS = "an array stands for a tensor here; a row called on arrays alone computes an array"
BOOLS = "computed as NumPy does, as a check would cost every call"
BROKEN = "one error is both of the two that torch has for a file: RuntimeError, UnpicklingError"
COMPLEX = "complex tensors are not built yet"

DIFFERS = {
    "complex loss": COMPLEX,
    "complex number": COMPLEX,
    "tensor of complex": COMPLEX,
    "quantized dtype": "there are no quantized dtypes",
    "saved read after it was freed": "a node's saved values carry the names its rule uses",
    "grad with too many gradients": "torch ignores what is too much",
    "take_along_dim beyond the end": "torch wraps the index around",
    "float list": "torch rounds the numbers down",
    "two ellipses": "a second ellipsis is refused, as by NumPy",
    "zeros of bool": "True is the size 1, as everywhere in Python",
    "state: nothing is copied when a size is wrong": "torch has then copied a part",
    "load with a byte changed": "torch does not check; here it is an error",
    "save fails, the old file stays": "torch has then destroyed it",
    "mse_loss with None": "a TypeError says what is wrong",
    "function: gradient no tensor": "a TypeError says what is wrong",
    "grad of a list of floats": "the graph is asked for the node of what is no tensor",
    "grad of inputs that are floats": "the graph is asked for the node of what is no tensor",
    "abs of bool": BOOLS,
    "relu of bool": BOOLS,
    "dot of bools": BOOLS,
    **dict.fromkeys(
        ("ndarray plus tensor", "ndarray @ tensor", "exp of ndarray", "sum of ndarray",
         "mean of ndarray", "minimum of ndarray", "mul of ndarray", "stack of ndarray",
         "cat of ndarray", "linear of ndarray"),
        ARRAYS,
    ),
    **dict.fromkeys(
        ("load nothing", "load what is no checkpoint", "load half", "load a call", "load a module",
         "load an array", "load a pickle", "load a zip"),
        BROKEN,
    ),
}  # fmt: skip
"""Cases, by name, that end otherwise than in torch, and why."""


class Outcome(NamedTuple):
    """How a line ended: with an error or a value, and the kinds of warnings on the way."""

    error: type[BaseException] | None
    message: str
    value: Any
    warned: tuple[str, ...]

    @property
    def kind(self) -> str | None:
        """What an `except` clause would catch it by: its own name and its builtin class."""
        if self.error is None:
            return None
        builtin = next(c for c in self.error.__mro__ if c.__module__ == "builtins")
        return f"{self.error.__name__} < {builtin.__name__}"


def run(source: str, engine: ModuleType) -> Outcome:
    """Execute `source` with `torch` meaning `engine`; the value is that of its variable `r`."""
    engine.set_grad_enabled(True)
    engine.manual_seed(0)
    scope = vocabulary(engine)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", category=RuntimeWarning, module="minitorch")
        error, message, value = None, "", None
        try:
            exec(compile(source, "<case>", "exec"), scope)
            value = plain(scope.get("r"))
        except Exception as raised:  # whatever comes is the result
            error, message = type(raised), str(raised)
    return Outcome(error, message, value, tuple(sorted({w.category.__name__ for w in caught})))


def vocabulary(torch: ModuleType) -> dict[str, Any]:
    """The names that a case may use, besides builtins."""

    def function(forward: Any, backward: Any = None) -> Any:
        """The `apply` of a custom Function."""
        rules = {"forward": staticmethod(forward)}
        if backward is not None:
            rules["backward"] = staticmethod(backward)
        return type("Custom", (torch.autograd.Function,), rules).apply

    def dataset(get: Any, length: int = 2) -> Any:
        """A Dataset of `length` items made by `get`."""
        methods = {"__getitem__": lambda self, i: get(i), "__len__": lambda self: length}
        return type("Items", (torch.utils.data.Dataset,), methods)()

    def throw(error: Exception) -> None:
        raise error

    return {
        "F": torch.nn.functional,
        "OrderedDict": OrderedDict,
        "copy": copy,
        "data": torch.utils.data,
        "dataset": dataset,
        "function": function,
        "image": lambda *size: torch.ones(*(size or (1, 1, 4, 4))),
        "ints": lambda *values, **how: torch.tensor(values, **how),
        "io": io,
        "leaf": lambda *size, **how: torch.ones(*size, requires_grad=True, **how),
        "nan": float("nan"),
        "nn": torch.nn,
        "np": np,
        "ones": torch.ones,
        "optim": torch.optim,
        "os": os,
        "parameter": lambda *size: torch.nn.Parameter(torch.ones(*(size or (2,)))),
        "pickle": pickle,
        "throw": throw,
        "torch": torch,
    }


def plain(value: Any) -> Any:
    """`value` with tensors as (dtype, shape, numbers), so that two engines' can be compared."""
    if hasattr(value, "requires_grad") and hasattr(value, "tolist"):
        flow = "leaf" if value.is_leaf else "result"
        numbers = repr(value.detach().tolist())
        return repr(value.dtype), tuple(value.shape), value.requires_grad and flow, numbers
    if isinstance(value, np.ndarray):
        return "ndarray", value.dtype.name, value.shape, repr(value.tolist())
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, type):
        return value.__name__
    return repr(value)


def check(name: str, source: str, *words: str) -> None:
    """Require that `source` ends here as in torch, and that our message says all `words`."""
    torch = pytest.importorskip("torch")
    ours, theirs = run(source, minitorch), run(source, torch)
    same = (ours.kind, ours.value) == (theirs.kind, theirs.value)
    if name in DIFFERS:
        assert not same, f"ends as in torch now: take {name!r} out of DIFFERS"
    else:
        assert same, f"{source}\nhere:  {ours}\ntorch: {theirs}"
    if ours.error is not None:
        assert words, f"{name}: the case must say what the message names: {ours.message}"
        for word in words:
            assert word in ours.message, f"{word!r} is not named in: {ours.message}"
