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
    sampled = {id(getattr(minitorch, s.name, None)) for s in SAMPLES}  # its aliases too
    assert not {n for n in functions if id(getattr(minitorch, n)) not in sampled} - NO_OPERATIONS


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
    return (
        sample.name not in DETACHED
        or "padding_idx=1" not in sample.label
        and len(sample.inputs) == 2
    )


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
INF, NAN = float("inf"), float("nan")
TINY = 1.2e-38  # the smallest normal float32
# torch's own formulas, out + 1 and 1 + erf, lose what is left of numbers this small.
# Both lose 1 - sigmoid(x) where it is small, torch's logsigmoid on one side, ours on the other.
FLOORS = {"expm1": 1e-15, "gelu": 1e-15, "logsigmoid": 1e-8}
UNARY = sorted({s.name for s in SAMPLES if s.kind == "elementwise" and s.plain and len(s.inputs) == 1
                and s.derivatives and not s.params})  # fmt: skip
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
    at_extremes(lambda T, x: getattr(T, name)(x), [EXTREMES], (8, 32, 256), floor)


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
    x = EXTREMES if number % 1 != 0.5 else EXTREMES[EXTREMES != -np.inf]  # a root to torch
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


# ------------------------------------------------------------------ other dtypes

NOT_ANY = {
    "numel", "equal", "allclose", "result_type",  # no tensor comes out
    "topk",  # which of equal numbers comes is anybody's choice
    "gelu_slope", "sum_to",  # only ever called on floats
}  # fmt: skip
# Refused by torch with another error than "not implemented".
GENEROUS = {("argmax", "bool"), ("argmin", "bool"), ("relu", "bool"), ("rsub", "bool")}
# One sample of each operation that is defined for any number, on operands with dimensions.
ANY_DTYPE = {
    s.name: s
    for s in reversed(SAMPLES)
    if s.kind in ("elementwise", "compare", "reduce", "view", "shape", "index", "contract", "fused")
    and s.floating()
    and all(a.ndim and a.size and np.isfinite(a).all() for a in s.inputs)
    and s.name not in NOT_ANY
}
OTHER = ("int64", "int32", "int16", "int8", "uint8", "bool", "float16")


def as_dtype(a: np.ndarray, dtype: str) -> np.ndarray:
    """Whole numbers of a few units, positive where they must be; floats as they are."""
    if a.dtype.kind != "f" or dtype.startswith("float"):
        return cast(a, dtype)
    return np.trunc(np.abs(a * 3) + 1 if dtype in ("uint8", "bool") else a * 3).astype(dtype)


def outcome(T, sample: Sample, arrays: list[np.ndarray]) -> list | Exception:
    """The outputs, or the error."""
    try:
        return flat(sample.run(T, *tensors(T, arrays, derivatives=False)))
    except (RuntimeError, TypeError, IndexError, ValueError) as error:
        return error


@pytest.mark.parametrize("dtype", OTHER)
@pytest.mark.parametrize("name", sorted(ANY_DTYPE))
def test_other_dtypes(name: str, dtype: str) -> None:
    sample = ANY_DTYPE[name]
    arrays = [as_dtype(a, dtype) for a in sample.inputs]
    found, expected = outcome(minitorch, sample, arrays), outcome(torch, sample, arrays)
    if isinstance(expected, NotImplementedError) or (name, dtype) in GENEROUS:
        return  # torch has no kernel; an answer does no harm
    if isinstance(expected, Exception):
        assert isinstance(found, Exception), f"torch raises {expected!r}, we return {found}"
        return
    assert not isinstance(found, Exception), f"{found!r} where torch returns {expected}"
    tolerance = TOLERANCES[sample.kind]
    compare(found, expected, tolerance.value, 1, f"{name} {dtype}")


# ------------------------------------------------------------------ forms of one operation


@over([s for s in PLAIN if hasattr(minitorch.Tensor, s.name)])
def test_method_is_the_function(sample: Sample) -> None:
    inputs = tensors(minitorch, [cast(a, "float64") for a in sample.inputs], derivatives=False)
    method = getattr(inputs[0], sample.name)(*inputs[1:], **sample.params)
    function = sample.run(minitorch, *inputs)
    compare(flat(method), flat(function), 0, 0, sample.id)


def test_methods_are_torchs() -> None:
    public = {n for n in vars(minitorch.Tensor) if not n.startswith("_")}
    assert not {n for n in public if not hasattr(torch.Tensor, n)}


INPLACE = [s for s in PLAIN if hasattr(minitorch.Tensor, f"{s.name}_")]


def in_place(T, sample: Sample) -> tuple | type:
    """(result, gradients) of the in-place form on a clone, or the type of the error."""
    inputs = tensors(T, [cast(a, "float64") for a in sample.inputs], bool(sample.derivatives))
    x = inputs[0].clone()
    memory, version = x.data_ptr(), x._version
    try:
        out = getattr(x, f"{sample.name}_")(*inputs[1:], **sample.params)
    except RuntimeError as error:
        return type(error)
    assert out is x
    assert x.data_ptr() == memory
    assert x._version == version + 1
    wanted = [inputs[i] for i in sample.floating()]
    starts = differentiable([x])
    assert bool(starts) == bool(sample.derivatives)
    return [x, *gradients(T, starts, wanted, cotangents(T, starts))]


@over(INPLACE)
def test_in_place_form(sample: Sample) -> None:
    found, expected = in_place(minitorch, sample), in_place(torch, sample)
    if isinstance(expected, type) or isinstance(found, type):
        assert found is expected
        return
    tolerance = TOLERANCES[sample.kind]
    compare(found, expected, tolerance.first, tolerance.floor, f"{sample.name}_")


@pytest.mark.parametrize("name", sorted({s.name for s in INPLACE if s.kind == "elementwise"}))
def test_in_place_form_refuses_integers_where_torch_does(name: str) -> None:
    sample = ANY_DTYPE.get(name) or next(s for s in INPLACE if s.name == name)
    results = []
    for T in (minitorch, torch):
        inputs = tensors(T, [as_dtype(a, "int64") for a in sample.inputs], derivatives=False)
        try:
            getattr(inputs[0].clone(), f"{name}_")(*inputs[1:], **sample.params)
            results.append("fine")
        except RuntimeError:
            results.append("refused")
    assert results[0] == results[1]


FUSED = [s for s in SAMPLES if s.name in ROWS and ROWS[s.name].like is not None]


@over(FUSED)
def test_fused_row_equals_its_composition(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = [cast(a, "float64") for a in sample.inputs]
    if not all(a.size and a.ndim for a in arrays):
        return  # a logarithm of one number's softmax is 0, or what cancellation leaves of it
    fused = [f(minitorch, sample, arrays) for f in (plain_value, first, second)]
    row = ROWS[sample.name]
    like = lambda *inputs, **params: row.like(*inputs, **params)  # noqa: E731
    monkeypatch.setattr(row, "public", like)
    composed = Sample(
        sample.name, sample.kind, "like", sample.inputs, word_of(sample), sample.theirs, {}
    )
    split = [f(minitorch, composed, arrays) for f in (plain_value, first, second)]
    for a, b, limit, what in zip(fused, split, LIKE[:3], ("value", "first", "second")):
        compare(a, b, limit, LIKE.floor, f"{sample.id} {what}")


def word_of(sample: Sample):
    """The call of a sample by its row, which a test may have replaced."""
    if sample.name == "bce_with_logits":
        return sample.ours
    return lambda T, *inputs: ROWS[sample.name].public(*inputs, **sample.params)


def plain_value(T, sample: Sample, arrays: list[np.ndarray]) -> list:
    """The outputs without history."""
    return flat(sample.run(T, *tensors(T, arrays, derivatives=False)))


# ------------------------------------------------------------------ views and memory

VIEWS = [s for s in SAMPLES if s.kind == "view"]


def places(out, x) -> list:
    """Where each output lies in the memory of the input: offset and strides, or 'elsewhere'."""
    found = []
    span = x.numel() * x.element_size() * 4
    for o in flat(out):
        offset = o.data_ptr() - x.data_ptr()
        inside = o.numel() and 0 <= offset < max(span, 1)
        found.append((offset, tuple(o.stride())) if inside else "elsewhere")
    return found


@over(VIEWS)
@pytest.mark.parametrize("layout", [None, scattered], ids=["plain", "scattered"])
def test_views_lie_where_torchs_lie(sample: Sample, layout) -> None:
    if layout is not None and sample.name in CONTIGUOUS_ONLY:
        return
    results = []
    for T in (minitorch, torch):
        arrays = [cast(a, "float64") for a in sample.inputs]
        inputs = tensors(T, [layout(a) if layout else a for a in arrays], derivatives=False)
        out = sample.run(T, *inputs)
        results.append((places(out, inputs[0]), [o._is_view() for o in flat(out)]))
    (ours, ours_are), (theirs, theirs_are) = results
    shapes = [[n for n in array(o).shape] for o in flat(out)]
    for a, b, shape in zip(ours, theirs, shapes):
        if a == "elsewhere" or b == "elsewhere":
            assert a == b
            continue
        assert a[0] == b[0]
        # The stride of an axis with one element is never used.
        used = [i for i, n in enumerate(shape) if n > 1]
        assert [a[1][i] for i in used] == [b[1][i] for i in used]
    assert ours_are == theirs_are


@over([s for s in VIEWS if s.inputs[0].size])
def test_writing_to_a_view_writes_to_its_base(sample: Sample) -> None:
    results = []
    for T in (minitorch, torch):
        inputs = tensors(T, [cast(a, "float64") for a in sample.inputs], derivatives=False)
        before = inputs[0]._version
        for i, out in enumerate(flat(sample.run(T, *inputs))):
            if 0 not in [s for s, n in zip(out.stride(), out.shape) if n > 1] and out._is_view():
                out.mul_(i + 2)
        results.append((array(inputs[0]), inputs[0]._version - before))
    (ours, writes), (theirs, their_writes) = results
    assert np.array_equal(ours, theirs)
    assert writes == their_writes


@pytest.mark.parametrize("size", [(24,), (4, 6), (3, 8), (2, 12), (4, 3, 2), (2, 2, 6), (8, 3)])
@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 0, 1), (1, 0, 2), (2, 1, 0)])
@pytest.mark.parametrize("step", [1, 2])
def test_view_refuses_as_torch_does(size: tuple, order: tuple, step: int) -> None:
    results = []
    for T in (minitorch, torch):
        x = T.arange(24 * step).reshape(2, 3, 4 * step)[:, :, ::step].permute(order)
        try:
            results.append(x.view(size).tolist())
        except RuntimeError:
            results.append("refused")
        reshaped = x.reshape(size)
        results.append((reshaped.tolist(), reshaped._is_view() and reshaped._base is not None))
    assert results[0] == results[2]
    assert results[1][0] == results[3][0]
