"""Distributions made of others against torch, errors, torch's names, and what is loaded when."""

from __future__ import annotations

import copy
import importlib
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.tolerances import assert_close

pytestmark = pytest.mark.differential
ENGINES = (minitorch, torch)


def outcome(call: Callable[[], Any]) -> Any:
    try:
        value = call()
    except Exception as error:  # the type is compared
        return type(error)
    return value.detach().numpy() if hasattr(value, "detach") else value


def same(found: Any, expected: Any, what: str, limit: float = 2e3) -> None:
    if isinstance(expected, np.ndarray):
        assert_close(found, expected, limit, 1.0, what)
    else:
        assert found == expected, what


def mixture(T: Any, **options: Any) -> Any:
    D = T.distributions
    weights = D.Categorical(T.tensor([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]]))
    return D.MixtureSameFamily(weights, D.Normal(T.arange(3.0), T.ones(2, 3)), **options)


def mixture_of_vectors(T: Any) -> Any:
    D = T.distributions
    inside = D.Independent(D.Normal(T.arange(6.0).view(3, 2), T.ones(3, 2)), 1)
    return D.MixtureSameFamily(D.Categorical(T.tensor([0.2, 0.5, 0.3])), inside)


def squashed(T: Any) -> Any:
    D = T.distributions
    return D.TransformedDistribution(
        D.Normal(T.zeros(2, 3), T.ones(3)), [D.AffineTransform(0.5, -2.0), D.SigmoidTransform()]
    )


COMPOUND: dict[str, Callable] = {
    "independent": lambda T: T.distributions.Independent(
        T.distributions.Normal(T.zeros(4, 2, 3), T.ones(3)), 2),
    "independent of 0": lambda T: T.distributions.Independent(
        T.distributions.Bernoulli(T.tensor([0.2, 0.7])), 0),
    "transformed": squashed,
    "to the simplex": lambda T: T.distributions.TransformedDistribution(
        T.distributions.Normal(T.zeros(2, 3), 1.0), T.distributions.StickBreakingTransform()),
    "reshaped": lambda T: T.distributions.TransformedDistribution(
        T.distributions.Independent(T.distributions.Normal(T.zeros(2, 6), 1.0), 1),
        [T.distributions.ReshapeTransform((6,), (2, 3)), T.distributions.ExpTransform()]),
    "broadcast by its transform": lambda T: T.distributions.TransformedDistribution(
        T.distributions.Normal(0.0, 1.0), T.distributions.AffineTransform(T.zeros(3), T.ones(3))),
    "mixture": mixture,
    "mixture of vectors": mixture_of_vectors,
    "logit relaxed": lambda T: T.distributions.relaxed_bernoulli.LogitRelaxedBernoulli(
        T.tensor(0.5), T.tensor([0.3, 0.6])),
    "exp relaxed": lambda T: T.distributions.relaxed_categorical.ExpRelaxedCategorical(
        T.tensor(0.5), T.tensor([0.3, 0.7])),
    "wide normal": lambda T: T.distributions.Normal(T.zeros(40), T.ones(40)),
    "wide categorical": lambda T: T.distributions.Categorical(logits=T.zeros(300, 7)),
}  # fmt: skip


@pytest.mark.parametrize("make", COMPOUND.values(), ids=COMPOUND)
def test_compound(make: Callable) -> None:
    def facts(T: Any) -> list:
        d = make(T)
        T.manual_seed(3)
        x = d.sample((2,))
        wide = d.expand((5, *d.batch_shape))
        return [
            x, T.get_rng_state(), outcome(lambda: d.log_prob(x)), outcome(lambda: d.cdf(x)),
            *(outcome(lambda w=w: getattr(d, w)) for w in ("mean", "mode", "variance", "stddev")),
            outcome(d.entropy), outcome(d.enumerate_support), outcome(lambda: d.icdf(d.cdf(x))),
            repr(d), repr(d.support), d.has_rsample, d.has_enumerate_support,
            str(d.batch_shape), str(d.event_shape),
            repr(wide), str(wide.batch_shape), outcome(lambda: wide.log_prob(x[0])),
        ]  # fmt: skip

    for i, (a, b) in enumerate(zip(facts(minitorch), facts(torch))):
        a, b = (v.numpy() if hasattr(v, "numpy") else v for v in (a, b))
        same(a, b, f"fact {i}")


# Errors

ERRORS = {
    "D.Normal(0.0, -1.0)": "scale",
    "D.Normal(T.tensor([0.0, float('nan')]), 1.0)": "loc",
    "D.Normal('a', 1.0)": "str",
    "D.Uniform(1.0, 0.0)": "low",
    "D.Bernoulli(2.0)": "probs",
    "D.Bernoulli()": "neither",
    "D.Categorical(T.ones(2), T.ones(2))": "both",
    "D.Categorical(T.tensor(1.0))": "probs",
    "D.Categorical(T.tensor([-1.0, 2.0]))": "probs",
    "D.Categorical(logits=T.tensor([float('nan'), 2.0]))": "logits",
    "D.Categorical(T.ones(2)).log_prob(T.tensor(2))": "IntegerInterval",
    "D.Categorical(T.ones(2)).log_prob(T.tensor(0.5))": "0.5",
    "D.Categorical(T.ones(2), validate_args=False).log_prob(T.tensor(2))": "2",
    "D.Normal(T.zeros(2), 1.0).log_prob(T.zeros(3))": "[3]",
    "D.Normal(0.0, 1.0).log_prob(1.0)": "Tensor",
    "D.Normal(0.0, 1.0).log_prob(T.tensor(float('nan')))": "Real",
    "D.Dirichlet(T.tensor(1.0))": "concentration",
    "D.Dirichlet(T.ones(3)).log_prob(T.ones(2))": "event_shape",
    "D.Gamma(T.tensor([1.0, 0.0]), 1.0)": "concentration",
    "D.Poisson(-1.0)": "rate",
    "D.Geometric(0.0)": "probs",
    "D.Binomial(3, T.tensor(0.5), T.tensor(0.5))": "both",
    "D.Binomial(-1, T.tensor(0.5))": "total_count",
    "D.Multinomial(T.tensor(3), T.ones(2))": "total_count",
    "D.Multinomial(3, T.ones(2)).log_prob(T.tensor([4.0, 0.0]))": "support",
    "D.MultivariateNormal(T.zeros(2))": "expected one",
    "D.MultivariateNormal(T.tensor(0.0), T.eye(2))": "loc",
    "D.MultivariateNormal(T.zeros(2), T.ones(2))": "two dimensions",
    "D.MultivariateNormal(T.zeros(2), -T.eye(2))": "covariance_matrix",
    "D.LowRankMultivariateNormal(T.zeros(2), T.ones(3, 1), T.ones(2))": "cov_factor",
    "D.Independent(D.Normal(0.0, 1.0), 1)": "at most 0",
    "D.TransformedDistribution(D.Normal(0.0, 1.0), 3)": "3",
    "D.TransformedDistribution(D.Normal(0.0, 1.0), [D.StickBreakingTransform()])": "1",
    "D.MixtureSameFamily(D.Normal(0.0, 1.0), D.Normal(T.zeros(2), 1.0))": "Categorical",
    "D.MixtureSameFamily(D.Categorical(T.ones(3)), D.Normal(T.zeros(2), 1.0))": "3",
    "D.LKJCholesky(1)": "dim=1",
    "D.Wishart(T.tensor(0.5), T.eye(2))": "df=0.5",
    "D.Distribution.set_default_validate_args(3)": "3",
    "D.ReshapeTransform((2,), (3,))": "[2] and [3]",
    "D.ExpTransform(cache_size=2)": "2",
    "D.CorrCholeskyTransform().forward_shape((4,))": "4",
    "D.CatTransform([D.ExpTransform()], 0, [2])(T.ones(3))": "3",
    "D.constraints.dependent.check(T.ones(1))": "dependent",
    "D.Bernoulli(T.tensor(0.5)).rsample()": "",
    "D.Normal(0.0, 1.0).enumerate_support()": "",
    "D.Distribution(validate_args=False).mean": "",
    "D.Distribution(validate_args=False).expand((2,))": "",
    "D.Binomial(T.tensor([2.0, 3.0]), T.tensor(0.5)).enumerate_support()": "enumerate_support",
    "T.binomial(T.tensor(3), T.tensor(0.5))": "int64",
    "T.binomial(T.tensor(3.0), T.tensor(0.5, dtype=T.float64))": "float64",
    "T._standard_gamma(T.tensor(2))": "int64",
    "T.autograd.grad(T._standard_gamma_grad(X, X).sum(), X)": "_standard_gamma_grad",
}


@pytest.mark.parametrize("source", ERRORS)
def test_errors(source: str) -> None:
    kinds = []
    for T in ENGINES:
        names = {"T": T, "D": T.distributions, "X": T.ones(2, requires_grad=True)}
        with pytest.raises(Exception) as caught:
            eval(source, names)
        kinds.append(caught.type)
        if T is minitorch:
            assert ERRORS[source] in str(caught.value)
    assert kinds[0] is kinds[1]


def test_a_class_with_its_own_init_has_to_expand_itself() -> None:
    for D in (T.distributions for T in ENGINES):

        class Unit(D.Normal):
            def __init__(self, loc: Any) -> None:
                super().__init__(loc, 1.0)

        class Shifted(D.LogNormal):
            def __init__(self, loc: Any) -> None:
                super().__init__(loc, 1.0)

        for made in (Unit(0.0), Shifted(0.0)):
            with pytest.raises(NotImplementedError, match=type(made).__name__):
                made.expand((2,))


def test_checks_can_be_turned_off() -> None:
    for D in (T.distributions for T in ENGINES):
        assert D.Normal._validate_args is True
        D.Distribution.set_default_validate_args(False)
        try:
            assert D.Normal(0.0, -1.0).scale.item() == -1
        finally:
            D.Distribution.set_default_validate_args(True)
        assert D.Normal(0.0, -1.0, validate_args=False).expand((2,))._validate_args is False
        assert D.Chi2(2.0).expand((2,))._validate_args is True
        assert D.Weibull(2.0, 1.0).expand((2,))._validate_args is True


def test_a_distribution_of_ones_own() -> None:
    for T in ENGINES:

        class Constant(T.distributions.Distribution):
            arg_constraints = {  # noqa: RUF012 - as torch has it
                "value": T.distributions.constraints.positive
            }

            def __init__(self, value: Any) -> None:
                self.value = value
                super().__init__(value.shape)

            def rsample(self, sample_shape: Any = ()) -> Any:
                return self.value.expand(self._extended_shape(sample_shape)) * 1

        d = Constant(T.tensor([1.0, 2.0], requires_grad=True))
        assert d.sample((3,)).shape == (3, 2)
        assert not d.sample().requires_grad
        assert repr(d) == "Constant(value: torch.Size([2]))"
        with pytest.warns(FutureWarning, match="sample_n"):
            assert d.sample_n(2).shape == (2, 2)
        with pytest.raises(ValueError, match="value"):
            Constant(T.tensor([-1.0]))
        with pytest.warns(UserWarning, match="support"):
            d._validate_sample(T.ones(2))


def test_lazy_values_are_computed_once_and_with_history() -> None:
    for T in ENGINES:
        logits = T.zeros(3, requires_grad=True)
        d = T.distributions.Categorical(logits=logits)
        with T.no_grad():
            assert d.probs.requires_grad
        assert d.probs is d.probs
        assert isinstance(T.distributions.Categorical.probs, property)


def test_copies_and_pickles() -> None:
    d = squashed(minitorch)
    for again in (copy.deepcopy(d), pickle.loads(pickle.dumps(d))):
        x = d.sample()
        np.testing.assert_array_equal(again.log_prob(x).numpy(), d.log_prob(x).numpy())


# torch's names


def test_every_name_of_torch_is_there() -> None:
    ours, theirs = minitorch.distributions, torch.distributions
    assert set(theirs.__all__) <= set(ours.__all__)
    for path in Path(theirs.__file__).parent.glob("[a-zA-Z]*.py"):
        module = importlib.import_module(f"minitorch.distributions.{path.stem}")
        assert getattr(ours, path.stem) is module
        listed = importlib.import_module(f"torch.distributions.{path.stem}").__all__
        assert [n for n in listed if not hasattr(module, n)] == []


def test_distributions_are_loaded_when_asked_for() -> None:
    code = """
import sys, minitorch
assert "minitorch.distributions" not in sys.modules
from minitorch.distributions.half_normal import HalfNormal
assert HalfNormal is minitorch.distributions.HalfNormal
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_wishart_samples_are_positive_definite_and_unwarned_of() -> None:
    d = minitorch.distributions.Wishart(minitorch.tensor([3.5, 9.0]), minitorch.eye(3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = d.sample((50,))
    assert d.support.check(x).all()
