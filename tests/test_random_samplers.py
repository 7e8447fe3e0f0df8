"""The less common distributions against the installed torch: the same bits, the same state."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from minitorch import _random_numerics as numerics
from minitorch._tensor import wrap
from minitorch.ops import _selection
from minitorch.random import Generator
from tests.streams import (
    FLOATS,
    INTEGERS,
    LAYOUTS,
    assert_same,
    bfloat16,
    empty,
    start,
    states_that_yield,
)

pytestmark = pytest.mark.differential

SIZES = (0, 1, 15, 16, 17, 1000, 20011)

# By the inverse of the distribution function

FILLS = {
    "exponential": [(1.0,), (0.3,), (7.5,), (1e-30,), (1e30,), (1e-300,), (math.inf,)],
    "geometric": [(0.3,), (0.5,), (1e-9,), (0.999999,), (1 - 2**-53,), (1e-300,)],
    "cauchy": [(0.0, 1.0), (-3.0, 0.2), (1e5, 1e-5), (0.1, 1e30), (0.0, 2.0**-1000)],
    "log_normal": [(1.0, 2.0), (0.0, 0.1), (-3.0, 1.0), (100.0, 30.0), (0.0, 400.0)],
}
CALLS = [(fill, parameters) for fill in FILLS for parameters in FILLS[fill]]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("fill", "parameters"), CALLS)
def test_fill(fill, parameters, dtype):
    for seed, n in enumerate(SIZES):
        g = start(seed)
        theirs = getattr(empty(n, dtype), f"{fill}_")(*parameters)
        ours = getattr(g, f"fill_{fill}")(np.empty(n, dtype), *parameters)
        assert_same(theirs, ours, g)


@pytest.mark.parametrize("fill", ["exponential", "cauchy", "log_normal"])
def test_fill_by_its_defaults(fill):
    g = start(1)
    theirs = getattr(torch.empty(99), f"{fill}_")()
    assert_same(theirs, getattr(g, f"fill_{fill}")(np.empty(99, np.float32)), g)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_fill_writes_in_the_order_of_the_memory(layout, fill, dtype):
    base, torch_base = np.zeros((2, 6, 5, 8), dtype)
    g = start(2)
    getattr(torch.from_numpy(LAYOUTS[layout](torch_base)), f"{fill}_")(*FILLS[fill][1])
    ours = LAYOUTS[layout](base)
    assert getattr(g, f"fill_{fill}")(ours, *FILLS[fill][1]) is ours
    assert_same(torch.from_numpy(torch_base), base, g)  # also what was not to be written


@pytest.mark.parametrize("p", [0.3, 1e-3, 1e-12, 1e-300])
@pytest.mark.parametrize("dtype", INTEGERS[:-1])
def test_geometric_of_integers(dtype, p):
    g = start(3)
    ours = g.fill_geometric(np.empty(1000, dtype), p)
    assert_same(empty(1000, dtype).geometric_(p), ours, g)


LEAST, LARGEST = 0, 2**53 - 1
EDGES = [LEAST, 1, 2, 2**26, 2**52 - 1, 2**52, 2**52 + 1, LARGEST - 1, LARGEST]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("fill", ["exponential", "geometric", "cauchy", "log_normal"])
def test_fill_at_the_edges_of_the_unit_interval(fill, dtype):
    words = np.array([[bits >> 32, bits & 0xFFFFFFFF] * 2 for bits in EDGES])
    for state in states_that_yield(words):
        torch.set_rng_state(torch.from_numpy(state))
        g = Generator().set_state(wrap(state))
        theirs = getattr(empty(2, dtype), f"{fill}_")(*FILLS[fill][1])
        ours = getattr(g, f"fill_{fill}")(np.empty(2, dtype), *FILLS[fill][1])
        assert_same(theirs, ours, g)


def test_geometric_of_zero_is_as_in_torch_in_every_dtype():
    (state,) = states_that_yield(np.array([[0, 0]]))  # log 0: no number of trials is enough
    for dtype in (*FLOATS, *INTEGERS[:-1]):
        torch.set_rng_state(torch.from_numpy(state))
        g = Generator().set_state(wrap(state))
        ours = g.fill_geometric(np.empty(1, dtype), 0.5)
        assert_same(empty(1, dtype).geometric_(0.5), ours, g)


def test_log_normal_shares_the_pairs_of_small_normal_draws():
    g = start(4)
    for n in (1, 3, 16, 2):
        x = np.empty(n, np.float32)
        assert_same(torch.empty(n).log_normal_(0, 0.5), g.fill_log_normal(x, 0, 0.5), g)
        assert_same(torch.randn(1), g.normal(1, 0, 1, np.float32), g)


# Multinomial

WEIGHTS = {
    "even": lambda n: np.ones(n),
    "rising": lambda n: np.linspace(0.01, 1, n),
    "many zeros": lambda n: np.arange(n) % 3 == 0,
    "one": lambda n: np.arange(n) == n // 2,
    "steep": lambda n: np.geomspace(1e-4, 6e4, n),
    "small": lambda n: np.full(n, 6e-8),
}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("weights", WEIGHTS)
def test_multinomial_with_replacement(weights, dtype):
    for seed, n in enumerate(SIZES[1:]):
        p = WEIGHTS[weights](n).astype(dtype)
        for count in (1, 2, 17, 1000):
            g = start(seed)
            theirs = torch.multinomial(torch.from_numpy(p), count, replacement=True)
            ours = g.multinomial(p, count, replacement=True)
            assert_same(theirs, ours, g)
            assert (p[ours] > 0).all()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("weights", WEIGHTS)
def test_multinomial_without_replacement(weights, dtype):
    for seed, n in enumerate(SIZES[1:]):
        p = WEIGHTS[weights](n).astype(dtype)
        for count in sorted({1, 2, n // 65, n // 64, n // 2, n} & {*range(1, n + 1)}):
            g = start(seed)
            ours = g.multinomial(p, count, replacement=False)
            assert_same(torch.multinomial(torch.from_numpy(p), count), ours, g)
            assert np.unique(ours).size == count


@pytest.mark.parametrize("replacement", [False, True])
@pytest.mark.parametrize("dtype", FLOATS)
def test_multinomial_of_rows(dtype, replacement):
    base = np.random.RandomState(0).random_sample((12, 10)).astype(dtype)
    layouts = {
        "rows": base,
        "transposed": base.T,
        "every second": base[:, ::2],
        "some rows": base[1:7],
        "transposed and sliced": base.T[2:8, ::3],
        "one row": base[:1],
        "a row": base[3],
        "a column": base[:, 3],
        "no row": base[:0],
        "one row for all": np.broadcast_to(base[0], (4, 10)),
    }
    for p in layouts.values():
        theirs = torch.from_numpy(base).as_strided(
            p.shape,
            [stride // p.itemsize for stride in p.strides],
            (p.__array_interface__["data"][0] - base.__array_interface__["data"][0]) // p.itemsize,
        )
        for count in (1, 3):
            g = start(5)
            expected = torch.multinomial(theirs, count, replacement)
            assert_same(expected, g.multinomial(p, count, replacement), g)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("weights", [(1, 1), (0, 1, 1, 0), (1, 0, 0, 1, 2), (3, 1)])
def test_multinomial_where_a_unit_meets_a_level(weights, dtype):
    p = np.array(weights, dtype)
    bits = [0, *(quarter + d for quarter in (2**51, 2**52, 3 * 2**51) for d in (-1, 0, 1))]
    words = [word for b in bits for word in (b >> 32, b & 0xFFFFFFFF)]
    (state,) = states_that_yield(np.array([words]))
    torch.set_rng_state(torch.from_numpy(state))
    g = Generator().set_state(wrap(state))
    theirs = torch.multinomial(torch.from_numpy(p), len(bits), replacement=True)
    assert_same(theirs, g.multinomial(p, len(bits), replacement=True), g)


@pytest.mark.parametrize(("dtype", "weight"), [("float16", 6e4), ("float32", 3e38), (float, 1e308)])
@pytest.mark.parametrize("replacement", [False, True])
def test_multinomial_of_weights_with_a_sum_that_overflows(dtype, weight, replacement):
    p = np.full(5, weight, dtype)
    g = start(6)
    ours = g.multinomial(p, 5, replacement)
    assert_same(torch.multinomial(torch.from_numpy(p), 5, replacement), ours, g)


@pytest.mark.parametrize("kinds", [1, 2, 3, 100])
def test_equal_scores_come_in_the_order_torch_leaves_them_in(kinds):
    choose = np.random.RandomState(0)
    for n in (2, 3, 4, 5, 16, 17, 18, 33, 129, 1000):
        score = choose.randint(0, kinds, (3, n)).astype(np.float32)
        for k in sorted({2, 3, n // 65, n // 64, n // 2, n - 1, n} & {*range(2, n + 1)}):
            theirs = torch.topk(torch.from_numpy(score), k).indices.numpy()
            np.testing.assert_array_equal(numerics.largest(score, k), theirs)
        first = score.argmax(axis=-1)[:, None]
        np.testing.assert_array_equal(numerics.largest(score, 1), first)


class Undecided:
    """A rank that is decided as late as possible, so that every split comes out uneven.

    Source: McIlroy 1999, A killer adversary for quicksort.
    """

    decided = 0
    pivot: object = None

    def __init__(self) -> None:
        self.rank = math.inf

    def __lt__(self, other: Undecided) -> bool:
        if self.rank == other.rank == math.inf:
            last = self if self is Undecided.pivot else other
            last.rank = Undecided.decided
            Undecided.decided += 1
        if self.rank == math.inf:
            Undecided.pivot = self
        elif other.rank == math.inf:
            Undecided.pivot = other
        return self.rank < other.rank


@pytest.mark.parametrize(("n", "k"), [(1000, 500), (1000, 1000), (2000, 1999)])
def test_equal_scores_where_the_selection_gives_up_splitting(monkeypatch, n, k):
    ranks = [Undecided() for _ in range(n)]
    monkeypatch.setattr(Undecided, "decided", 0)
    _selection.lowest(ranks, list(range(n)), k)
    score = -np.array([[min(x.rank, n) for x in ranks]], np.float32)
    heaps, whole = [], _selection._heap_select

    def counted(*args: Any) -> None:
        heaps.append(args)
        whole(*args)

    monkeypatch.setattr(_selection, "_heap_select", counted)
    for step in (1, 2, 3):
        theirs = torch.topk(torch.from_numpy(score // step), k).indices.numpy()
        np.testing.assert_array_equal(numerics.largest(score // step, k), theirs)
    assert heaps


# By rejection

RATES = {
    "0": (0, 0),
    "below 1": (0, 1),
    "small": (0, 10),
    "around 10": (9.9, 10.1),
    "large": (10, 60),
    "larger": (60, 6e4),
    "1e9": (1e9, 2e9),
    "smallest": (1e-300, 1e-290),
    "beyond int64": (1e18, 1e20),
    "infinite": (math.inf, math.inf),
}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("rates", RATES)
def test_poisson(rates, dtype):
    least, most = RATES[rates]
    for seed, n in enumerate(SIZES):
        rate = np.full(n, most) if least == most else np.linspace(least, most, n)
        with np.errstate(over="ignore"):  # float16 ends at 65504
            rate = rate.astype(dtype)
        g = start(seed)
        assert_same(torch.poisson(torch.from_numpy(rate)), g.poisson(rate), g)
        assert_same(torch.randn(3), g.normal(3, 0, 1, np.float32), g)


SHAPES = {
    "0": (0, 0),
    "below 1": (0, 1),
    "small": (0.5, 3),
    "around 1": (0.999, 1.001),
    "large": (3, 500),
    "1e10": (1e10, 2e10),
    "smallest": (1e-38, 1e-30),
    "infinite": (math.inf, math.inf),
    "nan": (math.nan, math.nan),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shapes", SHAPES)
def test_gamma(shapes, dtype):
    least, most = SHAPES[shapes]
    for seed, n in enumerate(SIZES):
        shape = np.linspace(least, most, n) if most < math.inf else np.full(n, most)
        shape = shape.astype(dtype)
        g = start(seed)
        assert_same(torch._standard_gamma(torch.from_numpy(shape)), g.gamma(shape), g)
        assert_same(torch.randn(3), g.normal(3, 0, 1, np.float32), g)


def test_gamma_begins_with_a_normal_that_was_kept():
    g = start(7)
    assert_same(torch.randn(1), g.normal(1, 0, 1, np.float32), g)
    shape = np.full(5, 2.5, np.float32)
    assert_same(torch._standard_gamma(torch.from_numpy(shape)), g.gamma(shape), g)


@pytest.mark.parametrize("sampler", ["poisson", "gamma"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_rejection_goes_in_the_order_of_the_elements(layout, sampler):
    x = LAYOUTS[layout](np.linspace(0.1, 30, 240).reshape(6, 5, 8))
    function = {"poisson": torch.poisson, "gamma": torch._standard_gamma}[sampler]
    g = start(8)
    assert_same(function(torch.from_numpy(x)), getattr(g, sampler)(x), g)


@pytest.mark.parametrize("words", [620, 621, 622, 623, 624, 625])
def test_rejection_takes_its_words_from_anywhere_in_the_block(words):
    rate = np.linspace(0.5, 40, 9)
    g = start(9)
    assert_same(torch.rand(words), g.uniform(words, 0, 1, np.float32), g)
    assert_same(torch.poisson(torch.from_numpy(rate)), g.poisson(rate), g)
    assert_same(torch._standard_gamma(torch.from_numpy(rate)), g.gamma(rate), g)


def test_rejection_of_nothing_leaves_a_seeded_generator_untouched():
    g = start(10)
    nothing = np.empty(0)
    assert_same(torch.poisson(torch.from_numpy(nothing)), g.poisson(nothing), g)
    assert_same(torch.poisson(torch.zeros(3)), g.poisson(np.zeros(3, np.float32)), g)


# Every dtype that torch has here


@pytest.mark.parametrize(
    ("fill", "parameters"),
    [("exponential", (0.7,)), ("geometric", (0.01,)), ("cauchy", (3, 2)), ("log_normal", (1, 1))],
)
def test_fill_of_bfloat16(fill, parameters):
    dtype = bfloat16()
    g = start(11)
    for n in (3, 1003):
        theirs = getattr(torch.empty(n, dtype=torch.bfloat16), f"{fill}_")(*parameters)
        ours = getattr(g, f"fill_{fill}")(np.empty(n, dtype), *parameters)
        assert_same(theirs.view(torch.int16), ours.view(np.int16), g)


def test_choices_of_bfloat16():
    dtype = bfloat16()
    weights = np.linspace(0, 30, 500, dtype=np.float32)
    theirs, ours = torch.from_numpy(weights).bfloat16(), weights.astype(dtype)
    g = start(12)
    for count, replacement in ((1, False), (7, False), (300, False), (300, True)):
        expected = torch.multinomial(theirs, count, replacement)
        assert_same(expected, g.multinomial(ours, count, replacement), g)
    assert_same(torch.poisson(theirs).view(torch.int16), g.poisson(ours).view(np.int16), g)
