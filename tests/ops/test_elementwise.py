"""Elementwise functions where samples cannot say it: operands that are numbers, what is refused,
what comes back unchanged, every pair of dtypes, whole numbers that overflow, bfloat16."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch
from tests.programs import agree, attempt, same

pytestmark = [pytest.mark.differential, pytest.mark.filterwarnings("ignore::UserWarning")]

NAMES = ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool")
BOTH_NUMBERS = "add sub mul div floor_divide divide multiply subtract true_divide".split()
SOME_NUMBERS = (
    "add sub mul div floor_divide remainder fmod pow float_power copysign xlogy eq ne lt le gt ge "
    "bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift clamp_min clamp_max "
    "rsub true_divide"
).split()
TENSORS = (
    "atan2 hypot heaviside nextafter ldexp logaddexp logaddexp2 maximum minimum fmax fmin "
    "logical_and logical_or logical_xor isclose"
).split()
WHOLE = ("gcd", "lcm")
PAIRED = [*SOME_NUMBERS, *TENSORS, *WHOLE]

# (function, what of it differs): an answer where torch has no kernel does no harm.
GENEROUS = {"clamp_min", "clamp_max", "ldexp"}


def function(T, name: str):
    """`T.name`, or a call of div or add with a parameter."""
    calls = {
        "add twice": lambda a, b: T.add(a, b, alpha=2),
        "div trunc": lambda a, b: T.div(a, b, rounding_mode="trunc"),
        "div floor": lambda a, b: T.div(a, b, rounding_mode="floor"),
        "xlog1py": lambda a, b: T.special.xlog1py(a, b),
    }
    return calls[name] if name in calls else getattr(T, name)


def operand(T, dtype: str, dims: int, right: bool = False):
    """A tensor of a few numbers that fit every dtype; a right operand is no divisor of 0."""
    kind = dtype.rstrip("0123456789")
    values = {
        "float": ([-2.5, 3.0, 0.5], [1.5, -2.0, 2.0]),
        "int": ([-7, 3, 5], [2, 3, 1]),
        "uint": ([200, 3, 5], [2, 100, 1]),
        "bool": ([True, False, True], [True, True, True]),
    }[kind][right]
    return T.tensor(values if dims else values[0], dtype=getattr(T, dtype))


def alike(name: str, *programs) -> None:
    for program in programs:
        ours = attempt(program, minitorch)
        import torch

        theirs = attempt(program, torch)
        unknown = getattr(theirs, "error", None).__class__ is NotImplementedError
        assert (unknown and name in GENEROUS) or agree(ours, theirs), (ours, theirs)


@pytest.mark.parametrize("a", NAMES)
@pytest.mark.parametrize("name", [*PAIRED, "add twice", "div trunc", "div floor", "xlog1py"])
def test_pair_of_dtypes(name: str, a: str) -> None:
    for b in NAMES:
        if name == "ldexp" and b == "float16":
            continue  # torch rounds 2 ** y to float16, whatever x is
        for m, n in ((1, 1), (1, 0), (0, 1), (0, 0)):
            alike(
                name,
                lambda T, b=b, m=m, n=n: function(T, name)(
                    operand(T, a, m), operand(T, b, n, True)
                ),
            )


@pytest.mark.parametrize("a", NAMES)
@pytest.mark.parametrize("name", [*PAIRED, "add twice", "div trunc", "div floor", "xlog1py"])
def test_number_beside_a_dtype(name: str, a: str) -> None:
    if (name, a) == ("pow", "bool"):
        return  # True ** True is True to torch; here bools have no powers
    for number in (True, 2, 2.5):
        for dims in (0, 1):
            alike(
                name,
                lambda T, y=number, m=dims: function(T, name)(operand(T, a, m), y),
                lambda T, y=number, m=dims: function(T, name)(y, operand(T, a, m, True)),
            )


@pytest.mark.parametrize("numbers", [(2, 3), (2.0, 3), (7, 2.5), (True, 2), (True, True), (2, "a")])
@pytest.mark.parametrize("name", [*BOTH_NUMBERS, *SOME_NUMBERS, *TENSORS, *WHOLE])
def test_two_numbers(name: str, numbers: tuple) -> None:
    same(lambda T: attempt(getattr(T, name), *numbers))


@pytest.mark.parametrize("name", ["maximum", "eq", "fmod", "gcd", "logical_and", "hypot"])
def test_numbers_by_name(name: str) -> None:
    def program(T):
        x = T.tensor([1, 2])
        f = getattr(T, name)
        return attempt(f, x, other=3), attempt(f, input=3, other=x), attempt(f, input=x, other=x)

    same(program)


# ------------------------------------------------------------------ whole numbers


@pytest.mark.parametrize("dtype", [n for n in NAMES if "int" in n])
@pytest.mark.parametrize(
    "name",
    "add sub mul pow lcm gcd bitwise_left_shift bitwise_right_shift neg abs square floor_divide "
    "remainder fmod".split(),
)
def test_whole_numbers_overflow_alike(name: str, dtype: str) -> None:
    limits = np.iinfo(dtype)
    ends = [limits.min + 1, limits.max, limits.max - 1, 0, 1, 2, 7, limits.max // 2 + 3]
    if name not in ("lcm", "gcd", "floor_divide", "remainder", "fmod"):
        ends.append(limits.min)  # its negative is no number, nor its quotient by -1
    seconds = [1, 2, 3, 5, 63, 64, 100] + ([-1, -3] if limits.min and name != "pow" else [])
    x, y = (a.ravel() for a in np.meshgrid(np.array(ends, dtype), np.array(seconds, dtype)))

    def program(T):
        f = getattr(T, name)
        one = name in ("neg", "abs", "square")
        return f(T.tensor(x)) if one else f(T.tensor(x), T.tensor(y))

    same(program)


# ------------------------------------------------------------------ what comes back


def unchanged(T):
    x = T.tensor([1.0, -2.0], requires_grad=True)
    names = ("real", "conj", "conj_physical", "resolve_conj", "resolve_neg", "positive")
    results = [getattr(T, n)(x) is x for n in names]
    return results, [getattr(x, n)() is x for n in names if n != "real"], attempt(T.positive, x > 0)


def parts_with_names(T):
    found = T.frexp(T.tensor([3.0, -0.25, 0.0, float("inf")]))
    again = T.tensor([3.0]).frexp()
    return found.mantissa, found.exponent, again[0], again[1], type(found).__name__


def operators(T):
    x, i = T.tensor([1.0, 2.0]), T.tensor([1, 6])
    j = i.clone()
    j <<= 2
    j >>= 1
    return x.__rdiv__(3), i << 1, 2 << i, i >> 1, 64 >> i, j, attempt(lambda: x << 1)


def power_in_double(T):
    x = T.tensor([1.0, 2.0])
    return (
        T.float_power(2, x), T.float_power(x, 2), x.float_power(0.5), attempt(x.float_power_, 2),
        x.double().float_power_(2), T.float_power(T.tensor([2, 3]), -1),
    )  # fmt: skip


def polygamma_as_a_method(T):
    x = T.tensor([1.5, 2.5])
    return (
        x.polygamma(2), x.clone().polygamma_(3), attempt(T.polygamma, -1, x),
        attempt(T.polygamma, 1.0, x), attempt(T.mvlgamma, x, 0), x.mvlgamma(2),
    )  # fmt: skip


def tolerances(T):
    x = T.tensor([1.0, 2.0])
    return (
        attempt(T.isclose, x, x, rtol=-1.0), attempt(T.isclose, x, x, atol=-1.0),
        attempt(T.isclose, x, x.double()), T.isclose(x, x + 1, rtol=0, atol=1.0),
    )  # fmt: skip


def bounds(T):
    x, low, high = T.tensor([1.0, 5.0, -3.0]), T.tensor([0.0, 6.0, 2.0]), T.tensor(3.0)
    return (
        T.clamp(x, low, high), T.clamp(x, 0.0, high), attempt(T.clamp, x, 0.0, low),
        attempt(T.clamp, x),
        T.clamp(x, min=low), x.clamp_min(low), x.clamp_max(high), attempt(T.clamp_max, x, None),
        T.clamp_min(x, 2, out=T.empty(3)),
    )  # fmt: skip


def multiples(T):
    x, b = T.tensor([1.5, 2.0]), T.tensor([True, False])
    return (
        T.add(x, b, alpha=2.5), T.add(b, b, alpha=True), attempt(T.add, b, b, alpha=2.0),
        T.sub(x, 2, alpha=3), attempt(T.sub, x, b), attempt(T.sub, x, True), T.rsub(x, 2, alpha=2),
    )  # fmt: skip


def products_into_what_is_there(T):
    a, b, out = T.ones(2, 3, 4), T.ones(4, 2), T.empty(2, 3, 2)
    return (
        T.matmul(a, b, out=out), out, T.matmul(a[0], b, out=T.empty(0)),
        T.matmul(b[:, 0], b, out=T.empty(2)),
        attempt(T.matmul, a, b, out=T.empty(2, dtype=T.int64)),
    )  # fmt: skip


def derivatives_at_kinks(T):
    """Bounds and extremes at ties and beside NaN."""
    found = []
    nan = float("nan")
    calls = (T.fmax, T.fmin, T.maximum, T.minimum, T.clamp_min, T.clamp_max, T.copysign, T.atan2,
             T.xlogy, T.special.xlog1py, T.nextafter)  # fmt: skip
    for call in calls:
        x = T.tensor([1.0, nan, 2.0, nan, 0.0, 0.0, 3.0], requires_grad=True)
        y = T.tensor([1.0, 2.0, nan, nan, 0.0, -1.0, 2.0], requires_grad=True)
        found.append(T.autograd.grad(call(x, y).sum(), (x, y)))
    return found


@pytest.mark.parametrize(
    "program",
    [
        unchanged, parts_with_names, operators, power_in_double, polygamma_as_a_method, tolerances,
        bounds, multiples, products_into_what_is_there, derivatives_at_kinks,
    ],
)  # fmt: skip
def test_as_torch(program) -> None:
    same(program)


def test_special_names_are_torchs() -> None:
    import torch

    names = [n for n in minitorch.special.__all__ if not hasattr(torch.special, n)]
    assert not names


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp", "round", "expit", "psi"])
def test_special_aliases(name: str) -> None:
    args = (1,) if name in ("softmax", "log_softmax", "logsumexp") else ()
    same(lambda T: getattr(T.special, name)(T.tensor([[1.0, 2.5], [0.5, -1.5]]), *args))


# ------------------------------------------------------------------ bfloat16

UNARY = (
    "abs neg exp log sqrt sin tanh sigmoid erf floor ceil trunc round sign reciprocal square acos "
    "asinh cosh sinc erfc erfinv logit lgamma digamma i0 frac angle nan_to_num deg2rad exp2 log2 "
    "signbit isposinf relu"
).split()
BINARY = "add sub mul div floor_divide remainder fmod pow atan2 hypot copysign maximum fmin".split()


@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_bfloat16(name: str) -> None:
    pytest.importorskip("ml_dtypes", reason="bfloat16 arrays are of the package ml_dtypes")
    import torch

    a, b = [0.3, 0.7, 1.5, -0.4], [0.5, 0.25, 2.0, -0.5]
    given = (a,) if name in UNARY else (a, b)
    ours, theirs = (
        getattr(T, name)(*[T.tensor(x, dtype=T.bfloat16) for x in given])
        for T in (minitorch, torch)
    )
    assert str(ours.dtype) == str(theirs.dtype)
    found, expected = ours.float().numpy(), theirs.float().numpy()
    assert np.allclose(found, expected, rtol=2**-7, equal_nan=True)


@pytest.mark.parametrize("number", [-30.0, -8.8, 0.0, 8.8, 30.0])
def test_the_curvature_of_logsigmoid_keeps_its_digits_on_both_sides(number):
    x = minitorch.tensor(number, requires_grad=True)
    (slope,) = minitorch.autograd.grad(minitorch.nn.functional.logsigmoid(x), x, create_graph=True)
    (curvature,) = minitorch.autograd.grad(slope, x)
    wide = float(np.float32(number))
    true = -1 / (1 + np.exp(wide)) / (1 + np.exp(-wide))
    assert curvature.item() == pytest.approx(true, rel=1e-6)
