"""Samples of activations, dropout, attention, similarities and tables of vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.sampling import (
    INF,
    Sample,
    both,
    constant,
    functional,
    mask,
    numbers,
    ours,
    phrase,
    rough,
    word,
)

SHAPES = [(), (3,), (2, 3), (0,), (2, 0, 3)]
PIECES = ("hardtanh", "hardswish", "softshrink", "mish")


def samples() -> Iterator[Sample]:
    """All of them."""
    yield from _activations()
    yield from _in_place()
    yield from _random()
    yield from _attention()
    yield from _similarities()
    yield from _tables()


def _activations() -> Iterator[Sample]:
    for name in PIECES:
        for shape in SHAPES:
            yield ours(name, functional(name), rough(*shape) * 2)
    # torch's rule has 1 / 6 in single precision, and itself no derivative.
    yield ours("falling", lambda T, x: T.sigmoid(x * -1.0), rough(2, 3) * 2)
    yield ours("hardsigmoid", functional("hardsigmoid"), rough(3, 2) * 2, derivatives=0)
    sixth = lambda T, x: T.clamp(x + 3, 0, 6) / 6  # noqa: E731
    for shape in SHAPES:
        yield ours("hardsigmoid", sixth, rough(*shape) * 2)
    limits = {"min_val": -0.5, "max_val": 2.0}
    yield ours("hardtanh", functional("hardtanh", **limits), rough(2, 3), **limits)
    yield ours("softshrink", functional("softshrink", lambd=0.2), rough(2, 3), lambd=0.2)
    for shape in SHAPES:
        yield both("hardshrink", rough(*shape))
        yield both("selu", rough(*shape), kind="elementwise")
        yield both("celu", rough(*shape))
        yield both("threshold", rough(*shape), kind="elementwise", threshold=0.1, value=0)
    yield both("hardshrink", rough(2, 3), lambd=1.2)
    yield both("celu", rough(2, 3), alpha=0.5)
    yield both("threshold", rough(2, 3), kind="elementwise", threshold=0.1, value=-7.5)
    for value in (0, -7.5):
        limits = {"threshold": 0.3, "value": value}
        yield ours("above", word("threshold", **limits), rough(2, 3), **limits)
    scaled = lambda T, x: T.nn.functional.elu(x * 0.5, 0.7) * 1.5  # noqa: E731
    ours_scaled = {"alpha": 0.7, "scale": 1.5, "input_scale": 0.5}
    both_sides = lambda T, x: T.where(x > 0, x * 1.5, scaled(T, x))  # noqa: E731
    yield ours("elu", both_sides, rough(2, 3), **ours_scaled)
    for shape, weight in [
        ((2, 3), ()),
        ((2, 3), (1,)),
        ((2, 3), (3,)),
        ((2, 3, 2), (3,)),
        ((), ()),
    ]:
        w = numbers(*weight, seed=1)
        yield both("prelu", rough(*shape), w, kind="elementwise")
    yield ours("sloped", word("prelu"), rough(2, 3), numbers(3, seed=1))
    for shape, dim in [((4,), 0), ((2, 4), -1), ((4, 3), 0), ((2, 2, 3), 1), ((0, 2), 1)]:
        yield ours("glu", functional("glu", dim=dim), numbers(*shape), dim=dim)
    F = "nn.functional"
    for name in ("softsign", "tanhshrink", "relu6"):
        call = functional(name)
        yield phrase(f"{F}.{name}", call, rough(2, 3) * 3, kind="elementwise")
    yield phrase(f"{F}.softmin", functional("softmin", dim=1), numbers(2, 3), kind="fused")


IN_PLACE: dict[str, Callable] = {
    "relu_": lambda T, x: T.relu_(x),
    "selu_": lambda T, x: T.selu_(x),
    "celu_": lambda T, x: T.celu_(x, 0.5),
    "threshold_": lambda T, x: T.threshold_(x, 0.3, 2.0),
    "rrelu_": lambda T, x: T.rrelu_(x, 0.1, 0.5, True),
    "dropout_": lambda T, x: T.dropout_(x, 0.4, True),
    "feature_dropout_": lambda T, x: T.feature_dropout_(x, 0.4, True),
    "alpha_dropout_": lambda T, x: T.alpha_dropout_(x, 0.4, True),
    "feature_alpha_dropout_": lambda T, x: T.feature_alpha_dropout_(x, 0.4, True),
    "nn.functional.elu_": lambda T, x: T.nn.functional.elu_(x, 0.5),
    "nn.functional.leaky_relu_": lambda T, x: T.nn.functional.leaky_relu_(x, 0.5),
    "nn.functional.hardtanh_": lambda T, x: T.nn.functional.hardtanh_(x, -1, 2),
}


def _seeded(call: Callable) -> Callable:
    def run(T: Any, *inputs: Any) -> Any:
        T.manual_seed(7)
        return call(T, *inputs)

    return run


def _in_place() -> Iterator[Sample]:
    for name, call in IN_PLACE.items():
        on_copy = _seeded(lambda T, x, call=call: call(T, x.clone()))
        yield phrase(name, on_copy, rough(3, 4), kind="elementwise")


def _random() -> Iterator[Sample]:
    x = rough(5, 6)
    for name in ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"):
        for p, train in [(0.4, True), (1.0, True), (0.4, False)]:
            call = _seeded(word(name, p=p, train=train))
            label = f"{p},{train}"
            yield phrase(name, call, x, label=label, kind="elementwise")
    for train in (True, False, None):
        for p in (0.3, 1.0):
            call = _seeded(word("native_dropout", p=p, train=train))
            # Where torch is not told whether this is training, its gradient is not the value's.
            order = 2 if train is not None or p == 1 else 0
            yield phrase(
                "native_dropout", call, x, label=f"{p},{train}", kind="elementwise",
                derivatives=order,
            )  # fmt: skip
    for training in (True, False):
        call = _seeded(word("rrelu", lower=0.1, upper=0.6, training=training))
        yield phrase("rrelu", call, x, label=f"{training}", kind="elementwise")
    for hard in (False, True):
        call = _seeded(functional("gumbel_softmax", tau=0.7, hard=hard, dim=0))
        yield phrase(
            "nn.functional.gumbel_softmax", call, x, label=f"{hard}", kind="fused",
            derivatives=1 if hard else 2,
        )  # fmt: skip


def _attention() -> Iterator[Sample]:
    q, k, v = numbers(2, 3, 4), numbers(2, 5, 4, seed=1), numbers(2, 5, 3, seed=2)
    added, kept = numbers(3, 5, seed=3), mask(2, 3, 5, seed=4) * 1.25
    open_ = mask(3, 5, seed=5)
    open_[1] = False  # a query that may look nowhere
    closed = np.where(open_, 0.0, -INF)
    name = "scaled_dot_product_attention"
    attention = functional(name, scale=0.4)
    yield ours("attend", attention, q, k, v, scale=0.4)
    yield ours("attend", attention, q, k, v, added, scale=0.4)
    all_ = ours("attend", _attend_kept, q, k, v, added, kept, scale=0.4)
    yield all_
    for live in (0, 1, 3, 4):  # and the values
        yield constant(all_, *{0, 1, 3, 4}.difference({live}))
    for label, inputs, how in [
        ("causal", (q, k, v), {"is_causal": True}),
        ("bool mask", (q, k, v, open_), {}),
        ("minus infinity", (q, k, v, closed), {}),
        ("broadcast", (numbers(3, 4), k, v), {}),
        ("matrices", (q[0], k[0], v[0]), {}),
        ("scale", (q, k, v), {"scale": 2.0}),
        ("dropout", (q, k, v), {"dropout_p": 0.4}),
        ("all falls", (q, k, v), {"dropout_p": 1.0}),
        ("no keys", (q, k[:, :0], v[:, :0]), {}),
        ("heads", (numbers(1, 4, 3, 4), k[None], v[None]), {"enable_gqa": True}),
    ]:
        call = _seeded(functional(name, **how))
        yield phrase(f"nn.functional.{name}", call, *inputs, label=label, kind="fused")
    yield from _heads()


def _attend_kept(T: Any, q: Any, k: Any, v: Any, added: Any, kept: Any) -> Any:
    scores = (q * 0.4) @ k.transpose(-1, -2) + added
    return (T.softmax(scores, -1) * kept) @ v


def _heads() -> Iterator[Sample]:
    q, k, v = numbers(3, 2, 4), numbers(5, 2, 4, seed=1), numbers(5, 2, 4, seed=2)
    weights = numbers(12, 4, seed=3), numbers(12, seed=4), numbers(4, 4, seed=5), numbers(4, seed=6)
    closed, padded = mask(3, 5, seed=8), np.array([[False] * 5, [False] * 3 + [True] * 2])
    closed[:, 0] = False
    for label, how in {
        "plain": {}, "no weights": {"need_weights": False},
        "each head": {"average_attn_weights": False}, "mask": {"attn_mask": closed},
        "mask, no weights": {"attn_mask": closed, "need_weights": False},
        "padding": {"key_padding_mask": padded}, "dropout": {"dropout_p": 0.3},
        "dropout, no weights": {"dropout_p": 0.3, "need_weights": False},
        "both, zeros": {"attn_mask": closed, "key_padding_mask": padded, "add_zero_attn": True},
        "both, no weights": {"attn_mask": closed, "key_padding_mask": padded,
                             "need_weights": False},
        "causal": {"attn_mask": ~np.tri(3, 5, dtype=bool), "is_causal": True,
                   "need_weights": False},
        "bias": {"bias": True}, "evaluation": {"dropout_p": 0.3, "training": False},
        "apart": {"apart": True},
    }.items():  # fmt: skip
        call = _seeded(_heads_call(**how))
        name = "nn.functional.multi_head_attention_forward"
        order = 2 if how.get("need_weights", True) else 1  # of torch's other kernel
        yield phrase(name, call, q, k, v, *weights, label=label, kind="fused", derivatives=order)
    alone = _heads_call()
    yield phrase(name, alone, q[:, 0], k[:, 0], v[:, 0], *weights, label="alone", kind="fused")


def _heads_call(
    dropout_p: float = 0.0, add_zero_attn: bool = False, bias: bool = False, apart: bool = False,
    **how: Any,
) -> Callable:  # fmt: skip
    def call(T: Any, q: Any, k: Any, v: Any, w: Any, b: Any, out: Any, out_b: Any) -> Any:
        masks = {n: T.tensor(m) if isinstance(m, np.ndarray) else m for n, m in how.items()}
        extra = (b[:4].reshape(1, 1, 4), b[4:8].reshape(1, 1, 4)) if bias else (None, None)
        if apart:
            parts = zip(("q_proj_weight", "k_proj_weight", "v_proj_weight"), w.chunk(3))
            masks |= {"use_separate_proj_weight": True, **dict(parts)}
        found = T.nn.functional.multi_head_attention_forward(
            q, k, v, 4, 2, None if apart else w, b, *extra, add_zero_attn, dropout_p, out, out_b,
            **masks,
        )  # fmt: skip
        return [x for x in found if x is not None]

    return call


def _similarities() -> Iterator[Sample]:
    x, y = numbers(3, 4), numbers(3, 4, seed=1)
    for dim in (0, 1, -1):
        yield both("cosine_similarity", x, y, kind="reduce", dim=dim)
    yield both("cosine_similarity", x, y[0], kind="reduce")
    short = np.array([[0.0, 0.0], [1e-3, -2e-3], [3.0, 4.0]])
    yield both("cosine_similarity", short, numbers(3, 2), kind="reduce", derivatives=1, eps=0.01)
    for p in (0, 1, 2, 2.5, INF):
        yield both("pairwise_distance", x, y, kind="reduce", p=p)
        yield both("pdist", numbers(4, 3), kind="reduce", derivatives=1, p=p)  # torch has one
    yield both("pairwise_distance", x, y[0], kind="reduce", keepdim=True)
    alike = np.array([[1.0, 2.0], [1.0, 2.0], [3.0, 0.0]])
    for p in (1, 1.5, 2, 3):
        yield both("pdist", alike, kind="reduce", derivatives=1, p=p)
    yield both("pdist", numbers(1, 3), kind="reduce", derivatives=1)
    for lead in [(), (3,), (2, 3), (0,)]:
        w = numbers(2, 4, 5, seed=2)
        yield both("bilinear", numbers(*lead, 4), numbers(*lead, 5), w, kind="contract")
    yield both("bilinear", x, numbers(3, 5), numbers(2, 4, 5, seed=2), numbers(2), kind="contract")


def _tables() -> Iterator[Sample]:
    table, at = numbers(5, 3), np.array([4, 0, 0, 2, 1, 4])
    yield both("embedding", table, at.reshape(2, 3), kind="index")
    yield both("embedding", table, at, kind="index", padding_idx=1)
    bags = np.array([0, 0, 2, 2, 2])
    add = lambda T, x, b: T.zeros(4, 3, dtype=x.dtype).index_add(0, b, x)  # noqa: E731
    yield ours("bag_sum", add, numbers(5, 3), bags, count=4)
    yield ours("bag_sum", add, numbers(0, 3), bags[:0], count=4)
    offsets = np.array([0, 2, 2, 5])
    for mode in ("sum", "mean", "max"):
        for label, how in {"": {}, "padding": {"padding_idx": 4}, "last": {"last": True}}.items():
            starts = np.append(offsets, 6) if "last" in how else offsets
            call = _bags(mode, how.get("padding_idx"), "last" in how)
            name = f"{mode},{label}"
            yield phrase(
                "nn.functional.embedding_bag", call, table, at, starts, label=name, kind="reduce",
                derivatives=1,
            )  # fmt: skip
        square = lambda T, w, i, m=mode: T.nn.functional.embedding_bag(i, w, mode=m)  # noqa: E731
        yield phrase(
            "nn.functional.embedding_bag", square, table, at.reshape(2, 3), kind="reduce",
            label=f"{mode},square", derivatives=1,
        )  # fmt: skip
    weighted = lambda T, w, i, o, s: T.embedding_bag(w, i, o, mode=0, per_sample_weights=s)[0]  # noqa: E731
    yield phrase("embedding_bag", weighted, table, at, offsets, numbers(6), kind="reduce",
                 derivatives=1)  # fmt: skip


def _bags(mode: str, padding_idx: int | None, last: bool) -> Callable:
    return lambda T, w, i, o: T.nn.functional.embedding_bag(
        i, w, o, mode=mode, padding_idx=padding_idx, include_last_offset=last
    )
