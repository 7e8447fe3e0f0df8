"""Every random stream against the installed torch: the same bits, and the same state after it."""

from __future__ import annotations

import functools
import os
import random
import subprocess
import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import minitorch.memory
import minitorch.random
from minitorch._tensor import wrap
from minitorch.random import Generator
from tests.streams import (
    FLOATS,
    INTEGERS,
    LAYOUTS,
    SEEDS,
    SIZES,
    assert_same,
    bfloat16,
    empty,
    start,
    states_that_yield,
)

pytestmark = pytest.mark.differential

# The streams


@pytest.mark.parametrize("bounds", [(0, 1), (-0.1, 0.3), (2, 2.01), (0.5, 0.5), (-3, 1e-3)])
@pytest.mark.parametrize("dtype", FLOATS)
def test_uniform(dtype, bounds):
    for seed in SEEDS:
        for n in SIZES:
            g = start(seed)
            theirs = empty(n, dtype).uniform_(*bounds)
            assert_same(theirs, g.uniform(n, *bounds, dtype), g)


@pytest.mark.parametrize("mean_std", [(0, 1), (0.3, 0.02), (0, 0.5), (-7, 3.3), (1, 0)])
@pytest.mark.parametrize("dtype", FLOATS)
def test_normal_of_contiguous_arrays(dtype, mean_std):
    for seed in SEEDS:
        for n in SIZES:
            g = start(seed)
            theirs = empty(n, dtype).normal_(*mean_std)
            assert_same(theirs, g.normal(n, *mean_std, dtype), g)


@pytest.mark.parametrize("mean_std", [(0, 1), (0.3, 0.02)])
@pytest.mark.parametrize("dtype", FLOATS)
def test_normal_of_strided_arrays(dtype, mean_std):
    for n in SIZES:
        g = start(1)
        theirs = empty((n, 2), dtype)[:, 0].normal_(*mean_std)
        assert_same(theirs, g.normal(n, *mean_std, dtype, contiguous=n < 2), g)


def test_second_normal_of_a_pair_waits_for_the_next_small_draw():
    g = start(3)
    for n in (5, 3, 1, 16, 1, 20, 7):
        assert_same(torch.randn(n), g.normal(n, 0, 1, np.float32), g)
    torch.manual_seed(3)
    assert_same(torch.randn(5), g.manual_seed(3).normal(5, 0, 1, np.float32), g)


def assert_normals_same(radii: np.ndarray, angles: np.ndarray) -> None:
    """Compare the normals made of chosen 24-bit numbers."""
    words = np.concatenate([radii.reshape(-1, 38, 8), angles.reshape(-1, 38, 8)], axis=2)
    g, theirs = Generator(), torch.Generator()
    for state in states_that_yield(words.reshape(-1, 608)):
        theirs.set_state(torch.from_numpy(state))
        g.set_state(wrap(state))
        expected = torch.randn(608, generator=theirs).numpy()
        assert expected.tobytes() == g.normal(608, 0, 1, np.float32).tobytes()


def test_float32_normals_of_chosen_words():
    edges = [v + d for v in range(0, 2**24 + 1, 2**20) for d in range(-9, 10)]
    k = np.array([*edges, *range(0, 2**24, 211)]) % 2**24
    k = np.resize(k.astype(np.uint64), -(-k.size // 304) * 304)
    assert_normals_same(k, k[::-1])


@pytest.mark.nightly
def test_float32_normals_of_every_word():
    k = np.resize(np.arange(2**24, dtype=np.uint64), -(-(2**24) // 304) * 304)
    assert_normals_same(k, np.random.RandomState(0).permutation(k))


RANGES = [(0, 2), (0, 1), (-100, 100), (0, 2**28 - 1), (0, 2**28), (-5, 2**28 - 6), (-7, 2**40)]
RANGES += [(-(2**63), 2**63 - 1), (3, None), (1, None)]


@pytest.mark.parametrize("bounds", RANGES)
def test_randint_of_int64(bounds):
    for seed in SEEDS:
        for n in SIZES:
            g = start(seed)
            theirs = empty(n, np.int64).random_(*bounds)
            assert_same(theirs, g.fill_random(np.empty(n, np.int64), *bounds), g)


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS])
def test_random_of_every_dtype(dtype):
    for n in SIZES:
        g = start(5)
        assert_same(empty(n, dtype).random_(), g.random_(n, dtype), g)
        assert_same(empty(n, dtype).random_(1), g.integers(0, 1, n, dtype), g)
        assert_same(empty(n, dtype).random_(1, None), g.fill_random(np.empty(n, dtype), 1), g)
    if dtype not in ("bool", "uint8"):
        assert_same(empty(99, dtype).random_(-9, 9), g.integers(-9, 9, 99, dtype), g)
    if dtype in ("float32", "float64", "int64"):
        ours = g.fill_random(np.empty(99, dtype), -(2**63))
        assert_same(empty(99, dtype).random_(-(2**63), None), ours, g)


@pytest.mark.filterwarnings("ignore:.* is out of bounds", "ignore:random_")
@pytest.mark.parametrize(
    ("dtype", "bounds"),
    [
        ("float16", (2049, 2060)),
        ("float16", (3001, 60001)),
        ("float32", (2**24 + 1, 2**24 + 20)),
        ("float32", (2**25 + 1, 2**25 + 27)),
        ("float32", (-(2**63) + 7, None)),
        ("float32", (0, 2**63 - 1)),
        ("float64", (2**53 + 1, 2**53 + 77)),
        ("float64", (-(2**62) - 3, 2**62 + 3)),
    ],
)
def test_randint_beyond_the_integers_of_a_float_dtype(dtype, bounds):
    g = start(6)
    ours = g.fill_random(np.empty(1000, dtype), *bounds)
    assert_same(empty(1000, dtype).random_(*bounds), ours, g)


def test_randint_beyond_the_integers_of_a_float_dtype_warns():
    with pytest.warns(UserWarning, match=r"to - 1=2999: beyond 2048, torch\.float16"):
        Generator().integers(0, 3000, 4, np.float16)


def test_randperm():
    for seed in SEEDS:
        for n in (*range(40), 1000, 20011):
            g = start(seed)
            assert_same(torch.randperm(n), g.permutation(n), g)
    assert_same(torch.randperm(2049, dtype=torch.float16), g.permutation(2049, np.float16), g)
    assert_same(torch.randperm(256, dtype=torch.uint8), g.permutation(256, np.uint8), g)


@pytest.mark.parametrize("p", [0, 1e-9, 0.3, 0.5, 1 - 2**-53, 1])
@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS])
def test_bernoulli_of_a_number(dtype, p):
    for n in SIZES:
        g = start(7)
        assert_same(empty(n, dtype).bernoulli_(p), g.bernoulli(n, p, dtype), g)


@pytest.mark.parametrize(
    ("p", "bits", "expected"),
    [(0, 0, 0), (0.5, 2**52 - 1, 1), (0.5, 2**52, 0), (2**-53, 0, 1), (2**-54, 0, 1), (1, -1, 1)],
)
def test_bernoulli_at_the_edge(p, bits, expected):
    (state,) = states_that_yield(np.array([[bits >> 32 & 0xFFFFFFFF, bits & 0xFFFFFFFF]]))
    torch.set_rng_state(torch.from_numpy(state))
    g = Generator()
    g.set_state(wrap(state))
    ours = g.bernoulli(1, p, np.int64)
    assert ours == expected
    assert_same(torch.empty(1, dtype=torch.int64).bernoulli_(p), ours, g)


@pytest.mark.parametrize("dtype", FLOATS)
def test_bernoulli_of_a_tensor(dtype):
    for seed in SEEDS:
        for n in SIZES:
            p = np.linspace(0, 1, n).astype(dtype)
            g = start(seed)
            assert_same(torch.bernoulli(torch.from_numpy(p)), g.bernoulli_tensor(p), g)


@pytest.mark.filterwarnings("ignore:.* is out of bounds", "ignore:random_")
def test_bfloat16():
    dtype = bfloat16()
    g = start(8)
    for n in (3, 16, 1003):
        x, y = torch.empty(n, dtype=torch.bfloat16), np.empty(n, dtype)
        for method, args in (
            ("uniform", (-0.1, 0.3)),
            ("normal", (0.3, 0.7)),
            ("random", ()),
            ("random", (1001, 2**30 + 1)),
            ("bernoulli", (0.3,)),
        ):
            theirs = getattr(x, f"{method}_")(*args).view(torch.int16)
            assert_same(theirs, getattr(g, f"fill_{method}")(y, *args).view(np.int16), g)


# The order of the memory

FILLS = {
    "uniform": lambda x: x.uniform_(-1, 2),
    "normal": lambda x: x.normal_(0.1, 2),
    "random": lambda x: x.random_(0, 100),
    "bernoulli": lambda x: x.bernoulli_(0.4),
}
FILL_ARGUMENTS = {
    "uniform": (-1, 2),
    "normal": (0.1, 2),
    "random": (0, 100),
    "bernoulli": (0.4,),
}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_fill_writes_in_the_order_of_the_memory(layout, fill, dtype):
    base, torch_base = np.zeros((2, 6, 5, 8), dtype)
    g = start(9)
    FILLS[fill](torch.from_numpy(LAYOUTS[layout](torch_base)))
    ours = LAYOUTS[layout](base)
    assert getattr(g, f"fill_{fill}")(ours, *FILL_ARGUMENTS[fill]) is ours
    assert_same(torch.from_numpy(torch_base), base, g)  # also what was not to be written


@pytest.mark.parametrize("layout", LAYOUTS)
def test_bernoulli_of_a_tensor_in_any_order(layout):
    p = LAYOUTS[layout](np.linspace(0, 1, 240, dtype=np.float32).reshape(6, 5, 8))
    g = start(10)
    assert_same(torch.bernoulli(torch.from_numpy(p)), g.bernoulli_tensor(p), g)
    base, torch_base = np.zeros((2, 6, 5, 8), np.int32)
    row = np.float32([0.3]) if p.ndim == 0 else p[..., :1]
    theirs = torch.from_numpy(LAYOUTS[layout](torch_base))
    if theirs.ndim:
        theirs.bernoulli_(torch.from_numpy(row))
        g.fill_bernoulli_tensor(LAYOUTS[layout](base), row)
        assert_same(torch.from_numpy(torch_base), base, g)


def test_bernoulli_of_an_expanded_tensor():
    p = np.linspace(0.1, 0.9, 7, dtype=np.float64)
    for view in (
        np.broadcast_to(p, (5, 7)),
        np.broadcast_to(p[:, None], (7, 5)),
        np.broadcast_to(p[:, None], (3, 7, 5)).transpose(2, 0, 1),
    ):
        g = start(11)
        theirs = torch.bernoulli(
            torch.from_numpy(p).as_strided(
                view.shape, np.divide(view.strides, 8).astype(int).tolist()
            )
        )
        assert_same(theirs, g.bernoulli_tensor(view), g)


EXPANDED = {
    "first": lambda x: x[:1, :, 0].expand(4, 5),
    "last": lambda x: x[:, :1, 0].expand(6, 4),
    "transposed": lambda x: x[:, :, :1].expand(6, 5, 3).permute(2, 0, 1),
    "two of three": lambda x: x[:1, :, :1].expand(4, 5, 3).permute(1, 2, 0),
    "two of four": lambda x: x[:, None, :, :1].expand(6, 2, 5, 3).permute(3, 2, 1, 0),
}


@pytest.mark.parametrize("layout", [*LAYOUTS, *EXPANDED])
def test_dropout_mask(layout):
    x = np.linspace(1, 2, 240, dtype=np.float32).reshape(6, 5, 8)
    if layout in LAYOUTS:
        theirs = torch.from_numpy(LAYOUTS[layout](x))
    else:
        theirs = EXPANDED[layout](torch.from_numpy(x))
    ours = theirs.numpy()
    g = start(12)
    mask = g.fill_bernoulli(minitorch.memory.dense_like(ours), 0.6)
    assert_same(F.dropout(theirs, 0.4), ours * (mask / np.float32(0.6)), g)


@pytest.mark.parametrize("seed", range(20))
def test_dense_like_has_the_strides_of_torchs_empty_like(seed):
    choose = random.Random(seed)
    x = torch.empty([choose.choice((1, 2, 3, 4)) for _ in range(choose.randint(0, 4))])
    x = x.permute(choose.sample(range(x.ndim), x.ndim))
    x = x[tuple(slice(None, None, choose.choice((1, 1, 2))) for _ in x.shape)]
    x = x.expand([choose.choice((1, 3)) if n == 1 else n for n in x.shape])
    ours, theirs = minitorch.memory.dense_like(x.numpy()), torch.empty_like(x)
    assert ours.shape == theirs.shape
    for size, stride, expected in zip(ours.shape, ours.strides, theirs.stride()):
        assert size == 1 or stride == 4 * expected


def test_fill_of_an_expanded_array_is_refused():
    x = np.lib.stride_tricks.as_strided(np.zeros(20, np.float32), (3, 20), (0, 4))
    g = Generator()
    for fill in (
        g.fill_uniform,
        g.fill_normal,
        g.fill_random,
        functools.partial(g.fill_bernoulli, p=0.5),
        functools.partial(g.fill_bernoulli_tensor, p=np.float32(0.5)),
    ):
        with pytest.raises(RuntimeError, match="more than one element"):
            fill(x)


# Everything at once


def one_draw(choose: random.Random, g: Generator) -> tuple[torch.Tensor, np.ndarray]:
    """The same random call with random arguments on both sides."""
    sizes = (0, 1, 2, 3, 5, 16, 17, 33)
    size = tuple(choose.choice(sizes) for _ in range(choose.randint(0, 3)))
    dtype = choose.choice(FLOATS)
    low = choose.uniform(-5, 5)
    high = low + choose.uniform(0, 5)
    start, span = choose.randint(-99, 99), 1 << choose.randint(0, 40)
    x = empty(size, dtype)
    kind = choose.randrange(8)
    if kind == 0:
        return x.uniform_(low, high), g.uniform(size, low, high, dtype)
    if kind == 1:
        return x.normal_(low, high - low), g.normal(size, low, high - low, dtype)
    if kind == 2:
        theirs, ours = empty((3, *size), dtype).transpose(0, -1), np.empty((3, *size), dtype)
        ours = ours.swapaxes(0, -1)
        return theirs.normal_(low, high - low), g.fill_normal(ours, low, high - low)
    if kind == 3:
        theirs = torch.randint(start, start + span, size)
        return theirs, g.integers(start, start + span, size, np.int64)
    if kind == 4:
        dtype = choose.choice((*FLOATS, *INTEGERS))
        return empty(size, dtype).random_(), g.random_(size, dtype)
    if kind == 5:
        n = choose.randint(0, 300)
        return torch.randperm(n), g.permutation(n)
    if kind == 6:
        p = choose.random()
        return x.bernoulli_(p), g.bernoulli(size, p, dtype)
    p = np.random.default_rng(start + 99).random(size).astype(dtype)
    return torch.bernoulli(torch.from_numpy(p)), g.bernoulli_tensor(np.asarray(p))


@pytest.mark.parametrize("seed", range(5))
def test_sixty_draws_of_all_kinds_from_one_seed(seed):
    choose = random.Random(seed)
    g = start(seed)
    for _ in range(60):
        assert_same(*one_draw(choose, g), g)


STREAMS_ON_THE_BASELINE = """
import numpy as np, torch
from minitorch.random import Generator
assert torch.backends.cpu.get_cpu_capability() == "DEFAULT"
for dtype in ("float16", "float32", "float64"):
    for n in (5, 16, 10007):
        torch.manual_seed(0)
        g = Generator().manual_seed(0)
        x = torch.from_numpy(np.empty(n, dtype))
        assert (x.uniform_(-0.1, 0.3).numpy() == g.uniform(n, -0.1, 0.3, dtype)).all(), dtype
        assert (x.normal_(0.1, 0.7).numpy() == g.normal(n, 0.1, 0.7, dtype)).all(), dtype
"""


@pytest.mark.skipif(
    torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512", "DEFAULT"), reason="x86 only"
)
def test_streams_without_vector_instructions():
    environment = {**os.environ, "ATEN_CPU_CAPABILITY": "default"}
    subprocess.run([sys.executable, "-c", STREAMS_ON_THE_BASELINE], env=environment, check=True)
