"""Samples of the rows that distributions are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

import minitorch.distributions  # noqa: F401 - its rows are loaded with it
from tests.sampling import Sample, constant, integers, numbers, ours, phrase


def samples() -> Iterator[Sample]:
    x, loc, scale = numbers(2, 3), numbers(3, seed=1), numbers(2, 1, low=0.4, high=3.0)
    yield ours("normal_density", _normal_density, x, loc, scale)
    yield ours("normal_density", _normal_density, *(numbers(low=0.4, seed=i) for i in range(3)))
    logits = numbers(2, 4)
    probs = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    yield ours("choice_entropy", _entropy, logits, probs)
    border = np.array(
        [[-np.inf, 0.5, np.finfo("float32").min, 1.0]]
    )  # below the lowest number, and it
    lowest = ours("choice_entropy", _entropy, border, np.full((1, 4), 0.25), label="lowest")
    yield replace(lowest, derivatives=1, smooth=False)
    lost = np.array([0.3, -np.inf, -1.0])
    yield ours("choice_entropy", _entropy, lost, np.array([0.6, 0.0, 0.4]), derivatives=1)
    for name in ("igamma", "igammac"):
        a, y = numbers(2, 3, low=0.3, high=4.0), numbers(2, 3, low=0.1, high=3.0, seed=1)
        call = phrase(name, lambda T, a, x, n=name: getattr(T, n)(a, x), a, y)
        yield constant(call, 0)  # torch has no derivative to a, but its series has one
        yield ours(name, _by_series(name), a, y, label="series", derivatives=1)
        edges = np.array([0.0, 0.0, 2.0, 2.0, np.inf, 1.0, np.nan, -1.0])
        ends = np.array([0.0, 1.0, 0.0, np.inf, 1.0, -1.0, 1.0, 1.0])
        yield phrase(
            name, lambda T, a, x, n=name: getattr(T, n)(a, x), edges, ends, derivatives=0,
            label="edges",
        )  # fmt: skip
    index = integers(2, high=4)
    yield ours(
        "chosen", lambda T, x, i: T.gather(x, -1, i.unsqueeze(-1)).squeeze(-1), logits, index
    )
    yield ours("chosen", lambda T, x, i: x[i], logits[0], integers(high=4))
    yield ours("unchosen", _unchosen, numbers(2), index, n=4)
    yield from _draws()


def _by_series(name: str) -> Any:
    """P(a, x), or 1 less it, as the sum of x**(a + n) e**-x / gamma(a + n + 1)."""

    def total(T: Any, a: Any, x: Any) -> Any:
        terms = (T.exp((a + n) * T.log(x) - x - T.lgamma(a + n + 1)) for n in range(40))
        below = sum(terms)
        return below if name == "igamma" else 1 - below

    return total


def _normal_density(T: Any, x: Any, loc: Any, scale: Any) -> Any:
    z = (x * 1.0 - loc * 1.0) / scale  # of integers, too
    return z * z * -0.5 - T.log(scale) - 0.9189385332046727


def _entropy(T: Any, logits: Any, probs: Any) -> Any:
    lowest = T.finfo(logits.dtype).min
    return -(T.clamp(logits, min=lowest) * probs).sum(-1)


def _unchosen(T: Any, g: Any, index: Any) -> Any:
    return T.zeros(2, 4, dtype=g.dtype).scatter(-1, index.unsqueeze(-1), g.unsqueeze(-1))


def _draws() -> Iterator[Sample]:
    shape = numbers(2, 3, low=0.4, high=9.0)

    def seeded(call: Any) -> Any:
        def run(T: Any, *inputs: Any) -> Any:
            T.manual_seed(0)
            return call(T, *inputs)

        return run

    gamma = seeded(lambda T, a: T._standard_gamma(a))
    yield phrase("standard_gamma", gamma, shape, kind="random", derivatives=0)
    shares = seeded(lambda T, a: T._sample_dirichlet(a))
    yield phrase("sample_dirichlet", shares, shape, kind="random", derivatives=0)
    count, chance = integers(2, 3, low=0, high=60).astype(float), numbers(2, 3, low=0.1, high=0.9)
    counts = seeded(lambda T, n, p: T.binomial(n, p))
    yield phrase("binomial", counts, count, chance, kind="random", derivatives=0)
    # The two slopes, against exact values, are in tests/test_special_incomplete.py: torch's are
    # approximations.
    yield phrase("standard_gamma_grad", lambda T, a: T._standard_gamma_grad(a, a).round(decimals=2),
                 shape, kind="random", derivatives=0)  # fmt: skip
    yield phrase("dirichlet_grad", lambda T, x, a: T._dirichlet_grad(x, a, a + 1).round(decimals=2),
                 chance, shape, kind="random", derivatives=0)  # fmt: skip
