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
from tests.samples import SAMPLES
from tests.sampling import Sample, mask, rough
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
    constant = {
        "zero",
        "floor_divide",
        "sign_change",
    }  # their derivative is 0, as that of a random number
    constant |= {name for name, row in ROWS.items() if row.kind == "random"}
    assert not {n for n, row in ROWS.items() if any_rule(row)} - twice - constant


def any_rule(row: Row) -> bool:
    """Whether a gradient flows to some input of the row."""
    return row.joint is not None or any(rule is not None for rule in row.rules)


NO_OPERATIONS = {
    # creation, in test_creation.py
    *"arange as_tensor bernoulli empty empty_like eye from_numpy full full_like linspace".split(),
    *"normal ones ones_like rand rand_like randint randint_like randn randn_like randperm".split(),
    *"scalar_tensor tensor zeros zeros_like arange range logspace asarray frombuffer".split(),
    *"empty_strided empty_permuted tril_indices triu_indices bartlett_window".split(),
    *"blackman_window hamming_window hann_window kaiser_window".split(),
    # facts
    *"is_floating_point is_storage is_tensor broadcast_shapes get_device is_inference".split(),
    # solutions, in ops/test_least_squares.py
    *"cholesky_inverse cholesky_solve".split(),
}


def test_every_public_function_has_a_sample() -> None:
    functions = {
        n
        for n, f in vars(minitorch.functions).items()
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


# view refuses what lies scattered (below), restride goes by the memory; torch's others fail there
# by mistake.
CONTIGUOUS_ONLY = ("view", "restride", "take_along_dim", "kron")


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


def exact(sample: Sample) -> bool:
    """Whether gradients are slopes: not at a kink; of class weights and padding there are none."""
    if not sample.smooth:
        return False
    if sample.name in ("nll_loss", "bce_with_logits"):
        return len(sample.inputs) == 2
    return "padding_idx=1" not in sample.label


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


# ------------------------------------------------------------------ other dtypes

NOT_ANY = {
    "numel", "equal", "allclose", "result_type",  # no tensor comes out
    "topk",  # which of equal numbers comes is anybody's choice
    "gelu_slope", "sum_to", "normal_hazard", "sinc_slope", "sign_change", "shift_point",
    "length_with_one", "polygamma_n", "recurrence",  # only ever called on floats
    "bce",  # its function refuses integers
    "rnn_relu_cell", "rnn_tanh_cell",  # torch computes them on integers too
    "log_ndtr",  # torch's float32 loses digits from -5 on
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


METHODS = {name for name in dir(minitorch.Tensor) if callable(getattr(minitorch.Tensor, name))}
SELF_FIRST = [s for s in PLAIN if s.name in METHODS - {"where"}]


@over(SELF_FIRST)  # the first input of `where` is the condition, of the method what is chosen
def test_method_is_the_function(sample: Sample) -> None:
    inputs = tensors(minitorch, [cast(a, "float64") for a in sample.inputs], derivatives=False)
    method = getattr(inputs[0], sample.name)(*inputs[1:], **sample.params)
    function = sample.run(minitorch, *inputs)
    compare(flat(method), flat(function), 0, 0, sample.id)


@pytest.mark.differential
def test_where_as_a_method() -> None:
    x, c, y = rough(2, 3), mask(2, 3), rough(3, seed=1)
    found = [T.tensor(x).where(T.tensor(c), T.tensor(y)).tolist() for T in (minitorch, torch)]
    assert found[0] == found[1]


def test_methods_are_torchs() -> None:
    public = {n for n in vars(minitorch.Tensor) if not n.startswith("_")}
    assert not {n for n in public if not hasattr(torch.Tensor, n)}


# torch has no derivative of these in place.
ONLY_APART = ("acosh", "asinh", "atanh")
INPLACE = [s for s in PLAIN if hasattr(minitorch.Tensor, f"{s.name}_") and s.name not in ONLY_APART]


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
    if sample.ours is not sample.theirs:
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
    shapes = [list(array(o).shape) for o in flat(out)]
    for a, b, shape in zip(ours, theirs, shapes):
        if a == "elsewhere" or b == "elsewhere":
            assert a == b
            continue
        assert a[0] == b[0]
        # The stride of an axis with one element is never used.
        used = [i for i, n in enumerate(shape) if n > 1]
        assert [a[1][i] for i in used] == [b[1][i] for i in used]
    assert ours_are == theirs_are


def overlaps(x) -> bool:
    """Whether two elements stand at one place in memory."""
    places = np.zeros((), int)
    for n, s in zip(x.shape, x.stride()):
        places = places[..., None] + np.arange(n) * s
    return len(np.unique(places)) < places.size


@over([s for s in VIEWS if s.inputs[0].size])
def test_writing_to_a_view_writes_to_its_base(sample: Sample) -> None:
    results = []
    for T in (minitorch, torch):
        inputs = tensors(T, [cast(a, "float64") for a in sample.inputs], derivatives=False)
        before = inputs[0]._version
        for i, out in enumerate(flat(sample.run(T, *inputs))):
            if out._is_view() and not overlaps(out):
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
