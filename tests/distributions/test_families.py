"""Every distribution against torch: samples of equal seeds, densities, moments, gradients, text."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.distributions.families import CASES, Case
from tests.tolerances import assert_close

pytestmark = pytest.mark.differential

ENGINES = (minitorch, torch)
DTYPES = ("float32", "float64")

# In units of eps: special functions of torch's float32 kernels are right to some ten ulp, sums of
# several of them lose as much again; derivatives of samples are torch's own approximations.
LIMIT = {"float32": 2e3, "float64": 2e4}
OF_TORCH = {
    "VonMises": 1e10,  # its Bessel functions are right to 1e-7,
    **dict.fromkeys(("Chi2", "Gamma", "InverseGamma"), 1e8),  # its incomplete gamma to 1e-9
}

OTHERWISE = {
    ("mode", "Kumaraswamy"): "torch's is NaN wherever concentration0 > 1",
    ("rsample", "Wishart"): "torch cannot go backward: it writes to a mask it has saved",
    ("expand", "Multinomial"): "torch leaves out what the entropy needs",
}
"""What differs from torch, and why."""

over = pytest.mark.parametrize("case", CASES, ids=lambda c: c.id)


@pytest.fixture(autouse=True)
def quiet() -> Any:
    """torch warns of its own singular samples, and of arguments it deprecates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(autouse=True)
def default_dtype(request: pytest.FixtureRequest) -> Any:
    """The dtype under test is the default one: torch mixes it in here and there."""
    params = request.node.callspec.params
    for T in ENGINES:
        T.set_default_dtype(getattr(T, params.get("dtype", "float64")))
    yield
    for T in ENGINES:
        T.set_default_dtype(T.float32)


def outcome(call: Callable[[], Any]) -> Any:
    """What a call returns, or the type of its error."""
    try:
        return call()
    except Exception as error:  # the type is compared
        return type(error)


def array(x: Any) -> Any:
    return x.detach().numpy() if hasattr(x, "detach") else x


def same(found: Any, expected: Any, limit: float, what: str) -> None:
    """Both raised the same, or both returned close numbers."""
    if isinstance(expected, type) or isinstance(found, type):
        assert found == expected, f"{what}: {found}, not {expected}"
        return
    a, b = array(found), array(expected)
    if limit == 0:
        np.testing.assert_array_equal(a, b, err_msg=what, strict=True)
    else:
        assert_close(a, b, limit, 1.0, what)


def both(case: Case, dtype: str, ask: Callable[[Any, Any], Any]) -> tuple[Any, Any]:
    """`ask(T, distribution)` on both engines."""
    made = (case.build(T, case.tensors(T, dtype)) for T in ENGINES)
    return tuple(outcome(lambda T=T, d=d: ask(T, d)) for T, d in zip(ENGINES, made))  # type: ignore


def limit_of(case: Case, dtype: str) -> float:
    of_torch = OF_TORCH.get(case.name, 0.0)
    return max(LIMIT[dtype], 1e4 if of_torch and dtype == "float32" else of_torch)


@over
@pytest.mark.parametrize("dtype", DTYPES)
def test_samples_of_equal_seeds_are_equal(case: Case, dtype: str) -> None:
    def draw(T: Any, d: Any) -> Any:
        T.manual_seed(5)
        return [d.sample(), d.sample((5,)), d.sample((2, 3)), T.get_rng_state()]

    found, expected = both(case, dtype, draw)
    for a, b in zip(found, expected):
        limit = 0 if b.dtype == torch.uint8 or b.dtype == torch.int64 else 64
        same(a, b, limit, "sample")


MOMENTS = ("mean", "mode", "variance", "stddev", "entropy", "perplexity", "enumerate_support")


@over
@pytest.mark.parametrize("dtype", DTYPES)
def test_moments(case: Case, dtype: str) -> None:
    def ask(T: Any, d: Any) -> Any:
        values = (outcome(lambda n=n: getattr(d, n)) for n in MOMENTS)
        return [outcome(v) if callable(v) and not isinstance(v, type) else v for v in values]

    for name, a, b in zip(MOMENTS, *both(case, dtype, ask)):
        if (name, case.name) in OTHERWISE:
            assert np.isnan(b).all()
        else:
            same(a, b, limit_of(case, dtype), name)


def points(case: Case, dtype: str) -> np.ndarray:
    """Values of the distribution, from torch."""
    torch.manual_seed(1)
    return case.build(torch, case.tensors(torch, dtype)).sample((4,)).numpy()


@over
@pytest.mark.parametrize("dtype", DTYPES)
def test_densities_and_their_gradients(case: Case, dtype: str) -> None:
    for name in ("log_prob", "cdf", "icdf"):
        check_density(case, dtype, name)


def check_density(case: Case, dtype: str, name: str) -> None:
    values = points(case, dtype)
    if name == "icdf":
        values = np.linspace(0.1, 0.9, values.size, dtype=dtype).reshape(values.shape)
    found = []
    for T in ENGINES:
        given = case.tensors(T, dtype, live=True)
        if name == "cdf" and case.name in ("Chi2", "Gamma", "InverseGamma"):
            next(iter(given.values())).requires_grad_(False)  # torch has no derivative there
        d = case.build(T, given, validate_args=False)
        x = T.from_numpy(values.copy())
        if values.dtype.kind == "f":
            x.requires_grad_()
        out = outcome(lambda d=d, x=x: getattr(d, name)(x))
        found.append(out)
        if not isinstance(out, type) and out.requires_grad:
            out.sin().sum().backward()
            gradients = {k: t.grad for k, t in given.items()} | {"x": x.grad}
            found[-1] = (out, {k: g for k, g in gradients.items() if g is not None})
    a, b = found
    if isinstance(b, type) or not isinstance(b, tuple):
        return same(a, b, limit_of(case, dtype), name)
    same(a[0], b[0], limit_of(case, dtype), name)
    for key, g in b[1].items():
        if key == "scale_tril" and case.name == "Wishart":
            g = g.tril()  # torch's has something above the diagonal, too
        same(a[1][key], g, 16 * limit_of(case, dtype), f"gradient of {name} to {key}")
    return None


@over
def test_gradients_of_samples(case: Case) -> None:
    if ("rsample", case.name) in OTHERWISE:
        return
    found = []
    for T in ENGINES:
        given = case.tensors(T, "float64", live=True)
        d = case.build(T, given)
        assert d.has_rsample == case.build(torch, case.tensors(torch, "float64")).has_rsample
        if not d.has_rsample:
            return
        T.manual_seed(3)
        d.rsample((3,)).cos().sum().backward()
        found.append({k: t.grad for k, t in given.items()})
    for key, g in found[1].items():
        assert_close(array(found[0][key]), array(g), 1e13, 1.0, key)  # torch's are right to 1e-3


@over
def test_text_shapes_and_supports(case: Case) -> None:
    def facts(T: Any, d: Any) -> Any:
        d.mean if case.name == "VonMises" else None  # noqa: B018 - computed when asked for
        return [
            repr(d), str(d.batch_shape), str(d.event_shape), repr(d.support),
            repr(d.arg_constraints), d.has_rsample, d.has_enumerate_support,
            [t.__name__ for t in type(d).__mro__ if t.__name__[0] != "_"
             and t.__name__ != "Generic"],
        ]  # fmt: skip

    found, expected = both(case, "float64", facts)
    assert found == expected


@over
def test_expanded(case: Case) -> None:
    def expanded(T: Any, d: Any) -> Any:
        wide = d.expand((2, *d.batch_shape))
        T.manual_seed(2)
        x = wide.sample()
        return [repr(wide), str(wide.batch_shape), x, wide.log_prob(x), outcome(wide.entropy)]

    found, expected = both(case, "float64", expanded)
    assert found[:2] == expected[:2]
    if ("expand", case.name) in OTHERWISE:
        assert expected.pop() is AttributeError
    for a, b in zip(found[2:], expected[2:]):
        same(a, b, limit_of(case, "float64"), "expanded")
