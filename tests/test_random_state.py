"""The generator's seeds and state, and what it refuses, against the installed torch."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import torch

import minitorch.random
from minitorch._tensor import wrap
from minitorch.random import Generator
from tests.streams import assert_same, start, state_of, torch_state

pytestmark = pytest.mark.differential


def test_state_after_any_number_of_words():
    for words in (0, 1, 2, 623, 624, 625, 1248, 1249):
        g = start(13)
        assert_same(torch.rand(words), g.uniform(words, 0, 1, np.float32), g)


def test_state_handed_over_both_ways():
    torch.manual_seed(14)
    torch.rand(1001), torch.randn(5)
    g = Generator()
    g.set_state(wrap(torch.get_rng_state().numpy()))
    assert_same(torch.randn(3), g.normal(3, 0, 1, np.float32), g)
    assert g.initial_seed() == 14
    g.manual_seed(15).normal(7, 0, 1, np.float32)
    torch.set_rng_state(torch.from_numpy(g.get_state().numpy()))
    assert_same(torch.randn(33), g.normal(33, 0, 1, np.float32), g)
    assert torch.initial_seed() == 15


def test_state_keeps_the_float32_normal_that_no_stream_uses():
    state = torch.get_rng_state()
    state[5048:5053] = torch.tensor([1, 2, 3, 4, 1], dtype=torch.uint8)
    g = start(16)
    torch.set_rng_state(state)
    g.set_state(wrap(state.numpy()))
    assert torch_state() == state_of(g) == state.numpy().tobytes()


def test_copies_continue_alike_and_apart():
    g = Generator().manual_seed(17)
    g.normal(7, 0, 1, np.float32)
    before = state_of(g)
    for made in (g.clone_state(), copy.deepcopy(g), pickle.loads(pickle.dumps(g))):
        assert state_of(made) == before
        assert made.initial_seed() == 17
        made.random_(1000, np.int64)
        assert state_of(g) == before


def test_generator_starts_where_torchs_does():
    assert Generator().initial_seed() == torch.Generator().initial_seed()
    assert state_of(Generator()) == torch.Generator().get_state().numpy().tobytes()
    assert repr(Generator().device) == repr(torch.Generator().device)
    assert Generator(device=None).device == Generator("cpu").device


@pytest.mark.parametrize("seed", [0, -1, 2**32, 2**63, 2**64 - 1, -(2**63)])
def test_initial_seed(seed):
    g, theirs = Generator(), torch.Generator()
    assert g.manual_seed(seed) is g
    assert g.initial_seed() == theirs.manual_seed(seed).initial_seed()
    assert state_of(g) == theirs.get_state().numpy().tobytes()


def test_seed_is_another_one_each_time():
    g = Generator()
    seeds = [g.seed() for _ in range(3)]
    assert len({*seeds, g.manual_seed(0).initial_seed()}) == 4
    assert g.manual_seed(seeds[0]).initial_seed() == seeds[0]


def test_module_functions_drive_the_default_generator():
    g = minitorch.random.default_generator
    torch.manual_seed("7")
    assert minitorch.random.manual_seed("7") is g
    assert minitorch.random.initial_seed() == 7
    state = minitorch.random.get_rng_state()
    assert_same(torch.rand(5), g.uniform(5, 0, 1, np.float32), g)
    minitorch.random.set_rng_state(state)
    assert state_of(g) == state.numpy().tobytes()
    assert minitorch.random.seed() == g.initial_seed()


def test_fork_rng():
    g = minitorch.random.default_generator
    before = state_of(g)

    @minitorch.random.fork_rng()
    def draw_and_fail() -> None:
        g.random_(5, np.int64)
        assert state_of(g) != before
        raise KeyError

    with pytest.raises(KeyError):
        draw_and_fail()
    assert state_of(g) == before
    with minitorch.random.fork_rng(enabled=False):
        g.random_(5, np.int64)
    assert state_of(g) != before


def test_threads_that_draw_first_together_share_one_twister(monkeypatch):
    made = np.random.MT19937

    def slow(seed):
        time.sleep(0.02)
        return made(seed)

    monkeypatch.setattr(np.random, "MT19937", slow)
    g, found = Generator().manual_seed(3), []
    threads = [threading.Thread(target=lambda: found.append(g._words(2))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = Generator().manual_seed(3)._words(8)
    assert sorted(w for words in found for w in words.tolist()) == sorted(again.tolist())


def test_numpys_generators_are_imported_at_the_first_draw():
    code = (
        "import sys, minitorch.random as r; r.manual_seed(3); assert 'numpy.random' not in "
        "sys.modules; r.default_generator.random_(1, 'i8'); assert 'numpy.random' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# Bad input


def state_with(at: int, value: int, next_word: int = 0) -> np.ndarray:
    """The state of a new generator with other numbers in its head."""
    state = torch.Generator().get_state().numpy()
    state[at : at + 4] = np.int32([value]).view(np.uint8)
    state[16:24] = np.int64([next_word]).view(np.uint8)
    return state


t, g = torch, Generator()
x32, half = np.empty(3, np.float32), np.empty(3, np.float16)
REFUSED = {
    "seed of str": (lambda: t.Generator().manual_seed("a"), lambda: g.manual_seed("a")),
    "seed of float": (lambda: t.Generator().manual_seed(1.5), lambda: g.manual_seed(1.5)),
    "seed of bool": (lambda: t.Generator().manual_seed(True), lambda: g.manual_seed(True)),
    "seed too large": (lambda: t.Generator().manual_seed(2**64), lambda: g.manual_seed(2**64)),
    "seed too small": (
        lambda: t.Generator().manual_seed(-(2**63) - 1),
        lambda: g.manual_seed(-(2**63) - 1),
    ),
    "manual_seed of str": (
        lambda: t.manual_seed("a"),
        lambda: minitorch.random.manual_seed("a"),
    ),
    "manual_seed of None": (
        lambda: t.manual_seed(None),
        lambda: minitorch.random.manual_seed(None),
    ),
    "device cuda": (lambda: t.Generator("cuda"), lambda: Generator("cuda")),
    "device unknown": (lambda: t.Generator("foo"), lambda: Generator("foo")),
    "state of floats": (
        lambda: t.set_rng_state(t.zeros(5056)),
        lambda: g.set_state(wrap(np.zeros(5056, np.float32))),
    ),
    "state that is no tensor": (lambda: t.set_rng_state([1]), lambda: g.set_state([1])),
    "state too short": (
        lambda: t.set_rng_state(t.zeros(10, dtype=t.uint8)),
        lambda: g.set_state(wrap(np.zeros(10, np.uint8))),
    ),
    "state of zeros": (
        lambda: t.set_rng_state(t.zeros(5056, dtype=t.uint8)),
        lambda: g.set_state(wrap(np.zeros(5056, np.uint8))),
    ),
    "state strided": (
        lambda: t.set_rng_state(t.get_rng_state().repeat_interleave(2)[::2]),
        lambda: g.set_state(wrap(g.get_state().numpy().repeat(2)[::2])),
    ),
    "state not seeded": (
        lambda: t.set_rng_state(t.from_numpy(state_with(12, 0))),
        lambda: g.set_state(wrap(state_with(12, 0))),
    ),
    "state with no word left": (
        lambda: t.set_rng_state(t.from_numpy(state_with(8, 0, 625))),
        lambda: g.set_state(wrap(state_with(8, 0, 625))),
    ),
    "state with too many words left": (
        lambda: t.set_rng_state(t.from_numpy(state_with(8, 625, 0))),
        lambda: g.set_state(wrap(state_with(8, 625, 0))),
    ),
    "fork_rng of a device": (
        lambda: t.random.fork_rng(devices=[0]).__enter__(),
        lambda: minitorch.random.fork_rng(devices=[0]).__enter__(),
    ),
    "fork_rng of an unknown type": (
        lambda: t.random.fork_rng(device_type="foo").__enter__(),
        lambda: minitorch.random.fork_rng(device_type="foo").__enter__(),
    ),
    "uniform reversed": (lambda: t.empty(3).uniform_(2, 1), lambda: g.fill_uniform(x32, 2, 1)),
    "uniform to inf": (
        lambda: t.empty(3).uniform_(0, float("inf")),
        lambda: g.fill_uniform(x32, 0, float("inf")),
    ),
    "uniform from nan": (
        lambda: t.empty(3).uniform_(float("nan"), 1),
        lambda: g.fill_uniform(x32, float("nan"), 1),
    ),
    "uniform beyond half": (
        lambda: t.empty(3, dtype=t.half).uniform_(0, 1e5),
        lambda: g.fill_uniform(half, 0, 1e5),
    ),
    "uniform too wide": (
        lambda: t.empty(3).uniform_(-3e38, 3e38),
        lambda: g.fill_uniform(x32, -3e38, 3e38),
    ),
    "uniform of integers": (lambda: t.rand(3, dtype=t.long), lambda: g.uniform(3, 0, 1, "int64")),
    "normal of integers": (lambda: t.randn(3, dtype=t.long), lambda: g.normal(3, 0, 1, "int64")),
    "negative std": (lambda: t.empty(3).normal_(0, -1), lambda: g.fill_normal(x32, 0, -1)),
    "std of nan": (
        lambda: t.empty(3).normal_(0, float("nan")),
        lambda: g.fill_normal(x32, 0, float("nan")),
    ),
    "bernoulli of 2": (lambda: t.empty(3).bernoulli_(2), lambda: g.fill_bernoulli(x32, 2)),
    "bernoulli of nan": (
        lambda: t.empty(3).bernoulli_(float("nan")),
        lambda: g.fill_bernoulli(x32, float("nan")),
    ),
    "bernoulli of a tensor with 2": (
        lambda: t.bernoulli(t.tensor([0.5, 2.0])),
        lambda: g.bernoulli_tensor(np.float32([0.5, 2])),
    ),
    "bernoulli of a tensor with nan": (
        lambda: t.bernoulli(t.tensor([0.5, float("nan")])),
        lambda: g.bernoulli_tensor(np.float32([0.5, np.nan])),
    ),
    "bernoulli of integers": (
        lambda: t.bernoulli(t.tensor([1, 0])),
        lambda: g.bernoulli_tensor(np.array([1, 0])),
    ),
    "bernoulli of too many": (
        lambda: t.empty(2).bernoulli_(t.rand(3)),
        lambda: g.fill_bernoulli_tensor(x32[:2], x32),
    ),
    "randint of nothing": (lambda: t.randint(5, 5, (3,)), lambda: g.integers(5, 5, 3, "int64")),
    "randint of floats": (lambda: t.randint(0, 1.5, (3,)), lambda: g.integers(0, 1.5, 3, "int64")),
    "randint below a dtype": (
        lambda: t.randint(-1, 5, (3,), dtype=t.uint8),
        lambda: g.integers(-1, 5, 3, "uint8"),
    ),
    "randint above a dtype": (
        lambda: t.randint(0, 70000, (3,), dtype=t.half),
        lambda: g.integers(0, 70000, 3, "float16"),
    ),
    "random above the integers of a dtype": (
        lambda: t.empty(3, dtype=t.half).random_(3000, None),
        lambda: g.fill_random(half, 3000),
    ),
    "all bits of int32": (
        lambda: t.empty(3, dtype=t.int).random_(-(2**63), None),
        lambda: g.fill_random(np.empty(3, np.int32), -(2**63)),
    ),
    "all bits of half": (
        lambda: t.empty(3, dtype=t.half).random_(-(2**63), None),
        lambda: g.fill_random(half, -(2**63)),
    ),
    "randperm negative": (lambda: t.randperm(-1), lambda: g.permutation(-1)),
    "randperm of bool": (
        lambda: t.randperm(3, dtype=t.bool),
        lambda: g.permutation(3, np.bool_),
    ),
    "randperm beyond uint8": (
        lambda: t.randperm(257, dtype=t.uint8),
        lambda: g.permutation(257, np.uint8),
    ),
    "randperm beyond half": (
        lambda: t.randperm(2050, dtype=t.half),
        lambda: g.permutation(2050, np.float16),
    ),
}


@pytest.mark.filterwarnings("ignore:.* is out of bounds", "ignore:random_")
@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_raises_what_torch_raises(case):
    theirs, ours = REFUSED[case]
    with pytest.raises(Exception) as expected:
        theirs()
    before = state_of(g)
    with pytest.raises(expected.type):
        ours()
    assert state_of(g) == before
