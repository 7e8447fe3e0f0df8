"""erf, erfc, gelu and its derivative against the truth: in ulp, at the edges, in any layout."""

from __future__ import annotations

import math

import numpy as np
import pytest

from minitorch import _special

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # inf and overflow on purpose

FUNCTIONS = [_special.erf, _special.erfc, _special.gelu, _special.gelu_grad]


def phi(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


# Double-precision truths, good enough to judge float32; float64 is judged by mpmath.
TRUTH = {
    _special.erf: math.erf,
    _special.erfc: math.erfc,
    _special.gelu: lambda x: x * phi(x),
    _special.gelu_grad: lambda x: phi(x) + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
}


def spread(low: float, high: float, count: int, dtype: str = "f4") -> np.ndarray:
    """Numbers between two bounds, as dense near 0 as floats are, the ends of binades included."""
    powers = 2.0 ** np.arange(math.floor(math.log2(low)), math.ceil(math.log2(high)))
    random = np.exp(np.random.default_rng(7).uniform(math.log(low), math.log(high), count))
    around = np.concatenate(
        [np.nextafter(powers.astype(dtype), np.array(s, dtype)) for s in (0, 9)]
    )
    x = np.concatenate([random, powers, around]).astype(dtype)
    return x[(x >= low) & (x <= high)]


def ulps(got: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The distance in units of the last place of the truth, rounded to float32."""
    return np.abs(got - truth) / np.spacing(np.abs(truth).astype("f4")).astype("f8")


def worst_ulps(function, x: np.ndarray) -> float:
    truth = np.array([*map(TRUTH[function], x.tolist())])
    return ulps(function(np, x).astype("f8"), truth).max()


# The bounds the docstrings state.
@pytest.mark.parametrize(
    ("function", "low", "high", "sign", "bound"),
    [
        (_special.erf, 1e-30, 1e-3, 1, 2),
        (_special.erf, 1e-3, 6, 1, 2),
        (_special.erfc, 1e-6, 9, 1, 8),
        (_special.erfc, 1e-6, 9, -1, 3),
        (_special.gelu, 1e-30, 1e30, 1, 4.2),
        (_special.gelu, 1e-30, 1, -1, 5.5),
        (_special.gelu, 1, 5, -1, 5 + 5**2 / 2),
        (_special.gelu, 5, 12, -1, 5 + 12**2 / 2),
        (_special.gelu_grad, 1e-30, 1e30, 1, 3),
        (_special.gelu_grad, 1, 12, -1, 6 + 12**2 / 2),
    ],
)
def test_float32_is_within_its_stated_ulps(function, low, high, sign, bound):
    assert worst_ulps(function, sign * spread(low, high, 20_000)) <= bound


def test_float32_gelu_grad_is_right_around_its_zero():
    x = np.linspace(-1, -0.5, 10_001, dtype="f4")
    truth = np.array([*map(TRUTH[_special.gelu_grad], x.tolist())])
    assert np.abs(_special.gelu_grad(np, x) - truth).max() < 2e-7


@pytest.mark.parametrize(
    ("function", "low", "high", "sign", "bound"),
    [
        (_special.erf, 1e-300, 1e-3, 1, 1.3),
        (_special.erf, 1e-3, 7, 1, 1.3),
        (_special.erfc, 1e-6, 26, 1, 9),
        (_special.erfc, 1e-6, 26, -1, 3),
        (_special.gelu, 1e-300, 30, 1, 4.2),
        (_special.gelu, 1e-3, 4, -1, 5 + 4**2 / 2),
        (_special.gelu, 4, 30, -1, 5 + 30**2 / 2),
        (_special.gelu_grad, 1e-3, 30, 1, 3),
        (_special.gelu_grad, 1, 30, -1, 6 + 30**2 / 2),
    ],
)
def test_float64_is_within_its_stated_ulps(function, low, high, sign, bound):
    mpmath = pytest.importorskip("mpmath")
    truths = {
        _special.erf: mpmath.erf,
        _special.erfc: mpmath.erfc,
        _special.gelu: lambda x: x * mpmath.ncdf(x),
        _special.gelu_grad: lambda x: mpmath.ncdf(x) + x * mpmath.npdf(x),
    }
    x = sign * spread(low, high, 300, "f8")
    with mpmath.workdps(40):
        for at, got in zip(x.tolist(), function(np, x).tolist()):
            truth = truths[function](mpmath.mpf(at))
            assert abs(got - truth) <= bound * math.ulp(float(truth)), at


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_erf_is_odd_and_bounded_and_keeps_the_sign_of_zero(dtype):
    x = np.concatenate([spread(1e-30, 1e30, 5_000, dtype), np.array([0.0, np.inf], dtype)])
    positive, negative = _special.erf(np, x), _special.erf(np, -x)
    assert np.array_equal(positive, -negative)
    assert np.array_equal(np.signbit(negative), ~np.signbit(positive))
    assert positive.max() == 1


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_values_at_the_ends_of_the_line(dtype):
    x = np.array([np.inf, -np.inf, np.nan, 0.0, 60_000, -60_000], dtype)
    nan = np.nan
    expected = {
        _special.erf: [1, -1, nan, 0, 1, -1],
        _special.erfc: [0, 2, nan, 1, 0, 2],
        _special.gelu: [np.inf, nan, nan, 0, 60_000, 0],
        _special.gelu_grad: [nan, nan, nan, 0.5, 1, 0],
    }
    for function, values in expected.items():
        result = function(np, x)
        assert result.dtype == x.dtype
        assert np.array_equal(result, np.array(values, dtype), equal_nan=True), function.__name__


@pytest.mark.parametrize("function", FUNCTIONS)
def test_float16_is_the_rounded_truth(function):
    positive = np.arange(0x7C00, dtype="u2").view("f2")  # every finite one
    for x in (positive, -positive):
        truth = np.array([*map(TRUTH[function], x.tolist())]).astype("f2")
        off = np.abs(function(np, x).view("i2").astype(int) - truth.view("i2").astype(int))
        nonzero = truth != 0
        assert off[nonzero].max() <= 1
        assert (off[nonzero] == 0).mean() > 0.99


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_every_layout_gives_the_same_numbers(function, dtype):
    base = np.random.default_rng(3).standard_normal((6, 5, 4)).astype(dtype)
    expected = function(np, base.ravel().copy()).reshape(base.shape)
    views = {
        "transposed": lambda a: a.T,
        "permuted": lambda a: a.transpose(1, 2, 0),
        "strided": lambda a: a[::2, 1:, ::3],
        "reversed": lambda a: a[::-1, :, ::-1],
        "broadcast": lambda a: np.broadcast_to(a[:, :1], (6, 7, 4)),
        "0-d": lambda a: a[1, 2, 3, ...],
        "empty": lambda a: a[:0],
    }
    for name, view in views.items():
        result = function(np, view(base))
        assert isinstance(result, np.ndarray), name
        assert result.shape == view(base).shape, name
        assert result.dtype == base.dtype, name
        assert np.array_equal(result, view(expected)), name
        if name in ("transposed", "permuted"):
            assert result.strides == view(base).strides, name


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_number_has_one_result_wherever_it_stands(function):
    x = np.random.default_rng(5).standard_normal(70_001).astype("f4")
    before = x.copy()
    whole = function(np, x)
    assert np.array_equal(x, before)
    assert np.array_equal(whole[::-1], function(np, x[::-1].copy()))
    assert np.array_equal(whole[33_000:33_007], function(np, x[33_000:33_007].copy()))


@pytest.mark.differential
def test_gelu_is_more_accurate_than_torch():
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(1).standard_normal(100_000).astype("f4")
    t = torch.from_numpy(x)
    grad = torch.ops.aten.gelu_backward(torch.ones_like(t), t)
    for function, theirs in (
        (_special.gelu, torch.nn.functional.gelu(t)),
        (_special.gelu_grad, grad),
    ):
        truth = np.array([*map(TRUTH[function], x.tolist())])
        our_error = np.abs(function(np, x) - truth)
        torch_error = np.abs(theirs.numpy() - truth)
        assert our_error.max() <= torch_error.max()
        assert our_error.mean() <= torch_error.mean()
        assert (our_error / np.abs(truth)).mean() <= (torch_error / np.abs(truth)).mean()
