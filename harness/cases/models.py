"""What models are made of beyond single functions: recurrence, densities, sparse products."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.cases.case import Case, Draw, case


def cases(draw: Draw) -> Iterator[Case]:
    """All of them."""
    for some in (_recurrent, _densities, _sparse):
        yield from some(draw)


def _recurrent(draw: Draw) -> Iterator[Case]:
    """One layer over a sequence of four; torch's LSTM has no second derivative."""
    for mode, gates in (("lstm", 4), ("gru", 3), ("rnn_tanh", 1), ("rnn_relu", 1)):
        pair = mode == "lstm"
        state = [draw.normal(1, 2, 3) for _ in range(1 + pair)]
        weights = [draw.normal(*size) for size in ((3 * gates, 2), (3 * gates, 3))]
        biases = [draw.normal(3 * gates) for _ in range(2)]

        def layer(T: Any, x: Any, *rest: Any, mode: str = mode, pair: bool = pair) -> Any:
            hx = tuple(rest[:2]) if pair else rest[0]
            return getattr(T, mode)(x, hx, list(rest[1 + pair :]), True, 1, 0.0, True, False, False)

        x = draw.normal(4, 2, 2)
        yield case(mode, "a sequence", layer, x, *state, *weights, *biases, order=1)

        def step(T: Any, x: Any, *rest: Any, mode: str = mode, pair: bool = pair) -> Any:
            hx = tuple(rest[:2]) if pair else rest[0]
            return getattr(T, f"{mode}_cell")(x, hx, *rest[1 + pair :])

        first = [s[0] for s in state]
        yield case(f"{mode}_cell", "a step", step, x[0], *first, *weights, *biases)


def _densities(draw: Draw) -> Iterator[Case]:
    """Logarithms of densities, and entropies."""
    x, spread, logits = draw.normal(4), draw(4, low=0.3, high=2), draw.normal(3, 4)
    chosen = draw.integers(3, high=4)
    normal = lambda T, x, m, s: T.distributions.Normal(m, s).log_prob(x)  # noqa: E731
    yield case("distributions.Normal", "log_prob", normal, x, draw.normal(4), spread)
    choice = lambda T, x: T.distributions.Categorical(logits=x)  # noqa: E731
    picked = lambda T, x, i: choice(T, x).log_prob(i)  # noqa: E731
    yield case("distributions.Categorical", "log_prob", picked, logits, chosen)
    entropy = lambda T, x: choice(T, x).entropy()  # noqa: E731
    yield case("distributions.Categorical", "entropy", entropy, logits)
    both = lambda T, a, b: T.distributions.kl_divergence(choice(T, a), choice(T, b))  # noqa: E731
    yield case("distributions.kl_divergence", "of choices", both, logits, draw.normal(3, 4))


def _sparse(draw: Draw) -> Iterator[Case]:
    """Products with a sparse matrix, one place of it named twice."""
    places = np.array([[2, 0, 2, 3, 2, 0], [1, 0, 1, 2, 0, 2]])
    product = lambda T, at, v, x: T.sparse.mm(T.sparse_coo_tensor(at, v, (4, 3)), x)  # noqa: E731
    yield case("sparse.mm", "a place twice", product, places, draw.normal(6), draw.normal(3, 2))
