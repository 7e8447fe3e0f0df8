"""What each kernel is timed on: a call in torch's words that runs the kernel's row.

A row without one is reported as missing. What only other rows' derivatives run stands in `also`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["CALLS", "Call"]

Makes = Callable[[Any, int], list[np.ndarray]]  # (generator, elements) -> arguments


class Call(NamedTuple):
    """`run(torch, *tensors)` on what `inputs` makes; its derivative by all floating arguments."""

    run: Callable[..., Any]
    inputs: Makes
    backward: bool = True
    also: tuple[str, ...] = ()  # rows that it runs besides


WIDTH = 256  # of the last dimension; a size of 1,048,576 elements is 4096 rows of that


def _grid(rng: Any, n: int) -> np.ndarray:
    return rng.standard_normal((n // WIDTH, WIDTH)).astype("float32")


def _of(count: int, low: float | None = None) -> Makes:
    """`count` arrays of normal numbers, or from `low` to low + 2."""

    def make(rng: Any, n: int) -> list[np.ndarray]:
        arrays = [_grid(rng, n) for _ in range(count)]
        if low is None:
            return arrays
        return [rng.uniform(low, low + 2, a.shape).astype("float32") for a in arrays]

    return make


ONE, TWO, POSITIVE = _of(1), _of(2), _of(1, 0.1)


def _masked(rng: Any, n: int) -> list[np.ndarray]:
    x = _grid(rng, n)
    return [x, rng.random(x.shape) < 0.5]


def _chosen(rng: Any, n: int) -> list[np.ndarray]:
    return [*reversed(_masked(rng, n)), _grid(rng, n)]


def _probable(rng: Any, n: int) -> list[np.ndarray]:
    shape = (n // WIDTH, WIDTH)
    return [(rng.uniform(0.01, 0.99, shape)).astype("float32") for _ in range(2)]


def _square(rng: Any, n: int) -> tuple[Any, int]:
    """A maker of arrays, and the side of the matrices of a product that takes sqrt(n)^3 steps."""
    return lambda *size: rng.standard_normal(size).astype("float32"), int(n**0.5)


def _matrices(rng: Any, n: int) -> list[np.ndarray]:
    make, side = _square(rng, n)
    return [make(side, side), make(side, side)]


def _stacks(rng: Any, n: int) -> list[np.ndarray]:
    make, side = _square(rng, n // 4)
    return [make(4, side, side), make(4, side, side)]


def _linear(rng: Any, n: int) -> list[np.ndarray]:
    make, side = _square(rng, n)
    return [make(side, side), make(side, side), make(side)]


def _images(rng: Any, n: int) -> np.ndarray:
    """16 channels of 32 x 32, or 8 x 8 where that is too much."""
    side = 32 if n >= 16 * 1024 else 16
    return rng.standard_normal((n // (16 * side * side), 16, side, side)).astype("float32")


def _convolved(rng: Any, n: int) -> list[np.ndarray]:
    make, _ = _square(rng, n)
    return [_images(rng, n), make(16, 16, 3, 3), make(16)]


def _pooled(rng: Any, n: int) -> list[np.ndarray]:
    return [_images(rng, n)]


def _channels(rng: Any, n: int) -> list[np.ndarray]:
    return [_images(rng, n), *rng.standard_normal((2, 16)).astype("float32")]


def _measured_channels(rng: Any, n: int) -> list[np.ndarray]:
    return [*_channels(rng, n), rng.uniform(0.5, 2, 16).astype("float32")]


def _scaled(rng: Any, n: int) -> list[np.ndarray]:
    return [_grid(rng, n), *rng.standard_normal((2, WIDTH)).astype("float32")]


def _classes(rng: Any, n: int) -> list[np.ndarray]:
    x = _grid(rng, n)
    return [x, rng.integers(0, WIDTH, len(x))]


def _rows(rng: Any, n: int) -> list[np.ndarray]:
    x = _grid(rng, n)
    return [x, rng.integers(0, len(x), len(x))]


def _rows_and_values(rng: Any, n: int) -> list[np.ndarray]:
    x = _grid(rng, n)
    return [x, rng.permutation(len(x)), _grid(rng, n)]


def _bags(rng: Any, n: int) -> list[np.ndarray]:
    x = _grid(rng, n)
    return [x, rng.integers(0, len(x), (len(x) // 4, 4))]


def _along(rng: Any, n: int) -> list[np.ndarray]:
    x = _grid(rng, n)
    return [x, rng.integers(0, WIDTH, x.shape), _grid(rng, n)]


def _heads(rng: Any, n: int) -> list[np.ndarray]:
    """Queries, keys and values of 32 numbers, 64 or 16 places, in 4 heads."""
    places = 64 if n >= 64 * 128 else 16
    shape = (n // (places * 128), 4, places, 32)
    return [*rng.standard_normal((3, *shape)).astype("float32")]


def _sequences(gates: int, states: int) -> Makes:
    """32 steps of 64 numbers, the states, and the weights of so many gates."""

    def make(rng: Any, n: int) -> list[np.ndarray]:
        batch = n // (32 * 64)
        shapes = [(batch, 32, 64), *[(1, batch, 64)] * states]
        shapes += [(gates * 64, 64)] * 2 + [(gates * 64,)] * 2
        return [(rng.standard_normal(s) * 0.2).astype("float32") for s in shapes]

    return make


_LAYER = (
    True,
    1,
    0.0,
    False,
    False,
    True,
)  # biases, layers, dropout, train, both ways, batch first


def _lstm(T: Any, x: Any, h: Any, c: Any, *weights: Any) -> Any:
    return T.lstm(x, (h, c), weights, *_LAYER)[0]


def _function(name: str) -> Callable[..., Any]:
    """torch's function of that name, wherever it is."""

    def run(T: Any, *tensors: Any) -> Any:
        return getattr(T if hasattr(T, name) else T.nn.functional, name)(*tensors)

    return run


CALLS: dict[str, Call] = {
    **{
        name: Call(_function(name), ONE)
        for name in "abs celu elu erf exp expm1 gelu leaky_relu logsigmoid max_all min_all neg "
        "relu sigmoid silu softplus square sum mean tanh sin cos atan sinh cosh trunc floor "
        "ceil round sign selu mish hardswish hardsigmoid hardtanh relu6 tanhshrink".split()
    },
    **{
        name: Call(_function(name), POSITIVE)
        for name in "log log1p log2 log10 reciprocal rsqrt sqrt exp2".split()
    },
    **{name: Call(_function(name), TWO) for name in "add sub mul maximum minimum".split()},
    "logsigmoid": Call(lambda T, x: T.nn.functional.logsigmoid(x), ONE, also=("falling",)),
    "gelu": Call(lambda T, x: T.nn.functional.gelu(x), ONE, also=("gelu_slope",)),
    "gate": Call(lambda T, x: T.nn.functional.hardtanh(x), ONE),
    "max_all": Call(lambda T, x: T.max(x), ONE),
    "min_all": Call(lambda T, x: T.min(x), ONE),
    "div": Call(lambda T, x, y: x / y, _of(2, 0.5)),
    "pow": Call(lambda T, x: x**1.7, POSITIVE),
    "clamp": Call(lambda T, x: T.clamp(x, -1.0, 1.0), ONE),
    "where": Call(lambda T, c, x, y: T.where(c, x, y), _chosen),
    "masked_fill": Call(lambda T, x, mask: x.masked_fill(mask, 0.5), _masked),
    "amax": Call(lambda T, x: T.amax(x, 1), ONE),
    "amin": Call(lambda T, x: T.amin(x, 1), ONE),
    "max_dim": Call(lambda T, x: T.max(x, 1)[0], ONE),
    "min_dim": Call(lambda T, x: T.min(x, 1)[0], ONE),
    "argmax": Call(lambda T, x: T.argmax(x, 1), ONE, backward=False),
    "argmin": Call(lambda T, x: T.argmin(x, 1), ONE, backward=False),
    "prod": Call(lambda T, x: T.prod(x, 1), _of(1, 0.01)),
    "sum": Call(lambda T, x: x.sum(), ONE),
    "sum_to": Call(lambda T, x, b, _: b.expand(x.shape), _scaled),
    "std": Call(lambda T, x: T.std(x, 1), ONE),
    "var": Call(lambda T, x: T.var(x, 1), ONE),
    "norm2": Call(lambda T, x: T.linalg.vector_norm(x, 2, 1), ONE),
    "logsumexp": Call(lambda T, x: T.logsumexp(x, 1), ONE),
    "cumsum": Call(lambda T, x: T.cumsum(x, 1), ONE),
    "cat": Call(lambda T, x, y: T.cat([x, y], 1), TWO),
    "stack": Call(lambda T, x, y: T.stack([x, y], 1), TWO),
    "clone": Call(lambda T, x: x.t().contiguous(), ONE),
    "reshape_copy": Call(lambda T, x: x.t().reshape(-1), ONE),
    "take": Call(lambda T, x, i: x[i], _rows, also=("put_add",)),
    "index_put": Call(lambda T, x, i, v: T.index_put(x, (i,), v), _rows_and_values),
    "gather": Call(lambda T, x, i, _: T.gather(x, 1, i), _along, also=("put_along",)),
    "scatter_add": Call(lambda T, x, i, v: T.scatter_add(x, 1, i, v), _along),
    "embedding": Call(
        lambda T, w, i: T.nn.functional.embedding(i, w), _rows, also=("embedding_grad",)
    ),
    "bag_sum": Call(lambda T, w, i: T.nn.functional.embedding_bag(i, w, mode="sum"), _bags),
    "softmax": Call(lambda T, x: T.softmax(x, 1), ONE),
    "log_softmax": Call(lambda T, x: T.log_softmax(x, 1), ONE),
    "nll_loss": Call(
        lambda T, x, y: T.nn.functional.cross_entropy(x, y), _classes, also=("nll_grad",)
    ),
    "bce": Call(lambda T, x, y: T.nn.functional.binary_cross_entropy(x, y.detach()), _probable),
    "bce_with_logits": Call(
        lambda T, x, y: T.nn.functional.binary_cross_entropy_with_logits(x, y.detach()), _probable
    ),
    "divergence": Call(
        lambda T, x, y: T.nn.functional.kl_div(x, y.detach(), reduction="sum"), _probable
    ),
    "mse_loss": Call(_function("mse_loss"), TWO),
    "l1_loss": Call(_function("l1_loss"), TWO),
    "huber": Call(_function("huber_loss"), TWO),
    "smooth_l1": Call(_function("smooth_l1_loss"), TWO),
    "mm": Call(_function("mm"), _matrices),
    "bmm": Call(_function("bmm"), _stacks),
    "linear": Call(lambda T, x, w, b: T.nn.functional.linear(x, w, b), _linear),
    "convolve": Call(
        lambda T, x, w, b: T.nn.functional.conv2d(x, w, b, padding=1),
        _convolved,
        also=("convolve_weight_grad",),
    ),
    "convolve_transposed": Call(
        lambda T, x, w, b: T.nn.functional.conv_transpose2d(x, w, b, padding=1), _convolved
    ),
    "max_pooling": Call(
        lambda T, x: T.nn.functional.max_pool2d(x, 2),
        _pooled,
        also=("max_pooling_grad",),
    ),
    "max_pooling_indices": Call(
        lambda T, x: T.nn.functional.max_pool2d(x, 2, return_indices=True)[1],
        _pooled,
        backward=False,
    ),
    "max_unpooling": Call(
        lambda T, x: T.nn.functional.max_unpool2d(
            *T.nn.functional.max_pool2d(x, 2, return_indices=True), 2
        ),
        _pooled,
    ),
    "avg_pooling": Call(
        lambda T, x: T.nn.functional.avg_pool2d(x, 2), _pooled, also=("avg_pooling_grad",)
    ),
    "adaptive_max": Call(lambda T, x: T.nn.functional.adaptive_max_pool2d(x, 5), _pooled),
    "adaptive_mean": Call(
        lambda T, x: T.nn.functional.adaptive_avg_pool2d(x, 5),
        _pooled,
        also=("adaptive_mean_grad",),
    ),
    "normalize": Call(lambda T, x, w, b: T.nn.functional.layer_norm(x, (WIDTH,), w, b), _scaled),
    "normalize_rms": Call(lambda T, x: T.nn.functional.rms_norm(x, (WIDTH,)), ONE),
    "normalize_groups": Call(lambda T, x, w, b: T.nn.functional.group_norm(x, 4, w, b), _channels),
    "normalize_batch": Call(
        lambda T, x, w, b: T.nn.functional.batch_norm(x, None, None, w, b, True), _channels
    ),
    "normalize_fixed": Call(
        lambda T, x, w, b, v: T.nn.functional.batch_norm(x, b.detach(), v.detach(), w, b),
        _measured_channels,
    ),
    "attend": Call(
        lambda T, q, k, v: T.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True),
        _heads,
    ),
    "lstm_layer": Call(_lstm, _sequences(4, 2)),
    "gru_layer": Call(lambda T, x, h, *weights: T.gru(x, h, weights, *_LAYER)[0], _sequences(3, 1)),
    "rnn_layer": Call(
        lambda T, x, h, *weights: T.rnn_tanh(x, h, weights, *_LAYER)[0], _sequences(1, 1)
    ),
}
