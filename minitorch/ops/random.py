"""Rows that draw from a generator, which keeps torch's streams; see `minitorch.random`.

In-place forms write by the generator's `fill_` methods, which follow the order of the memory.
"""

from __future__ import annotations

from minitorch import _special_incomplete
from minitorch.errors import broadcast_shapes, name_of
from minitorch.ops.elementwise import zero
from minitorch.ops.reduce import sum
from minitorch.primitive import random_row


@random_row()
def uniform(xp, *, size, low, high, dtype, generator):
    """low + (high - low) u with u uniform on [0, 1)."""
    return generator.uniform(size, low, high, dtype)


@random_row()
def normal(xp, *, size, mean, std, dtype, generator):
    """mean + std z with z of mean 0 and variance 1."""
    return generator.normal(size, mean, std, dtype)


@random_row(lambda g: zero(g), torch_name="NormalBackward1")
def normal_around(xp, mean, *, std, generator):
    """mean + std z, in the dtype of `mean`."""
    x = generator.normal(mean.shape, 0.0, std, mean.dtype)
    x += mean
    return x


@random_row((lambda g: zero(g), lambda g: zero(g)), torch_name="NormalBackward3")
def normal_scaled(xp, mean, std, *, generator):
    """mean + std z, in the dtype of `mean`, where `mean` and `std` broadcast.

    Raises: RuntimeError unless all of `std` is >= 0.
    """
    if not (std >= 0).all():
        raise RuntimeError(f"normal: expected all of std to be >= 0, got {std.min()}")
    x = generator.normal(broadcast_shapes(mean.shape, std.shape), 0.0, 1.0, mean.dtype)
    x *= std
    x += mean
    return x


@random_row()
def randint(xp, *, low, high, size, dtype, generator):
    """Integers from `low` up to, not including, `high`."""
    return generator.integers(low, high, size, dtype)


@random_row()
def randperm(xp, *, n, dtype, generator):
    """The integers 0 ... n-1 in random order."""
    return generator.permutation(n, dtype)


@random_row(lambda g: zero(g), torch_name="BernoulliBackward0")
def bernoulli_tensor(xp, p, *, generator):
    """1 with probability p, else 0, for each element of p."""
    return generator.bernoulli_tensor(p)


@random_row(lambda g: zero(g), torch_name="BernoulliBackward0")
def bernoulli_like(xp, x, *, p, generator):
    """1 with probability `p`, else 0, in the shape and dtype of `x`."""
    return generator.bernoulli(x.shape, p, x.dtype)


@random_row()
def multinomial(xp, p, *, num_samples, replacement, generator):
    """Indices drawn with the weights `p`."""
    return generator.multinomial(p, num_samples, replacement)


@random_row(lambda g: zero(g))
def poisson(xp, rate, *, generator):
    """The number of events where `rate` are expected."""
    return generator.poisson(rate)


def _no_rule(name):
    """The rule of what is a derivative already and has none itself, as in torch."""

    def rule(g):
        raise NotImplementedError(f"derivative for {name} is not implemented")

    return rule


_count = _no_rule("binomial")


@random_row((_count, _count))
def binomial(xp, count, prob, *, generator):
    """The successes in `count` trials of chance `prob`, where the two broadcast.

    Raises: ValueError for integers; RuntimeError for two dtypes.
    """
    for name, x in (("count", count), ("prob", prob)):
        if x.dtype.kind != "f":
            raise ValueError(f"binomial: expected a floating-point {name}, got {name_of(x.dtype)}")
    if count.dtype != prob.dtype:
        raise RuntimeError(
            f"binomial: expected one dtype, got {name_of(count.dtype)} and {name_of(prob.dtype)}"
        )
    return generator.binomial(*xp.broadcast_arrays(count, prob))


@random_row(lambda g, shape, out: g * standard_gamma_grad(shape, out))
def standard_gamma(xp, shape, *, generator):
    """A gamma number of scale 1 for each shape parameter; differentiable."""
    return generator.gamma(shape)


@random_row((_no_rule("_standard_gamma_grad"),) * 2)
def standard_gamma_grad(xp, shape, sample):
    """What gamma numbers move by when their shape parameters do."""
    return _special_incomplete.gamma_slope(xp, shape, sample)


def _dirichlet_rule(g, concentration, out):
    total = sum(concentration, dim=-1, keepdim=True)
    return dirichlet_grad(out, concentration, total) * (g - sum(out * g, dim=-1, keepdim=True))


@random_row(_dirichlet_rule, torch_name="DirichletBackward0")
def sample_dirichlet(xp, concentration, *, generator):
    """Shares of the last axis that sum to 1; differentiable."""
    return generator.dirichlet(concentration)


@random_row((_no_rule("_dirichlet_grad"),) * 3)
def dirichlet_grad(xp, x, concentration, total):
    """What the shares x move by when their concentrations do, over 1 - x."""
    return _special_incomplete.beta_slope(xp, x, concentration, total - concentration)
