"""The random streams by name: what `python -m harness doctor` draws on two engines and compares.

A stream is a call of an engine `T` with torch's names that returns tensors or arrays. It starts at
a seed; equal are the values, bit for bit, and the state of the generator afterwards. A stream that
cannot be equal says so with a tolerance and its reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from harness.initial import BUILT, INITIAL

SEEDS = (0, 42, 2**40 + 5, -1)

N = 20011
"""Odd and no multiple of 16: pairs and blocks are left unfinished."""

MATRIX = (64, 313)
FLOATS = ("float32", "float64", "float16")
INTEGERS = ("int64", "int32", "int16", "int8", "uint8")

Draw = Callable[..., Any]
Table = dict[str, Draw]


class Stream(NamedTuple):
    """`draw(T)`, or `draw(T, U)` for a stream that passes from one engine to another and back.

    `tolerance` is by how much values may differ, for the `reason` given; the state never may.
    """

    name: str
    draw: Draw
    seeds: tuple[int, ...] = SEEDS
    engines: tuple[str, ...] = ("minitorch",)
    tolerance: float = 0.0
    reason: str = ""


def each(dtypes: Iterable[str], table: Table) -> Table:
    """Draws of (T, dtype), for every dtype."""
    return {
        f"{name} {dtype}": lambda T, draw=draw, dtype=dtype: draw(T, getattr(T, dtype))
        for name, draw in table.items()
        for dtype in dtypes
    }


# What is drawn from


def numbers(T: Any, size: Any, dtype: Any = "float32") -> Any:
    """Numbers from -2 to 2, in order."""
    return levels(T, math.prod(np.atleast_1d(size)), -2, 2, dtype).reshape(size)


def levels(T: Any, n: int, low: float, high: float, dtype: Any = "float32") -> Any:
    """n numbers from `low` to `high`, in order."""
    return T.from_numpy(np.linspace(low, high, n).astype(array_type(dtype)))


def weights(T: Any, *size: int, dtype: Any = "float32") -> Any:
    """Positive numbers in no order."""
    found = np.arange(math.prod(size)) * 37 % 101 + 1
    return T.from_numpy(found.reshape(size).astype(array_type(dtype)))


def array_type(dtype: Any) -> str:
    """What NumPy calls a dtype of an engine."""
    return str(dtype).removeprefix("torch.")


def permuted(T: Any) -> Any:
    """A tensor whose memory is in another order."""
    return T.zeros(6, 5, 8).permute(1, 2, 0)


def sliced(T: Any, fill: Draw) -> Any:
    """A whole tensor after `fill` of a part of it."""
    x = T.zeros(6, 5, 8)
    fill(x[1:4, :, 2:5])
    return x


# Numbers of a dtype: draws of (T, dtype)


def randn(*sizes: int) -> Draw:
    """Normal numbers of several sizes, one after the other."""
    return lambda T, d: [T.randn(n, dtype=d) for n in sizes]


def normal(draw: Draw) -> Draw:
    """`draw(T, mean, std)` for tensors of 9 and of 1,003 numbers: pair by pair, and in blocks."""
    return lambda T, d: [draw(T, numbers(T, n, d), levels(T, n, 0, 3, d)) for n in (9, 1003)]


OF_FLOATS: Table = {
    "rand": lambda T, d: T.rand(N, dtype=d),
    "uniform_(-0.1, 0.3)": lambda T, d: T.empty(N, dtype=d).uniform_(-0.1, 0.3),
    "uniform_(2, 2.01)": lambda T, d: T.empty(N, dtype=d).uniform_(2, 2.01),
    "randn of 1": randn(1),
    "randn of 9, 15": randn(9, 15),
    "randn of 16": randn(16),
    "randn of 17": randn(17),
    "randn of 31, 33, 1003": randn(31, 33, 1003),
    f"randn of {N}": randn(N),
    "normal_(0.3, 0.02)": lambda T, d: T.empty(N, dtype=d).normal_(0.3, 0.02),
    "normal_ of 200 small tensors": lambda T, d: [
        T.empty(9, dtype=d).normal_(0.3, 0.02) for _ in range(200)
    ],
    "normal_ of a transposed tensor": lambda T, d: T.empty(8, 9, dtype=d).t().normal_(3, 2),
    "normal(tensor, 0.7)": normal(lambda T, mean, std: T.normal(mean, 0.7)),
    "normal(0.3, tensor)": normal(lambda T, mean, std: T.normal(0.3, std)),
    "normal(tensor, tensor)": normal(lambda T, mean, std: T.normal(mean, std)),
    "bernoulli(tensor)": lambda T, d: T.bernoulli(levels(T, N, 0, 1, d)),
    "bernoulli_(tensor)": lambda T, d: T.empty(N).bernoulli_(levels(T, N, 0, 1, d)),
    "dropout": lambda T, d: T.nn.functional.dropout(numbers(T, MATRIX, d), 0.1),
    "exponential_()": lambda T, d: T.empty(N, dtype=d).exponential_(),
    "exponential_(2.5)": lambda T, d: T.empty(N, dtype=d).exponential_(2.5),
    "cauchy_(0.1, 2)": lambda T, d: T.empty(N, dtype=d).cauchy_(0.1, 2),
    "log_normal_(0.1, 0.7)": lambda T, d: T.empty(N, dtype=d).log_normal_(0.1, 0.7),
    "poisson of small rates": lambda T, d: T.poisson(levels(T, 2001, 0, 9.99, d)),
    "poisson of large rates": lambda T, d: T.poisson(levels(T, 2001, 10, 3000, d)),
    "multinomial of 3": lambda T, d: T.multinomial(weights(T, 9, dtype=d), 3),
    "multinomial of 200": lambda T, d: T.multinomial(weights(T, 257, dtype=d), 200),
    "multinomial, replaced": lambda T, d: T.multinomial(weights(T, 257, dtype=d), 500, True),
    "rand_like": lambda T, d: T.rand_like(T.zeros(50, 31, dtype=d)),
    "randn_like": lambda T, d: T.randn_like(T.zeros(50, 31, dtype=d)),
}


def successes(most: int) -> Draw:
    """Binomial counts of up to `most` trials, rarely and often successful."""
    return lambda T, d: T.binomial(levels(T, 2001, 0, most, d).floor(), levels(T, 2001, 1, 0, d))


OF_WIDE_FLOATS: Table = {
    "binomial of few": successes(40),
    "binomial of many": successes(3000),
    "_standard_gamma": lambda T, d: T._standard_gamma(levels(T, 2001, 0.01, 20, d)),
    "_sample_dirichlet": lambda T, d: T._sample_dirichlet(levels(T, 1998, 0.1, 9, d).view(-1, 3)),
}

OF_NUMBERS: Table = {
    "randint(0, 100)": lambda T, d: T.randint(0, 100, (1001,), dtype=d),
    "randint_like(3, 40)": lambda T, d: T.randint_like(T.zeros(50, 31, dtype=d), 3, 40),
    "random_(99)": lambda T, d: T.empty(1001, dtype=d).random_(99),
    "random_(3, 99)": lambda T, d: T.empty(1001, dtype=d).random_(3, 99),
    "geometric_(0.3)": lambda T, d: T.empty(N, dtype=d).geometric_(0.3),
}

OF_ALL: Table = {
    "random_()": lambda T, d: T.empty(N, dtype=d).random_(),
    "bernoulli_(0.3)": lambda T, d: T.empty(N, dtype=d).bernoulli_(0.3),
}

# Numbers of one dtype

DRAWN: Table = {
    "rand of one, of none": lambda T: [T.rand(()), T.rand(0), T.rand(3, 0)],
    "rand(out=)": lambda T: T.rand(N, out=T.empty(N)),
    "uniform_(0.5, 0.5)": lambda T: T.empty(5).uniform_(0.5, 0.5),
    "randn of 2**21": lambda T: T.randn(1 << 21),
    "normal_(-7, 0)": lambda T: T.empty(33).normal_(-7, 0),
    "normal(0.3, 0.7, size)": lambda T: T.normal(0.3, 0.7, (N,)),
    "normal of two dtypes": lambda T: T.normal(numbers(T, 99), levels(T, 99, 0, 3, "float64")),
    "second normal of a pair waits": lambda T: [T.randn(5), T.randn(3)],
    "second normal waits longer": lambda T: [T.randn(5), T.randn(100), T.rand(7), T.randn(2)],
    "second normal forgotten": lambda T: [T.randn(5), T.manual_seed(3).get_state(), T.randn(5)],
    "log_normal_ leaves a second normal": lambda T: [T.empty(5).log_normal_(), T.randn(4)],
    "randint(0, 2)": lambda T: T.randint(0, 2, (N,)),
    "randint(-5, 77)": lambda T: T.randint(-5, 77, (N,)),
    "randint(-5, 2**28 - 6)": lambda T: T.randint(-5, 2**28 - 6, (N,)),
    "randint(0, 2**28)": lambda T: T.randint(0, 2**28, (N,)),
    "randint(-7, 2**40)": lambda T: T.randint(-7, 2**40, (N,)),
    "randint(-2**63, 2**63 - 1)": lambda T: T.randint(-(2**63), 2**63 - 1, (N,)),
    "randint(100)": lambda T: T.randint(100, (N,)),
    "randperm(1)": lambda T: T.randperm(1),
    "randperm(2)": lambda T: T.randperm(2),
    f"randperm({N})": lambda T: T.randperm(N),
    "randperm(dtype=)": lambda T: [T.randperm(99, dtype=d) for d in (T.int32, T.uint8, T.float32)],
    "bernoulli_(0), bernoulli_(1)": lambda T: [T.empty(N).bernoulli_(p) for p in (0, 0.5, 1)],
    "bernoulli(tensor, 0.7)": lambda T: T.bernoulli(numbers(T, N), 0.7),
    "Tensor.bernoulli": lambda T: levels(T, N, 0, 1).bernoulli(),
    "multinomial of 1": lambda T: [T.multinomial(weights(T, 257), 1) for _ in range(50)],
    "multinomial of 1, replaced": lambda T: [
        T.multinomial(weights(T, 257), 1, True) for _ in range(50)
    ],
    "multinomial of 20": lambda T: [T.multinomial(weights(T, 257), 20) for _ in range(20)],
    "multinomial of all": lambda T: T.multinomial(weights(T, 257), 257),
    "multinomial of 5000, replaced": lambda T: T.multinomial(weights(T, 257), 5000, True),
    "multinomial per row": lambda T: T.multinomial(weights(T, 50, 257), 20),
    "multinomial of 1 per row": lambda T: T.multinomial(weights(T, 50, 257), 1),
    "multinomial per row, replaced": lambda T: T.multinomial(weights(T, 50, 257), 500, True),
    "rand_like of a permuted view": lambda T: T.rand_like(permuted(T)),
    "randn_like of a permuted view": lambda T: T.randn_like(permuted(T)),
    "randint_like of a permuted view": lambda T: T.randint_like(permuted(T), 100),
    "rand_like(dtype=)": lambda T: T.rand_like(permuted(T), dtype=T.float64),
    "randn_like(dtype=)": lambda T: T.randn_like(permuted(T), dtype=T.float64),
    "randint_like(dtype=)": lambda T: T.randint_like(permuted(T), 100, dtype=T.int64),
    "bernoulli of a permuted view": lambda T: T.bernoulli(
        levels(T, 240, 0, 1).reshape(6, 5, 8).permute(1, 2, 0)
    ),
}

FILLS: Table = {
    "uniform_": lambda x: x.uniform_(-1, 2),
    "normal_": lambda x: x.normal_(0.1, 2),
    "random_": lambda x: x.random_(0, 100),
    "bernoulli_": lambda x: x.bernoulli_(0.4),
    "exponential_": lambda x: x.exponential_(),
    "log_normal_": lambda x: x.log_normal_(),
}

FILLED: Table = {
    **{f"{name} of a permuted view": lambda T, f=f: f(permuted(T)) for name, f in FILLS.items()},
    **{f"{name} of a sliced view": lambda T, f=f: sliced(T, f) for name, f in FILLS.items()},
}

# Dropout


def dropped(name: str, size: tuple[int, ...], p: float, **options: bool) -> Draw:
    return lambda T: getattr(T.nn.functional, name)(numbers(T, size), p, **options)


def dropped_view(view: Draw) -> Draw:
    return lambda T: T.nn.functional.dropout(view(numbers(T, (6, 5, 4, 7))), 0.4)


def dropped_gradient(T: Any) -> Any:
    x = numbers(T, (64, 31)).requires_grad_()
    T.nn.functional.dropout(x, 0.3).sum().backward()
    return x.grad


def dropped_twice(name: str, size: tuple[int, ...]) -> Draw:
    def draw(T: Any) -> list:
        layer, x = getattr(T.nn, name)(0.3), numbers(T, size)
        return [layer(x), layer(x), layer.eval()(x)]

    return draw


CHANNELS = (
    ("dropout", "Dropout", MATRIX),
    ("dropout1d", "Dropout1d", (9, 5, 7)),
    ("dropout2d", "Dropout2d", (9, 5, 4, 7)),
    ("dropout3d", "Dropout3d", (9, 5, 4, 3, 2)),
    ("alpha_dropout", "AlphaDropout", MATRIX),
    ("feature_alpha_dropout", "FeatureAlphaDropout", (64, 7, 5)),
)


def attended(T: Any) -> Any:
    """Which weights of an attention of equal scores fall."""
    q, v = T.zeros(2, 3, 8, 4), T.eye(8).expand(2, 3, 8, 8)
    return T.nn.functional.scaled_dot_product_attention(q, q, v, dropout_p=0.4)


DROPPED: Table = {
    **{
        f"{name}(p={p})": dropped(name, size, p, training=True)
        for name, _, size in CHANNELS
        for p in (0.1, 0.2, 0.5)
    },
    **{f"nn.{layer}": dropped_twice(layer, size) for _, layer, size in CHANNELS},
    "dropout(p=0)": dropped("dropout", MATRIX, 0.0),
    "dropout(p=1)": dropped("dropout", MATRIX, 1.0),
    "dropout, not training": dropped("dropout", MATRIX, 0.3, training=False),
    "dropout, in place": dropped("dropout", MATRIX, 0.3, inplace=True),
    "dropout, its gradient": dropped_gradient,
    "dropout of a permuted view": dropped_view(lambda x: x.permute(0, 2, 1, 3)),
    "dropout of an expanded view": dropped_view(lambda x: x[:1, :1].expand(6, 3, 4, 7)),
    "dropout of a sliced view": dropped_view(lambda x: x[1:, ::2, :, 3:]),
    "dropout1d of one sample": dropped("dropout1d", (5, 7), 0.3),
    "dropout3d of one sample": dropped("dropout3d", (5, 4, 3, 2), 0.3),
    "native_dropout": lambda T: list(T.native_dropout(numbers(T, MATRIX), 0.3, True)),
    "feature_dropout": lambda T: T.feature_dropout(numbers(T, (9, 5, 7)), 0.3, True),
    "rrelu, training": lambda T: T.rrelu(numbers(T, MATRIX), 0.1, 0.5, True),
    "rrelu_, training": lambda T: T.rrelu_(numbers(T, MATRIX), 0.1, 0.5, True),
    "attention's dropout": attended,
    "nn.FractionalMaxPool2d": lambda T: T.nn.FractionalMaxPool2d(2, 3)(numbers(T, (2, 3, 8, 9))),
    "nn.FractionalMaxPool3d": lambda T: T.nn.FractionalMaxPool3d(2, 3)(numbers(T, (3, 8, 9, 7))),
}

# Data

ITEMS, ODDS = range(1000), [i % 7 + 0.5 for i in range(1000)]


def epochs(T: Any, **options: Any) -> list:
    """Two passes over 1,000 numbers."""
    loader = T.utils.data.DataLoader(ITEMS, batch_size=32, **options)
    return [batch for _ in range(2) for batch in loader]


def split(T: Any, *lengths: float, **options: Any) -> list:
    parts = T.utils.data.random_split(ITEMS, lengths, **options)
    return [T.tensor(part.indices) for part in parts]


def order(T: Any, sampler: str, *arguments: Any, **options: Any) -> Any:
    """The indices that a sampler yields, first in turn and then to a DataLoader."""
    made = getattr(T.utils.data, sampler)(*arguments, **options)
    return [T.tensor(list(made)), *T.utils.data.DataLoader(ITEMS, 32, sampler=made)]


DATA: Table = {
    "DataLoader(shuffle=True)": lambda T: epochs(T, shuffle=True),
    "DataLoader(shuffle=False)": lambda T: epochs(T),
    "DataLoader(generator=)": lambda T: epochs(T, shuffle=True, generator=another(T)),
    "RandomSampler": lambda T: order(T, "RandomSampler", ITEMS),
    "RandomSampler of 2500": lambda T: order(T, "RandomSampler", ITEMS, num_samples=2500),
    "RandomSampler, replaced": lambda T: order(T, "RandomSampler", ITEMS, replacement=True),
    "RandomSampler of 77, replaced": lambda T: order(T, "RandomSampler", ITEMS, True, 77),
    "SubsetRandomSampler": lambda T: order(T, "SubsetRandomSampler", ITEMS[500:900:3]),
    "WeightedRandomSampler": lambda T: order(T, "WeightedRandomSampler", ODDS, 300, False),
    "WeightedRandomSampler, replaced": lambda T: order(T, "WeightedRandomSampler", ODDS, 2000),
    "random_split(700, 300)": lambda T: split(T, 700, 300),
    "random_split(0.62, 0.2, 0.18)": lambda T: split(T, 0.62, 0.2, 0.18),
    "random_split(generator=)": lambda T: split(T, 700, 300, generator=another(T)),
}

# Generators and their state


def another(T: Any) -> Any:
    """A generator that is neither the default one nor at its seed."""
    return T.Generator().manual_seed(T.initial_seed() // 3 + 7)


def with_state(T: Any, draw: Draw) -> list:
    """What is drawn from another generator, and its state."""
    g = another(T)
    return [draw(T, g), g.get_state()]


def pair(T: Any, g: Any) -> list:
    return [T.randn(3, generator=g), T.rand(700, generator=g)]


def cloned(T: Any) -> list:
    g = another(T)
    T.randn(3, generator=g)
    clone = g.clone_state()
    return [*pair(T, clone), g.get_state(), *pair(T, g), clone.get_state()]


def all_seeds(T: Any) -> list:
    """Beyond 32 bits and below 0: of every seed the low 32 bits count."""
    drawn = []
    for seed in (0, 5, 2**32 - 1, 2**32, 2**40 + 5, 2**63, 2**64 - 1, -1, -5, -(2**63)):
        T.manual_seed(seed)
        drawn += [np.array([T.initial_seed()], np.uint64), T.rand(3), T.randn(3), T.get_rng_state()]
    return drawn


def set_back(T: Any) -> list:
    first = [T.randn(701), T.randn(3)]
    state = T.get_rng_state()
    second = [T.randn(4), T.rand(999)]
    T.set_rng_state(state)
    return [*first, state, *second, T.randn(4), T.rand(99)]


def forked(T: Any) -> list:
    before = T.randn(3)
    with T.random.fork_rng(devices=[]):
        inside = T.rand(999)
    return [before, inside, T.randn(3)]


def handed_over(T: Any, U: Any) -> list:
    """Draw on one engine, from its state on another, from there on the first."""
    first = [T.rand(1001), T.randn(5)]
    hand(T, U)
    second = [U.randn(50), U.randn(2), U.rand(3), U.randperm(700), U.randn(2)]
    hand(U, T)
    return [*first, *second, T.randn(3), T.randn(33)]


def hand(giver: Any, taker: Any) -> None:
    taker.set_rng_state(taker.from_numpy(giver.get_rng_state().numpy().copy()))


GENERATED: Table = {
    "rand": lambda T, g: T.rand(N, generator=g),
    "randn": lambda T, g: [T.randn(5, generator=g), T.randn(N, generator=g)],
    "randint": lambda T, g: T.randint(0, 77, (N,), generator=g),
    "randperm": lambda T, g: T.randperm(1000, generator=g),
    "normal": lambda T, g: T.normal(numbers(T, 9), 0.7, generator=g),
    "bernoulli": lambda T, g: T.bernoulli(levels(T, N, 0, 1), generator=g),
    "multinomial": lambda T, g: T.multinomial(weights(T, 257), 20, generator=g),
    "poisson": lambda T, g: T.poisson(levels(T, 200, 0, 50), generator=g),
    "uniform_": lambda T, g: T.empty(N).uniform_(-1, 2, generator=g),
    "normal_": lambda T, g: T.empty(N).normal_(1, 2, generator=g),
    "random_": lambda T, g: T.empty(N, dtype=T.int64).random_(generator=g),
    "bernoulli_": lambda T, g: T.empty(N).bernoulli_(0.3, generator=g),
    "exponential_": lambda T, g: T.empty(N).exponential_(generator=g),
    "geometric_": lambda T, g: T.empty(N).geometric_(0.3, generator=g),
    "cauchy_": lambda T, g: T.empty(N).cauchy_(generator=g),
    "log_normal_": lambda T, g: T.empty(N).log_normal_(generator=g),
    "nn.init.normal_": lambda T, g: T.nn.init.normal_(T.empty(30, 20), generator=g),
    "nn.init.uniform_": lambda T, g: T.nn.init.uniform_(T.empty(30, 20), generator=g),
}

STATES: Table = {
    **{
        f"{name}(generator=)": lambda T, draw=draw: with_state(T, draw)
        for name, draw in GENERATED.items()
    },
    "a new Generator": lambda T: [T.Generator().get_state(), *pair(T, T.Generator())],
    "Generator.clone_state": cloned,
    "seeds of any size": all_seeds,
    "state set back": set_back,
    "fork_rng": forked,
    "state from torch to minitorch and back": handed_over,
    "state from minitorch to torch and back": handed_over,
}

# All of them

LAPACK = {"tolerance": 1e-6, "reason": "the QR factors are those of each engine's own LAPACK"}

NOTES: dict[str, dict[str, Any]] = {
    "randn of 2**21": {"seeds": (7,)},
    "nn.init.orthogonal_ of (30, 20)": LAPACK,
    "nn.init.orthogonal_ of (20, 30)": LAPACK,
    "nn.init.orthogonal_ of (8, 3, 3, 3)": LAPACK,
    "state from torch to minitorch and back": {"engines": ("torch", "minitorch")},
    "state from minitorch to torch and back": {"engines": ("minitorch", "torch")},
}
"""What a stream has beside its name and its draw."""

TABLE = {
    **each(FLOATS, OF_FLOATS),
    **each(("float32", "float64"), OF_WIDE_FLOATS),
    **each((*INTEGERS, *FLOATS), OF_NUMBERS),
    **each((*INTEGERS, "bool", *FLOATS), OF_ALL),
    **(DRAWN | FILLED | DROPPED | INITIAL | BUILT | DATA | STATES),
}

STREAMS = tuple(Stream(name, draw, **NOTES.get(name, {})) for name, draw in TABLE.items())
"""Every stream, in the order in which they are drawn and shown."""
