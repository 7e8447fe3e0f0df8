"""Where single operations turn: zeros, ties, bounds, borders, what is left out, long sums."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.cases.case import Case, Draw, case, word

INF, NAN = np.inf, np.nan

F = "nn.functional."


def cases(draw: Draw) -> Iterator[Case]:
    """All of them."""
    for some in (_bounds, _zeros, _powers, _ties, _orders, _gone, _lengths, _losses, _rows_of_one):
        yield from some(draw)


def _bounds(draw: Draw) -> Iterator[Case]:
    """Values exactly where a function changes from one piece to the next."""
    x = np.concatenate([np.arange(-4, 4.5, 0.5), draw(6, low=-4, high=4)])
    yield case("clamp", "on its bounds", word("clamp", min=-1.0, max=2.0), x)
    yield case("clamp", "bounds crossed", word("clamp", min=1.0, max=-1.0), x)
    yield case("clamp", "whole bounds", word("clamp", min=0, max=1), x)
    grid = np.meshgrid(*[np.array([-1.0, 0.0, 1.0])] * 3, indexing="ij")
    yield case("clamp", "tensors that tie", word("clamp"), *grid)
    pieces: dict[str, dict[str, Any]] = {
        "relu": {}, "relu6": {}, "leaky_relu": {"negative_slope": 0.2}, "elu": {"alpha": 0.3},
        "celu": {"alpha": 0.5}, "selu": {}, "hardtanh": {}, "hardswish": {}, "hardsigmoid": {},
        "hardshrink": {}, "softshrink": {}, "softplus": {"threshold": 2}, "softsign": {},
        "threshold": {"threshold": 0.5, "value": 3}, "mish": {}, "silu": {}, "logsigmoid": {},
    }  # fmt: skip
    for name, how in pieces.items():
        order = 1 if name == "hardsigmoid" else 2  # torch has no more
        yield case(F + name, "on its borders", word(F + name, **how), x, order=order)
    for limits in ({"min_val": -0.5, "max_val": 2.0},):
        yield case(F + "hardtanh", "own limits", word(F + "hardtanh", **limits), x)
    yield case(F + "prelu", "zeros", word(F + "prelu"), x.reshape(1, -1), draw(x.size))
    yield case(F + "rrelu", "zeros", word(F + "rrelu"), x)
    yield case("logit", "on its bounds", word("logit", eps=0.25),
               np.array([0.125, 0.25, 0.5, 0.75, 0.875]), order=1)  # fmt: skip
    step = draw(x.size)
    yield case("heaviside", "steps", word("heaviside"), x, step, constant=[0], order=1)


def _zeros(draw: Draw) -> Iterator[Case]:
    """Zeros: where quotients, logarithms, roots and products turn."""
    x, y = np.array([0.0, 0.0, 0.0, -2.0, 3.0]), np.array([0.0, -0.5, 2.0, 0.0, 0.0])
    for name in ("atan2", "copysign", "hypot", "fmod", "remainder"):
        yield case(name, "zeros", word(name), x, y, order=1)
    for name in ("xlogy", "special.xlog1py"):
        yield case(name, "zeros", word(name), np.array([0.0, 0.0, 0.0, 2.0]),
                   np.array([0.0, NAN, 2.0, 3.0]), order=1)  # fmt: skip
    matrix = draw.normal(4, 3)
    for place in ((), (0,), (0, 2)):
        zeroed = matrix.copy()
        for i in place:
            zeroed[i] = 0
            zeroed[i, :] = 0
        for name in ("prod", "cumprod"):
            yield case(name, f"{len(place)} zeros", word(name, 0), zeroed)
    yield case("prod", "of everything, one zero", word("prod"), np.array([2.0, 0.0, 3.0]))
    lengths = np.concatenate([np.zeros((1, 3)), [[0, -1, 0]], draw.normal(2, 3)])
    for p in (1, 2, 3, 0.5, INF, -INF):
        order = 1 if p in (3, 0.5) else 2
        call = word("linalg.vector_norm", p, dim=1)
        yield case("linalg.vector_norm", f"zeros, p {p}", call, lengths, order=min(order, 1))
    yield case("norm", "zeros", word("norm", dim=1), lengths, order=1)
    yield case(F + "normalize", "zeros", word(F + "normalize"), lengths, order=1)
    yield case(F + "cosine_similarity", "zeros", word(F + "cosine_similarity"), lengths,
               draw.normal(4, 3), order=1)  # fmt: skip
    yield case(F + "pairwise_distance", "equal rows", word(F + "pairwise_distance"), lengths,
               lengths.copy(), order=1)  # fmt: skip
    yield case("cdist", "equal rows", word("cdist"), lengths, lengths.copy(), order=1)
    flat = np.array([[2.0, 2.0, 2.0], [3.0, 5.0, 4.0]])
    for name in ("std", "var", "std_mean", "var_mean"):
        yield case(name, "no spread", word(name, dim=1), flat, order=1)
    for name in ("layer_norm", "rms_norm"):
        call = word(F + name, (3,), eps=1e-5)
        yield case(F + name, "no spread", call, flat)
    yield case("abs", "zeros", word("abs"), x)
    yield case("sinc", "near zero", word("sinc"), draw(6, low=-0.3, high=0.3))


def _powers(draw: Draw) -> Iterator[Case]:
    """Bases and exponents of 0, whole and broken exponents."""
    x, y = np.meshgrid([0.0, 1.0, 2.0, 3.0], [-1.0, 0.0, 1.0, 2.0, 3.0, 0.5], indexing="ij")
    yield case("pow", "zeros", word("pow"), x, y, order=1)
    base = np.concatenate([np.array([0.0, 1.0, -1.0]), draw(3, low=0.5, high=2)])
    for power in (0, 1, 2, 3, 0.0, 0.5, -1, -0.5, 2.5):
        call = word("pow", power)
        yield case("pow", f"to the {power}", call, base if power in (0, 1, 2, 3) else base[3:])
    yield case("pow", "2 to the x", lambda T, y: 2**y, draw(5))
    yield case("pow", "0 to the x", lambda T, y: 0**y, np.array([0.0, 1.0, 2.0]), order=1)
    yield case("float_power", "whole", lambda T, x: T.float_power(x, 2), draw.integers(4), order=0)
    for name in ("special.i0e", "special.i1", "special.i1e"):
        yield case(name, "0", word(name), np.array([-1.5, -0.2, 0.0, 0.7]), order=1)


def _ties(draw: Draw) -> Iterator[Case]:
    """Equal elements: gradients are shared, or go to the one that is chosen."""
    tied = np.concatenate([np.array([[1.0, 2.0, 2.0, 0.0], [3.0, 3.0, 3.0, 3.0]]), draw(2, 4)])
    for name in ("amax", "amin", "aminmax", "max", "min", "median", "nanmedian", "mode"):
        for dim in (0, 1):
            how = {"dim": dim}
            yield case(name, f"ties, dim {dim}", word(name, **how), tied)
    for name in ("amax", "amin", "max", "min"):
        yield case(name, "ties, everything", word(name), tied)
    for name in ("median", "nanmedian"):
        gone = np.array([[2.0, NAN, 1.0], [1.0, 0.5, NAN]])
        yield case(name, "NaN", word(name), gone, order=1)
        yield case(name, "even number", word(name, dim=1), draw(3, 4))
    for name in ("cummax", "cummin"):
        yield case(name, "ties", word(name, 1), tied)
    for name in ("maximum", "minimum", "fmax", "fmin"):
        yield case(name, "ties", word(name), tied, tied[::-1].copy())
        yield case(name, "itself", lambda T, x, name=name: getattr(T, name)(x, x), tied)
    for name in ("l1_loss", "smooth_l1_loss", "huber_loss"):
        yield case(F + name, "equal", word(F + name), tied, np.round(tied))
    pooled = np.round(draw(1, 2, 6, 6))
    for how in ({}, {"stride": 1, "padding": 1}, {"stride": 2, "dilation": 2}, {"ceil_mode": True}):
        call = word(F + "max_pool2d", 3, **how)
        yield case(F + "max_pool2d", f"ties, {how or 'plain'}", call, pooled)
    yield case(F + "max_pool1d", "ties", word(F + "max_pool1d", 2, stride=1), pooled[0])
    yield case(F + "max_pool3d", "ties", word(F + "max_pool3d", 2), pooled[None])
    yield case(F + "adaptive_max_pool2d", "ties", word(F + "adaptive_max_pool2d", (3, 2)), pooled)
    yield case(F + "adaptive_avg_pool2d", "uneven", word(F + "adaptive_avg_pool2d", (4, 5)), pooled)


def _orders(draw: Draw) -> Iterator[Case]:
    """Sorting with ties and NaN: stable, so that there is one answer."""
    x = np.array([2.0, 1.0, 2.0, NAN, 1.0, -INF])
    for descending in (False, True):
        call = word("sort", dim=-1, descending=descending, stable=True)
        yield case("sort", f"ties, descending {descending}", call, x, order=0)
        yield case("sort", f"descending {descending}", call, draw(3, 5))
        call = word("argsort", dim=-1, descending=descending, stable=True)
        yield case("argsort", f"ties, descending {descending}", call, x, order=0)
    for largest in (False, True):
        yield case("topk", f"largest {largest}", word("topk", 3, largest=largest), draw(3, 5))
    yield case("kthvalue", "first", word("kthvalue", 1), draw(3, 5))
    yield case("unique", "ties", word("unique"), np.round(draw(9)), order=0)
    yield case("searchsorted", "on its bounds", word("searchsorted"), np.array([1.0, 2.0, 3.0]),
               np.array([0.0, 1.0, 1.5, 3.0, 4.0]), order=0)  # fmt: skip
    yield case("bucketize", "on its bounds", lambda T, x, b: T.bucketize(x, b, right=True),
               np.array([0.0, 1.0, 1.5, 3.0]), np.array([1.0, 2.0, 3.0]), order=0)  # fmt: skip
    yield case("quantile", "between", word("quantile", 0.3, dim=1), draw(3, 4))
    yield case("histc", "bounds", word("histc", bins=4, min=-1, max=1),
               np.array([-1.0, -0.5, 0.0, 0.5, 1.0]), order=0)  # fmt: skip


def _gone(draw: Draw) -> Iterator[Case]:
    """Infinities and NaN where they are defined."""
    masked = draw.normal(4, 5)
    masked[0, 1:] = -INF
    masked[1, 0] = -INF
    for name in ("softmax", "log_softmax", "logsumexp", "logcumsumexp"):
        yield case(name, "-inf", word(name, 1), masked, order=1)
    nothing = masked.copy()
    nothing[2] = -INF
    yield case("softmax", "all -inf", word("softmax", 1), nothing, order=1)
    yield case("logsumexp", "all -inf", word("logsumexp", 1), nothing, order=1)
    gone = np.array([[1.0, NAN, 2.0], [NAN, NAN, NAN], [INF, 1.0, -INF]])
    yield case("nanmean", "NaN", word("nanmean", 1), gone, order=0)  # of a NaN there is no slope
    for name in ("nansum", "sum", "mean", "amax", "amin", "argmax", "cumsum"):
        order = 0 if name == "argmax" else 1
        yield case(name, "NaN", word(name, 1), gone, order=order)
    yield case("nan_to_num", "all", word("nan_to_num", nan=2.0, posinf=7.0, neginf=-3.0), gone)
    yield case("where", "NaN not chosen", lambda T, x: T.where(x > 0, x, 0.0), gone, order=1)
    yield case("masked_fill", "NaN covered", lambda T, x: x.masked_fill(x != x, 0.0), gone, order=1)
    x = np.array([INF, -INF, NAN, 1.0])
    for name in ("logaddexp", "logaddexp2"):
        yield case(name, "infinite", word(name), *np.meshgrid(x, x), order=0)
    for name in ("isclose", "eq", "ne", "lt", "fmax", "fmin"):
        yield case(name, "infinite", word(name), *np.meshgrid(x, x), order=0)


def _lengths(draw: Draw) -> Iterator[Case]:
    """Long reductions: the order of summation shows."""
    long, wide = draw.normal(20000), draw.normal(3, 5000)
    for name in ("sum", "mean", "prod", "var", "std", "norm", "amax", "logsumexp", "nansum"):
        how = {"dim": 0} if name == "logsumexp" else {}
        x = long if name != "prod" else 1 + long / 100
        yield case(name, "20000 numbers", word(name, **how), x, order=1)
    for offset in (100.0,):
        for name in ("sum", "mean", "var"):
            yield case(name, "20000 numbers about 100", word(name), long + offset, order=1)
    for name in ("softmax", "log_softmax", "cumsum", "logcumsumexp"):
        yield case(name, "rows of 5000", word(name, 1), wide, order=1)
    yield case("mm", "5000 terms", word("mm"), wide, draw.normal(5000, 2), order=1)
    yield case("dot", "20000 terms", word("dot"), long, draw.normal(20000), order=1)
    yield case(F + "layer_norm", "rows of 5000", word(F + "layer_norm", (5000,)), wide, order=1)
    batch = lambda T, x: T.nn.functional.batch_norm(x, None, None, training=True)  # noqa: E731
    yield case(F + "batch_norm", "batch of 5000", batch, draw.normal(5000, 2) + 3, order=1)
    means, spreads = draw(3), draw(3, low=0.5, high=2)
    yield case(F + "batch_norm", "running statistics", word(F + "batch_norm"), draw.normal(4, 3),
               means, spreads, constant=[1, 2])  # fmt: skip
    yield case(F + "mse_loss", "20000 numbers", word(F + "mse_loss"), long, draw.normal(20000),
               order=1)  # fmt: skip


def _losses(draw: Draw) -> Iterator[Case]:
    """Losses far out, with what is ignored, and with weights."""
    logits, classes = draw.normal(6, 4), draw.integers(6, high=4)
    for scale in (1, 50):
        for how in ({}, {"ignore_index": 1}, {"label_smoothing": 0.1}, {"reduction": "sum"}):
            call = word(F + "cross_entropy", **how)
            label = f"scale {scale}, {how or 'plain'}"
            yield case(F + "cross_entropy", label, call, logits * scale, classes)
    nothing = lambda T, x, y: T.nn.functional.cross_entropy(x, y * 0 + 1, ignore_index=1)  # noqa: E731
    yield case(F + "cross_entropy", "all ignored", nothing, logits, classes, order=1)
    far = np.array([-100.0, -20.0, 0.0, 20.0, 100.0])
    name = F + "binary_cross_entropy_with_logits"
    for target in (0.0, 1.0):
        yield case(name, f"far out, {target}", word(name), far, np.full(5, target), constant=[1])
    yield case(F + "binary_cross_entropy", "0 and 1", word(F + "binary_cross_entropy"),
               np.array([0.0, 1.0, 0.0, 1.0, 0.3]), np.array([0.0, 1.0, 1.0, 0.0, 0.5]),
               constant=[1], order=1)  # fmt: skip
    for x in (far, far / 1000):
        yield case(F + "softplus", "far out", word(F + "softplus"), x)
        yield case(F + "gelu", "far out", word(F + "gelu"), x)
    texts, wanted = draw.normal(7, 2, 4), draw.integers(2, 3, low=1, high=4)
    aligned = lambda T, x, y, n, m: T.nn.functional.ctc_loss(  # noqa: E731
        x.log_softmax(-1), y, n, m, zero_infinity=True)  # fmt: skip
    for label, size in (("plain", [7, 7]), ("too short", [7, 2])):
        yield case(F + "ctc_loss", label, aligned, texts, wanted, np.array(size), np.array([3, 3]),
                   order=1)  # fmt: skip
    chances = np.array([0.0, 0.5, 1.0])
    yield case(F + "kl_div", "zeros", word(F + "kl_div", reduction="sum"), draw(3), chances,
               constant=[1])  # fmt: skip


def _rows_of_one(draw: Draw) -> Iterator[Case]:
    """One element, or none, where a formula divides by what is left."""
    quiet = lambda name, **how: word(name, **how)  # noqa: E731
    yield case("var", "of one", quiet("var", dim=1), draw(3, 1), order=1)
    for name in ("prod", "sum", "mean", "amax", "logsumexp", "cumsum", "softmax", "norm"):
        yield case(name, "of one", quiet(name, dim=1), draw(3, 1), order=1)
    for name in ("sum", "prod", "mean", "logsumexp", "cumsum", "softmax", "any", "all"):
        yield case(name, "of none", quiet(name, dim=1), np.zeros((3, 0)), order=1)
    for name in ("amax", "argmax", "median", "max"):
        yield case(name, "of none refused", quiet(name, dim=1), np.zeros((3, 0)), order=1)
    yield case("mm", "no terms", word("mm"), np.zeros((2, 0)), np.zeros((0, 3)))
    for name in (F + "relu", F + "gelu", "exp", "abs"):
        yield case(name, "one axis of none", word(name), np.zeros((2, 0, 3)))
    yield case("cat", "empty part", lambda T, x, y: T.cat((x, y), 1), draw(2, 3), np.zeros((2, 0)))
    yield case("cat", "legacy empty", lambda T, x, y: T.cat((x, y), 1), draw(2, 3), np.zeros(0))
    yield case("mean", "0d", word("mean"), draw())
    yield case("sum", "0d", word("sum"), draw())
    for name in ("softmax", "cumsum", "amax", "logsumexp"):
        yield case(name, "0d", word(name, 0), draw())
