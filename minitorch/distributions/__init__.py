"""torch.distributions: random numbers with densities, entropies and divergences.

>>> from minitorch.distributions import Normal
>>> Normal(0.0, 1.0).entropy()
tensor(1.4189)
"""

import sys as _sys

from . import (
    _kl_families,
    _kl_pairs,
    bernoulli,
    categorical,
    constraint_registry,
    constraints,
    continuous,
    counts,
    distribution,
    extremes,
    gamma,
    independent,
    kl,
    mixture_same_family,
    multivariate_normal,
    normal,
    relaxed,
    transformed_distribution,
    transforms,
    utils,
    von_mises,
    wishart,
)
from .bernoulli import Bernoulli, ContinuousBernoulli
from .categorical import (
    Categorical,
    Multinomial,
    OneHotCategorical,
    OneHotCategoricalStraightThrough,
)
from .constraint_registry import biject_to, transform_to
from .continuous import Cauchy, Exponential, HalfCauchy, Laplace, Uniform
from .counts import Binomial, Geometric, NegativeBinomial, Poisson
from .distribution import Distribution, ExponentialFamily
from .extremes import GeneralizedPareto, Gumbel, Kumaraswamy, Pareto, Weibull
from .gamma import Beta, Chi2, Dirichlet, FisherSnedecor, Gamma, InverseGamma, StudentT
from .independent import Independent
from .kl import kl_divergence, register_kl
from .mixture_same_family import MixtureSameFamily
from .multivariate_normal import LowRankMultivariateNormal, MultivariateNormal
from .normal import HalfNormal, LogisticNormal, LogNormal, Normal
from .relaxed import RelaxedBernoulli, RelaxedOneHotCategorical
from .transformed_distribution import TransformedDistribution
from .transforms import *
from .von_mises import VonMises
from .wishart import LKJCholesky, Wishart

# torch has a file for each distribution; here a file holds a family and answers to all its names.
for _file, _names in {
    bernoulli: "continuous_bernoulli",
    categorical: "multinomial one_hot_categorical",
    continuous: "cauchy exponential half_cauchy laplace uniform",
    counts: "binomial geometric negative_binomial poisson",
    distribution: "exp_family",
    extremes: "generalized_pareto gumbel kumaraswamy pareto weibull",
    gamma: "beta chi2 dirichlet fishersnedecor inverse_gamma studentT",
    multivariate_normal: "lowrank_multivariate_normal",
    normal: "half_normal log_normal logistic_normal",
    relaxed: "relaxed_bernoulli relaxed_categorical",
    wishart: "lkj_cholesky",
}.items():
    for _name in _names.split():
        globals()[_name] = _sys.modules[f"{__name__}.{_name}"] = _file

__all__ = [  # noqa: PLE0604
    *transforms.__all__,
    "Bernoulli",
    "Beta",
    "Binomial",
    "Categorical",
    "Cauchy",
    "Chi2",
    "ContinuousBernoulli",
    "Dirichlet",
    "Distribution",
    "Exponential",
    "ExponentialFamily",
    "FisherSnedecor",
    "Gamma",
    "GeneralizedPareto",
    "Geometric",
    "Gumbel",
    "HalfCauchy",
    "HalfNormal",
    "Independent",
    "InverseGamma",
    "Kumaraswamy",
    "LKJCholesky",
    "Laplace",
    "LogNormal",
    "LogisticNormal",
    "LowRankMultivariateNormal",
    "MixtureSameFamily",
    "Multinomial",
    "MultivariateNormal",
    "NegativeBinomial",
    "Normal",
    "OneHotCategorical",
    "OneHotCategoricalStraightThrough",
    "Pareto",
    "Poisson",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
    "StudentT",
    "TransformedDistribution",
    "Uniform",
    "VonMises",
    "Weibull",
    "Wishart",
    "biject_to",
    "kl_divergence",
    "register_kl",
    "transform_to",
]
