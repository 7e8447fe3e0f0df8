"""torch's functions that write to their first argument, and other small names of its top."""

from __future__ import annotations

import pytest

import minitorch
from tests.programs import attempt, programs_of, same

pytestmark = pytest.mark.differential

NAMES = (
    "abs_ acosh_ arctan_ ceil_ cos_ deg2rad_ erf_ exp2_ exp_ expm1_ fix_ floor_ frac_ i0_ log10_ "
    "log1p_ log_ logit_ nan_to_num_ neg_ reciprocal_ round_ rsqrt_ sigmoid_ sinc_ sqrt_ square_ "
    "tanh_ trunc_"
).split()


def each_writes_to_its_argument(T):
    found = []
    for name in NAMES:
        x = T.tensor([0.25, 0.5, 1.5])
        found.append((getattr(T, name)(x) is x, x))
    return found


def of_several_arguments(T):
    x = T.tensor([1.0, -2.0, 3.0])
    T.clamp_(x, -1, 2)
    T.clamp_min_(x, 0)
    T.xlogy_(x, T.tensor([2.0, 3.0, 4.0]))
    T.index_put_(x, (T.tensor([0]),), T.tensor(7.0))
    n = T.gcd_(T.tensor([12, 18]), T.tensor([8, 27]))
    leaf = T.ones(2, requires_grad=True)
    return x, n, T.detach_(leaf * 2).requires_grad, attempt(T.exp_, leaf)


def anomaly(T):
    before = T.is_anomaly_enabled(), T.is_anomaly_check_nan_enabled()
    T.set_anomaly_enabled(True, False)
    inside = T.is_anomaly_enabled(), T.is_anomaly_check_nan_enabled()
    T.set_anomaly_enabled(False)
    return (
        before,
        inside,
        T.is_anomaly_enabled(),
        T.get_device(T.ones(1)),
        T.is_inference(T.ones(1)),
    )


def names_of_indexing(T):
    w = T.ones(2, 3, 4, requires_grad=True)
    keys = [
        0,
        (..., 0),
        (..., -1),
        (slice(None), 1),
        (slice(None), 1, ...),
        (0, ...),
        (..., 1, slice(None)),
    ]
    parts = [w[key] for key in keys]
    (sum(p.sum() for p in parts)).backward()
    names = [p.grad_fn.name() for p in parts], w[1:].grad_fn.name(), w[[0]].grad_fn.name()
    return names, [p.shape for p in parts], [p._is_view() for p in parts], w.grad


def linear_of_two_vectors(T):
    x, w = T.ones(3, requires_grad=True), T.arange(3.0, requires_grad=True)
    out = T.nn.functional.linear(x, w)
    out.backward()
    copied = T.zeros(2).copy_(T.ones(2, requires_grad=True))
    return out, x.grad, w.grad, repr(copied.grad_fn).partition(" ")[0]


@pytest.mark.parametrize("program", programs_of(globals()), ids=lambda f: f.__name__)
def test_as_torch(program) -> None:
    same(program)


def test_only_methods_that_write_are_there() -> None:
    with pytest.raises(AttributeError, match="numel"):
        _ = minitorch.inplace_functions.numel
