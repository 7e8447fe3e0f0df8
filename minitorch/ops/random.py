"""Rows that draw from a generator, which keeps torch's streams; see `minitorch.random`.

In-place forms write by the generator's `fill_` methods, which follow the order of the memory.
"""

from __future__ import annotations

from minitorch.ops.elementwise import zero
from minitorch.primitive import random_row


@random_row()
def uniform(xp, *, size, low, high, dtype, generator):
    """low + (high - low) u with u uniform on [0, 1)."""
    return generator.uniform(size, low, high, dtype)


@random_row()
def normal(xp, *, size, mean, std, dtype, generator):
    """mean + std z with z of mean 0 and variance 1."""
    return generator.normal(size, mean, std, dtype)


@random_row()
def randint(xp, *, low, high, size, dtype, generator):
    """Integers from `low` up to, not including, `high`."""
    return generator.integers(low, high, size, dtype)


@random_row()
def random_(xp, *, size, dtype, generator):
    """Integers from 0 to the last one before the dtype skips some."""
    return generator.random_(size, dtype)


@random_row()
def randperm(xp, *, n, dtype, generator):
    """The integers 0 ... n-1 in random order."""
    return generator.permutation(n, dtype)


@random_row()
def bernoulli(xp, *, size, p, dtype, generator):
    """1 with probability p, else 0."""
    return generator.bernoulli(size, p, dtype)


@random_row(lambda g: zero(g), torch_name="Bernoulli")
def bernoulli_tensor(xp, p, *, generator):
    """1 with probability p, else 0, for each element of p."""
    return generator.bernoulli_tensor(p)


@random_row(lambda g: zero(g), torch_name="Bernoulli")
def bernoulli_like(xp, x, *, p, generator):
    """1 with probability `p`, else 0, in the shape and dtype of `x`."""
    return generator.bernoulli(x.shape, p, x.dtype)


@random_row((lambda g: zero(g), lambda g: zero(g)), torch_name="Normal")
def normal_around(xp, mean, std, *, generator):
    """Normal numbers with `mean` and `std`, arrays both or one of them a number."""
    kind = mean.dtype if hasattr(mean, "dtype") else std.dtype
    size = xp.broadcast_shapes(xp.shape(mean), xp.shape(std))
    if not hasattr(std, "dtype"):
        return generator.normal(size, 0.0, std, kind) + mean
    return generator.normal(size, 0.0, 1.0, kind) * std + xp.asarray(mean, kind)


@random_row()
def multinomial(xp, p, *, num_samples, replacement, generator):
    """Indices drawn with the weights `p`."""
    return generator.multinomial(p, num_samples, replacement)


@random_row(lambda g: zero(g))
def poisson(xp, rate, *, generator):
    """The number of events where `rate` are expected."""
    return generator.poisson(rate)
