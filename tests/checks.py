"""One sample on both engines: value, first and second derivative, and whether they agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

import minitorch
from tests.sampling import Sample, numbers
from tests.tolerances import TOLERANCES, assert_close

DTYPES = ("float64", "float32")


def array(x: Any) -> np.ndarray:
    """What an engine's tensor, or a Python number, holds."""
    return x.detach().numpy(force=True) if hasattr(x, "detach") else np.asarray(x)


def flat(outputs: Any) -> list:
    """One output or several, as a list."""
    return list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]


def cast(a: np.ndarray, dtype: str) -> np.ndarray:
    """A fresh copy of an input; floats in the dtype under test."""
    return np.array(a, dtype=dtype if a.dtype.kind == "f" else a.dtype)


def scattered(a: np.ndarray) -> np.ndarray:
    """The same numbers with gaps between them and the axes in reverse order of memory."""
    room = np.zeros([2 * n for n in a.shape[::-1]], a.dtype).T
    view = room[(*(slice(None, None, 2) for _ in a.shape), ...)]
    view[...] = a
    return view


def tensors(T: Any, arrays: list[np.ndarray], derivatives: bool) -> list:
    """The arrays as leaves of engine `T`."""
    made = [T.from_numpy(a) for a in arrays]
    for x in made:
        if derivatives and x.is_floating_point():
            x.requires_grad_()
    return made


def cotangents(T: Any, outputs: list) -> list:
    """Uneven incoming gradients for the outputs."""
    return [
        T.from_numpy(numbers(*o.shape, seed=70 + i).astype(str(o.dtype).rpartition(".")[2]))
        for i, o in enumerate(outputs)
    ]


def differentiable(outputs: list) -> list:
    """Those outputs that a gradient can start from."""
    return [o for o in outputs if getattr(o, "requires_grad", False)]


def gradients(T: Any, outputs: list, inputs: list, given: list, create_graph: bool = False) -> list:
    """autograd.grad with zeros where no gradient arrives."""
    if not outputs:
        return [T.zeros_like(x) for x in inputs]
    found = T.autograd.grad(outputs, inputs, given, create_graph=create_graph, allow_unused=True)
    return [T.zeros_like(x) if g is None else g for g, x in zip(found, inputs)]


def first(T: Any, sample: Sample, arrays: list[np.ndarray]) -> list:
    """The gradients of the sample's inputs for uneven cotangents."""
    inputs = tensors(T, arrays, derivatives=True)
    outputs = differentiable(flat(sample.run(T, *inputs)))
    wanted = [inputs[i] for i in sample.floating()]
    return gradients(T, outputs, wanted, cotangents(T, outputs))


def second(T: Any, sample: Sample, arrays: list[np.ndarray]) -> list:
    """The gradients of an uneven sum of the gradients: to the inputs and to the cotangents."""
    inputs = tensors(T, arrays, derivatives=True)
    outputs = differentiable(flat(sample.run(T, *inputs)))
    given = [g.requires_grad_() for g in cotangents(T, outputs)]
    wanted = [inputs[i] for i in sample.floating()]
    grads = gradients(T, outputs, wanted, given, create_graph=True)
    weights = [
        T.from_numpy(numbers(*g.shape, seed=90 + i).astype(array(g).dtype))
        for i, g in enumerate(grads)
        if g.requires_grad
    ]
    again = differentiable(grads)
    return gradients(T, again, [*wanted, *given], weights)


def compare(found: list, expected: list, limit: float, floor: float, what: str) -> None:
    """Require the same number of tensors and each pair to agree."""
    assert len(found) == len(expected), f"{what}: {len(found)} tensors, not {len(expected)}"
    for i, (a, b) in enumerate(zip(found, expected)):
        assert_close(array(a), array(b), limit, floor, f"{what} {i}")


def laid_out(ours: Any, theirs: Any) -> bool:
    """Whether one of two results lies in one piece and the other does not."""
    return hasattr(ours, "stride") and ours.is_contiguous() != theirs.is_contiguous()


def check_value(sample: Sample, dtype: str, layout: Any = None) -> None:
    """The outputs agree with torch's: numbers, dtypes, shapes, what requires a gradient."""
    arrays = [cast(a, dtype) for a in sample.inputs]
    arrays = arrays if layout is None else [layout(a) for a in arrays]
    found = flat(sample.run(minitorch, *tensors(minitorch, arrays, bool(sample.derivatives))))
    expected = flat(sample.run(torch, *tensors(torch, arrays, bool(sample.derivatives))))
    tolerance = TOLERANCES[sample.kind]
    compare(found, expected, tolerance.value, tolerance.floor, f"{sample.id} {dtype} value")
    if layout is None:
        apart = [(a.stride(), b.stride()) for a, b in zip(found, expected) if laid_out(a, b)]
        assert not apart, f"{sample.id}: strides {apart}"
    flows = [getattr(o, "requires_grad", False) for o in found]
    assert flows == [getattr(o, "requires_grad", False) for o in expected]


def check_first(sample: Sample, dtype: str, layout: Any = None) -> None:
    """The gradients agree with torch's."""
    arrays = [cast(a, dtype) for a in sample.inputs]
    arrays = arrays if layout is None else [layout(a) for a in arrays]
    tolerance = TOLERANCES[sample.kind]
    found, expected = first(minitorch, sample, arrays), first(torch, sample, arrays)
    compare(found, expected, tolerance.first, tolerance.floor, f"{sample.id} {dtype} gradient")


def check_second(sample: Sample, dtype: str) -> None:
    """The gradients of the gradients agree with torch's."""
    arrays = [cast(a, dtype) for a in sample.inputs]
    tolerance = TOLERANCES[sample.kind]
    found, expected = second(minitorch, sample, arrays), second(torch, sample, arrays)
    compare(found, expected, tolerance.second, tolerance.floor, f"{sample.id} {dtype} second")
