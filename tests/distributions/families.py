"""Every distribution with parameters of several shapes, as both engines are given them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tests.sampling import numbers


class Case(NamedTuple):
    """A distribution `name` of arrays (cast to the dtype under test) and plain arguments.

    `exact`: samples are equal bit for bit. `values`: what its density is asked of, else a sample.
    """

    name: str
    parameters: dict[str, Any]
    fixed: dict[str, Any] = {}  # noqa: RUF012 - never written
    exact: bool = True
    label: str = ""

    @property
    def id(self) -> str:
        shapes = ",".join("x".join(map(str, np.shape(p))) or "0d" for p in self.parameters.values())
        return "-".join(t for t in (self.name, self.label, shapes) if t)

    def tensors(self, T: Any, dtype: str, live: bool = False) -> dict[str, Any]:
        made = {k: T.from_numpy(np.array(p, dtype)) for k, p in self.parameters.items()}
        return {k: t.requires_grad_(live) for k, t in made.items()}

    def build(self, T: Any, parameters: dict[str, Any], **options: Any) -> Any:
        fixed = {k: v(T) if callable(v) else v for k, v in self.fixed.items()}
        return getattr(T.distributions, self.name)(**parameters, **fixed, **options)


SHAPES = ((), (2, 3))


def real(*shape: int, seed: int = 0) -> np.ndarray:
    return numbers(*shape, seed=seed)


def positive(*shape: int, low: float = 0.3, high: float = 4.0, seed: int = 0) -> np.ndarray:
    return numbers(*shape, low=low, high=high, seed=seed)


def chance(*shape: int, seed: int = 0) -> np.ndarray:
    return numbers(*shape, low=0.05, high=0.95, seed=seed)


def spd(n: int, *batch: int) -> np.ndarray:
    """Positive definite matrices."""
    x = numbers(*batch, n, n)
    return x @ np.swapaxes(x, -1, -2) + n * np.eye(n)


def factor(n: int, *batch: int) -> np.ndarray:
    return np.linalg.cholesky(spd(n, *batch))


LOC_SCALE = {"loc": real, "scale": positive}
UNIVARIATE: dict[str, dict[str, Callable]] = {
    "Normal": LOC_SCALE,
    "Laplace": LOC_SCALE,
    "Cauchy": LOC_SCALE,
    "Gumbel": LOC_SCALE,
    "LogNormal": LOC_SCALE,
    "HalfNormal": {"scale": positive},
    "HalfCauchy": {"scale": positive},
    "Uniform": {"low": real, "high": lambda *s: real(*s) + positive(*s)},
    "Exponential": {"rate": positive},
    "Gamma": {"concentration": positive, "rate": lambda *s: positive(*s, seed=1)},
    "InverseGamma": {"concentration": positive, "rate": lambda *s: positive(*s, seed=1)},
    "Beta": {"concentration1": positive, "concentration0": lambda *s: positive(*s, seed=1)},
    "Kumaraswamy": {"concentration1": positive, "concentration0": lambda *s: positive(*s, seed=1)},
    "Chi2": {"df": lambda *s: positive(*s, low=0.5, high=9.0)},
    "StudentT": {"df": lambda *s: positive(*s, low=0.5, high=9.0), **LOC_SCALE},
    "FisherSnedecor": {
        "df1": lambda *s: positive(*s, low=0.5, high=9.0),
        "df2": lambda *s: positive(*s, low=1.0, high=9.0, seed=1),
    },
    "Pareto": {"scale": positive, "alpha": lambda *s: positive(*s, seed=1)},
    "Weibull": {"scale": positive, "concentration": lambda *s: positive(*s, seed=1)},
    "GeneralizedPareto": {**LOC_SCALE, "concentration": lambda *s: real(*s, seed=2) / 2},
    "VonMises": {"loc": real, "concentration": positive},
    "Bernoulli": {"probs": chance},
    "ContinuousBernoulli": {"probs": chance},
    "Geometric": {"probs": chance},
    "Poisson": {"rate": lambda *s: positive(*s, high=20.0)},
    "Binomial": {"total_count": lambda *s: np.full(s, 40.0), "probs": chance},
    "NegativeBinomial": {"total_count": positive, "probs": chance},
    "RelaxedBernoulli": {"temperature": lambda *s: np.array(0.7), "probs": chance},
    "Dirichlet": {"concentration": lambda *s: positive(*s, 3)},
    "Categorical": {"probs": lambda *s: positive(*s, 4)},
    "OneHotCategorical": {"probs": lambda *s: positive(*s, 4)},
    "OneHotCategoricalStraightThrough": {"probs": lambda *s: positive(*s, 4)},
    "RelaxedOneHotCategorical": {
        "temperature": lambda *s: np.array(0.7), "probs": lambda *s: positive(*s, 4)
    },
    "LogisticNormal": {"loc": lambda *s: real(*s, 2), "scale": lambda *s: positive(*s, 2)},
    "MultivariateNormal": {
        "loc": lambda *s: real(*s, 3), "covariance_matrix": lambda *s: spd(3, *s)
    },
    "LowRankMultivariateNormal": {
        "loc": lambda *s: real(*s, 3),
        "cov_factor": lambda *s: real(*s, 3, 2),
        "cov_diag": lambda *s: positive(*s, 3),
    },
    "Wishart": {
        "df": lambda *s: positive(*s, low=3.5, high=8.0), "covariance_matrix": lambda *s: spd(3, *s)
    },
}  # fmt: skip


def by_logits(name: str, **more: Any) -> list[Case]:
    dims = (4,) if name in ("Categorical", "OneHotCategorical", "Multinomial") else ()
    return [
        Case(name, {**more, "logits": real(*s, *dims)}, label="logits") for s in SHAPES
    ]  # fmt: skip


def independent(T: Any) -> Any:
    return T.distributions.Normal(T.zeros(2, 3, dtype=T.float64), T.ones(3, dtype=T.float64))


def transformed(T: Any) -> list:
    D = T.distributions
    return [D.SigmoidTransform(), D.AffineTransform(0.5, -2.0), D.TanhTransform()]


CASES = [
    *(
        Case(name, {k: make(*shape) for k, make in given.items()})
        for name, given in UNIVARIATE.items()
        for shape in SHAPES
    ),
    *(c for name in ("Categorical", "OneHotCategorical", "Bernoulli", "Geometric",
                     "ContinuousBernoulli") for c in by_logits(name)),
    *by_logits("Binomial", total_count=np.array(5.0)),
    *by_logits("NegativeBinomial", total_count=np.array(5.0)),
    Case("Normal", {"loc": real(2, 1), "scale": positive(3)}, label="broadcast"),
    Case("Gamma", {"concentration": positive(2, 1, high=60.0), "rate": positive(3)}, label="broad"),
    Case("ContinuousBernoulli", {"probs": np.array([0.5, 0.4995, 0.2])}, label="near half"),
    *(Case("Multinomial", {"probs": positive(*s, 4)}, {"total_count": 7}) for s in SHAPES),
    Case("MultivariateNormal", {"loc": real(3), "scale_tril": factor(3, 2)}, label="tril"),
    Case("MultivariateNormal", {"loc": real(2, 3), "precision_matrix": spd(3)}, label="precision"),
    Case("Wishart", {"df": np.array(4.5), "scale_tril": factor(3, 2)}, label="tril"),
    *(Case("LKJCholesky", {"concentration": positive(*s)}, {"dim": 3}) for s in SHAPES),
    Case("GeneralizedPareto", {"loc": real(2), "scale": positive(2),
                               "concentration": np.zeros(2)}, label="exponential"),
]  # fmt: skip
