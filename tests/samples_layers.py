"""Samples of what layers are made of: products, losses, random numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from minitorch.backend import ROWS
from tests.sampling import (
    Sample,
    both,
    functional,
    integers,
    numbers,
    ours,
    phrase,
    row,
    word,
)

# ------------------------------------------------------------------ products


def products() -> Iterator[Sample]:
    for a, b in [((2, 3), (3, 4)), ((1, 1), (1, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 2))]:
        yield both("mm", numbers(*a), numbers(*b, seed=1))
    yield both("bmm", numbers(2, 2, 3), numbers(2, 3, 4, seed=1))
    yield both("bmm", numbers(0, 2, 3), numbers(0, 3, 4, seed=1))
    yield both("mv", numbers(2, 3), numbers(3, seed=1))
    yield both("dot", numbers(3), numbers(3, seed=1))
    yield both("dot", numbers(0), numbers(0))
    yield both("outer", numbers(2), numbers(3, seed=1), kind="contract")
    for a, b in [
        ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 2)), ((4, 2, 3), (3, 2)),
        ((4, 2, 3), (3,)), ((3,), (4, 3, 2)), ((4, 2, 3), (4, 3, 2)), ((5, 1, 2, 3), (4, 3, 2)),
    ]:  # fmt: skip
        yield both("matmul", numbers(*a), numbers(*b, seed=1), kind="contract")
    for beta, alpha in [(1, 1), (0.5, 2.0)]:
        yield both(
            "addmm",
            numbers(4),
            numbers(2, 3),
            numbers(3, 4),
            kind="contract",
            beta=beta,
            alpha=alpha,
        )
        yield both("baddbmm", numbers(1, 2, 4), numbers(2, 2, 3), numbers(2, 3, 4), kind="contract",
                   beta=beta, alpha=alpha)  # fmt: skip
    for equation, *shapes in [
        ("ij,jk->ik", (2, 3), (3, 4)), ("ij->ji", (2, 3)), ("ii->i", (3, 3)), ("ii", (3, 3)),
        ("ij->", (2, 3)), ("bij,bjk", (2, 2, 3), (2, 3, 4)), ("i,j->ij", (2,), (3,)),
        ("...ij,...jk->...ik", (4, 2, 3), (3, 2)), ("ij,kj,lj->ikl", (2, 3), (4, 3), (2, 3)),
        ("bhqd,bhkd->bhqk", (1, 2, 3, 4), (1, 2, 5, 4)), ("ij,ij->", (2, 3), (2, 3)),
    ]:  # fmt: skip
        arrays = [numbers(*s, seed=k) for k, s in enumerate(shapes)]
        yield phrase(
            "einsum",
            lambda T, *x, e=equation: T.einsum(e, *x),
            *arrays,
            label=equation,
            kind="contract",
        )
    linear = functional("linear")
    w, b = numbers(4, 3, seed=1), numbers(4, seed=2)
    for shape in [(2, 3), (3,), (2, 5, 3), (0, 3)]:
        yield ours("linear", linear, numbers(*shape), w, b)
    yield ours("linear", linear, numbers(2, 3), w)
    yield ours("linear", linear, numbers(2, 3), numbers(3))


# ------------------------------------------------------------------ fused


def fused() -> Iterator[Sample]:
    x = numbers(2, 3, 4)
    for name in ("softmax", "log_softmax"):
        for dim in (0, 1, -1):
            yield ours(name, word(name, dim=dim), x, dim=dim)
        yield ours(name, word(name, dim=0), numbers(), dim=0)
        yield ours(name, word(name, dim=1), numbers(2, 0), dim=1)
    for reduction in ("mean", "sum", "none"):
        for name in ("mse_loss", "l1_loss"):
            loss = functional(name, reduction=reduction)
            yield ours(name, loss, numbers(2, 3), numbers(2, 3, seed=1), reduction=reduction)
        yield from _class_losses(reduction)
        yield from _logit_losses(reduction)
    layer = lambda T, x, *wb: T.nn.functional.layer_norm(x, (4,), *wb, eps=1e-3)  # noqa: E731
    batch = lambda T, x, *wb: T.nn.functional.batch_norm(  # noqa: E731
        x, None, None, *wb, training=True, eps=1e-3)  # fmt: skip
    for wb in [(), (4,), (4, 4)]:
        parameters = [numbers(n, seed=k) for k, n in enumerate(wb, 1)]
        yield ours("normalize", layer, x, *parameters, over=(2,), size=(1, 1, 4), eps=1e-3)
        parameters = [numbers(n - 1, seed=k) for k, n in enumerate(wb, 1)]
        yield ours("normalize", batch, x, *parameters, over=(0, 2), size=(1, 3, 1), eps=1e-3)


def _class_losses(reduction: str) -> Iterator[Sample]:
    for shape, places in [((4, 3), (4,)), ((2, 3, 2), (2, 2)), ((3,), ())]:
        x, target, w = numbers(*shape), integers(*places), numbers(3, low=0.5, high=2)
        for weight, ignore in [((), -100), ((w,), -100), ((), 1), ((w,), 1)]:
            if shape == (3,) and ignore == 1:
                continue
            loss = functional("nll_loss", ignore_index=ignore, reduction=reduction)
            params = {"ignore_index": ignore, "reduction": reduction}
            # The class weights are constants to torch.
            fixed = _with_constants(row("nll_loss", **params), 2), _with_constants(loss, 2)
            name = "weighted" if weight else ""
            label = f"{name}{ignore},{reduction}"
            yield Sample("nll_loss", "fused", label, (x, target, *weight), *fixed, params)
    size = (4, 3)
    g = numbers() if reduction != "none" else numbers(4)
    params = {"size": size, "ignore_index": -100, "reduction": reduction}
    yield ours("nll_grad", _nll_grad(reduction), g, integers(4), **params)


def _with_constants(call: Callable, first: int) -> Callable:
    return lambda T, *inputs: call(T, *inputs[:first], *(x.detach() for x in inputs[first:]))


def _nll_grad(reduction: str) -> Callable:
    def theirs(T: Any, g: Any, target: Any) -> Any:
        share = -g / 4 if reduction == "mean" else -g
        return T.nn.functional.one_hot(target, 3).to(g.dtype) * share.reshape(-1, 1)

    return theirs


def _logit_losses(reduction: str) -> Iterator[Sample]:
    x, y = numbers(2, 3), numbers(2, 3, low=0.1, high=0.9, seed=1)
    w, p = numbers(3, low=0.5, high=2), numbers(3, low=0.5, high=2, seed=1)
    name = "binary_cross_entropy_with_logits"
    for keys in [(), ("weight",), ("pos_weight",), ("weight", "pos_weight")]:
        extra = [{"weight": w, "pos_weight": p}[k] for k in keys]

        def theirs(T: Any, x: Any, y: Any, *rest: Any, keys: tuple = keys) -> Any:
            options = dict(zip(keys, (r.detach() for r in rest)))
            return getattr(T.nn.functional, name)(x, y, reduction=reduction, **options)

        def call(T: Any, x: Any, y: Any, *rest: Any, keys: tuple = keys) -> Any:
            options = dict(zip(keys, (r.detach() for r in rest)))
            weights = options.get("weight"), options.get("pos_weight")
            return ROWS["bce_with_logits"].public(x, y, *weights, reduction=reduction)

        label = ",".join([*keys, reduction])
        params = {"reduction": reduction}
        yield Sample("bce_with_logits", "fused", label, (x, y, *extra), call, theirs, params)


# ------------------------------------------------------------------ random


def _seeded(call: Callable) -> Callable:
    def run(T: Any, *inputs: Any) -> Any:
        T.manual_seed(5)
        return call(T, *inputs)

    return run


def draws() -> Iterator[Sample]:
    for name, call in {
        "uniform": lambda T: T.rand(2, 3, dtype=T.float64),
        "normal": lambda T: T.randn(2, 9),
        "randint": lambda T: T.randint(-3, 9, (20,)),
        "randperm": lambda T: T.randperm(10),
        "bernoulli": lambda T: T.bernoulli(T.ones(20), 0.3),
        "random": lambda T: T.empty(20, dtype=T.int64).random_(),
    }.items():
        yield phrase(name, _seeded(call), kind="random", derivatives=0)
    draw = _seeded(lambda T, p: T.bernoulli(p))
    yield phrase("bernoulli_tensor", draw, numbers(20, low=0, high=1), kind="random", derivatives=0)
    weights = numbers(2, 9, low=0.1, high=1)
    for replacement in (False, True):
        choose = _seeded(lambda T, p, r=replacement: T.multinomial(p, 3, r))
        yield phrase(
            "multinomial", choose, weights, label=f"{replacement}", kind="random", derivatives=0
        )
    mean, std = numbers(20), numbers(3, 20, low=0, high=3)
    draw = _seeded(lambda T, mean: T.normal(mean, 1.5))
    yield phrase("normal_around", draw, mean, kind="random", derivatives=0)
    draw = _seeded(lambda T, mean, std: T.normal(mean, std))
    yield phrase("normal_scaled", draw, mean, std, kind="random", derivatives=0)
    draw = _seeded(lambda T, rate: T.poisson(rate))
    yield phrase("poisson", draw, numbers(20, low=0, high=30), kind="random", derivatives=0)
