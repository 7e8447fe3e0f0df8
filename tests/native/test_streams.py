"""The random streams in C: the bits and the state of NumPy's path and of torch."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch import nn, random
from minitorch.native import streams
from minitorch.random import Generator
from tests.streams import LAYOUTS, assert_same, empty, start, state_of

SIZES = (0, 1, 2, 15, 16, 17, 33, 311, 312, 623, 624, 625, 2049, 40_000, 100_003)
FLOATS = ("float32", "float64")

ON_BOTH: dict[str, tuple[Callable, Callable]] = {
    "uniform": (lambda x: x.uniform_(), lambda g, x: g.fill_uniform(x)),
    "bounded": (lambda x: x.uniform_(-0.1, 0.3), lambda g, x: g.fill_uniform(x, -0.1, 0.3)),
    "no width": (lambda x: x.uniform_(0.5, 0.5), lambda g, x: g.fill_uniform(x, 0.5, 0.5)),
    "normal": (lambda x: x.normal_(), lambda g, x: g.fill_normal(x)),
    "scaled": (lambda x: x.normal_(0.3, 0.02), lambda g, x: g.fill_normal(x, 0.3, 0.02)),
    "exponential": (lambda x: x.exponential_(2.5), lambda g, x: g.fill_exponential(x, 2.5)),
    "bernoulli": (lambda x: x.bernoulli_(0.3), lambda g, x: g.fill_bernoulli(x, 0.3)),
    "never": (lambda x: x.bernoulli_(0.0), lambda g, x: g.fill_bernoulli(x, 0.0)),
    "always": (lambda x: x.bernoulli_(1.0), lambda g, x: g.fill_bernoulli(x, 1.0)),
    "integers": (lambda x: x.random_(-7, 50257), lambda g, x: g.fill_random(x, -7, 50257)),
    "cauchy": (lambda x: x.cauchy_(), lambda g, x: g.fill_cauchy(x)),
}
"""What fills a tensor of torch's, and an array of ours."""


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest):
    before = minitorch.get_num_threads()
    minitorch.set_num_threads(request.param)
    yield
    minitorch.set_num_threads(before)


def test_all_of_them_are_in_place() -> None:
    assert set(random._own) == set(streams.METHODS)


@pytest.mark.differential
@pytest.mark.parametrize("name", ON_BOTH)
@pytest.mark.parametrize("dtype", FLOATS)
def test_equals_torch(name: str, dtype: str, threads: None) -> None:
    theirs, ours = ON_BOTH[name]
    g = start(3)
    for n in SIZES if name != "cauchy" else SIZES[:9]:
        assert_same(theirs(empty(n, dtype)), ours(g, np.empty(n, dtype)), g)


@pytest.mark.differential
@pytest.mark.parametrize("name", ["bounded", "scaled", "exponential", "bernoulli", "integers"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_in_the_order_of_memory(name: str, layout: str) -> None:
    theirs, ours = ON_BOTH[name]
    for dtype in FLOATS:
        g = start(4)
        for _ in range(2):
            x = LAYOUTS[layout](np.full((6, 5, 8), 9.0, dtype))
            y = torch.from_numpy(np.full((6, 5, 8), 9.0, dtype))
            y = y.as_strided(x.shape, [s // x.itemsize for s in x.strides], _offset(x))
            assert_same(theirs(y), ours(g, x), g)


def _offset(x: np.ndarray) -> int:
    base = x.base if x.base is not None else x
    return (x.__array_interface__["data"][0] - base.__array_interface__["data"][0]) // x.itemsize


@pytest.mark.differential
@pytest.mark.parametrize("span", [1, 2, 10, 2**28 - 1, 2**28, 2**40, 2**62 + 1])
def test_integers(span: int) -> None:
    g = start(5)
    for n in (1, 17, 5000, 40_001):
        theirs = torch.randint(-5, span - 5, (n,))
        assert_same(theirs, g.integers(-5, span - 5, n, np.int64), g)
        assert_same(torch.empty(n, dtype=torch.int64).random_(), g.random_(n, np.int64), g)
        theirs = torch.empty(n, dtype=torch.int64).random_(-(2**63), None)
        assert_same(theirs, g.fill_random(np.empty(n, np.int64), -(2**63)), g)


@pytest.mark.differential
@pytest.mark.parametrize("n", [0, 1, 2, 3, 624, 1000, 40_001])
def test_permutation(n: int) -> None:
    g = start(6)
    for _ in range(2):
        assert_same(torch.randperm(n), g.permutation(n), g)


@pytest.mark.differential
@pytest.mark.parametrize("dtype", FLOATS)
def test_chances_of_each(dtype: str) -> None:
    g = start(7)
    for n in SIZES:
        p = torch.rand(n, dtype=getattr(torch, dtype))
        g.uniform(n, 0, 1, dtype)
        assert_same(torch.bernoulli(p), g.bernoulli_tensor(p.numpy()), g)


def test_other_streams_draw_their_words_from_here() -> None:
    """What has no kernel, after what leaves the state in the middle of a block, or a normal."""

    def draw(g: Generator) -> list:
        x = [g.normal(7, 0.0, 1.0, np.float64, contiguous=False)]
        x += [g.poisson(np.full(40, 3.0)), g.gamma(np.full(40, 0.7)), g.uniform(9, 0, 1, "float16")]
        x += [g.integers(0, 9, 700, np.int32), g.permutation(50, np.int32), g.normal(5, 0, 1, "f2")]
        return [*x, g.normal(1, 0.0, 1.0, np.float32), g.multinomial(np.ones((3, 50)), 4, False)]

    ours = Generator().manual_seed(8)
    found = draw(ours)
    random.uninstall()
    try:
        plain = Generator().manual_seed(8)
        expected = draw(plain)
    finally:
        random.install(streams.METHODS)
    assert [x.tobytes() for x in found] == [x.tobytes() for x in expected]
    assert state_of(ours) == state_of(plain)


def test_a_kept_normal_takes_no_word() -> None:
    g = Generator().manual_seed(9)
    g.normal(1, 0.0, 1.0, np.float32)
    state = g.get_state()
    fresh = Generator()
    fresh.set_state(state)
    words = state_of(fresh)[16:-40]
    fresh.normal(1, 0.0, 1.0, np.float32)
    assert fresh._next_normal is None
    assert state_of(fresh)[16:-40] == words


@pytest.mark.parametrize("dtype", FLOATS)
def test_noise_is_the_mask_over_the_chance(dtype: str) -> None:
    ours, plain = Generator().manual_seed(1), Generator().manual_seed(1)
    for n in SIZES:
        mask = plain.fill_bernoulli(np.empty(n, dtype), 0.9)
        mask /= mask.dtype.type(0.9)
        assert ours.fill_noise(np.empty(n, dtype), 0.9).tobytes() == mask.tobytes()
    assert state_of(ours) == state_of(plain)


@pytest.mark.differential
@pytest.mark.parametrize("features", [False, True])
def test_dropout_and_its_gradient(features: bool) -> None:
    x = np.random.RandomState(0).standard_normal((5, 7, 9, 33)).astype(np.float32)
    found: dict[Any, list] = {}
    for T in (torch, minitorch):
        T.manual_seed(2)
        a = T.tensor(x, requires_grad=True)
        drop = T.nn.functional.dropout2d if features else T.nn.functional.dropout
        out = drop(a, 0.3)
        out.pow(2).sum().backward()
        found[T] = [out.detach().numpy(), a.grad.numpy()]
    for theirs, ours in zip(*found.values()):
        assert theirs.tobytes() == ours.tobytes()


@pytest.mark.differential
def test_a_model_starts_equal() -> None:
    made = []
    for T in (torch, minitorch):
        T.manual_seed(11)
        layers = T.nn.Linear(300, 70), T.nn.Embedding(501, 33), T.nn.Conv2d(3, 17, 5)
        T.nn.init.trunc_normal_(layers[0].weight)
        made.append([p.detach().numpy().tobytes() for m in layers for p in m.parameters()])
    assert made[0] == made[1]


def test_threads_draw_from_one_generator_each_word_once() -> None:
    g = Generator().manual_seed(12)
    drawn: list[np.ndarray] = []

    def draw() -> None:
        drawn.extend([g.fill_uniform(np.empty(50_000, np.float64)) for _ in range(5)])

    workers = [threading.Thread(target=draw) for _ in range(4)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    expected = Generator().manual_seed(12).uniform(1_000_000, 0.0, 1.0, np.float64)
    assert np.array_equal(np.sort(np.concatenate(drawn)), np.sort(expected))


def test_errors_are_the_methods_own() -> None:
    g = Generator()
    x = np.empty(20, np.float32)
    for call in (
        lambda: g.fill_normal(x, 0.0, -1.0),
        lambda: g.fill_uniform(x, 1.0, 0.0),
        lambda: g.fill_bernoulli(x, 1.5),
        lambda: g.fill_exponential(x, 0.0),
        lambda: g.fill_bernoulli_tensor(x, np.full(20, 2.0, np.float32)),
        lambda: g.permutation(-1),
    ):
        with pytest.raises(RuntimeError):
            call()
    assert nn.functional.dropout(minitorch.ones(3), 1.0).tolist() == [0, 0, 0]
