"""Scripts of random draws of all kinds from one seed: the same bits and the same state at each."""

from __future__ import annotations

import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import torch.utils.data

import minitorch
import minitorch.utils.data
from tests.streams import FLOATS, INTEGERS, state_of

pytestmark = pytest.mark.differential

STEPS = 200

# A draw is one line of a script, in words that both engines know. `x(size, dtype, layout)` is a
# tensor to write into, `v(size, dtype, layout)` one with values in (0, 1], `g` a second generator.

LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "whole": lambda t: t[0],
    "permuted": lambda t: t[0].permute(tuple(reversed(range(t.ndim - 1)))),
    "sliced": lambda t: t[0, ..., ::2] if t.ndim > 1 else t[0],
    "rows": lambda t: t[0, 1:] if t.ndim > 1 else t[0],
    "crossing": lambda t: t.transpose(0, -1),
}
PLAIN_LAYOUTS = ("whole", "permuted", "sliced")


def vocabulary(T: ModuleType) -> dict[str, Any]:
    """What a line may name."""

    def x(size: tuple, dtype: str, layout: str) -> Any:
        whole = T.tensor(np.zeros((2, *size), dtype))
        return LAYOUTS[layout](whole)

    def v(size: tuple, dtype: str, layout: str, scale: float = 1) -> Any:
        n = 2 * int(np.prod(size))
        numbers = (np.arange(n) * 37 % max(n, 1) + 1) / max(n, 1) * scale
        whole = T.tensor(numbers.reshape(2, *size).astype(dtype))
        if layout.startswith("expanded"):
            return whole[:1].expand(3, *size).transpose(0, int(layout[-1]) % (len(size) + 1))
        return LAYOUTS[layout](whole)

    def weights(layer: Any) -> list:
        return list(layer.parameters())

    return {
        "F": T.nn.functional,
        "data": T.utils.data,
        "g": T.Generator().manual_seed(1),
        "init": T.nn.init,
        "nn": T.nn,
        "torch": T,
        "v": v,
        "weights": weights,
        "x": x,
    }


def size(choose: random.Random, least: int = 0, most: int = 3) -> tuple:
    """A shape of `least` to `most` dimensions, at times an empty one, at times a long one."""
    sizes = (0, 1, 2, 2, 3, 3, 4, 5, 7, 16, 17)
    return tuple(choose.choice(sizes) for _ in range(choose.randint(least, most)))


def into(choose: random.Random, dtypes: Any = FLOATS) -> str:
    """A tensor to write into."""
    long = [(choose.choice((15, 16, 31, 33, 300, 999)),)]
    shape = choose.choice([size(choose), size(choose), *long])
    return f"x({shape}, '{choose.choice(dtypes)}', '{choose.choice([*LAYOUTS])}')"


def values(choose: random.Random, least: int = 0, scale: float = 1) -> str:
    """A tensor to read, perhaps expanded."""
    layout = choose.choice([*LAYOUTS, "expanded1", "expanded2", "expanded3"])
    shape, dtype = size(choose, least), choose.choice(FLOATS)
    return f"v({shape}, '{dtype}', '{layout}'" + (f", {scale})" if scale != 1 else ")")


def source(choose: random.Random) -> str:
    """The end of an argument list: mostly the default generator, at times the second one."""
    return choose.choice(("", "", ", generator=g"))


def number(choose: random.Random, low: float, high: float) -> float:
    return round(choose.uniform(low, high), choose.choice((1, 3, 9)))


# The kinds of draws


def rand(c: random.Random) -> str:
    dtype = f"dtype=torch.{c.choice(FLOATS)}"
    return f"torch.{c.choice(('rand', 'randn'))}({size(c)}, {dtype}{source(c)})"


def uniform_(c: random.Random) -> str:
    low = number(c, -5, 5)
    return f"{into(c)}.uniform_({low}, {low + number(c, 0, 5)}{source(c)})"


def normal_(c: random.Random) -> str:
    return f"{into(c)}.normal_({number(c, -5, 5)}, {number(c, 0, 5)}{source(c)})"


def normal(c: random.Random) -> str:
    mean, std = number(c, -5, 5), number(c, 0, 3)
    calls = (
        f"torch.normal({mean}, {std}, {size(c)}",
        f"torch.normal({mean}, {values(c)}",
        f"torch.normal({values(c)}, {std}",
        f"(lambda m: torch.normal(m, m.float() * {std}{source(c)}))({values(c)}",
    )
    call = c.choice(calls)
    return f"{call})" if call.startswith("(") else f"{call}{source(c)})"


def randint(c: random.Random) -> str:
    low, span = c.randint(-99, 99), 1 << c.randint(0, 40)
    return f"torch.randint({low}, {low + span}, {size(c)}{source(c)})"


def randint_of_dtype(c: random.Random) -> str:
    dtype = c.choice((*FLOATS, *INTEGERS[:-1]))
    return f"torch.randint({c.randint(0, 9)}, {c.randint(10, 99)}, {size(c)}, dtype=torch.{dtype})"


def random_(c: random.Random) -> str:
    bounds = c.choice(("", "1", "0, 2"))
    return f"{into(c, (*FLOATS, *INTEGERS))}.random_({bounds}{source(c)})".replace("(, ", "(")


def random_wide(c: random.Random) -> str:
    low = c.choice((-(2**63), -(2**40), -5, 0, 7))
    high = "None" if low > -(2**63) and c.random() < 0.5 else c.choice((8, 2**28 + 7, 2**63 - 1))
    return f"{into(c, ('int64',))}.random_({low}, {high}{source(c)})"


def randperm(c: random.Random) -> str:
    dtype = c.choice(("", "", ", dtype=torch.int32", ", dtype=torch.float32"))
    return f"torch.randperm({c.choice((c.randint(0, 9), c.randint(0, 300)))}{dtype}{source(c)})"


def bernoulli_(c: random.Random) -> str:
    p = c.choice((0, 1, number(c, 0, 1)))
    return f"{into(c, (*FLOATS, *INTEGERS))}.bernoulli_({p}{source(c)})"


def bernoulli_of_a_tensor(c: random.Random) -> str:
    p = values(c)
    calls = (
        f"torch.bernoulli({p}{source(c)})",
        f"{p}.bernoulli({number(c, 0, 1)}{source(c)})",
        f"torch.zeros(4, *{p}.shape).bernoulli_({p}{source(c)})",
    )
    return c.choice(calls)


def dropout(c: random.Random) -> str:
    inplace = ", inplace=True" if c.random() < 0.3 else ""
    x = into(c) + ".add_(1)" if inplace else values(c)
    return f"F.dropout({x}, {c.choice((0.0, 0.5, number(c, 0, 1), 1.0))}{inplace})"


def dropout_of_channels(c: random.Random) -> str:
    name, ranks = c.choice((("1d", (2, 3)), ("2d", (4, 4)), ("3d", (4, 5))))
    shape = tuple(c.choice((1, 2, 3, 4, 17)) for _ in range(c.randint(*ranks)))
    x = f"v({shape}, '{c.choice(FLOATS)}', '{c.choice(PLAIN_LAYOUTS)}')"
    p = number(c, 0, 1)
    return c.choice((f"F.dropout{name}({x}, {p})", f"nn.Dropout{name}({p})({x})"))


def alpha_dropout(c: random.Random) -> str:
    if c.random() < 0.5:
        return f"F.alpha_dropout({values(c)}, {number(c, 0, 1)}, True)"
    return f"F.feature_alpha_dropout({values(c, 2)}, {number(c, 0, 1)}, True)"


def exponential_(c: random.Random) -> str:
    return f"{into(c)}.exponential_({number(c, 0.5, 5)}{source(c)})"


def geometric_(c: random.Random) -> str:
    return f"{into(c, (*FLOATS, *INTEGERS[:-1]))}.geometric_({number(c, 0.1, 0.9)}{source(c)})"


def cauchy_(c: random.Random) -> str:
    return f"{into(c)}.cauchy_({number(c, -5, 5)}, {number(c, 0.1, 5)}{source(c)})"


def log_normal_(c: random.Random) -> str:
    return f"{into(c)}.log_normal_({number(c, -2, 2)}, {number(c, 0.1, 2)}{source(c)})"


def multinomial(c: random.Random) -> str:
    rows, n = c.randint(1, 5), c.randint(1, 40)
    layouts = {"whole": (rows, n), "permuted": (n, rows), "sliced": (rows, 2 * n)}
    layout = c.choice([*layouts])
    shape = layouts[layout] if c.random() < 0.7 else (2 * n,)
    p = f"v({shape}, '{c.choice(FLOATS)}', '{layout}')"
    if c.random() < 0.5:
        return f"torch.multinomial({p}, {c.randint(1, 50)}, True{source(c)})"
    return f"torch.multinomial({p}, {c.randint(1, n)}{source(c)})"


def poisson(c: random.Random) -> str:
    return f"torch.poisson({values(c, scale=c.choice((1, 9, 60)))}{source(c)})"


def like(c: random.Random) -> str:
    x, dtype = values(c), c.choice(("", f", dtype=torch.{c.choice(FLOATS)}"))
    name, bounds = c.choice((("rand", ""), ("randn", ""), ("randint", ", -9, 99")))
    return f"torch.{name}_like({x}{bounds}{dtype})"


INITS = (
    "uniform_({}, -0.3, 0.7)",
    "normal_({}, 0.1, 0.02)",
    "xavier_uniform_({}, 2.5)",
    "xavier_normal_({})",
    "kaiming_uniform_({}, 2.2, 'fan_out')",
    "kaiming_normal_({}, nonlinearity='relu')",
    "trunc_normal_({}, std=0.02)",
    "trunc_normal_({}, 0.5, 1.0, -0.5, 0.3)",
    "trunc_normal_({}, 0.0, 1.0, 1.5, 2.0)",
    "sparse_({}, 0.3)",
)


def initial(c: random.Random) -> str:
    shape = (c.randint(1, 20), c.randint(1, 20))
    dtype, layout = c.choice(("float32", "float64")), c.choice(("whole", "permuted", "sliced"))
    return "init." + c.choice(INITS).format(f"x({shape}, '{dtype}', '{layout}')")


def orthogonal(c: random.Random) -> str:
    """Its values are those of another LAPACK, so only the state is compared."""
    return f"init.orthogonal_(torch.empty({c.randint(1, 9)}, {c.randint(1, 9)})) is None"


def layer(c: random.Random) -> str:
    a, b, bias = c.randint(1, 20), c.randint(1, 20), c.random() < 0.5
    layers = (f"Linear({a}, {b}, {bias})", f"Conv2d({a}, {b}, 3, bias={bias})")
    return f"weights(nn.{c.choice((*layers, f'Embedding({a}, {b})'))})"


def loader(c: random.Random) -> str:
    n, batch = c.randint(1, 50), c.randint(1, 9)
    return f"list(data.DataLoader(range({n}), {batch}, shuffle={c.random() < 0.8}{source(c)}))"


def sampler(c: random.Random) -> str:
    n, m = c.randint(1, 20), c.randint(1, 70)
    subset = tuple(range(3, n + 3))
    samplers = (
        f"RandomSampler(range({n}), False, {m}{source(c)})",
        f"RandomSampler(range({n}), True, {m}{source(c)})",
        f"SubsetRandomSampler({subset}{source(c)})",
        f"WeightedRandomSampler({[number(c, 0.1, 1) for _ in range(n)]}, {m}{source(c)})",
        f"WeightedRandomSampler({[0.1, 0.0, 5.0, 0.7]}, {c.randint(1, 3)}, False{source(c)})",
    )
    return f"list(data.{c.choice(samplers)})"


def split(c: random.Random) -> str:
    parts = c.choice(([3, 0, 7], [0.5, 0.3, 0.2], [10]))
    return f"[list(part.indices) for part in data.random_split(range(10), {parts}{source(c)})]"


DRAWS: tuple[Callable[[random.Random], str], ...] = (
    rand, uniform_, normal_, normal, randint, randint_of_dtype, random_, random_wide, randperm,
    bernoulli_, bernoulli_of_a_tensor, dropout, dropout_of_channels, alpha_dropout, exponential_,
    geometric_, cauchy_, log_normal_, multinomial, poisson, like, initial, orthogonal, layer,
    loader, sampler, split,
)  # fmt: skip


# What happens between them


def draw(c: random.Random) -> str:
    return c.choice(DRAWS)(c)


def reseed(c: random.Random) -> str:
    seed = c.choice((0, -1, 2**40 + 5, c.randint(0, 999)))
    return f"{c.choice(('torch', 'g'))}.manual_seed({seed}).initial_seed()"


def save(c: random.Random) -> str:
    return c.choice(("save = torch.get_rng_state()", "save = g.get_state()"))


def restore(c: random.Random) -> str:
    return c.choice(("torch.set_rng_state(save)", "g.set_state(save) is g"))


def fork(c: random.Random) -> str:
    return f"with torch.random.fork_rng(): r = {draw(c)}"


def hand_over(c: random.Random) -> str:
    """One engine draws alone; then the other continues from its state."""
    return HAND_OVER


HAND_OVER = "hand over"
BETWEEN = (reseed, save, restore, fork, hand_over)
PLAIN_DRAWS = 0.85  # of the steps; the others are what happens between them


class Engine:
    """One engine, and the names its script has made so far."""

    def __init__(self, T: ModuleType, seed: int) -> None:
        self.T = T
        T.manual_seed(seed)
        self.names = vocabulary(T)
        self.names["save"] = T.get_rng_state()

    def run(self, line: str) -> Any:
        """Execute one line; its value, if it has one, in words that are the same for both."""
        self.names["r"] = None
        if not line.startswith(("with ", "save = ")):
            line = f"r = {line}"
        exec(line, self.names)
        return plain(self.names["r"])

    def generators(self) -> tuple[Any, Any]:
        """The default generator and the second one."""
        return self.T.default_generator, self.names["g"]

    def stands_where(self, other: Engine) -> bool:
        """Whether both generators are in the state of the other engine's."""
        pairs = zip(self.generators(), other.generators(), strict=True)
        return all(state_of(a) == state_of(b) for a, b in pairs)

    def hand_over(self, to: Engine) -> None:
        """Let the other engine continue where this one stands."""
        for mine, other in zip(self.generators(), to.generators(), strict=True):
            other.set_state(to.T.tensor(mine.get_state().numpy()))


def plain(value: Any) -> Any:
    """Tensors as dtype, shape and bytes."""
    if hasattr(value, "detach"):
        array = value.detach().numpy()
        return array.dtype.name, array.shape, array.tobytes()
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return value


def next_line(choose: random.Random) -> str:
    if choose.random() < PLAIN_DRAWS:
        return draw(choose)
    return choose.choice(BETWEEN)(choose)


@pytest.mark.parametrize("seed", range(50))
def test_two_hundred_draws_of_all_kinds_from_one_seed(seed):
    choose = random.Random(seed)
    ours, theirs = Engine(minitorch, seed), Engine(torch, seed)
    for step in range(STEPS):
        line = next_line(choose)
        where = f"seed {seed}, step {step}: {line}"
        if line == HAND_OVER:
            giver, taker = choose.sample((ours, theirs), 2)
            giver.run(draw(choose))
            giver.hand_over(taker)
        else:
            same = ours.run(line) == theirs.run(line)
            assert same, f"other values at {where}"
        assert ours.stands_where(theirs), f"another state after {where}"
