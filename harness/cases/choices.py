"""Elements chosen and put by number: repeated, negative, none, masked; and rows seldom met."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from harness.cases.case import Case, Draw, case, word

F = "nn.functional."
REPEATED = np.array([2, 0, 2, 2, 1])


def cases(draw: Draw) -> Iterator[Case]:
    """All of them."""
    for some in (_taken, _put, _tables, _refused, _moved, _drawn, _special):
        yield from some(draw)


def _taken(draw: Draw) -> Iterator[Case]:
    """The same element more than once: its gradients add up."""
    x = draw.normal(3, 4)
    ways: dict[str, Callable] = {
        "first axis": lambda T, x, i: x[i],
        "second axis": lambda T, x, i: x[:, i],
        "negative": lambda T, x, i: x[i - 3],
        "pair": lambda T, x, i: x[i, i],
        "apart": lambda T, x, i: x[i, None, i],
        "with a slice": lambda T, x, i: x[i, 1:3],
        "twice": lambda T, x, i: x[i][:, i],
        "mask": lambda T, x, i: x[x > 0] * 2,
        "steps": lambda T, x, i: x[::2, ::3],
        "new axis": lambda T, x, i: x[None, 1, ..., None],
    }
    for label, function in ways.items():
        yield case("__getitem__", label, function, x, REPEATED)
    yield case("__getitem__", "none", lambda T, x, i: x[i], x, np.zeros(0, np.int64))
    yield case("index_select", "repeated", lambda T, x, i: T.index_select(x, 0, i), x, REPEATED)
    yield case("take", "repeated", word("take"), x, REPEATED)
    index = draw.integers(5, 4)
    yield case("gather", "repeated", lambda T, x, i: T.gather(x, 0, i), x, index)
    yield case("take_along_dim", "repeated", lambda T, x, i: T.take_along_dim(x, i, 0), x, index)
    yield case("masked_select", "broadcast", word("masked_select"), x, draw.mask(4))
    yield case("masked_select", "none", word("masked_select"), x, np.zeros((3, 4), bool))
    yield case("repeat_interleave", "uneven", word("repeat_interleave", dim=1), x,
               np.array([0, 1, 3, 2]))  # fmt: skip
    yield case("nonzero", "zeros", word("nonzero"), np.array([[0.0, 1.5], [-0.0, 2.0]]), order=0)


def _put(draw: Draw) -> Iterator[Case]:
    """Several elements put at one place."""
    x, rows = draw.normal(3, 4), draw.normal(5, 4)
    for alpha in (1, 2.5):
        add = lambda T, x, i, s, a=alpha: T.index_add(x, 0, i, s, alpha=a)  # noqa: E731
        yield case("index_add", f"repeated, alpha {alpha}", add, x, REPEATED, rows)
    for accumulate in (False, True):
        at = REPEATED if accumulate else np.array([2, 0])
        put = lambda T, x, i, v, a=accumulate: x.index_put((i,), v, a)  # noqa: E731
        yield case("index_put", f"accumulate {accumulate}", put, x, at, rows[: len(at)])
        yield case("index_put", f"one row, accumulate {accumulate}", put, x, at, rows[0])
    yield case("index_put", "mask", lambda T, x, m, v: x.index_put((m,), v), x, draw.mask(3, 4),
               draw.normal())  # fmt: skip
    at = lambda T, x, i, v: T.put(x, i, v, accumulate=True)  # noqa: E731
    yield case("put", "repeated", at, x, REPEATED, draw.normal(5))
    index = draw.integers(5, 4)
    add = lambda T, x, i, v: T.scatter_add(x, 0, i, v)  # noqa: E731
    yield case("scatter_add", "repeated", add, x, index, rows)
    for reduce in ("sum", "prod", "mean", "amax", "amin"):
        for include in (True, False):
            call = lambda T, x, i, v, r=reduce, c=include: T.scatter_reduce(  # noqa: E731
                x, 0, i, v, r, include_self=c)  # fmt: skip
            order = 1 if reduce == "prod" else 2
            label = f"repeated, {reduce}, include_self {include}"
            yield case("scatter_reduce", label, call, x, index, rows, order=order)
    ties = np.round(draw.normal(3, 4)), np.round(draw.normal(5, 4))
    for reduce in ("amax", "amin"):
        call = lambda T, x, i, v, r=reduce: T.scatter_reduce(x, 0, i, v, r)  # noqa: E731
        yield case("scatter_reduce", f"ties, {reduce}", call, ties[0], index, ties[1], order=1)
    products = lambda T, x, i, v: T.scatter_reduce(x, 0, i, v, "prod")  # noqa: E731
    values = np.array([0.0, 2.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0])
    yield case("scatter_reduce", "prod, zeros", products, draw.normal(3),
               np.array([0, 0, 0, 1, 1, 2, 2, 2]), values, order=1)  # fmt: skip
    apart = np.array([[0, 1, 2, 0], [1, 2, 0, 1]])
    yield case("scatter", "apart", lambda T, x, i, v: T.scatter(x, 0, i, v), x, apart, rows[:2])
    yield case("scatter", "number", lambda T, x, i: T.scatter(x, 0, i, 2.5), x, apart)
    yield case("masked_scatter", "mask", word("masked_scatter"), x, draw.mask(3, 4), rows)
    yield case("masked_fill", "tensor", word("masked_fill"), x, draw.mask(4), draw.normal())
    yield case("index_fill", "repeated", lambda T, x, i: T.index_fill(x, 1, i, 2.0), x, REPEATED)
    yield case("index_copy", "apart", lambda T, x, i, v: T.index_copy(x, 0, i, v), x,
               np.array([2, 0]), rows[:2])  # fmt: skip


def _tables(draw: Draw) -> Iterator[Case]:
    """Rows of a table by number."""
    table, index = draw.normal(6, 3), np.array([[1, 4, 4], [2, 1, 0]])
    for how in ({}, {"padding_idx": 1}, {"max_norm": 1.0}, {"scale_grad_by_freq": True}):
        call = lambda T, i, w, how=how: T.nn.functional.embedding(  # noqa: E731
            i, w.clone() if "max_norm" in how else w, **how)  # fmt: skip
        order = 1 if "scale_grad_by_freq" in how else 2
        yield case(F + "embedding", f"repeated, {how or 'plain'}", call, index, table, order=order)
    for mode in ("sum", "mean", "max"):
        call = lambda T, i, w, m=mode: T.nn.functional.embedding_bag(i, w, mode=m)  # noqa: E731
        order = 1  # torch has no more
        yield case(F + "embedding_bag", f"repeated, {mode}", call, index, table, order=order)
    offsets = lambda T, i, w, o: T.nn.functional.embedding_bag(  # noqa: E731
        i.reshape(-1), w, o, mode="mean")  # fmt: skip
    at = np.array([0, 2, 2])
    yield case(F + "embedding_bag", "empty bag", offsets, index, table, at, order=1)
    yield case(F + "one_hot", "plain", word(F + "one_hot"), index, order=0)


def _refused(draw: Draw) -> Iterator[Case]:
    """What both engines have to refuse, by the same type of exception."""
    x = draw.normal(3, 4)
    wrong: dict[str, tuple[str, Callable]] = {
        "index out of range": ("__getitem__", lambda T, x: x[3]),
        "shapes that do not broadcast": ("add", lambda T, x: x + x[:2]),
        "inner sizes": ("mm", lambda T, x: T.mm(x, x)),
        "size that does not fit": ("reshape", lambda T, x: x.reshape(5)),
        "no such axis": ("sum", lambda T, x: x.sum(2)),
        "axis twice": ("permute", lambda T, x: x.permute(0, 0)),
        "row out of range": ("index_select", lambda T, x: T.index_select(x, 0, T.tensor([7]))),
        "unlike sizes": ("cat", lambda T, x: T.cat((x, x[:, :2]))),
        "too many": ("topk", lambda T, x: T.topk(x, 9)),
        "a view over gaps": ("view", lambda T, x: x.t().view(12)),
        "class out of range": (
            F + "nll_loss", lambda T, x: T.nn.functional.nll_loss(x, T.tensor([0, 1, 9]))
        ),
    }  # fmt: skip
    for label, (op, function) in wrong.items():
        yield case(op, label, function, x)


def _moved(draw: Draw) -> Iterator[Case]:
    """Views of views, and what is written through them."""
    x, y = draw.normal(2, 3, 4), draw.normal(2, 3, 4)
    moves: dict[str, Callable] = {
        "transpose": lambda T, x: x.transpose(0, 2) * 1,
        "permute": lambda T, x: x.permute(2, 0, 1).reshape(8, 3),
        "expand": lambda T, x: x[:, :1].expand(2, 3, 4) * 2,
        "diagonal": lambda T, x: x.diagonal(0, 1, 2) * 2,
        "flip": lambda T, x: x.flip(0, 2),
        "roll": lambda T, x: x.roll((1, -1), (0, 2)),
        "unfold": lambda T, x: x.unfold(2, 3, 1),
        "narrow": lambda T, x: x.narrow(2, 1, 2).square(),
        "split": lambda T, x: [part.exp() for part in T.split(x, [1, 3], 2)],
        "unbind": lambda T, x: [part.exp() for part in x.unbind(1)][:2],
        "as_strided": lambda T, x: T.as_strided(x, (3, 3), (2, 1), 1) * 2,
        "tril": lambda T, x: x.tril(-1),
        "squeeze": lambda T, x: x[:, :, :1].squeeze(2) * 3,
        "movedim": lambda T, x: x.movedim(0, -1).flatten(1),
    }
    for op, function in moves.items():
        yield case(op, "of a view", lambda T, x, f=function: f(T, x[...].mT.mT), x)
    yield case("copy_", "into a clone", lambda T, x, y: x.clone().copy_(y), x, y[:, :, :1].copy())
    written: dict[str, Callable] = {
        "add_": lambda T, x, y: _writing(x, lambda z: z[:, 1].add_(y[:, 1])),
        "mul_": lambda T, x, y: _writing(x, lambda z: z[0].mul_(y[0])),
        "zero_": lambda T, x, y: _writing(x * y, lambda z: z[:, :, 2].zero_()),
        "copy_": lambda T, x, y: _writing(x, lambda z: z.transpose(0, 2)[1].copy_(y[..., 0].t())),
        "fill_": lambda T, x, y: _writing(x * y, lambda z: z[..., ::2].fill_(2.0)),
        "masked_fill_": lambda T, x, y: _writing(x * y, lambda z: z.masked_fill_(x > 0, 0.5)),
        "__setitem__": lambda T, x, y: _writing(x, lambda z: z.__setitem__((0, [1, 1]), y[0, 0])),
        "exp_": lambda T, x, y: _writing(x * y, lambda z: z.view(-1)[3:9].exp_()),
    }
    for op, function in written.items():
        yield case(op, "through a view", function, x, y)


def _writing(x: Any, write: Callable) -> Any:
    z = x.clone()
    write(z)
    return z * 1


def _drawn(draw: Draw) -> Iterator[Case]:
    """Random numbers from the same seed, and the gradients of what they depend on."""
    x, shape = draw(20, low=0.1, high=0.9), draw(4, 3, low=0.5, high=4)
    yield case("bernoulli", "chance", word("bernoulli", 0.3), x)
    yield case("bernoulli", "chances", word("bernoulli"), x)
    yield case("poisson", "rates", word("poisson"), x * 9)
    yield case("binomial", "counts", word("binomial"), np.round(x * 9), x)
    # torch approximates these slopes, in float64 too
    slope = lambda T, a: T.autograd.grad(  # noqa: E731
        T._standard_gamma(a.requires_grad_()).sum(), a)[0].round(decimals=2)  # fmt: skip
    yield case("_standard_gamma", "slopes to two digits", slope, shape, order=0)
    yield case("_standard_gamma", "plain", word("_standard_gamma"), shape, order=0)
    yield case("_sample_dirichlet", "plain", word("_sample_dirichlet"), shape, order=1)
    for op, more in (("_standard_gamma_grad", 1), ("_dirichlet_grad", 2)):
        again = lambda T, *x, op=op: getattr(T, op)(*x).round(decimals=2)  # noqa: E731
        given = (x[:4], *[shape[:, 0] + k for k in range(more)])
        yield case(op, "plain", again, *given, order=1)
    for name in ("dropout", "alpha_dropout", "feature_alpha_dropout"):
        yield case(F + name, "rate 0.5", word(F + name, 0.5, training=True), draw(4, 3, 5))
    for rate in (0.0, 1.0):
        yield case(F + "dropout", f"rate {rate}", word(F + "dropout", rate), draw(4, 3))
    yield case("normal", "means and spreads", word("normal"), x, x + 0.5, order=1)
    yield case("normal", "means", word("normal", 1.5), x, order=1)
    yield case("multinomial", "weights", word("multinomial", 3), x.reshape(4, 5), order=0)


def _special(draw: Draw) -> Iterator[Case]:
    """Functions that torch's database holds on integers or not at all."""
    x, y = draw(3, 4, low=0.3, high=4), draw(3, 4, low=1.5, high=5)
    for name in ("special.gammainc", "special.gammaincc"):
        in_x = lambda T, a, x, name=name: word(name)(T, a.detach(), x)  # noqa: E731
        yield case(name, "in x", in_x, draw(3, 4, low=0.5, high=3), x)
    for name in ("special.erfcx", "special.i0e", "special.i1e", "special.entr", "special.ndtr"):
        yield case(name, "plain", word(name), x)
    yield case("special.zeta", "in q", lambda T, s, q: T.special.zeta(s.detach(), q), y, x)
    symmetric = draw.normal(3, 3)
    symmetric = symmetric + symmetric.T + 4 * np.eye(3)
    yield case("linalg.eigh", "values", lambda T, x: T.linalg.eigh((x + x.mT) / 2)[0], symmetric)
    powers = lambda T, x: T.linalg.matrix_exp(x)  # noqa: E731
    yield case("linalg.matrix_exp", "plain", powers, draw.normal(3, 3))
    singular = np.outer([1.0, 2.0, 3.0], [1.0, 0.5, 2.0])
    yield case("linalg.det", "rank 1", word("linalg.det"), singular)
    rank_2 = singular + np.outer([2.0, -1.0, 0.5], [1.0, 1.0, -1.0])
    yield case("linalg.det", "rank 2", word("linalg.det"), rank_2)
    third = _slope(lambda T, x: T.linalg.det(x))
    regular = draw(3, 3, low=-1, high=1) + 3 * np.eye(3)
    yield case("linalg.det", "third derivative", third, regular)
    fourth = _slope(lambda T, x: third(T, x).square().sum())
    yield case("linalg.det", "fourth derivative", fourth, regular)
    pooled = _slope(lambda T, x: T.nn.functional.max_pool2d(x, 2).square().sum())
    yield case(F + "max_pool2d", "third derivative", pooled, draw(1, 2, 4, 4))
    yield case("linalg.inv", "refused", word("linalg.inv"), np.zeros((2, 2)), order=1)


def _slope(function: Callable) -> Callable:
    """The derivative of `function`, so that one more is compared."""
    return lambda T, x: T.autograd.grad(function(T, x), x, create_graph=True)[0]
