"""Rows that draw from a generator, which keeps torch's streams; see `minitorch.random`.

In-place forms write by the generator's `fill_` methods, which follow the order of the memory.
"""

from __future__ import annotations

from minitorch.errors import broadcast_shapes
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


@random_row(lambda g: zero(g), torch_name="Bernoulli")
def bernoulli_tensor(xp, p, *, generator):
    """1 with probability p, else 0, for each element of p."""
    return generator.bernoulli_tensor(p)


@random_row(lambda g: zero(g), torch_name="Bernoulli")
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
