"""Every operation against torch: value, derivatives, layouts, dtypes, in place, views, methods."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import minitorch
from minitorch.backend import ROWS
from minitorch.primitive import Row
from tests.checks import (
    DTYPES,
    array,
    cast,
    check_first,
    check_second,
    check_value,
    compare,
    cotangents,
    differentiable,
    first,
    flat,
    gradients,
    scattered,
    second,
    tensors,
)
from tests.samples import SAMPLES, Sample
from tests.tolerances import GRADCHECK, LIKE, TOLERANCES

pytestmark = pytest.mark.differential


def over(samples: list[Sample]) -> pytest.MarkDecorator:
    """Parametrize a test by samples."""
    return pytest.mark.parametrize("sample", samples, ids=lambda s: s.id)


ONCE = [s for s in SAMPLES if s.derivatives >= 1]
TWICE = [s for s in SAMPLES if s.derivatives >= 2]
PLAIN = [s for s in SAMPLES if s.plain and s.inputs]


# ------------------------------------------------------------------ the table is covered


def test_every_row_has_a_sample() -> None:
    assert not set(ROWS) - {s.name for s in SAMPLES}


def test_every_rule_is_differentiated_by_some_sample() -> None:
    twice = {s.name for s in TWICE}
    constant = {"zero", "bernoulli_tensor", "floor_divide"}  # their derivative is 0
    assert not {n for n, row in ROWS.items() if any_rule(row)} - twice - constant


def any_rule(row: Row) -> bool:
    """Whether a gradient flows to some input of the row."""
    return row.joint is not None or any(rule is not None for rule in row.rules)


NO_OPERATIONS = {
    # creation, in test_creation.py
    *"arange as_tensor bernoulli empty empty_like eye from_numpy full full_like linspace normal".split(),
    *"ones ones_like rand rand_like randint randint_like randn randn_like randperm".split(),
    *"scalar_tensor tensor zeros zeros_like".split(),
    # settings and state
    *"get_default_dtype set_default_dtype get_printoptions set_printoptions promote_types".split(),
    *"get_rng_state set_rng_state initial_seed manual_seed seed is_grad_enabled".split(),
    *"is_inference_mode_enabled set_num_threads get_num_threads is_tensor save load compile".split(),
    *"can_cast finfo iinfo is_floating_point is_storage broadcast_shapes".split(),
}


def test_every_public_function_has_a_sample() -> None:
    functions = {
        n
        for n, f in vars(minitorch).items()
        if not n.startswith("_") and type(f).__name__ == "function" and hasattr(torch, n)
    }
    assert not functions - {s.name for s in SAMPLES} - NO_OPERATIONS


# ------------------------------------------------------------------ value and derivatives


@over(SAMPLES)
def test_value(sample: Sample) -> None:
    for dtype in DTYPES:
        check_value(sample, dtype)


@over(ONCE)
def test_gradient(sample: Sample) -> None:
    for dtype in DTYPES:
        check_first(sample, dtype)


@over(TWICE)
def test_second_gradient(sample: Sample) -> None:
    for dtype in DTYPES:
        check_second(sample, dtype)


# view refuses what lies scattered (below); torch's take_along_dim fails there by mistake.
CONTIGUOUS_ONLY = ("view", "take_along_dim")


@over([s for s in SAMPLES if s.inputs and s.name not in CONTIGUOUS_ONLY])
def test_scattered_memory(sample: Sample) -> None:
    check_value(sample, "float64", scattered)
    if sample.derivatives:
        check_first(sample, "float64", scattered)


@over(SAMPLES)
def test_inputs_are_left_alone(sample: Sample) -> None:
    arrays = [cast(a, "float64") for a in sample.inputs]
    sample.run(minitorch, *tensors(minitorch, arrays, derivatives=False))
    for a, before in zip(arrays, sample.inputs):
        assert np.array_equal(a, before, equal_nan=a.dtype.kind == "f")


# ------------------------------------------------------------------ against finite differences

SMALL = [s for s in TWICE if s.floating() and sum(a.size for a in s.inputs) <= 120]
# Weights that are constants, as they are to torch; a row that gets no gradient on purpose.
DETACHED = {"nll_loss": 2, "bce_with_logits": 2, "embedding": 2}


def exact(sample: Sample) -> bool:
    """Whether the whole derivative is what a gradient means."""
    return sample.name not in DETACHED or "padding_idx=1" not in sample.label and len(sample.inputs) == 2


def bound(sample: Sample) -> tuple:
    """(the sample as a function of its floating inputs, those inputs)."""
    inputs = tensors(minitorch, [cast(a, "float64") for a in sample.inputs], derivatives=True)
    wanted = sample.floating()

    def call(*floating: minitorch.Tensor) -> tuple:
        given = list(inputs)
        for i, x in zip(wanted, floating):
            given[i] = x
        with minitorch.enable_grad():
            return tuple(differentiable(flat(sample.run(minitorch, *given))))

    return call, tuple(inputs[i] for i in wanted)


@over([s for s in SMALL if exact(s)])
def test_gradcheck(sample: Sample) -> None:
    assert minitorch.autograd.gradcheck(*bound(sample), **GRADCHECK)


@over([s for s in SMALL if exact(s) and sum(a.size for a in s.inputs) <= 16])
def test_gradgradcheck(sample: Sample) -> None:
    assert minitorch.autograd.gradgradcheck(*bound(sample), **GRADCHECK)


# ------------------------------------------------------------------ extremes

EDGES = [0.0, -0.0, 1e-45, 1e-40, 1e-10, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0, 9.0, 20.0, 50.0, 88.0, 90.0,
         104.0, 1e3, 1e5, 1e10, 1e19, 1e30, 3e38, float("inf")]  # fmt: skip
EXTREMES = np.array([*EDGES, *(-x for x in EDGES), float("nan")])
TINY = 1.2e-38  # the smallest normal float32
# torch's own formulas, out + 1 and 1 + erf, lose what is left of numbers this small.
FLOORS = {"expm1": 1e-15, "gelu": 1e-15}
UNARY = sorted({s.name for s in SAMPLES if s.kind == "elementwise" and s.plain and len(s.inputs) == 1
                and s.derivatives and not s.params})  # fmt: skip
BINARY = "add sub mul div pow maximum minimum remainder fmod".split()
ALONG = "softmax log_softmax logsumexp sum mean amax amin prod cumsum max_dim min_dim sort norm2".split()


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
            assert not wrong.any(), (
                f"derivative {order} of input {i} at {[x[wrong].tolist() for x in arrays]}: "
                f"{a[wrong]}, torch {b[wrong]}, in float64 {c[wrong]}"
            )


@pytest.mark.parametrize("name", UNARY)
def test_extremes_of_one_number(name: str) -> None:
    floor = FLOORS.get(name, TINY)
    at_extremes(lambda T, x: getattr(T, name)(x), [EXTREMES], (8, 32, 256), floor)


FEW = np.array([0.0, -0.0, 1e-40, 0.5, 1.0, 2.0, 3.0, 1e3, 1e19, 1e30, float("inf")])
FEW = np.array([*FEW, *-FEW, float("nan")])


@pytest.mark.parametrize("name", BINARY)
def test_extremes_of_two_numbers(name: str) -> None:
    x, y = (a.reshape(-1).copy() for a in np.meshgrid(FEW, FEW))
    at_extremes(lambda T, x, y: getattr(T, name)(x, y), [x, y], (8, 32, 256))


@pytest.mark.parametrize("number", [0, 1, 2, 3, -1, -2, 0.5, -0.5, 2.5])
def test_extremes_of_powers(number: float) -> None:
    x = EXTREMES if number % 1 != 0.5 else EXTREMES[EXTREMES != -np.inf]  # a root to torch
    at_extremes(lambda T, x: x**number, [x], (8, 32, 256))


ACTIVATIONS = {
    "gelu": {}, "silu": {}, "softplus": {}, "logsigmoid": {}, "leaky_relu": {}, "elu": {},
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_extremes_of_activations(name: str) -> None:
    def call(T, x):
        return (ROWS[name].public if T is minitorch else getattr(T.nn.functional, name))(x)

    at_extremes(call, [EXTREMES], (64, 256, 2048), FLOORS.get(name, TINY))
