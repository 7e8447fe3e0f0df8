"""Divergences against torch, for every pair that torch has, and how one is found for a pair."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch.distributions.kl import _KL_REGISTRY
from tests.distributions.families import CASES, Case
from tests.tolerances import assert_close

pytestmark = pytest.mark.differential
ENGINES = (minitorch, torch)
OURS = {(p.__name__, q.__name__) for p, q in _KL_REGISTRY}
THEIRS = {(p.__name__, q.__name__) for p, q in torch.distributions.kl._KL_REGISTRY}
FAMILY = {c.name: c for c in reversed(CASES) if c.label in ("", "logits")}
CONTAINERS = {"Independent", "TransformedDistribution", "ExponentialFamily"}
PAIRS = sorted((p, q) for p, q in THEIRS if not {p, q} & CONTAINERS)


def test_every_pair_of_torch_is_there() -> None:
    assert OURS == THEIRS


def twisted(case: Case) -> Case:
    """The same family with other parameters."""
    keep = ("total_count", "temperature")

    def twist(name: str, value: Any) -> Any:
        if name in keep:
            return value
        return value**1.2 if name == "probs" else value * 0.8  # those are normalized

    return case._replace(parameters={k: twist(k, v) for k, v in case.parameters.items()})


def divergence(T: Any, p: Case, q: Case) -> tuple[Any, dict[str, Any]]:
    """KL and its gradients, those of p marked by a prime."""
    mine, other = (c.tensors(T, "float64", live=True) for c in (p, q))
    kl = T.distributions.kl_divergence(p.build(T, mine), q.build(T, other))
    if kl.requires_grad:
        kl.sum().backward()
    return kl, {f"{k}'": t.grad for k, t in mine.items()} | {k: t.grad for k, t in other.items()}


@pytest.mark.parametrize("pair", PAIRS, ids=",".join)
def test_values_and_gradients(pair: tuple[str, str]) -> None:
    p, q = FAMILY[pair[0]], twisted(FAMILY[pair[1]])
    (a, ours), (b, theirs) = (divergence(T, p, q) for T in ENGINES)
    assert_close(a.detach().numpy(), b.detach().numpy(), 2e4, 1.0, "KL")
    for name, g in theirs.items():
        if g is not None and np.isfinite(b.detach().numpy()).all():
            found = ours[name].numpy() if ours[name] is not None else np.zeros(g.shape)
            expected = g.numpy()
            if expected.ndim > 2 and "cov" in name:  # torch's may be unsymmetric
                found, expected = (x + np.swapaxes(x, -1, -2) for x in (found, expected))
            assert_close(found, expected, 1e8, 1.0, name)  # torch's trigamma is right to 1e-9


def uniform(T: Any, low: float, high: float) -> Any:
    return T.distributions.Uniform(T.tensor(low), T.tensor(high))


OUTSIDE: dict[str, Callable] = {
    "uniform in uniform": lambda T: (uniform(T, 0.2, 0.7), uniform(T, 0.0, 1.0)),
    "uniform beyond uniform": lambda T: (uniform(T, -0.2, 0.7), uniform(T, 0.0, 1.0)),
    "uniform in beta": lambda T: (uniform(T, 0.2, 0.7), T.distributions.Beta(2.0, 3.0)),
    "uniform beyond beta": lambda T: (uniform(T, 0.2, 1.7), T.distributions.Beta(2.0, 3.0)),
    "uniform below gamma": lambda T: (uniform(T, -1.0, 1.7), T.distributions.Gamma(2.0, 3.0)),
    "uniform above 0, gamma": lambda T: (uniform(T, 1.0, 1.7), T.distributions.Gamma(2.0, 3.0)),
    "uniform in pareto": lambda T: (uniform(T, 2.0, 3.0), T.distributions.Pareto(1.0, 3.0)),
    "uniform below pareto": lambda T: (uniform(T, 0.5, 3.0), T.distributions.Pareto(1.0, 3.0)),
    "pareto without mean": lambda T: (
        T.distributions.Pareto(1.0, 0.8), T.distributions.Exponential(1.0)),
    "pareto above pareto": lambda T: (
        T.distributions.Pareto(2.0, 3.0), T.distributions.Pareto(1.0, 3.0)),
    "beta in uniform": lambda T: (T.distributions.Beta(2.0, 3.0), uniform(T, -1.0, 1.0)),
    "bernoulli of 0": lambda T: (
        T.distributions.Bernoulli(T.tensor([0.0, 1.0, 0.5])), T.distributions.Bernoulli(0.5)),
    "of bernoulli 0": lambda T: (
        T.distributions.Bernoulli(0.5), T.distributions.Bernoulli(T.tensor([0.0, 1.0, 0.5]))),
    "categorical of 0": lambda T: (
        T.distributions.Categorical(T.tensor([0.0, 1.0])),
        T.distributions.Categorical(T.tensor([[0.5, 0.5], [0.0, 1.0], [1.0, 0.0]]))),
    "independent": lambda T: tuple(
        T.distributions.Independent(T.distributions.Normal(T.zeros(2, 3) + x, 1.0), 1)
        for x in (0, 1)),
    "log normal": lambda T: (
        T.distributions.LogNormal(0.0, 1.0), T.distributions.LogNormal(1.0, 2.0)),
    "one batch and another": lambda T: (
        T.distributions.MultivariateNormal(T.zeros(2, 3), T.eye(3)),
        T.distributions.LowRankMultivariateNormal(T.ones(3), T.ones(3, 1), T.ones(3))),
    "batches of both": lambda T: (
        T.distributions.MultivariateNormal(T.zeros(2, 1, 3), T.eye(3) * 2),
        T.distributions.MultivariateNormal(T.ones(4, 3), T.eye(3).expand(4, 3, 3))),
}  # fmt: skip


@pytest.mark.parametrize("make", OUTSIDE.values(), ids=OUTSIDE)
def test_where_one_has_values_that_the_other_has_not(make: Callable) -> None:
    a, b = (T.distributions.kl_divergence(*make(T)).numpy() for T in ENGINES)
    assert_close(a, b, 1e3, 1.0, "KL")


def test_exponential_families_by_their_normalizers() -> None:
    from minitorch.distributions import _kl_families

    for name in ("Normal", "Gamma", "Dirichlet", "Exponential", "Bernoulli", "Poisson"):
        p, q = (c.build(minitorch, c.tensors(minitorch, "float64"))
                for c in (FAMILY[name], twisted(FAMILY[name])))  # fmt: skip
        exact = minitorch.distributions.kl_divergence(p, q).numpy()
        assert_close(_kl_families._exponential_family(p, q).numpy(), exact, 1e4, 1.0, name)


def test_the_nearest_classes_are_found_and_two_nearest_warned_of() -> None:
    D = minitorch.distributions

    class A(D.Normal): ...

    class B(A): ...

    assert D.kl_divergence(B(0.0, 1.0), A(1.0, 1.0)).item() == 0.5
    added = [(A, D.Normal), (D.Normal, A), (B, B)]
    for n, pair in enumerate(added):
        D.register_kl(*pair)(lambda p, q, n=n: n)
    try:
        assert D.kl_divergence(B(0.0, 1.0), B(0.0, 1.0)) == 2
        assert D.kl_divergence(B(0.0, 1.0), D.Normal(0.0, 1.0)) == 0
        with pytest.warns(RuntimeWarning, match="Ambiguous"):
            D.kl_divergence(A(0.0, 1.0), A(0.0, 1.0))
    finally:
        for pair in added:
            del _KL_REGISTRY[pair]
        D.kl._KL_MEMOIZE.clear()


def test_what_has_none_says_so() -> None:
    D = minitorch.distributions
    for p, q in itertools.permutations((D.Normal(0.0, 1.0), D.Poisson(1.0)), 2):
        with pytest.raises(NotImplementedError, match=type(p).__name__):
            D.kl_divergence(p, q)
    with pytest.raises(TypeError, match="type_p"):
        D.register_kl(int, D.Normal)
    one = D.Normal(minitorch.zeros(2, 3), 1.0)
    with pytest.raises(NotImplementedError, match="reinterpreted_batch_ndims"):
        D.kl_divergence(D.Independent(one, 1), D.Independent(one, 2))
