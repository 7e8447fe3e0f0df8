"""Sides that rules distinguish: which outputs are used, empty parts, factors of 0, one dimension.

Each was found by a mistake planted in a rule (`python -m harness mutate`) that no other case saw.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.cases.case import Case, Draw, case, word

NAN = float("nan")


def cases(draw: Draw) -> Iterator[Case]:
    """All of them."""
    yield from _decomposed(draw)
    yield from _determinants(draw)
    yield from _gone(draw)
    yield from _borders(draw)
    yield from _parts(draw)
    yield from _drawn(draw)
    yield from _texts(draw)


def _output(op: str, i: int, **params: Any) -> Any:
    call = word(op, **params)
    return lambda T, *inputs: call(T, *inputs)[i]


def _spread(draw: Draw, m: int, n: int) -> np.ndarray:
    """Singular values well apart from each other and from 0."""
    u, _ = np.linalg.qr(draw.normal(m, m).astype(np.float64))
    v, _ = np.linalg.qr(draw.normal(n, n).astype(np.float64))
    k = min(m, n)
    if m < n:  # what QR inverts are the first columns
        return np.hstack([_spread(draw, m, m), draw(m, n - m)])
    return (u[:, :k] * np.arange(1, k + 1)) @ v[:k]


def _decomposed(draw: Draw) -> Iterator[Case]:
    """One output alone, all columns, more rows or more columns."""
    for m, n in ((4, 3), (3, 3), (3, 4)):
        x = _spread(draw, m, n)
        for i in (0, 1):
            yield case("linalg.qr", f"{'QR'[i]} alone", _output("linalg.qr", i), x)
        values = _output("linalg.svd", 1, full_matrices=True)
        yield case("linalg.svd", "values beside all vectors", values, x)
        parts = lambda T, x: [abs(t) for t in T.linalg.svd(x, full_matrices=False)]  # noqa: E731
        yield case("linalg.svd", "up to signs", parts, x)
        for i in (0, 2):
            one = lambda T, x, i=i: abs(T.linalg.svd(x, full_matrices=False)[i])  # noqa: E731
            yield case("linalg.svd", f"{'U V'[i]} alone", one, x)
        yield case("linalg.qr", "reduced", word("linalg.qr"), x)
    for n in (3, 4):
        complete = word("linalg.qr", mode="complete")
        yield case("linalg.qr", "complete", complete, _spread(draw, 3, n))
    alone = [[-1.0, 0.0, 0.0], [0.0, 3.0, 1.0], [0.0, 1.0, 4.0]]
    squares = lambda T, x: [t * t for t in T.linalg.eigh((x + x.mT) / 2)]  # noqa: E731
    yield case("linalg.eigh", "a value of -1", squares, alone)


def _determinants(draw: Draw) -> Iterator[Case]:
    """Third derivatives of determinants; a matrix of which one triangle is read."""
    x = draw.normal(3, 3) + 2 * np.eye(3)

    def slope(T: Any, x: Any) -> Any:
        return T.autograd.grad(T.linalg.det(x), x, create_graph=True)[0]

    yield case("linalg.det", "its gradient", slope, x, order=1)
    yield case("linalg.slogdet", "regular", word("linalg.slogdet"), x)
    yield case("linalg.cholesky", "one triangle", word("linalg.cholesky"), x @ x.T + np.eye(3))


def _gone(draw: Draw) -> Iterator[Case]:
    """NaN on one side or both, beside ties."""
    x, y = [NAN, 1.0, NAN, 2.0, 3.0, 5.0], [1.0, NAN, NAN, 2.0, 4.0, 4.0]
    for op in ("fmax", "fmin"):
        yield case(op, "NaN and a tie", word(op), x, y, order=1)


def _borders(draw: Draw) -> Iterator[Case]:
    """Where two formulas meet, and where a length is 0."""
    x = [[0.0, -1.0, 2.0, -0.0]]
    yield case("nn.functional.prelu", "zeros", lambda T, x, w: T.prelu(x.mT, w), x, [0.3], order=1)
    yield case(
        "nn.functional.prelu", "zeros by channel", word("prelu"), x, [0.3, 1.7, -0.5, 2.0], order=1
    )
    soft = word("nn.functional.softplus", threshold=2)
    yield case("nn.functional.softplus", "at its threshold", soft, [-2.0, 2.0, 1.9, 2.1], order=1)
    yield case("sinc", "beside 0", word("sinc"), [0.0, 1e-12, -1e-5, 0.3], order=1)
    lines = np.stack([np.zeros(4), draw(4), [0.0, 1.0, 0.0, -2.0]])
    for p in (1, 1.5, 2, 3, 2.5):
        for keep in (False, True):
            length = word("linalg.vector_norm", ord=p, dim=1, keepdim=keep)
            yield case("linalg.vector_norm", f"{p}, a line of zeros", length, lines, order=1)
    length = word("linalg.vector_norm", ord=-1, dim=1)
    yield case("linalg.vector_norm", "-1, a line with a zero", length, [[0.0, 2.0, 0.5]], order=1)
    zeros = [[1.0, 0.0, 2.0], [3.0, 0.5, 0.0], [0.0, 0.0, -1.0]]
    places = [[0, 1, 1], [0, 1, 2], [2, 0, 0]]
    product = lambda T, x, v, i: x.scatter_reduce(1, i, v, "prod")  # noqa: E731
    yield case("scatter_reduce", "a product of zeros", product, draw(3, 3), zeros, places)
    yield case("prod", "the first of three", word("prod", 0), draw(2, 3, 4))


def _parts(draw: Draw) -> Iterator[Case]:
    """One dimension where two are usual, pieces without elements, the last dimension by name."""
    linear = word("nn.functional.linear")
    yield case("nn.functional.linear", "one row", linear, draw(2, 3), draw(3))
    yield case("nn.functional.linear", "one row of a batch", linear, draw(2, 4, 3), draw(3))
    join = lambda T, x, y: T.cat([x, y, x])  # noqa: E731
    yield case("cat", "nothing and a matrix", join, draw(0), draw(2, 3))
    across = lambda T, x, y: T.cat([x, y], 1)  # noqa: E731
    yield case("cat", "nothing and a matrix, across", across, draw(0), draw(2, 3))
    columns = lambda T, x, y: T.cat([x, y], 1)  # noqa: E731
    yield case("cat", "nothing at all", columns, draw(0), draw(0))
    blocks = lambda T, x, y, z: T.block_diag(x, y, z)  # noqa: E731
    yield case("block_diag", "all kinds", blocks, draw(2), draw(), draw(3, 2))
    shuffle = word("nn.functional.channel_shuffle", 1)
    yield case("nn.functional.channel_shuffle", "one group", shuffle, draw(2, 6, 2, 2))
    yield case("nn.functional.glu", "last", word("nn.functional.glu", -1), draw(3, 4))
    yield case("logcumsumexp", "last of three", word("logcumsumexp", -1), draw(2, 3, 4))
    fixed = lambda T, x, m, v, w: T.nn.functional.batch_norm(x, m, v, w)  # noqa: E731
    yield case("nn.functional.batch_norm", "fixed", fixed, draw(2, 4, 3), draw(4),
               draw(4, low=0.5), draw(4), constant=(1, 2))  # fmt: skip


def _drawn(draw: Draw) -> Iterator[Case]:
    """Beside dropped weights."""
    attend = word("nn.functional.scaled_dot_product_attention", dropout_p=0.4)
    name = "nn.functional.scaled_dot_product_attention"
    yield case(name, "dropped", attend, draw(2, 3, 4), draw(2, 5, 4), draw(2, 5, 4))
    masked = word(name)
    parts = draw(2, 3, 4), draw(2, 5, 4), draw(2, 5, 4), draw(2, 3, 5)
    for constant in ((0, 3), (1, 3), (0, 1), (2, 3), (0, 1, 2)):
        label = f"constant {constant}"
        yield case(name, label, masked, *parts, constant=constant)
    yield case("normal", "its mean", lambda T, m: T.normal(m, 1.0) * m, draw(3))


def _texts(draw: Draw) -> Iterator[Case]:
    """Texts that end early, are empty or impossible."""
    logits = draw(4, 3, 3)
    texts, steps = np.array([[1, 2], [2, 1], [1, 1]]), np.array([4, 3, 2])
    for label, counts in (("short", [2, 1, 2]), ("empty", [0, 0, 0]), ("one", [1, 2, 1])):
        for zero in (False, True):

            def call(T: Any, x: Any, *given: Any, zero: bool = zero) -> Any:
                how = {"reduction": "none", "zero_infinity": zero}
                return T.nn.functional.ctc_loss(x.log_softmax(-1), *given, **how)

            given = logits, texts, steps, np.array(counts)
            yield case("nn.functional.ctc_loss", f"{label}, {zero}", call, *given, order=1)
