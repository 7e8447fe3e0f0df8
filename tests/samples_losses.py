"""Samples of the losses: of torch.nn.functional, and those that torch itself has by number."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from minitorch.backend import ROWS
from tests.sampling import INF, Sample, both, constant, functional, integers, numbers, ours, phrase

WORDS = ("mean", "sum", "none")
X, Y = numbers(3, 4), numbers(3, 4, seed=1)
SIGNS = np.where(numbers(3, 4, seed=2) > 0, 1.0, -1.0)


def samples() -> Iterator[Sample]:
    """All of them."""
    for reduction in WORDS:
        yield from _rows(reduction)
        yield from _pairs(reduction)
        yield from _classes(reduction)
        yield from _distributions(reduction)
        yield from _alignments(reduction)
    yield from _by_number()
    yield from _chances()
    chances = numbers(3, 4, low=0.1, high=2)
    yield ours("divergence", _quietly("kl_div", reduction="none"), X, chances)
    in_logs = _quietly("kl_div", reduction="none", log_target=True)
    yield ours("divergence", in_logs, X, Y, log_target=True)


def _quietly(name: str, **how: Any) -> Callable:
    """The call without its warning, that a mean over all elements is not the divergence."""

    def call(T: Any, *inputs: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return getattr(T.nn.functional, name)(*inputs, **how)

    return call


def loss(
    name: str,
    reduction: str,
    *inputs: np.ndarray,
    label: str = "",
    derivatives: int = 2,
    **how: Any,
) -> Sample:
    """A sample of T.nn.functional.name."""
    call = _quietly(name, reduction=reduction, **how)
    label = ",".join(part for part in (label, reduction) if part)
    return phrase(
        f"nn.functional.{name}", call, *inputs, label=label, kind="fused", derivatives=derivatives
    )


def _rows(reduction: str) -> Iterator[Sample]:
    far = X * 3
    for width in (1.0, 0.7):
        how = {"reduction": reduction, "width": width}
        smooth = functional("smooth_l1_loss", reduction=reduction, beta=width)
        yield ours("smooth_l1", smooth, far, Y, **how)
        yield ours(
            "huber", functional("huber_loss", reduction=reduction, delta=width), far, Y, **how
        )
    yield ours("huber", functional("huber_loss", reduction=reduction), X[:1], Y[:1],
               reduction=reduction)  # fmt: skip
    for shape in [(3, 4), (4,)]:
        y = numbers(*shape, seed=1)
        yield ours("soft_margin", _soft_margin(reduction), X, y, reduction=reduction)
    yield loss("smooth_l1_loss", reduction, far, Y, label="absolute", beta=0.0)


def _soft_margin(reduction: str) -> Callable:
    """torch's has no gradient to the target."""
    return lambda T, x, y: getattr(
        T.nn.functional.softplus(-(x * y), threshold=INF),
        reduction if reduction != "none" else "abs",
    )()


def _chances() -> Iterator[Sample]:
    x, y = numbers(2, 3, low=0.1, high=0.9), numbers(2, 3, low=0.1, high=0.9, seed=1)
    theirs = functional("binary_cross_entropy", reduction="none")
    # torch adds 1e-12 to what its second derivative divides by
    formula = lambda T, x, y: -(y * T.log(x) + (1 - y) * T.log(1 - x))  # noqa: E731
    yield ours("bce", formula, x, y)
    bounds = np.array([0.0, 0.0, 1.0, 1.0, 1e-15]), np.array([0.0, 1.0, 0.0, 1.0, 1e-15])
    yield replace(constant(ours("bce", theirs, *bounds), 1), derivatives=1)


def _pairs(reduction: str) -> Iterator[Sample]:
    for name in ("hinge_embedding_loss", "soft_margin_loss"):
        fixed = functional(name, reduction=reduction)
        call = lambda T, x, f=fixed: f(T, x, T.tensor(SIGNS, dtype=x.dtype))  # noqa: E731
        yield phrase(f"nn.functional.{name}", call, X, label=reduction, kind="fused")
    for margin in (0.0, 0.3):
        yield loss("margin_ranking_loss", reduction, X, Y, SIGNS, label=f"{margin}", margin=margin)
        yield loss(
            "cosine_embedding_loss", reduction, X, Y, SIGNS[0, :3], label=f"{margin}", margin=margin
        )
    alone = functional("cosine_embedding_loss", reduction=reduction, margin=-0.9)
    yield phrase("nn.functional.cosine_embedding_loss", alone, X[0], Y[0], np.float64(-1),
                 label=f"alone,{reduction}", kind="fused")  # fmt: skip
    third = numbers(3, 4, seed=3)
    for p, swap in [(2, False), (2, True), (1, False), (3, True)]:
        yield loss(
            "triplet_margin_loss", reduction, X, Y, third, label=f"{p},{swap}", p=p, swap=swap
        )
    distance = lambda x, y: (x - y).abs().sum(-1)  # noqa: E731
    name = "triplet_margin_with_distance_loss"
    yield loss(name, reduction, X, Y, third, margin=0.5)
    yield loss(name, reduction, X, Y, third, label="own", distance_function=distance, swap=True)


def _classes(reduction: str) -> Iterator[Sample]:
    target = np.array([2, 0, 3])
    w = numbers(4, low=0.5, high=2, seed=4)
    for p in (1, 2):
        yield loss("multi_margin_loss", reduction, X, target, label=f"{p}", p=p, derivatives=1)
        weigh = lambda T, x, t, w, p=p: T.nn.functional.multi_margin_loss(  # noqa: E731
            x, t, p, 0.7, w.detach(), reduction=reduction)  # fmt: skip
        yield phrase("nn.functional.multi_margin_loss", weigh, X, target, w, kind="fused",
                     label=f"{p},weighted,{reduction}", derivatives=1)  # fmt: skip
    yield loss("multi_margin_loss", reduction, X[0], np.array(1), derivatives=1)
    yield loss("multi_margin_loss", reduction, X[0], np.array([1]), derivatives=1)
    listed = np.array([[2, 0, -1, 1], [-1, 1, 2, 3], [3, 1, 0, 2]])
    yield loss("multilabel_margin_loss", reduction, X, listed, derivatives=1)
    yield loss("multilabel_margin_loss", reduction, X[0], listed[0], derivatives=1)
    soft = numbers(3, 4, low=0.1, high=0.9, seed=5)
    yield loss("multilabel_soft_margin_loss", reduction, X, soft)
    yield loss("multilabel_soft_margin_loss", reduction, X, soft, w, label="weighted")
    table, bias = numbers(5, 4, seed=6), numbers(5, seed=7)
    for label, at, how in [
        ("classes", np.array([4, 0, 2]), {}),
        ("ignored", np.array([4, 0, 2]), {"ignore_index": 0}),
        ("smoothed", np.array([4, 0, 2]), {"label_smoothing": 0.2}),
        ("chances", numbers(3, 5, low=0.1, high=0.9), {}),
    ]:
        call = _linear_loss(reduction, **how)
        name = "nn.functional.linear_cross_entropy"
        yield phrase(name, call, X, table, at, bias, label=f"{label},{reduction}", kind="fused")
    yield loss("linear_cross_entropy", reduction, X, numbers(5, 2, 4), integers(3, 2, high=5))


def _linear_loss(reduction: str, **how: Any) -> Callable:
    return lambda T, x, w, y, b: T.nn.functional.linear_cross_entropy(
        x, w, y, linear_bias=b, reduction=reduction, **how
    )


def _distributions(reduction: str) -> Iterator[Sample]:
    chances = numbers(3, 4, low=0.1, high=0.9, seed=8)
    yield loss("kl_div", reduction, X, chances)
    yield loss("kl_div", reduction, X, Y, label="log", log_target=True)
    if reduction == "mean":
        yield loss("kl_div", "batchmean", X, chances)
    counts = np.array([[0.1, 1.1, 2.0, 7.5], [1.5, 0.7, 3.0, 1.3], [0.2, 4.0, 1.2, 0.9]])
    for log_input, full in [(True, False), (True, True), (False, True)]:
        x = X if log_input else np.abs(X) + 0.1
        how = {"log_input": log_input, "full": full}
        yield loss("poisson_nll_loss", reduction, x, counts, label=f"{log_input},{full}", **how)
    for shape in [(3, 4), (3, 1), (3,)]:
        var = numbers(*shape, low=0.2, high=2, seed=9)
        yield loss("gaussian_nll_loss", reduction, X, Y, var, full=True)
    small = np.array([[0.5, 1e-3, 0.0, 1.0]] * 3)
    yield loss("gaussian_nll_loss", reduction, X, Y, small, label="small", eps=0.01, derivatives=1)
    yield loss("gaussian_nll_loss", reduction, X, Y, label="number", var=0.7)


def _alignments(reduction: str) -> Iterator[Sample]:
    """Behind a log_softmax, where torch's rule of log-probabilities is the derivative."""
    logits = numbers(6, 3, 4, seed=10)
    labels = np.array([[1, 2, 2], [3, 1, 0], [2, 0, 0]])
    steps, lengths = np.array([6, 4, 5]), np.array([3, 2, 1])

    def call(T: Any, x: Any, y: Any, s: Any, n: Any, **how: Any) -> Any:
        return T.nn.functional.ctc_loss(x.log_softmax(-1), y, s, n, reduction=reduction, **how)

    name = "nn.functional.ctc_loss"
    yield phrase(
        name, call, logits, labels, steps, lengths, label=reduction, kind="fused", derivatives=1
    )
    flat = np.array([1, 2, 2, 3, 1, 2])
    in_a_row = lambda T, x, *lengths: call(T, x, T.tensor(flat), *lengths)  # noqa: E731
    yield phrase(
        name, in_a_row, logits, steps, lengths, label=f"flat,{reduction}", kind="fused",
        derivatives=1,
    )  # fmt: skip
    blank = lambda *x: call(*x, blank=3)  # noqa: E731
    at = labels % 3, steps, lengths
    yield phrase(name, blank, logits, *at, label=f"blank,{reduction}", kind="fused", derivatives=1)
    short = np.array([2, 4, 0])  # too few steps for two equal labels; none at all
    texts = np.array([[1, 1], [2, 2], [0, 0]]), short, np.array([2, 2, 0])
    for zero in (False, True):
        how = lambda *x, z=zero: call(*x, zero_infinity=z)  # noqa: E731
        yield phrase(name, how, logits, *texts, label=f"short,{zero},{reduction}", kind="fused",
                     derivatives=int(zero))  # fmt: skip
    alone = logits[:, 0], np.array([1, 2]), np.array(6), np.array(2)
    yield phrase(name, call, *alone, label=f"alone,{reduction}", kind="fused", derivatives=1)


def _by_number() -> Iterator[Sample]:
    chances = numbers(3, 4, low=0.1, high=0.9, seed=8)
    for reduction in (0, 1, 2):
        how: dict[str, Any] = {"reduction": reduction}
        yield both("kl_div", X, chances, kind="fused", **how)
        yield both("margin_ranking_loss", X, Y, SIGNS, kind="fused", margin=0.5, **how)
        yield both("hinge_embedding_loss", X, SIGNS, kind="fused", margin=0.5, **how)
        yield both("cosine_embedding_loss", X, Y, SIGNS[0, :3], kind="fused", **how)
        yield both("triplet_margin_loss", X, Y, numbers(3, 4, seed=3), kind="fused", **how)
        options = {"log_input": True, "full": False, "eps": 1e-8, **how}
        yield both("poisson_nll_loss", X, chances, kind="fused", **options)
        yield both("binary_cross_entropy_with_logits", X, chances, kind="fused", **how)
        ctc = lambda T, x, y, r=reduction: T.ctc_loss(  # noqa: E731
            x.log_softmax(-1), y, (4, 3), (2, 1), 0, r)  # fmt: skip
        yield phrase("ctc_loss", ctc, numbers(4, 2, 3), np.array([[1, 2], [2, 0]]), kind="fused",
                     label=f"{reduction}", derivatives=1)  # fmt: skip
    yield _alignment_row()
    yield _three_texts()
    yield from _some_texts()


def _alignment_row() -> Sample:
    """The row itself, with the second derivative that torch lacks, beside all its paths."""
    labels, blank = np.array([[0, 1, 0, 2, 0]]), 0
    jumps = np.array([[False, False, False, True, False]])
    final = np.zeros((3, 1, 5), bool)
    final[-1, 0, 3:] = True
    inputs = numbers(3, 1, 3), np.array([[0]]), labels, jumps, final, np.ones((3, 1, 1), bool)
    paths = [(1, 2, 0), (1, 0, 2), (0, 1, 2), (1, 1, 2), (1, 2, 2)]

    def ours_(T: Any, x: Any, *rest: Any) -> Any:
        return ROWS["alignments"].public(x.log_softmax(-1), *rest)

    def theirs(T: Any, x: Any, *rest: Any) -> Any:
        x = x.log_softmax(-1)
        sums = [x[0, 0, a] + x[1, 0, b] + x[2, 0, c] for a, b, c in paths]
        return -T.logsumexp(T.stack(sums), 0).reshape(1)

    return Sample("alignments", "fused", f"blank {blank}", inputs, ours_, theirs, {})


def _three_texts() -> Sample:
    """As `_alignment_row`, in batches: a text that ends early, one that has too few steps, and a
    label that once has no chance."""
    labels, counts = np.array([[1, 2], [1, 1], [1, 1], [2, 0]]), np.array([2, 2, 2, 1])
    steps = np.array([3, 3, 2, 2])
    paths = [
        [(1, 2, 0), (0, 1, 2), (1, 1, 2), (1, 2, 2)], [(1, 0, 1)], [],
        [(2, 2), (2, 0), (0, 2)],
    ]  # fmt: skip
    never = np.zeros((3, 4, 3), bool)
    never[1, 0, 0] = True  # of the first text's paths this ends (1, 0, 2)

    def chances(T: Any, x: Any) -> Any:
        return T.where(T.tensor(never), -INF, x).log_softmax(-1)

    def ours_(T: Any, x: Any) -> Any:
        how = {"reduction": "none", "zero_infinity": True}
        given = [T.tensor(a) for a in (labels, steps, counts)]
        return T.nn.functional.ctc_loss(chances(T, x), *given, **how)

    def theirs(T: Any, x: Any) -> Any:
        x = chances(T, x)
        return T.stack([
            -T.logsumexp(T.stack([sum(x[t, n, c] for t, c in enumerate(path)) for path in ways]), 0)
            if ways else x.new_zeros(()) for n, ways in enumerate(paths)
        ])  # fmt: skip

    return Sample("alignments", "fused", "texts", (numbers(3, 4, 3),), ours_, theirs, {})


def _some_texts() -> Iterator[Sample]:
    """Texts that end early, without labels, and an impossible one."""
    logits = numbers(4, 3, 3, seed=11)
    texts = np.array([[1, 2], [2, 1], [1, 1]])
    for label, counts in [("short", [2, 1, 2]), ("empty", [0, 0, 0])]:
        call = lambda T, x, *given: T.nn.functional.ctc_loss(  # noqa: E731
            x.log_softmax(-1), *given, reduction="none"
        )
        given = texts, np.array([4, 3, 2]), np.array(counts)
        yield phrase("alignments", call, logits, *given, label=label, derivatives=1)
