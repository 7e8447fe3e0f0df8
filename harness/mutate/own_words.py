"""Cases for rows that torch has no word for, or no derivative, or an approximate one.

The function of each is a pair: minitorch's words, and the reference's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from harness.cases.case import Case, Draw, case
from minitorch.backend import ROWS


def cases() -> Iterator[Case]:
    """All of them, the same in every run."""
    draw = Draw(0)
    yield from _matrices(draw)
    yield from _functions(draw)
    yield from _lengths(draw)
    yield from _layers(draw)
    yield from _paths(draw)


def _pair(name: str, theirs: Callable, *inputs: Any, order: int = 2, **params: Any) -> Case:
    mine = lambda T, *x: ROWS[name].public(*x, **params)  # noqa: E731
    made = case(name, "", mine, *inputs, order=order)
    return made._replace(function=(mine, theirs))


def _matrices(draw: Draw) -> Iterator[Case]:
    x = draw.normal(3, 3) + 2 * np.eye(3)
    cofactors = lambda T, x: T.linalg.det(x) * T.linalg.inv(x).mT  # noqa: E731
    yield _pair("cofactors", cofactors, x)
    yield _pair("safe_inverse", lambda T, x: T.linalg.inv(x), x)


def _functions(draw: Draw) -> Iterator[Case]:
    x, step = np.array([-1.5, 0.0, 0.0, 2.0]), draw(4)
    mine = lambda T, y: T.heaviside(_like(T, x, y), y)  # noqa: E731
    theirs = lambda T, y: T.where(_like(T, x, y) == 0, y, y * 0 + _like(T, x > 0, y))  # noqa: E731
    yield case("heaviside", "in its step", mine, step)._replace(function=(mine, theirs))
    beside = lambda T, x, y: (x > 0).to(x.dtype) + x * 0 + y * 0  # noqa: E731
    yield _pair("heaviside", beside, draw(3) + 3, step[:3])
    a, y = draw(2, 3, low=0.3, high=4.0), draw(2, 3, low=0.1, high=3.0)
    yield _pair("igamma", _series, a, y, order=1)
    yield _pair("igammac", lambda T, a, x: 1 - _series(T, a, x), a, y, order=1)
    sample = lambda T, a: T._standard_gamma(a)  # noqa: E731
    drawn = case("_standard_gamma", "", sample, draw(2, 3, low=0.4, high=4), order=1)
    yield drawn._replace(function=(sample, _gamma_sample))
    shares = lambda T, c: T.distributions.Dirichlet(c).rsample()  # noqa: E731
    step = lambda T, x, y: T.where(x != y, x, y.detach())  # noqa: E731
    yield _pair("nextafter", step, [1.0, 2.0, -1.5], [1.0, 3.0, -1.5], order=1)
    yield _pair("channel_shuffle", lambda T, x: x * 1, draw(2, 0, 3), groups=2)
    mine = lambda T, x: T.bernoulli(x, 0.4) + x * x  # noqa: E731
    theirs = lambda T, x: T.bernoulli(x.detach(), 0.4) + x * x  # noqa: E731
    yield case("bernoulli", "of what", mine, draw(9))._replace(function=(mine, theirs))
    few = np.random.default_rng(1).uniform(0.1, 0.4, (4, 3))  # of more torch's is approximate
    yield case("distributions.Dirichlet", "its sample", shares, few, order=1)
    for reduction in ("none", "mean", "sum"):
        soft = lambda T, x, y, r=reduction: _reduced(  # noqa: E731
            T.nn.functional.softplus(-(x * y), threshold=float("inf")), r
        )
        yield _pair("soft_margin", soft, draw(3, 4), draw(3, 4), reduction=reduction)
    places, zeros = np.array([[1, 1, 1], [2, 0, 2]]), [[0.0, 0.0, 2.0], [0.0, -1.5, 0.0]]
    products = lambda T, x, i, v: T.stack(  # noqa: E731  torch has no second derivative here
        [x[:, at] * T.where(i == at, v, 1.0).prod(1) for at in range(3)], 1
    )
    yield _pair("scatter_prod", products, draw(2, 3), places, zeros, dim=1)
    near = draw(6, low=-0.3, high=0.3)
    yield _pair("sinc", _sinc, np.concatenate([near, [0.0]]))
    for reverse in (False, True):
        lines = lambda T, x, a, r=reverse: _recurrence(T, x, a, r)  # noqa: E731
        yield _pair("recurrence", lines, draw(2, 4), draw(2, 4), dim=1, reverse=reverse)


def _like(T: Any, a: np.ndarray, y: Any) -> Any:
    return T.tensor(a.tolist(), dtype=y.dtype)


def _reduced(x: Any, how: str) -> Any:
    return x if how == "none" else getattr(x, how)()


def _series(T: Any, a: Any, x: Any) -> Any:
    """P(a, x) as the sum of x**(a + n) e**-x / gamma(a + n + 1)."""
    return sum(T.exp((a + n) * T.log(x) - x - T.lgamma(a + n + 1)) for n in range(60))


def _gamma_sample(T: Any, a: Any) -> Any:
    """A sample whose probability P(a, x) stays as it is: dx/da = -(dP/da) / (dP/dx)."""
    x = T._standard_gamma(a.detach())
    density = T.exp((a.detach() - 1) * T.log(x) - x - T.lgamma(a.detach()))
    below = _series(T, a, x)
    return x - (below - below.detach()) / density


def _sinc(T: Any, x: Any) -> Any:
    """sin(pi x) / (pi x) near 0, by its series."""
    square, term, total = (x * np.pi) ** 2, 1.0, 1.0
    for k in range(1, 9):
        term = term * -square / (2 * k * (2 * k + 1))
        total = total + term
    return total


def _recurrence(T: Any, x: Any, a: Any, reverse: bool) -> Any:
    """out_i = x_i + a_i out_(i-1); reverse: out_i = x_i + a_(i+1) out_(i+1)."""
    n = x.shape[1]
    out: list[Any] = [None] * n
    for i in reversed(range(n)) if reverse else range(n):
        before = i + 1 if reverse else i - 1
        factor = i + 1 if reverse else i
        out[i] = x[:, i] if not 0 <= before < n else x[:, i] + a[:, factor] * out[before]
    return T.stack(out, 1)


def _lengths(draw: Draw) -> Iterator[Case]:
    """Of a line of zeros the length has all derivatives 0, where torch's second one is NaN."""
    lines = np.stack([np.zeros(4), draw(4), [0.5, 1.0, -0.3, -2.0]])
    alive = np.array([[0.0, 1.0, 0.0, 0.0], [0.5, 0.0, -0.3, -2.0]])

    def length(T: Any, x: Any, p: float) -> Any:
        alive = (x != 0).any(1)
        x = T.where(alive.reshape(-1, 1), x, 1.0)
        powers = x * x if p == 2 else x.abs().pow(p)  # at 0 the square is no function of |x|
        return powers.sum(1).pow(1 / p) * alive

    yield _pair("norm2", lambda T, x: length(T, x, 2), lines, dim=1)
    for p in (2.0, 2.5, 3.0):
        theirs = lambda T, x, p=p: length(T, x, p)  # noqa: E731
        yield _pair("power_norm", theirs, lines, p=p, dim=1)
        if p != 2.5:  # torch's second power of 0 is infinite
            yield _pair("power_norm", theirs, alive, p=p, dim=1)


def _layers(draw: Draw) -> Iterator[Case]:
    """A normalization with the mean and variance it used; attention with dropped weights."""
    x, weight, bias = draw(3, 4, 2), draw(4), draw(4)
    how = {"over": (0, 2), "size": (1, 4, 1), "eps": 1e-5}

    def normalized(T: Any, x: Any, weight: Any, bias: Any) -> tuple:
        centre = x.mean((0, 2), keepdim=True)
        variance = x.var((0, 2), correction=0, keepdim=True)
        out = (x - centre) / (variance + 1e-5).sqrt()
        return out * weight.reshape(1, 4, 1) + bias.reshape(1, 4, 1), centre, variance

    yield _pair("normalize_batch", normalized, x, weight, bias, **how)
    for i in (1, 2):
        mine = lambda T, x, i=i: ROWS["normalize_batch"].public(x, **how)[i]  # noqa: E731
        theirs = lambda T, x, i=i: normalized(T, x, T.ones_like(x[0, :, 0]), x[0, :, 0] * 0)[i]  # noqa: E731
        yield case("normalize_batch", f"output {i}", mine, x)._replace(function=(mine, theirs))
    kept = np.array([[[2.0, 0.0, 1.5, 1.0]], [[0.0, 1.0, 1.0, 3.0]]])

    def attend(T: Any, q: Any, k: Any, v: Any, mask: Any, kept: Any) -> Any:
        return (T.softmax(q * 0.5 @ k.mT + mask, -1) * kept) @ v

    arrays = draw(2, 3, 5), draw(2, 4, 5), draw(2, 4, 5), draw(2, 3, 4), kept + np.zeros((2, 3, 4))
    made = _pair("attend", attend, *arrays, scale=0.5)
    yield made
    yield made._replace(constant=(0, 1, 3))


def _paths(draw: Draw) -> Iterator[Case]:
    """All ways to say a text, beside the sum over them: with the second derivative torch lacks."""
    labels = np.array([[0, 1, 0, 2, 0]])
    jumps = np.array([[False, False, False, True, False]])
    final = np.zeros((3, 1, 5), bool)
    final[-1, 0, 3:] = True
    ways = [(1, 2, 0), (1, 0, 2), (0, 1, 2), (1, 1, 2), (1, 2, 2)]

    def mine(T: Any, x: Any, *rest: Any) -> Any:
        return ROWS["alignments"].public(x.log_softmax(-1), *rest)

    def theirs(T: Any, x: Any, *rest: Any) -> Any:
        x = x.log_softmax(-1)
        sums = [x[0, 0, a] + x[1, 0, b] + x[2, 0, c] for a, b, c in ways]
        return -T.logsumexp(T.stack(sums), 0).reshape(1)

    yield _texts(draw)
    inputs = draw(3, 1, 3), np.array([[0]]), labels, jumps, final, np.ones((3, 1, 1), bool)
    yield case("alignments", "", mine, *inputs)._replace(function=(mine, theirs))


def _texts(draw: Draw) -> Case:
    """A text that ends early, one with too few steps, and a label that once has no chance."""
    labels, counts = np.array([[1, 2], [1, 1], [1, 1], [2, 0]]), np.array([2, 2, 2, 1])
    steps = np.array([3, 3, 2, 2])
    ways: list[list[tuple[int, ...]]] = [
        [(1, 2, 0), (0, 1, 2), (1, 1, 2), (1, 2, 2)], [(1, 0, 1)], [],
        [(2, 2), (2, 0), (0, 2)],
    ]  # fmt: skip
    never = np.zeros((3, 4, 3), bool)
    never[1, 0, 0] = True  # of the first text's ways this ends (1, 0, 2)

    def chances(T: Any, x: Any) -> Any:
        return T.where(T.tensor(never), -float("inf"), x).log_softmax(-1)

    def mine(T: Any, x: Any) -> Any:
        given = [T.tensor(a) for a in (labels, steps, counts)]
        how = {"reduction": "none", "zero_infinity": True}
        return T.nn.functional.ctc_loss(chances(T, x), *given, **how)

    def theirs(T: Any, x: Any) -> Any:
        x = chances(T, x)
        return T.stack([
            -T.logsumexp(T.stack([sum(x[t, n, c] for t, c in enumerate(way)) for way in some]), 0)
            if some else x.new_zeros(()) for n, some in enumerate(ways)
        ])  # fmt: skip

    return case("alignments", "texts", mine, draw(3, 4, 3))._replace(function=(mine, theirs))
