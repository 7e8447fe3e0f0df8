"""Every operation where numbers are huge, tiny, zero, infinite or none; judged by float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import minitorch
from minitorch.backend import ROWS
from tests.checks import (
    DTYPES,
    array,
    check_first,
    check_second,
    check_value,
    gradients,
    second,
    tensors,
)
from tests.samples import SAMPLES
from tests.sampling import Sample

pytestmark = pytest.mark.differential

EDGES = [0.0, -0.0, 1e-45, 1e-40, 1e-10, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0, 9.0, 20.0, 50.0, 88.0, 90.0,
         104.0, 1e3, 1e5, 1e10, 1e19, 1e30, 3e38, float("inf")]  # fmt: skip
EXTREMES = np.array([*EDGES, *(-x for x in EDGES), float("nan")])
INF, NAN = float("inf"), float("nan")
TINY = 1.2e-38  # the smallest normal float32
# torch's own formulas, out + 1 and 1 + erf, lose what is left of numbers this small.
# Both lose 1 - sigmoid(x) where it is small, torch's logsigmoid on one side, ours on the other.
FLOORS = {"expm1": 1e-15, "gelu": 1e-15, "logsigmoid": 1e-8}
UNARY = sorted(
    {
        s.name
        for s in SAMPLES
        if s.kind == "elementwise" and s.plain and s.derivatives and not s.params
        if len(s.inputs) == 1
    }
)
BINARY = "add sub mul div pow maximum minimum remainder fmod".split()


def judged(
    found: np.ndarray, single: np.ndarray, double: np.ndarray, limit: float, floor: float
) -> np.ndarray:
    """Where `found` is near neither torch's float32 nor its float64, rounded.

    Near is `limit` eps, or 8 times what torch's own float32 is off; less than normal is 0.
    """
    with np.errstate(all="ignore"):
        near = np.zeros(found.shape, bool)
        double = double.astype(np.float32)
        off = np.nan_to_num(np.abs(single - double), nan=0, posinf=0) * 8
        for expected in (single, double):
            same = (found == expected) | (np.isnan(found) & np.isnan(expected))
            scale = np.maximum(np.abs(expected), np.finfo(np.float32).tiny)
            near |= same | (np.abs(found - expected) <= limit * 1.2e-7 * scale + off + floor)
    return ~near


def at_extremes(call, arrays: list[np.ndarray], limits: tuple, floor: float = TINY) -> None:
    """Value, first and second derivative of an elementwise call in float32, judged by float64."""
    results = []
    for T, dtype in ((minitorch, "float32"), (torch, "float32"), (torch, "float64")):
        inputs = tensors(T, [a.astype("float32").astype(dtype) for a in arrays], derivatives=True)
        out = call(T, *inputs)
        grads = T.autograd.grad(out.sum(), inputs, create_graph=True)
        again = [g.sum() for g in grads if g.requires_grad]
        second = gradients(T, again, inputs, None)
        results.append([[array(out)], [array(g) for g in grads], [array(g) for g in second]])
    for order, limit in enumerate(limits):
        for i, (a, b, c) in enumerate(zip(*(r[order] for r in results))):
            wrong = judged(a, b, c, limit, floor)
            at = np.flatnonzero(wrong)[:5]
            assert not len(at), (
                f"derivative {order} of input {i} at {[x[at].tolist() for x in arrays]}: "
                f"{a[at]}, torch {b[at]}, in float64 {c[at]}"
            )


@pytest.mark.parametrize("name", UNARY)
def test_extremes_of_one_number(name: str) -> None:
    floor = FLOORS.get(name, TINY)
    # Of torch's slope of sinc nothing is left where the sine is its argument.
    x = EXTREMES if name != "sinc" else EXTREMES[~(abs(EXTREMES) < 1e-9)]
    at_extremes(lambda T, x: getattr(T, name)(x), [x], (8, 32, 256), floor)


FEW = np.array([0.0, -0.0, 1e-40, 0.5, 1.0, 2.0, 3.0, 1e3, 1e19, 1e30, float("inf")])
FEW = np.array([*FEW, *-FEW, float("nan")])


@pytest.mark.parametrize("name", BINARY)
def test_extremes_of_two_numbers(name: str) -> None:
    # What is left of a division by 0 is NaN, and to us so is its slope.
    divisors = FEW[(FEW != 0) & (FEW == FEW)] if name == "fmod" else FEW
    x, y = (a.reshape(-1).copy() for a in np.meshgrid(FEW, divisors))
    at_extremes(lambda T, x, y: getattr(T, name)(x, y), [x, y], (8, 32, 256))


@pytest.mark.parametrize("number", [0, 1, 2, 3, -1, -2, 0.5, -0.5, 2.5])
def test_extremes_of_powers(number: float) -> None:
    x = EXTREMES if number % 1 != 0.5 else EXTREMES[-np.inf != EXTREMES]  # a root to torch
    at_extremes(lambda T, x: x**number, [x], (8, 32, 256))


ACTIVATIONS = {
    "gelu": {}, "silu": {}, "softplus": {}, "logsigmoid": {}, "leaky_relu": {}, "elu": {},
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_extremes_of_activations(name: str) -> None:
    def call(T, x):
        return (ROWS[name].public if T is minitorch else getattr(T.nn.functional, name))(x)

    # At 0 torch takes elu's first derivative from one side and its second from the other.
    x = EXTREMES if name != "elu" else EXTREMES[EXTREMES != 0]
    at_extremes(call, [x], (64, 256, 2048), FLOORS.get(name, TINY))


LINES = {
    "ties": [2.0, 5.0, 5.0, 5.0, 1.0], "huge": [1e30, 1e30, -1e30, 3.0, 0.0],
    "far": [1000.0, -1000.0, 0.0, 999.0, 20.0], "minus infinity": [-INF, 1.0, 2.0, -INF, 0.0],
    "infinity": [INF, 1.0, 2.0, 3.0, 4.0], "not a number": [1.0, NAN, 3.0, NAN, 5.0],
    "zeros": [0.0, -0.0, 0.0, 0.0, 0.0], "tiny": [1e-40, 1e-38, 1e-30, 1e-45, 0.0],
    "nothing left": [-INF, -INF, -INF, -INF, -INF], "one zero": [2.0, 0.0, 3.0, 4.0, 5.0],
}  # fmt: skip
ALONG = {
    "sum": "reduce", "mean": "reduce", "prod": "reduce", "amax": "reduce", "amin": "reduce",
    "max": "reduce", "min": "reduce", "argmax": "compare", "argmin": "compare", "var": "reduce",
    "std": "reduce", "logsumexp": "fused", "cumsum": "reduce", "norm": "reduce",
    "softmax": "fused", "log_softmax": "fused", "sort": "index", "all": "compare",
}  # fmt: skip


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("name", ALONG)
def test_extremes_along_a_dimension(name: str, line: str) -> None:
    """Each kind of line, along the last dimension, beside an ordinary one."""
    x = np.array([LINES[line], [1.0, 2.0, 3.0, 4.0, 5.5]])
    if name == "prod" and np.isinf(x).any():
        return  # torch divides the product by the element, which gives NaN
    call = lambda T, x: getattr(T, name)(x, dim=-1)  # noqa: E731
    sample = Sample(name, ALONG[name], line, (x,), call, call, {})
    for dtype in DTYPES:
        check_value(sample, dtype)
        check_first(sample, dtype)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_second_gradient_of_far_logits(name: str) -> None:
    x = np.array([[1000.0, -1000.0, 0.0, 999.0], [-1e5, 1e5, 1e5, 0.0]])
    call = lambda T, x: getattr(T, name)(x, dim=-1)  # noqa: E731
    for dtype in DTYPES:
        check_second(Sample(name, "fused", "far", (x,), call, call, {}), dtype)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", ["binary_cross_entropy_with_logits", "mse_loss", "l1_loss"])
def test_losses_of_far_inputs(name: str, reduction: str) -> None:
    x = np.array([1e4, -1e4, 88.0, -88.0, 0.0, 1e-30, 2.0, 2.0])
    y = np.array([1.0, 1.0, 0.0, 0.0, 0.5, 0.5, 0.0, 1.0])
    theirs = lambda T, x, y: getattr(T.nn.functional, name)(x, y, reduction=reduction)  # noqa: E731
    ours = "bce_with_logits" if name.startswith("binary") else name
    call = lambda T, x, y: ROWS[ours].public(x, y, reduction=reduction)  # noqa: E731
    sample = Sample(name, "fused", reduction, (x, y), call, theirs, {})
    for dtype in DTYPES:
        check_value(sample, dtype)
        check_first(sample, dtype)
        check_second(sample, dtype)


def test_no_target_counts_and_no_gradient_is_nan() -> None:
    call = lambda T, x: T.nn.functional.cross_entropy(  # noqa: E731
        x, T.tensor([1, 1]), ignore_index=1)  # fmt: skip
    x = np.array([[1.0, 2.0, 3.0], [4.0, 0.0, 1.0]])
    check_first(Sample("cross_entropy", "fused", "all ignored", (x,), call, call, {}), "float32")


@pytest.mark.parametrize("name", ["logaddexp", "soft_margin"])
def test_second_derivative_keeps_its_digits_far_out(name: str) -> None:
    x, y = np.array([-0.07, -7.4, 0.5]), np.array([4.8, 7.1, -9.0])
    call = CALLS[name]
    sample = Sample(name, "fused", "far", (x, y), call, call, {})
    exact = second(torch, sample, [x, y])
    found = second(minitorch, sample, [x.astype("f"), y.astype("f")])
    for a, b in zip(found, exact):
        assert np.abs(array(a) - array(b)).max() < 2e-6 * np.abs(array(b)).max()


CALLS = {
    "logaddexp": lambda T, x, y: T.logaddexp(x, y),
    "soft_margin": lambda T, x, y: T.nn.functional.soft_margin_loss(x - y, T.ones_like(x)),
}
